"""Breaks: against R, published examples, other routes to the same number, and generated series with a known answer."""

from __future__ import annotations

import itertools
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import integrate, optimize, special, stats
from second_route import same_as
from statsmodels.stats.sandwich_covariance import S_hac_simple
from statsmodels.tools.sm_exceptions import InterpolationWarning
from statsmodels.tsa.stattools import adfuller, coint, kpss, zivot_andrews
from statsmodels.tsa.vector_ar.vecm import coint_johansen

from zhejiang import breaks, data

STRUCCHANGE = "R, strucchange"
NILE = "Zeileis, Kleiber, Krämer and Hornik (2003), the Nile"
R = json.loads((Path(__file__).parent / "reference" / "breaks.json").read_text(encoding="utf-8"))["values"]


def periods(n: int, freq: str = "Q") -> pd.PeriodIndex:
    return pd.period_range("1983Q4" if freq == "Q" else "1871", periods=n, freq=freq)


def constant(index: pd.PeriodIndex) -> pd.DataFrame:
    return pd.DataFrame({"mean": 1.0}, index=index)


def effects(index: pd.PeriodIndex) -> pd.DataFrame:
    """Seasonal effects that add up to zero over the year."""
    return pd.DataFrame({f"Q{q}": (index.quarter == q) * 1.0 - (index.quarter == 4) for q in (1, 2, 3)}, index=index)


def series(values, freq: str = "Q") -> pd.Series:
    return pd.Series(np.asarray(values, float), periods(len(values), freq))


@pytest.fixture(scope="module")
def totals() -> pd.Series:
    table = data.load("macro/china_exports_monthly")
    months = pd.PeriodIndex.from_fields(year=table["year"], month=table["month"], freq="M")
    exports = pd.Series(table["exports_100m_usd"].to_numpy(), months)
    return exports.groupby(exports.index.asfreq("Q")).sum()


@pytest.fixture(scope="module")
def growth(totals) -> pd.Series:
    return 100 * np.log(totals).diff().dropna()


@pytest.fixture(scope="module")
def models(growth) -> dict[str, pd.DataFrame]:
    return {"mean": constant(growth.index), "all": constant(growth.index).join(effects(growth.index))}


def position(y: pd.Series, date: pd.Period) -> int:
    """Position of a date, counted from 1 as in R, also before and after the sample."""
    return (date - y.index[0]).n + 1


@pytest.fixture(scope="module")
def nile() -> pd.Series:
    return series(sm.datasets.nile.load_pandas().data["volume"], "Y")


# Against R ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["mean", "all"])
@pytest.mark.parametrize("kind", ["classical", "hac"])
def test_sup_f_is_that_of_strucchange(growth, models, model, kind):
    """The p-value of strucchange is Hansen's approximation to simulated values on a grid, this one is the limit's."""
    lags = breaks.newey_west_lags(len(growth)) if kind == "hac" else None
    found = breaks.sup_f(growth, models[model], lags=lags)
    assert found.statistic == same_as(R[f"supf.{model}.{kind}"], STRUCCHANGE, of=breaks.sup_f, rel=1e-8)
    assert position(growth, found.date) == same_as(R[f"supf.{model}.{kind}.date"], STRUCCHANGE, of=breaks.sup_f)
    assert found.p_value == same_as(R[f"supf.{model}.{kind}.p"], "R, strucchange: p-value by an approximation", of=breaks.sup_f_p_value, abs=0.035)


@pytest.mark.parametrize("date", ["1994.1", "2001.4", "2005.3", "2008.4"])
def test_wald_test_at_a_known_date(growth, models, date):
    quarter = pd.Period(date.replace(".", "Q"), "Q")
    z = effects(growth.index)
    classical = breaks.wald_test(growth, models["mean"], quarter, z)
    robust = breaks.wald_test(growth, models["mean"], quarter, z, lags=R["lags"])
    assert classical.change["mean"] == same_as(R[f"wald.change.{date}"], "R, lm", of=(breaks.wald_test, breaks.segment_design), rel=1e-8)
    assert classical.statistic == same_as(R[f"wald.classical.{date}"], "R, lm", of=breaks.wald_test, rel=1e-8)
    assert robust.statistic == same_as(R[f"wald.hac.{date}"], "R, sandwich", of=breaks.wald_test, rel=1e-8)


