"""Spatial correlation: weights, Moran's I, tests of residuals, the spatial error model, Conley's covariance.

Weights are n x n arrays W with a zero diagonal; row i holds the weights of the units that i is compared with. The
functions that make them standardise rows: a row adds up to one, or to zero for a unit without neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import optimize, stats

EARTH_RADIUS_KM = 6371.0088  # mean radius


@dataclass(frozen=True)
class Moran:
    """Moran's I of a variable or of residuals.

    `expected` and `std_error` are the moments of `statistic` if there is no spatial correlation, `z` the distance in
    standard errors. `p_value` is two-sided: from permutations for a variable, from the normal distribution or from drawn
    errors for residuals.
    """

    statistic: float
    expected: float
    std_error: float
    z: float
    p_value: float


@dataclass(frozen=True)
class SpatialError:
    """Maximum likelihood estimates of the spatial error model ``y = X b + u``, ``u = r W u + e``.

    `params` (k) and `covariance` (k x k) are those of b; `correlation` is r with its asymptotic `std_error`; `residuals` (n)
    are those of e. `likelihood_ratio` is chi-squared with one degree of freedom if r is zero.
    """

    params: np.ndarray
    covariance: np.ndarray
    correlation: float
    std_error: float
    residuals: np.ndarray
    log_likelihood: float
    likelihood_ratio: float


def great_circle(longitude: Sequence[float], latitude: Sequence[float]) -> np.ndarray:
    """Return distances in km (n x n) between points given in degrees east and north, by the haversine formula on a sphere.

    Raises `ValueError` for a coordinate that is missing or out of range.
    """
    degrees = np.column_stack([longitude, latitude]).astype(float)
    wrong = ~(np.abs(degrees) <= [180, 90]).all(axis=1)
    if wrong.any():
        raise ValueError(f"point {wrong.argmax()}: {degrees[wrong.argmax()].tolist()}: expected degrees east and north")
    east, north = np.radians(degrees).T
    chord = np.sin((north[:, None] - north) / 2) ** 2 + np.cos(north[:, None]) * np.cos(north) * np.sin((east[:, None] - east) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1)))


def nearest(distances: np.ndarray, count: int) -> np.ndarray:
    """Return weights of 1/count for the `count` nearest others of each unit; not symmetric.

    Raises `ValueError` for a count that is not between 1 and n - 1, or if two units tie for the last place.
    """
    n = len(distances)
    if not 1 <= count < n:
        raise ValueError(f"{count} neighbours among {n} units: expected between 1 and {n - 1}")
    others = np.where(np.eye(n, dtype=bool), np.inf, distances)
    ordered = np.sort(others, axis=1)
    if count < n - 1 and (ordered[:, count] == ordered[:, count - 1]).any():
        unit = int((ordered[:, count] == ordered[:, count - 1]).argmax())
        raise ValueError(f"unit {unit}: two others at {ordered[unit, count]} km: expected no tie for neighbour {count}")
    return (others <= ordered[:, [count - 1]]) / count


def inverse_distance(distances: np.ndarray, cutoff: float) -> np.ndarray:
    """Return weights in proportion to 1/distance up to `cutoff` (in the unit of the distances), rows standardised.

    Raises `ValueError` for two units at one place.
    """
    off = ~np.eye(len(distances), dtype=bool)
    if (distances[off] <= 0).any():
        unit = int(((distances <= 0) & off).any(axis=1).argmax())
        raise ValueError(f"unit {unit}: another at distance 0: expected different places")
    near = off & (distances <= cutoff)
    return _standardise(np.divide(1.0, distances, out=np.zeros(distances.shape), where=near))


def same_group(groups: Sequence) -> np.ndarray:
    """Return weights that are equal among the other members of a unit's group, such as a province; rows standardised."""
    codes, _ = pd.factorize(np.asarray(groups))
    return _standardise(((codes[:, None] == codes) & ~np.eye(len(codes), dtype=bool)).astype(float))


def moran(values: Sequence[float], weights: np.ndarray, *, permutations: int, seed: int) -> Moran:
    """Return Moran's I of a variable, ``(n / S0) z'Wz / z'z`` with z the deviations from the mean and S0 the sum of weights.

    Moments under randomisation (Cliff and Ord 1981). The p-value is the share of random orders, the sample's own among
    them, whose I is at least as far from its expectation.

    Raises `ValueError` for a value that is missing, values that are all equal, or weights of another shape.
    """
    z = _finite(values)
    _check_weights(weights, len(z))
    z = z - z.mean()
    if not (z**2).sum() > 0:
        raise ValueError("values that are all equal: expected some that differ")
    n, total = len(z), weights.sum()
    s1 = ((weights + weights.T) ** 2).sum() / 2
    s2 = ((weights.sum(axis=0) + weights.sum(axis=1)) ** 2).sum()
    kurtosis = n * (z**4).sum() / (z**2).sum() ** 2
    expected = -1 / (n - 1)
    square = (
        n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * total**2) - kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * total**2)
    ) / ((n - 1) * (n - 2) * (n - 3) * total**2)
    std_error = np.sqrt(square - expected**2)
    scale = n / total / (z @ z)
    statistic = scale * z @ weights @ z
    rng = np.random.default_rng(seed)
    orders = rng.permuted(np.tile(z, (permutations, 1)), axis=1)
    drawn = scale * np.einsum("ij,ij->i", orders @ weights, orders)
    far = np.abs(drawn - expected) >= np.abs(statistic - expected) - 1e-12
    return Moran(statistic, expected, std_error, (statistic - expected) / std_error, (1 + far.sum()) / (1 + permutations))


