"""Read the project's tables and claims, and refuse what does not match its description.

Every table `data/<topic>/<table>.csv` has a sidecar `data/<topic>/<table>.yml` that says what each
column is, where the figures were read, how many rows and empty cells there are, what must add up,
and the SHA-256 of the file. This is the only module that reads a file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import operator
import platform
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import jsonschema
import pandas as pd
import yaml
from IPython import get_ipython
from IPython.display import display

from zhejiang import ROOT
from zhejiang.checks import expanded, first_fault, named_columns, numeric_columns
from zhejiang.inputs import ABSENT, RECORD, checksum, code_fingerprint
from zhejiang.typography import FORMULA

DATA = ROOT / "data"
# Files in `data/printed/` that begin so are forms to copy.
TEMPLATE = "template"
# Control characters and marks of no width, among them those that turn the order in which text is shown.
INVISIBLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
# At most eighteen digits: more do not fit an int64, and a float would silently round them.
INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
NUMBER = re.compile(r"[+-]?([0-9]{1,18}\.?[0-9]{0,18}|\.[0-9]{1,18})([eE][+-]?[0-9]{1,2})?")
# Kinds of claims that other claims compute, and how many: the parts of a sum; the parts of a share, then the whole; numerator and
# denominator; the later value and the earlier. `zhejiang.claims` computes them.
RULES = {"sum": (1, math.inf), "share": (2, math.inf), "ratio": (2, 2), "average": (2, 2), "growth": (2, 2)}


# Units that a column's name ends in, and how the unit then begins; the longest ending that fits decides.
UNITS = {"_100m_yuan": "100 million yuan", "_10k_yuan": "(10,000|10 thousand) yuan|.* per 10,000 yuan", "_yuan": "yuan",
         "_100m_usd": "100 million USD", "_10k_usd": "10,000 USD", "_m_usd": "million USD", "_percent": "percent", "_pct": "percent",
         "_persons": "persons", "_10k_persons": "10,000 persons", "_degrees": "degrees", "year": "year"}


class DataError(ValueError):
    """A file that does not match its description; the message names file, row, column and value."""


class MissingFileError(DataError):
    """A file that is not there."""


class UniqueKeys(yaml.CSafeLoader):
    """Refuses a key that occurs twice in a mapping: YAML forbids it, and PyYAML would keep the last without a word."""

    def __init__(self, text: str, name: str):
        super().__init__(text)
        self.name = name

    def construct_mapping(self, node, deep=False):
        seen = []
        for key, _ in node.value:
            if key.value in seen:
                raise DataError(f"{self.name}, line {key.start_mark.line + 1}: key {key.value!r} occurs before: expected once")
            seen.append(key.value)
        return super().construct_mapping(node, deep)


def load(table: str, sealed: bool = True) -> pd.DataFrame:
    """Return a table, as a DataFrame, after checking it against its sidecar.

    It has the sidecar's columns in its order. Integer columns are int64 (Int64 where empty cells are known),
    numbers float64, text is str. Nothing is in ``attrs``, which pandas would copy at every step of a calculation.

    Parameters
    ----------
    table
        Name below `data/` without ending, e.g. ``"macro/exchange_rates"``.
    sealed
        False for a table that is still being typed in: see `check_table`.

    Raises
    ------
    DataError
        The file is missing, is not UTF-8, or differs from its sidecar: checksum, columns, number
        of rows, type, range, empty cells, duplicate key, or a sum that does not add up.
    """
    path = DATA / f"{table}.csv"
    frame = check_table(path, read_sidecar(path.with_suffix(".yml")), sealed)
    record_input(path)
    return frame


def load_optional(table: str) -> pd.DataFrame | None:
    """Return a table as `load` does, or None if neither the file nor its sidecar is there.

    The place of a file that may be dropped in later. A notebook records that nothing was there, so that the next build runs
    it again once there is something.

    Raises
    ------
    DataError
        One of the two files is there without the other, or `load` refuses them.
    """
    path = DATA / f"{table}.csv"
    if path.exists() or path.with_suffix(".yml").exists():
        return load(table)
    record_input(path)
    return None


def sources(*tables: str) -> str:
    """The titles of the tables, for a source line; the data catalogue has their publishers and editions."""
    titles = [read_sidecar(DATA / f"{table}.yml")["title"]["en"] for table in tables]
    return "; ".join(titles) + " (data catalogue)"


def read_sidecar(path: Path) -> dict:
    """Return a sidecar, one entry a column; raise `DataError` if it is missing, does not follow the schema, or has a unit against a column's name."""
    sidecar = _read_yaml(path, "table")
    sidecar["columns"] = [{**column, "name": name} for column in sidecar["columns"] for name in expanded(column["name"])]
    for rule in (rule for field in ("sums", "nested", "ratios", "steps") for rule in sidecar.get(field, [])):
        for part in {"of", "less", "columns"} & rule.keys():
            rule[part] = [name for names in rule[part] for name in expanded(names)]
    for column in sidecar["columns"]:
        ending = max((ending for ending in UNITS if column["name"].endswith(ending)), key=len, default="")
        if ending and not re.match(UNITS[ending], column["unit"]):
            raise DataError(f"{_name(path)}, column {column['name']}: unit {column['unit']!r}: expected the unit that its name says")
    return sidecar


