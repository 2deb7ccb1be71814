"""Mark Chinese text in the pages as Chinese, so that screen readers pronounce it and browsers choose its glyphs.

It is done where the HTML is written: titles in menus, captions, tables made from records and code are marked alike, while the search
index, the anchors and the PDF are made from the same text as before.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

CJK = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PUNCTUATION = r"\u3001-\u3006\u3008-\u301f\uff01-\uffee"
# A run begins and ends with a Chinese character or mark; figures, brackets and quotes inside it belong to it.
RUN = rf"[{_PUNCTUATION}]*[{CJK}](?:[{CJK}{_PUNCTUATION}]|[0-9().%·:\u2013-\u2026-]{{1,8}}(?=[{CJK}{_PUNCTUATION}]))*"
TAG = '<span lang="zh-Hans">{}</span>'


def marked(html: str) -> str:
    """Return HTML with the Chinese of its text marked; tags and their attributes stay as they are."""
    return re.sub(rf"<[^>]*>|{RUN}", lambda found: found[0] if found[0].startswith("<") else TAG.format(found[0]), html)


def _marking(name: str):
    """A visitor that writes what the translator's own writes, marked."""

    def visit(self, node):
        start = len(self.body)
        try:
            getattr(type(self), name)(self, node)
        finally:  # highlighted code ends with SkipNode
            if self.builder.name == "html":
                self.body[start:] = map(marked, self.body[start:])

    return visit


def setup(app: Sphinx) -> dict:
    for node in (nodes.Text, nodes.literal_block):
        name = node.__name__
        app.add_node(node, override=True, html=(_marking(f"visit_{name}"), lambda self, node, name=name: getattr(type(self), f"depart_{name}")(self, node)))
    return {"version": "1.0", "parallel_read_safe": True, "parallel_write_safe": True}
