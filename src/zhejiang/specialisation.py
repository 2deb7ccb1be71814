"""How far a region's structure differs from a reference: location quotients."""

from __future__ import annotations

import pandas as pd


def location_quotients(region: pd.Series, reference: pd.Series) -> pd.Series:
    """Share of each industry in the region over its share in the reference: (r_i / Σr) / (n_i / Σn).

    Above one where the region is specialised (Miller and Blair 2009, section 8.2.1). Both sides have to cover the same
    workers: whole-economy employment against urban units measures coverage, not specialisation.

    Parameters
    ----------
    region, reference
        Employment, value added or output by industry, in any unit, without a total. The same labels in the
        same order; not negative; no industry of the reference is empty.

    Raises
    ------
    ValueError
        Labels that differ, a value that is missing, negative, or zero in the reference, or an empty region.
    """
    if not region.index.equals(reference.index):
        odd = region.index.symmetric_difference(reference.index).tolist()
        raise ValueError(f"region and reference differ in {odd or 'the order of their labels'}: expected the same industries in one order")
    for name, values, wrong, expected in (
        ("region", region, ~(region >= 0), "a number that is not negative"),
        ("reference", reference, ~(reference > 0), "a positive number"),
    ):
        if wrong.any():
            raise ValueError(f"{name}, {wrong.idxmax()}: {values[wrong.idxmax()]}: expected {expected}")
    if region.sum() == 0:
        raise ValueError("region: nothing in any industry: expected a positive number in one of them")
    return (region / region.sum()) / (reference / reference.sum())
