"""Bibliographic records of the book, its chapters and the printed book, from CITATION.cff and the chapters' front matter.

CSL-JSON items are the one form inside; every other format is made from an item. Nothing here reads a file but the style.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import yaml

STYLE = Path(__file__).with_name("csl") / "china-national-standard-gb-t-7714-2015-numeric.csl"
# Of prose, figures and data (LICENSE-DATA); CITATION.cff has the licence of the code.
LICENCE = {"id": "CC-BY-4.0", "name": "Creative Commons Attribution 4.0 International",
           "url": "https://creativecommons.org/licenses/by/4.0/"}
CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Chapter:
    """What a chapter's page says of itself.

    Attributes
    ----------
    docname
        Path below the repository without ending, ``book/03a_service_impact``.
    report_title, report_pages
        The printed report that the chapter recomputes: its title in Chinese and its printed pages, ``149-151``.
    """

    docname: str
    title: str
    abstract: str
    keywords: tuple[str, ...]
    report_title: str
    report_pages: str

    @property
    def key(self) -> str:
        """Number of the file, ``03a``: it stays when chapters are added."""
        return re.match(r"\d+a?", Path(self.docname).name)[0]

    @property
    def number(self) -> str:
        """Number of the report, ``3a``."""
        return self.key.lstrip("0")


@dataclass(frozen=True)
class CrateFile:
    """A file of the archive: where it is, what it shows, its media type, and the published ids that it holds."""

    path: str
    name: str
    encoding_format: str
    ids: tuple[str, ...] = ()


def read_cff(text: str) -> dict:
    """Return CITATION.cff as a dict, with the date as text."""
    cff = yaml.safe_load(text)
    return {**cff, "abstract": " ".join(cff["abstract"].split()), "date-released": str(cff["date-released"])}


def read_chapter(docname: str, text: str) -> Chapter:
    """Return what a chapter's text says of itself: the first heading, and `citation` in the front matter.

    Raises
    ------
    KeyError
        A field that the records need is not in the front matter.
    """
    found = yaml.safe_load(re.match(r"---\n(.*?)\n---\n", text, flags=re.DOTALL)[1]).get("citation", {})
    if missing := [field for field in ("abstract", "keywords", "report") if field not in found]:
        raise KeyError(f"{docname}: the front matter has no {', '.join(missing)} under citation")
    title = re.search(r"^# (.+)$", text, flags=re.MULTILINE)[1]
    return Chapter(docname, title, " ".join(found["abstract"].split()), tuple(found["keywords"]), found["report"]["title"],
                   str(found["report"]["pages"]))


# Items


def book(cff: dict) -> dict:
    """Return the CSL-JSON item of the whole book."""
    item = {
        "id": _slug(cff), "type": "book", "title": cff["title"], "author": [_name(author) for author in cff["authors"]],
        "issued": _date(cff["date-released"]), "version": cff["version"], "language": "en", "abstract": cff["abstract"],
        "keyword": ", ".join(cff["keywords"]), "DOI": cff.get("doi"), "URL": cff.get("url", cff.get("repository-code")),
    }
    return {name: value for name, value in item.items() if value}


def part(cff: dict, docname: str, title: str) -> dict:
    """Return the item of a page that is part of the book."""
    whole = book(cff)
    if "url" in cff:
        address = page_address(cff, docname)
    else:
        # The book's: the page has none of its own.
        address = f"https://doi.org/{cff['doi']}" if "doi" in cff else whole.get("URL")
    item = {
        "id": f"{whole['id']}-{Path(docname).name}", "type": "chapter", "title": title, "author": whole["author"],
        "container-title": whole["title"], "container-author": whole["author"], "issued": whole["issued"], "version": whole["version"],
        "language": whole["language"], "URL": address,
    }
    return {name: value for name, value in item.items() if value}


def chapter(cff: dict, about: Chapter) -> dict:
    """Return the item of a chapter."""
    return {**part(cff, about.docname, about.title), "id": f"{_slug(cff)}-{about.key}", "chapter-number": about.number,
            "abstract": about.abstract, "keyword": ", ".join(about.keywords)}


def printed_book(cff: dict) -> dict:
    """Return the item of the printed book, in Chinese, from the references of CITATION.cff."""
    found = next(reference for reference in cff["references"] if reference["type"] == "book")
    return {
        "id": f"{_slug(cff)}-printed", "type": "book", "title": found["title"],
        "editor": [_name(editor) for editor in found["editors"]], "publisher": found["publisher"]["name"],
        "publisher-place": found["publisher"]["city"], "issued": {"date-parts": [[found["year"]]]}, "ISBN": found["isbn"],
        "language": found["languages"][0],
    }


def printed_report(cff: dict, about: Chapter) -> dict:
    """Return the item of the printed report that a chapter recomputes."""
    whole = printed_book(cff)
    return {**whole, "id": f"{_slug(cff)}-printed-{about.key}", "type": "chapter", "title": about.report_title,
            "container-title": whole["title"], "page": about.report_pages}


def items(cff: dict, chapters: Sequence[Chapter]) -> list[dict]:
    """Return every item: the book, its chapters, the printed book, its reports."""
    return [book(cff), *(chapter(cff, about) for about in chapters), printed_book(cff), *(printed_report(cff, about) for about in chapters)]


def page_address(cff: dict, docname: str) -> str:
    """Return the address of a page; relative to the place where the book is read if CITATION.cff has no `url`."""
    page = f"{docname}.html"
    return f"{cff['url'].rstrip('/')}/{page}" if "url" in cff else page


def _slug(cff: dict) -> str:
    return cff["title"].lower().replace(" ", "-")


def _name(author: dict) -> dict:
    """A CSL name from a person or an entity of CITATION.cff."""
    if "name" in author:
        return {"literal": author["name"]}
    fields = {"family-names": "family", "given-names": "given", "name-particle": "non-dropping-particle", "name-suffix": "suffix"}
    return {csl: author[field] for field, csl in fields.items() if field in author}


def _date(date: str) -> dict:
    return {"date-parts": [[int(number) for number in date.split("-")]]}


def _iso(item: dict) -> str:
    return "-".join(f"{number:02d}" for number in item["issued"]["date-parts"][0])


def _inverted(name: dict) -> str:
    """Family name first, as catalogues have it; an entity's name as it is."""
    if "literal" in name:
        return name["literal"]
    return ", ".join([_family(name), *(name[part] for part in ("given", "suffix") if part in name)])


