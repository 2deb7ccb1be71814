"""Growth rates: what they are, and what they refuse."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhejiang.growth import annualised

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
