"""What a reader of the PDF meets: pages, text, fonts, links, tables, equations."""

from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path

import pdfua
import pikepdf
import pypdfium2
import pytest
import yaml
from bs4 import BeautifulSoup
from conftest import succeeded
from fontTools.ttLib import TTFont
from pypdf import PdfReader
from sphinx.errors import ExtensionError

from zhejiang import ROOT, data
from zhejiang.freshness import pages

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import equations  # noqa: E402
import print_edition  # noqa: E402

MATHJAX = ROOT / "book" / "_static" / "vendor" / "mathjax"
MARGIN = 20 / 25.4 * 72  # points; book.typ
CHAPTERS = [page for page in pages(ROOT) if page.stem[:2].isdigit()]


@pytest.fixture(scope="module")
def pdf(book) -> Path:
    if os.environ.get("PDF") == "0":
        pytest.skip("the book was built without its PDF")
    return book.html / "zhejiang-recomputed.pdf"


@pytest.fixture(scope="module")
def texts(pdf) -> list[str]:
    """The text of every page, as a reader's search sees it."""
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range() for page in document]


@pytest.fixture(scope="module")
def reader(pdf) -> PdfReader:
    return PdfReader(pdf)


def flat(text: str) -> str:
    """Text without spaces and line ends; a word that was hyphenated at the end of a line is whole again."""
    return re.sub(r"\s", "", re.sub("(?:\N{SOFT HYPHEN}|\ufffe|-|\u2010)\r?\n", "", text))


def title(book, page: Path) -> str:
    soup = BeautifulSoup((book.html / "book" / f"{page.stem}.html").read_text(encoding="utf-8"), "html.parser")
    heading = soup.select_one("article h1")
    for link in heading.select("a.headerlink"):
        link.decompose()
    return heading.get_text().strip()


def test_contents_give_the_pages_of_the_chapters(book, pdf, texts):
    assert len(texts) > 100
    contents = [flat(line) for text in texts[1:5] for line in text.splitlines()]
    for page in CHAPTERS:
        number, name = title(book, page).split(". ", 1)
        found = [place for line in contents for place in re.findall(re.escape(flat(number + name)) + r"\.+(\d+)$", line)]
        assert len(found) == 1, name
        on_page = flat(texts[int(found[0]) - 1])
        assert flat(title(book, page)) in on_page, name
        assert on_page.endswith(found[0]), "the number at the foot is the page's place in the file"


def test_every_section_of_every_chapter_is_there(book, texts):
    whole = flat("".join(texts))
    for page in CHAPTERS:
        soup = BeautifulSoup((book.html / "book" / f"{page.stem}.html").read_text(encoding="utf-8"), "html.parser")
        for heading in soup.select("article h2, article h3"):
            for link in heading.select("a.headerlink"):
                link.decompose()
            assert flat(heading.get_text()) in whole, (page.stem, heading.get_text())


def test_chinese_can_be_searched(texts):
    whole = flat("".join(texts))
    terms = [term for term in data.load("terms/terms")["zh"].dropna() if re.fullmatch(r"[\u4e00-\u9fff]+", term)]
    assert len(terms) >= 20
    assert [term for term in terms if term not in whole] == []
    assert flat("民营经济与区域发展") in whole


def test_tables_and_figures_are_numbered_as_on_the_pages(book, texts):
    whole = flat("".join(texts))
    for page in CHAPTERS:
        soup = BeautifulSoup((book.html / "book" / f"{page.stem}.html").read_text(encoding="utf-8"), "html.parser")
        captions = soup.select("article figcaption .caption-number, article caption .caption-number")
        assert captions
        for number in captions:
            text = number.parent.select_one(".caption-text").get_text()
            assert flat(number.get_text() + text) in whole, number.get_text()


