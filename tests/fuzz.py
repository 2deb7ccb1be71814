"""Corruptions of the tables, and the check that stops each.

A corruption is sealed: number of rows and checksum in the sidecar are renewed, as `make seal` does, so that something else has to stop it.
`python tests/fuzz.py` writes `book/reference/fuzz_outcomes.json`: for each class of corruption which check stopped it on how many
tables, and the tables on which it went through. What a corruption changes is drawn from a seed and is the same on every machine.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
import tempfile
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import pandas as pd

from zhejiang import ROOT, catalog, data

# The page of the data catalogue shows it.
RECORD = ROOT / "book" / "reference" / "fuzz_outcomes.json"
SEEDS = 4
# Tables that take a second each time have one draw a class.
LARGE = 16_000
NOT_CAUGHT, IDENTICAL = "not caught", "same table"
# What the message of a check says; the first that fits.
CHECKS = [
    ("encoding", r"byte 0x.*expected UTF-8$"),
    ("plain text", r"a byte order mark|a carriage return|a quote that is closed|no line end|a character that is not seen|take for a formula"),
    ("cells of a row", r"cells: expected \d+, as in the header"),
    ("columns", r"columns missing"),
    ("rows", r"\d+ rows: expected"),
    ("empty cells", r"empty cells, found"),
    ("type", r"expected an? (integer|number)$"),
    ("range", r"expected (minimum|maximum) |: expected \S+ to \S+ where "),
    ("values", r"expected one of \[|expected the form"),
    ("plain text", r"no blank at either end"),
    ("key", r"occurs before: expected a key"),
    ("index", r"the next row of the index$|expected no more rows$"),
    ("order", r"rows in rising order"),
    ("names", r"as beside .* before$"),
    ("areas", r"the sum of the areas of"),
    ("balance", r" within \S+, \w+ of \w+$"),
    ("ratios", r"found \S+$"),
    ("steps", r"the value before along"),
    ("sums", r" within \S+$"),
    ("other table", r", column \w+ of data/"),
    ("checksum", r"SHA-256"),
]
SIDECARS = catalog.sidecars()
ROWS = {table: list(csv.reader(io.StringIO((data.DATA / f"{table}.csv").read_text(encoding="utf-8"), newline=""))) for table in SIDECARS}


def check_of(message: str) -> str:
    """The name of the check whose message this is."""
    return next(name for name, pattern in CHECKS if re.search(pattern, message))


@lru_cache
def frames() -> dict[str, pd.DataFrame]:
    return {table: data.load(table) for table in SIDECARS}


def outcome(table: str, raw: bytes) -> str:
    """The check that stops these bytes in the place of a table, sealed; or that they are the same table; or that nothing stops them.

    Raises AssertionError if the message does not name the file, or if they are not stopped unsealed.
    """
    if raw == (data.DATA / f"{table}.csv").read_bytes():
        return IDENTICAL
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzz.csv"
        path.write_bytes(raw)
        try:
            frame = data.check_table(path, SIDECARS[table], sealed=False)
        except data.DataError as error:
            assert str(error).startswith("fuzz.csv"), error
            return check_of(str(error))
        try:
            data.check_table(path, SIDECARS[table])
        except data.DataError as error:
            assert check_of(str(error)) in ("checksum", "rows"), error
        else:
            raise AssertionError(f"{table}: another file passes with the checksum of the old one")
    if frame.equals(frames()[table]):
        return IDENTICAL
    others = {**frames(), table: frame}
    for name, sidecar in SIDECARS.items():
        for rule in sidecar.get("agrees", []):
            if table in (name, rule["with"]) and catalog.disagreements(name, others[name], rule, others):
                return "other table"
    return NOT_CAUGHT


def write(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


class Draw:
    """A table to be corrupted, and the draws of one seed."""

    def __init__(self, table: str, name: str, seed: int):
        self.random = random.Random(f"{name} {table} {seed}")
        self.rows = [list(row) for row in ROWS[table]]
        self.header, self.body = self.rows[0], self.rows[1:]
        self.columns = {column["name"]: column for column in SIDECARS[table]["columns"]}
        self.key = SIDECARS[table]["key"]

    def numeric(self) -> list[int]:
        return [i for i, c in enumerate(self.columns.values()) if c["type"] != "string"]

    def measures(self) -> list[int]:
        """Columns of figures: no codes, years, flags and keys."""
        return [i for i, c in enumerate(self.columns.values())
                if c["type"] != "string" and c["name"] not in self.key and "values" not in c and c["unit"] not in ("year", "GB/T 2260")]

    def labels(self) -> list[int]:
        return [i for i, c in enumerate(self.columns.values()) if c["type"] == "string" and c["name"] not in self.key]

    def cell(self, columns: list[int], wanted: Callable[[str], bool]) -> tuple[list[str], int] | None:
        """A row and a column of a cell that is wanted."""
        places = [(row, column) for row in self.body for column in columns if wanted(row[column])]
        return self.random.choice(places) if places else None

    def done(self) -> bytes:
        return write([self.header, *self.body])


def is_number(text: str) -> bool:
    return text != "" and float(text) != 0


def scaled(text: str, factor: Decimal) -> str:
    """A number times a factor, as a number or as an integer as before."""
    if text == "":
        return text
    value = Decimal(text) * factor
    return format(value, "f") if re.search("[.eE]", text) else str(int(value.to_integral_value()))


def as_bytes(change: Callable[[bytes], bytes]) -> Callable[[Draw], bytes | None]:
    return lambda draw: change(draw.done())


def numbers(change: Callable[[str], str], wanted: Callable[[str], bool] = is_number, columns: Callable[[Draw], list[int]] = Draw.measures):
    """A class that rewrites one number."""
    def corrupt(draw: Draw) -> bytes | None:
        place = draw.cell(columns(draw), wanted)
        if place is None:
            return None
        row, column = place
        row[column] = change(row[column])
        return draw.done()
    return corrupt


def times(factor: int, whole: str) -> Callable[[Draw], bytes | None]:
    """A slip of the unit, up or down: of a cell, a column, or all columns of one unit."""
    def corrupt(draw: Draw) -> bytes | None:
        by = draw.random.choice([Decimal(factor), 1 / Decimal(factor)])
        place = draw.cell(draw.measures(), is_number)
        if place is None:
            return None
        row, column = place
        units = [c["unit"] for c in draw.columns.values()]
        columns = [column] if whole != "unit" else [i for i in draw.measures() if units[i] == units[column]]
        for one in [row] if whole == "cell" else draw.body:
            for i in columns:
                one[i] = scaled(one[i], by)
        return draw.done()
    return corrupt


def cut(within: bool) -> Callable[[Draw], bytes | None]:
    def corrupt(draw: Draw) -> bytes | None:
        lines = draw.done().decode().splitlines(keepends=True)
        if len(lines) < 3:
            return None
        last = draw.random.randrange(2, len(lines))
        rest = lines[last][: draw.random.randrange(1, len(lines[last]) - 1)] if within and len(lines[last]) > 2 else ""
        return ("".join(lines[:last]) + rest).encode()
    return corrupt


def sign_of_a_column(draw: Draw) -> bytes | None:
    place = draw.cell(draw.measures(), is_number)
    if place is None:
        return None
    for row in draw.body:
        row[place[1]] = negative(row[place[1]])
    return draw.done()


def negative(text: str) -> str:
    return text if text == "" else text.removeprefix("-") if text.startswith("-") else f"-{text}"


def digits_exchanged(draw: Draw) -> bytes | None:
    def spots(text):
        return [i for i in range(len(text) - 1) if text[i: i + 2].isdigit() and text[i] != text[i + 1]]
    place = draw.cell(draw.measures(), lambda text: bool(spots(text)))
    if place is None:
        return None
    row, column = place
    i = draw.random.choice(spots(row[column]))
    row[column] = row[column][:i] + row[column][i + 1] + row[column][i] + row[column][i + 2:]
    return draw.done()


def another_digit(draw: Draw) -> bytes | None:
    place = draw.cell(draw.measures(), is_number)
    if place is None:
        return None
    row, column = place
    i = draw.random.choice([i for i, sign in enumerate(row[column]) if sign.isdigit()])
    row[column] = row[column][:i] + draw.random.choice([d for d in "0123456789" if d != row[column][i]]) + row[column][i + 1:]
    return draw.done()


def share_above_one(draw: Draw) -> bytes | None:
    """More than the whole, for a share that lies below it by its unit or its name."""
    shares = [i for i in draw.measures() if "percent" in (c := list(draw.columns.values())[i])["unit"] and c.get("maximum") == 100
              and "growth" not in c["name"] and "change" not in c["name"]]
    return numbers(lambda text: f"{100 + draw.random.randrange(1, 60)}", columns=lambda draw: shares)(draw)


def row_twice(draw: Draw) -> bytes:
    draw.body.insert(draw.random.randrange(len(draw.body) + 1), list(draw.random.choice(draw.body)))
    return draw.done()


def row_missing(draw: Draw) -> bytes:
    del draw.body[draw.random.randrange(len(draw.body))]
    return draw.done()


def rows_exchanged(draw: Draw) -> bytes | None:
    if len(draw.body) < 2:
        return None
    i, j = draw.random.sample(range(len(draw.body)), 2)
    draw.body[i], draw.body[j] = draw.body[j], draw.body[i]
    return draw.done()


def total_row(draw: Draw) -> bytes:
    """The sum of the rows below them, as printed tables have it; a total of years or codes stands under the next free number."""
    total = []
    for i, column in enumerate(draw.columns.values()):
        cells = [row[i] for row in draw.body if row[i] != ""]
        if column["type"] == "string":
            total.append("合计" if column["name"] in draw.key else cells[-1] if "values" in column or "source" in column["name"] else "合计")
        elif column["type"] == "integer" and (column["name"] in draw.key or column["unit"] in ("year", "GB/T 2260")):
            total.append(str(max(int(cell) for cell in cells) + 1))
        else:
            places = max((len(cell.partition(".")[2]) for cell in cells), default=0)
            total.append(f"{sum(map(Decimal, cells)):.{places}f}")
    draw.body.append(total)
    return draw.done()


def column_missing(draw: Draw) -> bytes | None:
    i = draw.random.randrange(len(draw.header))
    for row in (draw.header, *draw.body):
        del row[i]
    return draw.done() if draw.header else None


def column_more(draw: Draw) -> bytes:
    for row in (draw.header, *draw.body):
        row.append(row[-1] if row is not draw.header else "note")
    return draw.done()


def columns_in_another_order(draw: Draw) -> bytes | None:
    if len(draw.header) < 2:
        return None
    i, j = draw.random.sample(range(len(draw.header)), 2)
    for row in (draw.header, *draw.body):
        row[i], row[j] = row[j], row[i]
    return draw.done()


def columns_exchanged(draw: Draw) -> bytes | None:
    """Two columns of one type under each other's heading."""
    pairs = [(i, j) for i in draw.measures() for j in draw.measures() if i < j]
    if not pairs:
        return None
    i, j = draw.random.choice(pairs)
    for row in draw.body:
        row[i], row[j] = row[j], row[i]
    return draw.done()


