"""How far errors in the coefficients reach: Monte Carlo of linkages, and what can be said of their ranks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from zhejiang.input_output.table import check_finite
from zhejiang.labels import check_labels

# Draws solved at once: some 50 MB for 42 sectors.
CHUNK = 1_000


@dataclass(frozen=True)
class CoefficientErrors:
    """Standard deviations of the errors in coefficients; `simulate_linkages` has the model.

    ``row``, ``cell``
        In logs: common to all that a sector sells, and of one cell.
    ``share``
        In log odds: of the intermediate share of a sector's output.

    Raises
    ------
    ValueError
        A standard deviation that is negative or no number.
    """

    row: float
    cell: float
    share: float

    def __post_init__(self):
        for name, sd in vars(self).items():
            if not 0 <= sd < np.inf:
                raise ValueError(f"standard deviation of the {name} errors: {sd}: expected a number that is not negative")

    def times(self, factor: float) -> CoefficientErrors:
        """All three, `factor` times as large."""
        return CoefficientErrors(factor * self.row, factor * self.cell, factor * self.share)


@dataclass(frozen=True)
class Simulation:
    """Simulated coefficients, (draws, n) each: ``influence``, ``sensitivity_leontief``, ``sensitivity_ghosh``; see `leontief.Linkages`."""

    influence: pd.DataFrame
    sensitivity_leontief: pd.DataFrame
    sensitivity_ghosh: pd.DataFrame


def simulate_linkages(A: pd.DataFrame, x: pd.Series, errors: CoefficientErrors, draws: int, seed: int, each: Callable = map) -> Simulation:
    """Draw coefficients around A and return the linkage coefficients of each draw.

    Error model, by column j with intermediate share s_j = Σ_i a_ij::

        a*_ij ∝ a_ij exp(row ζ_i + cell ε_ij)         the mix of inputs
        logit s*_j = logit s_j + share η_j            the split between inputs and primary inputs
        Σ_i a*_ij = s*_j,     ζ, ε, η independent N(0, 1)

    The mix comes from surveys of a few firms and from the totals to which rows are fitted, so that all that a sector sells errs together;
    the split comes from the national accounts. Zeros stay zero, outputs stay as they are. Every draw is a productive economy,
    since s* lies between nought and one. Quandt (1958) studies such errors, West (1986) their distribution in multipliers.

    Parameters
    ----------
    A, x
        (n, n) coefficients, rows sell, and (n,) outputs. Each column sum lies between nought and one; a column
        of zeros stays as it is.
    errors
        Standard deviations; the same for all sectors.
    draws, seed
        Number of draws, and the seed of NumPy's default generator.
    each
        `map`, or that of an executor, such as ``client.get_executor().map`` of Dask: where the draws are made, a chunk at a time. The numbers do not
        depend on it.

    Raises
    ------
    ValueError
        Labels that differ, a coefficient that is negative or no number, an output that is not positive, a column sum of one
        or more, or no draws.
    """
    check_labels(A.index, A.columns, "columns of A")
    check_labels(A.index, x.index, "x")
    check_finite(A, "A")
    check_finite(x, "x")
    if draws < 1:
        raise ValueError(f"draws {draws}: expected at least one")
    if (A < 0).any(axis=None):
        seller, buyer = A.stack().idxmin()
        raise ValueError(f"coefficient from {seller} to {buyer}: {A.loc[seller, buyer]:.6g}: expected none below zero")
    if not (x > 0).all():
        raise ValueError(f"output of {x.idxmin()}: {x.min():.6g}: expected a positive number")
    s = A.sum()
    if not (s < 1).all():
        raise ValueError(f"inputs of {s.idxmax()}: {s.max():.6g} of its output: expected less than one")
    # A generator a chunk, so that its numbers do not depend on where and when it runs.
    sizes = [min(CHUNK, draws - first) for first in range(0, draws, CHUNK)]
    generators = np.random.default_rng(seed).spawn(len(sizes))
    chunks = each(partial(_simulate_chunk, A.to_numpy(), x.to_numpy(dtype=float)[:, None], errors), sizes, generators)
    return Simulation(*(pd.DataFrame(np.vstack(parts), columns=A.columns) for parts in zip(*chunks)))


def _simulate_chunk(a: np.ndarray, outputs: np.ndarray, errors: CoefficientErrors, size: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw so many coefficient matrices; return influence and both sensitivities, (size, n) each, in the order of `Simulation`."""
    n = len(a)
    s = a.sum(axis=0)
    mix = rng.standard_normal((size, n, n))
    mix *= errors.cell
    mix += errors.row * rng.standard_normal((size, n, 1))
    np.exp(mix, out=mix)
    mix *= a
    drawn = s / (1 - s) * np.exp(errors.share * rng.standard_normal((size, n)))
    column = mix.sum(axis=1)
    # An empty column has nothing to rescale.
    mix *= np.divide(drawn / (1 + drawn), column, out=np.zeros_like(column), where=column > 0)[:, None, :]
    system = np.eye(n) - mix
    backward = np.linalg.solve(system.transpose(0, 2, 1), np.ones((n, 1)))[..., 0]
    forward = np.linalg.solve(system, np.hstack([np.ones((n, 1)), outputs]))
    # Row sums of the Ghosh inverse x̂⁻¹ L x̂ are L x over x.
    found = backward, forward[..., 0], forward[..., 1] / outputs[:, 0]
    return tuple(values / values.mean(axis=1, keepdims=True) for values in found)


