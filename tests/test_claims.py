"""Verdicts: the rules at the head of `zhejiang.claims`, on both sides of every border."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from second_route import same_as, uniform

from zhejiang import claims, data

REPRODUCES, ROUNDING, DIFFERS = "reproduces", "rounding", "differs"
WORSE = [REPRODUCES, ROUNDING, DIFFERS]
WORDINGS = ["exact", "about", "over", "at least", "under", "almost", "between", "rank"]
EXPLAINED = {"mechanism": "none found: years, vintages", "consequence": "none"}


def entry(**fields) -> dict:
    """A synthetic claim of the ledger."""
    return {"id": "ch99-x", "page": 1, "place": "text", "claim": "A synthetic claim", "printed": 50, "unit": "percent",
            "decimals": 0, "kind": "ratio", "wording": "exact", **fields}


REFERENCE = json.loads((Path(__file__).parent / "reference" / "arithmetic.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture
def ledger(monkeypatch):
    """Put synthetic claims in the place of the ledger."""
    def put(*entries: dict) -> None:
        monkeypatch.setattr(data, "read_claims", lambda chapter: list(entries))
    return put


def judge(wording, printed, decimals, value, lo=None, hi=None) -> str:
    """The verdict on a synthetic claim."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "read_claims", lambda chapter: [entry(wording=wording, printed=printed, decimals=decimals)])
        return claims.check("ch99-x", value, "internal", lo=lo, hi=hi, **EXPLAINED).verdict


def badness(*arguments, **keywords) -> int:
    return WORSE.index(judge(*arguments, **keywords))


@pytest.mark.parametrize(("wording", "printed", "decimals", "value", "expected"), [
    # Half a unit of the last printed digit, then one and a half. 8.715 - 8.71 is not 0.005 in binary.
    ("exact", 8.71, 2, 8.71, REPRODUCES),
    ("exact", 8.71, 2, 8.705, REPRODUCES),
    ("exact", 8.71, 2, 8.715, REPRODUCES),
    ("exact", 8.71, 2, 8.7049, ROUNDING),
    ("exact", 8.71, 2, 8.7151, ROUNDING),
    ("exact", 8.71, 2, 8.695, ROUNDING),
    ("exact", 8.71, 2, 8.725, ROUNDING),
    ("exact", 8.71, 2, 8.6949, DIFFERS),
    ("exact", 8.71, 2, 8.7251, DIFFERS),
    ("exact", 285, 0, 285, REPRODUCES),
    ("exact", 285, 0, 286, ROUNDING),
    ("exact", 285, 0, 287, DIFFERS),
    # Decimals count as printed: 46.10 is not 46.1.
    ("exact", 46.1, 1, 46.14, REPRODUCES),
    ("exact", 46.1, 2, 46.14, DIFFERS),
    # Half a unit, then five percent. 64 - 60.8 is a hair above 3.2 in binary.
    ("about", 64, 0, 63.5, REPRODUCES),
    ("about", 64, 0, 64.5, REPRODUCES),
    ("about", 64, 0, 63.49, ROUNDING),
    ("about", 64, 0, 64.51, ROUNDING),
    ("about", 64, 0, 60.81, ROUNDING),
    ("about", 64, 0, 67.19, ROUNDING),
    ("about", 64, 0, 60.8, ROUNDING),
    ("about", 64, 0, 67.2, ROUNDING),
    ("about", 64, 0, 60.79, DIFFERS),
    ("about", 64, 0, 67.21, DIFFERS),
    # Above, then down to half a unit below.
    ("over", 50, 0, 50.01, REPRODUCES),
    ("over", 50, 0, 5000, REPRODUCES),
    ("over", 50, 0, 50, ROUNDING),
    ("over", 50, 0, 49.51, ROUNDING),
    ("over", 50, 0, 49.5, ROUNDING),
    ("over", 50, 0, 49.49, DIFFERS),
    ("at least", 70, 0, 70, REPRODUCES),
    ("at least", 70, 0, 70.01, REPRODUCES),
    ("at least", 70, 0, 69.99, ROUNDING),
    ("at least", 70, 0, 69.51, ROUNDING),
    ("at least", 70, 0, 69.5, ROUNDING),
    ("at least", 70, 0, 69.49, DIFFERS),
    # Below, then up to half a unit above.
    ("under", 10, 0, 9.99, REPRODUCES),
    ("under", 10, 0, 0, REPRODUCES),
    ("under", 10, 0, 10, ROUNDING),
    ("under", 10, 0, 10.49, ROUNDING),
    ("under", 10, 0, 10.5, ROUNDING),
    ("under", 10, 0, 10.51, DIFFERS),
    # From nine tenths up to, but not at, the printed value; half a unit more on both sides.
    ("almost", 100, 0, 90, REPRODUCES),
    ("almost", 100, 0, 99.99, REPRODUCES),
    ("almost", 100, 0, 100, ROUNDING),
    ("almost", 100, 0, 100.5, ROUNDING),
    ("almost", 100, 0, 89.99, ROUNDING),
    ("almost", 100, 0, 89.5, ROUNDING),
    ("almost", 100, 0, 100.51, DIFFERS),
    ("almost", 100, 0, 89.49, DIFFERS),
    # 0.9 * 1.1 is a hair above 0.99 in binary, 0.1 + 0.2 a hair above 0.3, 1 - 0.9 a hair below 0.1.
    ("almost", 1.1, 1, 0.99, REPRODUCES),
    ("almost", 0.1, 1, 1 - 0.9, ROUNDING),
    ("over", 0.3, 1, 0.1 + 0.2, ROUNDING),
    ("at least", 0.1, 1, 1 - 0.9, REPRODUCES),
    ("under", 0.1, 1, 1 - 0.9, ROUNDING),
    # All values inside the printed ends, half a unit and one and a half units allowed.
    ("between", [65, 75], 0, [65, 70, 75], REPRODUCES),
    ("between", [65, 75], 0, [64.5, 75.5], REPRODUCES),
    ("between", [65, 75], 0, [64.49, 70], ROUNDING),
    ("between", [65, 75], 0, [70, 75.51], ROUNDING),
    ("between", [65, 75], 0, [76.5, 63.5], ROUNDING),
    ("between", [65, 75], 0, [63.49, 70], DIFFERS),
    ("between", [65, 75], 0, [70, 76.51], DIFFERS),
    ("between", [65, 75], 0, [60], DIFFERS),
    ("rank", 4, 0, 4, REPRODUCES),
    ("rank", 4, 0, 3, DIFFERS),
    ("rank", 4, 0, 5, DIFFERS),
])
def test_rules(wording, printed, decimals, value, expected):
    assert judge(wording, printed, decimals, value) == expected


