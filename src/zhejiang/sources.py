"""Which files the book is made from. Needs the standard library only, since a build that has nothing to do reads no more than these."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

from zhejiang import ROOT

NAMES = ["_config.yml", "_toc.yml", "CITATION.cff", "LICENSE", "LICENSE-DATA", "requirements.lock", "book", "data", "src", "tests/reference"]


def files() -> list[Path]:
    """Return every file that the book is made from."""
    found = (path for name in NAMES for path in ((ROOT / name).rglob("*") if (ROOT / name).is_dir() else [ROOT / name]))
    return sorted(path for path in found if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts))


def fingerprint(paths: Iterable[Path]) -> str:
    """SHA-256 of the interpreter's version and of names and contents of files."""
    digest = hashlib.sha256(sys.version.encode())
    for path in paths:
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
