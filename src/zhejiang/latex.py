"""Write a table's record as LaTeX that compiles in a bare article: no package, any engine.

Chinese needs a font and a package that a bare article lacks. Every run of it is the argument of ``\\zh``, which leaves it out unless
the author's preamble defines it; its optional argument stands in the place of a cell that holds nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from zhejiang.looks import SYMBOLS
from zhejiang.typography import with_minus

# Of the class article at its default size of 10pt, in points; tables are set in \footnotesize, which is 8pt: a little more is safe.
TEXT_WIDTH = 345.0
TEXT_HEIGHT = 545.0
SIZE = 8.15
LINE = 10.5
COLSEP = 3.0
# What a caption and the lines under a table take.
AROUND = 90.0

# Widths of Computer Modern Roman at 8pt (cmr8.tfm), in the size of the font.
_WIDTHS = {width: letters for width, letters in (
    (0.30, "ijl.,;:'’‘| !"), (0.41, "ftrs()[]-/"), (0.47, "cez"), (0.53, "abdghknopquvxy0123456789$?"),
    (0.59, "“”–S*#"), (0.70, "EFLPTZJ"), (0.82, "ABCDGHKNOQRUVXY=+<>−&%±×≥≤≈"), (0.89, "mw"), (1.09, "MW—@…"))}
_WIDTH = {letter: width for width, letters in _WIDTHS.items() for letter in letters} | {"I": 0.38}

_HAN = "\u2e80-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
# Digits, signs and quotes inside a run belong to it, and the brackets or the space in front that it would leave behind.
_RUN = rf"[{_HAN}](?:[0-9A-Za-z%/()·“”.,-]*[{_HAN}])*(?:[0-9]*%|”)?"
ZH = re.compile(rf" ?\({_RUN}\)| ?{_RUN}")
ELLIPSIS = r"\ldots"

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_", "^": r"\^{}",
    "~": r"\~{}", "<": "$<$", ">": "$>$", "|": "$|$", '"': "''", "–": "--", "—": "---", "“": "``", "”": "''", "‘": "`", "’": "'",
    "…": r"\ldots{}", "\u00a0": "~", "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "÷": r"$\div$", "·": r"$\cdot$", "≥": r"$\ge$",
    "≤": r"$\le$", "≈": r"$\approx$", "≠": r"$\ne$", "√": r"$\surd$", "✓": r"$\surd$", "✗": r"$\times$", "→": r"$\to$", "∞": r"$\infty$",
    "°": r"$^\circ$", "²": "$^2$", "³": "$^3$", "ß": r"\ss{}", "ø": r"\o{}", "Ø": r"\O{}", "æ": r"\ae{}", "ł": r"\l{}", "ı": r"\i{}",
    "§": r"\S{}", "€": "EUR", "Σ": r"$\Sigma$", "Δ": r"$\Delta$",
    **{chr(0x2080 + digit): f"$_{digit}$" for digit in range(10)},
    **{letter: rf"$\{name}$" for letter, name in zip(
        "αβγδεζηθικλμνξπρστυφχψω",
        "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon varphi chi psi omega".split(),
        strict=True)},
}
_ACCENTS = {"\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0308": '"', "\u030a": "r ", "\u030b": "H ",
            "\u030c": "v ", "\u0327": "c "}


def escape(text: str, empty: str = "") -> str:
    """Return text as LaTeX; `empty` stands where the text is Chinese only and cannot be set.

    Raises
    ------
    ValueError
        A character that a bare article cannot set and for which no command is listed here.
    """
    parts, end = [], 0
    for found in ZH.finditer(text):
        parts += [_plain(text[end:found.start()]), r"\zh", f"[{empty}]" if found[0] == text and empty else "", f"{{{_in_run(found[0])}}}"]
        end = found.end()
    return "".join([*parts, _plain(text[end:])])


def _in_run(text: str) -> str:
    return "".join(letter if re.match(rf"[{_HAN}]", letter) else _plain(letter) for letter in text)


def _plain(text: str) -> str:
    return "".join(_letter(letter) for letter in with_minus(text))


def _letter(letter: str) -> str:
    if letter in _SPECIAL:
        return _SPECIAL[letter]
    if " " <= letter <= "~":
        return letter
    base, *marks = unicodedata.normalize("NFD", letter)
    if len(marks) == 1 and marks[0] in _ACCENTS and base.isascii():
        return rf"\{_ACCENTS[marks[0]]}{{{base if base not in 'ij' else chr(92) + base}}}"
    raise ValueError(f"character {letter!r} (U+{ord(letter):04X}): expected one that zhejiang.latex knows a command for")


def width(text: str) -> float:
    """Return about how wide a text without Chinese is in \\footnotesize, in points."""
    plain = with_minus(ZH.sub("", text)) or ("…" if text else "")
    return SIZE * sum(_WIDTH.get(letter, 0.82) for letter in plain)


def table(payload: dict, number: str, lines: Sequence[str], notes: Sequence[str]) -> str:
    """Return a ``table`` environment: caption, label, column heads, units, rows, notes.

    A table that is too wide for the page is split into panels, one under the other, each with the first column; one that is too
    high goes on in a further ``table`` with the same number.

    Parameters
    ----------
    payload
        A table's record, see `zhejiang.show.table`.
    number
        Its number in the book, such as ``Table 1.3``: for the comments, since the article has its own.
    lines, notes
        Lines of text for the comments at the head, and for the notes under the table.
    """
    cells = [[row["head"], *row["cells"]] for row in payload["rows"]]
    marks = [mark for mark in SYMBOLS if any(cell.get("mark") == mark and not cell.get("word") for row in cells for cell in row)]
    under = [f"Verdict on the printed value: {', '.join(f'{SYMBOLS[mark]} {_says(mark)}' for mark in marks)}."] if marks else []
    under = [escape(note) for note in [*under, *notes]]
    if any(ELLIPSIS in _text(cell) for row in cells for cell in row):
        under.append(rf"\zh[{ELLIPSIS}{{}}: in Chinese, left out here; the head of this file says how to set it.]{{}}")
    floats = _floats([block for panel in _panels(payload["columns"], cells) for block in _blocks(payload["columns"], cells, panel)])
    head = [f"% {number}. {payload['caption']}", *(f"% {line}" for line in lines),
            r"% \input this file. To set the Chinese in it, load a package such as xeCJK or ctex and say before it",
            r"% \newcommand{\zh}[2][]{#2}", r"\providecommand{\zh}[2][]{#1}"]
    body = []
    for part, blocks in enumerate(floats):
        label = [rf"\label{{{payload['id']}}}"] if part == 0 else []
        caption = escape(payload["caption"]) + (", continued" if part else "")
        body += [r"\begin{table}[htbp]", *([r"\addtocounter{table}{-1}"] if part else []), r"\centering", rf"\caption{{{caption}}}", *label,
                 rf"\footnotesize\setlength{{\tabcolsep}}{{{COLSEP:g}pt}}\renewcommand{{\arraystretch}}{{1.1}}",
                 "\n\\par\\medskip\n".join(blocks), r"\par\smallskip",
                 r"\parbox{\textwidth}{\raggedright " + r"\\ ".join(under if part == len(floats) - 1 else ["Continued below."]) + "}",
                 r"\end{table}"]
    return "\n".join([*head, *body]) + "\n"


def _says(mark: str) -> str:
    return {"rounding": "differs by rounding"}.get(mark, mark)


def _text(cell: dict) -> str:
    """A cell as LaTeX; a mark beside a number takes no width, so that decimals stay aligned."""
    text = escape(cell.get("text", ""), ELLIPSIS)
    if "mark" not in cell:
        return text
    if cell.get("word"):
        return f"{text} {_says(cell['mark'])}".strip()
    return rf"{text}\rlap{{$^{{{_plain(SYMBOLS[cell['mark']]).strip('$')}}}$}}"


def _measure(cell: dict) -> str:
    return " ".join(filter(None, [cell.get("text", ""), _says(cell["mark"]) if cell.get("word") else ""]))


def _needs(column: dict, cells: list[dict], is_number: bool) -> tuple[float, float]:
    """Width below which a column's words break, and width at which it is easy to read."""
    heads = [column["label"], column["unit"]]
    texts = [_measure(cell) for cell in cells]
    words = max((width(word) for text in ([*heads] if is_number else [*heads, *texts]) for word in text.split(" ")), default=0)
    least = max(words, *(width(text) for text in texts), 0) if is_number else words
    if is_number:
        return least, max(least, *(width(head) / 3 + 10 for head in heads))
    longest = max(width(text) for text in [*texts, column["label"]])
    return least, max(least, min(longest, 60), longest / 5)


