"""Shift-share: against R for Binjiang, by its identities on generated regions, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from second_route import same_as

from zhejiang import data
from zhejiang.shift_share import esteban_marquillas, shift_share

REFERENCE = json.loads((Path(__file__).parent / "reference" / "shift_share.json").read_text(encoding="utf-8"))["values"]
BINJIANG = 330108


def jobs(year: int) -> pd.DataFrame:
    """Employed persons by section, one row a county."""
    census = data.load(f"zhejiang_counties/census_{year}")
    columns = [c for c in census if c.endswith("_sampled") and not c.startswith("occupation") and c != "employed_sampled"]
    return census.set_index("county_code")[columns].rename(columns=lambda c: c.removesuffix("_sampled"))


def generated(seed: int, regions: int = 4) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Levels at the start and at the end, one row a region."""
    random = np.random.default_rng(seed)
    start, end = (pd.DataFrame(random.uniform(1, 50, (regions, 6)), columns=list("abcdef")) for _ in range(2))
    return start, end


@pytest.mark.parametrize("effect", ["reference", "mix", "regional", "competitive", "allocation"])
def test_binjiang_against_r(effect):
    start, end = jobs(2010), jobs(2020)
    found = esteban_marquillas(start.loc[BINJIANG], end.loc[BINJIANG], start.sum(), end.sum())[effect]
    expected = {s: REFERENCE[f"shift.{effect}.{s}"] for s in start}
    functions = (shift_share, esteban_marquillas) if effect in ("reference", "mix", "regional") else esteban_marquillas
    assert found.to_dict() == same_as(expected, "R, formula", of=functions, rel=1e-9, abs=1e-9)


def test_one_industry_by_hand():
    """10 of 100 in the growing industry: the reference doubles it and keeps the other; the region triples it."""
    region = pd.Series({"a": 10, "b": 10}), pd.Series({"a": 30, "b": 10})
    reference = pd.Series({"a": 100, "b": 100}), pd.Series({"a": 200, "b": 100})
    effects = esteban_marquillas(*region, *reference)
    expected = {"change": 20.0, "reference": 5.0, "mix": 5.0, "regional": 10.0, "competitive": 10.0, "allocation": 0.0}
    assert effects.loc["a"].to_dict() == expected


@pytest.mark.parametrize("seed", range(5))
def test_effects_add_up(seed):
    """In each industry the effects add up to the change, and competitive and allocation to the regional effect."""
    start, end = generated(seed)
    for region in start.index:
        effects = esteban_marquillas(start.loc[region], end.loc[region], start.sum(), end.sum())
        np.testing.assert_allclose(effects[["reference", "mix", "regional"]].sum(axis=1), effects["change"])
        np.testing.assert_allclose(effects["competitive"] + effects["allocation"], effects["regional"])
        np.testing.assert_allclose(effects["change"], end.loc[region] - start.loc[region])


@pytest.mark.parametrize("seed", range(5))
def test_regions_that_make_up_the_reference(seed):
    """Regional effects add up to zero in each industry, mix effects over everything."""
    start, end = generated(seed)
    found = [shift_share(start.loc[r], end.loc[r], start.sum(), end.sum()) for r in start.index]
    np.testing.assert_allclose(sum(x["regional"] for x in found), 0, atol=1e-9)
    assert sum(x["mix"].sum() for x in found) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_region_like_its_reference_has_no_mix_and_no_allocation(seed):
    start, end = generated(seed)
    effects = esteban_marquillas(start.sum() / 20, end.loc[0], start.sum(), end.sum())
    assert effects["mix"].sum() == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(effects["allocation"], 0, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_another_scale_at_the_end(seed):
    """A sampling fraction that differs between the years multiplies mix and regional; over g they stay."""
    start, end = generated(seed)
    plain = shift_share(start.loc[0], end.loc[0], start.sum(), end.sum())
    scaled = shift_share(start.loc[0], 0.9 * end.loc[0], start.sum(), 0.9 * end.sum())
    np.testing.assert_allclose(scaled[["mix", "regional"]], 0.9 * plain[["mix", "regional"]])


def test_competitive_effect_ignores_the_size_of_the_industry():
    """Equal growth and equal reference, other structure: the same competitive effect, another regional one."""
    reference = pd.Series({"a": 100.0, "b": 100.0})
    even, uneven = (pd.Series({"a": a, "b": 20.0 - a}) for a in (10.0, 4.0))
    growth = pd.Series({"a": 1.5, "b": 1.0})
    first, second = (esteban_marquillas(x, x * growth, reference, reference * 1.1) for x in (even, uneven))
    pd.testing.assert_series_equal(first["competitive"], second["competitive"])
    assert first.loc["a", "regional"] != second.loc["a", "regional"]


def test_inputs_are_left_as_they_were():
    start, end = generated(9)
    before = start.copy(), end.copy()
    esteban_marquillas(start.loc[0], end.loc[0], start.sum(), end.sum())
    pd.testing.assert_frame_equal(start, before[0])
    pd.testing.assert_frame_equal(end, before[1])


GOOD = pd.Series({"a": 1.0, "b": 2.0})


@pytest.mark.parametrize("place, bad, message", [
    (1, GOOD[::-1], "region_start and region_end differ in the order of their labels: expected the same industries in one order"),
    (3, pd.Series({"a": 1.0, "c": 2.0}), r"region_start and reference_end differ in \['b', 'c'\]"),
    (0, pd.Series({"a": -1.0, "b": 2.0}), "region_start, a: -1.0: expected a finite number that is not negative"),
    (1, pd.Series({"a": np.nan, "b": 2.0}), "region_end, a: nan: expected a finite number that is not negative"),
    (3, pd.Series({"a": 1.0, "b": np.inf}), "reference_end, b: inf: expected a finite number"),
    (2, pd.Series({"a": 0.0, "b": 2.0}), "reference_start, a: 0: expected a positive number, growth from nothing is not defined"),
    (0, 0 * GOOD, "region_start: nothing in any industry"),
])
def test_bad_input_is_named(place, bad, message):
    sides = [GOOD, GOOD, GOOD, GOOD]
    sides[place] = bad
    with pytest.raises(ValueError, match=message):
        shift_share(*sides)


def test_an_empty_industry_has_a_regional_effect_but_no_growth():
    start = pd.Series({"a": 0.0, "b": 2.0})
    assert shift_share(start, GOOD, GOOD, GOOD).loc["a", "regional"] == 1.0
    with pytest.raises(ValueError, match="region_start, a: 0: expected a positive number, growth from nothing is not defined"):
        esteban_marquillas(start, GOOD, GOOD, GOOD)
