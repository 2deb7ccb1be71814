"""The book's Sphinx side: collect what notebooks publish, quote it in prose, and write it out.

Notebooks leave records (`zhejiang.show`). This extension gathers them from the pages that were read, checks
that every claim has a verdict, lets any page quote a number by its id, builds the ledger, errata, scoreboard
and status tables, and writes `results.json` and the executed notebooks beside the HTML. It works under
`jupyter-book build .` alone.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains import Domain
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

import zhejiang
from zhejiang import citation, colab, freshness, inputs, looks, render
from zhejiang.typography import with_minus

# Folders of the built book that other extensions write anew each time.
WRITTEN_ELSEWHERE = {"citations", "downloads"}
# Generated content that takes nothing from other pages' records.
OF_ONE_PAGE = {"verdicts-here", "citations", "terms"}
ROLES = ("num", "interval", "printed", "computed", "verdict")
# What the theme shows once CITATION.cff names the repository.
REPOSITORY_OPTIONS = {
    "use_repository_button": True,
    "use_issues_button": True,
    "repository_branch": "main",
    "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"},
}


class quote(nodes.Inline, nodes.Element):
    """A number of some page, filled in once all pages are read."""


class generated_table(nodes.General, nodes.Element):
    """A table made from the records of all pages, filled in once all pages are read."""


class QuoteRole(SphinxRole):
    """``{num}`id` `` and its siblings."""

    def run(self):
        source, line = self.get_source_info()
        return [quote(role=self.name, target=self.text, where=f"{source}:{line}")], []


class GeneratedDirective(SphinxDirective):
    """A table or figure made from records or from `data/`; the argument names the page or the figure."""

    optional_arguments = 1

    def run(self):
        return [generated_table(kind=self.name, argument=self.arguments[0] if self.arguments else "")]


class ZhejiangDomain(Domain):
    """Holds the records of every page."""

    name = "zhejiang"
    label = "Zhejiang Recomputed"
    initial_data = {"pages": {}, "claims": {}}
    data_version = 5

    def same_inputs(self) -> bool:
        """Is all that the pages are made from, but the pages themselves, what it was at the last build?"""
        return self.last.get("inputs") == self.noted["inputs"]

    def clear_doc(self, docname):
        self.data["pages"].pop(docname, None)

    def merge_domaindata(self, docnames, otherdata):
        for docname in docnames:
            if docname in otherdata["pages"]:
                self.data["pages"][docname] = otherdata["pages"][docname]

    def process_doc(self, env, docname, document):
        cells = [node for node in document.findall(nodes.container) if node.get("nb_element") == "cell_code"]
        found = [{**record, "cell": number} for number, cell in enumerate(cells, 1)
                 for node in cell.findall(render.records) for record in node["records"]]
        quotes = sorted({node["target"] for node in document.findall(quote)})
        gathers = any(node["kind"] not in OF_ONE_PAGE for node in document.findall(generated_table))
        if found or cells or quotes or gathers:
            self.data["pages"][docname] = {
                "records": found,
                "cells": len(cells),
                "warnings": sum("stderr" in node["classes"] for node in document.findall(nodes.literal_block)),
                "quotes": quotes,
                "gathers": gathers,
                "headlines": headlines(document, docname == env.config.root_doc, bool(cells)),
            }

    def records(self, kind: str) -> list[tuple[str, dict]]:
        """Return (page, record) for every record of a kind, in the order of the pages' names."""
        return [
            (docname, record)
            for docname, page in sorted(self.data["pages"].items())
            for record in page["records"]
            if record["type"] == kind
        ]


def headlines(document: nodes.document, landing: bool, chapter: bool) -> list[tuple[str, str, str]]:
    """Return (id, role, place) of every number quoted on the landing page, or in the opening box and the findings of a chapter."""
    parts = []
    if landing:
        parts = [("landing page", document)]
    elif chapter:
        parts = [("box", box) for box in itertools.islice(document.findall(nodes.admonition), 1)]
        parts += [("findings", section) for section in document.findall(nodes.section) if section.next_node(nodes.title).astext() == "Findings"]
    return [(node["target"], node["role"], place) for place, part in parts for node in part.findall(quote) if node["role"] in ("num", "interval", "computed")]


