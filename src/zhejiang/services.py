"""Services shares of countries and cities with their incomes, as frames that `yardsticks.measure` takes.

Rows are countries or cities of one year. Columns: `share`, services in percent of value added or of GDP; `income`, the log of income per head less that of
one reference unit, with its powers `income2` and `income3`; `size`, the log of the population in millions; and groups.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from zhejiang import data

INCOMES = {"2015 dollars": "gdp_per_head_2015_usd", "purchasing power": "gdp_per_head_ppp"}
# Regressors of the curve of Chenery (1960) and Chenery and Syrquin (1975).
CURVE = ["income", "income2", "size"]
LARGE = 0.0  # log of a million persons: smaller countries are left out of curves


def load_cities() -> pd.DataFrame:
    """Return `cities/panel` with services shares `gs` and `cy` in percent, `persons_10k` and whether a city is a `capital`.

    Populations that are the mean of their neighbours are treated as filled in, and left out. A provincial capital comes first in GB/T 2260; a
    municipality counts as one.
    """
    cities = data.load("cities/panel")
    cities["persons_10k"] = cities["resident_pop_10k"].where(cities["resident_pop_filled_flag"] == 0)
    cities["gs"] = 100 * cities["gs_tertiary_100m_yuan"] / cities["gs_gdp_100m_yuan"]
    cities["cy"] = cities["cy_tertiary_pct"]
    cities["capital"] = cities["city_code"].str.endswith("0100") | (cities["municipality"] == 1)
    return cities


def countries(world: pd.DataFrame, year: int, income: str = "2015 dollars", base: str = "value added") -> pd.DataFrame:
    """Return the countries of a year by ISO code; incomes are less China's.

    Parameters
    ----------
    world
        The table ``world/services_shares`` by ISO code.
    income
        "2015 dollars" or "purchasing power".
    base
        What services are a share of: "value added", the sum of three sectors, or "GDP".
    """
    rows = world[world["year"] == year]
    total = rows[["services_percent", "industry_percent", "agriculture_percent"]].sum(axis=1, min_count=3) if base == "value added" else 100
    frame = pd.DataFrame({
        "share": 100 * rows["services_percent"] / total,
        "income": np.log(rows[INCOMES[income]]),
        "size": np.log(rows["urban_persons"] / rows["urban_percent"] * 100 / 1e6),
        "oil": rows["oil_state"] == 1, "city": rows["city_state"] == 1, "country": rows["country"],
    }).dropna()
    return _relative(frame, "CHN")


def city_as_country(cities: pd.DataFrame, city_zh: str, world: pd.DataFrame, nation: pd.Series, year: int, income: str = "2015 dollars",
                    persons_10k: float | None = None) -> pd.Series:
    """Return a city as a row of `countries`: China's income of 2005, times the city's over China's in yuan, times its real growth since.

    Parameters
    ----------
    cities
        As from `load_cities`.
    world
        As for `countries`.
    nation
        GDP per head of China in yuan by year.
    persons_10k
        The population that the income is divided by, if not that of the residents.
    """
    city = cities[cities["city_zh"] == city_zh].set_index("year")
    chinas = world.loc["CHN"].set_index("year")[INCOMES[income]]
    ratio = 1e4 * city.loc[2005, "gs_gdp_100m_yuan"] / city.loc[2005, "persons_10k"] / nation[2005]
    real = (city["gi_gdp_index_prev100"] / 100).cumprod() / city["persons_10k"]
    residents = city.loc[year, "persons_10k"]
    level = np.log(chinas[2005] / chinas[year] * ratio * real[year] / real[2005] * residents / (residents if persons_10k is None else persons_10k))
    return pd.Series({"share": city.loc[year, "gs"], "income": level, "income2": level**2, "income3": level**3, "size": np.log(residents / 100)}, name=city_zh)


def cities_of(cities: pd.DataFrame, year: int, reference: str, share: str = "gs", gdp: str = "gs") -> pd.DataFrame:
    """Return the cities of a year by Chinese name; incomes are less that of the reference city.

    Parameters
    ----------
    cities
        As from `load_cities`.
    share, gdp
        Sources: "gs" or "cy" for the share, "gs", "cy" or "gi" for the GDP.
    """
    rows = cities[cities["year"] == year].set_index("city_zh")
    frame = pd.DataFrame({
        "share": rows[share], "income": np.log(rows[f"{gdp}_gdp_100m_yuan"] / rows["persons_10k"]), "size": np.log(rows["persons_10k"] / 100),
        "capital": rows["capital"], "subprovincial": rows["subprovincial"] == 1, "delta": rows["delta"] == 1, "province": rows["province_zh"],
    }).dropna()
    return _relative(frame, reference)


def _relative(frame: pd.DataFrame, reference: str) -> pd.DataFrame:
    income = frame["income"] - frame.loc[reference, "income"]
    return frame.assign(income=income, income2=income**2, income3=income**3)
