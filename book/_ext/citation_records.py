"""How to cite: records on pages and as files, tags in each page's head, version and date on each page.

`zhejiang.citation` makes the records from CITATION.cff and the chapters' front matter; this extension shows and publishes them.
"""

from __future__ import annotations

import html
import json
import shutil
from functools import lru_cache
from pathlib import Path

import pybtex.backends.plaintext
import pybtex.plugin
import pybtex.style.formatting.alpha
import zhejiang_book
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

import zhejiang
from zhejiang import citation

# The forms that people read are open, those that programs read can be opened.
FORMS = [("GB/T 7714", "txt", "text", True), ("BibTeX", "bib", "bibtex", True), ("RIS", "ris", "text", False), ("CSL-JSON", "json", "json", False)]


class record(nodes.General, nodes.Element):
    """A record in one form, which can be folded without a script."""


class Style(pybtex.style.formatting.alpha.Style):
    """The style of the bibliography. sphinxcontrib-bibtex asks for each entry twice, the second time for the titles of links."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.formatted = {}

    def format_entry(self, label, entry, bib_data=None):
        if entry.key not in self.formatted:
            self.formatted[entry.key] = super().format_entry(label, entry, bib_data)
        return self.formatted[entry.key]


@lru_cache
def sources(root: Path) -> tuple[dict, dict[str, citation.Chapter]]:
    """Return CITATION.cff, and what each chapter says of itself by its page's name."""
    cff = citation.read_cff((root / "CITATION.cff").read_text(encoding="utf-8"))
    pages = {f"book/{path.stem}": path for path in sorted((root / "book").glob("[0-9]*.md"))}
    return cff, {docname: citation.read_chapter(docname, path.read_text(encoding="utf-8")) for docname, path in pages.items()}


def citations(app, domain, docname, argument) -> nodes.Node:
    """The records of a chapter and of the printed report, or of the book, every chapter and the printed book."""
    cff, chapters = sources(Path(app.srcdir))
    if argument:
        shown = [("This chapter", citation.chapter(cff, chapters[argument])),
                 ("The printed report", citation.printed_report(cff, chapters[argument]))]
    else:
        shown = [("The book", citation.book(cff)), ("The printed book", citation.printed_book(cff))]
        shown += [(f"Chapter {chapter.number}: {chapter.title}", citation.chapter(cff, chapter)) for chapter in chapters.values()]
    result = nodes.container(classes=["zr-citations"])
    for label, item in shown:
        result += nodes.paragraph("", "", nodes.strong("", label))
        texts = citation.files([item])
        for form, ending, language, is_open in FORMS:
            text = texts[f"{item['id']}.{ending}"].rstrip("\n")
            result += record("", nodes.literal_block(text, text, language=language), summary=form, is_open=is_open)
        result += _files(app, docname, "Files: ", item["id"])
    if not argument:
        result += _files(app, docname, "All records, with those of the printed reports: ", "all")
    return result


def _files(app: Sphinx, docname: str, label: str, stem: str) -> list[nodes.Node]:
    """A line of links to the files of a record; they stand beside the pages of the HTML book only."""
    if app.builder.name != "html":
        return []
    folder = "../" * docname.count("/") + "citations/"
    links = [nodes.reference("", form, internal=True, refuri=f"{folder}{stem}.{ending}") for form, ending, _, _ in FORMS]
    return [nodes.paragraph("", "", nodes.Text(label), *(x for link in links for x in (link, nodes.Text(" "))), classes=["zr-source"])]