def test_lags_are_those_of_r(growth):
    assert breaks.newey_west_lags(len(growth)) == same_as(R["lags"], "R, floor(4 (n / 100)^(2 / 9))", of=breaks.newey_west_lags)


@pytest.mark.parametrize("model", ["mean", "all"])
def test_partitions_are_those_of_strucchange(growth, models, model):
    found = breaks.bai_perron(growth, models[model], R["h"], 4)
    for m in range(5):
        assert found.ssr[m] == same_as(R[f"bp.{model}.ssr.{m}"], STRUCCHANGE, of=breaks.bai_perron, rel=1e-10)
        assert found.bic[m] == same_as(R[f"bp.{model}.bic.{m}"], STRUCCHANGE, of=breaks.bai_perron, rel=1e-10)
        expected = [R[f"bp.{model}.date.{m}.{i + 1}"] for i in range(m)]
        assert [position(growth, date) for date in found.dates[m]] == same_as(expected, STRUCCHANGE, of=breaks.bai_perron)


@pytest.mark.parametrize("model", ["mean", "all"])
@pytest.mark.parametrize(("kind", "lags"), [("classical", None), ("hac", 2)])
def test_intervals_of_dates_are_those_of_strucchange(growth, models, model, kind, lags):
    dates = breaks.bai_perron(growth, models[model], R["h"], 2).dates[2]
    found = breaks.date_intervals(growth, models[model], dates, lags=lags)
    for side in ("lo", "hi"):
        expected = [R[f"bp.{model}.{kind}.{side}.{i}"] for i in (1, 2)]
        assert [position(growth, date) for date in found[side]] == same_as(expected, STRUCCHANGE, of=breaks.date_intervals)


def test_breaks_of_the_detrended_level(totals):
    """What strucchange finds in the level, its number of breaks chosen by BIC too."""
    levels = 100 * np.log(totals)
    trend = pd.DataFrame({"constant": 1.0, "trend": np.arange(len(levels))}, index=levels.index)
    detrended = sm.OLS(levels, trend.join(effects(levels.index))).fit().resid
    found = breaks.bai_perron(detrended, constant(levels.index), int(0.15 * len(levels)), 5)
    m = found.bic.idxmin()
    assert m == R["level.breaks"]
    assert found.ssr[m] == same_as(R["level.ssr"], STRUCCHANGE, of=breaks.bai_perron, rel=1e-8)
    intervals = breaks.date_intervals(detrended, constant(levels.index), found.dates[m])
    for column in ("lo", "date", "hi"):
        expected = [R[f"level.{column}.{i}"] for i in range(1, m + 1)]
        assert [position(levels, date) for date in intervals[column]] == same_as(expected, STRUCCHANGE, of=breaks.date_intervals)


def test_unit_roots_and_cointegration_are_those_of_urca():
    """statsmodels, as the chapter calls it, against urca and least squares in R."""
    table = data.load("macro/china_exports_monthly").query("year >= 1984")
    yearly = np.log(table.groupby("year")[["exports_100m_usd", "imports_100m_usd"]].sum()).set_axis(["exports", "imports"], axis=1)
    for name, y in yearly.items():
        assert adfuller(y, regression="ct", maxlag=1, autolag=None, result_object=True).statistic == pytest.approx(R[f"adf.{name}"], rel=1e-8)
        with warnings.catch_warnings():  # a p-value beyond the table, which is not used
            warnings.simplefilter("ignore", InterpolationWarning)
            assert kpss(y, regression="ct", nlags=2, result_object=True).statistic == pytest.approx(R[f"kpss.{name}"], rel=1e-8)
        assert zivot_andrews(y, trim=0.15, maxlag=1, regression="ct", autolag=None)[0] == pytest.approx(R[f"za.{name}"], rel=1e-6)
    assert coint(yearly["exports"], yearly["imports"], trend="c", maxlag=1, autolag=None)[0] == pytest.approx(R["engle_granger"], rel=1e-8)
    assert coint_johansen(yearly, 0, 1).lr1 == pytest.approx([R["johansen.0"], R["johansen.1"]], rel=1e-8)


