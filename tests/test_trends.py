"""Trends of short series, permutation of changes, ranks of slopes: against R and scipy, by equivalence, on generated data."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from second_route import same_as

from zhejiang import data
from zhejiang.growth import log_mean, ratio_changes
from zhejiang.trends import compare_increments, drift, linear_trend, piecewise_trend, rank_interval

REFERENCE = json.loads((Path(__file__).parent / "reference" / "trends.json").read_text(encoding="utf-8"))["values"]
YEARS = pd.RangeIndex(1998, 2011)
SERIES = pd.Series([19.0, 20.7, 27.5, 29.0, 32.5, 37.7, 44.1, 51.3, 56.1, 55.9, 54.9, 44.2, 49.7], index=YEARS)


def part(start: str) -> dict[str, float]:
    """The values of R whose key begins with `start`, under the rest of the key."""
    found = {key.removeprefix(start): value for key, value in REFERENCE.items() if key.startswith(start)}
    assert found, f"trends.json has no value {start!r}"
    return found


def same(reference, source: str, of, relative: float = 1e-9):
    # Contributions of a rate that did not move are near zero: an absolute tolerance of 1e-12 points.
    return same_as(reference, source, of=of, rel=relative, abs=1e-12)


@pytest.fixture(scope="module")
def fed() -> pd.Series:
    return data.load("macro/exchange_rates").set_index("year")["fed_yuan_per_usd"]


@pytest.fixture(scope="module")
def dollars() -> dict[str, pd.Series]:
    """Exports in 100 million USD."""
    def series(table, column, unit=1.0):
        return data.load(table).set_index("year")[column] / unit

    china = pd.concat([series(f"macro/{table}", "exports_100m_usd") for table in ("china_exports_1984_1997", "china_exports")])
    return {"china": china, "origin": series("macro/zhejiang_exports", "exports_by_origin_10k_usd", 1e4),
            "firm": series("printed/01/table1_exports", "exports_10k_usd", 1e4)}


@pytest.fixture(scope="module")
def gdp() -> dict[tuple[str, str], pd.Series]:
    """GDP in 100 million yuan by place and vintage."""
    return {
        (place, vintage): rows.set_index("year")["gdp_100m_yuan"]
        for place in ("china", "zhejiang") for vintage, rows in data.load(f"macro/{place}_gdp").groupby("vintage")
    }


@pytest.fixture(scope="module")
def panels(fed) -> dict[str, pd.DataFrame]:
    """Export dependence in percent, years by province code, by vintage of GDP."""
    first = data.load("macro/provinces_first_print")
    exports = first.pivot(index="year", columns="province_code", values="exports_by_origin_10k_usd") / 1e4
    nominal = {"first_print": first.pivot(index="year", columns="province_code", values="gdp_100m_yuan")}
    for vintage, rows in data.load("macro/provinces_gdp_revised").groupby("vintage"):
        nominal[vintage] = rows.pivot(index="year", columns="province_code", values="gdp_100m_yuan")[exports.columns]
    return {vintage: (100 * exports.mul(fed, axis=0) / y).dropna() for vintage, y in nominal.items()}


# The new tables

def test_zhejiang_is_the_same_in_both_tables_of_a_vintage():
    own = data.load("macro/zhejiang_gdp").set_index(["vintage", "year"])["gdp_100m_yuan"]
    provinces = data.load("macro/provinces_gdp_revised").query("province_code == 330000").set_index(["vintage", "year"])["gdp_100m_yuan"]
    assert len(provinces) == 28
    assert own.loc[provinces.index].to_dict() == provinces.to_dict()


def test_names_of_provinces_agree():
    first, later = (data.load(f"macro/provinces_{t}")[["province_code", "province_en", "province_zh"]].drop_duplicates() for t in ("first_print", "gdp_revised"))
    assert len(first.merge(later)) == 30 and set(later["province_en"]) - set(first["province_en"]) == {"Tibet"}


def test_exports_of_china_join_without_gap_or_overlap(dollars):
    assert dollars["china"].index.tolist() == list(range(1984, 2011))


# Against R

@pytest.mark.parametrize(("name", "vintage", "years"), [
    ("china", "pre_census", (1984, 1998)), ("china", "post_census", (1984, 2005)), ("origin", "census2018_revised", (1998, 2010)),
    ("origin", "census_revised", (2000, 2010)), ("firm", "first_print", (2000, 2005)),
])
def test_decomposition_is_that_of_r(name, vintage, years, dollars, fed, gdp):
    index = pd.RangeIndex(years[0], years[1] + 1)
    nominal = gdp["china" if name == "china" else "zhejiang", vintage].loc[index].rename("gdp")
    found = ratio_changes(pd.DataFrame({"exports": dollars[name], "rate": fed}).loc[index], nominal, scale=100)
    assert {f"{year}.{column}": value for (year, column), value in found.stack().items()} == same(
        part(f"{name}.{vintage}."), "R, formula", (ratio_changes, log_mean), 1e-8)


def test_decomposition_is_near_the_mean_of_all_orders(dollars, fed, gdp):
    """R's Shapley values: another weighting, the same verdict on 1994."""
    index = pd.RangeIndex(1984, 2006)
    found = ratio_changes(pd.DataFrame({"exports": dollars["china"], "rate": fed}).loc[index],
                          gdp["china", "post_census"].loc[index].rename("gdp"), scale=100).drop(columns="change")
    shapley = part("china_shapley.post_census.")
    assert {f"{year}.{column}": value for (year, column), value in found.stack().items()} == pytest.approx(shapley, rel=0.05, abs=0.01)


