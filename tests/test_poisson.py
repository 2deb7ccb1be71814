"""Poisson regressions with two-way effects: against R, equivalences, generated panels, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import optimize
from second_route import same_as

from zhejiang import data, poisson

REFERENCE = json.loads((Path(__file__).parent / "reference" / "poisson.json").read_text(encoding="utf-8"))["values"]
WINDOWS = {"grants": ("grants", "rd_staff_fte", 2009, 2023), "early": ("grants", "rd_staff_fte", 2009, 2016), "late": ("grants", "rd_staff_fte", 2014, 2023),
           "applications": ("applications", "rd_staff_fte", 2010, 2023), "spending": ("grants", "rd_exp_10k_yuan", 2013, 2023)}
CASES = sorted(key.removesuffix(".n") for key in REFERENCE if key.endswith(".n"))


@pytest.fixture(scope="module")
def provinces() -> pd.DataFrame:
    return data.load("innovation/province_rd_patents").set_index(["province_code", "year"]).sort_index()


def sample(provinces: pd.DataFrame, case: str) -> pd.DataFrame:
    window, kind, lag = case.split(".")
    outcome, column, first, last = WINDOWS[window]
    lagged = np.log(provinces[column]).groupby("province_code").shift(int(lag))
    frame = pd.DataFrame({"patents": provinces[f"{outcome}_{kind}"].astype(float), "x": lagged})
    return frame.loc[pd.IndexSlice[:, first:last], :].dropna()


def generated(clusters: int, years: int, slope: float, seed: int, dispersion: float = 0.0) -> pd.DataFrame:
    """Counts with effects of entity and time; gamma mixing makes them negative binomial."""
    random = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([range(clusters), range(years)], names=["entity", "year"])
    x = random.normal(size=len(index))
    log_mean = slope * x + np.repeat(random.normal(2, 1, clusters), years) + np.tile(random.normal(0, 0.3, years), clusters)
    mixing = random.gamma(1 / dispersion, dispersion, len(index)) if dispersion else 1.0
    return pd.DataFrame({"y": random.poisson(np.exp(log_mean) * mixing).astype(float), "x": x, "z": random.normal(size=len(index))}, index=index)


@pytest.mark.parametrize("case", CASES)
def test_estimates_and_standard_errors_are_those_of_r(provinces, case):
    """glm with dummies and sandwich's vcovCL, type HC1."""
    found = poisson.fit(sample(provinces, case), "patents", ["x"])
    assert found.observations == REFERENCE[f"{case}.n"]
    assert found.clusters == 31
    assert found.coefficients["x"] == same_as(REFERENCE[f"{case}.estimate"], "R, glm", of=poisson.fit, rel=1e-8, abs=1e-10)
    assert found.std_errors["x"] == same_as(REFERENCE[f"{case}.se"], "R, sandwich", of=poisson.fit, rel=1e-7)
    assert found.deviance == same_as(REFERENCE[f"{case}.deviance"], "R, glm", of=poisson.fit, rel=1e-9)


def test_several_regressors_have_the_standard_errors_of_r(provinces):
    staff = np.log(provinces["rd_staff_fte"]).groupby("province_code")
    panel = pd.DataFrame({"y": provinces["grants_invention"].astype(float), "past": staff.shift(1), "same": staff.shift(0), "next": staff.shift(-1)})
    found = poisson.fit(panel.loc[pd.IndexSlice[:, 2010:2022], :], "y", ["past", "same", "next"])
    assert found.std_errors["past"] == same_as(REFERENCE["leads.past.se"], "R, sandwich", of=poisson.fit, rel=1e-7)


