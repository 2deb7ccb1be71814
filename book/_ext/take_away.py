"""Write the files that readers take away, link them below tables and figures, and list them.

Everything happens in the HTML build, after the pages are written: the folder `downloads`, `exhibits.json` and the archive are the same
whoever calls Sphinx. Other builders show no links.
"""

from __future__ import annotations

import datetime
import json
import os
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import zhejiang_book
from citation_records import sources
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

import zhejiang
from zhejiang import citation, png, render, take_away

# Files of the repository that the archive holds.
REPOSITORY_FILES = {"CITATION.cff": "How to cite the book", "LICENSE": "Licence of the code", "LICENSE-DATA": "Licences of prose, figures and data"}
NO_SOURCE = "the printed report; computed values from the chapter's notebook"


def exhibits(env) -> list[dict]:
    """Return every table and figure in the order of the pages: page, record, kind and number."""
    return [
        {"docname": docname, "record": record, "kind": record["type"], "number": number(env, docname, record)}
        for docname, page in sorted(env.get_domain("zhejiang").data["pages"].items())
        for record in page["records"] if record["type"] in take_away.FORMATS
    ]


def number(env, docname: str, record: dict) -> str:
    """Return the number that the page shows, such as ``Table 1.3``."""
    parts = env.toc_fignumbers[docname][record["type"]][record["id"]]
    return f"{record['type'].capitalize()} {'.'.join(map(str, parts))}"


def files(record: dict) -> dict[str, str]:
    """Return the address of each file of a table or figure, relative to the book, by what readers call its format."""
    return {name: f"{take_away.FOLDER}/{record['id']}.{ending}" for ending, name in take_away.FORMATS[record["type"]].items()}


def archive_address() -> str:
    return f"{take_away.FOLDER}/zhejiang-recomputed-{zhejiang.__version__}.zip"


