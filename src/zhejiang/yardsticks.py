"""How far a unit lies from a curve that is fitted to other units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm

# A unit that alone decides a coefficient has leverage 1: it has no residual, and nothing predicts it from the others.
FULL_LEVERAGE = 1 - 1e-8


@dataclass(frozen=True)
class Yardstick:
    """What a curve fitted to other units says of one unit; all but the counts and the leverage in units of the outcome.

    `value` is the unit's outcome, `curve` the expectation of units like it, `lo` and `hi` the confidence interval of
    that expectation (HC3), `unit_lo` and `unit_hi` the prediction interval, in which a further unit like it would lie
    (classical: normal errors of one variance). `observations` counts the units of the fit. `rank` is the place of the
    unit, from the lowest, among all `observations + 1` by externally studentised residuals of the curve that is
    fitted to all of them. If the unit is exchangeable with the others given the regressors, each place has the same
    probability, whatever the distribution. `leverage` is the unit's diagonal element of the hat matrix of that fit;
    its mean is the number of coefficients over `observations + 1`.
    """

    value: float
    curve: float
    lo: float
    hi: float
    unit_lo: float
    unit_hi: float
    rank: int
    observations: int
    leverage: float

    @property
    def distance(self) -> float:
        """The outcome less the curve."""
        return self.value - self.curve

    @property
    def interval(self) -> tuple[float, float]:
        """The confidence interval of the distance; the outcome is known and the curve estimated."""
        return self.value - self.hi, self.value - self.lo

    @property
    def usual(self) -> tuple[float, float]:
        """The distances from the curve that the prediction interval allows; a distance outside is unusual."""
        return self.unit_lo - self.curve, self.unit_hi - self.curve


def measure(sample: pd.DataFrame, outcome: str, regressors: Sequence[str], unit: pd.Series, level: float = 0.95) -> Yardstick:
    """Fit the outcome to a constant and the regressors by least squares and hold it against one unit outside the sample.

    Intervals use the t distribution with n - k degrees of freedom; HC3 is the estimator of MacKinnon and White (1985) that
    Long and Ervin (2000) recommend in small samples.

    Parameters
    ----------
    sample
        One row a unit, n rows, without the unit; outcome and regressors in any units.
    outcome, regressors
        Columns of `sample`. Without regressors the curve is the mean.
    unit
        Outcome and regressors of the unit; its name must not be a row of `sample`.
    level
        Of both intervals.

    Raises
    ------
    ValueError
        The unit is in the sample, a number is missing or infinite, there are too few units for the coefficients, the
        regressors are collinear, or a unit alone decides a coefficient.
    """
    columns = [outcome, *regressors]
    if unit.name in sample.index:
        raise ValueError(f"unit {unit.name!r} is in the sample: expected a sample without it")
    wrong = [column for column in columns if not np.isfinite(unit[column])]
    if wrong:
        raise ValueError(f"unit {unit.name!r}, {wrong[0]}: {unit[wrong[0]]}: expected a finite number")
    y, x = _design(sample, outcome, regressors)
    fit = sm.OLS(y, x).fit(cov_type="HC3", use_t=True)
    point = np.array([1.0, *(float(unit[column]) for column in regressors)])
    robust = fit.get_prediction(point).summary_frame(alpha=1 - level).iloc[0]
    classical = sm.OLS(y, x).fit().get_prediction(point).summary_frame(alpha=1 - level).iloc[0]

    everyone = np.vstack([x, point])
    residuals, leverage = _residuals(np.append(y, float(unit[outcome])), everyone, [*sample.index, unit.name])
    degrees = len(everyone) - everyone.shape[1]
    # The variance without the unit, from that of all (Belsley, Kuh and Welsch 1980).
    others = (residuals @ residuals - residuals**2 / (1 - leverage)) / (degrees - 1)
    studentised = residuals / np.sqrt(others * (1 - leverage))
    return Yardstick(
        value=float(unit[outcome]),
        curve=robust["mean"],
        lo=robust["mean_ci_lower"],
        hi=robust["mean_ci_upper"],
        unit_lo=classical["obs_ci_lower"],
        unit_hi=classical["obs_ci_upper"],
        rank=1 + int((studentised[:-1] < studentised[-1]).sum()),
        observations=len(y),
        leverage=leverage[-1],
    )


def from_others(sample: pd.DataFrame, outcome: str, regressors: Sequence[str]) -> pd.Series:
    """Return for every unit the outcome that the curve fitted to all others predicts, in units of the outcome.

    From one fit: ``y_i - e_i / (1 - h_i)`` with residual e and leverage h (Belsley, Kuh and Welsch 1980). Parameters and
    errors as for `measure`; the result has the sample's index.
    """
    y, x = _design(sample, outcome, regressors)
    residuals, leverage = _residuals(y, x, sample.index)
    return pd.Series(y - residuals / (1 - leverage), index=sample.index)


def _design(sample: pd.DataFrame, outcome: str, regressors: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return outcome (n) and design (n, k), a constant first."""
    values = sample[[outcome, *regressors]].to_numpy(dtype=float)
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise ValueError(f"{sample.index[row]!r}, {[outcome, *regressors][column]}: {values[row, column]}: expected a finite number")
    x = np.column_stack([np.ones(len(values)), values[:, 1:]])
    if len(x) < x.shape[1] + 2:
        raise ValueError(f"{len(x)} units for {x.shape[1]} coefficients: expected at least {x.shape[1] + 2}")
    rank = np.linalg.matrix_rank(x)
    if rank < x.shape[1]:
        raise ValueError(f"regressors {list(regressors)}: rank {rank} with the constant: expected {x.shape[1]}, no collinear columns")
    _residuals(values[:, 0], x, sample.index)
    return values[:, 0], x


def _residuals(y: np.ndarray, x: np.ndarray, units: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Return residuals and leverages of the least-squares fit, both (n)."""
    q, _ = np.linalg.qr(x)
    leverage = (q**2).sum(axis=1)
    if leverage.max() > FULL_LEVERAGE:
        raise ValueError(f"{units[int(leverage.argmax())]!r} alone decides a coefficient: expected at least two units that differ from the others")
    return y - q @ (q.T @ y), leverage
