"""Synthetic control and rank among comparison units: one unit beside the others, as a description.

Neither says why a unit differs. Where the comparison units had the same treatment, as Chinese cities had with their service
plans, a gap is not an effect (Abadie 2021: no unit of the donor pool may be treated).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog, nnls


@dataclass(frozen=True)
class SyntheticControl:
    """A unit beside the convex combination of donors that is nearest to it in the fitted periods.

    `weights` (N, by donor) are not negative and sum to one. `synthetic` and `gap`, the unit less its synthetic control, are in
    the unit of the outcome, by period (T). Where several sets of weights fit equally well, `weights` is one of them;
    `lowest` and `highest` (T) bound the synthetic outcome over all of them. `rmspe_fitted` is the root mean square gap of the
    fitted periods, `rmspe_after` that of the periods after the last fitted one (NaN if there is none).
    """

    unit: str
    weights: pd.Series
    synthetic: pd.Series
    gap: pd.Series
    lowest: pd.Series
    highest: pd.Series
    rmspe_fitted: float
    rmspe_after: float


@dataclass(frozen=True)
class PermutationRank:
    """Place of one unit among `units` units, itself counted.

    `rank` is 1 for the largest value; ties take the worst place. `p_upper` and `p_lower` are the shares of units with a value at
    least, and at most, as large: exact p-values if the label of the unit had been drawn at random. `p_two_sided` is twice the
    smaller, at most one.
    """

    value: float
    rank: int
    units: int
    p_upper: float
    p_lower: float
    p_two_sided: float


def outcome_matrix(
    table: pd.DataFrame, unit: str, time: str, value: str, units: Sequence[str], times: Sequence[int]
) -> pd.DataFrame:
    """Return one column of a long table as a matrix without gaps, periods (T) down and units (N) across.

    Parameters
    ----------
    table
        One row a unit and period. Other units and periods may be there, and may have gaps.
    unit, time, value
        Columns of `table`.
    units, times
        What the matrix holds, in this order.

    Raises
    ------
    ValueError
        A column that is not there, a unit and period that occur more than once, a unit that is not in the table, a
        period without a finite value of one of the units.
    """
    for column in (unit, time, value):
        if column not in table.columns:
            raise ValueError(f"table has no column {column!r}: expected one of {list(table.columns)}")
    double = table.duplicated([unit, time])
    if double.any():
        row = table.loc[double, [unit, time]].iloc[0]
        count = ((table[unit] == row[unit]) & (table[time] == row[time])).sum()
        raise ValueError(f"{unit} {row[unit]!r}, {time} {row[time]} occurs {count} times: expected once")
    known = set(table[unit])
    for name in units:
        if name not in known:
            raise ValueError(f"{unit} {name!r} is not in the table: expected one of its {len(known)} units")
    wide = table[table[unit].isin(units)].pivot(index=time, columns=unit, values=value).reindex(index=times, columns=units).astype(float)
    for name in units:
        gaps = wide.index[~np.isfinite(wide[name].to_numpy())]
        if len(gaps):
            raise ValueError(
                f"{unit} {name!r}, {time} {', '.join(map(str, gaps))}: no finite {value!r}: expected one in each of the"
                f" {len(wide)} periods; leave the unit out or shorten the periods"
            )
    return wide


def synthetic_control(outcomes: pd.DataFrame, unit: str, fitted: Sequence[int]) -> SyntheticControl:
    """Fit a unit's outcome by a convex combination of all other columns in the periods `fitted`.

    The weights minimise ``sum_t (y_t - sum_j w_j y_jt)**2`` over `fitted`, ``w_j >= 0``, ``sum_j w_j = 1`` (Abadie, Diamond and
    Hainmueller 2010, with the outcomes of the fitted periods as the only predictors and equal weight on each).

    Parameters
    ----------
    outcomes
        Periods (T) down, units (N + 1) across, without gaps, as `outcome_matrix` returns it.
    unit
        Column to be fitted; the others are its donors.
    fitted
        Periods of the index.

    Raises
    ------
    ValueError
        A unit that is not a column or is one more than once, no other column, a fitted period that is not in the index, no
        fitted period, an empty or infinite outcome.

    Notes
    -----
    With D the donors less the unit, the problem is the shortest vector ``D w`` of the simplex. It takes one call of
    non-negative least squares: for ``u = s w`` with s the sum of u, ``|D u|**2 + (sum u - 1)**2 = s**2 |D w|**2 + (s - 1)**2``,
    whose minimum over s, ``|D w|**2 / (1 + |D w|**2)``, rises with ``|D w|``. The active-set method is exact up to rounding.
    The fit ``D w`` is unique, the weights need not be: `lowest` and `highest` solve a linear programme for each
    period, over all weights with the same fit.

    References
    ----------
    Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association 105(490), 493-505.
    Abadie (2021), Journal of Economic Literature 59(2), 391-425.
    """
    if not outcomes.columns.is_unique:
        raise ValueError(f"unit {outcomes.columns[outcomes.columns.duplicated()][0]!r} is a column more than once: expected once")
    if unit not in outcomes.columns:
        raise ValueError(f"unit {unit!r} is not among the {outcomes.shape[1]} columns of the outcomes")
    if outcomes.shape[1] < 2:
        raise ValueError(f"outcomes of {unit!r} alone: expected at least one donor")
    if not len(fitted):
        raise ValueError("fitted periods: none: expected at least one")
    for period in fitted:
        if period not in outcomes.index:
            raise ValueError(f"fitted period {period} is not in the outcomes: expected one of {outcomes.index.tolist()}")
    wrong = ~np.isfinite(outcomes.to_numpy(dtype=float))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(f"unit {outcomes.columns[column]!r}, period {outcomes.index[row]}: {outcomes.iat[row, column]}: expected a finite outcome")

    donors = outcomes.drop(columns=unit).astype(float)
    observed = outcomes[unit].astype(float)
    distance = donors.loc[list(fitted)].sub(observed.loc[list(fitted)], axis=0).to_numpy()  # T fitted x N
    ones = np.ones((1, donors.shape[1]))
    target = np.append(np.zeros(len(distance)), 1.0)
    raw, _ = nnls(np.vstack([distance, ones]), target)
    weights = raw / raw.sum()
    synthetic = donors @ weights

    same_fit = {"A_eq": np.vstack([distance, ones]), "b_eq": np.append(distance @ weights, 1.0)}
    lowest, highest = synthetic.copy(), synthetic.copy()
    for period in donors.index.difference(list(fitted)):
        # The weights at hand are feasible, so that a bound is never inside them by more than the solver's tolerance.
        lowest[period] = min(synthetic[period], linprog(donors.loc[period], **same_fit).fun)
        highest[period] = max(synthetic[period], -linprog(-donors.loc[period], **same_fit).fun)

    gap = observed - synthetic
    after = gap[gap.index > max(fitted)]
    return SyntheticControl(
        unit=unit, weights=pd.Series(weights, index=donors.columns), synthetic=synthetic, gap=gap, lowest=lowest, highest=highest,
        rmspe_fitted=float(np.sqrt(np.mean(gap.loc[list(fitted)] ** 2))),
        rmspe_after=float(np.sqrt(np.mean(after**2))) if len(after) else float("nan"),
    )


def permutation_rank(values: pd.Series, unit: str) -> PermutationRank:
    """Return the rank of a unit's value among all values (N, by unit).

    Raises
    ------
    ValueError
        The unit is not in the index, a unit occurs more than once, or a value is empty or infinite.
    """
    if not values.index.is_unique:
        raise ValueError(f"unit {values.index[values.index.duplicated()][0]!r} occurs more than once: expected once")
    if unit not in values.index:
        raise ValueError(f"unit {unit!r} is not among the {len(values)} units")
    wrong = ~np.isfinite(values.to_numpy(dtype=float))
    if wrong.any():
        raise ValueError(f"unit {values.index[wrong][0]!r}: {values[wrong].iloc[0]}: expected a finite value; leave the unit out")
    own = values[unit]
    upper, lower = int((values >= own).sum()), int((values <= own).sum())
    n = len(values)
    return PermutationRank(
        value=float(own), rank=upper, units=n, p_upper=upper / n, p_lower=lower / n, p_two_sided=min(1.0, 2 * min(upper, lower) / n),
    )
