"""Sizes from classes: bounds against linear programs, likelihoods against R, exact likelihoods and generated data."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, stats
from second_route import same_as

from zhejiang import claims, data
from zhejiang.size_distribution import (
    MODELS,
    bootstrap,
    draw,
    fit_grouped,
    hill,
    log_likelihood,
    log_survival,
    mean_bounds,
    partial_mean,
    rank_size,
    share_bounds,
)

REFERENCE = json.loads((Path(__file__).parent / "reference" / "size_distribution.json").read_text(encoding="utf-8"))["values"]
INF = float("inf")
LOWER, UPPER = [1, 10, 50, 100], [10, 50, 100, INF]
# Parameters of the tests; sizes above 1.
TRUE = {"pareto": (1.4,), "lognormal": (1.0, 1.3), "weibull": (0.6, 5.0)}


def printed(name: str) -> float:
    return claims.printed(f"ch01-{name}")


@pytest.fixture(scope="module")
def counts() -> list[int]:
    """The classes of 2004; the lowest is what the others leave."""
    above = [printed(f"clusters-2004-{name}") for name in ("10-50", "50-100", "100")]
    return [printed("clusters-2004") - sum(above), *above]


@pytest.fixture(scope="module")
def exporters() -> np.ndarray:
    return data.load("printed/01/exporting_clusters")["exports_100m_yuan"].to_numpy(dtype=float)


# Classes ------------------------------------------------------------------------------------------------------------


def test_the_table_of_classes_joins_the_claims():
    """Every claim of a class exists, and the limits stand in the claim's own wording."""
    for table, columns in [("size_classes", "lower_100m_yuan"), ("intensity_classes", "lower_percent")]:
        for row in data.load(f"printed/01/{table}").query("claim != ''").to_dict("records"):
            name = row["claim"].removeprefix("ch01-clusters-").removeprefix("ch01-intensity-").split("-")
            assert str(row[columns]) in name


FAULTS = [
    ([1, 10], [10, 20], [1], "classes: (2,) lower limits, (2,) upper limits, (1,) counts: expected three lists of one length"),
    ([], [], [], "classes: (0,) lower limits, (0,) upper limits, (0,) counts: expected three lists of one length"),
    ([1, 9], [10, 20], [1, 1], "class 1, 1 to 10: overlaps class 2, which begins at 9: expected classes that join"),
    ([1, 12], [10, 20], [1, 1], "class 1, 1 to 10: leaves a hole before class 2, which begins at 12: expected classes that join"),
    ([1, 10], [INF, 20], [1, 1], "class 1, 1 to inf: expected a lower limit below the upper one, both finite but for the last upper limit"),
    ([1, 10], [10, 5], [1, 1], "class 2, 10 to 5: expected a lower limit below the upper one, both finite but for the last upper limit"),
    ([1, 10], [10, 20], [1, -2], "class 2, 10 to 20: count -2: expected a whole number that is not negative"),
    ([1, 10], [10, 20], [1.5, 2], "class 1, 1 to 10: count 1.5: expected a whole number that is not negative"),
    ([1, 10], [10, 20], [1, float("nan")], "class 2, 10 to 20: count nan: expected a whole number that is not negative"),
    ([1, 10], [10, 20], [1, INF], "class 2, 10 to 20: count inf: expected a whole number that is not negative"),
]


@pytest.mark.parametrize(("lower", "upper", "number", "message"), FAULTS)
@pytest.mark.parametrize("function", [mean_bounds, lambda *c: share_bounds(*c, 30), lambda *c: fit_grouped("pareto", *c, 1)], ids=["mean", "share", "fit"])
def test_classes_that_are_refused(function, lower, upper, number, message):
    with pytest.raises(ValueError) as refusal:
        function(lower, upper, number)
    assert str(refusal.value) == message


def test_inputs_are_left_as_they_were(counts):
    arrays = [np.array(values, dtype=float) for values in (LOWER, UPPER, counts)]
    before = [values.copy() for values in arrays]
    share_bounds(*arrays, printed("output-2004"))
    fit_grouped("weibull", *arrays, 1)
    for now, then in zip(arrays, before):
        np.testing.assert_array_equal(now, then)


