"""Bad input, systematically: every class of corruption on every table, sidecar, ledger and on the configuration.

Each ends in a clear error that names the file, in the same table, or in the list of those that go through
(`book/reference/fuzz_outcomes.json`, which `python tests/fuzz.py` renews). Nothing else may happen.
"""

from __future__ import annotations

import copy
import json
import random
import re
import shutil
from pathlib import Path

import fuzz
import pytest
import test_project
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_book.config import get_final_config
from sphinx_external_toc.parsing import MalformedError, parse_toc_yaml
from test_data import change_cell, change_rows, refusal

from zhejiang import ROOT, catalog, citation, data

RECORD = json.loads(fuzz.RECORD.read_text(encoding="utf-8"))
SMALL = [table for table in fuzz.SIDECARS if not fuzz.is_large(table)]
# Classes that went through on no table.
CERTAIN = [name for name, found in RECORD["classes"].items() if not found["not caught"]]
# Figures that a reader of one table alone cannot tell from right ones: the list of what goes through may not grow beyond these classes.
UNCERTAIN = {"the cell of the row above", "two labels exchanged", "two digits exchanged", "another digit", "another year",
             "two columns under each other's heading", "a row missing", "cut at the end of a row", "two keys exchanged",
             "the sign of a cell", "the signs of a column", "a cell times 10", "a cell times 100", "a cell times 10,000", "a column times 10",
             "a column times 10,000", "all figures of a unit times 10"}


# Tables

@pytest.mark.parametrize("name", fuzz.CLASSES)
def test_first_draw_of_every_class_on_every_table_is_as_recorded(name):
    """What stopped it is among the recorded checks, what went through among the recorded tables; `fuzz.outcome` refuses anything else."""
    found = RECORD["classes"][name]
    for table in SMALL:
        for result in fuzz.outcomes(name, table, 1):
            assert result in found["tables"] or (result == fuzz.NOT_CAUGHT and table in found["not caught"]), (table, result)


def test_record_has_the_classes_and_tables_that_there_are():
    assert list(RECORD["classes"]) == list(fuzz.CLASSES)
    assert RECORD["seeds"] == fuzz.SEEDS
    for found in RECORD["classes"].values():
        assert set(found["not caught"]) <= set(fuzz.SIDECARS)


def test_only_plausible_figures_go_through():
    """No fault of form: encoding, line ends, separators, rows twice, columns, empty cells, a share above one."""
    assert set(RECORD["classes"]) - set(CERTAIN) <= UNCERTAIN


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_record_is_current():
    assert fuzz.record() == RECORD


def check_any(name: str, table: str, seed: int) -> None:
    raw = fuzz.corrupted(name, table, seed)
    if raw is not None:
        assert fuzz.outcome(table, raw) != fuzz.NOT_CAUGHT


small_tables = st.sampled_from(SMALL)


@settings(max_examples=60, derandomize=True)
@given(st.sampled_from(CERTAIN), small_tables, st.integers(0, 2**32))
def test_classes_that_never_go_through(name, table, seed):
    """Other draws than the recorded ones."""
    check_any(name, table, seed)


@pytest.mark.full
@settings(max_examples=3000)
@given(st.sampled_from(CERTAIN), small_tables, st.integers(0, 2**32))
def test_classes_that_never_go_through_in_many_draws(name, table, seed):
    check_any(name, table, seed)


@settings(max_examples=100, derandomize=True)
@given(small_tables, st.data())
def test_any_bytes_are_refused_or_the_same_table(table, draws):
    """A piece of the file in another place, or bytes that nobody typed: never a crash, never unsealed in silence."""
    raw = (data.DATA / f"{table}.csv").read_bytes()
    start = draws.draw(st.integers(0, len(raw)))
    end = draws.draw(st.integers(start, min(len(raw), start + 40)))
    fuzz.outcome(table, raw[:start] + draws.draw(st.binary(max_size=12) | st.sampled_from([b"\n", b"\n\n", b",", b'"', raw[end: end + 30]])) + raw[end:])


