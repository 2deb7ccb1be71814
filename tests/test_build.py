"""What a re-runner meets: nothing stale, and a clear stop on a fault."""

import json
import re
import shutil
import sys

import nbformat
import pytest
from conftest import KERNEL, copy_sources, succeeded

from zhejiang.freshness import cache_folder
from zhejiang.reproduce import first_difference

# Tests that change a built copy of the whole book (`built_copy`) are in this file, since every worker that runs one builds a copy first.
PAGES = ("book/01_industrial_clusters.html", "book/03a_service_impact.html", "book/index.html", "book/reference/methods.html", "book/reference/verification.html")
EXPORTS = "data/printed/01/table1_exports.csv"


def test_unchanged_book_runs_nothing(built):
    done = succeeded(built.book())
    assert "01_industrial_clusters: reused" in done.stdout
    assert "run in" not in done.stdout
    assert done.stdout.splitlines()[-1].replace("\\", "/") == "Open _build/html/index.html"


def test_changed_cell_reaches_the_pages_that_show_it_and_no_others(built_copy, built):
    """The number of a cell is changed, and changed back: to the byte the book is that of a clean build again.

    The build says by name and seconds what was run and what reused, and counts the verdicts.
    """
    pages = {page: built_copy.root / "_build" / "work" / "_build" / "html" / page for page in PAGES}
    cell = ('show.number("ch06-volume-2000", *volume.loc["2000–2004"][["part"]],', 'show.number("ch06-volume-2000", 77.7,')
    built_copy.replace("book/06_tobacco_commerce.md", *cell)
    done = succeeded(built_copy.book())
    assert "06_tobacco_commerce: run in " in done.stdout and "01_industrial_clusters: reused" in done.stdout
    report = json.loads((built_copy.root / "_build" / "report.json").read_text(encoding="utf-8"))
    assert report["notebooks"]["06_tobacco_commerce"]["state"] == "run"
    assert sum(report["verdicts"].values()) == len(built_copy.results["claims"])
    assert "explain 78 percent" in pages["book/index.html"].read_text(encoding="utf-8")
    written = {page: path.stat().st_mtime_ns for page, path in pages.items()}
    built_copy.replace("book/06_tobacco_commerce.md", *reversed(cell))
    succeeded(built_copy.book())
    assert {page for page, path in pages.items() if path.stat().st_mtime_ns != written[page]} == {"book/index.html", "book/reference/verification.html"}
    assert first_difference(built_copy.html, built.html) is None


# A book of three pages: what stops a build, and what the plain route does, does not depend on the number of pages.

LEDGER = """chapter: ch99
report: Test
claims:
  - id: ch99-exports
    page: 1
    place: text
    claim: Exports of 2004
    printed: 10.0
    unit: 10 billion USD
    decimals: 1
    kind: sum
  - id: ch99-rank
    page: 1
    place: text
    claim: A rank that nothing can test
    printed: 1
    unit: rank
    decimals: 0
    kind: ranking
    missing: a table of ranks
"""
SMALL = f"""---
{KERNEL}citation:
  abstract: A page with two claims.
  keywords: [test]
  report: {{title: 测试, pages: 1-2}}
---

# Exports

They were {{computed}}`ch99-exports`.

```{{code-cell}} ipython3
from zhejiang import claims, data, show

exports = data.load("printed/01/table1_exports").set_index("year").loc[2004, "exports_10k_usd"] / 1e6
show.verdict(
    claims.check("ch99-exports", exports, "internal", mechanism="invented", consequence="none"),
    claims.not_testable("ch99-rank"),
    id="ch99-tab-claims", caption="Two claims",
)
```
"""