def number_by_report(app: Sphinx, env) -> None:
    """Give chapters, their tables, figures and equations the number of the report, such as 3a.2, and not their place in the book.

    They are cited, so a chapter that is added must not move them. Sphinx has saved its environment by now: what it
    compares with in the next build stays as it made it.
    """
    for docname, sections in env.toc_secnumbers.items():
        if not (found := re.fullmatch(r"book/0*([0-9]+a?)_.*", docname)):
            continue
        report = found[1]
        for anchor, number in sections.items():
            sections[anchor] = (report, *number[1:]) if number else number
        for node in [env.titles[docname], *env.tocs[docname].findall(nodes.reference)]:
            if node.get("secnumber"):
                node["secnumber"] = [report, *node["secnumber"][1:]]
        for numbers in env.toc_fignumbers.get(docname, {}).values():
            for id, number in numbers.items():
                numbers[id] = (report, *number[1:])


def check_records(app: Sphinx, env) -> None:
    """Stop the build on a claim without a verdict or an id used twice.

    Runs on every build, before the environment is saved, so that a second run cannot pass over the fault.
    """
    domain = env.get_domain("zhejiang")
    ids = Counter(record["id"] for kind in ("number", "table", "figure") for _, record in domain.records(kind))
    verdicts = Counter((record["id"], record["basis"]) for _, record in domain.records("verdict"))
    faults = [f"id {id!r} is published {n} times: expected once" for id, n in ids.items() if n > 1]
    faults += [f"claim {id!r} is checked {n} times on the {basis} basis: expected once"
               for (id, basis), n in verdicts.items() if n > 1]
    checked = {id for id, _ in verdicts}
    faults += [f"claim {id!r} has no verdict: expected one from a notebook" for id in declared_claims(app, domain) if id not in checked]
    for docname, page in domain.data["pages"].items():
        if page["cells"] and not any(record["type"] == "input" for record in page["records"]):
            faults.append(f"page {docname!r} has code cells but reads no table: its cache could not be kept fresh")
    if faults:
        raise ExtensionError("the records of the notebooks do not fit the ledger:\n  " + "\n  ".join(faults))


def declared_claims(app: Sphinx, domain: ZhejiangDomain) -> list[str]:
    """Return the ids in the ledgers. They are read again when anything but a page has changed: it takes pandas and every printed table."""
    key = app.config.zhejiang_inputs
    if key not in domain.data["claims"]:
        from zhejiang import data

        domain.data["claims"] = {key: [claim["id"] for chapter in data.chapters_with_claims() for claim in data.read_claims(chapter)]}
    return domain.data["claims"][key]


def contents_of_pages(env) -> dict[str, str]:
    """SHA-256 by page of what it holds, known by when it was read, and shows of others: titles, the link to the PDF, records that it quotes or gathers."""
    domain = env.get_domain("zhejiang")
    pages = domain.data["pages"]
    owners = {record.get("id"): docname for docname, page in pages.items() for record in page["records"]}
    contents = {docname: _sha256(page) for docname, page in pages.items()}
    common = [{docname: title.astext() for docname, title in env.titles.items()}, os.environ.get("ZHEJIANG_PDF")]
    everything = _sha256([contents, env.toc_fignumbers])
    found = {}
    for docname, read in env.all_docs.items():
        page = pages.get(docname, {"gathers": False, "quotes": []})
        quoted = sorted({owners[target] for target in page["quotes"] if target in owners})
        found[docname] = _sha256([read, common, everything if page["gathers"] else [contents[owner] for owner in quoted]])
    return found