def _is_number(column: dict, cells: list[dict]) -> bool:
    return column["align"] == "right" and all(len(_measure(cell)) < 25 for cell in cells)


def _panels(columns: list[dict], cells: list[list[dict]]) -> list[list[tuple[int, float, bool]]]:
    """Return the columns of each panel as (place, width, is number)."""
    numbers = [_is_number(column, [row[i] for row in cells]) for i, column in enumerate(columns)]
    needs = [_needs(column, [row[i] for row in cells], numbers[i]) for i, column in enumerate(columns)]
    sizes = [easy + 2 * COLSEP for _, easy in needs]
    panels = _split(sizes, TEXT_WIDTH)
    # As many panels with less in the fullest, rather than one column left over.
    panels = next(found for limit in range(0, int(TEXT_WIDTH) + 1, 5) if len(found := _split(sizes, limit)) == len(panels))
    return [_widths(columns, cells, panel, needs, numbers) for panel in panels]


def _split(sizes: list[float], limit: float) -> list[list[int]]:
    """Fill panels one after the other; each has the first column and at least one other."""
    panels, panel = [], [0]
    for place in range(1, len(sizes)):
        if len(panel) > 1 and sum(sizes[other] for other in [*panel, place]) > limit:
            panels.append(panel)
            panel = [0]
        panel.append(place)
    return [*panels, panel]