@pytest.mark.parametrize(("wording", "printed", "decimals", "value", "lo", "hi", "expected"), [
    # The interval has to touch the printed value's own half units.
    ("exact", 8.71, 2, 8.80, 8.715, 8.90, ROUNDING),
    ("exact", 8.71, 2, 8.80, 8.7151, 8.90, DIFFERS),
    ("exact", 8.71, 2, 8.60, 8.50, 8.705, ROUNDING),
    ("exact", 8.71, 2, 8.60, 8.50, 8.7049, DIFFERS),
    ("over", 50, 0, 45, 44, 50.01, ROUNDING),
    ("over", 50, 0, 45, 44, 50, DIFFERS),
    ("at least", 70, 0, 65, 64, 70, ROUNDING),
    ("at least", 70, 0, 65, 64, 70.01, ROUNDING),
    ("at least", 70, 0, 65, 64, 69.99, DIFFERS),
    ("under", 10, 0, 12, 9.99, 13, ROUNDING),
    ("under", 10, 0, 12, 10, 13, DIFFERS),
    ("rank", 4, 0, 3, 3, 4, ROUNDING),
    ("rank", 4, 0, 5, 4, 6, ROUNDING),
    ("rank", 4, 0, 3, 2, 3, DIFFERS),
    # These three have no rule for an interval.
    ("about", 64, 0, 70, 60, 80, DIFFERS),
    ("almost", 100, 0, 80, 70, 95, DIFFERS),
    ("between", [65, 75], 0, [60, 70], 55, 75, DIFFERS),
])
def test_rules_with_an_interval(wording, printed, decimals, value, lo, hi, expected):
    """What the rounding of the inputs allows turns a difference into rounding, never into a reproduction."""
    assert judge(wording, printed, decimals, value, lo, hi) == expected


printed_values = st.integers(1, 10**6)
decimal_places = st.integers(0, 4)
distances = st.floats(0, 1e6)


