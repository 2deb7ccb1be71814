"""Rules of a sidecar on synthetic tables: each holds at its bounds and names the cell that breaks it."""

from __future__ import annotations

import pandas as pd
import pytest
from test_data import change_sidecar, refusal

from zhejiang import checks

AREAS = pd.DataFrame({
    "code": [330000, 330100, 330102, 330103, 330200], "name": ["Zhejiang", "Hangzhou", "Shangcheng", "Xiacheng", "Ningbo"],
    "year": [2010] * 5, "persons": [300, 200, 120, 80, 100], "urban": [200, 150, 100, 50, 50], "unit": ["persons"] * 5,
})
SERIES = pd.DataFrame({"place": ["a", "a", "a", "b", "b"], "year": [2001, 2003, 2002, 2001, 2002], "x": [10.0, 20.0, 15.0, 90.0, 60.0]})
# Two sectors and their balances; 40 percent of value added is paid to labour.
FLOWS = pd.DataFrame({
    "row": ["s1", "s2", "inputs", "labour", "profit", "input"], "s1": [10.0, 20, 30, 30, 40, 100], "s2": [40.0, 10, 50, 10, 20, 80],
    "uses": [50.0, 30, 80, None, None, None], "final": [60.0, 52, None, None, None, None], "imports": [10.0, 2, None, None, None, None],
    "output": [100.0, 80, None, None, None, None],
})
ON_ROWS = {"rows": "row", "columns": ["s1", "s2"]}


def columns(frame: pd.DataFrame, **fields) -> list[dict]:
    kinds = {"i": "integer", "f": "number"}
    return [{"name": name, "type": kinds.get(dtype.kind, "string"), **fields.get(name, {})} for name, dtype in frame.dtypes.items()]


def fault(frame: pd.DataFrame, key: list[str], rules: dict, **fields) -> tuple | None:
    found = checks.first_fault(frame, {"key": key, "columns": columns(frame, **fields), **rules})
    return found and (found.row, found.column, found.found, found.expected)


def with_cell(frame: pd.DataFrame, row: int, column: str, value) -> pd.DataFrame:
    changed = frame.copy()
    changed.loc[row, column] = value
    return changed


@pytest.mark.parametrize(("frame", "rules", "cell", "expected"), [
    pytest.param(AREAS, {"nested": [{"code": "code", "columns": ["persons"], "tolerance": 0}]}, (1, "persons", 201),
                 (0, "persons", "300", "301 within 0, the sum of the areas of 330000"), id="a city in its province"),
    pytest.param(AREAS, {"nested": [{"code": "code", "columns": ["persons"], "tolerance": 1}]}, (2, "persons", 122),
                 (1, "persons", "200", "202 within 1, the sum of the areas of 330100"), id="a county in its city"),
    pytest.param(AREAS, {"ratios": [{"of": ["urban"], "to": "persons", "maximum": 1}]}, (3, "urban", 81),
                 (3, "urban", "81", "urban / persons at most 1, found 1.01"), id="a part above its whole"),
    pytest.param(AREAS, {"ratios": [{"of": ["persons"], "to": "year", "times": 1000, "minimum": 39, "maximum": 150}]}, (3, "persons", 8),
                 (3, "persons", "8", "1000 * persons / year from 39 to 150, found 3.98"), id="a ratio in another unit"),
    pytest.param(AREAS, {"ranges": [{"column": "persons", "by": "unit", "within": {"persons": [80, 300]}}]}, (0, "persons", 301),
                 (0, "persons", "301", "80 to 300 where unit is 'persons'"), id="out of the range of its kind"),
    pytest.param(AREAS, {"ranges": [{"column": "persons", "by": "unit", "within": {"persons": [80, 300]}}]}, (4, "unit", "percent"),
                 (4, "unit", "'percent'", "one of ['persons']"), id="a kind that has no range"),
    pytest.param(AREAS, {"order": ["code"]}, (3, "code", 330101), (3, "code", "330101", "rows in rising order, after 330102"), id="order"),
    pytest.param(SERIES, {"steps": [{"columns": ["x"], "by": ["place"], "along": "year", "factor": 1.5}]}, (1, "x", 22.6),
                 (1, "x", "22.6", "at most 1.5 times more or less than 15, the value before along year"), id="a step up"),
    pytest.param(SERIES, {"steps": [{"columns": ["x"], "by": ["place"], "along": "year", "factor": 1.5}]}, (4, "x", 59.9),
                 (4, "x", "59.9", "at most 1.5 times more or less than 90, the value before along year"), id="a step down"),
    pytest.param(SERIES, {"steps": [{"columns": ["x"], "by": ["place"], "along": "year", "factor": 1.5}]}, (4, "x", -60.0),
                 (4, "x", "-60", "at most 1.5 times more or less than 90, the value before along year"), id="a sign"),
    pytest.param(FLOWS, {"sums": [{**ON_ROWS, "of": ["s1", "s2"], "equals": "inputs", "tolerance": 0}]}, (1, "s2", 11.0),
                 (2, "s2", "50", "s1 + s2 = 51 within 0"), id="rows that do not add up"),
    pytest.param(FLOWS, {"sums": [{"of": ["uses", "final"], "less": ["imports"], "equals": "output", "tolerance": 0}]}, (1, "imports", 3.0),
                 (1, "output", "80", "uses + final - imports = 79 within 0"), id="what is taken off"),
    pytest.param(FLOWS, {"sums": [{"of": ["s1", "s2"], "equals": 50, "tolerance": 130}]}, (5, "s2", 80.5),
                 (5, "s2", "180.5", "s1 + s2 = 50 within 130"), id="a sum that is a number"),
    pytest.param(FLOWS, {"sums": [{**ON_ROWS, "of": ["s1", "s2"], "equals": "inputs", "tolerance": 0}]}, (2, "row", "others"),
                 (6, "row", "no row", "a row 'inputs'"), id="a row that a rule needs"),
    pytest.param(FLOWS, {"balances": [{"rows": "row", "row": "input", "column": "output", "tolerance": 0}]}, (5, "s2", 81.0),
                 (1, "output", "80", "81 within 0, input of s2"), id="input is not output"),
    pytest.param(FLOWS, {"ratios": [{**ON_ROWS, "of": ["labour"], "to": "profit", "minimum": 0.5, "maximum": 0.75, "pooled": True}]}, (3, "s1", 36.0),
                 (3, "all columns", "46", "labour / profit from 0.5 to 0.75, found 0.767"), id="the ratio of totals"),
])
def test_a_rule_names_the_cell_that_breaks_it(frame, rules, cell, expected):
    """And says nothing of the table before."""
    key = ["row"] if "row" in frame else ["place", "year"] if "place" in frame else ["code"]
    assert fault(frame, key, rules) is None
    assert fault(with_cell(frame, *cell), key, rules) == expected


