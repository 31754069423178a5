"""JSON bodies of the plant side, read and checked by a form."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec
from rest_framework.request import Request

from ...results.refusals import FieldError
from ..bodies import JSON, read_body
from ..problems import Refused
from ..serializers.fields import StrictSerializer


def read_json(request: Request, form: type[StrictSerializer]) -> dict[str, Any]:
    """The body as `form` checks it. Raises Refused (400, 411, 413, 415), and ValidationError naming each member."""
    _, body = read_body(request._request, accepted={JSON})
    serializer = form(data=_decoded(body))
    serializer.is_valid(raise_exception=True)
    checked: dict[str, Any] = serializer.validated_data
    return checked


def _decoded(body: bytes) -> Any:
    try:
        document = msgspec.json.decode(body)
        # msgspec takes the last of two values and says nothing: either could be meant.
        json.loads(body, object_pairs_hook=_no_key_twice, parse_int=str, parse_float=str)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _malformed(f"The body is no JSON in UTF-8: {error}") from error
    except RecursionError as error:
        raise _malformed("The body is nested too deep.") from error
    return document


def _no_key_twice(pairs: Iterable[tuple[str, Any]]) -> None:
    found: set[str] = set()
    for key, _ in pairs:
        if key in found:
            detail = f"One object of the body has the key {key[:60]!a} twice; state it once."
            raise Refused(400, "malformed_body", detail, [FieldError("", "duplicate_key", detail)])
        found.add(key)


def _malformed(detail: str) -> Refused:
    return Refused(400, "malformed_body", detail, [FieldError("", "malformed_json", detail)])
