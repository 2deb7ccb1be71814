"""Pages of regions: `make region` for one, `make regions` for all, from the notebooks in ``book/_region``.

papermill sets the parameters and runs the cells in the process that calls it, so that packages are imported once for all regions. Each region gets a
folder under ``_build/regions`` with its page, its figures and ``numbers.json``.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import jupytext
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import papermill
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from distributed import Client, as_completed
from nbconvert import HTMLExporter
from papermill.engines import Engine, papermill_engines
from traitlets.config import Config

from zhejiang import ROOT, data, regions, show
from zhejiang.regions import Analysis, Region, RegionError
from zhejiang.sources import fingerprint, files

TEMPLATES = ROOT / "book" / "_region"
PAGES = ROOT / "_build" / "regions"
NUMBERS = "numbers.json"
SHOWN = {"text/html", "text/markdown", "image/svg+xml"}  # what the template shows
YEAR = 2005  # where none is asked for: the end of the report's plan period


class InProcess(Engine):
    """Runs the cells of a notebook one after the other in this process, in a namespace of their own, up to the first that raises."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **settings):
        # No history: workers would write to one file. A module of its own: IPython would put one in the place of __main__, from which new processes start.
        shell = InteractiveShell.instance(user_module=ModuleType("region"), config=Config({"HistoryManager": {"enabled": False}}))
        shell.reset(new_session=True)
        for number, cell in enumerate(nb_man.nb.cells):
            if cell.cell_type != "code":
                continue
            nb_man.cell_start(cell, number)
            with capture_output() as captured:
                result = shell.run_cell(cell.source, store_history=True)
            cell.execution_count = result.execution_count
            cell.outputs = [nbformat.v4.new_output("display_data", output.data, metadata=output.metadata) for output in captured.outputs]
            if error := result.error_in_exec or result.error_before_exec:
                cell.outputs.append(nbformat.v4.new_output("error", ename=type(error).__name__, evalue=str(error), traceback=captured.stdout.splitlines()))
                nb_man.cell_exception(cell, number, exception=error)
                return
            nb_man.cell_complete(cell, number)


papermill_engines.register("in-process", InProcess)


def run(region: Region, year: int) -> nbformat.NotebookNode:
    """Return the executed notebook of a region.

    Raises
    ------
    RegionError
        There are no data for the region, or for the year.
    papermill.PapermillExecutionError
        A cell raised.
    """
    notebook = jupytext.read(TEMPLATES / f"{region.kind}.md")
    try:
        return papermill.execute_notebook(notebook, None, {"code": region.code, "year": year}, engine_name="in-process", kernel_name="python3", progress_bar=False)
    except papermill.PapermillExecutionError as error:
        if error.ename == RegionError.__name__:
            raise RegionError(error.evalue) from None
        raise


def records(notebook: nbformat.NotebookNode, kind: str) -> list[dict]:
    """Return the records of one type that an executed notebook publishes."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    published = [record for output in outputs for record in output.get("data", {}).get(data.RECORD, {}).get("records", [])]
    drawn = [output.metadata["image/svg+xml"]["zhejiang"] | {"svg": output.data["image/svg+xml"]} for output in outputs if "image/svg+xml" in output.get("data", {})]
    return [record for record in [*published, *drawn] if record["type"] == kind]


def contents(region: Region, year: int) -> dict[str, str]:
    """Return the files of a region by name: page, figures and numbers. Raises as `run` does."""
    notebook = run(region, year)
    found = {"region": vars(region), "year": year, "inputs": inputs(), "numbers": records(notebook, "number")}
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # else drawn at random
        if cell.cell_type == "code":
            # The others say which tables were read, which depends on what the process has read before.
            cell.outputs = [output for output in cell.outputs if SHOWN & output.data.keys()]
    page, _ = _exporter().from_notebook_node(notebook, resources={"metadata": {"name": str(region)}})
    return {"index.html": page, **{f"{record['id']}.svg": record["svg"] for record in records(notebook, "figure")},
            NUMBERS: json.dumps(found, ensure_ascii=False, indent=1) + "\n"}


@functools.cache
def _exporter() -> HTMLExporter:
    """The exporter, which reads its templates once in a process."""
    return HTMLExporter(template_file=str(TEMPLATES / "page.html.j2"), exclude_input=True, exclude_input_prompt=True, exclude_output_prompt=True)


def folder(region: Region, year: int) -> Path:
    """Where the page of a region goes."""
    return PAGES / f"{region.kind}-{region.code}-{year}"


def write(found: dict[str, str], target: Path) -> None:
    """Write the files of a region; the numbers come last, so that a folder that has them is whole."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, text in sorted(found.items(), key=lambda file: file[0] == NUMBERS):
        (target / name).write_text(text, encoding="utf-8", newline="\n")


