"""The tables in data/: they load, and every kind of bad input is refused with a message that leads to it.

Bad inputs are made from copies of the project's own tables. Rows are counted as lines of the file: the header
is row 1.
"""

from __future__ import annotations

import copy
import csv
import functools
import io
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from zhejiang import catalog, data

SIDECARS = catalog.sidecars()
TABLES = list(SIDECARS)
LEDGERS = sorted(path.stem for path in (data.DATA / "claims").glob("*.yml"))
NUMERIC = [table for table, sidecar in SIDECARS.items() if any(c["type"] != "string" for c in sidecar["columns"])]

CHINA = "macro/china_exports"
GDP = "macro/zhejiang_gdp"
RATES = "macro/exchange_rates"
TABLE1 = "printed/01/table1_exports"


def read_rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def write_rows(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def change_rows(project: Path, table: str, change: Callable[[list[list[str]]], object]) -> None:
    """Let `change` edit the rows of a table, the header first, in place."""
    path = project / f"{table}.csv"
    rows = read_rows(path.read_text(encoding="utf-8"))
    change(rows)
    path.write_text(write_rows(rows), encoding="utf-8", newline="\n")


def change_cell(project: Path, table: str, row: int, column: str, text: str) -> None:
    def change(rows):
        rows[row - 1][rows[0].index(column)] = text
    change_rows(project, table, change)


def change_yaml(path: Path, change: Callable[[dict], object]) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8", newline="\n")


def change_sidecar(project: Path, table: str, change: Callable[[dict], object]) -> None:
    change_yaml(project / f"{table}.yml", change)


def change_column(project: Path, table: str, column: str, **fields) -> None:
    def change(sidecar):
        next(c for c in sidecar["columns"] if c["name"] == column).update(fields)
    change_sidecar(project, table, change)


def change_claims(project: Path, change: Callable[[dict], object]) -> None:
    change_yaml(project / "claims" / "ch01.yml", change)


@functools.cache
def loaded(table: str) -> pd.DataFrame:
    return data.load(table)


def refusal(table: str) -> str:
    """The message with which `load` refuses a table."""
    with pytest.raises(data.DataError) as refused:
        data.load(table)
    return str(refused.value)


def claims_refusal() -> str:
    with pytest.raises(data.DataError) as refused:
        data.read_claims("ch01")
    return str(refused.value)


# What is there


@pytest.mark.parametrize("table", TABLES)
def test_every_table_loads_with_the_columns_and_types_of_its_sidecar(table):
    frame = loaded(table)
    sidecar = data.read_sidecar(data.DATA / f"{table}.yml")
    types = {"integer": "int64", "number": "float64", "string": "str"}
    assert frame.dtypes.astype(str).to_dict() == {
        c["name"]: "Int64" if c["type"] == "integer" and "nulls" in c else types[c["type"]] for c in sidecar["columns"]
    }
    assert list(frame.columns) == [c["name"] for c in sidecar["columns"]]
    assert len(frame) == sidecar["rows"]


@pytest.mark.parametrize("table", TABLES)
def test_sources_named_in_a_table_are_in_its_sidecar(table):
    frame = loaded(table)
    if "source" in frame:
        assert set(frame["source"]) <= {source["id"] for source in data.read_sidecar(data.DATA / f"{table}.yml")["sources"]}


def test_every_table_has_a_sidecar_and_every_sidecar_a_table():
    assert sorted(TABLES) == sorted(path.relative_to(data.DATA).with_suffix("").as_posix() for path in data.DATA.rglob("*.csv")
                                    if path.name != "template.csv")


def test_source_line_names_titles():
    assert data.sources(CHINA, GDP) == "Exports of China; Gross domestic product of Zhejiang, by vintage (data catalogue)"


def test_a_loaded_table_belongs_to_its_caller(project):
    """What one cell does to a table is not seen by the next that loads it, nor by the file."""
    before = (project / f"{CHINA}.csv").read_bytes()
    first, expected = data.load(CHINA), data.load(CHINA)
    first.loc[0, "exports_100m_usd"] = -1.0
    pd.testing.assert_frame_equal(data.load(CHINA), expected)
    assert (project / f"{CHINA}.csv").read_bytes() == before


@pytest.mark.parametrize("table", TABLES)
def test_checking_leaves_the_sidecar_as_it_was(table):
    sidecar = data.read_sidecar(data.DATA / f"{table}.yml")
    before = copy.deepcopy(sidecar)
    data.check_table(data.DATA / f"{table}.csv", sidecar)
    assert sidecar == before


def test_empty_cells_are_missing_values(project):
    """Int64 with NA in a column of integers, NaN in a column of numbers, an empty string in text."""
    change_cell(project, CHINA, 5, "year", "")
    change_cell(project, CHINA, 14, "exports_100m_usd", "")
    change_column(project, CHINA, "year", nulls=1)
    change_column(project, CHINA, "exports_100m_usd", nulls=1)
    change_sidecar(project, CHINA, lambda sidecar: sidecar.pop("index"))
    catalog.seal()
    frame = data.load(CHINA)
    assert frame.dtypes.astype(str).to_dict() == {"year": "Int64", "exports_100m_usd": "float64"}
    assert frame["year"].isna().sum() == 1 and frame["year"].isna()[3]
    assert frame["exports_100m_usd"].isna().sum() == 1 and frame["exports_100m_usd"].isna()[12]
    assert (data.load("terms/terms")["symbol"] == "").sum() == 30


# Bad cells


@pytest.mark.parametrize(("table", "row", "column", "text", "expectation"), [
    pytest.param(CHINA, 4, "exports_100m_usd", "about 2492", "a number", id="text in a number"),
    pytest.param(CHINA, 4, "exports_100m_usd", "2,492.38", "a number", id="thousands separator"),
    pytest.param(CHINA, 4, "exports_100m_usd", " 2492.38", "a number", id="blank before a number"),
    pytest.param(CHINA, 4, "exports_100m_usd", "NA", "a number", id="NA for an empty cell"),
    pytest.param(CHINA, 4, "exports_100m_usd", "nan", "a number", id="nan"),
    pytest.param(CHINA, 4, "exports_100m_usd", "inf", "a number", id="infinity"),
    pytest.param(CHINA, 4, "exports_100m_usd", "２４９２.38", "a number", id="full-width digits in a number"),
    pytest.param(CHINA, 4, "exports_100m_usd", "1e999", "a number", id="number too large to hold"),
    pytest.param(CHINA, 4, "year", "２０００", "an integer", id="full-width digits in an integer"),
    pytest.param(CHINA, 4, "year", "9999999999999999999", "an integer", id="integer too large to hold"),
    pytest.param(CHINA, 4, "year", "99999999999999999999", "an integer", id="integer of twenty digits"),
    pytest.param(CHINA, 14, "year", "201O", "an integer", id="letter O in an integer"),
    pytest.param(TABLE1, 7, "garments_10k_usd", "1331815.5", "an integer", id="decimal in an integer"),
    pytest.param(TABLE1, 7, "garments_10k_usd", "1331815.0", "an integer", id="decimal point in an integer"),
    pytest.param(TABLE1, 7, "garments_10k_usd", "1e6", "an integer", id="exponent in an integer"),
    pytest.param(CHINA, 4, "exports_100m_usd", "999.99", "minimum 1000", id="below the minimum"),
    pytest.param(TABLE1, 3, "top3_share_percent", "100.01", "maximum 100", id="above the maximum"),
    pytest.param(GDP, 3, "vintage", "first print", "one of ['preliminary', 'first_print', 'census_revised', 'census2018_revised']",
                 id="not one of the values"),
    pytest.param(CHINA, 4, "exports_100m_usd", "", "0 empty cells, found 1", id="empty number"),
    pytest.param(CHINA, 4, "year", "", "0 empty cells, found 1", id="empty integer"),
    pytest.param(GDP, 3, "source", "", "0 empty cells, found 1", id="empty text"),
])
@pytest.mark.parametrize("sealed", [False, True])
def test_bad_cell(project, table, row, column, text, expectation, sealed):
    """Also after sealing: a sealed table must not load with another number than it shows."""
    change_cell(project, table, row, column, text)
    if sealed:
        catalog.seal()
    assert refusal(table) == f"data/{table}.csv, row {row}, column {column}: {text!r}: expected {expectation}"


@pytest.mark.parametrize(("row", "text", "found"), [
    pytest.param(30, "760.58", 7, id="a known empty cell was filled"),
    pytest.param(10, "", 9, id="one more cell is empty"),
])
def test_number_of_known_empty_cells(project, row, text, found):
    column = "yearbook_yuan_per_100_usd"
    change_cell(project, RATES, row, column, text)
    message = refusal(RATES)
    assert message.startswith(f"data/{RATES}.csv, row ")
    assert message.endswith(f", column {column}: '': expected 8 empty cells, found {found}")


def test_limits_hold_at_the_limit_itself(project):
    change_column(project, CHINA, "exports_100m_usd", minimum=1837.48, maximum=15784.24)
    assert len(data.load(CHINA)) == 13


def test_a_limit_says_nothing_of_empty_cells(project):
    change_column(project, RATES, "wdi_yuan_per_usd", minimum=6.77, maximum=8.28)
    assert data.load(RATES)["wdi_yuan_per_usd"].isna().sum() == 28


def test_values_of_a_numeric_column(project):
    change_column(project, CHINA, "year", values=list(range(1998, 2010)))
    assert refusal(CHINA).startswith(f"data/{CHINA}.csv, row 14, column year: '2010': expected one of [1998, 1999, ")


def stored_rows(table: str) -> list[list[str]]:
    return read_rows((data.DATA / f"{table}.csv").read_text(encoding="utf-8"))


@pytest.mark.parametrize("table", TABLES)
def test_copies_are_faithful(table):
    """The tests below change one cell and nothing else: rewriting a table unchanged gives the same bytes."""
    assert write_rows(stored_rows(table)).encode() == (data.DATA / f"{table}.csv").read_bytes()


cell_texts = st.one_of(
    st.text(st.characters(codec="utf-8")),
    st.text("0123456789.-+eE, ", max_size=12),
    st.integers(-(2**62), 2**62).map(str),
    st.floats().map(repr),
)


@settings(deadline=None)  # reads and writes files
@given(st.data())
def test_any_single_changed_cell_is_refused(tmp_path_factory, draws):
    """A plausible wrong number passes type and range, but never the checksum."""
    table = draws.draw(st.sampled_from(NUMERIC))
    rows, sidecar = stored_rows(table), SIDECARS[table]
    column = draws.draw(st.sampled_from([i for i, c in enumerate(sidecar["columns"]) if c["type"] != "string"]))
    row = draws.draw(st.integers(1, len(rows) - 1))
    rows[row][column] = draws.draw(cell_texts.filter(lambda text: text != rows[row][column]))
    path = tmp_path_factory.getbasetemp() / "changed.csv"
    path.write_text(write_rows(rows), encoding="utf-8", newline="")
    with pytest.raises(data.DataError, match="^changed.csv"):
        data.check_table(path, sidecar)


# Bad rows and columns


def test_missing_column(project):
    change_rows(project, CHINA, lambda rows: [row.pop() for row in rows])
    assert refusal(CHINA) == (f"data/{CHINA}.csv, row 1: columns missing: ['exports_100m_usd'], unknown: none:"
                              " expected ['year', 'exports_100m_usd']")


def test_unknown_column(project):
    change_rows(project, CHINA, lambda rows: [row.append("note" if i == 0 else "1") for i, row in enumerate(rows)])
    assert refusal(CHINA) == f"data/{CHINA}.csv, row 1: columns missing: none, unknown: ['note']: expected ['year', 'exports_100m_usd']"


def test_misspelt_column(project):
    change_cell(project, CHINA, 1, "year", "yaer")
    assert "row 1: columns missing: ['year'], unknown: ['yaer']" in refusal(CHINA)


def test_columns_in_another_order(project):
    change_rows(project, CHINA, lambda rows: [row.reverse() for row in rows])
    assert refusal(CHINA).endswith("row 1: columns missing: none, unknown: none: expected ['year', 'exports_100m_usd']")


def test_another_separator(project):
    path = project / f"{CHINA}.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8", newline="\n")
    assert "row 1: columns missing: ['year', 'exports_100m_usd'], unknown: ['year;exports_100m_usd']" in refusal(CHINA)


