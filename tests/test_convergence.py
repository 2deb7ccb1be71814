"""Convergence: against R, by enumeration, on generated regions, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from second_route import same_as

from zhejiang import data
from zhejiang.convergence import beta, log_t, sigma

REFERENCE = json.loads((Path(__file__).parent / "reference" / "yongkang.json").read_text(encoding="utf-8"))["values"]
SPANS = [(1997, 2000), (2000, 2008), (2008, 2020), (2000, 2020)]


@pytest.fixture(scope="module")
def logs() -> pd.DataFrame:
    """ln of GDP per registered person, years x cities."""
    panel = data.load("prefectures/gdp_population")
    return np.log((panel["gdp_100m_yuan"] / panel["registered_10k"]).groupby([panel["year"], panel["city_code"]]).sum().unstack())


@pytest.mark.parametrize(("first", "last"), SPANS)
def test_sigma_against_r(logs, first, last):
    """The interval in R is found by searching for the ratios that the test does not reject."""
    found = sigma(logs.loc[first].to_numpy(), logs.loc[last].to_numpy())
    key = f"{first}.{last}"
    assert found.ratio == same_as(REFERENCE[f"sigma.ratio.{key}"], "R, sd", of=sigma, rel=1e-10)
    assert found.p == same_as(REFERENCE[f"sigma.p.{key}"], "R, cor.test", of=sigma, rel=1e-8)
    limits = REFERENCE[f"sigma.lo.{key}"], REFERENCE[f"sigma.hi.{key}"]
    assert (found.lo, found.hi) == same_as(limits, "R, uniroot on the test", of=sigma, rel=1e-8)


@pytest.mark.parametrize(("first", "last"), SPANS)
def test_beta_against_r(logs, first, last):
    """lm with vcovHC, HC3, nine degrees of freedom."""
    found = beta(logs.loc[first].to_numpy(), logs.loc[last].to_numpy(), last - first)
    for name, value in (("slope", found.slope), ("lo", found.lo), ("hi", found.hi), ("p", found.p)):
        assert value == same_as(REFERENCE[f"beta.{name}.{first}.{last}"], "R, lm and sandwich", of=beta, rel=1e-8)


def test_log_t_against_r(logs):
    found = log_t(np.exp(logs.loc[2000:2020]), lags=2)
    assert (found.slope, found.t) == same_as((REFERENCE["logt.slope"], REFERENCE["logt.t"]), "R, lm and sandwich", of=log_t, rel=1e-8)
    assert found.n == REFERENCE["logt.n"]


def test_regions_that_close_in_at_a_known_speed():
    """Without errors the slope gives the speed back, and dispersion falls by the same factor."""
    start = np.random.default_rng(1).normal(size=8)
    end = 3 + start * np.exp(-0.02 * 20)
    found = beta(start, end, 20)
    assert found.speed == pytest.approx(0.02)
    assert sigma(start, end + 1e-9 * np.random.default_rng(2).normal(size=8)).ratio == pytest.approx(np.exp(-0.4))


def test_speed_and_its_interval_are_in_order(logs):
    found = beta(logs.loc[2000].to_numpy(), logs.loc[2008].to_numpy(), 8)
    assert found.lo < found.slope < found.hi
    assert found.speed_lo < found.speed < found.speed_hi


def test_noise_in_the_start_looks_like_beta_convergence():
    """Galton's fallacy: the same dispersion at both dates, a negative slope."""
    random = np.random.default_rng(3)
    true = random.normal(size=4000)
    start, end = true + random.normal(size=4000), true + random.normal(size=4000)
    assert beta(start, end, 10, draws=9).hi < 0
    assert np.std(end) / np.std(start) == pytest.approx(1, abs=0.05)