@given(wording=st.sampled_from(["exact", "about", "rank"]), printed=printed_values, decimals=decimal_places,
       distances=st.tuples(distances, distances), side=st.sampled_from([-1, 1]))
def test_further_away_is_never_better(wording, printed, decimals, distances, side):
    near, far = (printed + side * distance for distance in sorted(distances))
    assert badness(wording, printed, decimals, near) <= badness(wording, printed, decimals, far)


@given(printed=printed_values, decimals=decimal_places, distances=st.tuples(distances, distances), side=st.sampled_from([-1, 1]),
       reach=distances)
def test_further_away_is_never_better_with_an_interval(printed, decimals, distances, side, reach):
    near, far = (badness("exact", printed, decimals, value, value - reach, value + reach)
                 for value in (printed + side * distance for distance in sorted(distances)))
    assert near <= far


@given(wording=st.sampled_from(["over", "at least", "under"]), printed=printed_values, decimals=decimal_places,
       values=st.tuples(distances, distances))
def test_a_bound_is_met_from_one_side(wording, printed, decimals, values):
    """More is never worse for "over" and "at least", less is never worse for "under"."""
    worse, better = sorted(values, reverse=wording == "under")
    assert badness(wording, printed, decimals, better) <= badness(wording, printed, decimals, worse)


@given(printed=printed_values, decimals=decimal_places, distances=st.tuples(distances, distances), side=st.sampled_from([-1, 1]))
def test_almost_gets_worse_on_both_sides_of_its_band(printed, decimals, distances, side):
    border = printed if side > 0 else 0.9 * printed
    near, far = (border + side * distance for distance in sorted(distances))
    assert badness("almost", printed, decimals, near) <= badness("almost", printed, decimals, far)


@given(ends=st.lists(printed_values, min_size=2, max_size=2).map(sorted), decimals=decimal_places,
       values=st.lists(distances, min_size=1, max_size=5), further=distances)
def test_one_more_value_never_brings_a_range_nearer(ends, decimals, values, further):
    assert badness("between", ends, decimals, values) <= badness("between", ends, decimals, [*values, further])


@given(wording=st.sampled_from(["exact", "about", "at least", "rank"]), units=st.integers(1, 10**9), decimals=decimal_places)
def test_the_printed_value_reproduces(wording, units, decimals):
    printed = units / 10**decimals
    assert judge(wording, printed, decimals, printed) == REPRODUCES


@given(wording=st.sampled_from(["over", "under", "almost"]), units=st.integers(1, 10**9), decimals=decimal_places)
def test_the_printed_value_is_not_over_under_or_almost_itself(wording, units, decimals):
    printed = units / 10**decimals
    assert judge(wording, printed, decimals, printed) == ROUNDING


@given(printed=st.integers(1, 1000), thousandths=st.integers(-3000, 3000), decimals=st.integers(0, 5), power=st.integers(-3, 3))
def test_another_unit_gives_the_same_verdict(printed, thousandths, decimals, power):
    """1.234 billion printed with three decimals is 1234 million printed with none."""
    assume(0 <= decimals - power <= 5)

    def scaled(decimals: int) -> str:
        return judge("exact", printed / 10**decimals, decimals, (1000 * printed + thousandths) / 10 ** (decimals + 3))

    assert scaled(decimals) == scaled(decimals - power)


rounded_inputs = st.lists(
    st.tuples(st.integers(2, 10**6), st.integers(-1, 4), st.floats(-0.5, 0.5)), min_size=2, max_size=4)


@pytest.mark.parametrize("function", [
    pytest.param(lambda *x: sum(x), id="sum"),
    pytest.param(lambda first, *x: first - sum(x), id="difference"),
    pytest.param(lambda first, *x: 100 * first / sum(x), id="share"),
    pytest.param(lambda *x: math.prod(x), id="product"),
])
@given(inputs=rounded_inputs)
def test_rounding_interval_holds_whatever_the_inputs_were(function, inputs):
    """At the printed inputs, and at any inputs that print as these."""
    printed = [units * 10.0**-decimals for units, decimals, _ in inputs]
    true = [(units + off) * 10.0**-decimals for units, decimals, off in inputs]
    lo, hi = claims.rounding_interval(function, printed, [decimals for _, decimals, _ in inputs])
    slack = 1e-9 * max(abs(lo), abs(hi))
    assert lo - slack <= function(*printed) <= hi + slack
    assert lo - slack <= function(*true) <= hi + slack


