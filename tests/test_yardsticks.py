"""Distances from curves: against R, by refitting, in special cases, on generated samples, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from second_route import same_as

from zhejiang import data
from zhejiang.yardsticks import from_others, measure

REFERENCE = json.loads((Path(__file__).parent / "reference" / "yardsticks.json").read_text(encoding="utf-8"))["values"]
CURVE = ["income", "income2", "size"]


def generated(units: int, seed: int, errors: str = "normal") -> pd.DataFrame:
    """A curved response with one regressor of size, errors of variance one."""
    random = np.random.default_rng(seed)
    income, size = random.normal(size=(2, units))
    error = random.normal(size=units) if errors == "normal" else random.exponential(size=units) - 1
    return pd.DataFrame({"share": 40 + 5 * income + income**2 - size + error, "income": income, "income2": income**2, "size": size})


def countries(year: int, income: str, base: str) -> pd.DataFrame:
    rows = data.load("world/services_shares").query("year == @year").set_index("country_code")
    total = 100 if base == "GDP" else rows[["services_percent", "industry_percent", "agriculture_percent"]].sum(axis=1, min_count=3)
    frame = pd.DataFrame({"share": 100 * rows["services_percent"] / total, "income": np.log(rows[income]),
                          "size": np.log(rows["urban_persons"] / rows["urban_percent"] / 1e4)}).dropna()
    frame["income"] -= frame.loc["CHN", "income"]
    return frame.assign(income2=frame["income"] ** 2, income3=frame["income"] ** 3)


@pytest.mark.parametrize("base", ["value added", "GDP"])
@pytest.mark.parametrize("income", ["gdp_per_head_2015_usd", "gdp_per_head_ppp"])
@pytest.mark.parametrize("year", [2000, *range(2005, 2011)])
def test_china_against_r(year, income, base):
    """Distance, HC3 interval, rank by rstudent() and leverage in every year and conversion."""
    frame = countries(year, income, base)
    found = measure(frame[frame["size"] >= 0].drop("CHN"), "share", CURVE, frame.loc["CHN"])
    key = f"{year}.{income}.{base}"
    reference = {field: REFERENCE[f"{key}.china.{field}"] for field in ("distance", "lo", "hi", "rank", "leverage")}
    computed = {"distance": found.distance, "lo": found.interval[0], "hi": found.interval[1], "rank": found.rank, "leverage": found.leverage}
    assert computed == same_as(reference, "R, lm and sandwich", of=measure, rel=1e-9)
    assert found.observations == REFERENCE[f"{key}.n"]


def test_specifications_against_r():
    """China's distance in the part of the specification curve that R has."""
    forms = {"line": ["income"], "square": ["income", "income2"], "cube": ["income", "income2", "income3"]}
    keys = [key for key in REFERENCE if key.startswith("specification.")]
    assert len(keys) == 3 * 2 * 2 * 3 * 2 * 2
    for key in keys:
        _, year, income, base, which, form, size = key.split(".")
        frame = countries(int(year), income, base)
        sample = frame.drop("CHN") if which == "all" else frame[frame["size"] >= 0].drop("CHN")
        found = measure(sample, "share", [*forms[form], *(["size"] if size == "log" else [])], frame.loc["CHN"])
        assert found.distance == same_as(REFERENCE[key], "R, lm", of=measure, rel=1e-9), key


def test_predictions_from_others_against_r():
    frame = countries(2005, "gdp_per_head_2015_usd", "value added")
    predicted = from_others(frame[frame["size"] >= 0], "share", CURVE)
    expected = {key: value for key, value in REFERENCE.items() if key.startswith("from_others.")}
    assert {f"from_others.{code}": value for code, value in predicted.items()} == same_as(expected, "R, lm", of=from_others, rel=1e-9)


def test_predictions_from_others_are_those_of_refitting():
    """One fit gives what n fits give, and what `measure` gives of each unit."""
    sample = generated(30, seed=1)
    predicted = from_others(sample, "share", CURVE)
    for unit in sample.index:
        others = sample.drop(unit)
        refitted = smf.ols("share ~ income + income2 + size", others).fit().predict(sample.loc[[unit]]).iloc[0]
        assert predicted[unit] == same_as(refitted, "statsmodels, refitting", of=from_others, rel=1e-10)
        assert predicted[unit] == pytest.approx(measure(others, "share", CURVE, sample.loc[unit]).curve, rel=1e-10)


