"""Sizes known by class only: what counts and a total bound, and what a size distribution adds.

Classes are three arrays of one length, in rising order: lower limit (included), upper limit (excluded, infinite for an open
class) and the number of units. The lowest limit is the threshold t above which units were counted. Units of size are free;
all sizes and limits are in the same one.

A model gives the probability P(X >= x | X >= t) of a size X, with parameters

=========  ==========================================  ==============================================================
model      parameters                                  P(X >= x | X >= t)
=========  ==========================================  ==============================================================
pareto     alpha > 0                                   (x / t) ** -alpha
lognormal  mu, sigma > 0: mean and standard deviation  Phi((mu - log x) / sigma) / Phi((mu - log t) / sigma)
           of log X before truncation at t
weibull    shape k > 0, scale lambda > 0               exp((t / lambda) ** k - (x / lambda) ** k)
=========  ==========================================  ==============================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import differentiate, optimize, special, stats

MODELS = {"pareto": ("alpha",), "lognormal": ("mu", "sigma"), "weibull": ("shape", "scale")}


@dataclass(frozen=True)
class GroupedFit:
    """A size distribution fitted to class counts by maximum likelihood.

    `parameters`, `standard_errors` and `covariance` (from the observed information) are labelled by parameter;
    `expected` has the fitted count of each class. `log_likelihood` and `saturated` leave out the multinomial
    coefficient, which cancels in `deviance`, G2 = 2 (saturated - log_likelihood). `pearson` is the chi-square statistic.
    Both have `degrees_of_freedom` = classes - 1 - parameters; their p-values are nan if that is zero.
    """

    model: str
    threshold: float
    lower: np.ndarray
    upper: np.ndarray
    counts: np.ndarray
    parameters: pd.Series
    standard_errors: pd.Series
    covariance: pd.DataFrame
    log_likelihood: float
    saturated: float
    deviance: float
    deviance_p: float
    pearson: float
    pearson_p: float
    degrees_of_freedom: int
    expected: np.ndarray


@dataclass(frozen=True)
class TailExponent:
    """An estimate of the exponent of a power law, its standard error and a 95 percent interval.

    `lo` and `hi` are exact for independent draws from a Pareto distribution; `normal_lo` and `normal_hi` use the
    standard error and the normal distribution. `intercept` of the rank-size line is nan for Hill's estimator.
    """

    n: int
    exponent: float
    intercept: float
    standard_error: float
    normal_lo: float
    normal_hi: float
    lo: float
    hi: float


def check_classes(lower: Sequence[float], upper: Sequence[float], counts: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the classes as float arrays of shape (J,).

    Raises
    ------
    ValueError
        Lengths differ, a class is empty or not in order, classes overlap or leave a hole, a limit other than the last
        is not finite, or a count is negative or not whole.
    """
    lower, upper, counts = (np.asarray(values, dtype=float) for values in (lower, upper, counts))
    if not lower.ndim == upper.ndim == counts.ndim == 1 or not len(lower) == len(upper) == len(counts) > 0:
        raise ValueError(f"classes: {lower.shape} lower limits, {upper.shape} upper limits, {counts.shape} counts: expected three lists of one length")
    for j, (low, high, count) in enumerate(zip(lower, upper, counts), 1):
        name = f"class {j}, {low:g} to {high:g}"
        if not (np.isfinite(low) and low < high and (np.isfinite(high) or j == len(lower))):
            raise ValueError(f"{name}: expected a lower limit below the upper one, both finite but for the last upper limit")
        if j < len(lower) and high != lower[j]:
            fault = "overlaps" if high > lower[j] else "leaves a hole before"
            raise ValueError(f"{name}: {fault} class {j + 1}, which begins at {lower[j]:g}: expected classes that join")
        if not (count >= 0 and count == np.floor(count) and np.isfinite(count)):
            raise ValueError(f"{name}: count {count:g}: expected a whole number that is not negative")
    return lower, upper, counts


