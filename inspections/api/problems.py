"""Refusals as RFC 9457 problem details: one shape, one list of codes, no stack trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.http import HttpResponse
from rest_framework.exceptions import ErrorDetail

from ..intake.rules import Problem as IntakeProblem
from ..results.refusals import FieldError, pointer

PROBLEM_JSON = "application/problem+json"

CODES: Mapping[str, str] = {
    "malformed_body": "The body is not what its Content-Type says: no JSON, no UTF-8, damaged gzip, no multipart.",
    "invalid": "Members of the body, or parameters of the address, cannot be used; `errors` names each.",
    "not_authenticated": "No key was sent, or one that is unknown, ended or revoked.",
    "not_permitted": "The key is good and its scope does not allow this.",
    "not_found": "There is no such address, or nothing of that name that this key may read.",
    "method_not_allowed": "The address exists and does not take this method; `Allow` names those that it takes.",
    "not_acceptable": "The answer is JSON and the request's Accept rules that out.",
    "conflict": "What was sent contradicts what is on the record; the record stands.",
    "id_conflict": "This rig has used this id for other content; what is on the record stands.",
    "may_not_leave": "The vehicle may not leave, and it has not; `reasons` are those of its clearance.",
    "length_required": "Send Content-Length: a body in chunks of unknown number cannot be bounded.",
    "body_too_large": "The body is larger than this address takes, as sent or once unpacked.",
    "unsupported_media_type": "This address does not take that Content-Type or Content-Encoding.",
    "unprocessable": "The body is well formed and cannot be acted upon; `errors` or `detail` says why.",
    "too_many_requests": "Wait as many seconds as Retry-After says.",
    "internal_error": "A fault of the server; it is in the server's log under the request id.",
    "store_unavailable": "The store of files cannot be reached. Nothing was kept; send the same again later.",
    "unavailable": "The database cannot be reached. Nothing was recorded; send the same again later.",
}
"""The codes of the boundary itself, with their meaning. What a service refuses brings a code of its own."""

BY_STATUS: Mapping[int, str] = {
    400: "invalid",
    401: "not_authenticated",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    411: "length_required",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "unprocessable",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is answered instead of a result."""

    status: int
    code: str
    detail: str
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    """Members of its own kind (RFC 9457, 3.2), such as the `reasons` of `may_not_leave`."""

    def body(self) -> dict[str, Any]:
        """The members in the order of the contract; `errors` only where there are some."""
        return {**IntakeProblem(self.status, self.code, self.detail, tuple(self.errors)).content(), **self.more}

    def response(self) -> HttpResponse:
        return HttpResponse(
            msgspec.json.encode(self.body()), status=self.status, content_type=PROBLEM_JSON, headers=dict(self.headers)
        )


class Refused(Exception):
    """Raised by a view to answer with a problem."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(status, code, detail, errors, headers or {}, more or {})


def field_errors(detail: Any, place: str = "") -> Iterator[FieldError]:
    """Walk what a serializer refused, nested as the body is, to one error for each thing that is wrong."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            below = place if name == "non_field_errors" else place + pointer(str(name))
            yield from field_errors(inner, below)
    elif isinstance(detail, ErrorDetail):
        yield FieldError(place, detail.code or "invalid", str(detail))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            # A list holds either the errors of one value or, item by item, those of a list's members.
            yield from field_errors(inner, place if isinstance(inner, ErrorDetail) else f"{place}/{index}")