@pytest.mark.parametrize(("table", "row", "year", "columns", "key"), [
    (CHINA, 5, "1999", "year", "1999"),
    (GDP, 6, "1996", "year, vintage", "1996, first_print"),
])
def test_duplicate_key(project, table, row, year, columns, key):
    change_cell(project, table, row, "year", year)
    assert refusal(table) == (f"data/{table}.csv, row {row}, column {columns}: {key} occurs before:"
                              " expected a key that occurs once")


def test_total_that_does_not_add_up(project):
    change_cell(project, TABLE1, 4, "top3_10k_usd", "2049953")
    assert refusal(TABLE1) == (f"data/{TABLE1}.csv, row 4, column top3_10k_usd: 2049953: expected machinery_electronics_10k_usd"
                               " + garments_10k_usd + textiles_10k_usd = 2049952 within 0")


def test_part_that_does_not_add_up(project):
    """A misread digit in a part is found by the total."""
    change_cell(project, TABLE1, 4, "textiles_10k_usd", "409027")
    assert refusal(TABLE1).startswith(f"data/{TABLE1}.csv, row 4, column top3_10k_usd: 2049952: expected machinery_electronics")


@pytest.mark.parametrize(("tolerance", "refused"), [(0, True), (1, False)])
def test_tolerance_of_a_total(project, tolerance, refused):
    change_cell(project, TABLE1, 4, "top3_10k_usd", "2049953")
    change_sidecar(project, TABLE1, lambda sidecar: sidecar["sums"][0].update(tolerance=tolerance))
    assert ("within 0" in refusal(TABLE1)) is refused