def mean_bounds(lower: Sequence[float], upper: Sequence[float], counts: Sequence[int]) -> tuple[float, float]:
    """Return the smallest and largest mean that class limits and counts allow.

    Every unit at the lower limit of its class, every unit at the upper limit: no distribution is assumed. The upper
    bound is not attained where upper limits are excluded; it is infinite if the open class holds a unit.

    Raises
    ------
    ValueError
        As `check_classes`, or no units.
    """
    lower, upper, counts = check_classes(lower, upper, counts)
    if counts.sum() == 0:
        raise ValueError("classes: no units in any class: expected at least one")
    return float(counts @ lower / counts.sum()), float(_total(upper, counts) / counts.sum())


def share_bounds(lower: Sequence[float], upper: Sequence[float], counts: Sequence[int], total: float) -> pd.DataFrame:
    """Return the sharp bounds on the part of the total that the largest units hold.

    Let G be the units of the classes from some limit upwards and R the rest. Sizes within their class limits that add
    up to the total T leave

        max(sum_G n l, T - sum_R n u)  <=  total of G  <=  min(sum_G n u, T - sum_R n l),

    and every value between is possible, because a sum of intervals is an interval. A bound that needs a size at an
    excluded upper limit is approached, not attained.

    The DataFrame returned has one row for each lower limit (index), with columns `units` (in this class and above),
    `total_lo`, `total_hi` (unit of the total), `share_lo` and `share_hi` (parts of one).

    Parameters
    ----------
    lower, upper, counts
        Classes, see the head of this module.
    total
        Sum of all sizes.

    Raises
    ------
    ValueError
        As `check_classes`, or no sizes within the class limits add up to the total.
    """
    lower, upper, counts = check_classes(lower, upper, counts)
    least, most = counts @ lower, _total(upper, counts)
    if not least <= total <= most:
        raise ValueError(f"total {total:g}: the class limits allow {least:g} to {most:g}: expected a total between them")
    rows = []
    for j in range(len(lower)):
        low = max(counts[j:] @ lower[j:], total - _total(upper[:j], counts[:j]))
        high = min(_total(upper[j:], counts[j:]), total - counts[:j] @ lower[:j])
        rows.append({"units": int(counts[j:].sum()), "total_lo": low, "total_hi": high, "share_lo": low / total, "share_hi": high / total})
    return pd.DataFrame(rows, index=pd.Index(lower, name="lower"))


def log_survival(model: str, x: np.ndarray, parameters: Sequence[float], threshold: float) -> np.ndarray:
    """Return log P(X >= x | X >= threshold) for sizes x >= threshold; parameters in the order of `MODELS`."""
    _check_model(model)
    x = np.asarray(x, dtype=float)
    if model == "pareto":
        (alpha,) = parameters
        return -alpha * np.log(x / threshold)
    if model == "lognormal":
        mu, sigma = parameters
        return special.log_ndtr((mu - np.log(x)) / sigma) - special.log_ndtr((mu - np.log(threshold)) / sigma)
    shape, scale = parameters
    return (threshold / scale) ** shape - (x / scale) ** shape


def partial_mean(model: str, x: float, parameters: Sequence[float], threshold: float) -> float:
    """Return E[X 1(X >= x) | X >= threshold], the mean that sizes of at least x contribute; at x = threshold, the mean.

    Infinite for a Pareto distribution with alpha <= 1.
    """
    _check_model(model)
    if model == "pareto":
        (alpha,) = parameters
        return float(threshold * alpha / (alpha - 1) * (x / threshold) ** (1 - alpha)) if alpha > 1 else np.inf
    if model == "lognormal":
        mu, sigma = parameters
        above = special.log_ndtr((mu + sigma**2 - np.log(x)) / sigma) - special.log_ndtr((mu - np.log(threshold)) / sigma)
        return float(np.exp(mu + sigma**2 / 2 + above))
    shape, scale = parameters
    a = 1 + 1 / shape
    return float(scale * np.exp((threshold / scale) ** shape) * special.gamma(a) * special.gammaincc(a, (x / scale) ** shape))