def chapters_with_claims() -> list[str]:
    """Return the chapters that have a ledger, such as ``ch01``."""
    return sorted(path.stem for path in (DATA / "claims").glob("*.yml"))


def has_claims(chapter: str) -> bool:
    """Does a chapter have a ledger? A notebook records where there is none, as with `load_optional`."""
    path = DATA / "claims" / f"{chapter}.yml"
    if not path.exists():
        record_input(path)
    return path.exists()


@lru_cache
def read_claims(chapter: str, sealed: bool = True) -> list[dict]:
    """Return the claims of a chapter, one dict each, printed tables expanded to one claim a cell.

    `from` of a claim is a list of ids of claims, those of a table's columns and rows expanded. With `sealed` false, tables
    that are still being typed in are read as well.

    Raises `DataError` for a file that does not follow the schema, names a column or row that a table does not
    have, or holds an id that occurs twice or does not start with the chapter's; for a claim with more decimals than it says,
    a unit that its table does not have, a share outside 0 to 100, or a rule that cannot compute it.
    """
    path = DATA / "claims" / f"{chapter}.yml"
    name = _name(path)
    document = _read_yaml(path, "claims")
    if document["chapter"] != chapter:
        raise DataError(f"{name}, chapter: {document['chapter']!r}: expected {chapter!r}")
    claims = [{"wording": "exact", **claim} for claim in document["claims"]]
    for printed in document.get("tables", []):
        claims += _cell_claims(name, printed, sealed)
    ids = [claim["id"] for claim in claims]
    for claim in claims:
        claim_id, value = claim["id"], claim["printed"]
        if not re.fullmatch(rf"{chapter}-[a-z0-9-]+", claim_id):
            raise DataError(f"{name}: claim {claim_id!r}: expected '{chapter}-' and lower-case letters, digits, hyphens")
        if ids.count(claim_id) > 1:
            raise DataError(f"{name}: claim {claim_id!r} occurs {ids.count(claim_id)} times: expected once")
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(v, (int, float)) and math.isfinite(v) for v in values):
            raise DataError(f"{name}: claim {claim_id!r}: printed {value!r}: expected a number")
        if (len(values) == 2) != (claim["wording"] == "between") or (len(values) == 2 and values[0] >= values[1]):
            raise DataError(f"{name}: claim {claim_id!r}: printed {value}, worded {claim['wording']!r}: expected two"
                            " numbers in rising order for 'between' and one number for any other wording")
        where = claim.pop("where", f"{name}: claim {claim_id!r}")
        if any(abs(round(v, claim["decimals"]) - v) > 1e-9 for v in values):
            raise DataError(f"{where}: {value}: expected at most {claim['decimals']} decimals, as the ledger says")
        if claim["kind"] == "share" and claim["unit"] == "percent" and not all(0 <= v <= 100 for v in values):
            raise DataError(f"{where}: {value}: expected a share from 0 to 100 percent")
    ledger = {claim["id"]: claim for claim in claims}
    for claim in claims:
        if "from" in claim:
            _check_rule(name, claim, ledger)
    for claim_id, explanation in document.get("explained", {}).items():
        if claim_id not in ledger:
            raise DataError(f"{name}, explained: {claim_id!r}: expected the id of a claim")
        ledger[claim_id].update(explanation)
    record_input(path)
    return claims


