"""Regional coefficients: a published example, what the quotients mean, their bounds, and what they refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from second_route import same_as

from zhejiang.input_output import leontief_inverse, regional_coefficients, trade_coefficients

METHODS = ("SLQ", "CILQ", "FLQ", "AFLQ")

# Torój (2024), (Inter)regional input-output table estimation: from surveys to spatial econometrics, Central European
# Journal of Economic Modelling and Econometrics 16, 285-322: table 4 (inputs), 5 (SLQ) and 6 (CILQ), pages 292 to 294,
# read in a public transcription. Three decimals are printed.
FLOWS = pd.DataFrame([[40.0, 5, 5], [5, 15, 10], [5, 5, 25]])
OUTPUT = pd.Series([100.0, 50, 80])
REGIONS = (pd.Series([70.0, 20, 10]), pd.Series([30.0, 30, 70]))
PRINTED = {
    "SLQ": ([[0.400, 0.100, 0.063], [0.046, 0.276, 0.115], [0.014, 0.029, 0.090]],
            [[0.212, 0.053, 0.033], [0.050, 0.300, 0.125], [0.050, 0.100, 0.313]]),
    "CILQ": ([[0.400, 0.100, 0.063], [0.029, 0.276, 0.125], [0.009, 0.031, 0.090]],
             [[0.212, 0.050, 0.021], [0.050, 0.300, 0.086], [0.050, 0.100, 0.313]]),
}
PRINTED_IMPORTS = {"SLQ": ([0.000, 0.860, 6.145], [9.091, 0.000, 0.000]), "CILQ": ([0.000, 1.980, 6.477], [10.006, 2.750, 0.000])}

# Value added of six branches: the example data of the R package UtilMio (F. Parra); its own results follow other formulas.
REGION = pd.Series([170.0, 2227, 403, 821, 4896, 2484], index=list("abcdef"))
NATION = pd.Series([24019.0, 129248, 36320, 63521, 484087, 216831], index=list("abcdef"))


@st.composite
def economies(draw):
    """A region that is part of a nation, with a sector that the region may lack."""
    n = draw(st.integers(2, 7))
    nation = draw(arrays.arrays(float, n, elements=st.floats(1, 1e4)))
    share = draw(arrays.arrays(float, n, elements=st.floats(0, 1).map(lambda u: round(u, 3))))
    share[0] = max(share[0], 0.01)
    return pd.Series(nation * share, name="region"), pd.Series(nation)


@st.composite
def coefficients(draw, n):
    """A productive A: each column adds up to less than one."""
    cells = draw(arrays.arrays(float, (n, n), elements=st.floats(0, 1)))
    return pd.DataFrame(0.95 * cells / max(1, cells.sum(axis=0).max()))


@pytest.mark.parametrize("method", PRINTED)
@pytest.mark.parametrize("region", [0, 1])
def test_published_example(method, region):
    """Coefficients, and the imports from the other region that they imply, to the printed decimals."""
    national = FLOWS / OUTPUT
    found = regional_coefficients(national, trade_coefficients(REGIONS[region], OUTPUT, method))
    functions = trade_coefficients, regional_coefficients
    assert found.to_numpy() == same_as(np.array(PRINTED[method][region]), "Torój (2024), tables 5 and 6", of=functions, abs=6e-4)
    imports = ((national - found) @ REGIONS[region]).to_list()
    assert imports == same_as(PRINTED_IMPORTS[method][region], "Torój (2024), imports of both regions", of=functions, abs=6e-3)


def test_by_hand():
    """Quotients 2, 1/2, 1 and a quarter of the nation, so that log₂(1 + 1/4)^δ scales FLQ."""
    nation = pd.Series([40.0, 80.0, 40.0])
    region = pd.Series([20.0, 10.0, 10.0])
    scale = np.log2(1.25) ** 0.5
    flq = [[min(2 * scale, 1), 1, min(2 * scale, 1)], [0.25 * scale, 0.5 * scale, 0.5 * scale], [0.5 * scale, min(2 * scale, 1), scale]]
    np.testing.assert_allclose(trade_coefficients(region, nation, "SLQ"), [[1, 1, 1], [0.5] * 3, [1, 1, 1]])
    np.testing.assert_allclose(trade_coefficients(region, nation, "CILQ"), [[1, 1, 1], [0.25, 0.5, 0.5], [0.5, 1, 1]])
    np.testing.assert_allclose(trade_coefficients(region, nation, "FLQ", 0.5), flq)
    np.testing.assert_allclose(trade_coefficients(region, nation, "AFLQ", 0.5), np.array(flq) * [np.log2(3), 1, 1])


@pytest.mark.parametrize("delta", [0.1, 0.3])
def test_against_plain_loops(delta):
    """The formulas cell by cell, written from their definitions."""
    slq = {i: (REGION[i] / REGION.sum()) / (NATION[i] / NATION.sum()) for i in REGION.index}
    size = np.log2(1 + REGION.sum() / NATION.sum()) ** delta
    for method in METHODS:
        found = trade_coefficients(REGION, NATION, method, delta)
        for i in REGION.index:
            for j in REGION.index:
                cross = slq[i] if i == j else slq[i] / slq[j]
                expected = {"SLQ": min(slq[i], 1), "CILQ": min(cross, 1), "FLQ": min(size * cross, 1),
                            "AFLQ": min(size * cross, 1) * (np.log2(1 + slq[j]) if slq[j] > 1 else 1)}[method]
                assert found.loc[i, j] == pytest.approx(expected, rel=1e-12)


@given(economy=economies(), delta=st.floats(0, 0.99))
def test_the_nation_gives_itself_back(economy, delta):
    _, nation = economy
    for method in METHODS:
        assert (trade_coefficients(nation, nation, method, delta).to_numpy() == pytest.approx(1)), method


@given(economy=economies())
def test_without_delta_flq_is_cilq(economy):
    pd.testing.assert_frame_equal(trade_coefficients(*economy, "FLQ", 0.0), trade_coefficients(*economy, "CILQ"))


@given(economy=economies(), delta=st.floats(0, 0.99))
def test_bounds(economy, delta):
    """SLQ, CILQ and FLQ lie between nought and one; AFLQ between FLQ and FLQ times its factor."""
    for method in ("SLQ", "CILQ", "FLQ"):
        found = trade_coefficients(*economy, method, delta).to_numpy()
        assert found.min() >= 0 and found.max() <= 1
    region, nation = economy
    factor = np.log2(1 + np.maximum((region / region.sum()) / (nation / nation.sum()), 1)).to_numpy()
    flq, aflq = (trade_coefficients(*economy, method, delta).to_numpy() for method in ("FLQ", "AFLQ"))
    np.testing.assert_allclose(aflq, flq * factor)
    assert (aflq >= flq - 1e-15).all()


@given(economy=economies(), delta=st.floats(0, 0.99))
def test_a_cap_after_the_factor_lies_between_flq_and_aflq(economy, delta):
    region, nation = economy
    slq = ((region / region.sum()) / (nation / nation.sum())).to_numpy()
    cross = np.divide(slq[:, None], slq[None, :], out=np.zeros((len(slq), len(slq))), where=slq > 0)
    np.fill_diagonal(cross, slq)
    factor = np.log2(1 + np.maximum(slq, 1))
    after = np.minimum(cross * np.log2(1 + region.sum() / nation.sum()) ** delta * factor, 1)
    assert (after >= trade_coefficients(*economy, "FLQ", delta).to_numpy() - 1e-12).all()
    assert (after <= trade_coefficients(*economy, "AFLQ", delta).to_numpy() + 1e-12).all()


def test_aflq_has_no_jump_where_its_factor_begins():
    """A buyer just above and just below one: a cap after the factor, or none below one, would jump."""
    nation = pd.Series([100.0, 100.0, 100.0])
    below, above = (trade_coefficients(pd.Series([20.0, 10.0 * side, 0.0]), nation, "AFLQ", 0.1) for side in (1 - 1e-9, 1 + 1e-9))
    np.testing.assert_allclose(below, above, atol=1e-8)


@given(economy=economies(), deltas=st.tuples(st.floats(0, 0.99), st.floats(0, 0.99)), data=st.data())
def test_a_larger_delta_never_raises_a_multiplier(economy, deltas, data):
    low, high = sorted(deltas)
    A = data.draw(coefficients(len(economy[0])))
    for method in ("FLQ", "AFLQ"):
        smaller, larger = (trade_coefficients(*economy, method, delta) for delta in (high, low))
        assert (smaller.to_numpy() <= larger.to_numpy() + 1e-12).all()
    more, less = (leontief_inverse(regional_coefficients(A, trade_coefficients(*economy, "FLQ", delta))).sum() for delta in (low, high))
    assert (less <= more + 1e-9).all() and (more <= leontief_inverse(A).sum() + 1e-9).all() and (less >= 1 - 1e-12).all()


@given(economy=economies(), unit=st.floats(1e-3, 1e3))
def test_units_do_not_matter(economy, unit):
    region, nation = economy
    for method in METHODS:
        pd.testing.assert_frame_equal(trade_coefficients(region, nation, method, 0.2), trade_coefficients(region * unit, nation * unit, method, 0.2))


def test_quotients_of_all_regions_average_to_one():
    """Weighted by the regions' size, so that with a pair of regions SLQ lets only one of them import a good."""
    nation = REGIONS[0] + REGIONS[1]
    quotients = [trade_coefficients(region, nation, "SLQ").to_numpy() for region in REGIONS]
    assert (np.maximum(*quotients) == 1).all()