def draw(model: str, n: int, parameters: Sequence[float], threshold: float, rng: np.random.Generator) -> np.ndarray:
    """Return n independent sizes above the threshold, by inversion of the survival function."""
    _check_model(model)
    uniform = 1 - rng.random(n)  # in (0, 1]
    if model == "pareto":
        (alpha,) = parameters
        return threshold * uniform ** (-1 / alpha)
    if model == "lognormal":
        mu, sigma = parameters
        return np.exp(mu - sigma * special.ndtri(uniform * special.ndtr((mu - np.log(threshold)) / sigma)))
    shape, scale = parameters
    return scale * ((threshold / scale) ** shape - np.log(uniform)) ** (1 / shape)


def log_likelihood(model: str, lower: np.ndarray, upper: np.ndarray, counts: np.ndarray, parameters: Sequence[float]) -> float:
    """Return sum_j n_j log p_j with p_j = P(lower_j <= X < upper_j | X >= lower_1), without the multinomial coefficient."""
    return float(special.xlogy(counts, _probabilities(model, lower, upper, parameters)).sum())


def fit_grouped(model: str, lower: Sequence[float], upper: Sequence[float], counts: Sequence[int], threshold: float) -> GroupedFit:
    """Fit a size distribution to class counts by multinomial maximum likelihood.

    Parameters
    ----------
    model
        ``"pareto"``, ``"lognormal"`` or ``"weibull"``, each above the threshold (head of this module).
    lower, upper, counts
        J classes; the last one may be open.
    threshold
        Size above which units were counted: the lower limit of the first class.

    Returns
    -------
    GroupedFit
        Standard errors are from the inverse of the observed information, differentiated numerically. They are for a
        population from which the counted units are draws; the counts themselves may be complete.

    Raises
    ------
    ValueError
        As `check_classes`; an unknown model; a threshold that is not positive or not the first lower limit; a last class that is not
        open; too few classes with units in them for the parameters; a likelihood without a maximum at finite parameters.
    """
    lower, upper, counts = check_classes(lower, upper, counts)
    _check_model(model)
    if threshold != lower[0] or threshold <= 0:
        raise ValueError(f"threshold {threshold:g}: the first class begins at {lower[0]:g}: expected the same positive number")
    if np.isfinite(upper[-1]):
        raise ValueError(f"class {len(upper)}: ends at {upper[-1]:g}: expected the last class to be open, its upper limit infinite")
    names = MODELS[model]
    filled = int((counts > 0).sum())
    if filled < len(names) + 1:
        raise ValueError(f"model {model!r}: {filled} classes with units: expected at least {len(names) + 1} for {len(names)} parameters")
    theta, half_deviance = _maximise(model, lower, upper, counts)
    # In units of each parameter (mu is in logarithms already), so that one step fits all. hessian() asks for many parameter
    # vectors at once, one a column.
    unit = np.where(_positive(model), theta, 1)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        information = -differentiate.hessian(
            lambda steps: np.apply_along_axis(lambda step: log_likelihood(model, lower, upper, counts, theta + unit * step), 0, steps),
            np.zeros(len(theta)), initial_step=0.05,
        ).ddf
    if not np.isfinite(information).all() or np.linalg.eigvalsh(information).min() <= 0:
        raise _no_maximum(model, counts)
    covariance = unit[:, None] * np.linalg.inv(information) * unit
    expected = counts.sum() * _probabilities(model, lower, upper, theta)
    deviance = 2 * half_deviance
    pearson = float(((counts - expected) ** 2 / expected).sum())
    df = len(counts) - 1 - len(names)
    saturated = float(special.xlogy(counts, counts / counts.sum()).sum())
    p_value = lambda statistic: float(stats.chi2.sf(statistic, df)) if df else np.nan
    return GroupedFit(
        model=model, threshold=float(threshold), lower=lower, upper=upper, counts=counts,
        parameters=pd.Series(theta, index=names), standard_errors=pd.Series(np.sqrt(np.diag(covariance)), index=names),
        covariance=pd.DataFrame(covariance, index=names, columns=names), log_likelihood=saturated - half_deviance, saturated=saturated,
        deviance=deviance, deviance_p=p_value(deviance), pearson=pearson, pearson_p=p_value(pearson), degrees_of_freedom=df, expected=expected,
    )


