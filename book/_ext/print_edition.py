"""The builder `print`: the book, or one chapter of it, as a PDF made from the pages that were read.

The HTML of each page becomes code of Typst (`typst_markup.py`) whose functions stand in `book/_print/book.typ`: code that the pages fold is
left out, equations are set by MathJax, figures keep their light form. Nothing is executed for it.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
from pathlib import Path

import lxml.html
import typst
import typst_markup
from citation_records import sources
from docutils import nodes
from equations import EquationError, Typesetter
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.math import get_node_equation_number
from sphinx.util.osutil import relative_uri

from zhejiang import build, citation, freshness, render

BOOK = Path(__file__).resolve().parents[1]
MATHJAX = BOOK / "_static" / "vendor" / "mathjax"
CODE = "book/reference/api"  # the documentation of the code stays on the pages
# Folders of the fonts that book.typ names; matplotlib, found without its import, brings DejaVu, which has code and the rarer symbols.
FONTS = [BOOK / "_print" / "fonts", BOOK / "_static" / "vendor" / "fonts",
         Path(importlib.util.find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"]


class pdf_link(nodes.General, nodes.Element):
    """Where the landing page offers the PDF, if there is one."""


class PdfLinkDirective(SphinxDirective):
    """A sentence with a link to the PDF; nothing where the book is built without it, and in the PDF itself."""

    def run(self):
        return [pdf_link()]


class PrintBuilder(StandaloneHTMLBuilder):
    """Writes `zhejiang-recomputed.pdf`, or that of the chapter that the environment variable CHAPTER names, such as 03a."""

    name = "print"
    epilog = "The PDF is in %(outdir)s."
    allow_parallel = False
    add_permalinks = False
    copysource = False
    search = False
    math_renderer_name = "print"

    def get_outdated_docs(self) -> str:
        return "the whole book"

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        return f"part:{part_id(docname)}"

    def get_relative_uri(self, from_: str, to: str, typ: str | None = None) -> str:
        return self.get_target_uri(to)

    def write(self, *ignored) -> None:
        names = [page.relative_to(self.srcdir).with_suffix("").as_posix() for page in freshness.pages(Path(self.srcdir))]
        docnames = [name for name in names if name != CODE]
        chapter = os.environ.get("CHAPTER", "")
        if chapter:
            docnames = pages_of_chapter(docnames, chapter)
        self.bodies: dict[str, str] = {}
        self.prepare_writing(set(docnames))
        with Typesetter(MATHJAX) as self.typesetter:
            for docname in docnames:
                doctree = self.env.get_and_resolve_doctree(docname, self)
                leave_out(doctree)
                self.write_doc_serialized(docname, doctree)
                self.write_doc(docname, doctree)
        pages = parts(self.bodies, chapter)
        pdf(document(pages, chapter, Path(self.srcdir)), Path(self.srcdir), Path(self.outdir) / build.pdf_name(chapter))

    def write_doc_serialized(self, docname: str, doctree: nodes.document) -> None:
        # Images are read where they are; here only the form that fits is chosen.
        self.post_process_images(doctree)
        self.images.clear()

    def handle_page(self, pagename, addctx, templatename="page.html", outfilename=None, event_arg=None) -> None:
        self.bodies[pagename] = addctx["body"]

    def finish(self) -> None:
        # Extensions put their style sheets there once the build is finished.
        (Path(self.outdir) / "_static").mkdir(exist_ok=True)


def part_id(docname: str) -> str:
    """The id of a page in the PDF."""
    return Path(docname).name.replace("_", "-")


def pages_of_chapter(docnames: list[str], chapter: str) -> list[str]:
    """Return the page of a chapter and the bibliography; raise `ExtensionError` for a chapter that is not there."""
    chapters = {Path(docname).name.split("_")[0]: docname for docname in docnames if Path(docname).name[:2].isdigit()}
    if chapter not in chapters:
        raise ExtensionError(f"CHAPTER={chapter}: expected one of {', '.join(chapters)}")
    return [chapters[chapter], *(docname for docname in docnames if docname.endswith("/bibliography"))]


def leave_out(doctree: nodes.document) -> None:
    """Take out what belongs on a screen: folded code, the dark form of figures, the numbers behind calculators and points."""
    dark = [image for image in doctree.findall(nodes.image) if "zr-dark" in image["classes"]]
    for node in [*doctree.findall(HideCodeCellNode), *doctree.findall(render.numbers), *dark]:
        node.parent.remove(node)


def parts(bodies: dict[str, str], chapter: str) -> dict[str, lxml.html.HtmlElement]:
    """Return the pages by name, with ids and links that hold in one document; in a chapter's, links to other pages become text."""
    elements = {docname: lxml.html.fragment_fromstring(body, create_parent="article") for docname, body in bodies.items()}
    for docname, element in elements.items():
        element.set("id", part_id(docname))
        for tag in element.iterdescendants():
            if tag.get("id"):
                tag.set("id", f"{part_id(docname)}--{tag.get('id')}")
            if tag.get("href"):
                tag.set("href", _address(tag.get("href"), docname))
    known = {f"#{tag.get('id')}" for element in elements.values() for tag in element.iter() if tag.get("id")}
    for element in elements.values():
        for link in list(element.iterdescendants("a")):
            if not link.get("href", "").startswith(("http:", "https:", "mailto:")) and link.get("href") not in known:
                link.drop_tag()
    if chapter:
        _keep_cited(elements)
    return elements