# Published ----------------------------------------------------------------------------------------


def test_the_nile(nile):
    """Zeileis, Kleiber, Kraemer and Hornik (2003): sup-F 75.93; one break after 1898, between 1895 and 1902."""
    found = breaks.sup_f(nile, constant(nile.index))
    assert round(found.statistic, 2) == same_as(75.93, NILE, of=breaks.sup_f)
    partitions = breaks.bai_perron(nile, constant(nile.index), 15, 5)
    assert partitions.bic.idxmin() == partitions.lwz.idxmin() == 1
    interval = breaks.date_intervals(nile, constant(nile.index), partitions.dates[1]).loc[1]
    assert [date.year - 1 for date in interval] == same_as([1895, 1898, 1902], NILE, of=(breaks.bai_perron, breaks.date_intervals))


@pytest.mark.parametrize(("k", "critical"), [
    (1, (7.12, 8.68, 12.16)), (2, (10.00, 11.72, 15.56)), (3, (12.27, 14.13, 18.06)), (4, (14.36, 16.36, 20.48)),
])
def test_critical_values_of_andrews(k, critical):
    """Andrews (2003), 15 percent trimming. They are simulated on a grid, which the supremum of the limit exceeds a little."""
    for value, level in zip(critical, (0.10, 0.05, 0.01)):
        found = breaks.sup_f_p_value(value, k, 0.15, 0.85)
        assert found == same_as(level, "Andrews (2003), table of critical values", of=breaks.sup_f_p_value, rel=0.15)
        assert found >= level


# The same number by another route -----------------------------------------------------------------


@pytest.mark.parametrize(("statistic", "k"), [(3.0, 1), (8.68, 1), (11.72, 2), (16.36, 4)])
def test_p_value_equals_the_series_of_confluent_hypergeometric_functions(statistic, k):
    """Estrella (2003): eigenvalues are the zeros nu of M(-nu, k/2, statistic/2)."""
    edge, time = np.sqrt(statistic), 2 * np.log(0.85 / 0.15)
    zero = lambda nu: special.hyp1f1(-nu, k / 2, statistic / 2)
    grid = np.linspace(1e-9, 30, 3000)
    values = zero(grid)
    roots = [optimize.brentq(zero, a, b) for a, b, u, v in zip(grid, grid[1:], values, values[1:]) if u * v < 0]
    survival = 0.0
    for nu in roots:
        f = lambda r: special.hyp1f1(-nu, k / 2, r * r / 2)
        mean = integrate.quad(lambda r: f(r) * stats.chi.pdf(r, k), 0, edge, limit=200)[0]
        square = integrate.quad(lambda r: f(r) ** 2 * stats.chi.pdf(r, k), 0, edge, limit=200)[0]
        survival += mean**2 / square * np.exp(-nu * time)
    source = "scipy, the series of Estrella (2003)"
    assert breaks.sup_f_p_value(statistic, k, 0.15, 0.85) == same_as(1 - survival, source, of=breaks.sup_f_p_value, abs=1e-8)


def test_p_value_falls_with_the_statistic_and_stays_a_probability():
    p = [breaks.sup_f_p_value(s, 4, 0.15, 0.85) for s in (0, 1e-3, 1, 5, 20, 60, 200, 1000)]
    assert p[0] == 1 and all(0 <= b <= a <= 1 for a, b in zip(p, p[1:]))


