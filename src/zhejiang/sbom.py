"""The software bill of materials, in the form of CycloneDX 1.6: every locked package and every vendored file, with version, licence and hashes.

https://cyclonedx.org/docs/1.6/json/. It is made from the lock, from `book/_static/vendor/vendored.yml` and from what installed packages say
of their licences. Nothing in it depends on when it is made.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import uuid
from pathlib import Path

NAME = "sbom.cdx.json"
# How a lock by uv calls the project itself where it says what needs a package.
PROJECT = "zhejiang"


def sbom(cff: dict, authors: list[str], lock: str, vendored: list[dict], root: Path) -> dict:
    """Return the bill of materials.

    Parameters
    ----------
    cff
        CITATION.cff, which names title, version, date and licence.
    lock
        Text of requirements.lock, with hashes and the remarks ("via") that say what needs a package.
    vendored
        Entries of vendored.yml.
    root
        The project's folder, where the vendored files are.
    """
    title = {"type": "application", "bom-ref": PROJECT, "name": cff["title"], "version": cff["version"], "licenses": [{"expression": cff["license"]}]}
    packages = [_package(entry) for entry in _entries(lock)]
    components = [*packages, *(_vendored(entry, root) for entry in vendored)]
    content = {
        "metadata": {
            "timestamp": f"{cff['date-released']}T00:00:00Z",
            "lifecycles": [{"phase": "build"}],
            "authors": [{"name": name} for name in authors],
            "component": title,
        },
        "components": components,
        "dependencies": _dependencies(lock, components[len(packages):]),
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))
    return {"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{serial}", "version": 1, **content}


def _entries(lock: str) -> list[str]:
    """A package has several entries where versions of Python need different ones."""
    return re.split(r"\n(?=[A-Za-z0-9])", lock.strip())


def _name_and_version(entry: str) -> tuple[str, str]:
    return re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", entry).groups()


def _purl(entry: str) -> str:
    name, version = _name_and_version(entry)
    return f"pkg:pypi/{name}@{version}"


def _package(entry: str) -> dict:
    name, version = _name_and_version(entry)
    hashes = [{"alg": "SHA-256", "content": found} for found in re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)]
    return {"type": "library", "bom-ref": _purl(entry), "name": name, "version": version, "purl": _purl(entry), "hashes": hashes, **_licences(name)}


def _licences(name: str) -> dict:
    """What an installed package says of its licence; nothing for one that the lock wants on other systems only."""
    try:
        about = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return {}
    if expression := about.get("License-Expression"):
        return {"licenses": [{"expression": expression}]}
    classifiers = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier", []) if line.startswith("License :: ")]
    names = classifiers or about.get("License", "").splitlines()[:1]
    return {"licenses": [{"license": {"name": name}} for name in names]} if names else {}


def _vendored(entry: dict, root: Path) -> dict:
    """One vendored package; the files that were taken or made from it are its parts."""
    purl = f"pkg:{entry['registry']}/{entry['package'].replace('@', '%40')}@{entry['version']}"
    paths = sorted(path for pattern in entry["files"] for path in root.glob(pattern) if path.is_file())
    files = [{"type": "file", "bom-ref": path.relative_to(root).as_posix(), "name": path.relative_to(root).as_posix(),
              "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}]} for path in paths]
    return {"type": "library", "bom-ref": purl, "name": entry["name"], "version": entry["version"], "purl": purl,
            "licenses": [{"expression": entry["licence"]}], "pedigree": {"notes": entry["taken"]}, "components": files}


def _dependencies(lock: str, vendored: list[dict]) -> list[dict]:
    """What needs what: the remarks of the lock turned round, and the book needs what it has vendored."""
    needs = {PROJECT: {component["bom-ref"] for component in vendored}} | {component["bom-ref"]: set() for component in vendored}
    refs: dict[str, list[str]] = {PROJECT: [PROJECT]}
    for entry in _entries(lock):
        refs.setdefault(_name_and_version(entry)[0], []).append(_purl(entry))
        needs[_purl(entry)] = set()
    for entry in _entries(lock):
        for parent in re.findall(r"^ +# (?:via |  )(\S+)", entry, flags=re.MULTILINE):
            for ref in refs[parent]:
                needs[ref].add(_purl(entry))
    return [{"ref": ref, "dependsOn": sorted(needed)} for ref, needed in sorted(needs.items())]
