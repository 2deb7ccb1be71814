"""A reader types in the printed tables of a report: templates, `check-print`, and what the book makes of them.

Every figure of reports 2 to 6 here is invented. Report 1 is taken out and put back.
"""

from __future__ import annotations

import math
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from conftest import copy_sources, succeeded

from zhejiang import ROOT, catalog, claims, data, looks
from zhejiang.check_print import check_print

# Chapter 1a stands beside report 1 and has no printed pages of its own.
CHAPTERS = {path.stem.split("_")[0]: path for path in sorted((ROOT / "book").glob("[0-9]*.md")) if path.stem != "01a_provinces"}
TEMPLATES = [report for report in CHAPTERS if report != "01"]
TABLE1 = "printed/01/table1_exports"


@pytest.fixture
def ask(capsys):
    """Run check-print as it stands now; return whether the report is sound, and what was printed, each message on one line."""
    def run(report: str) -> tuple[bool, str]:
        data.read_claims.cache_clear()
        capsys.readouterr()
        sound = check_print(report)
        return sound, re.sub(r"\n  ", " ", capsys.readouterr().out)
    return run


def verdict_lines(printed: str) -> list[tuple[str, ...]]:
    """Claim, printed, computed and verdict of each line of the verdict table."""
    return [found.groups() for found in re.finditer(r"^(ch\S+)  +(.+?)  +(\S.*?)  (reproduces|rounding|differs)$", printed, flags=re.MULTILINE)]


def change(path: Path, old: str, new: str, count: int = 1) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == count, f"{old!r} occurs {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def copy_template(project: Path, report: str) -> None:
    """What the page tells a reader to do first."""
    folder = project / "printed" / report
    shutil.copy(folder / "template.csv", folder / "table1.csv")
    shutil.copy(folder / "template.yml", folder / "table1.yml")
    shutil.copy(folder / "template.claims.yml", project / "claims" / f"ch{report}.yml")


def fill_template(project: Path, report: str) -> None:
    copy_template(project, report)
    folder = project / "printed" / report
    (folder / "table1.csv").write_text("item,item_zh,value_unit,share_percent\nfirst,甲,30,60.0\nsecond,乙,20,40.0\ntotal,合计,50,100.0\n", encoding="utf-8")
    for path in (folder / "table1.yml", project / "claims" / f"ch{report}.yml"):
        text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        path.write_text(text.replace("REPLACE", "invented"), encoding="utf-8", newline="\n")


# Templates


def test_every_chapter_but_the_first_has_a_template():
    assert [path.name for path in sorted((data.DATA / "printed").iterdir()) if (path / "template.csv").exists()] == TEMPLATES
    assert TEMPLATES == ["02", "03", "03a", "04", "04a", "05", "06"]


@pytest.mark.parametrize("report", TEMPLATES)
def test_template_is_valid_in_form_and_holds_no_figure(report):
    folder = data.DATA / "printed" / report
    sidecar = data.read_sidecar(folder / "template.yml")
    cells = (folder / "template.csv").read_text(encoding="utf-8")
    assert cells.splitlines()[0].split(",") == [column["name"] for column in sidecar["columns"]]
    assert not re.search(r"[0-9]", cells)
    ledger = data._read_yaml(folder / "template.claims.yml", "claims")
    assert ledger["claims"] == []
    assert f"report {report.lstrip('0')}," in sidecar["sources"][0]["where"]


@pytest.mark.parametrize("report", TEMPLATES)
def test_template_names_the_report_and_its_first_page(report):
    front = yaml.safe_load(CHAPTERS[report].read_text(encoding="utf-8").split("---")[1])
    ledger = yaml.safe_load((data.DATA / "printed" / report / "template.claims.yml").read_text(encoding="utf-8"))
    printed = front["citation"]["report"]
    assert (ledger["chapter"], ledger["report"], ledger["tables"][0]["page"]) == (f"ch{report}", printed["title"], int(str(printed["pages"]).split("-")[0]))


