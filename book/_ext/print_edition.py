"""The builder `print`: the book, or one chapter of it, as a PDF made from the pages that were read.

Each page becomes a part of one HTML document (`book/_print/book.html`, `print.css`) for WeasyPrint: code that the pages fold is
left out, equations are set by MathJax, figures keep their light form. Nothing is executed for it.
"""

from __future__ import annotations

import base64
import logging
import os
from dataclasses import dataclass
from pathlib import Path

import jinja2
import lxml.html
import matplotlib
from citation_records import sources
from docutils import nodes
from equations import EquationError, Typesetter
from fontTools.ttLib import TTFont
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.math import get_node_equation_number
from sphinx.util.osutil import relative_uri

from zhejiang import build, citation, freshness, render

BOOK = Path(__file__).resolve().parents[1]
PRINT = BOOK / "_print"
MATHJAX = BOOK / "_static" / "vendor" / "mathjax"
CODE = "book/reference/api"  # the documentation of the code stays on the pages
DEJAVU = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
# The families that print.css names. matplotlib's DejaVu has code and the rarer symbols.
FONTS = {
    "Book Serif": {style: PRINT / f"fonts/BookSerif-{style}.otf" for style in ("Regular", "Italic", "Bold", "BoldItalic")},
    "Book Sans": {style: PRINT / f"fonts/BookSans-{style}.otf" for style in ("Regular", "Italic", "Bold")},
    "Book Chinese": {style: BOOK / f"_static/vendor/fonts/NotoSansSC-{style}.otf" for style in ("Regular", "Bold")},
    "Book Mono": {"Regular": DEJAVU / "DejaVuSansMono.ttf", "Bold": DEJAVU / "DejaVuSansMono-Bold.ttf"},
    "Book Symbols": {"Regular": DEJAVU / "DejaVuSans.ttf", "Bold": DEJAVU / "DejaVuSans-Bold.ttf"},
}


@dataclass(frozen=True)
class Part:
    """A page of the book as a part of the PDF: its HTML and its entries in the contents, (id, number, title) each."""

    id: str
    is_reference: bool
    html: str
    title: tuple[str, str, str]
    sections: list[tuple[str, str, str]]


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
        pdf(document(parts(self.bodies, chapter), chapter), Path(self.srcdir), Path(self.outdir) / build.pdf_name(chapter))

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


def parts(bodies: dict[str, str], chapter: str) -> list[Part]:
    """Return the pages with ids and links that hold in one document; in a chapter's, links to other pages become text."""
    elements = {docname: lxml.html.fragment_fromstring(body, create_parent="article") for docname, body in bodies.items()}
    for docname, element in elements.items():
        element.set("id", part_id(docname))
        for tag in element.iterdescendants():
            if tag.get("id"):
                tag.set("id", f"{part_id(docname)}--{tag.get('id')}")
            if tag.get("href"):
                tag.set("href", _address(tag.get("href"), docname))
    for element in elements.values():
        _settle_anchors(element)
        _simplify(element)
    known = {f"#{tag.get('id')}" for element in elements.values() for tag in element.iter() if tag.get("id")}
    for element in elements.values():
        for link in list(element.iterdescendants("a")):
            if not link.get("href", "").startswith(("http:", "https:", "mailto:")) and link.get("href") not in known:
                link.drop_tag()
    if chapter:
        _keep_cited(elements)
    return [_part(docname, element) for docname, element in elements.items()]


def _address(href: str, docname: str) -> str:
    """Return where a link of a page goes in the PDF."""
    if href.startswith("part:"):
        page, _, anchor = href.removeprefix("part:").partition("#")
        return f"#{page}--{anchor}" if anchor else f"#{page}"
    return f"#{part_id(docname)}--{href[1:]}" if href.startswith("#") else href


def _settle_anchors(element: lxml.html.HtmlElement) -> None:
    """Give the ids of empty spans to what follows them: a span between two blocks is a place where a page could break."""
    for span in [span for span in element.iter("span") if span.get("id") and not len(span) and not (span.text or "").strip()]:
        following = span.getnext()
        if not (span.tail or "").strip() and following is not None and not following.get("id"):
            following.set("id", span.get("id"))
            span.drop_tree()


