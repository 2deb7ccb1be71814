"""The page on verification, what it is made of, and that nothing on it can go stale."""

from __future__ import annotations

import functools
import json
import re
import shutil
import sys

import numpy as np
import pytest
import second_route
from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st

from conftest import comparisons_without_test, copy_sources, succeeded
from zhejiang import ROOT, growth, verification
from zhejiang.freshness import notebooks

numbers = st.floats(-1e6, 1e6) | st.just(0.0)
tolerances = st.sampled_from([0.0, 1e-9, 1e-3, 0.5])


@functools.cache
def parsed(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def part(html: str, label: str) -> Tag:
    """The section with a label."""
    return parsed(html).find(id=label).find_parent("section")


def rows(html: str, label: str) -> list[list[str]]:
    """Text of the cells of a section's table; a name of code is one word, wherever it may be broken."""
    table = part(html, label)
    for code in table.find_all("code"):
        code.string = code.get_text()
    return [[cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])] for row in table.select("table tbody tr")]


# The comparison in tests


def taken() -> list[verification.Comparison]:
    """What was noted so far, and no longer is: a test of the recording has no second route of its own."""
    found = second_route.noted.copy()
    second_route.noted.clear()
    return found


@given(found=st.lists(numbers, min_size=3, max_size=3), move=st.lists(st.floats(-1, 1), min_size=3, max_size=3), rel=tolerances, abs=tolerances)
def test_same_as_holds_where_approx_does(found, move, rel, abs):
    expected = [x + y for x, y in zip(found, move, strict=True)]
    for form in (list, tuple, np.array, lambda x: dict(zip("abc", x, strict=True))):
        holds = form(found) == second_route.same_as(form(expected), "approx", of=growth.annualised, rel=rel, abs=abs)
        assert holds == (form(found) == pytest.approx(form(expected), rel=rel, abs=abs))
    assert (found[0] == second_route.same_as(expected[0], "approx", of=growth.annualised, rel=rel, abs=abs)) == (
        found[0] == pytest.approx(expected[0], rel=rel, abs=abs))
    taken()


def test_each_number_is_noted_under_the_bound_that_holds_it():
    """Relative where the number is large, absolute near zero; of both functions."""
    assert [1000.5, 1e-7, 0.0] == second_route.same_as([1000.0, 0.0, 0.0], "by hand", of=(growth.annualised, growth.log_mean), rel=1e-3, abs=1e-6)
    kinds = [(one.of.rpartition(".")[2], one.kind, one.tolerance, one.numbers, one.difference) for one in taken()]
    assert kinds == [(of, *rest) for rest in [("relative", 1e-3, 1, 0.0005), ("absolute", 1e-6, 2, 1e-7)] for of in ("annualised", "log_mean")]


def test_a_failed_comparison_names_the_worst_number():
    comparison = second_route.same_as({"a": 1.0, "b": 2.0, "c": 3.0}, "R, lm", of=growth.annualised, rel=1e-6)
    assert not {"a": 1.0, "b": 2.1, "c": 3.1} == comparison
    assert "R, lm" in repr(comparison) and "2 of 3 numbers off, most of all b: 2.1, expected 2.0" in repr(comparison)
    assert not taken()


@given(st.floats(0, 1), st.sampled_from([0.0, 1e-10, 1e-3, 1.0]))
def test_bounds_hold_the_difference_and_show_no_noise(difference, tolerance):
    if difference > tolerance:
        return
    found = verification.bound(difference, tolerance)
    assert difference <= found <= tolerance
    assert found == tolerance or re.fullmatch(r"[1-9](\.0)?(e-\d\d)?|0\.0*[1-9]", repr(found)), found
    assert verification.bound(found, tolerance) >= found


