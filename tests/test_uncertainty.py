"""Monte Carlo of linkages: special cases, a slow loop, first-order variances, recovery on generated tables, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from second_route import same_as, uniform

from zhejiang import data
from zhejiang import input_output as io
from zhejiang.input_output import uncertainty
from zhejiang.input_output.uncertainty import CoefficientErrors, observed_errors, rank_intervals, simulate_linkages

REFERENCE = json.loads((Path(__file__).parent / "reference" / "linkages.json").read_text(encoding="utf-8"))["values"]
NAMES = ("influence", "sensitivity_leontief", "sensitivity_ghosh")


@pytest.fixture(scope="module")
def china():
    """The table of 2007: coefficients, outputs, linkages."""
    table = io.official_table(data.load("input_output/china_2007_42"))
    A = io.technical_coefficients(table.Z, table.x)
    return A, table.x, io.linkages(table.Z, table.x, io.leontief_inverse(A))


@pytest.fixture
def small():
    """An economy of five sectors with a zero cell, generated."""
    rng = np.random.default_rng(5)
    labels = list("abcde")
    A = rng.uniform(0.2, 1, (5, 5))
    A[1, 3] = 0
    A *= [0.3, 0.5, 0.7, 0.6, 0.4] / A.sum(axis=0)
    return pd.DataFrame(A, labels, labels), pd.Series(rng.uniform(50, 200, 5), labels)


def slow_draws(A, x, errors, draws, seed):
    """The coefficients of the draws of the first chunk, one by one, and their linkages through `linkages`: as slow as it is plain."""
    rng = np.random.default_rng(seed).spawn(1)[0]
    n = len(A)
    cells, rows, shares = rng.standard_normal((draws, n, n)), rng.standard_normal((draws, n, 1)), rng.standard_normal((draws, n))
    for cell, row, share in zip(cells, rows, shares):
        mix = A * np.exp(errors.cell * cell + errors.row * row)
        odds = A.sum() / (1 - A.sum()) * np.exp(errors.share * share)
        drawn = mix * (odds / (1 + odds) / mix.sum())
        yield drawn, io.linkages(drawn * x, x, io.leontief_inverse(drawn))


def test_without_errors_the_coefficients_are_the_plain_ones(china):
    A, x, plain = china
    drawn = simulate_linkages(A, x, CoefficientErrors(0, 0, 0), draws=3, seed=1)
    for name in NAMES:
        for _, draw in getattr(drawn, name).iterrows():
            pd.testing.assert_series_equal(draw, getattr(plain, name), check_names=False, rtol=1e-12)


def test_draws_are_those_of_a_slow_loop(china):
    A, x, _ = china
    errors = CoefficientErrors(0.2, 0.4, 0.3)
    drawn = simulate_linkages(A, x, errors, draws=4, seed=2)
    for number, (_, slow) in enumerate(slow_draws(A, x, errors, 4, 2)):
        for name in NAMES:
            np.testing.assert_allclose(getattr(drawn, name).loc[number], getattr(slow, name), rtol=1e-11)


def test_an_error_that_all_rows_share_is_none():
    """One seller: the rescaling of columns takes its row error out again, and the cell error with it."""
    labels = list("ab")
    A, x = pd.DataFrame([[0.3, 0.6], [0, 0]], labels, labels), pd.Series([10.0, 20], labels)
    drawn = simulate_linkages(A, x, CoefficientErrors(0.5, 0.5, 0), draws=20, seed=3)
    assert drawn.influence.std().max() < 1e-14


def test_shares_stay_where_they_have_no_error(small):
    """Then every draw has the column sums of A; seen in the influence of an economy whose columns all sum alike."""
    A, x = small
    even = A * (0.5 / A.sum())
    drawn = simulate_linkages(even, x, CoefficientErrors(0.3, 0.5, 0), draws=50, seed=4)
    # Column sums of L are 1 / (1 - s) when all columns of A sum to s.
    assert np.allclose(drawn.influence, 1, atol=1e-12)
    assert drawn.sensitivity_leontief.std().min() > 0.01


def test_empty_columns_stay_empty(small):
    A, x = small
    A = A.assign(b=0.0)
    drawn = simulate_linkages(A, x, CoefficientErrors(0.3, 0.5, 0.4), draws=30, seed=5)
    # The column sum of L is one in the numerator of every draw: the least there is.
    assert (drawn.influence.idxmin(axis=1) == "b").all()
    assert np.isfinite(drawn.influence).all(axis=None)


def test_a_seed_gives_the_same_draws_and_another_seed_others(small):
    A, x = small
    one, same, other = (simulate_linkages(A, x, CoefficientErrors(0.1, 0.1, 0.1), draws=5, seed=seed) for seed in (6, 6, 7))
    pd.testing.assert_frame_equal(one.influence, same.influence)
    assert not np.allclose(one.influence, other.influence)


def test_chunks_hold_all_draws(small, monkeypatch):
    A, x = small
    monkeypatch.setattr(uncertainty, "CHUNK", 7)
    drawn = simulate_linkages(A, x, CoefficientErrors(0.1, 0.1, 0.1), draws=20, seed=8)
    assert drawn.influence.shape == (20, 5)
    assert np.allclose(drawn.influence.mean(axis=1), 1) and drawn.influence.duplicated().sum() == 0


def test_input_is_left_as_it_was(small):
    A, x = small
    before = A.copy(), x.copy()
    simulate_linkages(A, x, CoefficientErrors(0.1, 0.1, 0.1), draws=5, seed=9)
    pd.testing.assert_frame_equal(A, before[0])
    pd.testing.assert_series_equal(x, before[1])


@pytest.mark.parametrize("kind", ["row", "cell", "share"])
def test_small_errors_have_their_first_order_variance(small, kind):
    """dL = L dA L, so that with b the column sums of L, db = b'dA L; dA from the derivatives of the error model."""
    A, x = small
    sd, draws = 0.01, 20_000
    n, a, L = len(A), A.to_numpy(), io.leontief_inverse(A).to_numpy()
    s = a.sum(axis=0)
    mix = a / s
    changes = []
    if kind == "share":
        for j in range(n):
            changes.append(np.where(np.arange(n) == j, a * (1 - s[j]), 0))
    for i in range(n):
        # d log a_kj = 1(k = i) - m_ij for an error in row i of column j.
        change = a * ((np.arange(n) == i)[:, None] - mix[i])
        if kind == "row":
            changes.append(change)
        if kind == "cell":
            changes += [np.where(np.arange(n) == j, change, 0) for j in range(n)]
    b, f, g = L.sum(axis=0), L.sum(axis=1), L @ x.to_numpy() / x.to_numpy()
    found = simulate_linkages(A, x, CoefficientErrors(**{"row": 0.0, "cell": 0.0, "share": 0.0, kind: sd}), draws, seed=10)
    for name, value, derivative in (
        ("influence", b, [b @ d @ L for d in changes]),
        ("sensitivity_leontief", f, [L @ d @ f for d in changes]),
        ("sensitivity_ghosh", g, [L @ d @ (L @ x.to_numpy()) / x.to_numpy() for d in changes]),
    ):
        derivative = np.array(derivative)
        relative = derivative / value.mean() - value * derivative.mean(axis=1, keepdims=True) / value.mean() ** 2
        expected = sd * np.sqrt((relative**2).sum(axis=0))
        # The standard error of a standard deviation is 1/sqrt(2 draws) of it, half a percent.
        np.testing.assert_allclose(getattr(found, name).std(), expected, rtol=0.025)


