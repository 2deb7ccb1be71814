"""A small Chinese font for readers whose machine has none: it holds the characters of the pages, and is a sixth of the vendored file.

The vendored files stay for other characters, such as those typed into the search. It is made after the pages, which say what they need.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import re
from pathlib import Path

from language import CJK
from sphinx.application import Sphinx

import zhejiang

CHARACTER = re.compile(rf"[{CJK}\u2e80-\u2fdf\u3000-\u303f\uff00-\uffef]")
FACE = re.compile(r"@font-face \{.*?\n\}\n", re.DOTALL)
URL = re.compile(r'url\("(vendor/fonts/\S+)\.otf"\) format\("opentype"\)')
RANGE = re.compile(r"unicode-range: .*;")


def add_font(app: Sphinx, exception: Exception | None) -> None:
    """Write the fonts, and name them in `fonts.css` after the vendored ones: of two that have a character the later is asked for."""
    if exception or app.builder.name != "html":
        return
    outdir, static = Path(app.outdir), Path(app.srcdir) / "book" / "_static"
    codes = sorted({ord(character) for page in outdir.rglob("*.html") for character in CHARACTER.findall(page.read_text(encoding="utf-8"))})
    css = (static / "fonts.css").read_text(encoding="utf-8")
    for face in FACE.findall(css):
        name = URL.search(face)[1]
        font = static / f"{name}.otf"
        # Made once for the same characters; kept beside the pages' environment.
        key = hashlib.sha256(font.read_bytes() + str(codes).encode()).hexdigest()
        kept = outdir.parent / "fonts" / f"{key}.woff2"
        if not kept.exists():
            kept.parent.mkdir(exist_ok=True)
            kept.write_bytes(subset_of(font, codes))
        (outdir / "_static" / f"{name}-pages.woff2").write_bytes(kept.read_bytes())
        css += RANGE.sub(f"unicode-range: {ranges(codes)};", URL.sub(f'url("{name}-pages.woff2") format("woff2")', face))
    (outdir / "_static" / "fonts.css").write_text(css, encoding="utf-8", newline="\n")


def subset_of(font: Path, codes: list[int]) -> bytes:
    """Return a font with these characters, as far as it has them, in the form for the web."""
    from fontTools import subset  # for a moment of its own, and few builds need a new font

    options = subset.Options(flavor="woff2", recalc_timestamp=False)
    loaded = subset.load_font(font, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(loaded)
    written = io.BytesIO()
    subset.save_font(loaded, written, options)
    return written.getvalue()


def ranges(codes: list[int]) -> str:
    """Return sorted character codes in the form of CSS, such as ``U+4E00-4E01, U+4E03``."""
    runs = [list(run) for _, run in itertools.groupby(enumerate(codes), lambda pair: pair[1] - pair[0])]
    return ", ".join(f"U+{run[0][1]:X}" + (f"-{run[-1][1]:X}" if len(run) > 1 else "") for run in runs)


def setup(app: Sphinx) -> dict:
    app.connect("build-finished", add_font)
    return {"version": zhejiang.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
