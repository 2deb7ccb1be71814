"""What exports contain: value added by origin, and imports (vertical specialisation)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from zhejiang.input_output.leontief import solve, technical_coefficients
from zhejiang.input_output.table import Table
from zhejiang.labels import check_labels


@dataclass(frozen=True)
class VerticalSpecialisation:
    """Imported content of exports (Hummels, Ishii and Yi 2001).

    ``share``
        (n,) imported inputs, direct and indirect, per unit of exports of each good.
    ``total``
        The same for the exports of all goods together.
    """

    share: pd.Series
    total: float


def vertical_specialisation(domestic: Table) -> VerticalSpecialisation:
    """Return the imported content of exports of a domestic table: u'x̂⁻¹ (I - A)⁻¹, weighted by exports.

    Hummels, Ishii and Yi (2001): VS share = 1'Aᴹ (I - Aᴰ)⁻¹ E / 1'E, where 1'Aᴹ is u'x̂⁻¹. It takes exports and home sales to use
    the same inputs, so it is too low where processing trade matters.

    Raises
    ------
    ValueError
        A table whose imports have not been separated (`table.domestic_table` does it), or one without exports.
    """
    _check_domestic(domestic)
    exports = domestic.E.sum()
    if not exports > 0:
        raise ValueError(f"exports of all sectors: {exports:.6g}: expected a positive sum")
    share = solve(technical_coefficients(domestic.Z, domestic.x).T, domestic.u / domestic.x)
    return VerticalSpecialisation(share=share, total=float(share @ domestic.E / exports))


def content(domestic: Table, L: pd.DataFrame, primary: pd.Series) -> pd.DataFrame:
    """Return (n, n) the primary input of the row sector in a unit of final demand for the column's good: ŵ L, w = x̂⁻¹ primary.

    With value added and imported inputs as primary inputs, each column of all contents adds up to one, since
    1 - 1'A = x̂⁻¹ (1'V + u) in every column and 1'(I - A) L = 1' (Miller and Blair 2009, section 2.6).

    Parameters
    ----------
    domestic
        Table with its imports separated.
    L
        (n, n) its Leontief inverse.
    primary
        (n,) the primary input by sector, in the table's unit: value added, imported inputs.

    Raises
    ------
    ValueError
        A table whose imports have not been separated, or labels that differ.
    """
    _check_domestic(domestic)
    check_labels(domestic.x.index, L.index, "L")
    check_labels(domestic.x.index, L.columns, "columns of L")
    check_labels(domestic.x.index, primary.index, "primary")
    return L.mul(primary / domestic.x, axis=0)


def _check_domestic(table: Table) -> None:
    if table.M.abs().max() > 0:
        sector = table.M.abs().idxmax()
        raise ValueError(f"imports of {sector}: {table.M[sector]:.6g}: expected a domestic table, its imports separated")
