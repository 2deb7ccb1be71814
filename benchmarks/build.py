"""What a build of the book costs on this machine, against plain `jupyter-book build .` in the same run.

    python benchmarks/build.py            # one book: about 15 minutes on 2 cores
    python benchmarks/build.py growth     # books of 8, 16, 32 and 64 chapters: an hour

Works on copies of the project in a temporary folder; caches of Python files and packages are warm. Prints seconds and the ratio of `make book`
without its PDF to the plain build, which runs the notebooks one after the other into a cache of its own, for a clean build and for one after
nothing, prose, one cell or one value of the data changed; then seconds of the PDF and the memory of all processes at their largest. The critical
path is the time that the notebooks take on the cores there are, if none waits: the longest of them, or their sum over the cores.

Growth: the chapters without a ledger are copied under new names and ids.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from zhejiang import reproduce

BOOK = [sys.executable, "-m", "zhejiang", "book"]
PLAIN = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", "."]
SEAL = [sys.executable, "-m", "zhejiang", "seal"]
TABLE = "data/printed/01/table1_exports.csv"
PAGE = "book/05_yongkang_plan.md"
CHAPTERS = (8, 16, 32, 64)


def main() -> None:
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        growth(Path(folder)) if sys.argv[1:] == ["growth"] else one_book(Path(folder))


def one_book(folder: Path) -> None:
    print(f"{'':24}{'make book':>12}{'plain':>12}{'ratio':>8}")
    projects = {"book": folder / "book", "plain": folder / "plain"}
    for project in projects.values():
        reproduce.copy_sources(project)
    clean = row("clean", projects)
    notebooks = {name: notebook["seconds"] for name, notebook in report(projects["book"])["notebooks"].items()}
    critical = max(max(notebooks.values()), sum(notebooks.values()) / os.cpu_count())
    print("  notebooks: " + ", ".join(f"{name.split('_')[0]} {seconds:.0f} s" for name, seconds in notebooks.items()))
    print(f"  critical path {critical:.1f} s; make book takes {clean / critical:.2f} times as long")
    row("nothing changed", projects)
    for project in projects.values():
        edit(project / PAGE, "The plan's text and targets are", "The plan's text and its targets are")
    row("prose changed", projects)
    for project in projects.values():
        edit(project / PAGE, "import itertools\n", "import itertools  # of the standard library\n")
    row("one cell changed", projects)
    print(f"  ran: {ran(projects['book'])}")
    for project in projects.values():
        edit(project / TABLE, "2004,5814638,", "2004,5814639,")
        run(SEAL, project)
    row("one data value changed", projects)
    print(f"  ran: {ran(projects['book'])}")
    seconds, memory = run(BOOK, projects["book"], PDF="1")
    print(f"the PDF, pages included: {seconds:.1f} s, {memory / 1e9:.2f} GB")


def growth(folder: Path) -> None:
    print(f"{'chapters':>8}{'clean':>10}{'without notebooks':>20}{'prose changed':>16}{'memory':>10}")
    last = None
    for chapters in CHAPTERS:
        project = folder / str(chapters)
        reproduce.copy_sources(project)
        add_chapters(project, chapters)
        clean, memory = run(BOOK, project)
        notebooks = sum(notebook["seconds"] for notebook in report(project)["notebooks"].values()) / os.cpu_count()
        edit(project / PAGE, "The plan's text and targets are", "The plan's text and its targets are")
        prose, _ = run(BOOK, project)
        print(f"{chapters:8}{clean:8.1f} s{clean - notebooks:18.1f} s{prose:14.1f} s{memory / 1e9:7.2f} GB", flush=True)
        if last:
            slopes = [(now - then) / (chapters - last[0]) for now, then in zip((clean, clean - notebooks, prose, memory / 1e6), last[1], strict=True)]
            print(f"  a chapter more: {slopes[0]:.2f} s, {slopes[1]:.2f} s, {slopes[2]:.2f} s, {slopes[3]:.1f} MB", flush=True)
        last = chapters, (clean, clean - notebooks, prose, memory / 1e6)


def add_chapters(project: Path, chapters: int) -> None:
    """Copy chapters under new names until there are as many as asked for; ids and labels that they define get the number of the copy."""
    originals = sorted(path for path in (project / "book").glob("[0-9]*.md") if not (project / "data" / "claims" / f"ch{path.name.split('_')[0]}.yml").exists())
    names = []
    for number, original in zip(range(1, chapters - len(list((project / "book").glob("[0-9]*.md"))) + 1), itertools.cycle(originals)):
        text = original.read_text(encoding="utf-8")
        text = re.sub(rf"\bch{original.name.split('_')[0]}-", rf"\g<0>copy{number}-", text)
        for label in set(re.findall(r"^\(([\w-]+)\)=$|^:label: ([\w-]+)$", text, flags=re.MULTILINE)):
            defined = label[0] or label[1]
            text = re.sub(rf"(?<![\w-]){re.escape(defined)}(?![\w-])", f"{defined}-copy{number}", text)
        text = text.replace(f"{{citations}} book/{original.stem}", f"{{citations}} book/{original.stem}_copy{number}")
        names.append(f"{original.stem}_copy{number}")
        (project / "book" / f"{names[-1]}.md").write_text(text, encoding="utf-8", newline="\n")
    last = f"  - file: book/{max(path.stem for path in (project / 'book').glob('[0-9]*.md') if 'copy' not in path.stem)}\n"
    toc = (project / "_toc.yml").read_text(encoding="utf-8")
    indent = re.search(rf"^( *)- file: {re.escape(last.split('file: ')[1].strip())}$", toc, flags=re.MULTILINE)
    added = "".join(f"\n{indent[1]}- file: book/{name}" for name in names)
    (project / "_toc.yml").write_text(toc[:indent.end()] + added + toc[indent.end():], encoding="utf-8", newline="\n")


def row(label: str, projects: dict[str, Path]) -> float:
    """Build both ways, print one line and return the seconds of `make book`."""
    (book, memory), (plain, _) = run(BOOK, projects["book"]), run(PLAIN, projects["plain"])
    print(f"{label:24}{book:10.1f} s{plain:10.1f} s{book / plain:8.2f}   {memory / 1e9:.2f} GB", flush=True)
    return book


def run(command: list[str], project: Path, **settings: str) -> tuple[float, float]:
    """Return seconds, and the largest memory of all processes together in bytes, pages that they share counted once."""
    environment = {**os.environ, "PYTHONPATH": str(project / "src"), "PDF": "0", **settings}
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8")
    found = [0]
    watcher = threading.Thread(target=watch, args=(psutil.Process(process.pid), found))
    watcher.start()
    said = process.communicate()[0]
    seconds = time.perf_counter() - start
    watcher.join()
    if process.returncode:
        raise SystemExit(said)
    return seconds, max(found)


def watch(process: psutil.Process, found: list[int]) -> None:
    """Add the memory of a process and its children once a second, until it ends."""
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        total = 0
        for one in (process, *process.children(recursive=True)):
            try:
                total += getattr(one.memory_full_info(), "pss", one.memory_info().rss)
            except psutil.NoSuchProcess:
                continue
        found.append(total)
        time.sleep(1)


def report(project: Path) -> dict:
    return json.loads((project / "_build" / "report.json").read_text(encoding="utf-8"))


def ran(project: Path) -> str:
    """The notebooks of the last build that ran, with their seconds."""
    return ", ".join(f"{name} ({notebook['seconds']:.1f} s)" for name, notebook in report(project)["notebooks"].items() if notebook["state"] == "run")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
