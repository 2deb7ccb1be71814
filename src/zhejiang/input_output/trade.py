"""What exports contain: value added by origin, and imports (vertical specialisation)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from zhejiang.input_output.leontief import leontief_inverse, solve, technical_coefficients
from zhejiang.input_output.table import Table


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

    Hummels, Ishii and Yi (2001), eq. 3: VS share = 1'Aᴹ (I - Aᴰ)⁻¹ E / 1'E. It takes exports and home sales to use the same
    inputs, so it is too low where processing trade matters.

    Raises `ValueError` for a table whose imports have not been separated (`table.domestic_table` does it).
    """
    if domestic.M.abs().max() > 0:
        sector = domestic.M.abs().idxmax()
        raise ValueError(f"imports of {sector}: {domestic.M[sector]:.6g}: expected a domestic table, its imports separated")
    share = solve(technical_coefficients(domestic.Z, domestic.x).T, domestic.u / domestic.x)
    return VerticalSpecialisation(share=share, total=float(share @ domestic.E / domestic.E.sum()))


def content(domestic: Table, primary: pd.Series) -> pd.DataFrame:
    """Return (n, n) the primary input of the row sector in a unit of final demand for the column's good: ŵ L.

    With value added and imported inputs as primary inputs, each column of all contents adds up to one.

    Parameters
    ----------
    domestic
        Table with its imports separated.
    primary
        (n,) the primary input by sector, in the table's unit: value added, imported inputs.
    """
    L = leontief_inverse(technical_coefficients(domestic.Z, domestic.x))
    return L.mul(primary / domestic.x, axis=0)
