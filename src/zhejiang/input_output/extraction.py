"""Hypothetical extraction: what the economy loses without a sector, or without a block of sectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from zhejiang.input_output.leontief import ghosh_inverse
from zhejiang.input_output.table import check_labels


@dataclass(frozen=True)
class Extraction:
    """Loss of gross output by sector, (n,) each, in the unit of x, when the block K leaves.

    ``total``
        K makes, buys and sells nothing; what it sold comes from elsewhere.
    ``backward``
        K makes what it made, with no domestic inputs.
    ``forward``
        K sells nothing to sectors; primary inputs stay as they were (Ghosh).
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
    too. Total: Cella (1984). Backward and forward: Dietzenbacher and van der Linden (1997). Taxonomy: Miller and Lahr (2001);
    Miller and Blair (2009), section 12.2.6.

    Parameters
    ----------
    A, L
        (n, n) coefficients and their inverse, rows sell.
    x
        (n,) gross output.
    block
        Labels of the sectors that leave.

    Raises
    ------
    ValueError
        Labels that differ, an empty block, or a label that is not a sector or is given twice.
    """
    check_labels(A.index, L.index, "L")
    check_labels(A.index, x.index, "x")
    block = list(block)
    if not block or len(set(block)) < len(block) or not set(block) <= set(A.index):
        raise ValueError(f"block {block}: expected one or more sectors of the table, each once")
    G = ghosh_inverse(L, x)
    own = x[block].to_numpy()
    inner, inside = L.loc[block, block].to_numpy(), A.loc[block, block].to_numpy()
    # Final demand for K that would need K's output and nothing else; primary inputs likewise.
    demand = pd.Series(np.linalg.solve(inner, own), block)
    supply = pd.Series(np.linalg.solve(G.loc[block, block].to_numpy().T, own), block)
    total = L[block] @ demand
    internal = L[block] @ (inside @ np.linalg.solve(np.eye(len(block)) + inner @ inside, own))
    return Extraction(
        total=total,
        backward=total - demand.reindex(x.index, fill_value=0.0),
        forward=G.loc[block].T @ supply - supply.reindex(x.index, fill_value=0.0),
        internal=internal,
    )
