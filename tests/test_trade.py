"""What exports contain: identities, power series, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_tables import competitive_table
from second_route import same_as

from zhejiang import data
from zhejiang import input_output as io

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(2, 8)


def inverse(table: io.Table) -> pd.DataFrame:
    return io.leontief_inverse(io.technical_coefficients(table.Z, table.x))


@given(seed=seeds, n=sizes)
def test_contents_of_a_unit_add_up_to_one(seed, n):
    table = io.domestic_table(competitive_table(seed, n))
    L = inverse(table)
    parts = [io.content(table, L, primary) for primary in (*(table.V.loc[row] for row in table.V.index), table.u)]
    assert sum(part.sum() for part in parts).to_numpy() == pytest.approx(np.ones(n))


@given(seed=seeds, n=sizes)
def test_imported_content_by_rounds_of_production(seed, n):
    """Hummels, Ishii and Yi (2001) with the inverse as a power series: imported inputs of the first, second, ... round."""
    table = competitive_table(seed, n)
    A, m = io.technical_coefficients(table.Z, table.x).to_numpy(), io.import_shares(table).to_numpy()
    imported, domestic = (m[:, None] * A).sum(axis=0), (1 - m)[:, None] * A
    rounds, share = np.eye(n), np.zeros(n)
    for _ in range(500):
        share, rounds = share + imported @ rounds, domestic @ rounds
    found = io.vertical_specialisation(io.domestic_table(table))
    assert found.share.to_numpy() == pytest.approx(share, rel=1e-9, abs=1e-12)
    assert found.total == pytest.approx(share @ table.E / table.E.sum(), rel=1e-9, abs=1e-12)


@given(seed=seeds, n=sizes)
def test_imported_content_is_the_content_of_imported_inputs(seed, n):
    """And one less it is the value added at home."""
    table = io.domestic_table(competitive_table(seed, n))
    L, share = inverse(table), io.vertical_specialisation(table).share
    assert io.content(table, L, table.u).sum().to_numpy() == pytest.approx(share.to_numpy(), abs=1e-12)
    assert io.content(table, L, table.V.sum()).sum().to_numpy() == pytest.approx(1 - share.to_numpy())


@given(seed=seeds, n=sizes)
def test_final_uses_hold_all_primary_inputs(seed, n):
    """What is in exports and in home sales together is what there is, sector by sector."""
    table = io.domestic_table(competitive_table(seed, n))
    held = io.content(table, inverse(table), table.V.sum()) @ table.final_demand
    assert held.to_numpy() == pytest.approx(table.V.sum().to_numpy())


@given(seed=seeds)
def test_without_imports_nothing_is_imported(seed):
    table = competitive_table(seed, 4)
    closed = dataclasses.replace(table, M=0 * table.M, e=-table.M)
    assert io.vertical_specialisation(io.domestic_table(closed)).total == 0


def test_one_sector_by_hand():
    """Inputs of 50, of which a fifth imported, in 100 of output: 0.1 / (1 - 0.4) of a unit of exports comes from abroad."""
    def one(value):
        return pd.Series([value], ["s01"])

    table = io.domestic_table(io.Table(
        Z=pd.DataFrame([[50.0]], ["s01"], ["s01"]), Y=pd.DataFrame([[50.0]], ["s01"], ["uses"]), E=one(20.0), M=one(20.0),
        e=one(0.0), u=one(0.0), V=pd.DataFrame([[50.0]], ["value_added"], ["s01"]), x=one(100.0),
    ))
    assert io.vertical_specialisation(table).total == pytest.approx(1 / 6)
    assert io.content(table, inverse(table), table.V.sum()).loc["s01", "s01"] == pytest.approx(5 / 6)


def test_published_processing_flows_belong_to_the_table_of_2007():
    """Appendix 1 and the table: what was taken out of exports, less the fee, is what was taken out of imports."""
    flows = data.load("input_output/trade_processing_2007_135").set_index("sector")
    table = io.official_table(data.load("input_output/china_2007_135"))
    assert (table.E - flows["exports_in_io_table"]).abs().max() < 1e-3
    assert (table.M - flows["imports_in_io_table"]).abs().max() < 1e-3
    taken_out = flows["exports_processing_with_supplied_materials"] - flows["processing_fee_supplied_materials"]
    assert (flows["exports_all_modes"] - taken_out - flows["exports_in_io_table"]).abs().max() < 1e-3
    assert taken_out.sum() == pytest.approx(flows["imports_processing_with_supplied_materials"].sum(), rel=1e-3)


def test_imports_beyond_domestic_use_are_refused():
    """The table of 2002 with the most sectors has one such sector."""
    with pytest.raises(ValueError, match=r"imports of s081: 6\.72839e\+06, domestic use 3\.98463e\+06: expected imports between nothing"):
        io.domestic_table(io.official_table(data.load("input_output/china_2002_122")))


@pytest.fixture
def table():
    return competitive_table(7, 3)


def test_a_table_with_its_imports_in(table):
    sector = table.M.idxmax()
    message = rf"^imports of {sector}: {table.M.max():.6g}: expected a domestic table, its imports separated$"
    with pytest.raises(ValueError, match=message):
        io.vertical_specialisation(table)
    with pytest.raises(ValueError, match=message):
        io.content(table, inverse(table), table.V.sum())


def test_a_table_without_exports(table):
    domestic = io.domestic_table(table)
    with pytest.raises(ValueError, match="^exports of all sectors: 0: expected a positive sum$"):
        io.vertical_specialisation(dataclasses.replace(domestic, E=0 * domestic.E, e=domestic.E))


def test_labels_of_another_table(table):
    domestic = io.domestic_table(table)
    L, value_added = inverse(domestic), domestic.V.sum()
    reverse = list(domestic.x.index[::-1])
    for part, arguments in (("L", (L.loc[reverse], value_added)), ("columns of L", (L[reverse], value_added)), ("primary", (L, value_added[reverse]))):
        with pytest.raises(ValueError, match=rf"^{part}: position 1 is \['s03'\]: expected \['s01'\]"):
            io.content(domestic, *arguments)
    with pytest.raises(ValueError, match=r"^primary: 2 labels for 3 sectors; missing \['s03'\]"):
        io.content(domestic, L, value_added[:2])


def test_imported_content_of_china_against_r():
    """tests/reference/service_impact.R, where imports are split and the inverse is made anew."""
    reference = json.loads((Path(__file__).parent / "reference" / "service_impact.json").read_text(encoding="utf-8"))["values"]
    sectors = data.load("input_output/sectors_42").set_index("sector")
    made = sectors.index[sectors["part"] == "manufacturing"]
    for year in (2002, 2007):
        domestic = io.domestic_table(io.official_table(data.load(f"input_output/china_{year}_42")))
        share = io.vertical_specialisation(domestic).share
        found = 100 * (share * domestic.E)[made].sum() / domestic.E[made].sum()
        functions = io.vertical_specialisation, io.domestic_table, io.import_shares
        assert found == same_as(reference[f"vs.manufactures.{year}"], "R, solve", of=functions, rel=1e-10)
        by_content = io.content(domestic, inverse(domestic), domestic.u).sum()
        found = 100 * (by_content * domestic.E)[made].sum() / domestic.E[made].sum()
        assert found == same_as(reference[f"vs.manufactures.{year}"], "R, solve", of=io.content, rel=1e-10)