def _sha256(content) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def pages_to_write(app: Sphinx, env) -> list[str]:
    """Name the pages that differ from those of the last build.

    What they hold is noted once they are written, so that a build that was killed is not taken for the last one.
    """
    domain, noted = env.get_domain("zhejiang"), _noted(app)
    domain.last = json.loads(noted.read_text(encoding="utf-8")) if noted.exists() else {}
    noted.unlink(missing_ok=True)
    domain.noted = {"inputs": app.config.zhejiang_inputs, "contents": contents_of_pages(env)}
    contents = domain.last.get("contents", {})
    domain.changed = {docname for docname, content in domain.noted["contents"].items() if contents.get(docname) != content}
    # Sphinx reads the search index of the last build, but without the entries of the index in it.
    env._search_index_index_entries.update({docname: entries for docname, entries in domain.last.get("index", {}).items() if docname in env.found_docs})
    # One page at least, without which Sphinx would neither number the pages nor copy files.
    return [env.config.root_doc, *domain.changed]


def note_written(app: Sphinx, exception: Exception | None) -> None:
    if not exception:
        noted = app.env.get_domain("zhejiang").noted
        _noted(app).write_text(json.dumps({**noted, "index": app.env._search_index_index_entries}), encoding="utf-8")


def _noted(app: Sphinx) -> Path:
    return Path(app.doctreedir) / f"written-{app.builder.name}.json"


def remove_style(app: Sphinx, builder) -> None:
    """Remove MyST-NB's style sheet, which it copies after the pages are written: where Sphinx finds it, it adds a checksum to its address in them."""
    for path in Path(app.outdir).glob("_static/mystnb.*.css"):
        path.unlink()


