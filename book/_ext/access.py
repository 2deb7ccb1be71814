"""What makes the pages easy to reach: names of controls, sizes of figures, a description in each page's head."""

from __future__ import annotations

import html
import re
from pathlib import Path

from citation_records import abstract, add_to_head
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from pygments.formatters import HtmlFormatter
from pygments.token import Token
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

# Browsers and search engines show about so much.
DESCRIPTION_LENGTH = 160
# Pixels for a point: a figure of 7.2 inches, the widest, fills the column of text.
SCALE = 784 / (7.2 * 72)


def _visit_folded_code(self, node):
    # As myst-nb, but without its label "Toggle hidden content": the name is the text that is seen.
    classes = " ".join(node["classes"])
    self.body.append(f'<details class="admonition hide {classes}">\n<summary>\n'
                     f'<p class="collapsed admonition-title">{html.escape(node["prompt_show"])}</p>\n'
                     f'<p class="expanded admonition-title">{html.escape(node["prompt_hide"])}</p>\n</summary>\n')


def _depart_folded_code(self, node):
    self.body.append("</details>\n")


def _visit_image(self, node):
    """Write an image; figures get their size, so that nothing moves when they arrive, and are fetched when they are looked at.

    A figure has one image for each theme. The hidden one is never looked at, so it is never fetched.
    """
    path = Path(self.builder.srcdir) / node["uri"].lstrip("/")
    type(self).visit_image(self, node)
    if self.builder.name == "html" and {"zr-light", "zr-dark"} & set(node["classes"]):
        with path.open(encoding="utf-8") as file:
            size = re.search(r'<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"', file.read(2000))
        width, height = (round(float(points) * SCALE) for points in size.groups())
        self.body[-1] = self.body[-1].replace("<img ", f'<img width="{width}" height="{height}" loading="lazy" decoding="async" ', 1)


def _depart_image(self, node):
    type(self).depart_image(self, node)


def _visit_citation(self, node):
    """Write an entry of the bibliography as an item of its list: docutils gives it a role that no list may hold."""
    start = len(self.body)
    type(self).visit_citation(self, node)
    self.body[start:] = [part.replace('role="doc-biblioentry"', 'role="listitem"') for part in self.body[start:]]


def _depart_citation(self, node):
    type(self).depart_citation(self, node)


def add_description(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Describe a page in its head: by its abstract or, where it has none, by its first paragraph."""
    if 'name="description"' in context.get("metatags", ""):
        return
    paragraph = next(iter(doctree.findall(nodes.paragraph)), None) if doctree else None
    text = abstract(app, pagename) or (" ".join(paragraph.astext().split()) if paragraph is not None else "")
    if not text:
        return
    if len(text) > DESCRIPTION_LENGTH:
        text = text[:DESCRIPTION_LENGTH].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    add_to_head(context, f'<meta name="description" content="{html.escape(text)}" />')


def leave_out_mathjax(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Take MathJax off pages without equations: Sphinx also gives it to those that list pages with equations."""
    if not app.env.get_domain("math").data["has_equations"].get(pagename):
        context["script_files"] = [script for script in context["script_files"]
                                   if "mathjax" not in f"{script.filename} {script.attributes.get('body')}".lower()]


class PlainFormatter(HtmlFormatter):
    """Writes code without tags around names, marks and spaces, which have the colour of plain text: they would be half of a page's elements."""

    def _get_css_class(self, ttype):
        return "" if ttype in (Token.Name, Token.Punctuation, Token.Text.Whitespace) else super()._get_css_class(ttype)


def setup(app: Sphinx) -> dict:
    app.setup_extension("citation_records")
    PygmentsBridge.html_formatter = PlainFormatter
    app.add_node(HideCodeCellNode, override=True, html=(_visit_folded_code, _depart_folded_code))
    app.add_node(nodes.image, override=True, html=(_visit_image, _depart_image))
    app.add_node(nodes.citation, override=True, html=(_visit_citation, _depart_citation))
    # After the tags of the record.
    app.connect("html-page-context", add_description, priority=700)
    app.connect("html-page-context", leave_out_mathjax, priority=700)
    return {"version": "1.0", "parallel_read_safe": True, "parallel_write_safe": True}
