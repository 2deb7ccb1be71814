"""Weighted shares, tests and ordered logit: against R's survey package, statsmodels, by hand, on generated answers, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from second_route import same_as, uniform
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.stats.proportion import power_proportions_2indep

from zhejiang import survey

ARITHMETIC = json.loads((Path(__file__).parent / "reference" / "arithmetic.json").read_text(encoding="utf-8"))["values"]
REFERENCE = json.loads((Path(__file__).parent / "reference" / "survey.json").read_text(encoding="utf-8"))["values"]
SURVEY = "R, survey"
PAIRS = [("importance", "size"), ("importance", "industry"), ("obstacle", "size"), ("importance", "obstacle")]


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    """The generated answers of survey.R."""
    u = uniform(6 * 240, 20060901).reshape(240, 6)
    size = np.repeat([1, 2, 3], [60, 80, 100])
    latent = 0.9 * (size == 1) + 0.4 * (size == 2) + 0.6 * u[:, 0] + np.log(u[:, 1] / (1 - u[:, 1]))
    importance = 1.0 + (latent > -0.6) + (latent > 0.9) + (latent > 2.2)
    obstacle = (u[:, 3] < 0.25 + 0.12 * size).astype(float)
    importance[u[:, 4] < 0.07] = np.nan
    obstacle[u[:, 4] > 0.95] = np.nan
    return pd.DataFrame({
        "size": size, "importance": importance, "industry": 1 + (u[:, 2] > 0.3) + (u[:, 2] > 0.75), "obstacle": obstacle,
        "staff": 10 * u[:, 0], "weight": np.array([2, 8, 30])[size - 1] * (0.5 + u[:, 5]),
    })


def ordered(answers: pd.Series) -> pd.Series:
    return answers.astype(pd.CategoricalDtype(sorted(answers.dropna().unique()), ordered=True))


@pytest.fixture(scope="module")
def regressors(firms) -> pd.DataFrame:
    return pd.DataFrame({"large": firms["size"] == 1, "medium": firms["size"] == 2, "staff": firms["staff"]}).astype(float)


# Against R


@pytest.mark.parametrize("question", ["importance", "industry", "obstacle"])
def test_shares_and_intervals_are_those_of_r(firms, question):
    """svymean and svyciprop (xlogit) of those who answered, in the design of all."""
    found = survey.shares(firms[question], firms["weight"], firms["size"])
    for answer, row in found.iterrows():
        for column in ("share", "se", "lo", "hi"):
            expected = REFERENCE[f"{column}.{question}.{int(answer)}"]
            assert row[column] == same_as(expected, SURVEY, of=(survey.shares, survey.linearised_covariance), rel=1e-10)
    assert found["firms"].sum() == firms[question].notna().sum()


@pytest.mark.parametrize(("rows", "columns"), PAIRS)
def test_corrected_test_is_that_of_r(firms, rows, columns):
    """svytable and svychisq (F)."""
    found = survey.rao_scott(firms[rows], firms[columns], firms["weight"], firms["size"])
    key = f"{rows}.{columns}"
    assert found.statistic == same_as(REFERENCE[f"f.{key}"], SURVEY, of=survey.rao_scott, rel=1e-9)
    assert found.df == same_as(REFERENCE[f"df.{key}"], SURVEY, of=survey.rao_scott, rel=1e-9)
    assert found.df_denominator == same_as(REFERENCE[f"ddf.{key}"], SURVEY, of=survey.rao_scott, rel=1e-9)
    assert found.p_value == same_as(REFERENCE[f"p.{key}"], SURVEY, of=survey.rao_scott, rel=1e-8)
    for r, row in found.shares.iterrows():
        for c, cell in row.items():
            assert cell == same_as(REFERENCE[f"cell.{key}.{int(r)}.{int(c)}"], SURVEY, of=survey.rao_scott, rel=1e-10)


def test_ordered_logit_is_that_of_r(firms, regressors):
    """svyolr, whose optimum is found numerically: within a hundred-thousandth of a standard error."""
    fit = survey.ordered_logit(ordered(firms["importance"]), regressors, firms["weight"], firms["size"])
    table = pd.concat([fit.coefficients, fit.thresholds])
    for name, (_, row) in zip(["large", "medium", "staff", "cut1", "cut2", "cut3"], table.iterrows(), strict=True):
        source = "R, survey; in standard errors"
        assert row["estimate"] / row["se"] == same_as(REFERENCE[f"olr.{name}"] / row["se"], source, of=survey.ordered_logit, abs=1e-5)
        assert row["se"] == same_as(REFERENCE[f"olr.se.{name}"], SURVEY, of=survey.ordered_logit, rel=1e-5)
    assert fit.df == REFERENCE["olr.df"]


# Special cases and other programs


def test_without_weights_the_logit_is_that_of_statsmodels(firms, regressors):
    answered = firms["importance"].notna()
    one = pd.Series(1.0, index=firms.index)
    fit = survey.ordered_logit(ordered(firms["importance"]), regressors, one, firms["size"])
    model = OrderedModel(ordered(firms.loc[answered, "importance"]), regressors[answered], distr="logit")
    other = model.fit(method="newton", disp=False, tol=1e-12)
    thresholds = model.transform_threshold_params(other.params.to_numpy())[1:-1]
    source = "statsmodels, OrderedModel"
    assert fit.coefficients["estimate"].to_numpy() == same_as(other.params[:3].to_numpy(), source, of=survey.ordered_logit, rel=1e-6)
    assert fit.thresholds["estimate"].to_numpy() == same_as(thresholds, source, of=survey.ordered_logit, rel=1e-6)


def test_logit_does_not_depend_on_the_units_of_its_regressors(firms, regressors):
    fit = survey.ordered_logit(ordered(firms["importance"]), regressors, firms["weight"], firms["size"])
    moved = regressors.assign(staff=1e6 + 1e4 * regressors["staff"])
    other = survey.ordered_logit(ordered(firms["importance"]), moved, 7 * firms["weight"], firms["size"])
    assert 1e4 * other.coefficients.loc["staff", "estimate"] == pytest.approx(fit.coefficients.loc["staff", "estimate"], rel=1e-6)
    assert 1e4 * other.coefficients.loc["staff", "se"] == pytest.approx(fit.coefficients.loc["staff", "se"], rel=1e-6)
    assert other.coefficients.loc["large"].to_numpy() == pytest.approx(fit.coefficients.loc["large"].to_numpy(), rel=1e-6)


def test_a_simple_sample_gives_the_textbook_standard_error():
    """One stratum, equal weights: p (1 - p) / (n - 1), whatever the weights are multiplied with."""
    answers = pd.Series([1] * 7 + [0] * 13)
    found = survey.shares(answers, pd.Series(3.0, index=answers.index), pd.Series(1, index=answers.index))
    assert found.loc[1, "share"] == pytest.approx(35)
    assert found.loc[1, "se"] == pytest.approx(100 * np.sqrt(0.35 * 0.65 / 19))
    assert survey.effective_size(np.full(20, 3.0)) == pytest.approx(20)


def test_a_simple_sample_gives_pearsons_test_nearly():
    """One stratum, equal weights, independent answers, many firms: the correction vanishes."""
    random = np.random.default_rng(20060901)
    rows, columns = pd.Series(random.integers(0, 3, 20_000)), pd.Series(random.integers(0, 4, 20_000))
    one = pd.Series(1.0, index=rows.index)
    found = survey.rao_scott(rows, columns, one, one)
    pearson = stats.chi2_contingency(pd.crosstab(rows, columns), correction=False)
    assert found.design_effect == pytest.approx(1, abs=0.02)
    assert found.p_value == pytest.approx(pearson.pvalue, abs=0.02)


def test_effective_size_against_r():
    """Kish's other form: one over one and the squared coefficient of variation."""
    found = survey.effective_size(1 + 30 * uniform(50, 7))
    assert found == same_as(ARITHMETIC["effective"], "R, by the coefficient of variation", of=survey.effective_size, rel=1e-12)