@pytest.mark.parametrize("kind", ["invention", "utility"])
def test_every_vector_of_signs_gives_the_p_value_and_interval_of_r(provinces, kind):
    """R forms the studentised statistic of each vector; signs leave its denominator as it is."""
    panel = sample(provinces, f"grants.{kind}.1").loc[[110000, 120000, 210000, 310000, 320000, 330000, 370000, 440000]]
    boot = poisson.score_bootstrap(panel, "patents", "x", draws=256, level=0.8, seed=1)
    assert (boot.exact, boot.draws) == (True, 256)
    source = "R, the statistic of each vector of signs"
    assert boot.p_value == same_as(REFERENCE[f"enumerated.{kind}.p"], source, of=poisson.score_bootstrap)
    limits = REFERENCE[f"enumerated.{kind}.lo"], REFERENCE[f"enumerated.{kind}.hi"]
    assert (boot.lo, boot.hi) == same_as(limits, source, of=poisson.score_bootstrap, abs=1e-5)


def test_dummies_give_the_conditional_maximum_likelihood_estimate():
    """Hausman, Hall and Griliches (1984): given an entity's total its counts are multinomial, and no effect is left."""
    panel = generated(clusters=12, years=4, slope=0.4, seed=3)
    entity = panel.index.get_level_values(0)
    years = pd.get_dummies(panel.index.get_level_values(1), dtype=float).to_numpy()[:, 1:]
    regressors = np.column_stack([panel["x"], years])
    counts = panel["y"].to_numpy()

    def minus_likelihood(b):
        index = regressors @ b
        totals = np.bincount(entity, np.exp(index))[entity]
        return -np.sum(counts * (index - np.log(totals)))

    conditional = optimize.minimize(minus_likelihood, np.zeros(4), method="BFGS", options={"gtol": 1e-7}).x
    source = "scipy, the conditional likelihood of Hausman, Hall and Griliches (1984)"
    assert poisson.fit(panel, "y", ["x"]).coefficients["x"] == same_as(conditional[0], source, of=poisson.fit, abs=1e-6)


def test_first_order_conditions_and_effects():
    """Fitted counts add up to the counts in every entity and time; the effects give the fitted means."""
    panel = generated(clusters=8, years=5, slope=-0.3, seed=5).drop(index=[(0, 1), (3, 4)])
    found = poisson.fit(panel, "y", ["x", "z"])
    for level in ("entity", "year"):
        np.testing.assert_allclose(found.fitted.groupby(level).sum(), panel["y"].groupby(level).sum(), rtol=1e-9)
    entity, year = (panel.index.get_level_values(level) for level in ("entity", "year"))
    rebuilt = np.exp(panel[["x", "z"]] @ found.coefficients + found.entity_effects[entity].to_numpy() + found.time_effects[year].to_numpy())
    np.testing.assert_allclose(rebuilt, found.fitted, rtol=1e-9)


def test_units_and_order_do_not_matter():
    panel = generated(clusters=9, years=4, slope=0.2, seed=8)
    before = panel.copy()
    plain = poisson.score_bootstrap(panel, "y", "x", ["z"], draws=512, seed=2)
    assert plain.exact
    other = poisson.score_bootstrap(panel.sample(frac=1, random_state=1).assign(x=lambda d: 10 * d["x"] + 3, y=lambda d: 7 * d["y"]), "y", "x", ["z"], draws=512, seed=2)
    assert other.p_value == plain.p_value
    assert (10 * other.lo, 10 * other.hi, 10 * other.std_error) == pytest.approx((plain.lo, plain.hi, plain.std_error), rel=1e-4)
    pd.testing.assert_frame_equal(panel, before)


def test_intervals_cover_the_slope_in_overdispersed_counts():
    """Twelve provinces, all sign vectors: of ninety intervals at ninety percent, at least as many as chance would leave."""
    hits = 0
    for seed in range(90):
        boot = poisson.score_bootstrap(generated(12, 4, 0.5, seed, dispersion=0.3), "y", "x", draws=4096, level=0.9, seed=1)
        hits += boot.lo <= 0.5 <= boot.hi
    # A binomial count of 90 trials at 0.9 is below 73 or above 89 with probability under one percent each.
    assert 73 <= hits <= 89


