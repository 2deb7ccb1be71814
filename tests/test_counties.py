"""Counties of 2020 on the areas of 2010."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from second_route import same_as

from zhejiang import data
from zhejiang.counties import on_earlier_areas

BRIDGE = pd.DataFrame({"name_2010": ["A", "B", "C", "D"], "name_2020": ["A", "B1+B2", "Cnew", "D"], "comparability": ["same", "split", "whole", "changed"]})
LATER = pd.DataFrame({"persons": [1, 2, 3, 4, 5]}, index=pd.Index(["A", "B1", "B2", "Cnew", "D"]))
EARLIER = pd.Index(["A", "B", "C", "D"], name="county")


def test_parts_are_added_and_changed_areas_left_out():
    found = on_earlier_areas(EARLIER, LATER, BRIDGE)
    assert found["persons"].to_dict() == {"A": 1, "B": 5, "C": 4}
    assert found.index.name == "county"


def test_counties_without_a_figure_are_left_out():
    assert on_earlier_areas(EARLIER, LATER.drop("A"), BRIDGE).index.tolist() == ["B", "C"]


def test_the_censuses_of_zhejiang():
    """Residents of comparable areas are all that are not in the listed changes."""
    earlier = data.load("zhejiang_counties/census_2010").set_index("county_zh")
    later = data.load("zhejiang_counties/census_2020").set_index("county_zh")
    bridge = data.load("zhejiang_counties/names_2010_2020")
    found = on_earlier_areas(earlier.index, later[["population_persons"]], bridge)
    changed = bridge.loc[~bridge["name_2010"].isin(found.index), "name_2020"].str.split("+").explode().unique()
    assert found["population_persons"].sum() == later["population_persons"].sum() - later.loc[changed, "population_persons"].sum()
    reference = json.loads((Path(__file__).parent / "reference" / "yongkang.json").read_text(encoding="utf-8"))["values"]
    by_code = found["population_persons"].set_axis([f"area.{code}" for code in earlier.loc[found.index, "county_code"]])
    assert by_code.to_dict() == same_as({key: value for key, value in reference.items() if key.startswith("area.")}, "R, match", of=on_earlier_areas)
    assert found.loc["苍南县", "population_persons"] == later.loc[["苍南县", "龙港市"], "population_persons"].sum()


@pytest.mark.parametrize(("call", "message"), [
    (lambda: on_earlier_areas(EARLIER.append(pd.Index(["E"])), LATER, BRIDGE),
     "earlier county E: not in the bridge: expected a row that says what became of it"),
    (lambda: on_earlier_areas(EARLIER, LATER.rename({"Cnew": "C"}), BRIDGE),
     "later county C: not in the bridge: expected a row that says what became of it"),
    (lambda: on_earlier_areas(EARLIER, LATER.drop("B2"), BRIDGE), "county B: ['B1'] without ['B2']: expected all its parts"),
    (lambda: on_earlier_areas(EARLIER, pd.concat([LATER, LATER]), BRIDGE), "later county A: occurs more than once: expected one row"),
])
def test_what_is_refused(call, message):
    with pytest.raises(ValueError) as refusal:
        call()
    assert str(refusal.value) == message
