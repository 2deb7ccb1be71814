"""The files that readers take away, on made-up records, read back by the programs that readers use."""

import dataclasses
import datetime
import io
import re
import shutil
import struct
import subprocess
import zipfile
import zlib

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from zhejiang import latex, png, take_away
from zhejiang.take_away import About

DATE = datetime.datetime(2026, 1, 2)
ABOUT = About("ch99-tab-made-up", "Table 99.1", "Exports, 100% & more: 义乌 #1", "report 99, page 9", "1.2.3", "book/99.html#ch99-tab-made-up",
              "Somebody. Something. 2026.")
PDFLATEX = shutil.which("pdflatex")


def payload(columns, rows, id=ABOUT.id):
    """A record: columns are (label, unit, digits), rows are lists of cells."""
    return {"type": "table", "id": id, "caption": ABOUT.caption, "source": ABOUT.source,
            "columns": [{"label": label, "unit": unit, "align": "left" if digits is None else "right"}
                        for label, unit, digits in columns],
            "rows": [{"head": row[0], "cells": row[1:]} for row in rows]}


def text(content):
    return {"text": content}


TABLE = payload(
    [("Year", "", None), ("Place", "", None), ("Exports", "10,000 USD", 1), ("Growth", "percent", 2)],
    [[text("2004"), text("Yiwu 义乌"), {"text": "5,814.6", "value": 5814.638271828459, "mark": "differs", "anchor": "ch99-exports-internal"},
      {"text": "-0.33", "value": -1 / 3}],
     [text("2005"), text("宁波"), {"text": "7,680.4", "value": 7680.353}, {"text": "–", "value": None}]])


def read_csv(content):
    """The line that the book documents."""
    return pd.read_csv(io.BytesIO(content), comment="#", header=[0, 1])


def test_csv_comes_back_from_pandas():
    frame = read_csv(take_away.table_csv(TABLE, ABOUT))
    assert list(frame.columns.get_level_values(1))[2] == "10,000 USD"
    expected = pd.DataFrame({
        "Year": [2004, 2005], "Place": ["Yiwu 义乌", "宁波"], "Exports": [5814.638271828459, 7680.353],
        "Exports: verdict": ["differs", None], "Exports: anchor": ["ch99-exports-internal", None], "Growth": [-1 / 3, float("nan")]})
    assert_frame_equal(frame.droplevel(1, axis=1), expected, check_dtype=False, check_exact=True)


def test_csv_begins_with_what_it_is():
    content = take_away.table_csv(TABLE, ABOUT)
    assert content.startswith(b"\xef\xbb\xbf# Table 99.1. Exports")
    head = [line for line in content.decode("utf-8-sig").splitlines() if line.startswith("#")]
    for part in (ABOUT.id, ABOUT.source, "version 1.2.3", ABOUT.address, ABOUT.citation):
        assert any(part in line for line in head), part


def test_xlsx_holds_the_numbers_and_shows_the_digits_of_the_page():
    book = openpyxl.load_workbook(io.BytesIO(take_away.table_xlsx(TABLE, ABOUT, DATE)))
    sheet = book.active
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[5]] == ["Year", "Place", "Exports", "Exports: verdict", "Exports: anchor", "Growth"]
    assert [cell.value for cell in rows[6]] == [None, None, "10,000 USD", None, None, "percent"]
    year, place, exports, verdict, _, growth = rows[7]
    assert (year.value, place.value, verdict.value) == (2004, "Yiwu 义乌", "differs")
    assert exports.value == pytest.approx(5814.638271828459, rel=1e-15) and exports.number_format == "#,##0.0"
    assert growth.value == pytest.approx(-1 / 3, rel=1e-15) and growth.number_format == "#,##0.00"
    assert year.number_format == "0" and rows[8][5].value is None
    assert sheet.freeze_panes == "B8"
    notes = " ".join(str(row[0].value) for row in rows[:5])
    assert all(part in notes for part in (ABOUT.id, ABOUT.source, "1.2.3", ABOUT.address, ABOUT.citation))
    assert book.properties.created == DATE


def test_xlsx_comes_back_from_pandas():
    """By the line that the book documents."""
    frame = pd.read_excel(io.BytesIO(take_away.table_xlsx(TABLE, ABOUT, DATE)), header=[5, 6]).droplevel(1, axis=1)
    csv = read_csv(take_away.table_csv(TABLE, ABOUT)).droplevel(1, axis=1)
    assert_frame_equal(frame, csv, check_dtype=False, rtol=1e-15, atol=0)


@pytest.mark.parametrize("made", ["=1+1", "+A1", "@SUM(A1)", "-2+3", "\t=1", "-0.2 to 0.3", "=HYPERLINK(\"x\")", "\uff1d1+1", "\uff20SUM(A1)"])
def test_text_is_no_formula(made):
    record = payload([("Name", "", None), ("What", "", None)], [[text(made), text(made)]])
    raw = take_away.table_csv(record, ABOUT).decode("utf-8-sig").splitlines()[-1]
    assert not re.search(r'(^|,)"?[=+@\t\r\uff1d\uff20-]', raw)
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(take_away.table_xlsx(record, ABOUT, DATE))).active.iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == made] == ["s", "s"]


