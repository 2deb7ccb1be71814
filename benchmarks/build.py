"""What a build of the book costs on this machine, against plain `jupyter-book build .` in the same run.

    python benchmarks/build.py

Works on copies of the project in a temporary folder; caches of Python files and packages are warm. Prints seconds and the ratio of `make book`
without its PDF to the plain build, which runs the notebooks one after the other into a cache of its own, for a clean build and for one after
nothing, prose, one cell or one value of the data changed; then seconds of the PDF and the memory of all processes at their largest. The critical
path is the time that the notebooks take on the cores there are, if none waits: the longest of them, or their sum over the cores.

Seen on 2 cores, a slow day of them, nothing else running:

                           make book       plain   ratio
clean                        202.8 s     343.6 s    0.59   0.80 GB
  critical path 143.5 s; make book takes 1.41 times as long
nothing changed                0.2 s      16.0 s    0.01   0.00 GB
prose changed                  7.7 s      12.5 s    0.62   0.34 GB
one cell changed              20.1 s      33.9 s    0.59   0.40 GB   its notebook ran 12.9 s
one data value changed        99.8 s     100.1 s    1.00   0.79 GB   its notebook, and no other, ran 51.8 s
the PDF, pages included: 59.9 s, 2.11 GB
"""

from __future__ import annotations

import json
import os
import platform
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


def main() -> None:
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder))


def measure(folder: Path) -> None:
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
