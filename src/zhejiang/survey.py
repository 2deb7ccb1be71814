"""Estimates from a sample of firms with weights and strata: shares, cross-tables, ordered logit.

Firms are drawn within strata, each by itself, and the fraction drawn is taken to be small. Variances are by linearisation
(Binder 1983, International Statistical Review 51(3), 279-292): with z_i the influence of firm i on an estimate, times its weight,

    V = sum_h n_h / (n_h - 1) sum_{i in h} (z_i - zbar_h)(z_i - zbar_h)' .

A firm without an answer keeps its place in the design with influence zero, as for any estimate for a part of the population.
Degrees of freedom are firms with an answer minus strata that have one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, optimize, stats
from scipy.special import expit, logit

LEVEL = 0.95


@dataclass(frozen=True)
class RaoScott:
    """Pearson's test of a cross-table with the second-order correction of Rao and Scott.

    `shares` are the estimated cell shares in percent of all firms that answered both questions (rows, then columns, as observed);
    `statistic` is F-distributed with `df` and `df_denominator` degrees of freedom under independence; `design_effect` is
    the mean generalised design effect, one where weights and strata make no difference; `n` counts firms.
    """

    shares: pd.DataFrame
    statistic: float
    df: float
    df_denominator: float
    p_value: float
    design_effect: float
    n: int


@dataclass(frozen=True)
class OrderedLogit:
    """Proportional odds: ``log P(y <= j) / P(y > j) = threshold_j - x'b``.

    `coefficients` (one row a regressor) and `thresholds` (one row a cut) have columns ``estimate``, ``se``, ``lo``, ``hi``;
    `covariance` is of both together, coefficients first; `n` counts firms.
    """

    coefficients: pd.DataFrame
    thresholds: pd.DataFrame
    covariance: pd.DataFrame
    df: int
    n: int


def effective_size(weights: np.ndarray) -> float:
    """Return Kish's effective number of firms ``(sum w)^2 / sum w^2`` (Kish 1965, Survey Sampling).

    The size of an unweighted sample of the same variance, if what is measured varies alike in all strata.
    """
    weights = _checked_weights(weights)
    return float(weights.sum() ** 2 / (weights**2).sum())


def linearised_covariance(influence: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Return the covariance of totals of `influence` (n firms x p estimates) within strata (n labels), p x p.

    Raises `ValueError` for a stratum with a single firm, of which no variance can be estimated.
    """
    influence = np.asarray(influence, dtype=float)
    codes, labels = pd.factorize(np.asarray(strata))
    size = np.bincount(codes)
    if (size == 1).any():
        raise ValueError(f"stratum {labels[size == 1][0]!r}: 1 firm: expected at least 2, or a stratum joined with a like one")
    mean = np.zeros((len(labels), influence.shape[1]))
    np.add.at(mean, codes, influence)
    apart = influence - (mean / size[:, None])[codes]
    return (apart * (size / (size - 1))[codes, None]).T @ apart


def shares(answers: pd.Series, weights: pd.Series, strata: pd.Series) -> pd.DataFrame:
    """Return the weighted share of each answer with its interval, one row an answer.

    Columns are ``share``, ``se``, ``lo``, ``hi`` in percent and ``firms``, the unweighted count. The interval is symmetric in the logit,
    with Student's t. It is missing for a share of 0 or 100, where linearisation gives no variance.

    Parameters
    ----------
    answers
        One answer a firm; missing where there is none. A categorical keeps its order and its unused categories.
    weights
        Positive, one a firm.
    strata
        Label of the stratum of each firm.

    Raises
    ------
    ValueError
        Weights that are missing or not positive, different lengths, no answer at all, a stratum with one firm.
    """
    weights, strata = _design(answers, weights, strata)
    answered = answers.notna().to_numpy()
    if not answered.any():
        raise ValueError(f"question {answers.name!r}: no firm answered: expected at least one answer")
    levels = answers.cat.categories if isinstance(answers.dtype, pd.CategoricalDtype) else pd.Index(sorted(answers.dropna().unique()))
    chosen = np.column_stack([(answers == level).to_numpy(dtype=bool, na_value=False) for level in levels]).astype(float)
    share, covariance = _means(chosen, answered, weights, strata)
    se = np.sqrt(np.diag(covariance))
    df = answered.sum() - len(np.unique(strata[answered]))
    inside = (share > 0) & (share < 1)
    half = np.full(len(share), np.nan)
    half[inside] = stats.t.ppf((1 + LEVEL) / 2, df) * se[inside] / (share[inside] * (1 - share[inside]))
    centre = logit(np.where(inside, share, 0.5))
    return pd.DataFrame({
        "share": 100 * share, "se": 100 * se, "lo": 100 * expit(centre - half), "hi": 100 * expit(centre + half),
        "firms": chosen.sum(axis=0).astype(int),
    }, index=pd.Index(levels, name=answers.name))


