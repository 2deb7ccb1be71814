"""Find result numbers that were typed into a page instead of taken from a notebook.

A page is read as the book reads it, by MyST's parser. Whatever a reader sees as text is searched: prose, headings, lists,
tables, boxes, titles and options of directives, alternatives of images, titles of links and roles, the abstract in the front
matter. So is what code cells show: captions, alternatives, labels, notes, texts in figures, printed lines. What is left after the
rules below have taken out dates, references and names must hold no digit and no number word.

What a cell passes as value to `show.number`, `show.table`, `show.figure` and `claims.check` must depend on a table that was read
or on the ledger of printed numbers. Stated parameters, in capitals, may stand for themselves.
"""

from __future__ import annotations

import ast
import builtins
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import yaml
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from zhejiang import ROOT

EXTENSIONS = set(yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["parse"]["myst_enable_extensions"])

# Dates, references and definitions: not results. Each rule takes its match out of the text.
YEAR = r"(?:1[89]|20)\d\d"
UNIT = r"(?:percent|per cent|%|percentage|points|times|yuan|USD|dollars|million|billion|thousand|trillion|tons?|tonnes)"
EXCEPTIONS = [
    r"= 1(?:00)?\b",  # base of an index, unit of a scale
    r"\b2015 dollars\b",  # the prices of a series
    rf"\b{YEAR}(?:s|–{YEAR})?\b(?! ?{UNIT})",  # years, decades, spans of years; no amounts that look like years
    r"\b(?:printed )?pages? \d+(?:(?:,| and| to|–) \d+)*",
    r"\b(?:reports?|Tables?|Figures?|Fig\.|chapters?|sections?|volume|Python|version) \d+a?(?:\.\d+)*(?: (?:and|to) \d+)?",
    r"\bTable \d+-\d+\b",
    r"\bHC[0-4]\b",  # a covariance estimator
    # Levels of tests and of intervals, and quantiles, are chosen, not found.
    r"\b(?:95|90|80|50|5) percent\b(?! of (?!the draws|them\b))|\blevel of 0\.05\b",
    r"\bquantiles \d+ (?:to|and) \d+(?: and \d+ to \d+)?|\b\d+th to \d+th percentile|\bmiddle half\b|\bcentral 80 percent\b",
    r"\baged \d+ and over\b|\bof working age, 15–64\b|-9: no answer; -8: not asked",  # groups and codes by definition
    r"^\d+a?\. (?=[A-Z])|\bRank 1\b|\bRank less one half\b|\bKPSS two\b|√2|\bwithin 1 point of\b|\bone percent more\b",
    r"\btwo-sided\b|\b(?:start|end) of the quarter\b|\bone in (?:differences|the)\b|\bthousands separators\b|\bthousand yuan\b",
    r"\bcarton of 200\b|\b100 km\b",
    r"\b(?:17|40|42|122|135)-sector\b",  # names of the official input-output tables
    r"\bGB/T \d+\b|\bUTF-8\b|\bSHA-256\b|\bCC BY 4\.0\b|\bA4\b",
    r"第七辑",
]
# The unit of a number is not a number.
UNITS = [r"\(?\b100 million (?:yuan|USD)\)?", r"\b100 billion yuan\b", r"\b10,000 (?:USD|persons|residents|yuan)\b", r"\b(?:one |ten )?(?:hundred )?(?:billion|million|trillion) (?:yuan|dollars|USD)\b",
         r"\bhundred million yuan\b"]
WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
    " nineteen twenty thirty forty fifty sixty seventy eighty ninety hundreds? thousands? millions billions dozens?"
    " half halves halved halving third quarter fifth sixth seventh eighth ninth tenth twentieth hundredth thirds quarters"
    r" twice thrice doubled tripled trebled quadrupled quintupled sextupled \w+fold"
).split()
PHRASES = [r"(?:zero|one|no) percent", r"one percentage point", r"one in \w+", r"[IVXLC]{2,} percent"]
# Equations that define: rules of verdicts, values of a parameter that is swept.
DEFINITIONS = (r"\lvert v - p\rvert \le 0.05\,\lvert p\rvert", r"0.9\,p \le v < p", r"0.9\,p - \tfrac{1}{2}u \le v \le p + \tfrac{1}{2}u",
               r"\delta = 0.25", r"\delta = 0.5", "-1", "1", "20")
