"""Spatial weights, Moran's I, Lagrange multiplier tests, the spatial error model and Conley's covariance."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from second_route import same_as

from zhejiang import data, spatial

REFERENCE = json.loads((Path(__file__).parent / "reference" / "spatial.json").read_text(encoding="utf-8"))["values"]
YONGKANG = json.loads((Path(__file__).parent / "reference" / "yongkang.json").read_text(encoding="utf-8"))["values"]
ERROR_MODEL = "R, the likelihood maximised by optimize"
ARITHMETIC = json.loads((Path(__file__).parent / "reference" / "arithmetic.json").read_text(encoding="utf-8"))["values"]
SPANS = [(1997, 2000), (2000, 2008), (2008, 2020), (2000, 2020)]
TESTS = {"error": "LMerr", "lag": "LMlag", "robust error": "RLMerr", "robust lag": "RLMlag"}


def columbus() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Crime, design (constant, income, house value) and row-standardised weights of 49 neighbourhoods in Columbus, Ohio."""
    crime, income, value = (np.array([REFERENCE[f"columbus.{name}.{i}"] for i in range(1, 50)]) for name in ("CRIME", "INC", "HOVAL"))
    weights = np.array([[REFERENCE.get(f"columbus.link.{i}.{j}", 0.0) for j in range(1, 50)] for i in range(1, 50)])
    return crime, np.column_stack([np.ones(49), income, value]), weights / weights.sum(axis=1, keepdims=True)


def prefectures() -> tuple[pd.DataFrame, np.ndarray]:
    """Logs of research and college, controls, and distances of all places with a seat."""
    rows = data.load("innovation/census_2010_prefectures").set_index("code")
    rows = rows[rows["seat_code"].notna()]
    frame = pd.DataFrame({
        "lr": np.log(100 * rows["sample_research"] / rows["sample_employed"]), "const": 1.0,
        "lh": np.log(100 * (rows["edu_junior_college"] + rows["edu_university"]) / rows.filter(like="edu_").sum(axis=1)),
        "size": np.log(rows["residents"]), "manufacturing": 100 * rows["sample_manufacturing"] / rows["sample_employed"],
        "capital": (rows.index % 10000 == 100).astype(float),
    })
    return frame, spatial.great_circle(rows["seat_longitude_degrees"], rows["seat_latitude_degrees"])


@pytest.fixture(scope="module")
def city_logs() -> pd.DataFrame:
    """Log of GDP per registered person, years by the cities of Zhejiang."""
    panel = data.load("prefectures/gdp_population")
    return np.log((panel["gdp_100m_yuan"] / panel["registered_10k"]).groupby([panel["year"], panel["city_code"]]).sum().unstack())


@pytest.fixture(scope="module")
def city_km(city_logs) -> np.ndarray:
    seats = data.load("zhejiang_counties/seats").set_index("code").loc[city_logs.columns]
    return spatial.great_circle(seats["longitude_degrees"], seats["latitude_degrees"])


def line(n: int) -> np.ndarray:
    """Distances of n places one apart on a line."""
    return np.abs(np.subtract.outer(np.arange(n), np.arange(n))).astype(float)


def weights_of(name: str, distances: np.ndarray) -> np.ndarray:
    return spatial.nearest(distances, 5) if name == "near" else spatial.inverse_distance(distances, 1500)


def test_columbus_as_published():
    """Anselin (1988), chapter 12, and Anselin, Bera, Florax and Yoon (1996): the tests and the spatial error model of crime."""
    y, x, w = columbus()
    found = spatial.lagrange_multipliers(y, x, w)["statistic"]
    published = {"error": 5.72, "lag": 9.36, "robust error": 0.08, "robust lag": 3.72}
    assert found.round(2).to_dict() == same_as(published, "Anselin, Bera, Florax and Yoon (1996), Columbus", of=spatial.lagrange_multipliers)
    model = spatial.error_model(y, x, w)
    book, program = "Anselin (1988), chapter 12, Columbus", "R, spatialreg, as printed in its documentation"
    assert model.correlation == same_as(0.562, book, of=spatial.error_model, abs=5e-4)
    assert model.params == same_as([59.893, -0.941, -0.302], book, of=spatial.error_model, abs=5e-4)
    assert model.log_likelihood == same_as(-183.38, book, of=spatial.error_model, abs=5e-3)
    assert np.sqrt(np.diagonal(model.covariance)) == same_as([5.366163, 0.330569, 0.090476], program, of=spatial.error_model, abs=2e-5)
    assert (model.std_error, model.likelihood_ratio) == same_as((0.13387, 7.9935), program, of=spatial.error_model, abs=1e-4)