def test_rounding_interval_of_known_numbers():
    """2664 in 306 clusters: the total may have been 2663.5 to 2664.5."""
    assert claims.rounding_interval(lambda total: total / 306, [2664], [0]) == pytest.approx((2663.5 / 306, 2664.5 / 306))
    assert claims.rounding_interval(lambda a, b: a / b, [10, 4], [0, 0]) == pytest.approx((9.5 / 4.5, 10.5 / 3.5))
    # Negative decimals: printed to whole tens.
    assert claims.rounding_interval(lambda x: x, [120], [-1]) == pytest.approx((115, 125))


def test_rounding_interval_needs_decimals_for_every_input():
    with pytest.raises(ValueError, match="zip"):
        claims.rounding_interval(lambda a, b: a + b, [1, 2], [0])


@given(printed=st.integers(-1000, 1000), decimals=st.integers(0, 4), hundredths=st.lists(st.integers(-110_000, 110_000), max_size=20),
       near=st.lists(st.integers(-60, 60), max_size=20))
def test_matches_finds_those_that_print_as_the_value(printed, decimals, hundredths, near):
    """Candidates in hundredths of the last printed digit, so that the right answer is known in whole numbers."""
    candidates = pd.Series([*hundredths, *(100 * printed + off for off in near)], dtype="float64")
    expected = [i for i, candidate in candidates.items() if abs(candidate - 100 * printed) <= 50]
    found = claims.matches(candidates / 10.0 ** (decimals + 2), printed / 10.0**decimals, decimals)
    assert list(found.index) == expected


def test_matches_takes_both_borders():
    """Half a unit off prints as the value by one rounding rule or another; 8.715 - 8.71 is not 0.005 in binary."""
    assert list(claims.matches(pd.Series([8.7049, 8.705, 8.715, 8.7151]), 8.71, 2)) == [8.705, 8.715]


def test_matches_keeps_labels_and_passes_over_empty_cells():
    candidates = pd.Series({("2004", "first print"): 60.28, ("2005", "first print"): 46.103, ("2006", "revised"): float("nan")})
    assert list(claims.matches(candidates, 46.10, 2).index) == [("2005", "first print")]


def test_a_verdict_carries_the_claim(ledger):
    ledger(entry(printed=8.71, decimals=2, unit="100 million yuan", kind="average", page=None))
    found = claims.check("ch99-x", 8.7059, "internal", lo=8.70, hi=8.7075, note="by hand")
    assert (found.id, found.basis, found.verdict) == ("ch99-x", "internal", REPRODUCES)
    assert (found.printed, found.computed, found.lo, found.hi, found.decimals) == (8.71, 8.7059, 8.70, 8.7075, 2)
    assert (found.unit, found.kind, found.wording, found.page, found.note) == ("100 million yuan", "average", "exact", None, "by hand")


def test_a_range_is_computed_as_its_ends(ledger):
    ledger(entry(wording="between", printed=[65, 75]))
    found = claims.check("ch99-x", [70, 66, 68], "internal")
    assert (found.printed, found.computed) == ((65, 75), (66.0, 70.0))


def test_an_explanation_stays_only_where_the_number_differs(ledger):
    ledger(entry())
    differs, reproduces = (claims.check("ch99-x", value, "internal", **EXPLAINED) for value in (60, 50))
    assert (differs.mechanism, differs.consequence) == (EXPLAINED["mechanism"], EXPLAINED["consequence"])
    assert (reproduces.mechanism, reproduces.consequence) == ("", "")


@pytest.mark.parametrize("ask", [
    claims.get, claims.printed, claims.not_testable, lambda claim: claims.check(claim, 1, "internal"),
], ids=["get", "printed", "not_testable", "check"])
@pytest.mark.parametrize(("claim", "chapter"), [
    ("ch01-no-such-claim", "ch01"), ("ch99-x", "ch99"), ("dependence-2005", "dependence"), ("", "")])
def test_unknown_claim(ask, claim, chapter):
    with pytest.raises(KeyError) as refusal:
        ask(claim)
    assert refusal.value.args == (f"unknown claim id {claim!r}: data/claims/{chapter}.yml has no such claim",)