@pytest.mark.parametrize(("change", "message"), [
    ({"A": lambda A: A[["b", "a", "c", "d", "e"]]}, "columns of A: position 1 is ['b']: expected ['a'], the order of the rows"),
    ({"x": lambda x: x.drop("e")}, "x: 4 labels for 5 sectors; missing ['e'], unknown none: expected the sectors of the rows"),
    ({"A": lambda A: A.where(A != A.loc["b", "c"], -0.25)}, "coefficient from b to c: -0.25: expected none below zero"),
    ({"A": lambda A: A.where(A != A.loc["b", "c"])}, "A, b, c: nan: expected a finite number"),
    ({"A": lambda A: A.assign(d=0.25)}, "inputs of d: 1.25 of its output: expected less than one"),
    ({"x": lambda x: x.mask(x.index == "c", 0.0)}, "output of c: 0: expected a positive number"),
    ({"draws": lambda draws: 0}, "draws 0: expected at least one"),
])
def test_what_is_refused(small, change, message):
    given = {"A": small[0], "x": small[1], "draws": 3}
    given = {name: change[name](value) if name in change else value for name, value in given.items()}
    with pytest.raises(ValueError) as refusal:
        simulate_linkages(errors=CoefficientErrors(0.1, 0.1, 0.1), seed=0, **given)
    assert str(refusal.value) == message