FRACTIONS = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
CHINESE = r"[一二两三四五六七八九十百千万亿半]+(?:成|倍|番|半|个百分点)|百分之|[一二三四五六七八九十]+分之|一半"
RESULT = re.compile(rf"\d|[{FRACTIONS}]|{CHINESE}|\b(?:{'|'.join(WORDS + PHRASES)})\b", re.IGNORECASE)

# Directives whose content is no prose: code, equations, and lists that the book makes.
NOT_PROSE = {"code-cell", "math", "eval-rst", "bibliography", "citations", "figure-from", "verdicts-here", "take-away", "terms", "scoreboard", "pdf-link",
             "package-versions", "ledger", "exhibits", "execution-status", "errata", "data-catalogue", "cite-number", "grid"}
SHOWN_OPTIONS = ("alt", "caption", "title", "header", "footer", "summary")
# Roles that a notebook fills in, and references, whose text the book makes.
FILLED_IN = {"num", "interval", "printed", "computed", "verdict", "eq", "cite:p", "cite:t"}

SHOWN_KEYWORDS = ("caption", "alt", "label", "note", "mechanism", "consequence", "title", "xlabel", "ylabel", "suptitle", "source")
SHOWING_CALLS = ("annotate", "text", "set_title", "suptitle", "supxlabel", "supylabel", "set_xlabel", "set_ylabel", "print", "display", "Markdown", "HTML")
MODULES = {"np", "pd", "stats", "sm", "show", "claims", "math"}
READING_CALLS = ("load", "load_optional", "load_cities", "export_dependence", "province_gdp", "dollar_exports", "exchange_rate", "printed", "read_claims", "not_testable")


