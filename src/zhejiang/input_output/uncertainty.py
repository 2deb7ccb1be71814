"""How far errors in the coefficients reach: Monte Carlo of linkages and their ranks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from zhejiang.input_output.table import check_labels

# Draws solved at once: some 50 MB for 42 sectors.
CHUNK = 1_000


@dataclass(frozen=True)
class Simulation:
    """Simulated coefficients, (draws, n) each: ``influence``, ``sensitivity_leontief``, ``sensitivity_ghosh``; see `leontief.Linkages`."""

    influence: pd.DataFrame
    sensitivity_leontief: pd.DataFrame
    sensitivity_ghosh: pd.DataFrame


def simulate_linkages(A: pd.DataFrame, x: pd.Series, cell_sd: float, share_sd: float, draws: int, seed: int) -> Simulation:
    """Draw coefficients around A and return the linkage coefficients of each draw.

    Error model, by column j with intermediate share s_j = Σ_i a_ij::

        a*_ij ∝ a_ij exp(cell_sd ε_ij)                the mix of inputs
        logit s*_j = logit s_j + share_sd η_j         the split between inputs and primary inputs
        Σ_i a*_ij = s*_j,     ε, η independent N(0, 1)

    The mix comes from surveys of a few firms, the split from the national accounts, so they err apart. Zeros stay zero. Every
    draw is a productive economy, since s* lies between nought and one. Quandt (1958) studies such errors, West (1986) their
    distribution in multipliers.

    Parameters
    ----------
    A, x
        (n, n) coefficients, rows sell, and (n,) outputs. Each column sum lies between nought and one; a column
        of zeros stays as it is.
    cell_sd, share_sd
        Standard deviations, in logs and in log odds; not negative.
    draws, seed
        Number of draws, and the seed of NumPy's default generator.

    Raises
    ------
    ValueError
        Labels that differ, a column sum of one or more, or a negative standard deviation.
    """
    check_labels(A.index, A.columns, "columns of A")
    check_labels(A.index, x.index, "x")
    if cell_sd < 0 or share_sd < 0:
        raise ValueError(f"standard deviations {cell_sd}, {share_sd}: expected numbers that are not negative")
    s = A.sum()
    if not (s < 1).all():
        raise ValueError(f"inputs of {s.idxmax()}: {s.max():.6g} of its output: expected less than one")
    rng = np.random.default_rng(seed)
    a, n = A.to_numpy(), len(A)
    odds = (s / (1 - s)).to_numpy()
    outputs = x.to_numpy(dtype=float)[:, None]
    found = {name: np.empty((draws, n)) for name in ("influence", "sensitivity_leontief", "sensitivity_ghosh")}
    for first in range(0, draws, CHUNK):
        rows = slice(first, min(first + CHUNK, draws))
        size = rows.stop - first
        mix = a * np.exp(cell_sd * rng.standard_normal((size, n, n)))
        drawn = odds * np.exp(share_sd * rng.standard_normal((size, n)))
        column = mix.sum(axis=1)
        # An empty column has nothing to rescale.
        scale = np.divide(drawn / (1 + drawn), column, out=np.zeros_like(column), where=column > 0)
        system = np.eye(n) - mix * scale[:, None, :]
        backward = np.linalg.solve(system.transpose(0, 2, 1), np.ones((n, 1)))[..., 0]
        forward = np.linalg.solve(system, np.hstack([np.ones((n, 1)), outputs]))
        # Row sums of the Ghosh inverse x̂⁻¹ L x̂ are L x over x.
        for name, values in (("influence", backward), ("sensitivity_leontief", forward[..., 0]),
                             ("sensitivity_ghosh", forward[..., 1] / outputs[:, 0])):
            found[name][rows] = values / values.mean(axis=1, keepdims=True)
    return Simulation(**{name: pd.DataFrame(values, columns=A.columns) for name, values in found.items()})