def rao_scott(rows: pd.Series, columns: pd.Series, weights: pd.Series, strata: pd.Series) -> RaoScott:
    """Test whether two questions are independent, with weights and strata taken into account.

    Pearson's statistic of the weighted table over the trace of the design effects, F-distributed (Rao and Scott 1984, Annals of
    Statistics 12(1), 46-60). Firms that lack one of the answers are left out of the table.

    Raises
    ------
    ValueError
        Fewer than two rows or columns with an answer, a table too sparse for the correction, and what `shares` refuses.
    """
    weights, strata = _design(rows, weights, strata)
    if len(columns) != len(rows):
        raise ValueError(f"{len(rows)} and {len(columns)} answers: expected one each a firm")
    answered = (rows.notna().to_numpy() & columns.notna().to_numpy())
    labels = [_observed(question[answered]) for question in (rows, columns)]
    if min(map(len, labels)) < 2:
        raise ValueError(f"questions {rows.name!r} and {columns.name!r}: {len(labels[0])} x {len(labels[1])} answers: expected at least 2 x 2")
    cells = np.column_stack([((rows == r) & (columns == c)).to_numpy(dtype=bool, na_value=False) for r in labels[0] for c in labels[1]])
    share, covariance = _means(cells.astype(float), answered, weights, strata)
    table = share.reshape(len(labels[0]), len(labels[1]))
    n = int(answered.sum())
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    pearson = n * ((table - expected) ** 2 / expected).sum()
    # Contrasts that hold the interaction: all that rows and columns by themselves do not span.
    row, column = np.divmod(np.arange(table.size), table.shape[1])
    main = np.column_stack([row[:, None] == np.arange(table.shape[0]), column[:, None] == np.arange(table.shape[1])]).astype(float)
    contrast = linalg.null_space(main.T)
    inverse = np.where(share > 0, 1 / np.where(share > 0, share, 1), 0)
    simple = contrast.T @ (contrast * inverse[:, None]) / n
    if np.linalg.cond(simple) > 1e12:
        raise ValueError(f"questions {rows.name!r} and {columns.name!r}: too many empty cells: expected answers joined into fewer")
    scaled = contrast * inverse[:, None]
    effects = np.linalg.solve(simple, scaled.T @ covariance @ scaled)
    trace = np.trace(effects)
    df = trace**2 / np.trace(effects @ effects)
    denominator = df * (n - len(np.unique(strata[answered])))
    return RaoScott(
        shares=pd.DataFrame(100 * table, index=pd.Index(labels[0], name=rows.name), columns=pd.Index(labels[1], name=columns.name)),
        statistic=float(pearson / trace), df=float(df), df_denominator=float(denominator),
        p_value=float(stats.f.sf(pearson / trace, df, denominator)), design_effect=float(trace / contrast.shape[1]), n=n,
    )


