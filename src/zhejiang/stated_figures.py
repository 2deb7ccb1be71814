"""Single figures that sources state in several units, for parts of years and in several vintages: convert them, choose one a year.

A case of cigarettes (箱) is 50,000 sticks, a pack 20. Mixing cases with sticks, or a half year with a year, is the error that this
module refuses.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

STICKS_PER_CASE, STICKS_PER_PACK = 50_000, 20
# Size of each unit in sticks, or in yuan.
UNITS = {
    "cigarettes": {
        "sticks": 1.0, "100m sticks": 1e8, "billion sticks": 1e9, "trillion sticks": 1e12,
        "cases": STICKS_PER_CASE, "10k cases": 1e4 * STICKS_PER_CASE, "million cases": 1e6 * STICKS_PER_CASE,
        "billion packs": 1e9 * STICKS_PER_PACK, "billion packs of 20": 1e9 * STICKS_PER_PACK,
    },
    "money": {"yuan": 1.0, "10k yuan": 1e4, "100m yuan": 1e8, "billion yuan": 1e9, "trillion yuan": 1e12},
}


def convert(value: float, unit: str, to: str) -> float:
    """Return a figure in another unit of the same kind (cigarettes or money).

    Raises
    ------
    ValueError
        An unknown unit, units of different kinds, or a value that is empty or infinite.
    """
    kind, target = _kind(unit), _kind(to)
    if kind != target:
        raise ValueError(f"{value:g} {unit}: {unit!r} counts {kind} and {to!r} counts {target}: expected units of one kind")
    if not np.isfinite(value):
        raise ValueError(f"{value} {unit}: expected a finite number")
    return float(value * UNITS[kind][unit] / UNITS[target][to])


def figures(table: pd.DataFrame, indicator: str, unit: str, period: str = "year", choose: Mapping[int, str] = {}) -> pd.Series:
    """Return the figures of one indicator in one unit, indexed by year in rising order, one a year.

    Parameters
    ----------
    table
        One row a figure: ``year``, ``period``, ``indicator``, ``value``, ``unit`` and ``source``.
    indicator, period
        Which rows; a part of a year is a period of its own and never stands in for the year.
    unit
        A key of `UNITS`.
    choose
        Source by year, for years in which several sources state the indicator.

    Raises
    ------
    ValueError
        No figure for the indicator and period, a year with several figures and none chosen, a source chosen that states none, or
        a unit that `convert` refuses.
    """
    found = table[(table["indicator"] == indicator) & (table["period"] == period)]
    if found.empty:
        periods = sorted(table.loc[table["indicator"] == indicator, "period"].unique())
        raise ValueError(f"{indicator}, {period}: no figure: the table has it for the periods {periods}")
    for year in choose:
        if year not in set(found["year"]):
            raise ValueError(f"{indicator}, {period}, {year}: no figure, but source {choose[year]!r} is chosen: expected one of the years {sorted(set(found['year']))}")
    chosen = {}
    for year, rows in found.groupby("year"):
        stated = "; ".join(f"{row.source}: {row.value:g} {row.unit}" for row in rows.itertuples())
        if year in choose:
            rows = rows[rows["source"] == choose[year]]
            if rows.empty:
                raise ValueError(f"{indicator}, {period}, {year}: source {choose[year]!r} states none: expected one of ({stated})")
        if len(rows) > 1:
            raise ValueError(f"{indicator}, {period}, {year}: {len(rows)} figures ({stated}): expected one; choose a source for the year")
        row = rows.iloc[0]
        try:
            chosen[year] = convert(row["value"], row["unit"], unit)
        except ValueError as error:
            raise ValueError(f"{indicator}, {period}, {year}, {row['source']}: {error}") from None
    return pd.Series(chosen, name=indicator).rename_axis("year")


def _kind(unit: str) -> str:
    for kind, units in UNITS.items():
        if unit in units:
            return kind
    raise ValueError(f"unit {unit!r}: expected one of {[name for units in UNITS.values() for name in units]}")
