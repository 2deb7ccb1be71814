"""The data catalogue: `CATALOG.md`, `SOURCES.md` and `datapackage.json` in `data/`, generated from the sidecars."""

from __future__ import annotations

import json
import re

import pandas as pd

from zhejiang import data
from zhejiang.checks import ROUNDING, said


def sidecars() -> dict[str, dict]:
    """Return every sidecar by table name, in alphabetical order; templates of printed tables are none."""
    return {
        path.relative_to(data.DATA).with_suffix("").as_posix(): data.read_sidecar(path)
        for path in sorted(data.DATA.rglob("*.yml"))
        if path.parent.name != "claims" and not path.name.startswith(data.TEMPLATE)
    }


def seal() -> list[str]:
    """Write the checksum and the number of rows of every changed table into its sidecar.

    Returns the names of the tables that changed. The content is checked by `data.check_table` and `faults`, not here:
    sealing says that a change is meant, not that it is right. Raises `data.DataError` for a file whose rows cannot be told apart.
    """
    changed = []
    for name, sidecar in sidecars().items():
        path = data.DATA / f"{name}.csv"
        if data.checksum(path) != sidecar["sha256"]:
            rows = data.count_rows(path)
            text = path.with_suffix(".yml").read_text(encoding="utf-8")
            text = re.sub(r"^rows: .*$", f"rows: {rows}", text, flags=re.MULTILINE)
            text = re.sub(r"^sha256: .*$", f"sha256: {data.checksum(path)}", text, flags=re.MULTILINE)
            path.with_suffix(".yml").write_text(text, encoding="utf-8", newline="\n")
            changed.append(name)
    return changed


def faults() -> list[str]:
    """Return what is wrong with the tables as they stand: those that do not load, and those that differ from another (`agrees`)."""
    known, frames, found = sidecars(), {}, []
    for name in known:
        try:
            frames[name] = data.load(name)
        except data.DataError as error:
            found.append(str(error))
    for name, frame in frames.items():
        for rule in known[name].get("agrees", []):
            # A table that does not load is a fault of its own.
            if rule["with"] in frames or rule["with"] not in known:
                found += disagreements(name, frame, rule, frames)
    return found


def disagreements(name: str, frame: pd.DataFrame, rule: dict, frames: dict[str, pd.DataFrame]) -> list[str]:
    """Return one message for each column of a table that differs from another table's where a rule `agrees` says that they are equal."""
    file, other = f"data/{name}.csv", frames.get(rule["with"])
    if other is None:
        return [f"data/{name}.yml: agrees names the table {rule['with']!r}: expected one that there is"]
    for table, columns in ((frame, [*rule["match"], *rule["columns"]]), (other, [*rule.get("where", {}), *rule["match"].values(), *rule["columns"].values()])):
        for column in columns:
            if column not in table.columns:
                return [f"data/{name}.yml: agrees names the column {column!r}: expected one of {list(table.columns)}"]
    for column, value in rule.get("where", {}).items():
        other = other[other[column] == value]
    # A code is a number in one table and text in another.
    here = pd.MultiIndex.from_frame(frame[list(rule["match"])].astype(str))
    there = pd.MultiIndex.from_frame(other[list(rule["match"].values())].astype(str))
    found = []
    for column, twin in rule["columns"].items():
        values = pd.Series(other[twin].to_numpy(), there).dropna()
        values = values[~values.index.duplicated()].reindex(here)
        mine = pd.Series(frame[column].to_numpy(), here)
        both = (mine.notna() & values.notna()).to_numpy()
        if not both.any():
            found.append(f"data/{name}.yml: agrees, column {column}: no row meets one of data/{rule['with']}.csv: expected some")
        if frame[column].dtype.kind in "if":
            mine, values = mine.astype(float), values.astype(float)
            wrong = both & ((mine - values).abs() > rule["tolerance"] * values.abs() + ROUNDING).to_numpy()
        else:
            wrong = both & (mine != values).to_numpy()
        if wrong.any():
            row = int(wrong.argmax())
            found.append(f"{file}, row {row + 2}, column {column}: {said(mine.iloc[row])}: expected {said(values.iloc[row])}, column {twin} of data/{rule['with']}.csv")
    return found


def generate() -> dict[str, str]:
    """Return the text of the generated files by path below `data/`."""
    lines = ["# Data catalogue", "", "Generated from the sidecars by `python -m zhejiang seal`.", "",
             "| Table | Title | Rows | Quality of sources | Status |", "| --- | --- | --- | --- | --- |"]
    resources = []
    for name, sidecar in sidecars().items():
        quality = ", ".join(sorted({source["quality"] for source in sidecar["sources"]}))
        lines.append(f"| `{name}` | {sidecar['title']['en']} {sidecar['title']['zh']} | {sidecar['rows']} | {quality} |"
                     f" {sidecar['status']} |")
        resources.append({
            "name": name.replace("/", "-").replace("_", "-"),
            "path": f"{name}.csv",
            "profile": "tabular-data-resource",
            "title": sidecar["title"]["en"],
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "hash": f"sha256:{sidecar['sha256']}",
            "sources": [{"title": f"{s['publisher']}, {s['title']} ({s['edition']}), {s['where']}"} for s in sidecar["sources"]],
            "schema": {
                "fields": [
                    {"name": c["name"], "type": c["type"], "description": f"{c['description']} [{c['unit']}]"}
                    for c in sidecar["columns"]
                ],
                "primaryKey": sidecar["key"],
                "missingValues": [""],
            },
        })
    package = {"name": "zhejiang-recomputed", "title": "Data of Zhejiang Recomputed", "profile": "tabular-data-package",
               "resources": resources}
    return {
        "CATALOG.md": "\n".join(lines) + "\n",
        "SOURCES.md": _sources(),
        "datapackage.json": json.dumps(package, ensure_ascii=False, indent=1) + "\n",
    }


def _sources() -> str:
    """Return every publication that figures were read from: where it can be had, its rights, and the tables made from it."""
    found: dict[tuple, list[str]] = {}
    for name, sidecar in sidecars().items():
        for source in sidecar["sources"]:
            work = tuple(" ".join(str(source[field]).split()) for field in ("publisher", "title", "edition", "where", "quality"))
            found.setdefault((*work, sidecar["licence"]), []).append(name)
    lines = ["# Sources", "", "Generated from the sidecars by `python -m zhejiang seal`. Quality: A official page seen, B copy of official figures,"
             " C press or trade. All are publications; nothing is confidential.", "",
             "| Publisher | Publication (edition) | Where | Quality | Rights | Tables in `data/` |", "| --- | --- | --- | --- | --- | --- |"]
    for (publisher, title, edition, where, quality, rights), tables in sorted(found.items()):
        cells = [publisher, f"{title} ({edition})", where, quality, rights, ", ".join(f"`{table}`" for table in dict.fromkeys(tables))]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def write() -> None:
    """Write the generated files."""
    for name, text in generate().items():
        (data.DATA / name).write_text(text, encoding="utf-8", newline="\n")
