"""What a reader sees besides the text: the landing page, notes in the margin, values on hover, the card that a link shows elsewhere."""

import json
import re
import struct

import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

from conftest import copy_sources, needs_browser, rounds_to, succeeded
from zhejiang import ROOT

CHAPTERS = sorted(path.stem for path in (ROOT / "book").glob("[0-9]*.md"))


def soup(book, name):
    return BeautifulSoup((book.html / "book" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def test_landing_page_has_a_finding_of_every_chapter(book, results):
    """A figure that leads to its chapter, and a sentence that quotes a number of that chapter with its interval."""
    cards = soup(book, "index").select(".zr-findings .sd-card")
    assert [card.select_one(".sd-card-title a")["href"] for card in cards] == [f"{name}.html" for name in CHAPTERS]
    published = [result for result in results["results"] if result["lo"] is not None]
    for card, name in zip(cards, CHAPTERS, strict=True):
        assert len(card.select("img")) == 2 and all(image["alt"] for image in card.select("img"))
        intervals = re.findall(r"(−?[\d.]*\d) to (−?[\d.]*\d)", card.get_text().replace(",", ""))
        own = [result for result in published if result["page"] == f"book/{name}.html"]
        assert any(rounds_to(result["lo"], lo) and rounds_to(result["hi"], hi) for lo, hi in intervals for result in own), name


def test_chapters_open_with_a_summary_box(book):
    """Before the first section; verdicts come first where the report's numbers were available."""
    for name in CHAPTERS:
        article = soup(book, name).select_one("article section")
        box = article.select_one(".zr-summary")
        assert box.find_parent("section") is article, name
        if name != "01a_provinces":  # stands beside report 1 and judges none of its numbers
            first = box.select_one("p.zr-verdicts").get_text()
            assert re.match(r"\d+ printed numbers checked|No verdicts", first)


@needs_browser
def test_summary_boxes_fit_the_first_screen(browser, book):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    for name in CHAPTERS:
        page.goto((book.html / "book" / f"{name}.html").as_uri(), wait_until="load")
        box = page.locator(".zr-summary").bounding_box()
        assert 0 <= box["y"] and box["y"] + box["height"] <= 900, (name, box)
    page.close()


def test_works_cited_stand_in_the_margin_once(book):
    for name in CHAPTERS:
        page = soup(book, name)
        cited = {link["href"] for link in page.select(".bibtex-citation a, cite a, a[href*='bibliography.html#']") if not link.find_parent("aside")}
        noted = [link["href"] for link in page.select("aside.zr-margin a[href*='bibliography.html#']")]
        assert sorted(noted) == sorted(cited), name


def test_tables_read_stand_in_the_margin_and_lead_to_the_catalogue(book):
    catalogue = {tag["id"] for tag in soup(book, "reference/data").select("[id^='table-']")}
    for name in CHAPTERS:
        links = soup(book, name).select("aside.zr-margin a[href*='reference/data.html#']")
        assert links and {link["href"].split("#")[1] for link in links} <= catalogue


def test_favicon_is_there(book):
    for name in ("index", "reference/claims"):
        address = soup(book, name).select_one("link[rel='icon']")["href"]
        assert (book.html / "book" / name).parent.joinpath(address).resolve().is_file()


def test_card_is_drawn_and_its_tags_wait_for_an_address(book):
    head = (book.html / "social-card.png").read_bytes()[:24]
    assert struct.unpack(">II", head[16:]) == (1200, 630)
    for name in ("index", CHAPTERS[0], "reference/claims"):
        tags = {tag["property"]: tag["content"] for tag in soup(book, name).select("meta[property^='og:']")}
        assert tags["og:title"] and tags["og:description"] and "og:image" not in tags


def test_card_is_named_once_the_book_has_an_address(tmp_path):
    """A book of a few pages, without a notebook and without a verdict, so that nothing is executed: it builds too."""
    project = copy_sources(tmp_path / "project")
    project.replace("CITATION.cff", "license: MIT\n", "license: MIT\nurl: https://book.example.org/zhejiang/\n")
    contents = {"root": "book/reference/terms", "format": "jb-book", "chapters": [{"file": "book/reference/bibliography"}]}
    (project.root / "_toc.yml").write_text(json.dumps(contents), encoding="utf-8")
    for ledger in (project.root / "data" / "claims").glob("*.yml"):
        ledger.unlink()
    succeeded(project.plain())
    page = BeautifulSoup((project.html / "book/reference/terms.html").read_text(encoding="utf-8"), "html.parser")
    tags = {tag["property"]: tag["content"] for tag in page.select("meta[property^='og:']")}
    assert tags["og:image"] == "https://book.example.org/zhejiang/social-card.png"
    assert tags["og:url"].startswith("https://book.example.org/zhejiang/")
    assert (project.html / "social-card.png").stat().st_size > 1000


@needs_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_values_show_on_hover_and_go_with_escape(browser, base, theme):
    """The row under the pointer is that of the figure's data file."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme=theme)
    page = context.new_page()
    page.goto(base + "book/01_industrial_clusters.html", wait_until="load")
    figure = page.locator("#ch01-fig-dependence")
    figure.scroll_into_view_if_needed()
    payload = json.loads(figure.locator("script").text_content())
    box = figure.locator(f"img.zr-{theme}").bounding_box()
    tip = figure.locator(".zr-tip")
    assert not tip.is_visible()
    x, y, row = payload["points"][len(payload["points"]) // 2]
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    expected = [f"{column} {value}" for column, value in zip(payload["columns"], payload["rows"][row], strict=True) if value]
    assert tip.locator("div").all_inner_texts() == expected
    inside, around = tip.bounding_box(), figure.bounding_box()
    assert inside["x"] >= around["x"] - 1 and inside["x"] + inside["width"] <= around["x"] + around["width"] + 1
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    context.close()


@needs_browser
def test_margin_notes_overlap_nothing_and_go_on_narrow_screens(browser, base):
    for width in (1400, 390):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(base + "book/01_industrial_clusters.html", wait_until="load")
        boxes = page.eval_on_selector_all("aside.zr-margin", "notes => notes.map(n => { const b = n.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom] })")
        text = page.eval_on_selector("article section p", "p => p.getBoundingClientRect().right")
        if width == 390:
            assert all(box == [0, 0, 0, 0] for box in boxes)
        else:
            assert boxes and all(left >= text for left, *_ in boxes)
            assert all(below[1] >= above[3] - 1 for above, below in zip(boxes, boxes[1:]))
        page.close()


@needs_browser
@pytest.mark.parametrize("name", ["01_industrial_clusters", "03a_service_impact"])
def test_captions_of_wide_tables_stay_in_view(browser, base, name):
    """On a phone a table scrolls sideways under its caption."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{base}book/{name}.html", wait_until="load")
    wide = page.evaluate("""() => [...document.querySelectorAll(".pst-scrollable-table-container:has(> .zr-table caption)")]
        .filter(box => box.scrollWidth > box.clientWidth).map(box => {
            box.scrollLeft = box.scrollWidth;
            const [outer, inner] = [box, box.querySelector("caption")].map(x => x.getBoundingClientRect());
            return [inner.left - outer.left, outer.right - inner.right, box.scrollLeft];
        })""")
    assert wide
    assert all(left >= -1 and right >= -1 and scrolled > 0 for left, right, scrolled in wide), wide
    page.close()


def test_small_font_has_the_chinese_of_every_page(book):
    """So no page fetches the whole font, and the files say what they hold."""
    folder = book.html / "_static" / "vendor" / "fonts"
    text = "".join(path.read_text(encoding="utf-8") for path in book.html.rglob("*.html"))
    wanted = {ord(character) for character in re.findall(r"[\u3400-\u4dbf\u4e00-\u9fff]", text)}
    assert len(wanted) > 500
    faces = (book.html / "_static" / "fonts.css").read_text(encoding="utf-8").split("@font-face")[1:]
    assert [re.search(r"vendor/fonts/([\w.-]+)", face)[1] for face in faces] == [
        "NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf", "NotoSansSC-Regular-pages.woff2", "NotoSansSC-Bold-pages.woff2"]
    for face, style in zip(faces[2:], ("Regular", "Bold"), strict=True):
        small = set(TTFont(folder / f"NotoSansSC-{style}-pages.woff2").getBestCmap())
        assert wanted & set(TTFont(folder / f"NotoSansSC-{style}.otf").getBestCmap()) <= small
        listed = re.search(r"unicode-range: (.*);", face)[1].replace("U+", "").split(", ")
        ends = [[int(end, 16) for end in part.split("-")] for part in listed]
        assert wanted <= {code for first, *last in ends for code in range(first, (last or [first])[0] + 1)}


@needs_browser
def test_no_page_fetches_the_whole_chinese_font(browser, server):
    """On a machine that has a Chinese font nothing is fetched."""
    page = browser.new_page()
    fonts = set()
    page.on("request", lambda request: fonts.add(request.url.rpartition("/")[2]) if request.resource_type == "font" else None)
    for name in ("index", "03a_service_impact", "reference/data"):
        page.goto(f"{server}book/{name}.html", wait_until="networkidle")
    page.close()
    assert fonts <= {"NotoSansSC-Regular-pages.woff2", "NotoSansSC-Bold-pages.woff2"}
