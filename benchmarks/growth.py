"""How time and memory of a clean build grow with the number of chapters, on copies of those that the book has.

    python benchmarks/growth.py [chapters ...]

For 8, 16, 32 and 64 chapters, or the numbers given: seconds of the notebooks and of all else, the pages and without a PDF, and the memory of
all processes at their largest; then what a chapter adds, from each number to the next. Where that rises, the build bends. Copied are the chapters
without a ledger of printed numbers, in turn, under new ids and labels. Works in a temporary folder.

Seen on 2 cores, 27 November 2026 (beside the last two rows ran tests of the lowest priority):

chapters   notebooks    all else    memory   a chapter adds, notebooks    all else    memory
       8      89.4 s      40.1 s   0.81 GB
      16     188.9 s      82.1 s   0.99 GB                     12.43 s      5.24 s   23.0 MB
      32     432.0 s     173.7 s   1.38 GB                     15.20 s      5.73 s   24.2 MB
      64     889.3 s     283.5 s   2.17 GB                     14.29 s      3.43 s   24.6 MB

Time and memory rise in proportion to the chapters: no bend upwards to 64.
"""

from __future__ import annotations

import itertools
import os
import platform
import re
import sys
import tempfile
from pathlib import Path

import build

from zhejiang import reproduce
from zhejiang.freshness import notebooks

CHAPTERS = (8, 16, 32, 64)


def main() -> None:
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print(f"{'chapters':>8}{'notebooks':>12}{'all else':>12}{'memory':>10}{'a chapter adds, notebooks':>28}{'all else':>12}{'memory':>10}")
    last = None
    for count in map(int, sys.argv[1:] or CHAPTERS):
        found = (count, *measure(count))
        line = f"{found[0]:8}{found[1]:10.1f} s{found[2]:10.1f} s{found[3]:7.2f} GB"
        if last:
            slopes = [(now - then) / (found[0] - last[0]) for now, then in zip(found[1:], last[1:])]
            line += f"{slopes[0]:26.2f} s{slopes[1]:10.2f} s{1e3 * slopes[2]:7.1f} MB"
        print(line, flush=True)
        last = found


def measure(count: int) -> tuple[float, float, float]:
    """Return seconds while notebooks run, other seconds and GB of a clean build of so many chapters."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        reproduce.copy_sources(project)
        grow(project, count)
        seconds, memory = build.run(build.BOOK, project)
        ran = sum(notebook["seconds"] for notebook in build.report(project)["notebooks"].values()) / os.cpu_count()
    return ran, seconds - ran, memory / 1e9


def grow(project: Path, count: int) -> None:
    """Add copies of chapters until there are so many."""
    chapters = notebooks(project)
    ledgers = {path.stem.removeprefix("ch") for path in (project / "data" / "claims").glob("ch*.yml")}
    copied = [page for page in chapters if page.stem.split("_")[0] not in ledgers]
    contents = (project / "_toc.yml").read_text(encoding="utf-8")
    last = f"      - file: book/{chapters[-1].stem}\n"
    added = []
    for number, page in zip(range(count - len(chapters)), itertools.cycle(copied)):
        copy = page.with_stem(f"{page.stem}_{number}")
        copy.write_text(renamed(page.read_text(encoding="utf-8"), page.stem.split("_")[0], f"x{number}"), encoding="utf-8")
        added.append(f"      - file: book/{copy.stem}\n")
    (project / "_toc.yml").write_text(contents.replace(last, last + "".join(added)), encoding="utf-8")


def renamed(text: str, chapter: str, mark: str) -> str:
    """Return a page whose ids and labels end in a mark. Labels can be keys of tables too, so they are renamed only where they are labels."""
    labels = {a or b for a, b in re.findall(r"^\((\S+)\)=$|^:label: (\S+)$", text, flags=re.MULTILINE)}

    def rename(match: re.Match) -> str:
        return f"{match[1]}{match[2]}-{mark}{match[3]}" if match[2] in labels else match[0]

    for place in (r"^(\()(\S+)(\)=)$", r"^(:label: )(\S+)()$", r"(\]\(#)([^)\s]+)(\))", r"(\{(?:eq|ref|numref)\}`)([^`]+)(`)"):
        text = re.sub(place, rename, text, flags=re.MULTILINE)
    return text.replace(f"ch{chapter}-", f"ch{chapter}-{mark}-")


if __name__ == "__main__":
    main()