@pytest.mark.parametrize("name", ["columbus", "near", "inverse"])
def test_residuals_against_r(name):
    if name == "columbus":
        y, x, w = columbus()
    else:
        frame, distances = prefectures()
        y, x, w = frame["lr"], frame.drop(columns="lr").to_numpy(), weights_of(name, distances)
    found = spatial.residual_moran(y, x, w)
    computed = {"statistic": found.statistic, "expected": found.expected, "variance": found.std_error**2, "p": found.p_value}
    weighting = {"near": (spatial.nearest,), "inverse": (spatial.inverse_distance,)}.get(name, ())
    expected = {key: REFERENCE[f"{name}.residual.{key}"] for key in computed}
    assert computed == same_as(expected, "R, spdep", of=(spatial.residual_moran, *weighting), rel=1e-7)
    tests = spatial.lagrange_multipliers(y, x, w)
    expected = {key: REFERENCE[f"{name}.{r}"] for key, r in TESTS.items()}
    assert tests["statistic"].to_dict() == same_as(expected, "R, spdep", of=spatial.lagrange_multipliers, rel=1e-8)
    model = spatial.error_model(y, x, w)
    assert model.correlation == same_as(REFERENCE[f"{name}.r"], ERROR_MODEL, of=spatial.error_model, rel=1e-5)
    assert model.log_likelihood == same_as(REFERENCE[f"{name}.loglik"], ERROR_MODEL, of=spatial.error_model, rel=1e-8)
    assert model.params == same_as([REFERENCE[f"{name}.b{k + 1}"] for k in range(x.shape[1])], ERROR_MODEL, of=spatial.error_model, rel=1e-5)


@pytest.mark.parametrize("name", ["near", "inverse"])
@pytest.mark.parametrize("column", ["lh", "lr", "manufacturing"])
def test_moran_against_r(name, column):
    frame, distances = prefectures()
    found = spatial.moran(frame[column], weights_of(name, distances), permutations=99, seed=1)
    computed = {"statistic": found.statistic, "expected": found.expected, "variance": found.std_error**2}
    functions = spatial.moran, spatial.nearest if name == "near" else spatial.inverse_distance
    assert computed == same_as({key: REFERENCE[f"{name}.{column}.{key}"] for key in computed}, "R, spdep", of=functions, rel=1e-8)
    assert found.p_value == 0.01


def test_distances_against_r():
    _, distances = prefectures()
    off = ~np.eye(len(distances), dtype=bool)
    assert distances[off].min() == same_as(REFERENCE["distance.smallest"], "R, haversine", of=spatial.great_circle, rel=1e-9)
    assert distances[0, 1:].sum() == same_as(REFERENCE["distance.first"], "R, haversine", of=spatial.great_circle, rel=1e-12)


def test_distances_of_cities_against_r(city_logs, city_km):
    """The law of cosines, in R."""
    expected = {code: YONGKANG[f"km.{code}"] for code in city_logs.columns[1:]}
    found = dict(zip(city_logs.columns[1:], city_km[0, 1:], strict=True))
    assert found == same_as(expected, "R, law of cosines", of=spatial.great_circle, rel=1e-8)


