"""Indices of structural change: against R, statsmodels and enumeration, by hand, and what they refuse."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from second_route import same_as
from statsmodels.stats.weightstats import DescrStatsW

from zhejiang import data
from zhejiang.structural_change import lilien, norm_of_absolute_values

REFERENCE = json.loads((Path(__file__).parent / "reference" / "services.json").read_text(encoding="utf-8"))["values"]
SECTORS = ["primary_100m_yuan", "secondary_100m_yuan", "tertiary_100m_yuan"]


@pytest.fixture(scope="module")
def ningbo() -> pd.DataFrame:
    levels = data.load("ningbo/gdp_by_sector").set_index("year")[SECTORS]
    return levels.loc[:2005]


def generated(seed: int, sectors: int = 6) -> tuple[pd.Series, pd.Series]:
    random = np.random.default_rng(seed)
    start = pd.Series(random.uniform(1, 100, sectors), index=list("abcdefgh")[:sectors])
    return start, start * random.uniform(0.5, 2.5, sectors)


def test_three_sectors_by_hand():
    """Shares 50, 30, 20 become 40, 30, 30: a tenth of the total moves."""
    start, end = pd.Series([50.0, 30, 20], index=list("abc")), pd.Series([80.0, 60, 60], index=list("abc"))
    assert norm_of_absolute_values(start, end) == pytest.approx(10)
    assert lilien(start, end) == pytest.approx(100 * np.sqrt(0.4 * np.log(0.8) ** 2 + 0.3 * np.log(1.5) ** 2))


def test_ningbo_against_r(ningbo):
    """Every pair of neighbouring years, and all years together."""
    pairs = [*zip(ningbo.index[:-1], ningbo.index[1:]), (1978, 2005)]
    for first, last in pairs:
        pair = ningbo.loc[first], ningbo.loc[last]
        assert norm_of_absolute_values(*pair) == same_as(REFERENCE[f"nav.{first}.{last}"], "R, formula", of=norm_of_absolute_values, rel=1e-10)
        assert lilien(*pair) == same_as(REFERENCE[f"lilien.{first}.{last}"], "R, formula", of=lilien, rel=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_nav_is_the_largest_change_of_any_group_of_sectors(seed):
    """The distance of two distributions is the largest difference over all events; every subset is tried."""
    start, end = generated(seed)
    change = 100 * (end / end.sum() - start / start.sum())
    subsets = itertools.chain.from_iterable(itertools.combinations(change.index, size) for size in range(len(change) + 1))
    assert norm_of_absolute_values(start, end) == pytest.approx(max(change[list(s)].sum() for s in subsets))


@pytest.mark.parametrize("seed", range(5))
def test_lilien_is_a_weighted_second_moment(seed):
    """Weighted variance plus squared weighted mean, from statsmodels."""
    start, end = generated(seed)
    relative = np.log(end / start) - np.log(end.sum() / start.sum())
    moments = DescrStatsW(relative, weights=end / end.sum(), ddof=0)
    assert lilien(start, end) == same_as(100 * np.sqrt(moments.var + moments.mean**2), "statsmodels, DescrStatsW", of=lilien, rel=1e-6)


@pytest.mark.parametrize("index", [norm_of_absolute_values, lilien])
def test_common_growth_changes_nothing(index):
    start, end = generated(7)
    assert index(start, 3.7 * start) == pytest.approx(0, abs=1e-12)
    assert index(start, 12.3 * end) == pytest.approx(index(0.2 * start, end))


def test_nav_is_a_distance():
    """Symmetric, between 0 and 100, no longer than a detour."""
    (a, b), (c, _) = generated(1), generated(2)
    assert norm_of_absolute_values(a, b) == pytest.approx(norm_of_absolute_values(b, a))
    assert norm_of_absolute_values(a, c) <= norm_of_absolute_values(a, b) + norm_of_absolute_values(b, c)
    assert norm_of_absolute_values(pd.Series({"a": 1.0, "b": 0.0}), pd.Series({"a": 0.0, "b": 2.0})) == 100


def test_small_changes_agree():
    """Two sectors of half the total, a small change e of the share: NAV is 100 e, Lilien 200 e."""
    start, end = pd.Series({"a": 0.5, "b": 0.5}), pd.Series({"a": 0.5 + 1e-5, "b": 0.5 - 1e-5})
    assert norm_of_absolute_values(start, end) == pytest.approx(1e-3)
    assert lilien(start, end) == pytest.approx(2e-3, rel=1e-4)


def test_inputs_are_left_alone():
    start, end = generated(3)
    copies = start.copy(), end.copy()
    norm_of_absolute_values(start, end), lilien(start, end)
    pd.testing.assert_series_equal(start, copies[0])
    pd.testing.assert_series_equal(end, copies[1])


GOOD = pd.Series({"a": 1.0, "b": 2.0})


@pytest.mark.parametrize("index", [norm_of_absolute_values, lilien])
@pytest.mark.parametrize("start, end, message", [
    (GOOD, pd.Series({"a": 1.0, "c": 2.0}), r"start and end differ in \['b', 'c'\]: expected the same sectors in one order"),
    (GOOD, GOOD[::-1], "differ in the order of their labels"),
    (GOOD[:1], GOOD[:1], r"sectors \['a'\]: expected at least two"),
    (GOOD, pd.Series({"a": 1.0, "b": np.nan}), "end, b: nan: expected a finite level that is not negative"),
    (pd.Series({"a": -1.0, "b": 2.0}), GOOD, "start, a: -1.0: expected a finite level"),
    (pd.Series({"a": np.inf, "b": 2.0}), GOOD, "start, a: inf: expected a finite level"),
])
def test_bad_input_is_named(index, start, end, message):
    with pytest.raises(ValueError, match=message):
        index(start, end)


def test_no_growth_rate_of_nothing():
    with pytest.raises(ValueError, match="end, b: 0: expected a positive level"):
        lilien(GOOD, pd.Series({"a": 1.0, "b": 0}))
    with pytest.raises(ValueError, match="end: all levels are 0: expected a positive sum"):
        norm_of_absolute_values(GOOD, 0 * GOOD)