@pytest.mark.parametrize("report", TEMPLATES)
def test_filled_template_is_sound_and_gets_verdicts(project, ask, report):
    fill_template(project, report)
    sound, printed = ask(report)
    assert sound, printed
    assert [(claim.removeprefix(f"ch{report}-t1-"), *rest) for claim, *rest in verdict_lines(printed)] == [
        ("value-total", "50", "50", "reproduces"), ("share-first", "60.0", "60.00", "reproduces"), ("share-second", "40.0", "40.00", "reproduces"),
        ("share-total", "100.0", "100.00", "reproduces")]
    assert "table1: 3 rows, 4 columns, sound, not sealed yet" in printed and "Last step: make seal" in printed


def test_copied_template_that_is_not_filled_in_is_refused(project, ask):
    copy_template(project, "05")
    sound, printed = ask("05")
    assert not sound
    assert "data/printed/05/table1.yml, line 4: zh: REPLACE: expected words of your own for REPLACE" in printed
    assert "data/printed/05/table1.csv, row 2, column item_zh: '': expected 0 empty cells, found 3" in printed
    assert verdict_lines(printed) == []


def test_templates_are_no_tables():
    assert not any("template" in table for table in catalog.sidecars())
    assert not any("template" in text for text in catalog.generate().values())


# Nothing there, something there, sealed


@pytest.mark.parametrize("report", TEMPLATES)
def test_nothing_transcribed(project, ask, report):
    if report == "04a":  # holds the codebook of the survey
        for path in (project / "printed" / report).glob("*"):
            if not path.name.startswith("template"):
                path.unlink()
    sound, printed = ask(report)
    assert sound
    assert printed == (f"Report {report}: nothing is transcribed, data/printed/{report}/ holds no table.\n"
                       f"To start, copy data/printed/{report}/template.csv to data/printed/{report}/table1.csv and fill it in.\n"
                       f"To start, copy data/printed/{report}/template.yml to data/printed/{report}/table1.yml and fill it in.\n")


def test_table_without_claims(project, ask):
    fill_template(project, "05")
    (project / "claims" / "ch05.yml").unlink()
    sound, printed = ask("05")
    assert sound and "To start, copy data/printed/05/template.claims.yml to data/claims/ch05.yml and fill it in." in printed


@pytest.mark.parametrize(("gone", "message"), [("yml", "data/printed/05/table1.yml: no such file"), ("csv", "table1.csv: no such file, but a sidecar describes it")])
def test_half_a_table(project, ask, gone, message):
    fill_template(project, "05")
    (project / "printed" / "05" / f"table1.{gone}").unlink()
    sound, printed = ask("05")
    assert not sound and message in printed


def test_sealing_is_the_last_step(project, ask):
    """The book refuses what is not sealed; check-print looks at it before, and writes nothing."""
    fill_template(project, "05")
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    ask("05")
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before
    with pytest.raises(data.DataError, match="3 rows: expected 1"):
        data.load("printed/05/table1")
    with pytest.raises(data.DataError, match="3 rows: expected 1"):
        data.read_claims("ch05")
    unsealed = claims.from_ledger("ch05", sealed=False)
    assert catalog.seal() == ["printed/05/table1"]
    data.read_claims.cache_clear()
    assert claims.from_ledger("ch05") == unsealed
    assert "sealed yet" not in ask("05")[1] and "make seal" not in ask("05")[1]


# Report 1, taken out and put back


def test_verdicts_of_report_1_are_those_of_the_chapter(results):
    """The ledger's rules and the chapter's cells are two ways to one number."""
    book = {(claim["id"], claim["basis"]): claim for claim in results["claims"]}
    found = claims.from_ledger("ch01")
    computed = [v for v in found if v.computed is not None]
    assert len(computed) == 17
    for v in computed:
        there = book[v.id, "internal"]
        assert (v.verdict, v.printed) == (there["verdict"], there["printed"]), v.id
        assert math.isclose(v.computed, there["computed"], rel_tol=1e-12), v.id
    internal = {claim["id"] for claim in results["claims"] if claim["id"].startswith(("ch01-t1-", "ch01-mean-")) and claim["basis"] == "internal"}
    assert internal <= {v.id for v in computed}


