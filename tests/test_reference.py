"""The code and the book against results of another program (R), stored in tests/reference/."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from second_route import same_as

from zhejiang import claims, data, verification
from zhejiang.growth import annualised

FOLDER = Path(__file__).parent / "reference"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.R"))
GOODS = ["machinery_electronics_10k_usd", "garments_10k_usd", "textiles_10k_usd"]
# (start, end) of the growth rates of Table 1.
SPANS = [(2000, 2005), (2000, 2001), (2001, 2005)]
BLOCKS = ("values", "published")


def stored(name: str, folder: Path = FOLDER) -> dict:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def part(start: str) -> dict[str, float]:
    """The values of growth.R whose key begins with `start`, under the rest of the key."""
    found = {key.removeprefix(start): value for key, value in stored("growth")["values"].items() if key.startswith(start)}
    assert found, f"growth.json has no value {start!r}"
    return found


def same(reference: dict[str, float], relative: float = 1e-10):
    return pytest.approx(reference, rel=relative, abs=0)


@pytest.fixture(scope="module")
def table1() -> pd.DataFrame:
    return data.load("printed/01/table1_exports").set_index("year")


@pytest.fixture(scope="module")
def dollars(table1) -> dict[str, pd.Series]:
    """Exports of Zhejiang in 100 million USD, in both definitions."""
    by_origin = data.load("macro/zhejiang_exports").set_index("year")["exports_by_origin_10k_usd"]
    return {"trading firm": table1["exports_10k_usd"] / 1e4, "place of origin": by_origin / 1e4}


@pytest.fixture(scope="module")
def rates() -> dict[str, pd.Series]:
    """Yuan per US dollar."""
    table = data.load("macro/exchange_rates").set_index("year")
    return {"yearbook": table["yearbook_yuan_per_100_usd"] / 100, "Federal Reserve": table["fed_yuan_per_usd"],
            "World Bank": table["wdi_yuan_per_usd"]}


@pytest.fixture(scope="module")
def dependence(dollars, rates) -> pd.DataFrame:
    """Exports over GDP in percent, by year and combination of series."""
    gdp = data.load("macro/zhejiang_gdp").pivot(index="year", columns="vintage", values="gdp_100m_yuan")
    return pd.DataFrame({
        f"{series}|{vintage}|{rate}": 100 * dollars[series] * rates[rate] / gdp[vintage]
        for series, vintage, rate in itertools.product(dollars, gdp, rates)
    }).loc[1998:2010]


def test_sums_of_table_1(table1):
    assert {str(year): value for year, value in table1[GOODS].sum(axis=1).items()} == same(part("table1.sum."))


def test_shares_of_table_1(table1):
    shares = 100 * table1[GOODS].sum(axis=1) / table1["exports_10k_usd"]
    assert {str(year): value for year, value in shares.items()} == same(part("table1.share."))


def test_growth_of_exports(table1):
    """Annualised growth of every column of Table 1, and of China's exports."""
    china = data.load("macro/china_exports").set_index("year")["exports_100m_usd"]
    series = {"china": china, **{column: table1[column] for column in ["exports_10k_usd", *GOODS]}}
    growth = {f"{name}.{start}.{end}": annualised(levels, start, end)
              for (name, levels), (start, end) in itertools.product(series.items(), SPANS)}
    assert growth == same_as(part("growth."), "R, formula", of=annualised, rel=1e-10)


def test_price_changes_of_table_2():
    """Annualised changes of the eight prices, with the interval that two printed decimals allow."""
    table2 = data.load("printed/01/table2_price_indices").set_index("good")
    indices = table2[["index_2002", "index_2004"]].set_axis([2002, 2004], axis=1).assign(**{"1995": 1.0}).rename(columns={"1995": 1995})

    def change(first: float, last: float) -> float:
        return annualised(pd.Series({2002: first, 2004: last}), 2002, 2004)

    intervals = {good: claims.rounding_interval(change, (prices[2002], prices[2004]), (2, 2)) for good, prices in indices.iterrows()}
    assert {good: annualised(prices, 1995, 2004) for good, prices in indices.iterrows()} == same_as(part("prices.1995.2004."), "R, formula", of=annualised, rel=1e-10)
    assert {good: annualised(prices, 2002, 2004) for good, prices in indices.iterrows()} == same_as(part("prices.2002.2004."), "R, formula", of=annualised, rel=1e-10)
    lows, highs = ({good: interval[side] for good, interval in intervals.items()} for side in (0, 1))
    assert lows == same_as(part("prices.lo."), "R, at the ends of the rounding", of=claims.rounding_interval, rel=1e-10)
    assert highs == same_as(part("prices.hi."), "R, at the ends of the rounding", of=claims.rounding_interval, rel=1e-10)


def test_what_the_ledger_of_report_1_computes():
    """Sums, shares, averages and growth from other printed numbers."""
    published = stored("growth")["published"]
    found = {f"{verdict.id}-internal": verdict.computed for verdict in claims.from_ledger("ch01") if verdict.computed is not None}
    both = found.keys() & published.keys()
    assert len(both) > 10
    assert {key: found[key] for key in both} == same_as({key: published[key] for key in both}, "R, formula", of=claims.from_ledger, rel=1e-10)


