"""The published descriptions: valid, complete, and true of what the daemon takes and answers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it comes without stubs
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from sidecar.api.routes import ROUTES
from tests.support import golden
from tests.support.caller import Caller
from tests.support.daemon import start
from tests.support.field_table import LEAST, PAIRS, TABLE, least

DOCUMENT = "urn:document"
SPELLINGS = ("task_category",)
"""Fields that take more spellings than the schema lists; it lists the words they stand for."""


@pytest.fixture(scope="module")
def anyone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    data_dir = tmp_path_factory.mktemp("document") / "data"
    golden.prepare(data_dir)
    data_dir.chmod(0o700)
    with start(data_dir, settings=golden.settings()) as daemon, daemon.caller() as caller:
        yield caller


@pytest.fixture(scope="module")
def document(anyone: Caller) -> dict[str, Any]:
    """`/v1/openapi.json`."""
    answer = anyone.get("/v1/openapi.json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    found: dict[str, Any] = answer.json
    return found


@pytest.fixture(scope="module")
def record(anyone: Caller) -> Draft202012Validator:
    """`/v1/schema`, as a validator."""
    answer = anyone.get("/v1/schema")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/schema+json")
    schema = answer.json
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def every(value: Any, name: str) -> Iterator[Any]:  # noqa: ANN401  # JSON
    """Every value that stands under a name, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name:
                yield inner
            yield from every(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from every(inner, name)


def at(document: Any, pointer: str) -> Any:  # noqa: ANN401  # JSON
    """What a local reference leads to."""
    found = document
    for part in pointer.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """A part of the document as a validator, its references resolved."""
    registry: Registry[Any] = Registry().with_resource(
        DOCUMENT, Resource.from_contents(document, default_specification=DRAFT202012)
    )
    absolute = json.loads(json.dumps(schema).replace('"#/', f'"{DOCUMENT}#/'))
    return Draft202012Validator(absolute, registry=registry)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of each route."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert {"title", "version", "license"} <= set(document["info"])
    assert set(document) == {"openapi", "info", "paths", "components"}
    for method, path, operation in operations(document):
        assert method in {"GET", "POST", "PUT", "PATCH", "DELETE"}
        assert path.startswith("/")
        assert {"summary", "operationId", "responses"} <= set(operation)
        declared = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert declared == {part[1:-1] for part in path.split("/") if part.startswith("{")}
        assert all(each["required"] for each in operation.get("parameters", ()) if each["in"] == "path")
        for status, answer in operation["responses"].items():
            assert status == "default" or 200 <= int(status) < 600
            assert answer["description"]
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)


def test_every_schema_is_valid_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = list(document["components"]["schemas"].values())
    schemas += [each for each in every(document["paths"], "schema") if isinstance(each, dict)]
    assert len(schemas) > 30
    for schema in schemas:
        Draft202012Validator.check_schema(schema)
    for reference in {*every(document, "$ref")} | {
        each for mapping in every(document, "mapping") for each in mapping.values()
    }:
        assert at(document, reference)
    secured = {name for each in every(document, "security") for need in each for name in need}
    assert secured == set(document["components"]["securitySchemes"]) == {"manageToken"}


def test_every_schema_of_the_components_is_used(document: dict[str, Any]) -> None:
    used = {reference.rpartition("/")[2] for reference in every(document, "$ref")}
    assert set(document["components"]["schemas"]) == used


def test_the_document_is_the_table_of_routes(document: dict[str, Any]) -> None:
    described = {(method, path): operation for method, path, operation in operations(document)}
    assert set(described) == {(route.method, route.path) for route in ROUTES}
    for route in ROUTES:
        operation = described[route.method, route.path]
        assert ("security" in operation) == route.manages
        assert ("requestBody" in operation) == (route.body is not None)
        statuses = {str(status) for status, _ in route.answers} | {str(status) for status in route.refusals}
        assert set(operation["responses"]) == statuses | {"default"}


