"""What a build of the book costs on this machine, against plain `jupyter-book build .` in the same run.

    python benchmarks/build.py

Works on copies of the project in a temporary folder. Prints seconds and the ratio of `make book` to the plain
build for a clean build, an unchanged rebuild, a changed data value and changed prose, and each notebook's seconds.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BOOK = [sys.executable, "-m", "zhejiang", "book"]
PLAIN = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", "."]
SEAL = [sys.executable, "-m", "zhejiang", "seal"]
TABLE = "data/printed/01/table1_exports.csv"
PAGE = "book/01_industrial_clusters.md"


def main() -> None:
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print(f"{'':22}{'make book':>12}{'plain':>12}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        projects = {"book": Path(folder) / "book", "plain": Path(folder) / "plain"}
        for project in projects.values():
            shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".git", ".venv", "_build", "__pycache__", ".*_cache"))
        row("clean build", projects)
        report = json.loads((projects["book"] / "_build" / "report.json").read_text(encoding="utf-8"))
        for name, notebook in report["notebooks"].items():
            print(f"  {name}: {notebook['seconds']:.1f} s of execution")
        row("unchanged", projects)
        for project in projects.values():
            edit(project / TABLE, "2004,5814638,", "2004,5814639,")
            run(SEAL, project)
        row("one data value", projects)
        for project in projects.values():
            edit(project / PAGE, "what weakens\nthem", "what weakened\nthem")
        row("prose", projects)


def row(label: str, projects: dict[str, Path]) -> None:
    seconds = {"book": run(BOOK, projects["book"]), "plain": run(PLAIN, projects["plain"])}
    print(f"{label:22}{seconds['book']:10.1f} s{seconds['plain']:10.1f} s{seconds['book'] / seconds['plain']:8.2f}", flush=True)


def run(command: list[str], project: Path) -> float:
    environment = {**os.environ, "PYTHONPATH": str(project / "src")}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return time.perf_counter() - start


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
