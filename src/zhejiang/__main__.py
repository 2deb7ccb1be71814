"""`python -m zhejiang COMMAND`: make the environment if needed, then build, test or serve the book.

Until the environment exists, only the standard library is used.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from zhejiang import ONE_THREAD, ROOT
from zhejiang.lock import one_at_a_time

VENV = ROOT / ".venv"
STAMP = VENV / "installed.txt"
COMMANDS = {
    "book": "build the book into _build/html; with PDF=0 in the environment without its PDF",
    "pdf": "write the PDF only, into _build/print; with CHAPTER=03a in the environment that chapter's",
    "region": "write the page of a region, REGION=Guangdong or REGION=Suzhou in the environment, for YEAR=2005 or another",
    "regions": "write the pages of all regions; SCHEDULER=tcp://... in the environment names a Dask cluster other than this machine",
    "test": "run the tests of the gate, a build of the book included",
    "test-full": "run all tests",
    "check-print": "check the printed tables of the report that REPORT=05 in the environment names, and show verdicts",
    "lab": "open the notebooks in JupyterLab",
    "serve": "serve the built book on this machine only",
    "seal": "after a meant change of data or of CITATION.cff: renew checksums, data catalogue, .zenodo.json and README's list",
    "reference": "re-create the reference results with R",
    "reproduce": "build twice and compare bytes, then under other Pythons and packages and compare results",
    "clean": "remove what was built",
}

# Commands whose packages the book does not need.
NEED_MORE = {"region", "regions", "test", "test-full"}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m zhejiang", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="\n".join(f"{name:11} {text}" for name, text in COMMANDS.items()))
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    command = parser.parse_args().command
    if command == "clean":
        shutil.rmtree(ROOT / "_build", ignore_errors=True)
        return 0
    lock = "requirements-dev.lock" if command in NEED_MORE else "requirements.lock"
    if not _is_ready(lock):
        with one_at_a_time():
            python = _environment(lock)
        return subprocess.call([python, "-m", "zhejiang", command], cwd=ROOT)
    return _run(command)


def _is_ready(lock: str) -> bool:
    """Can this interpreter run the command: is it .venv, up to date, or another that has the project (conda)?"""
    if Path(sys.prefix).resolve() == VENV.resolve():
        return _is_current(lock)
    try:
        importlib.metadata.version("zhejiang")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _fingerprint(lock: str) -> str:
    return hashlib.sha256((ROOT / lock).read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()


def _is_current(lock: str) -> bool:
    """Does .venv hold the lock? The development lock holds all of the book's."""
    installed = STAMP.read_text(encoding="utf-8").strip() if STAMP.exists() else ""
    return installed in {_fingerprint(lock), _fingerprint("requirements-dev.lock")}


def _environment(lock: str) -> str:
    """Install the lock and the project into .venv unless that was done; return its interpreter."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise SystemExit(f"Python {sys.version.split()[0]} found: 3.11, 3.12 or 3.13 is needed")
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if python.exists() and _is_current(lock):
        return str(python)
    print(f"Installing {lock} into .venv (once; some minutes with pip, seconds with uv)", flush=True)
    if not STAMP.exists():
        # As `python -m venv` does: outside Windows a copied interpreter may not find its library.
        venv.create(VENV, with_pip=True, clear=True, symlinks=os.name != "nt")
    uv = shutil.which("uv")
    install = [uv, "pip", "install", "--compile-bytecode", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    # Hashes and an editable install cannot share one run.
    subprocess.run([*install, "--quiet", "--require-hashes", "-r", lock], cwd=ROOT, check=True)
    subprocess.run([*install, "--quiet", "--no-deps", "--no-build-isolation", "--editable", "."], cwd=ROOT, check=True)
    STAMP.write_text(_fingerprint(lock) + "\n", encoding="utf-8")
    return str(python)


def _run(command: str) -> int:
    if command in ("book", "pdf"):
        from zhejiang import build

        try:
            with one_at_a_time():
                build.book() if command == "book" else build.pdf()
        except build.BuildError as error:
            print(error, file=sys.stderr)
            return 1
        return 0
    if command in ("region", "regions"):
        os.environ.update(ONE_THREAD, MPLBACKEND="agg")  # before numpy and matplotlib are imported
        from zhejiang import region_pages

        return region_pages.make_region() if command == "region" else region_pages.make_regions()
    if command == "check-print":
        from zhejiang.check_print import check_print

        return 0 if check_print(os.environ.get("REPORT", "")) else 1
    if command == "reproduce":
        from zhejiang.reproduce import reproduce

        return 0 if reproduce() else 1
    if command == "seal":
        from zhejiang import build, catalog, citation, data

        rows = {name: sidecar["rows"] for name, sidecar in catalog.sidecars().items()}
        try:
            for name in catalog.seal():
                now = data.read_sidecar(data.DATA / f"{name}.yml")["rows"]
                print(f"sealed {name}: {now} rows, {rows[name]} before")
        except data.DataError as error:
            print(error, file=sys.stderr)
            return 1
        # Renewed checksums say that a change is meant; these say whether it can be right.
        faults = catalog.faults()
        if faults:
            print("\n".join(faults), file=sys.stderr)
            return 1
        catalog.write()
        cff = citation.read_cff((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
        (ROOT / ".zenodo.json").write_text(citation.zenodo_json(cff), encoding="utf-8", newline="\n")
        readme = ROOT / "README.md"
        readme.write_text(build.list_exhibits(readme.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
        return 0
    if command == "lab":
        # Pages open as notebooks: jupytext reads MyST, the settings make it the default.
        settings = {**os.environ, "JUPYTER_CONFIG_PATH": str(ROOT / "book" / "_lab")}
        return subprocess.call([sys.executable, "-m", "jupyter", "lab", "book"], cwd=ROOT, env=settings)
    arguments = {
        # As many files at a time as there are cores, in the order that tests/conftest.py gives them.
        "test": ["-m", "pytest", "-m", "not full", "--numprocesses=auto", "--dist=loadfile", "--no-loadscope-reorder"],
        "test-full": ["-m", "pytest"],
        "serve": ["-m", "http.server", "--bind", "127.0.0.1", "--directory", "_build/html", "8000"],
        "reference": ["tests/reference/recreate.py"],
    }[command]
    return subprocess.call([sys.executable, *arguments], cwd=ROOT, env=os.environ | ONE_THREAD if command.startswith("test") else None)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        # A full disk, a folder that cannot be written: the reason and the file say more than a traceback.
        sys.exit(f"Stopped: {error}")
