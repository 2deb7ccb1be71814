"""Re-create results.json: what the programs of others read in the records.

    PYTHONPATH=src:tests python tests/reference/citation/recreate.py

Needs Node.js with npm. Citation.js reads BibTeX and RIS, Wikimedia's html-metadata (what Wikipedia's citation service reads pages with) the
tags of a page, and citeproc-js writes the GB/T 7714 records with the vendored style. The tests compare with the stored results, and
say when the records have changed since.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import citation_samples as samples
import citeproc

from zhejiang import citation

HERE = Path(__file__).resolve().parent
PACKAGES = {"html-metadata": "3.0.1", "@citation-js/core": "0.8.2", "@citation-js/plugin-bibtex": "0.8.2",
            "@citation-js/plugin-ris": "0.8.2", "citeproc": "2.4.63"}

items = samples.items()
given = {
    "style": citation.STYLE.read_text(encoding="utf-8"),
    "locales": {name: Path(citeproc.LOCALES_PATH, f"locales-{name}.xml").read_text(encoding="utf-8") for name in ("zh-CN", "en-US")},
    "items": items,
    "texts": {name: samples.texts(item) for name, item in items.items()},
}
with tempfile.TemporaryDirectory() as folder:
    packages = [f"{name}@{version}" for name, version in PACKAGES.items()]
    subprocess.run(["npm", "install", "--silent", "--no-save", "--prefix", folder, *packages], check=True)
    script = Path(folder, "read.cjs")
    script.write_text((HERE / "read.cjs").read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run(["node", str(script)], input=json.dumps(given), capture_output=True, text=True, encoding="utf-8", check=True)
results = {"packages": PACKAGES, "records": json.loads(done.stdout)}
(HERE / "results.json").write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
