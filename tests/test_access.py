"""Who reads the pages by keyboard, with a screen reader, without scripts, on a slow line or from disk: checked in a browser."""

from __future__ import annotations

import base64
import io
import re

import browser_tools
import pytest
from conftest import needs_browser
from fontTools.ttLib import TTFont

CHAPTER = "book/04a_innovation_survey.html"
HEAVIEST = "book/03a_service_impact.html"
WIDTHS, THEMES = [1400, 390], ["light", "dark"]
CJK = re.compile(r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def pages(book):
    """Addresses of all pages, but for the one that only leads to the landing page."""
    found = (path.relative_to(book.html).as_posix() for path in book.html.rglob("*.html") if "_static" not in path.parts)
    return sorted(name for name in found if name != "index.html")


@pytest.fixture(scope="module")
def soups(book, site):
    """These pages, parsed."""
    return {name: site[book.html / name] for name in pages(book)}


def installed(*arguments):
    try:
        return browser_tools.install(*arguments)
    except browser_tools.NotInstalled as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def axe():
    return (installed("axe", "--omit=dev") / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def typeset(page):
    """Wait until the page's equations are drawn, if it has any."""
    page.wait_for_function("() => !document.querySelector('.math') || document.querySelector('mjx-container')")
    page.evaluate("window.MathJax?.startup.promise.then(() => {})")


def findings(page, axe):
    """Serious and critical findings of axe-core, all of its rules on, folded code open."""
    page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
    typeset(page)
    page.wait_for_timeout(400)  # the theme sets tab stops a moment after the page has changed
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [(finding["id"], node["target"], node["failureSummary"]) for finding in found if finding["impact"] in ("serious", "critical")
            for node in finding["nodes"]]


@needs_browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["book/index.html", CHAPTER, "book/reference/claims.html", "book/reference/cite.html"])
def test_axe_finds_nothing_serious(browser, book, axe, name, width, theme):
    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme) as context:
        page = context.new_page()
        page.goto((book.html / name).as_uri(), wait_until="load")
        assert findings(page, axe) == []


@needs_browser
@pytest.mark.full
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious_on_any_page(browser, book, axe, width, theme):
    found = {}
    for name in pages(book):
        with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme) as context:
            page = context.new_page()
            page.set_default_timeout(600_000)
            page.goto((book.html / name).as_uri(), wait_until="load")
            if faults := findings(page, axe):
                found[name] = faults
    assert found == {}


@needs_browser
@pytest.mark.parametrize("fault, rule", [
    ('<img src="../_static/file.png">', "image-alt"),
    ('<p style="color: #999; background: #fff">Hardly to be read</p>', "color-contrast"),
    ('<div style="width: 5rem; height: 2rem; overflow: auto"><p style="width: 50rem">Out of reach</p></div>', "scrollable-region-focusable"),
])
def test_axe_finds_a_fault_that_is_there(browser, book, axe, fault, rule):
    # The faults have styles of their own, which the policy of the page would not take.
    page = browser.new_page(bypass_csp=True)
    page.goto((book.html / CHAPTER).as_uri(), wait_until="load")
    page.evaluate("(fault) => document.querySelector('article').insertAdjacentHTML('afterbegin', fault)", fault)
    assert {finding[0] for finding in findings(page, axe)} == {rule}
    page.close()


# By keyboard.

STYLE = """(e) => { const s = getComputedStyle(e);
  return [s.outlineStyle === "none" || s.outlineWidth === "0px" ? "" : s.outline, s.boxShadow, s.backgroundColor, s.borderColor, s.textDecoration].join("|"); }"""