def authors(item: dict) -> list[str]:
    """Return the authors' names as they are spoken."""
    return [_in_order(name) for name in item["author"]]


def _family(name: dict) -> str:
    return " ".join(name[part] for part in ("non-dropping-particle", "family") if part in name)


def _in_order(name: dict) -> str:
    """A name as it is spoken; the family name of a Chinese name comes first."""
    if "literal" in name:
        return name["literal"]
    if CJK.search(name["family"]):
        return name["family"] + name.get("given", "")
    return " ".join(name[part] for part in ("given", "non-dropping-particle", "family", "suffix") if part in name)


# Formats


def csl_json(found: Sequence[dict]) -> str:
    """Return items as CSL-JSON, which Zotero, pandoc and citation processors read."""
    return json.dumps(list(found), ensure_ascii=False, indent=1) + "\n"


def bibtex(item: dict) -> str:
    """Return a BibTeX entry, in UTF-8, with titles braced so that no style changes their case."""
    fields = {
        "author": _bibtex_names(item.get("author", [])),
        "editor": _bibtex_names(item.get("editor", [])),
        "title": f"{{{_escaped(item['title'])}}}",
        "booktitle": f"{{{_escaped(item['container-title'])}}}" if "container-title" in item else "",
        "chapter": item.get("chapter-number"),
        "publisher": _escaped(item.get("publisher", "")),
        "address": item.get("publisher-place"),
        "year": item["issued"]["date-parts"][0][0],
        "pages": item.get("page", "").replace("-", "--"),
        "note": f"Version {item['version']}" if "version" in item else "",
        "isbn": item.get("ISBN"),
        # As they are: styles print them with commands that take them so.
        "doi": item.get("DOI"),
        "url": item.get("URL"),
    }
    kind = "incollection" if item["type"] == "chapter" else "book"
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{item['id']},", *lines, "}"]) + "\n"


def _escaped(text: str) -> str:
    return re.sub(r"([&%$#_])", r"\\\1", text)


def _bibtex_names(names: list[dict]) -> str:
    """Names as BibTeX splits them: an entity in braces, a suffix before the given names."""
    return " and ".join(
        f"{{{_escaped(name['literal'])}}}" if "literal" in name
        else ", ".join([_family(name), *(name[part] for part in ("suffix", "given") if part in name)])
        for name in names)


