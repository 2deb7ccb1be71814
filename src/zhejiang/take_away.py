"""The files that readers take away: a table as CSV, XLSX and LaTeX, a figure as SVG, PNG and data, all of it as one archive.

Tables and figures are the records that `zhejiang.show` leaves. The same record gives the same bytes on every run.
"""

from __future__ import annotations

import datetime
import functools
import html
import io
import math
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

from zhejiang import latex, png
from zhejiang.typography import FORMULA

FOLDER = "downloads"
FORMATS = {"table": {"csv": "CSV", "xlsx": "XLSX", "tex": "LaTeX"}, "figure": {"svg": "SVG", "png": "PNG", "csv": "Data"}}
MEDIA_TYPES = {
    "csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "tex": "application/x-tex",
    "svg": "image/svg+xml", "png": "image/png", "ipynb": "application/x-ipynb+json", "json": "application/json", "cff": "application/yaml"}
PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")


@dataclass(frozen=True)
class About:
    """What every file says of itself.

    Attributes
    ----------
    number
        ``Table 1.3`` or ``Figure 3a.2``, as on the page.
    address
        Of the exhibit on its page; relative to the book where the book has none.
    citation
        How to cite the chapter.
    """

    id: str
    number: str
    caption: str
    source: str
    version: str
    address: str
    citation: str

    def lines(self) -> list[str]:
        """Five lines: caption, id, source, book with version and address, citation."""
        # A line break would end the comment that a line is in some of the files.
        return [" ".join(line.split()) for line in (
            f"{self.number}. {self.caption}",
            f"Id: {self.id}",
            f"Source: {self.source.removeprefix('Source: ')}",
            f"Book: Zhejiang Recomputed, version {self.version}, {self.address}",
            f"Cite as: {self.citation} {self.number}, {self.id}.",
        )]


@dataclass(frozen=True)
class Column:
    """A column of a file: its label, its unit, and for each row a value (number, text or None) and the text that the page shows."""

    label: str
    unit: str
    values: list[float | int | str | None]
    texts: list[str]


def columns(payload: dict) -> list[Column]:
    """Return the columns of a table with numbers in full precision.

    A column of numbers with verdicts beside them is followed by one of verdicts in words; so is one with wordings such as "about". Verdicts
    are followed by their anchors, which `results.json` has too.
    """
    result = []
    for place, column in enumerate(payload["columns"]):
        cells = [row["cells"][place - 1] if place else row["head"] for row in payload["rows"]]
        texts = [cell.get("text", "") or cell.get("mark", "") for cell in cells]
        result.append(Column(column["label"], column["unit"], _values(cells, texts), texts))
        beside = {"wording": "wording"} | ({"verdict": "mark"} if any(cell.get("text") for cell in cells) else {}) | {"anchor": "anchor"}
        for name, field in beside.items():
            if any(field in cell for cell in cells):
                words = [cell.get(field) for cell in cells]
                result.append(Column(f"{column['label']}: {name}", "", words, [word or "" for word in words]))
    return result


def _values(cells: list[dict], texts: list[str]) -> list[float | int | str | None]:
    """Numbers where the record has them; text that reads as a number in all of its column, such as years, is one too."""
    values = [cell["value"] if "value" in cell else None if text in ("", "–") else text for cell, text in zip(cells, texts, strict=True)]
    if all(value is None or isinstance(value, str) and PLAIN_NUMBER.fullmatch(value) for value in values):
        return [value if value is None else float(value) if "." in value else int(value) for value in values]
    return values


def harmless(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: a leading hyphen becomes a minus sign, other signs follow an apostrophe."""
    if text.startswith("-"):
        return "−" + text[1:]
    return f"'{text}" if text.startswith(FORMULA) else text


def _field(value: float | int | str | bool | None) -> str:
    """A value in a CSV file. Text is quoted, so that a ``#`` in it starts no comment."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return '"' + harmless(value).replace('"', '""').replace("\n", " ") + '"'
    return repr(value)


def _comment(line: str) -> str:
    """A comment in a CSV file. A spreadsheet splits it into cells at its separator, which language and country choose."""
    return "# " + re.sub(rf'([,;]"?)(?=[{re.escape("".join(FORMULA))}])', r"\1'", line)


def _csv(about: About, rows: Iterable[Iterable]) -> bytes:
    # With a byte order mark, which Excel needs to read UTF-8.
    lines = [*map(_comment, about.lines()), *(",".join(_field(value) for value in row) for row in rows)]
    return ("\ufeff" + "\n".join(lines) + "\n").encode()


def table_csv(payload: dict, about: About) -> bytes:
    """Return a table as CSV in UTF-8: comment lines, labels, units, then the values."""
    found = columns(payload)
    rows = zip(*(column.values for column in found), strict=True)
    return _csv(about, [[column.label for column in found], [column.unit for column in found], *rows])


def figure_csv(record: dict, about: About) -> bytes:
    """Return the data of a figure as CSV in UTF-8: comment lines, labels with units, then the values."""
    return _csv(about, [record["data"]["columns"], *record["data"]["rows"]])


def table_xlsx(payload: dict, about: About, date: datetime.datetime) -> bytes:
    """Return a table as a workbook of one sheet: the lines of `About`, labels, units, then the values, shown as on the page.

    Parameters
    ----------
    date
        When the workbook says that it was made.
    """
    found = columns(payload)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"title": about.lines()[0], "comments": "\n".join(about.lines()[1:]), "created": date})
        head = len(about.lines())
        sheet = book.add_worksheet(about.id[:31])
        wrapped = {"text_wrap": True, "valign": "top"}
        style = functools.cache(lambda **properties: book.add_format(properties))
        for row, line in enumerate(about.lines()):
            sheet.write_string(row, 0, line, style(bold=row == 0))
        for place, column in enumerate(found):
            is_number = any(isinstance(value, (int, float)) for value in column.values)
            align = {"align": "right" if is_number else "left"}
            sheet.write_string(head, place, column.label, style(bold=True, **wrapped, **align))
            write_unit = sheet.write_string if column.unit else sheet.write_blank
            write_unit(head + 1, place, column.unit, style(italic=True, bottom=1, **wrapped, **align))
            for row, (value, text) in enumerate(zip(column.values, column.texts, strict=True), head + 2):
                if isinstance(value, str) or value in (math.inf, -math.inf):
                    sheet.write_string(row, place, text, style(**wrapped))
                elif value is not None:
                    sheet.write_number(row, place, value, style(num_format=number_format(value, text), valign="top"))
            shown = max(map(_cells_wide, column.texts), default=0)
            word = max(map(_cells_wide, f"{column.label} {column.unit}".split()), default=0)
            sheet.set_column(place, place, min(max(shown, word, min(_cells_wide(column.label), 16), 8) + 2, 60))
        sheet.freeze_panes(head + 2, 1)
    return buffer.getvalue()


