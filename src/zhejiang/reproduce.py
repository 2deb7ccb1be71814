"""Build the book again and say whether it comes out the same: `python -m zhejiang reproduce`.

Two clean builds in two folders have to give the same bytes. Other versions of Python and of the packages may differ in the
last digits of a number, so that their results are compared by id, within `TOLERANCE`.
"""

from __future__ import annotations

import filecmp
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from zhejiang import ROOT, sources

SOURCES = [*sources.NAMES, "requirements-dev.lock", "pyproject.toml", "README.md", "Makefile"]
TOLERANCE = 1e-6
SHOWN = 20


def copy_sources(to: Path) -> None:
    """Copy what the book is made from into a folder, which need not exist."""
    to.mkdir(parents=True, exist_ok=True)
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
        else:
            shutil.copy(ROOT / name, to / name)


def reproduce() -> bool:
    """Build twice with this interpreter, then once with every other; print what differs. Return whether nothing does.

    The others are each Python of the declared range that the machine has, with the lock, and this one with the newest packages
    that `pyproject.toml` allows. They are installed from the package index, so this needs a network.
    """
    with tempfile.TemporaryDirectory() as folder:
        # The length of the path and a space in it must not matter.
        first, second = Path(folder) / "a", Path(folder) / "another folder" / "b"
        for copy in (first, second):
            copy_sources(copy)
            _build([sys.executable], copy)
        difference = first_difference(first / "_build" / "html", second / "_build" / "html")
        print(f"Two builds in two folders: {difference or 'the same bytes'}", flush=True)
        same = difference is None
        results = _results(first)
        shutil.rmtree(second)
        for name, python, newest in _others():
            copy = Path(folder) / "other"
            copy_sources(copy)
            try:
                _build([_newest(python, copy) if newest else python], copy, PDF="0")
            except subprocess.CalledProcessError as error:
                print(f"{name}: no book\n{error.stdout}", flush=True)
                same = False
            else:
                lines = different_results(results, _results(copy))
                print(f"{name}: {f'{len(lines)} differences' if lines else f'all results agree to {TOLERANCE:g}'}", *lines[:SHOWN], sep="\n  ", flush=True)
                same &= not lines
            shutil.rmtree(copy)
    return same


def first_difference(left: Path, right: Path) -> str | None:
    """Return where two folders differ first, in the order of names; None if all files have the same bytes.

    For texts the line and its number, for other files the position of the byte.
    """
    paths = sorted({path.relative_to(folder) for folder in (left, right) for path in folder.rglob("*") if path.is_file()})
    for path in paths:
        if not (left / path).exists() or not (right / path).exists():
            return f"{path.as_posix()} is in one of them only"
        if filecmp.cmp(left / path, right / path, shallow=False):
            continue
        one, other = (left / path).read_bytes(), (right / path).read_bytes()
        position = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
        try:
            line = one[:position].decode("utf-8").count("\n")
            texts = [data.decode("utf-8").split("\n")[line] for data in (one, other)]
        except UnicodeDecodeError:
            return f"{path.as_posix()}, byte {position}: {one[position:position + 16].hex()} and {other[position:position + 16].hex()}"
        return f"{path.as_posix()}, line {line + 1}:\n  {texts[0]}\n  {texts[1]}"
    return None


def different_results(left: dict, right: dict, tolerance: float = TOLERANCE) -> list[str]:
    """Compare two `results.json`; return one line for each value, end of an interval or verdict that differs.

    Numbers are the same if they differ by at most `tolerance` of the larger, or if both are zero to 12 decimals.
    """
    one, other = dict(_values(left)), dict(_values(right))
    lines = []
    for key in dict.fromkeys([*one, *other]):
        if key not in one or key not in other:
            lines.append(f"{key}: in one of them only")
        elif isinstance(a := one[key], (int, float)) and isinstance(b := other[key], (int, float)):
            if not math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-12):
                lines.append(f"{key}: {a:.10g} and {b:.10g}, relative difference {abs(a - b) / max(abs(a), abs(b)):.1e}")
        elif one[key] != other[key]:
            lines.append(f"{key}: {one[key]} and {other[key]}")
    return lines


def _values(results: dict) -> Iterator[tuple[str, object]]:
    for record in results["results"]:
        for field in ("value", "lo", "hi", "unit", "kind"):
            yield f"{record['id']}, {field}", record[field]
    for claim in results["claims"]:
        for field in ("printed", "computed", "verdict"):
            value = claim[field]
            # A printed range is a pair.
            for place, part in enumerate(value if isinstance(value, list) else [value]):
                yield f"{claim['id']} ({claim['basis']}), {field}{f' {place + 1}' if isinstance(value, list) else ''}", part


def _results(copy: Path) -> dict:
    return json.loads((copy / "_build" / "html" / "results.json").read_text(encoding="utf-8"))


def _build(python: list[str], copy: Path, **settings: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"} | {"PYTHONPATH": str(copy / "src"), **settings}
    subprocess.run([*python, "-m", "zhejiang", "book"], cwd=copy, env=environment, check=True, text=True, encoding="utf-8",
                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _others() -> Iterator[tuple[str, str, bool]]:
    """Yield a name, an interpreter, and whether it takes the newest packages."""
    for minor in (11, 12, 13):
        found = _interpreter(minor)
        if minor != sys.version_info.minor and found:
            yield f"Python 3.{minor} with the lock", found, False
    yield f"Python 3.{sys.version_info.minor} with the newest packages", sys._base_executable, True


def _interpreter(minor: int) -> str | None:
    """The path of a Python 3 with this minor number, on the path or kept by pyenv; None if there is none."""
    kept = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/3.{minor}.*/bin/python"))
    candidates = [*(str(path) for path in kept), *filter(None, [shutil.which(f"python3.{minor}")])]
    # A shim of pyenv is on the path even if its version is not chosen.
    works = (name for name in candidates if subprocess.run([name, "-c", ""], capture_output=True).returncode == 0)
    return next(works, None)


def _newest(python: str, copy: Path) -> str:
    """Make an environment with the newest packages of the declared ranges; return its interpreter."""
    environment = copy.parent / "newest"
    subprocess.run([python, "-m", "venv", str(environment)], check=True)
    inside = str(environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    project = tomllib.loads((copy / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    subprocess.run([inside, "-m", "pip", "install", "--quiet", *project["dependencies"]], check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    subprocess.run([inside, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", str(copy)], check=True, text=True,
                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return inside