@pytest.mark.parametrize("sd", [-0.1, float("nan"), float("inf")])
def test_standard_deviations_that_are_refused(sd):
    with pytest.raises(ValueError, match=f"standard deviation of the cell errors: {sd}: expected a number that is not negative"):
        CoefficientErrors(0.1, sd, 0.1)


def test_times_scales_all_errors():
    assert CoefficientErrors(0.1, 0.2, 0.3).times(2) == CoefficientErrors(0.2, 0.4, 0.6)


# Errors seen between tables

@pytest.mark.parametrize(("errors", "tolerance"), [(CoefficientErrors(0.3, 0.1, 0.3), 0.1), (CoefficientErrors(0.2, 0.5, 0.3), 0.25)])
def test_errors_are_recovered_from_drawn_tables(errors, tolerance):
    """Row errors from 60 rows; they come out too large, never too small, where cell errors are large beside them."""
    rng = np.random.default_rng(11)
    labels = range(60)
    A = pd.DataFrame(rng.dirichlet(np.ones(60), 60).T * rng.uniform(0.3, 0.7, 60), labels, labels)
    found = [observed_errors(A, drawn) for drawn, _ in slow_draws(A, pd.Series(1.0, labels), errors, 8, 12)]
    assert errors.row * 0.95 < np.mean([f.row for f in found]) < errors.row * (1 + tolerance)
    assert np.mean([f.cell for f in found]) == pytest.approx(errors.cell, rel=0.05)
    assert np.mean([f.share for f in found]) == pytest.approx(errors.share, rel=0.1)


def test_tables_that_differ_by_rows_or_shares_only(small):
    A, _ = small
    rows = A.mul([1.2, 0.9, 1, 1.1, 0.7], axis=0)
    found = observed_errors(A, rows * (A.sum() / rows.sum()))
    assert found.cell < 1e-12 and found.share < 1e-12 and found.row > 0.1
    odds = A.sum() / (1 - A.sum()) * np.exp(0.2)
    found = observed_errors(A, A * (odds / (1 + odds) / A.sum()))
    assert found.row < 1e-12 and found.cell < 1e-12
    assert found.share == pytest.approx(0.2)
    assert observed_errors(A, A) == CoefficientErrors(0.0, 0.0, 0.0)


def test_effects_are_those_of_a_weighted_regression(small):
    """Row and column dummies in statsmodels, the mean mix as weight."""
    import statsmodels.formula.api as smf

    A, _ = small
    rng = np.random.default_rng(13)
    B = A * rng.uniform(0.7, 1.4, (5, 5))
    B *= 0.6 / B.sum()
    mixes = A / A.sum(), B / B.sum()
    frame = pd.DataFrame({"weight": (mixes[0] + mixes[1]).stack() / 2, "d": np.log(mixes[1].stack() / mixes[0].stack())})
    frame = frame[np.isfinite(frame["d"])].rename_axis(["row", "column"]).reset_index()
    assert len(frame) == 24
    fit = smf.wls("d ~ C(row) + C(column)", frame, weights=frame["weight"]).fit()
    effect = frame["row"].map({"a": 0.0, **{r: fit.params[f"C(row)[T.{r}]"] for r in "bcde"}})
    mean = np.average(effect, weights=frame["weight"])
    found = observed_errors(A, B)
    expected = np.sqrt(np.average((effect - mean) ** 2, weights=frame["weight"])), np.sqrt(np.average(fit.resid**2, weights=frame["weight"]))
    assert (found.row, found.cell) == same_as(expected, "statsmodels, weighted regression on dummies", of=observed_errors, rel=1e-6)