def test_mean_output_of_clusters():
    """The printed totals and counts, which R has from the page and Python from the ledger."""
    means = {str(year): claims.printed(f"ch01-output-{year}") / claims.printed(f"ch01-clusters-{year}") for year in (1997, 2001, 2004)}
    assert means == same(part("clusters.mean."))


def test_export_dependence_of_2005(dependence):
    """All combinations, and one of them alone prints the report's digits."""
    reference = part("dependence.2005.")
    combinations = dependence.loc[2005].dropna()
    assert combinations.to_dict() == same(reference)
    found = claims.matches(combinations, claims.printed("ch01-dependence-2005"), 2)
    assert list(found.index) == ["trading firm|first_print|Federal Reserve"]


@pytest.mark.parametrize("combination", ["trading firm|first_print|Federal Reserve", "place of origin|census_revised|Federal Reserve"])
def test_export_dependence_over_time(dependence, combination):
    reference = {key.partition(".")[0]: value for key, value in part("dependence.").items() if key.endswith(f".{combination}")}
    path = dependence[combination].dropna()
    assert {str(year): value for year, value in path.items()} == same(reference)


def test_clusters_share_in_exports(dollars, rates):
    """Cluster exports of 2004 over exports of 2004, and over those of 2005 as the report has it."""
    shares = {f"{year}.{series}": 100 * claims.printed("ch01-cluster-exports") / (exports[year] * rates["Federal Reserve"][year])
              for (series, exports), year in itertools.product(dollars.items(), (2004, 2005))}
    assert shares == same(part("cluster_share."))


def test_gdp_per_head(rates):
    """All thirty provinces in 2005, in US dollars."""
    provinces = data.load("macro/provinces_first_print").query("year == 2005").set_index("province_code")
    per_head = 1e4 * provinces["gdp_100m_yuan"] / provinces["population_10k"] / rates["Federal Reserve"][2005]
    assert len(per_head) == 30
    assert {str(code): value for code, value in per_head.items()} == same(part("per_head.2005."))


@pytest.mark.parametrize("script", SCRIPTS)
def test_published_numbers(script, results):
    """What a reader can quote from the book: numbers, their intervals, and computed values of claims."""
    book = verification.published_values(results["results"], results["claims"])
    reference = {key: one for key, one in verification.references().items() if one.script == f"{script}.R"}
    assert reference.keys() <= book.keys(), f"the book has no {sorted(reference.keys() - book.keys())}"
    off = {key: (book[key], one.value) for key, one in reference.items() if not verification.compare(book[key], one).agrees}
    assert not off


def test_every_script_has_stored_results():
    """No script without results, no results without the script that made them."""
    assert SCRIPTS == sorted(path.stem for path in FOLDER.glob("*.json") if path.name != "comparisons.json")


@pytest.mark.parametrize("script", SCRIPTS)
def test_results_name_their_software(script):
    document = stored(script)
    assert document["r"].startswith("R version ")
    assert document["packages"]["stats"]


@pytest.fixture(scope="module")
def recreated(tmp_path_factory) -> Path:
    """The results of all scripts, made anew from the tables as they are."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed: whether the stored results are those of the scripts is not checked")
    wanted = sorted({name for script in FOLDER.glob("*.R") for name in re.findall(r"library\(([A-Za-z0-9]+)\)", script.read_text(encoding="utf-8"))})
    ask = f"cat(setdiff(c({str(wanted)[1:-1]}), rownames(installed.packages())))"
    missing = subprocess.run(["Rscript", "-e", ask], capture_output=True, text=True, encoding="utf-8", check=True).stdout
    if missing:
        pytest.skip(f"R lacks the packages {missing}: whether the stored results are those of the scripts is not checked")
    folder = tmp_path_factory.mktemp("reference")
    done = recreate("--output", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.parametrize("script", SCRIPTS)
def test_stored_results_are_those_of_the_scripts(script, recreated):
    """A change of a script or of data needs `python -m zhejiang reference`."""
    old, new = stored(script), stored(script, recreated)
    wide = old.get("tolerances", {})
    assert wide.keys() == new.get("tolerances", {}).keys()
    for block in BLOCKS:
        assert {k: v for k, v in old[block].items() if k not in wide} == same({k: v for k, v in new[block].items() if k not in wide}, 1e-12)
    # Draws and searches: one sign that turns on another processor moves them.
    assert all(abs(old["published"][key] - new["published"][key]) <= tolerance for key, tolerance in wide.items())


def test_without_r_the_command_says_what_to_install(tmp_path):
    done = recreate(environment={**os.environ, "PATH": str(tmp_path)})
    assert done.returncode == 1
    assert done.stderr == "Rscript not found: install R (Debian and Ubuntu: apt-get install r-base-core)\n"


def recreate(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    """What `python -m zhejiang reference` runs."""
    return subprocess.run([sys.executable, str(FOLDER / "recreate.py"), *arguments], env=environment, capture_output=True,
                          text=True, encoding="utf-8")