@functools.cache
def inputs() -> str:
    """Return what pages are made from: data, templates, code and the packages' versions. Once in a process: nothing changes while pages are made."""
    read = [path for path in files() if data.DATA in path.parents or TEMPLATES in path.parents]
    return f"{fingerprint(read)}-{data.code_fingerprint()}"


def is_current(region: Region, year: int) -> bool:
    """Is the page of a region there, made from what is here now?"""
    try:
        return json.loads((folder(region, year) / NUMBERS).read_text(encoding="utf-8"))["inputs"] == inputs()
    except FileNotFoundError:
        return False


def make_region() -> int:
    """Write the pages of the regions that the environment variable REGION names, for the year that YEAR names; return 0, or 1 where that cannot be done."""
    try:
        year = int(os.environ.get("YEAR") or YEAR)
        for region in chosen(os.environ.get("REGION", "")):
            target = folder(region, year)
            write(contents(region, year), target)
            print(f"{region}: open {(target / 'index.html').relative_to(ROOT)}")
    except (RegionError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def chosen(name: str) -> Iterator[Region]:
    """Return the province and the city of a name; of cities that share it the one with the largest GDP, and say so."""
    found = regions.find(name)
    yield from (region for region in found if region.kind == "province")
    cities = [region for region in found if region.kind == "city"]
    if cities:
        panel = data.load("cities/panel")
        largest = panel[panel["city_zh"].isin([region.zh for region in cities])].groupby("city_zh")["gs_gdp_100m_yuan"].max().idxmax()
        for region in cities:
            if region.zh == largest:
                yield region
            else:
                print(f"Not meant: {region}. Say REGION={region.zh} for it.")


def make_regions() -> int:
    """Write the pages of all provinces, and of all cities with enough data in the year that YEAR names; return 0, or 1 if a region failed.

    The workers of a Dask cluster make them: one worker a core of this machine, or those of the scheduler whose address SCHEDULER names. They need this
    project in the same state.
    """
    try:
        year = int(os.environ.get("YEAR") or YEAR)
        wanted = regions.complete(year)
    except (RegionError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    with cluster(os.environ.get("SCHEDULER", "")) as client:
        failed = make(wanted, year, client)
    path = PAGES / f"regions-{year}.csv"
    table = summary(year)
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    print(f"{len(table)} regions in {path.relative_to(ROOT)}" + (f"; failed: {', '.join(map(str, failed))}" if failed else ""))
    return int(bool(failed))


def make(wanted: list[Region], year: int, client: Client) -> list[Region]:
    """Have the workers of a cluster make the pages that are not there or not current; print progress and return the regions that failed.

    The work of a worker that dies is done by another. Pages do not depend on the number of workers.
    """
    missing = [region for region in wanted if not is_current(region, year)]
    print(f"{len(wanted)} regions, {len(wanted) - len(missing)} of them current", flush=True)
    futures = {client.submit(contents, region, year, pure=False): region for region in missing}
    failed = []
    for number, future in enumerate(as_completed(futures), 1):
        region, fault = futures[future], ""
        if error := future.exception():
            fault = f"{type(error).__name__}: {str(error).strip().splitlines()[-1]}"
        elif json.loads((found := future.result())[NUMBERS])["inputs"] != inputs():
            fault = "the worker has other data, code or packages"
        else:
            write(found, folder(region, year))
        if fault:
            failed.append(region)
        print(f"{number} of {len(futures)}: {region}" + (f" failed: {fault}" if fault else ""), flush=True)
        future.release()
    return failed


def cluster(address: str) -> Client:
    """Return a client of the scheduler at an address such as ``tcp://10.0.0.1:8786``, or of a cluster on this machine if there is none."""
    if address:
        return Client(address)
    return Client(n_workers=os.cpu_count(), threads_per_worker=1, dashboard_address=None)


def summary(year: int) -> pd.DataFrame:
    """Return the numbers of all pages of a year as one table, a row a region."""
    found = {}
    for path in sorted(PAGES.glob(f"*-{year}/{NUMBERS}")):
        page = json.loads(path.read_text(encoding="utf-8"))
        ends = ("value", "lo", "hi")
        found[path.parent.name] = {**{name: page["region"][name] for name in ("kind", "code", "en", "zh")}, **{
            record["id"].removeprefix("region-") + ("" if end == "value" else f"-{end}"): record[end] for record in page["numbers"] for end in ends
            if record[end] is not None}}
    return pd.DataFrame(found).T


# What the notebooks show


def publish(found: Analysis) -> None:
    """Publish the numbers of a region."""
    for row in found.numbers.itertuples():
        ends = () if pd.isna(row.lo) else (row.lo, row.hi)
        show.number(f"region-{row.Index}", row.value, row.label, row.unit, row.digits, *ends, kind=row.kind)


def show_numbers(found: Analysis, caption: str, source: str) -> None:
    """Show the numbers of a region as a table."""
    def text(value, digits):
        return "–" if pd.isna(value) else f"{value:,.{digits}f}".replace("-", "−")

    rows = {row.label: {"Value": text(row.value, row.digits), "Low": text(row.lo, row.digits), "High": text(row.hi, row.digits), "Unit": row.unit}
            for row in found.numbers.itertuples()}
    show.table(pd.DataFrame(rows).T.rename_axis("Number"), id="region-tab-numbers", caption=caption, source=source, units={}, digits={})


def spans(levels: pd.DataFrame) -> str:
    """Say which years each vintage or source has."""
    names = {"gs": "from provincial yearbooks", "cy": "from the city yearbook", **regions.VINTAGES}
    parts = []
    for column, series in levels.items():
        years = series.dropna().index
        if len(years):
            missing = sorted(set(range(years.min(), years.max() + 1)) - set(years))
            parts.append(f"{names[column.removesuffix('_percent')]}: {years.min()} to {years.max()}" + (f" without {', '.join(map(str, missing))}" if missing else ""))
    return "; ".join(parts)


def stack(axis: plt.Axes, split: pd.DataFrame, parts: Mapping[str, tuple[str, str]]) -> None:
    """Draw contributions as bars, up and down from zero; `parts` gives label and colour by column."""
    up, down = np.zeros(len(split)), np.zeros(len(split))
    for name, (label, colour) in parts.items():
        height = split[name].to_numpy()
        axis.bar(split.index, height, bottom=np.where(height > 0, up, down), color=colour, width=0.75, label=label)
        up, down = up + np.maximum(height, 0), down + np.minimum(height, 0)
    axis.axhline(0, color=show.INK, lw=0.8)


def ranking(axis: plt.Axes, slopes: pd.DataFrame, unit: str) -> None:
    """Draw slopes with their intervals, the steepest on top, one unit marked."""
    shades = [show.ACCENT if name == unit else show.MUTED for name in slopes.index]
    axis.hlines(range(len(slopes)), slopes["lo"], slopes["hi"], colors=shades, lw=1.6)
    axis.scatter(slopes["slope"], range(len(slopes)), color=shades, s=18, zorder=3)
    axis.axvline(0, color=show.INK, lw=0.8)
    axis.set_yticks(range(len(slopes)), slopes.index, fontsize=8)
    axis.set(ylim=(len(slopes) - 0.3, -0.7))
    axis.grid(axis="y", visible=False)
