"""Structural decomposition against every order in R and here, closed forms and identities; double deflation; refusals."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from second_route import same_as

from zhejiang import data
from zhejiang import input_output as io

REFERENCE = json.loads((Path(__file__).parent / "reference/decomposition.json").read_text(encoding="utf-8"))["values"]
USES = {"households": ["rural_household_consumption", "urban_household_consumption"], "government": ["government_consumption"],
        "investment": ["gross_fixed_capital_formation", "inventory_change"]}


def table(seed: int, n: int = 4) -> io.Table:
    """A productive table with competitive imports."""
    rng = np.random.default_rng(seed)
    labels = [f"s{i}" for i in range(n)]
    A = pd.DataFrame(rng.uniform(0, 0.8 / n, (n, n)), labels, labels)
    uses = [name for names in USES.values() for name in names]
    Y = pd.DataFrame(rng.uniform(1, 10, (n, len(uses))), labels, uses)
    E, e = (pd.Series(rng.uniform(low, 5, n), labels) for low in (1, -1))
    m = pd.Series(rng.uniform(0, 0.3, n), labels)
    x = io.solve(A.mul(1 - m, axis=0), (1 - m) * Y.sum(axis=1) + E + e)
    Z = A * x
    M = m * (Z.sum(axis=1) + Y.sum(axis=1))
    return io.Table(Z=Z, Y=Y, E=E, M=M, e=e, u=0 * x, V=(x - Z.sum()).to_frame("value_added").T, x=x)


def determinants(t: io.Table) -> dict:
    return {"technology": io.technical_coefficients(t.Z, t.x), "imports": io.import_shares(t),
            **{name: t.Y[columns].sum(axis=1) for name, columns in USES.items()}, "exports": t.E, "discrepancy": t.e}


def output(technology, imports, exports, discrepancy, **uses) -> pd.Series:
    return io.solve(technology.mul(1 - imports, axis=0), (1 - imports) * sum(uses.values()) + exports + discrepancy)


def by_every_order(model, start, end) -> dict[str, pd.DataFrame]:
    """Mean, smallest and largest effect, by walking through every order."""
    effects = []
    for order in itertools.permutations(start):
        now, steps = dict(start), {}
        for name in order:
            before = model(**now)
            now[name] = end[name]
            steps[name] = model(**now) - before
        effects.append(pd.DataFrame(steps)[list(start)])
    stacked = np.stack(effects)
    return {side: pd.DataFrame(getattr(np, side)(stacked, axis=0), effects[0].index, effects[0].columns) for side in ("mean", "min", "max")}


@pytest.fixture(scope="module")
def grouped() -> dict:
    """The tables of 2002 and 2007 in groups of one scope, and the services among them."""
    sectors = data.load("input_output/sectors_42").set_index("sector")
    tables = {year: io.aggregate(io.official_table(data.load(f"input_output/china_{year}_42")), sectors["group38"]) for year in (2002, 2007)}
    part = sectors.drop_duplicates("group38").set_index("group38")["part"].rename_axis(None)
    return {**tables, "part": part, "services": list(part.index[part == "services"])}


@pytest.fixture(scope="module")
def deflator() -> dict[str, float]:
    """Implicit deflators of value added, 2007 over 2002."""
    def parts(frame):
        found = frame[["gdp_100m_yuan", "primary_100m_yuan", "secondary_100m_yuan"]].set_axis(["services", "agriculture", "industry"], axis=1)
        return found.assign(services=found["services"] - found["agriculture"] - found["industry"])

    value = parts(data.load("macro/china_gdp_sectors").query("vintage == 'post_census'").set_index("year"))
    real = parts(data.load("macro/china_gdp_constant").set_index(["price_base_year", "year"]))
    volume = real.loc[(2000, 2005)] / real.loc[(2000, 2002)] * real.loc[(2005, 2007)] / real.loc[(2005, 2005)]
    return (value.loc[2007] / value.loc[2002] / volume).to_dict()


@pytest.mark.parametrize("prices", ["x", "real"])
def test_every_order_in_r(grouped, deflator, prices):
    """Services' output 2002 to 2007, at current and at constant prices, against all 7! orders in R."""
    end = grouped[2007]
    if prices == "real":
        price = grouped["part"].map(lambda part: deflator[part if part in ("agriculture", "services") else "industry"])
        end = io.deflate(end, price)
    found = io.decompose(lambda **d: pd.Series({"all": output(**d)[grouped["services"]].sum()}), determinants(grouped[2002]), determinants(end))
    level = grouped[2002].x[grouped["services"]].sum()
    values = {f"{prices}.{side}.{name}": 100 * effect / level for side in ("mean", "low", "high", "polar")
              for name, effect in getattr(found, side).loc["all"].items()}
    expected = {key: value for key, value in REFERENCE.items() if key.startswith(f"{prices}.")}
    functions = (io.decompose, io.deflate) if prices == "real" else io.decompose
    assert values == same_as(expected, "R, all orders", of=functions, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("year", [2002, 2007])
def test_the_determinants_give_the_published_output(grouped, year):
    assert output(**determinants(grouped[year])).to_numpy() == pytest.approx(grouped[year].x.to_numpy(), rel=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_every_order_by_enumeration(seed):
    """Mean and range over 4! orders; seven determinants are left to R."""
    start, end = ({**determinants(table(s)), "uses": None} for s in (seed, seed + 100))
    for d in (start, end):
        d["uses"] = sum(d.pop(name) for name in USES)
        del d["discrepancy"]

    def model(technology, imports, exports, uses):
        return output(technology, imports, exports, 0 * exports, uses=uses)

    found, brute = io.decompose(model, start, end), by_every_order(model, start, end)
    for side, name in (("mean", "mean"), ("low", "min"), ("high", "max")):
        pd.testing.assert_frame_equal(getattr(found, side), brute[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_effects_add_up(seed):
    start, end = determinants(table(seed)), determinants(table(seed + 50))
    found = io.decompose(output, start, end)
    assert found.change.to_numpy() == pytest.approx((output(**end) - output(**start)).to_numpy())
    for effects in (found.mean, found.polar):
        assert effects.sum(axis=1).to_numpy() == pytest.approx(found.change.to_numpy(), rel=1e-9)
    for effects in (found.mean, found.polar):
        assert (found.low <= effects + 1e-9).all(axis=None) and (effects <= found.high + 1e-9).all(axis=None)


def test_of_the_reverse_change_is_the_opposite():
    start, end = determinants(table(1)), determinants(table(2))
    forth, back = io.decompose(output, start, end), io.decompose(output, end, start)
    pd.testing.assert_frame_equal(forth.mean, -back.mean)
    pd.testing.assert_frame_equal(forth.polar, -back.polar)
    pd.testing.assert_frame_equal(forth.low, -back.high)


def test_inverse_and_final_demand():
    """The textbook's case: with x = Lf both means are half of each weighting, and the range is the pair of forms."""
    Z0, f0 = np.array([[10.0, 20, 25], [15, 5, 30], [30, 40, 5]]), np.array([45.0, 30, 25])
    Z1, f1 = np.array([[12.0, 15, 35], [24, 11, 30], [36, 50, 8]]), np.array([50.0, 35, 26])
    L0, L1 = (np.linalg.inv(np.eye(3) - Z / (Z.sum(axis=1) + f)) for Z, f in ((Z0, f0), (Z1, f1)))
    found = io.decompose(lambda L, f: pd.Series(L @ f), {"L": L0, "f": f0}, {"L": L1, "f": f1})
    assert found.change.to_numpy() == pytest.approx([12, 20, 20])
    for effects in (found.mean, found.polar):
        assert effects["L"].to_numpy() == pytest.approx((L1 - L0) @ (f0 + f1) / 2)
        assert effects["f"].to_numpy() == pytest.approx((L0 + L1) @ (f1 - f0) / 2)
    forms = np.stack([(L1 - L0) @ f0, (L1 - L0) @ f1])
    assert found.low["L"].to_numpy() == pytest.approx(forms.min(axis=0))
    assert found.high["L"].to_numpy() == pytest.approx(forms.max(axis=0))


def test_product_of_three_numbers():
    """The closed form of the mean over the six orders; the polar mean differs for the middle factor."""
    start, end = {"a": 2.0, "b": 3.0, "c": 5.0}, {"a": 7.0, "b": 4.0, "c": 11.0}
    found = io.decompose(lambda a, b, c: pd.Series([a * b * c]), start, end)
    expected = 5 * (3 * 5 / 3 + (3 * 11 + 4 * 5) / 6 + 4 * 11 / 3)
    assert found.mean.loc[0, "a"] == pytest.approx(expected)
    assert found.polar.loc[0, "a"] == pytest.approx(5 * (3 * 5 + 4 * 11) / 2)
    assert found.polar.loc[0, "b"] == pytest.approx(1 * (7 * 5 + 2 * 11) / 2)
    assert found.mean.loc[0, "b"] == pytest.approx(1 * (2 * 5 / 3 + (2 * 11 + 7 * 5) / 6 + 7 * 11 / 3))


def test_a_single_determinant_takes_the_whole_change():
    found = io.decompose(lambda f: pd.Series(f), {"f": [1.0, 2.0]}, {"f": [4.0, 1.0]})
    assert found.mean["f"].tolist() == found.polar["f"].tolist() == found.change.tolist() == [3.0, -1.0]


def test_what_does_not_change_has_no_effect():
    start = determinants(table(3))
    end = {**determinants(table(4)), "imports": start["imports"]}
    found = io.decompose(output, start, end)
    for effects in (found.mean, found.low, found.high, found.polar):
        assert (effects["imports"] == 0).all()


def test_a_sum_has_no_range():
    start, end = {"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 5.0, "b": 1.0, "c": 8.0}
    found = io.decompose(lambda a, b, c: pd.Series([a + b + c]), start, end)
    for effects in (found.mean, found.low, found.high, found.polar):
        assert effects.loc[0].tolist() == pytest.approx([4, -1, 5])


def test_the_mean_does_not_depend_on_how_the_determinants_are_listed():
    start, end = determinants(table(5)), determinants(table(6))
    turned = {name: start[name] for name in reversed(start)}
    mixed = {name: start[name] for name in sorted(start)}
    found = io.decompose(output, start, end)
    for listed in (turned, mixed):
        pd.testing.assert_frame_equal(io.decompose(output, listed, end).mean[list(start)], found.mean)
    pd.testing.assert_frame_equal(io.decompose(output, turned, end).polar[list(start)], found.polar)


def test_decomposing_a_sum_is_summing_the_decompositions():
    start, end = determinants(table(7)), determinants(table(8))
    total = io.decompose(lambda **d: pd.Series({"all": output(**d).sum()}), start, end)
    assert io.decompose(output, start, end).mean.sum().to_numpy() == pytest.approx(total.mean.loc["all"].to_numpy())


@pytest.mark.parametrize("start, end, message", [
    ({"a": 1.0, "b": 2.0}, {"a": 1.0, "c": 2.0}, r"determinants of the start \['a', 'b'\] and of the end \['a', 'c'\]: expected the same"),
    ({}, {}, "0 determinants: expected 1 to 10"),
    ({str(i): 1.0 for i in range(11)}, {str(i): 2.0 for i in range(11)}, "11 determinants: expected 1 to 10"),
])
def test_refused_determinants(start, end, message):
    with pytest.raises(ValueError, match=message):
        io.decompose(lambda **d: pd.Series(list(d.values())), start, end)


def test_refused_results():
    """Other labels after a change would be aligned to gaps; so would a missing value."""
    with pytest.raises(ValueError, match=r"result after a change of \['a'\]: position 1 is \['t'\]: expected \['s'\]|result after a change of \['a'\]: 2 labels"):
        io.decompose(lambda a: pd.Series(1.0, list(a)), {"a": "st"}, {"a": "ts"})
    with pytest.raises(ValueError, match=r"result after a change of \['a'\], 0: nan: expected a finite number"):
        io.decompose(lambda a: pd.Series([a]), {"a": 1.0}, {"a": np.nan})


def test_determinants_are_left_as_they_were():
    start, end = determinants(table(9)), determinants(table(10))
    copies = [{name: value.copy() for name, value in d.items()} for d in (start, end)]
    io.decompose(output, start, end)
    for d, copy in zip((start, end), copies, strict=True):
        assert all(d[name].equals(copy[name]) for name in d)


@pytest.mark.parametrize("seed", range(3))
def test_double_deflation(seed):
    """Rows keep their balance, coefficients change by relative prices, value added is the residual and adds up to final uses."""
    t = table(seed)
    prices = pd.Series(np.random.default_rng(seed).uniform(0.7, 1.6, len(t.x)), t.x.index)
    real = io.deflate(t, prices)
    assert real.residuals().abs().max(axis=None) < 1e-9
    A, old = io.technical_coefficients(real.Z, real.x), io.technical_coefficients(t.Z, t.x)
    pd.testing.assert_frame_equal(A, old.mul(prices, axis=1).div(prices, axis=0))
    pd.testing.assert_series_equal(io.import_shares(real), io.import_shares(t))
    assert real.V.to_numpy().sum() == pytest.approx(real.final_demand.sum())
    assert (real.x * prices).to_numpy() == pytest.approx(t.x.to_numpy())


def test_one_price_for_all_is_a_change_of_unit():
    t = table(11)
    real = io.deflate(t, pd.Series(1.25, t.x.index))
    pd.testing.assert_frame_equal(io.technical_coefficients(real.Z, real.x), io.technical_coefficients(t.Z, t.x))
    assert real.V.sum().to_numpy() == pytest.approx((t.V.sum() / 1.25).to_numpy())
    unchanged = io.deflate(t, pd.Series(1.0, t.x.index))
    pd.testing.assert_frame_equal(unchanged.Z, t.Z)
    assert unchanged.V.sum().to_numpy() == pytest.approx(t.V.sum().to_numpy())


def test_deflating_back_returns_the_table():
    t = table(12)
    prices = pd.Series([0.8, 1.1, 1.3, 0.9], t.x.index)
    again = io.deflate(io.deflate(t, prices), 1 / prices)
    for part in ("Z", "Y", "E", "M", "e", "x"):
        assert getattr(again, part).to_numpy() == pytest.approx(getattr(t, part).to_numpy())


def test_a_table_where_all_prices_rise_has_price_effects_only():
    """Growth in value but not in volume: at constant prices no determinant has an effect."""
    t = table(13)
    prices = pd.Series([1.2, 1.5, 0.9, 1.1], t.x.index)
    dearer = io.deflate(t, 1 / prices)
    found = io.decompose(output, determinants(t), determinants(io.deflate(dearer, prices)))
    assert found.mean.abs().max(axis=None) < 1e-9
    assert io.decompose(output, determinants(t), determinants(dearer)).mean["technology"].abs().min() > 0.01


@pytest.mark.parametrize("change, message", [
    (lambda p: p[::-1], r"prices: position 1 is \['s3'\]: expected \['s0'\], the order of the rows"),
    (lambda p: p.drop("s2"), r"prices: 3 labels for 4 sectors; missing \['s2'\]"),
    (lambda p: p.replace(1.1, np.nan), "prices, s1: nan: expected a finite number"),
    (lambda p: p.replace(1.1, 0.0), "price of s1: 0: expected a positive number"),
    (lambda p: p.replace(1.1, -1.0), "price of s1: -1: expected a positive number"),
])
def test_refused_prices(change, message):
    t = table(14)
    prices = pd.Series([1.0, 1.1, 1.2, 1.3], t.x.index)
    with pytest.raises(ValueError, match=message):
        io.deflate(t, change(prices))


def test_a_domestic_table_is_not_deflated():
    """Its imported inputs have lost their product."""
    t = io.domestic_table(table(15))
    with pytest.raises(ValueError, match="imported inputs of s0: .*: expected a table before its imports are set apart"):
        io.deflate(t, pd.Series(1.0, t.x.index))
