"""Structural decomposition: how much of a change each determinant accounts for, over every order of change."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Decomposition:
    """Effects of k determinants on the change of a result with n entries, in the result's unit.

    ``change``
        (n,) end less start.
    ``mean``
        (n, k) mean over all k! orders in which the determinants can change; rows add up to ``change``.
    ``low``, ``high``
        (n, k) smallest and largest effect over the orders.
    ``polar``
        (n, k) mean of the two polar forms, the first determinant first and the last determinant first.
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
        Returns (n,) from the determinants, given by name.
    start, end
        Determinants by name, in the order of the polar forms; k of them, at most 10.

    Raises
    ------
    ValueError
        Determinants that differ between start and end, or more than 10.
    """
    names = list(start)
    if set(names) != set(end):
        raise ValueError(f"determinants of the start {names} and of the end {list(end)}: expected the same")
    k = len(names)
    if k > 10:
        raise ValueError(f"{k} determinants: expected at most 10, since 2^k models are solved")
    results = {
        changed: model(**{name: (end if name in changed else start)[name] for name in names})
        for size in range(k + 1) for changed in map(frozenset, itertools.combinations(names, size))
    }
    mean, low, high, polar = {}, {}, {}, {}
    for place, name in enumerate(names):
        steps = {before: results[before | {name}] - results[before] for before in results if name not in before}
        mean[name] = sum(math.factorial(len(before)) * math.factorial(k - len(before) - 1) / math.factorial(k) * step
                         for before, step in steps.items())
        together = pd.concat(list(steps.values()), axis=1)
        low[name], high[name] = together.min(axis=1), together.max(axis=1)
        polar[name] = (steps[frozenset(names[:place])] + steps[frozenset(names[place + 1:])]) / 2
    return Decomposition(
        change=results[frozenset(names)] - results[frozenset()],
        mean=pd.DataFrame(mean), low=pd.DataFrame(low), high=pd.DataFrame(high), polar=pd.DataFrame(polar),
    )