def findings(path: Path) -> list[str]:
    """Return one line for every number that is neither computed nor covered by a rule."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse("\n".join(_code(text)))
    found = [f"{path.name}: {sentence!r}: {number!r}" for sentence in _prose(text) for number in _numbers(sentence)]
    found += [f"{path.name}, code cell: {sentence!r}: {number!r}" for sentence in _shown_strings(tree) for number in _numbers(sentence)]
    return found + [f"{path.name}, code cell: {call!r} shows a value that depends on no table" for call in _typed_values(tree)]


def _numbers(sentence: str) -> list[str]:
    for pattern in [*EXCEPTIONS, *UNITS]:
        sentence = re.sub(pattern, " ", sentence, flags=re.IGNORECASE)
    return RESULT.findall(sentence)


def _parsed(text: str) -> list:
    return create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), RendererHTML).parse(text)


def _directive(token) -> str:
    found = re.match(r"\{([\w:-]+)\}", token.info.strip())
    return found[1] if found else ""


def _code(text: str) -> list[str]:
    """The sources of the code cells, without their options."""
    return [re.sub(r"^:\w.*$", "", token.content, flags=re.MULTILINE) for token in _parsed(text) if token.type == "fence" and _directive(token) == "code-cell"]


def _prose(text: str) -> Iterator[str]:
    for token in _parsed(text):
        if token.type == "front_matter":
            citation = yaml.safe_load(token.content).get("citation", {})
            yield from [citation.get("abstract", ""), *citation.get("keywords", [])]
        elif token.type == "inline":
            yield "".join(map(_inline, token.children))
        elif token.type in ("fence", "colon_fence"):
            yield from _box(token)
        elif token.type == "html_block":
            yield token.content


def _box(token) -> Iterator[str]:
    """What a reader sees of a directive or of a block of code in the prose."""
    name = _directive(token)
    if not name:
        yield "" if token.info.strip() else token.content  # code in a language, or plain text
        return
    options = re.match(r"(?:^:[\w-]+:.*\n)*", token.content, flags=re.MULTILINE)[0]
    yield from (found[2] for found in re.finditer(r"^:([\w-]+):(.*)$", options, flags=re.MULTILINE) if found[1] in SHOWN_OPTIONS)
    if name not in NOT_PROSE:
        yield from _prose(token.info.partition("}")[2])
    if name not in NOT_PROSE or name == "grid":
        yield from _prose(textwrap.dedent(token.content[len(options):]))


def _inline(token) -> str:
    if token.type == "myst_role":
        return " " if token.meta["name"] in FILLED_IN else token.content
    if token.type == "code_inline":
        # A number in the type of code is a number.
        return token.content if re.fullmatch(r"[-+−]?[\d.,]+ ?(?:%|[a-z ]*)", token.content) else " "
    if token.type == "math_inline":
        # An equation has letters; a value with a decimal point or a percent sign is a result in italics.
        is_value = re.search(r"\d\.\d|\\%", token.content) or not re.search(r"[A-Za-z]", token.content)
        return token.content if is_value and token.content not in DEFINITIONS else " "
    if token.type == "image":
        return "".join(map(_inline, token.children))
    return " " if token.type in ("softbreak", "hardbreak") else token.content


def _assigned(tree: ast.AST) -> Iterator[tuple[set[str], ast.AST]]:
    """Yield the names that a statement gives a value, and where it comes from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield {name for target in node.targets for name in _names(target)}, node.value
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            yield _names(node.target), node.value
        elif isinstance(node, (ast.For, ast.comprehension)):
            yield _names(node.target), node.iter
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield _names(node.optional_vars), node.context_expr
        elif isinstance(node, ast.FunctionDef):
            yield {node.name}, ast.Module(node.body, [])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("append", "extend", "update", "insert"):
            yield _names(node.func.value), ast.Tuple([*node.args, *(keyword.value for keyword in node.keywords)])


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _typed_values(tree: ast.AST) -> list[str]:
    """Calls that show a value which depends on no table, on no ledger and on no stated parameter."""
    assigned = list(_assigned(tree))
    read: set[str] = set()

    def is_read(node: ast.AST) -> bool:
        calls = (part.func for part in ast.walk(node) if isinstance(part, ast.Call))
        return bool(_names(node) & read) or any(getattr(call, "attr", getattr(call, "id", "")) in READING_CALLS for call in calls)

    def is_stated(node: ast.AST) -> bool:
        """A parameter in capitals, what follows from parameters, or words without a number, such as a list that the printed page has."""
        names = {name for name in _names(node) if not hasattr(builtins, name)} - MODULES
        has_number = any(isinstance(part, ast.Constant) and re.fullmatch(r"[-+−]?[\d.,]+ ?%?", str(part.value)) for part in ast.walk(node))
        return all(name.isupper() or name in stated for name in names) and (bool(names) or not has_number)

    while new := {name for names, source in assigned if is_read(source) for name in names} - read:
        read |= new
    sources: dict[str, list[ast.AST]] = {}
    for names, source in assigned:
        for name in names:
            sources.setdefault(name, []).append(source)
    # From above, since a name may be made from itself.
    stated = set(sources)
    while typed := {name for name in stated if not all(map(is_stated, sources[name]))}:
        stated -= typed

    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            call = f"{getattr(node.func.value, 'id', '')}.{node.func.attr}"
            ends = node.args[5:6] if any(isinstance(part, ast.Starred) for part in node.args[5:]) else node.args[5:7]
            values = {"show.number": node.args[1:2] + ends, "show.table": node.args[:1], "show.figure": [], "claims.check": node.args[1:2]}.get(call)
            if values is not None:
                values = values + [keyword.value for keyword in node.keywords if keyword.arg in ("lo", "hi", "data")]
                found += [ast.unparse(value) for value in values if not is_read(value) and not is_stated(value)]
    return found


def _shown_strings(tree: ast.AST) -> list[str]:
    """The fixed parts of texts that cells show, names of texts resolved."""
    texts: dict[str, list[ast.AST]] = {}
    for names, source in _assigned(tree):
        for name in names:
            texts.setdefault(name, []).append(source)
    strings = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            shown = [k.value for k in node.keywords if k.arg in SHOWN_KEYWORDS] + (node.args if name in SHOWING_CALLS else [])
            shown += node.args[2:3] if name == "number" else []
            for value in shown:
                strings += _fixed(value, texts)
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in SHOWN_KEYWORDS:
                    strings += _fixed(value, texts)
    return strings


def _fixed(node: ast.AST, texts: dict[str, list[ast.AST]]) -> list[str]:
    """Literal text of an expression. Computed parts of f-strings do not count, constants in their place do."""
    if isinstance(node, ast.Constant):
        return [re.sub(r"`[^`]*`", " ", node.value)] if isinstance(node.value, str) else []
    if isinstance(node, ast.FormattedValue):
        return [] if _names(node.value) else [ast.unparse(node.value)]
    if isinstance(node, ast.Name):
        return [source.value for source in texts.get(node.id, []) if isinstance(source, ast.Constant) and isinstance(source.value, str)]
    if isinstance(node, (ast.Subscript, ast.Call)) and _names(node):
        return []
    return [text for child in ast.iter_child_nodes(node) for text in _fixed(child, texts)]
