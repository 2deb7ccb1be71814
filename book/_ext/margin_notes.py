"""Notes in the margin: the work behind a citation, and the tables that a cell reads, beside the place where they are used.

They repeat what is a link away (bibliography, data catalogue), so that narrow screens and the PDF do without them.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from zhejiang_book import _link, listed

import zhejiang
from zhejiang import inputs

BIBLIOGRAPHY, CATALOGUE = "book/reference/bibliography", "book/reference/data"


def add_notes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put each work beside the first paragraph that cites it, and each table beside the cell that reads it first."""
    if app.builder.name != "html":
        return
    add_works(app, doctree, docname)
    add_tables(app, doctree, docname)


def add_works(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    address = app.builder.get_relative_uri(docname, BIBLIOGRAPHY) + "#"
    seen: set[str] = set()
    beside: dict[nodes.Node, list[nodes.reference]] = {}
    for reference in doctree.findall(nodes.reference):
        target = reference.get("refuri", "")
        if target.startswith(address) and target not in seen:
            seen.add(target)
            beside.setdefault(_block(reference), []).append(reference)
    for block, references in beside.items():
        # The title of the link is the whole entry, as sphinxcontrib-bibtex sets it.
        _insert_before(block, [[nodes.reference("", reference["reftitle"], internal=True, refuri=reference["refuri"])] for reference in references])


def add_tables(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    page = app.env.get_domain("zhejiang").data["pages"].get(docname, {"records": []})
    cells = [node for node in doctree.findall(nodes.container) if node.get("nb_element") == "cell_code"]
    seen: set[str] = set()
    for number, cell in enumerate(cells, 1):
        paths = dict.fromkeys(record["path"] for record in page["records"] if record["type"] == "input" and record["cell"] == number
                              and record["path"].endswith(".csv") and record["sha256"] != inputs.ABSENT)
        if new := [path for path in paths if path not in seen]:
            seen.update(new)
            names = [path.removeprefix("data/").removesuffix(".csv") for path in new]
            links = [_link(app, docname, CATALOGUE, nodes.make_id(f"table-{name}"), nodes.Text(name)) for name in names]
            _insert_before(cell, [[nodes.Text("Data: "), *listed(links, " · ")]])


def _block(node: nodes.Node) -> nodes.Node:
    """The outermost part of the text around a node that is not itself a section: what a note can stand before."""
    while not isinstance(node.parent, (nodes.section, nodes.document)):
        node = node.parent
    return node


def _insert_before(block: nodes.Node, paragraphs: list[list[nodes.Node]]) -> None:
    note = nodes.sidebar("", *(nodes.paragraph("", "", *content) for content in paragraphs), classes=["margin", "zr-margin"])
    block.parent.insert(block.parent.index(block), note)


def setup(app: Sphinx) -> dict:
    app.setup_extension("zhejiang_book")
    # After the numbers are filled in, which may bring links of their own.
    app.connect("doctree-resolved", add_notes, priority=600)
    return {"version": zhejiang.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