def cite_number(app, domain, docname, argument) -> nodes.Node:
    """What a citation of one published number needs, and how it looks: the argument is the number's id."""
    found = [(page, number) for page, number in domain.records("number") if number["id"] == argument]
    if not found:
        raise ExtensionError(f"{docname}: no notebook publishes a number {argument!r}")
    page, number = found[0]
    cff, chapters = sources(Path(app.srcdir))
    item = citation.chapter(cff, chapters[page])
    address = f"{citation.page_address(cff, page)}#{argument}"
    note = citation.number_note(item, argument, address)
    latex = f"\\autocite[number \\texttt{{{argument}}}]{{{item['id']}}}"
    fields = nodes.field_list()
    for label, body in (
        ("Id", nodes.literal("", argument)),
        ("What it is", nodes.Text(f"{number['label']}, {number['unit']}")),
        ("Address", zhejiang_book._link(app, docname, page, argument, nodes.literal("", address))),
        ("Version", nodes.Text(f"{cff['version']}, {cff['date-released']}")),
    ):
        fields += nodes.field("", nodes.field_name("", label), nodes.field_body("", nodes.paragraph("", "", body)))
    return nodes.container("", fields, record("", nodes.literal_block(note, note, language="text"), summary="As a footnote", is_open=True),
                           record("", nodes.literal_block(latex, latex, language="latex"), summary="In LaTeX, with the chapter's BibTeX record", is_open=True))


def add_version(app: Sphinx, config) -> None:
    """Put the book's version and date into the footer of every page; write every page again when CITATION.cff changes."""
    cff, _ = sources(Path(app.srcdir))
    config.zhejiang_cff = repr(cff)
    text = f"Version {cff['version']}, {cff['date-released']}"
    config.html_theme_options = {**config.html_theme_options, "extra_footer": f'<span class="zr-version">{html.escape(text)}</span>'}


def add_tags(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Put the tags that reference managers read into the head of every page of the book."""
    if pagename not in app.env.found_docs:
        return
    cff, chapters = sources(Path(app.srcdir))
    if pagename == app.config.root_doc:
        item = citation.book(cff)
    elif pagename in chapters:
        item = citation.chapter(cff, chapters[pagename])
    else:
        item = citation.part(cff, pagename, app.env.titles[pagename].astext())
    tags = citation.meta_tags(item, citation.page_address(cff, pagename) if "url" in cff else None)
    lines = ['<link rel="schema.DC" href="http://purl.org/dc/elements/1.1/" />']
    add_to_head(context, *lines, *(f'<meta name="{name}" content="{html.escape(content)}" />' for name, content in tags))


def add_to_head(context: dict, *lines: str) -> None:
    """Add tags to the head of the page that a context of Sphinx stands for."""
    context["metatags"] = "\n".join([context.get("metatags", ""), *lines, ""])


def abstract(app: Sphinx, pagename: str) -> str | None:
    """Return what the book or a chapter says of itself; None for other pages."""
    cff, chapters = sources(Path(app.srcdir))
    if pagename == app.config.root_doc:
        return cff["abstract"]
    return chapters[pagename].abstract if pagename in chapters else None


def publish(app: Sphinx, exception: Exception | None) -> None:
    """Write the records as files beside the pages."""
    if exception or app.builder.name != "html":
        return
    cff, chapters = sources(Path(app.srcdir))
    items = citation.items(cff, list(chapters.values()))
    domain = app.env.get_domain("zhejiang")
    domain.noted["citations"] = json.dumps(items)
    # The same records by the same code: their files are there.
    if domain.same_inputs() and domain.last.get("citations") == domain.noted["citations"]:
        return
    folder = Path(app.outdir) / "citations"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, text in citation.files(items).items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _visit_record(self, node):
    attributes = 'class="zr-record" open' if node["is_open"] else 'class="zr-record zr-folded"'
    self.body.append(f'<details {attributes}><summary>{html.escape(node["summary"])}</summary>\n')


def _depart_record(self, node):
    self.body.append("</details>\n")


def setup(app: Sphinx) -> dict:
    app.setup_extension("zhejiang_book")
    # Else each citation has pybtex search all installed packages for it.
    pybtex.plugin.register_plugin("pybtex.backends", "plaintext", pybtex.backends.plaintext.Backend, force=True)
    pybtex.plugin.register_plugin("pybtex.style.formatting", "alpha", Style, force=True)
    app.add_config_value("zhejiang_cff", "", "html")
    app.add_node(record, html=(_visit_record, _depart_record))
    zhejiang_book.add_generated(app, {"citations": citations, "cite-number": cite_number})
    app.connect("config-inited", add_version)
    app.connect("html-page-context", add_tags)
    app.connect("build-finished", publish)
    return {"version": zhejiang.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
