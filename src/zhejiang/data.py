"""Read the project's tables and claims, and refuse what does not match its description.

Every table `data/<topic>/<table>.csv` has a sidecar `data/<topic>/<table>.yml` that says what each
column is, where the figures were read, how many rows and empty cells there are, what must add up,
and the SHA-256 of the file. This is the only module that reads a file.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import re
from functools import lru_cache
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import yaml
from IPython import get_ipython
from IPython.display import display

from zhejiang import ROOT


DATA = ROOT / "data"
RECORD = "application/vnd.zhejiang.record+json"


class DataError(ValueError):
    """A file that does not match its description; the message names file, row, column and value."""


def load(table: str) -> pd.DataFrame:
    """Return a table after checking it against its sidecar.

    Parameters
    ----------
    table
        Name below `data/` without ending, e.g. ``"macro/exchange_rates"``.

    Returns
    -------
    DataFrame with the sidecar's columns in its order. Integer columns are int64 (Int64 where empty
    cells are known), numbers float64, text is str. ``attrs["sidecar"]`` holds the sidecar.

    Raises
    ------
    DataError
        The file is missing, is not UTF-8, or differs from its sidecar: checksum, columns, number
        of rows, type, range, empty cells, duplicate key, or a sum that does not add up.
    """
    path = DATA / f"{table}.csv"
    sidecar = read_sidecar(path.with_suffix(".yml"))
    frame = check_table(path, sidecar)
    frame.attrs["sidecar"] = sidecar
    record_input(path)
    return frame


def sources(*tables: str) -> str:
    """The titles of the tables, for a source line; the data catalogue has their publishers and editions."""
    titles = [read_sidecar(DATA / f"{table}.yml")["title"]["en"] for table in tables]
    return "; ".join(titles) + " (data catalogue)"


def read_sidecar(path: Path) -> dict:
    """Return a sidecar; raise `DataError` if it is missing or does not follow the schema."""
    return _read_yaml(path, "table")


@lru_cache
def read_claims(chapter: str) -> list[dict]:
    """Return the claims of a chapter, one dict each, printed tables expanded to one claim a cell.

    Raises `DataError` for a file that does not follow the schema, an id that occurs twice or does
    not start with the chapter's.
    """
    path = DATA / "claims" / f"{chapter}.yml"
    document = _read_yaml(path, "claims")
    claims = [{"wording": "exact", **claim} for claim in document["claims"]]
    for printed in document.get("tables", []):
        frame = load(printed["table"])
        for column, cell in printed["cells"].items():
            for by, label, value in zip(frame[printed["by"]], frame[printed["label"]], frame[column]):
                claims.append({
                    "id": f"{printed['id']}-{cell['slug']}-{by}",
                    "page": printed["page"],
                    "place": printed["place"],
                    "printed": value,
                    "wording": "exact",
                    **{k: v for k, v in cell.items() if k != "slug"},
                    "claim": cell["claim"].format(label=label),
                })
    ids = [claim["id"] for claim in claims]
    for claim_id in ids:
        if not claim_id.startswith(f"{chapter}-"):
            raise DataError(f"{_name(path)}: claim {claim_id!r}: expected an id that starts with '{chapter}-'")
        if ids.count(claim_id) > 1:
            raise DataError(f"{_name(path)}: claim {claim_id!r} occurs {ids.count(claim_id)} times: expected once")
    record_input(path)
    return claims


def check_table(path: Path, sidecar: dict) -> pd.DataFrame:
    """Return the table in `path` as typed columns; raise `DataError` where it differs from `sidecar`.

    Faults in the content are reported before the checksum, since they say more.
    """
    name = _name(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{name}: no such file, but a sidecar describes it") from None
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise DataError(
            f"{name}, row {row}: byte {raw[error.start]:#04x} at position {error.start}: expected UTF-8"
        ) from None
    try:
        text = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except pd.errors.ParserError as error:
        raise DataError(f"{name}: {error}: expected a table with the same number of cells in each row") from None
    expected = [column["name"] for column in sidecar["columns"]]
    if list(text.columns) != expected:
        missing = [c for c in expected if c not in text.columns]
        extra = [c for c in text.columns if c not in expected]
        raise DataError(
            f"{name}, row 1: columns missing: {missing or 'none'}, unknown: {extra or 'none'}: expected {expected}"
        )
    frame = pd.DataFrame({c["name"]: _typed(name, text[c["name"]], c) for c in sidecar["columns"]})
    double = frame.duplicated(sidecar["key"])
    if double.any():
        row = double.idxmax()
        raise DataError(
            f"{name}, row {row + 2}, column {sidecar['key']}: {frame.loc[row, sidecar['key']].tolist()}"
            " occurs before: expected a key that occurs once"
        )
    for rule in sidecar.get("sums", []):
        gap = frame[rule["of"]].sum(axis=1, skipna=False) - frame[rule["equals"]]
        wrong = gap.abs() > rule["tolerance"] + 1e-9
        if wrong.any():
            row = wrong.idxmax()
            raise DataError(
                f"{name}, row {row + 2}, column {rule['equals']}: {frame.loc[row, rule['equals']]}: expected"
                f" {' + '.join(rule['of'])} = {frame.loc[row, rule['of']].sum():g} within {rule['tolerance']:g}"
            )
    if len(frame) != sidecar["rows"]:
        raise DataError(f"{name}: {len(frame)} rows: expected {sidecar['rows']}")
    checksum = hashlib.sha256(raw).hexdigest()
    if checksum != sidecar["sha256"]:
        raise DataError(
            f"{name}: SHA-256 {checksum}: expected {sidecar['sha256']}. If the change is meant, say why in the"
            " sidecar and run `python -m zhejiang seal`"
        )
    return frame


def _typed(name: str, text: pd.Series, column: dict) -> pd.Series:
    def refuse(row: int, expectation: str):
        raise DataError(f"{name}, row {row + 2}, column {column['name']}: {text[row]!r}: expected {expectation}")

    empty = text == ""
    if empty.sum() != column.get("nulls", 0):
        refuse(empty.idxmax() if empty.any() else 0, f"{column.get('nulls', 0)} empty cells, found {empty.sum()}")
    if column["type"] == "string":
        values = text
    else:
        pattern = r"[+-]?\d+" if column["type"] == "integer" else r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
        wrong = ~empty & ~text.str.fullmatch(pattern)
        if wrong.any():
            refuse(wrong.idxmax(), f"{'an integer' if column['type'] == 'integer' else 'a number'}")
        values = pd.to_numeric(text.mask(empty))
        if column["type"] == "integer":
            values = values.astype("Int64" if empty.any() else "int64")
        else:
            values = values.astype("float64")
        for limit, outside in (("minimum", np.less), ("maximum", np.greater)):
            if limit in column:
                wrong = ~empty & outside(values.fillna(column[limit]), column[limit])
                if wrong.any():
                    refuse(wrong.idxmax(), f"{limit} {column[limit]}")
    if "values" in column:
        wrong = ~empty & ~values.isin(column["values"])
        if wrong.any():
            refuse(wrong.idxmax(), f"one of {column['values']}")
    return values


def _read_yaml(path: Path, schema: str) -> dict:
    name = _name(path)
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{name}: no such file") from None
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
    """In a notebook, leave a record of the file that was read, and of the code that read it.

    The record is an output of the cell. It travels with the executed notebook into the cache, so that
    a build can tell whether the notebook has to run again.
    """
    if get_ipython() is None:
        return
    record = {
        "type": "input",
        "path": _name(path),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "code": code_fingerprint(),
        "python": platform.python_version(),
    }
    display({RECORD: {"records": [record]}, "text/plain": f"Read {record['path']}"}, raw=True)


@lru_cache
def code_fingerprint() -> str:
    """SHA-256 of `src/zhejiang`, the Python version and the installed versions of the locked packages."""
    digest = hashlib.sha256(platform.python_version().encode())
    for path in sorted(Path(__file__).parent.glob("**/*")):
        if path.suffix in {".py", ".json"}:
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    for name, version in locked_versions().items():
        digest.update(f"{name}=={version}\n".encode())
    return digest.hexdigest()


def locked_versions() -> dict[str, str]:
    """Installed version of every package named in requirements.lock that is installed here."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = {}
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, flags=re.MULTILINE):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            # A package that the lock wants on other platforms only.
            continue
    return found
