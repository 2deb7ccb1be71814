"""The input-output table: its parts, its balances, its aggregation, and its domestic version."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from zhejiang.labels import check_labels

DOMESTIC_FINAL_USES = ("rural_household_consumption", "urban_household_consumption", "government_consumption",
                       "gross_fixed_capital_formation", "inventory_change")
VALUE_ADDED = ("compensation_of_employees", "net_taxes_on_production", "depreciation_of_fixed_assets", "operating_surplus")


@dataclass(frozen=True)
class Table:
    """A product-by-product table of n sectors, in the letters of Miller and Blair (2009). Rows sell, columns buy.

    All parts are in one money unit (the official tables: 10,000 yuan, current producer prices) and carry the
    sectors as labels, in one order. Row and column balance::

        x = Z 1 + Y 1 + E - M + e
        x' = 1'Z + u' + 1'V

    ``Z``
        (n, n) intermediate flows; cell (i, j) is what j buys of i.
    ``Y``
        (n, k) domestic final uses.
    ``E``, ``M``, ``e``
        (n,) exports, imports by product (positive), and the published discrepancy. With competitive imports Z and Y hold
        domestic and imported goods together and M is taken off; in a domestic table M is zero.
    ``u``
        (n,) imported intermediate inputs by using sector; zero unless the table is domestic.
    ``V``
        (m, n) components of value added.
    ``x``
        (n,) gross output.
    ``tolerance``
        Largest residual of a balance, as a share of the sector's output.

    Raises
    ------
    ValueError
        Labels that are not the same in the same order, a total left among the sectors, a missing or infinite cell, a
        negative intermediate flow, an output that is not positive, or a balance that does not close. The message names
        the sector and the amount.
    """

    Z: pd.DataFrame
    Y: pd.DataFrame
    E: pd.Series
    M: pd.Series
    e: pd.Series
    u: pd.Series
    V: pd.DataFrame
    x: pd.Series
    tolerance: float = 1e-6

    def __post_init__(self):
        check_flows(self.Z, self.x)
        for name, labels in (("Y", self.Y.index), ("E", self.E.index), ("M", self.M.index), ("e", self.e.index),
                             ("u", self.u.index), ("V", self.V.columns)):
            check_labels(self.Z.index, labels, name)
        for name in ("Y", "E", "M", "e", "u", "V"):
            check_finite(getattr(self, name), name)
        for side, residual in self.residuals().items():
            wrong = residual.abs() > self.tolerance * self.x
            if wrong.any():
                sector = (residual.abs() / self.x).idxmax()
                raise ValueError(f"{side} of {sector}: off by {residual[sector]:.6g}, output {self.x[sector]:.6g}: expected a balance"
                                 f" within {self.tolerance:g} of output")

    def residuals(self) -> pd.DataFrame:
        """Return (n, 2) uses less output (row) and inputs less output (column), in the table's unit."""
        return pd.DataFrame({
            "row": self.Z.sum(axis=1) + self.Y.sum(axis=1) + self.E - self.M + self.e - self.x,
            "column": self.Z.sum() + self.u + self.V.sum() - self.x,
        })

    @property
    def final_demand(self) -> pd.Series:
        """Return (n,) final demand f = x - Z 1, which is domestic final uses, exports and discrepancy, less imports."""
        return self.x - self.Z.sum(axis=1)


def official_table(frame: pd.DataFrame) -> Table:
    """Return the table in a frame of the official layout (`data/input_output/china_*`), its totals left out.

    Raises `ValueError` as `Table` does.
    """
    rows = frame.set_index("row")
    sectors = [c for c in rows.columns if c in rows.index]
    cells = rows.loc[sectors]
    return Table(
        Z=cells[sectors], Y=cells[list(DOMESTIC_FINAL_USES)], E=cells["exports"], M=cells["imports"],
        e=cells["errors_others"], u=pd.Series(0.0, sectors, name="imported_inputs"),
        V=rows.loc[list(VALUE_ADDED), sectors], x=cells["gross_output"],
    )


