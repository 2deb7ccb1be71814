"""Turn the records that `zhejiang.show` leaves in a notebook into the nodes of a page.

myst-nb finds `RecordRenderer` through the entry point ``myst_nb.mime_renderers``. The nodes need no script,
so that the pages and the PDF made from them show the same tables, figures and verdicts. Only a calculator needs one; where
none runs, its page says so.
"""

from __future__ import annotations

import hashlib

from docutils import nodes

from zhejiang.inputs import RECORD
from zhejiang.looks import SYMBOLS, dark
from zhejiang.typography import with_minus


class records(nodes.Invisible, nodes.Element):
    """Numbers, verdicts and inputs of one output, as JSON; in HTML the anchors of its numbers."""


class mark(nodes.Inline, nodes.TextElement):
    """A verdict: a symbol and a word, so that it does not rely on colour."""


class downloads(nodes.Inline, nodes.Element):
    """The place of the links to the files of a table or figure."""


class numbers(nodes.Invisible, nodes.Element):
    """Numbers for a script of the page (a calculator, the points of a figure), as JSON in it, so that it also works from disk."""


def verdict_mark(verdict: str, word: bool) -> mark:
    """Return the badge of a verdict; without `word` the word is for screen readers only."""
    return mark("", verdict, verdict=verdict, symbol=SYMBOLS[verdict], word=word)


class RecordRenderer:
    """Renders the project's records and its figures, and leaves every other output to myst-nb."""

    # The PDF's builder is not among those that myst-nb knows.
    mime_priority_overrides = [("*", RECORD, 1), *(("print", kind, place) for place, kind in enumerate(
        ("image/svg+xml", "text/html", "text/markdown", "text/plain"), 2))]

    @staticmethod
    def handle_mime(renderer, data, inline):
        """Return nodes for a record or for an SVG figure that carries one; else None."""
        document = renderer.renderer.document
        if data.mime_type == RECORD:
            content = data.content
            published = [content["table"]] if "table" in content else []
            result = [records(records=[*content["records"], *published])]
            if "table" in content:
                result += table_nodes(content["table"], document)
            if "calculator" in content:
                result.append(calculator_node(content["calculator"]))
            return result
        record = data.output_metadata.get("image/svg+xml", {}).get("zhejiang")
        if data.mime_type == "image/svg+xml" and record:
            images = _write_images(record["id"], data.string, renderer.write_file)
            return [records(records=[{**record, "images": images}]), *figure_nodes(record, images, document)]
        return None


def table_nodes(payload: dict, document: nodes.document) -> list[nodes.Node]:
    """Return a captioned table that scrolls inside its own box, and its source line."""
    table = nodes.table(ids=[payload["id"]], names=[payload["id"]], classes=["zr-table", *(["zr-filter"] if payload["sortable"] else [])])
    document.note_explicit_target(table)
    table += nodes.title(text=payload["caption"])
    group = nodes.tgroup(cols=len(payload["columns"]))
    table += group
    group += nodes.colspec(colwidth=1, stub=1)
    group += [nodes.colspec(colwidth=1) for _ in payload["columns"][1:]]
    head = nodes.thead()
    head += _row([_entry({"text": c["label"]}, c["align"]) for c in payload["columns"]])
    if any(c["unit"] for c in payload["columns"]):
        head += _row([_entry({"text": c["unit"]}, c["align"], "zr-unit") for c in payload["columns"]])
    body = nodes.tbody()
    for row in payload["rows"]:
        cells = [row["head"], *row["cells"]]
        body += _row([_entry(cell, column["align"]) for cell, column in zip(cells, payload["columns"], strict=True)])
    group += [head, body]
    return [nodes.container("", table, classes=["zr-table-box"]), _source(payload)]


def calculator_node(payload: dict) -> nodes.container:
    """Return the place of a calculator: what it would show, for readers without scripts, and its numbers for `what_if.js`."""
    text = (f"{payload['caption']}. In a browser that runs scripts a calculator stands here: for any sector and change it gives the effect on"
            " every sector. The table of multipliers holds the totals for a change of one unit.")
    return nodes.container("", nodes.paragraph("", text), numbers(payload=payload), ids=[payload["id"]], classes=["zr-what-if"])


def figure_nodes(record: dict, images: dict[str, str], document: nodes.document) -> list[nodes.Node]:
    """Return a figure with one image for each theme, its text alternative, caption and source line."""
    figure = nodes.figure(ids=[record["id"]], names=[record["id"]], classes=["zr-figure"])
    document.note_explicit_target(figure)
    figure += image_nodes(images, record["alt"])
    figure += nodes.caption(text=record["caption"])
    figure += values_nodes(record)
    return [figure, _source(record)]


def image_nodes(images: dict[str, str], alt: str) -> list[nodes.image]:
    """Return one image for each theme; the style sheet shows the one that fits."""
    # Not the theme's only-light and only-dark: they hide the caption too. dark-light keeps it from putting a
    # white ground behind the image.
    return [nodes.image(uri=uri, alt=alt, classes=[f"zr-{theme}", "dark-light"]) for theme, uri in images.items()]


def values_nodes(record: dict) -> list[numbers]:
    """Return the rows of a figure's data that are drawn as points, written as a reader wants them; none for a figure without points."""
    if not record["points"]:
        return []
    rows = record["data"]["rows"]
    used = sorted({row for *_, row in record["points"]})
    return [numbers(payload={
        "columns": [column.replace("_", " ") for column in record["data"]["columns"]],
        "rows": [[_short(value) for value in rows[row]] for row in used],
        "points": [[x, y, used.index(row)] for x, y, row in record["points"]],
    })]


def _short(value: str | float | bool | None) -> str:
    """A value of a figure's data with four digits; a whole number below 10,000 may be a year and has no comma."""
    if value is None or isinstance(value, (str, bool)):
        return "" if value is None else str(value)
    if isinstance(value, int):
        text = str(value) if abs(value) < 10_000 else f"{value:,}"
    else:
        text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return with_minus(text)


def _write_images(figure_id: str, svg: str, write_file) -> dict[str, str]:
    """Write the figure for both themes; return the address of each, which changes with its content."""
    images = {}
    for theme, content in (("light", svg), ("dark", dark(svg))):
        name = f"{figure_id}-{hashlib.sha256(content.encode()).hexdigest()[:12]}-{theme}.svg"
        images[theme] = write_file([name], content.encode(), overwrite=False, exists_ok=True)
    return images


def _source(record: dict) -> nodes.paragraph:
    """Return the source line, with the place of the links to the files."""
    return nodes.paragraph("", record["source"], downloads(target=record["id"]), classes=["zr-source"])


def _row(entries: list[nodes.entry]) -> nodes.row:
    row = nodes.row()
    row += entries
    return row


def _entry(cell: dict, align: str, *classes: str) -> nodes.entry:
    text = nodes.paragraph("", with_minus(cell.get("text", "")))
    if len(cell.get("text", "")) <= 12:
        classes += ("zr-short",)
    if "mark" in cell:
        if cell.get("text"):
            text += nodes.Text(" ")
        text += verdict_mark(cell["mark"], cell.get("word", False))
    return nodes.entry("", text, classes=[f"zr-{align}", *classes], ids=[cell["anchor"]] if "anchor" in cell else [])
