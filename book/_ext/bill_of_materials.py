"""Write the software bill of materials beside the landing page, and link it."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import yaml
import zhejiang_book
from citation_records import sources
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

import zhejiang
from zhejiang import citation, sbom


@lru_cache
def content(root: Path) -> dict:
    cff, _ = sources(root)
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    vendored = yaml.safe_load((root / "book/_static/vendor/vendored.yml").read_text(encoding="utf-8"))
    return sbom.sbom(cff, citation.authors(citation.book(cff)), lock, vendored, root)


def link(app: Sphinx, domain, docname: str, argument: str) -> nodes.Node:
    """A paragraph that offers the bill and says how much is in it."""
    components = content(Path(app.srcdir))["components"]
    packages = sum("components" not in component for component in components)
    text = f": {packages} Python packages with their hashes and {len(components) - packages} packages of fonts, styles and scripts, as CycloneDX."
    title = "The software bill of materials"
    if app.builder.name != "html":
        return nodes.paragraph("", f"{title}, beside the HTML pages{text}")
    address = relative_uri(app.builder.get_target_uri(docname), sbom.NAME)
    anchor = nodes.raw("", f'<a href="{address}" download>{title}</a>', format="html")
    return nodes.paragraph("", "", anchor, nodes.Text(text))


def publish(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.name != "html":
        return
    if app.env.get_domain("zhejiang").same_inputs():
        return
    (Path(app.outdir) / sbom.NAME).write_text(json.dumps(content(Path(app.srcdir)), ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> dict:
    app.setup_extension("zhejiang_book")
    zhejiang_book.add_generated(app, {"bill-of-materials": link})
    app.connect("build-finished", publish)
    return {"version": zhejiang.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
