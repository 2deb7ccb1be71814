"""Structural breaks in one time series: tests at a known and at an unknown date, several breaks, a break in trend.

The linear model with m breaks is ``y_t = x_t' beta_i + z_t' delta + u_t`` in regime i = 1, ..., m + 1. The
coefficients of `x` change, those of `z` do not. A break date is the **first** period of the new regime
(strucchange, in R, names the last period of the old one). Series are pandas Series and DataFrames over a
PeriodIndex without gaps. Every function leaves its arguments as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import linalg, optimize, special, stats
from statsmodels.stats.sandwich_covariance import S_hac_simple

# The weight of Harvey, Leybourne and Taylor (2009) is exp(-(500 S0 S1)^2).
WEIGHT_SCALE = 500
# Liu, Wu and Zidek (1997): the penalty is c0 log(n)^(2 + d0) for each parameter.
LWZ_C0, LWZ_D0 = 0.299, 0.1
# One less the probability of no exceedance has an error of about 1e-13: smaller probabilities mean nothing.
SMALLEST_P = 1e-12


@dataclass(frozen=True)
class WaldTest:
    """A test of no change at a known date, in the form ``statistic ~ chi-square(df)``.

    `change` and `se` have one entry for each column of `x`: coefficient after less coefficient before.
    `p_value` refers ``statistic / df`` to F(`df`, `df_residual`). `n_before` and `n_after` count periods.
    """

    date: pd.Period
    statistic: float
    df: int
    df_residual: int
    p_value: float
    change: pd.Series
    se: pd.Series
    n_before: int
    n_after: int


@dataclass(frozen=True)
class SupF:
    """The largest Wald statistic over all dates in the trimmed range, with its asymptotic p-value.

    `path` holds the statistic (chi-square form) for every candidate date, `df` the number of coefficients that
    may change. `date` maximises the path.
    """

    path: pd.Series
    statistic: float
    date: pd.Period
    df: int
    p_value: float


@dataclass(frozen=True)
class BaiPerron:
    """The best partition for every number of breaks.

    `dates[m]` holds the m break dates. `ssr`, `bic` and `lwz` are indexed by the number of breaks, 0 first.
    """

    dates: dict[int, list[pd.Period]]
    ssr: pd.Series
    bic: pd.Series
    lwz: pd.Series


@dataclass(frozen=True)
class TrendBreak:
    """A test of no break in a linear trend that is valid for I(0) and I(1) noise.

    `statistic` is the weighted statistic, `weight` the weight of the level regression (near 1: the noise looks
    I(0); near 0: it looks I(1)). `critical` is the critical value at `significance`. `t_level` and `t_difference` are the
    largest absolute t-values of either regression, `date_level` and `date_difference` where they occur.
    """

    statistic: float
    critical: float
    significance: float
    weight: float
    t_level: float
    t_difference: float
    date_level: pd.Period
    date_difference: pd.Period


def newey_west_lags(n: int) -> int:
    """Return the fixed lag rule floor(4 (n / 100)^(2/9)) of the Bartlett kernel; `n` is the number of periods."""
    return int(4 * (n / 100) ** (2 / 9))


def segment_design(x: pd.DataFrame, dates: Sequence[pd.Period], z: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the regressors of the model with breaks: `x` once for every regime, then `z`.

    A column of regime i, counted from 1, is named ``<name> | i``. Shape (n, k (m + 1) + l).

    Raises
    ------
    ValueError
        A date that is not in the index after its first period, or dates that do not rise.
    """
    starts = [0, *(_position(x.index, date) for date in dates)]
    if any(b <= a for a, b in zip(starts, starts[1:])):
        raise ValueError(f"break dates {[str(d) for d in dates]}: expected dates in rising order")
    regime = np.searchsorted(starts[1:], np.arange(len(x)), side="right")
    parts = np.hstack([x.to_numpy(float) * (regime == i)[:, None] for i in range(len(starts))])
    design = pd.DataFrame(parts, x.index, [f"{name} | {i + 1}" for i in range(len(starts)) for name in x.columns])
    return design if z is None else pd.concat([design, z.astype(float)], axis=1)


