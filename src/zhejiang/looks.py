"""Colours, symbols and forms of numbers, which the notebooks and the pages share. The pages need no more than these, and not the libraries that draw."""

from __future__ import annotations

# The hues of Okabe and Ito's colour-blind-safe palette, darkened for white and lightened for the dark theme so that
# text in them has a contrast of 4.5 to one. The accent is the place that the chapter is about.
ACCENT, BLUE, GREEN, PURPLE, ORANGE = "#bf4f00", "#0067a3", "#00775a", "#96527f", "#8a6200"
INK, MUTED, GRID = "#1f2933", "#616b76", "#d9dde3"
DARK = {ACCENT: "#f08a3c", BLUE: "#56aee8", GREEN: "#2bc49a", PURPLE: "#d39ac0", ORANGE: "#d9a520",
        INK: "#e8eaed", MUTED: "#a9b1ba", GRID: "#3b424b"}

SYMBOLS = {"reproduces": "✓", "rounding": "≈", "differs": "✗", "not testable": "?"}
VERDICTS = tuple(SYMBOLS)


def dark(svg: str) -> str:
    """Return a figure in the colours of the dark theme."""
    for light, colour in DARK.items():
        svg = svg.replace(light, colour)
    return svg


def printed_text(value: float | tuple[float, float], decimals: int, kind: str, wording: str) -> str:
    """Return a printed value as the page shows it, the report's wording in front."""
    text = _value_text(value, decimals, kind)
    return text if wording in ("exact", "rank", "between") else f"{wording} {text}"


def computed_text(value: float | tuple[float, float] | None, decimals: int, kind: str) -> str:
    """Return a computed value with one decimal more than the printed one; whole numbers stay whole."""
    if value is None:
        return "–"
    values = value if isinstance(value, (tuple, list)) else [value]
    whole = decimals == 0 and all(one % 1 == 0 for one in values)
    return _value_text(value, 0 if whole else decimals + 1, kind)


def _value_text(value, decimals: int, kind: str) -> str:
    if isinstance(value, (tuple, list)):
        return " to ".join(_value_text(v, decimals, kind) for v in value)
    return f"{value:.0f}" if kind == "date" else f"{value:,.{decimals}f}"
