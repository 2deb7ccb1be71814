"""Bring the counties of one census onto the areas of another."""

from __future__ import annotations

import pandas as pd

# Values of `comparability` for which the later counties, together, cover the earlier one.
SAME_AREA = ("same", "whole", "split")


def on_earlier_areas(earlier: pd.Index, later: pd.DataFrame, bridge: pd.DataFrame) -> pd.DataFrame:
    """Return the later figures summed to the areas of the earlier counties, indexed by their names.

    Counties whose area changed are left out, as are those of which `later` has no part.

    Parameters
    ----------
    earlier
        Names of the earlier counties, each once.
    later
        Additive figures (persons, yuan, square kilometres), indexed by the names of the later counties.
    bridge
        One row an earlier county, with the columns ``name_2010``, ``name_2020`` (several joined by +) and ``comparability``.

    Raises
    ------
    ValueError
        A county that is not in the bridge, a name that occurs twice, or an area of which `later` has only some parts.
    """
    parts = {row.name_2010: row.name_2020.split("+") for row in bridge.itertuples()}
    known = {name for names in parts.values() for name in names}
    for side, names, expected in (("earlier", earlier, parts), ("later", later.index, known)):
        if names.has_duplicates:
            raise ValueError(f"{side} county {names[names.duplicated()][0]}: occurs more than once: expected one row")
        missing = [name for name in names if name not in expected]
        if missing:
            raise ValueError(f"{side} county {missing[0]}: not in the bridge: expected a row that says what became of it")
    comparable = bridge.loc[bridge["comparability"].isin(SAME_AREA), "name_2010"]
    rows = {}
    for name in earlier[earlier.isin(comparable)]:
        found = [part for part in parts[name] if part in later.index]
        if not found:
            continue
        if len(found) < len(parts[name]):
            raise ValueError(f"county {name}: {found} without {[p for p in parts[name] if p not in found]}: expected all its parts")
        rows[name] = later.loc[found].sum()
    return pd.DataFrame(rows).T.rename_axis(earlier.name)
