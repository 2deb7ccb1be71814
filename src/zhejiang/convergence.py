"""Do incomes of a few regions converge: sigma, beta, and the log t regression."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

# Swapping the two dates of n units has 2^n outcomes; above this they are too many to list.
MOST_UNITS = 16


@dataclass(frozen=True)
class Sigma:
    """Change of the dispersion between two dates.

    Attributes
    ----------
    ratio, lo, hi
        Standard deviation at the end over that at the start, with its interval; below one is convergence.
    p
        Pitman's and Morgan's test of equal variances, two-sided, exact for a pair of normal variables.
    p_swap
        The same hypothesis by swapping the two dates in every set of units, two-sided.
    """

    ratio: float
    lo: float
    hi: float
    p: float
    p_swap: float


@dataclass(frozen=True)
class Beta:
    """Growth on the initial level.

    Attributes
    ----------
    slope, lo, hi
        Change of yearly growth, in logs a year, with one unit of the initial log; negative is convergence.
    p
        Two-sided p value of a zero slope, t distribution, HC3.
    p_permutation
        The same from random permutations of growth over the units.
    speed, speed_lo, speed_hi
        Rate at which a distance closes, a year; NaN where the slope allows none.
    residuals, design
        n residuals; n x 2 regressors, for tests of spatial dependence.
    """

    slope: float
    lo: float
    hi: float
    p: float
    p_permutation: float
    speed: float
    speed_lo: float
    speed_hi: float
    residuals: np.ndarray
    design: np.ndarray


@dataclass(frozen=True)
class LogT:
    """The log t regression.

    Attributes
    ----------
    slope, t
        Coefficient of log t, twice the speed at which dispersion fades, and its t statistic; below -1.645 convergence is
        rejected at 5 percent, one-sided.
    n
        Periods in the regression.
    """

    slope: float
    t: float
    n: int


def sigma(start: np.ndarray, end: np.ndarray, level: float = 0.95) -> Sigma:
    """Compare the standard deviations of the same n units at two dates.

    Equal variances of a pair of normal variables are the same as no correlation between their sum and difference (Pitman 1939,
    Morgan 1939), which has an exact t distribution with n - 2 degrees of freedom; the interval of the ratio inverts the test.
    The swap test centres each date at its mean and exchanges the dates in each of the 2^n sets of units.

    Parameters
    ----------
    start, end
        Logs of the level, n units in one order, 4 <= n <= 16.

    Raises
    ------
    ValueError
        Sizes that differ or are out of range, a value that is not finite, or no dispersion.
    """
    start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    n = len(start)
    if start.shape != end.shape or start.ndim != 1 or not 4 <= n <= MOST_UNITS:
        raise ValueError(f"{start.shape} and {end.shape} units: expected the same 4 to {MOST_UNITS} at both dates")
    for name, values in (("start", start), ("end", end)):
        if not np.isfinite(values).all() or np.ptp(values) == 0:
            raise ValueError(f"{name}: {values.tolist()}: expected finite numbers that differ")
    s, e = start - start.mean(), end - end.mean()
    ratio = (e @ e) / (s @ s)
    correlation = (s @ e) / np.sqrt((s @ s) * (e @ e))
    sum_difference = (ratio - 1) / np.sqrt((ratio + 1) ** 2 - 4 * correlation**2 * ratio)
    t = sum_difference * np.sqrt((n - 2) / (1 - sum_difference**2))
    # Ratios w that the test does not reject solve w^2 - 2 K w ratio + ratio^2 <= 0.
    critical = stats.t.ppf((1 + level) / 2, n - 2)
    K = 1 + 2 * (1 - correlation**2) * critical**2 / (n - 2)
    lo, hi = ratio * (K - np.sqrt(K**2 - 1)), ratio * (K + np.sqrt(K**2 - 1))
    swaps = np.array(list(itertools.product((False, True), repeat=n)))
    first, second = np.where(swaps, e, s), np.where(swaps, s, e)
    drawn = np.log(second.var(axis=1) / first.var(axis=1))
    p_swap = (np.abs(drawn) >= abs(np.log(ratio)) - 1e-12).mean()
    return Sigma(float(np.sqrt(ratio)), float(np.sqrt(lo)), float(np.sqrt(hi)), float(2 * stats.t.sf(abs(t), n - 2)), float(p_swap))


def beta(start: np.ndarray, end: np.ndarray, years: int, level: float = 0.95, draws: int = 9999, seed: int = 0) -> Beta:
    """Regress yearly growth on the initial level, ``(y_T - y_0) / T = a + b y_0 + e`` (Barro and Sala-i-Martin 1992).

    Intervals are those of HC3 with n - 2 degrees of freedom. The speed is ``-ln(1 + b T) / T``. An error in measuring the
    initial level lowers b: the slope can be negative without any fall of dispersion, and the other way round.

    Parameters
    ----------
    start, end
        Logs of the level at both dates, n units in one order.
    years
        Years between the dates, T.

    Raises
    ------
    ValueError
        Sizes that differ, fewer than four units, a value that is not finite, no dispersion, or T that is not positive.
    """
    start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    if start.shape != end.shape or start.ndim != 1 or len(start) < 4:
        raise ValueError(f"{start.shape} and {end.shape} units: expected the same, at least 4, at both dates")
    if not (np.isfinite(start).all() and np.isfinite(end).all()) or np.ptp(start) == 0:
        raise ValueError(f"start {start.tolist()}, end {end.tolist()}: expected finite numbers, at the start not all the same")
    if years <= 0:
        raise ValueError(f"{years} years: expected a positive number")
    growth = (end - start) / years
    X = sm.add_constant(start)
    fit = sm.OLS(growth, X).fit(cov_type="HC3", use_t=True)
    lo, hi = fit.conf_int(1 - level)[1]
    # Permutations of growth change the slope through its covariance with the start alone.
    generator = np.random.default_rng(seed)
    centred = start - start.mean()
    drawn = generator.permuted(np.tile(growth, (draws, 1)), axis=1) @ centred
    extreme = (np.abs(drawn) >= abs(growth @ centred) * (1 - 1e-12)).sum()

    def speed(b: float) -> float:
        return -np.log(1 + b * years) / years if 1 + b * years > 0 else np.nan

    slope = fit.params[1]
    return Beta(float(slope), float(lo), float(hi), float(fit.pvalues[1]), (1 + extreme) / (1 + draws),
                float(speed(slope)), float(speed(hi)), float(speed(lo)), np.asarray(fit.resid), X)


def log_t(levels: pd.DataFrame, discard: float = 0.3, lags: int | None = None) -> LogT:
    """Regress the fall of relative dispersion on log t (Phillips and Sul 2007).

    With ``h_it = y_it / mean_i y_it`` and ``H_t = mean_i (h_it - 1)^2``, ``ln(H_1 / H_t) - 2 ln ln t = a + b ln t + u_t`` for t from
    ``discard * T`` on. The covariance is that of Newey and West with ``floor(4 (T / 100)^(2/9))`` lags unless `lags` says otherwise;
    the authors' choice of bandwidth is another.

    Parameters
    ----------
    levels
        T x n positive levels, one row a consecutive year, one column a unit.
    discard
        Part of the years that is left out at the start; the authors recommend 0.3 for short samples.

    Raises
    ------
    ValueError
        Levels that are missing or not positive, fewer than two units, or fewer than eight years left.
    """
    h = levels.to_numpy(dtype=float)
    if not (np.isfinite(h).all() and (h > 0).all()) or h.shape[1] < 2:
        raise ValueError(f"levels {h.shape}: expected positive, finite numbers of at least two units")
    h = h / h.mean(axis=1, keepdims=True)
    H = ((h - 1) ** 2).mean(axis=1)
    t = np.arange(1, len(h) + 1)
    kept = (t >= discard * len(h)) & (t > 1)
    if kept.sum() < 8:
        raise ValueError(f"{kept.sum()} years: expected at least 8 after the first {discard:.0%}")
    response = np.log(H[0] / H[kept]) - 2 * np.log(np.log(t[kept]))
    if lags is None:
        lags = int(4 * (kept.sum() / 100) ** (2 / 9))
    fit = sm.OLS(response, sm.add_constant(np.log(t[kept]))).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    return LogT(float(fit.params[1]), float(fit.tvalues[1]), int(kept.sum()))
