"""A file of answers, one row a firm, and the codebook that says what its codes mean.

The codebook is data: a table of questions and a table of codes (`data/printed/04a/`). A file has one column a question, named
like it; a question with several answers has one column an answer, ``variable_code``, 1 if the firm chose it and 0 if not. Codes
that stand for no answer are listed with the others and marked. `decode` refuses what the codebook does not list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

# A question with this code was not put to the firm: the codebook's `asked_if` says when.
NOT_ASKED = -8
CHOICE = {1: "yes", 0: "no"}


@dataclass(frozen=True)
class Codebook:
    """Questions (columns of `data/printed/04a/questions`) and codes (of `data/printed/04a/codes`).

    Raises `ValueError` for an unknown kind, no or several identifiers, weights or strata, codes of a question that does not
    exist, a question without codes, a code twice, and an `asked_if` that names no question and code.
    """

    questions: pd.DataFrame
    codes: pd.DataFrame

    def __post_init__(self):
        kinds = {"identifier", "weight", "stratum", "nominal", "ordered", "multiple"}
        variables = self.questions.set_index("variable")
        if variables.index.has_duplicates:
            raise ValueError(f"codebook: question {variables.index[variables.index.duplicated()][0]!r} occurs twice: expected once")
        for variable, kind in variables["kind"].items():
            if kind not in kinds:
                raise ValueError(f"codebook: question {variable!r}: kind {kind!r}: expected one of {sorted(kinds)}")
        for kind in ("identifier", "weight", "stratum"):
            found = self.of_kind(kind)
            if len(found) != 1:
                raise ValueError(f"codebook: {kind}: {found or 'no question'}: expected one question")
        coded = set(variables.index) - {self.of_kind("identifier")[0], self.of_kind("weight")[0]}
        for variable in self.codes["variable"]:
            if variable not in coded:
                raise ValueError(f"codebook: codes of {variable!r}: expected one of {sorted(coded)}")
        double = self.codes.duplicated(["variable", "code"])
        if double.any():
            raise ValueError("codebook: {variable!r}: code {code} occurs twice: expected once".format(**self.codes[double].iloc[0]))
        answered = set(self.codes.loc[self.codes["missing"] == 0, "variable"])
        for variable in sorted(coded - answered):
            raise ValueError(f"codebook: question {variable!r} has no code of an answer: expected at least one")
        for variable, condition in variables["asked_if"].items():
            if condition:
                other, _, code = condition.partition("=")
                if other not in coded or not code.isdigit() or int(code) not in self.labels(other):
                    raise ValueError(f"codebook: question {variable!r}: asked_if {condition!r}: expected variable=code of the codebook")

    def of_kind(self, *kinds: str) -> list[str]:
        """Return the questions of these kinds, in the codebook's order."""
        return self.questions.loc[self.questions["kind"].isin(kinds), "variable"].tolist()

    def labels(self, variable: str) -> dict[int, str]:
        """Return the English labels of the answers of a question by code, in the codebook's order, missing codes left out."""
        rows = self.codes[(self.codes["variable"] == variable) & (self.codes["missing"] == 0)]
        return dict(zip(rows["code"], rows["label_en"]))

    def missing(self, variable: str) -> set[int]:
        """Return the codes of a question that stand for no answer."""
        return set(self.codes.loc[(self.codes["variable"] == variable) & (self.codes["missing"] == 1), "code"])

    def columns(self) -> pd.DataFrame:
        """Return the columns of a file: ``variable``, ``kind``, ``content`` and ``allowed`` codes, indexed by ``column``."""
        rows = []
        for question in self.questions.itertuples():
            missing = ", ".join(map(str, sorted(self.missing(question.variable))))
            if question.kind == "multiple":
                rows += [(f"{question.variable}_{code}", question.variable, question.kind, f"{question.question_en}: {label}",
                          f"1, 0, {missing}".removesuffix(", ")) for code, label in self.labels(question.variable).items()]
            else:
                allowed = {"identifier": "a whole number, once", "weight": "a positive number"}.get(
                    question.kind, ", ".join([*map(str, self.labels(question.variable)), *([missing] if missing else [])]))
                rows.append((question.variable, question.variable, question.kind, question.question_en, allowed))
        return pd.DataFrame(rows, columns=["column", "variable", "kind", "content", "allowed"]).set_index("column")


