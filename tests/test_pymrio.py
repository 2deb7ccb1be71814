"""The same table in pymrio: coefficients, inverses, outputs and multipliers to 1e-10 (tests/reference/pymrio)."""

import json
from pathlib import Path

import numpy as np
import pytest

from zhejiang import data
from zhejiang import input_output as io

STORED = json.loads((Path(__file__).parent / "reference" / "pymrio" / "results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=["competitive", "domestic"])
def case(request):
    """The table of 2007, as published or of domestic goods, and what pymrio made of it."""
    table = io.official_table(data.load("input_output/china_2007_42"))
    assert list(table.x.index) == STORED["sectors"]
    return (table if request.param == "competitive" else io.domestic_table(table)), STORED[request.param]


def same(found, expected):
    """Equal to 1e-10 of the larger of one and the value."""
    np.testing.assert_allclose(np.ravel(found), np.ravel(expected), rtol=1e-10, atol=1e-10)


def test_coefficients_and_inverses(case):
    table, expected = case
    A = io.technical_coefficients(table.Z, table.x)
    L = io.leontief_inverse(A)
    same(A, expected["A"])
    same(L, expected["L"])
    same(io.ghosh_inverse(L, table.x), expected["G"])


def test_outputs(case):
    """Relative to output, since the unit is 10,000 yuan."""
    table, expected = case
    A = io.technical_coefficients(table.Z, table.x)
    same(io.solve(A, table.final_demand) / table.x, np.ravel(expected["x"]) / table.x)


def test_multipliers(case):
    """pymrio's M = S L, with the components of value added per unit of output as S."""
    table, expected = case
    A = io.technical_coefficients(table.Z, table.x)
    for component, row in zip(table.V.index, expected["M"], strict=True):
        found = io.multipliers(A, table.V.loc[component] / table.x, income=0 * table.x, consumption=0 * table.x)
        same(found.simple, row)
