"""Compare a function with a source outside the project, and note the comparison for the book's page on verification.

``assert ours == same_as(theirs, "R, sandwich", of=function, rel=1e-9)`` holds exactly where ``pytest.approx(theirs, rel=1e-9, abs=0)`` does. What a
test compared in this way is held against `reference/comparisons.json` (see conftest.py), which ``pytest --renew-comparisons`` writes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import astuple, replace

import numpy as np
import pytest

from zhejiang.verification import FOLDER, Comparison, bound

# What the running test has compared; conftest.py empties it before each test.
noted: list[Comparison] = []


class SameAs:
    """The right side of a comparison; see `same_as`."""

    # As in pytest.approx: arrays leave the comparison to this side, and nothing is hashed.
    __array_ufunc__ = None
    __hash__ = None

    def __init__(self, expected, source: str, functions: tuple[Callable, ...], rel: float, abs: float):
        self.expected, self.source, self.functions, self.rel, self.abs = expected, source, functions, rel, abs
        self.near = pytest.approx(expected, rel=rel, abs=abs)
        self.fault = ""

    def __eq__(self, found) -> bool:
        if self.near != found:
            self.fault = self._worst(found)
            return False
        for kind, tolerance in (("relative", self.rel), ("absolute", self.abs)):
            differences = [difference for held, difference in map(self._difference, *self._pairs(found)) if held == kind]
            if differences:
                noted.extend(Comparison(f"{function.__module__}.{function.__qualname__}", self.source, kind, float(tolerance), len(differences),
                                        max(differences)) for function in self.functions)
        return True

    def _pairs(self, found) -> tuple[list[float], list[float]]:
        """Numbers found and expected, in one order."""
        if isinstance(self.expected, Mapping):
            return [found[key] for key in self.expected], list(self.expected.values())
        return np.ravel(np.asarray(found, dtype=float)).tolist(), np.ravel(np.asarray(self.expected, dtype=float)).tolist()

    def _difference(self, found: float, expected: float) -> tuple[str, float]:
        """The difference of a pair, relative or absolute: by whichever bound is the wider one, as in pytest.approx."""
        if self.abs > self.rel * math.fabs(expected):
            return "absolute", math.fabs(found - expected)
        return "relative", 0.0 if found == expected else math.fabs(found - expected) / math.fabs(expected)

    def _worst(self, found) -> str:
        """The number that is furthest off, if both sides have the same numbers."""
        labels = list(self.expected) if isinstance(self.expected, Mapping) else None
        try:
            pairs = list(zip(*self._pairs(found), strict=True))
        except (KeyError, ValueError, TypeError):
            return "other labels or another number of numbers"
        # In tolerances; where there is none, any difference is too large.
        off = {place: math.fabs(f - e) / max(self.rel * math.fabs(e), self.abs, 1e-300)
               for place, (f, e) in enumerate(pairs) if f != pytest.approx(e, rel=self.rel, abs=self.abs)}
        if not off:
            return "another shape"
        worst = max(off, key=off.get)
        value, expected = pairs[worst]
        return f"{len(off)} of {len(pairs)} numbers off, most of all {labels[worst] if labels else worst}: {value!r}, expected {expected!r}"

    def __repr__(self) -> str:
        return f"same_as({self.source}; rel={self.rel:g}, abs={self.abs:g}): {self.fault or repr(self.near)}"


def same_as(expected, source: str, *, of: Callable | tuple[Callable, ...], rel: float = 0.0, abs: float = 0.0) -> SameAs:
    """Return what equals numbers within a tolerance of those of an outside source.

    Parameters
    ----------
    expected
        A number, a list or array of numbers, or a dictionary of them.
    source
        Software with the package ("R, strucchange"), or publication with table or page.
    of
        The function of the project whose numbers are compared, or several.
    rel, abs
        Tolerances as in `pytest.approx`; without one the numbers have to be equal.
    """
    return SameAs(expected, source, of if isinstance(of, tuple) else (of,), rel, abs)


def uniform(n: int, seed: int) -> np.ndarray:
    """Park and Miller's generator, as in reference/lib/reference.R: the same numbers in every language."""
    x = []
    for _ in range(n):
        seed = 16807 * seed % 2147483647
        x.append(seed / 2147483647)
    return np.array(x)


def merged(found: list[Comparison]) -> list[Comparison]:
    """Return one comparison for each function, source, kind and tolerance."""
    groups: dict[tuple, list[Comparison]] = {}
    for one in found:
        groups.setdefault((one.of, one.source, one.kind, one.tolerance), []).append(one)
    return [Comparison(*key, sum(one.numbers for one in group), max(one.difference for one in group)) for key, group in sorted(groups.items())]


def faults(now: list[Comparison], stored: list[Comparison]) -> list[str]:
    """Return how a test's comparisons differ from what is stored of it: each one that is new, gone or changed, or further off."""
    def limits(found):
        return {replace(one, difference=0.0): one.difference for one in found}

    made, before = limits(now), limits(stored)
    return ([f"not stored: {one}" for one in made.keys() - before.keys()] + [f"stored but not made: {one}" for one in before.keys() - made.keys()]
            + [f"further off than stored, {made[one]:g} and not {before[one]:g}: {one}" for one in made.keys() & before.keys() if made[one] > before[one]])


def renewed(now: list[Comparison], stored: list[Comparison]) -> list[Comparison]:
    """Return the comparisons to store, with a bound for each difference; one that is stored and near enough stays, so that machines agree."""
    before = {(one.of, one.source, one.kind, one.tolerance): one.difference for one in stored}
    result = []
    for one in now:
        new, old = bound(one.difference, one.tolerance), before.get((one.of, one.source, one.kind, one.tolerance), math.inf)
        result.append(replace(one, difference=old if one.difference <= old <= 10 * new else new))
    return result


def write(found: dict[str, list[Comparison]]) -> None:
    """Store the comparisons by test, one a line: the fields of `Comparison` in their order."""
    tests = []
    for test, ones in sorted(found.items()):
        if ones:
            lines = ",\n".join(f"  {json.dumps(astuple(one), ensure_ascii=False)}" for one in ones)
            tests.append(f' {json.dumps(test)}: [\n{lines}\n ]')
    (FOLDER / "comparisons.json").write_text("{\n" + ",\n".join(tests) + "\n}\n", encoding="utf-8", newline="\n")