@pytest.mark.parametrize("name", ["saved in GB 18030", "saved in UTF-16", "a row missing", "a column more", "line ends of old Macs", "a decimal comma"])
def test_seal_takes_a_corrupted_table_or_refuses_it_in_words(project, name):
    """Sealing reads the file too; what it takes, loading refuses."""
    table = "macro/zhejiang_gdp" if name != "saved in GB 18030" else "macro/provinces_first_print"
    (project / f"{table}.csv").write_bytes(fuzz.corrupted(name, table, 0))
    try:
        assert catalog.seal() == [table]
    except data.DataError as error:
        assert str(error).startswith(f"data/{table}.csv")
    assert refusal(table).startswith(f"data/{table}.csv")


# Economic sanity: each of these adds up and is sealed

def test_compensation_that_is_14_percent_of_value_added(project):
    """Two labels of components in each other's place: all sums hold. 14.5 percent is the share of net taxes."""
    table = "input_output/china_2007_42"
    names = ["compensation_of_employees", "net_taxes_on_production"]

    def exchange(rows):
        places = [next(i for i, row in enumerate(rows) if row[0] == name) for name in names]
        rows[places[0]][1:], rows[places[1]][1:] = rows[places[1]][1:], rows[places[0]][1:]
    change_rows(project, table, exchange)
    assert catalog.seal() == [table]
    message = refusal(table)
    assert message.startswith(f"data/{table}.csv, row 45, column all columns: ")
    assert message.endswith("expected compensation_of_employees / value_added_total from 0.25 to 0.75, found 0.145")


def test_population_that_jumps_tenfold(project):
    """One zero too many, as in a copy that lost or gained digits."""
    table = "prefectures/gdp_population"
    change_cell(project, table, 5, "registered_10k", "1624.9")
    catalog.seal()
    assert refusal(table) == (f"data/{table}.csv, row 5, column registered_10k: 1624.9: expected at most 1.2 times more or less than 616.05,"
                              " the value before along year")
    change_cell(project, table, 5, "registered_10k", "6216.5")
    catalog.seal()
    assert refusal(table) == f"data/{table}.csv, row 5, column registered_10k: '6216.5': expected maximum 2000"


@pytest.mark.parametrize(("table", "column", "text", "expectation"), [
    ("printed/01/table1_exports", "top3_share_percent", "101.5", "maximum 100"),
    ("zhejiang_counties/census_2010", "urban_persons", "344595", "urban_persons / population_persons from 0.1 to 1, found 1"),
    ("innovation/survey_2006_shanghai", "share_percent", "803", "maximum 100"),
])
def test_share_above_one(project, table, column, text, expectation):
    """Also a part that is larger than its whole by one person."""
    change_cell(project, table, 2, column, text)
    catalog.seal()
    assert refusal(table).startswith(f"data/{table}.csv, row 2, column {column}: ") and refusal(table).endswith(f"expected {expectation}")


# Tables against each other

def test_the_tables_agree():
    assert catalog.faults() == []


def test_a_label_that_is_wrong_in_one_table_alone(project):
    """Two provinces in each other's place in every row: within the table a code still has one name."""
    table = "macro/five_provinces_revised"

    def exchange(rows):
        for row in rows:
            row[1] = {"Jiangsu": "Shandong", "Shandong": "Jiangsu"}.get(row[1], row[1])
    change_rows(project, table, exchange)
    catalog.seal()
    assert len(data.load(table)) == 55
    assert [fault for fault in catalog.faults() if fault.startswith(f"data/{table}.csv")] == [
        f"data/{table}.csv, row 13, column province_en: 'Shandong': expected 'Jiangsu', column province_en of data/macro/provinces_gdp_revised.csv"]


@pytest.mark.parametrize(("rule", "fault"), [
    ({"with": "macro/none"}, "agrees names the table 'macro/none': expected one that there is"),
    ({"match": {"year": "jahr"}}, "agrees names the column 'jahr': expected one of"),
    ({"where": {"province_code": 999999}}, "agrees, column exports_by_origin_10k_usd: no row meets one of data/macro/provinces_first_print.csv: expected some"),
])
def test_a_rule_on_two_tables_that_says_nothing(rule, fault):
    table = "macro/zhejiang_exports"
    changed = {**fuzz.SIDECARS[table]["agrees"][0], **rule}
    found = catalog.disagreements(table, fuzz.frames()[table], changed, fuzz.frames())
    assert len(found) == 1 and found[0].startswith(f"data/{table}.yml: {fault}")


# Sidecars

