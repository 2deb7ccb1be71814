"""Regions by name, and their pages one at a time and on a cluster."""

import json
import os
import signal
import sys
import threading

import numpy as np
import pandas as pd
import pytest
from conftest import copy_sources, succeeded
from distributed import Client

from zhejiang import ROOT, region_pages, regions
from zhejiang.input_output.uncertainty import CHUNK, CoefficientErrors, simulate_linkages
from zhejiang.regions import RegionError, find
from zhejiang.size_distribution import bootstrap, fit_grouped
from zhejiang.trends import drift


def named(name: str) -> list[str]:
    return [region.zh for region in find(name)]


@pytest.mark.parametrize(("name", "zh"), [
    ("Guangdong", ["广东"]), ("guangdong province", ["广东"]), ("广东省", ["广东"]), ("440000", ["广东"]), ("Inner Mongolia", ["内蒙古"]), ("内蒙古自治区", ["内蒙古"]),
    ("Xi'an", ["西安市"]), ("xian", ["西安市"]), ("Urumqi", ["乌鲁木齐市"]), ("宁波", ["宁波市"]), ("320500", ["苏州市"]), ("宿州市", ["宿州市"]),
    ("Jilin", ["吉林", "吉林市"]), ("Shanghai", ["上海", "上海市"]), ("Suzhou", ["苏州市", "宿州市"]),
])
def test_names(name, zh):
    assert named(name) == zh


@pytest.mark.parametrize(("name", "near"), [("Guandong", "Guangdong 广东"), ("Suzhuo", "Suzhou 苏州市 (江苏省)"), ("苏洲", "Suzhou 苏州市 (江苏省)")])
def test_unknown_name_lists_near_ones(name, near):
    with pytest.raises(RegionError, match=f"no region '{name}': expected a province or a prefecture-level city; near: .*") as refusal:
        find(name)
    assert near in str(refusal.value)


def test_a_name_like_no_other():
    with pytest.raises(RegionError, match="^no region 'Q': expected a province or a prefecture-level city$"):
        find("Q")


@pytest.mark.parametrize(("name", "year", "message"), [
    ("Zhejiang", 1997, "expected a year from 1998 to 2010"), ("Yangquan", 2005, "no services share or no reported population"),
    ("Ningbo", 1999, r"years that have both: \[2000, "), ("Ningbo", 2015, "no figures of countries for that year"),
])
def test_years_without_data(name, year, message):
    with pytest.raises(RegionError, match=message):
        regions.analysed(find(name)[0], year)


def test_zhejiang_and_ningbo_are_those_of_the_chapters(results):
    """Chapters 1 and 3 publish these numbers, which R computes too."""
    published = {result["id"]: result for result in results["results"]}
    for region, pairs in (
        ("Zhejiang", {"slope-1998": "ch01-trend-slope-1998", "rank-1998": "ch01-trend-rank-1998", "slope-1998-changes": "ch01-trend-slope-1998-changes",
                      "rank-2001": "ch01-trend-rank-2001", "rank-2001-changes": "ch01-trend-rank-2001-changes"}),
        ("Ningbo", {"from-countries": "ch03-lag-countries-2005", "from-cities": "ch03-lag-cities-2005"}),
    ):
        numbers = regions.analysed(find(region)[0], 2005).numbers
        for ours, theirs in pairs.items():
            for end in ("value", "lo", "hi"):
                assert numbers.loc[ours, end] == pytest.approx(published[theirs][end], rel=1e-12), (ours, end)


def test_ratios_and_slopes_of_all_provinces_are_those_of_r():
    reference = json.loads((ROOT / "tests" / "reference" / "provinces.json").read_text(encoding="utf-8"))["values"]
    panel = regions.export_dependence()["census2018_revised"]
    ours = {f"ratio.{year}.{name}": value for (year, name), value in panel.stack().items()}
    ours |= {f"levels.{name}": slope for name, slope in regions.slopes(panel)["slope"].items()}
    ours |= {f"changes.{name}": drift(panel[name]).estimate for name in panel}
    assert ours == pytest.approx(reference, rel=1e-10)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_sources(tmp_path_factory.mktemp("regions") / "project")