def test_no_stored_comparison_is_of_a_test_that_is_gone(request):
    """A renewal drops them."""
    assert request.config.getoption("--renew-comparisons") or comparisons_without_test(request.config) == set()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy with its tests, one of whose comparisons are not those that are stored: one of each fault."""
    project = copy_sources(tmp_path_factory.mktemp("comparisons") / "project")
    unused = shutil.ignore_patterns("__pycache__", "node_modules")
    shutil.copytree(ROOT / "tests", project.root / "tests", dirs_exist_ok=True, ignore=unused)
    return project


def test_a_stored_list_that_is_not_renewed_fails(checkout):
    """Further off than stored, not stored, stored and no longer compared, of a test that is gone; renewed, the file is the old one, byte for byte."""
    stored = checkout.root / "tests" / "reference" / "comparisons.json"
    before, name = stored.read_bytes(), "tests/test_structural_change.py::test_ningbo_against_r"
    comparisons = json.loads(before)
    seeds = [f"tests/test_structural_change.py::test_lilien_is_a_weighted_second_moment[{seed}]" for seed in range(5)]
    comparisons[name][0][-1] = 1e-30
    del comparisons[seeds[0]]
    comparisons[seeds[1]][0][1] = "R, survey"
    comparisons["tests/test_structural_change.py::test_that_is_gone"] = comparisons[seeds[1]]
    stored.write_text(json.dumps(comparisons), encoding="utf-8")

    def run(*options):
        return checkout.run(sys.executable, "-m", "pytest", "tests/test_structural_change.py", "tests/test_verification.py", "-k", "ningbo or lilien or is_gone",
                            "-q", "-p", "no:cacheprovider", *options)

    failed = run()
    assert failed.returncode == 1
    assert set(re.findall(r"^FAILED (\S+)", failed.stdout, flags=re.MULTILINE)) == {
        name, *seeds[:2], "tests/test_verification.py::test_no_stored_comparison_is_of_a_test_that_is_gone"}
    for words in ("further off than stored", "not stored: ", "stored but not made: ", "pytest --renew-comparisons"):
        assert words in failed.stdout
    succeeded(run("--renew-comparisons"))
    assert stored.read_bytes() == before


# Numbers of R


def script(folder, name, **blocks):
    (folder / f"{name}.R").touch()
    document = {"r": "R version 4.2.2 (2022-10-31)", "packages": {"base": "4.2.2", "plm": "2.6.2"}, "published": {}, **blocks}
    (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")


def test_references_name_their_software_and_tolerance(tmp_path):
    script(tmp_path, "one", published={"a": 1.0, "b": 2.0, "b/lo": 1.0}, tolerances={"b/lo": 0.5}, reasons={"b": "draws"})
    found = verification.references(tmp_path)
    assert (found["a"].software, found["a"].tolerance, found["a"].kind) == ("R 4.2.2, plm 2.6.2", 1e-10, "relative")
    assert (found["b/lo"].tolerance, found["b/lo"].kind, found["b/lo"].reason) == (0.5, "absolute", "draws")
    assert not verification.compare(1 + 2e-10, found["a"]).agrees and verification.compare(1 + 0.5e-10, found["a"]).agrees
    assert not verification.compare(1.6, found["b/lo"]).agrees and verification.compare(1.4, found["b/lo"]).agrees
    assert not verification.compare(None, found["a"]).agrees and not verification.compare([1.0, 1.0], found["a"]).agrees


def test_references_that_contradict_themselves(tmp_path):
    script(tmp_path, "one", published={"a": 1.0}, tolerances={"c": 0.5})
    with pytest.raises(ValueError, match=r"one\.R: tolerance of 'c': expected a number that the script publishes"):
        verification.references(tmp_path)
    script(tmp_path, "one", published={"a": 1.0})
    script(tmp_path, "two", published={"a": 1.0})
    with pytest.raises(ValueError, match=r"'a' is computed in one\.R and in two\.R: expected once"):
        verification.references(tmp_path)


# The page


def test_page_lists_every_function(book):
    """Each with a link to its documentation; the counts are those of the stored list."""
    html = book.page("reference/verification")
    found = rows(html, "verification-functions")
    assert list(dict.fromkeys(row[0] for row in found)) == [name.removeprefix("zhejiang.") for name in verification.estimators()]
    documented = BeautifulSoup(book.page("reference/api"), "html.parser")
    links = {link["href"] for link in part(html, "verification-functions").select("tbody a")}
    assert all(documented.find(id=link.partition("#")[2]) for link in links)
    compared = [one for found in verification.comparisons().values() for one in found]
    assert sum(int(row[2].replace(",", "")) for row in found if row[2] != "–") == sum(one.numbers for one in compared)


def quoted_in_headlines() -> set[str]:
    """Ids that landing page, opening boxes and findings quote, read from the sources of the pages."""
    role, found = re.compile(r"\{(?:num|interval|computed)\}`([^`]+)`"), set()
    found |= set(role.findall((ROOT / "book" / "index.md").read_text(encoding="utf-8")))
    for page in notebooks(ROOT):
        text = page.read_text(encoding="utf-8")
        box = re.search(r"^(:{3,})\{admonition\}.*?^\1$", text, flags=re.DOTALL | re.MULTILINE)[0]
        findings = re.search(r"^## Findings\n(.*?)(?=^## |\Z)", text, flags=re.DOTALL | re.MULTILINE)[1]
        found |= set(role.findall(box + findings))
    return found


def test_page_has_every_headline_number_once(book):
    html = book.page("reference/verification")
    second, missing = rows(html, "verification-numbers"), rows(html, "verification-missing")
    assert sorted(row[0] for row in second + missing) == sorted(quoted_in_headlines())
    assert {row[5] for row in second} == {"agrees"}


def test_headline_numbers_lead_to_where_they_are_made(book, site):
    html = book.page("reference/verification")
    links = part(html, "verification-numbers").select("tbody a")
    assert len(links) == len(rows(html, "verification-numbers")) > 100
    targets = {re.match(r"\.\./(\w+)\.html#(.+)", link["href"]).groups() for link in links}
    anchors = {name: {tag["id"] for tag in site[book.html / "book" / f"{name}.html"].find_all(id=True)} for name in {name for name, _ in targets}}
    assert all(anchor in anchors[name] for name, anchor in targets)


SMALL = """# A chapter