def _simplify(element: lxml.html.HtmlElement) -> None:
    """Take out a third of all elements: the paragraph that is all of a cell, and the spans around words of code. Each costs time and memory."""
    for cell in element.iter("td", "th"):
        if len(cell) == 1 and cell[0].tag == "p" and not cell[0].attrib:
            cell[0].drop_tag()
    for span in [span for span in element.iter("span") if span.attrib.items() == [("class", "pre")]]:
        span.drop_tag()


def _keep_cited(elements: dict[str, lxml.html.HtmlElement]) -> None:
    """Keep those entries of the bibliography that the chapter links to."""
    chapter, bibliography = elements.values()
    cited = {link.get("href") for link in chapter.iter("a")}
    for entry in list(bibliography.iter("div")):
        if "citation" in entry.get("class", "").split() and f"#{entry.get('id')}" not in cited:
            entry.drop_tree()


def _part(docname: str, element: lxml.html.HtmlElement) -> Part:
    title, *sections = [(heading.getparent().get("id"), *_number_and_text(heading)) for heading in element.iter("h1", "h2")]
    return Part(id=part_id(docname), is_reference="/reference/" in docname, html=lxml.html.tostring(element, encoding="unicode"),
                title=title, sections=sections)


def _number_and_text(heading: lxml.html.HtmlElement) -> tuple[str, str]:
    number = "".join(span.text_content() for span in heading.find_class("section-number")).strip()
    return number.rstrip("."), heading.text_content().strip().removeprefix(number).strip()


def document(parts: list[Part], chapter: str) -> str:
    """Return the whole document as HTML: title page, contents, parts."""
    cff, _ = sources(BOOK.parent)
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(PRINT), autoescape=True,
                                     trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("book.html").render(
        parts=parts, citation=cff, authors=citation.authors(citation.book(cff)), chapter=parts[0].title if chapter else None)


def pdf(html: str, base: Path, target: Path) -> None:
    """Write the document as PDF.

    Raises `ExtensionError` for a character that no font of the book has, and for whatever WeasyPrint warns of: a link that leads
    nowhere, an image that cannot be read, a rule that it does not know.
    """
    # Before the import, which reports the reading of its own style sheets; a package of the theme prints such reports.
    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    check_characters(lxml.html.document_fromstring(html).text_content())
    warnings: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: warnings.append(record.getMessage())
    weasyprint.LOGGER.addHandler(handler)
    fonts = FontConfiguration()
    style = font_faces() + (PRINT / "print.css").read_text(encoding="utf-8")
    sheet = weasyprint.CSS(string=style, font_config=fonts)
    target.parent.mkdir(parents=True, exist_ok=True)
    weasyprint.HTML(string=html, base_url=base.as_uri() + "/").write_pdf(target, stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1")
    weasyprint.LOGGER.removeHandler(handler)
    if warnings:
        target.unlink()
        raise ExtensionError("the PDF has faults:\n  " + "\n  ".join(warnings))


def font_faces() -> str:
    """Return the rules that tie the families of print.css to font files, so that no font of the machine is used."""
    return "".join(
        f"@font-face {{ font-family: '{family}'; src: url('{path.as_uri()}');"
        f" font-weight: {'bold' if 'Bold' in style else 'normal'}; font-style: {'italic' if 'Italic' in style else 'normal'}; }}\n"
        for family, styles in FONTS.items() for style, path in styles.items()
    )


def check_characters(text: str) -> None:
    """Raise `ExtensionError` for characters that no font of the book has: they would be printed as empty boxes."""
    covered = {code for styles in FONTS.values() for code in TTFont(styles["Regular"], lazy=True).getBestCmap()}
    missing = sorted({character for character in text if character.isprintable() and ord(character) not in covered})
    if missing:
        named = ", ".join(f"{character} (U+{ord(character):04X})" for character in missing)
        raise ExtensionError(f"no font of the PDF has {named}: add them in book/_static/vendor/refresh.py")


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
    address = "data:image/svg+xml;base64," + base64.b64encode(equation.svg.encode()).decode()
    tag = lxml.html.Element("img", src=address, alt=" ".join(tex.split()), style=f"width:{equation.width:.4f}em;"
                            f"height:{equation.height:.4f}em;vertical-align:{-equation.depth:.4f}em")
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