def test_strata_by_hand():
    """Two strata with known counts: the variance of a stratified mean."""
    answers = pd.Series([1, 0, 0, 1, 1, 1, 0, 1])
    strata = pd.Series(["a"] * 3 + ["b"] * 5)
    weights = pd.Series([10.0] * 3 + [2.0] * 5)
    found = survey.shares(answers, weights, strata)
    share_a, share_b = 1 / 3, 4 / 5
    expected = (30 * share_a + 10 * share_b) / 40
    # Weights that are alike in a stratum: the mean of each has weight 30/40 and 10/40.
    variance = (30 / 40) ** 2 * share_a * (1 - share_a) / 2 + (10 / 40) ** 2 * share_b * (1 - share_b) / 4
    assert found.loc[1, "share"] == pytest.approx(100 * expected)
    assert found.loc[1, "se"] == pytest.approx(100 * np.sqrt(variance))


def test_shares_nobody_or_everybody_chose_have_no_interval():
    answers = pd.Series(pd.Categorical(["yes"] * 5, categories=["yes", "no"]))
    found = survey.shares(answers, pd.Series(1.0, index=answers.index), pd.Series(1, index=answers.index))
    assert found["share"].tolist() == [100, 0]
    assert found[["lo", "hi"]].isna().all(axis=None)


