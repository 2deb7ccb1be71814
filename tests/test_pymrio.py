"""The same table in pymrio: coefficients, inverses, outputs and multipliers to 1e-10 (tests/reference/pymrio)."""

import json
from pathlib import Path

import numpy as np
import pytest
from second_route import same_as

from zhejiang import data
from zhejiang import input_output as io

STORED = json.loads((Path(__file__).parent / "reference" / "pymrio" / "results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=["competitive", "domestic"])
def case(request):
    """The table of 2007, as published or of domestic goods, and what pymrio made of it."""
    table = io.official_table(data.load("input_output/china_2007_42"))
    assert list(table.x.index) == STORED["sectors"]
    return (table if request.param == "competitive" else io.domestic_table(table)), STORED[request.param]


def pymrio(expected, of):
    return same_as(np.ravel(expected), f"pymrio {STORED['pymrio']}", of=of, rel=1e-10, abs=1e-10)


def test_coefficients_and_inverses(case):
    table, expected = case
    A = io.technical_coefficients(table.Z, table.x)
    L = io.leontief_inverse(A)
    assert np.ravel(A) == pymrio(expected["A"], io.technical_coefficients)
    assert np.ravel(L) == pymrio(expected["L"], io.leontief_inverse)
    assert np.ravel(io.ghosh_inverse(L, table.x)) == pymrio(expected["G"], io.ghosh_inverse)
    B = io.allocation_coefficients(table.Z, table.x).to_numpy()
    G = np.array(expected["G"])
    assert np.ravel(G - B @ G) == pymrio(np.eye(len(G)), io.allocation_coefficients)


def test_outputs(case):
    """Relative to output, since the unit is 10,000 yuan."""
    table, expected = case
    A = io.technical_coefficients(table.Z, table.x)
    assert np.ravel(io.solve(A, table.final_demand) / table.x) == pymrio(np.ravel(expected["x"]) / table.x, io.solve)


def test_multipliers(case):
    """pymrio's M = S L, with the components of value added per unit of output as S."""
    table, expected = case
    A = io.technical_coefficients(table.Z, table.x)
    for component, row in zip(table.V.index, expected["M"], strict=True):
        found = io.multipliers(A, table.V.loc[component] / table.x, income=0 * table.x, consumption=0 * table.x)
        assert np.ravel(found.simple) == pymrio(row, io.multipliers)
