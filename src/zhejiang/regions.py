"""Provinces and cities by name, and what the tools of chapters 1 and 3 say of each.

`province` and `city` return the numbers of a region and the frames behind its figures; the notebooks in ``book/_region`` show them.
"""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd

from zhejiang import data, services
from zhejiang.growth import ratio_changes
from zhejiang.trends import Slope, drift, linear_trend, rank_interval
from zhejiang.yardsticks import measure

VINTAGES = {"census2018_revised": "after the census of 2018", "census_revised": "after the censuses of 2004 and 2008", "first_print": "first prints"}
ENDINGS = re.compile(r"(维吾尔|壮族|回族)?自治区$|省$|市$|地区$|盟$| province$| city$| municipality$| prefecture$")
# First prints of cities up to 2004 do not link to those from 2005, which follow the economic census of 2004: no trend crosses the step.
CITY_SPANS = ((2000, 2004), (2005, 2010))
PROVINCE_SPANS = ((1998, 2010), (2001, 2005))
FEWEST = 4  # other cities of the province whose mean is a yardstick


class RegionError(ValueError):
    """No region has that name, or there are no data for it; the message says what is near, or what is missing."""


@dataclass(frozen=True)
class Region:
    """A province or a prefecture-level city; `province_zh` is where a city lies."""

    kind: str  # province or city
    code: str  # GB/T 2260
    en: str  # empty where no romanised name is at hand
    zh: str
    province_zh: str = ""

    def __str__(self) -> str:
        return f"{self.en} {self.zh}".strip() + (f" ({self.province_zh})" if self.province_zh not in ("", self.zh) else "")


@dataclass(frozen=True)
class Analysis:
    """What is known of a region.

    `numbers` has one row a number, indexed by the end of its id; columns value, lo, hi, unit, digits, label and kind as for `show.number`.
    `series` are frames by name, indexed by year or by unit, in the units that their columns name.
    """

    numbers: pd.DataFrame
    series: dict[str, pd.DataFrame]


@functools.cache
def known() -> list[Region]:
    """Return all provinces and cities that the book has a table on, provinces first."""
    provinces = data.load("macro/provinces_first_print").drop_duplicates("province_code")
    names = data.load("cities/names")
    homes = data.load("cities/panel").drop_duplicates("city_code").set_index("city_code")["province_zh"]
    return [
        *(Region("province", str(row.province_code), row.province_en, row.province_zh) for row in provinces.itertuples()),
        *(Region("city", row.city_code, "" if pd.isna(row.city_en) else row.city_en, row.city_zh, homes[row.city_code]) for row in names.itertuples()),
    ]


def find(name: str) -> list[Region]:
    """Return the regions of a name, English or Chinese, with or without the word for its kind.

    More than one is returned if a province and a city share the name, or several cities do.

    Raises
    ------
    RegionError
        No region has the name; the message lists near ones.
    """
    wanted, spelled = _plain(name), {}
    for region in known():
        for spelling in {_plain(region.en), _plain(region.zh), region.code} - {""}:
            spelled.setdefault(spelling, []).append(region)
    if wanted in spelled:
        exact = [region for region in spelled[wanted] if name.strip() in (region.zh, region.en)]
        return exact or spelled[wanted]
    # Names of two characters that share one are half alike.
    near = difflib.get_close_matches(wanted, spelled, n=5, cutoff=0.7 if wanted.isascii() else 0.5)
    regions = dict.fromkeys(str(region) for spelling in near for region in spelled[spelling])
    raise RegionError(f"no region {name!r}: expected a province or a prefecture-level city" + (f"; near: {', '.join(regions)}" if regions else ""))


def by_code(kind: str, code: str) -> Region:
    """Return the province or the city of a GB/T 2260 code, which a municipality has as both; raise `RegionError` if there is none."""
    for region in known():
        if (region.kind, region.code) == (kind, code):
            return region
    raise RegionError(f"no {kind} {code!r}: expected the code of a province or of a prefecture-level city")


def _plain(name: str) -> str:
    """A name without case, accents, spaces and the word for its kind."""
    name = ENDINGS.sub("", name.strip().lower())
    letters = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in letters if letter.isalnum())


def export_dependence() -> dict[str, pd.DataFrame]:
    """Return exports by place of origin over GDP in percent, (year, province), by vintage of GDP; years without either are left out."""
    exports = dollar_exports()
    return {vintage: (100 * exports.mul(exchange_rate(), axis=0) / gdp[exports.columns]).dropna() for vintage, gdp in province_gdp().items()}


def dollar_exports() -> pd.DataFrame:
    """Return exports by place of origin in 100 million dollars, (year, province)."""
    return data.load("macro/provinces_first_print").pivot(index="year", columns="province_en", values="exports_by_origin_10k_usd") / 1e4