@pytest.mark.parametrize("k", [2, 3, 4])
@pytest.mark.parametrize(("first", "last"), SPANS)
def test_moran_of_cities_against_r(city_logs, city_km, first, last, k):
    """Growth, and the residuals of growth on the start: moments, and the exact p-value against drawn errors."""
    weights = spatial.nearest(city_km, k)
    start = city_logs.loc[first].to_numpy()
    growth = (city_logs.loc[last].to_numpy() - start) / (last - first)
    key = f"{first}.{last}.{k}"
    plain = spatial.moran(growth, weights, permutations=9, seed=1)
    assert plain.statistic == same_as(YONGKANG[f"moran.{key}"], "R, spdep", of=(spatial.moran, spatial.nearest), rel=1e-8)
    design = sm.add_constant(start)
    found = spatial.simulated_residual_moran(growth, design, weights, draws=9999, seed=0)
    computed = {"residual": found.statistic, "expected": found.expected, "variance": found.std_error**2}
    expected = {name: YONGKANG[f"moran.{name}.{key}"] for name in computed}
    assert computed == same_as(expected, "R, spdep", of=spatial.simulated_residual_moran, rel=1e-7)
    exact = YONGKANG[f"moran.exact.{key}"]
    # Three standard errors of a p-value of one half from as many draws, for twice a tail.
    functions = spatial.simulated_residual_moran, spatial.residual_moran_draws
    assert found.p_value == same_as(2 * min(exact, 1 - exact), "R, spdep, exact distribution", of=functions, abs=0.03)
    drawn = spatial.residual_moran_draws(design, weights, draws=9999, seed=0)
    assert drawn.mean() == pytest.approx(found.expected, abs=4 * found.std_error / 100)
    assert drawn.std() == pytest.approx(found.std_error, rel=0.05)


def test_a_trend_is_found_and_its_residuals_are_clean():
    places = spatial.great_circle(np.arange(20) ** 1.01, np.zeros(20))
    weights = spatial.nearest(places, 2)
    trend = np.arange(20.0)
    y = trend + np.random.default_rng(2).normal(size=20)
    assert spatial.moran(y, weights, permutations=999, seed=0).p_value < 0.01
    assert spatial.simulated_residual_moran(y, sm.add_constant(trend), weights, draws=999, seed=0).p_value > 0.05


@pytest.mark.parametrize("lags", [1, 3, 6])
def test_conley_on_a_line_is_newey_west(lags):
    """Places one apart on a line: the Bartlett weight of distance is that of Newey and West."""
    rng = np.random.default_rng(lags)
    x = sm.add_constant(rng.normal(size=(60, 2)))
    fit = sm.OLS(x @ [1.0, 2, 3] + rng.normal(size=60).cumsum() * 0.3, x).fit()
    newey_west = fit.get_robustcov_results("HAC", maxlags=lags, use_correction=True).cov_params()
    assert spatial.conley(x, fit.resid, line(60), lags + 1) == same_as(newey_west, "statsmodels, HAC", of=spatial.conley, rel=1e-8)


def test_conley_with_a_small_cutoff_is_hc1():
    rng = np.random.default_rng(4)
    x = sm.add_constant(rng.normal(size=(30, 2)))
    fit = sm.OLS(rng.normal(size=30), x).fit()
    expected = fit.get_robustcov_results("HC1").cov_params()
    assert spatial.conley(x, fit.resid, line(30), 0.5) == same_as(expected, "statsmodels, HC1", of=spatial.conley, rel=1e-8)


@pytest.mark.parametrize("cutoff", [1, 100, 200])
def test_conley_against_r(city_logs, city_km, cutoff):
    """The double sum, term by term, in R."""
    start = city_logs.loc[2000].to_numpy()
    x = sm.add_constant(start)
    fit = sm.OLS((city_logs.loc[2020].to_numpy() - start) / 20, x).fit()
    found = np.sqrt(spatial.conley(x, fit.resid, city_km, cutoff)[1, 1])
    assert found == same_as(YONGKANG[f"conley.{cutoff}"], "R, double sum", of=spatial.conley, rel=1e-6)