def ris(item: dict) -> str:
    """Return an RIS record."""
    pages = item.get("page", "").split("-")
    lines = [
        ("TY", "CHAP" if item["type"] == "chapter" else "BOOK"),
        ("ID", item["id"]),
        *(("AU", _inverted(name)) for name in item.get("author", [])),
        # A2 is the editor of the book that a chapter is in, but of a series in the record of a book.
        *(("A2" if item["type"] == "chapter" else "ED", _inverted(name)) for name in item.get("editor", [])),
        ("TI", item["title"]),
        ("T2", item.get("container-title")),
        ("PY", str(item["issued"]["date-parts"][0][0])),
        ("DA", _iso(item).replace("-", "/") if len(item["issued"]["date-parts"][0]) == 3 else ""),
        ("ET", f"Version {item['version']}" if "version" in item else ""),
        ("PB", item.get("publisher")),
        ("CY", item.get("publisher-place")),
        ("SP", pages[0]),
        ("EP", pages[-1]),
        ("SN", item.get("ISBN")),
        ("LA", item["language"]),
        ("DO", item.get("DOI")),
        ("UR", item.get("URL")),
        *(("KW", keyword) for keyword in _keywords(item)),
        ("AB", item.get("abstract")),
    ]
    return "".join(f"{tag}  - {value}\n" for tag, value in lines if value) + "ER  - \n"


def _keywords(item: dict) -> list[str]:
    return item["keyword"].split(", ") if "keyword" in item else []


def gbt7714(item: dict) -> str:
    """Return the record after GB/T 7714-2015, numeric style, without a number in front.

    The standard asks for the day on which an online source was consulted, which nobody knows before it is cited: the date of
    the version stands in its place.
    """
    from citeproc import Citation, CitationItem, CitationStylesBibliography, formatter
    from citeproc.source.json import CiteProcJSON

    is_printed = "publisher" in item
    given = {**item, **{role: [_whole(name) for name in item[role]] for role in ("author", "editor") if role in item}}
    if "container-author" in item:
        # The style puts either in front of the book's title; citeproc-py finds only editors there.
        given["editor"] = [_whole(name) for name in given.pop("container-author")]
    # citeproc-py drops the letter of the type with an empty medium, where the CSL specification keeps it.
    given["medium"] = "PRINT" if is_printed else "OL"
    if "version" in item:
        given["edition"] = f"Version {item['version']}"
    if "URL" in item or "DOI" in item:
        given["accessed"] = item["issued"]
    source = CiteProcJSON([given])
    bibliography = CitationStylesBibliography(_style("zh-CN" if item["language"].startswith("zh") else "en-US"), source, formatter.plain)
    bibliography.register(Citation([CitationItem(item["id"].lower())]))
    return str(bibliography.bibliography()[0]).removeprefix("[1]").replace("/PRINT]", "]")


@lru_cache
def _style(locale: str):
    from citeproc import CitationStylesStyle

    return CitationStylesStyle(str(STYLE), locale=locale, validate=False)


def _whole(name: dict) -> dict:
    """An entity's or a Chinese name in a part that citeproc-py neither writes in capitals nor shortens to initials.

    The style writes family names in capitals, which the standard wants of persons only, and a space between Chinese names.
    """
    is_person = "family" in name and not CJK.search(name["family"])
    return name if is_person else {"dropping-particle": _in_order(name)}


def files(found: Sequence[dict]) -> dict[str, str]:
    """Return the text of every record file by name: one of each format for an item, and one for all of them."""
    texts = {}
    for ending, make in (("bib", bibtex), ("ris", ris), ("txt", lambda item: gbt7714(item) + "\n")):
        texts |= {f"{item['id']}.{ending}": make(item) for item in found}
        texts[f"all.{ending}"] = ("\n" if ending != "txt" else "").join(make(item) for item in found)
    texts |= {f"{item['id']}.json": csl_json([item]) for item in found}
    return {**texts, "all.json": csl_json(found)}


def number_note(item: dict, id: str, address: str) -> str:
    """Return a footnote that cites one published number: the chapter, the version, and the number's id and address."""
    return f"{', '.join(authors(item))}, “{item['title']}”, in: {item['container-title']}, version {item['version']} ({_iso(item)}), number {id}, {address}"


def meta_tags(item: dict, address: str | None) -> list[tuple[str, str]]:
    """Return Highwire Press and Dublin Core tags of a page, as (name, content).

    Parameters
    ----------
    address
        Full address of the page, if it has one.
    """
    names = [_inverted(name) for name in item["author"]]
    container, doi = item.get("container-title"), item.get("DOI")
    tags = [
        ("citation_title", item["title"]),
        *(("citation_author", name) for name in names),
        ("citation_publication_date", _iso(item).replace("-", "/")),
        # Google Scholar's name and the one that older versions of Zotero read.
        ("citation_inbook_title", container),
        ("citation_book_title", container),
        ("citation_language", item["language"]),
        ("citation_doi", doi),
        ("citation_fulltext_html_url", address),
        *(("citation_keywords", keyword) for keyword in _keywords(item)),
        ("citation_abstract", item.get("abstract")),
        ("DC.title", item["title"]),
        *(("DC.creator", name) for name in names),
        ("DC.date", _iso(item)),
        # Not in DCMI's vocabulary, which has "Text" only, but what Zotero tells the kind of item by.
        ("DC.type", "BookChapter" if container else "Book"),
        ("DC.format", "text/html"),
        ("DC.language", item["language"]),
        ("DC.identifier", f"https://doi.org/{doi}" if doi else None),
        ("DC.identifier", address),
        ("DC.rights", LICENCE["url"]),
        ("DC.relation", container),
        *(("DC.subject", keyword) for keyword in _keywords(item)),
        ("DC.description", item.get("abstract")),
    ]
    return [(name, content) for name, content in tags if content]


