"""Tag the first cell of every row of a PDF's tables as the head of the row, so that a screen reader says it with each cell.

Typst tags the heads of columns; for those of rows it has a function too, behind a switch that its Python package does not offer.
"""

from __future__ import annotations

from pathlib import Path

import pikepdf


def tag(path: Path) -> None:
    """Write the heads into the structure tree of a PDF (ISO 32000-1, 14.8.5.7: Scope and Headers), and the file in half its size."""
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        rows = [item for item in document.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/TR" and item.P.S == "/TBody"]
        ids = pikepdf.NameTree(document.Root.StructTreeRoot.IDTree) if rows else {}
        for number, row in enumerate(rows):
            head, *cells = row.K
            name = pikepdf.String(f"row{number}")
            head.S, head.ID = pikepdf.Name.TH, name
            _table_attributes(head).Scope = pikepdf.Name.Row
            ids[str(name)] = head
            for cell in cells:
                _table_attributes(cell).Headers.append(name)
        document.save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)


def _table_attributes(cell: pikepdf.Dictionary) -> pikepdf.Dictionary:
    return next(attributes for attributes in cell.A if attributes.O == "/Table")