def _address(href: str, docname: str) -> str:
    """Return where a link of a page goes in the PDF."""
    if href.startswith("part:"):
        page, _, anchor = href.removeprefix("part:").partition("#")
        return f"#{page}--{anchor}" if anchor else f"#{page}"
    return f"#{part_id(docname)}--{href[1:]}" if href.startswith("#") else href


def _keep_cited(elements: dict[str, lxml.html.HtmlElement]) -> None:
    """Keep those entries of the bibliography that the chapter links to."""
    chapter, bibliography = elements.values()
    cited = {link.get("href") for link in chapter.iter("a")}
    for entry in list(bibliography.iter("div")):
        if "citation" in entry.get("class", "").split() and f"#{entry.get('id')}" not in cited:
            entry.drop_tree()


def document(pages: dict[str, lxml.html.HtmlElement], chapter: str, base: Path) -> str:
    """Return the whole document as Typst code: title page, contents, pages; addresses of images are relative to `base`."""
    cff, _ = sources(BOOK.parent)
    first = next(iter(pages.values()))
    meta = {
        "title": cff["title"], "subtitle": f"Chapter {first.find('.//h1').text_content().strip().replace('. ', ': ', 1)}" if chapter else "",
        "authors": citation.authors(citation.book(cff)), "abstract": cff["abstract"], "keywords": cff["keywords"],
        "version": cff["version"], "released": str(cff["date-released"]), "doi": cff.get("doi", ""), "repository": cff.get("repository-code", ""),
    }
    links = (link.get("href", "") for page in pages.values() for link in page.iter("a"))
    markup = typst_markup.Markup({href[1:] for href in links if href.startswith("#")}, base)
    code = ['#import "/book/_print/book.typ": *', f"#show: book.with(json(bytes({typst_markup.literal(json.dumps(meta))})))"]
    references = [docname for docname in pages if "/reference/" in docname]
    for docname, page in pages.items():
        if docname in references[:1]:
            code.append("#reference-begins")
        code.append(f"#{{\n{markup.page(page, docname in references)}\n}}")
    return "\n".join(code) + "\n"