def province_gdp() -> dict[str, pd.DataFrame]:
    """Return nominal GDP in 100 million yuan, (year, province), by vintage, in the order of `VINTAGES`."""
    first, revised = data.load("macro/provinces_first_print"), data.load("macro/provinces_gdp_revised")
    vintages = {"first_print": first, **dict(list(revised.groupby("vintage")))}
    return {vintage: vintages[vintage].pivot(index="year", columns="province_en", values="gdp_100m_yuan") for vintage in VINTAGES}


def exchange_rate() -> pd.Series:
    """Return yuan per dollar by year, that of the Federal Reserve."""
    return data.load("macro/exchange_rates").set_index("year")["fed_yuan_per_usd"]


def complete(year: int) -> list[Region]:
    """Return the provinces, and the cities that have what `city` needs in a year; raise `RegionError` for a year without either."""
    cities = services.load_cities()
    cities = cities[(cities["gs_misplaced_flag"] == 0) & cities[["gs", "persons_10k"]].notna().all(axis=1)]
    having = set(cities.loc[cities["year"] == year, "city_code"]) & set(cities.loc[cities["year"] == 2005, "city_code"])
    has_provinces = year in export_dependence()["census2018_revised"].index
    found = [region for region in known() if (has_provinces if region.kind == "province" else region.code in having)]
    if not found:
        raise RegionError(f"{year}: no region has data for that year")
    return found


def analysed(region: Region, year: int) -> Analysis:
    """Return what the tools of the chapters say of a region; raise `RegionError` for a region or a year without data."""
    return province(region, year) if region.kind == "province" else city(region, year)


def province(region: Region, year: int) -> Analysis:
    """Return export dependence of a province: levels by vintage, trends, each change split into its factors, ranks of trends and of the level in a year.

    Raises
    ------
    RegionError
        A year that the panel does not have.
    """
    panels, gdp, dollars, rate = _province_tables()
    panel = panels["census2018_revised"]
    if year not in panel.index:
        raise RegionError(f"{region}, {year}: expected a year from {panel.index.min()} to {panel.index.max()}")
    levels = pd.DataFrame({vintage: panels[vintage][region.en] for vintage in VINTAGES})
    found = [("level", levels.loc[year, "census2018_revised"], levels.loc[year].min(), levels.loc[year].max(), "percent of GDP", 1,
              f"Exports over GDP, {year}; interval: vintages of GDP", "descriptive"),
             ("level-rank", panel.loc[year].rank(ascending=False)[region.en], None, None, "rank", 0, f"Rank of the level from the highest, {year}", "descriptive"),
             ("provinces", panel.shape[1], None, None, "provinces", 0, "Provinces that are ranked", "descriptive")]
    for start, end in PROVINCE_SPANS:
        found += trend_numbers(panel.loc[start:end], region.en, "points a year", "export dependence")
    first, last = panel.index.min(), panel.index.max()
    factors = pd.DataFrame({"exports": dollars[region.en], "rate": rate}).loc[first:last]
    changes = ratio_changes(factors, gdp["census2018_revised"][region.en].loc[first:last].rename("gdp"), scale=100)
    found += [(f"change-{name}", changes[name].sum(), None, None, "percentage points", 1, f"{label}, {first} to {last}", "descriptive")
              for name, label in (("change", "Change of export dependence"), ("exports", "Dollar exports in it"), ("rate", "Exchange rate in it"), ("gdp", "GDP in it"))]
    return Analysis(rows(found), {"levels": levels.add_suffix("_percent"), "changes": changes.add_suffix("_points"), "peers": slopes(panel)})