# Bounds -------------------------------------------------------------------------------------------------------------


def linear_program(lower, upper, number, total, top, sign) -> float:
    """Least (sign 1) or largest (-1) total of the classes from `top` upwards, by a linear program over class totals."""
    lower, upper, number = (np.asarray(values, dtype=float) for values in (lower, upper, number))
    limits = [(n * low, None if np.isinf(high) and n else n * (high if n else 0)) for low, high, n in zip(lower, upper, number)]
    objective = sign * (np.arange(len(lower)) >= top).astype(float)
    found = optimize.linprog(objective, A_eq=np.ones((1, len(lower))), b_eq=[total], bounds=limits)
    assert found.status == 0
    return sign * found.fun


def test_share_bounds_of_the_clusters_are_those_of_a_linear_program(counts):
    total = printed("output-2004")
    bounds = share_bounds(LOWER, UPPER, counts, total)
    assert bounds["units"].tolist() == [601, 285, 83, 37]
    for top, (_, row) in enumerate(bounds.iterrows()):
        assert row["total_lo"] == same_as(linear_program(LOWER, UPPER, counts, total, top, 1), "scipy, linprog", of=share_bounds, rel=1e-9)
        assert row["total_hi"] == same_as(linear_program(LOWER, UPPER, counts, total, top, -1), "scipy, linprog", of=share_bounds, rel=1e-9)
        assert row["share_lo"] == row["total_lo"] / total


def test_share_bounds_of_generated_classes_are_those_of_a_linear_program():
    """Open and closed last classes, empty classes, totals at and between the ends."""
    rng = np.random.default_rng(1)
    for closed, _ in itertools.product([True, False], range(15)):
        edges = np.cumsum(rng.integers(1, 20, size=5)).astype(float)
        lower, upper = edges[:-1], np.append(edges[1:-1], edges[-1] if closed else INF)
        number = rng.integers(0, 9, size=4)
        number[rng.integers(4)] += 1
        least, most = number @ lower, number @ np.where(np.isinf(upper), 3 * lower, upper)
        total = rng.choice([least, most, rng.uniform(least, most)])
        bounds = share_bounds(lower, upper, number, total)
        for top in range(4):
            expected = [linear_program(lower, upper, number, total, top, sign) for sign in (1, -1)]
            assert bounds.iloc[top][["total_lo", "total_hi"]].tolist() == same_as(expected, "scipy, linprog", of=share_bounds, rel=1e-8, abs=1e-8)


def test_the_true_share_lies_within_the_bounds():
    rng = np.random.default_rng(2)
    sizes = draw("weibull", 200, TRUE["weibull"], 1, rng)
    number = np.histogram(sizes, [1, 10, 50, 100, INF])[0]
    bounds = share_bounds(LOWER, UPPER, number, sizes.sum())
    for lower, row in bounds.iterrows():
        assert row["share_lo"] <= sizes[sizes >= lower].sum() / sizes.sum() <= row["share_hi"]


@pytest.mark.parametrize("total", [5, 31, float("nan")])
def test_a_total_that_the_classes_cannot_have(total):
    with pytest.raises(ValueError) as refusal:
        share_bounds([1, 4], [4, 10], [2, 2], total)
    assert str(refusal.value) == f"total {total:g}: the class limits allow 10 to 28: expected a total between them"


def test_mean_bounds_are_those_of_a_linear_program():
    """Over the total of each class, nothing else being known."""
    for number in ([1, 3, 2], [0, 4, 1], [5, 0, 0]):
        limits = [(n * low, n * high) for n, low, high in zip(number, (0, 10, 30), (10, 30, 80), strict=True)]
        expected = [sign * optimize.linprog(sign * np.ones(3), bounds=limits).fun / sum(number) for sign in (1, -1)]
        assert mean_bounds([0, 10, 30], [10, 30, 80], number) == same_as(tuple(expected), "scipy, linprog", of=mean_bounds, rel=1e-9)


def test_mean_bounds_put_every_unit_at_a_limit():
    assert mean_bounds([0, 10], [10, 30], [1, 3]) == (30 / 4, 100 / 4)
    assert mean_bounds([0, 10], [10, INF], [1, 3]) == (30 / 4, INF)
    assert mean_bounds([0, 10], [10, INF], [4, 0]) == (0, 10)
    with pytest.raises(ValueError, match="no units in any class"):
        mean_bounds([0, 10], [10, 30], [0, 0])