def pdf(code: str, base: Path, target: Path) -> None:
    """Write the document as tagged PDF.

    Raises `ExtensionError` for whatever Typst complains or warns of: a link that leads nowhere, an image that cannot be read or has no text
    alternative, a font that is not there, a character that no font has (a Chinese one is added in book/_static/vendor/refresh.py).
    """
    # Its library takes a moment, which the pages do not need, and says when it is there, which a package of the theme prints.
    logging.getLogger("pikepdf").setLevel(logging.WARNING)
    import row_heads

    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        _, warnings = typst.compile_with_warnings(
            code.encode(), output=target, root=base, font_paths=FONTS, ignore_system_fonts=True, pdf_standards=["ua-1"])
    except typst.TypstError as error:
        raise ExtensionError(f"the PDF could not be written: {error.diagnostic}") from None
    if warnings:
        target.unlink()
        raise ExtensionError("the PDF has faults:\n  " + "\n  ".join(map(str, warnings)))
    row_heads.tag(target)


def visit_math(self, node: nodes.math) -> None:
    """Set an equation in the line."""
    self.body.append(equation_image(self.builder.typesetter, node.astext(), display=False))
    raise nodes.SkipNode


def visit_displaymath(self, node: nodes.math_block) -> None:
    """Set a displayed equation with its number."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(equation_image(self.builder.typesetter, node.astext(), display=True))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})</span>')
    self.body.append("</div>")
    raise nodes.SkipNode


def equation_image(typesetter: Typesetter, tex: str, display: bool) -> str:
    """Return an equation as an image that scales with the text around it, its TeX as text alternative."""
    try:
        equation = typesetter.set(tex, display)
    except EquationError as error:
        raise ExtensionError(str(error)) from None
    tag = lxml.html.Element("img", svg=equation.svg, alt=" ".join(tex.split()), width=f"{equation.width:.4f}em",
                            height=f"{equation.height:.4f}em", depth=f"{equation.depth:.4f}em")
    return lxml.html.tostring(tag, encoding="unicode")


def configure(app: Sphinx, config) -> None:
    """Take over whether `build.book` will write a PDF; pages are written again when that changes."""
    config.zhejiang_pdf = os.environ.get("ZHEJIANG_PDF") == "1"


def is_offered(app: Sphinx) -> bool:
    """Will the pages that are being written have a PDF beside them?"""
    return app.config.zhejiang_pdf and app.builder.name == "html"


def fill_in_link(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(pdf_link)):
        link = nodes.reference("", "one PDF", refuri=relative_uri(app.builder.get_target_uri(docname), build.PDF.name), internal=True)
        node.replace_self(nodes.paragraph("", "", nodes.Text("The whole book is also "), link, nodes.Text(".")) if is_offered(app) else [])


def add_pdf_button(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Offer the PDF in the page's download menu."""
    for button in context.get("header_buttons", []):
        if button.get("label") == "download-buttons" and is_offered(app):
            button["buttons"].append({
                "type": "link",
                "url": context["pathto"](build.PDF.name, 1),
                "text": "Book as PDF",
                "icon": "fas fa-book",
                "tooltip": "Download the whole book as PDF",
                "label": "download-book-button",
            })


def remove_leftover(app: Sphinx, exception: Exception | None) -> None:
    """Remove the PDF of an earlier build where the book is now built without."""
    if app.builder.name == "html" and not app.config.zhejiang_pdf:
        (Path(app.outdir) / build.PDF.name).unlink(missing_ok=True)


def setup(app: Sphinx) -> dict:
    app.add_config_value("zhejiang_pdf", False, "html")
    app.add_builder(PrintBuilder)
    app.add_node(pdf_link)
    app.add_directive("pdf-link", PdfLinkDirective)
    app.connect("config-inited", configure)
    app.connect("doctree-resolved", fill_in_link)
    app.connect("html-page-context", add_pdf_button, priority=600)
    app.connect("build-finished", remove_leftover)
    app.add_html_math_renderer("print", inline_renderers=(visit_math, None), block_renderers=(visit_displaymath, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
