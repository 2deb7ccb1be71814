"""Which sample sizes allow printed shares: published examples, brute force, and what is refused."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from second_route import same_as, uniform

from zhejiang import granularity


REFERENCE = json.loads((Path(__file__).parent / "reference" / "arithmetic.json").read_text(encoding="utf-8"))["values"]
TRIED = "R, every count tried"


def by_trying(share: str, decimals: int, n: int, rounding: str) -> list[int]:
    """Every count whose exact share prints as `share`; ties either way."""
    unit = Fraction(1, 10**decimals)
    if rounding == "nearest":
        return [k for k in range(n + 1) if abs(Fraction(100 * k, n) - Fraction(share)) <= unit / 2]
    return [k for k in range(n + 1) if Fraction(share) <= Fraction(100 * k, n) < Fraction(share) + unit]


@pytest.mark.parametrize(("mean", "n", "possible"), [
    pytest.param(3.48, 20, False, id="die rolled twenty times, the textbook example of GRIM"),
    pytest.param(3.45, 20, True, id="the same with a mean that can be"),
    pytest.param(5.93, 49, False, id="forty-nine ratings, The Economist, 18 June 2016"),
    pytest.param(5.27, 43, False, id="first example of the R package scrutiny"),
])
def test_published_examples_of_grim(mean, n, possible):
    """The fractional part decides: whether the mean's digits after the point are those of a whole number over n."""
    fraction = 100 * round(mean - int(mean), 2)
    found = bool(granularity.fitting_counts(fraction, 0, n))
    assert found == same_as(possible, "published examples of the GRIM test", of=granularity.fitting_counts)


@pytest.mark.parametrize("rounding", granularity.ROUNDINGS)
@given(units=st.integers(0, 1000), n=st.integers(1, 300))
def test_counts_are_those_found_by_trying(rounding, units, n):
    found = granularity.fitting_counts(units / 10, 1, n, rounding)
    assert list(found) == by_trying(f"{units // 10}.{units % 10}", 1, n, rounding)


@given(n=st.integers(1, 150), data=st.data())
def test_shares_of_a_sample_fit_that_sample(n, data):
    """Counts, printed: their sample is among the sizes found, for one answer a firm and for several."""
    first = data.draw(st.integers(0, n))
    second = data.draw(st.integers(0, n - first))
    shares = [round(100 * k / n, 1) for k in (first, second, n - first - second)]
    for exhaustive in (True, False):
        assert granularity.admissible_sizes(shares, 1, [n], exhaustive) == [n]


def test_counts_have_to_add_up():
    """Half the firms can give each of three answers if several are allowed, and not if one is."""
    assert granularity.admissible_sizes([33, 33, 33], 0, [3], exhaustive=True) == [3]
    assert granularity.admissible_sizes([50, 50, 50], 0, [2], exhaustive=False) == [2]
    assert granularity.admissible_sizes([50, 50, 50], 0, [2], exhaustive=True) == []


def test_sizes_of_the_printed_shares():
    """By trying each size and count, without the code under test."""
    importance = [n for n in range(1, 401)
                  if any(a + b + c == n for a in by_trying("55.2", 1, n, "nearest") for b in by_trying("40.2", 1, n, "nearest")
                         for c in by_trying("4.6", 1, n, "nearest"))]
    assert granularity.admissible_sizes([55.2, 40.2, 4.6], 1, range(1, 401), True) == importance
    obstacles = [n for n in range(1, 401) if all(by_trying(s, 1, n, "nearest") for s in ("43.2", "32.1", "30.9", "30.5"))]
    assert granularity.admissible_sizes([43.2, 32.1, 30.9, 30.9, 30.5], 1, range(1, 401), False) == obstacles
    assert importance[0] == 87 and obstacles[0] == 243


def test_ties_go_either_way_and_shares_may_be_cut_off():
    assert list(granularity.fitting_counts(1.2, 1, 80)) == list(granularity.fitting_counts(1.3, 1, 80)) == [1]  # 1.25
    assert list(granularity.fitting_counts(1.2, 1, 80, "down")) == [1]
    assert list(granularity.fitting_counts(1.3, 1, 80, "down")) == []
    assert list(granularity.fitting_counts(100, 1, 7)) == [7]
    assert list(granularity.fitting_counts(0, 1, 7)) == [0]


@given(a=st.integers(0, 1000), b=st.integers(0, 1000))
def test_no_smaller_sample_prints_two_different_shares(a, b):
    if a == b:
        return
    least = granularity.least_size(a / 10, b / 10, 1)
    assert granularity.admissible_sizes([a / 10, b / 10], 1, range(1, min(least, 60)), False) == []


@pytest.mark.parametrize("sizes", [[1], [3], [2, 7], [5, 6, 9]])
def test_part_of_triples_that_fit(sizes):
    """All triples of whole percents, one by one."""
    triples = [(a, b, 100 - a - b) for a in range(101) for b in range(101 - a)]
    direct = sum(any(sum(k) == n for n in sizes for k in _counts(triple, n)) for triple in triples) / len(triples)
    assert granularity.chance_of_fit(0, sizes) == pytest.approx(direct)


