"""What the input-output engine costs on this machine, against bare LAPACK and pymrio in the same run.

    pip install pymrio
    python benchmarks/input_output.py

For random productive tables of 500 to 4,000 sectors: seconds of one solve and of the full inverse against LAPACK's dgesv, which is given a copy of
the system, since it destroys it; of coefficients, inverse and multipliers of one input against pymrio; of multipliers with households inside and of
the extraction of one sector; and the memory taken above the input, in matrices of the table's size. Then the table of China 2007: 10,000 Monte
Carlo draws, and the same against pymrio. Times are the least of several rounds, the rivals taken in turn, so that other work on the machine
disturbs little.

Seen on 2 cores, numpy 2.4.6:

                             ms      LAPACK   ratio  largest difference  matrices above input
x = (I - A)^-1 y,    500   4.28        3.62    1.18             2.0e-15                  1.01
                   1,000  19.65       21.45    0.92             2.9e-15                  1.00
                   2,000  91.09      136.88    0.67             4.0e-15                  1.00
                   4,000 711.44      968.36    0.73             5.1e-15                  1.00
Against pymrio at 4,000: A from flows 0.98, L from A 0.80, w L from A 0.28. 10,000 draws of 42 sectors: 0.80 s, 55 MB.
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
ROUNDS = 5


def main() -> None:
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, numpy {np.__version__}")
    for sectors in SECTORS:
        large(sectors)
    table = io.official_table(data.load("input_output/china_2007_42"))
    monte_carlo(table)
    head(len(table.x), "pymrio")
    beside_pymrio(table.Z, table.x, 40 * ROUNDS)


def large(n: int) -> None:
    rng = np.random.default_rng(4)
    a = rng.random((n, n))
    a *= rng.uniform(0.3, 0.8, n) / a.sum(axis=0)
    A = pd.DataFrame(a)
    y = pd.Series(rng.random(n))
    identity = np.eye(n)

    def bare(right: np.ndarray) -> np.ndarray:
        """Factor and solve, with the system made as LAPACK wants it."""
        system = np.asfortranarray(-a)
        system[np.diag_indices(n)] += 1
        return linalg.lapack.dgesv(system, right, overwrite_a=1)[2]

    head(n, "LAPACK")
    compare("x = (I - A)^-1 y", lambda: io.solve(A, y), lambda: bare(y.to_numpy()), ROUNDS)
    compare("L = (I - A)^-1", lambda: io.leontief_inverse(A), lambda: bare(identity), ROUNDS)
    x = io.solve(A, y)
    print(f"  largest residual of x = A x + y: {np.abs(A @ x + y - x).max():.1e}\n  beside pymrio")
    beside_pymrio(A * x, x, ROUNDS)
    L = io.leontief_inverse(A)
    w, income, consumption = pd.Series(rng.random(n)), pd.Series(rng.uniform(0.05, 0.15, n)), pd.Series(rng.dirichlet(np.ones(n)))
    print("  alone")
    for label, ours in (("types I and II", lambda: io.multipliers(A, w, income, consumption)), ("extraction of one", lambda: io.extract(A, L, x, [0]))):
        print(f"{label:24}{1e3 * min(seconds(ours) for _ in range(ROUNDS)):12.2f}{peak(ours) / a.nbytes:60.2f}", flush=True)


def monte_carlo(table: io.Table) -> None:
    A = io.technical_coefficients(table.Z, table.x)
    errors = io.CoefficientErrors(0.2, 0.2, 0.2)
    found = [seconds(lambda: io.simulate_linkages(A, table.x, errors, DRAWS, seed=1)) for _ in range(3)]
    megabytes = peak(lambda: io.simulate_linkages(A, table.x, errors, DRAWS, seed=1)) / 1e6
    print(f"\n{DRAWS:,} draws of {len(A)} sectors: {min(found):.2f} s, {megabytes:.0f} MB")


def beside_pymrio(Z: pd.DataFrame, x: pd.Series, rounds: int) -> None:
    A = io.technical_coefficients(Z, x)
    w = 1 - A.sum()
    compare("A from flows", lambda: io.technical_coefficients(Z, x), lambda: iomath.calc_A(Z, x), rounds)
    compare("L from A", lambda: io.leontief_inverse(A), lambda: iomath.calc_L(A), rounds)
    compare("w L from A", lambda: io.solve(A.T, w), lambda: iomath.calc_M(w.to_frame().T, iomath.calc_L(A)).iloc[0], rounds)


def head(sectors: int, rival: str) -> None:
    print(f"\n{f'{sectors:,} sectors':24}{'ms':>12}{rival:>12}{'ratio':>8}{'largest difference':>20}{'matrices above input':>22}")


def compare(label: str, ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> None:
    """Print milliseconds, and how far the results are apart."""
    here, there = (1e3 * min(column) for column in zip(*[(seconds(ours), seconds(theirs)) for _ in range(rounds)]))
    found = ours()
    difference = np.abs(np.asarray(found) - np.asarray(theirs())).max()
    print(f"{label:24}{here:12.2f}{there:12.2f}{here / there:8.2f}{difference:20.1e}{peak(ours) / (8 * len(found) ** 2):22.2f}", flush=True)


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