def test_effective_size_of_weighted_classes_is_at_least_the_smallest_class():
    """The bound that the chapter states, for any weights of three classes and any shares in them."""
    random = np.random.default_rng(7)
    firms = np.array([40, 40, 20])
    for _ in range(500):
        weights, share = random.dirichlet([0.5, 0.5, 0.5]), random.uniform(size=3)
        variance = (weights**2 * share * (1 - share) / firms).sum()
        mean = weights @ share
        assert variance <= mean * (1 - mean) / firms.min() + 1e-12


# Recovery


def generated(random: np.random.Generator, per_stratum: int) -> tuple[pd.DataFrame, pd.Series]:
    """Firms of three sizes and their answers under proportional odds; drawn more often if large."""
    size = np.repeat([0, 1, 2], per_stratum)
    x = (size == 0).astype(float)
    answer = np.digitize(0.7 * x + random.logistic(size=len(size)), [-0.5, 1.0])
    return pd.DataFrame({"x": x, "size": size, "weight": np.array([1.0, 5.0, 20.0])[size]}), ordered(pd.Series(answer))


def test_intervals_cover():
    """Logit intervals of shares and the log odds, in 300 generated samples, 95 percent give or take four standard errors."""
    random = np.random.default_rng(11)
    draws = 300
    # Population share of the lowest answer, weights 1, 5, 20 of 26 for the classes.
    truth = 100 * (stats.logistic.cdf(-0.5 - 0.7) * 1 + stats.logistic.cdf(-0.5) * 25) / 26
    covered = np.zeros(2)
    for _ in range(draws):
        frame, answers = generated(random, 60)
        row = survey.shares(answers, frame["weight"], frame["size"]).iloc[0]
        fit = survey.ordered_logit(answers, frame[["x"]], frame["weight"], frame["size"]).coefficients.loc["x"]
        covered += [row["lo"] <= truth <= row["hi"], fit["lo"] <= 0.7 <= fit["hi"]]
    assert np.abs(covered / draws - 0.95).max() < 4 * np.sqrt(0.95 * 0.05 / draws)


def test_corrected_test_keeps_its_level_where_pearson_does_not():
    """Independent answers and unequal weights, unrelated to either: five percent of corrected tests reject, far more of naive ones."""
    random = np.random.default_rng(12)
    rejected = np.zeros(2)
    for _ in range(300):
        rows, columns = pd.Series(random.integers(0, 2, 400)), pd.Series(random.integers(0, 3, 400))
        weights = pd.Series(random.choice([1.0, 8.0], size=400))
        found = survey.rao_scott(rows, columns, weights, pd.Series(1, index=rows.index))
        cells = pd.DataFrame({"r": rows, "c": columns, "w": weights}).pivot_table(index="r", columns="c", values="w", aggfunc="sum")
        naive = stats.chi2_contingency(cells * 400 / cells.sum(axis=None), correction=False).pvalue
        rejected += [found.p_value < 0.05, naive < 0.05]
    assert abs(rejected[0] / 300 - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 300)
    assert rejected[1] / 300 > 0.15


# Sizes