def test_comment_is_one_line_and_no_formula():
    """A spreadsheet splits the comments at the head of a CSV file into cells too."""
    about = dataclasses.replace(ABOUT, caption="a,=1+1 b;+2 c\n@SUM(A1)", source="x,\"=HYPERLINK(1)\"")
    lines = take_away.table_csv(TABLE, about).decode("utf-8-sig").splitlines()
    assert [line[:2] for line in lines[:5]] == ["# "] * 5 and not lines[5].startswith("#")
    assert "a,'=1+1 b;'+2 c @SUM(A1)" in lines[0] and """x,"'=HYPERLINK(1)\"""" in lines[2]
    assert read_csv(take_away.table_csv(TABLE, about)).shape == (2, 6)


def test_negative_numbers_stay_numbers():
    rows = [[text("a"), {"text": "-1.5", "value": -1.5}], [text("b"), {"text": "-0.0", "value": -1e-20}]]
    record = payload([("Name", "", None), ("Growth", "percent", 1)], rows)
    assert read_csv(take_away.table_csv(record, ABOUT)).iloc[:, 1].tolist() == [-1.5, -1e-20]


def test_codes_with_a_leading_zero_stay_text():
    record = payload([("Code", "", None), ("Year", "", None)], [[text("01"), text("2004")], [text("33"), text("2005")]])
    assert take_away.columns(record)[0].values == ["01", "33"]
    assert take_away.columns(record)[1].values == [2004, 2005]


def test_verdicts_have_numbers_wordings_and_words():
    record = payload(
        [("Claim", "", None), ("Printed", "", None), ("Computed", "", None), ("Verdict", "", None)],
        [[text("Share"), {"text": "about 64", "value": 64, "wording": "about"}, {"text": "–", "value": None},
          {"mark": "not testable", "word": True, "anchor": "ch99-share-official"}]])
    frame = read_csv(take_away.table_csv(record, ABOUT)).droplevel(1, axis=1)
    assert frame.iloc[0].drop("Computed").to_dict() == {
        "Claim": "Share", "Printed": 64, "Printed: wording": "about", "Verdict": "not testable", "Verdict: anchor": "ch99-share-official"}
    assert frame["Computed"].isna().all()


# Not the words that pandas takes for an empty cell, nor a word that it takes for a number or a truth value.
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12).map(lambda word: f"w{word}")
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-10**12, 10**12)


@given(st.lists(st.tuples(WORDS, NUMBERS), min_size=1, max_size=5))
def test_any_text_and_number_comes_back(rows):
    figure = {"data": {"columns": ["Name, #", 'Value "x", percent'], "rows": [list(row) for row in rows]}}
    frame = pd.read_csv(io.BytesIO(take_away.figure_csv(figure, ABOUT)), comment="#")
    assert list(frame.columns) == figure["data"]["columns"]
    assert frame.iloc[:, 0].tolist() == [name for name, _ in rows]
    assert frame.iloc[:, 1].astype(float).tolist() == [float(value) for _, value in rows]


def test_figure_data_keep_empty_cells_and_truth_values():
    figure = {"data": {"columns": ["year", "shown", "share (percent)"], "rows": [[2004, True, None], [2005, False, 1.5]]}}
    frame = pd.read_csv(io.BytesIO(take_away.figure_csv(figure, ABOUT)), comment="#")
    assert frame["shown"].tolist() == [True, False] and frame["share (percent)"].isna().tolist() == [True, False]


SVG = ('<svg xmlns="http://www.w3.org/2000/svg" width="144pt" height="72pt" viewBox="0 0 144 72">'
       '<path d="M 0 0 L 72 0 L 72 72 L 0 72 z" style="fill: #ff0000"/></svg>')


def test_png_has_print_resolution_white_ground_and_the_drawing():
    made = png.render(SVG)
    chunks, place = {}, 8
    while place < len(made):
        size, kind = struct.unpack(">I4s", made[place:place + 8])
        content = made[place + 8:place + 8 + size]
        assert struct.unpack(">I", made[place + 8 + size:place + 12 + size])[0] == zlib.crc32(kind + content)
        chunks.setdefault(kind, b"")
        chunks[kind] += content
        place += 12 + size
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (width, height, depth, colour) == (600, 300, 8, 6)
    across, down, metre = struct.unpack(">IIB", chunks[b"pHYs"])
    assert metre == 1 and across == down and across * 0.0254 == pytest.approx(300, abs=0.02)
    line = zlib.decompress(chunks[b"IDAT"])[: 1 + 4 * width]
    # The first line of pixels, of any filter but those that look up, has red on the left and, where nothing is drawn, white.
    assert line[1:5] == b"\xff\x00\x00\xff"
    assert png.is_of(made, SVG) and not png.is_of(made, SVG.replace("#ff0000", "#00ff00"))