def bootstrap(fit: GroupedFit, rival: str, replications: int, rng: np.random.Generator, each: Callable = map) -> pd.DataFrame:
    """Draw populations from a fitted model and estimate each anew from its class counts (parametric bootstrap).

    The DataFrame returned has one row a replication: the parameters estimated anew, `deviance` and `rival_deviance` (G2 of
    both models), and `realised_mean`, the mean of the sizes drawn (unit of size).

    Parameters
    ----------
    fit
        The model that is taken as true; as many units are drawn as were counted.
    rival
        Another model of `MODELS`, estimated on the same counts.
    each
        `map`, or that of an executor, such as ``client.get_executor().map`` of Dask: where the replications are estimated. All are drawn here
        before, so that nothing else depends on it.

    Raises
    ------
    ValueError
        The rival is no model, or a replication has no maximum at finite parameters.
    """
    _check_model(rival)
    edges = np.append(fit.lower, fit.upper[-1])
    counts, means = [], []
    for _ in range(replications):
        sizes = draw(fit.model, int(fit.counts.sum()), fit.parameters, fit.threshold, rng)
        counts.append(np.histogram(sizes, edges)[0].astype(float))
        means.append(sizes.mean())
    rows = [(*estimated, mean) for estimated, mean in zip(each(partial(_estimate_both, fit, rival), counts), means, strict=True)]
    return pd.DataFrame(rows, columns=[*MODELS[fit.model], "deviance", "rival_deviance", "realised_mean"])


def _estimate_both(fit: GroupedFit, rival: str, counts: np.ndarray) -> tuple[float, ...]:
    """Parameters of the model of `fit` estimated from class counts, and the deviances of it and of its rival."""
    theta, half_deviance = _maximise(fit.model, fit.lower, fit.upper, counts)
    return *theta, 2 * half_deviance, 2 * _maximise(rival, fit.lower, fit.upper, counts)[1]


def rank_size(sizes: Sequence[float], rng: np.random.Generator) -> TailExponent:
    """Estimate a power-law exponent by the regression log(rank - 1/2) = a - b log(size).

    Gabaix and Ibragimov (2011), Journal of Business & Economic Statistics 29(1), 24-39: the shift of one half removes the
    leading bias of b in small samples, and the standard error is b sqrt(2/n), not that of least squares.

    Parameters
    ----------
    sizes
        The n >= 3 largest sizes, shape (n,), in any order.
    rng
        For the exact interval. Under a Pareto distribution log sizes are exponential up to location and the factor
        1/alpha, so that the distribution of b/alpha depends on n only; it is taken from 100,000 draws.

    Raises
    ------
    ValueError
        Fewer than three sizes, a size that is not positive and finite, or all sizes equal.
    """
    logs = np.sort(np.log(_tail(sizes, 3)))[::-1]
    n = len(logs)
    b, intercept = _rank_slope(logs[None])
    pivot = _rank_slope(-np.sort(-rng.exponential(size=(100_000, n)), axis=1))[0]
    low, high = np.quantile(pivot, [0.025, 0.975])
    return _exponent(n, float(b[0]), float(intercept[0]), float(b[0] * np.sqrt(2 / n)), b[0] / high, b[0] / low)


def hill(sizes: Sequence[float], cut: float) -> TailExponent:
    """Estimate a power-law exponent by maximum likelihood above a known cut: n / sum log(size / cut) (Hill 1975).

    Exact interval: 2 n alpha / estimate is chi-square with 2 n degrees of freedom under a Pareto distribution.

    Raises
    ------
    ValueError
        Fewer than two sizes, a size below the cut, or all sizes equal to it.
    """
    sizes = _tail(sizes, 2)
    if not 0 < cut <= sizes.min() or cut == sizes.max():
        raise ValueError(f"cut {cut:g}: sizes from {sizes.min():g} to {sizes.max():g}: expected a positive cut that no size is below")
    n = len(sizes)
    alpha = n / np.log(sizes / cut).sum()
    low, high = stats.chi2.ppf([0.025, 0.975], 2 * n) / (2 * n)
    return _exponent(n, float(alpha), np.nan, float(alpha / np.sqrt(n)), alpha * low, alpha * high)