def test_page_of_a_province_and_of_a_city(project):
    done = succeeded(project.run(sys.executable, "-m", "zhejiang", "region", REGION="Guangdong"))
    assert done.stdout == "Guangdong 广东: open _build/regions/province-440000-2005/index.html\n"
    done = succeeded(project.run(sys.executable, "-m", "zhejiang", "region", REGION="Suzhou"))
    assert "Not meant: Suzhou 宿州市 (安徽省). Say REGION=宿州市 for it." in done.stdout
    for name, figures in (("province-440000-2005", {"levels", "changes", "peers"}), ("city-320500-2005", {"levels", "yardsticks"})):
        folder = project.root / "_build" / "regions" / name
        assert {path.name for path in folder.iterdir()} == {"index.html", "numbers.json", *(f"region-fig-{figure}.svg" for figure in figures)}
        page = (folder / "index.html").read_text(encoding="utf-8")
        assert "src=\"http" not in page and "<script" not in page
        numbers = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))["numbers"]
        assert all(f"<td>{abs(number['value']):,.{number['digits']}f}" in page.replace("−", "") for number in numbers)


def test_command_says_what_is_wrong(project):
    done = project.run(sys.executable, "-m", "zhejiang", "region", REGION="Guandong")
    assert done.returncode == 1 and "no region 'Guandong'" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(("settings", "message"), [
    ({"REGION": ""}, "no region ''"), ({"REGION": "Zhejiang", "YEAR": "1990"}, "expected a year from 1998 to 2010"), ({"REGION": "Zhejiang", "YEAR": "soon"}, "'soon'"),
])
def test_what_the_command_says_of_other_settings(settings, message, monkeypatch, capsys):
    """What it calls, without a new process each time."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert region_pages.make_region() == 1 and message in capsys.readouterr().err


FEW = ["Zhejiang", "Hainan", "宁波市", "苏州市", "上海市", "温州市"]


@pytest.fixture(scope="module")
def serial():
    return {region: region_pages.contents(region, 2005) for name in FEW for region in find(name)}


@pytest.fixture(scope="module")
def client():
    """A cluster of two workers."""
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        yield client


def test_a_cluster_gives_the_same_after_a_worker_was_killed(serial, client, tmp_path, monkeypatch, capsys):
    """Then nothing is left to do, and one page that is gone is made again alone."""
    monkeypatch.setattr(region_pages, "PAGES", tmp_path)
    worker = next(iter(client.run(os.getpid).values()))
    threading.Timer(3, os.kill, (worker, signal.SIGKILL)).start()
    assert region_pages.make(list(serial), 2005, client) == []
    for region, expected in serial.items():
        folder = region_pages.folder(region, 2005)
        assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == expected
    assert region_pages.make(list(serial), 2005, client) == []
    (region_pages.folder(next(iter(serial)), 2005) / region_pages.NUMBERS).unlink()
    capsys.readouterr()
    assert region_pages.make(list(serial), 2005, client) == []
    assert capsys.readouterr().out == "6 regions, 5 of them current\n1 of 1: Zhejiang 浙江\n"
    assert len(region_pages.summary(2005)) == len(serial)


@pytest.mark.parametrize("workers", [1, 2])
def test_simulations_do_not_depend_on_workers(client, workers):
    fit = fit_grouped("pareto", [1, 2, 5], [2, 5, np.inf], [60, 30, 10], 1)
    A = pd.DataFrame([[0.1, 0.3], [0.2, 0.1]], list("ab"), list("ab"))
    x = pd.Series([10.0, 20.0], list("ab"))

    def simulated(each):
        linkages = simulate_linkages(A, x, CoefficientErrors(0.1, 0.1, 0.1), draws=2 * CHUNK + 3, seed=1, each=each)
        return bootstrap(fit, "weibull", 7, np.random.default_rng(5), each=each), linkages.influence, linkages.sensitivity_ghosh

    client.wait_for_workers(2)  # one was killed
    some = client.get_executor(workers=list(client.nthreads())[:workers])
    for spread, alone in zip(simulated(some.map), simulated(map), strict=True):
        assert len(spread) in (7, 2 * CHUNK + 3)
        pd.testing.assert_frame_equal(spread, alone, check_exact=True)


SCRIPT = """
from distributed import Client
from zhejiang import region_pages, regions
if __name__ == "__main__":
    with Client(n_workers=1, threads_per_worker=1, dashboard_address=None) as client:
        print(region_pages.make([regions.find(name)[0] for name in ("宁波市", "苏州市", "Hainan")], 2005, client))
"""


def test_a_region_that_fails_is_named_and_the_rest_is_made(project):
    project.replace("book/_region/city.md", "regions.analysed(place, year)\n", "regions.analysed(place, year)\nif code == \"320500\": raise KeyError(\"broken\")\n")
    (project.root / "few.py").write_text(SCRIPT, encoding="utf-8")
    done = succeeded(project.run(sys.executable, "few.py", MPLBACKEND="agg"))
    assert "Suzhou 苏州市 (江苏省) failed: PapermillExecutionError" in done.stdout and "broken" in done.stdout
    made = {path.name for path in (project.root / "_build" / "regions").iterdir()}
    assert {"city-330200-2005", "province-460000-2005"} <= made