def residual_moran(y: Sequence[float], x: np.ndarray, weights: np.ndarray) -> Moran:
    """Return Moran's I of least-squares residuals with its moments for independent normal errors (Cliff and Ord 1981).

    `y` (n), `x` (n x k, with the constant). Errors as in `lagrange_multipliers`.
    """
    y, x = _regression(y, x, weights)
    n, k = x.shape
    residuals, maker = _residuals(y, x)
    product = maker @ weights
    scale, trace = n / weights.sum(), np.trace(product)
    expected = scale * trace / (n - k)
    # tr(MWMW') = tr(MW (MW)') because M is idempotent and symmetric.
    square = scale**2 * ((product @ maker * weights).sum() + (product * product.T).sum() + trace**2) / ((n - k) * (n - k + 2))
    std_error = np.sqrt(square - expected**2)
    statistic = scale * residuals @ weights @ residuals / (residuals @ residuals)
    z = (statistic - expected) / std_error
    return Moran(statistic, expected, std_error, z, 2 * stats.norm.sf(abs(z)))


def residual_moran_draws(x: np.ndarray, weights: np.ndarray, *, draws: int, seed: int) -> np.ndarray:
    """Return Moran's I of the residuals of `draws` outcomes that are independent normal errors, the design `x` (n x k) as given.

    Errors as in `lagrange_multipliers`.
    """
    errors = np.random.default_rng(seed).standard_normal((len(x), draws))
    _, x = _regression(errors[:, 0], x, weights)
    residuals, _ = _residuals(errors, x)
    return len(x) / weights.sum() * (residuals * (weights @ residuals)).sum(axis=0) / (residuals**2).sum(axis=0)


def simulated_residual_moran(y: Sequence[float], x: np.ndarray, weights: np.ndarray, *, draws: int, seed: int) -> Moran:
    """Return `residual_moran` with a p-value from `residual_moran_draws`, for samples too small for the normal distribution.

    It is twice the smaller tail, the sample's own statistic among the draws: exact for normal errors, up to the number of
    draws, because the distribution depends on `x` and `weights` only. Errors as in `lagrange_multipliers`.
    """
    found = residual_moran(y, x, weights)
    drawn = residual_moran_draws(x, weights, draws=draws, seed=seed)
    # A tolerance: equal statistics computed in another order of addition are ties.
    smaller = min((drawn <= found.statistic + 1e-12).sum(), (drawn >= found.statistic - 1e-12).sum())
    return replace(found, p_value=min(2 * (1 + smaller) / (1 + draws), 1.0))


def lagrange_multipliers(y: Sequence[float], x: np.ndarray, weights: np.ndarray) -> pd.DataFrame:
    """Test least squares against a spatial error and a spatial lag (Anselin, Bera, Florax and Yoon 1996).

    Rows ``error``, ``lag``, ``robust error`` and ``robust lag`` (each robust to the other, locally); columns ``statistic``,
    chi-squared with one degree of freedom, and ``p_value``.

    Raises `ValueError` for a number that is missing, collinear columns, shapes that do not fit, or weights with a
    diagonal that is not zero.
    """
    y, x = _regression(y, x, weights)
    n = len(y)
    residuals, maker = _residuals(y, x)
    variance = residuals @ residuals / n
    trace = (weights * weights).sum() + (weights * weights.T).sum()
    lagged_fit = weights @ (y - residuals)
    information = lagged_fit @ maker @ lagged_fit / variance + trace
    error, lag = residuals @ weights @ residuals / variance, residuals @ weights @ y / variance
    statistics = pd.Series({
        "error": error**2 / trace,
        "lag": lag**2 / information,
        "robust error": (error - trace / information * lag) ** 2 / (trace * (1 - trace / information)),
        "robust lag": (lag - error) ** 2 / (information - trace),
    })
    return pd.DataFrame({"statistic": statistics, "p_value": stats.chi2.sf(statistics, 1)})


