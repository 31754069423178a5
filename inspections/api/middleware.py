"""One id for each request, and no page of HTML to a machine."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponseBase

from .problems import BY_STATUS, CODES, PROBLEM_JSON, Problem

REQUEST_ID = "X-Request-ID"
# No longer than the ledger keeps, and nothing that could forge a line of a log.
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}")


def request_id_of(request: HttpRequest) -> str:
    """The id of this request, as the ledger keeps it; empty outside the middleware."""
    return getattr(request, "request_id", "")


class RequestId:
    """Takes the caller's X-Request-ID if it is short and plain, else makes one; the answer carries it.

    Stands first, so that what any other middleware refuses under /api/ (a wrong host, a fault) leaves as a problem.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = request.headers.get(REQUEST_ID, "")
        request_id = asked if _ACCEPTABLE.fullmatch(asked) else uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        response = self.get_response(request)
        if request.path_info.startswith("/api/") and response.status_code >= 400:
            response = _as_problem(response)
        response.headers[REQUEST_ID] = request_id
        return response


def _as_problem(response: HttpResponseBase) -> HttpResponseBase:
    if response.headers.get("Content-Type", "").startswith(PROBLEM_JSON):
        return response
    status = response.status_code if response.status_code in BY_STATUS else (400 if response.status_code < 500 else 500)
    code = BY_STATUS[status]
    kept = {name: response.headers[name] for name in ("Allow", "Retry-After") if name in response.headers}
    return Problem(status, code, CODES[code], headers=kept).response()
