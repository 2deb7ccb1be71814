"""How numbers are set in text."""

from __future__ import annotations

import re


def with_minus(text: str) -> str:
    """Return text in which a hyphen in front of a number is a minus."""
    return re.sub(r"(?<![\w)\]-])-(?=[\d.])", "\u2212", text)
