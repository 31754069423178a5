"""The OpenAPI document and a page that shows it, made from it on the server: no script, nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..problems import CODES
from ..schema import SCHEMAS, document

METHODS = ("get", "post", "put", "patch", "delete")


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI 3.1 document as JSON."""
    return HttpResponse(_encoded(), content_type="application/json", headers={"Cache-Control": "max-age=300"})


@cache
def _encoded() -> bytes:
    return msgspec.json.encode(document())


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The document for people."""
    found = document()
    content = {
        "info": found["info"],
        "groups": _groups(found),
        "schemas": [
            {"name": name, "text": _pretty(schema)} for name, schema in sorted(found["components"]["schemas"].items())
        ],
        "codes": sorted(CODES.items()),
    }
    return render(request, "inspections/api/docs.html", content)


def _groups(found: dict[str, Any]) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, item in found["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                groups.setdefault(operation["tags"][0], []).append(_operation(found, path, method, operation))
    return [{"name": name, "operations": operations} for name, operations in groups.items()]


def _operation(found: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "parameters": operation.get("parameters", []),
        "bodies": list(_bodies(operation.get("requestBody", {}).get("content", {}))),
        "responses": [
            {
                "status": status,
                "phrase": HTTPStatus(int(status)).phrase,
                "description": _resolved(found, response).get("description", ""),
                "code": response.get("$ref", "").rpartition("/")[2],
                "bodies": [] if "$ref" in response else list(_bodies(response.get("content", {}))),
            }
            for status, response in operation["responses"].items()
        ],
    }


def _resolved(found: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    name = response.get("$ref", "").rpartition("/")[2]
    resolved: dict[str, Any] = found["components"]["responses"][name] if name else response
    return resolved


def _bodies(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for media_type, body in content.items():
        schema = body.get("schema", {})
        items = schema.get("items", {})
        yield {
            "media_type": media_type,
            "name": (schema.get("$ref") or items.get("$ref", "")).removeprefix(SCHEMAS),
            "many": bool(items),
            "inline": "" if "$ref" in schema or "$ref" in items else _pretty(schema),
            "examples": [
                {"name": example.get("summary") or name, "text": _pretty(example["value"])}
                for name, example in body.get("examples", {}).items()
            ],
        }


def _pretty(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