def test_sigma_holds_its_level():
    """Correlated normal pairs of equal variance: one in twenty is rejected, nineteen in twenty intervals hold one."""
    random = np.random.default_rng(4)
    pairs = random.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], size=(300, 8))
    results = [sigma(pair[:, 0], pair[:, 1]) for pair in pairs]
    level = stats.binomtest(sum(r.p < 0.05 for r in results), 300).proportion_ci(0.999)
    assert level.low < 0.05 < level.high
    assert sum(r.lo < 1 < r.hi for r in results) == sum(r.p >= 0.05 for r in results)
    swap = stats.binomtest(sum(r.p_swap <= 0.05 for r in results), 300).proportion_ci(0.999)
    assert swap.low < 0.05 < swap.high


def test_sigma_backwards_is_the_inverse(logs):
    forward = sigma(logs.loc[2000].to_numpy(), logs.loc[2008].to_numpy())
    back = sigma(logs.loc[2008].to_numpy(), logs.loc[2000].to_numpy())
    assert (back.ratio, back.lo, back.hi) == (pytest.approx(1 / forward.ratio), pytest.approx(1 / forward.hi), pytest.approx(1 / forward.lo))
    assert (back.p, back.p_swap) == (pytest.approx(forward.p), pytest.approx(forward.p_swap))


def test_permutations_agree_with_scipy():
    random = np.random.default_rng(5)
    start, end = random.normal(size=7), random.normal(size=7)
    found = beta(start, end, 10)
    exact = stats.permutation_test((start,), lambda x: stats.pearsonr(x, end - start)[0], permutation_type="pairings", n_resamples=np.inf)
    assert found.p_permutation == same_as(exact.pvalue, "scipy, permutation_test", of=beta, abs=0.02)


def test_log_t_tells_closing_from_parting():
    """Gaps that fade, and gaps that grow."""
    t = np.arange(1, 41)
    random = np.random.default_rng(6)
    gaps = random.normal(size=6)
    noise = 1e-4 * random.normal(size=(40, 6))
    fading = pd.DataFrame(np.exp(0.3 * gaps * t[:, None] ** -0.5 + noise))
    parting = pd.DataFrame(np.exp(0.05 * gaps * t[:, None] ** 0.5 + noise))
    assert log_t(fading).slope > 0
    assert log_t(parting).t < -1.645


def test_nothing_is_changed(logs):
    before = logs.copy()
    start = logs.loc[2000].to_numpy()
    sigma(start, logs.loc[2008].to_numpy()), beta(start, logs.loc[2008].to_numpy(), 8), log_t(np.exp(logs))
    pd.testing.assert_frame_equal(logs, before)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: sigma([1.0, 2, 3], [1.0, 2, 3]), "(3,) and (3,) units: expected the same 4 to 16 at both dates"),
    (lambda: sigma(np.arange(17.0), np.arange(17.0)), "(17,) and (17,) units: expected the same 4 to 16 at both dates"),
    (lambda: sigma([1.0, 2, 3, np.nan], [1.0, 2, 3, 4]), "start: [1.0, 2.0, 3.0, nan]: expected finite numbers that differ"),
    (lambda: sigma([1.0, 2, 3, 4], [1.0, 1, 1, 1]), "end: [1.0, 1.0, 1.0, 1.0]: expected finite numbers that differ"),
    (lambda: beta([1.0, 2, 3, 4], [1.0, 2, 3], 5), "(4,) and (3,) units: expected the same, at least 4, at both dates"),
    (lambda: beta([1.0, 2, 3, 4], [1.0, 2, 3, 5], 0), "0 years: expected a positive number"),
    (lambda: beta([1.0, 1, 1, 1], [1.0, 2, 3, 5], 5), "start [1.0, 1.0, 1.0, 1.0], end [1.0, 2.0, 3.0, 5.0]: expected finite numbers, at the start not all the same"),
    (lambda: log_t(pd.DataFrame(np.ones((5, 3)))), "4 years: expected at least 8 after the first 30%"),
    (lambda: log_t(pd.DataFrame(-np.ones((20, 3)))), "levels (20, 3): expected positive, finite numbers of at least two units"),
])
def test_what_is_refused(call, message):
    with pytest.raises(ValueError) as refusal:
        call()
    assert str(refusal.value) == message
