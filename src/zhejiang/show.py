"""Put results on the page: one function each for a table, a figure, a number, verdicts and a calculator.

Each call is one output of a notebook cell. It carries what Jupyter shows (HTML, SVG, text) and a record
with the numbers, their ids and their verdicts; the book's pages, `results.json`, the ledger and the landing
page are made from these records.
"""

from __future__ import annotations

import html
import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib import font_manager
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.container import BarContainer

from zhejiang import claims, data
from zhejiang.claims import Verdict
from zhejiang.labels import check_labels
# The notebooks take the colours from here.
from zhejiang.looks import ACCENT, BLUE, GREEN, GRID, INK, MUTED, ORANGE, PURPLE, SYMBOLS, computed_text, printed_text  # noqa: F401

ID = re.compile(r"(ch[0-9]{2}a?|region)-[a-z0-9-]+")

# Values on hover: above this a figure is a cloud.
MOST_POINTS = 500

FONTS = data.ROOT / "book/_static/vendor/fonts"
for _font in sorted(FONTS.glob("*.otf")):
    font_manager.fontManager.addfont(_font)
mpl.rcParams.update({
    "font.family": ["DejaVu Sans", "Book Sans SC"],
    "font.size": 10,
    "figure.figsize": (7.2, 4.2),
    "figure.constrained_layout.use": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "savefig.transparent": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "zhejiang",
})
# A character that no font has would be drawn as an empty box.
warnings.filterwarnings("error", message="Glyph .* missing from")


def number(
    id: str,
    value: float,
    label: str,
    unit: str,
    digits: int,
    lo: float | None = None,
    hi: float | None = None,
    kind: str = "descriptive",
) -> None:
    """Publish one number under an id; prose quotes it with the role `num`, its interval with `interval`.

    Parameters
    ----------
    id
        ``chNN-...`` in lower case, unique in the book.
    value, lo, hi
        The number and its interval, if it has one, in `unit`.
    digits
        Decimals shown on the page; `results.json` has full precision.
    kind
        ``"descriptive"`` or ``"estimate"``.
    """
    _check_id(id)
    record = {"type": "number", "id": id, "value": _plain(value), "lo": _plain(lo), "hi": _plain(hi), "unit": unit,
              "label": label, "kind": kind, "digits": digits}
    text = f"{label}: {value:,.{digits}f} {unit}" + (f" [{lo:,.{digits}f}, {hi:,.{digits}f}]" if lo is not None else "")
    display({data.RECORD: {"records": [record]}, "text/plain": text}, raw=True)


def verdict(*verdicts: Verdict, id: str, caption: str) -> None:
    """Publish verdicts as a table: claim, printed and computed value, basis, verdict."""
    rows = [
        {"head": {"text": v.claim}, "cells": [
            {"text": "preface" if v.page is None else str(v.page)},
            {"text": printed_text(v.printed, v.decimals, v.kind, v.wording), **_value(v.printed),
             **({} if v.wording == "exact" else {"wording": v.wording})},
            {"text": computed_text(v.computed, v.decimals, v.kind), **_value(v.computed)},
            {"text": v.unit},
            {"text": v.basis},
            {"mark": v.verdict, "word": True, "anchor": anchor(v)},
        ]}
        for v in verdicts
    ]
    columns = [("Claim", "left"), ("Page", "right"), ("Printed", "right"), ("Computed", "right"), ("Unit", "left"),
               ("Basis", "left"), ("Verdict", "left")]
    payload = {
        "type": "table", "id": _check_id(id), "caption": caption, "source": "", "sortable": False,
        "columns": [{"label": label, "unit": "", "align": align} for label, align in columns],
        "rows": rows,
    }
    _display_table(payload, verdicts)


def transcription(report: str) -> None:
    """Publish the verdicts that the ledger of a report gives by itself; say so if there is none.

    The place of printed tables that may be added later. Raises `DataError` if a table or the ledger is refused.

    Parameters
    ----------
    report
        Folder of its tables in `data/printed/`, such as ``"03a"``.
    """
    chapter = f"ch{report}"
    verdicts = claims.from_ledger(chapter) if data.has_claims(chapter) else []
    if verdicts:
        verdict(*verdicts, id=f"{chapter}-tab-transcribed", caption="Transcribed numbers of this report, recomputed from each other")
    else:
        sentence = f"No printed number of this report has been transcribed into `data/printed/{report}/` and the ledger."
        display({"text/markdown": sentence, "text/plain": sentence}, raw=True)