def number_format(value: float, text: str) -> str:
    """Return the spreadsheet format that shows a number as the page does, e.g. ``#,##0.00``."""
    digits = re.search(r"\.([0-9]+)$", text)
    thousands = "#,##0" if "," in text or abs(value) < 1000 else "0"
    return thousands + (f".{'0' * len(digits[1])}" if digits else "")


def _cells_wide(text: str) -> int:
    return sum(2 if "\u2e80" <= letter <= "\uffef" else 1 for letter in text)


def table_tex(payload: dict, about: About) -> bytes:
    """Return a table as LaTeX for a bare article.

    Raises
    ------
    ValueError
        A character for which `zhejiang.latex` knows no command.
    """
    _, *lines = about.lines()
    try:
        return latex.table(payload, about.number, lines, [lines[1], f"Zhejiang Recomputed, version {about.version}, {about.id}."]).encode()
    except ValueError as error:
        raise ValueError(f"table {about.id!r}: {error}") from None


def figure_svg(svg: str, about: About, alt: str) -> str:
    """Return a figure that says what it is: title, text alternative, source, citation."""
    title, *lines = about.lines()
    start = re.search(r"<svg\b[^>]*>", svg).end()
    described = html.escape("\n".join([alt, *lines]), quote=False)
    return f"{svg[:start]}\n <title>{html.escape(title, quote=False)}</title>\n <desc>{described}</desc>{svg[start:]}"


def media_type(name: str) -> str:
    """Return the media type of a file of the archive."""
    return MEDIA_TYPES.get(name.rpartition(".")[2], "text/plain")


def archive(members: Mapping[str, bytes], path: Path, date: datetime.datetime) -> None:
    """Write a zip file of the members, sorted by name, all of one date and readable by everybody."""
    packed = {"png", "xlsx"}
    # Every build packs again what is 5 MB of 17; a higher level takes more than twice the time for 3 percent of the file.
    level = 3
    with zipfile.ZipFile(path, "w") as file:
        for name, content in sorted(members.items()):
            info = zipfile.ZipInfo(name, date.timetuple()[:6])
            # Unix, a plain file, rw-r--r--: on every machine.
            info.create_system, info.external_attr = 3, 0o100644 << 16
            info.compress_type = zipfile.ZIP_STORED if name.rsplit(".", 1)[-1] in packed else zipfile.ZIP_DEFLATED
            file.writestr(info, content, compresslevel=level)


def readme(title: str, version: str, citation: str) -> str:
    """Return the archive's README.txt."""
    return f"""{title}, version {version}

tables/     each table as CSV (units in the row under the labels, full precision), XLSX and LaTeX (for a bare article)
figures/    each figure as SVG, as PNG at {png.DPI} dots per inch, and what it draws as CSV
notebooks/  each chapter as an executed notebook
results.json  every number, interval and verdict, by id; the book's page "The numbers as data" documents it
ro-crate-metadata.json  what each file is, for machines (RO-Crate 1.1)
Files are called by their ids, which stay the same in later versions. The lines with # at the head of a CSV file are comments.
Cite: {citation} (CITATION.cff)
Licences: code LICENSE; prose, figures and data LICENSE-DATA
"""


def list_for_readme(exhibits: Iterable[dict], titles: Mapping[str, str]) -> str:
    """Return the tables and figures by chapter, and the code cell that makes each, as folded lists in Markdown.

    Parameters
    ----------
    exhibits
        Entries of `exhibits.json`.
    titles
        Title by page.
    """
    lines = []
    by_page: dict[str, list[dict]] = {}
    for entry in exhibits:
        by_page.setdefault(entry["page"], []).append(entry)
    for page, entries in by_page.items():
        source = re.sub(r"\.html$", ".md", page)
        lines += ["<details>", f"<summary>{html.escape(titles[page], quote=False)}: <code>{source}</code></summary>", "",
                  "| | | Code cell | Id |", "| --- | --- | ---: | --- |"]
        lines += [f"| {entry['number']} | {entry['caption'].replace('|', chr(92) + '|')} | {entry['cell']} | `{entry['id']}` |" for entry in entries]
        lines += ["", "</details>", ""]
    return "\n".join(lines)
