"""Hypothetical extraction: what the economy loses without a sector, or without a block of sectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from zhejiang.labels import check_labels


@dataclass(frozen=True)
class Extraction:
    """Loss of gross output by sector, (n,) each, in the unit of x, when the block K leaves.

    ``total``
        K makes, buys and sells nothing, to users of any kind; what it sold comes from elsewhere.
    ``backward``
        K buys nothing from any sector, itself included. It still meets all demand. Outside K the loss equals ``total``.
    ``forward``
        K sells nothing to any sector, itself included; primary inputs stay as they were (Ghosh).
    ``internal``
        K buys nothing from itself.
    """

    total: pd.Series
    backward: pd.Series
    forward: pd.Series
    internal: pd.Series


def extract(A: pd.DataFrame, L: pd.DataFrame, x: pd.Series, block: Sequence) -> Extraction:
    """Return what extracting the sectors of `block` costs, by sector.

    With the inverse at hand each extraction is a solve of the size of the block K (Sherman-Morrison-Woodbury)::

        total      L[:, K] L[K, K]⁻¹ x[K]
        backward   (L - I)[:, K] L[K, K]⁻¹ x[K]
        forward    x[K]' G[K, K]⁻¹ (G - I)[K, :]
        internal   L[:, K] A[K, K] (I + L[K, K] A[K, K])⁻¹ x[K]

    They equal the outputs that are lost when the rows and columns of K, its columns of A, its rows of B, or the cells of A
    inside K are set to zero and final demand (primary inputs, in the Ghosh case) stays; with ``total``, final demand for K goes
    too. Total: Strassert (1968), Schultz (1977); Cella (1984) keeps what K needs of itself for its own final demand, so that his
    total linkage is the sum of ``total`` less that of (I - A[K, K])⁻¹ y[K]. Backward and forward: Dietzenbacher and van der
    Linden (1997). Taxonomy: Miller and Lahr (2001); Miller and Blair (2009), section 12.2.6.

    Parameters
    ----------
    A, L
        (n, n) coefficients and their inverse, rows sell; domestic ones, unless imports are meant to be made at home.
    x
        (n,) gross output, positive.
    block
        Labels of the sectors that leave.

    Raises
    ------
    ValueError
        Labels that differ, an empty block, a label that is not a sector or is given twice, an output that is not
        positive, or an L that is not the inverse that belongs to A.
    """
    check_labels(A.index, A.columns, "columns of A")
    check_labels(A.index, L.index, "L")
    check_labels(A.index, L.columns, "columns of L")
    check_labels(A.index, x.index, "x")
    wrong = ~(x > 0)
    if wrong.any():
        raise ValueError(f"output of {wrong.idxmax()}: {x[wrong.idxmax()]:.6g}: expected a positive number")
    block = list(block)
    if not block or len(set(block)) < len(block) or not set(block) <= set(A.index):
        raise ValueError(f"block {block}: expected one or more sectors of the table, each once")
    place = A.index.get_indexer(block)
    coefficients, inverse, output = A.to_numpy(), L.to_numpy(), x.to_numpy()
    columns, own = inverse[:, place], output[place]
    inner, inside = columns[place], coefficients[np.ix_(place, place)]
    # The rows of (I - A) L that belong to K are those of the identity matrix.
    gap = np.abs(inner - coefficients[place] @ columns - np.eye(len(block))).max(axis=1)
    if not (gap < 1e-6).all():
        raise ValueError(f"L in the row of {block[gap.argmax()]}: (I - A) L is off by {gap.max():.6g}: expected the inverse of I - A")
    # Rows K of the Ghosh inverse x̂⁻¹ L x̂; the rest of it is not needed.
    G = inverse[place] * output / own[:, None]
    # Final demand for K that would need K's output and nothing else; primary inputs likewise.
    demand, supply = np.zeros(len(x)), np.zeros(len(x))
    demand[place], supply[place] = np.linalg.solve(inner, own), np.linalg.solve(G[:, place].T, own)
    total = inverse @ demand
    losses = {
        "total": total,
        "backward": total - demand,
        "forward": G.T @ supply[place] - supply,
        "internal": columns @ (inside @ np.linalg.solve(np.eye(len(block)) + inner @ inside, own)),
    }
    return Extraction(**{name: pd.Series(loss, x.index) for name, loss in losses.items()})