def test_svg_says_what_it_shows():
    made = take_away.figure_svg(SVG, ABOUT, "A square & nothing else")
    assert "<title>Table 99.1. Exports, 100% &amp; more: 义乌 #1</title>" in made
    assert "A square &amp; nothing else" in made and made.endswith('"/></svg>')


def test_archive_is_the_same_on_every_run(tmp_path):
    members = {"b/two.txt": "二".encode(), "a.png": b"png", "c.csv": b"1"}
    for order, name in ((1, "one.zip"), (-1, "two.zip")):
        take_away.archive(dict(list(members.items())[::order]), tmp_path / name, DATE)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == members
        assert archive.namelist() == sorted(members)
        assert {(info.date_time, info.external_attr >> 16) for info in archive.infolist()} == {((2026, 1, 2, 0, 0, 0), 0o100644)}


def test_same_record_gives_the_same_workbook():
    assert take_away.table_xlsx(TABLE, ABOUT, DATE) == take_away.table_xlsx(TABLE, ABOUT, DATE)


# LaTeX

SPECIAL = r"\ { } $ & # % _ ^ ~ < > | – — “ ” … − ± × ≥ ≤ ≈ ≠ √ ✓ ✗ → ° ² ³ α β χ é ü ö ç Å ł ß ï ₂"


@pytest.mark.parametrize(("raw", "expected"), [
    ("50% & more_or #1", r"50\% \& more\_or \#1"),
    ("-0.2 to 0.3", "$-$0.2 to 0.3"),
    ("2000-01, R-2", "2000-01, R-2"),
    ("σ² ≥ 1", r"$\sigma$$^2$ $\ge$ 1"),
    ("Alcalá, Müller", r"Alcal\'{a}, M\"{u}ller"),
    (r"\input{x} \write18{ls}", r"\textbackslash{}input\{x\} \textbackslash{}write18\{ls\}"),
    ("Yiwu 义乌", r"Yiwu\zh{ 义乌}"),
    ("share (一般贸易) since", r"share\zh{ (一般贸易)} since"),
    ("more than 60 percent 超过60%", r"more than 60 percent\zh{ 超过60\%}"),
    ("Wuyi 武义 (Zhejiang)", r"Wuyi\zh{ 武义} (Zhejiang)"),
])
def test_latex_of_text(raw, expected):
    assert latex.escape(raw) == expected


def test_cell_in_chinese_only_shows_that_something_is_left_out():
    assert latex.escape("加大“开放带动”力度,增强", r"\ldots") == r"\zh[\ldots]{加大``开放带动''力度,增强}"


def test_character_without_a_command_is_refused():
    with pytest.raises(ValueError, match="U\\+2603"):
        latex.escape("snow ☃")
    for unseen in "\n\x07\u202e":
        with pytest.raises(ValueError, match=f"U\\+{ord(unseen):04X}"):
            latex.escape(f"a{unseen}b")


def compiled(tmp_path, records, preamble=""):
    """Set tables in an article; return the log and the text of the pages."""
    for number, record in enumerate(records):
        (tmp_path / f"{number}.tex").write_bytes(take_away.table_tex(record, ABOUT))
    body = "\n".join(rf"\input{{{number}}}\clearpage" for number in range(len(records)))
    (tmp_path / "article.tex").write_text(f"\\documentclass{{article}}{preamble}\\begin{{document}}\n{body}\n\\end{{document}}\n", encoding="utf-8")
    done = subprocess.run([PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "article"], cwd=tmp_path, capture_output=True)
    log = (tmp_path / "article.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[-2000:]
    return log


needs_latex = pytest.mark.skipif(PDFLATEX is None, reason="no pdflatex on this machine")


@needs_latex
def test_latex_compiles_in_a_bare_article(tmp_path):
    """Long words, many columns, many rows, special characters: no error, nothing missing, nothing in the margin."""
    wide = payload([("Name", "", None), *((f"Exports of goods {n}", "percent of the year before", 2) for n in range(12))],
                   [[text("Zhejiang")] + [{"text": "-12,345.67", "value": -12345.67}] * 12])
    high = payload([("Claim", "", None), ("Page", "", None)], [[text("A claim that goes on and on " * 5), text("12")]] * 60)
    special = payload([(SPECIAL, SPECIAL, None), ("n", "", 0)], [[text(SPECIAL), {"text": "1", "value": 1, "mark": "rounding", "anchor": "x"}]])
    log = compiled(tmp_path, [TABLE, wide, high, special])
    assert re.findall(r"Missing character.*|Overfull \\hbox.*|.*Float too large.*", log) == []


@needs_latex
def test_preamble_can_bring_the_chinese_back(tmp_path):
    """pdflatex cannot set it, so that its complaint shows that the definition is heard."""
    with pytest.raises(AssertionError, match="Unicode character"):
        compiled(tmp_path, [TABLE], r"\newcommand{\zh}[2][]{#2}")