@pytest.mark.parametrize(("cell", "expected"), [
    ((1, "name", "Ningbo"), (4, "name", "'Ningbo'", None)),
    ((4, "code", 330100), (4, "name", "'Ningbo'", "'Hangzhou', as beside code 330100 before")),
])
def test_one_name_a_code_and_one_code_a_name(cell, expected):
    rules = {"name": {"names": "code"}}
    assert fault(AREAS, ["code"], {}, **rules) is None
    row, column, found, said = fault(with_cell(AREAS, *cell), ["code"], {}, **rules)
    if said.endswith("beside name 'Ningbo' before"):
        assert (row, column, found) == (4, "code", "330200")
    else:
        assert (row, column, found, said) == expected


@pytest.mark.parametrize(("change", "expected"), [
    (lambda frame: frame, None),
    (lambda frame: frame.iloc[[1, 0, 2, 3, 4]], (0, "place, year", "'a', 2003", "'a', 2001, the next row of the index")),
    (lambda frame: frame.iloc[:4], (4, "place, year", "no row", "'b', 2002, the next row of the index")),
    (lambda frame: pd.concat([frame, frame.iloc[:1]]), (5, "place, year", "'a', 2001", "no more rows")),
])
def test_index(change, expected):
    rules = {"index": [{"place": ["a"], "year": [2001, 2003, 2002]}, {"year": ["2001..2002"], "place": ["b"]}]}
    assert fault(change(SERIES).reset_index(drop=True), ["place", "year"], rules) == expected


def test_empty_cells_break_no_rule():
    """Nothing is known of them."""
    frame = with_cell(with_cell(SERIES, 2, "x", None), 3, "x", None)
    assert fault(frame, ["place", "year"], {"steps": [{"columns": ["x"], "by": ["place"], "along": "year", "factor": 2}]}) is None
    assert fault(frame, ["place", "year"], {"ratios": [{"of": ["x"], "to": "year", "maximum": 1}]}) is None
    assert fault(frame, ["place", "year"], {"sums": [{"of": ["x"], "equals": "year", "tolerance": 5000}]}) is None


@pytest.mark.parametrize(("field", "rule"), [
    ("steps", {"columns": ["exports"], "along": "year", "factor": 2}),
    ("ratios", {"of": ["exports"], "to": "year", "maximum": 1}),
    ("ranges", {"column": "exports_100m_usd", "by": "exports", "within": {"a": [0, 1]}}),
    ("nested", {"code": "exports", "columns": ["exports_100m_usd"], "tolerance": 0}),
    ("balances", {"rows": "exports", "row": "a", "column": "exports_100m_usd", "tolerance": 0}),
    ("index", {"exports": ["a"]}),
])
def test_a_rule_on_a_column_that_is_not_there(project, field, rule):
    table = "macro/china_exports"
    change_sidecar(project, table, lambda sidecar: sidecar.update({field: [rule]}))
    assert refusal(table).startswith(f"data/{table}.yml: {field} names the column 'exports': expected one of [")


def test_a_factor_that_a_slip_of_the_unit_passes(project):
    """A step of ten is no check."""
    table = "macro/china_exports"
    change_sidecar(project, table, lambda sidecar: sidecar["steps"][0].update(factor=10))
    assert "10 is greater than or equal to the maximum of 10" in refusal(table)


def test_a_unit_against_the_name_of_its_column(project):
    table = "macro/china_exports"
    change_sidecar(project, table, lambda sidecar: sidecar["columns"][1].update(unit="10,000 USD"))
    assert refusal(table) == f"data/{table}.yml, column exports_100m_usd: unit '10,000 USD': expected the unit that its name says"
