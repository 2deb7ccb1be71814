"""A file of answers: read by the codebook, refused where it does not fit, and shown on the page once it is there.

All answers here are generated; none of them enters the book.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import IPython.display
import numpy as np
import pandas as pd
import pytest
import yaml

from zhejiang import ROOT, catalog, data, freshness, inputs, microdata, show, survey

PAGE = ROOT / "book" / "04a_innovation_survey.md"
TABLE = "printed/04a/firms"
NEW = {f"ch04a-tab-firms-{name}" for name in ("shares", "size", "tests", "logit")}
SOURCE = {"id": "generated", "publisher": "tests", "title": "Generated answers", "edition": "none", "where": "tests/test_microdata.py", "quality": "C"}


@pytest.fixture
def codebook() -> microdata.Codebook:
    return microdata.Codebook(data.load("printed/04a/questions"), data.load("printed/04a/codes"))


@pytest.fixture
def file(codebook) -> pd.DataFrame:
    """120 generated firms in the codebook's form; larger ones find innovation more important."""
    random = np.random.default_rng(20060901)
    n = 120
    size = np.repeat([1, 2, 3], [40, 50, 30])
    importance = 1 + np.digitize(0.8 * (3 - size) + random.logistic(size=n), [0.0, 1.5])
    columns = {"firm": np.arange(101, 101 + n), "weight": np.array([1.5, 6.0, 40.0])[size - 1], "size": size,
               "industry": random.integers(1, 4, n), "importance": np.where(random.uniform(size=n) < 0.05, -9, importance)}
    columns |= {f"obstacles_{k}": random.integers(0, 2, n) for k in range(1, 6)}
    projects = random.integers(1, 3, n)
    columns |= {"rd_projects": projects, "internal_funds": np.where(projects == 1, random.integers(1, 3, n), -8),
                "government_funds": np.where(projects == 1, random.integers(1, 3, n), -8), "centre_city": random.choice([310000, 110000, -9], n)}
    return pd.DataFrame(columns)


def drop(project: Path, file: pd.DataFrame, codebook: microdata.Codebook) -> None:
    """What a transcriber does: the file, its sidecar, `make seal`."""
    path = project / f"{TABLE}.csv"
    file.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
    text = yaml.safe_dump(microdata.sidecar(codebook, SOURCE, "Generated."), allow_unicode=True, sort_keys=False)
    path.with_suffix(".yml").write_text(text, encoding="utf-8", newline="\n")
    catalog.seal()