def table(
    frame: pd.DataFrame,
    id: str,
    caption: str,
    source: str,
    units: Mapping[str, str],
    digits: Mapping[str, int],
    verdicts: Mapping[tuple, Verdict] = {},
    sortable: bool = False,
) -> None:
    """Publish a table with a units row, aligned decimals, a source line and verdicts beside printed values.

    Parameters
    ----------
    frame
        The index, with its name, is the first column and heads the rows; columns have one level. Empty
        cells (NaN) print as a dash.
    units, digits
        Unit and decimals by column; a column without digits is text.
    verdicts
        Verdict by (row label, column label), shown beside the cell. Verdicts that belong to no cell shown
        do not go here but to `verdict`.
    sortable
        Whether a reader can sort and filter the rows on the page.

    Raises
    ------
    KeyError
        A unit, decimals or a verdict for a column or cell that is not in the frame.
    """
    for name in [*units, *digits, *(column for _, column in verdicts)]:
        if name not in frame.columns and name != frame.index.name:
            raise KeyError(f"table {id!r} has no column {name!r}")
    for row, _ in verdicts:
        if row not in frame.index:
            raise KeyError(f"table {id!r} has no row {row!r}")

    def cell(row, column):
        value = frame.loc[row, column]
        if pd.isna(value):
            text = "–"
        else:
            text = f"{value:,.{digits[column]}f}" if column in digits else str(value)
        content = {"text": text}
        if column in digits:
            content["value"] = _cell(value)
        found = verdicts.get((row, column))
        return content if found is None else {**content, "mark": found.verdict, "anchor": anchor(found)}

    payload = {
        "type": "table", "id": _check_id(id), "caption": caption, "source": source, "sortable": sortable,
        "columns": [
            {"label": str(name), "unit": units.get(name, ""), "align": "right" if name in digits else "left"}
            for name in [frame.index.name, *frame.columns]
        ],
        "rows": [
            {"head": {"text": str(row)}, "cells": [cell(row, column) for column in frame.columns]}
            for row in frame.index
        ],
    }
    _display_table(payload, verdicts.values())


def figure(fig: plt.Figure, id: str, caption: str, alt: str, source: str, data: pd.DataFrame) -> None:
    """Publish a figure with a caption, a text alternative that says what it shows, a source line and its data.

    Parameters
    ----------
    data
        What the figure draws, for readers who want to draw it again: one row an observation, columns of one level with
        units in their names, an index that is data only if it has a name.

    Raises
    ------
    ValueError
        The figure draws a point neither of whose coordinates is in the data. Lines that carry no data, such as a
        diagonal, are drawn with ``gid="guide"``.
    """
    # Whole numbers as such: a column of years that has an empty cell would come out as 1990.0.
    frame = (data.reset_index() if any(name is not None for name in data.index.names) else data).convert_dtypes()
    if missing := _undescribed(fig, frame):
        raise ValueError(f"figure {id!r} draws {missing[:3]}, {len(missing)} points in all, that its data do not hold")
    # Before the marks of guides are gone; where they are drawn is known once the figure is laid out.
    marked = [(axes, points) for axes in fig.axes for points in _marked(axes) if len(points)]
    # The mark is for the check; in the file it would be an id, and one that occurs twice.
    for guide in fig.findobj(lambda artist: artist.get_gid() == "guide"):
        guide.set_gid(None)
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    columns, rows = [str(column) for column in frame.columns], [[_cell(value) for value in row] for row in frame.itertuples(index=False)]
    record = {"type": "figure", "id": _check_id(id), "caption": caption, "alt": alt, "source": source,
              "data": {"columns": columns, "rows": rows}, "points": _points(fig, marked, rows)}
    plt.close(fig)
    display(
        {"image/svg+xml": buffer.getvalue(), "text/plain": f"{caption}\n{alt}"},
        metadata={"image/svg+xml": {"zhejiang": record}},
        raw=True,
    )


