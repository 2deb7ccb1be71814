"""A content security policy in each page's head: a browser runs the book's own scripts only, and asks for the book's own files only.

The policy names the scripts and style sheets that stand in a page by their hashes. A page that holds what no hash can allow stops the
build: an event handler, a ``style`` attribute or a ``javascript:`` address.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path

import lxml.html
from equations import Typesetter
from lxml import etree
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

CHARSET = '<meta charset="utf-8" />\n'
# What the theme and Sphinx write: `reach.js` takes the place of the handlers, `book.css` that of the styles.
REPLACED = re.compile(r' (?:onclick="(?:toggleFullScreen|window\.print)\(\)"|style="(?:width: 100%|width: 33%; vertical-align: top;|display: none)")')
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="[^"]*" />\n')


def inline(page: str) -> tuple[list[str], list[str], list[str]]:
    """Return the scripts that run and the style sheets that a page holds, and the attributes that no hash can allow."""
    scripts, styles, refused = [], [], []
    for element in lxml.html.document_fromstring(page).iter(etree.Element):
        refused += [f'{name}="{value}" of <{element.tag}>' for name, value in element.items()
                    if name == "style" or name.startswith("on") or value.strip().lower().startswith("javascript:")]
        # Browsers take JSON for data and not for a script.
        if element.tag == "script" and "src" not in element.keys() and element.get("type") != "application/json":
            scripts.append(element.text or "")
        elif element.tag == "style":
            styles.append(element.text or "")
    return scripts, styles, refused


def policy(scripts: list[str], styles: list[str]) -> str:
    """Return the policy of a page that holds these scripts and style sheets.

    Chromium and Firefox take ``'self'`` to cover ``file:`` on a page that is read from disk. The style sheets hold icons as addresses of the kind
    ``data:``; the search page asks for the pages that it sums up.
    """
    return "; ".join([
        "default-src 'none'",
        " ".join(["script-src 'self'", *sorted({_hash(script) for script in scripts})]),
        " ".join(["style-src 'self'", *sorted({_hash(style) for style in styles})]),
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
    ])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def protected(page: str, style_of_equations: str) -> str:
    """Return a page with its policy before everything that the policy is about; one of an earlier build is replaced.

    Raises
    ------
    ValueError
        The page holds an attribute that no hash can allow.
    """
    page = REPLACED.sub("", POLICY.sub("", page))
    scripts, styles, refused = inline(page)
    if refused:
        raise ValueError(f"{refused[0]}: expected a script or a style sheet in a file")
    if "/mathjax/startup.js" in page:
        styles.append(style_of_equations)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(scripts, styles)}" />\n'
    # The page that only leads to the landing page has no head.
    return page.replace(CHARSET, CHARSET + meta, 1) if CHARSET in page else CHARSET + meta + page


def protect(app: Sphinx, exception: Exception | None) -> None:
    """Write the policy into every page that this build wrote, those of search and index included."""
    if exception or app.builder.name != "html":
        return
    outdir = Path(app.outdir)
    domain = app.env.get_domain("zhejiang")
    # MathJax is a file of the book, so that its style sheet is that of the last build unless files changed.
    domain.noted["mathjax"] = style = domain.last["mathjax"] if domain.same_inputs() else mathjax_style(outdir)
    for path in sorted(outdir.rglob("*.html")):
        # The theme leaves parts of templates there.
        if outdir / "_static" in path.parents:
            continue
        page = path.read_text(encoding="utf-8")
        if POLICY.search(page):
            continue
        try:
            path.write_text(protected(page, style), encoding="utf-8", newline="\n")
        except ValueError as error:
            raise ExtensionError(f"{path.relative_to(outdir)}: {error}") from None


def mathjax_style(outdir: Path) -> str:
    with Typesetter(outdir / "_static" / "vendor" / "mathjax") as mathjax:
        return mathjax.style()


def escape_title(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Escape the title that the theme repeats for print: it takes it as text and writes it as HTML."""
    if "pagetitle" in context:
        context["pagetitle"] = html.escape(context["pagetitle"])


def setup(app: Sphinx) -> dict:
    app.setup_extension("zhejiang_book")
    # After the theme.
    app.connect("html-page-context", escape_title, priority=700)
    # Last, when all pages are written.
    app.connect("build-finished", protect, priority=900)
    return {"version": "1.0", "parallel_read_safe": True, "parallel_write_safe": True}