@needs_browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["book/index.html", CHAPTER, "book/reference/claims.html", HEAVIEST])
def test_keyboard_reaches_everything_and_shows_where_it_is(browser, book, name, width):
    """Every link, button, field, summary and box that scrolls; in as many steps as there are of them, so that nothing is a trap."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((book.html / name).as_uri(), wait_until="load")
    typeset(page)
    page.wait_for_timeout(800)
    page.evaluate(f"void (window.styleOf = {STYLE})")
    expected = page.evaluate("""() => {
        const scrolls = (e) => /auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth;
        const controls = "a[href], button, summary, input, select, textarea";
        const found = [...document.querySelectorAll(".bd-main *, .bd-sidebar-primary *, .skip-link *")]
            .filter((e) => (e.matches(controls) || scrolls(e)) && e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length);
        found.forEach((e, i) => { e.dataset.n = i; e.dataset.before = styleOf(e); });
        return found.map((e) => e.outerHTML.slice(0, 100));
    }""")
    reached, unseen = set(), []
    for _ in range(2 * len(expected) + 50):
        page.keyboard.press("Tab")
        where = page.evaluate("""() => { const e = document.activeElement; if (e === document.body) return null;
            return [e.dataset.n ?? "", styleOf(e) !== e.dataset.before, e.outerHTML.slice(0, 100)]; }""")
        if where is None:
            break
        reached.add(where[0])
        if where[0] and not where[1]:
            unseen.append(where[2])
    else:
        pytest.fail("the focus does not leave the page")
    assert [text for number, text in enumerate(expected) if str(number) not in reached] == []
    assert unseen == []
    page.close()


@needs_browser
@pytest.mark.parametrize("width", WIDTHS)
def test_skip_link_leads_to_the_text(browser, base, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(base + CHAPTER, wait_until="load")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to main content"
    page.wait_for_function("() => document.activeElement.getBoundingClientRect().top >= 0", timeout=5_000)  # it slides into sight
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    page.close()


@needs_browser
@pytest.mark.parametrize("button, opened, width", [
    (".primary-toggle", "#pst-primary-sidebar-modal[open]", 390),
    (".secondary-toggle", "#pst-secondary-sidebar-modal[open]", 390),
    (".search-button__button", "#pst-search-dialog[open]", 390),
    (".search-button__button", "#pst-search-dialog[open]", 1400),
    (".dropdown-download-buttons .dropdown-toggle", ".dropdown-download-buttons .dropdown-menu.show", 390),
    (".dropdown-download-buttons .dropdown-toggle", ".dropdown-download-buttons .dropdown-menu.show", 1400),
])
def test_menus_open_and_close_by_keyboard_and_give_the_focus_back(browser, base, button, opened, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(base + CHAPTER, wait_until="load")
    opener = page.locator(f"{button}:visible").first
    opener.focus()
    assert page.locator(opened).count() == 0
    page.keyboard.press("Enter")
    page.locator(opened).wait_for()
    page.keyboard.press("ArrowDown" if "dropdown" in button else "Shift")
    assert page.locator(opened).evaluate("menu => menu.contains(document.activeElement)")
    page.keyboard.press("Escape")
    page.locator(opened).wait_for(state="detached")
    assert opener.evaluate("button => button === document.activeElement")
    page.close()


@needs_browser
def test_sidebar_folds_and_theme_changes_by_keyboard(browser, base):
    page = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme="dark")
    page.goto(base + CHAPTER, wait_until="load")
    page.locator(".primary-toggle:visible").focus()
    for shown in (False, True):
        page.keyboard.press("Enter")
        page.locator("#pst-primary-sidebar nav").wait_for(state="visible" if shown else "hidden")
        assert page.evaluate("document.activeElement.matches('.primary-toggle')")
    themes = []
    page.locator(".theme-switch-button:visible").focus()
    for _ in range(3):
        themes.append(page.evaluate("document.documentElement.dataset.theme"))
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.matches('.theme-switch-button')")
    assert themes[0] == "dark" and set(themes) == {"dark", "light"}
    page.close()


# Without scripts, and from disk.


@needs_browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_chapter_is_readable_without_scripts(browser, base, width, theme):
    context = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    page.goto(base + CHAPTER, wait_until="load")
    figures = page.locator("figure.zr-figure").all()
    assert figures and all(figure.locator("img:visible").count() == 1 for figure in figures)
    assert all(table.is_visible() for table in page.locator("table.zr-table").all())
    code = page.locator("details.hide").first
    assert not code.locator("pre").is_visible()
    code.locator("summary").click()
    assert code.locator("pre").is_visible()
    # An equation stands there as the TeX that it was written in.
    assert page.locator("span.math").first.inner_text() == r"\(n\)"
    assert re.search(r"\\\[.*\\frac.*\\\]", page.locator("div.math").first.inner_text(), flags=re.DOTALL)
    colours = page.locator("article p").first.evaluate("p => [getComputedStyle(p).color, getComputedStyle(document.body).backgroundColor]")
    light = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours]
    assert light[0] < light[1] - 300, colours
    # No button that does nothing.
    assert page.locator("button:visible").count() == 0
    page.locator("nav a", has_text="Errata").locator("visible=true").first.click()
    assert page.locator("article h1").inner_text().startswith("Errata")
    context.close()


@needs_browser
@pytest.mark.parametrize("term, is_found", [("constructor", False), ("__proto__", False), ("exports", True), ("浙江", True)])
def test_search_answers_any_word(browser, base, term, is_found):
    """Also one that names a member of every object; with summaries where pages can be fetched."""
    page = browser.new_page()
    page.goto(f"{base}search.html?q={term}", wait_until="load")
    page.wait_for_function("() => document.querySelector('#search-results h2')?.innerText === 'Search Results'", timeout=20_000)
    assert (page.locator("#search-results ul.search li").count() > 0) == is_found
    if is_found and base.startswith("http"):
        page.locator("#search-results p.context").first.wait_for()
        if CJK.search(term):
            assert page.locator("#search-results p.context [lang=zh-Hans]", has_text=term).count() > 0
    page.close()


# Language.


def test_chinese_is_marked(soups):
    marked = 0
    for name, soup in soups.items():
        assert soup.html["lang"] == "en", name
        for text in soup.body.find_all(string=CJK):
            if text.parent.name not in ("script", "style"):
                assert text.find_parent(lang=re.compile("^zh(-|$)")), (name, text)
                marked += 1
        for tag in soup.find_all(lang="zh-Hans"):
            assert CJK.search(tag.get_text()) and not re.search("[A-Za-z]", tag.get_text()), (name, tag)
    assert marked > 100


def test_marks_of_language_are_nowhere_but_in_tags(book, soups):
    """Not in the terms of the search, in titles of browser tabs or in files to take away."""
    index = (book.html / "searchindex.js").read_text(encoding="utf-8")
    assert not any("lang" in title for title in re.findall(r'alltitles:\{(.*?)\},', index))
    for name, soup in soups.items():
        head = soup.head
        assert "<span" not in head.title.get_text() and not [tag for tag in head.find_all("meta") if "<span" in tag.get("content", "")], name


# Weight.


def test_every_page_is_described(soups):
    for name, soup in soups.items():
        if name.startswith("book/"):
            (tag,) = soup.find_all("meta", attrs={"name": "description"})
            assert 40 < len(tag["content"]) <= 170, name


def test_figures_keep_their_place(book, soups):
    """Each image has the proportions of its drawing, and is fetched when it is looked at."""
    seen = 0
    for name, soup in soups.items():
        for image in soup.select(".zr-figure img"):
            svg = (book.html / name).parent.joinpath(image["src"]).read_text(encoding="utf-8")
            _, _, width, height = map(float, re.search(r'viewBox="([^"]+)"', svg)[1].split())
            assert int(image["width"]) / int(image["height"]) == pytest.approx(width / height, rel=0.005)
            assert image["loading"] == "lazy"
            seen += 1
    assert seen > 50


@needs_browser
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_when_a_figure_arrives(browser, server, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    held = []
    page.route("**/_images/*.svg", lambda route: held.append(route))
    page.goto(server + CHAPTER, wait_until="load")
    typeset(page)
    figures = page.locator("figure.zr-figure").all()
    for figure in figures:
        figure.scroll_into_view_if_needed()
        page.wait_for_timeout(200)
    heights = [figure.bounding_box()["height"] for figure in figures]
    assert len(held) == len(figures) and min(heights) > 100
    page.unroute("**/_images/*.svg")  # lets them go
    page.wait_for_function("() => [...document.querySelectorAll('figure.zr-figure img')].filter((image) => image.checkVisibility()).every((image) => image.naturalWidth)")
    assert [figure.bounding_box()["height"] for figure in figures] == pytest.approx(heights, abs=1)
    page.close()


@needs_browser
@pytest.mark.parametrize("theme", THEMES)
def test_images_of_the_other_theme_are_not_fetched(browser, server, theme):
    context = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme=theme)
    page = context.new_page()
    fetched = []
    page.on("request", lambda request: fetched.append(request.url) if request.url.endswith(".svg") else None)
    page.goto(server + CHAPTER, wait_until="load")
    for figure in page.locator("figure.zr-figure").all():
        figure.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    other = "dark" if theme == "light" else "light"
    assert [url for url in fetched if f"-{theme}.svg" in url] and not [url for url in fetched if f"-{other}.svg" in url]
    context.close()


def test_mathjax_is_where_equations_are(soups):
    with_equations = 0
    for name, soup in soups.items():
        scripts = [script for script in soup.find_all("script") if "mathjax" in f"{script.get('src')} {script.string}".lower()]
        assert bool(soup.select(".math")) == (len(scripts) == 2), name
        with_equations += bool(scripts)
    assert with_equations > 5


def test_every_icon_is_in_the_font(book, soups):
    """If this fails: add the icon to `ICON_NAMES` in book/_static/vendor/refresh.py and run it."""
    content = re.search(r"base64,([^\"]+)", (book.html / "_static" / "icons.css").read_text(encoding="utf-8"))[1]
    font = TTFont(io.BytesIO(base64.b64decode(content)))
    style = (book.html / "_static" / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    codes = {name: code for rule, code in re.findall(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)"', style)
             for name in re.findall("fa-[a-z0-9-]+", rule)}
    names = {name for soup in soups.values() for icon in soup.select("i.fas, .fa-solid")
             for name in icon["class"] if name.startswith("fa-") and name not in ("fa-solid", "fa-lg")}
    assert len(names) > 8
    assert [name for name in sorted(names) if int(codes[name], 16) not in font.getBestCmap()] == []


@needs_browser
@pytest.mark.full
@pytest.mark.parametrize("preset", ["mobile", "desktop"])
@pytest.mark.parametrize("name", ["book/index.html", HEAVIEST])
def test_lighthouse(book, name, preset):
    installed("lighthouse")
    report = browser_tools.lighthouse(book.html, name, preset)
    assert "runtimeError" not in report, report
    scores = {key: 100 * category["score"] for key, category in report["categories"].items()}
    audits = report["audits"]
    failed = [id for id, audit in audits.items() if audit["score"] == 0]
    assert min(scores[key] for key in ("accessibility", "best-practices", "seo")) >= 95, (scores, failed)
    assert audits["total-byte-weight"]["numericValue"] < 1.5e6
    # Equations can move text a little, since their TeX stands in their place until they are set; figures do not, see above.
    assert audits["cumulative-layout-shift"]["numericValue"] <= 0.1
