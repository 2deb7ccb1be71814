"""What `make reproduce` says of two books: where their bytes differ first, and which results are not the same."""

import copy
import os
import shutil
import subprocess
import sys

import pytest
from conftest import succeeded

from zhejiang import ROOT
from zhejiang.reproduce import different_results, first_difference

RESULTS = {
    "results": [{"id": "ch01-a", "value": 2.0, "lo": 1.0, "hi": None, "unit": "percent", "kind": "estimate"}],
    "claims": [{"id": "ch01-b", "basis": "internal", "printed": [65, 75], "computed": 0.0, "verdict": "reproduces"}],
}


@pytest.fixture
def folders(tmp_path):
    """Two folders with the same files."""
    for side in ("left", "right"):
        (tmp_path / side / "book").mkdir(parents=True)
        (tmp_path / side / "book" / "page.html").write_text("one\ntwo\nthree\n", encoding="utf-8", newline="\n")
        (tmp_path / side / "image.png").write_bytes(b"\x89PNG\xff\x00\x01\x02")
    return tmp_path / "left", tmp_path / "right"


def test_same_folders(folders):
    assert first_difference(*folders) is None


def test_first_line_that_differs(folders):
    (folders[1] / "book" / "page.html").write_text("one\nTwo\nTHREE\n", encoding="utf-8", newline="\n")
    assert first_difference(*folders) == "book/page.html, line 2:\n  two\n  Two"


def test_text_that_goes_on(folders):
    with (folders[1] / "book" / "page.html").open("a", encoding="utf-8", newline="\n") as file:
        file.write("four\n")
    assert first_difference(*folders) == "book/page.html, line 4:\n  \n  four"


def test_first_byte_that_differs(folders):
    (folders[1] / "image.png").write_bytes(b"\x89PNG\xff\x00\x09\x02")
    assert first_difference(*folders) == "image.png, byte 6: 0102 and 0902"


@pytest.mark.parametrize("side", [0, 1])
def test_file_on_one_side(folders, side):
    (folders[side] / "more.txt").write_text("more", encoding="utf-8")
    assert first_difference(*folders) == "more.txt is in one of them only"


def changed(kind: str, field: str, value) -> dict:
    results = copy.deepcopy(RESULTS)
    results[kind][0][field] = value
    return results


def test_results_within_the_tolerance():
    assert different_results(RESULTS, changed("results", "value", 2.0 * (1 + 0.9e-6))) == []
    assert different_results(RESULTS, changed("claims", "computed", 1e-13)) == []


@pytest.mark.parametrize(("kind", "field", "value", "line"), [
    ("results", "value", 2.00001, "ch01-a, value: 2 and 2.00001, relative difference 5.0e-06"),
    ("results", "lo", 1.1, "ch01-a, lo: 1 and 1.1, relative difference 9.1e-02"),
    ("results", "hi", 3.0, "ch01-a, hi: None and 3.0"),
    ("results", "unit", "points", "ch01-a, unit: percent and points"),
    ("claims", "printed", [65, 76], "ch01-b (internal), printed 2: 75 and 76, relative difference 1.3e-02"),
    ("claims", "computed", 1e-9, "ch01-b (internal), computed: 0 and 1e-09, relative difference 1.0e+00"),
    ("claims", "verdict", "differs", "ch01-b (internal), verdict: reproduces and differs"),
])
def test_results_that_differ(kind, field, value, line):
    assert different_results(RESULTS, changed(kind, field, value)) == [line]


def test_results_on_one_side():
    assert different_results(RESULTS, {**RESULTS, "claims": []})[0] == "ch01-b (internal), printed 1: in one of them only"


@pytest.mark.full
@pytest.mark.timeout(5400)
def test_the_book_reproduces(tmp_path):
    """In a clone, by the README's command: bytes, other Pythons of this machine, newest packages."""
    assert shutil.which("git")
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tmp_path / "clone")], check=True)
    done = succeeded(subprocess.run([sys.executable, "-m", "zhejiang", "reproduce"], cwd=tmp_path / "clone", capture_output=True, text=True, encoding="utf-8",
                                    env={**os.environ, "PYTHONPATH": str(tmp_path / "clone" / "src")}))
    assert done.stdout.startswith("Two builds in two folders: the same bytes\n")
    assert "with the newest packages: all results agree" in done.stdout