def fill_in(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace quotes and generated tables by what the records say."""
    domain = app.env.get_domain("zhejiang")
    if quotes := list(doctree.findall(quote)):
        numbers = {record["id"]: record for _, record in domain.records("number")}
        verdicts: dict[str, list[dict]] = {}
        for _, record in domain.records("verdict"):
            verdicts.setdefault(record["id"], []).append(record)
        for node in quotes:
            node.replace_self(_quoted(app, docname, node, numbers, verdicts))
    for node in list(doctree.findall(generated_table)):
        node.replace_self(GENERATED[node["kind"]](app, domain, docname, node["argument"]))


def _quoted(app, docname: str, node: quote, numbers: dict[str, dict], verdicts: dict[str, list[dict]]) -> nodes.Node:
    if node["role"] != "verdict":
        return nodes.Text(with_minus(_quoted_number(node, numbers, verdicts)))
    worst = _worst(node, verdicts)
    return _link(app, docname, "book/reference/claims", node["target"], render.verdict_mark(worst["verdict"], word=True))


def _quoted_number(node: quote, numbers: dict[str, dict], verdicts: dict[str, list[dict]]) -> str:
    role, target = node["role"], node["target"]
    if role in ("num", "interval"):
        found = numbers.get(target)
        if found is None:
            raise ExtensionError(f"{node['where']}: no notebook publishes a number {target!r}")
        if role == "num":
            return f"{found['value']:,.{found['digits']}f}"
        if found["lo"] is None:
            raise ExtensionError(f"{node['where']}: number {target!r} has no interval")
        return f"{found['lo']:,.{found['digits']}f} to {found['hi']:,.{found['digits']}f}"
    # The role, printed or computed, is the name of the value.
    worst = _worst(node, verdicts)
    return looks.printed_text(worst[role], worst["decimals"], worst["kind"], "exact")


def _worst(node: quote, verdicts: dict[str, list[dict]]) -> dict:
    """The most serious verdict on the claim that is quoted."""
    found = verdicts.get(node["target"])
    if not found:
        raise ExtensionError(f"{node['where']}: no notebook checks a claim {node['target']!r}")
    return max(found, key=lambda record: _severity(record["verdict"]))


def _severity(verdict: str) -> int:
    return ("not testable", "reproduces", "rounding", "differs").index(verdict)


def _link(app, fromdoc: str, todoc: str, anchor: str, *content: nodes.Node) -> nodes.Node:
    uri = app.builder.get_relative_uri(fromdoc, todoc)
    return nodes.reference("", "", *content, internal=True, refuri=f"{uri}#{anchor}" if anchor else uri)


def listed(items: list[nodes.Node], separator: str) -> list[nodes.Node]:
    """Return the items with a separator between each two."""
    return [node for item in items for node in (nodes.Text(separator), item)][1:]


def _table(columns: list[str | list[nodes.Node]], rows: list[tuple[str, list]], classes: list[str]) -> nodes.Node:
    """A table without caption; each row is (id, cells), each cell and each head a string or a list of inline nodes."""
    table = nodes.table(classes=["zr-table", *classes])
    group = nodes.tgroup(cols=len(columns))
    group += [nodes.colspec(colwidth=1, **({"stub": 1} if i == 0 else {})) for i in range(len(columns))]

    def row(cells):
        result = nodes.row()
        for cell in cells:
            content = [nodes.Text(cell)] if isinstance(cell, str) else cell
            result += nodes.entry("", nodes.paragraph("", "", *content))
        return result

    head, body = nodes.thead("", row(columns)), nodes.tbody()
    for row_id, cells in rows:
        line = row(cells)
        if row_id:
            line["ids"] = [row_id]
        body += line
    group += [head, body]
    table += group
    return nodes.container("", table, classes=["zr-table-box"])


def _verdict_counts(domain, docname: str) -> Counter:
    """Claims of a page by verdict: each counts once, with the most serious verdict of its bases."""
    worst: dict[str, str] = {}
    for page, record in domain.records("verdict"):
        if page == docname:
            worst[record["id"]] = max(worst.get(record["id"], "not testable"), record["verdict"], key=_severity)
    return Counter(worst.values())


def scoreboard(app, domain, docname, argument) -> nodes.Node:
    """Verdicts by chapter, with a dash where the report's printed numbers were not available."""
    rows = []
    for page in (page for page, content in sorted(domain.data["pages"].items()) if content["cells"]):
        count = _verdict_counts(domain, page)
        title = nodes.Text(app.env.titles[page].astext())
        numbers = [count.total(), *(count[verdict] for verdict in looks.VERDICTS)]
        rows.append(("", [[_link(app, docname, page, "", title)], *(str(number) if count else "–" for number in numbers)]))
    return _table(["Chapter", "Printed numbers", *([render.verdict_mark(verdict, word=True)] for verdict in looks.VERDICTS)], rows, ["zr-numbers"])


def verdicts_here(app, domain, docname, argument) -> nodes.Node:
    """One line for the summary box of a chapter: how many printed numbers were checked, and how they fared."""
    count = _verdict_counts(domain, docname)
    if not count:
        text = "No verdicts: the printed numbers of this report were not available."
        return nodes.paragraph("", text, classes=["zr-verdicts"])
    found = [x for verdict in looks.VERDICTS if count[verdict] for x in (nodes.Text(f" · {count[verdict]} "), render.verdict_mark(verdict, word=True))]
    total = _link(app, docname, "book/reference/claims", "", nodes.Text(f"{count.total()} printed numbers checked"))
    return nodes.paragraph("", "", total, *found, classes=["zr-verdicts"])


def ledger(app, domain, docname, argument) -> nodes.Node:
    """Every claim with its verdict on each basis, in the order of the printed pages."""
    rows, seen = [], set()
    for page, record in sorted(domain.records("verdict"), key=lambda x: (x[1]["id"].split("-")[0], x[1]["page"] or 0)):
        link = _link(app, docname, page, record["anchor"], render.verdict_mark(record["verdict"], word=True))
        printed, computed = _texts(record)
        rows.append((None if record["id"] in seen else record["id"], [
            [nodes.Text(f"{record['claim']} "), nodes.literal("", record["id"])],
            _place(record),
            f"{printed} ({record['unit']})",
            computed,
            record["kind"],
            record["basis"],
            [link],
            with_minus(record["note"]),
        ]))
        seen.add(record["id"])
    return _table(["Claim", "Page", "Printed", "Computed", "Kind", "Basis", "Verdict", "Note"], rows, ["zr-filter", "zr-ledger"])


def _texts(record: dict) -> tuple[str, str]:
    """Printed and computed value as the page shows them."""
    return (with_minus(looks.printed_text(record["printed"], record["decimals"], record["kind"], record["wording"])),
            with_minus(looks.computed_text(record["computed"], record["decimals"], record["kind"])))


def _place(record: dict) -> str:
    if record["page"] is None:
        return record["place"]
    return str(record["page"]) if record["place"] == "text" else f"{record['page']}, {record['place']}"


def errata(app, domain, docname, argument) -> nodes.Node:
    """Every claim that differs: both values, how the printed one comes about, and what follows."""
    wrong: dict[str, list] = {}
    for page, record in domain.records("verdict"):
        if record["verdict"] == "differs":
            wrong.setdefault(record["id"], []).append((page, record))
    result = nodes.container(classes=["zr-errata"])
    for claim_id, found in wrong.items():
        record = found[0][1]
        result += nodes.paragraph("", "", nodes.strong("", record["claim"]), nodes.Text(" "), nodes.literal("", claim_id))
        fields = nodes.field_list()
        entries = [("Printed", f"{_texts(record)[0]} ({record['unit']}), page {_place(record)}")]
        entries += [(f"Computed, {r['basis']} basis", f"{_texts(r)[1]} ({r['unit']})") for _, r in found]
        entries += [("How the printed number comes about", record["mechanism"]),
                    ("What the corrected number does", record["consequence"])]
        for label, text in entries:
            fields += nodes.field("", nodes.field_name("", label), nodes.field_body("", nodes.paragraph("", with_minus(text))))
        result += fields
        result += nodes.paragraph("", "", _link(app, docname, found[0][0], record["anchor"], nodes.Text("Where it was computed")))
    return result


def figure_from(app, domain, docname, argument) -> nodes.Node:
    """A figure of another page, with its caption as a link to the place where it is made."""
    found = [(page, record) for page, record in domain.records("figure") if record["id"] == argument]
    if not found:
        raise ExtensionError(f"{docname}: no notebook publishes a figure {argument!r}")
    page, record = found[0]
    result = nodes.container(classes=["zr-figure"])
    for image in render.image_nodes(record["images"], record["alt"]):
        # What Sphinx's image collector would have set, had the page been read with the image in it.
        image["uri"] = image["uri"].lstrip("/")
        image["candidates"] = {"*": image["uri"]}
        result += image
    result += render.values_nodes(record)
    result += nodes.paragraph("", "", _link(app, docname, page, argument, nodes.Text(record["caption"])), classes=["zr-source"])
    return result


def execution_status(app, domain, docname, argument) -> nodes.Node:
    """Cells, warnings and inputs of every executed page."""
    rows = []
    for page, content in sorted(domain.data["pages"].items()):
        if content["cells"]:
            tables = {r["path"]: r for r in content["records"] if r["type"] == "input"}
            python = {r["python"] for r in tables.values()}
            listed = ", ".join(f"{path} ({record['sha256'][:8]})" for path, record in sorted(tables.items()))
            rows.append(("", [[_link(app, docname, page, "", nodes.Text(app.env.titles[page].astext()))],
                              str(content["cells"]), str(content["warnings"]), ", ".join(sorted(python)), listed]))
    return _table(["Page", "Code cells", "Warnings", "Python", "Inputs (start of SHA-256)"], rows, [])


def package_versions(app, domain, docname, argument) -> nodes.Node:
    """Versions of the packages that the analysis rests on."""
    versions = inputs.locked_versions()
    wanted = ("jupyter-book", "matplotlib", "myst-nb", "numpy", "pandas", "scipy", "seaborn", "sphinx", "statsmodels")
    return _table(["Package", "Version"], [("", [name, versions[name]]) for name in wanted], [])


def data_catalogue(app, domain, docname, argument) -> nodes.Node:
    """Every table with its title, source, status and users, after a list of them by topic."""
    from zhejiang import catalog  # with pandas, as below: few builds write these pages

    users: dict[str, set[str]] = {}
    for page, record in domain.records("input"):
        users.setdefault(record["path"], set()).add(page)
    index, result = nodes.bullet_list(), nodes.container()
    for topic, tables in itertools.groupby(catalog.sidecars().items(), lambda table: table[0].split("/")[0]):
        links = []
        for name, sidecar in tables:
            anchor = nodes.make_id(f"table-{name}")
            links.append(nodes.reference("", name.removeprefix(f"{topic}/"), internal=True, refuri=f"#{anchor}"))
            result += _catalogue_entry(app, docname, name, sidecar, anchor, users.get(f"data/{name}.csv", set()))
        index += nodes.list_item("", nodes.paragraph("", "", nodes.strong("", topic), nodes.Text(": "), *listed(links, " · ")))
    return nodes.container("", index, result)


def _catalogue_entry(app, docname: str, name: str, sidecar: dict, anchor: str, users: set[str]) -> list[nodes.Node]:
    """One table of the catalogue: heading, what its sidecar says, columns."""
    heading = nodes.paragraph("", "", nodes.strong("", sidecar["title"]["en"]), nodes.Text(f" {sidecar['title']['zh']} "),
                              nodes.literal("", f"data/{name}.csv"), ids=[anchor], classes=["zr-entry"])
    sources = nodes.bullet_list()
    for source in sidecar["sources"]:
        where = source["where"]
        place = nodes.reference("", where, refuri=where) if re.fullmatch(r"https?://\S+", where) else nodes.Text(where)
        sources += nodes.list_item("", nodes.paragraph("", "", nodes.Text(f"{source['publisher']}, {source['title']} ({source['edition']}), "),
                                                       place, nodes.Text(f", quality {source['quality']}")))
    content = [("Sources", sources), ("Status", nodes.paragraph("", f"{sidecar['status']}: {sidecar['status_note']}")),
               ("Rows", nodes.paragraph("", str(sidecar["rows"]))), ("Licence", nodes.paragraph("", sidecar["licence"]))]
    if sidecar.get("note"):
        content.insert(1, ("Note", nodes.paragraph("", sidecar["note"])))
    if users:
        used = [_link(app, docname, page, "", nodes.Text(app.env.titles[page].astext())) for page in sorted(users)]
        content.append(("Used by", nodes.paragraph("", "", *listed(used, ", "))))
    fields = nodes.field_list("", *(nodes.field("", nodes.field_name("", label), nodes.field_body("", body)) for label, body in content))
    # Columns that differ in their number only, such as the sectors of an input-output table, are one line.
    same = [list(group) for _, group in itertools.groupby(sidecar["columns"], lambda c: (c["unit"], c["description"]))]
    columns = _table(["Column", "Unit", "Meaning"],
                     [("", [[nodes.literal("", " to ".join(dict.fromkeys((group[0]["name"], group[-1]["name"]))))],
                            group[0]["unit"] or "–", group[0]["description"]]) for group in same], [])
    return [heading, fields, columns]


def terms(app, domain, docname, argument) -> nodes.Node:
    """The term table: English, Chinese, symbol, definition, unit."""
    from zhejiang import data

    frame = data.load("terms/terms")
    rows = [(f"term-{row.id}", [row.en, row.zh, row.symbol, row.definition, row.unit]) for row in frame.itertuples()]
    return _table(["English", "Chinese", "Symbol", "Definition", "Unit"], rows, ["zr-filter"])


GENERATED = {
    "scoreboard": scoreboard,
    "verdicts-here": verdicts_here,
    "ledger": ledger,
    "errata": errata,
    "execution-status": execution_status,
    "package-versions": package_versions,
    "data-catalogue": data_catalogue,
    "terms": terms,
    "figure-from": figure_from,
}


def add_generated(app: Sphinx, makers: dict[str, Callable]) -> None:
    """Add directives by name whose tables are made from the records of all pages.

    A second build in the same process finds those of the first, so that they are set again.
    """
    GENERATED.update(makers)
    for name in makers:
        app.add_directive(name, GeneratedDirective, override=True)


def configure(app: Sphinx, config) -> None:
    """Set what depends on data, on the last commit and on the repository's address."""
    config.zhejiang_inputs = freshness.inputs_fingerprint(Path(app.srcdir))
    freshness.isolate_kernels(Path(app.srcdir))
    # `make book` writes its pages elsewhere than `jupyter-book build .`; both share the executed notebooks.
    config.nb_execution_cache_path = str(freshness.cache_folder(Path(app.srcdir)))
    commit = subprocess.run(["git", "log", "-1", "--format=%ct %cs"], cwd=app.srcdir, capture_output=True, text=True, encoding="utf-8")
    if commit.returncode == 0:
        seconds, date = commit.stdout.split()
        os.environ["SOURCE_DATE_EPOCH"] = seconds
        config.html_last_updated_fmt = date
    cff = citation.read_cff((Path(app.srcdir) / "CITATION.cff").read_text(encoding="utf-8"))
    config.html_baseurl = cff.get("url", "")
    if "repository-code" in cff:
        config.html_theme_options = {**config.html_theme_options, **REPOSITORY_OPTIONS, "repository_url": cff["repository-code"]}
    config.zhejiang_colab = colab.address(cff)


def drop_stale(app: Sphinx) -> None:
    """Forget executed notebooks that are out of date, before any page is read."""
    freshness.drop_stale(Path(app.srcdir))


def add_notebook_button(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Offer the executed notebook in the page's download menu."""
    page = app.env.get_domain("zhejiang").data["pages"].get(pagename)
    if not page or not page["cells"]:
        return
    for button in context.get("header_buttons", []):
        if button.get("label") == "download-buttons":
            button["buttons"].insert(0, {
                "type": "link",
                "url": f"{context['pathto']('notebooks', 1)}/{Path(pagename).name}.ipynb",
                "text": ".ipynb",
                "icon": "fas fa-code",
                "tooltip": "Download the executed notebook",
                "label": "download-notebook-button",
            })


def add_colab_button(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Offer Colab in the launch menu, beside Binder, where it can fetch the notebook."""
    page = app.env.get_domain("zhejiang").data["pages"].get(pagename)
    if not page or not page["cells"] or not app.config.zhejiang_colab:
        return
    for button in context.get("header_buttons", []):
        if button.get("label") == "launch-buttons":
            button["buttons"].append({
                "type": "link",
                "url": f"{app.config.zhejiang_colab}/{Path(pagename).name}.ipynb",
                "text": "Colab",
                "icon": "_static/images/logo_colab.png",
                "tooltip": "Launch on Colab",
            })


def publish(app: Sphinx, exception: Exception | None) -> None:
    """Write `results.json` and the executed notebooks beside the pages."""
    if exception or app.builder.name != "html":
        return
    domain = app.env.get_domain("zhejiang")
    outdir = Path(app.outdir)

    def address(docname):
        return app.builder.get_target_uri(docname)

    results = {
        "schema": 1,
        "version": zhejiang.__version__,
        "results": [
            {"id": r["id"], "value": r["value"], "lo": r["lo"], "hi": r["hi"], "unit": r["unit"],
             "page": address(page), "anchor": r["id"], "label": r["label"], "kind": r["kind"]}
            for page, r in domain.records("number")
        ],
        "claims": [
            {"id": r["id"], "printed": r["printed"], "computed": r["computed"], "basis": r["basis"],
             "verdict": r["verdict"], "page": address(page), "anchor": r["anchor"]}
            for page, r in domain.records("verdict")
        ],
    }
    (outdir / "results.json").write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    folder = outdir / "notebooks"
    folder.mkdir(exist_ok=True)
    remove_leftovers(app, domain)
    cache = freshness.open_cache(Path(app.srcdir))
    for docname in sorted(domain.changed & set(domain.data["pages"])):
        if domain.data["pages"][docname]["cells"]:
            executed = freshness.executed_notebook(cache, Path(app.env.doc2path(docname)))
            nbformat.write(executed, folder / f"{Path(docname).name}.ipynb")
            if app.config.zhejiang_colab:
                cell = nbformat.v4.new_code_cell(colab.bootstrap(app.config.html_theme_options["repository_url"], zhejiang.__version__), id="colab")
                executed.cells.insert(0, cell)
                (folder / "colab").mkdir(exist_ok=True)
                nbformat.write(executed, folder / "colab" / f"{Path(docname).name}.ipynb")


def remove_leftovers(app: Sphinx, domain: ZhejiangDomain) -> None:
    """Remove pages, notebooks and images of earlier builds that the book no longer has."""
    outdir = Path(app.outdir)
    pages = {Path(app.builder.get_outfilename(docname)) for docname in app.env.found_docs}
    names = {f"{Path(docname).name}.ipynb" for docname, page in domain.data["pages"].items() if page["cells"]}
    notebooks = {outdir / "notebooks" / name for name in names}
    if app.config.zhejiang_colab:
        notebooks |= {outdir / "notebooks" / "colab" / name for name in names}
    images = {outdir / "_images" / name for _, name in app.env.images.values()}
    folders = [path for path in outdir.iterdir() if path.is_dir() and not path.name.startswith("_") and path.name not in WRITTEN_ELSEWHERE]
    found = [path for folder in folders for path in folder.rglob("*")]
    for path in [*found, *(outdir / "_images").glob("*")]:
        if path.is_file() and path not in pages | notebooks | images:
            path.unlink()


def _visit_records(self, node):
    for record in node["records"]:
        if record["type"] == "number":
            self.body.append(f'<span class="zr-anchor" id="{record["id"]}"></span>')
    raise nodes.SkipNode


def _visit_numbers(self, node):
    # Sorted, since a notebook from the cache has its keys in another order; "</script>" in a name would end the element.
    numbers = json.dumps(node["payload"], ensure_ascii=False, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c")
    self.body.append(f'<script type="application/json">{numbers}</script>\n')
    raise nodes.SkipNode


def _visit_mark(self, node):
    kind = node["verdict"].replace(" ", "-")
    hidden = "" if node["word"] else ' class="visually-hidden"'
    self.body.append(f'<span class="zr-mark zr-{kind}" title="{node["verdict"]}"><span aria-hidden="true">'
                     f'{node["symbol"]}</span> <span{hidden}>')


def _depart_mark(self, node):
    self.body.append("</span></span>")


def _visit_entry(self, node):
    """Write a cell; heads get the scope that docutils leaves out."""
    group = node.parent.parent.parent
    attributes = {}
    if isinstance(node.parent.parent, nodes.thead):
        attributes = {"scope": "col", "class": "head"}
    elif group.stubs[node.parent.column]:
        attributes = {"scope": "row", "class": "stub"}
    for name, attribute in (("morerows", "rowspan"), ("morecols", "colspan")):
        if name in node:
            attributes[attribute] = node[name] + 1
    tag = "th" if "scope" in attributes else "td"
    node.parent.column += 1 + node.get("morecols", 0)
    self.body.append(self.starttag(node, tag, "", **attributes))
    self.context.append(f"</{tag}>\n")


def _depart_entry(self, node):
    self.body.append(self.context.pop())


def setup(app: Sphinx) -> dict:
    app.add_config_value("zhejiang_inputs", "", "env")
    app.add_config_value("zhejiang_colab", "", "html")
    app.add_domain(ZhejiangDomain)
    app.add_node(render.records, html=(_visit_records, None))
    app.add_node(render.numbers, html=(_visit_numbers, None))
    app.add_node(render.mark, html=(_visit_mark, _depart_mark))
    app.add_node(quote)
    app.add_node(generated_table)
    app.add_node(nodes.entry, override=True, html=(_visit_entry, _depart_entry))
    for role in ROLES:
        app.add_role(role, QuoteRole())
    add_generated(app, GENERATED)
    app.connect("config-inited", configure)
    app.connect("builder-inited", drop_stale)
    app.connect("env-updated", check_records)
    # After Sphinx has numbered sections, tables and figures.
    app.connect("env-get-updated", pages_to_write, priority=600)
    app.connect("env-check-consistency", number_by_report)
    app.connect("write-started", remove_style)
    app.connect("doctree-resolved", fill_in)
    app.connect("html-page-context", add_notebook_button, priority=600)
    app.connect("html-page-context", add_colab_button, priority=600)
    app.connect("build-finished", publish)
    app.connect("build-finished", note_written, priority=950)
    return {"version": zhejiang.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
