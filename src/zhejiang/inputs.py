"""What a notebook's record says of what it read: names and checksums of files, and of the code.

A build compares them with the files as they are now. It needs neither pandas nor the tables for that, so that neither is imported here.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import re
from functools import lru_cache
from pathlib import Path

from zhejiang import ROOT

RECORD = "application/vnd.zhejiang.record+json"
ABSENT = "absent"


def checksum(path: Path) -> str:
    """SHA-256 of a file, or ``"absent"`` where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ABSENT


@lru_cache
def code_fingerprint() -> str:
    """SHA-256 of `src/zhejiang`, the Python version and the installed versions of the locked packages."""
    digest = hashlib.sha256(platform.python_version().encode())
    for path in sorted(Path(__file__).parent.glob("**/*")):
        if path.suffix in {".py", ".json"}:
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    for name, version in locked_versions().items():
        digest.update(f"{name}=={version}\n".encode())
    return digest.hexdigest()


def locked_versions() -> dict[str, str]:
    """Installed version of every package named in requirements.lock that is installed here."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = {}
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, flags=re.MULTILINE):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            # A package that the lock wants on other platforms only.
            continue
    return found