def test_few_years_bias_the_dispersion_of_the_negative_binomial_and_not_the_poisson_slope():
    panel = generated(clusters=150, years=3, slope=0.5, seed=4, dispersion=0.5)
    panel = panel[panel["y"].groupby("entity").transform("sum") > 0]
    design = poisson._design(panel, ["x"])[0]

    def likelihood(log_dispersion):
        family = sm.families.NegativeBinomial(alpha=np.exp(log_dispersion))
        return -sm.GLM(panel["y"].to_numpy(), design, family=family).fit().llf

    best = np.exp(optimize.minimize_scalar(likelihood, bounds=(-4, 1), method="bounded", options={"xatol": 0.01}).x)
    found = poisson.fit(panel, "y", ["x"])
    assert best < 0.8 * 0.5
    assert abs(found.coefficients["x"] - 0.5) < 2.5 * found.std_errors["x"]


def test_separated_rows_are_those_whose_means_vanish():
    """Random sparse panels: iterating the likelihood sends the means of separated rows, and no others, to zero."""
    kinds = set()
    for seed in range(12):
        random = np.random.default_rng(seed)
        index = pd.MultiIndex.from_product([range(6), range(4)], names=["entity", "year"])
        panel = pd.DataFrame({"y": random.poisson(0.7, 24).astype(float), "x": (random.random(24) < 0.2).astype(float)}, index=index)
        apart = poisson.separated(panel, "y", ["x"])
        design = poisson._design(panel, ["x"])[0]
        with np.errstate(all="ignore"):
            means = sm.GLM(panel["y"].to_numpy(), design, family=sm.families.Poisson()).fit(maxiter=18, tol=0).fittedvalues
        assert (means < 1e-4).astype(int) == same_as(apart.to_numpy().astype(int), "statsmodels, fitted means that vanish", of=poisson.separated)
        assert (means[~apart] > 1e-3).all()
        kinds.add(bool(apart.any()))
    assert kinds == {True, False}


def test_an_entity_without_counts_is_separated_and_refused():
    panel = generated(clusters=5, years=4, slope=0.1, seed=1)
    panel.loc[2, "y"] = 0.0
    apart = poisson.separated(panel, "y", ["x"])
    assert list(panel.index[apart]) == [(2, year) for year in range(4)]
    with pytest.raises(ValueError, match=r"column 'y', 2, 0: one of 4 separated rows"):
        poisson.fit(panel, "y", ["x"])
    assert poisson.fit(panel[~apart], "y", ["x"]).clusters == 4


def broken(change) -> pd.DataFrame:
    panel = generated(clusters=5, years=4, slope=0.1, seed=1)
    changed = change(panel)
    return panel if changed is None else changed


@pytest.mark.parametrize("change, message", [
    (lambda d: pd.concat([d, d.loc[[(3, 2)]]]), r"panel: 3, 2 occurs 2 times: expected once"),
    (lambda d: d.assign(y=d["y"].where(d.index != (1, 0), -2)), r"column 'y', 1, 0: -2\.0: expected zero or a positive number"),
    (lambda d: d.assign(x=d["x"].where(d.index != (4, 3))), r"column 'x', 4, 3: nan: expected a finite number"),
    (lambda d: d.assign(x=np.repeat(np.arange(5.0), 4)), r"column 'x': entity effects, time effects and the regressors before it explain all of it"),
    (lambda d: d.drop(columns="x"), r"panel has no column 'x'"),
    (lambda d: d.loc[[0]], r"panel: 1 cluster: expected at least 2"),
    (lambda d: d.loc[[0, 1]].iloc[[0, 1, 4]], r"panel: 3 rows: expected more than the 4 coefficients"),
    (lambda d: d.reset_index(drop=True), r"panel: index of 1 level: expected \(entity, time\)"),
])
def test_what_is_refused(change, message):
    panel = broken(change)
    with pytest.raises(ValueError, match=message):
        poisson.fit(panel, "y", ["x"])


@pytest.mark.parametrize("settings, message", [({"level": 1.0}, r"level 1\.0: expected a number between 0 and 1"), ({"draws": 0}, r"draws 0: expected at least 1")])
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        poisson.score_bootstrap(generated(5, 4, 0.1, 1), "y", "x", seed=1, **settings)