:::{admonition} What holds
It is {num}`ch99-right`, not {num}`ch99-wrong`; nobody knows {num}`ch99-alone` and {interval}`ch99-drawn`.
:::

```{code-cell} ipython3
from zhejiang import data, show
data.load("terms/terms")
show.number("ch99-right", 2.0, "Right", "percent", 1)
show.number("ch99-wrong", 3.0, "Wrong", "percent", 1, 2.0, 4.0)
show.number("ch99-alone", 4.0, "Alone", "percent", 1)
show.number("ch99-drawn", 5.0, "Drawn", "percent", 1, 4.0, 6.0)
show.number("ch99-other", 6.0, "Other", "percent", 1)
```

Only the box counts: {num}`ch99-other`.
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A book of two pages with references of its own: a number that agrees, a limit that does not, a number and a limit that have none."""
    project = copy_sources(tmp_path_factory.mktemp("verification") / "project")
    front_matter = re.match(r"---\n.*?\n---\n", notebooks(ROOT)[0].read_text(encoding="utf-8"), flags=re.DOTALL)[0]
    (project.root / "book" / "99_small.md").write_text(front_matter + SMALL, encoding="utf-8")
    contents = {"root": "book/reference/verification", "format": "jb-book", "chapters": [{"file": "book/99_small"}]}
    (project.root / "_toc.yml").write_text(json.dumps(contents), encoding="utf-8")
    for old in [*(project.root / "data" / "claims").glob("*.yml"), *(project.root / "tests" / "reference").glob("*.R")]:
        old.unlink()
    reference = project.root / "tests" / "reference"
    script(reference, "small", reasons={"ch99-drawn": "error of few draws"}, tolerances={"ch99-drawn": 0.5, "ch99-drawn/lo": 0.5}, published={
        "ch99-right": 2.0, "ch99-wrong": 3.0, "ch99-wrong/lo": 2.0, "ch99-wrong/hi": 4.1, "ch99-drawn": 5.3, "ch99-drawn/lo": 4.0, "ch99-other": 7.0})
    comparisons = json.loads((reference / "comparisons.json").read_text(encoding="utf-8"))
    others = {test: [one for one in found if one[0] != "zhejiang.breaks.sup_f"] for test, found in comparisons.items()}
    (reference / "comparisons.json").write_text(json.dumps(others), encoding="utf-8")
    succeeded(project.plain())
    return project


def test_a_number_that_disagrees_is_marked_and_does_not_stop_the_book(small):
    found = {row[0]: row[1:] for row in rows(small.page("reference/verification"), "verification-numbers")}
    assert set(found) == {"ch99-right", "ch99-wrong"}
    assert found["ch99-right"] == ["2.0", "–", "box", "small.R", "agrees", "below 1e−10", "1e−10 relative"]
    assert found["ch99-wrong"] == ["3.0", "2.0\u00a0to\u00a04.0", "box", "small.R", "disagrees", "above the tolerance", "1e−10 relative"]


def test_numbers_without_a_second_computation_are_listed(small):
    assert rows(small.page("reference/verification"), "verification-missing") == [
        ["ch99-alone", "4.0", "–", "box", "number"], ["ch99-drawn", "5.0", "4.0\u00a0to\u00a06.0", "box", "interval"]]


def test_a_function_without_outside_source_is_listed_as_such(small):
    found = {row[0]: row[1:] for row in rows(small.page("reference/verification"), "verification-functions")}
    assert found["breaks.sup_f"] == ["no outside source", "–", "–", "–"]
    assert found["breaks.wald_test"][0] != "no outside source"


def test_scripts_are_listed_with_their_software(small):
    assert rows(small.page("reference/verification"), "verification-scripts") == [["small.R", "R 4.2.2, plm 2.6.2", "7"]]


def test_counts_are_in_words(small):
    text = BeautifulSoup(small.page("reference/verification"), "html.parser").select_one("article p").get_text()
    names = verification.estimators()
    assert text == (f"Of {len(names)} functions that compute, {len(names) - 1} are compared with an outside source. Of 4 headline numbers, 2 have a second"
                    " computation; 1 of their values and limits disagrees.")