def run_page(monkeypatch) -> tuple[dict[str, dict], dict[str, float], list[str]]:
    """Run the cells of the page as they are; return its tables and its numbers by id, and its text."""
    tables, numbers, texts = {}, {}, []

    def collect(bundle, **_):
        content = bundle.get(data.RECORD, {})
        if "table" in content:
            tables[content["table"]["id"]] = content["table"]
        for record in content.get("records", []):
            if record["type"] == "number":
                numbers[record["id"]] = record["value"]

    monkeypatch.setattr(show, "display", collect)
    monkeypatch.setattr(IPython.display, "display", lambda shown: texts.append(shown.data))
    cells = re.findall(r"^```\{code-cell\}.*?\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    exec(compile("\n".join(re.sub(r"^:tags:.*$", "", cell, flags=re.MULTILINE) for cell in cells), PAGE.name, "exec"), {})
    return tables, numbers, texts


# The page


def test_without_a_file_the_page_says_so(project, monkeypatch):
    tables, numbers, [text] = run_page(monkeypatch)
    assert text.startswith("No microdata file is at hand")
    assert numbers["ch04a-firms"] == 0
    assert not NEW & tables.keys()


def test_a_dropped_file_makes_its_tables_appear(project, file, codebook, monkeypatch):
    """Shares, shares by size, tests and ordered logit of the generated answers, as the estimators have them."""
    drop(project, file, codebook)
    tables, numbers, texts = run_page(monkeypatch)
    assert texts == []
    assert numbers["ch04a-firms"] == 120
    assert tables.keys() >= NEW
    shares = {row["head"]["text"]: row["cells"][0]["text"] for row in tables["ch04a-tab-firms-shares"]["rows"]}
    answered = file[file["importance"] > 0]
    expected = 100 * answered.loc[answered["importance"] == 3, "weight"].sum() / answered["weight"].sum()
    assert shares["importance attached to innovation: very important"] == f"{expected:.1f}"
    chosen = 100 * file.loc[file["obstacles_2"] == 1, "weight"].sum() / file["weight"].sum()
    assert shares["main obstacles to innovation: shortage of managers: yes"] == f"{chosen:.1f}"
    logit = {row["head"]["text"]: row["cells"] for row in tables["ch04a-tab-firms-logit"]["rows"]}
    coded = microdata.decode(file, codebook)
    dummies = pd.get_dummies(coded.strata, dtype=float).iloc[:, 1:]
    fit = survey.ordered_logit(coded.answers["importance"], dummies, coded.weights, coded.strata)
    assert logit["importance attached to innovation: small"][0]["text"] == f"{fit.coefficients.loc['small', 'estimate']:,.2f}"


def test_a_question_that_cannot_be_tested_says_why(project, file, codebook, monkeypatch):
    """Everybody gave one answer: no test, no logit, and the reason in the table."""
    drop(project, file.assign(importance=2), codebook)
    tables, _, _ = run_page(monkeypatch)
    reasons = {row["head"]["text"]: row["cells"][-1]["text"] for row in tables["ch04a-tab-firms-tests"]["rows"]}
    assert "expected at least 2 x 2" in reasons["importance attached to innovation"]
    assert "expected at least 3" in tables["ch04a-tab-firms-logit"]["rows"][0]["cells"][-1]["text"]


def test_file_and_sidecar_come_together(project, file, codebook):
    assert data.load_optional(TABLE) is None
    file.to_csv(project / f"{TABLE}.csv", index=False)
    with pytest.raises(data.MissingFileError, match="data/printed/04a/firms.yml: no such file"):
        data.load_optional(TABLE)
    (project / f"{TABLE}.csv").unlink()
    drop(project, file, codebook)
    assert len(data.load_optional(TABLE)) == 120
    (project / f"{TABLE}.csv").unlink()
    with pytest.raises(data.DataError, match="data/printed/04a/firms.csv: no such file, but a sidecar describes it"):
        data.load_optional(TABLE)


def test_a_page_that_found_no_file_runs_again_when_there_is_one(project, file, codebook, monkeypatch):
    monkeypatch.setattr(inputs, "code_fingerprint", lambda: "code")
    monkeypatch.setattr(freshness, "ROOT", data.ROOT)
    record = {"type": "input", "path": f"data/{TABLE}.csv", "sha256": data.checksum(project / f"{TABLE}.csv"), "code": "code"}
    output = nbformat.v4.new_output("display_data", data={data.RECORD: {"records": [record]}})
    executed = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])])
    assert freshness._reason(executed) == ""
    drop(project, file, codebook)
    assert freshness._reason(executed) == f"data/{TABLE}.csv changed"


# Reading


def test_answers_are_decoded(file, codebook):
    coded = microdata.decode(file, codebook)
    assert coded.weights.index.tolist() == coded.answers.index.tolist() == file["firm"].tolist()
    assert coded.weights.tolist() == file["weight"].tolist()
    assert coded.strata.astype(str).tolist() == file["size"].map({1: "large", 2: "medium", 3: "small"}).tolist()
    importance = coded.answers["importance"]
    assert importance.cat.ordered and list(importance.cat.categories) == ["average", "fairly important", "very important"]
    assert importance.isna().to_numpy().tolist() == (file["importance"] == -9).tolist()
    assert coded.answers["government_funds"].isna().to_numpy().tolist() == (file["government_funds"] < 0).tolist()
    assert coded.answers["obstacles_1"].tolist() == file["obstacles_1"].map({1: "yes", 0: "no"}).tolist()
    assert not coded.answers["industry"].cat.ordered


def test_order_of_columns_and_rows_does_not_matter(file, codebook):
    mixed = file.sample(frac=1, random_state=1)[file.columns[::-1]]
    one, other = microdata.decode(file, codebook), microdata.decode(mixed, codebook)
    pd.testing.assert_frame_equal(one.answers, other.answers.loc[one.answers.index, one.answers.columns])


def test_reading_changes_nothing(file, codebook):
    before = file.copy()
    microdata.decode(file, codebook)
    pd.testing.assert_frame_equal(file, before)