@dataclass(frozen=True)
class Answers:
    """Decoded answers: `answers` has one categorical a column of the file, missing where a firm gave no answer.

    `weights` and `strata` have the same index, the identifier of the firm; `codebook` is the one that decoded them.
    """

    answers: pd.DataFrame
    weights: pd.Series
    strata: pd.Series
    codebook: Codebook


def decode(file: pd.DataFrame, codebook: Codebook) -> Answers:
    """Return the answers of a file by the codebook.

    Parameters
    ----------
    file
        One row a firm, the columns of `Codebook.columns`, in any order. The first row is row 2, as in a file with a header.

    Raises
    ------
    ValueError
        Columns that are missing or unknown; a firm without identifier or twice; a weight that is missing, infinite, negative or
        zero; a cell that is empty or a code outside the codebook; an answer of a firm that was not to be asked, or "not asked"
        for one that was.
    """
    layout = codebook.columns()
    missing, unknown = [c for c in layout.index if c not in file], [c for c in file if c not in layout.index]
    if missing or unknown:
        raise ValueError(f"columns missing: {missing or 'none'}, unknown: {unknown or 'none'}: expected {list(layout.index)}")
    (identifier,), (weight,), (stratum,) = (codebook.of_kind(kind) for kind in ("identifier", "weight", "stratum"))
    file = file.reset_index(drop=True)

    def refuse(wrong: pd.Series, column: str, expectation: str):
        if wrong.any():
            row = wrong.idxmax()
            value = "empty" if pd.isna(file.loc[row, column]) else file.loc[row, column]
            raise ValueError(f"row {row + 2}, firm {file.loc[row, identifier]}, column {column}: {value}: expected {expectation}")

    refuse(file[identifier].isna(), identifier, "the number of a firm")
    double = file[identifier].duplicated()
    if double.any():
        row = double.idxmax()
        first = (file[identifier] == file.loc[row, identifier]).idxmax()
        raise ValueError(f"rows {first + 2} and {row + 2}: firm {file.loc[row, identifier]} occurs twice: expected once")
    number = pd.to_numeric(file[weight], errors="coerce")
    refuse(~(number.gt(0) & number.lt(float("inf"))).fillna(False).astype(bool), weight, "a positive, finite weight")

    decoded = {}
    for column, variable, kind in layout.drop([identifier, weight])[["variable", "kind"]].itertuples():
        labels = CHOICE if kind == "multiple" else codebook.labels(variable)
        allowed = [*labels, *codebook.missing(variable)]
        refuse(~file[column].isin(allowed), column, f"one of {allowed}, as in the codebook")
        condition = codebook.questions.set_index("variable").loc[variable, "asked_if"]
        if condition:
            other, _, code = condition.partition("=")
            asked = file[other] == int(code)
            refuse(asked & (file[column] == NOT_ASKED), column, f"an answer, since {condition}")
            refuse(~asked & (file[column] != NOT_ASKED), column, f"{NOT_ASKED} (not asked), since {other} is not {code}")
        answers = pd.Categorical(file[column].map(labels), categories=list(labels.values()), ordered=kind == "ordered")
        decoded[column] = pd.Series(answers, name=column, index=pd.Index(file[identifier]))
    frame = pd.DataFrame(decoded)
    return Answers(answers=frame, weights=pd.Series(number.to_numpy(dtype=float), index=frame.index, name=weight), strata=frame[stratum],
                   codebook=codebook)


def sidecar(codebook: Codebook, source: Mapping[str, str], note: str) -> dict:
    """Return the sidecar of a file in the codebook's form, to be written beside it and sealed.

    `source` has the fields of a source in `schemas/table.json`. Codes are checked by `decode` and not listed here, so that they stand
    in the codebook alone.
    """
    layout = codebook.columns()
    (identifier,) = codebook.of_kind("identifier")
    return {
        "title": {"en": "Answers of firms, one row a firm", "zh": "企业调查问卷微观数据"},
        "note": note,
        "sources": [dict(source)],
        "licence": "Figures are facts; no copied layout or text. Publisher's terms apply to the publication itself.",
        "status": "unverifiable",
        "status_note": "Codes checked against the codebook.",
        "key": [identifier],
        "columns": [{"name": column, "type": "number" if kind == "weight" else "integer", "unit": "firms" if kind == "weight" else "code",
                     "description": content} for column, kind, content in layout[["kind", "content"]].itertuples()],
        "rows": 1,
        "sha256": "0" * 64,
    }
