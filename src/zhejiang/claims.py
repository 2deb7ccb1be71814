"""The claims of the printed reports and the verdicts on them.

A claim is one number (or bound, or rank) that a report prints. A notebook computes the same number and
asks `check` for a verdict, once per claim and basis. The basis is *internal* (the report's own figures)
or *official* (statistics that the project holds).

Rules, with p the printed value, v the computed one and u one unit of the last printed digit:

=========  =======================================  ==================================================
wording    reproduces                               rounding
=========  =======================================  ==================================================
exact      abs(v - p) <= u/2                        abs(v - p) <= 3u/2, or the interval that the
                                                    rounding of the inputs allows meets p +- u/2
about      v rounds to p at p's last printed digit  abs(v - p) <= 5 percent of p
over       v > p                                    the interval reaches above p, or v >= p - u/2
at least   v >= p                                   the interval reaches p, or v >= p - u/2
under      v < p                                    the interval reaches below p, or v <= p + u/2
almost     0.9 p <= v < p                           0.9 p - u/2 <= v <= p + u/2
between    p0 - u/2 <= min v, max v <= p1 + u/2     p0 - 3u/2 <= min v, max v <= p1 + 3u/2
rank       v = p                                    the interval contains p
=========  =======================================  ==================================================

Everything else *differs*. A claim with no second source and nothing to compute from is *not testable*.
The words "about" (约), "over" (超过), "at least" (以上), "under" (以下), "almost" (近) are the report's own.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from zhejiang import data

BASES = ("internal", "official")
# Comparisons of decimals that binary numbers cannot hold exactly, such as 8.715 - 8.71.
SLACK = 1e-9


@dataclass(frozen=True)
class Verdict:
    """What a recomputation says of one claim on one basis.

    `computed`, `lo` and `hi` are in the claim's unit; `computed` is None for a claim that is not testable,
    a pair (smallest, largest) for a claim worded "between". `lo` and `hi` bound what the rounding of the
    inputs allows. `mechanism` says how the printed number comes about where it differs, `consequence` what
    the corrected number does to the sentence that uses it.
    """

    id: str
    basis: str
    verdict: str
    printed: float | tuple[float, float]
    computed: float | tuple[float, float] | None
    unit: str
    decimals: int
    page: int | None
    place: str
    claim: str
    kind: str
    wording: str
    lo: float | None = None
    hi: float | None = None
    note: str = ""
    mechanism: str = ""
    consequence: str = ""


def get(claim_id: str) -> dict:
    """Return the ledger's entry; raise `KeyError` for an unknown id."""
    chapter = claim_id.split("-")[0]
    try:
        ledger = data.read_claims(chapter)
    except data.MissingFileError:
        ledger = []
    for claim in ledger:
        if claim["id"] == claim_id:
            return claim
    raise KeyError(f"unknown claim id {claim_id!r}: data/claims/{chapter}.yml has no such claim")


def printed(claim_id: str) -> float | list[float]:
    """Return the printed value of a claim (both ends for "between"), in its unit, as an input for a computation."""
    return get(claim_id)["printed"]


def check(
    claim_id: str,
    value: float | Sequence[float],
    basis: str,
    *,
    lo: float | None = None,
    hi: float | None = None,
    note: str = "",
    mechanism: str = "",
    consequence: str = "",
) -> Verdict:
    """Compare a computed value with a printed one by the rules at the head of this module.

    Parameters
    ----------
    claim_id
        Id in `data/claims/`.
    value
        The computed value in the claim's unit; for a claim worded "between", all computed values.
    basis
        ``"internal"`` or ``"official"``.
    lo, hi
        What the rounding of the inputs allows (`rounding_interval`), in the claim's unit.
    note, mechanism, consequence
        See `Verdict`. A verdict *differs* needs a mechanism ("none found: ..." is one) and a consequence.

    Raises
    ------
    KeyError
        Unknown claim.
    ValueError
        Unknown basis, a value that is not finite, an interval that does not hold the value, or a verdict
        *differs* that is left unexplained.
    """
    _check_basis(claim_id, basis)
    return _judge(get(claim_id), value, basis, lo, hi, note, mechanism, consequence)


