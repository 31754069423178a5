"""Between the bytes of a request and the service that records: what cannot even be read is kept here too."""

from __future__ import annotations

from collections.abc import Collection

from django.http import HttpResponse

from ...intake.services import Answer, Problem, keep_unread
from ..bodies import BodyNotTaken, read_body
from ..problems import PROBLEM_JSON
from .base import ApiView, encode

KEPT_STATUSES = frozenset({400, 413})
"""What was refused with these may hold results. A body of another type or coding was never meant as one."""


def read_recording(view: ApiView, *, accepted: Collection[str]) -> tuple[str, bytes]:
    """The media type and the bytes of what a rig posted, unpacked.

    Raises BodyNotTaken; what is then answered 400 or 413 is kept first, and the vehicles that it names cannot pass.
    """
    try:
        return read_body(view.request._request, accepted=accepted, gzip=True)
    except BodyNotTaken as refusal:
        if refusal.problem.status in KEPT_STATUSES:
            told = refusal.problem
            keep_unread(
                rig=view.rig,
                sent=refusal.sent,
                readable=refusal.readable,
                media_type=refusal.media_type,
                problem=Problem(told.status, told.code, told.detail, tuple(told.errors)),
                at=view.at,
            )
        raise


def answer_of(answer: Answer) -> HttpResponse:
    """A service's answer as it leaves; from 400 on it is a problem."""
    content_type = PROBLEM_JSON if answer.status >= 400 else "application/json"
    return HttpResponse(encode(answer.content), status=answer.status, content_type=content_type)
