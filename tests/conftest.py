"""The built book and copies of the project, shared by the tests."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import second_route
from browser_tools import CHROMIUM, serve
from bs4 import BeautifulSoup
from hypothesis import settings

from zhejiang import ROOT, data, reproduce
from zhejiang.freshness import cache_folder
from zhejiang.verification import Comparison, comparisons

# No time limit for an example: a loaded machine is no fault.
settings.register_profile("zhejiang", deadline=None)
settings.load_profile("zhejiang")

# What the front matter of a page with code cells begins with.
KERNEL = """jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
"""
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
STORED = comparisons()
COLLECTED = pytest.StashKey[set[str]]()  # tests of this run, those that -k or -m leave out included
COMPARED = pytest.StashKey[dict[str, list[Comparison]]]()


def pytest_addoption(parser):
    parser.addoption("--renew-comparisons", action="store_true",
                     help="write what the tests of this run compare with outside sources into tests/reference/comparisons.json")


def pytest_configure(config):
    config.stash[COMPARED] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """First the file that takes longest, then those that have something to do while the book is built, then the second longest."""
    config.stash[COLLECTED] = {item.nodeid for item in items}
    need_book = {item.path for item in items if "book" in item.fixturenames}
    items.sort(key=lambda item: (item.path.name != "test_build.py", item.path in need_book, item.path.name != "test_routes.py"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Hold what a test compares with outside sources against what is stored of it."""
    second_route.noted.clear()
    result = yield
    now, then = second_route.merged(second_route.noted), STORED.get(item.nodeid, [])
    item.config.stash[COMPARED][item.nodeid] = second_route.renewed(now, then)
    found = second_route.faults(now, then)
    if found and not item.config.getoption("--renew-comparisons"):
        pytest.fail("the comparisons with outside sources are not those of tests/reference/comparisons.json; if that is meant, run"
                    " pytest --renew-comparisons\n  " + "\n  ".join(found), pytrace=False)
    return result


def pytest_sessionfinish(session):
    """With --renew-comparisons, store what was compared; of tests that did not run what was stored stays."""
    if session.config.getoption("--renew-comparisons"):
        gone = comparisons_without_test(session.config)
        second_route.write({test: notes for test, notes in STORED.items() if test not in gone} | session.config.stash[COMPARED])


def comparisons_without_test(config) -> set[str]:
    """Tests with stored comparisons that are no longer there, as far as this run can tell: it knows the files that it collected as a whole."""
    complete = not any("::" in argument for argument in config.args)
    files = {test.partition("::")[0] for test in config.stash[COLLECTED]} if complete else set()
    return {test for test in STORED if test not in config.stash[COLLECTED]
            and (test.partition("::")[0] in files or not (ROOT / test.partition("::")[0]).exists())}


@dataclass(frozen=True)
class Project:
    """A copy of the project in a folder of its own."""

    root: Path

    @property
    def html(self) -> Path:
        return self.root / "_build" / "html"

    @property
    def results(self) -> dict:
        return json.loads((self.html / "results.json").read_text(encoding="utf-8"))

    def page(self, name: str) -> str:
        return (self.html / "book" / f"{name}.html").read_text(encoding="utf-8")

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess:
        """Run a command with this copy's `src` in front of the installed one, and with settings such as PDF="0"."""
        environment = {**os.environ, "PYTHONPATH": str(self.root / "src"), **settings}
        return subprocess.run(command, cwd=self.root, env=environment, text=True, encoding="utf-8", capture_output=True)

    def book(self) -> subprocess.CompletedProcess:
        """What `make book PDF=0` does."""
        return self.run(sys.executable, "-m", "zhejiang", "book", PDF="0")

    def plain(self, *before: str, **settings: str) -> subprocess.CompletedProcess:
        """`jupyter-book build .` and nothing else."""
        return self.run(*before, sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", ".", **settings)

    def replace(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {path}"
        file.write_text(text.replace(old, new), encoding="utf-8", newline="\n")

    def copy(self, to: Path) -> Project:
        shutil.copytree(self.root, to)
        return Project(to)


def copy_sources(to: Path) -> Project:
    reproduce.copy_sources(to)
    return Project(to)


def rounds_to(value, shown: str) -> bool:
    """Does a page show this number, with or without a word in front? A tie may have been rounded up or down."""
    number = re.sub(r"^[a-z ]+", "", shown).replace(",", "").replace("−", "-")
    return abs(float(value) - float(number)) <= 0.5000001 * 10.0 ** -len(number.partition(".")[2])


def succeeded(done: subprocess.CompletedProcess) -> subprocess.CompletedProcess:
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A copy of data/ in a folder that `zhejiang.data` takes for the project."""
    shutil.copytree(data.DATA, tmp_path / "data")
    monkeypatch.setattr(data, "ROOT", tmp_path)
    monkeypatch.setattr(data, "DATA", tmp_path / "data")
    data.read_claims.cache_clear()
    yield tmp_path / "data"
    data.read_claims.cache_clear()


@pytest.fixture(scope="session")
def book() -> Project:
    """This checkout, built as `make book` builds it, PDF included, without a network where that can be had."""
    project = Project(ROOT)
    succeeded(project.run(*NO_NETWORK, sys.executable, "-m", "zhejiang", "book"))
    return project


@pytest.fixture(scope="session")
def site(book) -> dict[Path, BeautifulSoup]:
    """Every page of the built book, parsed, by its path. No test changes them."""
    paths = sorted(path for path in book.html.rglob("*.html") if "_static" not in path.parts)
    return {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in paths}


@pytest.fixture(scope="module")
def server(book):
    with serve(book.html) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"])
        yield browser
        browser.close()


@pytest.fixture(params=["file", "http"])
def base(request, book):
    return book.html.as_uri() + "/" if request.param == "file" else request.getfixturevalue("server")


@pytest.fixture(scope="session")
def results(book) -> dict:
    """`results.json` of the built book."""
    return book.results


@pytest.fixture(scope="session")
def place(book, tmp_path_factory) -> Project:
    """A copy with pages of its own, made by `make book` from the notebooks that this checkout executed. `built_copy` is in its folder."""
    project = copy_sources(tmp_path_factory.mktemp("place") / "project")
    shutil.copytree(cache_folder(book.root), cache_folder(project.root))
    succeeded(project.book())
    return project


@pytest.fixture(scope="session")
def built(place) -> Project:
    """That copy as it was made, in another folder."""
    return place.copy(place.root.with_name("as-built"))


@pytest.fixture
def built_copy(place, built) -> Project:
    """A built copy that a test may change. Always in one folder: Sphinx reads all pages again in another."""
    shutil.rmtree(place.root)
    return built.copy(place.root)


def _without_network() -> tuple[str, ...]:
    """The command in front that takes the network away, loopback kept; empty where that is not allowed."""
    command = ("unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
    try:
        allowed = subprocess.run([*command, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        allowed = False
    return command if allowed else ()


NO_NETWORK = _without_network()
