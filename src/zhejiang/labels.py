"""Refuse tables whose labels do not fit together."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def check_labels(expected: Sequence, found: Sequence, name: str) -> None:
    """Refuse labels that are not the expected ones in the expected order, naming the first that differs."""
    expected, found = list(expected), list(found)
    if expected == found:
        return
    missing = [label for label in expected if label not in found]
    unknown = [label for label in found if label not in expected]
    if missing or unknown:
        raise ValueError(f"{name}: {len(found)} labels for {len(expected)} sectors; missing {missing[:3] or 'none'}, unknown"
                         f" {unknown[:3] or 'none'}: expected the sectors of the rows")
    place = next((i for i, pair in enumerate(zip(expected, found)) if pair[0] != pair[1]), min(len(expected), len(found)))
    raise ValueError(f"{name}: position {place + 1} is {found[place:place + 1]}: expected {expected[place:place + 1]}, the order of the rows")


def check_same(names: str, first: pd.Index, second: pd.Index, of: str) -> None:
    """Refuse labels that differ between the two sides called `names`; both hold the same `of` (industries, sectors) in one order."""
    if not first.equals(second):
        odd = first.symmetric_difference(second).tolist()
        raise ValueError(f"{names} differ in {odd or 'the order of their labels'}: expected the same {of} in one order")