@pytest.fixture
def small(tmp_path):
    """Its sources: the ledger of claims, the errata and a page with cells."""
    project = copy_sources(tmp_path / "small")
    for ledger in (project.root / "data" / "claims").glob("*.yml"):
        ledger.unlink()
    (project.root / "data" / "claims" / "ch99.yml").write_text(LEDGER, encoding="utf-8")
    (project.root / "book" / "99_small.md").write_text(SMALL, encoding="utf-8")
    pages = [{"file": "book/99_small"}, {"file": "book/reference/errata"}]
    (project.root / "_toc.yml").write_text(json.dumps({"root": "book/reference/claims", "format": "jb-book", "chapters": pages}), encoding="utf-8")
    return project


@pytest.mark.parametrize("route", ["book", "plain"])
def test_changed_data_reach_every_page(small, route):
    """One value changes: chapter, ledger, errata, a page that quotes the number, results and notebook follow."""
    small.replace("book/reference/errata.md", "# Errata\n", "# Errata\n\nThey were {computed}`ch99-exports`.\n")

    def check(exports):
        succeeded(getattr(small, route)())
        found = [claim for claim in small.results["claims"] if claim["id"] == "ch99-exports"]
        assert found[0]["computed"] == pytest.approx(exports / 1e6, rel=1e-12)
        notebook = (small.html / "notebooks" / "99_small.ipynb").read_text(encoding="utf-8")
        for text in (small.page("99_small"), small.page("reference/claims"), small.page("reference/errata"), notebook):
            assert f"{exports / 1e6:.2f}" in text
        for name in ("99_small", "reference/errata"):
            assert f"They were {exports / 1e6:.1f}" in small.page(name), name

    check(5814638)
    small.replace(EXPORTS, "2004,5814638,", "2004,5914638,")
    succeeded(small.run(sys.executable, "-m", "zhejiang", "seal"))
    check(5914638)


BROKEN = f"""---
{KERNEL}citation:
  abstract: A page whose last cell raises.
  keywords: [test]
  report: {{title: 测试, pages: 1-2}}
---

# Broken

```{{code-cell}} ipython3
from zhejiang import data
```

```{{code-cell}} ipython3
1 / 0
```
"""


SECOND = BROKEN.replace("1 / 0", 'table = data.load("macro/zhejiang_gdp")').replace("whose last cell raises", "without a claim").replace("Broken", "Second")


@pytest.mark.parametrize("route", ["book", "plain"])
def test_raising_cell_fails_the_build(small, route):
    (small.root / "book" / "99_broken.md").write_text(BROKEN, encoding="utf-8")
    small.replace("_toc.yml", '{"file": "book/99_small"}', '{"file": "book/99_small"}, {"file": "book/99_broken"}')
    done = getattr(small, route)()
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert "99_broken" in output
    assert "ZeroDivisionError" in output
    if route == "book":
        assert "book/99_broken.md, code cell 2:" in output.replace("\\", "/")


def test_warning_fails_the_build_every_time(small):
    """A second run does not pass over the warning of the first."""
    succeeded(small.book())
    small.replace("book/reference/errata.md", "# Errata\n", "# Errata\n\n{ref}`no-such-label`\n")
    for _ in range(2):
        done = small.book()
        assert done.returncode != 0
        assert "no-such-label" in done.stdout + done.stderr


def test_nothing_is_built_from_bad_data(tmp_path, book):
    """Nor from good data beside: there is no page, although all notebooks but one have run."""
    project = copy_sources(tmp_path / "project")
    shutil.copytree(cache_folder(book.root), cache_folder(project.root))
    project.replace("data/printed/01/table1_exports.csv", "5814638", "581463B")
    done = project.book()
    assert done.returncode != 0
    assert "data/printed/01/table1_exports.csv, row 6, column exports_10k_usd: '581463B': expected an integer" in done.stderr
    assert not project.html.exists()


