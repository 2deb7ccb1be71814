"""One at a time in this folder. Needs the standard library only, since it also guards the making of the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from zhejiang import ROOT


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the lock of this checkout until the block ends or the process dies; wait, and say so, while another holds it."""
    path = ROOT / "_build" / "lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        if not _locked(file, wait=False):
            print("Another command is at work in this folder: waiting for it", flush=True)
            while not _locked(file, wait=True):
                pass
        yield


def _locked(file, wait: bool) -> bool:
    """Lock a file; the system takes the lock away when it is closed, also by a kill."""
    try:
        if os.name == "nt":
            import msvcrt

            # Waiting means ten tries, one a second.
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