def test_extra_row(project):
    change_rows(project, CHINA, lambda rows: rows.append(["2011", "18983.81"]))
    assert refusal(CHINA) == f"data/{CHINA}.csv, row 15, column year: 2011: expected no more rows"


def test_missing_row(project):
    change_rows(project, CHINA, lambda rows: rows.pop())
    assert refusal(CHINA) == f"data/{CHINA}.csv, row 14, column year: no row: expected 2010, the next row of the index"


@pytest.mark.parametrize(("change", "found"), [(lambda rows: rows.append(["2011", "18983.81"]), 14), (lambda rows: rows.pop(), 12)])
def test_number_of_rows_of_a_table_without_an_index(project, change, found):
    change_rows(project, CHINA, change)
    change_sidecar(project, CHINA, lambda sidecar: sidecar.pop("index"))
    assert refusal(CHINA) == f"data/{CHINA}.csv: {found} rows: expected 13"


@pytest.mark.parametrize("table", [CHINA, RATES])
def test_no_rows(project, table):
    """Also where empty cells are known."""
    change_rows(project, table, lambda rows: rows.__delitem__(slice(1, None)))
    assert refusal(table) == f"data/{table}.csv: 0 rows: expected {SIDECARS[table]['rows']}"


@pytest.mark.parametrize(("change", "row", "cells"), [
    pytest.param(lambda rows: rows[4].append("7"), 5, 3, id="too many"),
    pytest.param(lambda rows: rows[4].pop(), 5, 1, id="too few"),
    pytest.param(lambda rows: rows[1].append(""), 2, 3, id="too many in the first row"),
    # As spreadsheets leave it.
    pytest.param(lambda rows: [row.append("") for row in rows[1:]], 2, 3, id="comma at the end of every row"),
    pytest.param(lambda rows: rows.insert(1, []), 2, 0, id="blank line"),
    pytest.param(lambda rows: rows.append([]), 15, 0, id="blank line at the end"),
])
def test_number_of_cells(project, change, row, cells):
    change_rows(project, CHINA, change)
    assert refusal(CHINA) == f"data/{CHINA}.csv, row {row}: {cells} cells: expected 2, as in the header"