def wald_test(y: pd.Series, x: pd.DataFrame, date: pd.Period, z: pd.DataFrame | None = None, lags: int | None = None) -> WaldTest:
    """Test that the coefficients of `x` are the same before and from `date` on (Chow test).

    Parameters
    ----------
    y
        Shape (n,).
    x, z
        Shapes (n, k) and (n, l): regressors whose coefficients change, and do not change, at the date.
    date
        First period of the new regime, known beforehand.
    lags
        None for the classical covariance, which assumes uncorrelated errors of one variance; else the lags of a
        Newey-West (Bartlett) covariance with the factor n / (n - number of coefficients).

    Raises
    ------
    ValueError
        Gaps or empty values, indices that differ, a date outside the sample, or no more periods than
        coefficients on a side of the date.
    """
    z = _checked(y, x, z)
    b = _position(y.index, date)
    k, n = x.shape[1], len(y)
    if min(b, n - b) <= k:
        raise ValueError(f"break at {date}: {b} periods before and {n - b} from it: expected more than {k} on each side")
    return _wald(y, x, z, b, lags)


def sup_f(
    y: pd.Series, x: pd.DataFrame, z: pd.DataFrame | None = None, trimming: float = 0.15, lags: int | None = None
) -> SupF:
    """Test that the coefficients of `x` are constant against one break at an unknown date.

    The largest of the statistics of `wald_test` over all dates that leave a part `trimming` of the sample on each
    side (Andrews 1993, Econometrica 61, 821-856). Arguments as in `wald_test`. The first candidate's old regime
    has ``floor(n trimming)`` periods, like the last candidate's new one.

    Raises
    ------
    ValueError
        As `wald_test`; a trimming outside (0, 0.5), or so small that a side has no more periods than
        coefficients.
    """
    z = _checked(y, x, z)
    n, k = len(y), x.shape[1]
    if not 0 < trimming < 0.5:
        raise ValueError(f"trimming {trimming}: expected a part between 0 and 0.5")
    side = int(n * trimming)
    if side <= k:
        raise ValueError(f"trimming {trimming} of {n} periods leaves {side} on a side: expected more than {k}, the coefficients that change")
    candidates = range(side, n - side + 1)
    path = pd.Series([_wald(y, x, z, b, lags).statistic for b in candidates], index=y.index[side : n - side + 1])
    statistic = float(path.max())
    return SupF(path, statistic, path.idxmax(), k, sup_f_p_value(statistic, k, side / n, 1 - side / n))


