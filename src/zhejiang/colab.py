"""Set up a session of Google Colab for one notebook of the book.

Colab's kernel needs the IPython, tornado and pyzmq that it came with, and warns that replacing them can crash the session. So only
what the notebooks import, and what that needs, is taken from `requirements.lock`. Until it is installed, only the standard library is used.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import re
import subprocess
import sys

from zhejiang import ROOT

# What the notebooks and the modules that they use import, IPython apart.
IMPORTED = ("holidays", "jsonschema", "linearmodels", "matplotlib", "numpy", "pandas", "pyyaml", "scipy", "seaborn", "statsmodels")


def address(cff: dict) -> str:
    """Return the folder of the published notebooks on Colab; empty unless GitHub has them.

    It has them if the repository is there and its branch gh-pages holds the built book, which is what an address at github.io stands for here.
    """
    repository = re.fullmatch(r"https://github\.com/([^/]+)/([^/]+?)(?:\.git)?/?", cff.get("repository-code", ""))
    if repository is None or not cff.get("url", "").startswith(f"https://{repository[1].lower()}.github.io/"):
        return ""
    return f"https://colab.research.google.com/github/{repository[1]}/{repository[2]}/blob/gh-pages/notebooks/colab"


def bootstrap(repository: str, version: str) -> str:
    """Return the first cell of a notebook for Colab: it fetches the book's version and calls `set_up`; elsewhere it does nothing."""
    return f'''# On Google Colab only: fetch version {version} of the book, and install what its notebooks import from the lock, with hashes.
import subprocess
import sys
from pathlib import Path

if "google.colab" in sys.modules:
    folder = Path("zhejiang-{version}").resolve()
    if not folder.exists():
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", "--branch", "v{version}", "{repository}", str(folder)], check=True)
    sys.path.insert(0, str(folder / "src"))
    from zhejiang import colab

    colab.set_up()'''


def set_up() -> None:
    """Install the notebooks' packages into the running Python.

    Raises
    ------
    RuntimeError
        Packages were replaced, so that the session has to be restarted, or Python's version is out of range.
    subprocess.CalledProcessError
        pip failed; its messages are above.
    """
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise RuntimeError(f"Python {sys.version.split()[0]} found: 3.11, 3.12 or 3.13 is needed")
    wanted = subset((ROOT / "requirements.lock").read_text(encoding="utf-8"), IMPORTED)
    requirements = ROOT / "_build" / "colab.txt"
    requirements.parent.mkdir(exist_ok=True)
    requirements.write_text(wanted, encoding="utf-8")
    before = _installed(wanted)
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(requirements)], check=True)
    if _installed(wanted) != before:
        raise RuntimeError("The packages are installed. Now choose Runtime > Restart session, then Runtime > Run all.")


def subset(lock: str, roots: tuple[str, ...]) -> str:
    """Return the part of a lock that holds the roots and everything that they need, as the lock's own remarks ("via") say.

    Raises
    ------
    ValueError
        The lock lacks a root.
    """
    # A package has several entries where versions of Python need different ones.
    entries = [(entry.partition("==")[0], entry) for entry in re.split(r"\n(?=[A-Za-z0-9])", lock.strip())]
    if missing := set(roots) - {name for name, _ in entries}:
        raise ValueError(f"not in the lock: {', '.join(sorted(missing))}")
    needed_by = [(name, set(re.findall(r"^ +#(?: via)? +([A-Za-z0-9._-]+)$", entry, flags=re.MULTILINE))) for name, entry in entries]
    kept = set(roots)
    while more := {name for name, parents in needed_by if parents & kept} - kept:
        kept |= more
    return "\n".join(entry for name, entry in entries if name in kept) + "\n"


def _installed(lock: str) -> dict[str, str]:
    importlib.invalidate_caches()
    versions = {distribution.name.lower().replace("_", "-"): distribution.version for distribution in importlib.metadata.distributions()}
    return {name: versions.get(name, "") for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, flags=re.MULTILINE)}
