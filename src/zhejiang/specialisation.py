"""How far a region's structure differs from a reference, and how concentrated it is: location quotients, Krugman's index, HHI."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from zhejiang.labels import check_same


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
    _check_pair(region, reference)
    return (region / region.sum()) / (reference / reference.sum())


def quotient_intervals(region: pd.Series, reference: pd.Series, design_effect: float = 1.0, level: float = 0.95) -> pd.DataFrame:
    """Location quotients of two samples with their intervals: columns ``quotient``, ``lo``, ``hi``, one row an industry.

    The logarithm of a ratio of two shares has the variance ``d (1/a - 1/n + 1/b - 1/m)`` with a of n persons in the region,
    b of m in the reference and the design effect d (Katz et al. 1978 for d = 1; Kish 1965 for d). The samples are taken
    as independent. A region that is part of its reference makes the true interval a little narrower. An industry without a
    sampled person in the region has no interval: ``lo`` and ``hi`` are NaN.

    Parameters
    ----------
    region, reference
        Sampled persons by industry, as in `location_quotients`.
    design_effect
        Variance under the design of the sample over that of a simple random sample of persons; at least one.
    level
        Coverage, between zero and one.

    Raises
    ------
    ValueError
        As `location_quotients`; a design effect below one; a level outside zero and one.
    """
    if not 1 <= design_effect < np.inf:
        raise ValueError(f"design effect {design_effect}: expected a finite number, one or more")
    if not 0 < level < 1:
        raise ValueError(f"level {level}: expected a number between zero and one")
    quotient = location_quotients(region, reference)
    sampled = region.where(region > 0)
    variance = design_effect * (1 / sampled - 1 / region.sum() + 1 / reference - 1 / reference.sum())
    half = stats.norm.ppf((1 + level) / 2) * np.sqrt(variance)
    return pd.DataFrame({"quotient": quotient, "lo": quotient * np.exp(-half), "hi": quotient * np.exp(half)})


def krugman_index(region: pd.Series, reference: pd.Series) -> float:
    """Sum of absolute differences between two structures, Σ|r_i / Σr - n_i / Σn|: zero if equal, two if they share no industry.

    Krugman (1991) compares pairs of regions; half of the index is the part of employment that would have to change industry.

    Parameters and errors as in `location_quotients`.
    """
    _check_pair(region, reference)
    return float((region / region.sum() - reference / reference.sum()).abs().sum())


def herfindahl(region: pd.Series) -> float:
    """Herfindahl-Hirschman index of concentration, Σ(r_i / Σr)²: between one over the number of industries and one.

    Parameters
    ----------
    region
        Employment, value added or output by industry, in any unit, without a total; not negative.

    Raises
    ------
    ValueError
        A value that is missing or negative, or nothing in any industry.
    """
    _check_levels("region", region, ~(region >= 0), "a number that is not negative")
    return float(((region / region.sum()) ** 2).sum())


def _check_pair(region: pd.Series, reference: pd.Series) -> None:
    """Raise `ValueError` unless both have the same industries in one order and usable levels."""
    check_same("region and reference", region.index, reference.index, "industries")
    _check_levels("region", region, ~(region >= 0), "a number that is not negative")
    _check_levels("reference", reference, ~(reference > 0), "a positive number")


def _check_levels(name: str, values: pd.Series, wrong: pd.Series, expected: str) -> None:
    if wrong.any():
        raise ValueError(f"{name}, {wrong.idxmax()}: {values[wrong.idxmax()]}: expected {expected}")
    if values.sum() == 0:
        raise ValueError(f"{name}: nothing in any industry: expected a positive number in one of them")