def sup_f_p_value(statistic: float, k: int, start: float, end: float) -> float:
    """Return the probability that the limit of the sup-F statistic exceeds `statistic` if nothing breaks.

    Probabilities near SMALLEST_P and below are returned as zero. The limit is the supremum of ``|B(r) - r B(1)|^2 / (r (1 - r))`` over start <= r <= end, B a Brownian motion of
    dimension k (Andrews 1993). It equals the supremum of a squared Bessel process over time, a square-root boundary
    (DeLong 1981, Communications in Statistics - Theory and Methods 10, 2197-2213; Estrella 2003, Econometric Theory 19,
    1128-1143). In logarithmic time the process is a stationary Ornstein-Uhlenbeck process, killed on leaving
    the ball of radius ``sqrt(statistic)``; the survival probability ``sum_j a_j exp(-nu_j T)`` with
    ``T = log(end (1 - start) / (start (1 - end)))`` comes from the eigenvalues nu_j of its generator. They are found by
    Galerkin's method on even polynomials that vanish at the boundary. No table and no simulation is used.

    Parameters
    ----------
    statistic
        In chi-square form.
    k
        Coefficients that change.
    start, end
        First and last candidate date as parts of the sample, ``0 < start < end < 1``.
    """
    if not 0 < start < end < 1:
        raise ValueError(f"range {start} to {end}: expected 0 < start < end < 1")
    if statistic <= 0:
        return 1.0
    if stats.chi2.sf(statistic, k) < SMALLEST_P:
        return 0.0
    time = np.log(end * (1 - start) / (start * (1 - end)))
    radius = np.sqrt(statistic)
    nodes, weights = np.polynomial.legendre.leggauss(160)
    r = radius * (nodes + 1) / 2
    # Eigenfunctions f of the generator are orthogonal in the density of |N(0, I_k)|, here split evenly over both factors:
    # psi = f exp(-r^2/4) needs the weight r^(k-1) only, which keeps the matrices well conditioned.
    weights = weights * np.exp((k - 1) * np.log(r) - special.gammaln(k / 2) - (k / 2 - 1) * np.log(2)) * radius / 2
    s = 2 * (r / radius) ** 2 - 1
    polynomials = [np.polynomial.Legendre.basis(degree) for degree in range(40)]
    psi = np.array([(1 - s) * p(s) for p in polynomials])
    slope = np.array([(1 - s) * p.deriv()(s) - p(s) for p in polynomials]) * 4 * r / radius**2 + psi * r / 2
    nu, vectors = linalg.eigh((slope * weights) @ slope.T / 2, (psi * weights) @ psi.T)
    start_weight = vectors.T @ (psi @ (weights * np.exp(-(r**2) / 4)))
    return float(np.clip(1 - np.sum(start_weight**2 * np.exp(-nu * time)), 0, 1))


def bai_perron(y: pd.Series, x: pd.DataFrame, min_segment: int, max_breaks: int, z: pd.DataFrame | None = None) -> BaiPerron:
    """Find the dates of m = 0, ..., `max_breaks` breaks in the coefficients of `x` that minimise the sum of squares.

    Without `z` the minimum is global, found by dynamic programming (Bai and Perron 1998, Econometrica 66, 47-78; 2003,
    Journal of Applied Econometrics 18, 1-22). With `z` dynamic programming for given coefficients of `z`
    alternates with least squares for given dates until the dates repeat, as in the latter paper; that finds
    a minimum that neither step improves.

    With S_m the sum of squares, n periods and ``q = (m + 1) k + l + m`` parameters, BIC is
    ``n (log(2 pi S_m / n) + 1) + (q + 1) log n`` as in strucchange, and LWZ is ``log(S_m / (n - q)) + q 0.299 log(n)^2.1 / n``
    (Liu, Wu and Zidek 1997, Statistica Sinica 7, 497-525). The number of breaks with the smallest value is chosen.

    Parameters
    ----------
    y, x, z
        As in `wald_test`.
    min_segment
        Fewest periods of a regime, more than the k coefficients that change.
    max_breaks
        Most breaks looked for.

    Raises
    ------
    ValueError
        Gaps or empty values, indices that differ, a segment that is too short, or a sample that cannot hold the
        regimes.
    """
    z = _checked(y, x, z)
    n, k = x.shape
    if min_segment <= k:
        raise ValueError(f"regimes of {min_segment} periods: expected more than {k}, the coefficients that change")
    if max_breaks < 0 or n < min_segment * (max_breaks + 1):
        raise ValueError(f"{n} periods for {max_breaks} breaks and regimes of {min_segment}: expected at least {min_segment * (max_breaks + 1)}")
    sums = _segment_ssr(x.to_numpy(float), min_segment)
    if z is None:
        partitions = _partitions(sums(y.to_numpy(float)), max_breaks)
    dates, ssr = {}, {}
    for m in range(max_breaks + 1):
        starts = partitions[m] if z is None else _partial_change(y, x, z, sums, m, dates.get(m - 1, []))
        dates[m] = [y.index[b] for b in starts]
        ssr[m] = float(sm.OLS(y, segment_design(x, dates[m], z)).fit().ssr)
    ssr = pd.Series(ssr).rename_axis("breaks")
    q = (ssr.index + 1) * k + (0 if z is None else z.shape[1]) + ssr.index
    bic = n * (np.log(2 * np.pi * ssr / n) + 1) + (q + 1) * np.log(n)
    lwz = np.log(ssr / (n - q)) + q * LWZ_C0 * np.log(n) ** (2 + LWZ_D0) / n
    return BaiPerron(dates, ssr, bic, lwz)


