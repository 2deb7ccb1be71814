"""No result is typed by hand: prose takes its numbers from the notebooks."""

import pytest
from number_guard import findings

from zhejiang import ROOT
from zhejiang.freshness import pages


@pytest.mark.parametrize("page", pages(ROOT), ids=lambda page: page.stem)
def test_page_has_no_typed_number(page):
    assert findings(page) == []


@pytest.mark.parametrize("typed", [
    "Exports grew by 12 percent.",
    "Exports grew by twelve percent.",
    "Three goods recovered.",
    "- Exports doubled.",
    "| Exports | 12 |",
    "### Exports grew 12 percent",
    "> Exports reached 768.0 (100 million USD)",
    "七成以上 of exports",
    "```{code-cell} ipython3\nshow.figure(fig, id='ch01-x', caption='A rise of 12 percent', alt=f'{x} of 12', source='')\n```",
    "```{code-cell} ipython3\nshow.number('ch01-x', x, 'The 12 goods', 'percent', 1)\n```",
])
def test_guard_finds_a_typed_number(tmp_path, typed):
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n\n{typed}\n", encoding="utf-8")
    assert findings(page)


@pytest.mark.parametrize("allowed", [
    "From 2000 to 2005, and in the 1990s, exports grew by {num}`ch01-x` percent (page 4, Table 1).",
    "Report 1, printed pages 43 to 148, section 2.1.",
    "Exports of {num}`ch01-x` (100 million yuan).",
    "1. The first finding.",
    "```{math}\n100 x\n```",
])
def test_guard_allows_dates_references_and_units(tmp_path, allowed):
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n\n{allowed}\n", encoding="utf-8")
    assert findings(page) == []
