"""Records that others read: checked with their schemas, parsers and validators (tests/schemas, tests/reference/citation)."""

import json
import re
from pathlib import Path

import citation_samples as samples
import citeproc
import crate
import jsonschema
import jupytext
import pytest
import yaml
from pybtex.database import parse_string
from rocrate_validator.models import Severity

from zhejiang import ROOT, citation

HERE = Path(__file__).parent
STORED = json.loads((HERE / "reference" / "citation" / "results.json").read_text(encoding="utf-8"))["records"]
SAMPLES = samples.items()
CFF = citation.read_cff((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PAGES = {f"book/{path.stem}": path.read_text(encoding="utf-8") for path in sorted((ROOT / "book").glob("[0-9]*.md"))}
CHAPTERS = [citation.read_chapter(docname, text) for docname, text in PAGES.items()]
ITEMS = citation.items(CFF, CHAPTERS)


def schema(name):
    return json.loads((HERE / "schemas" / name).read_text(encoding="utf-8"))


def errors(document, name):
    return [error.message for error in jsonschema.validators.validator_for(schema(name))(schema(name)).iter_errors(document)]


# The two sources


def as_json(text):
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


@pytest.mark.parametrize("text", [(ROOT / "CITATION.cff").read_text(encoding="utf-8"), samples.PLAIN, samples.FULL], ids=["book", "plain", "full"])
def test_citation_file_follows_its_schema(text):
    assert errors(as_json(text), "cff-1.2.0.json") == []


def test_schema_of_citation_file_refuses():
    assert errors({**as_json(samples.PLAIN), "date-released": "3 February 2031"}, "cff-1.2.0.json")


def test_printed_book_is_the_one_of_the_bibliography():
    """CITATION.cff has it in Chinese, the bibliography romanised."""
    printed = citation.printed_book(CFF)
    known = parse_string((ROOT / "book/reference/references.bib").read_text(encoding="utf-8"), "bibtex").entries["song2009"]
    assert known.fields["isbn"] == printed["ISBN"]
    assert known.fields["year"] == str(printed["issued"]["date-parts"][0][0])
    assert known.fields["title"].startswith(f"{printed['title']} [")
    assert len(known.persons["editor"]) == len(printed["editor"])


@pytest.mark.parametrize("about", CHAPTERS, ids=lambda about: about.key)
def test_front_matter_is_what_the_page_says(about):
    """The report's title and pages stand in the chapter's first lines; the abstract holds no result."""
    opening = " ".join(PAGES[about.docname].split("\n# ")[1][:700].split())
    first, last = about.report_pages.split("-")
    assert f"{about.report_title} (" in opening
    assert f"printed pages {first} to {last}" in opening
    assert not re.search(r"\d", about.abstract)


@pytest.mark.parametrize("docname", PAGES)
def test_front_matter_survives_jupyterlab(docname):
    """Jupytext writes the page back with the metadata that the records need."""
    written = jupytext.writes(jupytext.reads(PAGES[docname], fmt="md:myst"), fmt="md:myst")
    assert citation.read_chapter(docname, written) == citation.read_chapter(docname, PAGES[docname])


def test_settings_of_the_build_agree():
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert (settings["title"], settings["author"]) == (CFF["title"], ", ".join(author["name"] for author in CFF["authors"]))
    assert settings["copyright"] == CFF["date-released"][:4]


def test_missing_front_matter_is_refused():
    with pytest.raises(KeyError, match="keywords"):
        citation.read_chapter("book/01_x", samples.PAGE.replace("keywords", "key_words"))


# Items


def csl_names(kind):
    """Names of the official CSL 1.0.2 schema, which comes with citeproc-py."""
    text = Path(citeproc.DATA_PATH, "schema/schemas/styles", f"csl-{kind}.rnc").read_text(encoding="utf-8")
    return set(re.findall(r'"([A-Za-z-]+)"', text))


@pytest.mark.parametrize("item", [*SAMPLES.values(), *ITEMS], ids=lambda item: item["id"])
def test_items_are_csl(item):
    assert {"book", "chapter"} <= csl_names("types") and "volumes" not in csl_names("variables")
    assert item["type"] in csl_names("types")
    assert set(item) - {"id", "type"} <= csl_names("variables")
    for role in {"author", "editor", "container-author"} & set(item):
        for name in item[role]:
            assert set(name) in ({"literal"}, {"family", "given"}, {"family", "given", "suffix"}, {"family", "given", "non-dropping-particle"})
    assert all(isinstance(number, int) for number in item["issued"]["date-parts"][0])


def test_keys_are_unique_and_chapters_keep_theirs():
    keys = [item["id"] for item in ITEMS]
    assert len(set(keys)) == len(keys)
    assert {f"zhejiang-recomputed-{about.key}" for about in CHAPTERS} <= set(keys)
    assert [about.number for about in CHAPTERS if about.key.endswith("a")] == ["1a", "3a", "4a"]


@pytest.mark.parametrize("fields, book, chapter", [
    ({}, None, None),
    ({"repository-code": "https://example.org/code"}, "https://example.org/code", "https://example.org/code"),
    ({"doi": "10.1234/5"}, None, "https://doi.org/10.1234/5"),
    ({"doi": "10.1234/5", "url": "https://example.org/b/"}, "https://example.org/b/", "https://example.org/b/book/03a_service_impact.html"),
])
def test_addresses(fields, book, chapter):
    """A chapter has an address of its own where the book is published; the DOI is the book's."""
    cff = {**citation.read_cff(samples.PLAIN), **fields}
    about = citation.read_chapter("book/03a_service_impact", samples.PAGE)
    assert citation.book(cff).get("URL") == book
    assert citation.book(cff).get("DOI") == fields.get("doi")
    assert citation.chapter(cff, about).get("URL") == chapter
    assert "DOI" not in citation.chapter(cff, about)


# What other programs read and write


@pytest.mark.parametrize("name", SAMPLES)
def test_stored_results_are_of_these_records(name):
    """After a change of the records: `PYTHONPATH=src:tests python tests/reference/citation/recreate.py`."""
    assert samples.texts(SAMPLES[name]) == STORED[name]["given"]


def same(item, read, names):
    for name in names:
        assert read.get(name) == item.get(name), name


@pytest.mark.parametrize("name", SAMPLES)
def test_citation_js_reads_bibtex(name):
    item, read = SAMPLES[name], STORED[name]["bibtex"]
    same(item, read, ["id", "type", "title", "container-title", "publisher", "publisher-place", "page", "ISBN", "DOI", "URL", "editor", "chapter-number"])
    assert read["issued"]["date-parts"][0][0] == item["issued"]["date-parts"][0][0]
    # BibTeX has no entities; the braces keep the name in one piece.
    assert [{"literal" if len(n) == 1 else k: v for k, v in n.items()} for n in read.get("author", [])] == item.get("author", [])


@pytest.mark.parametrize("name", SAMPLES)
def test_citation_js_reads_ris(name):
    item, read = SAMPLES[name], STORED[name]["ris"]
    same(item, read, ["id", "type", "title", "container-title", "publisher", "publisher-place", "page", "ISBN", "DOI", "URL", "abstract", "language"])
    assert read["issued"]["date-parts"][0][0] == item["issued"]["date-parts"][0][0]
    for role in ("author", "editor"):
        # Citation.js knows no editor of a book; RIS has no particles.
        if (role, item["type"]) != ("editor", "book"):
            names = [{**n, "family": " ".join([n["non-dropping-particle"], n["family"]])} if "non-dropping-particle" in n else n for n in item.get(role, [])]
            assert read.get(role, []) == [{k: v for k, v in n.items() if k != "non-dropping-particle"} for n in names]


@pytest.mark.parametrize("name", [name for name in SAMPLES if "author" in SAMPLES[name]])
def test_wikimedia_reads_the_tags(name):
    item, highwire, dublin = SAMPLES[name], STORED[name]["head"]["highwirePress"], STORED[name]["head"]["dublinCore"]
    assert highwire["title"] == dublin["title"] == item["title"]
    assert highwire.get("inbook_title") == dublin.get("relation") == item.get("container-title")
    authors = highwire["author"]
    assert authors == dublin["creator"]
    assert len(authors) == len(item["author"]) if isinstance(authors, list) else authors == item["author"][0]["literal"]
    assert highwire["publication_date"] == "2031/02/03" and dublin["date"] == "2031-02-03"
    assert highwire.get("doi") == item.get("DOI")
    assert highwire["language"] == dublin["language"] == "en"
    assert highwire["keywords"] == dublin["subject"] == item["keyword"].split(", ")


@pytest.mark.parametrize("name", SAMPLES)
def test_citeproc_js_writes_the_same_gbt7714(name):
    """But for entities: both processors write them in capitals, which the standard wants of persons' family names."""
    expected = STORED[name]["gbt7714"]
    for author in SAMPLES[name].get("author", []):
        if "literal" in author:
            expected = expected.replace(author["literal"].upper(), author["literal"])
    assert citation.gbt7714(SAMPLES[name]) == expected


def test_gbt7714_by_eye():
    """[M] and [M/OL], // before the book, 等 and et al. after three, capitals, no space in Chinese names."""
    assert citation.gbt7714(SAMPLES["printed book"]) == "宋华盛, 叶建亮. 民营经济与区域发展(第七辑)[M]. 杭州: 浙江大学出版社, 2009."
    assert citation.gbt7714(SAMPLES["printed report"]) == (
        "服务业的产业影响效应分析[M]//宋华盛, 叶建亮. 民营经济与区域发展(第七辑). 杭州: 浙江大学出版社, 2009: 149-151.")
    assert citation.gbt7714(SAMPLES["plain book"]) == "Contributors of the Region. A Region Recomputed[M/OL]. Version 1.2.0. 2031."
    assert citation.gbt7714(SAMPLES["full book"]) == (
        "VAN DER MÜLLER A B, 王小明, SMITH J Jr, et al. A Region Recomputed[M/OL]. Version 1.2.0. 2031[2031-02-03]. https://example.org/region."
        " DOI:10.5281/zenodo.1003150.")
    four = {**SAMPLES["printed book"], "editor": [{"family": family, "given": "明"} for family in "赵钱孙李"]}
    assert citation.gbt7714(four).startswith("赵明, 钱明, 孙明, 等. 民营经济")


@pytest.mark.parametrize("item", [*SAMPLES.values(), *ITEMS], ids=lambda item: item["id"])
def test_pybtex_reads_bibtex(item):
    found = parse_string(citation.bibtex(item), "bibtex").entries
    assert list(found) == [item["id"]]
    entry = found[item["id"]]
    assert entry.fields["title"].replace("\\", "") == f"{{{item['title']}}}"
    people = entry.persons.get("author", []) + entry.persons.get("editor", [])
    assert len(people) == len(item.get("author", [])) + len(item.get("editor", []))
    for person, name in zip(people, item.get("author", []) + item.get("editor", []), strict=True):
        if "literal" in name:
            assert str(person) == f"{{{name['literal']}}}"
        else:
            assert (person.prelast_names, person.last_names) == (name.get("non-dropping-particle", "").split(), [name["family"]])
            assert (person.first_names + person.middle_names, person.lineage_names) == (name["given"].split(), name.get("suffix", "").split())


@pytest.mark.parametrize("item", [*SAMPLES.values(), *ITEMS], ids=lambda item: item["id"])
def test_ris_keeps_its_form(item):
    """Two capitals or a capital and a digit, two blanks, hyphen, blank; TY first, ER last; one line a field."""
    lines = citation.ris(item).splitlines()
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in lines)
    assert lines[0] in ("TY  - BOOK", "TY  - CHAP") and lines[-1] == "ER  - "
    assert sum(line.startswith(("TY", "ER")) for line in lines) == 2


def test_files_hold_every_record():
    files = citation.files(ITEMS)
    assert set(files) == {f"{stem}.{ending}" for stem in ["all", *(item["id"] for item in ITEMS)] for ending in ("bib", "ris", "json", "txt")}
    assert set(parse_string(files["all.bib"], "bibtex").entries) == {item["id"] for item in ITEMS}
    assert json.loads(files["all.json"]) == ITEMS
    assert files["all.ris"].count("TY  - ") == files["all.ris"].count("ER  - ") == len(files["all.txt"].splitlines()) == len(ITEMS)


# Tags of pages


@pytest.mark.parametrize("item", [item for item in [*SAMPLES.values(), *ITEMS] if "author" in item], ids=lambda item: item["id"])
def test_tags_follow_their_specifications(item):
    """What Google Scholar's guidelines require, and the fifteen elements of Dublin Core (ISO 15836)."""
    tags = citation.meta_tags(item, None)
    names = [name for name, _ in tags]
    for required in ("citation_title", "citation_publication_date"):
        assert names.count(required) == 1
    assert names.count("citation_author") == len(item["author"])
    assert re.fullmatch(r"\d{4}/\d{2}/\d{2}", dict(tags)["citation_publication_date"])
    assert "citation_publisher" not in names and "citation_pdf_url" not in names and "citation_fulltext_html_url" not in names
    elements = {"contributor", "coverage", "creator", "date", "description", "format", "identifier", "language", "publisher", "relation",
                "rights", "source", "subject", "title", "type"}
    assert {name.removeprefix("DC.") for name in names if not name.startswith("citation_")} <= elements
    assert all(content and "\n" not in content for _, content in tags)


# Archives


def test_zenodo_file_is_current():
    """After a change of CITATION.cff: `python -m zhejiang seal`."""
    assert (ROOT / ".zenodo.json").read_text(encoding="utf-8") == citation.zenodo_json(CFF)


@pytest.mark.parametrize("cff", [CFF, citation.read_cff(samples.PLAIN), citation.read_cff(samples.FULL)], ids=["book", "plain", "full"])
def test_zenodo_file_follows_the_documentation(cff):
    found = citation.zenodo(cff)
    assert errors(found, "zenodo.json") == []
    assert found["related_identifiers"][0]["identifier"] == "978-7-308-06236-7"


def test_zenodo_names_persons():
    first, _, third, _ = citation.zenodo(citation.read_cff(samples.FULL))["creators"]
    assert first == {"name": "van der Müller, Anna Berta", "orcid": "0000-0002-1825-0097"}
    assert third == {"name": "Smith, John, Jr"}


def test_licence_is_that_of_the_prose():
    text = (ROOT / "LICENSE-DATA").read_text(encoding="utf-8")
    assert f"{citation.LICENCE['name']} (CC BY 4.0), {citation.LICENCE['url']}" in text


FILES = [
    citation.CrateFile("tables/ch01-tab-exports.csv", "Exports of Zhejiang, 100%", "text/csv", ("ch01-tab-exports",)),
    citation.CrateFile("notebooks/a b.ipynb", "A notebook", "application/x-ipynb+json", ("ch01-a", "ch01-b")),
    citation.CrateFile("CITATION.cff", "How to cite", "application/yaml"),
]


@pytest.fixture
def archive(tmp_path):
    """A function that writes an archive with these metadata, and returns its folder."""
    def write(metadata):
        for file in FILES:
            (tmp_path / "crate" / file.path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "crate" / file.path).write_text("x\n", encoding="utf-8")
        (tmp_path / "crate" / "ro-crate-metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
        return tmp_path / "crate"

    return write


@pytest.mark.parametrize("text", [samples.PLAIN, samples.FULL], ids=["plain", "full"])
def test_ro_crate_is_valid(archive, tmp_path, text):
    """What it lacks of the recommendations is not known: a publisher, an address or affiliation of the authors."""
    found = crate.faults(archive(citation.ro_crate(citation.read_cff(text), FILES)), tmp_path / "cache")
    assert [fault for fault in found if fault.startswith("REQUIRED")] == []
    assert [fault for fault in found if not re.search("publisher|organization SHOULD have a URL|affiliation", fault)] == []


@pytest.mark.parametrize("entity, field", [("./", "datePublished"), ("./", "license"), ("ro-crate-metadata.json", "conformsTo")])
def test_ro_crate_validator_refuses(archive, tmp_path, entity, field):
    metadata = citation.ro_crate(citation.read_cff(samples.PLAIN), FILES)
    next(found for found in metadata["@graph"] if found["@id"] == entity).pop(field)
    assert crate.faults(archive(metadata), tmp_path / "cache", Severity.REQUIRED)


def test_ro_crate_holds_files_and_ids():
    graph = {entity["@id"]: entity for entity in citation.ro_crate(CFF, FILES)["@graph"]}
    assert [part["@id"] for part in graph["./"]["hasPart"]] == ["tables/ch01-tab-exports.csv", "notebooks/a%20b.ipynb", "CITATION.cff"]
    assert graph["notebooks/a%20b.ipynb"]["identifier"] == ["ch01-a", "ch01-b"]
    assert graph["tables/ch01-tab-exports.csv"]["identifier"] == "ch01-tab-exports"
    assert graph["./"]["version"] == CFF["version"]


# One number


def test_note_of_a_number():
    note = citation.number_note(SAMPLES["full chapter"], "ch03a-x", "https://example.org/region/book/03a_service_impact.html#ch03a-x")
    assert note == ("Anna Berta van der Müller, 王小明, John Smith Jr, Wei Li, “Prices & the 5% question”, in: A Region Recomputed,"
                    " version 1.2.0 (2031-02-03), number ch03a-x, https://example.org/region/book/03a_service_impact.html#ch03a-x")


def test_a_chapter_is_what_its_file_says():
    about = citation.read_chapter("book/03a_service_impact", samples.PAGE)
    assert about == citation.Chapter("book/03a_service_impact", "Prices & the 5% question", "What a chapter is about.", ("prices", "quantities"),
                                     "服务业的产业影响效应分析", "149-151")
    assert (about.key, about.number) == ("03a", "3a")