def test_claims_without_or_with_two_verdicts_stop_the_build(small):
    small.replace("data/claims/ch99.yml", "claims:\n", """claims:
  - id: ch99-forgotten
    page: 1
    place: text
    claim: A number that no cell checks
    printed: 1
    unit: rank
    decimals: 0
    kind: ranking
""")
    small.replace("book/99_small.md", '    claims.not_testable("ch99-rank"),\n', '    claims.not_testable("ch99-rank"),\n    claims.not_testable("ch99-rank"),\n')
    for build in (small.book, small.plain):
        done = build()
        output = done.stdout + done.stderr
        assert done.returncode != 0
        assert "claim 'ch99-forgotten' has no verdict" in output
        assert "claim 'ch99-rank' is checked 2 times on the official basis" in output


def test_changed_code_runs_every_notebook_again(small):
    """Those that do not import what changed too."""
    (small.root / "book" / "99_second.md").write_text(SECOND, encoding="utf-8")
    small.replace("_toc.yml", '{"file": "book/99_small"}', '{"file": "book/99_small"}, {"file": "book/99_second"}')
    succeeded(small.book())
    small.replace("src/zhejiang/growth.py", '"""Growth rates, index', '"""Rates of growth, index')
    done = succeeded(small.book())
    for name in ("99_small", "99_second"):
        assert re.search(rf"^{name}: run in .* s \(src/zhejiang, Python or a package changed\)$", done.stdout, flags=re.MULTILINE), done.stdout


def test_addresses_of_the_project_are_settings_and_encodings_of_a_build(built_copy):
    """Buttons and links that need one appear when CITATION.cff names it, and not before: the repository, Colab at github.io, the DOI, the card that a
    link shows. In the same build no file of ours is opened in the system's encoding."""
    name, address = "01_industrial_clusters", "https://github.com/someone/zhejiang-recomputed"
    traces = ("/issues/new", "mybinder", "colab", address)
    assert not any(trace in built_copy.page(name).lower() for trace in traces)
    assert not (built_copy.html / "notebooks" / "colab").exists()
    built_copy.replace("CITATION.cff", "license: MIT\n",
                       f"license: MIT\nrepository-code: {address}\nurl: https://someone.github.io/zhejiang-recomputed/\ndoi: 10.1234/5\n")
    done = succeeded(built_copy.run(sys.executable, "-m", "zhejiang", "book", PDF="0", PYTHONWARNDEFAULTENCODING="1", PYTHONWARNINGS="default::EncodingWarning"))
    warned = [line for line in done.stderr.splitlines() if "EncodingWarning" in line]
    assert warned, "no warning at all: they were not switched on"
    assert [line for line in warned if str(built_copy.root) in line] == []
    page = built_copy.page(name)
    assert "/issues/new" in page
    assert "mybinder.org/v2/gh/someone/zhejiang-recomputed/main" in page
    assert "https://doi.org/10.1234/5" in built_copy.page("index")
    assert address in built_copy.page("reference/cite")
    assert f'href="https://colab.research.google.com/github/someone/zhejiang-recomputed/blob/gh-pages/notebooks/colab/{name}.ipynb"' in page
    assert "colab.research" not in built_copy.page("reference/claims")
    published = nbformat.read(built_copy.html / "notebooks" / f"{name}.ipynb", as_version=4)
    prepared = nbformat.read(built_copy.html / "notebooks" / "colab" / f"{name}.ipynb", as_version=4)
    nbformat.validate(prepared)
    assert prepared.cells[1:] == published.cells
    assert address in prepared.cells[0].source
    # The card has a full address from now on.
    tags = dict(re.findall(r'<meta property="(og:[^"]*)" content="([^"]*)"', page))
    assert tags["og:image"] == "https://someone.github.io/zhejiang-recomputed/social-card.png" and tags["og:url"].endswith(f"/book/{name}.html")


