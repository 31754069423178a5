"""What every view of the API has in common: the key, the scope, one moment, and a problem for every refusal."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import datetime
from math import ceil
from typing import Any, ClassVar

import msgspec
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ...intake.services import StoreUnavailable
from ...people.rules import Actor, NotAllowed
from ...rigs.models import Rig
from ..authentication import Caller, KeyAuthentication
from ..middleware import request_id_of
from ..permissions import HoldsScope, Scope
from ..problems import BY_STATUS, CODES, PROBLEM_JSON, Problem, Refused, field_errors
from ..schema import InterlockSchema

log = logging.getLogger(__name__)

MOST_ERRORS = 100
"""No answer lists more errors than this; its detail tells how many there are."""
NOT_A_PAGE = "default-src 'none'; frame-ancestors 'none'"
"""An answer shown by a browser all the same loads nothing and stands in no frame."""


class JsonRenderer(BaseRenderer):
    """Times as RFC 3339, decimals as the text they are: no number of ours passes through a float."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return b"" if data is None else encode(data)


def encode(content: Any) -> bytes:
    """JSON of an answer."""
    return msgspec.json.encode(content)


class ProblemRenderer(JsonRenderer):
    """Lets a caller accept problems alone; a refusal is a problem whatever was accepted."""

    media_type = PROBLEM_JSON
    format = "problem"


class ByAcceptAlone(DefaultContentNegotiation):
    """The Accept header chooses; a `format` in the address is a parameter like any other."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        accepted = self.get_accept_list(request)
        for renderer in renderers:
            if any(_takes(media_range, renderer.media_type) for media_range in accepted):
                return renderer, renderer.media_type
        raise exceptions.NotAcceptable(available_renderers=renderers)


def _takes(media_range: str, media_type: str) -> bool:
    wanted, *parameters = (part.strip().lower() for part in media_range.split(";"))
    if any(parameter.replace(" ", "").rstrip("0").rstrip(".") == "q=" for parameter in parameters):
        return False
    return wanted in {"*/*", "application/*", media_type}


class ApiView(APIView):
    """A view of the API. `scopes` names for each method who may call it; a method that it leaves out is closed.

    `refuses` names for each method the statuses with which it may refuse beyond those of every view.
    """

    scopes: ClassVar[Mapping[str, Set[Scope]]] = {}
    refuses: ClassVar[Mapping[str, Sequence[int]]] = {}

    schema = InterlockSchema()
    authentication_classes: Any = (KeyAuthentication,)
    permission_classes: Any = (HoldsScope,)
    renderer_classes: Any = (JsonRenderer, ProblemRenderer)
    parser_classes: Any = ()
    throttle_classes: Any = ()
    content_negotiation_class: Any = ByAcceptAlone
    http_method_names = ["get", "head", "post"]
    at: datetime

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        self.at = timezone.now()
        return super().initialize_request(request, *args, **kwargs)

    def get_exception_handler(self) -> Callable[[Exception, Mapping[str, Any]], HttpResponse]:
        return answer_with_problem

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Security-Policy"] = NOT_A_PAGE
        return response

    @property
    def caller(self) -> Caller:
        """The machine that calls. Only where a key was asked for."""
        caller = self.request.user
        if not isinstance(caller, Caller):
            raise exceptions.NotAuthenticated
        return caller

    @property
    def rig(self) -> Rig:
        """The rig that calls. Only where the scope is `rig`."""
        rig = self.caller.rig
        if rig is None:
            raise exceptions.PermissionDenied
        return rig

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    @staticmethod
    def answer(content: Any, status: int = 200) -> Response:
        return Response(content, status=status)


def answer_with_problem(exception: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Turn whatever a view raised into a problem. What nobody foresaw is logged in full and answered with 500."""
    request: HttpRequest = context["request"]._request
    problem = problem_of(exception)
    if problem is None:
        request_id = request_id_of(request)
        log.error("%s %s [%s] failed", request.method, request.path, request_id, exc_info=exception)
        problem = Problem(500, "internal_error", f"A fault of the server. It is logged as request {request_id}.")
    return problem.response()


def problem_of(exception: Exception) -> Problem | None:
    """The problem that says what this exception means to the caller; None where it is a fault of ours."""
    if isinstance(exception, Refused):
        return exception.problem
    if isinstance(exception, exceptions.ValidationError):
        errors = list(field_errors(exception.detail))
        said = "One thing" if len(errors) == 1 else f"{len(errors)} things"
        return Problem(400, "invalid", f"{said} in the request cannot be used.", errors[:MOST_ERRORS])
    if isinstance(exception, exceptions.APIException):
        return _of_framework(exception)
    if isinstance(exception, Http404):
        return Problem(404, "not_found", str(exception) or CODES["not_found"])
    if isinstance(exception, NotAllowed):
        return Problem(403, "not_permitted", str(exception))
    if isinstance(exception, RequestDataTooBig):
        return Problem(413, "body_too_large", CODES["body_too_large"])
    if isinstance(exception, SuspiciousOperation | UnreadablePostError):
        return Problem(400, "malformed_body", "The request broke off or holds more fields than are taken.")
    if isinstance(exception, OperationalError | InterfaceError):
        log.error("the database cannot be reached: %s", exception)
        return Problem(503, "unavailable", CODES["unavailable"], headers={"Retry-After": "5"})
    if isinstance(exception, StoreUnavailable):
        log.error("the store of files cannot be reached: %s", exception.__cause__)
        return Problem(503, "store_unavailable", CODES["store_unavailable"], headers={"Retry-After": "5"})
    return None


def _of_framework(exception: exceptions.APIException) -> Problem:
    status = exception.status_code
    headers: dict[str, str] = {}
    if (challenge := getattr(exception, "auth_header", None)) is not None:
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(exception, "wait", None)) is not None:
        headers["Retry-After"] = str(ceil(wait))
    code = "malformed_body" if isinstance(exception, exceptions.ParseError) else BY_STATUS.get(status, "invalid")
    return Problem(status, code, str(exception.detail), headers=headers)
