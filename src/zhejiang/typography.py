"""How numbers are set in text."""

from __future__ import annotations

import re

# What a spreadsheet takes for the start of a formula, in the wide forms of Chinese keyboards too (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def with_minus(text: str) -> str:
    """Return text in which a hyphen in front of a number is a minus."""
    return re.sub(r"(?<![\w)\]-])-(?=[\d.])", "\u2212", text)