def _check_rule(name: str, claim: dict, ledger: dict[str, dict]) -> None:
    """Refuse a `from` that does not compute its claim: kind, number of inputs, inputs that are no claims, units, zeros below a line."""
    def refuse(found, expectation: str):
        raise DataError(f"{name}: claim {claim['id']!r}: {found}: expected {expectation}")

    kind, ids = claim["kind"], claim["from"]
    if kind not in RULES:
        refuse(f"from, for kind {kind!r}", f"kind {', '.join(RULES)}, since only these are computed")
    least, most = RULES[kind]
    if not least <= len(ids) <= most:
        refuse(f"from {ids}", f"{least} inputs" if least == most else f"at least {least} inputs")
    for claim_id in ids:
        if claim_id not in ledger:
            refuse(f"from {claim_id!r}", "the id of a claim, or a column that has claims")
        if isinstance(ledger[claim_id]["printed"], list):
            refuse(f"from {claim_id!r}", "a claim of one number")
    units = list(dict.fromkeys(ledger[claim_id]["unit"] for claim_id in ids))
    if kind in ("sum", "share", "growth") and len(units) > 1:
        refuse(f"from units {units}", "one unit")
    if kind == "sum" and units != [claim["unit"]]:
        refuse(f"unit {claim['unit']!r}", f"{units[0]!r}, the unit of what is added up")
    if kind in ("share", "growth") and not claim["unit"].startswith("percent"):
        refuse(f"unit {claim['unit']!r}", "percent")
    for claim_id in {"sum": [], "growth": ids}.get(kind, ids[-1:]):
        if ledger[claim_id]["printed"] <= 0:
            refuse(f"from {claim_id!r}, printed {ledger[claim_id]['printed']}", "a positive number, for a division")


def _cell_claims(name: str, printed: dict, sealed: bool) -> list[dict]:
    """Return one claim for every cell of the named columns of a printed table; a cell that the sidecar knows as empty is none."""
    try:
        frame = load(printed["table"], sealed)
    except MissingFileError as error:
        raise DataError(f"{name}: table {printed['table']!r}: {error}") from None
    file = f"data/{printed['table']}.csv"
    for column in (printed["by"], printed["label"], *printed["cells"]):
        if column not in frame.columns:
            raise DataError(f"{name}: table {printed['table']!r} has no column {column!r}: expected one of {list(frame.columns)}")
    units = {column["name"]: column["unit"] for column in read_sidecar(DATA / f"{printed['table']}.yml")["columns"]}
    for column, cell in printed["cells"].items():
        if cell["unit"] != units[column]:
            raise DataError(f"{name}: table {printed['table']!r}, column {column!r}: unit {cell['unit']!r}: expected {units[column]!r}, as in its sidecar")
    rows = frame[printed["by"]].astype(str).tolist()
    totals = {str(total): [str(part) for part in parts] for total, parts in printed.get("totals", {}).items()}
    for row in [row for total, parts in totals.items() for row in (total, *parts)]:
        if row not in rows:
            raise DataError(f"{file}, column {printed['by']}: no row {row!r}: expected one, since the totals in {name} name it")
    claims = []
    for column, cell in printed["cells"].items():
        for number, (by, label, value) in enumerate(zip(rows, frame[printed["label"]], frame[column], strict=True)):
            if pd.isna(value):
                continue
            text = cell["claim"].replace("{label}", str(label))
            if "{" in text or "}" in text:
                raise DataError(f"{name}: table {printed['table']!r}, column {column!r}: claim {text!r}: expected no name in braces but {{label}}")
            claims.append({
                "id": f"{printed['id']}-{cell['slug']}-{by}",
                "page": printed["page"],
                "place": printed["place"],
                "printed": value,
                "wording": "exact",
                **{k: v for k, v in cell.items() if k not in ("slug", "from")},
                "claim": text,
                "where": f"{file}, row {number + 2}, column {column}",
                **_cell_rule(name, printed, frame, rows, column, number, totals),
            })
    return claims


