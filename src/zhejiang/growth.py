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


def log_mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the logarithmic mean ``(a - b) / ln(a / b)`` elementwise, ``a`` where both are equal.

    Raises `ValueError` for a number that is empty, infinite or not positive.
    """
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    for value in np.concatenate([a.ravel(), b.ravel()]):
        if not 0 < value < np.inf:
            raise ValueError(f"logarithmic mean of {value}: expected positive, finite numbers")
    # expm1 keeps the digits that a - b loses when a and b are close.
    log = np.log(a / b)
    return np.where(log == 0, a, b * np.expm1(log) / np.where(log == 0, 1, log))


def ratio_changes(numerator: pd.DataFrame, denominator: pd.Series, scale: float = 1.0) -> pd.DataFrame:
    """Split each yearly change of a ratio into its factors, with no residual.

    The ratio is ``d = scale * product of the numerator's columns / denominator``. Factor ``x`` contributes
    ``L(d_t, d_{t-1}) * ln(x_t / x_{t-1})`` with the logarithmic mean L, the denominator the negative of that. This is the additive
    logarithmic mean Divisia index LMDI-I (Ang 2004, 2015). The contributions add up to the change because
    ``L(a, b) * ln(a / b) = a - b``.

    The result has T - 1 rows, indexed by the later year, and one column for each factor, one for the denominator and
    ``change``, all in the unit of the ratio.

    Parameters
    ----------
    numerator
        Positive factors, one column each, indexed by consecutive years, T rows.
    denominator
        Positive level in the same years; its name becomes a column.
    scale
        A constant, 100 for percent.

    Raises
    ------
    ValueError
        Years differ, are not consecutive or fewer than two; a level is empty, infinite or not positive; a scale
        that is not positive; a denominator without a name, or with the name of a factor.
    """
    if denominator.name is None or denominator.name in [*numerator.columns, "change"] or "change" in numerator.columns:
        raise ValueError(f"names {[*numerator.columns, denominator.name]}: expected a different name for each, none of them 'change'")
    if not 0 < scale < np.inf:
        raise ValueError(f"scale {scale}: expected a positive, finite number")
    if not numerator.index.equals(denominator.index):
        raise ValueError(f"years {numerator.index.tolist()} and {denominator.index.tolist()}: expected the same")
    _check_years(numerator.index, 2)
    levels = numerator.assign(**{denominator.name: denominator})
    for name, level in levels.items():
        wrong = level.isna() | ~level.between(0, np.inf, inclusive="neither")
        if wrong.any():
            year = wrong.idxmax()
            raise ValueError(f"{name}, year {year}: level {level[year]}: expected a positive, finite level")
    levels = levels.astype(float)
    ratio = scale * levels[numerator.columns].prod(axis=1) / levels[denominator.name]
    weight = log_mean(ratio.to_numpy()[1:], ratio.to_numpy()[:-1])
    logs = np.log(levels).diff().iloc[1:]
    logs[denominator.name] *= -1
    return logs.mul(weight, axis=0).assign(change=ratio.diff().iloc[1:])


def _check_years(years: pd.Index, least: int) -> None:
    """Raise `ValueError` unless the index holds at least `least` years in order and without a gap."""
    if len(years) < least:
        raise ValueError(f"years {years.tolist()}: expected at least {least}")
    for before, year in zip(years[:-1], years[1:]):
        if year != before + 1:
            raise ValueError(f"year {year} after {before}: expected consecutive years; split a series with a gap, or one that changes vintage")
