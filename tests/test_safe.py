"""Safe to read, to open and to install: what pages may do, what downloads hold, what an installation accepts."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import venv
import zipfile

import openpyxl
import pytest
import uv
import yaml
from bs4 import BeautifulSoup
from conftest import KERNEL, copy_sources, needs_browser, succeeded
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing
from pypdf import PdfReader

from zhejiang import ROOT, sbom
from zhejiang import __main__ as command

sys.path.insert(0, str(ROOT / "book" / "_ext"))
from content_security import POLICY, protected  # noqa: E402

CHAPTER = "book/03a_service_impact.html"


# Pages run and fetch nothing but the book's.


@pytest.fixture(scope="module")
def pages(book, site):
    """Every page by its address in the book: text and parsed."""
    return {path.relative_to(book.html).as_posix(): (path.read_text(encoding="utf-8"), soup) for path, soup in site.items()}


def directives(soup):
    """The policy of a page: values by directive."""
    (meta,) = soup.select("meta[http-equiv='Content-Security-Policy']")
    return {name: values for name, *values in (part.split() for part in meta["content"].split("; "))}


def test_policy_allows_the_page_and_the_book_only(pages):
    assert {"index.html", "search.html", "genindex.html", "py-modindex.html", CHAPTER} <= set(pages)
    for name, (_, soup) in pages.items():
        policy = directives(soup)
        assert policy["default-src"] == ["'none'"] and policy["base-uri"] == ["'none'"] and policy["form-action"] == ["'self'"], name
        for values in policy.values():
            assert all(re.fullmatch("'self'|'none'|data:|'sha256-[A-Za-z0-9+/]{43}='", value) for value in values), (name, values)
        assert "data:" not in policy["script-src"] + policy["style-src"] + policy["connect-src"]
        # A policy holds for what comes after it.
        first = next(tag for tag in soup.find_all(["meta", "link", "script", "style"]) if not tag.get("charset"))
        assert first.get("http-equiv") == "Content-Security-Policy", name


def test_policy_has_the_hash_of_every_script_in_the_page_and_of_no_other(pages):
    for name, (_, soup) in pages.items():
        scripts = [tag.string for tag in soup.find_all("script") if not tag.has_attr("src") and tag.get("type") != "application/json"]
        hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts}
        assert set(directives(soup)["script-src"]) == {"'self'"} | hashes, name
        for tag in soup.find_all(True):
            assert not [key for key, value in tag.attrs.items() if key == "style" or key.startswith("on") or str(value).lower().startswith("javascript:")], (name, tag)


PAGE = '<!DOCTYPE html>\n<html><head>\n<meta charset="utf-8" />\n<script>1</script></head><body>{}</body></html>\n'


@pytest.mark.parametrize("found", ['<p onclick="f()">', '<p STYLE="color: red">', '<a href=" JavaScript:f()">'])
def test_page_that_no_policy_of_hashes_allows_stops_the_build(found):
    with pytest.raises(ValueError, match="expected a script or a style sheet in a file"):
        protected(PAGE.format(found), "")


def test_policy_follows_the_page():
    """Sphinx writes only the pages that changed: the others carry a policy already."""
    once = protected(PAGE.format(""), "")
    assert once != PAGE.format("") and protected(once, "") == once
    other = once.replace("<script>1<", "<script>2<")
    assert protected(other, "") not in (other, once)
    assert len(re.findall("<meta http-equiv", protected(other, ""))) == 1


INJECTED = """
<script>window.hits.push("script")</script>
<img src="nowhere.png" onerror="window.hits.push('handler')" />
<a id="bait" href="javascript:window.hits.push('link')">link</a>
<script src="http://elsewhere.example/script.js"></script>
<link rel="stylesheet" href="http://elsewhere.example/style.css" />
<img src="http://elsewhere.example/image.png" />
<iframe src="http://elsewhere.example/frame.html"></iframe>
<form id="form" action="http://elsewhere.example/form"></form>
"""


@needs_browser
@pytest.mark.parametrize("with_policy", [True, False])
def test_browser_refuses_what_is_not_the_books(browser, base, pages, with_policy):
    """Scripts and addresses put into a page do nothing; without the policy they all would."""
    text, _ = pages["book/reference/terms.html"]
    text = (text if with_policy else POLICY.sub("", text)).replace("</article>", INJECTED + "</article>", 1)
    page = browser.new_page()
    asked = []
    page.add_init_script("window.hits = []")
    page.route("http://elsewhere.example/**", lambda route: (asked.append(route.request.url), route.abort()))
    page.route("**/terms.html", lambda route: route.fulfill(body=text, content_type="text/html; charset=utf-8"))
    page.goto(base + "book/reference/terms.html", wait_until="load")
    page.locator("#bait").click()
    page.evaluate("() => fetch('http://elsewhere.example/data').catch(() => {})")
    page.wait_for_timeout(200)
    hits = page.evaluate("window.hits")
    page.evaluate("document.querySelector('#form').requestSubmit()")
    page.wait_for_timeout(200)
    page.close()
    if with_policy:
        assert hits == [] and asked == []
    else:
        assert sorted(hits) == ["handler", "link", "script"]
        assert sorted(url.rpartition("/")[2] for url in asked) == ["data", "form?", "frame.html", "image.png", "script.js", "style.css"]


@needs_browser
def test_buttons_of_the_theme_work_without_handlers(browser, base):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.add_init_script("window.print = () => { window.printed = (window.printed || 0) + 1; }")
    page.goto(base + CHAPTER, wait_until="load")
    page.get_by_role("button", name="Download this page").click()
    page.locator(".btn-download-pdf-button").click()
    assert page.evaluate("window.printed") == 1
    page.locator(".btn-fullscreen-button").click()
    page.wait_for_function("() => document.fullscreenElement")
    page.locator(".btn-fullscreen-button").click()
    page.wait_for_function("() => !document.fullscreenElement")
    page.close()


@needs_browser
def test_switch_of_the_theme_works_and_is_remembered(browser, base):
    page = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme="light")
    page.goto(base + CHAPTER, wait_until="load")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    seen = {page.evaluate(ground)}
    for _ in range(2):
        page.locator(".theme-switch-button:visible").click()
        seen.add(page.evaluate(ground))
    mode = page.evaluate("document.documentElement.dataset.mode")
    assert len(seen) == 2
    page.goto(base + "book/reference/terms.html", wait_until="load")
    assert page.evaluate("document.documentElement.dataset.mode") == mode
    page.close()


# Text stays text.

BAIT = """<img src=x onerror=hit()>&amp;"'</script><script>hit()</script>{{7*7}}"""
LONG = "zebra " * 40
HOSTILE = f'''---
{KERNEL}citation:
  abstract: {json.dumps(f"Abstract {BAIT}")}
  keywords: [{json.dumps(f"keyword {BAIT}")}]
  report: {{title: 测试, pages: 1-2}}
---

# Bait \\<img src=x onerror=hit()>

```{{code-cell}} ipython3
import matplotlib.pyplot as plt
import pandas as pd
from zhejiang import claims, data, show

bait = {BAIT!r}
data.load("hostile/table")
show.number("ch99-number", 1.0, f"Label {{bait}}", f"unit {{bait}}", 1)
frame = pd.DataFrame({{f"Column {{bait}}": [f"Cell {{bait}}"], "Formula": ["=1+1"]}}, index=pd.Index([f"Head {{bait}}"], name=f"Rows {{bait}}"))
show.table(frame, "ch99-tab-bait", f"{LONG}{{bait}}", f"Source {{bait}}", {{f"Column {{bait}}": f"Unit {{bait}}"}}, {{}})
show.verdict(claims.check("ch99-bait", 5, "internal", note=f"Note {{bait}}", mechanism=f"Mechanism {{bait}}", consequence=f"Consequence {{bait}}"),
             id="ch99-tab-verdicts", caption=f"Verdicts {{bait}}")
```

```{{code-cell}} ipython3
fig, axes = plt.subplots()
axes.plot([1, 2], [3, 4], marker="o")
axes.set_xlabel(f"Axis {{bait}}")
show.figure(fig, "ch99-fig-bait", f"Figure {{bait}}", f"Alternative {{bait}}, which says that a line of two points goes up",
            f"Source {{bait}}", pd.DataFrame({{f"x {{bait}}": [1, 2], "y": [3, 4], "name": [f"Point {{bait}}"] * 2}}))
```

```{{code-cell}} ipython3
inverse = pd.DataFrame([[1.5, 0.2], [0.3, 1.4]], index=[f"Sector {{bait}}", "Other"], columns=[f"Sector {{bait}}", "Other"])
show.what_if(inverse, pd.DataFrame({{f"Output {{bait}}": 1.0}}, index=inverse.index), ["Other"], f"Part {{bait}}", "ch99-what-if", f"Calculator {{bait}}",
             f"unit {{bait}}", 1000, {{f"Output {{bait}}": f"unit {{bait}}"}}, {{f"Output {{bait}}": 1}})
```

```{{citations}} book/99_hostile
```
'''
SIDECAR = {
    "title": {"en": f"Title {BAIT}", "zh": "测试"},
    "sources": [{"id": "source", "publisher": f"Publisher {BAIT}", "title": f"Title {BAIT}", "edition": "1", "where": f"https://example.org/{BAIT.replace(' ', '')}",
                 "quality": "C"}],
    "licence": f"Licence {BAIT}", "status": "verified", "status_note": f"Status {BAIT}", "note": f"Note {BAIT}", "key": ["name"],
    "columns": [{"name": "name", "type": "string", "unit": f"Unit {BAIT}", "description": f"Meaning {BAIT}"}],
}
LEDGER = {"chapter": "ch99", "report": "Test", "claims": [
    {"id": "ch99-bait", "page": 1, "place": f"place {BAIT}", "claim": f"Claim {BAIT}", "printed": 1, "unit": f"unit {BAIT}", "decimals": 0, "kind": "cell"}]}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A small book whose data, ledger and notebook hold markup. Its policies are taken away: what is escaped needs none."""
    project = copy_sources(tmp_path_factory.mktemp("hostile") / "project")
    for ledger in (project.root / "data" / "claims").glob("*.yml"):
        ledger.unlink()
    (project.root / "data" / "claims" / "ch99.yml").write_text(yaml.safe_dump(LEDGER, allow_unicode=True), encoding="utf-8")
    table = project.root / "data" / "hostile" / "table.csv"
    table.parent.mkdir()
    table.write_text(f'name\n"{BAIT.replace(chr(34), chr(34) * 2)}"\n', encoding="utf-8", newline="\n")
    sidecar = {**SIDECAR, "rows": 1, "sha256": hashlib.sha256(table.read_bytes()).hexdigest()}
    table.with_suffix(".yml").write_text(yaml.safe_dump(sidecar, allow_unicode=True), encoding="utf-8")
    (project.root / "book" / "99_hostile.md").write_text(HOSTILE, encoding="utf-8")
    reference = [{"file": f"book/reference/{name}"} for name in ("errata", "exhibits", "data", "bibliography")]
    contents = {"root": "book/reference/claims", "format": "jb-book", "chapters": [{"file": "book/99_hostile"}, *reference]}
    (project.root / "_toc.yml").write_text(json.dumps(contents), encoding="utf-8")
    succeeded(project.plain())
    for page in project.html.rglob("*.html"):
        page.write_text(POLICY.sub("", page.read_text(encoding="utf-8")), encoding="utf-8")
    return project


@pytest.mark.parametrize(("name", "expected"), [
    ("99_hostile", {"Column", "Unit", "Head", "Cell", "Verdicts", "Figure", "Calculator", "Source", "Abstract"}),
    ("reference/claims", {"Claim", "unit", "Note"}),
    ("reference/errata", {"Claim", "unit", "Mechanism", "Consequence"}),
    ("reference/exhibits", {"Verdicts", "Figure"}),
    ("reference/data", {"Title", "Publisher", "Licence", "Status", "Unit", "Meaning"}),
])
def test_markup_arrives_as_text(hostile, name, expected):
    soup = BeautifulSoup(hostile.page(name), "html.parser")
    assert soup.select("img[src=x], [onerror]") == []
    assert [tag for tag in soup.find_all("script") if "hit()" in (tag.string or "") and tag.get("type") != "application/json"] == []
    heads = "\n".join(tag["content"] for tag in soup.select("meta[content]"))
    # Typography turns quotes.
    text = f"{soup.get_text()}\n{heads}".translate({0x2018: "'", 0x2019: "'", 0x201c: '"', 0x201d: '"'})
    assert {word for word in expected if f"{word} {BAIT}" not in text} == set()


def test_markup_in_a_text_alternative_and_in_numbers_of_a_page(hostile):
    soup = BeautifulSoup(hostile.page("99_hostile"), "html.parser")
    assert {image["alt"] for image in soup.select("#ch99-fig-bait img")} == {f"Alternative {BAIT}, which says that a line of two points goes up"}
    calculator, points = (json.loads(soup.select_one(f"{place} script").string) for place in ("#ch99-what-if", "#ch99-fig-bait"))
    assert calculator["sectors"] == [f"Sector {BAIT}", "Other"]
    assert points["rows"][0][2] == f"Point {BAIT}"


@needs_browser
def test_markup_runs_nowhere(hostile, browser):
    """Without a policy: on pages, in the calculator, on hover, in filtered tables, in the results of a search."""
    base = hostile.html.as_uri() + "/"
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.add_init_script("window.hits = 0; window.hit = () => { window.hits += 1; }")
    for path in [*sorted((hostile.html / "book").rglob("*.html")), hostile.html / "genindex.html"]:
        page.goto(path.as_uri(), wait_until="load")
        assert page.evaluate("window.hits") == 0, path.name
    page.goto(base + "book/reference/claims.html", wait_until="load")
    page.get_by_label("Filter rows by text").fill("claim")
    page.locator("table.zr-ledger thead th button", has_text="Claim").click()
    assert page.evaluate("window.hits") == 0
    page.goto(base + "book/99_hostile.html", wait_until="load")
    page.get_by_label("Sector whose final demand changes").select_option(label="Other")
    assert f"Sector {BAIT}" in page.locator("#ch99-what-if table").inner_text()
    figure = page.locator("#ch99-fig-bait")
    figure.scroll_into_view_if_needed()
    box = figure.locator("img:visible").bounding_box()
    x, y, _ = json.loads(figure.locator("script").text_content())["points"][0]
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    assert f"Point {BAIT}" in figure.locator(".zr-tip").inner_text()
    assert page.evaluate("window.hits") == 0
    # Sphinx shows a title or a caption that the query is at least half of. Typography turns its quotes.
    for query, found in ((LONG.strip(), LONG + BAIT.partition('"')[0]), ("Bait", "Bait <img src=x onerror=hit()>")):
        page.goto(f"{base}search.html?q={query}", wait_until="load")
        page.wait_for_function("() => document.querySelector('#search-results h2')?.innerText === 'Search Results'", timeout=10_000)
        assert any(found in title for title in page.locator("#search-results li a").all_inner_texts()), query
        assert page.evaluate("window.hits") == 0, query
    page.close()


def test_markup_in_downloads_is_text(hostile):
    folder = hostile.html / "downloads"
    drawing = BeautifulSoup((folder / "ch99-fig-bait.svg").read_text(encoding="utf-8"), "xml")
    assert drawing.find_all("script") == [] and drawing.find_all("img") == []
    assert f"Figure {BAIT}" in drawing.title.get_text() and f"Alternative {BAIT}" in drawing.desc.get_text()
    tex = (folder / "ch99-tab-bait.tex").read_text(encoding="utf-8")
    assert r"$<$img src=x onerror=hit()$>$\&amp;''" in tex and r"\{\{7*7\}\}" in tex
    assert json.loads((hostile.html / "results.json").read_text(encoding="utf-8"))["results"][0]["label"] == f"Label {BAIT}"


def test_markup_in_the_pdf_is_text(hostile):
    succeeded(hostile.run(sys.executable, "-m", "zhejiang", "pdf", CHAPTER="99"))
    pages = PdfReader(hostile.root / "_build" / "print" / "zhejiang-recomputed-99.pdf").pages
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in pages)).translate({0x2018: "'", 0x2019: "'", 0x201c: '"', 0x201d: '"'})
    for word in ("Cell", "Figure", "Verdicts"):
        assert f"{word} {BAIT}".replace(" ", "") in text, word


# Downloads hold no formula.

# OWASP, "CSV Injection", and the wide forms that keyboards for Chinese have. A sign alone is none.
STARTS = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


def formulas(text):
    """Cells that a spreadsheet would compute, whatever its country takes for the separator; numbers are none, nor lines that begin with one."""
    return {cell for separator in ",;\t" for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row
            if cell.startswith(STARTS) and len(cell) > 1
            and not re.fullmatch(r"-?[0-9.]+(e[+-]?[0-9]+)?" + ("" if separator == "," else "(,.*)?"), cell)}


def test_a_formula_would_be_found():
    assert formulas('# a, b;=1+1\n"x","=2"\n-1.5,"-2+3"\n"-1,A1",1e-05\n') == {"=1+1", "=2", "-2+3", "-1,A1"}


@pytest.mark.parametrize("which", ["book", "hostile"])
def test_downloads_hold_no_formula_and_no_link(request, which):
    folder = request.getfixturevalue(which).html / "downloads"
    tables, workbooks = sorted(folder.glob("*.csv")), sorted(folder.glob("*.xlsx"))
    assert tables and workbooks
    for path in tables:
        assert formulas(path.read_text(encoding="utf-8-sig")) == set(), path.name
    for path in workbooks:
        with zipfile.ZipFile(path) as parts:
            sheets = "".join(parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/"))
            assert re.findall("<f[ >]|<hyperlink", sheets) == [], path.name
            assert [name for name in parts.namelist() if re.search("vba|external|connections|drawings", name)] == [], path.name


def test_text_like_a_formula_is_text_in_both_kinds_of_table(hostile):
    folder = hostile.html / "downloads"
    sheet = openpyxl.load_workbook(folder / "ch99-tab-bait.xlsx").active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]
    assert (folder / "ch99-tab-bait.csv").read_text(encoding="utf-8").rstrip().endswith('"\'=1+1"')


# Packages are what the lock says.


@pytest.fixture(scope="module")
def empty_project(tmp_path_factory):
    """A folder with an environment, and a folder with one package for it."""
    root = tmp_path_factory.mktemp("install")
    venv.create(root / ".venv", with_pip=True)
    for name in ("pyproject.toml", "requirements-dev.lock"):
        (root / name).write_text("", encoding="utf-8")
    wheel = root / "wheels" / "made_up-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    about = "made_up-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("made_up.py", "")
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: made-up\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return root, hashlib.sha256(wheel.read_bytes()).hexdigest()


@pytest.mark.parametrize("installer", ["pip", "uv"])
@pytest.mark.parametrize(("lock", "message"), [
    ("made-up==1.0 --hash=sha256:{good}\n", ""),
    ("made-up==1.0 --hash=sha256:{bad}\n", "(?i)hash"),
    ("made-up==1.0\n", "(?i)hash"),
])
def test_installation_takes_what_fits_the_hash_only(empty_project, monkeypatch, capfd, installer, lock, message):
    """By the command of `make book`; the package lies in a folder in place of an index."""
    root, good = empty_project
    monkeypatch.setattr(command, "ROOT", root)
    monkeypatch.setattr(command, "VENV", root / ".venv")
    monkeypatch.setattr(command, "STAMP", root / ".venv" / "installed.txt")
    monkeypatch.setattr(command.shutil, "which", lambda name: uv.find_uv_bin() if installer == "uv" else None)
    for name, value in (("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", str(root / "wheels")), ("PIP_NO_CACHE_DIR", "1"), ("PIP_CONFIG_FILE", "/dev/null"),
                        ("UV_NO_INDEX", "1"), ("UV_FIND_LINKS", str(root / "wheels")), ("UV_NO_CACHE", "1"), ("UV_NO_CONFIG", "1"), ("UV_OFFLINE", "1")):
        monkeypatch.setenv(name, value)
    installed = [path for path in (root / ".venv").rglob("made_up*")]
    for path in installed:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (root / "requirements.lock").write_text(lock.format(good=good, bad="0" * 64), encoding="utf-8")
    # An environment that holds another lock.
    command.STAMP.write_text("other\n", encoding="utf-8")
    # The project itself, which would be next, is not there.
    with pytest.raises(subprocess.CalledProcessError) as failed:
        command._environment("requirements.lock")
    found = [path.name for path in (root / ".venv").rglob("made_up.py")]
    if message:
        assert "-r" in failed.value.cmd and found == []
        assert re.search(message, capfd.readouterr().err)
    else:
        assert "--editable" in failed.value.cmd and found == ["made_up.py"]


# The bill of materials.


@pytest.fixture(scope="module")
def bill(book):
    return json.loads((book.html / sbom.NAME).read_text(encoding="utf-8"))


def test_bill_is_cyclonedx(book):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str((book.html / sbom.NAME).read_text(encoding="utf-8")) is None


def test_bill_lists_the_lock(bill):
    """Versions and hashes of every package; the licence of every one that is installed and says it; what needs what."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    packages = {c["purl"]: c for c in bill["components"] if c["purl"].startswith("pkg:pypi/") and "components" not in c}
    assert set(packages) == {f"pkg:pypi/{name}@{version}" for name, version in re.findall(r"^([a-z0-9.-]+)==([^\s;]+)", text, flags=re.MULTILINE)}
    assert sorted(h["content"] for c in packages.values() for h in c["hashes"]) == sorted(re.findall(r"sha256:([0-9a-f]{64})", text))
    licences = {c["name"]: [choice.get("expression") or choice["license"]["name"] for choice in c.get("licenses", [])] for c in packages.values()}
    assert licences["pandas"] == ["BSD License"] or licences["pandas"] == ["BSD-3-Clause"]
    spdx = get_spdx_licensing()
    for c in bill["components"]:
        for choice in c.get("licenses", []):
            assert not spdx.validate(choice.get("expression", "MIT")).errors, c["name"]
    needs = {entry["ref"]: entry["dependsOn"] for entry in bill["dependencies"]}
    reached, waiting = set(), ["zhejiang"]
    while waiting:
        ref = waiting.pop()
        reached.add(ref)
        waiting += [other for other in needs[ref] if other not in reached]
    assert reached == {"zhejiang"} | {c["bom-ref"] for c in bill["components"]}