def test_without_regressors_it_is_the_mean():
    """HC3 of a mean is the classical standard error times the root of n / (n - 1); the rank is that of the values."""
    sample = generated(12, seed=2)
    unit, others = sample.loc[0], sample.drop(0)
    found = measure(others, "share", [], unit)
    n, mean, spread = 11, others["share"].mean(), others["share"].std()
    half = stats.t.ppf(0.975, n - 1) * spread * np.sqrt(1 / (n - 1))
    assert (found.curve, found.lo, found.hi) == pytest.approx((mean, mean - half, mean + half))
    wide = stats.t.ppf(0.975, n - 1) * spread * np.sqrt(1 + 1 / n)
    assert found.usual == pytest.approx((-wide, wide))
    assert found.rank == sample["share"].rank()[0]
    assert found.leverage == pytest.approx(1 / 12)


def test_intervals_lie_about_the_curve():
    sample = generated(40, seed=3)
    found = measure(sample.drop(0), "share", CURVE, sample.loc[0])
    assert found.unit_lo < found.lo < found.curve < found.hi < found.unit_hi
    assert found.interval == pytest.approx((found.value - found.hi, found.value - found.lo))
    assert found.distance == pytest.approx(sum(found.interval) / 2)
    wider = measure(sample.drop(0), "share", CURVE, sample.loc[0], level=0.99)
    assert wider.lo < found.lo and wider.unit_hi > found.unit_hi


@pytest.mark.parametrize("errors", ["normal", "exponential"])
def test_ranks_treat_all_units_alike(errors):
    """Held against the others in turn, the units take each place once: an exchangeable unit takes each with the same probability."""
    sample = generated(25, seed=10, errors=errors)
    ranks = [measure(sample.drop(unit), "share", CURVE, sample.loc[unit]).rank for unit in sample.index]
    assert sorted(ranks) == list(range(1, 26))


def test_prediction_interval_covers_new_units():
    """Normal errors: about 95 percent of further units lie in it; the confidence interval holds the curve as often."""
    inside = covered = 0
    for seed in range(250):
        sample = generated(60, seed=1000 + seed)
        unit = sample.loc[0]
        found = measure(sample.drop(0), "share", CURVE, unit)
        truth = 40 + 5 * unit["income"] + unit["income2"] - unit["size"]
        inside += found.usual[0] <= found.distance <= found.usual[1]
        covered += found.lo <= truth <= found.hi
    assert 0.91 < inside / 250 < 0.99
    assert 0.91 < covered / 250 < 0.99


def test_the_sample_is_left_as_it_was():
    sample = generated(20, seed=4)
    before = sample.copy()
    measure(sample.drop(0), "share", CURVE, sample.loc[0])
    from_others(sample, "share", CURVE)
    pd.testing.assert_frame_equal(sample, before)


def test_unit_in_the_sample():
    sample = generated(20, seed=5)
    with pytest.raises(ValueError, match=r"unit 3 is in the sample: expected a sample without it"):
        measure(sample, "share", CURVE, sample.loc[3])


def test_missing_numbers_name_their_place():
    sample = generated(20, seed=6).rename(index={4: "Ningbo"})
    unit = sample.loc[0].copy()
    sample.loc["Ningbo", "size"] = np.nan
    with pytest.raises(ValueError, match=r"'Ningbo', size: nan: expected a finite number"):
        measure(sample.drop(0), "share", CURVE, unit)
    with pytest.raises(ValueError, match=r"'Ningbo', size: nan: expected a finite number"):
        from_others(sample, "share", CURVE)
    unit["income"] = np.inf
    with pytest.raises(ValueError, match=r"unit 0, income: inf: expected a finite number"):
        measure(sample.drop([0, "Ningbo"]), "share", CURVE, unit)


def test_too_few_units():
    sample = generated(6, seed=7)
    with pytest.raises(ValueError, match=r"5 units for 4 coefficients: expected at least 6"):
        measure(sample.drop(0), "share", CURVE, sample.loc[0])


def test_collinear_regressors():
    sample = generated(20, seed=8).assign(double=lambda d: 2 * d["income"])
    with pytest.raises(ValueError, match=r"rank 2 with the constant: expected 3, no collinear columns"):
        from_others(sample, "share", ["income", "double"])


def test_a_unit_that_decides_a_coefficient():
    sample = generated(20, seed=9).assign(only=0.0)
    sample.loc[7, "only"] = 1.0
    with pytest.raises(ValueError, match=r"7 alone decides a coefficient"):
        from_others(sample, "share", ["income", "only"])