def cell_of_the_row_above(draw: Draw) -> bytes | None:
    """A line skipped by the eye."""
    places = [(above, row, i) for above, row in zip(draw.body, draw.body[1:]) for i in draw.measures() if above[i] != row[i] and "" not in (above[i], row[i])]
    if not places:
        return None
    above, row, i = draw.random.choice(places)
    row[i] = above[i]
    return draw.done()


def exchanged_in(columns: Callable[[Draw], list[int]]) -> Callable[[Draw], bytes | None]:
    """Two different cells of one column in each other's place."""
    def corrupt(draw: Draw) -> bytes | None:
        able = [i for i in columns(draw) if len({row[i] for row in draw.body}) > 1]
        if not able:
            return None
        i = draw.random.choice(able)
        first = draw.random.choice(draw.body)
        second = draw.random.choice([row for row in draw.body if row[i] != first[i]])
        first[i], second[i] = second[i], first[i]
        return draw.done()
    return corrupt


def another_year(draw: Draw) -> bytes | None:
    years = [i for i, c in enumerate(draw.columns.values()) if c["type"] == "integer" and c["unit"] == "year"]
    return numbers(lambda text: str(int(text) + draw.random.choice([-10, -1, 1, 10, 100])), columns=lambda draw: years)(draw)


FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def of_thousands(text: str) -> bool:
    return text != "" and abs(float(text)) >= 1000