def date_intervals(
    y: pd.Series, x: pd.DataFrame, dates: Sequence[pd.Period], z: pd.DataFrame | None = None, level: float = 0.95, lags: int | None = None
) -> pd.DataFrame:
    """Return confidence intervals of break dates: columns `lo`, `date`, `hi`, all first periods of a regime.

    The limit distribution is that of Bai (1997, Review of Economics and Statistics 79, 551-563) for breaks that shrink
    as the sample grows, with moments of regressors and errors of their own in each regime, as
    ``strucchange::confint``. Ends are rounded outward and may lie outside the sample, which then says
    nothing on that side. An interval that the distribution cannot give is empty (NaT).

    Parameters
    ----------
    y, x, z
        As in `wald_test`.
    dates
        Break dates, as `bai_perron` finds them.
    level
        Asymptotic coverage of each interval.
    lags
        None for uncorrelated errors; else Newey-West lags for the long-run variance within each regime.
    """
    z = _checked(y, x, z)
    design = segment_design(x, dates, z)
    fit = sm.OLS(y, design).fit()
    k = x.shape[1]
    coefficients = fit.params.to_numpy()[: k * (len(dates) + 1)].reshape(-1, k)
    edges = [0, *(_position(y.index, date) for date in dates), len(y)]
    moments = []
    for a, b in zip(edges, edges[1:]):
        values, errors = x.to_numpy(float)[a:b], fit.resid.to_numpy()[a:b]
        second = values.T @ values / (b - a)
        omega = second * np.mean(errors**2) if lags is None else S_hac_simple(values * errors[:, None], nlags=lags) / (b - a)
        moments.append((second, omega))
    rows = []
    for i, date in enumerate(dates):
        delta = coefficients[i + 1] - coefficients[i]
        (q1, omega1), (q2, omega2) = moments[i], moments[i + 1]
        q1, q2, omega1, omega2 = (float(delta @ matrix @ delta) for matrix in (q1, q2, omega1, omega2))
        xi, phi = q2 / q1, omega2 / omega1
        below = _argmax_cdf(0.0, xi, phi)
        tail = (1 - level) / 2
        if not tail < below < 1 - tail:
            rows.append({"lo": pd.NaT, "date": date, "hi": pd.NaT})
            continue
        lower, upper = (_argmax_quantile(p, xi, phi) * omega1 / q1**2 for p in (tail, 1 - tail))
        rows.append({"lo": date - int(np.ceil(upper)), "date": date, "hi": date - int(np.floor(lower))})
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(dates) + 1, name="break"), columns=["lo", "date", "hi"])