# Archives


def zenodo(cff: dict) -> dict:
    """Return `.zenodo.json`: what Zenodo takes from the repository when it archives a release (developers.zenodo.org)."""
    def creator(author):
        orcid = author.get("orcid", "").removeprefix("https://orcid.org/")
        fields = {"name": _inverted(_name(author)), "affiliation": author.get("affiliation"), "orcid": orcid}
        return {field: value for field, value in fields.items() if value}

    return {
        "title": cff["title"],
        "upload_type": "publication",
        "publication_type": "book",
        "description": cff["abstract"],
        "creators": [creator(author) for author in cff["authors"]],
        "version": cff["version"],
        "publication_date": cff["date-released"],
        "language": "eng",
        "keywords": cff["keywords"],
        "access_right": "open",
        "license": LICENCE["id"].lower(),
        "notes": f"Code: {cff['license']} (LICENSE). Prose, figures and the arrangement of the data: {LICENCE['id']}; data: by source (LICENSE-DATA).",
        "related_identifiers": [
            {"identifier": printed_book(cff)["ISBN"], "scheme": "isbn", "relation": "isDerivedFrom", "resource_type": "publication-book"}],
    }


def zenodo_json(cff: dict) -> str:
    """Return the text of `.zenodo.json`."""
    return json.dumps(zenodo(cff), ensure_ascii=False, indent=1) + "\n"


def ro_crate(cff: dict, files: Sequence[CrateFile]) -> dict:
    """Return `ro-crate-metadata.json` (RO-Crate 1.1) of an archive that holds the files.

    Parameters
    ----------
    files
        Every file of the archive but the metadata file itself; paths are relative to its root, with slashes.
    """
    authors = [{"@id": f"#author-{number}", **_agent(author)} for number, author in enumerate(cff["authors"], 1)]
    original = printed_book(cff)
    code = {"@id": f"https://spdx.org/licenses/{cff['license']}", "@type": "CreativeWork", "name": cff["license"],
            "description": "Licence of the code"}
    licence = {"@id": LICENCE["url"], "@type": "CreativeWork", "name": LICENCE["name"],
               "description": "Licence of prose, figures and the arrangement of the data"}
    root = {
        "@id": "./", "@type": "Dataset", "name": cff["title"], "description": cff["abstract"], "version": cff["version"],
        "datePublished": cff["date-released"], "keywords": cff["keywords"], "inLanguage": "en",
        "author": _compact([{"@id": author["@id"]} for author in authors]),
        "license": [{"@id": licence["@id"]}, {"@id": code["@id"]}],
        "isBasedOn": {"@id": f"urn:isbn:{original['ISBN'].replace('-', '')}"},
        "hasPart": [{"@id": quote(file.path)} for file in files],
    }
    if "doi" in cff:
        root["identifier"] = f"https://doi.org/{cff['doi']}"
    if "url" in cff:
        root["url"] = cff["url"]
    entities = [{"@id": quote(file.path), "@type": "File", "name": file.name, "encodingFormat": file.encoding_format,
                 **({"identifier": _compact(list(file.ids))} if file.ids else {})} for file in files]
    book_entity = {"@id": root["isBasedOn"]["@id"], "@type": "Book", "name": original["title"], "isbn": original["ISBN"],
                   "datePublished": str(original["issued"]["date-parts"][0][0]), "inLanguage": original["language"]}
    descriptor = {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"},
                  "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"}}
    return {"@context": "https://w3id.org/ro/crate/1.1/context",
            "@graph": [descriptor, root, *entities, *authors, licence, code, book_entity]}


def _agent(author: dict) -> dict:
    """An author's properties in RO-Crate."""
    if "name" in author:
        agent = {"@type": "Organization", "name": author["name"], "url": author.get("website")}
    else:
        agent = {"@type": "Person", "name": _in_order(_name(author)), "identifier": author.get("orcid")}
    return {field: value for field, value in agent.items() if value}


def _compact(values: list):
    """One value rather than a list of one, as RO-Crate recommends."""
    return values[0] if len(values) == 1 else values
