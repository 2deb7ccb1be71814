"""Location quotients, their intervals, Krugman's index and HHI: against R and a contingency table, by hand, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats.contingency import expected_freq
from second_route import same_as

from zhejiang import data
from zhejiang.specialisation import herfindahl, krugman_index, location_quotients, quotient_intervals

REFERENCE = json.loads((Path(__file__).parent / "reference" / "services.json").read_text(encoding="utf-8"))["values"]
BINJIANG = json.loads((Path(__file__).parent / "reference" / "shift_share.json").read_text(encoding="utf-8"))["values"]


def generated(seed: int) -> tuple[pd.Series, pd.Series]:
    random = np.random.default_rng(seed)
    labels = list("abcdefg")
    return pd.Series(random.uniform(0, 5, 7), labels), pd.Series(random.uniform(10, 100, 7), labels)


def test_two_industries_by_hand():
    """A share of 30 percent against 10, and of 70 against 90."""
    quotients = location_quotients(pd.Series({"a": 3, "b": 7}), pd.Series({"a": 100, "b": 900}))
    assert quotients.to_dict() == pytest.approx({"a": 3.0, "b": 7 / 9})


@pytest.mark.parametrize("year", [2006, 2007, 2008])
def test_ningbo_against_r(year):
    """Sections of GB/T 4754-2002 on both sides; the tables are joined by section, not by letter."""
    ningbo = data.load("employment/ningbo_sections").query("section != 'TOT'").set_index("section")
    china = data.load("employment/china_industries").set_index("section_gbt4754_2002").loc[ningbo.index]
    quotients = location_quotients(ningbo[f"employed_10k_{year}"], china[f"employed_10k_{year}"])
    assert quotients.to_dict() == same_as({s: REFERENCE[f"lq.{year}.{s}"] for s in ningbo.index}, "R, formula", of=location_quotients, rel=1e-10)


def test_census_against_r():
    census = data.load("employment/census_2010_sections").query("section != 'TOT'").set_index("section")
    quotients = location_quotients(census["ningbo_persons"], census["zhejiang_persons"])
    assert quotients.to_dict() == same_as({s: REFERENCE[f"lq.census.{s}"] for s in census.index}, "R, formula", of=location_quotients, rel=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_observed_over_expected(seed):
    """With the region inside the reference: observed over expected counts of the table region by industry."""
    region, rest = generated(seed)
    expected = expected_freq(np.array([region, rest]))[0]
    found = location_quotients(region, region + rest).to_numpy()
    assert found == same_as((region / expected).to_numpy(), "scipy, expected_freq", of=location_quotients, rel=1e-7)


@pytest.mark.parametrize("seed", range(5))
def test_mean_with_reference_shares_is_one(seed):
    region, reference = generated(seed)
    quotients = location_quotients(region, reference)
    assert (quotients * reference / reference.sum()).sum() == pytest.approx(1)
    pd.testing.assert_series_equal(location_quotients(region * 3, reference / 7), quotients)
    assert location_quotients(reference * 2, reference).tolist() == pytest.approx([1] * 7)


def test_a_region_without_an_industry():
    assert location_quotients(pd.Series({"a": 0, "b": 5}), pd.Series({"a": 1, "b": 1}))["a"] == 0


GOOD = pd.Series({"a": 1.0, "b": 2.0})


@pytest.mark.parametrize("region, reference, message", [
    (GOOD, pd.Series({"a": 1.0, "F": 2.0}), r"region and reference differ in \['F', 'b'\]: expected the same industries in one order"),
    (GOOD, GOOD[::-1], "differ in the order of their labels"),
    (pd.Series({"a": 1.0, "b": -2.0}), GOOD, "region, b: -2.0: expected a number that is not negative"),
    (pd.Series({"a": np.nan, "b": 2.0}), GOOD, "region, a: nan: expected a number that is not negative"),
    (GOOD, pd.Series({"a": 0.0, "b": 2.0}), "reference, a: 0.0: expected a positive number"),
    (0 * GOOD, GOOD, "region: nothing in any industry"),
])
def test_bad_input_is_named(region, reference, message):
    with pytest.raises(ValueError, match=message):
        location_quotients(region, reference)


def county_jobs(year: int) -> pd.DataFrame:
    """Employed persons by section, one row a county."""
    census = data.load(f"zhejiang_counties/census_{year}")
    columns = [c for c in census if c.endswith("_sampled") and not c.startswith("occupation") and c != "employed_sampled"]
    return census.set_index("county_code")[columns].rename(columns=lambda c: c.removesuffix("_sampled"))


@pytest.mark.parametrize("year", [2010, 2020])
def test_intervals_of_binjiang_against_r(year):
    jobs = county_jobs(year)
    found = quotient_intervals(jobs.loc[330108], jobs.sum(), design_effect=3)
    for column, key in (("quotient", "lq"), ("lo", "lq.lo"), ("hi", "lq.hi")):
        assert found[column].to_dict() == same_as({s: BINJIANG[f"{key}.{year}.{s}"] for s in jobs}, "R, formula", of=quotient_intervals, rel=1e-10)


@pytest.mark.parametrize("year", [2010, 2020])
def test_indices_of_binjiang_against_r(year):
    jobs = county_jobs(year)
    for kind, columns in (("all", list(jobs)), ("off-farm", [c for c in jobs if c != "agriculture"])):
        region, reference = jobs.loc[330108, columns], jobs.sum()[columns]
        assert krugman_index(region, reference) == same_as(BINJIANG[f"krugman.{kind}.{year}"], "R, formula", of=krugman_index, rel=1e-12)
        assert herfindahl(region) == same_as(BINJIANG[f"hhi.{kind}.{year}"], "R, formula", of=herfindahl, rel=1e-12)


def test_counties_agree_with_the_table_of_cities():
    """Both tables come from one source: their sums for Hangzhou, Ningbo and Zhejiang are the same."""
    census, cities = data.load("zhejiang_counties/census_2010"), data.load("employment/census_2010_sections").set_index("section")
    letters = dict(zip("ABCDEHFIGJKLMNOPQRS", county_jobs(2010)))
    for column, prefectures in (("zhejiang_persons", census["prefecture_code"].unique()), ("hangzhou_persons", [330100]), ("ningbo_persons", [330200])):
        inside = census[census["prefecture_code"].isin(prefectures)]
        assert {s: inside[f"{name}_sampled"].sum() for s, name in letters.items()} == cities[column].drop("TOT").to_dict()


def test_intervals_cover_the_quotient():
    """Samples of persons from two known structures: about 95 percent of the intervals hold the true quotient."""
    random = np.random.default_rng(1)
    region, reference = np.array([0.1, 0.3, 0.6]), np.array([0.05, 0.35, 0.6])
    inside = 0
    for _ in range(600):
        found = quotient_intervals(pd.Series(random.multinomial(2000, region)), pd.Series(random.multinomial(5000, reference)))
        inside += ((found["lo"] <= region / reference) & (region / reference <= found["hi"])).to_numpy()
    assert ((inside > 0.93 * 600) & (inside < 0.97 * 600)).all()


def test_design_effect_of_whole_households_is_covered():
    """Households of three workers in one industry: intervals without the design effect are too short, with it they cover."""
    random = np.random.default_rng(2)
    region, reference = np.array([0.1, 0.9]), pd.Series([0.05e9, 0.95e9])
    plain = deff = 0
    for _ in range(600):
        sample = pd.Series(3 * random.multinomial(700, region))
        for effect in (1, 3):
            line = quotient_intervals(sample, reference, effect).iloc[0]
            hit = line["lo"] <= 2 <= line["hi"]
            plain, deff = plain + (hit if effect == 1 else 0), deff + (hit if effect == 3 else 0)
    assert plain < 0.8 * 600 and 0.93 * 600 < deff < 0.97 * 600


def test_indices_by_hand():
    assert krugman_index(GOOD, GOOD * 4) == 0
    assert krugman_index(pd.Series({"a": 1, "b": 0}), pd.Series({"a": 1e-12, "b": 1.0})) == pytest.approx(2)
    assert krugman_index(pd.Series({"a": 3, "b": 1}), pd.Series({"a": 1, "b": 1})) == pytest.approx(0.5)
    assert herfindahl(pd.Series({"a": 3, "b": 1})) == pytest.approx(0.625)
    assert herfindahl(pd.Series([7] * 4)) == pytest.approx(1 / 4)
    assert herfindahl(pd.Series([7, 0])) == 1


def test_an_industry_without_persons_has_no_interval():
    line = quotient_intervals(pd.Series({"a": 0, "b": 5}), GOOD).loc["a"]
    assert line["quotient"] == 0 and np.isnan(line["lo"]) and np.isnan(line["hi"])


@pytest.mark.parametrize("call, message", [
    (lambda: quotient_intervals(GOOD, GOOD, 0.5), "design effect 0.5: expected a finite number, one or more"),
    (lambda: quotient_intervals(GOOD, GOOD, np.nan), "design effect nan"),
    (lambda: quotient_intervals(GOOD, GOOD, level=1.0), "level 1.0: expected a number between zero and one"),
    (lambda: krugman_index(GOOD, GOOD[::-1]), "differ in the order of their labels"),
    (lambda: krugman_index(0 * GOOD, GOOD), "region: nothing in any industry"),
    (lambda: herfindahl(pd.Series({"a": -1.0, "b": 2.0})), "region, a: -1.0: expected a number that is not negative"),
    (lambda: herfindahl(0 * GOOD), "region: nothing in any industry"),
])
def test_bad_input_to_the_indices_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