def _cell_rule(name: str, printed: dict, frame: pd.DataFrame, rows: list[str], column: str, number: int, totals: dict[str, list[str]]) -> dict:
    """Return what a cell is computed from: columns of its row, cells of other rows, the row before, or the rows of a total."""
    cell = printed["cells"][column]
    if "from" in cell:
        inputs = [(row or rows[number], of) for row, _, of in (source.rpartition(".") for source in cell["from"])]
        rule = {}
    elif rows[number] in totals and cell["kind"] in ("cell", "count"):
        inputs = [(row, column) for row in totals[rows[number]]]
        rule = {"kind": "sum"}
    else:
        return {}
    for row, of in inputs:
        if of not in printed["cells"] or row not in rows:
            raise DataError(f"{name}: table {printed['table']!r}, column {column!r}: from {of!r} of row {row!r}: expected a row and a column with claims")
    if cell["kind"] == "growth" and len(inputs) == 1:
        # Against the row before, a year if rows are years.
        if number == 0:
            return {"missing": "the row before the first is not printed"}
        of = inputs[0][1]
        inputs = [(rows[number], of), (rows[number - 1], of)]
        if frame[printed["by"]].dtype.kind == "i":
            rule = {"periods": int(rows[number]) - int(rows[number - 1])}
            if rule["periods"] < 1:
                raise DataError(f"data/{printed['table']}.csv, row {number + 2}, column {printed['by']}: {rows[number]} after {rows[number - 1]}:"
                                f" expected rising years, since {column} grows from row to row")
    if any(pd.isna(frame[of][rows.index(row)]) for row, of in inputs):
        return {"missing": "a cell that it would be computed from is empty"}
    return {**rule, "from": [f"{printed['id']}-{printed['cells'][of]['slug']}-{row}" for row, of in inputs]}


def check_table(path: Path, sidecar: dict, sealed: bool = True) -> pd.DataFrame:
    """Return the table in `path` as typed columns; raise `DataError` where it differs from `sidecar`.

    Faults in the content are reported before the checksum, since they say more. With `sealed` false, number of rows and
    checksum, which `python -m zhejiang seal` writes, are not looked at.
    """
    name = _name(path)
    expected = [column["name"] for column in sidecar["columns"]]
    numeric = [column["name"] for column in sidecar["columns"] if column["type"] != "string"]
    for named, allowed in ((named_columns(sidecar), expected), (numeric_columns(sidecar), numeric)):
        for field, columns in named:
            for column in columns:
                if column not in allowed:
                    raise DataError(f"{_name(path.with_suffix('.yml'))}: {field} names the column {column!r}: expected one of {allowed}")
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{name}: no such file, but a sidecar describes it") from None
    header, rows = _rows(name, raw)
    if header != expected:
        missing = [c for c in expected if c not in header]
        extra = [c for c in header if c not in expected]
        raise DataError(
            f"{name}, row 1: columns missing: {missing or 'none'}, unknown: {extra or 'none'}: expected {expected}"
        )
    if not rows:
        raise DataError(f"{name}: 0 rows: expected {sidecar['rows']}")
    frame = pd.DataFrame({c["name"]: _typed(name, list(cells), c) for c, cells in zip(sidecar["columns"], zip(*rows, strict=True), strict=True)})
    double = frame.duplicated(sidecar["key"])
    if double.any():
        row = double.idxmax()
        raise DataError(
            f"{name}, row {row + 2}, column {', '.join(sidecar['key'])}: {', '.join(rows[row][header.index(key)] for key in sidecar['key'])}"
            " occurs before: expected a key that occurs once"
        )
    fault = first_fault(frame, sidecar)
    if fault is not None:
        raise DataError(f"{name}, row {fault.row + 2}, column {fault.column}: {fault.found}: expected {fault.expected}")
    if not sealed:
        return frame
    if len(frame) != sidecar["rows"]:
        raise DataError(f"{name}: {len(frame)} rows: expected {sidecar['rows']}")
    found = hashlib.sha256(raw).hexdigest()
    if found != sidecar["sha256"]:
        raise DataError(
            f"{name}: SHA-256 {found}: expected {sidecar['sha256']}. If the change is meant, say why in the"
            " sidecar and run `python -m zhejiang seal`"
        )
    return frame


def count_rows(path: Path) -> int:
    """Return the number of rows of a table; raise `DataError` where it is not a table in UTF-8."""
    return len(_rows(_name(path), path.read_bytes())[1])