@pytest.mark.parametrize(("border", "sign"), [("lower", 1), ("upper", -1)])
def test_bounds_on_intensity_can_hold_together(counts, exporters, border, sign):
    """An allocation of clusters to classes of size and intensity attains both ends at once.

    An integer program over the clusters in each class of size and intensity. Every intensity is at the lower (upper) limit of
    its class, so that the unweighted mean is at its bound; the output of the clusters above 10 is made as small (large) as the
    printed figures allow. The listed exporters stand by themselves, and no other cluster exports more than their cut.
    """
    classes = data.load("printed/01/intensity_classes")
    in_class = [claims.printed(claim) if claim else np.nan for claim in classes["claim"]]
    in_class[0] = printed("exporting-clusters") - np.nansum(in_class)
    rates = [0, *(classes[f"{border}_percent"] / 100)]
    in_class = [counts[1] + counts[2] + counts[3] - printed("exporting-clusters"), *in_class]
    cells = list(itertools.product(range(3), range(5)))  # size classes above 10, intensity classes
    low, high = LOWER[1:], [50, 100, 1e5]
    cut = printed("exporter-cut")
    # Variables: n and output x of the unlisted in each cell, a listed exporter's place (0 or 1), output of the small clusters.
    places = [(i, j, k) for i, (j, k) in itertools.product(range(len(exporters)), cells) if rates[k] > 0 and low[j] <= exporters[i] / rates[k] <= high[j]]
    n, x, z, small = 0, len(cells), 2 * len(cells), 2 * len(cells) + len(places)
    width = small + 1
    rows, least, most = [], [], []

    def require(terms: dict[int, float], at_least: float, at_most: float) -> None:
        row = np.zeros(width)
        for place, value in terms.items():
            row[place] += value
        rows.append(row), least.append(at_least), most.append(at_most)

    for c, (j, k) in enumerate(cells):
        require({x + c: 1, n + c: -low[j]}, 0, INF)
        require({x + c: 1, n + c: -high[j]}, -INF, 0)
        require({x + c: rates[k], n + c: -cut}, -INF, 0)
    for j in range(3):
        require({**{n + c: 1 for c, cell in enumerate(cells) if cell[0] == j}, **{z + s: 1 for s, place in enumerate(places) if place[1] == j}}, counts[j + 1], counts[j + 1])
    for k in range(5):
        require({**{n + c: 1 for c, cell in enumerate(cells) if cell[1] == k}, **{z + s: 1 for s, place in enumerate(places) if place[2] == k}}, in_class[k], in_class[k])
    for i in range(len(exporters)):
        require({z + s: 1 for s, place in enumerate(places) if place[0] == i}, 1, 1)
    above = {**{x + c: 1 for c in range(len(cells))}, **{z + s: exporters[i] / rates[k] for s, (i, j, k) in enumerate(places)}}
    require({**above, small: 1}, printed("output-2004"), printed("output-2004"))
    rest = printed("cluster-exports") - exporters.sum()
    require({x + c: rates[k] for c, (j, k) in enumerate(cells)}, rest, rest)
    integer = np.zeros(width)
    integer[:x] = integer[z:small] = 1
    upper = np.full(width, INF)
    upper[z:small] = 1
    floor = np.zeros(width)
    floor[small], upper[small] = counts[0] * LOWER[0], counts[0] * UPPER[0]
    objective = np.zeros(width)
    objective[list(above)] = [sign * value for value in above.values()]
    found = optimize.milp(objective, constraints=optimize.LinearConstraint(np.array(rows), least, most), bounds=optimize.Bounds(floor, upper), integrality=integer)
    assert found.status == 0, found.message
    bounds = share_bounds(LOWER, UPPER, counts, printed("output-2004")).loc[10]
    assert bounds["total_lo" if sign == 1 else "total_hi"] == same_as(sign * found.fun, "scipy, milp", of=share_bounds, rel=1e-9)


# Distributions ------------------------------------------------------------------------------------------------------