def test_size_of_whiteheads_example():
    """Control shares 0.2, 0.5, 0.2, 0.1, log odds ratio 0.887, power 90 percent: 187 patients."""
    control = np.cumsum([0.2, 0.5, 0.2])
    odds = control / (1 - control) * np.exp(0.887)
    treated = np.diff(np.concatenate([[0], odds / (1 + odds), [1]]))
    mean = (treated + [0.2, 0.5, 0.2, 0.1]) / 2
    assert np.ceil(survey.size_ordered(mean, np.exp(0.887), 0.9)) == same_as(187, "Whitehead (1993), example", of=survey.size_ordered)


def test_size_for_two_answers_is_near_that_of_two_proportions():
    """With two answers, proportional odds is a comparison of shares."""
    low = 0.4
    high = 1 / (1 + (1 - low) / low / 1.5)
    mean = (low + high) / 2
    n = survey.size_ordered(np.array([mean, 1 - mean]), 1.5, 0.8)
    power = power_proportions_2indep(high - low, low, n / 2, return_results=False)
    assert 0.8 == same_as(power, "statsmodels, power_proportions_2indep at that size", of=survey.size_ordered, abs=0.01)


# Refusals


def test_wrong_weights_are_refused():
    answers, strata = pd.Series([1, 0, 1, 0]), pd.Series(1, index=range(4))
    for wrong, text in ((-1.0, "-1.0"), (0.0, "0.0"), (np.nan, "nan"), (np.inf, "inf")):
        with pytest.raises(ValueError, match=f"weight, position 2: {text}: expected a positive, finite weight"):
            survey.shares(answers, pd.Series([1, 1, wrong, 1]), strata)


@pytest.mark.parametrize(("change", "message"), [
    (lambda f: survey.shares(f.y[:3], f.w, f.s), "3 answers, 12 weights, 12 strata: expected one each a firm"),
    (lambda f: survey.shares(f.y.astype(float) * np.nan, f.w, f.s), "no firm answered"),
    (lambda f: survey.shares(f.y, f.w, pd.Series(["a"] * 11 + ["b"])), "stratum 'b': 1 firm"),
    (lambda f: survey.shares(f.y, f.w, pd.Series(["a"] * 11 + [None])), "stratum, position 11: missing"),
    (lambda f: survey.rao_scott(f.y, f.s, f.w, f.s), "3 x 1 answers: expected at least 2 x 2"),
    (lambda f: survey.rao_scott(f.y, f.z[:4], f.w, f.s), "12 and 4 answers"),
    (lambda f: survey.ordered_logit(f.y, f[["z"]], f.w, f.s), "outcome 'y': expected an ordered categorical"),
    (lambda f: survey.ordered_logit(ordered(f.y % 2), f[["z"]], f.w, f.s), "2 answers in use: expected at least 3"),
    (lambda f: survey.ordered_logit(ordered(f.y), f[["z", "s"]], f.w, f.s), "not collinear"),
    (lambda f: survey.ordered_logit(ordered(f.y), f[["z"]] * np.inf, f.w, f.s), "rows of finite numbers"),
    (lambda f: survey.ordered_logit(ordered(f.y), f[["y"]], f.w, f.s), "no finite estimate"),
    (lambda f: survey.size_ordered(np.array([0.5, 0.4]), 2, 0.8), "add up to one"),
    (lambda f: survey.size_ordered(np.array([0.5, 0.5]), 1, 0.8), "odds ratio 1"),
    (lambda f: survey.size_ordered(np.array([0.5, 0.5]), 2, 1.2), "power 1.2"),
])
def test_refusals(change, message):
    frame = pd.DataFrame({"y": [0, 1, 2] * 4, "z": [0, 1, 1, 0] * 3, "w": 1.0, "s": 1})
    with pytest.raises(ValueError, match=message):
        change(frame)


def test_nothing_is_changed_in_place(firms, regressors):
    before = firms.copy()
    survey.rao_scott(firms["importance"], firms["size"], firms["weight"], firms["size"])
    survey.ordered_logit(ordered(firms["importance"]), regressors, firms["weight"], firms["size"])
    pd.testing.assert_frame_equal(firms, before)
