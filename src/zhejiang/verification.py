"""What was computed twice: functions against outside sources, numbers of the book against R.

`tests/reference/` holds both. ``comparisons.json`` lists what the tests compare with outside software and with publications. Each ``NAME.R``
reads the tables in ``data/`` and writes ``NAME.json``, whose block ``published`` has numbers of the book by their id (a claim's by id and basis; ``/lo``
and ``/hi`` are the ends of an interval).
"""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import zhejiang

FOLDER = zhejiang.ROOT / "tests" / "reference"
# Relative difference within which a number of the book and that of R are the same, unless the script states a tolerance.
RELATIVE = 1e-10
# Differences below SMALL vary between machines, those below FLOOR are rounding errors alone.
SMALL, FLOOR = 1e-4, 1e-10
# Modules that read, draw, write or build, and estimate nothing.
NO_ESTIMATES = {"__main__", "build", "catalog", "check_print", "checks", "citation", "colab", "data", "freshness", "inputs", "labels", "latex", "lock", "looks",
                "microdata", "png", "region_pages", "regions", "render", "reproduce", "sbom", "services", "show", "sources", "take_away", "typography", "verification"}
# Functions of the other modules that look up and compute nothing, beside those whose name begins with check_.
LOOK_UP = {"zhejiang.claims.get", "zhejiang.claims.printed", "zhejiang.claims.not_testable"}
# Of these packages the version is that of R.
BASE_PACKAGES = {"base", "datasets", "graphics", "grDevices", "grid", "methods", "parallel", "splines", "stats", "stats4", "tools", "utils"}


@dataclass(frozen=True)
class Reference:
    """One number of an R script."""

    value: float
    script: str  # such as growth.R
    software: str  # R and its packages, with versions
    tolerance: float
    kind: str  # of the tolerance: relative, or absolute in the unit of the number
    reason: str  # why the tolerance is wider than RELATIVE, else empty


@dataclass(frozen=True)
class Agreement:
    """A number of the book beside that of R; the difference is of the kind of the tolerance."""

    difference: float
    agrees: bool
    reference: Reference


@dataclass(frozen=True)
class Comparison:
    """Numbers of one function that one outside source gives too, under one tolerance; of a test, or of all tests."""

    of: str  # the function, such as zhejiang.breaks.sup_f
    source: str
    kind: str  # of difference and tolerance: relative or absolute
    tolerance: float
    numbers: int
    difference: float  # the largest


def estimators() -> list[str]:
    """Return every public function that estimates or computes, by module and in the order of the code, which is read and not run."""
    found, package = [], Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        if parts[0] not in NO_ESTIMATES:
            functions = [node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]
            found += [".".join(["zhejiang", *parts, name]) for name in functions if not name.startswith(("_", "check_"))]
    return [name for name in found if name not in LOOK_UP]


def comparisons(folder: Path = FOLDER) -> dict[str, list[Comparison]]:
    """Return what each test compared with outside sources when ``comparisons.json`` was written."""
    stored = json.loads((folder / "comparisons.json").read_text(encoding="utf-8"))
    return {test: [Comparison(*fields) for fields in found] for test, found in stored.items()}


def references(folder: Path = FOLDER) -> dict[str, Reference]:
    """Return the numbers of the book that R recomputed, by id.

    Raises
    ------
    ValueError
        A number that two scripts compute, or a tolerance of a number that its script does not have.
    """
    found: dict[str, Reference] = {}
    for script in sorted(folder.glob("*.R")):
        document = json.loads(script.with_suffix(".json").read_text(encoding="utf-8"))
        packages = [f"{name} {version}" for name, version in document["packages"].items() if name not in BASE_PACKAGES]
        version = document["r"].removeprefix("R version ").partition(" ")[0]
        software = ", ".join([f"R {version}", *packages])
        tolerances, reasons = document.get("tolerances", {}), document.get("reasons", {})
        if unknown := sorted(tolerances.keys() - document["published"].keys()):
            raise ValueError(f"{script.name}: tolerance of {unknown[0]!r}: expected a number that the script publishes")
        for key, value in document["published"].items():
            if key in found:
                raise ValueError(f"{key!r} is computed in {found[key].script} and in {script.name}: expected once")
            tolerance, kind = (tolerances[key], "absolute") if key in tolerances else (RELATIVE, "relative")
            found[key] = Reference(value, script.name, software, tolerance, kind, reasons.get(key.partition("/")[0], ""))
    return found


def published_values(numbers: Iterable[dict], claims: Iterable[dict]) -> dict[str, float]:
    """Return the numbers that a reader can quote, by the ids of `references`; an interval that a number lacks is left out."""
    found = {f"{claim['id']}-{claim['basis']}": claim["computed"] for claim in claims}
    for number in numbers:
        found[number["id"]] = number["value"]
        if number["lo"] is not None:
            found |= {f"{number['id']}/lo": number["lo"], f"{number['id']}/hi": number["hi"]}
    return found


def compare(value: float | list[float], reference: Reference) -> Agreement:
    """Hold a number of the book against that of R."""
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return Agreement(math.inf, False, reference)
    difference = abs(value - reference.value)
    if reference.kind == "relative" and difference:
        difference = difference / abs(reference.value) if reference.value else math.inf
    return Agreement(difference, difference <= reference.tolerance, reference)


def bound(difference: float, tolerance: float) -> float:
    """Return a number that a difference within the tolerance stays below on other machines too, and at most the tolerance.

    A power of ten, ten to a hundred times the difference; or, of a large difference, one significant digit, rounded up.
    """
    if difference <= FLOOR / 10:
        limit = FLOOR
    elif difference <= SMALL:
        limit = float(f"1e{math.ceil(math.log10(10 * difference))}")
    else:
        unit = math.floor(math.log10(difference))
        limit = float(f"{math.ceil(difference / 10.0**unit)}e{unit}")
    return min(limit, tolerance)