def put_back(project: Path, real: Path) -> None:
    """Type Table 1 of report 1 in, from a template: its cells from the real file, the rest by hand."""
    folder = project / "printed" / "01"
    rows = (real / f"{TABLE1}.csv").read_text(encoding="utf-8").splitlines()
    assert not (folder / "table1.csv").exists()
    (folder / "table1.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    sidecar = yaml.safe_load((project / "printed" / "05" / "template.yml").read_text(encoding="utf-8").replace("REPLACE", "typed").replace("report5", "report1"))
    names = rows[0].split(",")
    sidecar["key"] = ["year"]
    sidecar["columns"] = [{"name": name, "type": "number" if name == "top3_share_percent" else "integer", "description": name,
                           "unit": "year" if name == "year" else "percent" if name == "top3_share_percent" else "10,000 USD"} for name in names]
    (folder / "table1.yml").write_text(yaml.safe_dump(sidecar, allow_unicode=True), encoding="utf-8")
    ledger = yaml.safe_load((project / "printed" / "05" / "template.claims.yml").read_text(encoding="utf-8").replace("05", "01").replace("REPLACE", "typed"))
    table = ledger["tables"][0]
    del table["totals"]
    value, share = table["cells"]["value_unit"], table["cells"]["share_percent"]
    value["unit"] = "10,000 USD"
    slugs = dict(zip(names[1:], ["total", "machinery", "garments", "textiles", "top3", "share"], strict=True))
    cells = {name: {**value, "slug": slug} for name, slug in slugs.items()}
    cells["top3_10k_usd"] |= {"kind": "sum", "from": names[2:5]}
    cells["top3_share_percent"] = {**share, "decimals": 2, "from": ["top3_10k_usd", "exports_10k_usd"]}
    table |= {"page": 4, "by": "year", "label": "year", "cells": cells}
    (project / "claims" / "ch01.yml").write_text(yaml.safe_dump(ledger, allow_unicode=True, sort_keys=False), encoding="utf-8")


def test_report_1_taken_out_and_put_back_has_the_same_verdicts(project, ask):
    real = ROOT / "data"
    before = [line for line in verdict_lines(ask("01")[1]) if "-t1-" in line[0]]
    assert len(before) == 12 and [line[3] for line in before].count("differs") == 1
    shutil.rmtree(project / "printed" / "01")
    (project / "printed" / "01").mkdir()
    sound, printed = ask("01")
    assert not sound
    assert "Report 01: nothing is transcribed" in printed
    assert "Fault: data/claims/ch01.yml: table 'printed/01/table1_exports': data/printed/01/table1_exports.yml: no such file" in printed
    (project / "claims" / "ch01.yml").unlink()
    sound, printed = ask("01")
    assert sound and "nothing is transcribed" in printed and "Fault" not in printed
    put_back(project, real)
    sound, printed = ask("01")
    assert sound, printed
    assert verdict_lines(printed) == before
    assert "ch01-t1-share-2004 differs: read page 4, Table 1 again. Printed and computed value differ in one digit." in printed


@pytest.mark.parametrize(("old", "new", "message"), [
    pytest.param("1327909,68.30", "1327990,68.30", "row 2, column top3_10k_usd: 1327990: expected machinery_electronics_10k_usd + garments_10k_usd"
                 " + textiles_10k_usd = 1327909 within 0", id="digits swapped in a sum"),
    pytest.param("596260", "5962600", "row 2, column machinery_electronics_10k_usd: '5962600': expected maximum 5000000", id="a level ten times off"),
    pytest.param("68.30", "683.0", "row 2, column top3_share_percent: '683.0': expected maximum 100", id="a share above 100"),
    pytest.param("68.30", "68.302", "row 2, column top3_share_percent: 68.302: expected at most 2 decimals", id="too many decimals"),
    pytest.param("2001,2297747", "2000,2297747", "row 3, column year: 2000 occurs before: expected a key that occurs once", id="a row twice"),
    pytest.param("68.30", "68,30", "row 2: 8 cells: expected 7, as in the header", id="decimal comma"),
    pytest.param("1944279", "194427g", "row 2, column exports_10k_usd: '194427g': expected an integer", id="a letter"),
    pytest.param("1944279", "", "row 2, column exports_10k_usd: '': expected 0 empty cells, found 1", id="an empty cell"),
])
def test_slip_that_is_refused(project, ask, old, new, message):
    """File, row, column, value and expectation; no verdict is shown on what is not sound."""
    change(project / f"{TABLE1}.csv", old, new)
    sound, printed = ask("01")
    assert not sound
    assert f"Fault: data/{TABLE1}.csv, {message}" in printed
    assert verdict_lines(printed) == []


@pytest.mark.parametrize(("old", "new", "claim", "slip"), [
    pytest.param("68.30", "63.80", "share-2000", "two digits in the other order", id="digits swapped in a share"),
    pytest.param("68.30", "68.90", "share-2000", "one digit", id="one digit"),
    pytest.param("68.30", "6.83", "share-2000", "times 0.1", id="a share ten times off"),
    pytest.param("1944279", "19442790", "share-2000", "times 10.", id="a level ten times off"),
    pytest.param("1944279", "1494279", "share-2000", "", id="digits swapped in a level"),
    pytest.param("1327909", "1372909", "top3-2000", "two digits in the other order", id="digits swapped in a sum"),
    pytest.param("2001,2297747", "2001,2227747", "share-2001", "", id="one digit of a level"),
])
def test_slip_that_differs(project, ask, old, new, claim, slip):
    """What could stand on the page gets the verdict that it differs, and the page to read again."""
    sidecar = project / f"{TABLE1}.yml"
    document = yaml.safe_load(sidecar.read_text(encoding="utf-8"))
    # Or sums and levels would be refused at once.
    for rules in ("sums", "ratios", "steps"):
        document.pop(rules, None)
    document["columns"] = [{key: value for key, value in column.items() if key not in ("minimum", "maximum")} for column in document["columns"]]
    sidecar.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    before = {line[0]: line[3] for line in verdict_lines(ask("01")[1])}
    assert before[f"ch01-t1-{claim}"] == "reproduces"
    change(project / f"{TABLE1}.csv", old, new)
    sound, printed = ask("01")
    assert sound
    after = {line[0]: line[3] for line in verdict_lines(printed)}
    assert after[f"ch01-t1-{claim}"] == "differs"
    message = re.search(rf"^ch01-t1-{claim} differs: read page 4, Table 1 again\.(.*)$", printed, flags=re.MULTILINE)[1]
    assert (slip in message) if slip else message.strip() == ""


def test_unit_of_another_size(project, ask):
    change(project / "claims" / "ch01.yml", "claim: Exports of garments and accessories, {label}\n        unit: 10,000 USD",
           "claim: Exports of garments and accessories, {label}\n        unit: million USD")
    sound, printed = ask("01")
    assert not sound
    assert ("Fault: data/claims/ch01.yml: table 'printed/01/table1_exports', column 'garments_10k_usd': unit 'million USD': expected '10,000 USD',"
            " as in its sidecar") in printed
    change(project / f"{TABLE1}.yml", "  - name: garments_10k_usd\n    type: integer\n    unit: 10,000 USD\n",
           "  - name: garments_10k_usd\n    type: integer\n    unit: million USD\n")
    sound, printed = ask("01")
    assert not sound
    assert f"data/{TABLE1}.yml, column garments_10k_usd: unit 'million USD': expected the unit that its name says" in printed


def test_sum_of_two_units(project):
    transcribe(project, "item,a,b,c\nx,1.0,2.0,3.0\n", {
        "a": ("yuan", 1, "cell"), "b": ("USD", 1, "cell"), "c": ("yuan", 1, "sum", {"from": ["a", "b"]})})
    with pytest.raises(data.DataError, match=re.escape("claim 'ch05-t1-c-x': from units ['yuan', 'USD']: expected one unit")):
        verdicts()


@pytest.mark.parametrize(("row", "message"), [
    ("total,合计,50,100.0\n", "column item: no row 'total': expected one, since the totals in data/claims/ch05.yml name it"),
    ("second,乙,20,40.0\n", "column item: no row 'second': expected one, since the totals in data/claims/ch05.yml name it"),
], ids=["total", "part"])
def test_missing_row_of_a_total(project, ask, row, message):
    fill_template(project, "05")
    change(project / "printed" / "05" / "table1.csv", row, "")
    sound, printed = ask("05")
    assert not sound and f"Fault: data/printed/05/table1.csv, {message}" in printed


def test_all_faults_are_named_at_once(project, ask):
    change(project / f"{TABLE1}.csv", "68.30", "683.0")
    change(project / "printed" / "01" / "table2_price_indices.csv", "0.87", "0,87")
    sound, printed = ask("01")
    assert not sound and printed.count("Fault: ") == 2


# What computes a claim


def transcribe(project: Path, cells: str, columns: dict[str, tuple], by: str = "item", texts: list[dict] = [], **table) -> None:
    """Write an invented table of report 5 and its ledger; `columns` gives (unit, decimals, kind, further fields) by name."""
    folder = project / "printed" / "05"
    (folder / "table1.csv").write_text(cells, encoding="utf-8")
    sidecar = yaml.safe_load((folder / "template.yml").read_text(encoding="utf-8").replace("REPLACE", "invented"))
    rows = [line.split(",") for line in cells.splitlines()]
    empty = {name: sum(row[place] == "" for row in rows[1:]) for place, name in enumerate(rows[0])}
    sidecar |= {"key": [by], "columns": [
        {"name": by, "type": "integer" if by == "year" else "string", "unit": "year" if by == "year" else "", "description": "row"},
        *({"name": name, "type": "number", "unit": unit, "description": "invented", **({"nulls": empty[name]} if empty[name] else {})}
          for name, (unit, *_) in columns.items())]}
    (folder / "table1.yml").write_text(yaml.safe_dump(sidecar, allow_unicode=True), encoding="utf-8")
    ledger = {"chapter": "ch05", "report": "invented", "claims": texts, "tables": [{
        "table": "printed/05/table1", "place": "Table 1", "page": 204, "id": "ch05-t1", "by": by, "label": by, **table,
        "cells": {name: {"slug": name.replace("_", "-"), "claim": "Invented, {label}", "unit": unit, "decimals": decimals, "kind": kind,
                         "missing": "a source", **(more[0] if more else {})} for name, (unit, decimals, kind, *more) in columns.items()}}]}
    (project / "claims" / "ch05.yml").write_text(yaml.safe_dump(ledger, allow_unicode=True, sort_keys=False), encoding="utf-8")
    data.read_claims.cache_clear()


def verdicts() -> dict[str, claims.Verdict]:
    return {v.id.removeprefix("ch05-"): v for v in claims.from_ledger("ch05", sealed=False)}


def text_claim(**fields) -> dict:
    return {"id": "ch05-x", "page": 205, "place": "text", "claim": "Invented", "decimals": 1, "printed": 1.0, "unit": "percent", **fields}


def test_growth_against_the_row_before_is_a_year_where_rows_are_years(project):
    """10 to 12.1 in two years is ten percent a year. The first row has nothing before it, whether printed or empty."""
    transcribe(project, "year,level,growth\n2000,10.0,\n2002,12.1,10.0\n2003,13.3,21.0\n", {
        "level": ("yuan", 1, "cell"), "growth": ("percent a year", 1, "growth", {"from": ["level"]})}, by="year")
    found = verdicts()
    assert "t1-growth-2000" not in found
    assert found["t1-growth-2002"].computed == pytest.approx(10) and found["t1-growth-2002"].verdict == "reproduces"
    assert found["t1-growth-2003"].computed == pytest.approx(100 * (13.3 / 12.1 - 1)) and found["t1-growth-2003"].verdict == "differs"
    change(project / "printed" / "05" / "table1.csv", "2000,10.0,\n", "2000,10.0,3.0\n")
    change(project / "printed" / "05" / "table1.yml", "  nulls: 1\n", "")
    data.read_claims.cache_clear()
    found = verdicts()["t1-growth-2000"]
    assert (found.verdict, found.note) == ("not testable", "the row before the first is not printed")


def test_growth_over_years_that_fall(project):
    """The row before is then the later year."""
    transcribe(project, "year,level,growth\n2001,11.0,10.0\n2000,10.0,5.0\n", {
        "level": ("yuan", 1, "cell"), "growth": ("percent", 1, "growth", {"from": ["level"]})}, by="year")
    with pytest.raises(data.DataError) as refused:
        verdicts()
    assert str(refused.value) == "data/printed/05/table1.csv, row 3, column year: 2000 after 2001: expected rising years, since growth grows from row to row"


@pytest.mark.parametrize(("printed", "expected"), [([30, 40], "reproduces"), ([34, 40], "rounding"), ([40, 50], "differs")])
def test_range_of_the_text_is_computed_too(project, printed, expected):
    transcribe(project, "item,a,b\nx,1.0,3.0\n", {"a": ("yuan", 1, "cell"), "b": ("yuan", 1, "cell")},
               texts=[text_claim(printed=printed, decimals=0, kind="share", wording="between", **{"from": ["ch05-t1-a-x", "ch05-t1-b-x"]})])
    assert (verdicts()["x"].verdict, verdicts()["x"].computed) == (expected, pytest.approx((100 / 3, 100 / 3)))


def test_cell_that_needs_an_empty_cell_is_not_testable(project):
    transcribe(project, "item,a,b,c\nx,1.0,,3.0\ny,1.0,2.0,3.0\n", {
        "a": ("yuan", 1, "cell"), "b": ("yuan", 1, "cell"), "c": ("yuan", 1, "sum", {"from": ["a", "b"]})})
    found = verdicts()
    assert (found["t1-c-x"].verdict, found["t1-c-x"].note) == ("not testable", "a cell that it would be computed from is empty")
    assert found["t1-c-y"].verdict == "reproduces"


def test_growth_over_periods_ratio_with_a_factor_and_average(project):
    transcribe(project, "item,gdp,people,per_head\nx,161.0,70.0,23000\n", {
        "gdp": ("100 million yuan", 1, "cell"), "people": ("10,000 persons", 1, "count"),
        "per_head": ("yuan", 0, "ratio", {"from": ["gdp", "people"], "times": 10000})},
        texts=[text_claim(id="ch05-before", printed=100.0, unit="100 million yuan", kind="cell", missing="a source"),
               text_claim(id="ch05-growth", printed=10.0, kind="growth", wording="about", **{"from": ["ch05-t1-gdp-x", "ch05-before"]}, periods=5),
               text_claim(id="ch05-mean", printed=2.3, unit="yuan", kind="average", **{"from": ["ch05-t1-gdp-x", "ch05-t1-people-x"]})])
    found = verdicts()
    assert found["t1-per-head-x"].computed == pytest.approx(23000)
    # The number of people is a count, so only the product is rounded.
    assert (found["t1-per-head-x"].lo, found["t1-per-head-x"].hi) == pytest.approx((160.95e4 / 70, 161.05e4 / 70))
    assert found["growth"].computed == pytest.approx(100 * (1.61 ** 0.2 - 1)) and found["growth"].verdict == "reproduces"
    assert found["mean"].computed == pytest.approx(2.3)


@pytest.mark.parametrize(("total", "expected"), [(26, "reproduces"), (27, "rounding"), (28, "rounding"), (29, "rounding"), (30, "differs")])
def test_total_row_has_the_interval_of_its_rounded_parts(project, total, expected):
    """Five parts rounded to whole numbers may be 2.5 off together, and the total half a unit more."""
    transcribe(project, f"item,a\nv,1\nw,2\nx,6\ny,8\nz,9\ntotal,{total}\n", {"a": ("yuan", 0, "cell")}, totals={"total": ["v", "w", "x", "y", "z"]})
    found = verdicts()["t1-a-total"]
    assert (found.kind, found.computed, found.lo, found.hi) == ("sum", 26, pytest.approx(23.5), pytest.approx(28.5))
    assert found.verdict == expected


def test_counts_add_up_exactly(project):
    transcribe(project, "item,a\nv,1\nw,2\nx,6\ny,8\nz,9\ntotal,28\n", {"a": ("firms", 0, "count")}, totals={"total": ["v", "w", "x", "y", "z"]})
    found = verdicts()["t1-a-total"]
    assert (found.lo, found.hi, found.verdict) == (26, 26, "differs")


def test_rows_that_are_years_can_be_a_total(project):
    transcribe(project, "year,a\n2001,1.0\n2002,2.0\n2003,3.0\n", {"a": ("yuan", 1, "cell")}, by="year", totals={2003: [2001, 2002]})
    assert verdicts()["t1-a-2003"].verdict == "reproduces"


@pytest.mark.parametrize(("fields", "message"), [
    ({"kind": "cell"}, "from, for kind 'cell': expected kind sum, share, ratio, average, growth, since only these are computed"),
    ({"kind": "share", "from": ["ch05-t1-a-x"]}, "from ['ch05-t1-a-x']: expected at least 2 inputs"),
    ({"kind": "ratio", "from": ["ch05-t1-a-x"] * 3}, "expected 2 inputs"),
    ({"kind": "sum", "from": ["ch05-t1-a-w"]}, "from 'ch05-t1-a-w': expected the id of a claim, or a column that has claims"),
    ({"kind": "sum", "from": ["ch05-t1-a-x"]}, "unit 'percent': expected 'yuan', the unit of what is added up"),
    ({"kind": "share", "from": ["ch05-t1-a-x", "ch05-t1-b-x"]}, "from units ['yuan', 'firms']: expected one unit"),
    ({"kind": "growth", "from": ["ch05-t1-a-x", "ch05-t1-a-y"], "unit": "yuan"}, "unit 'yuan': expected percent"),
    ({"kind": "growth", "from": ["ch05-t1-b-y", "ch05-t1-b-x"]}, "from 'ch05-t1-b-y', printed 0.0: expected a positive number, for a division"),
    ({"kind": "ratio", "from": ["ch05-t1-a-x", "ch05-t1-b-y"]}, "from 'ch05-t1-b-y', printed 0.0: expected a positive number, for a division"),
])
def test_rule_that_cannot_compute_its_claim(project, fields, message):
    transcribe(project, "item,a,b\nx,1.0,2\ny,1.0,0\n", {"a": ("yuan", 1, "cell"), "b": ("firms", 0, "cell")},
               texts=[text_claim(**{"from": ["ch05-t1-a-x", "ch05-t1-a-y"], **fields})])
    with pytest.raises(data.DataError) as refused:
        verdicts()
    assert str(refused.value).startswith("data/claims/ch05.yml: claim 'ch05-x': ") and message in str(refused.value)


@pytest.mark.parametrize("of", ["c", "z.a"])
def test_rule_that_names_a_column_or_row_that_is_not_there(project, of):
    transcribe(project, "item,a,b\nx,1.0,2.0\n", {"a": ("yuan", 1, "cell"), "b": ("yuan", 1, "sum", {"from": [of]})})
    with pytest.raises(data.DataError, match="expected a row and a column with claims"):
        verdicts()


def test_share_of_the_text_outside_its_range(project):
    transcribe(project, "item,a\nx,1.0\n", {"a": ("yuan", 1, "cell")}, texts=[text_claim(printed=101.0, kind="share", missing="a source")])
    with pytest.raises(data.DataError, match="claim 'ch05-x': 101.0: expected a share from 0 to 100 percent"):
        verdicts()


def test_explanation_goes_with_the_claim_that_differs(project):
    transcribe(project, "item,a,b\nx,1.0,2.0\n", {"a": ("yuan", 1, "cell"), "b": ("yuan", 1, "sum", {"from": ["a"]})})
    found = verdicts()["t1-b-x"]
    assert (found.verdict, found.mechanism, found.consequence) == (
        "differs", "Not looked for yet. Printed and computed value differ in one digit.", "Not looked for yet.")
    path = project / "claims" / "ch05.yml"
    with path.open("a", encoding="utf-8") as file:
        file.write("explained:\n  ch05-t1-b-x: {mechanism: A misprint., consequence: None.}\n")
    data.read_claims.cache_clear()
    found = verdicts()["t1-b-x"]
    assert (found.mechanism, found.consequence) == ("A misprint.", "None.")
    change(path, "ch05-t1-b-x: {", "ch05-t1-b-z: {")
    data.read_claims.cache_clear()
    with pytest.raises(data.DataError, match="explained: 'ch05-t1-b-z': expected the id of a claim"):
        verdicts()


@pytest.mark.parametrize(("printed", "computed", "decimals", "slip"), [
    (74.12, 71.122, 2, "one digit"), (63.80, 68.298, 2, "two digits in the other order"), (123, 12300, 0, "times 0.01"), (12300, 123, 0, "times 100"),
    (1234, 1243, 0, "two digits in the other order"), (1234, 4231, 0, "two digits in the other order"), (1234, 5634, 0, ""), (50, 61, 0, ""), (0, 5, 0, "one digit"),
])
def test_slip_of(printed, computed, decimals, slip):
    found = claims.slip_of(printed, computed, decimals)
    assert (slip in found) if slip else found == ""


# As a reader meets it


def test_a_terminal_of_eighty_columns_holds_the_verdicts(ask):
    """Columns are aligned by Latin letters alone, which are one cell wide everywhere."""
    _, printed = ask("01")
    table = [line for line in printed.splitlines() if re.match(r"(Claim|ch\S+) {2,}", line)]
    assert len(table) == 18 and max(map(len, table)) <= 80
    assert all(line.isascii() for line in table)
    start = table[0].index("Verdict")
    assert all(line[start - 2 : start] == "  " and line[start:].lower() in ("verdict", *looks.VERDICTS) for line in table)


def test_example_on_the_page(project, ask):
    """The block is a ledger as it stands; with a table to it, it gets verdicts."""
    page = (ROOT / "book" / "reference" / "printed.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)
    assert max(map(len, block.splitlines())) <= 72  # as wide as the page
    folder = project / "printed" / "05"
    (folder / "table1.csv").write_text("item,item_zh,output_10k_yuan,share_percent\nfirst,甲,30,60.0\nsecond,乙,20,45.0\ntotal,合计,50,100.0\n", encoding="utf-8")
    sidecar = yaml.safe_load((folder / "template.yml").read_text(encoding="utf-8").replace("REPLACE", "invented"))
    sidecar["columns"][2] |= {"name": "output_10k_yuan", "unit": "10,000 yuan"}
    (folder / "table1.yml").write_text(yaml.safe_dump(sidecar, allow_unicode=True), encoding="utf-8")
    (project / "claims" / "ch05.yml").write_text(block, encoding="utf-8")
    sound, printed = ask("05")
    assert sound, printed
    assert [(line[0], line[3]) for line in verdict_lines(printed)] == [
        ("ch05-t1-output-total", "reproduces"), ("ch05-t1-share-first", "reproduces"), ("ch05-t1-share-second", "differs"), ("ch05-t1-share-total", "reproduces")]
    assert {v.id: v.mechanism for v in claims.from_ledger("ch05", sealed=False) if v.verdict == "differs"} == {"ch05-t1-share-second": "A misprint."}


def test_page_names_files_and_commands_that_exist():
    page = (ROOT / "book" / "reference" / "printed.md").read_text(encoding="utf-8")
    targets = (ROOT / "Makefile").read_text(encoding="utf-8").split(".PHONY:")[1].splitlines()[0].split()
    assert set(re.findall(r"`make ([a-z-]+)", page)) <= set(targets)
    named = {name for name in re.findall(r"`((?:data|tests)/[^` ]+)`", page) if "ch05" not in name}
    assert named == {"data/printed/05/template.csv", "data/printed/05/template.claims.yml", "tests/ids.txt"}
    assert all((ROOT / name).exists() for name in named)


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    return copy_sources(tmp_path_factory.mktemp("check_print") / "project")


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_target(copied):
    done = succeeded(copied.run("make", "check-print", "REPORT=01", f"PYTHON={sys.executable}"))
    assert ("ch01-t1-share-2004", "74.12", "71.122", "differs") in verdict_lines(done.stdout)


@pytest.mark.parametrize(("settings", "code", "message"), [
    ({"REPORT": "01"}, 0, "16 reproduces, 0 rounding, 1 differs, 92 not testable"),
    ({"REPORT": "05"}, 0, "Report 05: nothing is transcribed"),
    ({"REPORT": "07"}, 1, "REPORT=07: expected one of 01, 02, 03, 03a, 04, 04a, 05, 06"),
    ({"REPORT": ""}, 1, "REPORT=: expected one of 01,"),
])
def test_command_and_its_exit_code(copied, settings, code, message):
    done = copied.run(sys.executable, "-m", "zhejiang", "check-print", **settings)
    assert (done.returncode, done.stderr) == (code, "")
    assert message in done.stdout


def test_command_fails_on_a_fault(copied, tmp_path):
    project = copied.copy(tmp_path / "project")
    project.replace("data/printed/01/table1_exports.csv", "68.30", "683.0")
    done = project.run(sys.executable, "-m", "zhejiang", "check-print", REPORT="01")
    assert done.returncode == 1 and "row 2, column top3_share_percent: '683.0'" in done.stdout


@pytest.mark.parametrize("report", TEMPLATES)
def test_every_chapter_has_the_place(report):
    assert CHAPTERS[report].read_text(encoding="utf-8").count(f'show.transcription("{report}")') == 1
    assert "reference/printed.md" in CHAPTERS[report].read_text(encoding="utf-8")