def outlines(axes: plt.Axes, boundaries: pd.DataFrame, shade: Mapping[int, float] | None = None) -> None:
    """Draw the prefecture-level cities of Zhejiang as the ground of a map, and set the axes for it.

    Parameters
    ----------
    boundaries
        The table ``prefectures/boundaries``: points of rings, longitude and latitude in degrees.
    shade
        City code to how strongly the city is filled, from 0 to 1; a map that is shaded says its values in labels. None: outlines only.
    """
    for code, city in boundaries.groupby("city_code"):
        rings = [ring[["longitude_degrees", "latitude_degrees"]].to_numpy() for _, ring in city.groupby("ring")]
        filled = "none" if shade is None else (BLUE, shade[code])
        axes.add_collection(PolyCollection(rings, facecolors=[filled], edgecolors=GRID if shade is None else MUTED, linewidths=0.8, zorder=0.5))
    # A degree of longitude is shorter than one of latitude.
    axes.set_aspect(1 / np.cos(np.radians(boundaries["latitude_degrees"].mean())))
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.autoscale_view()


def _points(fig: plt.Figure, marked: list[tuple[plt.Axes, np.ndarray]], rows: list[list]) -> list[tuple[float, float, int]]:
    """Return where in the figure a row of its data is drawn, for values on hover.

    Each point is (x, y, row): x from the left and y from the top as parts of the width and the height. A point counts if both its
    coordinates are in one row only or, where an axis carries names, one of them is. A figure of more than `MOST_POINTS` has none: its
    points lie on top of each other, and the page would become heavy.
    """
    if sum(len(points) for _, points in marked) > MOST_POINTS:
        return []
    table = np.array([[value if isinstance(value, (int, float)) and not isinstance(value, bool) else np.nan for value in row] for row in rows], dtype=float)
    width, height = fig.bbox.width, fig.bbox.height
    found: dict[tuple[float, float], int] = {}
    for axes, points in marked:
        for (x, y), (left, bottom) in zip(points, axes.transData.transform(points), strict=True):
            has_x, has_y = (np.isclose(table, value, rtol=1e-9, atol=1e-12).any(axis=1) for value in (x, y))
            fits = next((fit for fit in (has_x & has_y, has_x, has_y) if fit.any()), has_x)
            place = (round(left / width, 4), round(1 - bottom / height, 4))
            if fits.sum() == 1 and 0 <= place[0] <= 1 and 0 <= place[1] <= 1:
                found[place] = int(np.flatnonzero(fits)[0])
    return [(*place, row) for place, row in found.items()]


def _lines_and_scatters(axes: plt.Axes) -> Iterator[np.ndarray]:
    """Yield the points of lines and scatters that carry data in data coordinates, (n, 2) each."""
    for line in axes.lines:
        if line.get_transform() is axes.transData and line.get_gid() != "guide":
            yield _finite(line.get_xydata())
    for collection in axes.collections:
        if isinstance(collection, PathCollection) and collection.get_gid() != "guide":
            yield _finite(np.ma.filled(np.ma.asarray(collection.get_offsets(), dtype=float), np.nan))


def _marked(axes: plt.Axes) -> Iterator[np.ndarray]:
    """Yield the points of lines and scatters and the ends of bars in data coordinates, (n, 2) each."""
    yield from _lines_and_scatters(axes)
    for container in axes.containers:
        if isinstance(container, BarContainer):
            upright = container.orientation == "vertical"
            yield _finite([(bar.get_x() + bar.get_width() / (2 if upright else 1), bar.get_y() + bar.get_height() / (1 if upright else 2)) for bar in container])


def _finite(points) -> np.ndarray:
    points = np.asarray(points, dtype=float).reshape(-1, 2)
    return points[np.isfinite(points).all(axis=1)]


def _undescribed(fig: plt.Figure, frame: pd.DataFrame) -> list[tuple[float, float]]:
    """Return the points that the figure draws and neither of whose coordinates is a number in the frame.

    One coordinate is enough, since the other may be a place on an axis of names.
    """
    numbers = frame.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    known = np.sort(np.append(numbers[np.isfinite(numbers)], [-np.inf, np.inf]))

    def is_known(values):
        above = np.searchsorted(known, values).clip(1)
        return np.isclose(known[above - 1], values, rtol=1e-9, atol=1e-12) | np.isclose(known[above], values, rtol=1e-9, atol=1e-12)

    drawn = np.vstack([np.empty((0, 2)), *(points for axes in fig.axes for points in _drawn(axes))])
    return [tuple(point) for point in drawn[~(is_known(drawn[:, 0]) | is_known(drawn[:, 1]))].tolist()]


