"""`make book` and `jupyter-book build .` give the same pages, and neither needs a network. A file of its own, since the plain build takes minutes."""

import os
import shutil
import sys

import pytest
from conftest import NO_NETWORK, copy_sources, succeeded

from zhejiang.reproduce import first_difference

PDF = "zhejiang-recomputed.pdf"


@pytest.fixture(scope="module")
def plain(book, tmp_path_factory):
    """A copy, built clean by `jupyter-book build .` alone, in another zone and locale, without a network where that can be had.

    It is told to offer the PDF if the book has one.
    """
    project = copy_sources(tmp_path_factory.mktemp("plain") / "another-name")
    # The date of the last commit stands on every page. In a work tree of its own `.git` is a file.
    git = book.root / ".git"
    if git.exists():
        (shutil.copytree if git.is_dir() else shutil.copy)(git, project.root / ".git")
    elsewhere = ("env", "TZ=Pacific/Kiritimati", "LC_ALL=C") if os.name != "nt" else ()
    succeeded(project.plain(*NO_NETWORK, *elsewhere, ZHEJIANG_PDF=str(int((book.html / PDF).exists()))))
    return project


def test_both_routes_give_the_same_bytes_in_two_folders(book, plain):
    """The PDF, which only `make book` writes, left aside."""
    if (book.html / PDF).exists():
        shutil.copy(book.html / PDF, plain.html)
    assert first_difference(book.html, plain.html) is None


@pytest.mark.skipif(not NO_NETWORK, reason="no network namespace can be made here")
def test_builds_need_no_network(book, plain):
    """Both ran where no address but this machine's own can be reached; that of `make book` wrote the PDF as well."""
    done = book.run(*NO_NETWORK, sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)")
    assert "Network is unreachable" in done.stderr
    assert (plain.html / "results.json").exists() and (book.html / "results.json").exists()
    assert (book.html / PDF).exists() or os.environ.get("PDF") == "0"
