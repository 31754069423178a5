"""The OpenAPI document: made from the views, completed with what every operation may answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import msgspec
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from ..results.posted import LONGEST_VALUE, PostedInspection
from .bodies import JSON
from .problems import BY_STATUS, CODES, PROBLEM_JSON, Problem
from .serializers.fields import TEXT_PATTERN, VIN_PATTERN, StrictSerializer

SCHEMAS: Final = "#/components/schemas/"
_CHARACTER: Final = r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]"
STORABLE: Final = f"^{_CHARACTER}*$"
"""A text without controls and marks that turn the direction of what is shown, as `results.posted` takes it."""
STORABLE_NOT_BLANK: Final = rf"^{_CHARACTER}*[!-~]{_CHARACTER}*$"
POSTED_YEARS: Final = "^(199[1-9]|20[0-9]{2}|21[0-9]{2})-"
POSTED: Final[dict[str, Any]] = {"$ref": SCHEMAS + "PostedInspection"}

_ALWAYS: Final = (406, 500, 503)
_WITH_KEY: Final = (401, 403)
_WITH_BODY: Final = (400, 411, 413, 415)


class InterlockSchema(AutoSchema):
    """An operation with the refusals that its view can answer, beside what the view's own words say."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> dict[str, Any] | None:
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is not None:
            responses = operation["responses"]
            view: Any = self.view
            for status in refusals(view, method.upper(), has_body="requestBody" in operation):
                responses.setdefault(str(status), {"$ref": f"#/components/responses/{BY_STATUS[status]}"})
            operation["responses"] = dict(sorted(responses.items()))
            scopes = " or ".join(sorted(view.scopes.get(method.upper(), ())))
            needed = f"Needs a key of scope {scopes}." if scopes else "Needs no key."
            operation["description"] = f"{operation.get('description', '')}\n\n{needed}".strip()
            _complete(operation)
        return operation

    def map_parsers(self) -> list[str]:
        return [JSON]

    def map_renderers(self, attribute: str) -> list[str]:
        return [JSON] if attribute == "media_type" else []

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, StrictSerializer):
            schema |= {"additionalProperties": False, **serializer.more_schema}
        return schema


def _complete(operation: dict[str, Any]) -> None:
    """A body that is taken is needed; an answer without words of its own has its status's."""
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    for status, response in operation["responses"].items():
        if not response.get("description", "-"):
            response["description"] = HTTPStatus(int(status)).phrase


def refusals(view: Any, method: str, *, has_body: bool) -> Iterable[int]:
    """The statuses with which a method of a view may refuse; `view.refuses` names those of its own."""
    yield from _ALWAYS
    if view.scopes:
        yield from _WITH_KEY
    if has_body:
        yield from _WITH_BODY
    yield from view.refuses.get(method, ())


class StatesItsSchema(OpenApiSerializerFieldExtension):
    """Our own members of a body say themselves what they take."""

    target_class = "inspections.api.serializers.fields.StrictField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> Any:
        return self.target.json_schema


def complete_document(result: dict[str, Any], generator: Any, **kwargs: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: adds the posted inspection, as its decoder takes it, and the problems."""
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.update(posted_components())
    schemas["Problem"] = PROBLEM
    components["schemas"] = dict(sorted(schemas.items()))
    components["responses"] = {
        code: {
            "description": CODES[code],
            "content": {
                PROBLEM_JSON: {
                    "schema": {"$ref": SCHEMAS + "Problem"},
                    "example": Problem(status, code, CODES[code]).body(),
                }
            },
        }
        for status, code in BY_STATUS.items()
    }
    return result


def posted_components() -> dict[str, Any]:
    """The JSON schemas of what may be posted, from the decoder's own types, with what only its checks know."""
    _, found = msgspec.json.schema_components([PostedInspection], ref_template=SCHEMAS + "{name}")
    components: dict[str, Any] = {name: _plain(schema) for name, schema in found.items()}
    inspection, measurement = components["PostedInspection"], components["PostedMeasurement"]
    inspection["description"] = (
        "One finished test of exactly one subject: `vin`, `component` or `material`. `id` is the rig's own, unique for "
        "that rig for ever. `purpose`, `nonconformance` and `verdict` are the rig's claims. Times carry their offset."
    )
    inspection["oneOf"] = [{"required": [name]} for name in ("vin", "component", "material")]
    inspection["properties"]["vin"] = {"type": "string", "pattern": VIN_PATTERN}
    measurement["description"] = (
        "One value of one characteristic, at one position where it has several. A number is read as the decimal that "
        "is written, never through a binary float; a string that holds a decimal is the same. No key stands twice."
    )
    measurement["properties"]["value"] = {
        "type": ["number", "string", "boolean", "null"],
        "maxLength": LONGEST_VALUE,
        "description": "What was measured. What does not fit the characteristic is recorded as indeterminate.",
    }
    for schema in components.values():
        for property_ in schema["properties"].values():
            if property_.get("format") == "date-time":
                property_["pattern"] = POSTED_YEARS
            elif property_.get("maxLength"):
                property_["pattern"] = STORABLE
    inspection["properties"]["id"]["pattern"] = STORABLE_NOT_BLANK
    for name in ("PostedComponent", "PostedLot"):
        components[name]["description"] = "By kind and number, with no blank around them and nothing unseen in them."
        for property_ in components[name]["properties"].values():
            property_["pattern"] = TEXT_PATTERN
    return components


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing to a reader: titles that repeat the name, and null as another way to leave out."""
    properties = {}
    for name, property_ in schema["properties"].items():
        alternatives = [item for item in property_.get("anyOf", ()) if item != {"type": "null"}]
        properties[name] = dict(alternatives[0]) if alternatives else dict(property_)
        properties[name].pop("default", None)
    return {key: value for key, value in schema.items() if key != "title"} | {"properties": properties}


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document of this version of the program. Made once: addresses do not change while it runs."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "description": "The address of the code's explanation."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "For programs: stable. `detail` is for people and may change."},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON Pointer (RFC 6901) into the body; `?name` for a parameter.",
                    },
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