CLASSES: dict[str, Callable[[Draw], bytes | None]] = {
    "saved in GB 18030": as_bytes(lambda raw: raw.decode().encode("gb18030")),
    "saved in UTF-16": as_bytes(lambda raw: raw.decode().encode("utf-16")),
    "a byte order mark": as_bytes(lambda raw: b"\xef\xbb\xbf" + raw),
    "line ends of Windows": as_bytes(lambda raw: raw.replace(b"\n", b"\r\n")),
    "line ends of old Macs": as_bytes(lambda raw: raw.replace(b"\n", b"\r")),
    "no end of the last line": as_bytes(lambda raw: raw[:-1]),
    "semicolons for commas": as_bytes(lambda raw: raw.replace(b",", b";")),
    "an empty file": as_bytes(lambda raw: b""),
    "cut within a row": cut(within=True),
    "cut at the end of a row": cut(within=False),
    "full-width digits": numbers(lambda text: text.translate(FULL_WIDTH), columns=Draw.numeric),
    "a minus that is not ASCII": numbers(lambda text: "−" + text.removeprefix("-"), columns=Draw.numeric),
    "a thousands separator": numbers(lambda text: f"{Decimal(text):,f}", of_thousands, Draw.numeric),
    "a decimal comma": numbers(lambda text: text.replace(".", ","), lambda text: "." in text),
    "a no-break space beside a number": numbers(lambda text: text + "\u00a0", columns=Draw.numeric),
    "a blank beside a label": numbers(lambda text: text + " ", bool, lambda draw: [i for i, c in enumerate(draw.columns.values()) if c["type"] == "string"]),
    "a letter O for a zero": numbers(lambda text: text.replace("0", "O", 1), lambda text: "0" in text, Draw.numeric),
    "a row twice": row_twice,
    "a row missing": row_missing,
    "two rows exchanged": rows_exchanged,
    "a total row": total_row,
    "a column missing": column_missing,
    "a column more": column_more,
    "columns in another order": columns_in_another_order,
    "two columns under each other's heading": columns_exchanged,
    "an empty cell": numbers(lambda text: "", bool),
    "the cell of the row above": cell_of_the_row_above,
    "two labels exchanged": exchanged_in(Draw.labels),
    "two keys exchanged": exchanged_in(lambda draw: [draw.header.index(column) for column in draw.key]),
    "another year": another_year,
    "the sign of a cell": numbers(negative),
    "the signs of a column": sign_of_a_column,
    "a cell times 10": times(10, "cell"),
    "a cell times 100": times(100, "cell"),
    "a cell times 10,000": times(10_000, "cell"),
    "a column times 10": times(10, "column"),
    "a column times 10,000": times(10_000, "column"),
    "all figures of a unit times 10": times(10, "unit"),
    "two digits exchanged": digits_exchanged,
    "another digit": another_digit,
    "a share above one": share_above_one,
}