@pytest.mark.parametrize("vintage", ["census2018_revised", "first_print"])
@pytest.mark.parametrize("knot", [2007, 2008])
@pytest.mark.parametrize(("covariance", "in_r"), [("HC3", "HC3"), ("nonrobust", "const")])
def test_piecewise_trend_is_that_of_r(vintage, knot, covariance, in_r, panels):
    """R regresses on the years spent in each segment, and takes vcovHC of sandwich."""
    fit = piecewise_trend(panels[vintage][330000], (2001, knot), covariance)
    found = {f"{kind}.{number}.{column}": value for kind, table in (("slope", fit.slopes), ("change", fit.changes))
             for number, row in enumerate(table.to_dict("records"), 1) for column, value in row.items() if column != "se"}
    assert found == same(part(f"piecewise.{vintage}.{knot}.{in_r}."), "R, lm and sandwich", piecewise_trend)
    assert (fit.n, fit.df) == ((13, 9) if vintage == "census2018_revised" else (12, 8))


@pytest.mark.parametrize(("name", "years", "group"), [
    ("accession", (1999, 2007), (2002, 2007)), ("accession_all", (1999, 2010), (2002, 2010)),
    ("crisis", (2002, 2010), (2009, 2010)), ("crisis_2008", (2002, 2010), (2008, 2010)),
])
def test_permutation_is_that_of_r(name, years, group, panels):
    increments = panels["census2018_revised"][330000].diff().loc[years[0]:years[1]]
    found = compare_increments(increments, range(group[0], group[1] + 1))
    assert {"difference": found.difference, "p": found.pvalue, "n": found.assignments} == same(
        part(f"increments.{name}."), "R, combn", compare_increments)


@pytest.mark.parametrize(("vintage", "start", "end"), [
    ("first_print", 2001, 2005), ("first_print", 2001, 2004), ("census2018_revised", 2001, 2005), ("census_revised", 2002, 2005),
    ("first_print", 1998, 2010), ("census2018_revised", 1998, 2010), ("census_revised", 2002, 2010),
])
@pytest.mark.parametrize(("errors", "slope"), [("levels", linear_trend), ("changes", drift)])
def test_slopes_and_ranks_are_those_of_r(vintage, start, end, errors, slope, panels):
    panel = panels[vintage].loc[start:end]
    own, rank = slope(panel[330000], 0.95), rank_interval(panel, 330000, slope)
    assert rank.units == 30
    assert {"slope": own.estimate, "lo": own.lo, "hi": own.hi, "rank": rank.rank, "rank_lo": rank.lo, "rank_hi": rank.hi} == same(
        part(f"rank.{vintage}.{start}.{end}.{errors}."), "R, lm", (slope, rank_interval))


# Equivalences

def test_without_knots_the_piecewise_trend_is_the_line():
    fit, line = piecewise_trend(SERIES, (), "nonrobust"), linear_trend(SERIES)
    assert fit.slopes.loc["1998–2010"].to_dict() == pytest.approx({"estimate": line.estimate, "se": line.se, "lo": line.lo, "hi": line.hi})
    assert fit.changes.empty and fit.df == line.df == 11


