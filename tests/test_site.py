"""What a reader meets: every page of the built book, as files and in a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jsonschema
import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from conftest import needs_browser, rounds_to
from crate import Severity, faults

from zhejiang import ROOT, __version__, build, citation, data
from zhejiang import input_output as io

IDS = Path(__file__).parent / "ids.txt"


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
    ids = {path: {tag["id"] for tag in soup.find_all(id=True)} for path, soup in site.items()}
    for entry in results["results"] + results["claims"]:
        assert entry["anchor"] in ids[book.html / entry["page"]], entry["id"]


def test_nothing_comes_from_outside(site):
    """No script, style, image or frame has an address of its own outside the book."""
    outside = [
        (path.name, tag.name, address)
        for path, soup in site.items()
        for tag in soup.find_all(["script", "link", "img", "iframe", "source"])
        # A browser fetches neither: the page's own address, and the name of a vocabulary.
        if tag.get("rel") not in (["canonical"], ["schema.DC"]) and urlsplit(address := tag.get("src") or tag.get("href") or "").netloc
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
    in_menus = [(tag["href"], tag.get_text()) for page in site.values() for tag in page.select("nav a[href]")]
    for path, soup in chapters.items():
        report = re.match(r"0*([0-9]+a?)_", path.name)[1]
        numbers = [tag.get_text() for tag in soup.select("article .section-number, article .caption-number, article .eqno")]
        assert numbers
        for number in numbers:
            assert re.search(rf"(?<![0-9]){report}\.", number), (path.name, number)
        assert any(text.strip().startswith(f"{report}. ") for address, text in in_menus if address.endswith(path.name)), path.name


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


# The files to take away.


@pytest.fixture(scope="module")
def exhibits(book):
    """Entries of `exhibits.json` by id."""
    return {entry["id"]: entry for entry in json.loads((book.html / "exhibits.json").read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def tags(site):
    """Tables and figures on the pages by id, as (path, element)."""
    return {tag["id"]: (path, tag) for path, soup in site.items() for tag in soup.select("table[id], figure[id]") if re.match(r"ch\d\d", tag["id"])}


def shown_table(table):
    """The cells of a table on its page, as text: heads, units, rows; and the verdict beside each cell."""
    rows, marks = [], []
    for row in table.find_all("tr"):
        cells = row.find_all(["th", "td"])
        found = [cell.select_one(".zr-mark") for cell in cells]
        marks.append([mark and mark["title"] for mark in found])
        rows.append(["".join(text for text in cell.find_all(string=True) if not text.find_parent(class_="zr-mark")).strip() for cell in cells])
    return rows, marks


def csv_frame(book, name):
    return pd.read_csv(book.html / name, comment="#", header=[0, 1], keep_default_na=False, na_values=[""])


def test_every_table_and_figure_has_its_files(book, exhibits, tags):
    on_pages = {id: (tag.name, path.relative_to(book.html).as_posix()) for id, (path, tag) in tags.items()}
    assert {id: (entry["kind"], entry["page"]) for id, entry in exhibits.items()} == on_pages
    endings = {"table": ["csv", "xlsx", "tex"], "figure": ["svg", "png", "csv"]}
    for id, entry in exhibits.items():
        assert entry["files"] == [f"downloads/{id}.{ending}" for ending in endings[entry["kind"]]]
    kept = {name for entry in exhibits.values() for name in entry["files"]}
    found = {path.relative_to(book.html).as_posix() for path in (book.html / "downloads").iterdir()}
    assert found - kept == {f"downloads/zhejiang-recomputed-{__version__}.zip"}
    assert all((book.html / name).stat().st_size for name in kept)


def test_files_carry_the_number_and_caption_of_the_page(book, exhibits, tags):
    for entry in exhibits.values():
        _, tag = tags[entry["anchor"]]
        number = tag.select_one(".caption-number").get_text().strip().replace("Fig.", "Figure")
        assert entry["number"] == number
        head = (book.html / next(name for name in entry["files"] if name.endswith(".csv"))).read_text(encoding="utf-8-sig").splitlines()
        assert head[0] == f"# {number}. {entry['caption']}"
        assert head[1] == f"# Id: {entry['id']}"


def test_links_to_files_say_what_they_are(exhibits, tags):
    """They stand below their table or figure, before anything else."""
    for entry in exhibits.values():
        _, tag = tags[entry["id"]]
        links = tag.find_next("p", class_="zr-source").select(".zr-downloads a")
        assert [link["href"] for link in links] == [f"../{name}" for name in entry["files"]]
        for link in links:
            assert link.has_attr("download") and link["aria-label"] == f"Download {entry['number']} as {link.get_text()}"


def test_the_cell_named_makes_the_table_or_figure(book, exhibits):
    made = {}
    for path in (book.html / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for number, cell in enumerate((cell for cell in cells if cell["cell_type"] == "code"), 1):
            for output in cell["outputs"]:
                table = output["data"].get(data.RECORD, {}).get("table")
                record = table or output["metadata"].get("image/svg+xml", {}).get("zhejiang")
                if record:
                    made[record["id"]] = (path.stem, number)
    assert {id: (Path(entry["page"]).stem, entry["cell"]) for id, entry in exhibits.items()} == made


def same_text(left, right):
    """Equal but for what typography changes: quotes, dashes, the sign of a minus."""
    quotes = {0x2018: "'", 0x2019: "'", 0x201c: '"', 0x201d: '"', 0x2026: "..."}
    left, right = (re.sub(r"[-–—−]+", "-", text.translate(quotes)).strip() for text in (left, right))
    return left == right


def is_number(value):
    """A column that holds a pair, such as 65 to 75, is text; the other numbers in it are too."""
    try:
        float(value)
    except ValueError:
        return False
    return True


def test_csv_has_the_units_numbers_and_verdicts_of_the_page(book, exhibits, tags):
    compared = 0
    for id in (id for id, entry in exhibits.items() if entry["kind"] == "table"):
        rows, marks = shown_table(tags[id][1])
        frame = csv_frame(book, f"downloads/{id}.csv")
        units = ["" if unit.startswith("Unnamed: ") else unit for unit in frame.columns.get_level_values(1)]
        frame.columns = frame.columns.get_level_values(0)
        heads = len(rows) - len(frame)
        places = [place for place, name in enumerate(frame.columns) if not re.search(": (wording|verdict|anchor)$", name)]
        assert len(places) == len(rows[0]), id
        for shown, place in enumerate(places):
            name = frame.columns[place]
            assert same_text(rows[0][shown], name) and same_text(rows[1][shown] if heads == 2 else "", units[place]), id
            for text, mark, value in zip([row[shown] for row in rows[heads:]], [row[shown] for row in marks[heads:]], frame[name], strict=True):
                if text in ("", "–"):
                    assert value == mark if mark else pd.isna(value), (id, text, value)
                elif is_number(value) and not same_text(text, str(value)):
                    assert rounds_to(value, text), (id, text, value)
                    compared += 1
                else:
                    assert same_text(text, str(value)), (id, text, value)
            if f"{name}: verdict" in frame:
                assert frame[f"{name}: verdict"].fillna("").tolist() == [row[shown] or "" for row in marks[heads:]]
    assert compared > 1000


def test_workbooks_hold_what_the_csv_holds(book, exhibits):
    for id in (id for id, entry in exhibits.items() if entry["kind"] == "table"):
        frame = csv_frame(book, f"downloads/{id}.csv").droplevel(1, axis=1)
        labels, _, *rows = openpyxl.load_workbook(book.html / f"downloads/{id}.xlsx", read_only=True).active.iter_rows(min_row=6, values_only=True)
        assert list(labels) == list(frame.columns)
        for expected, row in zip(frame.itertuples(index=False), rows, strict=True):
            for value, cell in zip(expected, row, strict=True):
                if pd.isna(value):
                    assert cell is None, id
                elif is_number(value):
                    assert float(cell) == pytest.approx(float(value), rel=1e-14, abs=0), id
                else:
                    assert same_text(cell, value), id


def test_pictures_have_print_resolution(book, exhibits):
    for entry in exhibits.values():
        if entry["kind"] == "table":
            continue
        svg, png = ((book.html / name) for name in entry["files"][:2])
        text = svg.read_text(encoding="utf-8")
        inches = [float(number) / 72 for number in re.search(r'<svg [^>]*width="([\d.]+)pt" height="([\d.]+)pt"', text).groups()]
        head = png.read_bytes()[:80]
        assert head.startswith(b"\x89PNG")
        assert struct.unpack(">II", head[16:24]) == pytest.approx([300 * size for size in inches], abs=1)
        assert struct.unpack(">4sIIB", head[37:50]) == (b"pHYs", 11811, 11811, 1)
        assert "<title>" in text and "http://www.w3.org/1999/xlink" in text
        assert re.findall(r'(?:href|src)="(?!#)[^"]*"|url\((?!#)[^)]*\)|<image', text) == [], "the drawing needs no other file"


def test_archive_is_complete(book, exhibits, tmp_path):
    with zipfile.ZipFile(book.html / "downloads" / f"zhejiang-recomputed-{__version__}.zip") as archive:
        assert archive.testzip() is None
        expected = {f"{entry['kind']}s/{Path(name).name}": book.html / name for entry in exhibits.values() for name in entry["files"]}
        expected |= {f"notebooks/{path.name}": path for path in (book.html / "notebooks").glob("*.ipynb")}
        expected |= {name: ROOT / name for name in ("CITATION.cff", "LICENSE", "LICENSE-DATA")} | {"results.json": book.html / "results.json"}
        assert set(archive.namelist()) == {*expected, "README.txt", "ro-crate-metadata.json"}
        for name, path in expected.items():
            assert archive.read(name) == path.read_bytes(), name
        assert len(archive.read("README.txt").decode().splitlines()) <= 12
        archive.extractall(tmp_path / "crate")
    assert faults(tmp_path / "crate", tmp_path / "cache", Severity.REQUIRED) == []


def test_landing_page_offers_the_archive(site, book, exhibits):
    for page in ("book/index.html", "book/reference/exhibits.html"):
        link = site[book.html / page].find("a", href=re.compile(r"downloads/zhejiang-recomputed-.*\.zip$"))
        kinds = [entry["kind"] for entry in exhibits.values()]
        assert f"{kinds.count('table')} tables as CSV" in link.find_parent("p").get_text()


def test_list_names_every_table_and_figure(site, book, exhibits):
    page = site[book.html / "book/reference/exhibits.html"]
    listed = {}
    for row in page.select("table.zr-exhibits tbody tr"):
        number, caption, title, cell, files = row.find_all(["th", "td"])
        link = caption.find("a")["href"]
        addresses = [a["href"].removeprefix("../../") for a in files.find_all("a")]
        listed[link.split("#")[1]] = (number.get_text(strip=True), int(cell.get_text()), addresses)
    assert listed == {id: (entry["number"], entry["cell"], entry["files"]) for id, entry in exhibits.items()}


def test_readme_lists_the_tables_and_figures_of_the_book(book):
    """If this fails: `make seal`."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert build.list_exhibits(readme) == readme


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
def test_every_table_compiles_in_one_bare_article(book, exhibits, tmp_path):
    names = [name for entry in exhibits.values() for name in entry["files"] if name.endswith(".tex")]
    assert names
    for name in names:
        shutil.copy(book.html / name, tmp_path)
    body = "\n".join(rf"\input{{{Path(name).stem}}}\clearpage" for name in names)
    (tmp_path / "article.tex").write_text(f"\\documentclass{{article}}\\begin{{document}}\n{body}\n\\end{{document}}\n", encoding="utf-8")
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "article"], cwd=tmp_path, capture_output=True)
    log = (tmp_path / "article.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[-2000:]
    assert int(re.search(r"Output written on article.pdf \((\d+) pages", log)[1]) >= len(names)
    assert re.findall(r"Missing character.*|Overfull \\hbox.*|.*Float too large.*|.*multiply defined.*", log) == []


# The examples on the page of the numbers as data.


def examples(language):
    text = (ROOT / "book" / "reference" / "results.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def test_results_follow_their_schema(book, results):
    schema = json.loads((ROOT / "src" / "zhejiang" / "schemas" / "results.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(results)
    assert not re.search(r"\b(NaN|Infinity)\b", (book.html / "results.json").read_text(encoding="utf-8")), "R reads neither"
    page = BeautifulSoup(book.page("reference/results"), "html.parser")
    fields = {code.get_text() for code in page.select("dl dt code")}
    entries = [schema["properties"][part]["items"]["properties"] for part in ("results", "claims")]
    assert fields == set(schema["properties"]) | set(entries[0]) | set(entries[1])


def test_examples_in_pandas_run(book, results, monkeypatch, capsys):
    monkeypatch.chdir(book.html)
    made = [namespace for code in examples("python") for namespace in [{}] if exec(code, namespace) is None]
    shown = capsys.readouterr().out
    expected = next(entry for entry in results["results"] if entry["id"] == "ch03-lag-countries-2005")
    assert f"{expected['value']:.6f}"[:8] in shown and re.search(r"not testable +\d+", shown)
    numbers, table, workbook, figure = made
    assert len(numbers["numbers"]) == len(results["results"]) and len(numbers["claims"]) == len(results["claims"])
    assert table["table"]["All exports"].tolist() == workbook["table"]["All exports"].tolist()
    assert table["table"]["Year"].tolist() == list(range(2000, 2006)) and table["table"]["Share: verdict"].isin(["reproduces", "differs"]).all()
    assert len(figure["figure"])


def _has_jsonlite():
    return shutil.which("Rscript") and subprocess.run(["Rscript", "-e", "library(jsonlite)"], capture_output=True).returncode == 0


def test_examples_in_r_run(book, results):
    if not _has_jsonlite():
        pytest.skip("no Rscript with jsonlite on this machine")
    report = """
cat("\\n", nrow(numbers), nrow(claims), sum(table$Year), sum(table[["All exports"]]),
    is.numeric(table$Share), nrow(figure) > 0, is.numeric(figure[[2]]))
"""
    script = "\n".join(examples("r")) + report
    done = subprocess.run(["Rscript", "-e", script], cwd=book.html, capture_output=True, text=True, encoding="utf-8",
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done.stderr
    expected = csv_frame(book, "downloads/ch01-tab-exports.csv").droplevel(1, axis=1)
    found = done.stdout.split()[-7:]
    assert found[:2] == [str(len(results["results"])), str(len(results["claims"]))]
    assert [float(part) for part in found[2:4]] == [expected["Year"].sum(), expected["All exports"].sum()]
    assert found[4:] == ["TRUE", "TRUE", "TRUE"]


def _content(soup, name):
    return [tag["content"] for tag in soup.find_all("meta", attrs={"name": name})]


def _pages_of_the_book(book, site):
    return {path: soup for path, soup in site.items() if path.is_relative_to(book.html / "book")}


def test_every_page_says_version_and_date(site, book):
    cff = citation.read_cff((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    for path, soup in site.items():
        if path != book.html / "index.html":  # only leads to the landing page
            assert soup.select_one("footer .zr-version").get_text() == f"Version {cff['version']}, {cff['date-released']}", path.name


def test_every_page_has_the_tags_of_its_record(book, site):
    """The landing page is the book, a chapter its chapter, any other page a part of the book; each page's tags name its own title."""
    for path, soup in _pages_of_the_book(book, site).items():
        is_landing = path.name == "index.html"
        assert _content(soup, "citation_title") == _content(soup, "DC.title")
        assert len(_content(soup, "citation_title")) == len(_content(soup, "citation_publication_date")) == len(_content(soup, "DC.date")) == 1
        assert _content(soup, "citation_author") == _content(soup, "DC.creator") != []
        assert _content(soup, "citation_inbook_title") == ([] if is_landing else ["Zhejiang Recomputed"]), path.name
        assert _content(soup, "DC.type") == ["Book" if is_landing else "BookChapter"]
        assert bool(_content(soup, "citation_abstract")) == (is_landing or path.name[0] == "0")
        heading = soup.select_one("article h1")
        marks = {id(text) for mark in heading.select(".section-number, .headerlink") for text in mark.strings}
        assert "".join(text for text in heading.strings if id(text) not in marks).strip().replace("’", "'") == _content(soup, "citation_title")[0]
        assert soup.find("link", rel="schema.DC")["href"] == "http://purl.org/dc/elements/1.1/"


def test_records_on_pages_are_those_in_the_files(book, site):
    """In all forms, for the chapter and the report that it recomputes; the page of citations has the book and every chapter."""
    chapters = [path for path in _pages_of_the_book(book, site) if path.name[0] == "0"]
    for path in [*chapters, book.html / "book/reference/cite.html"]:
        records = site[path].select(".zr-citations .zr-record")
        shown = [(record.find("summary").get_text(), record.find("pre").get_text().strip()) for record in records]
        links = site[path].select(".zr-citations a[href*='citations/']")
        stored = [(link.get_text(), (path.parent / link["href"]).read_text(encoding="utf-8").strip()) for link in links if "/all." not in link["href"]]
        assert shown == stored
        assert len(shown) == 4 * (2 if path in chapters else 2 + len(chapters))
        assert {record.find("summary").get_text() for record in records if record.has_attr("open")} == {"GB/T 7714", "BibTeX"}


def test_example_of_one_number_leads_to_it(book, site, results):
    page = site[book.html / "book/reference/cite.html"]
    entry = next(entry for entry in results["results"] if entry["id"] == "ch03-lag-countries-2005")
    text = page.get_text().replace("−", "-")
    assert f"{entry['value']:.1f} percentage points" in text and f"{entry['lo']:.1f} to {entry['hi']:.1f}" in text
    assert page.find("a", href=f"../03_ningbo_services.html#{entry['id']}").get_text() == f"{entry['page']}#{entry['id']}"
    assert f"number {entry['id']}, {entry['page']}#{entry['id']}" in page.select_one(".zr-record pre").get_text()


# In a browser.

LAYOUT = """() => {
  const shows = (e) => { const box = e.getBoundingClientRect(); return box.width > 0 && box.height > 0 && e.checkVisibility({ visibilityProperty: true }); };
  const figures = [...document.querySelectorAll("figure.zr-figure")];
  return { width: document.documentElement.scrollWidth, captions: figures.every((figure) => shows(figure.querySelector("figcaption"))),
           images: figures.map((figure) => [...figure.querySelectorAll("img")].filter(shows).map((image) => image.className)) }; }"""


@dataclass
class Visit:
    """What happens while every page is opened once, one after the other, and how each page lies in both themes."""

    base: str
    width: int
    requests: list[tuple[str, str]] = field(default_factory=list)  # the page and what it asks for
    said: list[tuple[str, str]] = field(default_factory=list)  # in the console
    errors: list[str] = field(default_factory=list)
    layouts: dict[tuple[str, str], dict] = field(default_factory=dict)  # by page and theme


@pytest.fixture(scope="module", params=[("file", 1400), ("http", 390)], ids=["file-1400", "http-390"])
def visit(request, browser, book, site):
    """From disk on a wide screen, from a server on a phone."""
    kind, width = request.param
    base = book.html.as_uri() + "/" if kind == "file" else request.getfixturevalue("server")
    visit = Visit(base, width)
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.on("request", lambda request: visit.requests.append((page.url, request.url)))
    page.on("console", lambda message: visit.said.append((page.url, message.text)) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: visit.errors.append(f"{page.url}: {error}"))

    def failed(request):
        # The next page may cut off what a busy browser still asks for, the icon for one; the file itself has to be there.
        is_there = request.url.startswith(base) and (book.html / request.url.removeprefix(base).partition("?")[0]).is_file()
        if not (request.failure == "net::ERR_ABORTED" and is_there):
            visit.errors.append(f"{request.failure}: {request.url}")

    page.on("requestfailed", failed)
    pages = [path.relative_to(book.html).as_posix() for path in site]
    for name in [*pages, "search.html?q=exports", "search.html?q=constructor", "search.html?q=__proto__"]:
        page.emulate_media(color_scheme="light")
        page.goto(base + name, wait_until="networkidle")
        # On a busy machine MathJax may still be between two of its files.
        page.evaluate("window.MathJax?.startup?.promise.then(() => {})")
        if name not in pages or name == "index.html":
            continue  # the latter only leads to the landing page
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.wait_for_function("(theme) => document.documentElement.dataset.theme === theme", arg=theme)
            visit.layouts[name, theme] = page.evaluate(LAYOUT)
    page.close()
    return visit


@needs_browser
def test_pages_request_nothing_from_outside(visit):
    assert [url for _, url in visit.requests if not url.startswith((visit.base, "data:", "blob:"))] == []
    assert visit.errors == []


@needs_browser
def test_nothing_is_reported_in_the_console(visit):
    """No error of a script, and nothing that a page's content security policy stops. Nor is the theme's large font of icons fetched, which
    stands behind the book's small one."""
    assert visit.said == []
    assert [found for found in visit.requests if "webfonts" in found[1]] == []


@needs_browser
def test_pages_do_not_scroll_sideways(visit):
    """Wide tables scroll in their own box, on a phone too; one image of each figure shows."""
    for (name, theme), layout in visit.layouts.items():
        assert layout["width"] <= visit.width, (name, theme)
        assert layout["captions"] and all(len(shown) == 1 and theme in shown[0] for shown in layout["images"]), (name, theme, layout["images"])
    assert sum(len(layout["images"]) for layout in visit.layouts.values()) > 100


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
    page.wait_for_function("() => document.querySelector('#search-results h2')?.innerText === 'Search Results'", timeout=10_000)
    found = page.eval_on_selector_all("#search-results ul.search li a", "links => links.map(a => a.getAttribute('href'))")
    page.close()
    assert any(expected in address for address in found), found


@needs_browser
def test_search_does_not_find_what_is_not_there(browser, base):
    page = browser.new_page()
    page.goto(f"{base}search.html?q=存口度依", wait_until="load")
    page.wait_for_function("() => document.querySelector('#search-results h2')?.innerText === 'Search Results'", timeout=10_000)
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
def test_table_of_provinces_can_be_sorted(browser, base, results):
    """By a column with negative numbers, up and down, and by names; the row of units stays where it is. The order of the page comes first."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(base + "book/01a_provinces.html", wait_until="load")
    table = page.locator("table#ch01a-tab-changes")

    def column(place):
        return table.evaluate("(table, place) => [...table.tBodies[0].rows].map(row => row.cells[place].textContent.trim().replace('\u2212', '-'))", place)

    assert column(0)[0] == "Guangdong"
    units = table.locator("thead tr").nth(1).inner_text()
    province, change = (table.locator("thead tr").first.locator("th").nth(place) for place in (0, 4))
    assert (province.inner_text(), change.inner_text()) == ("Province", "Change")
    change.get_by_role("button").click()
    assert change.get_attribute("aria-sort") == "ascending"
    risen = [float(text) for text in column(4)]
    assert risen == sorted(risen) and risen[0] < 0 < risen[-1] and len(risen) == 30
    assert column(0)[-1] == "Shanghai"
    change.get_by_role("button").press("Enter")
    assert change.get_attribute("aria-sort") == "descending" and [float(text) for text in column(4)] == risen[::-1]
    province.get_by_role("button").click()
    assert column(0) == sorted(column(0)) and change.get_attribute("aria-sort") is None
    assert table.locator("thead tr").nth(1).inner_text() == units
    page.close()


@needs_browser
def test_records_can_be_copied_and_folded(browser, base):
    """Each form has a button that copies it whole; those that programs read are folded, and not printed."""
    page = browser.new_page()
    page.add_init_script("document.addEventListener('copy', () => { window.copied = document.activeElement.value; })")
    page.goto(base + "book/03a_service_impact.html", wait_until="load")
    records = page.locator(".zr-citations .zr-record")
    assert page.locator(".zr-citations .zr-record button.copybtn").count() == records.count() == 8
    for record in records.all():
        if record.get_attribute("open") is None:
            assert not record.locator("pre").is_visible()
            record.locator("summary").press("Enter")
        expected = record.locator("pre").inner_text().strip()
        record.locator("button.copybtn").click()
        assert page.evaluate("window.copied").strip() == expected
    page.emulate_media(media="print")
    visible = [record.locator("summary").inner_text() for record in records.all() if record.is_visible()]
    assert visible == 2 * ["GB/T 7714", "BibTeX"]
    page.close()


# The calculator of the chapter on services.

WHAT_IF = "book/03a_service_impact.html"


@pytest.fixture(scope="module")
def effects():
    """What the calculator should show: `io.impact` by sector's name, employment by the rule that the chapter states."""
    sectors = data.load("input_output/sectors_42").set_index("sector")
    domestic = io.domestic_table(io.official_table(data.load("input_output/china_2007_42")))
    A = io.technical_coefficients(domestic.Z, domestic.x)
    accounts = data.load("employment/china_industries").set_index("code")["employed_10k_2007"]
    mapping = data.load("employment/china_industries").set_index("code")["sector42_2007"]
    persons = {s: 1e4 * accounts[mapping == s].sum() for s in sectors.index}
    w = pd.DataFrame({"value added": domestic.V.sum() / domestic.x, "persons": 0.0})
    for joint, straddling in (*(((s,), 0.0) for s in sectors.index), (("s10", "s21"), accounts["C12"]), (("s16", "s20"), accounts["C28"])):
        w.loc[list(joint), "persons"] = (sum(persons[s] for s in joint) + 1e4 * straddling) / (domestic.x[list(joint)].sum() / 1e4)

    def found(name, change):
        sector = sectors.index[sectors["name_en"] == name][0]
        result = io.impact(A, pd.Series(0.0, A.index).mask(A.index == sector, float(change)), w)
        return result.set_axis(sectors["name_en"].to_numpy()), (sectors["part"] == "services").to_numpy()

    return found


def _shown(page):
    """The rows of the calculator's table: head, then the cells."""
    return page.eval_on_selector_all("#ch03a-what-if tbody tr", "rows => rows.map(r => [...r.cells].map(c => c.textContent))")


def _written(row):
    return [text.replace("-", "−") for text in (f"{row['output']:,.2f}", f"{row['value added']:,.2f}", f"{row['persons']:,.0f}")]


@needs_browser
@pytest.mark.parametrize(("name", "change"), [("Electronics", 100), ("Leasing and business services", -37), ("Waste", 1000)])
def test_calculator_shows_the_numbers_of_the_notebook(browser, base, effects, name, change):
    page = browser.new_page()
    page.goto(base + WHAT_IF, wait_until="load")
    page.get_by_label("Sector whose final demand changes").select_option(label=name)
    page.get_by_label("Change, up or down").fill(str(change))
    page.get_by_label("List all 42 sectors").check()
    rows, (expected, services) = _shown(page), effects(name, change)
    assert rows[0] == ["All sectors", *_written(expected.sum())]
    assert rows[1] == ["of which services", *_written(expected[services].sum())]
    assert rows[2][1:] == [f"{share:.1f}" for share in 100 * expected[services].sum() / expected.sum()]
    by_size = expected.loc[expected["output"].abs().sort_values(ascending=False).index]
    plain = lambda cells: ["0.00" if cell == "−0.00" else "0" if cell == "−0" else cell for cell in cells]
    assert rows[3:] == [[sector, *plain(_written(row))] for sector, row in by_size.iterrows()]
    page.get_by_label("List all 42 sectors").uncheck()
    short = _shown(page)
    assert short[:13] == rows[:13] and len(short) == 14
    assert short[13] == ["32 other sectors", *_written(by_size.iloc[10:].sum())]
    page.close()


@needs_browser
def test_calculator_works_by_keyboard_and_tells_a_screen_reader(browser, base, effects):
    page = browser.new_page()
    page.goto(base + WHAT_IF, wait_until="load")
    summary = page.locator("#ch03a-what-if [role=status]")
    assert summary.inner_text().startswith("Final demand for Agriculture: change of 100 (100 million yuan). In all sectors: output ")
    page.get_by_label("Sector whose final demand changes").focus()
    page.keyboard.type("Const")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "ch03a-what-if-change"
    page.keyboard.press("ArrowDown")
    expected, services = effects("Construction", 99)
    total, part = expected.sum(), 100 * expected[services].sum() / expected.sum()
    output, added, persons = _written(total)
    assert summary.inner_text() == (
        f"Final demand for Construction: change of 99 (100 million yuan). In all sectors: output {output} (100 million yuan), services"
        f" {part['output']:.1f} percent of it; value added {added} (100 million yuan), services {part['value added']:.1f} percent of it;"
        f" employment {persons} (persons), services {part['persons']:.1f} percent of it.")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert len(_shown(page)) == 3 + 42
    table = page.locator("#ch03a-what-if table")
    assert table.locator("caption").inner_text().startswith("Final demand for Construction")
    assert table.locator("thead th[scope=col]").count() == 4
    assert table.locator("tbody th[scope=row]").count() == 3 + 42
    for control in ("select", "input[type=number]", "input[type=checkbox]"):
        assert page.locator(f"#ch03a-what-if {control}").evaluate("c => c.labels.length") == 1
    field = page.locator("#ch03a-what-if-change")
    assert [field.get_attribute(name) for name in ("min", "max", "step", "aria-describedby")] == ["-1000", "1000", "1", "ch03a-what-if-summary"]
    page.close()


@needs_browser
@pytest.mark.parametrize("entered", ["", "1001", "-1001", "1.5", "e"])
def test_calculator_refuses_what_it_cannot_compute(browser, book, entered):
    page = browser.new_page()
    page.goto((book.html / WHAT_IF).as_uri(), wait_until="load")
    field = page.get_by_label("Change, up or down")
    field.press("Control+a")
    field.press("Delete")
    field.press_sequentially(entered)
    assert field.get_attribute("aria-invalid") == "true"
    assert page.locator("#ch03a-what-if [role=status]").inner_text() == "Nothing computed: enter a whole number from −1,000 to 1,000."
    assert not page.locator("#ch03a-what-if table").is_visible()
    field.fill("0")
    assert field.get_attribute("aria-invalid") == "false"
    assert _shown(page)[0] == ["All sectors", "0.00", "0.00", "0"] and _shown(page)[2] == ["share, percent", "–", "–", "–"]
    page.close()


@needs_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_calculator_fits_a_phone(browser, book, theme):
    """Its table too, which may scroll in its box but need not; its text can be read on its ground."""
    context = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme=theme)
    page = context.new_page()
    page.goto((book.html / WHAT_IF).as_uri(), wait_until="load")
    page.get_by_label("Sector whose final demand changes").select_option(label="Water, environment, public facilities")
    page.get_by_label("Change, up or down").fill("-1000")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#ch03a-what-if .zr-table-box").evaluate("box => box.scrollWidth <= box.clientWidth")
    for control in ("select", "input[type=number]"):
        colours = page.locator(f"#ch03a-what-if {control}").evaluate("c => [getComputedStyle(c).color, getComputedStyle(c).backgroundColor]")
        light = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours]
        assert (light[0] < light[1] - 300) if theme == "light" else (light[0] > light[1] + 300), colours
    context.close()


@needs_browser
def test_without_scripts_and_in_print_a_sentence_stands_for_the_calculator(browser, book):
    address = (book.html / WHAT_IF).as_uri()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address, wait_until="load")
    assert "a calculator stands here" in page.locator("#ch03a-what-if").inner_text()
    assert page.locator("#ch03a-tab-multipliers-what-if tbody tr").count() == 42
    context.close()
    page = browser.new_page()
    page.goto(address, wait_until="load")
    assert not page.locator("#ch03a-what-if > p").is_visible()
    page.emulate_media(media="print")
    assert page.locator("#ch03a-what-if > p").is_visible() and not page.locator("#ch03a-what-if .zr-what-if-box").is_visible()
    page.close()


def test_ids_file_is_sorted():
    ids = IDS.read_text(encoding="utf-8").split()
    assert ids == sorted(ids)