def _judge(claim: dict, value, basis: str, lo: float | None, hi: float | None, note: str, mechanism: str, consequence: str) -> Verdict:
    """What `check` says of a ledger's entry."""
    claim_id = claim["id"]
    values = [float(v) for v in value] if claim["wording"] == "between" else [float(value)]
    if not values or not all(map(math.isfinite, values)):
        raise ValueError(f"claim {claim_id!r}: computed value {value!r}: expected finite numbers")
    if (lo is None) != (hi is None) or (lo is not None and not lo - SLACK <= min(values) <= max(values) <= hi + SLACK):
        raise ValueError(f"claim {claim_id!r}: interval {lo!r} to {hi!r} does not hold the computed value {value!r}")
    verdict = _compare(claim, values, lo, hi)
    if verdict == "differs" and not (mechanism and consequence):
        raise ValueError(
            f"claim {claim_id!r}: printed {claim['printed']}, computed {value!r}: differs, and needs a mechanism"
            " (or what was tried) and a consequence"
        )
    return Verdict(
        basis=basis,
        verdict=verdict,
        computed=(min(values), max(values)) if claim["wording"] == "between" else values[0],
        lo=lo,
        hi=hi,
        note=note,
        mechanism=mechanism if verdict == "differs" else "",
        consequence=consequence if verdict == "differs" else "",
        **_fields(claim),
    )


def not_testable(claim_id: str, basis: str = "official") -> Verdict:
    """Return the verdict of a claim that nothing at hand can test; its `missing` says what would be needed.

    Raises
    ------
    KeyError
        Unknown claim.
    ValueError
        Unknown basis, or the ledger does not say what is missing.
    """
    claim = get(claim_id)
    _check_basis(claim_id, basis)
    if not claim.get("missing"):
        raise ValueError(f"claim {claim_id!r}: not testable, but the ledger has no `missing` that says why")
    return _untested(claim, basis)


def from_ledger(chapter: str, sealed: bool = True) -> list[Verdict]:
    """Return the verdicts that a chapter's ledger gives by itself, in its order.

    Claims with `from` are computed from other printed numbers, on the internal basis, with the interval that their rounding
    allows. Those with `missing` only are not testable. Those with neither are left to the notebook. Where a number differs and
    the ledger does not explain it, the verdict says that nobody has looked yet.

    Parameters
    ----------
    chapter
        Such as ``"ch05"``.
    sealed
        See `data.read_claims`.

    Raises
    ------
    data.DataError
        The ledger or a table is refused.
    """
    claims = data.read_claims(chapter, sealed)
    ledger = {claim["id"]: claim for claim in claims}
    found = []
    for claim in claims:
        if "from" in claim:
            value, lo, hi = _computed(claim, ledger)
            slip = slip_of(claim["printed"], value, claim["decimals"]) if claim["wording"] == "exact" else ""
            found.append(_judge(claim, [value] if claim["wording"] == "between" else value, "internal", lo, hi, note="",
                                mechanism=claim.get("mechanism", f"Not looked for yet. {slip}".strip()),
                                consequence=claim.get("consequence", "Not looked for yet.")))
        elif claim.get("missing"):
            found.append(_untested(claim, "official"))
    return found


def _computed(claim: dict, ledger: dict[str, dict]) -> tuple[float, float, float]:
    """Return what the inputs named by `from` give, with the interval that their rounding allows; a count is exact."""
    inputs = [ledger[claim_id] for claim_id in claim["from"]]
    kind, periods, times = claim["kind"], claim.get("periods", 1), claim.get("times", 1)

    def added(parts):
        """Sum of printed numbers, with the decimals of a single number that is as uncertain."""
        half = sum(0 if part["kind"] == "count" else 0.5 * 10.0 ** -part["decimals"] for part in parts)
        return sum(part["printed"] for part in parts), -math.log10(2 * half) if half else math.inf

    formulas = {
        "sum": lambda total: total,
        "share": lambda part, whole: 100 * part / whole,
        "ratio": lambda above, below: times * above / below,
        "average": lambda above, below: times * above / below,
        "growth": lambda later, earlier: 100 * ((later / earlier) ** (1 / periods) - 1),
    }
    numbers, decimals = zip(*([added(inputs)] if kind == "sum" else [added(inputs[:-1]), added(inputs[-1:])]))
    lo, hi = rounding_interval(formulas[kind], numbers, decimals)
    return formulas[kind](*numbers), lo, hi