def show_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the links where the records left room for them; in other builders, take the room away."""
    records = {record["id"]: record for record in app.env.get_domain("zhejiang").data["pages"].get(docname, {}).get("records", ())
               if record["type"] in take_away.FORMATS}
    for node in list(doctree.findall(render.downloads)):
        if app.builder.name == "html":
            record = records[node["target"]]
            # An em space, since it stays behind where the line breaks.
            node.replace_self([nodes.Text("\u2003"), links(app, docname, record, number(app.env, docname, record))])
        else:
            paragraph = node.parent
            paragraph.remove(node)
            if not paragraph.children:
                paragraph.parent.remove(paragraph)


def links(app: Sphinx, docname: str, record: dict, name: str) -> nodes.raw:
    """Return links to the files of a table or figure, each with a name that a screen reader can tell from the others."""
    anchors = " · ".join(
        f'<a href="{relative_uri(app.builder.get_target_uri(docname), path)}" download aria-label="Download {name} as {label}">{label}</a>'
        for label, path in files(record).items())
    return nodes.raw("", f'<span class="zr-downloads">{anchors}</span>', format="html")


def exhibit_list(app: Sphinx, domain, docname: str, argument: str) -> nodes.Node:
    """Every table and figure: number, caption, page, code cell and, beside the pages, files."""
    columns, rows = ["Number", "Caption", "Page", "Code cell"], []
    if app.builder.name == "html":
        columns.append("Files")
    for found in exhibits(app.env):
        record, page = found["record"], found["docname"]
        caption = zhejiang_book._link(app, docname, page, record["id"], nodes.Text(record["caption"]))
        cells = [found["number"], [caption], app.env.titles[page].astext(), str(record["cell"]), [links(app, docname, record, found["number"])]]
        rows.append(("", cells[:len(columns)]))
    return zhejiang_book._table(columns, rows, ["zr-filter", "zr-exhibits"])


def archive_link(app: Sphinx, domain, docname: str, argument: str) -> nodes.Node:
    """A paragraph that offers the archive and says what is in it."""
    found = exhibits(app.env)
    counts = {kind: sum(entry["kind"] == kind for entry in found) for kind in take_away.FORMATS}
    notebooks = sum(page["cells"] > 0 for page in domain.data["pages"].values())
    text = (f"{counts['table']} tables as CSV, XLSX and LaTeX, {counts['figure']} figures as SVG, PNG and data, {notebooks} executed notebooks,"
            " every number as JSON.")
    if app.builder.name != "html":
        return nodes.paragraph("", f"One archive, beside the HTML pages, holds {text}")
    address = relative_uri(app.builder.get_target_uri(docname), archive_address())
    anchor = nodes.raw("", f'<a href="{address}" download>One archive of all of it</a>', format="html")
    return nodes.paragraph("", "", anchor, nodes.Text(f": {text}"))


def publish(app: Sphinx, exception: Exception | None) -> None:
    """Write the files of every table and figure, `exhibits.json` and the archive; remove files that the book no longer has."""
    if exception or app.builder.name != "html":
        return
    outdir = Path(app.outdir)
    folder = outdir / take_away.FOLDER
    folder.mkdir(exist_ok=True)
    cff, _ = sources(Path(app.srcdir))
    date = datetime.datetime.fromisoformat(cff["date-released"])
    found = exhibits(app.env)
    domain = app.env.get_domain("zhejiang")
    cited = {page: citation.gbt7714(citation.part(cff, page, app.env.titles[page].astext()))
             for page in {entry["docname"] for entry in found} & domain.changed}
    written: dict[str, bytes] = {}
    for entry in found:
        record, page = entry["record"], entry["docname"]
        if page not in domain.changed:
            written |= {Path(address).name: (outdir / address).read_bytes() for address in files(record).values()}
            continue
        address = f"{citation.page_address(cff, page)}#{record['id']}"
        about = take_away.About(record["id"], entry["number"], record["caption"], record["source"] or NO_SOURCE, zhejiang.__version__,
                                address, cited[page])
        name = f"{record['id']}."
        if entry["kind"] == "table":
            made = {f"{name}csv": take_away.table_csv(record, about), f"{name}xlsx": take_away.table_xlsx(record, about, date),
                    f"{name}tex": take_away.table_tex(record, about)}
        else:
            svg = (outdir / "_images" / Path(record["images"]["light"]).name).read_text(encoding="utf-8")
            picture = rendered(domain.pictures[f"{name}png"], svg) if f"{name}png" in domain.pictures else (folder / f"{name}png").read_bytes()
            made = {f"{name}csv": take_away.figure_csv(record, about), f"{name}svg": take_away.figure_svg(svg, about, record["alt"]).encode(),
                    f"{name}png": picture}
        for address, content in made.items():
            (folder / address).write_bytes(content)
        written |= made
    index = [{"id": entry["record"]["id"], "kind": entry["kind"], "number": entry["number"], "caption": entry["record"]["caption"],
              "page": app.builder.get_target_uri(entry["docname"]), "anchor": entry["record"]["id"], "cell": entry["record"]["cell"],
              "files": list(files(entry["record"]).values())} for entry in found]
    (outdir / "exhibits.json").write_text(json.dumps(index, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    write_archive(app, cff, date, found, written, outdir / archive_address())
    kept = {*written, Path(archive_address()).name}
    for path in folder.iterdir():
        if path.name not in kept:
            path.unlink()


def rendered(picture: Future, svg: str) -> bytes:
    """Return a PNG from another process, or from this one where none has begun with it."""
    return png.render(svg) if picture.cancel() else picture.result()


def open_pool(app: Sphinx) -> None:
    """Make room for PNGs to be rendered in other processes, while this one reads and writes the pages."""
    domain = app.env.get_domain("zhejiang")
    # Spawned, since Sphinx may have threads; no process starts where nothing is missing.
    domain.pool = ProcessPoolExecutor(max(1, os.cpu_count() - 1), mp_context=get_context("spawn"))
    domain.pictures = {}


def start_pictures(app: Sphinx, docnames: list[str]) -> None:
    """Have the PNGs of some pages rendered that the last build did not leave."""
    if app.builder.name != "html":
        return
    domain, folder = app.env.get_domain("zhejiang"), Path(app.outdir) / take_away.FOLDER
    for record in (record for docname, record in domain.records("figure") if docname in docnames):
        name, svg = f"{record['id']}.png", (Path(app.srcdir) / record["images"]["light"].lstrip("/")).read_text(encoding="utf-8")
        if name not in domain.pictures and not ((folder / name).exists() and png.is_of((folder / name).read_bytes(), svg)):
            domain.pictures[name] = domain.pool.submit(png.render, svg)


def close_pool(app: Sphinx, exception: Exception | None) -> None:
    app.env.get_domain("zhejiang").pool.shutdown(cancel_futures=True)


def write_archive(app: Sphinx, cff: dict, date: datetime.datetime, found: list[dict], written: dict[str, bytes], path: Path) -> None:
    """Write the archive, with a description for people and one for machines."""
    outdir = Path(app.outdir)
    members, described = {}, []

    def add(name, content, title, ids=()):
        members[name] = content
        described.append(citation.CrateFile(name, title, take_away.media_type(name), tuple(ids)))

    for entry in found:
        record = entry["record"]
        for label, address in files(record).items():
            name = Path(address).name
            add(f"{entry['kind']}s/{name}", written[name], f"{entry['number']}. {record['caption']} ({label})", [record["id"]])
    domain = app.env.get_domain("zhejiang")
    for docname, page in sorted(domain.data["pages"].items()):
        if page["cells"]:
            name = f"notebooks/{Path(docname).name}.ipynb"
            add(name, (outdir / name).read_bytes(), f"{app.env.titles[docname].astext()}, executed notebook")
    add("results.json", (outdir / "results.json").read_bytes(), "Every number, interval and verdict of the book")
    for name, title in REPOSITORY_FILES.items():
        add(name, (Path(app.srcdir) / name).read_bytes(), title)
    add("README.txt", take_away.readme(cff["title"], cff["version"], citation.gbt7714(citation.book(cff))).encode(), "What is in the archive")
    crate = json.dumps(citation.ro_crate(cff, described), ensure_ascii=False, indent=1) + "\n"
    take_away.archive(members | {"ro-crate-metadata.json": crate.encode()}, path, date)


def setup(app: Sphinx) -> dict:
    app.setup_extension("zhejiang_book")
    zhejiang_book.add_generated(app, {"exhibits": exhibit_list, "take-away": archive_link})
    app.connect("doctree-resolved", show_links)
    app.connect("builder-inited", open_pool)
    app.connect("doctree-read", lambda app, doctree: start_pictures(app, [app.env.docname]))
    # Those that are missing although their page was not read.
    app.connect("write-started", lambda app, builder: start_pictures(app, list(app.env.found_docs)))
    app.connect("build-finished", close_pool, priority=650)
    # After results.json and the notebooks, which the archive holds.
    app.connect("build-finished", publish, priority=600)
    return {"version": zhejiang.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