def text_change(pattern: str, new: str):
    """Replace one line that matches, drawn from those that do."""
    def corrupt(text: str, draw: random.Random) -> str | None:
        found = list(re.finditer(pattern, text, flags=re.MULTILINE))
        if not found:
            return None
        chosen = draw.choice(found)
        return text[: chosen.start()] + chosen.expand(new) + text[chosen.end():]
    return corrupt


SIDECAR_CLASSES = {
    "an unknown field": text_change(r"^licence:", r"license_of: free\nlicence:"),
    "a field misspelt": text_change(r"^( *)(description|unit|name|type|publisher):", r"\1\2x:"),
    "a field missing": text_change(r"^ +(description|unit|type|publisher|quality|edition): .*\n", ""),
    "another type": text_change(r"^( +)type: (integer|number)$", r"\1type: float"),
    "a number for text": text_change(r"^( +)unit: .*$", r"\1unit: 7"),
    "a unit against the name": text_change(r"^( +- name: \w+_(?:100m_yuan|10k_yuan|100m_usd|10k_usd|percent|pct|persons)\n +type: \w+\n +unit: ).*$", r"\1tonnes"),
    "a column dropped": text_change(r"^( *- name: \w+\n(?: {2,}(?!- ).*\n)+)", ""),
    "a column twice": text_change(r"^( *- name: \w+\n(?: {2,}(?!- ).*\n)+)", r"\1\1"),
    "a key twice": text_change(r"^(status: .*)$", r"\1\n\1"),
    "a tab for blanks": text_change(r"^ +(description|unit|type):", r"\t\1:"),
    "a colon in the open": text_change(r"^(licence: [^'\"\n].*)$", r"\1: and: more"),
    "a limit as text": text_change(r"^( +(?:minimum|maximum)): .*$", r"\1: much"),
    "fewer empty cells": text_change(r"^( +nulls): .*$", r"\1: 100000"),
    "a checksum cut short": text_change(r"^(sha256: '?\w{40})\w+", r"\1"),
    "another number of rows": text_change(r"^rows: (\d+)$", r"rows: 1\1"),
    "the end cut off": lambda text, draw: "".join(text.splitlines(keepends=True)[: draw.randrange(1, len(text.splitlines()) - 1)]),
    "saved in GB 18030": lambda text, draw: text.encode("gb18030"),
    "saved in UTF-16": lambda text, draw: text.encode("utf-16"),
}


def check_sidecars(name: str, tables: list[str], folder: Path) -> None:
    """Never is a table read under another description."""
    csv, yml = folder / "fuzz.csv", folder / "fuzz.yml"
    tried = 0
    for table in tables:
        text = (data.DATA / f"{table}.yml").read_text(encoding="utf-8")
        changed = SIDECAR_CLASSES[name](text, random.Random(f"{name} {table}"))
        if changed is None or changed == text:
            continue
        tried += 1
        yml.write_bytes(changed if isinstance(changed, bytes) else changed.encode())
        shutil.copy(data.DATA / f"{table}.csv", csv)
        with pytest.raises(data.DataError, match="^fuzz[.](yml|csv)"):
            data.check_table(csv, data.read_sidecar(yml))
    assert tried