@pytest.mark.parametrize(("column", "row", "value", "message"), [
    ("importance", 7, 4, "row 9, firm 108, column importance: 4: expected one of [1, 2, 3, -9], as in the codebook"),
    ("importance", 7, -8, "row 9, firm 108, column importance: -8: expected one of [1, 2, 3, -9]"),
    ("obstacles_5", 0, 2, "row 2, firm 101, column obstacles_5: 2: expected one of [1, 0, -9]"),
    ("size", 3, -9, "row 5, firm 104, column size: -9: expected one of [1, 2, 3]"),
    ("centre_city", 3, 330600, "column centre_city: 330600: expected one of [310000, 110000, -9]"),
    ("weight", 5, -1.5, "row 7, firm 106, column weight: -1.5: expected a positive, finite weight"),
    ("weight", 5, 0.0, "row 7, firm 106, column weight: 0.0: expected a positive, finite weight"),
    ("weight", 5, np.nan, "row 7, firm 106, column weight: empty: expected a positive, finite weight"),
    ("weight", 5, np.inf, "row 7, firm 106, column weight: inf: expected a positive, finite weight"),
    ("firm", 9, 103, "rows 4 and 11: firm 103 occurs twice: expected once"),
    ("firm", 9, None, "row 11, firm nan, column firm: empty: expected the number of a firm"),
    ("industry", 2, None, "row 4, firm 103, column industry: empty: expected one of"),
])
def test_bad_cells_are_refused(file, codebook, column, row, value, message):
    file[column] = file[column].astype(float if value is None or isinstance(value, float) else file[column].dtype)
    file.loc[row, column] = value
    with pytest.raises(ValueError, match=re.escape(message).replace("firm\\ nan", "firm\\ (nan|<NA>)").replace("firm\\ 103,", r"firm\ 103(\.0)?,")):
        microdata.decode(file, codebook)


def test_answers_to_questions_that_were_not_put_are_refused(file, codebook):
    yes, no = file.index[file["rd_projects"] == 1][0], file.index[file["rd_projects"] == 2][0]
    for row, value, message in ((yes, -8, "expected an answer, since rd_projects=1"), (no, 1, "expected -8 (not asked), since rd_projects is not 1")):
        wrong = file.copy()
        wrong.loc[row, "internal_funds"] = value
        with pytest.raises(ValueError, match=re.escape(f"column internal_funds: {value}: {message}")):
            microdata.decode(wrong, codebook)


def test_columns_have_to_be_those_of_the_codebook(file, codebook):
    with pytest.raises(ValueError, match=re.escape("columns missing: ['weight'], unknown: ['wt']")):
        microdata.decode(file.rename(columns={"weight": "wt"}), codebook)


# The codebook


def test_codebook_holds_what_is_printed():
    """Every printed answer has a code, and every code on a printed basis an answer of the press item or its design."""
    printed = data.load("innovation/survey_2006_shanghai")
    codes = data.load("printed/04a/codes")
    for question in ("importance", "obstacles"):
        answers = printed.loc[(printed["question"] == question) & (printed["kind"] != "union"), "answer_text"]
        labels = codes.loc[(codes["variable"] == question) & (codes["missing"] == 0)]
        assert sorted(answers) == sorted(labels["label_en"] + " " + labels["label_zh"])


def test_layout_has_a_column_for_each_answer_of_a_multiple_question(codebook):
    layout = codebook.columns()
    assert [c for c in layout.index if layout.loc[c, "variable"] == "obstacles"] == [f"obstacles_{k}" for k in range(1, 6)]
    assert layout.loc["internal_funds", "allowed"] == "1, 2, -9, -8"
    assert layout.loc["weight", "allowed"] == "a positive number"


def change(frame: pd.DataFrame, row: int, column: str, value) -> pd.DataFrame:
    frame = frame.copy()
    frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize(("questions", "codes", "message"), [
    (lambda q: change(q, 3, "kind", "scale"), lambda c: c, "question 'industry': kind 'scale': expected one of"),
    (lambda q: q[q["kind"] != "weight"], lambda c: c, "codebook: weight: no question: expected one question"),
    (lambda q: change(q, 3, "kind", "stratum"), lambda c: c, "stratum: ['size', 'industry']: expected one question"),
    (lambda q: change(q, 3, "variable", "size"), lambda c: c, "question 'size' occurs twice"),
    (lambda q: change(q, 7, "asked_if", "rd_projects=3"), lambda c: c, "asked_if 'rd_projects=3': expected variable=code"),
    (lambda q: change(q, 7, "asked_if", "rd_projects"), lambda c: c, "asked_if 'rd_projects'"),
    (lambda q: q, lambda c: change(c, 0, "variable", "sizes"), "codes of 'sizes': expected one of"),
    (lambda q: q, lambda c: change(c, 1, "code", 1), "'size': code 1 occurs twice"),
    (lambda q: q, lambda c: c[c["variable"] != "size"], "question 'size' has no code of an answer"),
])
def test_a_codebook_that_contradicts_itself_is_refused(codebook, questions, codes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        microdata.Codebook(questions(codebook.questions), codes(codebook.codes))
