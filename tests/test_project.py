"""The files that a re-runner starts from agree with each other."""

import json
import re
import subprocess
import tomllib

import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from zhejiang import ROOT, __version__, data

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def lock(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    return {m[1].lower(): m[2] for m in re.finditer(r"^([A-Za-z0-9._-]+)==(\S+)", text, flags=re.MULTILINE)}


def test_lock_satisfies_pyproject():
    groups = PYPROJECT["dependency-groups"]
    development = groups["regions"] + [wanted for wanted in groups["dev"] if wanted != {"include-group": "regions"}]
    for name, wanted in (("requirements.lock", PYPROJECT["project"]["dependencies"]),
                         ("requirements-dev.lock", PYPROJECT["project"]["dependencies"] + development)):
        locked = lock(name)
        for requirement in map(Requirement, wanted):
            assert requirement.specifier.contains(locked[requirement.name.lower()]), requirement


def test_development_lock_holds_the_books():
    book, development = lock("requirements.lock"), lock("requirements-dev.lock")
    assert {name: development.get(name) for name in book} == book


def test_every_locked_package_has_hashes():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        for entry in re.split(r"\n(?=\S)", text):
            if not entry.startswith("#"):
                assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_conda_environment_is_python_pip_and_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, pins = environment["dependencies"]
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(PYPROJECT["project"]["requires-python"])
    assert pip == "pip"
    assert pins == {"pip": ["-r requirements.lock"]}


def test_versions_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert PYPROJECT["project"]["version"] == __version__ == citation["version"]
    assert re.search(r"^## (\S+)", changelog, flags=re.MULTILINE)[1] == __version__


def test_citation_has_its_required_fields():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)


def test_every_numeral_of_report_1_is_accounted_for():
    """Each numeral of the text is a claim or names a reason; digits equal what the ledger prints."""
    reasons = {"heading", "date of a survey", "year or period of a claim", "class border in a claim",
               "table or figure reference", "edition", "base of an index", "part of a word"}
    claims = {claim["id"]: claim for claim in data.read_claims("ch01")}
    numerals = data.load("printed/01/numerals")
    assert set(numerals["use"]) - set(claims) == reasons
    assert set(claims) <= set(numerals["use"])
    for row in numerals[numerals["use"].isin(claims)].itertuples():
        printed = claims[row.use]["printed"]
        if re.fullmatch(r"\d+(\.\d+)?", row.numeral) and claims[row.use]["kind"] not in ("date", "ranking"):
            assert float(row.numeral) in (printed if isinstance(printed, list) else [printed]), row


def test_datapackage_follows_frictionless():
    package = json.loads((data.DATA / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        assert re.fullmatch(r"[a-z0-9._/-]+", resource["name"])
        assert (data.DATA / resource["path"]).exists()


def test_schemas_are_valid():
    for path in (ROOT / "src" / "zhejiang" / "schemas").glob("*.json"):
        jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_text_files_have_unix_line_ends():
    tracked = subprocess.run(["git", "ls-files", "--eol"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    assert [line for line in tracked.stdout.splitlines() if "i/crlf" in line or "i/mixed" in line] == []


def test_every_open_names_its_encoding():
    """On Windows the default is not UTF-8."""
    for folder in ("src", "book", "tests", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for call in re.findall(r"(?<![\w.])open\([^)]*\)|\.(?:read|write)_text\((?:[^()]|\([^()]*\))*\)", text):
                assert "encoding" in call or "rb" in call or "wb" in call, (path.name, call)
