"""Shift-share analysis: a region's change split by what its reference, its structure and its industries' own growth gave."""

from __future__ import annotations

import numpy as np
import pandas as pd

from zhejiang.labels import check_same


def shift_share(region_start: pd.Series, region_end: pd.Series, reference_start: pd.Series, reference_end: pd.Series) -> pd.DataFrame:
    """Split the change of each industry of a region into the three effects of classic shift-share (Dunn 1960).

    With levels r of the region and n of the reference, g_i = n_i1 / n_i0 and g = Σn_i1 / Σn_i0:

    - ``reference``, growth at the rate of the whole reference: r_i0 (g - 1);
    - ``mix``, that the region has industries that grow faster or slower there: r_i0 (g_i - g);
    - ``regional``, that its industries grow faster or slower than the same ones of the reference: r_i1 - r_i0 g_i.

    They add up to ``change`` in each industry. Mix and regional add up to zero over all regions of a reference that they
    make up. One row an industry, in the unit of the levels; sum the columns for the region.

    If the end of both is measured on another scale than the start (samples with another sampling fraction), mix and
    regional are multiplied by that scale: divide by g to be free of it.

    Parameters
    ----------
    region_start, region_end, reference_start, reference_end
        Levels by industry at both ends, the same labels in the same order, without a total. Not negative, and positive at
        the start of the reference.

    Raises
    ------
    ValueError
        Labels that differ; a level that is missing, infinite, negative, or zero at the start of the reference; a side that
        is empty at either end.
    """
    _check(region_start=region_start, region_end=region_end, reference_start=reference_start, reference_end=reference_end)
    _check_positive("reference_start", reference_start)
    own = reference_end / reference_start
    whole = reference_end.sum() / reference_start.sum()
    return pd.DataFrame({
        "change": region_end - region_start,
        "reference": region_start * (whole - 1),
        "mix": region_start * (own - whole),
        "regional": region_end - region_start * own,
    })


def esteban_marquillas(region_start: pd.Series, region_end: pd.Series, reference_start: pd.Series, reference_end: pd.Series) -> pd.DataFrame:
    """Shift-share with the regional effect split by homothetic employment (Esteban-Marquillas 1972).

    The classic regional effect of an industry grows with the industry's size in the region, so that it mixes growth with
    specialisation. Homothetic employment h_i = Σr_0 n_i0 / Σn_0 is what the region would have with the structure of the
    reference. With g^r_i = r_i1 / r_i0:

    - ``competitive``, faster growth at the size of the reference's structure: h_i (g^r_i - g_i);
    - ``allocation``, that the region is specialised where it is faster: (r_i0 - h_i) (g^r_i - g_i).

    The two columns are added to those of `shift_share`, and add up to its ``regional``.

    Raises
    ------
    ValueError
        As `shift_share`, and for an industry that is empty at the start of the region, whose growth is not defined.
    """
    effects = shift_share(region_start, region_end, reference_start, reference_end)
    _check_positive("region_start", region_start)
    faster = region_end / region_start - reference_end / reference_start
    homothetic = region_start.sum() * reference_start / reference_start.sum()
    return effects.assign(competitive=homothetic * faster, allocation=(region_start - homothetic) * faster)


def _check(**sides: pd.Series) -> None:
    """Raise `ValueError` unless all have the same industries in one order and finite levels that are not negative."""
    first_name, first = next(iter(sides.items()))
    for name, levels in sides.items():
        check_same(f"{first_name} and {name}", first.index, levels.index, "industries")
        wrong = ~levels.between(0, np.inf, inclusive="left")
        if wrong.any():
            raise ValueError(f"{name}, {wrong.idxmax()}: {levels[wrong.idxmax()]}: expected a finite number that is not negative")
        if levels.sum() == 0:
            raise ValueError(f"{name}: nothing in any industry: expected a positive number in one of them")


def _check_positive(name: str, levels: pd.Series) -> None:
    if (levels == 0).any():
        raise ValueError(f"{name}, {(levels == 0).idxmax()}: 0: expected a positive number, growth from nothing is not defined")