def test_a_negative_variance_is_refused():
    """Weights that fall linearly need not be positive definite: here a pair is far apart though both are near the third."""
    distances = np.array([[0, 0.1, 1], [0.1, 0, 0.1], [1, 0.1, 0]])
    residuals = np.linalg.eigh(np.maximum(1 - distances, 0))[1][:, 0]
    with pytest.raises(ValueError, match="cutoff 1: variance of coefficient 0 is negative: expected another cutoff"):
        spatial.conley(np.ones((3, 1)), residuals, distances, 1)


def test_moments_by_enumeration():
    """Expectation, variance and p-value over all orders of seven values on a line."""
    values = np.array([1.0, 2.5, 2.0, 4.0, 7.0, 5.0, 6.5])
    weights = np.array([[float(abs(i - j) == 1) for j in range(7)] for i in range(7)])
    weights /= weights.sum(axis=1, keepdims=True)
    z = values - values.mean()
    orders = z[np.array(list(itertools.permutations(range(7))))]
    drawn = 7 / weights.sum() * ((orders @ weights) * orders).sum(axis=1) / (z @ z)
    found = spatial.moran(values, weights, permutations=20_000, seed=5)
    assert found.statistic == pytest.approx(drawn[0])
    assert (found.expected, found.std_error) == pytest.approx((drawn.mean(), drawn.std()))
    assert found.p_value == pytest.approx((np.abs(drawn - found.expected) >= abs(found.statistic - found.expected) - 1e-12).mean(), abs=0.01)


def test_without_regressors_residuals_are_deviations():
    """With a constant alone the statistic is that of the variable, and its expectation -1 / (n - 1) for standardised rows."""
    frame, distances = prefectures()
    w = spatial.nearest(distances, 4)
    residual = spatial.residual_moran(frame["lh"], np.ones((len(frame), 1)), w)
    variable = spatial.moran(frame["lh"], w, permutations=9, seed=1)
    assert (residual.statistic, residual.expected) == pytest.approx((variable.statistic, variable.expected))