def _widths(columns, cells, panel, needs, numbers) -> list[tuple[int, float, bool]]:
    """Share the page's width: what each column needs, and the rest to columns of text and long heads."""
    room = TEXT_WIDTH - 2 * COLSEP * (len(panel) - 1)
    texts = {i: [columns[i]["label"], columns[i]["unit"], *(_measure(row[i]) for row in cells)] for i in panel}
    wants = {i: max(map(width, texts[i])) + 2 for i in panel}
    easy = {i: min(needs[i][1], wants[i]) + 1 for i in panel}
    slack = max(0.0, room - sum(easy.values()))
    missing = {i: max(0.0, wants[i] - easy[i]) for i in panel}
    share = min(1.0, slack / sum(missing.values())) if sum(missing.values()) else 0.0
    shrink = min(1.0, room / sum(easy.values()))
    return [(i, shrink * (easy[i] + share * missing[i]), numbers[i]) for i in panel]


def _blocks(columns, cells, panel) -> list[tuple[str, float]]:
    """Return the tabulars of a panel, each no higher than a page, with their heights."""
    def height(texts):
        return max([1, *(-(-width(text) * 1.1 // size) for text, (_, size, _) in zip(texts, panel, strict=True))]) * LINE

    labels = [columns[i]["label"] for i, _, _ in panel]
    units = [columns[i]["unit"] for i, _, _ in panel]
    head = height(labels) + height(units) + LINE
    blocks, rows, total = [], [], head
    for row in cells:
        more = height([_measure(row[i]) for i, _, _ in panel])
        if rows and total + more > TEXT_HEIGHT - AROUND:
            blocks.append((rows, total))
            rows, total = [], head
        rows.append(row)
        total += more
    return [(_tabular(columns, rows, panel), total) for rows, total in [*blocks, (rows, total)]]


def _tabular(columns, rows, panel) -> str:
    def line(entries):
        return " & ".join(entries) + r" \tabularnewline"

    def head(text, size, is_number, place):
        side = r"\raggedleft" if is_number else r"\raggedright"
        return rf"\parbox[{place}]{{{size:.1f}pt}}{{{side}\strut {escape(text)}\strut}}"

    shape = "@{}" + "".join("r" if is_number else f"p{{{size:.1f}pt}}" for _, size, is_number in panel) + "@{}"
    lines = [rf"\begin{{tabular}}{{{shape}}}", r"\hline",
             line([head(columns[i]["label"], size, is_number, "b") for i, size, is_number in panel])]
    if any(columns[i]["unit"] for i, _, _ in panel):
        lines.append(line([head(columns[i]["unit"], size, is_number, "t") for i, size, is_number in panel]))
    lines.append(r"\hline")
    for row in rows:
        lines.append(line([_text(row[i]) if is_number else rf"\raggedright {_text(row[i])}" for i, _, is_number in panel]))
    return "\n".join([*lines, r"\hline", r"\end{tabular}"])


def _floats(blocks: list[tuple[str, float]]) -> list[list[str]]:
    """Pack tabulars into as few floats as pages hold."""
    floats, current, total = [], [], 0.0
    for text, height in blocks:
        if current and total + height > TEXT_HEIGHT - AROUND:
            floats.append(current)
            current, total = [], 0.0
        current.append(text)
        total += height + LINE
    return [*floats, current]
