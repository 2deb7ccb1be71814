"""Decide which executed notebooks are still right.

jupyter-cache knows a notebook by its code cells and kernel only: after a change of data, of `src` or of a
package it would serve the old numbers. Each notebook's outputs name the files that it read and the code that
read them (`zhejiang.data.record_input`), so the cache itself says when it is out of date.
"""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path

import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import JupyterCacheAbstract
from jupyter_cache.cache.db import NbCacheRecord
from myst_nb.core.read import myst_nb_reader_plugin
from nbformat import NotebookNode

from zhejiang import ONE_THREAD, ROOT, inputs, sources

# How jupyter-cache names the reader that is called here directly: by its name it is searched for among all installed packages.
READER = {"name": "myst_nb_md", "type": "plugin"}


def pages(root: Path) -> list[Path]:
    """Return the pages named in `_toc.yml`, in its order."""
    def walk(entry):
        if isinstance(entry, dict):
            for key in ("root", "file"):
                if key in entry:
                    yield entry[key]
            for value in entry.values():
                if isinstance(value, list):
                    for item in value:
                        yield from walk(item)

    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return [root / f"{name}.md" for name in walk(toc)]


def notebooks(root: Path) -> list[Path]:
    """Return the pages that have code cells."""
    return [page for page in pages(root) if "```{code-cell}" in page.read_text(encoding="utf-8")]


def isolate_kernels(root: Path) -> None:
    """Make kernels started from here the same everywhere: no user's start-up files, one hash seed, one thread each, since one runs per core."""
    folder = root / "_build" / ".ipython" / "profile_default"
    folder.mkdir(parents=True, exist_ok=True)
    # The kernel warns of its own TCP transport on every start; the socket is on the loopback interface.
    (folder / "ipython_kernel_config.py").write_text('c.IPKernelApp.log_level = "ERROR"\n', encoding="utf-8")
    os.environ["IPYTHONDIR"] = str(folder.parent)
    os.environ["PYTHONHASHSEED"] = "0"
    os.environ.update(ONE_THREAD)


def cache_folder(root: Path) -> Path:
    """Where executed notebooks are kept, by `make book` and by `jupyter-book build .`."""
    return root / "_build" / ".jupyter_cache"


@functools.cache
def open_cache(root: Path) -> JupyterCacheAbstract:
    """Return the cache of executed notebooks, opened once in a process; create it if it does not exist."""
    path = cache_folder(root)
    path.mkdir(parents=True, exist_ok=True)
    return get_cache(path)


def executed_notebook(cache: JupyterCacheAbstract, page: Path) -> NotebookNode:
    """Return a page as a notebook with its outputs from the cache; raise `KeyError` if it was not executed.

    Nothing in it depends on the run: cells are numbered, times are left out.
    """
    _, notebook = cache.merge_match_into_notebook(myst_nb_reader_plugin(str(page)))
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{page.stem}-{number}"
        cell.metadata.pop("execution", None)
    return notebook


@functools.cache
def drop_stale(root: Path) -> dict[str, str]:
    """Remove executed notebooks that are out of date; return the reason for each notebook that has to run by page name.

    Once in a process: what is executed later in it is up to date, since nothing changes while a book is built.
    """
    cache = open_cache(root)
    reasons = {}
    for notebook in notebooks(root):
        try:
            record = cache.match_cache_notebook(myst_nb_reader_plugin(str(notebook)))
        except KeyError:
            reasons[notebook.stem] = "new or its code changed"
            continue
        try:
            # As plain JSON: as a notebook each of its cells would be checked against the format, which takes ten times as long.
            reason = _reason(json.loads((cache_folder(root) / "executed" / record.hashkey / "base.ipynb").read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            # Its file is missing or cut off. `remove_cache` would want the file.
            NbCacheRecord.remove_records([record.pk], cache.db)
            reasons[notebook.stem] = "a build was killed while it was kept"
            continue
        if reason:
            cache.remove_cache(record.pk)
            reasons[notebook.stem] = reason
    return reasons


def _reason(executed: dict) -> str:
    read = {
        (record["path"], record["sha256"], record["code"])
        for cell in executed["cells"]
        for output in cell.get("outputs", [])
        for record in output.get("data", {}).get(inputs.RECORD, {}).get("records", [])
        if record["type"] == "input"
    }
    if not read:
        return "it names no input"
    for path, sha256, code in sorted(read):
        if inputs.checksum(ROOT / path) != sha256:
            return f"{path} changed"
        if code != inputs.code_fingerprint():
            return "src/zhejiang, Python or a package changed"
    return ""


def inputs_fingerprint(root: Path) -> str:
    """SHA-256 of all that the pages are made from but the pages themselves: all of them are read again when it changes."""
    own = set(pages(root))
    return inputs.code_fingerprint() + sources.fingerprint(path for path in sources.files() if path not in own)
