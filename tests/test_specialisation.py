"""Location quotients: against R and a contingency table, by hand, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats.contingency import expected_freq

from zhejiang import data
from zhejiang.specialisation import location_quotients

REFERENCE = json.loads((Path(__file__).parent / "reference" / "services.json").read_text(encoding="utf-8"))["values"]


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
    assert quotients.to_dict() == pytest.approx({s: REFERENCE[f"lq.{year}.{s}"] for s in ningbo.index}, rel=1e-10)


def test_census_against_r():
    census = data.load("employment/census_2010_sections").query("section != 'TOT'").set_index("section")
    quotients = location_quotients(census["ningbo_persons"], census["zhejiang_persons"])
    assert quotients.to_dict() == pytest.approx({s: REFERENCE[f"lq.census.{s}"] for s in census.index}, rel=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_observed_over_expected(seed):
    """With the region inside the reference: observed over expected counts of the table region by industry."""
    region, rest = generated(seed)
    expected = expected_freq(np.array([region, rest]))[0]
    np.testing.assert_allclose(location_quotients(region, region + rest), region / expected)


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
