"""Growth rates: what they are, and what they refuse."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from second_route import same_as

from zhejiang import data
from zhejiang.growth import annualised, index_numbers, log_mean, product_change, ratio_and_mix, ratio_changes

ARITHMETIC = json.loads((Path(__file__).parent / "reference" / "arithmetic.json").read_text(encoding="utf-8"))["values"]
YONGKANG = json.loads((Path(__file__).parent / "reference" / "yongkang.json").read_text(encoding="utf-8"))["values"]

LEVELS = pd.Series({2000: 100.0, 2001: 110.0, 2003: 133.1})


def test_a_constant_rate_is_found_over_any_span():
    assert annualised(LEVELS, 2000, 2001) == pytest.approx(10)
    assert annualised(LEVELS, 2000, 2003) == pytest.approx(10)


@given(rate=st.floats(-50, 100), start=st.floats(1e-3, 1e9), years=st.integers(1, 40))
def test_growing_at_the_rate_reaches_the_last_level(rate, start, years):
    levels = pd.Series({2000: start, 2000 + years: start * (1 + rate / 100) ** years})
    assert annualised(levels, 2000, 2000 + years) == pytest.approx(rate, rel=1e-9, abs=1e-9)


def test_the_series_is_left_as_it_was():
    before = LEVELS.copy()
    annualised(LEVELS, 2000, 2003)
    pd.testing.assert_series_equal(LEVELS, before)


@pytest.mark.parametrize(("start", "end", "year"), [(1999, 2003, 1999), (2000, 2002, 2002)])
def test_a_year_that_is_not_there(start, end, year):
    with pytest.raises(ValueError) as refusal:
        annualised(LEVELS, start, end)
    assert str(refusal.value) == f"year {year}: expected one of [2000, 2001, 2003]"


@pytest.mark.parametrize(("start", "end"), [(2003, 2000), (2001, 2001)])
def test_years_in_the_wrong_order(start, end):
    with pytest.raises(ValueError) as refusal:
        annualised(LEVELS, start, end)
    assert str(refusal.value) == f"years {start} to {end}: expected the first before the second"


@pytest.mark.parametrize("level", [0.0, -1.0, float("nan"), float("inf"), pd.NA])
@pytest.mark.parametrize("year", [2000, 2003])
def test_a_level_that_is_not_positive(year, level):
    """Nor infinite, nor empty: pd.NA is the empty cell of an integer column that `data.load` returns."""
    levels = LEVELS.round().astype("Int64") if level is pd.NA else LEVELS.copy()
    levels[year] = level
    with pytest.raises(ValueError) as refusal:
        annualised(levels, 2000, 2003)
    assert str(refusal.value) == f"year {year}: level {level}: expected a positive, finite level"


# Exact change decomposition

RATIO = pd.DataFrame({"exports": [100.0, 130.0, 120.0, 150.0], "rate": [5.0, 5.0, 8.0, 8.0]}, index=range(1992, 1996))
GDP = pd.Series([1000.0, 1200.0, 1500.0, 1400.0], index=range(1992, 1996), name="gdp")
positive = st.floats(1e-3, 1e6)


def ratio_path() -> pd.Series:
    return 100 * RATIO["exports"] * RATIO["rate"] / GDP


@given(a=positive, b=positive)
def test_logarithmic_mean_lies_between_the_other_means(a, b):
    """Geometric mean <= logarithmic mean <= arithmetic mean."""
    mean = float(log_mean(a, b))
    assert (a * b) ** 0.5 * (1 - 1e-9) <= mean <= (a + b) / 2 * (1 + 1e-9)
    assert mean == pytest.approx(float(log_mean(b, a)), rel=1e-9)


def test_logarithmic_mean_of_equal_and_nearly_equal_numbers():
    assert log_mean([3.0, 1.0, math.e], [3.0, 1.0 + 1e-15, 1.0]) == pytest.approx([3.0, 1.0, math.e - 1], rel=1e-12)


@given(levels=st.lists(st.tuples(positive, positive, positive), min_size=2, max_size=6))
def test_contributions_add_up_to_the_change(levels):
    exports, rate, gdp = (pd.Series(column, index=range(2000, 2000 + len(levels))) for column in zip(*levels))
    found = ratio_changes(pd.DataFrame({"exports": exports, "rate": rate}), gdp.rename("gdp"))
    size = (exports * rate / gdp).rolling(2).max().iloc[1:]
    assert ((found.drop(columns="change").sum(axis=1) - found["change"]).abs() <= 1e-9 * size).all()


def test_a_factor_that_stands_still_contributes_nothing():
    assert ratio_changes(RATIO, GDP).loc[[1993, 1995], "rate"].tolist() == [0, 0]


def test_a_single_moving_factor_is_the_whole_change():
    still = RATIO.assign(exports=100.0)
    found = ratio_changes(still, GDP.clip(1000, 1000), scale=100)
    assert found["rate"].tolist() == pytest.approx(found["change"].tolist())


def test_units_and_order_of_time_do_not_matter():
    """Other units give the same parts; time reversed gives their negatives."""
    found = ratio_changes(RATIO, GDP, scale=100)
    pd.testing.assert_frame_equal(ratio_changes(RATIO * [1e4, 1], GDP * 1e2, scale=1), found)
    backwards = ratio_changes(RATIO.iloc[::-1].set_axis(RATIO.index), GDP.iloc[::-1].set_axis(GDP.index), scale=100)
    assert backwards.to_numpy() == pytest.approx(-found.to_numpy()[::-1])


def test_contributions_are_near_the_mean_of_all_orders():
    """The Shapley value moves the factors one by one, in every order, and takes the mean: another exact split, and a close one."""
    factors = {"exports": RATIO["exports"], "rate": RATIO["rate"], "gdp": 1 / GDP}
    shapley = pd.DataFrame(0.0, index=RATIO.index[1:], columns=list(factors))
    orders = list(itertools.permutations(factors))
    for year, order in itertools.product(shapley.index, orders):
        moved = dict.fromkeys(factors, year - 1)
        for factor in order:
            before = 100 * math.prod(series[moved[name]] for name, series in factors.items())
            moved[factor] = year
            shapley.loc[year, factor] += (100 * math.prod(series[moved[name]] for name, series in factors.items()) - before) / len(orders)
    found = ratio_changes(RATIO, GDP, scale=100)
    assert shapley.sum(axis=1).tolist() == pytest.approx(ratio_path().diff().iloc[1:].tolist())
    assert (found[list(factors)] - shapley).abs().to_numpy().max() < 0.02 * found.abs().to_numpy().max()


def test_the_factors_are_left_as_they_were():
    numerator, denominator = RATIO.copy(), GDP.copy()
    ratio_changes(numerator, denominator)
    pd.testing.assert_frame_equal(numerator, RATIO)
    pd.testing.assert_series_equal(denominator, GDP)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: ratio_changes(RATIO.drop(1993), GDP.drop(1993)),
     "year 1994 after 1992: expected consecutive years; split a series with a gap, or one that changes vintage"),
    (lambda: ratio_changes(RATIO, GDP.iloc[:3]), "years [1992, 1993, 1994, 1995] and [1992, 1993, 1994]: expected the same"),
    (lambda: ratio_changes(RATIO.iloc[:1], GDP.iloc[:1]), "years [1992]: expected at least 2"),
    (lambda: ratio_changes(RATIO, GDP.replace(1500.0, float("nan"))), "gdp, year 1994: level nan: expected a positive, finite level"),
    (lambda: ratio_changes(RATIO.replace(130.0, 0.0), GDP), "exports, year 1993: level 0.0: expected a positive, finite level"),
    (lambda: ratio_changes(RATIO, GDP, scale=0), "scale 0: expected a positive, finite number"),
    (lambda: ratio_changes(RATIO, GDP.rename("rate")), "names ['exports', 'rate', 'rate']: expected a different name for each, none of them 'change'"),
    (lambda: ratio_changes(RATIO, GDP.rename(None)), "names ['exports', 'rate', None]: expected a different name for each, none of them 'change'"),
    (lambda: log_mean([1.0, -2.0], 3.0), "logarithmic mean of -2.0: expected positive, finite numbers"),
])
def test_a_decomposition_that_cannot_be(call, message):
    with pytest.raises(ValueError) as refusal:
        call()
    assert str(refusal.value) == message


# Index numbers, products and mixes

FACTORS = pd.DataFrame({"population": [10.0, 11], "income": [2.0, 4], "intensity": [5.0, 3]}, index=[2005, 2010])
ENERGY = pd.DataFrame({2003: [1.0, 2, 3], 2012: [0.8, 1.9, 2]}, index=list("abc"))
SHARE = pd.DataFrame({2003: [0.5, 0.3, 0.2], 2012: [0.4, 0.25, 0.35]}, index=list("abc"))


def energy() -> pd.DataFrame:
    return data.load("energy/provinces").set_index(["province_code", "year"])


def test_index_numbers():
    assert index_numbers(LEVELS, 2000).tolist() == pytest.approx([100, 110, 133.1])
    assert index_numbers(LEVELS, 2001, 1)[2001] == 1


def test_index_numbers_against_r():
    exports = data.load("macro/china_exports").set_index("year")["exports_100m_usd"]
    expected = {key.removeprefix("index."): value for key, value in ARITHMETIC.items() if key.startswith("index.")}
    assert {str(year): value for year, value in index_numbers(exports, 2000).items()} == same_as(expected, "R, formula", of=index_numbers, rel=1e-12)


def test_the_parts_of_a_product_add_up_and_a_single_one_is_all():
    found = product_change(FACTORS, 2005, 2010)
    assert found.sum() == pytest.approx(11 * 4 * 3 - 10 * 2 * 5)
    alone = product_change(FACTORS.assign(income=1.0, intensity=1.0), 2005, 2010)
    assert alone.tolist() == pytest.approx([1, 0, 0])


def test_one_year_of_a_product_is_the_split_of_a_ratio():
    """A denominator of one: the older function and the new one agree."""
    yearly = ratio_changes(RATIO, (GDP / GDP).rename("one"))
    found = product_change(RATIO, 1992, 1993)
    assert found.tolist() == pytest.approx(yearly.loc[1993, ["exports", "rate"]].tolist())


@pytest.mark.parametrize(("first", "last"), [(2003, 2012), (2005, 2010)])
def test_mix_of_provinces_against_r(first, last):
    provinces = energy()
    gdp = provinces["gdp_100m_yuan"].unstack()
    ratio = provinces["energy_10k_tce"].unstack() / gdp
    found = ratio_and_mix(ratio, gdp / gdp.sum(), first, last).sum()
    assert found["ratio"] == same_as(YONGKANG[f"mix.ratio.{first}"], "R, formula", of=(ratio_and_mix, log_mean), rel=1e-8)
    assert found["mix"] == same_as(YONGKANG[f"mix.mix.{first}"], "R, formula", of=(ratio_and_mix, log_mean), rel=1e-6)


def test_kaya_of_zhejiang_against_r():
    zhejiang = energy().loc[330000]
    found = product_change(pd.DataFrame({
        "population": zhejiang["population_10k"], "income": zhejiang["gdp_100m_yuan"] / zhejiang["population_10k"],
        "intensity": zhejiang["energy_10k_tce"] / zhejiang["gdp_100m_yuan"]}), 2005, 2010)
    expected = YONGKANG["kaya.population"], YONGKANG["kaya.intensity"]
    assert (found["population"], found["intensity"]) == same_as(expected, "R, formula", of=(product_change, log_mean), rel=1e-9)


def test_ratios_and_mix_add_up_to_the_log_change():
    total = np.log((ENERGY[2012] * SHARE[2012]).sum() / (ENERGY[2003] * SHARE[2003]).sum())
    assert ratio_and_mix(ENERGY, SHARE, 2003, 2012).to_numpy().sum() == pytest.approx(total)


def test_a_common_deflator_leaves_the_mix_as_it_is():
    nominal, real = (ratio_and_mix(table, SHARE, 2003, 2012) for table in (ENERGY, ENERGY * [1, 1.7]))
    assert real["mix"].tolist() == pytest.approx(nominal["mix"].tolist())
    assert real["ratio"].sum() == pytest.approx(nominal["ratio"].sum() + np.log(1.7))


@pytest.mark.parametrize(("call", "message"), [
    (lambda: index_numbers(LEVELS, 2002), "base year 2002: expected one of [2000, 2001, 2003]"),
    (lambda: index_numbers(LEVELS.replace(110.0, 0.0), 2001), "base year 2001: level 0.0: expected a positive, finite level"),
    (lambda: product_change(FACTORS, 2005, 2011), "year 2011: expected one of [2005, 2010]"),
    (lambda: product_change(FACTORS.replace(4.0, 0.0), 2005, 2010), "income, year 2010: level 0.0: expected a positive, finite level"),
    (lambda: ratio_and_mix(ENERGY, SHARE.replace(0.35, 0.36), 2003, 2012), "shares of 2012 add up to 1.01: expected 1"),
    (lambda: ratio_and_mix(ENERGY.drop("b"), SHARE, 2003, 2012), "parts differ in ['b']: expected the same in one order"),
    (lambda: ratio_and_mix(ENERGY.replace(3.0, -3.0), SHARE, 2003, 2012), "ratio, c, year 2003: -3.0: expected a positive, finite number"),
    (lambda: ratio_and_mix(ENERGY, SHARE, 2003, 2010), "ratio, year 2010: expected one of [2003, 2012]"),
])
def test_splits_and_indices_that_cannot_be(call, message):
    with pytest.raises(ValueError) as refusal:
        call()
    assert str(refusal.value) == message