def ordered_logit(outcome: pd.Series, regressors: pd.DataFrame, weights: pd.Series, strata: pd.Series) -> OrderedLogit:
    """Fit the proportional odds model by weighted maximum likelihood, with linearised standard errors.

    McCullagh (1980, Journal of the Royal Statistical Society B 42(2), 109-142). A positive coefficient moves answers upwards.

    Parameters
    ----------
    outcome
        Ordered categorical, n firms, at least three categories in use; firms without an answer are left out.
    regressors
        n x p numbers, no constant: the thresholds stand for it.
    weights, strata
        See `shares`.

    Raises
    ------
    ValueError
        An outcome that is not ordered or has fewer than three answers in use; regressors that are not numbers or that are
        collinear with the constant; answers that a regressor separates completely, so that no estimate exists; and what
        `shares` refuses.
    """
    if not (isinstance(outcome.dtype, pd.CategoricalDtype) and outcome.cat.ordered):
        raise ValueError(f"outcome {outcome.name!r}: expected an ordered categorical")
    weights, strata = _design(outcome, weights, strata)
    answered = outcome.notna().to_numpy()
    labels = _observed(outcome[answered])
    if len(labels) < 3:
        raise ValueError(f"outcome {outcome.name!r}: {len(labels)} answers in use: expected at least 3")
    x = regressors.to_numpy(dtype=float)[answered]
    if len(regressors) != len(outcome) or not np.isfinite(x).all():
        raise ValueError(f"regressors {list(regressors.columns)}: expected {len(outcome)} rows of finite numbers where the outcome is known")
    n, p = x.shape
    if np.linalg.matrix_rank(np.column_stack([np.ones(n), x])) < p + 1:
        raise ValueError(f"regressors {list(regressors.columns)}: expected columns that are not collinear with each other or a constant")
    y = pd.Categorical(outcome[answered], categories=labels, ordered=True).codes
    w = weights[answered] / weights[answered].mean()
    # Fitted in standard units, whatever the regressors' own; `back` turns the parameters into theirs.
    mean, spread = x.mean(axis=0), x.std(axis=0)
    x = (x - mean) / spread
    cuts = np.eye(len(labels) - 1)
    back = np.block([[np.diag(1 / spread), np.zeros((p, len(cuts)))], [np.tile(mean / spread, (len(cuts), 1)), cuts]])
    # Upper and lower linear predictor of each firm; a row of zeros where there is no cut above or below.
    upper = np.column_stack([-x, np.vstack([cuts, np.zeros(len(cuts))])[y]])
    lower = np.column_stack([-x, np.vstack([np.zeros(len(cuts)), cuts])[y]])
    below, above = y == 0, y == len(labels) - 1

    def parts(parameters):
        u = np.where(above, np.inf, upper @ parameters)
        v = np.where(below, -np.inf, lower @ parameters)
        fu, fv = expit(u), expit(v)
        du, dv = fu * (1 - fu), fv * (1 - fv)
        return fu - fv, du, dv, du * (1 - 2 * fu), dv * (1 - 2 * fv)

    def loss(parameters):
        probability = parts(parameters)[0]
        return -(w * np.log(probability)).sum() if (probability > 0).all() else np.inf

    def scores(parameters):
        probability, du, dv, _, _ = parts(parameters)
        return upper * (du / probability)[:, None] - lower * (dv / probability)[:, None]

    def curvature(parameters):
        probability, du, dv, ddu, ddv = parts(parameters)
        gu, gv = du / probability, -dv / probability
        uu, vv, uv = ddu / probability - gu**2, -ddv / probability - gv**2, -gu * gv
        cross = upper.T @ (lower * (w * uv)[:, None])
        return -(upper.T @ (upper * (w * uu)[:, None]) + lower.T @ (lower * (w * vv)[:, None]) + cross + cross.T)

    cumulative = np.cumsum(np.bincount(y, w))[:-1] / w.sum()
    start = np.concatenate([np.zeros(p), logit(cumulative)])
    found = optimize.minimize(loss, start, jac=lambda b: -(w @ scores(b)), hess=curvature, method="trust-exact", options={"gtol": 1e-4}).x
    # The loss is flat to the last digit near its minimum, where a Newton step on the scores still gains.
    for _ in range(3):
        found = found + np.linalg.lstsq(curvature(found), w @ scores(found))[0]
    hessian = curvature(found)
    # On the way to a coefficient without bound the likelihood flattens: the fitted log odds outgrow any that a sample can show.
    if np.abs(w @ scores(found)).max() > 1e-8 * n or np.ptp(x @ found[:p]) > 30 or np.linalg.cond(hessian) > 1e12:
        raise ValueError(f"outcome {outcome.name!r}: no finite estimate: expected answers that no regressor separates completely")
    influence = np.zeros((len(outcome), p + len(cuts)))
    influence[answered] = w[:, None] * scores(found) @ np.linalg.inv(hessian) @ back.T
    estimate = back @ found
    covariance = linearised_covariance(influence, strata)
    df = int(n - len(np.unique(strata[answered])) - p)
    if df < 1:
        raise ValueError(f"outcome {outcome.name!r}: {n} firms for {p} regressors and the strata: expected more firms")
    se = np.sqrt(np.diag(covariance))
    half = stats.t.ppf((1 + LEVEL) / 2, df) * se
    names = [*regressors.columns, *(f"{a} | {b}" for a, b in zip(labels[:-1], labels[1:]))]
    table = pd.DataFrame({"estimate": estimate, "se": se, "lo": estimate - half, "hi": estimate + half}, index=names)
    return OrderedLogit(coefficients=table[:p], thresholds=table[p:], covariance=pd.DataFrame(covariance, names, names), df=df, n=int(n))


