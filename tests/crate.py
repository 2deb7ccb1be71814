"""Validate an RO-Crate with roc-validator, without a network."""

from __future__ import annotations

from pathlib import Path

from requests_cache import CachedRequest, CachedResponse
from rocrate_validator import services
from rocrate_validator.models import Severity
from rocrate_validator.utils.http import HttpRequester

SCHEMAS = Path(__file__).parent / "schemas"


def faults(crate: Path, cache: Path, severity: Severity = Severity.RECOMMENDED) -> list[str]:
    """Return what the profile RO-Crate 1.1 finds wrong with a folder or zip file.

    Parameters
    ----------
    cache
        Where the validator may keep its cache; it is given the crate's context there, which it would fetch otherwise.
    """
    settings = {"cache_path": str(cache), "offline": True}
    request = CachedRequest(method="GET", url="https://w3id.org/ro/crate/1.1/context")
    context = (SCHEMAS / "ro-crate-1.1-context.jsonld").read_bytes()
    response = CachedResponse(status_code=200, url=request.url, content=context, headers={"Content-Type": "application/ld+json"}, request=request)
    requester = HttpRequester.initialize_cache(**settings)
    requester.session.cache.save_response(response)
    result = services.validate({"rocrate_uri": str(crate), "profile_identifier": "ro-crate-1.1", "requirement_severity": severity, **settings})
    return [f"{issue.severity.name}: {issue.message} {issue.violatingEntity or ''}" for issue in result.get_issues(severity)]
