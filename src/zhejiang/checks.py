"""What a sidecar says of a table beyond its single columns: its rows, its codes, its sums, and the size of its figures.

Sums find a digit that was misread. They do not find a table whose figures are all in another unit, two columns in each other's
place, or a compensation of employees that is 14 percent of value added: the sums still hold. Rules on levels find these. Their bounds come
from what the figures are (a part is at most its whole) or from round numbers well beyond what an economy does, never from the
last digits of the data; a figure ten times too large falls outside.

`data.check_table` reads the files and raises. Nothing is read here and nothing is changed. `schemas/table.json` describes each rule.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

# Sums of decimals that agree as printed may differ in the last bit.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Fault:
    """A cell that breaks a rule: its row (counted from 0, below the header), its column, what is there, what was expected."""

    row: int
    column: str
    found: str
    expected: str


def first_fault(frame: pd.DataFrame, sidecar: dict) -> Fault | None:
    """Return the first fault of a table of typed columns whose rows are counted from 0, or None if every rule of its sidecar holds."""
    return next(_faults(frame, sidecar), None)


def expanded(name: str) -> list[str]:
    """Return the columns that a name such as ``s01..42`` stands for; a plain name stands for itself."""
    found = re.fullmatch(r"(.*?)([0-9]+)\.\.([0-9]+)", name)
    if found is None:
        return [name]
    prefix, first, last = found.groups()
    return [f"{prefix}{number:0{len(first)}}" for number in range(int(first), int(last) + 1)]


def named_columns(sidecar: dict) -> Iterator[tuple[str, list[str]]]:
    """Yield for each rule its name and the columns that it needs, so that a sidecar that names another can be refused."""
    yield "key", sidecar["key"]
    for block in sidecar.get("index", []):
        yield "index", list(block)
    yield "order", sidecar.get("order", [])
    for column in sidecar["columns"]:
        if "names" in column:
            yield "names", [column["names"]]
    for rule in sidecar.get("nested", []):
        yield "nested", [rule["code"], *rule["columns"]]
    for rule in sidecar.get("balances", []):
        yield "balances", [rule["rows"], rule["column"]]
    for rule in sidecar.get("steps", []):
        yield "steps", [*rule["columns"], *rule.get("by", []), rule["along"]]
    for rule in sidecar.get("ranges", []):
        yield "ranges", [rule["column"], rule["by"]]
    for field, total in (("sums", "equals"), ("ratios", "to")):
        for rule in sidecar.get(field, []):
            yield field, [rule["rows"], *rule["columns"]] if "rows" in rule else _parts(rule, total)


def numeric_columns(sidecar: dict) -> Iterator[tuple[str, list[str]]]:
    """Yield for each rule its name and the columns that it calculates with."""
    for field, total in (("sums", "equals"), ("ratios", "to")):
        for rule in sidecar.get(field, []):
            yield field, rule["columns"] if "rows" in rule else _parts(rule, total)
    for field in ("nested", "steps"):
        for rule in sidecar.get(field, []):
            yield field, rule["columns"]
    for rule in sidecar.get("ranges", []):
        yield "ranges", [rule["column"]]


def _faults(frame: pd.DataFrame, sidecar: dict) -> Iterator[Fault]:
    if "index" in sidecar:
        yield from _index(frame, sidecar)
    if "order" in sidecar:
        yield from _order(frame, sidecar["order"])
    for column in sidecar["columns"]:
        if "names" in column:
            yield from _names(frame, column["names"], column["name"])
    for field, check in (("ranges", _ranges), ("sums", _sums), ("balances", _balances), ("nested", _nested), ("ratios", _ratios), ("steps", _steps)):
        for rule in sidecar.get(field, []):
            yield from check(frame, rule)


def said(value) -> str:
    """A value as a message shows it: text in quotes, numbers with the digits that they have."""
    return repr(value) if isinstance(value, str) else "an empty cell" if pd.isna(value) else f"{value:.12g}"


def _keys(frame: pd.DataFrame, columns: list[str]) -> list[tuple]:
    """The rows of these columns; None for an empty cell."""
    known = frame[columns].astype(object)
    return list(known.where(known.notna(), None).itertuples(index=False, name=None))


def _index(frame: pd.DataFrame, sidecar: dict) -> Iterator[Fault]:
    """The rows are those of the blocks, in their order; within a block the last column runs fastest."""
    key = sidecar["key"]
    types = {column["name"]: column["type"] for column in sidecar["columns"]}

    def values(column, listed):
        names = [name for entry in listed for name in (expanded(entry) if isinstance(entry, str) else [entry])]
        return [int(name) for name in names] if types[column] == "integer" else names

    expected = []
    for block in sidecar["index"]:
        rows = itertools.product(*(values(column, listed) for column, listed in block.items()))
        expected += [tuple(dict(zip(block, row))[column] for column in key) for row in rows]
    found = _keys(frame, key)
    for row, (there, wanted) in enumerate(itertools.zip_longest(found, expected)):
        if there != wanted:
            yield Fault(row, ", ".join(key), "no row" if there is None else ", ".join(map(said, there)),
                        "no more rows" if wanted is None else f"{', '.join(map(said, wanted))}, the next row of the index")
            return


def _order(frame: pd.DataFrame, columns: list[str]) -> Iterator[Fault]:
    """Rows rise by these columns, the first deciding first."""
    rows = _keys(frame, columns)
    for row, (before, there) in enumerate(itertools.pairwise(rows), 1):
        # An empty cell has no place in an order.
        if None in there or None not in before and there < before:
            yield Fault(row, ", ".join(columns), ", ".join(map(said, there)), f"rows in rising order, after {', '.join(map(said, before))}")
            return


def _names(frame: pd.DataFrame, code: str, name: str) -> Iterator[Fault]:
    """A code has one name, a name one code."""
    pairs = frame[[code, name]].drop_duplicates()
    pairs = pairs[pairs[code].notna() & (pairs[code] != "")]
    for one, other in ((code, name), (name, code)):
        double = pairs.duplicated(one)
        if double.any():
            row = double.idxmax()
            first = pairs.loc[pairs[one] == pairs[one][row], other].iloc[0]
            yield Fault(row, other, said(pairs[other][row]), f"{said(first)}, as beside {one} {said(pairs[one][row])} before")


def _ranges(frame: pd.DataFrame, rule: dict) -> Iterator[Fault]:
    """A value lies between the ends for its kind of row; a kind without ends is refused."""
    for kind, rows in frame.groupby(rule["by"], sort=False):
        if kind not in rule["within"]:
            yield Fault(rows.index[0], rule["by"], said(kind), f"one of {list(rule['within'])}")
            continue
        low, high = rule["within"][kind]
        values = rows[rule["column"]]
        wrong = (values < low) | (values > high)
        if wrong.any():
            row = wrong.idxmax()
            yield Fault(row, rule["column"], said(values[row]), f"{low:g} to {high:g} where {rule['by']} is {kind!r}")


def _parts(rule: dict, total: str) -> list[str]:
    """The columns, or rows, that a rule names; a total that is a number is none."""
    return [part for part in (*rule["of"], *rule.get("less", []), rule[total]) if isinstance(part, str)]


def _turned(frame: pd.DataFrame, rule: dict) -> pd.DataFrame:
    """The columns that a rule calculates with; for a rule on rows the table is turned, so that rows are columns."""
    return frame.set_index(rule["rows"])[rule["columns"]].T if "rows" in rule else frame


def _place(frame: pd.DataFrame, rule: dict, line, part: str) -> tuple[int, str]:
    """Row and column in the table of a part that a rule names."""
    return (frame.index[frame[rule["rows"]] == part][0], line) if "rows" in rule else (line, part)


def _missing_rows(frame: pd.DataFrame, rule: dict, named: list[str]) -> Iterator[Fault]:
    """A rule on rows needs them."""
    for part in named if "rows" in rule else []:
        if not (frame[rule["rows"]] == part).any():
            yield Fault(len(frame), rule["rows"], "no row", f"a row {part!r}")


def _sums(frame: pd.DataFrame, rule: dict) -> Iterator[Fault]:
    """Columns, or rows, add up to another, or to a number such as 100 percent; those under `less` are taken off."""
    less, equals = rule.get("less", []), rule["equals"]
    missing = list(_missing_rows(frame, rule, _parts(rule, "equals")))
    if missing:
        yield from missing
        return
    table = _turned(frame, rule)
    total = table[rule["of"]].sum(axis=1, skipna=False) - table[less].sum(axis=1, skipna=False)
    whole = table[equals] if isinstance(equals, str) else pd.Series(equals, table.index)
    wrong = (total - whole).abs() > rule["tolerance"] + ROUNDING
    if wrong.any():
        line = wrong.idxmax()
        row, column = _place(frame, rule, line, equals if isinstance(equals, str) else rule["of"][-1])
        parts = " + ".join(rule["of"]) + "".join(f" - {part}" for part in less)
        found, expected = (whole[line], total[line]) if isinstance(equals, str) else (total[line], whole[line])
        yield Fault(row, column, said(found), f"{parts} = {expected:.12g} within {rule['tolerance']:g}")


def _balances(frame: pd.DataFrame, rule: dict) -> Iterator[Fault]:
    """In an input-output table a row of totals holds for every sector what a column of totals does: total input is gross output."""
    missing = list(_missing_rows(frame, rule, [rule["row"]]))
    if missing:
        yield from missing
        return
    inputs = frame.set_index(rule["rows"]).loc[rule["row"]]
    for row, sector, output in zip(frame.index, frame[rule["rows"]], frame[rule["column"]]):
        if sector in frame.columns and not abs(inputs[sector] - output) <= rule["tolerance"] + ROUNDING:
            yield Fault(row, rule["column"], said(output), f"{inputs[sector]:.12g} within {rule['tolerance']:g}, {rule['row']} of {sector}")
            return


def _nested(frame: pd.DataFrame, rule: dict) -> Iterator[Fault]:
    """GB/T 2260: a code that ends in 00 is an area whose parts have the codes below it, as 330100 is of 330000 and 330102 of 330100."""
    code = frame[rule["code"]].astype("int64")
    above = np.select([code % 10000 == 0, code % 100 == 0], [0, code // 10000 * 10000], code // 100 * 100)
    for column in rule["columns"]:
        total = frame[column].groupby(above).sum(skipna=False)
        for area, parts in total.items():
            whole = frame.loc[code == area, column]
            if len(whole) and abs(parts - whole.iloc[0]) > rule["tolerance"] + ROUNDING:
                yield Fault(whole.index[0], column, said(whole.iloc[0]), f"{parts:.12g} within {rule['tolerance']:g}, the sum of the areas of {area}")


def _ratios(frame: pd.DataFrame, rule: dict) -> Iterator[Fault]:
    """Columns, or rows, stand in a ratio to another that lies between two ends."""
    missing = list(_missing_rows(frame, rule, _parts(rule, "to")))
    if missing:
        yield from missing
        return
    table = _turned(frame, rule)[[*rule["of"], rule["to"]]].astype(float)
    if rule.get("pooled", False):
        table = table.sum().to_frame("all columns" if "rows" in rule else 0).T
    low, high = rule.get("minimum", -np.inf), rule.get("maximum", np.inf)
    within = f"at most {high:g}" if low == -np.inf else f"at least {low:g}" if high == np.inf else f"from {low:g} to {high:g}"
    for part in rule["of"]:
        ratio = table[part] * rule.get("times", 1) / table[rule["to"]]
        # An empty cell, or nothing of nothing, has no ratio. Figures that are rounded as printed may pass an end by a hair.
        wrong = (ratio < low - ROUNDING) | (ratio > high + ROUNDING)
        if wrong.any():
            line = wrong.idxmax()
            row, column = _place(frame, rule, line, part)
            times = f"{rule['times']:g} * " if "times" in rule else ""
            yield Fault(row, column, said(table[part][line]), f"{times}{part} / {rule['to']} {within}, found {ratio[line]:.3g}")


def _steps(frame: pd.DataFrame, rule: dict) -> Iterator[Fault]:
    """Within a group a value is at most so many times the one before, and at least that part of it."""
    along, factor = rule["along"], rule["factor"]
    for column in rule["columns"]:
        known = frame.loc[frame[column].notna() & frame[along].notna()].sort_values(along, kind="stable")
        values = known[column].astype(float)
        before = (values.groupby([known[by] for by in rule["by"]], sort=False, dropna=False) if "by" in rule else values).shift()
        step = values / before
        wrong = before.notna() & ~step.between(1 / factor - ROUNDING, factor + ROUNDING)
        if wrong.any():
            row = wrong.idxmax()
            yield Fault(row, column, said(values[row]), f"at most {factor:g} times more or less than {before[row]:.12g}, the value before along {along}")
