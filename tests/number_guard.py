"""Find result numbers that were typed into a page instead of taken from a notebook.

Looks at the prose of a page (paragraphs, lists, tables, admonitions, block quotes, headings) and at the
captions, alt texts and labels that code cells pass to `zhejiang.show`. What is left after the rules below
have taken out dates, references and names must hold no digit and no number word.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

# Dates, references and definitions: not results. Each rule takes its match out of the text.
EXCEPTIONS = [
    r"\b(1[89]|20)\d\d = 1(00)?\b",  # base of an index
    r"\b(1[89]|20)\d\d(?:s|–(1[89]|20)\d\d)?\b",  # years, decades, spans of years
    r"\b(?:printed )?pages? \d+(?:(?:,| and| to|–) \d+)*",
    r"\b(?:reports?|Tables?|Figures?|Fig\.|chapters?|sections?|volume|Python|version) \d+(?:\.\d+)*(?: (?:and|to) \d+)?",
    r"\bTable \d+-\d+\b",
    r"\bHC[0-4]\b",  # a covariance estimator
    r"\b(?:17|40|42|122|135)-sector\b",  # names of the official input-output tables
    r"\bGB/T \d+\b|\bUTF-8\b|\bSHA-256\b|\bCC BY 4\.0\b|\bA4\b",
    r"第七辑",
]
WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
    " nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand dozen half third thirds quarter"
    " quarters twice thrice double doubled triple tripled threefold twofold tenfold tenth twentieth"
).split()
# The unit of a number is not a number.
UNITS = [r"\(?\b100 million (?:yuan|USD)\)?", r"\b10,000 (?:USD|persons)\b", r"\b(?:one |ten )?(?:hundred )?(?:billion|million|trillion) (?:yuan|dollars|USD)\b",
         r"\bhundred million yuan\b"]
RESULT = re.compile(r"\d|[一二三四五六七八九十百千万]+成|\b(?:" + "|".join(WORDS) + r")\b", re.IGNORECASE)


def findings(path: Path) -> list[str]:
    """Return one line for every number that is neither computed nor covered by a rule."""
    text = path.read_text(encoding="utf-8")
    cells = re.findall(r"^```\{code-cell\}.*?\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    found = [f"{path.name}: {sentence!r}: {number!r}" for sentence in _prose(text) for number in _numbers(sentence)]
    for cell in cells:
        code = re.sub(r"^:\w.*$", "", cell, flags=re.MULTILINE)
        for sentence in _shown_strings(ast.parse(code)):
            found += [f"{path.name}, code cell: {sentence!r}: {number!r}" for number in _numbers(sentence)]
    return found


def _numbers(sentence: str) -> list[str]:
    for pattern in [*EXCEPTIONS, *UNITS]:
        sentence = re.sub(pattern, " ", sentence, flags=re.IGNORECASE)
    return RESULT.findall(sentence)


def _prose(text: str) -> list[str]:
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    # Directives that hold no prose: code, math, generated tables. Admonitions stay.
    text = re.sub(r"^```\{[a-z-]+\}.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^:{3,}.*$|^:[a-z]+: .*$|^\(.*\)=$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\{[a-z:]+\}`[^`]*`", " ", text)  # roles: computed or references
    text = re.sub(r"`[^`]*`", " ", text)  # code
    text = re.sub(r"\$[^$]*\$", " ", text)  # math
    text = re.sub(r"\]\([^)]*\)", "]", text)  # addresses of links
    text = re.sub(r"^\d+\. ", "", text, flags=re.MULTILINE)  # numbers of list items
    return [sentence for sentence in re.split(r"\n\s*\n", text) if sentence.strip()]


def _shown_strings(tree: ast.AST) -> list[str]:
    """The fixed parts of captions, alt texts, labels, notes, mechanisms and consequences."""
    shown = ("caption", "alt", "label", "note", "mechanism", "consequence")
    strings = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if getattr(node.func.value, "id", "") in ("show", "claims"):
                label = node.args[2:3] if node.func.attr == "number" else []
                for value in [*label, *(k.value for k in node.keywords if k.arg in shown)]:
                    strings += _fixed(value)
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in shown:
                    strings += _fixed(value)
    return strings


def _fixed(node: ast.AST) -> list[str]:
    """Literal text of an expression; computed parts of f-strings and subscripts do not count."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, (ast.FormattedValue, ast.Subscript)):
        return []
    return [text for child in ast.iter_child_nodes(node) for text in _fixed(child)]
