"""The input-output engine: tables and their balances, Leontief and Ghosh, linkages, and what they refuse."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from second_route import same_as

from zhejiang import data
from zhejiang import input_output as io

# Miller and Blair (2009), section 2.2.1: flows, final demand and outputs of two sectors.
MB_SECTORS = ["1", "2"]
MB_Z = pd.DataFrame([[150.0, 500.0], [200.0, 100.0]], MB_SECTORS, MB_SECTORS)
MB_X = pd.Series([1000.0, 2000.0], MB_SECTORS)


def zeros(labels) -> pd.Series:
    return pd.Series(0.0, labels)


def make(Z, f=None, M=None, **changes) -> io.Table:
    """A table of the flows Z with final demand f, imports M, and one row of value added that closes the columns."""
    f = pd.Series(100.0, Z.index) if f is None else f
    M = zeros(Z.index) if M is None else M
    x = Z.sum(axis=1) + f - M
    parts = {"Z": Z, "Y": f.to_frame("consumption"), "E": zeros(Z.index), "M": M, "e": zeros(Z.index), "u": zeros(Z.index),
             "V": (x - Z.sum()).to_frame("value_added").T, "x": x}
    return io.Table(**{**parts, **changes})


@pytest.fixture
def three() -> io.Table:
    labels = ["farms", "mills", "shops"]
    return make(pd.DataFrame([[10.0, 40.0, 0.0], [5.0, 20.0, 15.0], [2.0, 30.0, 8.0]], labels, labels),
                M=pd.Series([20.0, 0.0, 5.0], labels))


@pytest.fixture(scope="module", params=["china_1997_40", "china_2002_42", "china_2002_122", "china_2005_42", "china_2007_42", "china_2007_135"])
def official(request) -> io.Table:
    return io.official_table(data.load(f"input_output/{request.param}"))


@st.composite
def economies(draw) -> io.Table:
    """Random productive tables: two to eight sectors, zeros among the flows, positive value added and final demand."""
    n = draw(st.integers(2, 8))
    labels = [f"s{i}" for i in range(n)]
    flows = draw(hnp.arrays(float, (n, n), elements=st.one_of(st.just(0.0), st.floats(0.01, 100))))
    Z = pd.DataFrame(flows, labels, labels)
    # Final demand above the deficit of each column keeps value added positive.
    f = pd.Series(draw(hnp.arrays(float, n, elements=st.floats(1, 100))), labels) + (Z.sum() - Z.sum(axis=1)).clip(lower=0)
    return make(Z, f)


def in_words(call, *args, **kwargs) -> str:
    with pytest.raises(ValueError) as refusal:
        call(*args, **kwargs)
    return str(refusal.value)


# Published results

def test_coefficients_and_inverse_of_miller_and_blair():
    """Section 2.2.1, to the four decimals printed."""
    A = io.technical_coefficients(MB_Z, MB_X)
    source = "Miller and Blair (2009), section 2.2.1"
    assert A.to_numpy() == same_as(np.array([[0.15, 0.25], [0.20, 0.05]]), source, of=io.technical_coefficients, rel=1e-6)
    printed = np.array([[1.2541, 0.3300], [0.2640, 1.1221]])
    assert io.leontief_inverse(A).to_numpy() == same_as(printed, source, of=io.leontief_inverse, abs=5e-5)


def test_outputs_for_a_new_final_demand_of_miller_and_blair():
    """Section 2.3: f = (600, 1500) needs x = (1247.52, 1841.58), printed to two decimals."""
    A = io.technical_coefficients(MB_Z, MB_X)
    found = io.solve(A, pd.Series([600.0, 1500.0], MB_SECTORS))
    assert found.to_list() == same_as([1247.52, 1841.58], "Miller and Blair (2009), section 2.3", of=io.solve, abs=0.005)


# Eurostat Manual of Supply, Use and Input-Output Tables (2008), Table 15.4: Germany 1995, domestic output at basic
# prices, million euro; the results are those of Tables 15.10 and 15.14 to 15.20, pages 488 to 507.
GERMAN_SECTORS = ["agriculture", "manufacturing", "construction", "trade", "business services", "other services"]
GERMAN_Z = pd.DataFrame([
    [1131, 25480, 1, 607, 710, 762], [7930, 304584, 64167, 41082, 11981, 30360], [426, 7334, 3875, 5296, 23457, 9155],
    [3559, 72717, 14190, 74399, 10835, 21008], [3637, 96115, 31027, 65755, 193176, 34223], [1552, 14986, 1747, 11225, 15058, 22070],
], GERMAN_SECTORS, GERMAN_SECTORS, dtype=float)
GERMAN_FINAL_USE = [[8500, 16, 2975, -6, 3734], [197792, 8588, 91692, 7559, 313711], [3457, 742, 191715, 0, 149],
                    [269663, 13492, 14155, 0, 46045], [214757, 10061, 30124, 0, 13612], [119504, 317251, 3483, 0, 2042]]
GERMAN_X = pd.Series([43910, 1079446, 245606, 540063, 692487, 508918], GERMAN_SECTORS, dtype=float)
GERMAN_IMPORTED = pd.Series([2927, 156703, 13427, 21943, 13371, 13772], GERMAN_SECTORS, dtype=float)
GERMAN_TAXES = pd.Series([1084, 6505, 1548, 8349, 8473, 12551], GERMAN_SECTORS, dtype=float)
GERMAN_VALUE_ADDED = pd.Series([21664, 395022, 115624, 311407, 415426, 365017], GERMAN_SECTORS, dtype=float)
GERMAN_PERSONS = pd.Series([1096, 8381, 3236, 9251, 4258, 10206], GERMAN_SECTORS, dtype=float)


def test_the_table_of_the_eurostat_manual_balances():
    uses = pd.DataFrame(GERMAN_FINAL_USE, GERMAN_SECTORS, dtype=float)
    nothing = zeros(GERMAN_SECTORS)
    table = io.Table(Z=GERMAN_Z, Y=uses.drop(columns=4), E=uses[4], M=nothing, e=nothing, u=GERMAN_IMPORTED,
                     V=pd.DataFrame({"taxes": GERMAN_TAXES, "value_added": GERMAN_VALUE_ADDED}).T, x=GERMAN_X)
    assert table.residuals().to_numpy() == pytest.approx(0)


def test_results_of_the_eurostat_manual():
    """To the four decimals printed. The printed forward linkage of manufacturing, 1.6691, contradicts the table (1.6910): left out."""
    A = io.technical_coefficients(GERMAN_Z, GERMAN_X)
    L = io.leontief_inverse(A)
    found = io.linkages(GERMAN_Z, GERMAN_X, L)
    printed = {
        "Table 15.10": (io.leontief_inverse, [L.iloc[0, 0], L.iloc[1, 1], L.iloc[2, 2]], [1.0339, 1.4292, 1.0289]),
        "Table 15.16, value added": (io.solve, io.solve(A.T, GERMAN_VALUE_ADDED / GERMAN_X), [0.8450, 0.7647, 0.8615, 0.9019, 0.9393, 0.9199]),
        "Table 15.16, employment": (io.solve, io.solve(A.T, GERMAN_PERSONS / GERMAN_X), [0.0326, 0.0162, 0.0207, 0.0237, 0.0112, 0.0242]),
        "Table 15.19": (io.linkages, found.backward, [1.7048, 1.8413, 1.8136, 1.6035, 1.5951, 1.3782]),
        "Table 15.20": (io.linkages, found.forward_ghosh.drop("manufacturing"), [2.1126, 1.3558, 1.5848, 2.1037, 1.2106]),
        "Ghosh inverse, column of agriculture": (io.ghosh_inverse, io.ghosh_inverse(L, GERMAN_X)["agriculture"], [1.0339, 0.0118, 0.0037, 0.0103, 0.0117, 0.0043]),
    }
    assert list(GERMAN_VALUE_ADDED / GERMAN_X) == pytest.approx([0.4934, 0.3659, 0.4708, 0.5766, 0.5999, 0.7172], abs=5.1e-5)
    for name, (function, computed, expected) in printed.items():
        assert list(computed) == same_as(expected, f"Eurostat manual (2008), {name}", of=function, abs=5.1e-5)


def significant(printed: np.ndarray, digits: int) -> np.ndarray:
    """The unit of the last of so many significant digits."""
    return 10.0 ** (np.floor(np.log10(np.where(printed == 0, 1, printed))) - digits + 1)


def test_published_direct_coefficients_of_2007():
    """All cells to the ten significant digits printed, given that flows are known to four decimals."""
    table = io.official_table(data.load("input_output/china_2007_42"))
    printed = data.load("input_output/published_direct_2007_42").set_index("row").to_numpy()
    A = io.technical_coefficients(table.Z, table.x).to_numpy()
    rounding = 0.5 * significant(printed, 10) + 0.51e-4 * (1 + A) / table.x.to_numpy()
    source = "China Input-Output Table 2007, direct coefficients; difference over what rounding allows"
    assert (A - printed) / rounding == same_as(0 * printed, source, of=(io.technical_coefficients, io.official_table), abs=1)


def test_published_total_coefficients_of_2007():
    """All cells to the five significant digits printed: the bureau inverted direct coefficients of six decimals."""
    table = io.official_table(data.load("input_output/china_2007_42"))
    printed = data.load("input_output/published_total_2007_42").set_index("row").to_numpy()
    L = io.leontief_inverse(io.technical_coefficients(table.Z, table.x).round(6))
    unit = significant(printed, 5)
    source = "China Input-Output Table 2007, total coefficients; in units of the last printed digit"
    assert (L.to_numpy() - np.eye(len(L))) / unit == same_as(printed / unit, source, of=io.leontief_inverse, abs=0.5001)


@pytest.mark.parametrize(("fine", "coarse", "gap"), [("china_2002_122", "china_2002_42", 1e-3), ("china_2007_135", "china_2007_42", 0.45)])
def test_fine_tables_add_up_to_the_official_coarse_ones(fine, coarse, gap):
    """An independent copy of the official 42 sectors, in 10,000 yuan; in 2007 output and input of one sector differ by 0.44."""
    groups = data.load(f"input_output/sectors_{fine.split('_')[2]}").set_index("sector")["group42"]
    added = io.aggregate(io.official_table(data.load(f"input_output/{fine}")), groups)
    official = io.official_table(data.load(f"input_output/{coarse}"))
    for part in ("Z", "Y", "E", "M", "V", "x"):
        found, expected = getattr(added, part), getattr(official, part)
        assert list(found.index) == list(expected.index)
        source = "official table of 42 sectors, 10,000 yuan"
        assert found.to_numpy() == same_as(expected.to_numpy(), source, of=(io.aggregate, io.official_table), abs=gap)


def test_yearbook_cells_of_17_sectors():
    """2007, all cells, to seven decimals; the yearbook saw the same table."""
    groups = data.load("input_output/sectors_42").set_index("sector")["group17"]
    table = io.aggregate(io.official_table(data.load("input_output/china_2007_42")), groups)
    A = io.technical_coefficients(table.Z, table.x)
    rows = {"Agriculture": 1, "Mining": 2, "Foods, Beverage & Tobacco": 3, "Textile, Wearing Apparel & Leather": 4, "Other Manufacture": 5}
    cells = data.load("input_output/yearbook_17").query("year == 2007")
    for cell in cells.itertuples():
        item = cell.item.removeprefix("direct coefficient: ")
        computed = A[cell.group17].sum() if item == "Intermediate Input" else A.loc[rows[item], cell.group17]
        source = "China Statistical Yearbook, direct coefficients of 17 sectors"
        assert round(computed, 7) == same_as(cell.printed, source, of=(io.aggregate, io.technical_coefficients), abs=1e-12), cell


# Identities, on the official tables and on random ones

def test_official_tables_balance(official):
    assert (official.residuals().abs().max(axis=1) <= 1e-6 * official.x).all()
    assert official.V.to_numpy().sum() + official.u.sum() == pytest.approx(official.final_demand.sum(), rel=1e-9)


def test_output_is_the_inverse_times_final_demand(official):
    L = io.leontief_inverse(io.technical_coefficients(official.Z, official.x))
    pd.testing.assert_series_equal(L @ official.final_demand, official.x, check_names=False, rtol=1e-9)


@given(economies())
def test_identities_of_a_productive_economy(table):
    A, B = io.technical_coefficients(table.Z, table.x), io.allocation_coefficients(table.Z, table.x)
    L = io.leontief_inverse(A)
    eye = np.eye(len(A))
    values = table.V.sum() / table.x
    assert (A.sum() + values).to_numpy() == pytest.approx(np.ones(len(A)))
    assert (L @ table.final_demand).to_numpy() == pytest.approx(table.x.to_numpy())
    # Value added by origin exhausts each unit of final demand.
    assert (values @ L).to_numpy() == pytest.approx(np.ones(len(A)))
    assert io.ghosh_inverse(L, table.x).to_numpy() == pytest.approx(np.linalg.inv(eye - B.to_numpy()), abs=1e-8)
    # A power of two of terms in each step: (I + A)(I + A²)(I + A⁴)... is the series I + A + A² + ...
    series, power = eye + A.to_numpy(), A.to_numpy() @ A.to_numpy()
    for _ in range(20):
        series, power = series @ (eye + power), power @ power
    assert L.to_numpy() == pytest.approx(series, rel=1e-6, abs=1e-8)


@given(economies())
def test_solving_equals_inverting(table):
    A = io.technical_coefficients(table.Z, table.x)
    L = io.leontief_inverse(A)
    assert io.solve(A, table.final_demand).to_numpy() == pytest.approx(table.x.to_numpy())
    assert io.solve(A.T, pd.Series(1.0, A.index)).to_numpy() == pytest.approx(L.sum().to_numpy())


@given(economies(), st.data())
def test_adding_up_sectors_keeps_balances_and_totals(table, choice):
    groups = pd.Series(choice.draw(st.lists(st.sampled_from("ab"), min_size=len(table.x), max_size=len(table.x))), table.x.index)
    added = io.aggregate(table, groups)
    assert added.x.to_dict() == pytest.approx(table.x.groupby(groups).sum().to_dict())
    assert added.Z.to_numpy().sum() == pytest.approx(table.Z.to_numpy().sum())
    assert list(added.x.index) == list(dict.fromkeys(groups))


def test_one_group_a_sector_changes_nothing(three):
    added = io.aggregate(three, pd.Series(three.x.index, three.x.index))
    pd.testing.assert_frame_equal(added.Z, three.Z, check_names=False)


def test_the_domestic_table_keeps_both_balances_and_sets_imports_apart(three):
    domestic = io.domestic_table(three)
    assert domestic.M.eq(0).all()
    assert domestic.x.equals(three.x)
    # 20 of the 150 that farms' goods are used for at home come from abroad, in every use alike.
    assert io.import_shares(three)["farms"] == pytest.approx(20 / 150)
    assert domestic.Z.loc["farms", "mills"] == pytest.approx(40 * 130 / 150)
    assert domestic.u["mills"] == pytest.approx(40 * 20 / 150 + 30 * 5 / 140)


@pytest.mark.parametrize("name", ["china_1997_40", "china_2002_42", "china_2007_42", "china_2007_135"])
def test_imports_of_the_official_tables_are_shared_out_in_full(name):
    table = io.official_table(data.load(f"input_output/{name}"))
    domestic = io.domestic_table(table)
    abroad = domestic.u.sum() + (table.Y - domestic.Y).to_numpy().sum()
    assert abroad == pytest.approx(table.M.sum(), rel=1e-9)


# Linkages

def test_linkages_of_miller_and_blairs_two_sectors():
    """By hand from A, B = x̂⁻¹ Z and the inverses printed in sections 2.2.1 and 12.1."""
    L = io.leontief_inverse(io.technical_coefficients(MB_Z, MB_X))
    found = io.linkages(MB_Z, MB_X, L)
    assert found.direct_backward.tolist() == pytest.approx([0.35, 0.30])
    assert found.direct_forward.tolist() == pytest.approx([0.65, 0.15])
    source = "Miller and Blair (2009), inverses of sections 2.2.1 and 12.1"
    assert found.backward.tolist() == same_as([1.5182, 1.4521], source, of=io.linkages, abs=1e-4)
    assert found.forward_leontief.tolist() == same_as([1.5842, 1.3861], source, of=io.linkages, abs=1e-4)
    # G = x̂⁻¹ L x̂: the corner cells of L times 2000 / 1000 and 1000 / 2000.
    assert found.forward_ghosh.tolist() == same_as([1.2541 + 2 * 0.3300, 1.1221 + 0.2640 / 2], source, of=(io.linkages, io.ghosh_inverse), abs=2e-4)


def test_coefficients_average_one_and_variation_is_that_of_the_columns(official):
    L = io.leontief_inverse(io.technical_coefficients(official.Z, official.x))
    found = io.linkages(official.Z, official.x, L)
    for coefficient in (found.influence, found.sensitivity_leontief, found.sensitivity_ghosh):
        assert coefficient.mean() == pytest.approx(1)
    assert found.backward_variation.to_numpy() == pytest.approx(np.std(L, axis=0, ddof=1) / np.mean(L, axis=0))
    assert found.forward_variation.to_numpy() == pytest.approx(np.std(L.T, axis=0, ddof=1) / np.mean(L.T, axis=0))


def test_the_two_sensitivities_differ_only_by_the_weights(official):
    """With outputs as final demand in place of ones, row sums of L become those of G, times output."""
    A = io.technical_coefficients(official.Z, official.x)
    L = io.leontief_inverse(A)
    assert (io.linkages(official.Z, official.x, L).forward_ghosh * official.x).to_numpy() == pytest.approx(io.solve(A, official.x).to_numpy())


def test_classes_of_sectors():
    influence = pd.Series([1.2, 1.2, 0.8, 0.8], list("abcd"))
    sensitivity = pd.Series([1.2, 0.8, 1.2, 1.0], list("abcd"))
    assert io.key_sectors(influence, sensitivity).tolist() == ["key", "backward", "forward", "weak"]


def test_nothing_is_changed_in_place(three):
    before = {field.name: getattr(three, field.name) for field in dataclasses.fields(three)}
    copies = {name: part.copy() for name, part in before.items() if name != "tolerance"}
    A = io.technical_coefficients(three.Z, three.x)
    io.linkages(three.Z, three.x, io.leontief_inverse(A))
    io.domestic_table(three)
    for name, copy in copies.items():
        assert before[name].equals(copy), name
    with pytest.raises(dataclasses.FrozenInstanceError):
        three.x = None


# What is refused

def with_total(Z: pd.DataFrame) -> pd.DataFrame:
    """Z with the row and the column of sums that printed tables have."""
    full = pd.concat([Z, Z.sum().to_frame("total").T])
    return full.assign(total=full.sum(axis=1))


def test_a_total_left_among_the_sectors(three):
    Z = with_total(three.Z)
    x = pd.concat([three.x, pd.Series({"total": three.x.sum()})])
    assert in_words(io.technical_coefficients, Z, x) == (
        "sector 'total': output 405 is the sum of all others: expected no total among the sectors")


def test_a_row_of_totals_only(three):
    Z = pd.concat([three.Z, three.Z.sum().to_frame("total").T])
    assert "missing ['total']" in in_words(io.technical_coefficients, Z, three.x)


def test_columns_in_another_order(three):
    swapped = three.Z[["mills", "farms", "shops"]]
    assert in_words(io.technical_coefficients, swapped, three.x) == (
        "columns of Z: position 1 is ['mills']: expected ['farms'], the order of the rows")


def test_columns_without_labels(three):
    bare = pd.DataFrame(three.Z.to_numpy(), index=three.Z.index)
    assert "unknown [0, 1, 2]" in in_words(io.technical_coefficients, bare, three.x)


def test_a_table_that_is_not_square(three):
    assert in_words(io.technical_coefficients, three.Z.drop(columns="shops"), three.x) == (
        "columns of Z: 2 labels for 3 sectors; missing ['shops'], unknown none: expected the sectors of the rows")


def test_a_sector_that_occurs_twice(three):
    labels = ["farms", "farms", "shops"]
    Z = three.Z.set_axis(labels).set_axis(labels, axis=1)
    assert "'farms' occurs more than once" in in_words(io.technical_coefficients, Z, three.x.set_axis(labels))


def test_negative_use(three):
    Z = three.Z.copy()
    Z.loc["mills", "shops"] = -15.0
    assert in_words(make, Z) == "flow from mills to shops: -15: expected no negative intermediate flow"


@pytest.mark.parametrize(("output", "said"), [(0.0, "0"), (-3.0, "-3")])
def test_output_that_is_not_positive(three, output, said):
    x = three.x.copy()
    x["shops"] = output
    assert in_words(io.technical_coefficients, three.Z, x) == f"output of shops: {said}: expected a positive number"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_cell_that_is_not_finite(three, value):
    Z = three.Z.copy()
    Z.loc["farms", "mills"] = value
    assert in_words(io.technical_coefficients, Z, three.x) == f"Z, farms, mills: {value}: expected a finite number"


def test_a_row_that_does_not_balance(three):
    E = three.E.copy()
    E["mills"] += 7
    assert in_words(dataclasses.replace, three, E=E) == "row of mills: off by 7, output 140: expected a balance within 1e-06 of output"


def test_a_column_that_does_not_balance(three):
    V = three.V.copy()
    V["shops"] -= 1
    assert in_words(dataclasses.replace, three, V=V).startswith("column of shops: off by -1, output 135")


def test_parts_with_other_labels(three):
    assert "V: 2 labels for 3 sectors; missing ['farms']" in in_words(dataclasses.replace, three, V=three.V.drop(columns="farms"))


@pytest.mark.parametrize(("groups", "message"), [
    ({"farms": "a", "mills": "a"}, "concordance: sector 'shops', output 135, has no group: expected one"),
    ({"farms": "a", "mills": "a", "shops": None}, "concordance: sector 'shops', output 135, has no group: expected one"),
    ({"farms": "a", "mills": "a", "shops": "b", "ports": "b"}, "concordance: sector 'ports' is not in the table: expected one of its 3 sectors"),
])
def test_a_concordance_that_misses_or_does_not_know_a_sector(three, groups, message):
    assert in_words(io.aggregate, three, pd.Series(groups, dtype=object)) == message


def test_a_concordance_that_doubles_a_sector(three):
    groups = pd.Series(["a", "a", "b", "b"], ["farms", "mills", "shops", "mills"])
    assert in_words(io.aggregate, three, groups) == "concordance: sector 'mills' occurs 2 times, output 140: expected once"


def test_imports_above_domestic_use(three):
    M = three.M + pd.Series([140.0, 0.0, 0.0], three.x.index)
    table = dataclasses.replace(three, M=M, E=pd.Series([140.0, 0.0, 0.0], three.x.index))
    assert in_words(io.domestic_table, table) == "imports of farms: 160, domestic use 150: expected imports between nothing and domestic use"


@pytest.mark.parametrize("own", [0.9, 1.0, 1.3])
def test_an_economy_that_cannot_reproduce_itself(own):
    A = pd.DataFrame([[own, 0.2], [0.6, 0.1]], MB_SECTORS, MB_SECTORS)
    assert "A is not productive" in in_words(io.leontief_inverse, A)


def test_a_coefficient_that_is_missing():
    A = pd.DataFrame([[0.1, np.nan], [0.6, 0.1]], MB_SECTORS, MB_SECTORS)
    assert in_words(io.leontief_inverse, A) == "A, 1, 2: nan: expected a finite number"


def test_demand_with_other_labels():
    A = io.technical_coefficients(MB_Z, MB_X)
    assert "y: position 1 is ['2']" in in_words(io.solve, A, pd.Series([1.0, 1.0], ["2", "1"]))


@settings(max_examples=30)
@given(economies(), st.data())
def test_any_order_that_is_not_the_tables_is_refused(table, choice):
    order = choice.draw(st.permutations(list(table.x.index)).filter(lambda order: order != list(table.x.index)))
    with pytest.raises(ValueError, match="the order of the rows"):
        io.technical_coefficients(table.Z[order], table.x)
