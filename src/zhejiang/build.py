"""Build the book: run the notebooks in parallel, then call jupyter-book, and say what happened.

`jupyter-book build .` gives the same pages without this module. It adds parallel execution, progress,
warnings as errors, the PDF, and a check that skips everything when nothing changed. The book is made in a folder of its own and
takes the place of the last one when it is whole, so that a build that fails or is killed leaves the last good book.
"""

from __future__ import annotations

import filecmp
import gc
import io
import json
import logging
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from zhejiang import ROOT, sources

BUILD = ROOT / "_build"
REPORT = BUILD / "report.json"
HTML = BUILD / "html"
PAGE = HTML / "index.html"
PDF = HTML / "zhejiang-recomputed.pdf"
# jupyter-book works here, in a folder that it names _build itself.
WORK = BUILD / "work" / "_build"
UNFINISHED = BUILD / "work" / "unfinished"
LAST = BUILD / "last"
NOTEBOOK_SECONDS = 600


class BuildError(RuntimeError):
    """The book could not be built; the message says where and why."""


def book() -> None:
    """Build `_build/html`, the PDF included; print progress, the address to open, the verdicts and the time.

    Without a PDF if the environment variable PDF is 0.
    """
    start = time.perf_counter()
    if LAST.exists() and not HTML.exists():
        LAST.rename(HTML)  # killed between the two renames of _publish
    # The commit's date stands on every page.
    commit = [path for name in (".git/HEAD", ".git/logs/HEAD") if (path := ROOT / name).exists()]
    fingerprint = sources.fingerprint([*sources.files(), *commit])
    last = _last_report()
    with_pdf = os.environ.get("PDF") != "0"
    if last.get("fingerprint") == fingerprint and PAGE.exists() and last.get("pdf") == with_pdf:
        for name in last["notebooks"]:
            print(f"{name}: reused", flush=True)
        _summary(last["verdicts"], with_pdf, start)
        return
    with _work():
        notebooks = execute()
        # The pages link to the PDF only if there will be one.
        os.environ["ZHEJIANG_PDF"] = str(int(with_pdf))
        jupyter_book("html")
        if with_pdf:
            began = time.perf_counter()
            os.environ.pop("CHAPTER", None)
            jupyter_book("print")
            shutil.move(WORK / "print" / PDF.name, WORK / "html" / PDF.name)
            print(f"PDF: written in {time.perf_counter() - began:.1f} s", flush=True)
        _publish()
    results = json.loads((HTML / "results.json").read_text(encoding="utf-8"))
    verdicts = dict(Counter(claim["verdict"] for claim in results["claims"]))
    report = {"fingerprint": fingerprint, "notebooks": notebooks, "verdicts": verdicts, "pdf": with_pdf,
              "seconds": round(time.perf_counter() - start, 1)}
    REPORT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    _summary(verdicts, with_pdf, start)
    # The interpreter would take two seconds to collect the pages before it ends.
    gc.freeze()


def pdf() -> None:
    """Write the book, or the chapter that the environment variable CHAPTER names (such as 03a), as PDF into `_build/print`.

    Raises
    ------
    BuildError
        No chapter has that name, or a notebook failed.
    """
    written = BUILD / "print" / pdf_name(os.environ.get("CHAPTER", ""))
    written.parent.mkdir(parents=True, exist_ok=True)
    with _work():
        execute()
        jupyter_book("print")
        shutil.move(WORK / "print" / written.name, written)
    print(f"Open {written.relative_to(ROOT)}")


@contextmanager
def _work() -> Iterator[None]:
    """Leave a mark while pages are made: if it is there at the start, half a file may be too, and the pages are made from nothing."""
    # Pages are trees that live long; by default the collector walks all of them again for every few thousand nodes.
    gc.set_threshold(100_000, 50, 100)
    if UNFINISHED.exists():
        shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True, exist_ok=True)
    UNFINISHED.touch()
    try:
        yield
    except BuildError:
        UNFINISHED.unlink()  # its pages are whole, or `jupyter_book` has made the next build read all of them again
        raise
    UNFINISHED.unlink()


def _publish() -> None:
    """Put the finished pages in the place of the last ones. The pages at work stay: the next build writes those that changed."""
    new = BUILD / "new"
    for leftover in (new, LAST):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(WORK / "html", new, copy_function=_copy_or_link)
    # No report may speak of pages that are not there.
    REPORT.unlink(missing_ok=True)
    if HTML.exists():
        HTML.rename(LAST)
    new.rename(HTML)
    shutil.rmtree(LAST, ignore_errors=True)


def _copy_or_link(page: str, copy: str) -> None:
    """Copy a file of the pages at work; what the last book holds to the byte is linked from there, since nothing writes into a book in its place."""
    last = HTML / Path(page).relative_to(WORK / "html")
    if last.is_file() and filecmp.cmp(page, last, shallow=False):
        try:
            os.link(last, copy)
            return
        except OSError:
            pass  # a file system without links
    shutil.copy2(page, copy)


def pdf_name(chapter: str) -> str:
    """Return the name of the PDF of a chapter, or of the whole book if there is none."""
    return f"{PDF.stem}-{chapter}.pdf" if chapter else PDF.name