def trend_break(
    y: pd.Series, z: pd.DataFrame | None = None, trimming: float = 0.1, significance: float = 0.05, draws: int = 4000, seed: int = 0
) -> TrendBreak:
    """Test that a linear trend has no break, whether the noise is I(0) or I(1).

    Harvey, Leybourne and Taylor (2009, Econometric Theory 25, 995-1029), model with a change in slope at an unknown
    date. ``t0`` is the largest absolute t-value of the broken trend in ``y_t = a + b t + c (t - T)^+ + z_t' d + u_t``, ``t1`` that of the
    step in the same equation in first differences. The statistic is ``w t0 + m (1 - w) t1`` with
    ``w = exp(-(500 S0 S1)^2)``; S0 and S1 are the KPSS statistics of the residuals of both regressions at their
    dates. w tends to one under I(0) and to zero under I(1).

    Two choices are this function's own. Long-run variances use the Bartlett kernel with ``floor(4 (n/100)^(1/4))`` lags.
    The critical value of t0 and the constant m, which gives t1 the same one, are not taken from the paper's
    table but simulated for this n, trimming and `z`: `draws` samples of white noise and of random walks,
    standard normal, from `seed`.

    Parameters
    ----------
    y
        Shape (n,), e.g. a log level.
    z
        Shape (n, l): further regressors without a break, such as seasonal dummies, without constant and trend.
    trimming
        Part of the sample left on each side.
    significance
        Level of the test.

    Raises
    ------
    ValueError
        Gaps or empty values, a trimming outside (0, 0.5), or one that leaves fewer than 3 periods on a side.
    """
    z = _checked(y, y.to_frame(), z)
    if not 0 < trimming < 0.5:
        raise ValueError(f"trimming {trimming}: expected a part between 0 and 0.5")
    n = len(y)
    side = int(n * trimming)
    if side < 3:
        raise ValueError(f"trimming {trimming} of {n} periods leaves {side} on a side: expected at least 3")
    extra = np.empty((n, 0)) if z is None else z.to_numpy(float)
    starts = np.arange(side, n - side + 1)
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((draws, n))
    critical = np.quantile(_trend_statistics(noise, extra, starts)["t0"], 1 - significance)
    m = critical / np.quantile(_trend_statistics(noise.cumsum(axis=1), extra, starts)["t1"], 1 - significance)
    found = {name: values[0] for name, values in _trend_statistics(y.to_numpy(float)[None, :], extra, starts).items()}
    weight = np.exp(-((WEIGHT_SCALE * found["s0"] * found["s1"]) ** 2))
    return TrendBreak(
        statistic=float(weight * found["t0"] + m * (1 - weight) * found["t1"]),
        critical=float(critical),
        significance=significance,
        weight=float(weight),
        t_level=float(found["t0"]),
        t_difference=float(found["t1"]),
        date_level=y.index[starts[int(found["at0"])]],
        date_difference=y.index[starts[int(found["at1"])]],
    )