def test_segments_and_changes_belong_together():
    fit = piecewise_trend(SERIES, (2001, 2008))
    assert fit.slopes["estimate"].diff().iloc[1:].to_numpy() == pytest.approx(fit.changes["estimate"].to_numpy())
    assert (fit.fitted + fit.residuals).to_dict() == pytest.approx(SERIES.to_dict())
    # The fitted line has no jump: from knot to knot it climbs by slope times years.
    for (start, end), slope in zip(pairwise([1998, 2001, 2008, 2010]), fit.slopes["estimate"], strict=True):
        assert fit.fitted[end] - fit.fitted[start] == pytest.approx(slope * (end - start))


def test_a_known_bend_is_found():
    bent = pd.Series([10.0 + 2 * (y - 1998) + 3 * max(y - 2003, 0) for y in YEARS], index=YEARS)
    fit = piecewise_trend(bent, (2003,), "nonrobust")
    assert fit.slopes["estimate"].tolist() == pytest.approx([2, 5])
    assert fit.changes["estimate"].tolist() == pytest.approx([3])


def test_drift_is_the_t_interval_of_the_changes():
    changes = SERIES.diff().dropna()
    interval = stats.ttest_1samp(changes, 0).confidence_interval(0.9)
    found = drift(SERIES, 0.9)
    assert (found.estimate, found.lo, found.hi) == same_as((changes.mean(), *interval), "scipy, ttest_1samp", of=drift, rel=1e-6)


@pytest.mark.parametrize("slope", [linear_trend, drift])
def test_a_year_may_be_missing_from_a_straight_line(slope):
    line = pd.Series(3.0 * YEARS + 1, index=YEARS).drop(2006)
    found = slope(line)
    assert (found.estimate, found.n) == (pytest.approx(3), 12)
    assert found.se == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("group", [range(2002, 2011), (1999, 2004, 2010), (2003, 2009)])
def test_permutation_is_that_of_scipy(group):
    increments = SERIES.diff().dropna()
    inside = increments.index.isin(group)
    reference = stats.permutation_test((increments[inside], increments[~inside]), lambda x, y, axis: x.mean(axis) - y.mean(axis),
                                       vectorized=True, n_resamples=np.inf)
    found = compare_increments(increments, group)
    expected = reference.statistic, reference.pvalue
    assert (found.difference, found.pvalue) == same_as(expected, "scipy, permutation_test", of=compare_increments, rel=1e-6)
    assert found.assignments == math.comb(12, inside.sum())


@pytest.mark.parametrize("group", [range(2002, 2011), (2002, 2003, 2004, 2005, 2006)])
def test_limits_are_where_the_permutation_test_turns(group):
    """A shift just outside a limit is rejected at 5 percent, one just inside is not."""
    increments = SERIES.diff().dropna()
    found = compare_increments(increments, group)
    inside = increments.index.isin(group)

    def pvalue(shift):
        return compare_increments(increments - shift * inside, group).pvalue

    for limit, outwards in ((found.lo, -1e-4), (found.hi, 1e-4)):
        assert pvalue(limit + outwards) <= 0.05 < pvalue(limit - outwards)


def test_too_few_assignments_give_no_limit():
    found = compare_increments(SERIES.diff().dropna().loc[2002:], (2009, 2010))
    assert found.smallest_pvalue == pytest.approx(2 / 36)
    assert (found.lo, found.hi) == (-math.inf, math.inf)


def test_what_all_units_share_does_not_touch_the_rank():
    rng = np.random.default_rng(1)
    panel = pd.DataFrame(rng.normal(size=(13, 8)) + np.outer(np.arange(13), np.arange(8) / 4), index=YEARS, columns=list("abcdefgh"))
    shocked = panel.add(pd.Series(rng.normal(scale=50, size=13), index=YEARS), axis=0)
    first, second = rank_interval(panel, "d"), rank_interval(shocked, "d")
    assert (first.rank, first.lo, first.hi) == (second.rank, second.lo, second.hi)
    pd.testing.assert_frame_equal(first.differences, second.differences)


# Generated data

def test_rank_set_holds_the_true_rank_often_enough():
    """300 panels in which four of six units are nearly tied; nominal coverage 90 percent."""
    rng = np.random.default_rng(20090201)
    slopes = np.array([0.0, 0.05, 0.1, 0.15, 1.0, 2.0])
    held = 0
    for _ in range(300):
        panel = pd.DataFrame(np.outer(np.arange(6), slopes) + rng.normal(size=(6, 6)), index=range(6), columns=list("abcdef"))
        found = rank_interval(panel, "c", level=0.9)
        held += found.lo <= 4 <= found.hi
    assert held / 300 > 0.9 - 3 * math.sqrt(0.9 * 0.1 / 300)


