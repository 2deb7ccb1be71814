"""Figures in several units, periods and vintages: what is equal, what is chosen, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from second_route import same_as

from zhejiang import data
from zhejiang.growth import ratio_changes
from zhejiang.stated_figures import UNITS, convert, figures


@pytest.fixture(scope="module")
def accounts() -> pd.DataFrame:
    return data.load("tobacco/monopoly_accounts")


def rows(*figures_of_a_year: tuple) -> pd.DataFrame:
    return pd.DataFrame(figures_of_a_year, columns=["year", "period", "indicator", "value", "unit", "source"])


@pytest.mark.parametrize(("value", "unit", "to", "expected"), [
    (1, "cases", "sticks", 50_000),
    (10_000, "cases", "10k cases", 1),
    (3755.72, "10k cases", "billion sticks", 1877.86),
    (16.03, "million cases", "10k cases", 1603),
    (1, "cases", "billion packs of 20", 2500 / 1e9),
    (83, "billion packs", "trillion sticks", 1.66),
    (1050, "100m yuan", "billion yuan", 105),
])
def test_units_that_stand_for_the_same(value, unit, to, expected):
    assert convert(value, unit, to) == pytest.approx(expected, rel=1e-12)


@given(kind=st.sampled_from(sorted(UNITS)), picks=st.tuples(st.integers(0, 100), st.integers(0, 100)), value=st.floats(-1e9, 1e9))
def test_there_and_back(kind, picks, value):
    names = list(UNITS[kind])
    one, other = (names[pick % len(names)] for pick in picks)
    assert convert(convert(value, one, other), other, one) == pytest.approx(value, rel=1e-12)


def test_output_of_1994_is_the_same_in_cases_and_in_sticks(accounts):
    """The communiqué counts cases, a journal sticks; rounded like the journal they agree."""
    in_cases, in_sticks = (figures(accounts, "cigarette_output", "trillion sticks", choose={1994: source})[1994] for source in ("gb1994", "jama1999"))
    assert round(in_cases, 1) == in_sticks


def test_sales_of_a_year_come_from_different_units(accounts):
    sales = figures(accounts, "cigarette_sales", "10k cases")
    assert sales.to_dict() == pytest.approx({1998: 3200, 2000: 3373.6, 2004: 3755.72})


def test_a_half_year_does_not_stand_in_for_the_year(accounts):
    """The figures of 2011 that differ by nearly a half are a half year and a year."""
    choice = {2007: "tc2008"}
    assert figures(accounts, "profit_and_tax", "billion yuan", choose=choice)[2011] == pytest.approx(752.96)
    assert figures(accounts, "profit_and_tax", "billion yuan", "first half")[2011] == pytest.approx(408.3)


def test_a_vintage_is_chosen_not_averaged(accounts):
    for source, level in (("xh2008", 388), ("tc2008", 399.76)):
        assert figures(accounts, "profit_and_tax", "billion yuan", choose={2007: source})[2007] == pytest.approx(level)


def test_years_come_in_order_and_the_table_is_left_as_it_was():
    table = rows((2004, "year", "sales", 2.0, "cases", "b"), (2000, "year", "sales", 1.0, "cases", "a"))
    before = table.copy()
    assert figures(table, "sales", "sticks").to_dict() == {2000: 50_000, 2004: 100_000}
    assert figures(table, "sales", "sticks").index.is_monotonic_increasing
    pd.testing.assert_frame_equal(table, before)


TWO = rows((2007, "year", "tax", 388.0, "billion yuan", "first"), (2007, "year", "tax", 399.76, "billion yuan", "later"))


@pytest.mark.parametrize(("call", "message"), [
    (lambda: convert(1, "cases", "billion yuan"), "1 cases: 'cases' counts cigarettes and 'billion yuan' counts money: expected units of one kind"),
    (lambda: convert(float("nan"), "cases", "sticks"), "nan cases: expected a finite number"),
    (lambda: figures(TWO, "tax", "billion yuan"),
     "tax, year, 2007: 2 figures (first: 388 billion yuan; later: 399.76 billion yuan): expected one; choose a source for the year"),
    (lambda: figures(TWO, "tax", "billion yuan", choose={2007: "third"}),
     "tax, year, 2007: source 'third' states none: expected one of (first: 388 billion yuan; later: 399.76 billion yuan)"),
    (lambda: figures(TWO, "tax", "billion yuan", choose={2008: "first"}), "tax, year, 2008: no figure, but source 'first' is chosen: expected one of the years [2007]"),
    (lambda: figures(TWO, "tax", "billion yuan", "first half"), "tax, first half: no figure: the table has it for the periods ['year']"),
    (lambda: figures(TWO, "tax", "10k cases", choose={2007: "first"}),
     "tax, year, 2007, first: 388 billion yuan: 'billion yuan' counts money and '10k cases' counts cigarettes: expected units of one kind"),
])
def test_figures_that_cannot_be_had(call, message):
    with pytest.raises(ValueError) as refusal:
        call()
    assert str(refusal.value) == message


def test_an_unknown_unit_is_named():
    with pytest.raises(ValueError, match="^unit 'cartons': expected one of .*'10k cases'"):
        convert(17.2, "cartons", "cases")


# Against R

REFERENCE = json.loads((Path(__file__).parent / "reference" / "tobacco.json").read_text(encoding="utf-8"))["values"]


@pytest.mark.parametrize("year", [1998, 2000, 2004])
def test_sales_in_cases_against_r(accounts, year):
    found = figures(accounts, "cigarette_sales", "10k cases")[year]
    assert found == same_as(REFERENCE[f"sales.{year}"], "R, formula", of=(figures, convert), rel=1e-12)


@pytest.mark.parametrize("indicator", ["cigarette_output", "cigarette_sales"])
def test_parts_of_the_growth_of_profit_and_tax_against_r(accounts, indicator):
    """The ends of 2000 and 2004 as one step of the index: cases, profit and tax per case, consumer prices."""
    cases = figures(accounts, indicator, "10k cases", choose={1994: "gb1994"} if indicator == "cigarette_output" else {}).loc[[2000, 2004]]
    profit_tax = figures(accounts, "profit_and_tax", "billion yuan", choose={2007: "tc2008"}).loc[[2000, 2004]]
    cpi = data.load("macro/china_price_indices").set_index("year")["consumer_prices_previous_year_100"]
    prices = pd.Series([1.0, (cpi.loc[2001:2004] / 100).prod()], name="prices")
    found = ratio_changes(pd.DataFrame({"cases": cases.to_numpy(), "case": (profit_tax / cases).to_numpy()}), prices).loc[1]
    expected = {name: REFERENCE[f"lmdi.{indicator}.{name}"] for name in found.index}
    assert found.to_dict() == same_as(expected, "R, formula", of=(ratio_changes, figures), rel=1e-10)
