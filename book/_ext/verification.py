"""The page on verification: functions beside outside sources, headline numbers beside R.

Everything is taken from what the tests stored in `tests/reference/` and from the records of the notebooks; a number that disagrees is marked, since
a reader may have changed data on purpose. The tests fail on it.
"""

from __future__ import annotations

import itertools
import re

import zhejiang_book
from docutils import nodes
from sphinx.application import Sphinx

import zhejiang
from zhejiang import verification
from zhejiang.typography import with_minus

NONE = "–"


def exponent(number: float) -> str:
    """Return a small number with two digits, such as 0.03 or 1e−9; the minus sign keeps it on one line."""
    return f"{number:.2g}".replace("e-0", "e-").replace("-", "\u2212")


def limits(difference: float, kind: str, tolerance: float) -> tuple[str, str]:
    """Return a bound of the largest difference and the tolerance, as text."""
    if tolerance == 0:
        return "none", "equal"
    return "above the tolerance" if difference > tolerance else f"below {exponent(difference)}", f"{exponent(tolerance)} {kind}"


def functions(app: Sphinx, domain, docname: str, argument: str) -> nodes.Node:
    """Every function that computes, with the outside sources that gave the same numbers."""
    found: dict[tuple, list[verification.Comparison]] = {}
    for comparison in itertools.chain.from_iterable(verification.comparisons().values()):
        found.setdefault((comparison.of, comparison.source, comparison.kind), []).append(comparison)
    rows = []
    for name in verification.estimators():
        groups = [(source, kind, group) for (of, source, kind), group in sorted(found.items()) if of == name]
        for source, kind, group in groups:
            difference, tolerance = (max(getattr(one, of) for one in group) for of in ("difference", "tolerance"))
            rows.append(("", [[function_link(app, docname, name)], source, f"{sum(one.numbers for one in group):,}", *limits(difference, kind, tolerance)]))
        if not groups:
            rows.append(("", [[function_link(app, docname, name)], "no outside source", NONE, NONE, NONE]))
    return zhejiang_book._table(["Function", "Outside source", "Numbers", "Largest difference", "Tolerance"], rows, ["zr-filter"])


def function_link(app: Sphinx, docname: str, name: str) -> nodes.Node:
    return zhejiang_book._link(app, docname, "book/reference/api", name, code_name(name.removeprefix("zhejiang.")))


def code_name(name: str) -> nodes.literal:
    """Return a name as code that may be broken after a dot or an underscore only, also where a column is narrow."""
    first, *rest = re.split(r"(?<=[._])", name)
    parts = (part for text in rest for part in (nodes.raw("", "<wbr>", format="html"), nodes.Text(text)))
    return nodes.literal("", "", nodes.Text(first), *parts, classes=["zr-name"])


def counts(app: Sphinx, domain, docname: str, argument: str) -> nodes.Node:
    """One sentence on functions and one on headline numbers: how many there are, and how many have a second computation."""
    compared = {comparison.of for found in verification.comparisons().values() for comparison in found}
    names = verification.estimators()
    rows = headlines(domain)
    second = [row for row in rows if not row["missing"]]
    off = sum(not agreement.agrees for row in second for agreement in row["agreements"])
    text = (f"Of {len(names)} functions that compute, {len(compared & set(names))} are compared with an outside source. Of {len(rows)} headline numbers, "
            f"{len(second)} have a second computation; {off or 'none'} of their values and limits {'disagrees' if off == 1 else 'disagree'}.")
    return nodes.paragraph("", text)


