"""Check the printed tables of one report as they stand, sealed or not, and say what follows from them.

`python -m zhejiang check-print` with REPORT=05 in the environment, for someone who has the book open and types its tables in.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from pathlib import Path

from zhejiang import claims, data, looks, show

PLACEHOLDER = "REPLACE"


def check_print(report: str) -> bool:
    """Print the tables of a report with their faults, then the verdicts that its ledger gives by itself; are they sound?

    A number that *differs* is no fault: the page may say so.
    """
    printed = data.DATA / "printed"
    reports = sorted(path.name for path in printed.iterdir())
    if report not in reports:
        print(f"REPORT={report}: expected one of {', '.join(reports)}")
        return False
    folder, ledger = printed / report, data.DATA / "claims" / f"ch{report}.yml"
    tables = sorted({path.stem for path in folder.iterdir() if not path.name.startswith(data.TEMPLATE)})
    faults = [fault for path in (*(folder / f"{table}.yml" for table in tables), ledger) for fault in _placeholders(path)]
    if not tables:
        print(f"Report {report}: nothing is transcribed, data/printed/{report}/ holds no table.")
        for ending in ("csv", "yml"):
            _say_copy(report, ending, f"data/printed/{report}/table1.{ending}")
    unsealed = []
    for table in tables:
        try:
            frame = data.load(f"printed/{report}/{table}", sealed=False)
        except data.DataError as error:
            faults.append(str(error))
            continue
        sidecar = data.read_sidecar(folder / f"{table}.yml")
        sealed = (len(frame), data.checksum(folder / f"{table}.csv")) == (sidecar["rows"], sidecar["sha256"])
        unsealed += [] if sealed else [table]
        print(f"{table}: {len(frame)} rows, {len(frame.columns)} columns, sound, {'sealed' if sealed else 'not sealed yet'}")
    if not ledger.exists():
        if tables:
            print(f"Report {report}: no claims are declared.")
            _say_copy(report, "claims.yml", f"data/claims/ch{report}.yml")
    elif not faults:
        try:
            _show_verdicts(report)
        except data.DataError as error:
            faults.append(str(error))
    for fault in faults:
        print(textwrap.fill(fault, 96, initial_indent="Fault: ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
    if unsealed and not faults:
        print("Last step: make seal. Then make book shows this in the chapter, the ledger and the errata.")
    return not faults


def _placeholders(path: Path) -> list[str]:
    """What was copied from a template and not replaced."""
    if not path.exists():
        return []
    lines = enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
    return [f"{path.relative_to(data.ROOT).as_posix()}, line {number}: {line.strip()}: expected words of your own for {PLACEHOLDER}"
            for number, line in lines if PLACEHOLDER in line]


def _say_copy(report: str, ending: str, target: str) -> None:
    print(f"To start, copy data/printed/{report}/{data.TEMPLATE}.{ending} to {target} and fill it in.")


def _show_verdicts(report: str) -> None:
    """Print a table of the computed claims, narrow enough for a terminal, then how many there are of each verdict and what to read again."""
    found = claims.from_ledger(f"ch{report}", sealed=False)
    rows = [("Claim", "Printed", "Computed", "Verdict")]
    rows += [(v.id, show.printed_text(v.printed, v.decimals, v.kind, v.wording), show.computed_text(v.computed, v.decimals, v.kind), v.verdict)
             for v in found if v.computed is not None]
    wide = [max(map(len, column)) for column in zip(*rows)]
    for row in rows if len(rows) > 1 else []:
        print(f"{row[0]:<{wide[0]}}  {row[1]:>{wide[1]}}  {row[2]:>{wide[2]}}  {row[3]}")
    counts = Counter(v.verdict for v in found)
    print(", ".join(f"{counts[verdict]} {verdict}" for verdict in looks.VERDICTS))
    left = len(data.read_claims(f"ch{report}", sealed=False)) - len(found)
    if left:
        print(f"{left} claims have neither `from` nor `missing`: the notebook has to check them.")
    for v in found:
        if v.verdict == "differs":
            place = v.place if v.page is None else f"page {v.page}, {v.place}"
            slip = claims.slip_of(v.printed, v.computed, v.decimals) if v.wording == "exact" else ""
            print(textwrap.fill(f"{v.id} differs: read {place} again. {slip}", 96, subsequent_indent="  ", break_on_hyphens=False))
