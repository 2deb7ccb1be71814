"""The other ways to run the book: JupyterLab, containers, Binder, Colab, other operating systems."""

import importlib.metadata
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
import uuid
from pathlib import Path

import jupytext
import nbformat
import psutil
import pytest
import websocket
import yaml
from conftest import needs_browser, succeeded
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from zhejiang import ROOT, colab, data, freshness

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
RANGE = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"])
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PAGE = "01_industrial_clusters.md"


# JupyterLab


class Lab:
    """A running JupyterLab, asked through its own interface."""

    def __init__(self, command, port, settings_folder):
        self.port, self.token = port, secrets.token_hex(8)
        # A user's own settings: JupyterLab asks root to say so, and a test opens no window.
        own = {"ServerApp": {"allow_root": True, "open_browser": False}}
        (settings_folder / "jupyter_server_config.json").write_text(json.dumps(own), encoding="utf-8")
        settings = {**os.environ, "JUPYTER_PORT": str(port), "JUPYTER_PORT_RETRIES": "0", "JUPYTER_TOKEN": self.token,
                    "JUPYTER_CONFIG_DIR": str(settings_folder)}
        # Into a file: a pipe that nobody reads stops the server when it is full.
        self.log = settings_folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=log, stderr=subprocess.STDOUT)

    def ask(self, path, method="GET", content=None):
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", method=method, headers=headers,
                                         data=json.dumps(content).encode() if content is not None else None)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read() or "null")

    def wait(self):
        while self.process.poll() is None:
            try:
                return self.ask("api/status")
            except OSError:
                time.sleep(0.5)
        pytest.fail(self.log.read_text(encoding="utf-8"))

    def stop(self):
        """End the server and its kernels. Told through its interface it was seen not to end after a page had been closed."""
        for process in [*psutil.Process(self.process.pid).children(recursive=True), self.process]:
            process.kill()
        self.process.wait()

    def run(self, kernel, code):
        """Execute code in a new kernel; return the text that it displays and prints, and its status."""
        id = self.ask("api/kernels", "POST", {"name": kernel})["id"]
        channel = websocket.create_connection(f"ws://127.0.0.1:{self.port}/api/kernels/{id}/channels?token={self.token}", timeout=300)
        request = uuid.uuid4().hex
        channel.send(json.dumps({
            "header": {"msg_id": request, "msg_type": "execute_request", "username": "", "session": uuid.uuid4().hex, "version": "5.3"},
            "parent_header": {}, "metadata": {}, "channel": "shell",
            "content": {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}}))
        said, status, idle = [], None, False
        # The reply and the outputs come on channels of their own, in any order; the outputs end with the kernel idle.
        while status is None or not idle:
            message = json.loads(channel.recv())
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "execute_reply":
                status = content["status"]
            else:
                said.append(content.get("text", "") or content.get("data", {}).get("text/plain", "") or content.get("evalue", ""))
                idle = content.get("execution_state") == "idle"
        channel.close()
        self.ask(f"api/kernels/{id}", "DELETE")
        return "".join(said), status


# `make lab`, and what Binder does with .binder/start; the path of the page in each.
WAYS = {
    "make lab": ([sys.executable, "-m", "zhejiang", "lab"], PAGE),
    "binder": ([str(ROOT / ".binder" / "start"), sys.executable, "-m", "jupyter", "lab", f"--ServerApp.root_dir={ROOT}"], f"book/{PAGE}"),
}


@pytest.fixture(scope="module", params=WAYS)
def lab(request, tmp_path_factory):
    command, path = WAYS[request.param]
    if request.param == "binder" and os.name == "nt":
        pytest.skip("Binder is Linux")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Lab(command, port, tmp_path_factory.mktemp("settings"))
    server.wait()
    yield server, path
    server.stop()


def test_jupyterlab_serves_pages_as_notebooks(lab):
    server, path = lab
    found = server.ask(f"api/contents/{path}?type=notebook")
    cells = found["content"]["cells"]
    assert found["type"] == "notebook"
    assert sum(cell["cell_type"] == "code" for cell in cells) == (ROOT / "book" / PAGE).read_text(encoding="utf-8").count("```{code-cell}")
    assert found["content"]["metadata"]["kernelspec"]["name"] in server.ask("api/kernelspecs")["kernelspecs"]


def test_first_cells_run_in_the_kernel_that_the_page_names(lab):
    server, path = lab
    notebook = server.ask(f"api/contents/{path}?type=notebook")["content"]
    kernel = notebook["metadata"]["kernelspec"]["name"]
    first = next(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    said, status = server.run(kernel, first + "\nfrom zhejiang import data\nlen(data.load('printed/01/table1_exports'))")
    assert status == "ok", said
    assert "Read data/printed/01/table1_exports.csv" in said
    assert said.endswith(str(len(data.load("printed/01/table1_exports"))))
    assert server.run(kernel, "1 / 0") == ("division by zero", "error")


@needs_browser
def test_a_link_to_a_page_opens_a_notebook(lab, browser):
    """What the launch menu's link and a click in the file list do: the page is cells, not text."""
    server, path = lab
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/lab/tree/{path}?token={server.token}", timeout=240_000)
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=240_000)
    assert page.locator(".jp-NotebookPanel h1").first.inner_text().startswith("Industrial clusters and exports")
    assert page.locator(".jp-FileEditor").count() == 0
    page.close()