def test_fonts_are_the_books_own_and_embedded(pdf):
    fonts = {}
    document = pikepdf.open(pdf)
    for item in document.objects:
        if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor":
            fonts[str(item.FontName).partition("+")[2]] = any(key in item for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    assert len(fonts) >= 5
    assert all(fonts.values())
    families = {re.split(r"[-_]", name.replace(" ", "-"))[0] for name in fonts}
    assert families <= {"Book", "BookSerif", "BookSans", "BookSansSC", "DejaVu", "DejaVuSans", "DejaVuSansMono"}, fonts


def missing_glyphs(path: Path) -> list[tuple[int, str, int]]:
    """Page, font and glyph of each glyph that the embedded font does not have: it is drawn as nothing or as an empty box."""
    document = pikepdf.open(path)
    sizes: dict[tuple, int] = {}
    found, shown = [], 0
    for number, page in enumerate(document.pages, 1):
        font, size = "", 0
        for operands, operator in pikepdf.parse_content_stream(page, "Tf Tj TJ"):
            if str(operator) == "Tf":
                entry = page.Resources["/Font"][str(operands[0])]
                descriptor = entry.DescendantFonts[0].FontDescriptor
                font = str(descriptor.FontName)
                if entry.objgen not in sizes:
                    program = descriptor.get("/FontFile3") or descriptor.get("/FontFile2")
                    sizes[entry.objgen] = len(TTFont(io.BytesIO(program.read_bytes())).getGlyphOrder())
                size = sizes[entry.objgen]
                continue
            for text in operands[0] if str(operator) == "TJ" else operands:
                if isinstance(text, pikepdf.String):
                    glyphs = [int.from_bytes(pair) for pair in zip(*[iter(bytes(text))] * 2, strict=True)]
                    shown += len(glyphs)
                    found += [(number, font, glyph) for glyph in glyphs if not 0 < glyph < size]
    assert shown, "the pages have no text"
    return found


def test_no_glyph_is_missing(pdf):
    assert missing_glyphs(pdf) == []


def test_a_missing_glyph_would_be_seen(tmp_path):
    """The control of the test above: a character that no font has, whatever the machine has installed."""
    print_edition.pdf('#import "/book/_print/book.typ": *\n#set document(title: "x")\n#set text(font: serif, fallback: false)\na \U0010fffd', ROOT, tmp_path / "x.pdf")
    assert missing_glyphs(tmp_path / "x.pdf")


def test_nothing_runs_into_the_margins(pdf):
    """A table wider than its page would; hanging punctuation may by a point or two."""
    document = pypdfium2.PdfDocument(pdf)
    for number, page in enumerate(document, 1):
        width, _ = page.get_size()
        text = page.get_textpage()
        for index in range(text.count_chars()):
            left, _, right, _ = text.get_charbox(index)
            assert right - left < 0.1 or (left > MARGIN - 2.5 and right < width - MARGIN + 2.5), (number, text.get_text_range(index, 20))


def test_heads_of_tables_are_repeated(pdf, texts):
    """The ledger is longer than a page: its head stands on every page that it fills."""
    filled = [text for text in texts if "not testable" in text and "internal" in text and "official" in text and "Claims ledger" in text]
    assert len(filled) > 3
    for text in filled:
        assert flat("ClaimPagePrintedComputedKindBasisVerdictNote") in flat(text)


def test_links_resolve(reader):
    known = {page.indirect_reference.idnum for page in reader.pages}
    internal = 0
    for number, page in enumerate(reader.pages, 1):
        for annotation in page.get("/Annots", []):
            annotation = annotation.get_object()
            action = annotation.get("/A", {}).get_object() if "/A" in annotation else {}
            if action.get("/S") == "/URI":
                assert re.match(r"https?://|mailto:", action["/URI"]), (number, action["/URI"])
            else:
                target = action.get("/D", annotation.get("/Dest"))
                assert target[0].idnum in known, (number, target)
                internal += 1
    assert internal > 500


def test_bookmarks_are_the_contents(book, reader):
    chapters = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    for page in CHAPTERS:
        assert title(book, page) in chapters
    assert sum(isinstance(entry, list) for entry in reader.outline) >= len(CHAPTERS)


def test_metadata(pdf, reader):
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert reader.metadata.title == citation["title"]
    assert reader.metadata.author == citation["authors"][0]["name"]
    assert reader.metadata["/Keywords"] == ", ".join(citation["keywords"])
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert reader.pages[0].mediabox.width == pytest.approx(210 / 25.4 * 72, abs=0.5)
    assert reader.pages[0].mediabox.height == pytest.approx(297 / 25.4 * 72, abs=0.5)
    first = reader.pages[0].extract_text()
    assert f"Version {citation['version']}, {citation['date-released']}" in first


def test_pictures_are_vectors_with_a_text_alternative(pdf):
    document = pikepdf.open(pdf)
    kinds = [item for item in document.objects if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image"]
    assert kinds == []
    described = [str(item.get("/Alt", "")) for item in document.objects
                 if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"]
    assert len(described) > 500
    assert all(described)


def test_folded_code_is_left_out(texts):
    whole = "".join(texts)
    assert "import matplotlib" not in whole
    assert "show.table(" not in whole


@pytest.mark.parametrize("tex", [
    r"f(x) = \begin{cases} x, & x > 0 \\ 0 & \text{else} \end{cases}",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
    r"\begin{aligned} a &= b \\ &= c \end{aligned}",
    r"\lvert x \rvert \sqrt{\frac{1}{2}} \sum_{i=1}^n x_i",
])
def test_equations_are_set_as_outlines(tex):
    with equations.Typesetter(MATHJAX) as typesetter:
        found = typesetter.set(tex, display=True)
    assert "<path" in found.svg
    assert "<text" not in found.svg
    assert found.width > 1
    assert found.height > found.depth >= 0


@pytest.mark.parametrize("tex", [r"\nosuchmacro x", r"\frac{1", "中"])
def test_a_faulty_equation_is_an_error(tex):
    with equations.Typesetter(MATHJAX) as typesetter, pytest.raises(equations.EquationError, match="cannot be set"):
        typesetter.set(tex, display=False)


def test_equations_have_the_size_of_the_text():
    """TeX gives the letter x of Computer Modern 0.572 em of width and the height 0.442 em (the font's own metrics file)."""
    with equations.Typesetter(MATHJAX) as typesetter:
        found = typesetter.set("x", display=False)
    assert found.width == pytest.approx(0.572, abs=1e-3)
    assert found.height - found.depth == pytest.approx(0.442, abs=1e-3)


@pytest.fixture(scope="module")
def chapter(tmp_path_factory, built):
    """A copy with the PDF of chapter 4a, and what was said while it was made."""
    project = built.copy(tmp_path_factory.mktemp("chapter") / "project")
    done = project.run(sys.executable, "-m", "zhejiang", "pdf", CHAPTER="04a")
    succeeded(done)
    return project, project.root / "_build" / "print" / "zhejiang-recomputed-04a.pdf", done.stdout


def test_one_chapter(chapter):
    project, path, said = chapter
    assert said.replace("\\", "/").splitlines()[-1] == "Open _build/print/zhejiang-recomputed-04a.pdf"
    assert "run in" not in said, "nothing is executed for the PDF"
    reader = PdfReader(path)
    text = "".join(page.extract_text() for page in reader.pages)
    assert "Chapter 4a" in text
    assert "Bibliography" in text
    assert "Binder" in text, "cited by the chapter"
    assert "Donggyu Sul" not in text, "cited by another"
    assert len(reader.pages) < 40
    for page in reader.pages:
        for annotation in page.get("/Annots", []):
            action = annotation.get_object().get("/A", {})
            assert action.get("/S") == "/URI" or annotation.get_object().get("/Dest", action.get("/D"))[0].get_object() in reader.pages


def test_a_chapter_has_the_same_bytes_again(chapter):
    project, path, _ = chapter
    before = path.read_bytes()
    succeeded(project.run(sys.executable, "-m", "zhejiang", "pdf", CHAPTER="04a"))
    assert path.read_bytes() == before


def test_unknown_chapter(chapter):
    project, _, _ = chapter
    done = project.run(sys.executable, "-m", "zhejiang", "pdf", CHAPTER="7")
    assert done.returncode != 0
    assert "CHAPTER=7: expected one of 01, 01a, 02, 03, 03a, 04, 04a, 05, 06" in done.stdout + done.stderr


def test_tags_have_no_error_that_a_validator_finds(chapter):
    _, path, _ = chapter
    report = pdfua.validate(path)
    assert [finding for finding in report.findings if finding.severity == pdfua.Severity.ERROR] == []


def test_cells_name_their_heads(chapter):
    """A screen reader says the head of a column and of a row with each cell."""
    _, path, _ = chapter
    document = pikepdf.open(path)
    elements = [item for item in document.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") in ("/TD", "/TH")]
    heads = {str(item.ID): attributes.Scope for item in elements if item.S == "/TH" for attributes in item.A if attributes.O == "/Table"}
    cells = [attributes for item in elements if item.S == "/TD" for attributes in item.A if attributes.O == "/Table"]
    assert cells
    assert all({heads[str(name)] for name in attributes.Headers} == {"/Column", "/Row"} for attributes in cells)
    ids = pikepdf.NameTree(document.Root.StructTreeRoot.IDTree)
    assert all(name in ids for name in heads)


def test_without_pdf_the_pages_do_not_offer_it(built, book):
    assert not (built.html / "zhejiang-recomputed.pdf").exists()
    assert "zhejiang-recomputed.pdf" not in built.page("index")
    assert "zhejiang-recomputed.pdf" not in built.page("05_yongkang_plan")
    if (book.html / "zhejiang-recomputed.pdf").exists():
        assert "zhejiang-recomputed.pdf" in book.page("index")
        assert "zhejiang-recomputed.pdf" in book.page("05_yongkang_plan")


def test_a_character_without_glyph_is_an_error():
    print_edition.check_characters("浙江 Zhejiang β ✓")
    with pytest.raises(ExtensionError, match=r"𠮷 \(U\+20BB7\)"):
        print_edition.check_characters("浙江 𠮷")
