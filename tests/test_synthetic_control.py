"""Synthetic control, permutation rank and the panel of cities: against R, by hand, by recovery, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from linearmodels.panel import PanelOLS
from scipy import stats
from second_route import same_as

from zhejiang import data
from zhejiang.synthetic_control import outcome_matrix, permutation_rank, synthetic_control

REFERENCE = json.loads((Path(__file__).parent / "reference" / "city_panel.json").read_text(encoding="utf-8"))["values"]
CASES = {
    "delta": ("330200", ["330400", "330500", "330600", "330900", "331000"], range(2000, 2006)),
    "north": ("330200", ["210100", "210200", "370100", "370200", "610100", "320500"], range(2000, 2010)),
    "hangzhou": ("330100", ["310000", "320100", "320500", "330200", "330600"], range(2000, 2011)),
}


@pytest.fixture(scope="module")
def cities() -> pd.DataFrame:
    table = data.load("cities/panel")
    return table.assign(share=100 * table["gs_tertiary_100m_yuan"] / table["gs_gdp_100m_yuan"])


def generated(years: int, units: int, seed: int) -> pd.DataFrame:
    """Outcomes of units that walk at random around a common trend."""
    random = np.random.default_rng(seed)
    paths = 40 + np.arange(years)[:, None] + random.normal(size=(years, units)).cumsum(axis=0)
    return pd.DataFrame(paths, index=range(2000, 2000 + years), columns=[f"u{i}" for i in range(units)])


# --- the panel of cities ---


@pytest.mark.parametrize("kind", ["city", "city_year", "province"])
def test_estimates_and_clustered_errors_are_those_of_r(cities, kind):
    """PanelOLS without small-sample factors is sandwich's HC0 of the dummy regression, by one and by two clusters."""
    rows = cities[
        (cities["gs_misplaced_flag"] == 0) & (cities["gs_components_off_flag"] == 0) & (cities["resident_pop_filled_flag"] == 0)
        & (cities["year"] >= 2005) & cities["resident_pop_10k"].notna() & (cities["fdi_used_m_usd"] > 0)
    ]
    rows = rows.assign(
        size=np.log(rows["resident_pop_10k"]), fdi=np.log2(rows["fdi_used_m_usd"] / rows["gs_gdp_100m_yuan"]),
        income=np.log(rows["gs_gdp_100m_yuan"]) - np.log(rows["resident_pop_10k"]), province=rows["city_code"].str[:2],
    )
    rows = rows[rows.groupby("city_code")["year"].transform("size") > 1].set_index(["city_code", "year"], drop=False).rename_axis(["city", "time"])
    by = {"city": ["city_code"], "city_year": ["city_code", "year"], "province": ["province"]}[kind]
    clusters = rows[by].apply(lambda column: pd.Series(pd.factorize(column)[0], index=column.index))
    fit = PanelOLS(rows["share"], rows[["income", "size", "fdi"]], entity_effects=True, time_effects=True).fit(
        cov_type="clustered", clusters=clusters, debiased=False, auto_df=False, count_effects=False, group_debias=False
    )
    assert len(rows) == REFERENCE["n"]
    for slope in ("income", "size", "fdi"):
        assert fit.params[slope] == pytest.approx(REFERENCE[f"estimate.{slope}"], rel=1e-7)
        assert fit.std_errors[slope] == pytest.approx(REFERENCE[f"se.{kind}.{slope}"], rel=1e-7)


def test_filled_population_is_flagged_by_its_rule(cities):
    """Nobody uses a population that is the mean of its neighbours unknowingly: the flag is recomputed."""
    ordered = cities.sort_values(["city_code", "year"])
    within = ordered.groupby("city_code")
    before, after = within[["year", "resident_pop_10k"]].shift(1), within[["year", "resident_pop_10k"]].shift(-1)
    adjacent = (before["year"] == ordered["year"] - 1) & (after["year"] == ordered["year"] + 1)
    mean = (before["resident_pop_10k"] + after["resident_pop_10k"]) / 2
    expected = adjacent & ((ordered["resident_pop_10k"] - mean).abs() <= 0.0101)
    pd.testing.assert_series_equal(ordered["resident_pop_filled_flag"] == 1, expected, check_names=False)


def test_misplaced_rows_are_those_of_other_cities(cities):
    """Four cities of Heilongjiang have in 2011, in gs, what gi has for another one."""
    year = cities[cities["year"] == 2011].set_index("city_code")
    for city, other in {"230800": "230900", "231000": "231100", "231100": "231200"}.items():
        assert year.loc[city, "gs_gdp_100m_yuan"] == pytest.approx(year.loc[other, "gi_gdp_100m_yuan"], rel=1e-4)
        assert year.loc[city, "gs_misplaced_flag"] == 1


# --- synthetic control ---


