"""The OpenAPI document, as data; its schemas are made from the types that are answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

import guestabi
from guestabi.profile.portable import portable
from guestabi.profile.schema import ProfileRecord
from guestabi.report.schemas import CheckJson
from guestabi.serve.asked import LONGEST
from guestabi.serve.shapes import ErrorJson, HealthJson, ProfilesJson, StoredJson

_KINDS = (CheckJson, ErrorJson, HealthJson, ProfileRecord, ProfilesJson, StoredJson)

_WRONG: Mapping[int, str] = {
    304: "The client has it: If-None-Match carries its ETag.",
    400: "The request is malformed.",
    401: "A token is needed, or is wrong.",
    403: "A page of another site asks.",
    404: "There is no such profile.",
    405: "What is served takes no captures.",
    408: "The body did not arrive in time.",
    409: "The name is that of several profiles.",
    413: "The body is too large.",
    415: "The body is no application/json.",
    422: "The JSON is no whole, valid profile.",
    503: "What is served cannot be read, or written, at the moment.",
    507: "The folder takes no further profile.",
}


class Guarded(NamedTuple):
    """What a token is needed for."""

    posts: bool
    reads: bool


def document(vmm: str, vmms: Sequence[str], guarded: Guarded) -> dict[str, Any]:
    """Return the document of a service whose default policy is ``vmm``, one of ``vmms``."""
    paths = {
        "/": {"get": _read("page", "The report of the profiles that are there.", _html(), 503)},
        "/healthz": {"get": _read("health", "The service runs.", _json("HealthJson"))},
        "/v1/check": {"get": {**_check(), "parameters": _parameters(vmm, vmms)}},
        "/v1/profiles": {
            "get": _read("profiles", "The profiles that are there.", _json("ProfilesJson"), 503),
            "post": _post(),
        },
        "/v1/profiles/{digest}": {"get": {**_profile(), "parameters": [_digest()]}},
    }
    made: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "guestabi",
            "version": guestabi.__version__,
            "description": "Can a guest go there, and come back? Profiles of hosts, and checks.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": _schemas()},
    }
    _guard(made, guarded)
    return made


def _check() -> dict[str, Any]:
    words = "The four questions of a move from source to destination, as guestabi check answers."
    return _read("check", words, _json("CheckJson"), 400, 404, 409, 503)


def _profile() -> dict[str, Any]:
    return _read("profile", "One profile, as its file came.", _json("ProfileRecord"), 404, 503)


def _post() -> dict[str, Any]:
    words = "Store a capture; the same again changes nothing."
    stored = _json("StoredJson")
    wrong = (400, 401, 403, 405, 408, 413, 415, 422, 503, 507)
    return {
        "operationId": "post",
        "summary": words,
        "requestBody": {"required": True, "content": _json("ProfileRecord")},
        "responses": {
            "200": {"description": "It was there already.", "content": stored},
            "201": {
                "description": "It is stored.",
                "content": stored,
                "headers": {"Location": {"description": "Its path.", "schema": {"type": "string"}}},
                "links": {
                    "read": {
                        "operationId": "profile",
                        "parameters": {"digest": "$response.body#/digest"},
                    }
                },
            },
            **_errors(*wrong),
        },
    }


def _read(name: str, words: str, content: dict[str, Any], *wrong: int) -> dict[str, Any]:
    good = {"description": words, "content": content}
    return {
        "operationId": name,
        "summary": words,
        "responses": {"200": good, **_errors(304, 400, 403, *wrong)},
    }


def _errors(*statuses: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status in sorted(statuses):
        found[str(status)] = {"description": _WRONG[status]}
        if status >= 400:
            found[str(status)]["content"] = _json("ErrorJson")
    return found


def _parameters(vmm: str, vmms: Sequence[str]) -> list[dict[str, Any]]:
    name = {"type": "string", "minLength": 1, "maxLength": LONGEST}
    words = "A digest, or a name that GET /v1/profiles lists; of a fleet, a host's too."
    asked = [
        {"name": each, "in": "query", "required": True, "description": words, "schema": name}
        for each in ("source", "destination")
    ]
    policy = {"type": "string", "enum": list(vmms), "default": vmm}
    said = "The loader policy."
    return [*asked, {"name": "vmm", "in": "query", "description": said, "schema": policy}]


def _digest() -> dict[str, Any]:
    shape = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    return {"name": "digest", "in": "path", "required": True, "schema": shape}


def _guard(made: dict[str, Any], guarded: Guarded) -> None:
    if not guarded.posts:
        return
    made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, item in made["paths"].items():
        for method, operation in item.items():
            if path != "/healthz" and (guarded.reads or method == "post"):
                operation["security"] = [{"token": []}]
                operation["responses"].update(_errors(401))


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _html() -> dict[str, Any]:
    return {"text/html": {"schema": {"type": "string"}}}


def _schemas() -> dict[str, Any]:
    _, parts = msgspec.json.schema_components(_KINDS, ref_template="#/components/schemas/{name}")
    made: dict[str, Any] = portable(parts)
    return made
