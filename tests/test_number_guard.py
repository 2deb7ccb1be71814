"""No result is typed by hand: prose takes its numbers from the notebooks."""

import pytest
from number_guard import findings

from zhejiang import ROOT
from zhejiang.freshness import pages


@pytest.mark.parametrize("page", pages(ROOT), ids=lambda page: page.stem)
def test_page_has_no_typed_number(page):
    assert findings(page) == []


CELL = "```{{code-cell}} ipython3\n{}\n```"
SHOWN = "frame = data.load('x')\nshow.figure(fig, id='ch01-x', caption={}, alt='', source='', data=frame)"


@pytest.mark.parametrize("typed", [
    "Exports grew by 12 percent.",
    "Exports grew by twelve percent.",
    "Three goods recovered.",
    "- Exports doubled.",
    "### Exports grew 12 percent",
    "> Exports reached 768.0 (100 million USD)",
    # In words: fractions, multiples, Chinese.
    "A fifth of exports.", "One in ten clusters.", "Exports halved.", "A fourfold rise.", "½ of exports.", "XII percent of exports.", "七成以上 of exports",
    "出口翻两番", "百分之十二", "三分之一", "Exports rose by one percentage point.",
    # Ranges and amounts that look like years or levels.
    "Between 12–15 percent.", "Exports of 1998 yuan per head.", "Exports of 2005 million USD.", "Textiles are 95 percent of exports.",
    # In other types: code, equations, entities, wide digits.
    "Exports grew by `12` percent.", "Exports grew by $12$ percent.", "Exports: $g = 12.5$.", "Exports grew by &#49;2 percent.", "Exports grew by 12 percent.",
    # In tables, boxes, options, titles, notes, alternatives, front matter, HTML.
    "| Exports |\n| --- |\n| 12 |",
    "```{note}\nExports grew by 12 percent.\n```",
    ":::{admonition} Exports grew by 12 percent\ntext\n:::",
    "````{grid} 1 1 2 2\n```{grid-item-card} Exports\nExports grew by 12 percent.\n```\n````",
    "```{figure} x.png\n:alt: Exports grew by 12 percent\n```",
    "![Exports grew by 12 percent](x.png)",
    "[Exports grew by 12 percent](x.md)",
    "{ref}`Exports grew by 12 percent <x>`", "{abbr}`GDP (12 percent)`",
    "Exports grew.[^1]\n\n[^1]: By 12 percent.",
    "Exports\n: grew by 12 percent",
    "<p>Exports grew by 12 percent.</p>",
    "```\nExports grew by 12 percent.\n```",
    # In what cells show.
    CELL.format(SHOWN.format("'A rise of 12 percent'")),
    CELL.format("text = 'A rise of 12 percent'\n" + SHOWN.format("text")),
    CELL.format(SHOWN.format("f'A rise of {12} percent'")),
    CELL.format(SHOWN.format("'A rise of ' + '12' + ' percent'")),
    CELL.format("axis.annotate('12 percent', (0, 0))"),
    CELL.format("print('Exports grew by 12 percent')"),
    CELL.format("display(Markdown('Exports grew by 12 percent'))"),
    CELL.format("x = data.load('x')\nshow.number('ch01-x', x, 'The 12 goods', 'percent', 1)"),
    # As the value itself.
    CELL.format("show.number('ch01-x', 12.5, 'Growth', 'percent', 1)"),
    CELL.format("growth = 12.5\nshow.number('ch01-x', growth, 'Growth', 'percent', 1)"),
    CELL.format("growth = data.load('x')['a']\nshow.number('ch01-x', growth, 'Growth', 'percent', 1, 12.1, 12.9)"),
    CELL.format("growth = data.load('x')['a']\nshow.number('ch01-x', growth, 'Growth', 'percent', 1, lo=12.1, hi=12.9)"),
    CELL.format("claims.check('ch01-x', 46.1, 'internal')"),
    CELL.format("frame = pd.DataFrame({'Growth': [12.5, 13.5]})\nshow.table(frame, id='ch01-x', caption='Growth', source='', units={}, digits={})"),
    CELL.format("frame = pd.DataFrame({'Growth': ['12.5']})\nshow.table(frame, id='ch01-x', caption='Growth', source='', units={}, digits={})"),
    CELL.format("drawn = pd.DataFrame({'y': [12.5]})\nshow.figure(fig, id='ch01-x', caption='Growth', alt='', source='', data=drawn)"),
])
def test_guard_finds_a_typed_number(tmp_path, typed):
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n\n{typed}\n", encoding="utf-8")
    assert findings(page)


def test_guard_reads_the_abstract(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("---\ncitation:\n  abstract: Exports grew by 12 percent.\n---\n\n# Title\n", encoding="utf-8")
    assert findings(page)


@pytest.mark.parametrize("allowed", [
    "From 2000 to 2005, and in the 1990s, exports grew by {num}`ch01-x` percent (page 4, Table 1).",
    "Report 1, printed pages 43 to 148, section 2.1.",
    "Exports of {num}`ch01-x` (100 million yuan).",
    "1. The first finding.",
    "```{math}\n100 x\n```",
    "Intervals at 95 percent, with $n - 2$ degrees of freedom; 100 km.",
    CELL.format("growth = data.load('x')['a']\nshow.number('ch01-x', growth.mean(), 'Growth', 'percent', 1, *growth.quantile([0.05, 0.95]), 'estimate')"),
    CELL.format("rows = []\nfor name in data.load('x'):\n    rows.append(name)\nshow.table(pd.DataFrame(rows), id='x', caption='', source='', units={}, digits={})"),
    CELL.format(SHOWN.format("f'A rise of {x} percent'")),
    CELL.format("x = data.load('x')\nshow.number('ch01-x', x, 'The goods', 'percent', 1)"),
    CELL.format("DRAWS = 1000\nshow.number('ch01-x', DRAWS, 'Draws', 'draws', 0)"),
])
def test_guard_allows_dates_references_and_units(tmp_path, allowed):
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n\n{allowed}\n", encoding="utf-8")
    assert findings(page) == []