@pytest.mark.parametrize("case", list(CASES))
def test_weights_are_those_of_quadratic_programming_in_r(cities, case):
    unit, donors, fitted = CASES[case]
    found = synthetic_control(outcome_matrix(cities, "city_code", "year", "share", [unit, *donors], fitted), unit, fitted)
    expected = [REFERENCE[f"weight.{case}.{donor}"] for donor in donors]
    assert found.weights.to_numpy() == same_as(expected, "R, quadprog", of=(synthetic_control, outcome_matrix), abs=1e-9)
    assert found.weights.sum() == pytest.approx(1, abs=1e-12)
    assert np.isnan(found.rmspe_after)  # no period after the fitted ones


def test_bounds_are_those_of_linear_programmes_in_r(cities):
    usable = cities[(cities["gs_misplaced_flag"] == 0) & (cities["gs_components_off_flag"] == 0)]
    peers = usable[(usable["subprovincial"] == 1) | (usable["delta"] == 1)]
    years = peers.groupby("city_code")["share"].count()
    outcomes = outcome_matrix(usable, "city_code", "year", "share", years.index[years == 16], range(2000, 2016))
    found = synthetic_control(outcomes, "330200", range(2000, 2006))
    assert found.rmspe_fitted == pytest.approx(0, abs=1e-9)
    for year in (2010, 2015):
        bounds = REFERENCE[f"bound.min.{year}"], REFERENCE[f"bound.max.{year}"]
        assert (found.lowest[year], found.highest[year]) == same_as(bounds, "R, lpSolve", of=(synthetic_control, outcome_matrix), abs=1e-6)


def test_a_mixture_is_recovered():
    """A unit that is a mixture of donors: weights, an exact fit, and nothing left afterwards."""
    outcomes = generated(years=20, units=8, seed=1)
    weights = np.array([0.5, 0, 0, 0.3, 0, 0, 0.2, 0])
    outcomes["made"] = outcomes.to_numpy() @ weights
    found = synthetic_control(outcomes, "made", range(2000, 2012))
    assert found.weights.to_numpy() == pytest.approx(weights, abs=1e-9)
    assert (found.rmspe_fitted, found.rmspe_after) == pytest.approx((0, 0), abs=1e-9)
    assert (found.highest - found.lowest).max() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_the_weights_are_a_minimum(seed):
    """Kuhn and Tucker: the gradient is equal on donors with weight and not smaller on the others; the problem is convex."""
    outcomes = generated(years=9, units=30 if seed % 2 else 6, seed=seed)
    found = synthetic_control(outcomes, "u0", range(2000, 2006))
    fitted = outcomes.loc[2000:2005]
    gradient = -2 * fitted.drop(columns="u0").T @ found.gap.loc[2000:2005]
    used = found.weights > 1e-9
    assert (found.weights >= 0).all()
    assert np.ptp(gradient[used]) == pytest.approx(0, abs=1e-6)
    assert (gradient >= gradient[used].mean() - 1e-6).all()


def test_a_unit_outside_the_donors_takes_the_nearest():
    outcomes = pd.DataFrame({"high": [9.0, 9, 9], "a": [1.0, 2, 3], "b": [4.0, 5, 6]}, index=[1, 2, 3])
    found = synthetic_control(outcomes, "high", [1, 2])
    assert found.weights.to_dict() == {"a": 0, "b": 1}
    assert found.gap.to_list() == [5, 4, 3]
    assert found.rmspe_fitted == pytest.approx(np.sqrt(20.5))
    assert found.rmspe_after == 3


def test_bounds_over_all_weights_that_fit():
    """Donors at -1, 0 and 1 fit a unit at 0 with any weights (w, 1 - 2w, w), w up to one half; later they stand at 4, 1 and 0."""
    outcomes = pd.DataFrame({"unit": [0.0, 7], "low": [-1.0, 4], "mid": [0.0, 1], "high": [1.0, 0]}, index=[1, 2])
    found = synthetic_control(outcomes, "unit", [1])
    assert found.rmspe_fitted == pytest.approx(0, abs=1e-12)
    assert (found.lowest[2], found.highest[2]) == pytest.approx((1, 2))
    assert found.lowest[2] <= found.synthetic[2] <= found.highest[2]
    assert found.lowest[1] == found.highest[1] == found.synthetic[1]


def test_order_scale_and_shift_do_not_matter():
    outcomes = generated(years=10, units=5, seed=3)
    before = outcomes.copy()
    found = synthetic_control(outcomes, "u0", range(2000, 2007))
    turned = synthetic_control(outcomes.iloc[:, ::-1], "u0", range(2000, 2007))
    moved = synthetic_control(5 + 3 * outcomes, "u0", range(2000, 2007))
    pd.testing.assert_frame_equal(outcomes, before)
    pd.testing.assert_series_equal(turned.weights.sort_index(), found.weights.sort_index(), atol=1e-10)
    pd.testing.assert_series_equal(moved.weights, found.weights, atol=1e-10)
    assert moved.gap.to_numpy() == pytest.approx(3 * found.gap.to_numpy(), abs=1e-9)