def slip_of(printed: float, computed: float, decimals: int) -> str:
    """Return the slip of print or pen that turns a computed number into the printed one, in a sentence, or an empty string."""
    p, v = f"{printed:.{decimals}f}", f"{computed:.{decimals}f}"
    wrong = [place for place, (a, b) in enumerate(zip(p, v)) if a != b] if len(p) == len(v) else []
    if len(wrong) == 1:
        return "Printed and computed value differ in one digit."
    if len(wrong) == 2 and [p[place] for place in wrong] == [v[place] for place in reversed(wrong)]:
        return "Printed and computed value differ by two digits in the other order."
    powers = [power for power in range(-8, 9) if power and abs(computed * 10.0**power - printed) <= 0.5 * 10.0**-decimals + SLACK]
    return f"The printed value is the computed one times {10.0 ** powers[0]:,g}." if powers and printed else ""


def rounding_interval(
    function: Callable[..., float], inputs: Sequence[float], decimals: Sequence[int]
) -> tuple[float, float]:
    """Return the smallest and largest value that rounded inputs allow.

    Parameters
    ----------
    function
        Of as many arguments as `inputs`, monotone in each of them (sums, products, ratios are), so that
        the extremes lie at corners.
    inputs, decimals
        The printed inputs and the decimals each is printed with (negative for tens, hundreds, ...).
    """
    corners = itertools.product(*[(x - 0.5 * 10.0**-d, x + 0.5 * 10.0**-d) for x, d in zip(inputs, decimals, strict=True)])
    values = [function(*corner) for corner in corners]
    return min(values), max(values)


def matches(candidates: pd.Series, value: float, decimals: int) -> pd.Series:
    """Return the candidates that print as `value` at `decimals`.

    The search for the mechanism behind a number that differs: the caller computes the number from every
    combination of years, vintages, denominators and units that exists, and labels each in the index.
    """
    return candidates[(candidates - value).abs() <= 0.5 * 10.0**-decimals + SLACK]


def _check_basis(claim_id: str, basis: str) -> None:
    if basis not in BASES:
        raise ValueError(f"claim {claim_id!r}: basis {basis!r}: expected one of {BASES}")


def _untested(claim: dict, basis: str) -> Verdict:
    return Verdict(basis=basis, verdict="not testable", computed=None, note=claim["missing"], **_fields(claim))


def _fields(claim: dict) -> dict:
    value = claim["printed"]
    return {
        "id": claim["id"],
        "printed": tuple(value) if isinstance(value, list) else value,
        **{k: claim[k] for k in ("unit", "decimals", "page", "place", "claim", "kind", "wording")},
    }


def _compare(claim: dict, values: list[float], lo: float | None, hi: float | None) -> str:
    unit = 10.0 ** -claim["decimals"]
    p, v, wording = claim["printed"], values[0], claim["wording"]
    lo, hi = (v, v) if lo is None else (lo, hi)
    half, wide = 0.5 * unit + SLACK, 1.5 * unit + SLACK
    if wording == "exact":
        good, near = abs(v - p) <= half, abs(v - p) <= wide or (lo <= p + half and hi >= p - half)
    elif wording == "about":
        good, near = abs(v - p) <= half, abs(v - p) <= 0.05 * abs(p) + SLACK
    elif wording == "over":
        good, near = v > p + SLACK, hi > p + SLACK or v >= p - half
    elif wording == "at least":
        good, near = v >= p - SLACK, hi >= p - SLACK or v >= p - half
    elif wording == "under":
        good, near = v < p - SLACK, lo < p - SLACK or v <= p + half
    elif wording == "almost":
        good, near = 0.9 * p - SLACK <= v < p - SLACK, 0.9 * p - half <= v <= p + half
    elif wording == "between":
        good = p[0] - half <= min(values) and max(values) <= p[1] + half
        near = p[0] - wide <= min(values) and max(values) <= p[1] + wide
    else:  # rank
        good, near = v == p, lo <= p <= hi
    return "reproduces" if good else "rounding" if near else "differs"
