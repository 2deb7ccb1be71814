"""Set equations as SVG with the vendored MathJax, so that the PDF shows what the pages show; say how MathJax styles a page. No browser is needed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from py_mini_racer import JSEvalException, MiniRacer

# In the order in which they build on each other; liteDOM stands in for the browser's document.
COMPONENTS = ("startup", "core", "adaptors/liteDOM", "input/tex-full", "output/svg", "output/svg/fonts/tex", "a11y/assistive-mml")
BEFORE = """
var global = globalThis;
var console = {log() {}, warn() {}, error() {}, info() {}};
var MathJax = {loader: {load: []}, startup: {typeset: false, ready() {}}};
"""
# Without noerrors and noundefined, so that a fault in an equation is an error and not red text.
AFTER = """
const adaptor = MathJax._.adaptors.liteAdaptor.liteAdaptor();
MathJax._.handlers.html_ts.RegisterHTMLHandler(adaptor);
const packages = MathJax.config.tex.packages.filter(name => !["require", "noerrors", "noundefined"].includes(name));
const page = MathJax._.mathjax.mathjax.document("", {
  InputJax: new MathJax._.input.tex_ts.TeX({packages, formatError(jax, error) { throw new Error(error.message); }}),
  OutputJax: new MathJax._.output.svg_ts.SVG({fontCache: "none", font: new MathJax._.output.svg.fonts.tex_ts.TeXFont()}),
});
function typeset(tex, display) {
  return adaptor.innerHTML(page.convert(tex, {display, em: 16, ex: 8, containerWidth: 1e6}));
}
function style() {
  const handler = MathJax._.a11y["assistive-mml"].AssistiveMmlHandler(new MathJax._.handlers.html.HTMLHandler.HTMLHandler(adaptor));
  const page = handler.create("", {OutputJax: new MathJax._.output.svg_ts.SVG({font: new MathJax._.output.svg.fonts.tex_ts.TeXFont()})});
  return adaptor.textContent(page.outputJax.styleSheet(page));
}
"""
UNITS_PER_EM = 1000


class EquationError(ValueError):
    """TeX that MathJax cannot set."""


@dataclass(frozen=True)
class Equation:
    """An equation as SVG; its width, its height and how far it reaches below the line, in em."""

    svg: str
    width: float
    height: float
    depth: float


class Typesetter:
    """MathJax in an engine of its own; one serves a whole book. Use it with `with`: an engine left open keeps Python from ending.

    Parameters
    ----------
    mathjax
        The folder of the vendored MathJax.
    """

    def __init__(self, mathjax: Path):
        self._engine = MiniRacer()
        self._engine.eval(BEFORE)
        for name in COMPONENTS:
            self._engine.eval((mathjax / f"{name}.js").read_text(encoding="utf-8") + ";0")
        self._engine.eval(AFTER)

    def __enter__(self) -> Typesetter:
        return self

    def __exit__(self, *error) -> None:
        self._engine.close()

    def style(self) -> str:
        """Return the style sheet that MathJax puts into a page in a browser, to the letter."""
        return self._engine.call("style")

    def set(self, tex: str, display: bool) -> Equation:
        """Return the equation; raise `EquationError` for TeX that cannot be set."""
        try:
            svg = self._engine.call("typeset", tex, display)
        except JSEvalException as error:
            raise EquationError(f"{tex!r} cannot be set: {str(error).splitlines()[0].split(': ', 1)[-1]}") from None
        if "<text" in svg:
            raise EquationError(f"{tex!r} cannot be set: MathJax has no glyph for one of its characters")
        top, width, height = map(float, re.search(r'viewBox="0 (\S+) (\S+) (\S+)"', svg).groups())
        # Black in place of the colour of the page around it, and no size of its own: the page gives it one in em.
        svg = re.sub(r' (?:style|width|height|role|focusable)="[^"]*"', "", svg[: svg.index(">")]) + svg[svg.index(">"):]
        return Equation(svg.replace("currentColor", "#000"), width / UNITS_PER_EM, height / UNITS_PER_EM, (height + top) / UNITS_PER_EM)