def test_a_sector_that_the_region_lacks():
    """It sells nothing, and what it would buy is nothing."""
    found = trade_coefficients(pd.Series([5.0, 0.0]), pd.Series([10.0, 10.0]), "FLQ", 0.3)
    assert found.loc[1].eq(0).all() and found[1].eq(0).all() and found.loc[0, 0] > 0


def test_inputs_are_left_as_they_were():
    region, nation = REGION.copy(), NATION.copy()
    for method in METHODS:
        trade_coefficients(region, nation, method, 0.3)
    pd.testing.assert_series_equal(region, REGION)
    pd.testing.assert_series_equal(nation, NATION)


@pytest.mark.parametrize(("change", "message"), [
    ({"method": "flq"}, "method 'flq': expected SLQ, CILQ, FLQ or AFLQ"),
    ({"delta": 1.0}, "delta 1.0: expected a number from 0 to below 1"),
    ({"delta": -0.1}, "delta -0.1: expected a number from 0 to below 1"),
    ({"delta": float("nan")}, "delta nan: expected a number from 0 to below 1"),
    ({"region": REGION * 100}, "b: region 222700, nation 129248: expected a region that is part of the nation"),
    ({"region": REGION.rename({"a": "z"})}, "region and reference differ in ['a', 'z']: expected the same industries in one order"),
    ({"region": REGION[::-1]}, "region and reference differ in the order of their labels: expected the same industries in one order"),
    ({"region": -REGION}, "region, a: -170.0: expected a number that is not negative"),
    ({"nation": 0 * NATION}, "reference, a: 0.0: expected a positive number"),
])
def test_bad_input(change, message):
    with pytest.raises(ValueError) as refusal:
        trade_coefficients(**{"region": REGION, "nation": NATION, "method": "FLQ", "delta": 0.3, **change})
    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize(("side", "name"), [("index", "shares"), ("columns", "columns of shares")])
def test_shares_of_other_sectors(side, name):
    A = pd.DataFrame(0.1, list("ab"), list("ab"))
    with pytest.raises(ValueError, match=f"^{name}: position 1 is \\['b'\\]: expected \\['a'\\]"):
        regional_coefficients(A, A.reindex(**{side: ["b", "a"]}))


def test_a_region_cannot_use_more_inputs_than_it_makes():
    """AFLQ can ask for it; the solver names the sector."""
    A = pd.DataFrame([[0.7, 0.1], [0.1, 0.1]])
    shares = trade_coefficients(pd.Series([30.0, 1.0]), pd.Series([100.0, 900.0]), "AFLQ", 0.0)
    assert shares.loc[0, 0] > 1
    with pytest.raises(ValueError, match="A is not productive"):
        leontief_inverse(regional_coefficients(A, shares))