@pytest.mark.parametrize("slope", [linear_trend, drift])
def test_interval_of_a_slope_has_its_coverage(slope):
    """Errors as each estimator assumes; 600 series of five years, level 90 percent."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(600):
        noise = rng.normal(size=5)
        found = slope(pd.Series(0.7 * np.arange(5) + (noise if slope is linear_trend else noise.cumsum()), index=range(2001, 2006)), 0.9)
        held += found.lo <= 0.7 <= found.hi
    assert held / 600 == pytest.approx(0.9, abs=3.5 * math.sqrt(0.9 * 0.1 / 600))


def test_exact_limits_hold_a_shift_often_enough():
    """Skewed changes, which no normal theory covers; level 90 percent."""
    rng = np.random.default_rng(8)
    held = 0
    for _ in range(300):
        increments = pd.Series(rng.exponential(size=9), index=range(2002, 2011))
        increments.loc[2007:] += 1.5
        found = compare_increments(increments, range(2007, 2011), 0.9)
        held += found.lo <= 1.5 <= found.hi
    assert held / 300 > 0.9 - 3 * math.sqrt(0.9 * 0.1 / 300)


def test_inputs_are_left_as_they_were():
    series, panel = SERIES.copy(), pd.DataFrame({"a": SERIES, "b": SERIES[::-1].to_numpy()})
    before = panel.copy()
    linear_trend(series), drift(series), piecewise_trend(series, (2001,)), compare_increments(series, (2001,)), rank_interval(panel, "a")
    pd.testing.assert_series_equal(series, SERIES)
    pd.testing.assert_frame_equal(panel, before)


# Bad input

@pytest.mark.parametrize(("call", "message"), [
    (lambda: linear_trend(SERIES.iloc[:2]), "2 years: expected at least 3"),
    (lambda: drift(SERIES.iloc[::-1]), "year 2009 after 2010: expected years in rising order, each once"),
    (lambda: linear_trend(SERIES.mask(SERIES.index == 2006)), "year 2006: nan: expected a finite number"),
    (lambda: drift(SERIES.replace(27.5, np.inf)), "year 2000: inf: expected a finite number"),
    (lambda: linear_trend(SERIES, 95), "level 95: expected a number between 0 and 1"),
    (lambda: piecewise_trend(SERIES, (2001,), "HAC"), "covariance 'HAC': expected 'HC3' or 'nonrobust'"),
    (lambda: piecewise_trend(SERIES, (1990,)), "segment 1998 to 1990: 0 years of the series: expected rising knots between 1998 and 2010 with at least 2"
                                               " years in every segment"),
    (lambda: piecewise_trend(SERIES, (2008, 2001)), "segment 2008 to 2001: 0 years of the series: expected rising knots between 1998 and 2010 with at least"
                                                    " 2 years in every segment"),
    (lambda: piecewise_trend(SERIES.drop([2002, 2003]), (2002, 2003)), "segment 2002 to 2003: 0 years of the series: expected rising knots between 1998 and"
                                                                       " 2010 with at least 2 years in every segment"),
    (lambda: piecewise_trend(SERIES.iloc[:4], (1999, 2000)), "4 years: expected at least 5"),
    (lambda: piecewise_trend(SERIES, (2009,)), "year 2010: it alone decides a slope, so that its residual is 0 and HC3 does not exist: expected a third year in"
                                               " the segment, or covariance 'nonrobust'"),
    (lambda: compare_increments(SERIES, (1990,)), f"year 1990: expected one of {list(YEARS)}"),
    (lambda: compare_increments(SERIES, ()), "group of 0 years of 13: expected at least 1 and fewer than all"),
    (lambda: compare_increments(SERIES, YEARS), "group of 13 years of 13: expected at least 1 and fewer than all"),
    (lambda: compare_increments(pd.Series(np.arange(40.0)), range(20)), "137846528820 assignments: expected at most 1000000, few enough to enumerate"),
    (lambda: rank_interval(pd.DataFrame({"a": SERIES, "b": SERIES}), "c"), "unit 'c': expected one of ['a', 'b']"),
    (lambda: rank_interval(pd.DataFrame({"a": SERIES}), "a"), "units ['a']: expected at least 2"),
    (lambda: rank_interval(pd.DataFrame({"a": SERIES, "b": SERIES.mask(SERIES.index == 2006)}), "a"), "a less b: year 2006: nan: expected a finite number"),
])
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError) as refusal:
        call()
    assert str(refusal.value) == message