def test_every_kind_and_field_is_described(document: dict[str, Any], record: Draft202012Validator) -> None:
    parts: dict[str, Any] = record.schema["$defs"]
    for kind, fields in TABLE.items():
        name = "".join(word.capitalize() for word in kind.split("_"))
        for part in (parts[name], document["components"]["schemas"][name]):
            assert part["additionalProperties"] is False
            assert part["properties"].pop("feedback_type") == {"enum": [kind]}
            assert set(part["properties"]) == set(fields)
            required = {field for field, facts in fields.items() if facts.required}
            assert set(part["required"]) == required | {"feedback_type"}
            for field, schema in part["properties"].items():
                options = schema.get("anyOf", [schema])
                assert options[0]["description"], field
                assert ({"type": "null"} in options) == (field not in required), field
            part["properties"]["feedback_type"] = {"enum": [kind]}


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_the_schema_takes_and_refuses_what_the_daemon_does(
    record: Draft202012Validator, kind: str, name: str
) -> None:
    field = TABLE[kind][name]
    for sent, listed in field.takes:
        if name not in SPELLINGS or sent == listed:
            assert record.is_valid(least(kind, **{name: sent})), sent
    for sent in field.refuses:
        assert not record.is_valid(least(kind, **{name: sent})), sent
    alone = {"feedback_type": kind, **LEAST[kind], name: None}
    assert record.is_valid(alone) != (field.required or name == "rating")


def test_the_schema_refuses_content_unknown_fields_and_half_a_record(record: Draft202012Validator) -> None:
    for kind in LEAST:
        assert record.is_valid(least(kind))
        for more in ({"prompt": "x"}, {"text": None}, {"stars": 1}, {"feedback_type": "chat"}):
            assert not record.is_valid(least(kind) | more)
    for body in (None, 1, "x", [], {}, [least("rating")], {"feedback_type": "rating", "model": "m"}):
        assert not record.is_valid(body)
    assert not record.is_valid(least("rating") | {"thumb": "up"})


def schema_of(document: dict[str, Any], exchange: golden.Exchange) -> dict[str, Any] | None:
    """What the document says of the answer to an exchange; None where it describes no JSON."""
    method, _, path = exchange.ask.partition(" ")
    path = path.partition("?")[0].replace("<id 1>", "{feedback_id}").replace("<id 2>", "{feedback_id}")
    path = "/problems/{slug}" if path.startswith("/problems/") else path
    operation = document["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return None
    answer = operation["responses"].get(str(exchange.status), operation["responses"]["default"])
    found: dict[str, Any] | None = next(iter(answer["content"].values())).get("schema")
    return found


@pytest.mark.parametrize("name", golden.names())
def test_golden_answers_are_as_described(document: dict[str, Any], name: str) -> None:
    checked = 0
    for exchange in golden.read(name):
        schema = schema_of(document, exchange)
        if schema is not None:
            validator(document, schema).validate(exchange.answer)
            checked += 1
    assert checked > 0


BEYOND = {
    "are the same model": "two fields cannot be compared",
    "no product file declares": "one field cannot choose the list of another",
    "use a new idempotency_key": "a schema remembers nothing",
    "to change": "a schema does not see the kind of the record",
    "no record has this id": "nor whether there is one",
}
"""Words of the refusals that no JSON Schema can express -> why."""


def beyond(exchange: golden.Exchange) -> bool:
    """Whether the refusal of an exchange is one of `BEYOND`."""
    return any(words in exchange.answer["detail"] for words in BEYOND)


@pytest.mark.parametrize("name", golden.names())
def test_golden_requests_are_valid_exactly_when_they_are_taken(document: dict[str, Any], name: str) -> None:
    shapes = {
        "POST /v1/feedback": "Feedback",
        "POST /v1/feedback/batch": "Batch",
        "PATCH /v1/feedback/<id 1>": "Change",
        "PATCH /v1/feedback/<id 2>": "Change",
        "POST /v1/purge": "Purge",
    }
    for exchange in golden.read(name):
        shape = shapes.get(exchange.ask)
        if shape is None or exchange.body is None:
            continue
        valid = validator(document, {"$ref": f"#/components/schemas/{shape}"}).is_valid(
            canonical(exchange.body)
        )
        if exchange.status < 300:
            assert valid, exchange.body
        elif exchange.status != 403 and not beyond(
            exchange
        ):  # whom the owner does not hear is no matter of shape
            assert not valid, exchange.body


def canonical(body: Any) -> Any:  # noqa: ANN401  # JSON
    """A body with its task in the spelling of the list."""
    if (
        isinstance(body, dict)
        and str(body.get("task_category", "")).lower().replace("-", " ") == "code generation"
    ):
        return body | {"task_category": "code_generation"}
    return body