def test_tables_that_cannot_be_compared(small):
    A, _ = small
    with pytest.raises(ValueError, match="rows of the second table: 4 labels for 5 sectors"):
        observed_errors(A, A.drop("e"))
    with pytest.raises(ValueError, match="inputs of c: 1.5 of its output: expected less than one"):
        observed_errors(A, A.assign(c=0.3))
    with pytest.raises(ValueError, match="5 cells of 5 sectors are positive in both tables: expected at least 10"):
        observed_errors(A, A * np.eye(5))


# Ranks

def test_ranks_without_error_are_plain():
    values = pd.Series([3.0, 1, 2], list("abc"))
    found = rank_intervals(values, pd.DataFrame([values] * 4))
    assert found.to_dict("list") == {"rank": [1, 3, 2], "low": [1, 3, 2], "high": [1, 3, 2]}


def test_pairs_have_the_normal_interval():
    """Two units: one difference, whose interval is that of the normal distribution."""
    rng = np.random.default_rng(14)
    critical = stats.norm.ppf(0.975)
    for gap, apart in ((critical - 0.05, False), (critical + 0.05, True)):
        values = np.exp(pd.Series([gap * np.sqrt(2) * 0.1, 0.0], ["a", "b"]))
        draws = pd.DataFrame(values.to_numpy() * np.exp(0.1 * rng.standard_normal((100_000, 2))), columns=["a", "b"])
        found = rank_intervals(values, draws)
        assert found.loc["a"].tolist() == [1, 1, 1 if apart else 2], gap


@pytest.mark.parametrize("spread", [0.0, 0.5, 2.0])
def test_rank_sets_cover_true_ranks(spread):
    """Twelve units, 200 samples; with ties (spread 0) a set holds the rank of a tied unit if it holds any of the ranks that it shares."""
    rng = np.random.default_rng(15)
    truth = spread * np.linspace(1, 0, 12)
    noise = rng.standard_normal((3_000, 12))
    held = []
    for _ in range(200):
        estimate = truth + rng.standard_normal(12)
        found = rank_intervals(np.exp(pd.Series(estimate)), pd.DataFrame(np.exp(estimate + noise)))
        best = 1 + (truth[None, :] > truth[:, None] + 1e-12).sum(axis=1)
        worst = (truth[None, :] >= truth[:, None] - 1e-12).sum(axis=1)
        held.append(((found["low"] <= best) & (worst <= found["high"])).to_numpy())
    # Sampling error of 200 samples: 1.5 points.
    assert np.mean(held, axis=0).min() >= 0.95 - 0.03


def test_percentiles_of_ranks_are_too_narrow_at_a_tie():
    """Why the sets are not percentiles: all units equal, so that every rank should stay possible."""
    rng = np.random.default_rng(16)
    covered = []
    for _ in range(100):
        estimate = rng.standard_normal(12)
        ranks = pd.DataFrame(estimate + rng.standard_normal((500, 12))).rank(axis=1, ascending=False)
        covered.append(((ranks.quantile(0.025) <= 1) & (ranks.quantile(0.975) >= 12)).mean())
    assert np.mean(covered) < 0.5


def test_a_higher_level_gives_wider_sets(china):
    A, x, plain = china
    drawn = simulate_linkages(A, x, CoefficientErrors(0.16, 0.11, 0.13), draws=300, seed=17)
    narrow, wide = (rank_intervals(plain.influence, drawn.influence, level) for level in (0.5, 0.95))
    assert (wide["low"] <= narrow["low"]).all() and (wide["high"] >= narrow["high"]).all()
    assert wide["rank"].tolist() == plain.influence.rank(ascending=False).tolist()