def city(region: Region, year: int) -> Analysis:
    """Return services of a city: shares, trends, each change split into services and GDP, ranks, and distances from three yardsticks in a year.

    The yardsticks are countries of the city's income and size, other cities of its income and size, and the mean of the other cities of its province.

    Raises
    ------
    RegionError
        The city has no services share, GDP or reported population in the year, or in 2005, where its income is compared with China's.
    """
    cities, world, nation = _city_tables()
    placed = cities[cities["gs_misplaced_flag"] == 0]  # the others stand in another city's row
    own = placed[placed["city_zh"] == region.zh].set_index("year").sort_index()
    for wanted in dict.fromkeys((year, 2005)):
        if wanted not in own.index or own.loc[wanted, ["gs", "persons_10k"]].isna().any():
            complete = own.index[own[["gs", "persons_10k"]].notna().all(axis=1)].tolist()
            raise RegionError(f"{region}, {wanted}: no services share or no reported population; years that have both: {complete or 'none'}")
    if year not in set(world.loc["CHN", "year"]):
        raise RegionError(f"{region}, {year}: no figures of countries for that year")
    shares = placed.pivot(index="year", columns="city_zh", values="gs")
    found = [("level", own.loc[year, "gs"], None, None, "percent of GDP", 1, f"Services share, {year}", "descriptive")]
    for start, end in CITY_SPANS:
        panel = shares.loc[start:end].dropna(axis=1)
        if region.zh not in panel:
            continue
        found += trend_numbers(panel, region.zh, "points a year", "services share")
        split = ratio_changes(own.loc[start:end, ["gs_tertiary_100m_yuan"]].set_axis(["services"], axis=1), own.loc[start:end, "gs_gdp_100m_yuan"].rename("gdp"), scale=100)
        found += [(f"change-{name}-{start}", split[name].sum(), None, None, "percentage points", 1, f"{label}, {start} to {end}", "descriptive")
                  for name, label in (("change", "Change of the services share"), ("services", "Growth of services in it"), ("gdp", "Growth of GDP in it"))]
    sample = services.countries(world, year).drop("CHN")
    others = services.cities_of(cities, year, region.zh)
    home = others[others["province"] == region.province_zh]
    distances = {"countries": measure(sample[sample["size"] >= services.LARGE], "share", services.CURVE, services.city_as_country(cities, region.zh, world, nation, year)),
                 "cities": measure(others.drop(region.zh), "share", services.CURVE, others.loc[region.zh])}
    if len(home) > FEWEST:
        distances["province"] = measure(home.drop(region.zh), "share", [], home.loc[region.zh])
    for name, label in (("countries", "countries of its income and size"), ("cities", "cities of its income and size"), ("province", "the mean of the other cities of its province")):
        if name in distances:
            one = distances[name]
            found += [(f"from-{name}", one.distance, *one.interval, "percentage points", 1, f"Distance of the services share from {label}, {year}", "estimate"),
                      (f"from-{name}-rank", one.rank, None, None, "rank", 0, f"Rank of its residual from the lowest, {label}", "descriptive"),
                      (f"from-{name}-of", one.observations + 1, None, None, "units", 0, f"Units that are ranked, {label}", "descriptive")]
    yardsticks = pd.DataFrame(
        [(name, one.distance, *one.interval, *one.usual, np.ptp(one.usual)) for name, one in distances.items()],
        columns=["yardstick", "distance_points", "lo_points", "hi_points", "usual_lo_points", "usual_hi_points", "usual_width_points"]).set_index("yardstick")
    return Analysis(rows(found), {"levels": own[["gs", "cy"]].add_suffix("_percent"), "yardsticks": yardsticks})


@functools.cache
def _province_tables() -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame], pd.DataFrame, pd.Series]:
    """What `province` reads, once in a process, since a worker makes many pages: export dependence, GDP, dollar exports (100 million), exchange rate."""
    return export_dependence(), province_gdp(), dollar_exports(), exchange_rate()


@functools.cache
def _city_tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """What `city` reads, once in a process: cities, countries by ISO code, GDP per head of China in yuan by year."""
    return (services.load_cities(), data.load("world/services_shares").set_index("country_code"),
            data.load("macro/china_gdp_per_head").set_index("year")["gdp_per_head_yuan"])


def trend_numbers(panel: pd.DataFrame, unit: str, of: str, what: str) -> list[tuple]:
    """Return the slope of one unit under both assumptions on its errors, and the rank of the slope with its confidence set, as `rows` takes them."""
    start, end, found = panel.index[0], panel.index[-1], []
    for suffix, slope, errors in (("", linear_trend, "independent deviations"), ("-changes", drift, "independent changes")):
        own, rank = slope(panel[unit]), rank_interval(panel, unit, slope)
        found += [(f"slope-{start}{suffix}", own.estimate, own.lo, own.hi, of, 2, f"Slope of the {what}, {start} to {end}, {errors}", "estimate"),
                  (f"rank-{start}{suffix}", rank.rank, rank.lo, rank.hi, "rank", 0, f"Rank of the slope of {rank.units}, {start} to {end}, {errors}", "estimate")]
    return found


def slopes(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the linear trend of every unit with its own interval, in units a year, steepest first."""
    found: dict[str, Slope] = {unit: linear_trend(panel[unit]) for unit in panel}
    return pd.DataFrame({unit: {"slope": one.estimate, "lo": one.lo, "hi": one.hi} for unit, one in found.items()}).T.sort_values("slope", ascending=False)


def rows(found: list[tuple]) -> pd.DataFrame:
    """Return numbers as `Analysis` holds them, from (id, value, lo, hi, unit, digits, label, kind)."""
    return pd.DataFrame(found, columns=["id", "value", "lo", "hi", "unit", "digits", "label", "kind"]).set_index("id")