def test_quote_that_is_not_closed(project):
    """It takes the rest of the file into its cell."""
    path = project / f"{CHINA}.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2492.38", '"2492.38'), encoding="utf-8", newline="\n")
    assert refusal(CHINA) == f"data/{CHINA}.csv, row 4: a line break in a cell: expected a quote that is closed in its row"


# Bad files


def test_changed_number(project):
    """A plausible number in the place of another: the checksum alone sees it, and the message says what to do."""
    change_cell(project, CHINA, 4, "exports_100m_usd", "2492.83")
    message = refusal(CHINA)
    assert message.startswith(f"data/{CHINA}.csv: SHA-256 ")
    assert f"expected {data.read_sidecar(project / f'{CHINA}.yml')['sha256']}" in message
    assert message.endswith("run `python -m zhejiang seal`")


@pytest.mark.parametrize("change", [
    pytest.param(lambda raw: raw.replace(b"2492.38", b"2492.380"), id="same number in other digits"),
    pytest.param(lambda raw: raw.replace(b"2492.38", b'"2492.38"'), id="quotes"),
])
def test_same_content_in_other_bytes(project, change):
    path = project / f"{CHINA}.csv"
    path.write_bytes(change(path.read_bytes()))
    assert refusal(CHINA).startswith(f"data/{CHINA}.csv: SHA-256 ")


@pytest.mark.parametrize(("change", "row", "what"), [
    pytest.param(lambda raw: raw.replace(b"\n", b"\r\n"), 1, "a carriage return", id="line ends of Windows"),
    pytest.param(lambda raw: raw.replace(b"2492.38", b"2492.38\r"), 4, "a carriage return", id="line end of Windows in one row"),
    pytest.param(lambda raw: b"\xef\xbb\xbf" + raw, 1, "a byte order mark", id="byte order mark"),
])
def test_signs_that_do_not_show(project, change, row, what):
    path = project / f"{CHINA}.csv"
    path.write_bytes(change(path.read_bytes()))
    assert refusal(CHINA) == f"data/{CHINA}.csv, row {row}: {what}: expected UTF-8 with plain line ends"


