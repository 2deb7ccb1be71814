"""What a link to a page shows elsewhere: Open Graph tags on every page, and one picture with the scoreboard of the book.

The picture's address has to be a full one, so that its tags wait until CITATION.cff names the address of the book.
"""

from __future__ import annotations

import html
from pathlib import Path

import resvg_py
import zhejiang_book
from citation_records import abstract, add_to_head, sources
from sphinx.application import Sphinx

import zhejiang
from zhejiang import citation, looks

CARD = "social-card.png"
WIDTH, HEIGHT = 1200, 630
FONTS = ["book/_print/fonts/BookSans-Regular.otf", "book/_print/fonts/BookSerif-Bold.otf",
         "book/_static/vendor/fonts/NotoSansSC-Regular.otf"]
# Those of the badges in book.css.
COLOURS = {"reproduces": "#00694d", "rounding": "#0060a0", "differs": "#b03a00", "not testable": "#5c6670"}


def add_tags(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Say title, kind and summary of a page; name the picture where the book has an address."""
    if pagename not in app.env.found_docs:
        return
    cff, chapters = sources(Path(app.srcdir))
    title = cff["title"] if pagename == app.config.root_doc else app.env.titles[pagename].astext()
    tags = [("og:site_name", cff["title"]), ("og:title", title), ("og:type", "article" if pagename in chapters else "website"),
            ("og:description", abstract(app, pagename) or cff["abstract"]), ("og:locale", "en_GB")]
    if "url" in cff:
        base = cff["url"].rstrip("/") + "/"
        tags += [("og:url", citation.page_address(cff, pagename)), ("og:image", base + CARD), ("og:image:width", str(WIDTH)),
                 ("og:image:height", str(HEIGHT)), ("og:image:alt", _said(_counts(app)))]
    lines = [f'<meta property="{name}" content="{html.escape(content)}" />' for name, content in tags]
    if "url" in cff:
        lines.append('<meta name="twitter:card" content="summary_large_image" />')
    add_to_head(context, *lines)


def draw_card(app: Sphinx, exception: Exception | None) -> None:
    """Draw the picture with the verdicts of this build."""
    if exception or app.builder.name != "html":
        return
    cff, _ = sources(Path(app.srcdir))
    picture = resvg_py.svg_to_bytes(svg_string=card(cff["title"], _counts(app)), skip_system_fonts=True,
                                    font_files=[str(Path(app.srcdir) / font) for font in FONTS])
    (Path(app.outdir) / CARD).write_bytes(bytes(picture))


def card(title: str, counts: dict[str, int]) -> str:
    """Return the picture as SVG: the book, and how many printed numbers reproduce, differ and so on, as parts of one bar."""
    total, left, parts = sum(counts.values()), 80.0, []
    for verdict, count in counts.items():
        width = (WIDTH - 160) * count / max(total, 1)
        parts.append(f'<rect x="{left:.1f}" y="380" width="{max(width - 4, 2):.1f}" height="44" fill="{COLOURS[verdict]}"/>')
        left += width
    words = "".join(f'<text x="{80 + 265 * i}" y="490" font-family="Book Sans" font-size="30" fill="{COLOURS[verdict]}">'
                    f'{count} {verdict}</text>' for i, (verdict, count) in enumerate(counts.items()))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"><rect width="100%" height="100%" fill="#fff"/>'
            f'<rect width="100%" height="16" fill="{looks.ACCENT}"/>'
            f'<text x="80" y="150" font-family="Book Serif" font-weight="700" font-size="76" fill="{looks.INK}">{html.escape(title)}</text>'
            f'<text x="80" y="220" font-family="Book Sans SC" font-size="36" fill="{looks.MUTED}">《民营经济与区域发展(第七辑)》</text>'
            f'<text x="80" y="335" font-family="Book Sans" font-size="36" fill="{looks.INK}">{total} printed numbers checked</text>'
            f'{"".join(parts)}{words}</svg>')


def _counts(app: Sphinx) -> dict[str, int]:
    """Claims of the book by verdict, in the order of the scoreboard."""
    domain = app.env.get_domain("zhejiang")
    pages = dict.fromkeys(page for page, _ in domain.records("verdict"))
    return {verdict: sum(zhejiang_book._verdict_counts(domain, page)[verdict] for page in pages) for verdict in looks.VERDICTS}


def _said(counts: dict[str, int]) -> str:
    return f"Of {sum(counts.values())} printed numbers: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + "."


def setup(app: Sphinx) -> dict:
    app.setup_extension("citation_records")
    app.connect("html-page-context", add_tags, priority=600)
    app.connect("build-finished", draw_card)
    return {"version": zhejiang.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
