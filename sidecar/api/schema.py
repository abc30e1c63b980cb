"""The published schemas: JSON Schema of the records, and OpenAPI 3.1 of the routes.

Job: read `records.KINDS`, `answers` and ROUTES, and write what they say.
Must not: say anything of a field or a route that is not read from there.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from sidecar import __version__
from sidecar.api.answers import Batch
from sidecar.api.problems import CONTENT_TYPE as PROBLEM_TYPE
from sidecar.api.problems import Problem
from sidecar.fleet import ComparisonCell, FleetTable, RatingCell
from sidecar.products import Products
from sidecar.records import KINDS, MODEL_OR_PATH, Change, Feedback
from sidecar.strict import MAX_BATCH, MODEL_FIELDS
from sidecar.vocabulary import ERROR_TYPES, TASK_CATEGORIES

if TYPE_CHECKING:
    from sidecar.api.route import Route

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_JSON: Final = "application/json"


def record_schema(products: Products) -> dict[str, Any]:
    """JSON Schema of one record, `$defs` included."""
    _, parts = msgspec.json.schema_components(KINDS, ref_template="#/$defs/{name}")
    parts = _finished(parts, products)
    return {"$schema": DIALECT, "title": "Feedback", **_union("#/$defs/"), "$defs": parts}


def openapi(routes: Iterable["Route"], products: Products) -> dict[str, Any]:
    """OpenAPI 3.1 of the routes."""
    routes = [route.loaded() for route in routes]
    shapes = {shape for route in routes for _, shape in route.answers if shape is not None}
    structs = [*KINDS, Change, Problem, *sorted(shapes, key=lambda shape: shape.__name__)]
    structs += sorted({route.body for route in routes if route.body} - {Batch, Feedback, Change}, key=str)
    _, parts = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    parts = _finished(parts, products)
    parts["Feedback"] = _union("#/components/schemas/")
    parts["Batch"] = {
        "type": "object",
        "required": ["records"],
        "additionalProperties": False,
        "properties": {
            "records": {"type": "array", "minItems": 1, "maxItems": MAX_BATCH, "items": _ref("Feedback")}
        },
    }
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "feedback-sidecar",
            "version": __version__,
            "description": "Honest feedback for local AI, without ever touching a prompt or an answer.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": parts,
            "securitySchemes": {"manageToken": {"type": "http", "scheme": "bearer"}},
        },
    }


def _union(prefix: str) -> dict[str, Any]:
    return {
        "oneOf": [{"$ref": f"{prefix}{cls.__name__}"} for cls in KINDS],
        "discriminator": {
            "propertyName": "feedback_type",
            "mapping": {cls.kind: f"{prefix}{cls.__name__}" for cls in KINDS},
        },
    }


def _finished(parts: dict[str, Any], products: Products) -> dict[str, Any]:
    """What types alone cannot say: words that products declare, and the rule of stars or thumb."""
    own = {
        "task_category": [*TASK_CATEGORIES, *products.all_declared("tasks")],
        "error_type": [*ERROR_TYPES, *products.all_declared("error_codes")],
    }
    for part in parts.values():
        for name, schema in part.get("properties", {}).items():
            for option in (schema, *schema.get("anyOf", [])):
                if name in own and "enum" in option:
                    option["enum"] = own[name]
                if name in MODEL_FIELDS and "pattern" in option:
                    option["pattern"] = MODEL_OR_PATH  # `Meta` holds the form after the path was cut
    for cls in (*KINDS, Change, FleetTable, RatingCell, ComparisonCell):
        if cls.__name__ in parts:
            _let_null_mean_left_out(parts[cls.__name__])
    if "Rating" in parts:
        stars = {"required": ["rating"], "properties": {"rating": {"type": "integer"}}}
        thumb = {"required": ["thumb"], "properties": {"thumb": {"type": "string"}}}
        parts["Rating"]["oneOf"] = [stars, thumb]
    if "Change" in parts:
        parts["Change"]["anyOf"] = [
            {"required": [name], "properties": {name: {"not": {"type": "null"}}}}
            for name in Change.__struct_fields__
        ]
        parts["Change"]["not"] = {"allOf": [stars, thumb]}
    return parts


def _let_null_mean_left_out(part: dict[str, Any]) -> None:
    """As the strict reader does, for every field that is not required."""
    for name in set(part["properties"]) - set(part.get("required", ())):
        schema = part["properties"][name]
        if "anyOf" not in schema:
            default = {"default": schema.pop("default")} if "default" in schema else {}
            part["properties"][name] = {"anyOf": [schema, {"type": "null"}], **default}


def _operation(route: "Route") -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": route.handler.__name__,
        "responses": {str(status): _answer(shape, *route.media) for status, shape in route.answers},
    }
    operation["responses"] |= {str(status): _answer(Problem, PROBLEM_TYPE) for status in route.refusals}
    operation["responses"]["default"] = _answer(Problem, PROBLEM_TYPE)
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in route.path_parameters
    ]
    parameters += [_query_parameter(name, schema, needed=name in route.needs) for name, schema in route.query]
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        name = "Feedback" if route.body is Feedback else getattr(route.body, "__name__", "Feedback")
        operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": _ref(name)}}}
    if route.manages:
        operation["security"] = [{"manageToken": []}]
    return operation


def _query_parameter(name: str, schema: dict[str, Any], *, needed: bool) -> dict[str, Any]:
    joined_by_commas = {"style": "form", "explode": False} if schema["type"] == "array" else {}
    must = {"required": True} if needed else {}
    return {"name": name, "in": "query", "schema": schema, **must, **joined_by_commas}


def _answer(shape: type[Struct] | None, *media: str) -> dict[str, Any]:
    if shape is None:
        return {"description": "As described.", "content": {each: {} for each in media}}
    description = " ".join((shape.__doc__ or "").split("\n\n")[0].split())
    return {"description": description, "content": {each: {"schema": _ref(shape.__name__)} for each in media}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