@pytest.mark.parametrize("character", ["\x07", "\t", "\u200b", "\u202e", "\u2066", "\u2028"])
def test_characters_that_turn_or_hide_text(project, character):
    table = "printed/01/exporting_clusters"
    path = project / f"{table}.csv"
    raw = path.read_text(encoding="utf-8")
    path.write_text(raw.replace("\n", f"\n{character}", 1), encoding="utf-8", newline="\n")
    assert refusal(table) == f"data/{table}.csv, row 2: U+{ord(character):04X}, a character that is not seen: expected none"
    path.write_text(raw, encoding="utf-8", newline="\n")
    sidecar = path.with_suffix(".yml")
    sidecar.write_text(f"# {character}\n" + sidecar.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")
    assert refusal(table) == f"data/{table}.yml, line 1: U+{ord(character):04X}, a character that is not seen: expected none"


@pytest.mark.parametrize("cell", ["=1+1", "+A1", "-2+3", "@SUM(A1)", "\uff1d1+1"])
def test_text_that_a_spreadsheet_would_compute(project, cell):
    table = "printed/01/exporting_clusters"
    (column, *_) = (c["name"] for c in data.read_sidecar(project / f"{table}.yml")["columns"] if c["type"] == "string")
    change_cell(project, table, 3, column, cell)
    assert refusal(table) == (f"data/{table}.csv, row 3, column {column}: {cell!r}: expected text that a spreadsheet does not take for a formula")


def test_no_end_of_the_last_line(project):
    """A file that was cut off in its last cell looks like that."""
    path = project / f"{CHINA}.csv"
    path.write_bytes(path.read_bytes()[:-3])
    assert refusal(CHINA) == f"data/{CHINA}.csv, row 14: no line end: expected one after the last row, as in a file that is not cut off"


def test_wrong_checksum_in_the_sidecar(project):
    change_sidecar(project, CHINA, lambda sidecar: sidecar.update(sha256="0" * 64))
    assert refusal(CHINA).startswith(f"data/{CHINA}.csv: SHA-256 ") and f"expected {'0' * 64}" in refusal(CHINA)


def test_not_utf_8(project):
    """A table saved in a Chinese Windows encoding."""
    path = project / "printed/01/exporting_clusters.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    message = refusal("printed/01/exporting_clusters")
    assert message.startswith("data/printed/01/exporting_clusters.csv, row 2: byte 0x")
    assert message.endswith("expected UTF-8")


def test_empty_file(project):
    (project / f"{CHINA}.csv").write_bytes(b"")
    assert refusal(CHINA) == (f"data/{CHINA}.csv, row 1: columns missing: ['year', 'exports_100m_usd'], unknown: none:"
                              " expected ['year', 'exports_100m_usd']")


def test_missing_file(project):
    (project / f"{CHINA}.csv").unlink()
    assert refusal(CHINA) == f"data/{CHINA}.csv: no such file, but a sidecar describes it"


def test_missing_sidecar(project):
    (project / f"{CHINA}.yml").unlink()
    assert refusal(CHINA) == f"data/{CHINA}.yml: no such file"


def test_unknown_table():
    assert refusal("macro/no_such_table") == "data/macro/no_such_table.yml: no such file"


def test_a_file_outside_the_project_is_named_without_its_folder(tmp_path):
    sidecar = data.read_sidecar(data.DATA / f"{CHINA}.yml")
    with pytest.raises(data.DataError, match="^absent.csv: no such file"):
        data.check_table(tmp_path / "absent.csv", sidecar)


# Bad sidecars


@pytest.mark.parametrize("field", ["title", "sources", "licence", "status", "status_note", "key", "columns", "rows", "sha256"])
def test_sidecar_without_a_field(project, field):
    change_sidecar(project, CHINA, lambda sidecar: sidecar.pop(field))
    assert refusal(CHINA) == f"data/{CHINA}.yml, top level: '{field}' is a required property"


@pytest.mark.parametrize(("change", "where", "what"), [
    pytest.param(lambda s: s.update(licens="free"), "top level", "'licens' was unexpected", id="unknown field"),
    pytest.param(lambda s: s["columns"][1].pop("unit"), "columns/1", "'unit' is a required property", id="column without unit"),
    pytest.param(lambda s: s["columns"][1].update(maximun=9), "columns/1", "'maximun' was unexpected", id="unknown field of a column"),
    pytest.param(lambda s: s["columns"][1].update(type="float"), "columns/1/type", "'float' is not one of", id="unknown type"),
    pytest.param(lambda s: s["columns"][1].update(name="Exports"), "columns/1/name", "'Exports' does not match", id="column name"),
    pytest.param(lambda s: s["columns"][1].update(nulls=0), "columns/1/nulls", "0 is less than the minimum of 1", id="no nulls said"),
    pytest.param(lambda s: s["sources"][0].pop("where"), "sources/0", "'where' is a required property", id="source without a place"),
    pytest.param(lambda s: s["sources"][0].update(quality="D"), "sources/0/quality", "'D' is not one of", id="unknown quality"),
    pytest.param(lambda s: s["title"].pop("zh"), "title", "'zh' is a required property", id="no Chinese title"),
    pytest.param(lambda s: s.update(status="fine"), "status", "'fine' is not one of", id="unknown status"),
    pytest.param(lambda s: s.update(rows="13"), "rows", "'13' is not of type 'integer'", id="rows as text"),
    pytest.param(lambda s: s.update(sha256="abc"), "sha256", "'abc' does not match", id="short checksum"),
])
def test_sidecar_with_a_wrong_field(project, change, where, what):
    change_sidecar(project, CHINA, change)
    message = refusal(CHINA)
    assert message.startswith(f"data/{CHINA}.yml, {where}: ")
    assert what in message


@pytest.mark.parametrize(("table", "change", "field", "column"), [
    pytest.param(CHINA, lambda s: s.update(key=["yaer"]), "key", "yaer", id="key"),
    pytest.param(TABLE1, lambda s: s["sums"][0].update(equals="top4"), "sums", "top4", id="total"),
    pytest.param(TABLE1, lambda s: s["sums"][0].update(of=["garments_10k_usd", "toys"]), "sums", "toys", id="part of a total"),
])
def test_sidecar_that_names_a_column_that_is_not_there(project, table, change, field, column):
    change_sidecar(project, table, change)
    assert refusal(table) == f"data/{table}.yml: {field} names the column {column!r}: expected one of {stored_rows(table)[0]}"


def test_sidecar_that_adds_up_text(project):
    table = "printed/01/table2_price_indices"
    change_sidecar(project, table, lambda s: s.update(sums=[{"of": ["index_1998", "index_2002"], "equals": "good", "tolerance": 0}]))
    assert refusal(table).startswith(f"data/{table}.yml: sums names the column 'good': expected one of ['index_1998'")


def test_long_integers_in_a_column_with_empty_cells_keep_every_digit():
    column = {"name": "x", "type": "integer", "nulls": 1}
    values = data._typed("x.csv", ["9007199254740993", ""], column)
    assert values[0] == 9007199254740993


def test_sidecar_that_is_not_yaml(project):
    (project / f"{CHINA}.yml").write_text("title: [", encoding="utf-8")
    assert refusal(CHINA).startswith(f"data/{CHINA}.yml: ") and refusal(CHINA).endswith("expected YAML")


@pytest.mark.parametrize(("path", "line", "key", "copied"), [
    (f"{CHINA}.yml", "status: ", "status", "status: verified\n"),
    (f"{CHINA}.yml", "    unit: ", "unit", "    unit: yuan\n"),
    ("claims/ch01.yml", "      top3_10k_usd:", "top3_10k_usd", "      top3_10k_usd: {}\n"),
    ("claims/ch01.yml", "    page: ", "page", "    page: 9\n"),
], ids=["top", "column", "cells", "claim"])
def test_key_that_occurs_twice_in_yaml(project, path, line, key, copied):
    """A block that was copied and half changed; PyYAML would take the last."""
    lines = (project / path).read_text(encoding="utf-8").splitlines(keepends=True)
    found = next(number for number, text in enumerate(lines) if text.startswith(line))
    lines.insert(found, copied)
    (project / path).write_text("".join(lines), encoding="utf-8")
    data.read_claims.cache_clear()
    message = claims_refusal() if path.startswith("claims") else refusal(CHINA)
    assert message == f"data/{path}, line {found + 2}: key {key!r} occurs before: expected once"


def test_same_key_in_two_mappings_is_no_fault(project):
    (project / f"{CHINA}.yml").write_text((project / f"{CHINA}.yml").read_text(encoding="utf-8").replace("title:", "title: &t", 1), encoding="utf-8")
    assert len(data.load(CHINA)) == 13


def test_sidecar_that_is_empty(project):
    (project / f"{CHINA}.yml").write_text("", encoding="utf-8")
    assert refusal(CHINA) == f"data/{CHINA}.yml, top level: None is not of type 'object'"


def test_sidecar_that_is_not_utf_8(project):
    path = project / f"{CHINA}.yml"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    assert refusal(CHINA).startswith(f"data/{CHINA}.yml: byte at position ") and refusal(CHINA).endswith("expected UTF-8")


# Catalogue and seal


@pytest.mark.parametrize("name", ["CATALOG.md", "datapackage.json"])
def test_generated_files_are_up_to_date(name):
    """After a change of a sidecar: `python -m zhejiang seal`."""
    assert (data.DATA / name).read_text(encoding="utf-8") == catalog.generate()[name]


def test_catalogue_names_every_table():
    text = catalog.generate()["CATALOG.md"]
    assert all(f"| `{table}` |" in text for table in TABLES)


def test_data_package_describes_every_table():
    """What a program needs to read the tables without this project."""
    resources = {resource["path"]: resource for resource in json.loads(catalog.generate()["datapackage.json"])["resources"]}
    assert sorted(resources) == sorted(f"{table}.csv" for table in TABLES)
    assert len({resource["name"] for resource in resources.values()}) == len(TABLES)
    for table in TABLES:
        header = stored_rows(table)[0]
        assert [field["name"] for field in resources[f"{table}.csv"]["schema"]["fields"]] == header
        assert set(resources[f"{table}.csv"]["schema"]["primaryKey"]) <= set(header)


def test_write_writes_what_is_generated(project):
    catalog.write()
    assert {name: (project / name).read_text(encoding="utf-8") for name in ("CATALOG.md", "SOURCES.md", "datapackage.json")} == catalog.generate()


def test_seal_renews_rows_and_checksum_and_nothing_else(project):
    path = project / f"{CHINA}.yml"
    before = path.read_text(encoding="utf-8").splitlines()
    others = {other: (project / f"{other}.yml").read_bytes() for other in TABLES if other != CHINA}
    change_rows(project, CHINA, lambda rows: rows.append(["2011", "18983.81"]))
    assert catalog.seal() == [CHINA]
    after = path.read_text(encoding="utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [(old.split(":")[0], new.split(":")[0]) for old, new in changed] == [("rows", "rows"), ("sha256", "sha256")]
    assert changed[0] == ("rows: 13", "rows: 14")
    assert all((project / f"{other}.yml").read_bytes() == raw for other, raw in others.items())
    assert refusal(CHINA) == f"data/{CHINA}.csv, row 15, column year: 2011: expected no more rows"
    change_sidecar(project, CHINA, lambda sidecar: sidecar.update(index=[{"year": ["1998..2011"]}]))
    assert len(data.load(CHINA)) == 14
    assert catalog.seal() == []


def test_seal_leaves_what_did_not_change(project):
    before = {table: (project / f"{table}.yml").read_bytes() for table in TABLES}
    assert catalog.seal() == []
    assert {table: (project / f"{table}.yml").read_bytes() for table in TABLES} == before


def test_seal_does_not_make_a_wrong_number_right(project):
    """Sealing says that a change is meant; what the sidecar says of the content still holds."""
    change_cell(project, TABLE1, 4, "top3_10k_usd", "2049953")
    assert catalog.seal() == [TABLE1]
    assert "row 4, column top3_10k_usd" in refusal(TABLE1)


# Claims


@pytest.mark.parametrize("chapter", LEDGERS)
def test_every_ledger_loads(chapter):
    """Each claim has what a verdict needs."""
    claims = data.read_claims(chapter)
    assert len({claim["id"] for claim in claims}) == len(claims)
    for claim in claims:
        assert {"id", "page", "place", "claim", "printed", "unit", "decimals", "kind", "wording"} <= claim.keys()
        assert "{" not in claim["claim"]
        assert isinstance(claim["printed"], list) == (claim["wording"] == "between"), claim["id"]


def test_every_cell_of_a_printed_table_is_a_claim():
    """The claim's value is the table's, and its text names the row."""
    claims = {claim["id"]: claim for claim in data.read_claims("ch01")}
    table2 = data.load("printed/01/table2_price_indices").set_index("good")
    for good, row in table2.iterrows():
        for year in (1998, 2002, 2004):
            claim = claims[f"ch01-t2-{year}-{good}"]
            assert claim["printed"] == row[f"index_{year}"]
            assert claim["claim"] == f"Export price in {year}, 1995 = 1: {row['good_en']}"
            assert (claim["page"], claim["place"], claim["decimals"], claim["wording"]) == (5, "Table 2", 2, "exact")
    assert sum(claim_id.startswith("ch01-t1-") for claim_id in claims) == 36


def test_printed_values_are_plain_numbers():
    """Not NumPy's: they go to JSON."""
    assert {type(claim["printed"]) for claim in data.read_claims("ch01")} == {int, float, list}


def test_ledger_of_an_unknown_chapter(project):
    with pytest.raises(data.DataError) as refused:
        data.read_claims("ch99")
    assert str(refused.value) == "data/claims/ch99.yml: no such file"


def test_claim_that_occurs_twice(project):
    change_claims(project, lambda ledger: ledger["claims"].append(ledger["claims"][3]))
    assert claims_refusal() == "data/claims/ch01.yml: claim 'ch01-land-water' occurs 2 times: expected once"


def test_claim_with_the_id_of_a_cell(project):
    change_claims(project, lambda ledger: ledger["claims"][3].update(id="ch01-t1-share-2004"))
    assert claims_refusal() == "data/claims/ch01.yml: claim 'ch01-t1-share-2004' occurs 2 times: expected once"


@pytest.mark.parametrize("claim", ["ch02-land-water", "ch01a-land-water", "ch01-land-water\n"])
def test_claim_of_another_chapter_or_pattern(project, claim):
    change_claims(project, lambda ledger: ledger["claims"][3].update(id=claim))
    assert claims_refusal() == f"data/claims/ch01.yml: claim {claim!r}: expected 'ch01-' and lower-case letters, digits, hyphens"


@pytest.mark.parametrize(("change", "where", "what"), [
    pytest.param(lambda d: d.pop("report"), "top level", "'report' is a required property", id="no report"),
    pytest.param(lambda d: d["claims"][3].pop("unit"), "claims/3", "'unit' is a required property", id="no unit"),
    pytest.param(lambda d: d["claims"][3].update(prited=2), "claims/3", "'prited' was unexpected", id="unknown field"),
    pytest.param(lambda d: d["claims"][3].update(id="ch01-Land"), "claims/3/id", "'ch01-Land' does not match", id="capital in an id"),
    pytest.param(lambda d: d["claims"][3].update(wording="roughly"), "claims/3/wording", "'roughly' is not one of", id="unknown wording"),
    pytest.param(lambda d: d["claims"][3].update(kind="guess"), "claims/3/kind", "'guess' is not one of", id="unknown kind"),
    pytest.param(lambda d: d["claims"][3].update(decimals=1.5), "claims/3/decimals", "1.5 is not of type 'integer'", id="decimals"),
    pytest.param(lambda d: d["claims"][3].update(printed="two"), "claims/3/printed", "'two' is not", id="printed value as text"),
    pytest.param(lambda d: d["claims"][3].update(printed=[1, 2, 3], wording="between"), "claims/3/printed", "[1, 2, 3]", id="three ends"),
    pytest.param(lambda d: d["tables"][0].pop("page"), "tables/0", "'page' is a required property", id="printed table without page"),
])
def test_ledger_with_a_wrong_field(project, change, where, what):
    change_claims(project, change)
    message = claims_refusal()
    assert message.startswith(f"data/claims/ch01.yml, {where}")
    assert what in message


def test_ledger_over_a_table_that_is_refused(project):
    """A printed table that changed is not turned into claims."""
    change_cell(project, TABLE1, 6, "top3_share_percent", "71.12")
    assert claims_refusal().startswith(f"data/{TABLE1}.csv: SHA-256 ")


def test_ledger_over_a_table_with_an_empty_cell(project):
    """Nothing was printed there, so it is no claim; one that the sidecar does not know is refused, see `test_bad_cell`."""
    before = {claim["id"] for claim in data.read_claims("ch01")}
    data.read_claims.cache_clear()
    change_cell(project, TABLE1, 4, "top3_share_percent", "")
    change_column(project, TABLE1, "top3_share_percent", nulls=1)
    catalog.seal()
    assert before - {claim["id"] for claim in data.read_claims("ch01")} == {"ch01-t1-share-2002"}


@pytest.mark.parametrize(("change", "column"), [
    pytest.param(lambda table: table.update(by="yaer"), "yaer", id="by"),
    pytest.param(lambda table: table.update(label="yaer"), "yaer", id="label"),
    pytest.param(lambda table: table["cells"].update(toys_10k_usd=table["cells"].pop("garments_10k_usd")), "toys_10k_usd", id="cells"),
])
def test_ledger_that_names_a_column_that_is_not_there(project, change, column):
    change_claims(project, lambda ledger: change(ledger["tables"][0]))
    assert claims_refusal() == (f"data/claims/ch01.yml: table '{TABLE1}' has no column {column!r}:"
                                f" expected one of {stored_rows(TABLE1)[0]}")


def test_text_of_a_claim_with_another_name_than_label(project):
    """Only {label} is filled; any other name in braces would be published as it stands."""
    change_claims(project, lambda ledger: ledger["tables"][0]["cells"]["garments_10k_usd"].update(claim="Garments, {year}"))
    assert claims_refusal().startswith("data/claims/ch01.yml")


@pytest.mark.parametrize(("printed", "wording"), [([1, 2], "exact"), (2, "between"), ([2, 1], "between")])
def test_two_printed_values_and_the_wording_between_belong_together(project, printed, wording):
    change_claims(project, lambda ledger: ledger["claims"][3].update(printed=printed, wording=wording))
    assert claims_refusal() == (f"data/claims/ch01.yml: claim 'ch01-land-water': printed {printed}, worded {wording!r}: expected two"
                                " numbers in rising order for 'between' and one number for any other wording")


def test_ledger_that_names_another_chapter(project):
    change_claims(project, lambda ledger: ledger.update(chapter="ch02"))
    assert claims_refusal() == "data/claims/ch01.yml, chapter: 'ch02': expected 'ch01'"