# Containers


def instructions():
    """Instructions of the Dockerfile: continued lines joined, comments left out."""
    lines = [line for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
    return re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines()


def debian_packages(text):
    """Packages of every `apt-get install` in a text."""
    return [set(re.findall(r"(?<=\s)[a-z][a-z0-9.+-]+", found)) for found in re.findall(r"apt-get install((?: +[a-z0-9.+-]+)+)", text)]


def test_debian_packages_are_one_list():
    """README and Dockerfile name the same."""
    tools = set(re.search(r"\(Debian: `(git [^`]+)`\)", README)[1].split())
    assert len(tools) == 3
    assert debian_packages("\n".join(instructions())) == [tools]


def test_dockerfile_builds_as_a_reader():
    """The README's command, run by somebody who is not root, in a context that holds the sources."""
    steps = instructions()
    users = [i for i, step in enumerate(steps) if step.startswith("USER ")]
    assert [steps[i] for i in users] == ["USER reader"]
    assert steps.index("RUN make book") > users[0]
    ignored = {line.strip("*/") for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split()}
    assert ignored == {line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()}


def test_development_container_is_the_dockerfiles_first_stage():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert (ROOT / ".devcontainer" / container["build"]["dockerfile"]).resolve() == ROOT / "Dockerfile"
    stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?$", DOCKERFILE, flags=re.MULTILINE)
    assert stages[0] == ("debian:12", container["build"]["target"])
    assert f"USER {container['remoteUser']}" in instructions()
    assert container["postCreateCommand"] == "make book"


def test_versions_of_python_are_in_range():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    versions = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert versions == [f"3.{minor}" for minor in range(30) if RANGE.contains(f"3.{minor}")]
    assert (ROOT / ".binder" / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-") in versions
    assert f"Debian 12 on x86-64, under Python {', '.join(versions[:-1])} and {versions[-1]}" in README


def test_binder_installs_the_lock():
    assert (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").strip() == "-r ../requirements.lock"
    for name in ("postBuild", "start"):
        text = (ROOT / ".binder" / name).read_bytes()
        assert text.startswith(b"#!") and b"\r" not in text


# Colab


def test_subset_of_the_lock_is_what_pip_would_want():
    """Against the packages' own metadata: what is kept needs nothing else, and the kernel's packages are left to Colab."""
    kept = dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", colab.subset(LOCK, colab.IMPORTED), flags=re.MULTILINE))
    for name in kept:
        try:
            needed = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for requirement in map(Requirement, needed):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert requirement.name.lower().replace("_", "-") in kept, (name, requirement)
    assert not {"ipython", "ipykernel", "tornado", "pyzmq", "prompt-toolkit", "jupyter-client", "jupyter-server"} & set(kept)


def test_subset_holds_what_the_notebooks_import():
    """Every import of a notebook, and of the modules of ours that it loads."""
    texts = ["\n".join(code(page)) for page in freshness.notebooks(ROOT)]
    imports = re.findall(r"^(?:from|import) .+", "\n".join(texts), flags=re.MULTILINE)
    script = "\n".join(["import sys", *imports, "print(*(module.__file__ for name, module in sys.modules.items() if name.startswith('zhejiang')))"])
    loaded = succeeded(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8")).stdout.split()
    texts += [Path(path).read_text(encoding="utf-8") for path in loaded]
    named = set(re.findall(r"^ *(?:from|import) ([A-Za-z_]\w*)", "\n".join(texts), flags=re.MULTILINE)) - sys.stdlib_module_names - {"zhejiang", "IPython"}
    owners = importlib.metadata.packages_distributions()
    found = {owner.lower() for module in named for owner in owners.get(module, ())}
    assert found == set(colab.IMPORTED)


def code(page):
    return [cell.source for cell in jupytext.read(page, fmt="md:myst").cells if cell.cell_type == "code"]


def test_subset_keeps_the_entry_of_every_python():
    forked = re.findall(r"^scipy==.*python_full_version.*", LOCK, flags=re.MULTILINE)
    assert len(forked) > 1
    assert set(forked) <= set(colab.subset(LOCK, colab.IMPORTED).splitlines())


def test_subset_needs_its_roots():
    with pytest.raises(ValueError, match="not in the lock: no-such-package"):
        colab.subset(LOCK, ("numpy", "no-such-package"))


@pytest.mark.parametrize("fields, expected", [
    ({}, ""),
    ({"repository-code": "https://github.com/Some/Book"}, ""),
    ({"repository-code": "https://github.com/Some/Book", "url": "https://example.org/"}, ""),
    ({"repository-code": "https://gitlab.com/Some/Book", "url": "https://some.github.io/Book/"}, ""),
    ({"repository-code": "https://github.com/Some/Book.git", "url": "https://some.github.io/Book/"},
     "https://colab.research.google.com/github/Some/Book/blob/gh-pages/notebooks/colab"),
])
def test_colab_needs_notebooks_on_github(fields, expected):
    assert colab.address(fields) == expected


def test_first_cell_does_nothing_elsewhere(tmp_path):
    cell = colab.bootstrap("https://github.com/some/book", "0.1.0")
    succeeded(subprocess.run([sys.executable, "-c", cell], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8"))
    assert list(tmp_path.iterdir()) == []


# A kernel with the packages that Colab itself pins, as far as they are known: https://github.com/googlecolab/colabtools/issues/2837
COLAB = ["ipython==7.34.0", "ipykernel==6.17.1", "pandas==2.2.2", "numpy==2.0.2", "nbclient", "setuptools"]
FAKE = "import sys, types; sys.modules['google.colab'] = types.ModuleType('google.colab')\n"


@pytest.mark.full
def test_notebook_runs_after_the_first_cell_on_colab(tmp_path):
    """The published notebook in an environment that has other packages: it asks for one restart, then every cell runs."""
    version = importlib.metadata.version("zhejiang")
    tagged = tmp_path / "tagged"
    succeeded(subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tagged)], capture_output=True, text=True))
    succeeded(subprocess.run(["git", "tag", "--force", f"v{version}"], cwd=tagged, capture_output=True, text=True))
    succeeded(subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], capture_output=True, text=True))
    python = str(tmp_path / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    succeeded(subprocess.run([python, "-m", "pip", "install", "--quiet", *COLAB], capture_output=True, text=True))
    cells = [FAKE, colab.bootstrap(tagged.as_uri(), version), *code(ROOT / "book" / "05_yongkang_plan.md")]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, tmp_path / "notebook.ipynb")
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV", "IPYTHONDIR")}
    execute = [python, "-c", "from nbclient.cli import main; main()", "--timeout", "600", "--output", "executed", "notebook.ipynb"]
    first = subprocess.run(execute, cwd=tmp_path, env=clean, capture_output=True, text=True, encoding="utf-8")
    assert "choose Runtime > Restart session" in first.stdout + first.stderr
    again = succeeded(subprocess.run(execute, cwd=tmp_path, env=clean, capture_output=True, text=True, encoding="utf-8"))
    assert "Error" not in again.stdout
    executed = nbformat.read(tmp_path / "executed.ipynb", as_version=4)
    assert all(cell.execution_count for cell in executed.cells)
    pins = json.loads(succeeded(subprocess.run([python, "-m", "pip", "list", "--format", "json"], capture_output=True, text=True)).stdout)
    versions = {pin["name"].lower(): pin["version"] for pin in pins}
    assert (versions["ipython"], versions["ipykernel"]) == ("7.34.0", "6.17.1")
    assert f"\npandas=={versions['pandas']} " in LOCK


# Windows and macOS


def test_file_names_suit_every_system(book):
    """No name that Windows refuses, no pair that differs in case only, no path near the limit of 260 characters."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    if tracked.returncode:
        pytest.skip("not a git checkout")
    for paths in (tracked.stdout.split("\0")[:-1], [path.relative_to(book.html).as_posix() for path in book.html.rglob("*")]):
        assert len(paths) > 100
        assert faults(paths) == []


def faults(paths):
    reserved = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", flags=re.IGNORECASE)
    found = [path for path in paths for part in path.split("/")
             if re.search(r'[<>:"\\|?*\x00-\x1f]|[. ]$', part) or reserved.fullmatch(part) or len(path) > 150]
    folded: dict[str, str] = {}
    for path in paths:
        parts = path.split("/")
        for prefix in ("/".join(parts[:i]) for i in range(1, len(parts) + 1)):
            if folded.setdefault(prefix.casefold(), prefix) != prefix:
                found.append(prefix)
    return found


@pytest.mark.parametrize("paths", [["a/con.txt"], ["a/b?.md"], ["a/b ."], ["A/x", "a/y"], ["x" * 151]])
def test_bad_names_are_seen(paths):
    assert faults(paths)


@pytest.mark.full
@pytest.mark.parametrize("system", ["linux", "macos", "windows"])
def test_every_locked_package_has_a_wheel(tmp_path, system):
    """Installing needs no compiler on any system. The control: Python 3.10, for which the lock is not made."""
    uv = shutil.which("uv", path=os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))

    def asked(version):
        return subprocess.run([uv, "pip", "install", "--dry-run", "--target", str(tmp_path / "none"), "--python-platform", system, "--python-version", version,
                               "--only-binary", ":all:", "--require-hashes", "-r", str(ROOT / "requirements.lock")], capture_output=True, text=True)

    for version in ("3.11", "3.12", "3.13"):
        succeeded(asked(version))
    assert asked("3.10").returncode != 0
