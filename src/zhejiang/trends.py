"""Trends of short yearly series: slopes, slopes that change at known years, ranks of slopes.

Two assumptions on the errors stand side by side, because a series of a dozen years cannot tell them apart. In
`linear_trend` and `piecewise_trend` the deviations from the trend are independent from year to year. In `drift` and
`compare_increments` the yearly changes are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats


@dataclass(frozen=True)
class Slope:
    """A trend in units a year, with its two-sided t interval of the level asked for; `df` degrees of freedom, `n` years."""

    estimate: float
    se: float
    lo: float
    hi: float
    df: int
    n: int


@dataclass(frozen=True)
class PiecewiseTrend:
    """A continuous trend with known knots.

    `slopes` has one row a segment, indexed "start–end", `changes` one row a knot, indexed by its year: slope after
    less slope before. Columns of both: estimate, se, lo, hi, in units a year. `fitted` and `residuals` are indexed by year.
    """

    slopes: pd.DataFrame
    changes: pd.DataFrame
    fitted: pd.Series
    residuals: pd.Series
    df: int
    n: int


@dataclass(frozen=True)
class IncrementComparison:
    """Mean yearly change in one group of years less that in the other, with exact permutation inference.

    `pvalue` is twice the smaller one-sided one, at most 1; `assignments` the number of ways to choose the group; `smallest_pvalue` the
    smallest p-value that so many can give. `lo` and `hi` are infinite where no finite limit has the level.
    """

    difference: float
    lo: float
    hi: float
    pvalue: float
    assignments: int
    smallest_pvalue: float


@dataclass(frozen=True)
class RankInterval:
    """The rank of one unit's slope (1 is the steepest rise) and a confidence set for it, `lo` to `hi`, of `units` units.

    `differences` has one row for every other unit: the unit's slope less the other's, with simultaneous limits lo and hi.
    """

    rank: int
    lo: int
    hi: int
    units: int
    differences: pd.DataFrame


def linear_trend(series: pd.Series, level: float = 0.95) -> Slope:
    """Return the least-squares slope on the year, with the classical t interval on n - 2 degrees of freedom.

    The interval is exact if deviations from the trend are independent normal with one variance. Positive
    autocorrelation, which a short series hides, makes it too narrow.

    Parameters
    ----------
    series
        Levels indexed by year, at least three, in order; years may be missing.
    level
        Confidence level between 0 and 1.
    """
    years, values = _checked(series, 3)
    _check_level(level)
    fit = stats.linregress(years, values)
    n = len(years)
    return _slope(fit.slope, fit.stderr, n - 2, n, level)


def drift(series: pd.Series, level: float = 0.95) -> Slope:
    """Return the mean yearly change of a random walk with drift, with the t interval on n - 2 degrees of freedom.

    The estimate is ``(y_n - y_1) / (t_n - t_1)``. A change over g years has g times the variance of a change over one, so that
    changes are weighted by 1/g. The interval is exact if yearly changes are independent normal with one variance.

    Parameters
    ----------
    series
        Levels indexed by year, at least three, in order; years may be missing.
    level
        Confidence level between 0 and 1.
    """
    years, values = _checked(series, 3)
    _check_level(level)
    gaps, changes = np.diff(years), np.diff(values)
    span, df = gaps.sum(), len(gaps) - 1
    slope = changes.sum() / span
    variance = ((changes - slope * gaps) ** 2 / gaps).sum() / df
    se = math.sqrt(variance / span)
    return _slope(slope, se, df, len(years), level)


def _slope(estimate: float, se: float, df: int, n: int, level: float) -> Slope:
    """The slope with its t interval."""
    reach = stats.t.ppf((1 + level) / 2, df) * se
    return Slope(float(estimate), float(se), float(estimate - reach), float(estimate + reach), df, n)


def piecewise_trend(series: pd.Series, knots: Sequence[int], covariance: str = "HC3", level: float = 0.95) -> PiecewiseTrend:
    """Fit a continuous piecewise linear trend by least squares, with knots that are known beforehand.

    ``y_t = a + b t + sum over knots k of c_k max(t - k, 0)``. Intervals use the t distribution on n - 2 - number of knots degrees
    of freedom. With ``"nonrobust"`` they are exact for independent normal errors of one variance; with ``"HC3"``
    (MacKinnon and White 1985) the variance may differ by year, and the t distribution is an approximation. A knot
    that was chosen by looking at the series makes both too narrow.

    Parameters
    ----------
    series
        Levels indexed by year, in order; years may be missing.
    knots
        Rising years, with at least two years of the series in every segment (a knot belongs to both).
    covariance
        ``"HC3"`` or ``"nonrobust"``.
    level
        Confidence level between 0 and 1.

    Raises
    ------
    ValueError
        Empty or infinite levels, years out of order, a knot out of order or at an end, a segment with fewer than two years, no degree
        of freedom left, an unknown covariance, a level outside 0 to 1.
    """
    years, values = _checked(series, 3 + len(knots))
    _check_level(level)
    if covariance not in ("HC3", "nonrobust"):
        raise ValueError(f"covariance {covariance!r}: expected 'HC3' or 'nonrobust'")
    edges = [int(years[0]), *knots, int(years[-1])]
    for start, end in zip(edges[:-1], edges[1:]):
        within = int(((years >= start) & (years <= end)).sum())
        if start >= end or within < 2:
            raise ValueError(f"segment {start} to {end}: {within} years of the series: expected rising knots between"
                             f" {edges[0]} and {edges[-1]} with at least 2 years in every segment")
    regressors = np.column_stack([np.ones(len(years)), years - years[0], *(np.maximum(years - knot, 0) for knot in knots)])
    if np.linalg.matrix_rank(regressors) < regressors.shape[1]:
        raise ValueError(f"knots {list(knots)}: the years {years.tolist()} do not identify every slope: expected fewer knots")
    model = sm.OLS(values, regressors)
    leverage = model.fit().get_influence().hat_matrix_diag
    if covariance == "HC3" and leverage.max() > 1 - 1e-8:
        year = int(years[leverage.argmax()])
        raise ValueError(f"year {year}: it alone decides a slope, so that its residual is 0 and HC3 does not exist:"
                         " expected a third year in the segment, or covariance 'nonrobust'")
    fit = model.fit(cov_type=covariance, use_t=True)

    def estimates(contrasts: np.ndarray, index: pd.Index) -> pd.DataFrame:
        test = fit.t_test(contrasts)
        limits = test.conf_int(1 - level)
        return pd.DataFrame({"estimate": test.effect, "se": test.sd.ravel(), "lo": limits[:, 0], "hi": limits[:, 1]}, index=index)

    segments = len(knots) + 1
    # A segment's slope is the first slope plus all changes up to it; the intercept takes no part.
    slopes = estimates(np.column_stack([np.zeros(segments), np.tril(np.ones((segments, segments)))]),
                       pd.Index([f"{a}–{b}" for a, b in zip(edges[:-1], edges[1:])], name="segment"))
    knot_index = pd.Index(list(knots), name="knot")
    changes = estimates(np.eye(segments + 1)[2:], knot_index) if knots else slopes.iloc[:0].set_axis(knot_index)
    fitted = pd.Series(fit.fittedvalues, index=series.index)
    return PiecewiseTrend(slopes, changes, fitted, series.astype(float) - fitted, int(fit.df_resid), len(years))


def compare_increments(increments: pd.Series, group: Collection[int], level: float = 0.95) -> IncrementComparison:
    """Compare the mean yearly change in the years of `group` with that in all other years, by exact permutation.

    Every assignment of as many years to the group is enumerated. The p-value is exact if the changes are exchangeable
    over the years when nothing differs, for which independence with one distribution is enough. Limits invert the one-sided tests
    of a constant shift, each at half of ``1 - level`` (Ernst 2004 describes test and inversion).

    Parameters
    ----------
    increments
        Yearly changes, indexed by year.
    group
        Years of the index; at least one, and not all.
    level
        Confidence level between 0 and 1.

    Raises
    ------
    ValueError
        An empty or infinite increment, a year that is repeated or not in the index, an empty or a full group, more than a million assignments,
        a level outside 0 to 1.
    """
    _check_level(level)
    _, values = _checked(increments, 2)
    chosen = set(group)
    for year in chosen:
        if year not in increments.index:
            raise ValueError(f"year {year}: expected one of {increments.index.tolist()}")
    n, k = len(values), len(chosen)
    if not 0 < k < n:
        raise ValueError(f"group of {k} years of {n}: expected at least 1 and fewer than all")
    count = math.comb(n, k)
    if count > 1_000_000:
        raise ValueError(f"{count} assignments: expected at most 1000000, few enough to enumerate")
    inside = increments.index.isin(chosen)
    members = np.array(list(combinations(range(n), k)))
    sums = values[members].sum(axis=1)
    differences = sums / k - (values.sum() - sums) / (n - k)
    observed = values[inside].mean() - values[~inside].mean()
    # Differences that are equal but for the order of summation count as equal.
    slack = 1e-9 * np.abs(values).max()
    pvalue = min(1.0, 2 * min(np.mean(differences >= observed - slack), np.mean(differences <= observed + slack)))

    # With the shift taken out of the group, an assignment that keeps a of its k years has the difference
    # D - shift * (a / k - (k - a) / (n - k)). It is as large as the observed one from the shift at which both are equal.
    kept = np.isin(members, np.flatnonzero(inside)).sum(axis=1)
    other = kept < k
    crossings = np.sort((observed - differences[other]) / (1 - kept[other] / k + (k - kept[other]) / (n - k)))
    # A one-sided test rejects a shift while the observed assignment and the crossings below it are at most this many.
    rejected = math.floor((1 - level) / 2 * count + 1e-9)
    lo = crossings[rejected - 1] if rejected >= 1 else -np.inf
    hi = crossings[-rejected] if rejected >= 1 else np.inf
    return IncrementComparison(float(observed), float(lo), float(hi), float(pvalue), count, 2 / count)


def rank_interval(
    panel: pd.DataFrame,
    unit: str,
    slope: Callable[[pd.Series, float], Slope] = linear_trend,
    level: float = 0.95,
) -> RankInterval:
    """Return the rank of one unit's slope among all units, with a confidence set for the rank.

    The slope of the unit's series less another's is estimated for every other unit, with intervals that hold all true differences at once with
    probability of at least `level` (Bonferroni). The unit ranks below those that it is surely below, above those that it is surely
    above; every rank in between stays possible (Mogstad, Romano, Shaikh and Wilhelm 2024). What all units share in a year
    drops out of the differences, and no assumption is made on the dependence between units.

    Parameters
    ----------
    panel
        Years in rows, units in columns, no empty cells.
    unit
        A column.
    slope
        `linear_trend` or `drift`: which errors are independent.
    level
        Probability with which the set holds the rank of the true slope.

    Raises
    ------
    ValueError
        A unit that is not a column, fewer than two units, or a difference that `slope` refuses.
    """
    if unit not in panel.columns:
        raise ValueError(f"unit {unit!r}: expected one of {panel.columns.tolist()}")
    _check_level(level)
    others = [name for name in panel.columns if name != unit]
    if not others:
        raise ValueError(f"units {panel.columns.tolist()}: expected at least 2")
    each = 1 - (1 - level) / len(others)
    found = {}
    for other in others:
        try:
            result = slope(panel[unit] - panel[other], each)
        except ValueError as error:
            raise ValueError(f"{unit} less {other}: {error}") from None
        found[other] = {"estimate": result.estimate, "se": result.se, "lo": result.lo, "hi": result.hi}
    differences = pd.DataFrame.from_dict(found, orient="index").rename_axis("other")
    return RankInterval(
        rank=1 + int((differences["estimate"] < 0).sum()),
        lo=1 + int((differences["hi"] < 0).sum()),
        hi=len(panel.columns) - int((differences["lo"] > 0).sum()),
        units=len(panel.columns),
        differences=differences,
    )


def _checked(series: pd.Series, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Years and levels as float arrays; raise `ValueError` for too few, years out of order, or a level that is no number."""
    if len(series) < least:
        raise ValueError(f"{len(series)} years: expected at least {least}")
    for before, year in zip(series.index[:-1], series.index[1:]):
        if year <= before:
            raise ValueError(f"year {year} after {before}: expected years in rising order, each once")
    for year, value in series.items():
        if pd.isna(value) or not np.isfinite(value):
            raise ValueError(f"year {year}: {value}: expected a finite number")
    return series.index.to_numpy(dtype=float), series.to_numpy(dtype=float)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level {level}: expected a number between 0 and 1")
