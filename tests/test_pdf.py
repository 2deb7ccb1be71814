"""What a reader of the PDF meets: pages, text, fonts, links, tables, equations."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import lxml.html
import pdfua
import pikepdf
import pypdfium2
import pytest
import yaml
from bs4 import BeautifulSoup
from conftest import copy_sources, succeeded
from pypdf import PdfReader
from sphinx.errors import ExtensionError

from zhejiang import ROOT, data
from zhejiang.freshness import cache_folder, pages

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import equations  # noqa: E402
import print_edition  # noqa: E402
import typst_markup  # noqa: E402

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


@pytest.fixture(scope="module")
def articles(book) -> dict[str, BeautifulSoup]:
    """The chapters as the pages show them, by file name, without what only a screen or a screen reader has."""
    found = {}
    for page in CHAPTERS:
        found[page.stem] = BeautifulSoup((book.html / "book" / f"{page.stem}.html").read_text(encoding="utf-8"), "html.parser").article
        for element in found[page.stem].select("a.headerlink, .visually-hidden"):
            element.decompose()
    return found


@pytest.fixture(scope="module")
def titles(articles) -> list[str]:
    return [article.h1.get_text().strip() for article in articles.values()]


def test_contents_give_the_pages_of_the_chapters(titles, texts):
    assert len(texts) > 100
    contents = [flat(line) for text in texts[1:5] for line in text.splitlines()]
    for name in titles:
        found = [place for line in contents for place in re.findall(re.escape(flat(name)) + r"\.+(\d+)$", line)]
        assert len(found) == 1, name
        on_page = flat(texts[int(found[0]) - 1])
        assert flat(name) in on_page, name
        assert on_page.endswith(found[0]), "the number at the foot is the page's place in the file"


def test_every_section_of_every_chapter_is_there(articles, texts):
    whole = flat("".join(texts))
    for article in articles.values():
        for heading in article.select("h2, h3"):
            assert flat(heading.get_text()) in whole, heading.get_text()


def test_every_cell_of_every_chapter_is_there(articles, texts):
    """What a cell says stands in one piece in the text, unless its row breaks over pages."""
    whole = flat("".join(texts)).replace("-", "")
    cells = [flat(cell.get_text()).replace("-", "") for article in articles.values() for cell in article.select("tbody td, tbody th")]
    missing = [cell for cell in cells if cell not in whole]
    assert len(cells) > 5000
    assert len(missing) < 0.002 * len(cells), missing


def test_chinese_can_be_searched(texts):
    whole = flat("".join(texts))
    terms = [term for term in data.load("terms/terms")["zh"].dropna() if re.fullmatch(r"[\u4e00-\u9fff]+", term)]
    assert len(terms) >= 20
    assert [term for term in terms if term not in whole] == []
    assert flat("民营经济与区域发展") in whole


def test_tables_and_figures_are_numbered_as_on_the_pages(articles, texts):
    whole = flat("".join(texts))
    for article in articles.values():
        captions = article.select("figcaption .caption-number, caption .caption-number")
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


def test_the_list_of_exhibits_leads_to_them(pdf, reader, texts):
    """Figures move to where they fit; a link to one leads to the page that it moved to."""
    numbers = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages)}
    document = pypdfium2.PdfDocument(pdf)
    followed = 0
    for number in (number for number, text in enumerate(texts) if "Tables and figures" in text.splitlines()[0]):
        words = document[number].get_textpage()
        for annotation in reader.pages[number]["/Annots"]:
            annotation = annotation.get_object()
            shown = words.get_text_bounded(*map(float, annotation["/Rect"]))
            found = texts[numbers[annotation["/Dest"][0].idnum]]
            assert flat(shown).replace("'", "’") in flat(found).replace("'", "’"), shown
            followed += 1
    assert followed > 200


def test_bookmarks_are_the_contents(titles, reader):
    assert set(titles) <= {entry.title for entry in reader.outline if not isinstance(entry, list)}
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
def chapter(tmp_path_factory, book):
    """A copy with the PDF of chapter 4a, made from notebooks that were executed before, and what was said while it was made."""
    project = copy_sources(tmp_path_factory.mktemp("chapter") / "project")
    shutil.copytree(cache_folder(book.root), cache_folder(project.root))
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


def test_a_character_without_glyph_is_an_error(tmp_path):
    """It would be printed as an empty box."""
    frame = '#import "/book/_print/book.typ": *\n#set document(title: "Title")\n#set text(font: serif, fallback: false)\n'
    print_edition.pdf(f"{frame}浙江 Zhejiang β ✓", ROOT, tmp_path / "x.pdf")
    with pytest.raises(ExtensionError, match="𠮷.* could not be displayed"):
        print_edition.pdf(f"{frame}浙江 𠮷", ROOT, tmp_path / "x.pdf")


def test_a_fault_of_the_pages_is_an_error(tmp_path):
    """A link that leads nowhere, a picture without text alternative, a font that is not there."""
    frame = '#import "/book/_print/book.typ": *\n#set document(title: "Title")\n'
    for code, said in (('#link(label("nowhere"))[link]', "does not exist"), ('#image("/book/_static/favicon.svg")', "missing alt text"),
                       ('#text(font: "Absent")[text]', "unknown font family")):
        with pytest.raises(ExtensionError, match=said):
            print_edition.pdf(frame + code, ROOT, tmp_path / "x.pdf")
        assert not (tmp_path / "x.pdf").exists()


def test_spaces_are_those_of_a_browser():
    """Runs of white space are one space, none stands at the ends of blocks, and an equation does not eat its own."""
    element = lxml.html.fragment_fromstring("<div> <p> Let <img> be\n the <em> largest </em> size.<br> Then </p> <pre> a  b\n</pre> </div>")
    typst_markup.collapse_spaces(element)
    assert "|".join(filter(None, element.itertext())) == "Let | be the |largest |size.|Then| a  b\n"
