"""Leontief and Ghosh: coefficients, inverses, linkages, multipliers and the effect of final demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg

from zhejiang.input_output.table import check_finite, check_flows
from zhejiang.labels import check_labels


def technical_coefficients(Z: pd.DataFrame, x: pd.Series) -> pd.DataFrame:
    """Return (n, n) A = Z x̂⁻¹: input of the row sector per unit of the column sector's output (Miller and Blair 2009, eq. 2.4).

    Raises `ValueError` for flows or outputs that are not those of a table; see `table.Table`.
    """
    check_flows(Z, x)
    return Z / x


def allocation_coefficients(Z: pd.DataFrame, x: pd.Series) -> pd.DataFrame:
    """Return (n, n) B = x̂⁻¹ Z: share of the row sector's output that the column sector buys (Miller and Blair 2009, eq. 12.3).

    Raises `ValueError` as `technical_coefficients` does.
    """
    check_flows(Z, x)
    return Z.div(x, axis=0)


def solve(A: pd.DataFrame, y: pd.Series | pd.DataFrame) -> pd.Series | pd.DataFrame:
    """Return the output x that meets final demand y: (I - A) x = y; a column of a frame is one final demand.

    One LU factorisation, no inverse. Transpose A for the price side: ``solve(A.T, w)`` is w L.

    Parameters
    ----------
    A
        (n, n) coefficients, labels alike on both sides.
    y
        (n,) or (n, k), the same labels.

    Raises
    ------
    ValueError
        Labels that differ, a cell that is missing or infinite, or an economy that cannot reproduce itself (a negative output for a demand of one unit
        of each good; Hawkins and Simon 1949).
    """
    check_labels(A.index, A.columns, "columns of A")
    check_labels(A.index, y.index, "y")
    check_finite(A, "A")
    check_finite(y, "y")
    # Column-major, as LAPACK wants it, so that both matrices are the only copies.
    system = np.negative(A.to_numpy(), out=np.empty(A.shape, order="F"))
    system[np.diag_indices(len(A))] += 1
    # The unit demand rides along as the last column: it tells whether A is productive.
    columns = 1 if isinstance(y, pd.Series) else y.shape[1]
    demand = np.ones((len(A), columns + 1), order="F")
    demand[:, :columns] = y.to_numpy().reshape(len(A), columns)
    try:
        found = linalg.solve(system, demand, overwrite_a=True, overwrite_b=True, check_finite=False)
    except linalg.LinAlgError:
        found = np.full(demand.shape, np.nan)
    test = found[:, -1]
    if not (test >= 1 - 1e-9).all():
        sector = A.index[np.nanargmin(np.where(np.isnan(test), -np.inf, test))]
        raise ValueError(f"A is not productive: {sector} would have to make {test[A.index.get_loc(sector)]:.6g} for a unit demand of each good:"
                         " expected at least one")
    if isinstance(y, pd.Series):
        return pd.Series(found[:, 0], A.index)
    return pd.DataFrame(found[:, :-1], A.index, y.columns, copy=False)


def leontief_inverse(A: pd.DataFrame) -> pd.DataFrame:
    """Return (n, n) L = (I - A)⁻¹: output of the row sector per unit of final demand for the column's good (Miller and Blair 2009, eq. 2.11).

    Published "total input coefficients" 完全消耗系数 are L - I. Raises `ValueError` as `solve` does.
    """
    return solve(A, pd.DataFrame(np.eye(len(A)), A.index, A.columns))


def impact(A: pd.DataFrame, change: pd.Series, w: pd.DataFrame) -> pd.DataFrame:
    """Return (n, 1 + k) what a change in final demand does to each sector: its output, and each measure that goes with output.

    Δx = (I - A)⁻¹ Δy, and w Δx (Miller and Blair 2009, section 2.3).

    Parameters
    ----------
    A
        (n, n) coefficients.
    change
        (n,) Δy, in the table's unit.
    w
        (n, k) measures per unit of output, named by column: value added, persons.

    Raises
    ------
    ValueError
        As `solve` does.
    """
    check_labels(A.index, w.index, "w")
    output = solve(A, change)
    return pd.concat([output.rename("output"), w.mul(output, axis=0)], axis=1)


def ghosh_inverse(L: pd.DataFrame, x: pd.Series) -> pd.DataFrame:
    """Return (n, n) G = (I - B)⁻¹ = x̂⁻¹ L x̂, from the Leontief inverse of the same flows (Miller and Blair 2009, eq. 12.13)."""
    check_labels(L.index, x.index, "x")
    return L.mul(x, axis=1).div(x, axis=0)


@dataclass(frozen=True)
class Linkages:
    """Linkages of n sectors, each a Series by sector.

    ``direct_backward``
        Column sums of A: intermediate inputs per unit of output.
    ``direct_forward``
        Row sums of B: share of output sold to sectors.
    ``backward``
        Column sums of L: output of all sectors per unit of final demand for the good.
    ``forward_leontief``
        Row sums of L: output of the sector when final demand for every good rises by one unit.
    ``forward_ghosh``
        Row sums of G: the same, weighted by what the sector sells.
    ``influence`` 影响力系数
        ``backward`` over its mean (Rasmussen 1956: power of dispersion).
    ``sensitivity_leontief``, ``sensitivity_ghosh`` 感应度系数
        ``forward_leontief`` and ``forward_ghosh`` over their means. The Chinese literature uses both. The first gives every
        final demand the same weight; the second follows the sector's sales.
    ``backward_variation``, ``forward_variation``
        Standard deviation over mean of a column and of a row of L (n - 1 in the denominator): low where the
        pull, or the push, is spread over many sectors.
    """

    direct_backward: pd.Series
    direct_forward: pd.Series
    backward: pd.Series
    forward_leontief: pd.Series
    forward_ghosh: pd.Series
    influence: pd.Series
    sensitivity_leontief: pd.Series
    sensitivity_ghosh: pd.Series
    backward_variation: pd.Series
    forward_variation: pd.Series


def linkages(Z: pd.DataFrame, x: pd.Series, L: pd.DataFrame) -> Linkages:
    """Return all linkages of the flows Z (n, n), rows sell, with outputs x (n,) and their Leontief inverse L.

    Rasmussen (1956); Miller and Blair (2009), sections 12.2.1 to 12.2.4. Raises `ValueError` for flows, outputs or labels that
    are not those of one table.
    """
    check_labels(Z.index, L.index, "L")
    backward, forward = L.sum(), L.sum(axis=1)
    ghosh = ghosh_inverse(L, x).sum(axis=1)
    return Linkages(
        direct_backward=technical_coefficients(Z, x).sum(),
        direct_forward=allocation_coefficients(Z, x).sum(axis=1),
        backward=backward,
        forward_leontief=forward,
        forward_ghosh=ghosh,
        influence=backward / backward.mean(),
        sensitivity_leontief=forward / forward.mean(),
        sensitivity_ghosh=ghosh / ghosh.mean(),
        backward_variation=L.std() / L.mean(),
        forward_variation=L.std(axis=1) / L.mean(axis=1),
    )


def key_sectors(influence: pd.Series, sensitivity: pd.Series) -> pd.Series:
    """Return "key", "backward", "forward" or "weak" by sector: which of the two coefficients exceed one.

    Miller and Blair (2009), section 12.2.5. Raises `ValueError` for labels that differ.
    """
    check_labels(influence.index, sensitivity.index, "sensitivity")
    kinds = {(True, True): "key", (True, False): "backward", (False, True): "forward", (False, False): "weak"}
    return pd.Series([kinds[pair] for pair in zip(influence > 1, sensitivity > 1)], influence.index)


@dataclass(frozen=True)
class Multipliers:
    """Multipliers of a primary input or of output, each a Series by the sector whose final demand rises.

    ``direct``
        w: per unit of the sector's own output.
    ``simple``
        w L: in all sectors, per unit of final demand.
    ``total``
        w L̄: the same when households spend what they earn. L̄ is the inverse closed for households, its household row and
        column left out ("truncated").
    ``type_1``, ``type_2``
        ``simple`` and ``total`` per unit of the sector's own w; without a value where w is zero.
    """

    direct: pd.Series
    simple: pd.Series
    total: pd.Series
    type_1: pd.Series
    type_2: pd.Series


def multipliers(A: pd.DataFrame, w: pd.Series, income: pd.Series, consumption: pd.Series) -> Multipliers:
    """Return the multipliers of w, with households outside (simple, type I) and inside (total, type II).

    Miller and Blair (2009), sections 2.5 and 6.2. The price side is solved, not inverted. For labour income itself the ratio
    of type II to type I is the same in every sector.

    Parameters
    ----------
    A
        (n, n) coefficients; domestic ones, unless imports are meant to be made at home.
    w
        (n,) the measured input per unit of output: ones for output, value added, labour income, or persons.
    income
        (n,) labour income per unit of output.
    consumption
        (n,) household consumption of each good per unit of labour income.

    Raises
    ------
    ValueError
        As `close` does, or a closed economy that is not productive.
    """
    closed = close(A, income, consumption)
    check_labels(A.index, w.index, "w")
    simple = solve(A.T, w)
    total = solve(closed.T, pd.concat([w, pd.Series({HOUSEHOLDS: 0.0})])).drop(HOUSEHOLDS)
    base = w.where(w != 0)
    return Multipliers(direct=w, simple=simple, total=total, type_1=simple / base, type_2=total / base)


HOUSEHOLDS = "households"


def close(A: pd.DataFrame, income: pd.Series, consumption: pd.Series) -> pd.DataFrame:
    """Return (n + 1, n + 1) Ā: A with a row of labour income and a column of household consumption, named "households".

    Miller and Blair (2009), section 2.5. Households buy no labour of households. Where a table has such purchases, h per unit of
    their income, consumption over 1 - h in place of consumption leaves the other rows and columns of the inverse as they are.

    Parameters
    ----------
    A
        (n, n) coefficients.
    income
        (n,) labour income per unit of output, not negative.
    consumption
        (n,) household consumption of each good per unit of labour income, not negative; at most one in all.

    Raises
    ------
    ValueError
        Labels that differ, a negative or missing number, or households that spend more than they earn.
    """
    check_labels(A.index, A.columns, "columns of A")
    check_labels(A.index, income.index, "income")
    check_labels(A.index, consumption.index, "consumption")
    for name, values in (("income", income), ("consumption", consumption)):
        wrong = ~(values >= 0)
        if wrong.any():
            raise ValueError(f"{name}, {wrong.idxmax()}: {values[wrong.idxmax()]:.6g}: expected a number that is not negative")
    if consumption.sum() > 1 + 1e-12:  # shares of a whole can sum to a little more than one
        raise ValueError(f"consumption per unit of labour income: {consumption.sum():.6g}, most of it {consumption.idxmax()},"
                         f" {consumption.max():.6g}: expected at most one, since households would spend more than they earn")
    closed = pd.concat([A, income.to_frame(HOUSEHOLDS).T])
    closed[HOUSEHOLDS] = pd.concat([consumption, pd.Series({HOUSEHOLDS: 0.0})])
    return closed