def test_transcription_reaches_chapter_ledger_errata_and_scoreboard(built_copy, built):
    """With no change of a page: two data files and a ledger. Taken out again, the book has its old numbers."""
    assert "No printed number of this report has been transcribed into" in built.page("05_yongkang_plan")
    folder = built_copy.root / "data" / "printed" / "05"
    shutil.copy(folder / "template.yml", folder / "table1.yml")
    (folder / "table1.csv").write_text("item,item_zh,value_unit,share_percent\nfirst,甲,30,60.0\nsecond,乙,20,45.0\ntotal,合计,50,100.0\n", encoding="utf-8")
    shutil.copy(folder / "template.claims.yml", built_copy.root / "data" / "claims" / "ch05.yml")
    for path in (folder / "table1.yml", built_copy.root / "data" / "claims" / "ch05.yml"):
        path.write_text(path.read_text(encoding="utf-8").replace("REPLACE", "invented"), encoding="utf-8")
    succeeded(built_copy.run(sys.executable, "-m", "zhejiang", "seal"))
    done = succeeded(built_copy.book())
    assert "05_yongkang_plan: run in" in done.stdout and "06_tobacco_commerce: reused" in done.stdout
    chapter = built_copy.page("05_yongkang_plan")
    assert "No printed number of this report" not in chapter and 'id="ch05-tab-transcribed"' in chapter
    found = {claim["id"]: claim["verdict"] for claim in built_copy.results["claims"] if claim["id"].startswith("ch05-")}
    assert found == {"ch05-t1-value-first": "not testable", "ch05-t1-value-second": "not testable", "ch05-t1-value-total": "reproduces",
                     "ch05-t1-share-first": "reproduces", "ch05-t1-share-second": "differs", "ch05-t1-share-total": "reproduces"}
    assert all(claim_id in built_copy.page("reference/claims") for claim_id in found)
    errata = built_copy.page("reference/errata")
    assert "ch05-t1-share-second" in errata and "Not looked for yet. Printed and computed value differ in one digit." in errata
    assert "data/printed/05/table1.csv" in built_copy.page("reference/data")
    scoreboard = re.search(r"<tr[^>]*>(?:(?!</tr>).)*05_yongkang_plan\.html(?:(?!</tr>).)*</tr>", built_copy.page("index"), flags=re.DOTALL)[0]
    assert re.findall(r">\s*(\d+)\s*<", re.sub(r"</?p>", "", scoreboard))[-5:] == ["6", "3", "0", "1", "2"]
    for path in (folder / "table1.csv", folder / "table1.yml", built_copy.root / "data" / "claims" / "ch05.yml"):
        path.unlink()
    succeeded(built_copy.run(sys.executable, "-m", "zhejiang", "seal"))
    succeeded(built_copy.book())
    assert "No printed number of this report" in built_copy.page("05_yongkang_plan")
    assert "ch05-t1" not in built_copy.page("reference/claims") + built_copy.page("reference/errata")
    assert built_copy.results == built.results


@pytest.mark.parametrize("quote, message", [
    ("{num}`ch01-no-such-number`", "no notebook publishes a number 'ch01-no-such-number'"),
    ("{verdict}`ch01-no-such-claim`", "no notebook checks a claim 'ch01-no-such-claim'"),
])
def test_unknown_id_in_prose_stops_the_build(small, quote, message):
    small.replace("book/reference/errata.md", "# Errata\n", f"# Errata\n\n{quote}\n")
    done = small.book()
    assert done.returncode != 0
    assert message in done.stdout + done.stderr


def test_notebooks_ran_once_without_warnings(book):
    for path in sorted((book.html / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
        outputs = [output for cell in code for output in cell.outputs]
        assert [o for o in outputs if o.output_type in ("error", "stream")] == []


def test_without_pdf_the_pages_do_not_offer_it(built, book):
    assert not (built.html / "zhejiang-recomputed.pdf").exists()
    assert "zhejiang-recomputed.pdf" not in built.page("index")
    assert "zhejiang-recomputed.pdf" not in built.page("05_yongkang_plan")
    if (book.html / "zhejiang-recomputed.pdf").exists():
        assert "zhejiang-recomputed.pdf" in book.page("index")
        assert "zhejiang-recomputed.pdf" in book.page("05_yongkang_plan")