OUTCOMES = generated(years=4, units=3, seed=1)


@pytest.mark.parametrize(("outcomes", "unit", "fitted", "message"), [
    (OUTCOMES, "330200", [2000], r"unit '330200' is not among the 3 columns of the outcomes"),
    (OUTCOMES[["u0"]], "u0", [2000], r"outcomes of 'u0' alone: expected at least one donor"),
    (OUTCOMES[["u0", "u1", "u0"]], "u0", [2000], r"unit 'u0' is a column more than once: expected once"),
    (OUTCOMES, "u0", [], r"fitted periods: none: expected at least one"),
    (OUTCOMES, "u0", [2000, 1999], r"fitted period 1999 is not in the outcomes: expected one of \[2000, 2001, 2002, 2003\]"),
    (OUTCOMES.mask(OUTCOMES == OUTCOMES.loc[2002, "u1"]), "u0", [2000], r"unit 'u1', period 2002: nan: expected a finite outcome"),
])
def test_what_synthetic_control_refuses(outcomes, unit, fitted, message):
    with pytest.raises(ValueError, match=message):
        synthetic_control(outcomes, unit, fitted)


# --- the matrix of outcomes ---

LONG = pd.DataFrame({"city": ["a", "a", "b", "b", "c"], "year": [1, 2, 1, 2, 1], "share": [1.0, 2, 3, 4, 5]})


def test_the_matrix_keeps_the_order_asked_for():
    matrix = outcome_matrix(LONG, "city", "year", "share", ["b", "a"], [2, 1])
    assert matrix.to_numpy().tolist() == [[4, 2], [3, 1]]
    assert (list(matrix.index), list(matrix.columns)) == ([2, 1], ["b", "a"])


@pytest.mark.parametrize(("table", "units", "times", "message"), [
    (LONG, ["a", "z"], [1], r"city 'z' is not in the table: expected one of its 3 units"),
    (pd.concat([LONG, LONG.iloc[[3]]]), ["a"], [1], r"city 'b', year 2 occurs 2 times: expected once"),
    (LONG, ["a", "c"], [1, 2], r"city 'c', year 2: no finite 'share': expected one in each of the 2 periods"),
    (LONG.assign(share=LONG["share"].replace(4, np.nan)), ["a", "b"], [1, 2], r"city 'b', year 2: no finite 'share'"),
    (LONG.rename(columns={"share": "x"}), ["a"], [1], r"table has no column 'share': expected one of \['city', 'year', 'x'\]"),
])
def test_what_the_matrix_refuses(table, units, times, message):
    """A city missing from the panel, a duplicated city-year, a donor with gaps."""
    with pytest.raises(ValueError, match=message):
        outcome_matrix(table, "city", "year", "share", units, times)


def test_a_city_with_gaps_is_named_in_the_panel(cities):
    sick = cities.assign(share=cities["share"].mask((cities["city_code"] == "320500") & cities["year"].isin([2004, 2009])))
    with pytest.raises(ValueError, match=r"city_code '320500', year 2004, 2009: no finite 'share'"):
        outcome_matrix(sick, "city_code", "year", "share", ["330200", "320500"], range(2000, 2016))


# --- rank ---


def test_rank_by_hand():
    values = pd.Series({"a": 3.0, "b": 1.0, "c": 2.0, "d": 2.0, "e": 0.0})
    top, tied, lowest = (permutation_rank(values, unit) for unit in "ace")
    assert (top.rank, top.p_upper, top.p_lower, top.p_two_sided) == (1, 1 / 5, 1, 2 / 5)
    assert (tied.rank, tied.p_upper, tied.p_lower, tied.p_two_sided) == (3, 3 / 5, 4 / 5, 1)
    assert (lowest.rank, lowest.units, lowest.p_two_sided) == (5, 5, 2 / 5)


def test_shares_are_scipys_percentiles():
    values = pd.Series(np.random.default_rng(2).integers(0, 9, size=30).astype(float), index=[f"u{i}" for i in range(30)])
    for unit in values.index:
        found = permutation_rank(values, unit)
        shares = (stats.percentileofscore(values, values[unit], kind=kind) / 100 for kind in ("weak", "strict"))
        lower, strictly = shares
        assert (found.p_lower, found.p_upper) == same_as((lower, 1 - strictly), "scipy, percentileofscore", of=permutation_rank, rel=1e-6)


@pytest.mark.parametrize(("values", "message"), [
    (pd.Series({"a": 1.0}), r"unit 'b' is not among the 1 units"),
    (pd.Series([1.0, 2], index=["b", "b"]), r"unit 'b' occurs more than once: expected once"),
    (pd.Series({"a": np.nan, "b": 1.0}), r"unit 'a': nan: expected a finite value"),
])
def test_what_rank_refuses(values, message):
    with pytest.raises(ValueError, match=message):
        permutation_rank(values, "b")