def simulated(seed: int, rho: float, n: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    w = spatial.nearest(spatial.great_circle(rng.uniform(100, 120, n), rng.uniform(25, 40, n)), 4)
    x = np.column_stack([np.ones(n), rng.normal(size=n)])
    return x @ [1.0, 2.0] + np.linalg.solve(np.eye(n) - rho * w, rng.normal(size=n)), x, w


def test_recovery_and_coverage():
    """The error model finds the correlation and covers the coefficient; residual tests keep their size without correlation."""
    correlations, covered, rejected = [], [], []
    for seed in range(200):
        y, x, w = simulated(seed, 0.6)
        model = spatial.error_model(y, x, w)
        correlations.append(model.correlation)
        covered.append(abs(model.params[1] - 2) <= 1.96 * np.sqrt(model.covariance[1, 1]))
        y, x, w = simulated(1000 + seed, 0.0)
        rejected.append([spatial.residual_moran(y, x, w).p_value < 0.05, *(spatial.lagrange_multipliers(y, x, w)["p_value"] < 0.05)])
    assert np.mean(correlations) == pytest.approx(0.6, abs=0.08)
    assert 0.88 < np.mean(covered) < 0.99
    assert (np.mean(rejected, axis=0) < 0.11).all()


def test_great_circle():
    """A quarter of the equator, a pole, and one place."""
    found = spatial.great_circle([0, 90, 0, 0], [0, 0, 90, 0])
    quarter = np.pi / 2 * spatial.EARTH_RADIUS_KM
    assert found[0] == pytest.approx([0, quarter, quarter, 0])
    assert (found == found.T).all()


def test_weights():
    """Three places on a line and one far off, by hand."""
    distances = np.abs(np.subtract.outer([0.0, 1.0, 3.0, 100.0], [0.0, 1.0, 3.0, 100.0]))
    assert spatial.nearest(distances, 1).tolist() == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    assert spatial.inverse_distance(distances, 2.5)[1] == pytest.approx([2 / 3, 0, 1 / 3, 0])
    assert spatial.inverse_distance(distances, 2.5)[3].sum() == 0
    assert spatial.same_group(["a", "b", "a", "a"]).tolist() == [[0, 0, 0.5, 0.5], [0, 0, 0, 0], [0.5, 0, 0, 0.5], [0.5, 0, 0.5, 0]]
    for w in (spatial.nearest(distances, 3), spatial.inverse_distance(distances, 1000)):
        assert w.sum(axis=1) == pytest.approx(1)


def test_weights_of_groups_against_r():
    found = spatial.same_group([1, 2, 1, 3, 2, 1, 4])
    expected = np.array([[ARITHMETIC[f"group.{i}.{j}"] for j in range(1, 8)] for i in range(1, 8)])
    assert found == same_as(expected, "R, outer", of=spatial.same_group, rel=1e-12)


def test_inputs_are_left_as_they_were():
    y, x, w = columbus()
    before = y.copy(), x.copy(), w.copy()
    spatial.moran(y, w, permutations=9, seed=1), spatial.residual_moran(y, x, w), spatial.lagrange_multipliers(y, x, w), spatial.error_model(y, x, w)
    spatial.simulated_residual_moran(y, x, w, draws=9, seed=1), spatial.conley(x, y, line(49), 0.5)
    assert all((a == b).all() for a, b in zip(before, (y, x, w), strict=True))


@pytest.mark.parametrize(("call", "message"), [
    (lambda y, x, w: spatial.moran(np.where(y == y[3], np.nan, y), w, permutations=9, seed=1), r"value at \[3\]: expected a finite number"),
    (lambda y, x, w: spatial.moran(np.ones(49), w, permutations=9, seed=1), "all equal"),
    (lambda y, x, w: spatial.moran(y, w[:4, :4], permutations=9, seed=1), r"shape \(4, 4\) for 49 units"),
    (lambda y, x, w: spatial.moran(y, w + np.eye(49), permutations=9, seed=1), "unit 0 has itself as a neighbour"),
    (lambda y, x, w: spatial.moran(y, -w, permutations=9, seed=1), "none negative"),
    (lambda y, x, w: spatial.residual_moran(y, x[:10], w), r"shape \(10, 3\) for 49 outcomes"),
    (lambda y, x, w: spatial.lagrange_multipliers(y, np.column_stack([x, x[:, 1]]), w), "rank 3: expected 4"),
    (lambda y, x, w: spatial.error_model(y, np.where(x == x[2, 1], np.inf, x), w), r"value at \[2, 1\]"),
    (lambda y, x, w: spatial.great_circle([10, 200], [10, 10]), r"point 1: \[200.0, 10.0\]"),
    (lambda y, x, w: spatial.great_circle([10, 20], [10, np.nan]), "point 1"),
    (lambda y, x, w: spatial.nearest(np.zeros((3, 3)), 3), "3 neighbours among 3 units"),
    (lambda y, x, w: spatial.nearest(np.abs(np.subtract.outer([0, 1, 2], [0, 1, 2])), 1), "unit 1: two others"),
    (lambda y, x, w: spatial.inverse_distance(np.zeros((3, 3)), 1), "unit 0: another at distance 0"),
    (lambda y, x, w: spatial.residual_moran_draws(x[:10], w, draws=9, seed=1), r"shape \(49, 49\) for 10 units"),
    (lambda y, x, w: spatial.simulated_residual_moran(y, np.column_stack([x, x[:, 1]]), w, draws=9, seed=1), "rank 3: expected 4"),
    (lambda y, x, w: spatial.conley(x, y, line(49), 0), "cutoff 0: expected a positive, finite distance"),
    (lambda y, x, w: spatial.conley(x, y, line(4), 1), r"distances of shape \(4, 4\) for 49 residuals"),
    (lambda y, x, w: spatial.conley(x[:10], y, line(49), 1), r"shape \(10, 3\) for 49 outcomes"),
    (lambda y, x, w: spatial.conley(x, y, -line(49), 1), "distances: expected a symmetric matrix"),
])
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call(*columbus())
