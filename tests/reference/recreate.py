"""Re-create the reference results with R: `python -m zhejiang reference`.

Every `NAME.R` of this folder reads the tables in `data/` and writes `NAME.json` beside itself, with the version
of R and of its packages. The tests compare the project with these files, so that they need no R.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main() -> int:
    parser = argparse.ArgumentParser(description="Run every R script of tests/reference.")
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder for the results, this one if not given")
    output = parser.parse_args().output.resolve()
    rscript = shutil.which("Rscript")
    if rscript is None:
        print("Rscript not found: install R (Debian and Ubuntu: apt-get install r-base-core)", file=sys.stderr)
        return 1

    def run(script: Path) -> int:
        # --vanilla: no start-up file of the user's.
        return subprocess.run([rscript, "--vanilla", script.name, str(output)], cwd=FOLDER).returncode

    failed, scripts = [], sorted(FOLDER.glob("*.R"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for script, code in zip(scripts, pool.map(run, scripts), strict=True):
            print(f"{script.name}: {'failed' if code else 'done'}", flush=True)
            if code:
                failed.append(script.name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