@pytest.mark.parametrize(("change", "message"), [
    ({"level": 1.0}, "level 1.0: expected a number between nought and one"),
    ({"estimate": pd.Series([1.0, 0.0], ["a", "b"])}, "smallest value 0, smallest draw 1: expected positive numbers"),
    ({"estimate": pd.Series([1.0, 2.0], ["a", "c"])}, "simulated: 2 labels for 2 sectors; missing ['c'], unknown ['b']: expected the sectors of the rows"),
    ({"estimate": pd.Series([1.0], ["a"]), "simulated": pd.DataFrame({"a": [1.0]})}, "units ['a']: expected at least two"),
])
def test_ranks_that_are_refused(change, message):
    given = {"estimate": pd.Series([1.0, 2.0], ["a", "b"]), "simulated": pd.DataFrame({"a": [1.0, 1.1], "b": [2.0, 2.1]}), "level": 0.95, **change}
    with pytest.raises(ValueError) as refusal:
        rank_intervals(**given)
    assert str(refusal.value) == message


# Against R

def part(start: str) -> dict[str, float]:
    return {key.removeprefix(start): value for key, value in REFERENCE.items() if key.startswith(start)}


@pytest.fixture(scope="module")
def differences():
    """Errors as the chapter takes them from tables that differ."""
    sectors = data.load("input_output/sectors_42").set_index("sector")
    mixed_up = pd.Series(sectors.index, sectors.index).replace("s13", "s12")

    def coefficients(name, groups):
        table = io.aggregate(io.official_table(data.load(f"input_output/{name}")), groups)
        return io.technical_coefficients(table.Z, table.x)

    change = observed_errors(coefficients("china_2002_42", sectors["group38"]), coefficients("china_2007_42", sectors["group38"])).times(2**-0.5)
    return {"revision": observed_errors(coefficients("china_2005_42_earlier", mixed_up), coefficients("china_2005_42", mixed_up)), "change": change}


@pytest.mark.parametrize("name", ["revision", "change"])
def test_observed_errors_are_those_of_r(differences, name):
    """lm on dummies of seller and buyer."""
    assert vars(differences[name]) == same_as(part(f"errors.{name}."), "R, lm", of=observed_errors, rel=1e-9)


@pytest.mark.parametrize("name", ["revision", "change"])
def test_simulated_influence_spreads_as_in_r(china, differences, name):
    """Other random numbers: a standard deviation of 1000 draws is known to two percent, the largest error of 42 is four times that."""
    A, x, _ = china
    found = simulate_linkages(A, x, differences[name], draws=1000, seed=18).influence.std()
    assert found.to_dict() == same_as(part(f"sd.{name}."), "R, other random numbers", of=simulate_linkages, rel=0.1)


def test_linkages_and_classes_are_those_of_r(china):
    _, _, plain = china
    for name, values in {"influence": plain.influence, "leontief": plain.sensitivity_leontief, "ghosh": plain.sensitivity_ghosh,
                         "backward_variation": plain.backward_variation, "forward_variation": plain.forward_variation}.items():
        assert values.to_dict() == same_as(part(f"{name}."), "R, solve", of=io.linkages, rel=1e-10)
    found = io.key_sectors(plain.influence, plain.sensitivity_leontief).map({"key": 1, "backward": 2, "forward": 3, "weak": 4})
    assert found.to_dict() == same_as(part("class."), "R, solve", of=io.key_sectors)


def test_possible_ranks_are_those_of_r():
    estimate = np.exp(pd.Series([0.5, 0.45, 0.2, 0, -0.6, -0.65]))
    drawn = np.exp(np.log(estimate.to_numpy()) + 0.1 * stats.norm.ppf(uniform(2400, 2007)).reshape(400, 6))
    found = rank_intervals(estimate, pd.DataFrame(drawn))
    for column in found:
        expected = list(part(f"ranks.{column}.").values())
        assert found[column].tolist() == same_as(expected, "R, differences of all pairs", of=rank_intervals)
