"""The table `fuzz-outcomes`: which check stops which corruption of a table, from the record that the tests keep.

`python tests/fuzz.py` writes the record, `tests/test_fuzz.py` checks it.
"""

from __future__ import annotations

import json
from pathlib import Path

import zhejiang_book
from docutils import nodes
from sphinx.application import Sphinx

import zhejiang


def outcomes(app: Sphinx, domain, docname: str, argument: str) -> nodes.Node:
    """A row for each class of corruption: the checks that stop it, and the tables on which it can go through."""
    path = Path(app.srcdir) / "book" / "reference" / "fuzz_outcomes.json"
    classes = json.loads(path.read_text(encoding="utf-8"))["classes"]
    rows = []
    for name, found in classes.items():
        checks = sorted(found["tables"].items(), key=lambda item: -item[1])
        rows.append(("", [name, ", ".join(f"{check} {tables}" for check, tables in checks), str(len(found["not caught"]))]))
    return zhejiang_book._table(["Corruption", "Stopped by (tables)", "Can go through (tables)"], rows, [])


def setup(app: Sphinx) -> dict:
    app.setup_extension("zhejiang_book")
    zhejiang_book.add_generated(app, {"fuzz-outcomes": outcomes})
    return {"version": zhejiang.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
