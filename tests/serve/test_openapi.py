"""The OpenAPI document: whole, current, and true of the running service."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup

from guestabi import policies
from guestabi.serve import live, openapi
from guestabi.serve.auth import Token
from guestabi.serve.openapi import Guarded
from profiles import make_plain
from serve.conftest import TOKEN
from serve.running import running

EXAMPLES = 20
"""Requests of an operation and mode."""

# A body that is valid by its schema has a digest and a checksum that are not: 422.
ACCEPTED = ["2xx", "3xx", "404", "422"]
CONFIG = {
    "seed": 1,
    "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
}


@pytest.fixture(scope="module")
def url(tmp_path_factory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    for name in ("old", "new"):
        plain = make_plain(name, {"X0": 0, "PSCI_VERSION": 0x10000 + len(name)})
        (folder / f"{name}.json").write_text(json.dumps(plain))
    with running(folder) as service:
        yield service.url.rstrip("/")


def loaded(document, url):
    config = SchemathesisConfig.from_dict(CONFIG)
    schema = schemathesis.openapi.from_dict(copy.deepcopy(document), config=config)
    schema.config.update(base_url=url)
    return schema


def hold(document, url) -> Counter[tuple[str, int]]:
    """Hold the service at ``url`` to the document; count the answers by operation and status."""
    seen: Counter[tuple[str, int]] = Counter()
    operations = [result.ok() for result in loaded(document, url).get_all_operations()]
    assert operations
    for operation in operations:
        takes = [*operation.query, *operation.path_parameters, *operation.body]
        for mode in schemathesis.GenerationMode:
            good = mode is schemathesis.GenerationMode.POSITIVE
            if takes or good:
                ask(operation, operation.as_strategy(generation_mode=mode), good, seen)
    return seen


def ask(operation, cases, good, seen):
    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, names=st.none() | st.tuples(NAMES, NAMES))
    def one(case, names):
        assert case.operation.base_url.startswith("http://127.0.0.1:")
        if good and names and operation.path == "/v1/check":
            case.query.update(source=names[0], destination=names[1])
        seen[operation.path, case.call_and_validate().status_code] += 1

    one()


NAMES = st.sampled_from(["old", "new"])
"""What generators do not guess."""


def document(posts=False, reads=False):
    return openapi.document("qemu-10.0", policies.names(), Guarded(posts, reads))


def test_the_service_keeps_what_it_promises(url):
    """Generated requests, good and bad: statuses, types, shapes, methods as the document says."""
    seen = hold(document(), url)
    check, read, post = "/v1/check", "/v1/profiles/{digest}", "/v1/profiles"
    met = {("/", 200), ("/healthz", 200), (check, 200), (check, 400), (check, 404), (read, 404)}
    assert met | {(post, 200), (post, 400), (post, 422)} == set(seen)
    assert sum(seen.values()) > 4 * EXAMPLES


def without_404(paths, schemas):
    del paths["/v1/check"]["get"]["responses"]["404"]
    return "/v1/check"


def without_200(paths, schemas):
    paths["/healthz"]["get"]["responses"]["204"] = paths["/healthz"]["get"]["responses"].pop("200")
    return "/healthz"


def another_shape(paths, schemas):
    schemas["ProfilesJson"]["properties"]["bad"] = {"type": "object"}
    return "/v1/profiles"


def another_verdict(paths, schemas):
    schemas["QuestionJson"]["properties"]["verdict"] = {"enum": ["good", "bad"]}
    return "/v1/check"


def another_error(paths, schemas):
    schemas["ErrorJson"]["required"] = ["errors"]
    return "/v1/profiles/{digest}"


def another_type(paths, schemas):
    paths["/"]["get"]["responses"]["200"]["content"] = {"application/json": {}}
    return "/"


def optional_source(paths, schemas):
    paths["/v1/check"]["get"]["parameters"][0]["required"] = False
    return "/v1/check"


WRONG = (
    without_404,
    without_200,
    another_shape,
    another_verdict,
    another_error,
    another_type,
    optional_source,
)


@pytest.mark.parametrize("make_wrong", WRONG)
def test_a_wrong_document_is_found_out(url, make_wrong):
    """The canary: each of these documents says something that is not so."""
    wrong = document()
    path = make_wrong(wrong["paths"], wrong["components"]["schemas"])
    wrong["paths"] = {path: {"get": wrong["paths"][path]["get"]}}
    with pytest.raises((Failure, FailureGroup)):
        hold(wrong, url)


def test_real_captures_conform(url):
    """What no generator makes: a sealed profile, posted twice, then read where it says."""
    schema = loaded(document(), url)
    post, read = schema["/v1/profiles"]["POST"], schema["/v1/profiles/{digest}"]["GET"]
    plain = make_plain("posted", {"X0": 0, "PSCI_VERSION": {"default": 1, "patterns": []}})
    for status in (201, 200):
        case = post.Case(body=plain, media_type="application/json")
        assert case.call_and_validate().status_code == status
    case = read.Case(path_parameters={"digest": plain["digest"]})
    assert case.call_and_validate().json() == plain
    check = schema["/v1/check"]["GET"]
    case = check.Case(query={"source": "old", "destination": plain["digest"], "vmm": "strict"})
    assert case.call_and_validate().status_code == 200


def test_what_is_served_is_the_document(client, folder):
    """At its path, and a token is asked for where, and only where, it says so."""
    plain = client(folder).get("/openapi.json").json()
    assert plain == document()
    assert "securitySchemes" not in plain["components"]
    for everything in (False, True):
        web = client(folder, token=Token(TOKEN, everything))
        plain = web.get("/openapi.json", headers={"Authorization": f"Bearer {TOKEN}"}).json()
        assert plain == document(True, everything)
        for path, item in plain["paths"].items():
            for method, operation in item.items():
                status = web.request(method, path.replace("{digest}", "0" * 64)).status_code
                assert (status == 401) == ("security" in operation), (path, method)
                assert "401" in operation["responses"] or status != 401


def test_the_document_names_every_route(client, folder):
    """All but itself and the page's script."""
    known = set(document()["paths"]) | {"/openapi.json", live.PATH}
    routes = client(folder).app._app.routes
    assert {route.path for route in routes} == known


def test_schemas_are_schemas():
    """Valid JSON Schema; every reference leads somewhere; no pattern that other readers misread."""
    made = document(True, True)
    names = set()
    for name, schema in made["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        names.add(f"#/components/schemas/{name}")
    assert set(found("$ref", made)) <= names
    patterns = set(found("pattern", made))
    assert patterns
    assert not [pattern for pattern in patterns if "\\Z" in pattern or not pattern.endswith("$")]


def found(key, value):
    """Every value of ``key`` that is text, anywhere in ``value``."""
    if isinstance(value, dict):
        if isinstance(value.get(key), str):
            yield value[key]
        for each in value.values():
            yield from found(key, each)
    elif isinstance(value, list):
        for each in value:
            yield from found(key, each)
