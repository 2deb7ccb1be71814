"""Multipliers, the closed model and impacts: published examples, identities, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_tables import competitive_table
from second_route import same_as

from zhejiang import input_output as io

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(2, 8)


def economy(seed: int, n: int):
    """Domestic A, labour income and household consumption of a random economy; households spend 80 percent of what they earn."""
    table = io.domestic_table(competitive_table(seed, n))
    spent = 0.8 * table.Y["households"] / table.Y["households"].sum()
    return io.technical_coefficients(table.Z, table.x), table.V.loc["labour"] / table.x, spent, table


def frame(cells, labels):
    return pd.DataFrame(cells, labels, labels, dtype=float)


# Published examples

BRANCHES = ["Agriculture", "Manufacturing", "Construction", "Trade", "Business services", "Other services"]
GERMANY = frame([
    [1131, 25480, 1, 607, 710, 762],
    [7930, 304584, 64167, 41082, 11981, 30360],
    [426, 7334, 3875, 5296, 23457, 9155],
    [3559, 72717, 14190, 74399, 10835, 21008],
    [3637, 96115, 31027, 65755, 193176, 34223],
    [1552, 14986, 1747, 11225, 15058, 22070],
], BRANCHES)
OUTPUT = pd.Series([43910, 1079446, 245606, 540063, 692487, 508918], BRANCHES, dtype=float)
NO_INCOME = pd.Series(0.0, BRANCHES)


@pytest.mark.parametrize(("per_output", "printed"), [
    # Gross value added, million euro; persons employed, thousand.
    ([21664, 395022, 115624, 311407, 415426, 365017], [0.8450, 0.7647, 0.8615, 0.9019, 0.9393, 0.9199]),
    ([1096, 8381, 3236, 9251, 4258, 10206], [0.0326, 0.0162, 0.0207, 0.0237, 0.0112, 0.0242]),
])
def test_germany_1995(per_output, printed):
    """Eurostat manual of supply, use and input-output tables (2008), table 15.4 and the multipliers of table 15.16, page 501."""
    w = pd.Series(per_output, BRANCHES) / OUTPUT
    found = io.multipliers(io.technical_coefficients(GERMANY, OUTPUT), w, NO_INCOME, NO_INCOME)
    assert list(found.simple) == same_as(printed, "Eurostat manual (2008), Table 15.16", of=io.multipliers, abs=5.1e-5)


def test_netherlands_2006():
    """SPICOSA, Input-output multipliers (hal-03233439): income effects, and multipliers of both types; households spend by rounded shares."""
    labels = ["Agriculture", "Mining", "Manufacturing", "Utilities", "Construction", "Services"]
    Z = frame([
        [2731, 3, 8260, 36, 59, 615],
        [4, 282, 2013, 3979, 188, 60],
        [3322, 291, 40218, 480, 8004, 16999],
        [983, 53, 2400, 4395, 85, 3458],
        [121, 70, 565, 135, 14103, 9509],
        [2884, 1078, 28400, 1404, 9339, 106994],
    ], labels)
    x = pd.Series([21863, 12292, 210900, 18249, 60244, 435953], labels, dtype=float)
    wages = pd.Series([2336, 520, 35083, 1629, 14339, 151784], labels) / x
    spent = pd.Series([0, 0, 0.08, 0.03, 0, 0.59], labels)
    found = io.multipliers(io.technical_coefficients(Z, x), wages, wages, spent)
    source = "SPICOSA, Input-output multipliers (hal-03233439), Netherlands 2006"
    assert list(found.simple) == same_as([0.263, 0.099, 0.306, 0.212, 0.465, 0.493], source, of=io.multipliers, abs=5.1e-4)
    assert list(found.type_1) == same_as([2.466, 2.333, 1.84, 2.372, 1.953, 1.417], source, of=io.multipliers, abs=5.1e-4)
    assert list(found.type_2) == same_as([3.6377, 3.4423, 2.7144, 3.4996, 2.8813, 2.0907], source, of=io.multipliers, abs=2e-3)


def test_closed_model_of_miller_and_blair():
    """Problem 2.3, authors' solutions: households buy of households too, which the consumption per unit of other income takes in."""
    Z = np.array([[500, 350, 90], [320, 360, 50], [100, 60, 40]])
    A = Z / [1000, 800, 300]
    printed = [[5.820, 5.036, 2.983], [3.686, 5.057, 2.248], [0.990, 1.019, 1.693]]
    labels, own = ["one", "two"], A[2, 2]
    closed = io.close(frame(A[:2, :2], labels), pd.Series(A[2, :2], labels), pd.Series(A[:2, 2], labels) / (1 - own))
    assert list(closed.index) == list(closed.columns) == ["one", "two", "households"]
    L = io.leontief_inverse(closed)
    source = "Miller and Blair (2009), problem 2.3"
    assert L.loc[labels, labels].to_numpy() == same_as(np.array(printed)[:2, :2], source, of=io.close, abs=5.1e-4)
    # The households' row counts what they earn of others: what they earn in all is 1 / (1 - own) of it.
    assert list(L.loc["households", labels] / (1 - own)) == same_as(printed[2][:2], source, of=io.close, abs=5.1e-4)


