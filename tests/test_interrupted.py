"""Builds that are killed, run out of disk, meet each other or may not write: the last good book stays whole, the next is right."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Project, succeeded
from myst_nb.core.read import myst_nb_reader_plugin

from zhejiang import freshness
from zhejiang.reproduce import first_difference

pytestmark = pytest.mark.full
PAGE = "book/04a_innovation_survey.md"
OLD, NEW = "# The innovation survey\n", "# The innovation survey, read again\n"
KILLS = 6


@pytest.fixture(scope="module")
def good(tmp_path_factory, built) -> Project:
    """A built book whose sources have changed since: a page, and a table that a notebook reads."""
    project = built.copy(tmp_path_factory.mktemp("good") / "project")
    project.replace(PAGE, OLD, NEW)
    project.replace("book/06_tobacco_commerce.md", "convert, figures\n", "convert, figures  # read again\n")
    return project


@pytest.fixture(scope="module")
def wanted(tmp_path_factory, good) -> Path:
    """The pages of those sources, from a build that nothing disturbs."""
    project = good.copy(tmp_path_factory.mktemp("wanted") / "project")
    succeeded(project.book())
    return project.html


def start(project: Project) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "zhejiang", "book"], cwd=project.root, env={**os.environ, "PYTHONPATH": str(project.root / "src"), "PDF": "0"},
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


@pytest.mark.skipif(os.name == "nt", reason="process groups are killed the POSIX way")
def test_killed_at_random_points(tmp_path, built, good, wanted):
    """The same copy is killed again and again, so that each build starts from what the last one left."""
    project = good.copy(tmp_path / "project")
    began = time.monotonic()
    succeeded(good.copy(tmp_path / "timed").book())
    length = time.monotonic() - began
    moments = random.Random(20090101)
    for _ in range(KILLS):
        running = start(project)
        try:
            running.wait(timeout=moments.uniform(0, length))
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
        found = first_difference(project.html, built.html)
        assert found is None or first_difference(project.html, wanted) is None, found
    succeeded(project.book())
    assert first_difference(project.html, wanted) is None


@pytest.mark.parametrize("left", ["no file", "half a file"])
def test_killed_while_a_notebook_was_kept(tmp_path, good, wanted, left):
    project = good.copy(tmp_path / "project")
    # The cache of a checkout also keeps what earlier texts of a notebook gave.
    page = project.root / "book" / "02_binjiang_plan.md"
    kept = (freshness.cache_folder(project.root) / "executed"
            / freshness.open_cache(project.root).match_cache_notebook(myst_nb_reader_plugin(str(page))).hashkey / "base.ipynb")
    if left == "no file":
        shutil.rmtree(kept.parent)
    else:
        kept.write_bytes(kept.read_bytes()[:1000])
    assert "a build was killed while it was kept" in succeeded(project.book()).stdout
    assert first_difference(project.html, wanted) is None


def test_killed_while_the_book_was_put_in_its_place(tmp_path, built):
    project = built.copy(tmp_path / "project")
    project.html.rename(project.root / "_build" / "last")
    assert "run in" not in succeeded(project.book()).stdout
    assert first_difference(project.html, built.html) is None


def test_two_at_once(tmp_path, good, wanted):
    project = good.copy(tmp_path / "project")
    first = start(project)
    while not (project.root / "_build" / "work" / "unfinished").exists():
        assert first.poll() is None
        time.sleep(0.05)
    second = succeeded(project.book())
    assert first.wait() == 0
    assert second.stdout.startswith("Another command is at work in this folder: waiting for it\n")
    assert "run in" not in second.stdout
    assert first_difference(project.html, wanted) is None


@pytest.fixture
def mounted(tmp_path):
    """Mount something on a folder until the test ends."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    points = []

    def mount(*arguments: str, on: Path) -> None:
        done = subprocess.run(["mount", *arguments, str(on)], capture_output=True, text=True, encoding="utf-8")
        if done.returncode:
            pytest.skip(f"mount is not allowed here: {done.stderr.strip()}")
        points.append(on)

    yield mount
    for point in reversed(points):
        subprocess.run(["umount", str(point)], check=True)


@pytest.mark.parametrize("room", [1, 10], ids=lambda room: f"{room} MB")
def test_disk_full(tmp_path, built, good, wanted, mounted, room):
    """The disk has a little room beside the last book: first not even for a notebook, then not for the pages."""
    project = good.copy(tmp_path / "project")
    kept = tmp_path / "kept"
    (project.root / "_build").rename(kept)
    (project.root / "_build").mkdir()
    size = sum(-(-path.stat().st_size // 4096) * 4096 for path in kept.rglob("*") if path.is_file())
    mounted("-t", "tmpfs", "-o", f"size={size + room * 1024 ** 2}", "tmpfs", on=project.root / "_build")
    shutil.copytree(kept, project.root / "_build", dirs_exist_ok=True)
    done = project.book()
    assert done.returncode != 0
    assert any(words in done.stdout + done.stderr for words in ("No space left on device", "database or disk is full"))
    assert first_difference(project.html, built.html) is None
    subprocess.run(["mount", "-o", "remount,size=2g", str(project.root / "_build")], check=True)
    succeeded(project.book())
    assert first_difference(project.html, wanted) is None


def test_read_only_checkout(tmp_path, built, good, mounted):
    project = good.copy(tmp_path / "project")
    mounted("--bind", str(project.root), on=project.root)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(project.root)], check=True)
    done = project.book()
    assert done.returncode != 0
    assert "Stopped: [Errno 30] Read-only file system" in done.stderr and "Traceback" not in done.stderr
    assert first_difference(project.html, built.html) is None


def test_the_report_is_of_the_book_that_is_there(tmp_path, good, wanted):
    """A build that fails leaves the report of the last good one; going back to its sources needs no build."""
    project = good.copy(tmp_path / "project")
    succeeded(project.book())
    project.replace("_toc.yml", "book/01_industrial_clusters", "book/no_such_page")
    assert project.book().returncode != 0
    project.replace("_toc.yml", "book/no_such_page", "book/01_industrial_clusters")
    done = succeeded(project.book())
    assert "run in" not in done.stdout
    assert json.loads((project.root / "_build" / "report.json").read_text(encoding="utf-8"))["notebooks"]["01_industrial_clusters"]
    assert first_difference(project.html, wanted) is None