@pytest.mark.parametrize("ask", [
    lambda basis: claims.check("ch99-x", 50, basis), lambda basis: claims.not_testable("ch99-x", basis),
], ids=["check", "not_testable"])
def test_unknown_basis(ledger, ask):
    ledger(entry(missing="the yearbook"))
    with pytest.raises(ValueError) as refusal:
        ask("press")
    assert str(refusal.value) == "claim 'ch99-x': basis 'press': expected one of ('internal', 'official')"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("wording", WORDINGS)
def test_not_finite(ledger, wording, value):
    between = wording == "between"
    ledger(entry(wording=wording, printed=[40, 50] if between else 50))
    with pytest.raises(ValueError, match="^claim 'ch99-x': computed value .*: expected finite numbers$"):
        claims.check("ch99-x", [45, value] if between else value, "internal", **EXPLAINED)


def test_a_range_without_values(ledger):
    ledger(entry(wording="between", printed=[40, 50]))
    with pytest.raises(ValueError, match="expected finite numbers"):
        claims.check("ch99-x", [], "internal")


@pytest.mark.parametrize(("lo", "hi"), [(51, 52), (48, 49), (52, 48), (None, 52), (48, None), (float("nan"), 52), (48, float("nan"))])
def test_an_interval_that_does_not_hold_the_value(ledger, lo, hi):
    ledger(entry())
    with pytest.raises(ValueError) as refusal:
        claims.check("ch99-x", 50, "internal", lo=lo, hi=hi)
    assert str(refusal.value) == f"claim 'ch99-x': interval {lo!r} to {hi!r} does not hold the computed value 50"


@pytest.mark.parametrize("given_fields", [{}, {"mechanism": "a misprint"}, {"consequence": "none"}])
def test_a_difference_left_unexplained(ledger, given_fields):
    ledger(entry())
    with pytest.raises(ValueError) as refusal:
        claims.check("ch99-x", 60, "internal", **given_fields)
    assert "claim 'ch99-x': printed 50, computed 60: differs" in str(refusal.value)
    assert "needs a mechanism" in str(refusal.value) and "a consequence" in str(refusal.value)


def test_not_testable_says_what_is_missing(ledger):
    ledger(entry(missing="the survey report"))
    found = claims.not_testable("ch99-x")
    assert (found.verdict, found.basis, found.computed, found.note) == ("not testable", "official", None, "the survey report")


@pytest.mark.parametrize("fields", [{}, {"missing": ""}])
def test_not_testable_without_a_reason(ledger, fields):
    ledger(entry(**fields))
    with pytest.raises(ValueError) as refusal:
        claims.not_testable("ch99-x")
    assert str(refusal.value) == "claim 'ch99-x': not testable, but the ledger has no `missing` that says why"


# Against R, where the rules are written anew

@pytest.mark.parametrize("wording", ["exact", "about", "over", "at least", "under", "almost"])
def test_verdicts_on_generated_claims_are_those_of_r(wording):
    u = uniform(120, 1954).reshape(40, 3)
    printed = [round(20 + 80 * x, 1) for x in u[:, 0]]
    computed = [p + round((y - 0.5) * (12 if z > 0.5 else 0.5), 2) + 0.003 for p, (_, y, z) in zip(printed, u, strict=True)]
    found = [badness(wording, p, 1, v) for p, v in zip(printed, computed, strict=True)]
    assert found == same_as([REFERENCE[f"verdict.{wording}.{i}"] for i in range(1, 41)], "R, the rules", of=claims.check)


def test_slips_are_those_of_r():
    pairs = [(46.83, 46.38, 2), (46.83, 46.73, 2), (4.683, 46.83, 3), (12.34, 43.21, 2), (285, 2850, 0), (101, 110, 0), (77.1, 71.7, 1), (50, 60, 0), (3.5, 9.9, 1)]
    kinds = ["", "in one digit", "in the other order", "times"]
    found = [max(kind for kind, words in enumerate(kinds) if words in claims.slip_of(*pair)) for pair in pairs]
    assert found == same_as([REFERENCE[f"slip.{i}"] for i in range(1, 10)], "R, digit by digit", of=claims.slip_of)


def test_candidates_that_print_as_a_number_are_those_of_r():
    candidates = pd.Series(46.7 + 0.3 * uniform(200, 2005))
    found = candidates.index.isin(claims.matches(candidates, 46.83, 2).index).astype(int).tolist()
    assert found == same_as([REFERENCE[f"matches.{i}"] for i in range(1, 201)], "R, sprintf", of=claims.matches)
