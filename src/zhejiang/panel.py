"""Inference in a panel with two-way fixed effects and few clusters: what linearmodels and statsmodels lack."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

# Webb's six points have the mean and variance of Rademacher's two, and give few clusters many more vectors.
WEIGHTS = {
    "rademacher": np.array([-1.0, 1.0]),
    "webb": np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)]),
}
# Draws whose statistic equals the sample's but for the last bits of a sum count as equal.
SLACK = 1e-9


@dataclass(frozen=True)
class WildClusterBootstrap:
    """A coefficient of a two-way fixed-effects regression with wild cluster bootstrap inference.

    `estimate`, `std_error`, `lo` and `hi` are in units of the outcome per unit of the regressor. `std_error` is
    cluster-robust with the factor of `wild_cluster_bootstrap`; `t` is `estimate / std_error`. `p_value` tests that
    the coefficient is zero. `lo` and `hi` hold the values that the same bootstrap does not reject; an end is
    infinite where no value on that side, up to 1,024 standard errors off, is rejected. `draws` is the number of weight
    vectors used; `exact` says that they are all there are, so that p-value and interval have no simulation error.
    """

    estimate: float
    std_error: float
    t: float
    p_value: float
    lo: float
    hi: float
    level: float
    observations: int
    clusters: int
    draws: int
    exact: bool


def wild_cluster_bootstrap(
    panel: pd.DataFrame,
    outcome: str,
    regressor: str,
    controls: Sequence[str] = (),
    *,
    draws: int = 9999,
    weights: str = "rademacher",
    level: float = 0.95,
    seed: int,
) -> WildClusterBootstrap:
    """Test one coefficient of a two-way fixed-effects regression by the wild cluster bootstrap.

    The restricted wild cluster bootstrap-t (WCR) of Cameron, Gelbach and Miller (2008): residuals are those of the
    regression with the null imposed; each cluster's are multiplied by one random weight; the cluster-robust t of each
    draw is compared with the sample's. The p-value is the share of draws whose absolute t is at least as large. The
    interval ends where the test of a value, with the same weights, turns from not rejecting to rejecting.

    Parameters
    ----------
    panel
        One row an observation, indexed by (entity, time), as linearmodels takes it. Entities are the clusters. The
        panel need not be balanced.
    outcome, regressor, controls
        Columns without empty cells. Entity and time effects are added.
    draws
        Random weight vectors. Where no more vectors exist (``2 ** clusters <= draws`` for Rademacher weights), each is used
        once, and the result is exact.
    weights
        ``"rademacher"`` (-1 or 1) or ``"webb"`` (six points).
    level
        Coverage of the interval.
    seed
        Of the `numpy.random.default_rng` that draws the weights.

    Returns
    -------
    WildClusterBootstrap

    Raises
    ------
    ValueError
        A column that is not there, an index that does not name an entity and a time in each row, a duplicated pair, an
        empty or infinite value, fewer than two clusters, a regressor or an outcome that the effects and controls explain,
        or no degrees of freedom; unknown weights, a level outside 0 to 1, no draws.

    Notes
    -----
    With M the residual maker of effects and controls, x = M times the regressor, and n rows, G clusters and K
    coefficients (effects counted), the standard error is

    ``sqrt(c * sum_g (x_g' u_g)**2) / (x'x)``, ``c = G / (G - 1) * (n - 1) / (n - K)``,

    which is linearmodels' ``PanelOLS`` with ``cov_type="clustered", cluster_entity=True, group_debias=True`` and
    sandwich's ``vcovCL(type = "HC1")`` on the dummy regression. The factor cancels in p-value and interval. Scores
    of a draw are linear in its weights, so that all draws take one matrix product (Roodman, Nielsen, MacKinnon and Webb
    2019).

    References
    ----------
    Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90(3), 414-427.
    Roodman, Nielsen, MacKinnon and Webb (2019), Stata Journal 19(1), 4-60.
    Webb (2013), Queen's Economics Department Working Paper 1315: the six points.
    """
    if weights not in WEIGHTS:
        raise ValueError(f"weights {weights!r}: expected one of {tuple(WEIGHTS)}")
    if not 0 < level < 1:
        raise ValueError(f"level {level}: expected a number between 0 and 1")
    if draws < 1:
        raise ValueError(f"draws {draws}: expected at least 1")
    _check(panel, [outcome, regressor, *controls])
    entity, entities = pd.factorize(panel.index.get_level_values(0))
    time, times = pd.factorize(panel.index.get_level_values(1))
    n, clusters = len(panel), len(entities)
    others = np.column_stack([
        np.eye(clusters)[entity], np.eye(len(times))[time][:, 1:], panel[list(controls)].to_numpy(dtype=float)
    ])
    basis = _basis(others)
    raw_x, raw_y = panel[regressor].to_numpy(dtype=float), panel[outcome].to_numpy(dtype=float)

    def partial(v: np.ndarray) -> np.ndarray:
        return v - basis @ (basis.T @ v)

    x, y = partial(raw_x), partial(raw_y)
    for column, left, whole in ((regressor, x, raw_x), (outcome, y, raw_y)):
        if left @ left <= 1e-16 * (whole @ whole):
            raise ValueError(f"column {column!r}: entity effects, time effects and controls explain all of it")
    parameters = basis.shape[1] + 1
    if n <= parameters:
        raise ValueError(f"panel: {n} rows: expected more than the {parameters} coefficients")

    member = np.eye(clusters)[:, entity]  # G x n
    xx = x @ x
    estimate = x @ y / xx
    residual = y - estimate * x
    spread = np.sqrt(np.sum((member @ (x * residual)) ** 2))  # standard error times x'x, without c
    std_error = np.sqrt(clusters / (clusters - 1) * (n - 1) / (n - parameters)) * spread / xx

    # For residuals u under the null, column g is what a unit weight on cluster g adds to the clusters' scores x_h' u*_h
    # in the regression on a draw. Residuals are those at the estimate less (null - estimate) x, so that the matrices for both
    # serve every null; those at the estimate are small, which leaves nothing to cancel.
    def influence(u: np.ndarray) -> np.ndarray:
        drawn = partial(member.T * u[:, None])  # n x G
        return member @ (x[:, None] * (drawn - np.outer(x, x @ drawn) / xx))

    vectors, exact = _weight_vectors(clusters, draws, weights, seed)  # G x draws
    # What depends on the draws and not on the null: sums of scores, and the parts of their squares, quadratic in the null.
    moved_u, moved_x = (member @ (x * residual)) @ vectors, (member @ (x * x)) @ vectors
    drawn_u, drawn_x = influence(residual) @ vectors, influence(x) @ vectors
    square_u, product, square_x = (np.sum(a * b, axis=0) for a, b in ((drawn_u, drawn_u), (drawn_u, drawn_x), (drawn_x, drawn_x)))

    def p_value(null: float) -> float:
        off = null - estimate
        moved = np.abs(moved_u - off * moved_x)  # distance of a draw's estimate from the null, times x'x
        spreads = np.sqrt(square_u - 2 * off * product + off**2 * square_x)
        own = abs(off) * xx / spread
        return float(np.mean(moved >= own * (1 - SLACK) * spreads))

    lo, hi = (_bound(p_value, estimate, sign * std_error, 1 - level) for sign in (-1, 1))
    return WildClusterBootstrap(
        estimate=float(estimate), std_error=float(std_error), t=float(estimate / std_error), p_value=p_value(0.0),
        lo=lo, hi=hi, level=level, observations=n, clusters=clusters, draws=vectors.shape[1], exact=exact,
    )


def _check(panel: pd.DataFrame, columns: list[str]) -> None:
    if panel.index.nlevels != 2:
        raise ValueError(f"panel: index of {panel.index.nlevels} level: expected (entity, time)")
    for column in columns:
        if column not in panel.columns:
            raise ValueError(f"panel has no column {column!r}: expected one of {list(panel.columns)}")
    if panel.index.to_frame().isna().any(axis=None):
        raise ValueError("panel: an index with empty cells: expected an entity and a time in every row")
    double = panel.index.duplicated()
    if double.any():
        entity, time = panel.index[double][0]
        raise ValueError(f"panel: {entity}, {time} occurs {(panel.index == (entity, time)).sum()} times: expected once")
    for column in columns:
        wrong = ~np.isfinite(panel[column].to_numpy(dtype=float, na_value=np.nan))
        if wrong.any():
            entity, time = panel.index[wrong][0]
            raise ValueError(f"panel, column {column!r}, {entity}, {time}: {panel[column][wrong].iloc[0]}: expected a finite number")
    clusters = panel.index.get_level_values(0).nunique()
    if clusters < 2:
        raise ValueError(f"panel: {clusters} cluster: expected at least 2")


def _basis(columns: np.ndarray) -> np.ndarray:
    """Orthonormal basis (n x rank) of the space of the columns."""
    norms = np.linalg.norm(columns, axis=0)
    left, values, _ = np.linalg.svd(columns[:, norms > 0] / norms[norms > 0], full_matrices=False)
    return left[:, values > 1e-10 * values[0]]


def _weight_vectors(clusters: int, draws: int, weights: str, seed: int) -> tuple[np.ndarray, bool]:
    """Weights, one column (G) a draw, and whether they are all that there are."""
    points = WEIGHTS[weights]
    if len(points) ** clusters <= draws:
        return np.array(list(itertools.product(points, repeat=clusters))).T, True
    return np.random.default_rng(seed).choice(points, size=(clusters, draws)), False


def _bound(p_value: Callable[[float], float], estimate: float, step: float, alpha: float) -> float:
    """The end of the interval on the side of `step`: the p-value is one at the estimate; find where it falls to `alpha`.

    Steps double until a value is rejected, at most to 1,024 standard errors. As a null moves off, its p-value tends to a
    limit; if that is above `alpha`, nothing on this side is rejected.
    """
    near = estimate
    for far in estimate + step * 2.0 ** np.arange(11):
        if p_value(far) <= alpha:
            # A p-value of exactly alpha rejects, hence the slack.
            return float(brentq(lambda null: p_value(null) - alpha - SLACK, near, far, xtol=1e-6 * abs(step)))
        near = far
    return float(np.copysign(np.inf, step))
