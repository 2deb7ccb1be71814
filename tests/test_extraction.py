"""Hypothetical extraction: against zeroed matrices, identities, a worked example, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_tables import competitive_table, random_block
from second_route import same_as

from zhejiang import data
from zhejiang import input_output as io

KINDS = ("total", "backward", "forward", "internal")
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(2, 8)


def economy(seed: int, n: int):
    """A, L, x, final demand and primary inputs of a random economy, and a random block of it."""
    table = io.domestic_table(competitive_table(seed, n))
    A = io.technical_coefficients(table.Z, table.x)
    return table, A, io.leontief_inverse(A), table.x, random_block(seed, A.index)


def output(A: pd.DataFrame, y: pd.Series) -> np.ndarray:
    return np.linalg.solve(np.eye(len(A)) - A.to_numpy(), y.to_numpy())


@given(seed=seeds, n=sizes)
def test_every_extraction_is_what_zeroed_rows_and_columns_give(seed, n):
    table, A, L, x, block = economy(seed, n)
    y, B = table.final_demand, io.allocation_coefficients(table.Z, x)
    primary = x - table.Z.sum()
    found = io.extract(A, L, x, block)

    alone, demand = A.copy(), y.copy()
    alone.loc[block, :], alone.loc[:, block], demand[block] = 0, 0, 0
    no_inputs, no_sales, not_inside = A.copy(), B.copy(), A.copy()
    no_inputs.loc[:, block], no_sales.loc[block, :], not_inside.loc[block, block] = 0, 0, 0

    assert found.total.to_numpy() == pytest.approx(x - output(alone, demand), rel=1e-9, abs=1e-9 * x.sum())
    assert found.backward.to_numpy() == pytest.approx(x - output(no_inputs, y), rel=1e-9, abs=1e-9 * x.sum())
    assert found.forward.to_numpy() == pytest.approx(x - output(no_sales.T, primary), rel=1e-9, abs=1e-9 * x.sum())
    assert found.internal.to_numpy() == pytest.approx(x - output(not_inside, y), rel=1e-9, abs=1e-9 * x.sum())


@given(seed=seeds, n=sizes)
def test_total_is_backward_and_what_the_block_makes_without_inputs(seed, n):
    """Outside the block the losses are the same; inside, the block loses all, or all but what is still asked of it."""
    table, A, L, x, block = economy(seed, n)
    found = io.extract(A, L, x, block)
    rest = x.index.difference(block)
    no_inputs = A.copy()
    no_inputs.loc[:, block] = 0
    still_made = pd.Series(output(no_inputs, table.final_demand), x.index)[block]
    assert found.total[block].to_numpy() == pytest.approx(x[block].to_numpy())
    assert found.total[rest].to_numpy() == pytest.approx(found.backward[rest].to_numpy(), rel=1e-9, abs=1e-9 * x.sum())
    assert (found.backward[block] + still_made).to_numpy() == pytest.approx(x[block].to_numpy())


@given(seed=seeds, n=sizes)
def test_cella_keeps_what_the_block_makes_for_itself(seed, n):
    """Cella (1984): only the flows between block and rest vanish."""
    table, A, L, x, block = economy(seed, n)
    rest = x.index.difference(block)
    y, apart = table.final_demand, A.copy()
    apart.loc[block, rest], apart.loc[rest, block] = 0, 0
    linkage = x.sum() - output(apart, y).sum()
    kept = output(A.loc[block, block], y[block]).sum()
    assert io.extract(A, L, x, block).total.sum() - kept == pytest.approx(linkage, rel=1e-9, abs=1e-9 * x.sum())


@given(seed=seeds, n=sizes)
def test_backward_linkage_of_one_sector(seed, n):
    """Dietzenbacher and van der Linden (1997): the column sum of L, less one, over l_jj, per unit of output."""
    _, A, L, x, _ = economy(seed, n)
    G = io.ghosh_inverse(L, x)
    for j in x.index:
        found = io.extract(A, L, x, [j])
        assert found.backward.sum() / x[j] == pytest.approx((L[j].sum() - 1) / L.loc[j, j])
        assert found.forward.sum() / x[j] == pytest.approx((G.loc[j].sum() - 1) / G.loc[j, j])
        assert found.internal.sum() / x[j] == pytest.approx(L[j].sum() * A.loc[j, j] / (1 + L.loc[j, j] * A.loc[j, j]))


@given(seed=seeds, n=sizes)
def test_all_sectors_together(seed, n):
    """Without any sector nothing is made; without inputs, or without sales to sectors, final demand or primary inputs are left."""
    table, A, L, x, _ = economy(seed, n)
    found = io.extract(A, L, x, x.index)
    assert found.total.to_numpy() == pytest.approx(x.to_numpy())
    for kind in ("backward", "internal"):
        assert getattr(found, kind).to_numpy() == pytest.approx((x - table.final_demand).to_numpy(), rel=1e-9, abs=1e-9 * x.sum())
    assert found.forward.to_numpy() == pytest.approx(table.Z.sum().to_numpy(), rel=1e-9, abs=1e-9 * x.sum())


@given(seed=seeds, n=st.integers(3, 8))
def test_a_block_costs_less_than_its_sectors_one_by_one(seed, n):
    """What depends on either of two blocks is at least what depends on one, and at most the sum: shared chains count once."""
    _, A, L, x, block = economy(seed, n)
    parts = [io.extract(A, L, x, [sector]) for sector in block]
    together = io.extract(A, L, x, block)
    slack = 1e-9 * x.sum()
    for kind in ("total", "forward"):
        losses = pd.concat([getattr(part, kind) for part in parts], axis=1)
        assert (getattr(together, kind) <= losses.sum(axis=1) + slack).all()
        assert (getattr(together, kind) >= losses.max(axis=1) - slack).all()
    assert (together.internal <= together.backward + slack).all()
    assert (together.backward <= together.total + slack).all()


def test_two_sector_economy():
    """Flows of Miller and Blair (2009), table 2.3. Losses when sector one leaves: test_io_extraction.jl of MacroEconometricModels.jl."""
    labels = ["one", "two"]
    Z, x = pd.DataFrame([[150.0, 500.0], [200.0, 100.0]], labels, labels), pd.Series([1000.0, 2000.0], labels)
    A = io.technical_coefficients(Z, x)
    found = io.extract(A, io.leontief_inverse(A), x, ["one"])
    source = "MacroEconometricModels.jl, test_io_extraction.jl"
    assert list(found.total) == same_as([1000, 210.52631578947353], source, of=io.extract, rel=1e-12)
    assert found.total.sum() == same_as(1210.5263157894735, source, of=io.extract, rel=1e-12)
    # By hand: y = (350, 1700); without inputs sector one makes 350 + 500/2000 x 1700/0.95.
    assert found.backward["one"] == pytest.approx(1000 - (350 + 0.25 * 1700 / 0.95), rel=1e-12)


@pytest.mark.parametrize("year", [2002, 2007])
def test_services_of_china(year):
    """The official tables, against matrices with the services taken out."""
    sectors = data.load("input_output/sectors_42").set_index("sector")
    services = sectors.index[sectors["part"] == "services"]
    table = io.domestic_table(io.official_table(data.load(f"input_output/china_{year}_42")))
    A = io.technical_coefficients(table.Z, table.x)
    found = io.extract(A, io.leontief_inverse(A), table.x, services)
    rest = sectors.index.difference(services)
    left = output(A.loc[rest, rest], table.final_demand[rest]).sum()
    assert found.total.sum() == pytest.approx(table.x.sum() - left, rel=1e-10)


@settings(max_examples=10)
@given(seed=seeds)
def test_nothing_is_changed(seed):
    _, A, L, x, block = economy(seed, 4)
    before = A.copy(), L.copy(), x.copy()
    io.extract(A, L, x, block)
    pd.testing.assert_frame_equal(A, before[0])
    pd.testing.assert_frame_equal(L, before[1])
    pd.testing.assert_series_equal(x, before[2])


@pytest.fixture
def example():
    labels = ["s01", "s02", "s03"]
    A = pd.DataFrame([[0.1, 0.2, 0.0], [0.2, 0.1, 0.3], [0.0, 0.1, 0.1]], labels, labels)
    return A, io.leontief_inverse(A), pd.Series([10.0, 20.0, 30.0], labels)


@pytest.mark.parametrize("block", [[], ["s01", "s01"], ["s04"]])
def test_a_block_that_is_none(example, block):
    with pytest.raises(ValueError) as refusal:
        io.extract(*example, block)
    assert str(refusal.value) == f"block {block}: expected one or more sectors of the table, each once"


def test_an_inverse_of_other_coefficients(example):
    """Such as the inverse with imports beside the coefficients without."""
    A, L, x = example
    with pytest.raises(ValueError, match=r"L in the row of s01: \(I - A\) L is off by 0\.\d+: expected the inverse of I - A"):
        io.extract(0.5 * A, L, x, ["s02", "s01"])


def test_an_output_that_is_not_positive(example):
    A, L, x = example
    for value, shown in ((0.0, "0"), (-4.0, "-4"), (float("nan"), "nan")):
        with pytest.raises(ValueError) as refusal:
            io.extract(A, L, x.where(x.index != "s02", value), ["s01"])
        assert str(refusal.value) == f"output of s02: {shown}: expected a positive number"


def test_labels_in_another_order(example):
    A, L, x = example
    other = ["s02", "s01", "s03"]
    for part, arguments in (("columns of A", (A[other], L, x)), ("L", (A, L.loc[other], x)), ("columns of L", (A, L[other], x)), ("x", (A, L, x[other]))):
        with pytest.raises(ValueError, match=rf"^{part}: position 1 is \['s02'\]: expected \['s01'\]"):
            io.extract(*arguments, ["s01"])
