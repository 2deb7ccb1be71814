"""Growth rates, index numbers, and exact splits of a change into its factors."""

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


def index_numbers(series: pd.Series, base: int, value: float = 100.0) -> pd.Series:
    """Return the series over its level in the base year, times `value`.

    Raises `ValueError` for a base year that is not there, or whose level is empty, infinite or not positive.
    """
    if base not in series.index:
        raise ValueError(f"base year {base}: expected one of {series.index.tolist()}")
    if pd.isna(series[base]) or not 0 < series[base] < np.inf:
        raise ValueError(f"base year {base}: level {series[base]}: expected a positive, finite level")
    return value * series / series[base]


def product_change(factors: pd.DataFrame, start: int, end: int) -> pd.Series:
    """Split the change of a product of factors between two years, any number of years apart, with no residual.

    Factor ``x`` contributes ``L(v_end, v_start) * ln(x_end / x_start)``, v the product (additive LMDI-I, Ang 2004, 2015). The sum of
    yearly splits is another, equally exact answer; it needs every year in between. The result has one contribution a
    factor, in the unit of the product.

    Parameters
    ----------
    factors
        Positive levels, one column a factor, indexed by year.
    start, end
        Years of the index.

    Raises
    ------
    ValueError
        A year is not in the index, or a level is empty, infinite or not positive.
    """
    for year in (start, end):
        if year not in factors.index:
            raise ValueError(f"year {year}: expected one of {factors.index.tolist()}")
        for name, level in factors.loc[year].items():
            if pd.isna(level) or not 0 < level < np.inf:
                raise ValueError(f"{name}, year {year}: level {level}: expected a positive, finite level")
    first, last = (factors.loc[year].astype(float) for year in (start, end))
    return log_mean(last.prod(), first.prod()) * np.log(last / first)


def ratio_and_mix(ratio: pd.DataFrame, share: pd.DataFrame, start: int, end: int) -> pd.DataFrame:
    """Split the log change of an aggregate ratio into the ratios of its parts and the mix of the parts, with no residual.

    The aggregate is ``V = Σ_i share_i * ratio_i``, and part i has the weight ``v_i = share_i * ratio_i / V``. It contributes
    ``w_i ln(ratio_end / ratio_start)`` and ``w_i ln(share_end / share_start)`` with ``w_i = L(v_end, v_start) / Σ_j L(v_end, v_start)``:
    LMDI-II in its multiplicative form (Ang 2004, 2015). A factor that multiplies all ratios of a year, such as a common
    deflator, leaves weights and mix as they are. The result has one row a part and the columns ``ratio`` and ``mix``, logs that
    all add up to ``ln(V_end / V_start)``.

    Parameters
    ----------
    ratio, share
        Positive numbers, one row a part, one column a year; the shares of a year add up to one.
    start, end
        Years, columns of both.

    Raises
    ------
    ValueError
        Parts or years that differ, a number that is empty, infinite or not positive, or shares that do not add up to one.
    """
    if not ratio.index.equals(share.index):
        raise ValueError(f"parts differ in {ratio.index.symmetric_difference(share.index).tolist() or 'their order'}: expected the same in one order")
    for name, table in (("ratio", ratio), ("share", share)):
        for year in (start, end):
            if year not in table.columns:
                raise ValueError(f"{name}, year {year}: expected one of {table.columns.tolist()}")
            wrong = ~table[year].between(0, np.inf, inclusive="neither")
            if wrong.any():
                raise ValueError(f"{name}, {wrong.idxmax()}, year {year}: {table.loc[wrong.idxmax(), year]}: expected a positive, finite number")
    for year in (start, end):
        if abs(share[year].sum() - 1) > 1e-9:
            raise ValueError(f"shares of {year} add up to {share[year].sum():.12g}: expected 1")
    parts = {year: share[year] * ratio[year] for year in (start, end)}
    weight = log_mean(parts[end] / parts[end].sum(), parts[start] / parts[start].sum())
    weight = weight / weight.sum()
    return pd.DataFrame({"ratio": weight * np.log(ratio[end] / ratio[start]), "mix": weight * np.log(share[end] / share[start])}, index=ratio.index)


def _check_years(years: pd.Index, least: int) -> None:
    """Raise `ValueError` unless the index holds at least `least` years in order and without a gap."""
    if len(years) < least:
        raise ValueError(f"years {years.tolist()}: expected at least {least}")
    for before, year in zip(years[:-1], years[1:]):
        if year != before + 1:
            raise ValueError(f"year {year} after {before}: expected consecutive years; split a series with a gap, or one that changes vintage")