def test_classical_wald_test_is_the_f_test_of_least_squares(growth, models):
    date = growth.index[40]
    found = breaks.wald_test(growth, models["all"], date)
    restricted = sm.OLS(growth, models["all"]).fit()
    statistic, p_value, df = sm.OLS(growth, breaks.segment_design(models["all"], [date])).fit().compare_f_test(restricted)
    assert (found.statistic / found.df, found.p_value, found.df) == same_as((statistic, p_value, df), "statsmodels, F test", of=breaks.wald_test, rel=1e-8)


def test_the_path_of_sup_f_holds_the_tests_at_each_date(growth, models):
    z = effects(growth.index)
    found = breaks.sup_f(growth, models["mean"], z, lags=3)
    for date in found.path.index[::25]:
        assert found.path[date] == breaks.wald_test(growth, models["mean"], date, z, lags=3).statistic
    assert (found.statistic, found.date) == (found.path.max(), found.path.idxmax())


@pytest.mark.parametrize("m", [1, 2])
def test_partial_change_is_the_best_of_all_partitions(m):
    """Every admissible set of dates is tried by least squares."""
    rng = np.random.default_rng(5)
    index = periods(36)
    z = effects(index)
    y = pd.Series(z.to_numpy() @ [3, -1, 2] + np.repeat([0, 2.5, -1], 12) + rng.standard_normal(36), index)
    x, h = constant(index), 6
    found = breaks.bai_perron(y, x, h, m, z)
    edges = [c for c in itertools.combinations(range(h, 36 - h + 1), m) if np.diff([0, *c, 36]).min() >= h]
    ssr = {c: sm.OLS(y, breaks.segment_design(x, [index[b] for b in c], z)).fit().ssr for c in edges}
    best = min(ssr, key=ssr.get)
    assert found.dates[m] == [index[b] for b in best]
    assert found.ssr[m] == same_as(ssr[best], "statsmodels, least squares on every partition", of=breaks.bai_perron, rel=1e-10)


def test_the_argmax_distribution_agrees_with_a_simulated_process():
    """Two-sided Brownian motion with unequal drifts and variances."""
    rng = np.random.default_rng(2)
    xi, phi, step, half, draws = 1.5, 2.5, 0.02, 3000, 1500
    time = step * np.arange(1, half + 1)
    left = (np.sqrt(step) * rng.standard_normal((draws, half))).cumsum(axis=1) - time / 2
    right = np.sqrt(phi) * (np.sqrt(step) * rng.standard_normal((draws, half))).cumsum(axis=1) - xi * time / 2
    path = np.concatenate([left[:, ::-1], np.zeros((draws, 1)), right], axis=1)
    at = step * (path.argmax(axis=1) - half)
    for v in (-4.0, -1.0, 0.5, 2.0, 5.0):
        assert breaks._argmax_cdf(v, xi, phi) == pytest.approx(np.mean(at <= v), abs=0.045)
    assert breaks._argmax_cdf(1e-9, xi, phi) == pytest.approx(breaks._argmax_cdf(0.0, xi, phi), abs=1e-4)


