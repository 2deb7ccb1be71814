"""Growth rates."""

from __future__ import annotations

import numpy as np
import pandas as pd


def annualised(series: pd.Series, start: int, end: int) -> float:
    """Return the geometric mean growth rate a year between two years, in percent.

    ``100 * ((x_end / x_start) ** (1 / (end - start)) - 1)``

    Parameters
    ----------
    series
        Positive levels, indexed by year. Years between the two ends are not used and may be absent.
    start, end
        Years of the index, ``start < end``.

    Raises
    ------
    ValueError
        A year is not in the index, the order is wrong, or a level is empty, infinite or not positive.
    """
    for year in (start, end):
        if year not in series.index:
            raise ValueError(f"year {year}: expected one of {series.index.tolist()}")
        if pd.isna(series[year]) or not 0 < series[year] < np.inf:
            raise ValueError(f"year {year}: level {series[year]}: expected a positive, finite level")
    if start >= end:
        raise ValueError(f"years {start} to {end}: expected the first before the second")
    return 100 * ((series[end] / series[start]) ** (1 / (end - start)) - 1)
