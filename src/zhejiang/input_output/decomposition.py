"""Structural decomposition: how much of a change each determinant accounts for, over every order of change."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from zhejiang.input_output.table import Table, check_finite
from zhejiang.labels import check_labels


@dataclass(frozen=True)
class Decomposition:
    """Effects of k determinants on the change of a result with n entries, in the result's unit.

    ``change``
        (n,) end less start.
    ``mean``
        (n, k) mean over all k! orders in which the determinants can change; rows add up to ``change``.
    ``low``, ``high``
        (n, k) smallest and largest effect over the orders; a row of extremes belongs to different orders and adds up to nothing.
    ``polar``
        (n, k) mean of the two polar forms, the first determinant first and the last determinant first; rows add up to ``change``.
    """

    change: pd.Series
    mean: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame
    polar: pd.DataFrame


def decompose(model: Callable[..., pd.Series], start: Mapping[str, object], end: Mapping[str, object]) -> Decomposition:
    """Split the change of ``model(**end)`` over ``model(**start)`` among the determinants (Dietzenbacher and Los 1998).

    The effect of a determinant depends only on which others have changed before it. So the k! orders need 2ᵏ evaluations,
    and their mean is the Shapley value: subsets of size s weigh s! (k - s - 1)! / k!.

    Parameters
    ----------
    model
        Returns (n,) from the determinants, given by name; the same labels each time.
    start, end
        Determinants by name, in the order of the polar forms; k of them, 1 to 10.

    Raises
    ------
    ValueError
        Determinants that differ between start and end, none or more than 10 of them, or a result whose labels differ from
        those at the start or that is not finite.
    """
    names = list(start)
    if set(names) != set(end):
        raise ValueError(f"determinants of the start {names} and of the end {list(end)}: expected the same")
    k = len(names)
    if not 1 <= k <= 10:
        raise ValueError(f"{k} determinants: expected 1 to 10, since 2^k models are solved")
    labels, results = None, {}
    for size in range(k + 1):
        for changed in map(frozenset, itertools.combinations(names, size)):
            found = model(**{name: (end if name in changed else start)[name] for name in names})
            where = f"result after a change of {sorted(changed) or 'nothing'}"
            labels = found.index if labels is None else labels
            check_labels(labels, found.index, where)
            check_finite(found, where)
            results[changed] = found.to_numpy()
    mean, low, high, polar = {}, {}, {}, {}
    for place, name in enumerate(names):
        steps = {before: results[before | {name}] - results[before] for before in results if name not in before}
        mean[name] = sum(math.factorial(len(before)) * math.factorial(k - len(before) - 1) / math.factorial(k) * step
                         for before, step in steps.items())
        low[name], high[name] = np.min(list(steps.values()), axis=0), np.max(list(steps.values()), axis=0)
        polar[name] = (steps[frozenset(names[:place])] + steps[frozenset(names[place + 1:])]) / 2
    return Decomposition(
        change=pd.Series(results[frozenset(names)] - results[frozenset()], labels),
        **{kind: pd.DataFrame(effects, labels) for kind, effects in (("mean", mean), ("low", low), ("high", high), ("polar", polar))},
    )


def deflate(table: Table, prices: pd.Series) -> Table:
    """Return the table at the prices of another year, by double deflation.

    Each row is divided by the price of its product, whoever buys it and wherever it was made, so that row balances hold as
    before. Columns no longer add up by themselves: value added is what output leaves after inputs, a residual, in the one row
    "value_added". It can be negative, and it collects every error of the prices.

    Parameters
    ----------
    prices
        (n,) price of each product in the table's year, that of the base year being one; labels of the table.

    Raises
    ------
    ValueError
        Labels that differ, a price that is missing or not positive, or a table with imported inputs: these have no product,
        and so no price. Deflate before taking the domestic table.
    """
    check_labels(table.x.index, prices.index, "prices")
    check_finite(prices, "prices")
    wrong = prices <= 0
    if wrong.any():
        raise ValueError(f"price of {wrong.idxmax()}: {prices[wrong.idxmax()]:.6g}: expected a positive number")
    if (table.u != 0).any():
        sector = (table.u != 0).idxmax()
        raise ValueError(f"imported inputs of {sector}: {table.u[sector]:.6g}: expected a table before its imports are set apart")
    Z, x = table.Z.div(prices, axis=0), table.x / prices
    return Table(Z=Z, Y=table.Y.div(prices, axis=0), E=table.E / prices, M=table.M / prices, e=table.e / prices, u=table.u,
                 V=(x - Z.sum()).to_frame("value_added").T, x=x, tolerance=table.tolerance)
