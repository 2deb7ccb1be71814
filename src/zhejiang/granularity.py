"""Can printed shares come from whole counts? The sample sizes that their digits allow.

A share of n firms is k/n with k a whole number, so that small samples cannot give every printed digit. The test of means
on this ground is GRIM (Brown and Heathers 2017, Social Psychological and Personality Science 8(4), 363-369); a share is the
mean of zeros and ones. It holds for unweighted shares only: with weights, a share need not be a count over n.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

ROUNDINGS = ("nearest", "down")
# A tie may be rounded either way; sums of binary fractions miss it by less than this, in percent.
TIE = 1e-9


def fitting_counts(share: float, decimals: int, n: int, rounding: str = "nearest") -> range:
    """Return the counts k, from 0 to n, with ``100 k / n`` printed as `share`; an empty range if there is none.

    Whole-number arithmetic: no share is lost to binary fractions.

    Parameters
    ----------
    share
        Printed share in percent, 0 to 100.
    decimals
        Printed decimals, 0 or more.
    n
        Number of firms, 1 or more.
    rounding
        ``"nearest"`` admits both ways to round a tie, ``"down"`` takes the further digits to be cut off.

    Raises
    ------
    ValueError
        A share outside 0 to 100 or with more decimals than stated; decimals, size or rounding outside their range.
    """
    printed = _in_units(share, decimals)
    if n < 1 or n != int(n):
        raise ValueError(f"size {n}: expected a whole number of firms, 1 or more")
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding {rounding!r}: expected one of {ROUNDINGS}")
    # 100 k / n in units of the last printed digit is `whole` k / n.
    whole = 100 * 10**decimals
    if rounding == "nearest":
        first, last = _ceil((2 * printed - 1) * n, 2 * whole), (2 * printed + 1) * n // (2 * whole)
    else:
        first, last = _ceil(printed * n, whole), _ceil((printed + 1) * n, whole) - 1
    return range(max(first, 0), min(last, n) + 1)


def admissible_sizes(
    shares: Sequence[float], decimals: int, sizes: Iterable[int], exhaustive: bool, rounding: str = "nearest"
) -> list[int]:
    """Return the sizes n of which every share can be a count.

    Parameters
    ----------
    shares
        Printed shares in percent, all of the same n firms.
    decimals, rounding
        See `fitting_counts`.
    sizes
        Sizes to try.
    exhaustive
        The shares are all answers to a question with one answer a firm: their counts have to add up to n.

    Raises
    ------
    ValueError
        No share, or what `fitting_counts` refuses.
    """
    if not len(shares):
        raise ValueError("no share: expected at least one")
    found = []
    for n in sizes:
        counts = [fitting_counts(share, decimals, n, rounding) for share in shares]
        # Each range has no gap, so that the sums between the smallest and the largest are all reached.
        if all(counts) and (not exhaustive or sum(c[0] for c in counts) <= n <= sum(c[-1] for c in counts)):
            found.append(n)
    return found


def least_size(share: float, other: float, decimals: int) -> int:
    """Return the least number of firms of which two different printed shares can both be counts, whatever the counts are.

    Two different counts are at least one firm apart, so that ``100 / n <= |share - other| + u`` with u one unit of the last
    printed digit. A necessary condition that can be checked by hand; `admissible_sizes` is sharper.

    Raises `ValueError` for equal shares and for what `fitting_counts` refuses.
    """
    apart = abs(_in_units(share, decimals) - _in_units(other, decimals))
    if apart == 0:
        raise ValueError(f"shares {share} and {other}: expected different ones")
    return _ceil(100 * 10**decimals, apart + 1)


def chance_of_fit(decimals: int, sizes: Sequence[int]) -> float:
    """Return the part of all printed triples that fit at least one of the sizes.

    A triple is three shares with `decimals` that add up to 100 exactly, as the answers to a question with three answers. This
    is what the fit of a printed triple would be worth if its digits were drawn at random.
    """
    whole = 100 * 10**decimals
    first, second = np.meshgrid(np.arange(whole + 1), np.arange(whole + 1), indexing="ij")
    inside = first + second <= whole
    first, second = first[inside], second[inside]
    fits = np.zeros(len(first), dtype=bool)
    for n in sizes:
        counts = [fitting_counts(unit / 10**decimals, decimals, n) for unit in range(whole + 1)]
        lowest = np.array([c.start for c in counts])
        highest = np.array([c.stop - 1 for c in counts])
        possible = lowest <= highest
        parts = (first, second, whole - first - second)
        fits |= (np.all([possible[part] for part in parts], axis=0)
                 & (sum(lowest[part] for part in parts) <= n) & (n <= sum(highest[part] for part in parts)))
    return float(fits.mean())


def fitting_weights(
    shares: Sequence[float], decimals: int, firms: Sequence[int], weights: np.ndarray
) -> np.ndarray:
    """Return, for each of V vectors of weights, whether every share can be a weighted sum of counts in strata (V truth values).

    A weighted share is ``100 sum_h W_h k_h / n_h`` with a whole count ``k_h`` from 0 to ``n_h`` in each stratum h. The shares are
    answers that may go together, so that each is tried by itself.

    Parameters
    ----------
    shares, decimals
        Printed shares in percent and their decimals.
    firms
        Sampled firms n_h, H strata.
    weights
        Shares W_h of the strata in the population, one row a vector, V x H, each row adding up to one.

    Raises
    ------
    ValueError
        Weights that are negative or do not add up to one, or not one for each stratum.
    """
    weights = np.asarray(weights, dtype=float)
    if weights.ndim != 2 or weights.shape[1] != len(firms):
        raise ValueError(f"weights of shape {weights.shape}: expected one column for each of {len(firms)} strata")
    for row, vector in enumerate(weights):
        if (vector < 0).any() or not math.isclose(vector.sum(), 1):
            raise ValueError(f"weights, row {row}: {vector.tolist()}: expected shares that add up to one")
    printed = np.array([_in_units(share, decimals) for share in shares]) / 10**decimals
    counts = np.array(np.meshgrid(*[np.arange(n + 1) / n for n in firms], indexing="ij")).reshape(len(firms), -1)
    half = 0.5 * 10.0**-decimals + TIE
    return np.array([
        all((np.abs(attained - share) <= half).any() for share in printed) for attained in (100 * vector @ counts for vector in weights)
    ])


def _in_units(share: float, decimals: int) -> int:
    """Return a printed share in units of its last digit."""
    if decimals < 0 or decimals != int(decimals):
        raise ValueError(f"decimals {decimals}: expected a whole number, 0 or more")
    units = round(share * 10**decimals) if math.isfinite(share) else -1
    if not 0 <= share <= 100 or not math.isclose(units, share * 10**decimals, abs_tol=1e-6):
        raise ValueError(f"share {share}: expected a percentage from 0 to 100 with {decimals} decimals")
    return units


def _ceil(a: int, b: int) -> int:
    return -(-a // b)
