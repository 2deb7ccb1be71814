"""The wild cluster bootstrap: against R, by hand, on generated panels, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from linearmodels.panel import PanelOLS
from scipy import stats
from second_route import same_as

from zhejiang import data
from zhejiang.panel import WEIGHTS, wild_cluster_bootstrap

REFERENCE = json.loads((Path(__file__).parent / "reference" / "panel.json").read_text(encoding="utf-8"))["values"]
PERIODS = {"all": (1999, 2010), "before": (1999, 2007), "after": (2008, 2010)}


def generated(clusters: int, years: int, slope: float, seed: int) -> pd.DataFrame:
    """Trending regressor with effects; errors with a common part in each cluster that grows over time."""
    random = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([range(clusters), range(years)], names=["entity", "year"])
    time = np.tile(np.arange(years), clusters)
    x = np.repeat(random.normal(size=clusters), years) * time + random.normal(size=len(index))
    error = np.repeat(random.normal(size=clusters), years) * time / years + random.normal(size=len(index))
    y = slope * x + np.repeat(random.normal(size=clusters), years) + np.tile(random.normal(size=years), clusters) + error
    return pd.DataFrame({"y": y, "x": x, "z": random.normal(size=len(index))}, index=index)


@pytest.fixture(scope="module")
def provinces() -> dict[str, pd.DataFrame]:
    """Growth and lagged dependence in each vintage, one row a province and year."""
    first = data.load("macro/provinces_first_print")
    rates = data.load("macro/exchange_rates").set_index("year")["fed_yuan_per_usd"]
    exports = first.pivot(index="year", columns="province_code", values="exports_by_origin_10k_usd").mul(rates.loc[1998:2010], axis=0) / 1e4
    revised = data.load("macro/provinces_gdp_revised")
    gdp = {"revised": revised[revised["vintage"] == "census2018_revised"], "first": first}
    panels = {}
    for vintage, table in gdp.items():
        levels = table.pivot(index="year", columns="province_code", values="gdp_100m_yuan")[exports.columns]
        growth = 100 * np.log(levels).diff()
        if vintage == "first":
            growth.loc[2005] = np.nan
        wide = {"growth": growth, "lag1": 10 * (exports / levels).shift(1), "lag2": 10 * (exports / levels).shift(2),
                "earlier": 10 * exports.shift(1) / levels.shift(2), "doublings": np.log2(exports.shift(1)),
                "next_year": np.log2(exports.shift(-1)), "growth1": 100 * np.log(levels).diff().shift(1)}
        panels[vintage] = pd.DataFrame({name: frame.stack() for name, frame in wide.items()}).swaplevel().sort_index()
    return panels


def rows(panel: pd.DataFrame, period: str, *columns: str) -> pd.DataFrame:
    start, end = PERIODS[period]
    years = panel.index.get_level_values("year")
    return panel.loc[(years >= start) & (years <= end), ["growth", *columns]].dropna()


def fixed_effects(sample: pd.DataFrame, *columns: str, **settings):
    model = PanelOLS(sample["growth"], sample[list(columns)], entity_effects=True, time_effects=True)
    return model.fit(cov_type="clustered", cluster_entity=True, **settings)


CASES = sorted(key.removesuffix(".n") for key in REFERENCE if key.endswith(".n"))


@pytest.mark.parametrize("case", CASES)
def test_estimates_and_standard_errors_are_those_of_r(provinces, case):
    """The dummy regression's G/(G-1) (n-1)/(n-K), and plm's factors: none (HC0), G/(G-1) (n-1)/(n-k), k regressors (sss)."""
    vintage, regressor, period = case.split(".")
    columns = ["lag1", "growth1"] if regressor == "lagged_growth" else [regressor]
    sample = rows(provinces[vintage], period, *columns)
    n, k, groups = len(sample), len(columns), 30
    fit = fixed_effects(sample, *columns, group_debias=True)
    plain = fixed_effects(sample, *columns, debiased=False, auto_df=False, count_effects=False)
    boot = wild_cluster_bootstrap(sample, "growth", columns[0], columns[1:], draws=99, seed=1)
    near = lambda name: pytest.approx(REFERENCE[f"{case}.{name}"], rel=1e-8)
    assert n == boot.observations == REFERENCE[f"{case}.n"]
    assert boot.clusters == groups
    assert fit.params[columns[0]] == near("estimate")
    assert boot.estimate == same_as(REFERENCE[f"{case}.estimate"], "R, plm", of=wild_cluster_bootstrap, rel=1e-8)
    assert fit.std_errors[columns[0]] == near("se.cl.hc1")
    assert boot.std_error == same_as(REFERENCE[f"{case}.se.cl.hc1"], "R, sandwich", of=wild_cluster_bootstrap, rel=1e-8)
    assert plain.std_errors[columns[0]] == near("se.hc0")
    assert plain.std_errors[columns[0]] * np.sqrt(groups / (groups - 1) * (n - 1) / (n - k)) == near("se.sss")


@pytest.mark.parametrize("vintage", ["revised", "first"])
def test_trends_of_the_provinces_as_controls(provinces, vintage):
    sample = rows(provinces[vintage], "all", "lag1")
    codes, years = (sample.index.get_level_values(name) for name in ("province_code", "year"))
    trends = pd.get_dummies(codes).set_axis(sample.index).mul(years - 2004, axis=0).iloc[:, 1:].rename(columns=str)
    boot = wild_cluster_bootstrap(pd.concat([sample, trends], axis=1), "growth", "lag1", list(trends), draws=99, seed=1)
    assert boot.estimate == same_as(REFERENCE[f"{vintage}.trends.all.estimate"], "R, lm", of=wild_cluster_bootstrap, rel=1e-8)


@pytest.mark.parametrize("null", [0, -2, 1])
def test_every_vector_of_signs_gives_the_p_value_of_r(provinces, null):
    """Eight provinces: R runs a regression for each of the vectors. A null b is a null of zero for y - b x."""
    sample = rows(provinces["revised"], "all", "lag1")
    sample = sample.loc[[110000, 120000, 210000, 310000, 320000, 330000, 370000, 440000]]
    sample = sample.assign(growth=sample["growth"] - null * sample["lag1"])
    boot = wild_cluster_bootstrap(sample, "growth", "lag1", draws=256, seed=1)
    assert (boot.exact, boot.draws) == (True, 256)
    assert boot.t == same_as(REFERENCE[f"enumerated.t.{null}"], "R, sandwich", of=wild_cluster_bootstrap, rel=1e-8)
    assert boot.p_value == same_as(REFERENCE[f"enumerated.p.{null}"], "R, a regression for each vector of signs", of=wild_cluster_bootstrap)


def test_random_draws_agree_with_a_regression_a_draw():
    """The same weight vectors, each put through the dummy regression by statsmodels."""
    panel = generated(clusters=9, years=4, slope=0.3, seed=4).drop(index=[(0, 1), (5, 2)])
    boot = wild_cluster_bootstrap(panel, "y", "x", ["z"], draws=60, weights="webb", seed=7)
    frame = panel.reset_index()
    null = smf.ols("y ~ z + C(entity) + C(year)", frame).fit()
    vectors = np.random.default_rng(7).choice(WEIGHTS["webb"], size=(9, 60))

    def t(y) -> float:
        fit = smf.ols("y ~ x + z + C(entity) + C(year)", frame.assign(y=y))
        return fit.fit(cov_type="cluster", cov_kwds={"groups": frame["entity"]}).tvalues["x"]

    drawn = [t(null.fittedvalues + null.resid * w[frame["entity"]]) for w in vectors.T]
    source = "statsmodels, a regression for each draw"
    assert boot.t == same_as(t(frame["y"]), source, of=wild_cluster_bootstrap, rel=1e-9)
    assert boot.p_value == same_as(np.mean(np.abs(drawn) >= abs(boot.t)), source, of=wild_cluster_bootstrap)


def test_two_clusters_by_hand():
    """With x = 1 in one cell the estimate is a double difference; two clusters have four vectors of signs."""
    index = pd.MultiIndex.from_product([["a", "b"], [1, 2, 3]])
    panel = pd.DataFrame({"y": [0.0, 1.0, 2.0, 0.0, 1.0, 5.0], "x": [0.0, 0, 0, 0, 0, 1]}, index=index)
    boot = wild_cluster_bootstrap(panel, "y", "x", draws=4, seed=1)
    # Differences between the clusters are 0, 0, 3: the third less the mean of the others.
    assert boot.estimate == pytest.approx(3)
    assert boot.exact and boot.draws == 4


@pytest.mark.parametrize("weights", list(WEIGHTS))
def test_weights_have_mean_zero_and_variance_one(weights):
    assert WEIGHTS[weights].mean() == pytest.approx(0, abs=1e-15)
    assert (WEIGHTS[weights] ** 2).mean() == pytest.approx(1)


def test_the_interval_holds_what_is_not_rejected():
    """Just inside an end the same bootstrap has a p-value above 5 percent, just outside at most 5."""
    panel = generated(clusters=10, years=6, slope=1.0, seed=3)
    boot = wild_cluster_bootstrap(panel, "y", "x", draws=1024, seed=1)
    assert boot.exact and boot.lo < boot.estimate < boot.hi

    def p(null: float) -> float:
        return wild_cluster_bootstrap(panel.assign(y=panel["y"] - null * panel["x"]), "y", "x", draws=1024, seed=1).p_value

    width = 1e-4 * (boot.hi - boot.lo)
    assert p(boot.lo - width) <= 0.05 < p(boot.lo + width)
    assert p(boot.hi + width) <= 0.05 < p(boot.hi - width)


def test_too_few_clusters_to_reject_give_an_interval_without_ends():
    """Four clusters have eight pairs of sign vectors: no p-value is below one in eight."""
    boot = wild_cluster_bootstrap(generated(clusters=4, years=8, slope=1.0, seed=1), "y", "x", draws=16, seed=1)
    assert boot.p_value >= 1 / 8
    assert (boot.lo, boot.hi) == (-np.inf, np.inf)


def test_size_and_power_on_generated_panels():
    """Twelve clusters with correlated errors: the test keeps its size, the same t against the normal does not."""
    null = [wild_cluster_bootstrap(generated(12, 6, 0.0, seed), "y", "x", draws=199, seed=seed) for seed in range(400)]
    rejected = sum(boot.p_value <= 0.05 for boot in null)
    assert stats.binom.ppf(0.001, 400, 0.05) <= rejected <= stats.binom.ppf(0.999, 400, 0.05)
    assert sum(abs(boot.t) > stats.norm.ppf(0.975) for boot in null) > stats.binom.ppf(0.999, 400, 0.05)
    power = [wild_cluster_bootstrap(generated(12, 6, 1.0, seed), "y", "x", draws=199, seed=seed) for seed in range(50)]
    assert sum(boot.p_value <= 0.05 for boot in power) > 40
    assert np.mean([boot.estimate for boot in power]) == pytest.approx(1, abs=0.05)


def test_the_seed_decides_and_order_does_not():
    panel = generated(clusters=14, years=5, slope=0.2, seed=2)
    before = panel.copy()
    first = wild_cluster_bootstrap(panel, "y", "x", draws=99, seed=5)
    assert wild_cluster_bootstrap(panel, "y", "x", draws=99, seed=5) == first
    assert wild_cluster_bootstrap(panel, "y", "x", draws=99, seed=6).p_value != first.p_value
    pd.testing.assert_frame_equal(panel, before)
    turned = wild_cluster_bootstrap(panel.iloc[::-1], "y", "x", draws=2**14, seed=5)
    assert turned.p_value == wild_cluster_bootstrap(panel, "y", "x", draws=2**14, seed=5).p_value


PANEL = generated(clusters=5, years=4, slope=0.0, seed=1)


@pytest.mark.parametrize(("panel", "arguments", "message"), [
    (pd.concat([PANEL, PANEL.loc[[(2, 3)]]]), {}, r"panel: 2, 3 occurs 2 times: expected once"),
    (PANEL.loc[[3]], {}, r"panel: 1 cluster: expected at least 2"),
    (PANEL.iloc[:0], {}, r"panel: 0 cluster: expected at least 2"),
    (PANEL.assign(x=PANEL["x"].mask(PANEL.index == (1, 2))), {}, r"panel, column 'x', 1, 2: nan: expected a finite number"),
    (PANEL.assign(y=PANEL["y"].mask(PANEL.index == (4, 0), np.inf)), {}, r"panel, column 'y', 4, 0: inf: expected a finite number"),
    (PANEL.reset_index(), {}, r"panel: index of 1 level: expected \(entity, time\)"),
    (PANEL.set_axis(PANEL.index.set_levels([np.nan, 1, 2, 3, 4], level=0)), {}, r"panel: an index with empty cells: expected"),
    (PANEL, {"controls": ["w"]}, r"panel has no column 'w': expected one of \['y', 'x', 'z'\]"),
    (PANEL.assign(x=PANEL.index.get_level_values(1) * 1.0), {}, r"column 'x': entity effects, time effects and controls explain all"),
    (PANEL.assign(y=2 * PANEL["z"]), {"controls": ["z"]}, r"column 'y': entity effects, time effects and controls explain all"),
    (PANEL.loc[pd.IndexSlice[:1, :1], :], {}, r"panel: 4 rows: expected more than the 4 coefficients"),
    (PANEL, {"weights": "mammen"}, r"weights 'mammen': expected one of \('rademacher', 'webb'\)"),
    (PANEL, {"level": 95}, r"level 95: expected a number between 0 and 1"),
    (PANEL, {"draws": 0}, r"draws 0: expected at least 1"),
])
def test_what_it_refuses(panel, arguments, message):
    with pytest.raises(ValueError, match=message):
        wild_cluster_bootstrap(panel, "y", "x", **{"seed": 1, **arguments})