def _checked(y: pd.Series, x: pd.DataFrame, z: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return `z`, None if it has no column, after checking that all series are complete and go together."""
    index = y.index
    if not isinstance(index, pd.PeriodIndex):
        raise ValueError(f"index of type {type(index).__name__}: expected a PeriodIndex")
    if not len(index):
        raise ValueError("no periods: expected a series")
    whole = pd.period_range(index[0], index[-1], freq=index.freq)
    if not index.equals(whole):
        absent = whole.difference(index)
        raise ValueError(f"{absent[0]}: no such period in the series: expected every period from {index[0]} to {index[-1]}" if len(absent)
                         else f"periods from {index[0]} to {index[-1]}: expected each once, in rising order")
    for name, frame in (("y", y.to_frame()), ("x", x), ("z", z)):
        if frame is None:
            continue
        if not frame.index.equals(index):
            raise ValueError(f"{name}: periods differ from those of y, {index[0]} to {index[-1]}: expected the same")
        wrong = ~np.isfinite(frame.to_numpy(float)).all(axis=1)
        if wrong.any():
            raise ValueError(f"{name}, {index[int(wrong.argmax())]}: expected a finite number")
    return None if z is None or not z.shape[1] else z


def _position(index: pd.PeriodIndex, date: pd.Period) -> int:
    if date not in index[1:]:
        raise ValueError(f"break at {date}: expected a period from {index[1]} to {index[-1]}")
    return index.get_loc(date)


def _wald(y: pd.Series, x: pd.DataFrame, z: pd.DataFrame | None, b: int, lags: int | None) -> WaldTest:
    """The test of `wald_test` at position `b`, arguments checked."""
    k, n = x.shape[1], len(y)
    after = x.to_numpy(float) * (np.arange(n) >= b)[:, None]
    design = np.column_stack([after, x.to_numpy(float), *([] if z is None else [z.to_numpy(float)])])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError(f"break at {y.index[b]}: regressors are collinear: expected {design.shape[1]} independent columns")
    fit = sm.OLS(y.to_numpy(float), design).fit()
    if lags is not None:
        fit = fit.get_robustcov_results("HAC", maxlags=lags, use_correction=True)
    change, covariance = fit.params[:k], fit.cov_params()[:k, :k]
    statistic = float(change @ np.linalg.solve(covariance, change))
    return WaldTest(
        date=y.index[b], statistic=statistic, df=k, df_residual=int(fit.df_resid),
        p_value=float(stats.f.sf(statistic / k, k, fit.df_resid)),
        change=pd.Series(change, x.columns), se=pd.Series(np.sqrt(np.diag(covariance)), x.columns), n_before=b, n_after=n - b,
    )


def _segment_ssr(x: np.ndarray, h: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that maps y to the sums of squares of its regressions on all segments.

    They have shape (n + 1, n + 1): entry (i, j) for periods i to j - 1, infinite if these are fewer than h.
    """
    n, k = x.shape
    # Orthonormal regressors, and residuals of the whole sample, leave the sums as they are and make cumulated products precise.
    x = np.linalg.qr(x)[0] * np.sqrt(n)
    cumulate = lambda products: np.concatenate([np.zeros((1, *products.shape[1:])), products.cumsum(axis=0)])
    i, j = np.triu_indices(n + 1, h)
    xx = cumulate(x[:, :, None] * x[:, None, :])
    moments = xx[j] - xx[i]
    singular = np.linalg.eigvalsh(moments)[:, 0] < 1e-9
    if singular.any():
        first = int(singular.argmax())
        raise ValueError(f"regressors are collinear in periods {i[first] + 1} to {j[first]}: expected {k} independent columns in every regime")
    inverse = np.linalg.inv(moments)

    def sums(y: np.ndarray) -> np.ndarray:
        y = y - x @ (x.T @ y) / n
        xy, yy = cumulate(x * y[:, None]), cumulate(y**2)
        cross = xy[j] - xy[i]
        ssr = np.full((n + 1, n + 1), np.inf)
        ssr[i, j] = yy[j] - yy[i] - (cross * (inverse @ cross[:, :, None])[:, :, 0]).sum(axis=1)
        return ssr

    return sums


def _partitions(ssr: np.ndarray, max_breaks: int) -> list[list[int]]:
    """The starts of the later regimes that minimise the sum, for 0 to `max_breaks` breaks."""
    n = len(ssr) - 1
    best, previous = ssr[0], []
    result = [[]]
    for m in range(1, max_breaks + 1):
        # total[i, j]: the first i periods hold m regimes at their best, periods i to j - 1 are the last one.
        total = best[:, None] + ssr
        previous.append(total.argmin(axis=0))
        best = total.min(axis=0)
        starts, j = [], n
        for choice in reversed(previous):
            j = int(choice[j])
            starts.append(j)
        result.append(starts[::-1])
    return result


def _partial_change(
    y: pd.Series, x: pd.DataFrame, z: pd.DataFrame, sums: Callable[[np.ndarray], np.ndarray], m: int, fewer: list[pd.Period]
) -> list[int]:
    """Starts of the regimes of the partial-change model; `fewer` are the dates of one break less."""
    starts = None
    dates = fewer
    while True:
        delta = sm.OLS(y, segment_design(x, dates, z)).fit().params[z.columns]
        adjusted = y.to_numpy(float) - z.to_numpy(float) @ delta.to_numpy()
        found = _partitions(sums(adjusted), m)[m]
        if found == starts:
            return found
        # Each step lowers the sum of squares, and there are finitely many partitions: the loop ends.
        starts, dates = found, [y.index[b] for b in found]


def _argmax_cdf(v: float, xi: float, phi: float) -> float:
    """Distribution of the location of the maximum of a two-sided Brownian motion with drift (Bai 1997).

    The drift is -|v|/2 and the variance 1 for v < 0; the drift is -xi v/2 and the variance phi for v > 0.
    """
    if v > 0:
        # Time after zero, rescaled, is time before zero of the process with both sides exchanged.
        return 1 - _argmax_cdf(-v * xi**2 / phi, 1 / xi, 1 / phi)
    root, ratio = np.sqrt(-v), xi / phi
    c = (phi + 2 * xi) * phi / ((phi + xi) * xi)
    d = (phi + 2 * xi) ** 2 / ((phi + xi) * xi)
    return float(
        -root / np.sqrt(2 * np.pi) * np.exp(v / 8)
        - c * np.exp(-ratio * (1 + ratio) * v / 2 + stats.norm.logcdf(-(0.5 + ratio) * root))
        + (d - 2 - v / 2) * stats.norm.cdf(-root / 2)
    )


def _argmax_quantile(p: float, xi: float, phi: float) -> float:
    bound = 1.0 if p > _argmax_cdf(0.0, xi, phi) else -1.0
    while (p - _argmax_cdf(bound, xi, phi)) * bound > 0:
        bound *= 2
    return float(optimize.brentq(lambda v: _argmax_cdf(v, xi, phi) - p, *sorted((0.0, bound)), xtol=1e-12))


def _trend_statistics(samples: np.ndarray, z: np.ndarray, starts: np.ndarray) -> dict[str, np.ndarray]:
    """Largest |t|, its position among `starts` and the KPSS statistic there, for levels (0) and differences (1).

    `samples` has shape (draws, n); each value of the result has shape (draws,).
    """
    n = samples.shape[1]
    time = np.arange(n)
    # The trend bends at the last period of the old regime: the first step is made in the new one.
    bends = np.maximum(time[:, None] - starts + 1, 0.0)
    levels = _largest_t(samples, np.column_stack([np.ones(n), time, z]), bends)
    differences = _largest_t(np.diff(samples, axis=1), np.column_stack([np.ones(n - 1), np.diff(z, axis=0)]), np.diff(bends, axis=0))
    return {f"{name}{suffix}": values for suffix, part in enumerate((levels, differences)) for name, values in part.items()}


def _largest_t(samples: np.ndarray, constant: np.ndarray, candidates: np.ndarray) -> dict[str, np.ndarray]:
    """For each sample, the candidate regressor with the largest |t| beside the `constant` regressors.

    The t-value has a long-run variance of the residuals of the same regression.
    """
    n = samples.shape[1]
    lags = int(4 * (n / 100) ** 0.25)
    basis = np.linalg.qr(constant)[0]
    e = samples - samples @ basis @ basis.T
    d = candidates - basis @ (basis.T @ candidates)
    norm = (d**2).sum(axis=0)
    slope = e @ d / norm
    # Residuals are e - slope d; their autocovariances are quadratic in the slope.
    variance = 0.0
    for lag in range(lags + 1):
        product = lambda a, b: (a[lag:] * b[: n - lag]).sum(axis=0)
        bartlett = (1 if lag == 0 else 2) * (1 - lag / (lags + 1)) / n
        mixed = e[:, lag:] @ d[: n - lag] + e[:, : n - lag] @ d[lag:]
        variance = variance + bartlett * (product(e.T, e.T)[:, None] - slope * mixed + slope**2 * product(d, d))
    t = np.abs(slope) * np.sqrt(norm / variance)
    at = t.argmax(axis=1)
    rows = np.arange(len(samples))
    residuals = e - slope[rows, at][:, None] * d.T[at]
    kpss = (residuals.cumsum(axis=1) ** 2).sum(axis=1) / (n**2 * variance[rows, at])
    return {"t": t[rows, at], "at": at, "s": kpss}