def size_ordered(shares: np.ndarray, odds_ratio: float, power: float) -> float:
    """Return the firms, both groups together, that a proportional odds comparison of two equal groups needs.

    Whitehead (1993, Statistics in Medicine 12(24), 2257-2271): ``12 (z_{1-alpha/2} + z_power)^2 / ((log odds ratio)^2 (1 - sum
    p_j^3))`` with p the mean shares of the answers in both groups, alpha = 0.05, two-sided.

    Raises `ValueError` for shares that are negative or do not add up to one, an odds ratio that is not positive or is one, a
    power outside 0 to 1.
    """
    shares = np.asarray(shares, dtype=float)
    if (shares < 0).any() or not np.isclose(shares.sum(), 1):
        raise ValueError(f"shares {shares.tolist()}: expected shares from 0 to 1 that add up to one")
    if not 0 < odds_ratio < np.inf or odds_ratio == 1:
        raise ValueError(f"odds ratio {odds_ratio}: expected a positive number other than one")
    if not 0 < power < 1:
        raise ValueError(f"power {power}: expected a number between 0 and 1")
    z = stats.norm.ppf((1 + LEVEL) / 2) + stats.norm.ppf(power)
    return float(12 * z**2 / (np.log(odds_ratio) ** 2 * (1 - (shares**3).sum())))


def _means(values: np.ndarray, answered: np.ndarray, weights: np.ndarray, strata: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted means over the firms that answered, and their linearised covariance."""
    total = weights[answered].sum()
    mean = weights[answered] @ values[answered] / total
    influence = (weights * answered / total)[:, None] * (values - mean)
    return mean, linearised_covariance(influence, strata)


def _observed(answers: pd.Series) -> list:
    """Return the answers in use, in the order of the categories if there is one."""
    if isinstance(answers.dtype, pd.CategoricalDtype):
        return [level for level in answers.cat.categories if (answers == level).any()]
    return sorted(answers.unique())


def _design(answers: pd.Series, weights: pd.Series, strata: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    if not len(answers) == len(weights) == len(strata):
        raise ValueError(f"{len(answers)} answers, {len(weights)} weights, {len(strata)} strata: expected one each a firm")
    if pd.isna(strata).any():
        raise ValueError(f"stratum, position {int(np.argmax(pd.isna(strata)))}: missing: expected a label")
    return _checked_weights(weights), np.asarray(strata)


def _checked_weights(weights) -> np.ndarray:
    weights = pd.Series(weights).to_numpy(dtype=float, na_value=np.nan)
    wrong = ~((weights > 0) & np.isfinite(weights))
    if wrong.any():
        position = int(np.argmax(wrong))
        raise ValueError(f"weight, position {position}: {weights[position]}: expected a positive, finite weight")
    return weights