def _exponent(n: int, exponent: float, intercept: float, standard_error: float, lo: float, hi: float) -> TailExponent:
    margin = stats.norm.ppf(0.975) * standard_error
    return TailExponent(n, exponent, intercept, standard_error, float(exponent - margin), float(exponent + margin), float(lo), float(hi))


def _tail(sizes: Sequence[float], least: int) -> np.ndarray:
    sizes = np.asarray(sizes, dtype=float)
    if sizes.ndim != 1 or len(sizes) < least:
        raise ValueError(f"sizes: shape {sizes.shape}: expected a list of at least {least}")
    for place, size in enumerate(sizes, 1):
        if not 0 < size < np.inf:
            raise ValueError(f"size {place}: {size:g}: expected a positive, finite size")
    if sizes.min() == sizes.max():
        raise ValueError(f"sizes: all {sizes[0]:g}: expected sizes that differ")
    return sizes


def _rank_slope(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least-squares slope (sign reversed) and intercept of log(rank - 1/2) on log sizes, rows in falling order."""
    y = np.log(np.arange(1, logs.shape[1] + 1) - 0.5)
    x = logs - logs.mean(axis=1, keepdims=True)
    b = -(x @ (y - y.mean())) / (x**2).sum(axis=1)
    return b, y.mean() + b * logs.mean(axis=1)


def _maximise(model: str, lower: np.ndarray, upper: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the parameters with the largest likelihood and half the deviance there."""
    positive = _positive(model)
    held = counts > 0
    shares = counts[held] / counts.sum()

    def natural(free: np.ndarray) -> np.ndarray:
        theta = free.copy()
        theta[positive] = np.exp(free[positive])
        return theta

    def half_deviance(free: np.ndarray) -> float:
        # Near zero at the maximum, where the log-likelihood itself would lose digits.
        return float(counts[held] @ np.log(shares / _probabilities(model, lower, upper, natural(free))[held]))

    start = _start(model, lower, upper, counts)
    start[positive] = np.log(start[positive])
    # The search may try parameters far out, where a probability underflows; such a point is not the maximum.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = optimize.minimize(half_deviance, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 2000})
    if not found.success or not np.isfinite(found.fun):
        raise _no_maximum(model, counts)
    return natural(found.x), float(found.fun)


def _no_maximum(model: str, counts: np.ndarray) -> ValueError:
    return ValueError(f"model {model!r}, {counts.sum():g} units in {len(counts)} classes: the likelihood has no maximum at finite parameters")


def _positive(model: str) -> np.ndarray:
    """Which parameters have to be positive; they are estimated in logarithms."""
    return np.array([name != "mu" for name in MODELS[model]])


def _check_model(model: str) -> None:
    if model not in MODELS:
        raise ValueError(f"model {model!r}: expected one of {list(MODELS)}")


def _total(limits: np.ndarray, counts: np.ndarray) -> float:
    """Sum of counts times limits, where no unit times infinity is nothing."""
    held = counts > 0
    return float(counts[held] @ limits[held])


def _probabilities(model: str, lower: np.ndarray, upper: np.ndarray, parameters: Sequence[float]) -> np.ndarray:
    """P(lower_j <= X < upper_j | X >= lower_1)."""
    # Classes join, so that each limit but the ends serves two of them.
    log_s = log_survival(model, np.append(lower, upper[-1]), parameters, lower[0])
    return np.exp(log_s[:-1]) * -np.expm1(np.diff(log_s))


def _start(model: str, lower: np.ndarray, upper: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Where the search begins: moments of the logarithm, units at the geometric middle of their class, the open one as wide as the first."""
    middle = np.log(lower) + np.log(np.where(np.isfinite(upper), upper, lower * upper[0] / lower[0]) / lower) / 2
    mean = np.average(middle, weights=counts)
    deviation = np.sqrt(np.average((middle - mean) ** 2, weights=counts))
    if model == "pareto":
        return np.array([1 / (mean - np.log(lower[0]))])
    if model == "lognormal":
        return np.array([mean, deviation])
    # The standard deviation of the logarithm of a Weibull variable is pi / (sqrt(6) shape).
    return np.array([np.pi / np.sqrt(6) / deviation, np.exp(mean)])
