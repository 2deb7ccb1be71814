"""Records to be read by others: of a book without and with address, DOI and persons as authors."""

from __future__ import annotations

import html

from zhejiang import citation

REFERENCE = """
references:
  - type: book
    title: 民营经济与区域发展(第七辑)
    authors: [{family-names: 宋, given-names: 华盛}, {family-names: 叶, given-names: 建亮}]
    editors: [{family-names: 宋, given-names: 华盛}, {family-names: 叶, given-names: 建亮}]
    publisher: {name: 浙江大学出版社, city: 杭州}
    year: 2009
    isbn: 978-7-308-06236-7
    languages: [zh]
"""
COMMON = """
cff-version: 1.2.0
message: Please cite it.
title: A Region Recomputed
abstract: What a book
  is about.
version: 1.2.0
date-released: 2031-02-03
license: MIT
keywords: [regional economics, input-output analysis]
"""
PLAIN = f"{COMMON}authors: [{{name: Contributors of the Region}}]\n{REFERENCE}"
FULL = f"""{COMMON}
authors:
  - {{family-names: Müller, given-names: Anna Berta, name-particle: van der, orcid: "https://orcid.org/0000-0002-1825-0097"}}
  - {{family-names: 王, given-names: 小明}}
  - {{family-names: Smith, given-names: John, name-suffix: Jr}}
  - {{family-names: Li, given-names: Wei}}
doi: 10.5281/zenodo.1003150
url: https://example.org/region
repository-code: https://example.org/code
{REFERENCE}"""
PAGE = """---
citation:
  abstract: What a chapter is about.
  keywords: [prices, quantities]
  report: {title: 服务业的产业影响效应分析, pages: 149-151}
---

(label)=
# Prices & the 5% question

Text.
"""


def items() -> dict[str, dict]:
    """Return every kind of item by a name."""
    about = citation.read_chapter("book/03a_service_impact", PAGE)
    found = {}
    for name, text in (("plain", PLAIN), ("full", FULL)):
        book, chapter, printed, report = citation.items(citation.read_cff(text), [about])
        found |= {f"{name} book": book, f"{name} chapter": chapter}
    return {**found, "printed book": printed, "printed report": report}


def texts(item: dict) -> dict[str, str]:
    """Return what others are given to read: a BibTeX entry, an RIS record, the head of a page."""
    given = {"bibtex": citation.bibtex(item), "ris": citation.ris(item)}
    if "author" in item:
        tags = citation.meta_tags(item, item.get("URL"))
        given["head"] = "".join(f'<meta name="{name}" content="{html.escape(content)}" />\n' for name, content in tags)
    return given
