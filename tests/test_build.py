"""What a re-runner meets: the same pages by both routes, nothing stale, and a clear stop on a fault."""

import json
import os
import shutil
import sys

import nbformat
import pytest
from conftest import KERNEL, NO_NETWORK, copy_sources, succeeded

from zhejiang import ROOT
from zhejiang.freshness import cache_folder, notebooks
from zhejiang.reproduce import first_difference

PAGES = ("book/01_industrial_clusters.html", "book/03a_service_impact.html", "book/index.html", "book/reference/methods.html", "book/reference/verification.html")
EXPORTS = "data/printed/01/table1_exports.csv"


def test_both_routes_give_the_same_bytes_in_two_folders(built, plain):
    assert first_difference(built.html, plain.html) is None


@pytest.mark.skipif(not NO_NETWORK, reason="no network namespace can be made here")
def test_builds_need_no_network(book, plain):
    """Both ran where no address but this machine's own can be reached; that of `make book` wrote the PDF as well."""
    done = book.run(*NO_NETWORK, sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)")
    assert "Network is unreachable" in done.stderr
    assert (plain.html / "results.json").exists() and (book.html / "results.json").exists()
    assert (book.html / "zhejiang-recomputed.pdf").exists() or os.environ.get("PDF") == "0"


def test_unchanged_book_runs_nothing(built):
    done = succeeded(built.book())
    assert "01_industrial_clusters: reused" in done.stdout
    assert "run in" not in done.stdout
    assert done.stdout.splitlines()[-1].replace("\\", "/") == "Open _build/html/index.html"


def test_progress_and_summary(built_copy):
    """Name, seconds, run or reused; then verdict totals, total time and the address."""
    built_copy.replace("book/01_industrial_clusters.md", "TO_100M_YUAN = 1e-4\n", "TO_100M_YUAN = 1e-4  # changed\n")
    done = succeeded(built_copy.book())
    assert "01_industrial_clusters: run in " in done.stdout
    report = json.loads((built_copy.root / "_build" / "report.json").read_text(encoding="utf-8"))
    assert report["notebooks"]["01_industrial_clusters"]["state"] == "run"
    assert sum(report["verdicts"].values()) == len(built_copy.results["claims"])


def test_changed_cell_reaches_the_pages_that_show_it_and_no_others(built_copy, built):
    """The number of a cell is changed, and changed back: to the byte the book is that of a clean build again."""
    pages = {page: built_copy.root / "_build" / "work" / "_build" / "html" / page for page in PAGES}
    cell = ('show.number("ch06-volume-2000", *volume.loc["2000–2004"][["part"]],', 'show.number("ch06-volume-2000", 77.7,')
    built_copy.replace("book/06_tobacco_commerce.md", *cell)
    succeeded(built_copy.book())
    assert "explain 78 percent" in pages["book/index.html"].read_text(encoding="utf-8")
    written = {page: path.stat().st_mtime_ns for page, path in pages.items()}
    built_copy.replace("book/06_tobacco_commerce.md", *reversed(cell))
    succeeded(built_copy.book())
    assert {page for page, path in pages.items() if path.stat().st_mtime_ns != written[page]} == {"book/index.html", "book/reference/verification.html"}
    assert first_difference(built_copy.html, built.html) is None


def test_changed_data_reach_every_page(built_copy):
    """One value changes: chapter, landing page, ledger, results and notebook follow, by both routes."""
    claim = "ch01-cluster-exports-share"
    printed = 2901
    # The landing page quotes the number too, whatever its own sentences quote.
    built_copy.replace("book/index.md", "## Findings\n", f"## Findings\n\n{{computed}}`{claim}` percent\n")
    for exports, build in ((5914638, built_copy.book), (5714638, built_copy.plain)):
        text = (built_copy.root / EXPORTS).read_text(encoding="utf-8")
        (built_copy.root / EXPORTS).write_text(
            "\n".join(f"2004,{exports}," + line.split(",", 2)[2] if line.startswith("2004,") else line
                      for line in text.split("\n")), encoding="utf-8", newline="\n")
        succeeded(built_copy.run(sys.executable, "-m", "zhejiang", "seal"))
        succeeded(build())
        share = 100 * printed / (exports * 8.2768 * 1e-4)
        found = [c for c in built_copy.results["claims"] if c["id"] == claim and c["basis"] == "internal"]
        assert found[0]["computed"] == pytest.approx(share, rel=1e-12)
        for name in ("index", "01_industrial_clusters"):
            assert f"{share:.2f} percent" in built_copy.page(name), name
        for name in ("01_industrial_clusters", "reference/claims", "reference/errata"):
            assert f"{share:.3f}" in built_copy.page(name), name
        notebook = (built_copy.html / "notebooks" / "01_industrial_clusters.ipynb").read_text(encoding="utf-8")
        assert f"{exports:,}" in notebook
        assert f"{share:.3f}" in notebook


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


