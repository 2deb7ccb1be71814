"""Random productive economies for property tests."""

from __future__ import annotations

import numpy as np
import pandas as pd

from zhejiang import input_output as io


def competitive_table(seed: int, n: int) -> io.Table:
    """A table of n sectors with competitive imports that balances, some cells empty; every sector adds value and sells at home."""
    rng = np.random.default_rng(seed)
    labels = [f"s{i + 1:02}" for i in range(n)]
    cells = rng.random((n, n)) * (rng.random((n, n)) < 0.7)
    inputs = rng.uniform(0.05, 0.9, n)
    A = cells * np.divide(inputs, cells.sum(axis=0), out=np.zeros(n), where=cells.sum(axis=0) > 0)
    m = rng.uniform(0, 0.8, n) * (rng.random(n) < 0.8)
    Y, E = rng.uniform(1, 100, (n, 2)), rng.uniform(0, 100, n)
    x = np.linalg.solve(np.eye(n) - (1 - m)[:, None] * A, (1 - m) * Y.sum(axis=1) + E)
    Z = A * x
    split = rng.uniform(0.2, 0.8, n)
    primary = x - Z.sum(axis=0)

    def by_sector(values):
        return pd.Series(values, labels)

    return io.Table(
        Z=pd.DataFrame(Z, labels, labels), Y=pd.DataFrame(Y, labels, ["households", "investment"]), E=by_sector(E),
        M=by_sector(m * (Z.sum(axis=1) + Y.sum(axis=1))), e=by_sector(np.zeros(n)), u=by_sector(np.zeros(n)),
        V=pd.DataFrame([split * primary, (1 - split) * primary], ["labour", "surplus"], labels), x=by_sector(x),
    )


def random_block(seed: int, labels) -> list:
    """One or more sectors, in random order; at times all of them."""
    rng = np.random.default_rng(seed)
    return list(rng.permutation(labels)[: rng.integers(1, len(labels) + 1)])