def test_two_sector_economy():
    """Flows of Miller and Blair (2009), table 2.3. Output multipliers: test_io_multipliers.jl of MacroEconometricModels.jl; the rest by hand."""
    labels = ["one", "two"]
    A = frame([[0.15, 0.25], [0.20, 0.05]], labels)
    wages, spent = pd.Series([0.30, 0.25], labels), pd.Series([0.05, 0.40], labels) / 0.95
    made = io.multipliers(A, pd.Series(1.0, labels), wages, spent)
    assert list(made.simple) == same_as([1.518152, 1.452145], "MacroEconometricModels.jl, test_io_multipliers.jl", of=io.multipliers, abs=1e-6)
    earned = io.multipliers(A, wages, wages, spent)
    # L = [[0.95, 0.25], [0.20, 0.85]] / 0.7575.
    assert list(earned.simple) == pytest.approx([(0.30 * 0.95 + 0.25 * 0.20) / 0.7575, (0.30 * 0.25 + 0.25 * 0.85) / 0.7575])
    assert list(earned.type_1) == pytest.approx([earned.simple["one"] / 0.30, earned.simple["two"] / 0.25])


def test_a_new_industry():
    """Miller and Blair (2009), chapter 13: inputs of 30,000 and 18,000; outputs as printed, cut off at the unit; employment likewise."""
    labels = ["one", "two"]
    A = frame([[0.15, 0.25], [0.20, 0.05]], labels)
    jobs = pd.DataFrame({"jobs": [0.25, 0.15]}, labels)
    found = io.impact(A, pd.Series([30_000.0, 18_000.0], labels), jobs)
    source = "Miller and Blair (2009), chapter 13, cut off at the unit"
    assert list(np.floor(found["output"])) == same_as([43564, 28118], source, of=io.impact)
    assert np.floor(found["jobs"].sum()) == same_as(15108, source, of=io.impact)


# Identities

@given(seed=seeds, n=sizes)
def test_multipliers_are_rows_of_the_inverses(seed, n):
    A, income, spent, table = economy(seed, n)
    w = table.V.loc["surplus"] / table.x
    found = io.multipliers(A, w, income, spent)
    closed = np.linalg.inv(np.eye(n + 1) - io.close(A, income, spent).to_numpy())[:n, :n]
    assert found.simple.to_numpy() == pytest.approx(w.to_numpy() @ np.linalg.inv(np.eye(n) - A.to_numpy()))
    assert found.total.to_numpy() == pytest.approx(w.to_numpy() @ closed)
    pd.testing.assert_series_equal(found.direct, w)
    assert (found.total >= found.simple * (1 - 1e-12)).all()
    assert (found.simple >= found.direct * (1 - 1e-12)).all()


@given(seed=seeds, n=sizes)
def test_income_multipliers_of_both_types_are_proportional(seed, n):
    """Their ratio is 1 / (1 - what a unit spent by households pays to households), alike in every sector."""
    A, income, spent, _ = economy(seed, n)
    found = io.multipliers(A, income, income, spent)
    ratio = 1 / (1 - income @ io.solve(A, spent))
    assert (found.type_2 / found.type_1).to_numpy() == pytest.approx(np.full(n, ratio))


@given(seed=seeds, n=sizes)
def test_households_that_spend_nothing_add_nothing(seed, n):
    A, income, spent, _ = economy(seed, n)
    found = io.multipliers(A, income, income, 0 * spent)
    assert found.total.to_numpy() == pytest.approx(found.simple.to_numpy())


@given(seed=seeds, n=sizes)
def test_all_value_added_earned_and_spent_at_home_multiplies_without_end(seed, n):
    """Near the limit the multiplier of value added is one over the share that leaks out."""
    A, _, spent, _ = economy(seed, n)
    value_added = 1 - A.sum()
    leak = 0.2
    found = io.multipliers(A, value_added, value_added, (1 - leak) * spent / spent.sum())
    assert found.total.to_numpy() == pytest.approx(np.full(n, 1 / leak))