def _drawn(axes: plt.Axes) -> Iterator[np.ndarray]:
    """Yield the points of lines, segments and scatters in data coordinates, and the widths and heights of bars, (n, 2) each."""
    yield from _lines_and_scatters(axes)
    for collection in axes.collections:
        if isinstance(collection, LineCollection) and collection.get_transform() is axes.transData and collection.get_gid() != "guide":
            yield from map(_finite, collection.get_segments())
    for container in axes.containers:
        if isinstance(container, BarContainer):
            yield _finite([(bar.get_width(), bar.get_height()) for bar in container])


def _cell(value):
    """Return a value as JSON has it: numbers as they are, empty as None, everything else as text."""
    if pd.isna(value):
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    return float(value) if isinstance(value, (float, np.floating)) else str(value)


def what_if(
    inverse: pd.DataFrame,
    per_output: pd.DataFrame,
    part: Sequence[str],
    part_name: str,
    id: str,
    caption: str,
    unit: str,
    limit: int,
    units: Mapping[str, str],
    digits: Mapping[str, int],
) -> None:
    """Publish a calculator: the reader changes final demand for one good and sees what that does to every sector.

    The page computes w_i L_ij Δy_j from the numbers published here (L to ten decimals), in the reader's browser. Where no script runs (PDF), a
    sentence stands in its place; publish the multipliers beside it with `table`.

    Parameters
    ----------
    inverse
        (n, n) Leontief inverse L, sectors named as the page shows them.
    per_output
        (n, k) measures w per unit of output, named as the page shows them; a column of ones is output itself. Sectors are listed by
        the first.
    part, part_name
        Sectors whose share in the totals is shown, and what they are called together: services.
    unit, limit
        Unit of final demand, and the largest change, up or down, that can be entered.
    units, digits
        Unit and decimals by measure.

    Raises
    ------
    ValueError
        Labels of the rows, columns and measures that differ, or a sector of the part that is none of them.
    """
    check_labels(inverse.index, inverse.columns, "columns of the inverse")
    check_labels(inverse.index, per_output.index, "measures per output")
    if unknown := [sector for sector in part if sector not in inverse.index]:
        raise ValueError(f"part {unknown}: expected sectors of the inverse")
    calculator = {
        "id": _check_id(id), "caption": caption, "unit": unit, "limit": limit, "part_name": part_name,
        "part": [sector in set(part) for sector in inverse.index],
        "sectors": list(inverse.index),
        # One list for each good whose final demand changes. Ten decimals: the last digits of a solve depend on the machine.
        "effects": inverse.T.to_numpy().round(10).tolist(),
        "measures": [{"name": name, "unit": units[name], "digits": digits[name], "per_output": per_output[name].tolist()}
                     for name in per_output],
    }
    display({data.RECORD: {"calculator": calculator, "records": []}, "text/plain": caption}, raw=True)


def anchor(verdict: Verdict) -> str:
    """The place of a verdict on its page."""
    return f"{verdict.id}-{verdict.basis}"


def _value(value: float | tuple[float, float] | None) -> dict:
    """The number behind a cell's text; a pair has none."""
    return {} if isinstance(value, (tuple, list)) else {"value": _cell(value)}


def _display_table(payload: dict, verdicts) -> None:
    records = [{"type": "verdict", "anchor": anchor(v), **asdict(v)} for v in verdicts]
    display({data.RECORD: {"table": payload, "records": records}, "text/html": _html(payload),
             "text/plain": payload["caption"]}, raw=True)


def _html(payload: dict) -> str:
    """The table as Jupyter shows it; the book builds its own from the record."""
    def cell(c):
        mark = f" {SYMBOLS[c['mark']]} {c['mark']}" if "mark" in c else ""
        return html.escape(c.get("text", "") + mark)

    head = "".join(f"<th>{html.escape(c['label'])}<br>{html.escape(c['unit'])}</th>" for c in payload["columns"])
    body = "".join(
        f"<tr><th>{html.escape(row['head']['text'])}</th>" + "".join(f"<td>{cell(c)}</td>" for c in row["cells"]) + "</tr>"
        for row in payload["rows"]
    )
    return (f"<table><caption>{html.escape(payload['caption'])}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table><p>{html.escape(payload['source'])}</p>")


def _check_id(id: str) -> str:
    if not ID.fullmatch(id):
        raise ValueError(f"id {id!r}: expected chNN-... or region-... in lower case, digits and hyphens")
    return id


def _plain(value: float | None) -> float | None:
    return None if value is None else float(value)