def test_the_trend_test_is_a_regression_for_each_date():
    """Its statistics, dates and weight, and the critical value from the same draws, by statsmodels date by date."""
    n, draws = 30, 8
    y, starts = series(np.random.default_rng(14).standard_normal(n).cumsum()), range(3, 28)
    found = breaks.trend_break(y, draws=draws, seed=3)

    def largest(sample, constant, bends):
        """Largest |t| with a Bartlett long-run variance, its date, and the KPSS statistic there."""
        size, best = len(sample), (0.0, None, None)
        for start, bend in zip(starts, bends, strict=True):
            fit = sm.OLS(sample, np.column_stack([constant, bend])).fit()
            variance = S_hac_simple(fit.resid[:, None], nlags=int(4 * (size / 100) ** 0.25)).item() / size
            t = abs(fit.params[-1]) * np.sqrt(sm.OLS(bend, constant).fit().ssr / variance)
            if t > best[0]:
                best = t, start, (fit.resid.cumsum() ** 2).sum() / size**2 / variance
        return best

    time = np.arange(n)
    slopes = [np.maximum(time - start + 1.0, 0) for start in starts]
    level = lambda sample: largest(sample, np.column_stack([np.ones(n), time]), slopes)
    difference = lambda sample: largest(np.diff(sample), np.ones(n - 1), [np.diff(slope) for slope in slopes])
    noise = np.random.default_rng(3).standard_normal((draws, n))
    critical = np.quantile([level(sample)[0] for sample in noise], 0.95)
    m = critical / np.quantile([difference(sample.cumsum())[0] for sample in noise], 0.95)
    (t0, at0, s0), (t1, at1, s1) = level(y.to_numpy()), difference(y.to_numpy())
    weight = np.exp(-((500 * s0 * s1) ** 2))
    assert (y.index.get_loc(found.date_level), y.index.get_loc(found.date_difference)) == (at0, at1)
    expected = t0, t1, weight, critical, weight * t0 + m * (1 - weight) * t1
    assert (found.t_level, found.t_difference, found.weight, found.critical, found.statistic) == same_as(
        expected, "statsmodels, a regression for each date", of=breaks.trend_break, rel=1e-8, abs=1e-12)


# Recovery on generated series ---------------------------------------------------------------------


def test_known_breaks_are_found():
    rng = np.random.default_rng(0)
    index = periods(120)
    y = pd.Series(np.repeat([0.0, 3.0, -1.0], 40) + rng.standard_normal(120), index) + effects(index)["Q1"] * 2
    found = breaks.bai_perron(y, constant(index), 18, 5, effects(index))
    assert found.bic.idxmin() == found.lwz.idxmin() == 2
    assert all(abs((date - index[b]).n) <= 1 for date, b in zip(found.dates[2], (40, 80)))
    intervals = breaks.date_intervals(y, constant(index), found.dates[2], effects(index))
    assert all(row.lo <= index[b] <= row.hi for row, b in zip(intervals.itertuples(), (40, 80)))


def test_sup_f_keeps_its_size_and_finds_a_break():
    """White noise, 5 percent; then a shift by one standard deviation."""
    rng = np.random.default_rng(1)
    index = periods(80)
    p = [breaks.sup_f(pd.Series(rng.standard_normal(80), index), constant(index)).p_value for _ in range(120)]
    assert 0.0 <= np.mean(np.array(p) < 0.05) <= 0.1
    shifted = pd.Series(np.repeat([0.0, 1.0], 40) + rng.standard_normal(80), index)
    assert breaks.sup_f(shifted, constant(index)).p_value < 0.01


@pytest.mark.parametrize("noise", ["white", "autoregressive", "walk"])
def test_the_trend_test_keeps_its_size(noise):
    """At 10 percent, 150 series with a trend and no break; the standard error of a share of 0.1 is 0.025."""
    rng = np.random.default_rng(3)
    rejections = []
    for _ in range(150):
        u = rng.standard_normal(120)
        if noise == "autoregressive":
            for t in range(1, 120):
                u[t] += 0.4 * u[t - 1]
        u = u.cumsum() if noise == "walk" else u
        found = breaks.trend_break(series(0.5 * np.arange(120) + u), significance=0.10, draws=400)
        rejections.append(found.statistic > found.critical)
    assert 0.03 <= np.mean(rejections) <= 0.20


@pytest.mark.parametrize(("walk", "size"), [(False, 0.2), (True, 3.0)])
def test_the_trend_test_finds_a_break(walk, size):
    rng = np.random.default_rng(4)
    u = rng.standard_normal(120)
    y = series(size * np.maximum(np.arange(120) - 59, 0) + (u.cumsum() if walk else u))
    found = breaks.trend_break(y, draws=1000)
    assert found.statistic > found.critical
    assert found.weight < 0.05 if walk else found.weight > 0.5
    date = found.date_difference if walk else found.date_level
    assert abs((date - y.index[60]).n) <= 3