@pytest.mark.parametrize("route", ["book", "plain"])
def test_raising_cell_fails_the_build(built_copy, route):
    (built_copy.root / "book" / "99_broken.md").write_text(BROKEN, encoding="utf-8")
    built_copy.replace("_toc.yml", "      - file: book/01_industrial_clusters\n",
                    "      - file: book/01_industrial_clusters\n      - file: book/99_broken\n")
    done = getattr(built_copy, route)()
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert "99_broken" in output
    assert "ZeroDivisionError" in output
    if route == "book":
        assert "book/99_broken.md, code cell 2:" in output.replace("\\", "/")


def test_warning_fails_the_build_every_time(built_copy):
    """A second run does not pass over the warning of the first."""
    built_copy.replace("book/reference/errata.md", "# Errata\n", "# Errata\n\n{ref}`no-such-label`\n")
    for _ in range(2):
        done = built_copy.book()
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


def test_claims_without_or_with_two_verdicts_stop_the_build(built_copy):
    built_copy.replace("data/claims/ch01.yml", "claims:\n  - id: ch01-preface-gdp-rank\n", """claims:
  - id: ch01-forgotten
    page: 1
    place: text
    claim: A number that no cell checks
    printed: 1
    unit: rank
    decimals: 0
    kind: ranking
  - id: ch01-preface-gdp-rank
""")
    built_copy.replace("book/01_industrial_clusters.md", '    claims.not_testable("ch01-measures"),\n',
                    '    claims.not_testable("ch01-measures"),\n    claims.not_testable("ch01-measures"),\n')
    for build in (built_copy.book, built_copy.plain):
        done = build()
        output = done.stdout + done.stderr
        assert done.returncode != 0
        assert "claim 'ch01-forgotten' has no verdict" in output
        assert "claim 'ch01-measures' is checked 2 times on the official basis" in output


def test_changed_code_runs_every_notebook_again(built_copy):
    built_copy.replace("src/zhejiang/growth.py", '"""Growth rates, index', '"""Rates of growth, index')
    done = succeeded(built_copy.book())
    assert "01_industrial_clusters: run in " in done.stdout
    assert done.stdout.count("(src/zhejiang, Python or a package changed)") == len(notebooks(ROOT))


def test_repository_address_is_one_setting(built_copy):
    """Buttons and links that need it appear when CITATION.cff names it, and not before."""
    address = "https://github.com/someone/zhejiang-recomputed"
    traces = ("/issues/new", "mybinder", address)
    assert not any(trace in built_copy.page("01_industrial_clusters") for trace in traces)
    built_copy.replace("CITATION.cff", "license: MIT\n", f"license: MIT\nrepository-code: {address}\ndoi: 10.1234/5\n")
    succeeded(built_copy.book())
    page = built_copy.page("01_industrial_clusters")
    assert "/issues/new" in page
    assert "mybinder.org/v2/gh/someone/zhejiang-recomputed/main" in page
    assert "https://doi.org/10.1234/5" in page
    assert address in built_copy.page("reference/cite")


@pytest.mark.parametrize("quote, message", [
    ("{num}`ch01-no-such-number`", "no notebook publishes a number 'ch01-no-such-number'"),
    ("{verdict}`ch01-no-such-claim`", "no notebook checks a claim 'ch01-no-such-claim'"),
])
def test_unknown_id_in_prose_stops_the_build(built_copy, quote, message):
    built_copy.replace("book/reference/errata.md", "# Errata\n", f"# Errata\n\n{quote}\n")
    done = built_copy.book()
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
