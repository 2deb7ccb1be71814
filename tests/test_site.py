"""What a reader meets: every page of the built book, as files and in a browser."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import socket
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from zhejiang import ROOT, data

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
IDS = Path(__file__).parent / "ids.txt"


@pytest.fixture(scope="module")
def site(book):
    """Every page as (path, parsed page)."""
    paths = sorted(book.html.rglob("*.html"))
    return {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in paths
            if "_static" not in path.parts}


def test_links_and_anchors_resolve(site):
    broken = []
    ids = {path: {tag["id"] for tag in soup.find_all(id=True)} for path, soup in site.items()}
    for path, soup in site.items():
        for tag in soup.find_all(["a", "link", "script", "img"]):
            address = tag.get("href") or tag.get("src")
            if not address or urlsplit(address).scheme or address in ("#", "#!"):
                continue
            parts = urlsplit(address)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                broken.append((path.name, address))
            elif parts.fragment and target in ids and unquote(parts.fragment) not in ids[target]:
                broken.append((path.name, address))
    assert broken == []


def test_results_point_at_anchors(book, results, site):
    for entry in results["results"] + results["claims"]:
        assert site[book.html / entry["page"]].find(id=entry["anchor"]), entry["id"]


def test_nothing_comes_from_outside(site):
    """No script, style, image or frame has an address of its own outside the book."""
    outside = [
        (path.name, tag.name, address)
        for path, soup in site.items()
        for tag in soup.find_all(["script", "link", "img", "iframe", "source"])
        if tag.get("rel") != ["canonical"] and urlsplit(address := tag.get("src") or tag.get("href") or "").netloc
    ]
    assert outside == []


def test_styles_name_nothing_outside(book):
    for path in (book.html / "_static").rglob("*.css"):
        for address in re.findall(r"url\(\s*['\"]?([^'\")]+)", path.read_text(encoding="utf-8")):
            assert not urlsplit(address).netloc, (path.name, address)


def test_figures_are_described_and_numbered(site):
    figures = [figure for soup in site.values() for figure in soup.select("figure")]
    assert figures
    for figure in figures:
        assert figure.find("figcaption").select_one(".caption-number"), figure.get("id")
        for image in figure.find_all("img"):
            assert len(image["alt"]) > 40, figure.get("id")
    for path, soup in site.items():
        assert [image for image in soup.find_all("img") if not image.get("alt")] == [], path.name


def test_numbers_of_chapters_are_those_of_the_reports(site):
    """A cited Table 3a.2 keeps its number, whatever chapters come before it."""
    chapters = {path: soup for path, soup in site.items() if re.match(r"[0-9]", path.name)}
    assert chapters
    for path, soup in chapters.items():
        report = re.match(r"0*([0-9]+a?)_", path.name)[1]
        numbers = [tag.get_text() for tag in soup.select("article .section-number, article .caption-number, article .eqno")]
        assert numbers
        for number in numbers:
            assert re.search(rf"(?<![0-9]){report}\.", number), (path.name, number)
        in_menus = {tag.get_text() for page in site.values() for tag in page.select(f"nav a[href$='{path.name}']")}
        assert any(text.strip().startswith(f"{report}. ") for text in in_menus), path.name


def test_table_heads_have_a_scope(site):
    for path, soup in site.items():
        for head in soup.select("main table th"):
            assert head.get("scope") in ("col", "row"), (path.name, head)


def test_no_machine_shows(book):
    """No path, host name or user of the machine that built the book."""
    traces = [str(ROOT), str(Path.home()) + "/"]
    # A short host name may be a word of the text.
    traces += [name for name in [socket.gethostname()] if len(name) > 5]
    for path in book.html.rglob("*"):
        if path.is_file() and path.suffix in {".html", ".json", ".js", ".ipynb", ".svg", ".md"}:
            text = path.read_text(encoding="utf-8", errors="replace")
            assert [trace for trace in traces if re.search(rf"(?<![\w.-]){re.escape(trace)}(?![\w-])", text)] == [], path


def test_ids_stay(results, site):
    """Addresses that others cite: every id of a number, claim, table and figure is in the committed list."""
    ids = {entry["id"] for entry in results["results"] + results["claims"]}
    for soup in site.values():
        ids |= {tag["id"] for tag in soup.select("table[id], figure[id]") if re.match(r"ch\d\d", tag["id"])}
    for entry in ids:
        assert re.fullmatch(r"ch[0-9]{2}a?-[a-z0-9-]+", entry)
    committed = set(IDS.read_text(encoding="utf-8").split())
    assert committed - ids == set(), "ids vanished that may have been cited"
    assert ids - committed == set(), f"new ids: add them to {IDS.name}"


def test_results_have_the_promised_form(results):
    assert set(results) == {"schema", "version", "results", "claims"}
    for entry in results["results"]:
        assert set(entry) == {"id", "value", "lo", "hi", "unit", "page", "anchor", "label", "kind"}
        assert isinstance(entry["value"], float)
        assert not entry["page"].startswith("/")
        if entry["lo"] is not None:
            assert entry["lo"] <= entry["value"] <= entry["hi"], entry["id"]
    for entry in results["claims"]:
        assert set(entry) == {"id", "printed", "computed", "basis", "verdict", "page", "anchor"}


def test_every_claim_is_in_results_and_ledger(book, results):
    ledger = BeautifulSoup(book.page("reference/claims"), "html.parser")
    for chapter in data.chapters_with_claims():
        for claim in data.read_claims(chapter):
            assert any(entry["id"] == claim["id"] for entry in results["claims"])
            assert ledger.find("tr", id=claim["id"]), claim["id"]


def test_errata_list_every_difference(book, results):
    errata = BeautifulSoup(book.page("reference/errata"), "html.parser")
    listed = sorted(code.get_text() for code in errata.select(".zr-errata code"))
    assert listed == sorted({entry["id"] for entry in results["claims"] if entry["verdict"] == "differs"})


def test_download_menu_offers_the_executed_notebook(book, site):
    page = site[book.html / "book" / "01_industrial_clusters.html"]
    assert page.find("a", href="../notebooks/01_industrial_clusters.ipynb")


def test_last_commit_dates_the_pages(book):
    """The date comes from the last commit, so that it does not depend on the day of the build."""
    done = book.run("git", "log", "-1", "--format=%cs")
    if done.returncode:
        pytest.skip("not a git checkout")
    assert done.stdout.strip() in book.page("index")


# In a browser.

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def server(book):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(book.html))) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}/"
        httpd.shutdown()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"])
        yield browser
        browser.close()


@pytest.fixture(params=["file", "http"])
def base(request, book):
    return book.html.as_uri() + "/" if request.param == "file" else request.getfixturevalue("server")


@needs_browser
def test_pages_request_nothing_from_outside(browser, base, site, book):
    page = browser.new_page()
    requests, errors = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfailed", lambda request: errors.append(f"failed: {request.url}"))
    for path in site:
        page.goto(base + path.relative_to(book.html).as_posix(), wait_until="networkidle")
    page.close()
    assert [url for url in requests if not url.startswith((base, "data:", "blob:"))] == []
    assert errors == []


@needs_browser
def test_equations_are_drawn(browser, base):
    page = browser.new_page()
    page.goto(base + "book/reference/methods.html", wait_until="load")
    page.wait_for_selector("mjx-container svg")
    assert page.locator("mjx-container").count() >= 3
    assert page.locator("[data-mml-node=merror]").count() == 0
    page.close()


@needs_browser
@pytest.mark.parametrize("term, expected", [
    ("出口依存度", "01_industrial_clusters"),
    ("产业集群", "01_industrial_clusters"),
    ("一般贸易", "01_industrial_clusters"),
    ("块状经济", "01_industrial_clusters"),
    ("export dependence", "01_industrial_clusters"),
    ("vintages", "reference/methods"),
    ("出口依存度 2005", "01_industrial_clusters"),
])
def test_search_finds(browser, base, term, expected):
    page = browser.new_page()
    page.goto(f"{base}search.html?q={term}", wait_until="load")
    page.wait_for_function("document.querySelector('#search-results h2')?.innerText === 'Search Results'", timeout=10_000)
    found = page.eval_on_selector_all("#search-results ul.search li a", "links => links.map(a => a.getAttribute('href'))")
    page.close()
    assert any(expected in address for address in found), found


@needs_browser
def test_search_does_not_find_what_is_not_there(browser, base):
    page = browser.new_page()
    page.goto(f"{base}search.html?q=存口度依", wait_until="load")
    page.wait_for_function("document.querySelector('#search-results h2')?.innerText === 'Search Results'", timeout=10_000)
    assert page.locator("#search-results ul.search li").count() == 0
    page.close()


@needs_browser
def test_ledger_can_be_filtered_and_sorted(browser, base, results):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(base + "book/reference/claims.html", wait_until="load")
    rows = page.locator("table.zr-ledger tbody tr")
    assert rows.count() == len(results["claims"])
    page.get_by_label("Show only this verdict").select_option("differs")
    shown = [claim for claim in results["claims"] if claim["verdict"] == "differs"]
    assert page.locator("table.zr-ledger tbody tr:visible").count() == len(shown)
    page.get_by_label("Show only this verdict").select_option("")
    page.get_by_label("Filter rows by text").fill("出口")
    assert 0 <= page.locator("table.zr-ledger tbody tr:visible").count() < rows.count()
    page.get_by_label("Filter rows by text").fill("")
    page.locator("table.zr-ledger thead th button", has_text="Page").click()
    pages = page.eval_on_selector_all("table.zr-ledger tbody tr", "rows => rows.map(r => parseInt(r.cells[1].textContent) || 0)")
    assert pages == sorted(pages)
    page.close()


@needs_browser
@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_do_not_scroll_sideways(browser, book, site, width, theme):
    """Wide tables scroll in their own box, on a phone too; one image of each figure shows."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    for path in site:
        if path == book.html / "index.html":
            continue  # only leads to the landing page
        page.goto(path.as_uri(), wait_until="load")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        for figure in page.locator("figure.zr-figure").all():
            assert figure.locator("img:visible").count() == 1
            assert theme in figure.locator("img:visible").get_attribute("class")
            assert figure.locator("figcaption").is_visible()
    context.close()


def test_ids_file_is_sorted():
    ids = IDS.read_text(encoding="utf-8").split()
    assert ids == sorted(ids)