def list_exhibits(readme: str) -> str:
    """Return a README with the tables and figures of the built book in its generated part; as it is if no book is built."""
    from zhejiang import take_away

    try:
        exhibits = json.loads((HTML / "exhibits.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return readme
    titles = {}
    for page in {entry["page"] for entry in exhibits}:
        source = (ROOT / page).with_suffix(".md").read_text(encoding="utf-8")
        titles[page] = re.search(r"^# (.+)$", source, flags=re.MULTILINE)[1]
    begin, end = "<!-- generated by make seal: begin -->\n", "<!-- generated by make seal: end -->\n"
    before, rest = readme.split(begin)
    return before + begin + take_away.list_for_readme(exhibits, titles) + end + rest.split(end)[1]


def execute() -> dict[str, dict]:
    """Bring every notebook's outputs in the cache up to date; return seconds and reason by notebook.

    Each notebook runs in a kernel of its own, as many at a time as there are cores.

    Raises
    ------
    BuildError
        A cell raised; the message holds page, number of the cell and traceback.
    """
    # All that the threads below import, since two threads that begin the same circular import can find it half done.
    import ipykernel.kernelspec  # noqa: F401
    import IPython  # noqa: F401
    import jupyter_cache.executors.basic  # noqa: F401
    import nbclient  # noqa: F401
    from jupyter_cache.cache.db import NbProjectRecord
    from jupyter_cache.executors import load_executor

    from zhejiang import freshness

    reasons = freshness.drop_stale(ROOT)
    cache = freshness.open_cache(ROOT)
    report: dict[str, dict] = {}
    waiting = []
    for notebook in freshness.notebooks(ROOT):
        if notebook.stem in reasons:
            waiting.append(notebook)
        else:
            report[notebook.stem] = {"seconds": 0.0, "state": "reused"}
            print(f"{notebook.stem}: reused", flush=True)

    def run(notebook: Path):
        executor = load_executor("local-serial", cache, logger=logging.getLogger("zhejiang.execute"))
        began = time.perf_counter()
        result = executor.run_and_cache(filter_uris=[str(notebook)], timeout=NOTEBOOK_SECONDS)
        return notebook, result, time.perf_counter() - began

    logging.getLogger("zhejiang.execute").setLevel(logging.CRITICAL)
    freshness.isolate_kernels(ROOT)
    for notebook in waiting:
        cache.add_nb_to_project(str(notebook), read_data=freshness.READER)
    failures = []
    # The longest text first, which tends to take longest: none of them should run alone at the end.
    waiting.sort(key=lambda notebook: notebook.stat().st_size, reverse=True)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        running = [pool.submit(run, notebook) for notebook in waiting]
        # The pages need these next; they load while the kernels run.
        import jupyter_book.sphinx  # noqa: F401
        import myst_nb.sphinx_ext  # noqa: F401

        for future in as_completed(running):
            notebook, result, seconds = future.result()
            reason = reasons[notebook.stem]
            state = "run" if result.succeeded else "failed"
            report[notebook.stem] = {"seconds": round(seconds, 1), "state": state, "reason": reason}
            print(f"{notebook.stem}: {state} in {seconds:.1f} s ({reason})", flush=True)
            if state == "failed":
                traceback = NbProjectRecord.record_from_uri(str(notebook), cache.db).traceback or "the kernel died"
                failures.append(f"{notebook.relative_to(ROOT)}, {_cell_number(notebook, traceback)}:\n{traceback}")
    if failures:
        raise BuildError("\n".join(failures))
    return report


def jupyter_book(builder: str) -> None:
    """Call jupyter-book with warnings as errors.

    After a failure the saved environment is removed: the next run reads every page again, so that its
    warnings come up again.

    Raises
    ------
    BuildError
        jupyter-book failed; its own messages are above.
    """
    from jupyter_book.cli.main import main

    # The command line knows html; any other builder is custom to it.
    chosen = ["--builder", builder] if builder == "html" else ["--builder", "custom", "--custom-builder", builder]
    arguments = ["build", str(ROOT), "--path-output", str(WORK.parent), *chosen, "-W", "-n", "--keep-going", "-q"]
    said = io.StringIO()
    try:
        # It names the folder at work, where readers have nothing to look for.
        with redirect_stdout(said):
            main(arguments, standalone_mode=False)
    except RuntimeError:
        print(said.getvalue())
        shutil.rmtree(WORK / ".doctrees", ignore_errors=True)
        raise BuildError(f"jupyter-book build --builder {builder} failed, see above") from None


def _cell_number(notebook: Path, traceback: str) -> str:
    from zhejiang import freshness

    cells = freshness.open_cache(ROOT).get_project_notebook(str(notebook)).nb.cells
    code = [cell.source.strip() for cell in cells if cell.cell_type == "code"]
    found = [number for number, source in enumerate(code, 1) if source and source in traceback]
    return f"code cell {found[0]}" if found else "code cell unknown"


def _last_report() -> dict:
    try:
        return json.loads(REPORT.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def _summary(verdicts: dict[str, int], with_pdf: bool, start: float) -> None:
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())))
    print(f"{time.perf_counter() - start:.1f} s")
    print(f"Open {PAGE.relative_to(ROOT)}" + (f" or {PDF.relative_to(ROOT)}" if with_pdf else ""))