FROZEN = {
    "pareto": lambda alpha: stats.pareto(alpha),
    "lognormal": lambda mu, sigma: stats.lognorm(sigma, scale=np.exp(mu)),
    "weibull": lambda shape, scale: stats.weibull_min(shape, scale=scale),
}


@pytest.mark.parametrize("model", MODELS)
def test_survival_is_that_of_scipy(model):
    x = np.array([1, 2.5, 10, 80.0])
    expected = FROZEN[model](*TRUE[model]).logsf(x) - FROZEN[model](*TRUE[model]).logsf(1)
    assert log_survival(model, x, TRUE[model], 1) == same_as(expected, "scipy, logsf", of=log_survival, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("threshold", [1, 2.5])
def test_partial_mean_is_an_integral(model, threshold):
    """x S(x) plus the integral of S from x on; units of size drop out."""
    survival = lambda u: float(np.exp(log_survival(model, u, TRUE[model], threshold)))
    for x in (threshold, 20.0):
        tail = integrate.quad(lambda t: np.exp(t) * survival(np.exp(t)), np.log(x), 60, epsabs=1e-12, limit=500)[0]
        assert partial_mean(model, x, TRUE[model], threshold) == same_as(x * survival(x) + tail, "scipy, quad", of=partial_mean, rel=1e-8)


@pytest.mark.parametrize("alpha", [0.4, 1.0])
def test_a_pareto_mean_is_infinite_below_an_exponent_of_one(alpha):
    assert partial_mean("pareto", 1, (alpha,), 1) == INF


@pytest.mark.parametrize("model", MODELS)
def test_draws_follow_the_survival_function(model):
    sizes = draw(model, 4000, TRUE[model], 2.0, np.random.default_rng(3))
    assert sizes.min() >= 2
    assert stats.kstest(sizes, lambda x: -np.expm1(log_survival(model, x, TRUE[model], 2.0))).pvalue > 0.01


@pytest.mark.parametrize("model", MODELS)
def test_draws_are_quantiles_of_scipy(model):
    """The same uniform numbers, as parts of the survival function at the threshold."""
    uniform = 1 - np.random.default_rng(12).random(50)
    frozen = FROZEN[model](*TRUE[model])
    expected = frozen.isf(uniform * frozen.sf(2.0))
    assert draw(model, 50, TRUE[model], 2.0, np.random.default_rng(12)) == same_as(expected, "scipy, isf", of=draw, rel=1e-9)


@pytest.mark.parametrize("call", [
    lambda m: log_survival(m, [1.0], (1,), 1), lambda m: partial_mean(m, 1, (1,), 1), lambda m: draw(m, 1, (1,), 1, np.random.default_rng(0)),
    lambda m: fit_grouped(m, [1, 2], [2, INF], [1, 1], 1), lambda m: bootstrap(fit_grouped("pareto", [1, 2], [2, INF], [1, 1], 1), m, 1, np.random.default_rng(0)),
])
def test_an_unknown_model(call):
    with pytest.raises(ValueError) as refusal:
        call("gamma")
    assert str(refusal.value) == "model 'gamma': expected one of ['pareto', 'lognormal', 'weibull']"


# Grouped likelihood -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_fits_agree_with_r(model, counts):
    """Parameters, standard errors, likelihood, tests and means against R's distributions and symbolic derivatives."""
    fit = fit_grouped(model, LOWER, UPPER, counts, 1)
    found = {f"{model}.{name}": getattr(fit, name) for name in ("log_likelihood", "deviance", "deviance_p", "pearson", "pearson_p")}
    found |= {f"{model}.{name}": value for name, value in fit.parameters.items()}
    found |= {f"{model}.se.{name}": value for name, value in fit.standard_errors.items()}
    if model != "pareto":
        found |= {f"{model}.partial_mean.{x}": partial_mean(model, x, fit.parameters, 1) for x in LOWER}
    reference = {key: value for key, value in REFERENCE.items() if key.startswith(f"{model}.")}
    functions = (fit_grouped, log_likelihood) if model == "pareto" else (fit_grouped, log_likelihood, partial_mean)
    assert found == same_as(reference, "R, optim and deriv", of=functions, rel=1e-6)


def test_pareto_above_a_higher_threshold_agrees_with_r(counts):
    """R has it in units of the threshold."""
    fit = fit_grouped("pareto", LOWER[1:], UPPER[1:], counts[1:], 10)
    found = {"alpha": fit.parameters["alpha"], "se": fit.standard_errors["alpha"], "deviance": fit.deviance}
    assert found == same_as({key: REFERENCE[f"pareto_above_10.{key}"] for key in found}, "R, optim and deriv", of=fit_grouped, rel=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_the_unit_of_size_does_not_matter(model, counts):
    """In units a thousand times as large: same deviance, scale and mu shifted, same relative standard errors."""
    fit = fit_grouped(model, LOWER, UPPER, counts, 1)
    other = fit_grouped(model, np.array(LOWER) / 1000, np.array(UPPER) / 1000, counts, 0.001)
    expected = fit.parameters.copy()
    if model == "lognormal":
        expected["mu"] -= np.log(1000)
    if model == "weibull":
        expected["scale"] /= 1000
    np.testing.assert_allclose(other.parameters, expected, rtol=1e-6)
    assert other.deviance == pytest.approx(fit.deviance, rel=1e-8)
    unit = fit.parameters / expected if model == "weibull" else 1
    np.testing.assert_allclose(other.standard_errors * unit, fit.standard_errors, rtol=1e-5)


def test_two_classes_give_the_pareto_exponent_in_closed_form():
    fit = fit_grouped("pareto", [1, 60], [60, INF], [494, 25], 1)
    assert fit.parameters["alpha"] == pytest.approx(np.log(519 / 25) / np.log(60), rel=1e-7)
    assert fit.degrees_of_freedom == 0
    assert np.isnan(fit.deviance_p) and np.isnan(fit.pearson_p)


def exact_fit(model: str, sizes: np.ndarray) -> np.ndarray:
    """Maximum likelihood from the sizes themselves, truncated at 1, with scipy's densities."""
    if model == "pareto":
        return np.array([len(sizes) / np.log(sizes).sum()])

    def minus(theta):
        if theta[-1] <= 0 or (model == "weibull" and theta[0] <= 0):
            return INF
        return len(sizes) * FROZEN[model](*theta).logsf(1) - FROZEN[model](*theta).logpdf(sizes).sum()

    return optimize.minimize(minus, TRUE[model], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-9}).x


@pytest.mark.parametrize("model", MODELS)
def test_the_grouped_likelihood_tends_to_the_exact_one(model):
    """The finer the classes, the nearer the estimates, and the parameters return within sampling error."""
    sizes = draw(model, 3000, TRUE[model], 1, np.random.default_rng(4))
    exact = exact_fit(model, sizes)
    distances = []
    for classes in (4, 40, 1200):
        edges = np.append(np.geomspace(1, 1.01 * sizes.max(), classes), INF)
        fit = fit_grouped(model, edges[:-1], edges[1:], np.histogram(sizes, edges)[0], 1)
        distances.append(np.abs((fit.parameters - exact) / fit.standard_errors).max())
        assert (np.abs((fit.parameters - np.array(TRUE[model])) / fit.standard_errors) < 3).all()
    assert distances[2] < distances[1] < distances[0]
    assert distances[2] < 0.005


@pytest.mark.parametrize("model", MODELS)
def test_standard_errors_cover_and_the_test_has_its_level(model):
    """On generated populations of 601: estimates spread as the standard errors say, the deviance rejects at its level."""
    rng = np.random.default_rng(5)
    true = np.array(TRUE[model])
    z, rejected = [], []
    for _ in range(200):
        number = np.histogram(draw(model, 601, TRUE[model], 1, rng), [1, 2, 5, 10, 20, INF])[0]
        fit = fit_grouped(model, [1, 2, 5, 10, 20], [2, 5, 10, 20, INF], number, 1)
        z.append((fit.parameters - true) / fit.standard_errors)
        rejected.append(fit.deviance_p < 0.05)
    z = np.array(z)
    assert (np.abs(np.median(z, axis=0)) < 0.25).all()
    assert ((np.abs(z) < 1.96).mean(axis=0) > 0.90).all()
    assert np.mean(rejected) < 0.10


def test_deviance_compares_with_the_saturated_model(counts):
    fit = fit_grouped("lognormal", LOWER, UPPER, counts, 1)
    shares = np.array(counts) / sum(counts)
    assert fit.saturated == pytest.approx(float(np.array(counts) @ np.log(shares)))
    assert fit.deviance == pytest.approx(2 * (fit.saturated - fit.log_likelihood))
    assert fit.log_likelihood == pytest.approx(log_likelihood("lognormal", fit.lower, fit.upper, fit.counts, fit.parameters))
    assert fit.expected.sum() == pytest.approx(sum(counts))


REFUSED = [
    ("pareto", [2, 10], [10, INF], [5, 5], 1, "threshold 1: the first class begins at 2: expected the same positive number"),
    ("pareto", [0, 10], [10, INF], [5, 5], 0, "threshold 0: the first class begins at 0: expected the same positive number"),
    ("pareto", [1, 10], [10, 100], [5, 5], 1, "class 2: ends at 100: expected the last class to be open, its upper limit infinite"),
    ("pareto", [1], [INF], [5], 1, "model 'pareto': 1 classes with units: expected at least 2 for 1 parameters"),
    ("weibull", [1, 10], [10, INF], [5, 5], 1, "model 'weibull': 2 classes with units: expected at least 3 for 2 parameters"),
    ("lognormal", [1, 10, 50], [10, 50, INF], [5, 5, 0], 1, "model 'lognormal': 2 classes with units: expected at least 3 for 2 parameters"),
    ("lognormal", LOWER, UPPER, [316, 20, 30, 235], 1, "model 'lognormal', 601 units in 4 classes: the likelihood has no maximum at finite parameters"),
    ("weibull", LOWER, UPPER, [316, 20, 30, 235], 1, "model 'weibull', 601 units in 4 classes: the likelihood has no maximum at finite parameters"),
]


@pytest.mark.parametrize(("model", "lower", "upper", "number", "threshold", "message"), REFUSED)
def test_fits_that_are_refused(model, lower, upper, number, threshold, message):
    """The last ones have a tail heavier than any Pareto law, towards which both models then run."""
    with pytest.raises(ValueError) as refusal:
        fit_grouped(model, lower, upper, number, threshold)
    assert str(refusal.value) == message


def test_bootstrap_is_reproducible_and_spreads_as_the_standard_errors(counts):
    fit = fit_grouped("weibull", LOWER, UPPER, counts, 1)
    first, second = (bootstrap(fit, "lognormal", 200, np.random.default_rng(6)) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert list(first) == ["shape", "scale", "deviance", "rival_deviance", "realised_mean"]
    assert first["shape"].std() == pytest.approx(fit.standard_errors["shape"], rel=0.2)
    assert first["realised_mean"].mean() == pytest.approx(partial_mean("weibull", 1, fit.parameters, 1), rel=0.03)
    assert (first[["deviance", "rival_deviance"]] > -1e-9).all(axis=None)


def test_bootstrap_refits_as_scipy_does(counts):
    """The same populations, counted in classes, with scipy's distributions and another search for the maximum."""
    fit = fit_grouped("weibull", LOWER, UPPER, counts, 1)
    found = bootstrap(fit, "lognormal", 3, np.random.default_rng(13))
    rng = np.random.default_rng(13)

    def refit(model, number):
        def half_deviance(theta):
            if theta[-1] <= 0 or (model == "weibull" and theta[0] <= 0):
                return INF
            above = np.append(FROZEN[model](*theta).sf(LOWER) / FROZEN[model](*theta).sf(1), 0)
            return number @ np.log(number / number.sum() / -np.diff(above))

        start = fit.parameters if model == "weibull" else TRUE[model]
        best = optimize.minimize(half_deviance, start, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000})
        return [*best.x, 2 * best.fun]

    for _, row in found.iterrows():
        sizes = draw("weibull", sum(counts), fit.parameters, 1, rng)
        number = np.histogram(sizes, [*LOWER, INF])[0].astype(float)
        expected = [*refit("weibull", number), refit("lognormal", number)[-1], sizes.mean()]
        assert row.tolist() == same_as(expected, "scipy, Nelder-Mead", of=bootstrap, rel=1e-5, abs=1e-7)


# Rank and size ------------------------------------------------------------------------------------------------------


def test_rank_size_is_a_regression(exporters):
    """The line of least squares, and the standard error of the paper, b times the root of 2/n."""
    estimate = rank_size(exporters, np.random.default_rng(7))
    line = stats.linregress(np.log(np.sort(exporters)[::-1]), np.log(np.arange(1, 12) - 0.5))
    assert estimate.exponent == same_as(-line.slope, "scipy, linregress", of=rank_size, rel=1e-6)
    assert estimate.intercept == same_as(line.intercept, "scipy, linregress", of=rank_size, rel=1e-6)
    assert estimate.standard_error == pytest.approx(estimate.exponent * np.sqrt(2 / 11))
    assert estimate.normal_hi - estimate.exponent == pytest.approx(1.959964 * estimate.standard_error, rel=1e-6)
    assert estimate == rank_size(exporters[::-1], np.random.default_rng(7))


def test_the_exact_interval_agrees_with_r(exporters):
    """Both simulate the pivot, with other random numbers."""
    estimate = rank_size(exporters, np.random.default_rng(7))
    limits = REFERENCE["rank_size.exact.lo"], REFERENCE["rank_size.exact.hi"]
    assert (estimate.lo, estimate.hi) == same_as(limits, "R, other random numbers", of=rank_size, rel=0.02)


@pytest.mark.parametrize("alpha", [0.8, 2.4])
def test_exact_intervals_cover_at_eleven_sizes(alpha):
    """Rank-size and Hill, over 400 samples: 95 percent within the error of simulation. Location and scale drop out."""
    rng = np.random.default_rng(8)
    slopes, hills = [], []
    one = rank_size(draw("pareto", 11, (alpha,), 50, rng), np.random.default_rng(9))
    low, high = one.lo / one.exponent, one.hi / one.exponent  # the same for every sample of this size
    for _ in range(400):
        sizes = draw("pareto", 11, (alpha,), 50, rng)
        slope = stats.linregress(np.log(np.sort(sizes)[::-1]), np.log(np.arange(1, 12) - 0.5)).slope
        slopes.append(low <= alpha / -slope <= high)
        estimate = hill(sizes, 50)
        hills.append(estimate.lo <= alpha <= estimate.hi)
    assert np.mean(slopes) == pytest.approx(0.95, abs=0.03)
    assert np.mean(hills) == pytest.approx(0.95, abs=0.03)


def test_rank_size_and_hill_find_the_exponent_of_many_sizes():
    sizes = draw("pareto", 5000, (1.1,), 1, np.random.default_rng(10))
    assert hill(sizes, 1).exponent == pytest.approx(1.1, rel=0.05)
    slope = stats.linregress(np.log(np.sort(sizes)[::-1]), np.log(np.arange(1, 5001) - 0.5)).slope
    assert -slope == pytest.approx(1.1, rel=0.06)


def test_hill_is_the_exact_likelihood_of_the_pareto_model():
    sizes = draw("pareto", 300, TRUE["pareto"], 1, np.random.default_rng(11))
    found = hill(sizes, 1)
    assert found.exponent == pytest.approx(exact_fit("pareto", sizes)[0])
    assert found.exponent == same_as(stats.pareto.fit(sizes, floc=0, fscale=1)[0], "scipy, pareto.fit", of=hill, rel=1e-6)


@pytest.mark.parametrize(("sizes", "message"), [
    ([3, 2], "sizes: shape (2,): expected a list of at least 3"),
    ([3, 0, 2], "size 2: 0: expected a positive, finite size"),
    ([3, 5, float("nan")], "size 3: nan: expected a positive, finite size"),
    ([4, 4, 4], "sizes: all 4: expected sizes that differ"),
])
def test_sizes_that_are_refused(sizes, message):
    with pytest.raises(ValueError) as refusal:
        rank_size(sizes, np.random.default_rng(0))
    assert str(refusal.value) == message


@pytest.mark.parametrize("cut", [0, 51])
def test_a_cut_that_is_refused(cut, exporters):
    with pytest.raises(ValueError) as refusal:
        hill(exporters, cut)
    assert str(refusal.value) == f"cut {cut}: sizes from 50 to 186: expected a positive cut that no size is below"
