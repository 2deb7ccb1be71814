"""HTML of the pages as Typst code, for the PDF: each element becomes a call of a function of `book/_print/book.typ`, which says how it looks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import lxml.html
from sphinx.errors import ExtensionError

SPACE = re.compile(r"[ \t\r\n\f]+")
BLOCKS = {"article", "blockquote", "br", "caption", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4", "li", "ol", "p",
          "pre", "section", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul"}
# What a screen or a screen reader has and paper does not; the text cites by author and year.
LEFT_OUT = {"visually-hidden", "sd-summary-state-marker", "zr-folded", "label"}


class Markup:
    """Writes one page after the other as Typst code.

    Parameters
    ----------
    targets
        The ids that links of the document lead to; only these become labels.
    base
        The folder that addresses of images are relative to.
    """

    def __init__(self, targets: set[str], base: Path):
        self.targets = targets
        self.base = base

    def page(self, element: lxml.html.HtmlElement, is_reference: bool) -> str:
        """Return the code of a page; the contents list sections of chapters, not those of reference pages. The element is changed."""
        self.deepest = "1" if is_reference else "2"
        collapse_spaces(element)
        return f"pagebreak(weak: true)\n{self._anchors(element)}{self._children(element)}"

    def _children(self, element: lxml.html.HtmlElement) -> str:
        code = [literal(element.text)] if element.text else []
        for child in element:
            if isinstance(child.tag, str) and not LEFT_OUT & set(classes(child)):
                code.append(self._element(child))
            if child.tail:
                code.append(literal(child.tail))
        return "\n".join(part for part in code if part)

    def _element(self, element: lxml.html.HtmlElement) -> str:
        write = getattr(self, f"_{element.tag}", None)
        if write is None:
            raise ExtensionError(f"<{element.tag}> has no form in the PDF: expected a function for it in typst_markup.py")
        code = write(element)
        # A figure moves to where it fits: what leads to it moves with it.
        return code if element.tag == "figure" else self._anchors(element) + code

    def _anchors(self, element: lxml.html.HtmlElement) -> str:
        name = element.get("id")
        return f"anchor({literal(name)})\n" if name in self.targets else ""

    def _call(self, function: str, element: lxml.html.HtmlElement, **arguments: str) -> str:
        given = "".join(f", {name}: {value}" for name, value in arguments.items())
        return f"{function}({{\n{self._children(element)}\n}}{given})"

    # Blocks

    def _section(self, element) -> str:
        return self._children(element)

    def _div(self, element) -> str:
        names = classes(element)
        if "admonition" in names:
            return self._call("admonition", element)
        if "math" in names:
            return self._equation(element)
        if "sd-card-title" in names:
            return self._call("card-title", element)
        if "sd-card" in names:
            return self._call("card", element)
        return self._children(element)

    def _equation(self, element) -> str:
        image = self._img(element.find("img"))
        number = element.find_class("eqno")
        return f"equation({image}, number: {literal(number[0].text_content()) if number else 'none'})"

    def _p(self, element) -> str:
        names = classes(element)
        if "zr-source" in names:
            previous = element.getprevious()
            # The source line of a figure stands in the figure, so that both move together.
            return "" if previous is not None and previous.tag == "figure" else self._call("source-line", element)
        if "admonition-title" in names:
            return self._call("admonition-title", element)
        return self._call("entry-title" if "zr-entry" in names else "par", element)

    def _blockquote(self, element) -> str:
        return self._call("quote", element, block="true")

    def _heading(self, element) -> str:
        level = element.tag[1]
        numbering = "none"
        for number in element.find_class("section-number"):
            numbering = f"(..) => {literal(number.text.strip())}"
            number.drop_tree()
        return self._call("heading", element, level=level, numbering=numbering, outlined=literal(level <= self.deepest), bookmarked=literal(level <= "3"))

    _h1 = _h2 = _h3 = _h4 = _heading

    def _ul(self, element) -> str:
        return self._list("list", element)

    def _ol(self, element) -> str:
        return self._list("enum", element)

    def _list(self, function: str, element) -> str:
        return f"{function}({', '.join(self._item(item) for item in element.iterchildren('li'))})"

    def _item(self, item) -> str:
        """The content of an item, a term or a cell; its first paragraph begins where it begins."""
        if len(item) and item[0].tag == "p" and not item.text:
            item[0].tag = "span"
        return f"{{\n{self._anchors(item)}{self._children(item)}\n}}"

    def _dl(self, element) -> str:
        # The errata name their fields in whole phrases.
        in_columns = "field-list" in classes(element) and not any("zr-errata" in classes(parent) for parent in element.iterancestors())
        rows = []
        for term in element.iterchildren("dt"):
            for colon in term.find_class("colon"):
                colon.drop_tree()
            rows.append(f"({self._item(term)}, {self._item(term.getnext())})")
        return f"{'fields' if in_columns else 'definitions'}({', '.join(rows)},)"

    def _details(self, element) -> str:
        return self._children(element)

    def _summary(self, element) -> str:
        return self._call("summary", element)

    def _pre(self, element) -> str:
        return f"code-block({literal(element.text_content().rstrip())})"

    def _figure(self, element) -> str:
        source = element.getnext()
        caption = element.find("figcaption")
        arguments = [f"picture: {{\n{self._anchors(element)}{self._img(element.find('img'))}\n}}", f"caption: {{\n{self._children(caption[0])}\n}}",
                     f"source: {{\n{self._children(source)}\n}}"]
        return f"book-figure({', '.join(arguments)})"

    def _table(self, element) -> str:
        head, body = (self._rows(element.find(group)) for group in ("thead", "tbody"))
        sides = ["right" if "zr-right" in classes(cell) else "left" for cell in element.find("tbody")[0]]
        caption = element.find("caption")
        words = "none" if caption is None else self._item(caption)
        return f"data-table(caption: {words}, align: ({', '.join(sides)},),\nhead: ({head}),\nbody: ({body}))"

    def _rows(self, group) -> str:
        rows = []
        for row in group:
            cells = [f"unit({self._item(cell)})" if "zr-unit" in classes(cell) else self._item(cell) for cell in row]
            # A link to the row leads to its first cell.
            cells[0] = f"{{\n{self._anchors(row)}{cells[0]}\n}}" if row.get("id") in self.targets else cells[0]
            rows.append(f"({', '.join(cells)},),\n")
        return "".join(rows)

    # In the line

    def _span(self, element) -> str:
        names = classes(element)
        if "zr-mark" in names:
            return self._call("strong" if "zr-differs" in names else "box", element)
        if element.get("lang"):
            return self._call("text", element, lang=literal(element.get("lang")))
        return self._children(element)

    def _a(self, element) -> str:
        href = element.get("href")
        if href is None:
            return self._children(element)
        # Addresses in a PDF are ASCII.
        target = f"label({literal(href[1:])})" if href.startswith("#") else literal(quote(href, safe="%/:=&?~#+!$,;'@()*[]"))
        return f"link({target}, {{\n{self._children(element)}\n}})"

    def _em(self, element) -> str:
        return self._call("emph", element)

    def _strong(self, element) -> str:
        return self._call("strong", element)

    def _code(self, element) -> str:
        return self._call("inline-code", element)

    def _br(self, element) -> str:
        return "linebreak()"

    def _wbr(self, element) -> str:
        # The parser takes what follows for its content.
        return "may-break\n" + self._children(element)

    def _img(self, element) -> str:
        alt = literal(element.get("alt"))
        if element.get("svg"):
            return f"formula({literal(element.get('svg'))}, {element.get('width')}, {element.get('height')}, {element.get('depth')}, {alt})"
        svg = (self.base / element.get("src")).read_text(encoding="utf-8")
        width, height = (re.search(rf'<svg[^>]* {side}="([0-9.]+pt)"', svg)[1] for side in ("width", "height"))
        return f"picture({literal('/' + element.get('src'))}, {width}, {height}, {alt})"


def collapse_spaces(element: lxml.html.HtmlElement) -> None:
    """Make one space of each run of white space and none at the ends of blocks, as a browser does; text of `pre` is left as it is."""
    last: tuple[lxml.html.HtmlElement, str] | None = None  # where text ended in a space

    def strip() -> None:
        if last:
            setattr(last[0], last[1], getattr(last[0], last[1])[:-1])

    at_start = True
    for node, part in _texts(element):
        if part == "edge":
            strip()
        if part in ("edge", "image"):
            last = None
            at_start = part == "edge"
            continue
        text = SPACE.sub(" ", getattr(node, part) or "")
        if text.startswith(" ") and (at_start or last):
            text = text[1:]
        setattr(node, part, text)
        if text:
            at_start = False
            last = (node, part) if text.endswith(" ") else None


def _texts(element: lxml.html.HtmlElement) -> Iterator[tuple[lxml.html.HtmlElement, str]]:
    """Yield the places of text in reading order, "image", and "edge" where a block begins or ends."""
    edge = element.tag in BLOCKS
    if edge:
        yield element, "edge"
    if element.tag == "img":
        yield element, "image"
    elif element.tag != "pre":
        yield element, "text"
        for child in element:
            yield from _texts(child)
            yield child, "tail"
    if edge:
        yield element, "edge"


def classes(element: lxml.html.HtmlElement) -> list[str]:
    """The classes of an element."""
    return (element.get("class") or "").split()


def literal(value: str | bool) -> str:
    """Return a string or a truth value as Typst writes it, which for these is as JSON does."""
    return json.dumps(value, ensure_ascii=False)