def _counts(triple, n):
    lists = [by_trying(str(share), 0, n, "nearest") for share in triple]
    return [(a, b, c) for a in lists[0] for b in lists[1] for c in lists[2]]


def test_weights_that_can_print_a_share():
    """One stratum is the plain check; counts of a weighted example are found again."""
    for share in (43.2, 32.1, 50):
        fits = granularity.fitting_weights([share], 1, [37], np.array([[1.0]]))
        assert fits[0] == bool(granularity.fitting_counts(share, 1, 37))
    weights = np.array([0.17, 0.31, 0.52])
    share = round(100 * float(weights @ (np.array([3, 7, 2]) / np.array([40, 40, 20]))), 1)
    assert granularity.fitting_weights([share], 1, [40, 40, 20], weights[None, :]).all()
    assert not granularity.fitting_weights([0.1], 1, [2, 2], np.array([[0.5, 0.5]])).any()


def test_weighted_sums_keep_ties():
    """Shares against whole numbers: in thousandths of a percent sums are 125 (k + 5 m + 28 l), and many of them are ties."""
    firms, weights = [40, 40, 20], np.array([[0.05, 0.25, 0.70]])
    sums = {125 * (k + 5 * m + 28 * l) for k in range(41) for m in range(41) for l in range(21)}
    units = range(200, 300)  # from 20 to 30 percent
    expected = {unit for unit in units if any(100 * unit - 50 <= value <= 100 * unit + 50 for value in sums)}
    assert {unit for unit in units if granularity.fitting_weights([unit / 10], 1, firms, weights)[0]} == expected
    assert any(value % 100 == 50 for value in sums)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: granularity.fitting_counts(101, 1, 10), "share 101: expected a percentage from 0 to 100 with 1 decimals"),
    (lambda: granularity.fitting_counts(float("nan"), 1, 10), "share nan"),
    (lambda: granularity.fitting_counts(43.25, 1, 10), "share 43.25: expected a percentage from 0 to 100 with 1 decimals"),
    (lambda: granularity.fitting_counts(43.2, -1, 10), "decimals -1"),
    (lambda: granularity.fitting_counts(43.2, 1, 0), "size 0: expected a whole number of firms"),
    (lambda: granularity.fitting_counts(43.2, 1, 10, "up"), "rounding 'up': expected one of"),
    (lambda: granularity.admissible_sizes([], 1, [10], False), "no share"),
    (lambda: granularity.least_size(30.9, 30.9, 1), "shares 30.9 and 30.9: expected different ones"),
    (lambda: granularity.fitting_weights([50], 0, [2, 2], np.array([[0.5, 0.6]])), "weights, row 0"),
    (lambda: granularity.fitting_weights([50], 0, [2, 2], np.array([[1.5, -0.5]])), "weights, row 0"),
    (lambda: granularity.fitting_weights([50], 0, [2, 2], np.array([[1.0]])), "expected one column for each of 2 strata"),
])
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        call()


# Against R

@pytest.mark.parametrize(("name", "shares"), [("several", [43.2, 32.1, 30.9, 30.9, 30.5]), ("one", [55.2, 40.2, 4.6])])
def test_sizes_are_those_of_r(name, shares):
    sizes = granularity.admissible_sizes(shares, 1, range(1, 301), exhaustive=name == "one")
    expected = [REFERENCE[f"sizes.{name}.{n}"] for n in range(1, 301)]
    assert [int(n in sizes) for n in range(1, 301)] == same_as(expected, TRIED, of=(granularity.admissible_sizes, granularity.fitting_counts))


def test_least_sizes_are_those_of_r():
    shares = [round(100 * share, 1) for share in uniform(40, 2006)]
    found = [granularity.least_size(a, b, 1) for a, b in zip(shares[:20], shares[20:], strict=True)]
    assert found == same_as([REFERENCE[f"least.{i}"] for i in range(1, 21)], "R, every size tried", of=granularity.least_size)


@pytest.mark.parametrize("sizes", [[3], [5, 6, 9], [40, 60]])
def test_chance_of_fit_is_that_of_r(sizes):
    expected = REFERENCE[".".join(["triples", *map(str, sizes)])]
    assert granularity.chance_of_fit(0, sizes) == same_as(expected, TRIED, of=granularity.chance_of_fit, rel=1e-12)


def test_weights_that_fit_are_those_of_r():
    weights = uniform(90, 40).reshape(3, 30).T
    weights /= weights.sum(axis=1, keepdims=True)
    found = granularity.fitting_weights([43.2, 30.9], 1, [6, 5, 4], weights).astype(int)
    assert found == same_as(np.array([REFERENCE[f"weights.{i}"] for i in range(1, 31)]), TRIED, of=granularity.fitting_weights)