@pytest.mark.parametrize("name", SIDECAR_CLASSES)
def test_every_class_on_some_sidecars(tmp_path, name):
    check_sidecars(name, random.Random(name).sample(SMALL, 20), tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("name", SIDECAR_CLASSES)
def test_every_class_on_every_sidecar(tmp_path, name):
    check_sidecars(name, list(fuzz.SIDECARS), tmp_path)


# The ledger of claims

def put(field: str, value):
    """Change a field of one claim; a callable gets the value there and the draw."""
    def corrupt(ledger: dict, draw: random.Random) -> None:
        claim = draw.choice([c for c in ledger["claims"] if field in c])
        claim[field] = value(claim[field], draw) if callable(value) else value
    return corrupt


def exchange(field: str):
    def corrupt(ledger: dict, draw: random.Random) -> None:
        first = draw.choice(ledger["claims"])
        second = draw.choice([c for c in ledger["claims"] if c.get(field) != first.get(field)])
        first[field], second[field] = second[field], first[field]
    return corrupt


def times_ten(printed, draw):
    return [10 * v for v in printed] if isinstance(printed, list) else 10 * printed


LEDGER_CLASSES = {
    "printed numbers of two claims exchanged": exchange("printed"),
    "a printed number times 10": put("printed", times_ten),
    "a printed number as text": put("printed", lambda printed, draw: f"{printed}"),
    "a printed number that is none": put("printed", float("nan")),
    "a decimal more": put("printed", lambda printed, draw: printed if isinstance(printed, list) else printed + 0.0001234),
    "ids of two claims exchanged": exchange("id"),
    "units of two claims exchanged": exchange("unit"),
    "kinds of two claims exchanged": exchange("kind"),
    "an id of another chapter": put("id", "ch02-x"),
    "an unknown kind": put("kind", "guess"),
    "an unknown wording": put("wording", "roughly"),
    "a claim missing": lambda ledger, draw: ledger["claims"].pop(draw.randrange(len(ledger["claims"]))),
    "a claim twice": lambda ledger, draw: ledger["claims"].append(dict(draw.choice(ledger["claims"]))),
    "an input of a sum missing": lambda ledger, draw: draw.choice([c for c in ledger["claims"] if "from" in c])["from"].append("ch01-none"),
}


def ledger_fault() -> str:
    """What refuses the ledger of chapter 1: reading it, the list of every numeral of the text, or the list of published ids."""
    data.read_claims.cache_clear()
    try:
        claims = data.read_claims("ch01")
    except data.DataError as error:
        assert str(error).startswith("data/claims/ch01.yml"), error
        return "reading"
    try:
        test_project.test_every_numeral_of_report_1_is_accounted_for()
    except AssertionError:
        return "numerals"
    return "" if {c["id"] for c in claims} == PUBLISHED else "ids"


PUBLISHED = {claim["id"] for claim in data.read_claims("ch01")}
# A number that is printed in words, its unit and its kind stand in no second list: the printed page alone has them.
LEDGER_GOES_THROUGH = {"printed numbers of two claims exchanged", "a printed number times 10", "ids of two claims exchanged",
                       "units of two claims exchanged", "kinds of two claims exchanged"}


@pytest.mark.parametrize("name", LEDGER_CLASSES)
def test_every_class_on_the_ledger(project, name):
    path = project / "claims" / "ch01.yml"
    before = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    results = []
    for seed in range(2):
        ledger = copy.deepcopy(before)
        LEDGER_CLASSES[name](ledger, random.Random(f"{name} {seed}"))
        path.write_text(json.dumps(ledger, ensure_ascii=False), encoding="utf-8", newline="\n")
        results.append(ledger_fault())
    assert "" not in results or name in LEDGER_GOES_THROUGH, results


# The configuration

CONFIGURATION = {
    "_config.yml": lambda path: get_final_config(user_yaml=path, validate=True, raise_on_invalid=True),
    "_toc.yml": parse_toc_yaml,
    "CITATION.cff": lambda path: citation.book(citation.read_cff(path.read_text(encoding="utf-8"))),
}
CONFIGURATION_CLASSES = {
    "a tab for blanks": text_change(r"^ +(\w+:)", r"\t\1"),
    "a colon in the open": text_change(r"^(\w+: [^\n\[\]{}]*\w)$", r"\1: and: more"),
    "a bracket not closed": text_change(r"^(title|root|format): (.*)$", r"\1: [\2"),
    "saved in GB 18030": lambda text, draw: (text + "# 浙江").encode("gb18030"),
    "saved in UTF-16": lambda text, draw: text.encode("utf-16-le"),
}


@pytest.mark.parametrize("file", CONFIGURATION)
@pytest.mark.parametrize("name", CONFIGURATION_CLASSES)
def test_every_class_on_the_configuration(tmp_path, file, name):
    """What reads the file raises an error; none is read under another meaning."""
    text = (ROOT / file).read_text(encoding="utf-8")
    changed = CONFIGURATION_CLASSES[name](text, random.Random(f"{name} {file}"))
    path = tmp_path / file
    path.write_bytes(changed if isinstance(changed, bytes) else changed.encode())
    with pytest.raises((ValueError, yaml.YAMLError, MalformedError, TypeError, AttributeError)):
        CONFIGURATION[file](path)


@pytest.mark.parametrize("file", CONFIGURATION)
def test_no_key_occurs_twice_in_the_configuration(file):
    """YAML readers keep the last without a word."""
    assert isinstance(data.UniqueKeys((ROOT / file).read_text(encoding="utf-8"), file).get_single_data(), dict)
