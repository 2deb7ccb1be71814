"""What the input-output engine costs on this machine, against bare LAPACK and pymrio in the same run.

    pip install pymrio
    python benchmarks/input_output.py

Prints, for random productive tables of 500 to 4,000 sectors, the seconds of one solve and of the full inverse with their ratio to
LAPACK's dgesv alone, then of all multipliers of one input and of the extraction of a sector, and the memory taken above the input,
in matrices of the table's size. Then the table of China 2007: 10,000 Monte Carlo draws, and A and L side by side with pymrio.
Times are the least of several rounds, the rivals taken in turn, so that other work on the machine disturbs little.
"""

from __future__ import annotations

import os
import platform
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd
from pymrio.tools import iomath
from scipy import linalg

from zhejiang import data
from zhejiang import input_output as io

DRAWS = 10_000
SECTORS = (500, 1_000, 2_000, 4_000)


def main() -> None:
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, numpy {np.__version__}")
    for sectors in SECTORS:
        large(sectors)
    table = io.official_table(data.load("input_output/china_2007_42"))
    monte_carlo(table)
    beside_pymrio(table)


def large(n: int) -> None:
    rng = np.random.default_rng(4)
    a = rng.random((n, n))
    a *= rng.uniform(0.3, 0.8, n) / a.sum(axis=0)
    A = pd.DataFrame(a)
    y = pd.Series(rng.random(n))
    identity = pd.DataFrame(np.eye(n))

    def bare(right: np.ndarray) -> np.ndarray:
        """Factor and solve, with the system made as LAPACK wants it."""
        system = np.asfortranarray(-a)
        system[np.diag_indices(n)] += 1
        return linalg.lapack.dgesv(system, right, overwrite_a=1)[2]

    print(f"\n{n:,} sectors{'seconds':>20}{'LAPACK':>10}{'ratio':>8}{'matrices above input':>24}")
    for label, ours, theirs in (
        ("x = (I - A)^-1 y", lambda: io.solve(A, y), lambda: bare(y.to_numpy())),
        ("L = (I - A)^-1", lambda: io.leontief_inverse(A), lambda: bare(identity.to_numpy())),
    ):
        rounds = [(seconds(ours), seconds(theirs)) for _ in range(5)]
        here, there = map(min, zip(*rounds))
        print(f"{label:20}{here:12.2f} s{there:8.2f} s{here / there:8.2f}{peak(ours) / a.nbytes:24.2f}", flush=True)
    x = io.solve(A, y)
    L = io.leontief_inverse(A)
    w, income, consumption = pd.Series(rng.random(n)), pd.Series(rng.uniform(0.05, 0.15, n)), pd.Series(rng.dirichlet(np.ones(n)))
    for label, ours in (("multipliers", lambda: io.multipliers(A, w, income, consumption)), ("extraction of one", lambda: io.extract(A, L, x, [0]))):
        print(f"{label:20}{min(seconds(ours) for _ in range(5)):12.2f} s{peak(ours) / a.nbytes:42.2f}", flush=True)
    print(f"largest residual of x = A x + y: {np.abs(A @ x + y - x).max():.1e}")


def monte_carlo(table: io.Table) -> None:
    A = io.technical_coefficients(table.Z, table.x)
    errors = io.CoefficientErrors(0.2, 0.2, 0.2)
    found = [seconds(lambda: io.simulate_linkages(A, table.x, errors, DRAWS, seed=1)) for _ in range(3)]
    megabytes = peak(lambda: io.simulate_linkages(A, table.x, errors, DRAWS, seed=1)) / 1e6
    print(f"\n{DRAWS:,} draws of {len(A)} sectors: {min(found):.2f} s, {megabytes:.0f} MB")


def beside_pymrio(table: io.Table) -> None:
    print(f"\n{len(table.x)} sectors of China 2007{'here':>14}{'pymrio':>12}{'ratio':>8}{'largest difference':>22}")
    A = io.technical_coefficients(table.Z, table.x)
    for label, ours, theirs in (
        ("A from flows", lambda: io.technical_coefficients(table.Z, table.x), lambda: iomath.calc_A(table.Z, table.x)),
        ("L from A", lambda: io.leontief_inverse(A), lambda: iomath.calc_L(A)),
    ):
        rounds = [(seconds(ours), seconds(theirs)) for _ in range(201)]
        here, there = (1e3 * min(column) for column in zip(*rounds))
        difference = np.abs(ours().to_numpy() - theirs().to_numpy()).max()
        print(f"{label:24}{here:11.2f} ms{there:9.2f} ms{here / there:8.2f}{difference:22.1e}")


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def peak(run: Callable[[], object]) -> float:
    """Bytes that NumPy and Python hold at most while it runs, above what they held before."""
    tracemalloc.start()
    held = tracemalloc.get_traced_memory()[0]
    run()
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return highest - held


if __name__ == "__main__":
    main()