def corrupted(name: str, table: str, seed: int) -> bytes | None:
    """The bytes of a table after a corruption of a class; None where the class has nothing to change."""
    return CLASSES[name](Draw(table, name, seed))


def is_large(table: str) -> bool:
    return len(ROWS[table]) * len(ROWS[table][0]) > LARGE


def outcomes(name: str, table: str, seeds: int) -> list[str]:
    """What stops each of so many draws of a class; none where the class has nothing to change."""
    raws = [corrupted(name, table, seed) for seed in range(seeds)]
    return [outcome(table, raw) for raw in raws if raw is not None]


def record() -> dict:
    """For each class: how many tables each check protected, and for each table on which a draw went through, how often of how many times."""
    found = {}
    for name in CLASSES:
        by_check: dict[str, int] = {}
        through: dict[str, str] = {}
        for table in SIDECARS:
            results = outcomes(name, table, 1 if is_large(table) else SEEDS)
            for result in set(results) - {NOT_CAUGHT}:
                by_check[result] = by_check.get(result, 0) + 1
            if NOT_CAUGHT in results:
                through[table] = f"{results.count(NOT_CAUGHT)} of {len(results)}"
        found[name] = {"tables": dict(sorted(by_check.items())), "not caught": through}
    return {"seeds": SEEDS, "classes": found}


if __name__ == "__main__":
    RECORD.write_text(json.dumps(record(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