@given(seed=seeds, n=sizes)
def test_impact_of_all_final_demand_is_the_economy(seed, n):
    A, income, _, table = economy(seed, n)
    persons = pd.Series(np.linspace(1, 2, n), A.index)
    found = io.impact(A, table.final_demand, pd.DataFrame({"income": income, "persons": persons}))
    assert list(found) == ["output", "income", "persons"]
    assert found["output"].to_numpy() == pytest.approx(table.x.to_numpy())
    assert found["income"].to_numpy() == pytest.approx(table.V.loc["labour"].to_numpy())
    assert found["persons"].sum() == pytest.approx(persons @ table.x)


@given(seed=seeds, n=sizes)
def test_impact_of_a_unit_is_the_simple_multiplier(seed, n):
    A, income, spent, _ = economy(seed, n)
    unit = pd.Series(0.0, A.index)
    unit["s02"] = 1.0
    found = io.impact(A, unit, income.to_frame("income"))["income"].sum()
    assert found == pytest.approx(io.multipliers(A, income, income, spent).simple["s02"])


# What is refused

@pytest.fixture
def example():
    labels = ["s01", "s02"]
    return frame([[0.15, 0.25], [0.20, 0.05]], labels), pd.Series([0.30, 0.25], labels), pd.Series([0.05, 0.40], labels)


def test_a_sector_without_the_input_has_no_ratio(example):
    A, income, spent = example
    found = io.multipliers(A, income.where(income.index != "s01", 0.0), income, spent)
    assert np.isnan(found.type_1["s01"]) and np.isnan(found.type_2["s01"])
    assert found.simple["s01"] > 0 and found.type_1["s02"] > 1


def test_households_that_spend_all_they_earn():
    """Twenty shares of a twentieth sum to a little more than one. Of each yuan spent half is income: 0.5 (1 + 0.5 + 0.25 ...) = 1."""
    labels = [f"s{i:02}" for i in range(20)]
    shares, half = pd.Series(1 / 20, labels), pd.Series(0.5, labels)
    assert shares.sum() > 1
    found = io.multipliers(pd.DataFrame(0.0, labels, labels), half, half, shares)
    assert found.total.to_numpy() == pytest.approx(np.ones(20))


def test_households_that_spend_more_than_they_earn(example):
    A, income, spent = example
    with pytest.raises(ValueError) as refusal:
        io.multipliers(A, income, income, 3 * spent)
    assert str(refusal.value) == ("consumption per unit of labour income: 1.35, most of it s02, 1.2: expected at most one, since households"
                                  " would spend more than they earn")


@pytest.mark.parametrize("value", [-0.1, float("nan")])
@pytest.mark.parametrize("part", ["income", "consumption"])
def test_a_negative_or_missing_payment(example, part, value):
    A, income, spent = example
    parts = {"income": income, "consumption": spent}
    parts[part] = parts[part].where(parts[part].index != "s02", value)
    with pytest.raises(ValueError) as refusal:
        io.close(A, **parts)
    assert str(refusal.value) == f"{part}, s02: {value:.6g}: expected a number that is not negative"


def test_a_closed_economy_that_is_not_productive(example):
    """Wages and inputs of the first sector exceed its output."""
    A, income, spent = example
    with pytest.raises(ValueError, match="^A is not productive: "):
        io.multipliers(A, income, income + 3, spent)


def test_labels_in_another_order(example):
    A, income, spent = example
    other = ["s02", "s01"]
    unit = pd.Series([1.0, 0.0], A.index)
    for part, call in (
        ("w", lambda: io.multipliers(A, income[other], income, spent)),
        ("income", lambda: io.multipliers(A, income, income[other], spent)),
        ("consumption", lambda: io.multipliers(A, income, income, spent[other])),
        ("columns of A", lambda: io.close(A[other], income, spent)),
        ("w", lambda: io.impact(A, unit, income[other].to_frame())),
        ("y", lambda: io.impact(A, unit[other], income.to_frame())),
    ):
        with pytest.raises(ValueError, match=rf"^{part}: position 1 is \['s02'\]: expected \['s01'\]"):
            call()


def test_nothing_is_changed(example):
    before = [part.copy() for part in example]
    A, income, spent = example
    io.multipliers(A, income, income, spent)
    io.close(A, income, spent)
    io.impact(A, income, income.to_frame())
    pd.testing.assert_frame_equal(A, before[0])
    pd.testing.assert_series_equal(income, before[1])
    pd.testing.assert_series_equal(spent, before[2])
