"""Search language for English text with Chinese terms.

Sphinx's own Chinese search cuts the pages into words with a dictionary but looks the query up
uncut, so almost no term longer than two characters is found. Here both sides cut a run of Chinese
characters into overlapping pairs: 出口依存度 gives 出口, 口依, 依存, 存度, and a page matches when it
has them all. No dictionary is needed. The pages are also indexed by single character, so that a
query of one character finds something. Everything else is Sphinx's English, with its stemmer.
"""

import re

from language import CJK, RUN
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

TOKEN = re.compile(rf"([{CJK}]+)|[^\W{CJK}]+")

# Some habits of Sphinx's searchtools.js, which is loaded first, do not suit pairs, figures, or pages read from disk:
# - It skips a term that is only digits. It asks term.match(), so a String that answers null is kept.
# - A page may lack the terms under three letters, hence all pairs. Searching term by term and keeping
#   the pages that every term finds asks for all of them.
# - It takes "constructor" for a term of the index, since every object has a member of that name.
# - It writes titles of sections and captions of tables into the page as if they were HTML. Those of pages are.
# - It fetches the pages for their summaries, which a browser refuses over file://. There the list has titles only.
# - It does not say which words of a summary are Chinese.
SPLIT_QUERY = r"""
var splitQuery = (query) => {
  const pairs = (run) => [...run].slice(1).map((char, i) => run[i] + char);
  const number = (run) => Object.assign(new String(run), { match: () => null });
  const runs = query.match(/[CJK]+|(?:(?![CJK])[\p{Letter}\p{Number}_])+/gu) || [];
  return runs.flatMap((run) =>
    /^[CJK]{2,}$/.test(run) ? pairs(run) : /^\d+$/.test(run) ? number(run) : run);
};
Search.performTermsSearch = ((search) => (terms, excluded) => {
  const found = [...terms].map((term) => search(new Set([term]), excluded));
  return (found[0] || []).filter(([page]) => found.every((pages) => pages.some(([other]) => other === page)));
})(Search.performTermsSearch);
Search.setIndex = ((set) => (index) => {
  const members = Object.assign(Object.create(null), { hasOwnProperty: Object.prototype.hasOwnProperty });
  for (const terms of [index.terms, index.titleterms]) Object.setPrototypeOf(terms, members);
  const asHtml = (text) => new Option(text).innerHTML;
  index.alltitles = Object.fromEntries(Object.entries(index.alltitles).map(([title, found]) => [asHtml(title), found]));
  set(index);
})(Search.setIndex);
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
Search.makeSearchSummary = ((make) => (...page) => {
  const summary = make(...page);
  if (summary) summary.innerHTML = summary.innerHTML.replace(/RUN/gu, '<span lang="zh-Hans">$&</span>');
  return summary;
})(Search.makeSearchSummary);
""".replace("CJK", CJK).replace("RUN", RUN)


class SearchEnglishChinese(SearchEnglish):
    js_splitter_code = SPLIT_QUERY

    def split(self, input):
        words = []
        for match in TOKEN.finditer(input):
            run = match[0]
            words += [*run, *map("".join, zip(run, run[1:]))] if match[1] else [run]
        return words


def forget_words(app: Sphinx) -> list:
    """Take words off the search index that no page has any more: Sphinx takes the pages off a word of the last build, and leaves the word."""
    if app.builder.indexer is not None:
        for words in (app.builder.indexer._mapping, app.builder.indexer._title_mapping):
            for word in [word for word, pages in words.items() if not pages]:
                del words[word]
    return []


def setup(app: Sphinx) -> dict:
    app.connect("html-collect-pages", forget_words)
    app.add_search_language(SearchEnglishChinese)  # its lang is "en", so it takes the place of English
    return {"version": "1.0", "parallel_read_safe": True, "parallel_write_safe": True}
