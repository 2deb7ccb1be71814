"""What a stranger does: clone into an empty folder, type the README's command. Installs the lock, so it takes minutes."""

import os
import shutil
import subprocess

import pytest

from zhejiang import ROOT


@pytest.mark.full
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_make_book_in_a_fresh_clone(tmp_path, installer):
    if installer == "uv" and shutil.which("uv") is None:
        pytest.skip("uv is not installed")
    for tool in ("git", "make", "python3"):
        assert shutil.which(tool), f"{tool} is needed"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tmp_path / "clone")], check=True)
    # Neither this environment nor, for pip, uv is to be found.
    hidden = {os.path.dirname(shutil.which("uv") or ""), str(ROOT / ".venv" / "bin")} if installer == "pip" else {str(ROOT / ".venv" / "bin")}
    path = os.pathsep.join(folder for folder in os.environ["PATH"].split(os.pathsep) if folder not in hidden)
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")} | {"PATH": path}
    done = subprocess.run(["make", "book"], cwd=tmp_path / "clone", env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Installing requirements.lock" in done.stdout
    assert "01_industrial_clusters: run in " in done.stdout
    assert (tmp_path / "clone" / "_build" / "html" / "index.html").exists()