def headlines(domain) -> list[dict]:
    """Return every headline number once: its record, where it is quoted, what R says of value and limits, and what R does not have."""
    places: dict[str, dict[tuple[str, str], None]] = {}
    for page, content in sorted(domain.data["pages"].items()):
        for target, _, place in content["headlines"]:
            places.setdefault(target, {})[(page, place)] = None
    numbers = {record["id"]: (page, record) for page, record in domain.records("number")}
    claims: dict[str, list] = {}
    for page, record in domain.records("verdict"):
        claims.setdefault(record["id"], []).append((page, record))
    references = verification.references()
    rows = []
    for target, quoted in places.items():
        if target in numbers:
            page, record = numbers[target]
            values, anchor = verification.published_values([record], []), target
            shown, *ends = [f"{record[part]:,.{record['digits']}f}" for part in ("value", "lo", "hi") if record[part] is not None]
        else:
            page, record = max(claims[target], key=lambda found: zhejiang_book._severity(found[1]["verdict"]))
            computed = [one for _, one in claims[target] if one["computed"] is not None]
            values, anchor = verification.published_values([], computed), record["anchor"]
            shown, ends = zhejiang_book._texts(record)[1], []
        rows.append({
            "id": target, "page": page, "anchor": anchor, "places": list(quoted), "value": with_minus(shown),
            "interval": with_minus("\u00a0to\u00a0".join(ends)) if ends else NONE,
            "agreements": [verification.compare(value, references[key]) for key, value in values.items() if key in references],
            "missing": [key for key in values if key not in references] if values else [target],
        })
    # The landing page first, then the chapters in their order.
    return sorted(rows, key=lambda row: (not any(place == "landing page" for _, place in row["places"]), row["page"]))


def _number(app: Sphinx, docname: str, row: dict) -> list[nodes.Node]:
    return [zhejiang_book._link(app, docname, row["page"], row["anchor"], nodes.literal("", row["id"]))]


def _quoted(row: dict) -> str:
    return ", ".join(dict.fromkeys(place for _, place in row["places"]))


def verified(app: Sphinx, domain, docname: str, argument: str) -> nodes.Node:
    """Headline numbers with value, interval and second computation."""
    rows = []
    for row in headlines(domain):
        if row["missing"]:
            continue
        # Of value and limits the one that uses most of its tolerance.
        worst = max(row["agreements"], key=lambda one: one.difference / one.reference.tolerance)
        of = worst.reference
        # A bound, since digits of noise differ between machines.
        difference = verification.bound(worst.difference, of.tolerance) if worst.agrees else worst.difference
        difference, tolerance = limits(difference, of.kind, of.tolerance)
        reason = next((one.reference.reason for one in row["agreements"] if one.reference.reason), "")
        verdict = "agrees" if all(one.agrees for one in row["agreements"]) else [nodes.strong("", "disagrees")]
        rows.append(("", [_number(app, docname, row), row["value"], row["interval"], _quoted(row), [code_name(of.script)], verdict, difference,
                          f"{tolerance}; {reason}" if reason else tolerance]))
    columns = ["Number", "Value", "Interval", "Quoted in", "Script", "Result", "Largest difference", "Tolerance"]
    return zhejiang_book._table(columns, rows, ["zr-filter", "zr-ledger"])


def scripts(app: Sphinx, domain, docname: str, argument: str) -> nodes.Node:
    """Every R script that computes numbers of the book, with the versions that it ran with."""
    found: dict[tuple[str, str], int] = {}
    for reference in verification.references().values():
        found[reference.script, reference.software] = found.get((reference.script, reference.software), 0) + 1
    rows = [("", [[code_name(script)], software, str(count)]) for (script, software), count in found.items()]
    return zhejiang_book._table(["Script", "R and packages", "Values and limits of the book"], rows, [])


def unverified(app: Sphinx, domain, docname: str, argument: str) -> nodes.Node:
    """Headline numbers that nothing outside the book computes, or of which it computes a part."""
    rows = [(row, "interval" if row["agreements"] else "number") for row in headlines(domain) if row["missing"]]
    if not rows:
        return nodes.paragraph("", "Every headline number has one.")
    return zhejiang_book._table(["Number", "Value", "Interval", "Quoted in", "Missing"],
                                [("", [_number(app, docname, row), row["value"], row["interval"], _quoted(row), missing]) for row, missing in rows], [])


def setup(app: Sphinx) -> dict:
    app.setup_extension("zhejiang_book")
    zhejiang_book.add_generated(app, {"verified-functions": functions, "verification-counts": counts, "verified-numbers": verified,
                                      "unverified-numbers": unverified, "reference-scripts": scripts})
    return {"version": zhejiang.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
