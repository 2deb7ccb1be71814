"""Poisson pseudo-maximum likelihood in a panel with two-way effects: separation, and inference with few clusters.

The estimator itself is statsmodels', with a dummy for each entity and time: its GLM, and its Poisson where a bootstrap needs many
fits and only their means, since Newton's method there takes a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.optimize import linprog

from zhejiang.panel import SLACK, _basis, _bound, _check, _weight_vectors

# Steps of iteratively reweighted least squares square the error, so that the last step leaves far less than its own size.
CONVERGENCE = {"tol_criterion": "params", "tol": 1e-8, "maxiter": 200}


@dataclass(frozen=True)
class PoissonEffects:
    """A Poisson pseudo-maximum likelihood fit with entity and time effects.

    `coefficients` and `std_errors` are indexed by regressor; the coefficient of a logarithm is an elasticity.
    `std_errors` are clustered by entity with the factor ``G / (G - 1) * (n - 1) / (n - K)``, K with the effects counted.
    `entity_effects` and `time_effects` are in logarithms, the first time effect zero. `fitted` are means, indexed as the
    panel. `deviance` is that of the Poisson likelihood.
    """

    coefficients: pd.Series
    std_errors: pd.Series
    entity_effects: pd.Series
    time_effects: pd.Series
    fitted: pd.Series
    deviance: float
    observations: int
    clusters: int


@dataclass(frozen=True)
class ScoreBootstrap:
    """A coefficient of a two-way Poisson regression with wild score bootstrap inference.

    `estimate` and `std_error` are those of `PoissonEffects`. `p_value` tests that the coefficient is zero; `lo` and `hi`
    hold the values that the same bootstrap does not reject, and are infinite where no value on that side, up to 1,024
    standard errors off, is rejected. `exact` says that `draws` sign vectors are all there are.
    """

    estimate: float
    std_error: float
    p_value: float
    lo: float
    hi: float
    level: float
    observations: int
    clusters: int
    draws: int
    exact: bool


def separated(panel: pd.DataFrame, outcome: str, regressors: Sequence[str]) -> pd.Series:
    """Say which rows of a two-way Poisson regression are separated: rows that have to go for its maximum to exist.

    A row with a count of zero is separated if some combination z of regressors and effects is zero on all rows with a
    positive count, nowhere positive, and negative on this row: moving along z raises the likelihood for ever
    (Correia, Guimaraes and Zylkin 2020, Stata Journal 20(1), 95-115). One linear program finds the z that is
    negative on as many rows as possible, because the sum of such z is one. Without zeros nothing is separated. The answers
    are true or false, indexed as the panel.

    Parameters
    ----------
    panel
        One row an observation, indexed by (entity, time).
    outcome, regressors
        Columns without empty cells; counts are zero or positive.

    Raises
    ------
    ValueError
        As in `fit`.
    """
    _check_counts(panel, outcome, regressors)
    zero = panel[outcome].to_numpy(dtype=float) == 0
    if not zero.any():
        return pd.Series(False, index=panel.index)
    # An orthonormal basis spans the same combinations and keeps the linear program well scaled.
    space = _basis(_design(panel, regressors)[0])
    count = space.shape[1]
    # Variables: the combination (free), and for each zero row how far below zero it counts, at most one.
    found = linprog(
        c=np.r_[np.zeros(count), -np.ones(zero.sum())],
        A_ub=np.column_stack([space[zero], np.eye(zero.sum())]), b_ub=np.zeros(zero.sum()),
        A_eq=np.column_stack([space[~zero], np.zeros(((~zero).sum(), zero.sum()))]) if (~zero).any() else None,
        b_eq=np.zeros((~zero).sum()) if (~zero).any() else None,
        bounds=[(None, None)] * count + [(0, 1)] * zero.sum(), method="highs",
    )
    result = np.zeros(len(panel), dtype=bool)
    # At the optimum a separated row reaches one, any other is held at zero.
    result[zero] = found.x[count:] > 0.5
    return pd.Series(result, index=panel.index)


def fit(panel: pd.DataFrame, outcome: str, regressors: Sequence[str]) -> PoissonEffects:
    """Fit ``E[y_it | x, a, c] = exp(x_it' b + a_i + c_t)`` by Poisson pseudo-maximum likelihood.

    The estimator is consistent for b if the mean is right and x is strictly exogenous; counts need not be Poisson
    distributed, nor independent over time (Gourieroux, Monfort and Trognon 1984; Wooldridge 1999).

    Parameters
    ----------
    panel
        One row an observation, indexed by (entity, time), as linearmodels takes it. Entities are the clusters. The panel
        need not be balanced.
    outcome
        Column of counts, or of other numbers that are not negative.
    regressors
        Columns; entity and time effects are added.

    Raises
    ------
    ValueError
        A column that is not there, an index that does not name an entity and a time in each row, a province and year that
        occurs twice, an empty or infinite value, a negative count, fewer than two clusters, separated rows (see
        `separated`), a regressor that effects and other regressors explain, or no degrees of freedom.

    References
    ----------
    Gourieroux, Monfort and Trognon (1984), Econometrica 52(3), 701-720.
    Hausman, Hall and Griliches (1984), Econometrica 52(4), 909-938: with effects of entities the conditional likelihood.
    Wooldridge (1999), Journal of Econometrics 90(1), 77-97.
    """
    apart = separated(panel, outcome, regressors)
    if apart.any():
        entity, time = panel.index[apart][0]
        raise ValueError(f"panel, column {outcome!r}, {entity}, {time}: one of {apart.sum()} separated rows, for which the maximum"
                         " does not exist: expected a panel without them")
    design, entities, times = _design(panel, regressors)
    if len(panel) <= design.shape[1]:
        raise ValueError(f"panel: {len(panel)} rows: expected more than the {design.shape[1]} coefficients")
    _check_rank(design, list(regressors))
    result = sm.GLM(panel[outcome].to_numpy(dtype=float), design, family=sm.families.Poisson()).fit(
        **CONVERGENCE, cov_type="cluster", cov_kwds={"groups": pd.factorize(panel.index.get_level_values(0))[0]}
    )
    if not result.converged:
        raise ValueError(f"panel, column {outcome!r}: no convergence in 200 steps: expected a maximum")
    count = len(regressors)
    params, errors = np.asarray(result.params), np.asarray(result.bse)
    return PoissonEffects(
        coefficients=pd.Series(params[:count], index=list(regressors)),
        std_errors=pd.Series(errors[:count], index=list(regressors)),
        entity_effects=pd.Series(params[count:count + len(entities)], index=entities),
        time_effects=pd.Series(np.r_[0.0, params[count + len(entities):]], index=times),
        fitted=pd.Series(np.asarray(result.fittedvalues), index=panel.index),
        deviance=float(result.deviance), observations=len(panel), clusters=len(entities),
    )


def score_bootstrap(
    panel: pd.DataFrame, outcome: str, regressor: str, controls: Sequence[str] = (), *, draws: int = 9999, level: float = 0.95, seed: int
) -> ScoreBootstrap:
    """Test one coefficient of a two-way Poisson regression by the wild score bootstrap, clustered by entity.

    The model is fitted with the null imposed. Each cluster has a score of the tested coefficient, cleaned of the scores of
    controls and effects; under the null it has mean zero. A draw gives each cluster's score a random sign. The p-value is
    the share of draws whose sum is at least as large, in absolute value, as the sample's. Nothing is refitted in a draw,
    so that no draw can fail. The interval holds the values that the test does not reject.

    Parameters
    ----------
    panel, outcome
        As in `fit`.
    regressor, controls
        The tested column, and others.
    draws
        Random sign vectors; where no more exist (``2 ** clusters <= draws``), each is used once and the result is exact.
    level
        Coverage of the interval.
    seed
        Of the `numpy.random.default_rng` that draws the signs.

    Raises
    ------
    ValueError
        As in `fit`; a level outside 0 to 1; no draws.

    Notes
    -----
    With m the restricted means, W = diag(m), Z controls and effects, and the cleaned regressor
    ``x~ = x - Z (Z'WZ)^-1 Z'W x``, cluster g has ``s_g = sum_{it in g} x~_it (y_it - m_it)``. The statistic is
    ``|sum_g w_g s_g|``. Dividing it by ``sqrt(sum_g (w_g s_g)^2)`` would change nothing, as a squared sign is one: the
    bootstrap is that of the cluster-robust score statistic.

    References
    ----------
    Kline and Santos (2012), Journal of Econometric Methods 1(1), 23-41.
    Roodman, Nielsen, MacKinnon and Webb (2019), Stata Journal 19(1), 4-60.
    """
    if not 0 < level < 1:
        raise ValueError(f"level {level}: expected a number between 0 and 1")
    if draws < 1:
        raise ValueError(f"draws {draws}: expected at least 1")
    whole = fit(panel, outcome, [regressor, *controls])
    estimate, std_error = whole.coefficients[regressor], whole.std_errors[regressor]
    others = _design(panel, list(controls))[0]
    x, y = panel[regressor].to_numpy(dtype=float), panel[outcome].to_numpy(dtype=float)
    entity, entities = pd.factorize(panel.index.get_level_values(0))
    vectors, exact = _weight_vectors(len(entities), draws, "rademacher", seed)  # G x draws
    project, fitted = np.linalg.pinv(others), np.log(whole.fitted.to_numpy())

    def p_value(null: float) -> float:
        # A null near the estimate has means near those of the whole model: a start that saves most steps.
        # `fit` has checked the rank, and a constant matters for no mean.
        restricted = sm.Poisson(y, others, offset=null * x, check_rank=False, hasconst=False)
        mean = restricted.fit(project @ (fitted - null * x), method="newton", tol=1e-8, maxiter=200, skip_hessian=True, disp=False).predict()
        root = np.sqrt(mean)[:, None]
        cleaned = x - others @ np.linalg.lstsq(root * others, root[:, 0] * x)[0]
        scores = np.bincount(entity, cleaned * (y - mean))
        return float(np.mean(np.abs(scores @ vectors) >= abs(scores.sum()) * (1 - SLACK)))

    lo, hi = (_bound(p_value, estimate, sign * std_error, 1 - level) for sign in (-1, 1))
    return ScoreBootstrap(
        estimate=float(estimate), std_error=float(std_error), p_value=p_value(0.0), lo=lo, hi=hi, level=level,
        observations=len(panel), clusters=len(entities), draws=vectors.shape[1], exact=exact,
    )


def _check_counts(panel: pd.DataFrame, outcome: str, regressors: Sequence[str]) -> None:
    _check(panel, [outcome, *regressors])
    negative = panel[outcome] < 0
    if negative.any():
        entity, time = panel.index[negative][0]
        raise ValueError(f"panel, column {outcome!r}, {entity}, {time}: {panel[outcome][negative].iloc[0]}: expected zero or a positive number")


def _design(panel: pd.DataFrame, regressors: Sequence[str]) -> tuple[np.ndarray, pd.Index, pd.Index]:
    """Regressors, a dummy for each entity, a dummy for each time but the first (n x K); entities and times in order."""
    entity, entities = pd.factorize(panel.index.get_level_values(0), sort=True)
    time, times = pd.factorize(panel.index.get_level_values(1), sort=True)
    columns = [panel[list(regressors)].to_numpy(dtype=float), np.eye(len(entities))[entity], np.eye(len(times))[time][:, 1:]]
    return np.column_stack(columns), entities, times


def _check_rank(design: np.ndarray, regressors: list[str]) -> None:
    effects = design[:, len(regressors):]
    for number, column in enumerate(regressors):
        basis = _basis(np.column_stack([effects, design[:, :number]]))
        x = design[:, number]
        left = x - basis @ (basis.T @ x)
        if left @ left <= 1e-16 * (x @ x):
            raise ValueError(f"column {column!r}: entity effects, time effects and the regressors before it explain all of it")