def _rows(name: str, raw: bytes) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of a CSV file; every row has as many cells as the header."""
    try:
        content = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise DataError(
            f"{name}, row {row}: byte {raw[error.start]:#04x} at position {error.start}: expected UTF-8"
        ) from None
    for sign, what in (("\ufeff", "a byte order mark"), ("\r", "a carriage return")):
        if sign in content:
            raise DataError(f"{name}, row {content[: content.index(sign)].count(chr(10)) + 1}: {what}: expected UTF-8 with plain line ends")
    _refuse_invisible(f"{name}, row", content)
    if content and not content.endswith("\n"):
        raise DataError(f"{name}, row {content.count(chr(10)) + 1}: no line end: expected one after the last row, as in a file that is not cut off")
    try:
        header, *rows = csv.reader(io.StringIO(content, newline="")) if content else [[]]
    except csv.Error as error:
        raise DataError(f"{name}: {error}: expected a quote that is closed in its row") from None
    for number, row in enumerate(rows, 2):
        if any("\n" in cell for cell in row):
            raise DataError(f"{name}, row {number}: a line break in a cell: expected a quote that is closed in its row")
        if len(row) != len(header):
            raise DataError(f"{name}, row {number}: {len(row)} cells: expected {len(header)}, as in the header")
    return header, rows


def _refuse_invisible(where: str, content: str) -> None:
    found = INVISIBLE.search(content)
    if found is not None:
        line = content.count("\n", 0, found.start()) + 1
        raise DataError(f"{where} {line}: U+{ord(found[0]):04X}, a character that is not seen: expected none")


def _typed(name: str, text: list[str], column: dict) -> pd.Series:
    """Return the cells of a column as values of its type. They are looked at one by one: most columns are short, and pandas takes longer to begin."""
    def refuse(wrong: Iterable[bool], expectation: str) -> None:
        row = next((row for row, is_wrong in enumerate(wrong) if is_wrong), None)
        if row is not None:
            raise DataError(f"{name}, row {row + 2}, column {column['name']}: {text[row]!r}: expected {expectation}")

    empty = text.count("")
    if empty != column.get("nulls", 0):
        refuse((cell == "" or not empty for cell in text), f"{column.get('nulls', 0)} empty cells, found {empty}")
    if column["type"] == "string":
        refuse((len(cell) > 1 and cell.startswith(FORMULA) for cell in text), "text that a spreadsheet does not take for a formula")
        # Blanks that do not show would make two names of one.
        refuse((cell != cell.strip() or not cell.isprintable() for cell in text), "no blank at either end and no character that does not show")
        if "pattern" in column:
            form = re.compile(column["pattern"])
            refuse((cell != "" and not form.fullmatch(cell) for cell in text), f"the form {column['pattern']}")
        values = pd.Series(text, dtype=str)
    else:
        integer = column["type"] == "integer"
        refuse((cell != "" and not (INTEGER if integer else NUMBER).fullmatch(cell) for cell in text), "an integer" if integer else "a number")
        if integer:
            values = pd.Series([int(cell) if cell else pd.NA for cell in text], dtype="Int64" if empty else "int64")
        else:
            values = pd.to_numeric(pd.Series([cell or None for cell in text], dtype=object)).astype("float64")
        for limit, outside in (("minimum", operator.lt), ("maximum", operator.gt)):
            if limit in column:
                refuse(outside(values, column[limit]).fillna(False), f"{limit} {column[limit]}")
    if "values" in column:
        refuse((cell != "" and not is_one for cell, is_one in zip(text, values.isin(column["values"]), strict=True)), f"one of {column['values']}")
    return values


def _read_yaml(path: Path, schema: str) -> dict:
    name = _name(path)
    try:
        content = path.read_text(encoding="utf-8")
        _refuse_invisible(f"{name}, line", content)
        document = UniqueKeys(content, name).get_single_data()
    except FileNotFoundError:
        raise MissingFileError(f"{name}: no such file") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: byte at position {error.start}: expected UTF-8") from None
    except yaml.YAMLError as error:
        raise DataError(f"{name}: {error}: expected YAML") from None
    rules = json.loads((Path(__file__).parent / "schemas" / f"{schema}.json").read_text(encoding="utf-8"))
    fault = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(rules).iter_errors(document))
    if fault is not None:
        where = "/".join(str(part) for part in fault.absolute_path) or "top level"
        raise DataError(f"{name}, {where}: {fault.message}")
    return document


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def record_input(path: Path) -> None:
    """In a notebook, leave a record of the file that was read or not found, and of the code that looked for it.

    The record is an output of the cell. It travels with the executed notebook into the cache, so that
    a build can tell whether the notebook has to run again.
    """
    if get_ipython() is None:
        return
    record = {
        "type": "input",
        "path": _name(path),
        "sha256": checksum(path),
        "code": code_fingerprint(),
        "python": platform.python_version(),
    }
    done = "Not there:" if record["sha256"] == ABSENT else "Read"
    display({RECORD: {"records": [record]}, "text/plain": f"{done} {record['path']}"}, raw=True)