def test_bill_has_every_vendored_file_as_it_is(book, bill):
    vendored = [c for c in bill["components"] if "components" in c]
    files = {part["name"]: part["hashes"][0]["content"] for c in vendored for part in c["components"]}
    assert all(hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == content for name, content in files.items())
    # Texts of licences, and what the project wrote itself, are not of others.
    folders = [ROOT / "book" / "_static" / "vendor", ROOT / "book" / "_print" / "fonts", ROOT / "src" / "zhejiang" / "csl"]
    found = {path.relative_to(ROOT).as_posix() for folder in folders for path in folder.rglob("*")
             if path.suffix in (".js", ".otf", ".woff2", ".csl", ".css")}
    assert set(files) == found | {"book/_static/icons.css"}
    assert all(c["licenses"] and c["version"] and c["components"] for c in vendored)
    page = BeautifulSoup(book.page("reference/run"), "html.parser")
    assert page.find("a", href=f"../../{sbom.NAME}")


def test_bill_names_the_mathjax_that_is_there(bill):
    (mathjax,) = (c for c in bill["components"] if c["name"] == "MathJax")
    startup = (ROOT / "book" / "_static" / "vendor" / "mathjax" / "startup.js").read_text(encoding="utf-8")
    assert f'"{mathjax["version"]}"' in startup