def test_the_trend_test_ignores_trend_scale_and_seasons():
    """Adding what the regression holds, or changing the unit, changes nothing; nor does a second call."""
    rng = np.random.default_rng(6)
    y = series(rng.standard_normal(80).cumsum())
    z = effects(y.index)
    one = breaks.trend_break(y, z, draws=300)
    two = breaks.trend_break(5 * (y + 2 + 0.3 * np.arange(80) + z["Q1"]), z, draws=300)
    assert two.statistic == pytest.approx(one.statistic, rel=1e-6)
    assert breaks.trend_break(y, z, draws=300) == one


# What is refused ----------------------------------------------------------------------------------


def refusal(call, *arguments, **options) -> str:
    with pytest.raises(ValueError) as error:
        call(*arguments, **options)
    return str(error.value)


def test_a_gap(nile):
    y = nile.drop(nile.index[9])
    for call, options in ((breaks.sup_f, {"x": constant(y.index)}), (breaks.trend_break, {}),
                          (breaks.bai_perron, {"x": constant(y.index), "min_segment": 9, "max_breaks": 1})):
        assert refusal(call, y, **options) == "1880: no such period in the series: expected every period from 1871 to 1970"


def test_empty_values_and_other_indices(nile):
    y = nile.copy()
    y.iloc[3] = np.nan
    assert refusal(breaks.sup_f, y, constant(y.index)) == "y, 1874: expected a finite number"
    assert refusal(breaks.sup_f, nile, constant(nile.index[1:])).startswith("x: periods differ from those of y")
    assert refusal(breaks.sup_f, nile[::-1], constant(nile.index[::-1])).endswith("expected each once, in rising order")
    plain = nile.reset_index(drop=True)
    assert refusal(breaks.sup_f, plain, pd.DataFrame({"mean": 1.0}, index=plain.index)).endswith("expected a PeriodIndex")


def test_a_date_outside_the_sample_or_at_its_edge(nile):
    x = constant(nile.index)
    assert refusal(breaks.wald_test, nile, x, pd.Period("1990", "Y")) == "break at 1990: expected a period from 1872 to 1970"
    assert "expected more than 1 on each side" in refusal(breaks.wald_test, nile, x, nile.index[1])
    assert "rising order" in refusal(breaks.segment_design, x, [nile.index[50], nile.index[20]])


def test_too_few_observations(nile):
    x, y = constant(nile.index), nile
    assert "leaves 1 on a side" in refusal(breaks.sup_f, y, x, trimming=0.01)
    assert "between 0 and 0.5" in refusal(breaks.sup_f, y, x, trimming=0.5)
    assert "expected at least 120" in refusal(breaks.bai_perron, y, x, 20, 5)
    assert "expected more than 1" in refusal(breaks.bai_perron, y, x, 1, 5)
    assert "expected at least 3" in refusal(breaks.trend_break, y, trimming=0.02)


def test_collinear_regressors(nile):
    x = constant(nile.index).assign(late=(nile.index.year > 1950) * 1.0)
    assert "collinear" in refusal(breaks.bai_perron, nile, x, 10, 2)
    assert "collinear" in refusal(breaks.wald_test, nile, x, nile.index[30])


def test_arguments_are_left_as_they_were(growth, models):
    y, x, z = growth.copy(), models["mean"].copy(), effects(growth.index)
    kept = y.copy(), x.copy(), z.copy()
    dates = breaks.bai_perron(y, x, 16, 2, z).dates[2]
    breaks.sup_f(y, x, z)
    breaks.date_intervals(y, x, dates, z)
    breaks.trend_break(y, z, draws=100)
    pd.testing.assert_series_equal(y, kept[0])
    pd.testing.assert_frame_equal(x, kept[1])
    pd.testing.assert_frame_equal(z, kept[2])
