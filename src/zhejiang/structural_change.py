"""How much the structure of an economy changes between two years: the norm of absolute values and Lilien's index.

Both take the levels of the same sectors in two years and look at their shares only. A price index that all sectors have in
common drops out; prices of sectors relative to each other do not. Levels at current prices therefore mix changes of
quantities with changes of relative prices. Both years have to come from one vintage of the data.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from zhejiang.labels import check_same


def norm_of_absolute_values(start: pd.Series, end: pd.Series) -> float:
    """Return half the sum of absolute changes in sector shares, in percentage points (NAV).

    ``50 * sum_i |s_i(end) - s_i(start)|`` with ``s_i = x_i / sum x``: the smallest part of the total that has to move between
    sectors to turn one structure into the other; 0 for equal structures, 100 where they have no sector in common
    (Dietrich 2012).

    Parameters
    ----------
    start, end
        Levels by sector (value added, employment) without a total, in the same unit in both years. The same labels in
        the same order; not negative, with a positive sum.

    Raises
    ------
    ValueError
        Labels that differ, fewer than two sectors, a level that is missing, infinite or negative, or a sum of zero.
    """
    shares = [_shares(name, levels) for name, levels in _checked(start, end)]
    return float(50 * (shares[1] - shares[0]).abs().sum())


def lilien(start: pd.Series, end: pd.Series) -> float:
    """Return Lilien's index of sectoral shifts, in percent (log points times 100).

    ``100 * sqrt(sum_i s_i(end) * (d log x_i - d log X)**2)`` with the total X and the sector's share ``s_i = x_i / X`` in the
    later year: the weighted dispersion of growth rates of sectors around the growth of their total (Lilien 1982, who has
    employment). ``d log x_i - d log X`` is the change of the logarithm of the share. A longer span gives a larger index, so
    that only spans of one length compare.

    Parameters
    ----------
    start, end
        As for `norm_of_absolute_values`; every level positive.

    Raises
    ------
    ValueError
        As for `norm_of_absolute_values`, and a level of zero, which has no growth rate.
    """
    for name, levels in (pairs := _checked(start, end)):
        if (levels == 0).any():
            raise ValueError(f"{name}, {(levels == 0).idxmax()}: 0: expected a positive level, since a sector without one has no growth rate")
    before, after = (_shares(name, levels) for name, levels in pairs)
    return float(100 * np.sqrt((after * np.log(after / before) ** 2).sum()))


def _checked(start: pd.Series, end: pd.Series) -> list[tuple[str, pd.Series]]:
    check_same("start and end", start.index, end.index, "sectors")
    if len(start) < 2:
        raise ValueError(f"sectors {start.index.tolist()}: expected at least two")
    pairs = [("start", start), ("end", end)]
    for name, levels in pairs:
        wrong = ~levels.between(0, np.inf, inclusive="left")
        if wrong.any():
            raise ValueError(f"{name}, {wrong.idxmax()}: {levels[wrong.idxmax()]}: expected a finite level that is not negative")
    return pairs


def _shares(name: str, levels: pd.Series) -> pd.Series:
    if levels.sum() == 0:
        raise ValueError(f"{name}: all levels are 0: expected a positive sum")
    return levels / levels.sum()