def aggregate(table: Table, groups: pd.Series) -> Table:
    """Return the table of the groups: cells added up, groups in the order in which they first occur.

    Parameters
    ----------
    groups
        Group by sector label; every sector once.

    Raises
    ------
    ValueError
        The concordance misses, doubles or does not know a sector, or gives none a group.
    """
    doubled = groups.index[groups.index.duplicated()]
    if len(doubled):
        sector = doubled[0]
        raise ValueError(f"concordance: sector {sector!r} occurs {(groups.index == sector).sum()} times, output"
                         f" {table.x.get(sector, np.nan):.6g}: expected once")
    for sector in table.x.index.difference(groups.index[groups.notna()]):
        raise ValueError(f"concordance: sector {sector!r}, output {table.x[sector]:.6g}, has no group: expected one")
    for sector in groups.index.difference(table.x.index):
        raise ValueError(f"concordance: sector {sector!r} is not in the table: expected one of its {len(table.x)} sectors")
    by = groups.reindex(table.x.index)

    def rows(part):
        return part.groupby(by, sort=False).sum()

    return Table(Z=rows(rows(table.Z).T).T, Y=rows(table.Y), E=rows(table.E), M=rows(table.M), e=rows(table.e),
                 u=rows(table.u), V=rows(table.V.T).T, x=rows(table.x), tolerance=table.tolerance)


def import_shares(table: Table) -> pd.Series:
    """Return (n,) the share of imports in the domestic use of each product: m = M / (Z 1 + Y 1).

    Under proportional imports every domestic user buys this share of the product abroad, and exports hold
    no imported goods of their own kind (Miller and Blair 2009, section 4.2.2).

    Raises `ValueError` where imports exceed domestic use: there the proportional split has no meaning.
    """
    use = table.Z.sum(axis=1) + table.Y.sum(axis=1)
    # A product without use and without imports has no imported share.
    shares = (table.M / use).where(table.M != 0, 0.0)
    wrong = (shares < 0) | (shares > 1)
    if wrong.any():
        sector = wrong.idxmax()
        raise ValueError(f"imports of {sector}: {table.M[sector]:.6g}, domestic use {use[sector]:.6g}: expected imports between nothing"
                         " and domestic use")
    return shares


def domestic_table(table: Table) -> Table:
    """Return the table of domestic goods under proportional imports; imported inputs become a primary input `u`.

    Z and Y keep the share 1 - m of each row, so imports are zero and both balances hold as before.

    Raises `ValueError` as `import_shares` does.
    """
    kept = 1 - import_shares(table)
    domestic = table.Z.mul(kept, axis=0)
    return Table(Z=domestic, Y=table.Y.mul(kept, axis=0), E=table.E, M=0 * table.M, e=table.e,
                 u=table.u + (table.Z.sum() - domestic.sum()), V=table.V, x=table.x, tolerance=table.tolerance)


def check_flows(Z: pd.DataFrame, x: pd.Series) -> None:
    """Refuse intermediate flows (n, n) and outputs (n,) that are not those of an input-output table; see `Table`."""
    check_labels(Z.index, Z.columns, "columns of Z")
    check_labels(Z.index, x.index, "x")
    doubled = Z.index[Z.index.duplicated()]
    if len(doubled):
        raise ValueError(f"Z: sector {doubled[0]!r} occurs more than once: expected labels that differ")
    check_finite(Z, "Z")
    check_finite(x, "x")
    wrong = ~(x > 0)
    if wrong.any():
        raise ValueError(f"output of {wrong.idxmax()}: {x[wrong.idxmax()]:.6g}: expected a positive number")
    flows = Z.to_numpy()
    if flows.min() < 0:
        i, j = np.unravel_index(flows.argmin(), flows.shape)
        raise ValueError(f"flow from {Z.index[i]} to {Z.columns[j]}: {flows[i, j]:.6g}: expected no negative intermediate flow")
    # A total is the sum of all other sectors, in its output and in its row; two sectors cannot tell.
    others = x.sum() - x
    for sector in x.index[np.isclose(x, others, rtol=1e-6) & (len(x) > 2)]:
        if np.allclose(2 * Z.loc[sector], Z.sum(), rtol=1e-6):
            raise ValueError(f"sector {sector!r}: output {x[sector]:.6g} is the sum of all others: expected no total among the sectors")


def check_finite(part: pd.DataFrame | pd.Series, name: str) -> None:
    """Refuse a missing or infinite cell, naming it."""
    wrong = ~np.isfinite(part.to_numpy())
    if wrong.any():
        place = np.argwhere(wrong)[0]
        cell = [axis[i] for axis, i in zip(part.axes, place, strict=True)]
        raise ValueError(f"{name}, {', '.join(map(str, cell))}: {part.to_numpy()[tuple(place)]}: expected a finite number")
