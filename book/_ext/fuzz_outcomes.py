"""The directive `fuzz-outcomes`: which check stops which corruption of a table, from the record that the tests keep.

`python tests/fuzz.py` writes the record, `tests/test_fuzz.py` checks it.
"""

from __future__ import annotations

import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from zhejiang_book import _table


class FuzzOutcomes(SphinxDirective):
    """A row for each class of corruption: the checks that stop it, and the tables on which it can go through."""

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir) / "book" / "reference" / "fuzz_outcomes.json"
        self.env.note_dependency(str(path))
        classes = json.loads(path.read_text(encoding="utf-8"))["classes"]
        rows = []
        for name, found in classes.items():
            checks = sorted(found["tables"].items(), key=lambda item: -item[1])
            rows.append(("", [name, ", ".join(f"{check} {tables}" for check, tables in checks), str(len(found["not caught"]))]))
        return [_table(["Corruption", "Stopped by (tables)", "Can go through (tables)"], rows, [])]


def setup(app: Sphinx) -> dict:
    app.add_directive("fuzz-outcomes", FuzzOutcomes)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
