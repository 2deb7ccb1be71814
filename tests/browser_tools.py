"""Chromium, a server as static hosts have it, and the tools from npm that look at pages; shared by tests and benchmarks."""

from __future__ import annotations

import contextlib
import functools
import gzip
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

from filelock import FileLock

from zhejiang import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PACKAGES = Path(__file__).parent / "browser"


class NotInstalled(RuntimeError):
    """npm is missing, or reaches no registry."""


def install(name: str, *options: str) -> Path:
    """Install what package-lock.json names, by its hashes, into a folder under `_build`; return `node_modules`.

    Raises
    ------
    NotInstalled
        See there. Any other failure is a `RuntimeError`.
    """
    folder = ROOT / "_build" / "browser" / name
    lock = (PACKAGES / "package-lock.json").read_bytes()
    stamp = folder / "installed"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if stamp.exists() and stamp.read_bytes() == lock:
            return folder / "node_modules"
        if not shutil.which("npm"):
            raise NotInstalled("no npm on this machine")
        for file in ("package.json", "package-lock.json"):
            shutil.copy(PACKAGES / file, folder)
        done = subprocess.run([shutil.which("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", *options], cwd=folder, capture_output=True,
                              text=True, encoding="utf-8")
        if done.returncode:
            unreachable = re.search("ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENOTCACHED", done.stderr)
            raise NotInstalled("npm reaches no registry") if unreachable else RuntimeError(done.stderr)
        stamp.write_bytes(lock)
    return folder / "node_modules"


class Compressing(http.server.SimpleHTTPRequestHandler):
    """Serves files as static hosts do: text compressed by gzip, for the browser to keep."""

    protocol_version = "HTTP/1.1"
    TEXT = (".html", ".css", ".js", ".svg", ".json")

    def log_message(self, *args):
        pass

    def handle(self):
        # A browser that leaves a page hangs up on what it asked for.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            super().handle()

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.suffix not in self.TEXT or not path.is_file():
            super().do_GET()
            return
        content = gzip.compress(path.read_bytes(), mtime=0)
        self.send_response(200)
        for name, value in (("Content-Type", self.guess_type(path)), ("Content-Encoding", "gzip"), ("Content-Length", str(len(content))),
                            ("Cache-Control", "max-age=31536000")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def guess_type(self, path):
        found = super().guess_type(path)
        return f"{found}; charset=utf-8" if found.startswith("text/") else found


@contextlib.contextmanager
def serve(folder: Path):
    """Serve a folder on this machine; give its address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Compressing, directory=str(folder))) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}/"
        httpd.shutdown()


def lighthouse(html: Path, name: str, preset: str) -> dict:
    """Run Lighthouse on a page of a built book, with the preset "mobile" or "desktop"; return its report."""
    script = install("lighthouse") / "lighthouse" / "cli" / "index.js"
    with serve(html) as address:
        done = subprocess.run(
            ["node", str(script), address + name, "--output=json", "--quiet", "--no-enable-error-reporting", "--max-wait-for-load=120000",
             "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking", *(["--preset=desktop"] if preset == "desktop" else [])],
            env={**os.environ, "CHROME_PATH": CHROMIUM}, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)