def error_model(y: Sequence[float], x: np.ndarray, weights: np.ndarray) -> SpatialError:
    """Fit the spatial error model by maximum likelihood with normal errors (Ord 1975; Anselin 1988).

    With ``A = I - r W`` the likelihood is concentrated over b and the variance; r is searched between the inverses of the
    smallest and the largest real eigenvalue of W. Parameters and errors as in `lagrange_multipliers`.
    """
    y, x = _regression(y, x, weights)
    n = len(y)
    eigenvalues = np.linalg.eigvals(weights)
    real = eigenvalues.real[np.abs(eigenvalues.imag) < 1e-9]

    def fit(r: float):
        ys, xs = y - r * weights @ y, x - r * weights @ x
        params = np.linalg.lstsq(xs, ys, rcond=None)[0]
        e = ys - xs @ params
        variance = e @ e / n
        return params, xs, e, variance, -n / 2 * (np.log(2 * np.pi * variance) + 1) + np.log(np.abs(1 - r * eigenvalues)).sum()

    margin = 1e-6
    lower, upper = 1 / real.min() + margin, 1 / real.max() - margin
    r = optimize.minimize_scalar(lambda r: -fit(r)[-1], bounds=(lower, upper), method="bounded", options={"xatol": 1e-10}).x
    params, xs, e, variance, likelihood = fit(r)
    spread = weights @ np.linalg.inv(np.eye(n) - r * weights)
    information = np.array([[(spread * spread.T).sum() + (spread * spread).sum(), np.trace(spread) / variance], [np.trace(spread) / variance, n / (2 * variance**2)]])
    return SpatialError(
        params=params,
        covariance=variance * np.linalg.inv(xs.T @ xs),
        correlation=float(r),
        std_error=float(np.sqrt(np.linalg.inv(information)[0, 0])),
        residuals=e,
        log_likelihood=likelihood,
        likelihood_ratio=2 * (likelihood - fit(0.0)[-1]),
    )


def conley(x: np.ndarray, residuals: Sequence[float], distances: np.ndarray, cutoff: float) -> np.ndarray:
    """Return the k x k covariance of least-squares coefficients when errors are correlated over space (Conley 1999).

    ``n / (n - k) (X'X)^-1 (sum_ij K(d_ij) e_i e_j x_i x_j') (X'X)^-1`` with the Bartlett weight ``K(d) = max(1 - d / cutoff, 0)``
    in distance. `x` (n x k, with the constant), `residuals` (n), `distances` (n x n); errors count as uncorrelated from
    `cutoff` on, in the unit of the distances. A cutoff below the smallest distance gives HC1. Weights of this form need not
    give a positive variance; a negative one is refused.

    Raises `ValueError` for a number that is missing, collinear columns, shapes that do not fit, distances that are not, a
    cutoff that is not positive, or a negative variance.
    """
    distances = _finite(distances)
    if distances.shape != (len(residuals), len(residuals)):
        raise ValueError(f"distances of shape {distances.shape} for {len(residuals)} residuals: expected {(len(residuals), len(residuals))}")
    if (distances < 0).any() or np.diagonal(distances).any() or not np.allclose(distances, distances.T):
        raise ValueError("distances: expected a symmetric matrix, no number negative, a zero diagonal")
    if not 0 < cutoff < np.inf:
        raise ValueError(f"cutoff {cutoff}: expected a positive, finite distance")
    residuals, x = _design(residuals, x)
    n, k = x.shape
    scores = x * residuals[:, None]
    bread = np.linalg.inv(x.T @ x)
    covariance = n / (n - k) * bread @ scores.T @ np.maximum(1 - distances / cutoff, 0) @ scores @ bread
    if (np.diagonal(covariance) < 0).any():
        raise ValueError(f"cutoff {cutoff}: variance of coefficient {np.diagonal(covariance).argmin()} is negative: expected another cutoff")
    return covariance


def _standardise(weights: np.ndarray) -> np.ndarray:
    sums = weights.sum(axis=1, keepdims=True)
    return np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)


def _finite(values: Sequence[float]) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if not np.isfinite(values).all():
        place = np.argwhere(~np.isfinite(values))[0].tolist()
        raise ValueError(f"value at {place}: expected a finite number")
    return values


def _check_weights(weights: np.ndarray, n: int) -> None:
    if weights.shape != (n, n):
        raise ValueError(f"weights of shape {weights.shape} for {n} units: expected {(n, n)}")
    if not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() == 0:
        raise ValueError("weights: expected finite numbers, none negative, some positive")
    if np.diagonal(weights).any():
        raise ValueError(f"weights: unit {np.diagonal(weights).nonzero()[0][0]} has itself as a neighbour: expected a zero diagonal")


def _regression(y: Sequence[float], x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, x = _design(y, x)
    _check_weights(weights, len(y))
    return y, x


def _design(y: Sequence[float], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, x = _finite(y), _finite(x)
    if x.ndim != 2 or len(x) != len(y) or x.shape[1] >= len(y):
        raise ValueError(f"regressors of shape {x.shape} for {len(y)} outcomes: expected one row an outcome and fewer columns")
    rank = np.linalg.matrix_rank(x)
    if rank < x.shape[1]:
        raise ValueError(f"regressors of rank {rank}: expected {x.shape[1]}, no collinear columns")
    return y, x


def _residuals(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least-squares residuals (n, or n x m for m outcomes) and the matrix that makes them (n x n)."""
    q, _ = np.linalg.qr(x)
    return y - q @ (q.T @ y), np.eye(len(y)) - q @ q.T
