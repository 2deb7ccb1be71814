"""What the landing page and the heaviest chapter cost a reader: performance as Lighthouse measures it.

    python benchmarks/lighthouse.py

The book must be built; needs Chromium and npm. The server compresses by gzip, as static hosts do. The preset mobile stands for a slow
phone (four times slower than this machine, on a slow 4G line), desktop for this machine on a fast line, so that scores depend on both.

Seen on 2 cores with Lighthouse 12.8.2, in kB as transferred; the aim is a score of 95:

                                           score   FCP ms   LCP ms   TBT ms      CLS       kB
book/index.html, mobile                       87     2714     3089        0    0.000      360
book/index.html, desktop                     100      487      507        0    0.000      360
book/03a_service_impact.html, mobile          49     3462     7360      658    0.000     1056
book/03a_service_impact.html, desktop         99      692      732       95    0.000     1056

Where the machine has a Chinese font, as most phones of readers of Chinese do, 170 kB less are fetched and the landing page has 94 on the phone.
What the chapter lacks: MathJax is 620 kB of it and sets its equations on the phone; its page has 22 thousand elements, half of them in
folded code.
"""

import platform
import sys

from zhejiang import ROOT

sys.path.insert(0, str(ROOT / "tests"))
import browser_tools  # noqa: E402

PAGES = ("book/index.html", "book/03a_service_impact.html")
METRICS = {"first-contentful-paint": "FCP ms", "largest-contentful-paint": "LCP ms", "total-blocking-time": "TBT ms",
           "cumulative-layout-shift": "CLS", "total-byte-weight": "kB"}


def main() -> None:
    print(platform.platform())
    print(f"{'':42}{'score':>6}" + "".join(f"{label:>9}" for label in METRICS.values()))
    for page in PAGES:
        for preset in ("mobile", "desktop"):
            report = browser_tools.lighthouse(ROOT / "_build" / "html", page, preset)
            values = {id: report["audits"][id]["numericValue"] for id in METRICS}
            values["total-byte-weight"] /= 1000
            shown = "".join(f"{value:9.3f}" if id.endswith("shift") else f"{value:9.0f}" for id, value in values.items())
            print(f"{page + ', ' + preset:42}{100 * report['categories']['performance']['score']:6.0f}{shown}", flush=True)


if __name__ == "__main__":
    main()