def observed_errors(first: pd.DataFrame, second: pd.DataFrame) -> CoefficientErrors:
    """Return the errors that would make a draw around the coefficients `first` as far from them as `second` is.

    Between the mixes m_ij = a_ij / s_j of the tables, log differences are split by weighted least squares into a row effect, a column
    effect (which the rescaling of columns takes up) and a rest; a cell weighs the mean of its mixes. ``row`` and ``cell`` are the
    weighted root mean squares of row effect and rest, ``share`` is the root mean square difference of the log odds of s_j. Row effects
    take up some of the rest, so that ``row`` is a little too large rather than too small. If both tables err alike and apart, each errs by
    1/√2 of it. Errors that both tables have in common do not show.

    Parameters
    ----------
    first, second
        (n, n) coefficients of the same sectors, rows sell. Cells that are zero in either table are not compared.

    Raises
    ------
    ValueError
        Labels that differ, a column sum of one or more, or fewer cells to compare than there are effects.
    """
    check_labels(first.index, first.columns, "columns of the first table")
    check_labels(first.index, second.index, "rows of the second table")
    check_labels(first.index, second.columns, "columns of the second table")
    n = len(first)
    sums = np.array([first.sum(), second.sum()])
    if not (sums < 1).all():
        raise ValueError(f"inputs of {first.columns[sums.max(axis=0).argmax()]}: {sums.max():.6g} of its output: expected less than one")
    mixes = np.divide(np.array([first, second]), sums[:, None, :], out=np.zeros((2, n, n)), where=sums[:, None, :] > 0)
    compared = (mixes > 0).all(axis=0)
    sellers, buyers = np.nonzero(compared)
    if len(sellers) < 2 * n:
        raise ValueError(f"{len(sellers)} cells of {n} sectors are positive in both tables: expected at least {2 * n}")
    difference = np.log(mixes[1][compared] / mixes[0][compared])
    weight = mixes.mean(axis=0)[compared]
    weight = weight / weight.sum()
    effects = np.hstack([sellers[:, None] == np.arange(n), buyers[:, None] == np.arange(n)]).astype(float)
    root = np.sqrt(weight)
    fitted = np.linalg.lstsq(root[:, None] * effects, root * difference)[0]
    row = fitted[:n][sellers]
    rest = difference - effects @ fitted
    sums = sums[:, (sums > 0).all(axis=0)]
    odds = np.log(sums / (1 - sums))
    return CoefficientErrors(
        row=float(np.sqrt(weight @ (row - weight @ row) ** 2)),
        cell=float(np.sqrt(weight @ rest**2)),
        share=float(np.sqrt(np.mean((odds[1] - odds[0]) ** 2))),
    )


def rank_intervals(estimate: pd.Series, simulated: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Return (n, 3) each unit's ``rank`` (one is the largest) with a confidence set from ``low`` to ``high``.

    A unit's log differences d_jk from all others get intervals that hold at once, d_jk ± c se_jk, c being the `level` quantile of
    ``max_k |d*_jk - d_jk| / se_jk`` over the draws. The unit ranks below those that are surely larger and above those that are surely smaller
    (Mogstad, Romano, Shaikh and Wilhelm 2024). Percentiles of simulated ranks would be too narrow where values are near a tie. Logs,
    because errors in coefficients multiply.

    Parameters
    ----------
    estimate
        (n,) positive values.
    simulated
        (draws, n) draws of them, columns in the same order.
    level
        Probability with which each set holds the rank.

    Raises
    ------
    ValueError
        Labels that differ, fewer than two units, a value that is not positive, or a level that is not between nought and one.
    """
    check_labels(estimate.index, simulated.columns, "simulated")
    if not 0 < level < 1:
        raise ValueError(f"level {level}: expected a number between nought and one")
    if len(estimate) < 2:
        raise ValueError(f"units {list(estimate.index)}: expected at least two")
    if not ((estimate > 0).all() and (simulated > 0).all(axis=None)):
        raise ValueError(f"smallest value {estimate.min():.6g}, smallest draw {simulated.min(axis=None):.6g}: expected positive numbers")
    values, draws = np.log(estimate.to_numpy()), np.log(simulated.to_numpy())
    found = {}
    for place, unit in enumerate(estimate.index):
        difference = np.delete(values[place] - values, place)
        error = np.delete(draws[:, [place]] - draws, place, axis=1) - difference
        se = error.std(axis=0)
        # Draws that never move leave the difference without error.
        distance = np.divide(np.abs(error), se, out=np.zeros_like(error), where=se > 1e-12)
        reach = np.quantile(distance.max(axis=1), level) * se
        found[unit] = {"rank": 1 + int((difference < 0).sum()), "low": 1 + int((difference < -reach).sum()),
                       "high": len(values) - int((difference > reach).sum())}
    return pd.DataFrame.from_dict(found, orient="index")
