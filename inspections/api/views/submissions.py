"""Files of rigs: landed by their hash, read by a worker, answered for by address."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest
from django.http.multipartparser import MultiPartParserError
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ...intake.models import Submission
from ...intake.services import FileTooLarge, land_submission
from ...results.refusals import FieldError, pointer
from ..bodies import check_length, media_type_of
from ..permissions import ANY_KEY, RIG
from ..problems import Refused, field_errors
from ..serializers.submissions import (
    LandedSerializer,
    SubmissionFieldsSerializer,
    SubmissionSerializer,
    landed_content,
    submission_content,
)
from .base import ApiView

MULTIPART: Final = "multipart/form-data"
ENVELOPE: Final = 64 * 1024
"""Bytes of a form beside its file."""


class SubmissionsView(ApiView):
    scopes = {"POST": RIG}

    @extend_schema(
        operation_id="submissions_land",
        tags=["recording"],
        summary="Hand in a file of a rig",
        request={MULTIPART: SubmissionFieldsSerializer},
        responses={202: LandedSerializer, 200: OpenApiResponse(LandedSerializer, "The same bytes landed before.")},
    )
    def post(self, request: Request) -> Response:
        """Lands the file by its SHA-256; a worker reads and records it. The server's settings bound its size.

        `vin` or `component` names the subject where the file does not; `component` is an object written as JSON.
        """
        rig = self.rig
        fields, file = read_form(request._request)
        component = fields.get("component")
        try:
            submission, created = land_submission(
                rig=rig,
                stream=file.chunks(),
                name=file.name or "",
                format=fields.get("format", ""),
                vin=fields.get("vin", ""),
                component=(component["kind"], component["serial"]) if component else None,
                procedure=fields.get("procedure", ""),
                actor=self.actor,
                at=self.at,
            )
        except FileTooLarge as refusal:
            raise Refused(413, "body_too_large", refusal.english) from refusal
        return self.answer(landed_content(submission), 202 if created else 200)


class SubmissionView(ApiView):
    scopes = {"GET": ANY_KEY}
    refuses = {"GET": (404,)}

    @extend_schema(
        operation_id="submissions_read",
        tags=["recording"],
        summary="What became of a file",
        responses=SubmissionSerializer,
    )
    def get(self, request: Request, number: int) -> Response:
        """`landed`: not read yet. `recorded`: all of it is. `quarantined`: a person has to look; `reasons` says why."""
        rows = Submission.objects.filter(pk=number)
        if self.caller.rig is not None:
            rows = rows.filter(rig=self.caller.rig)
        submission = rows.first()
        if submission is None:
            raise Http404(f"There is no submission {number} that this key may read.")
        return self.answer(submission_content(submission))


def read_form(request: HttpRequest) -> tuple[dict[str, Any], UploadedFile]:
    """The fields and the file of a form. Raises Refused (400, 411, 413, 415)."""
    media_type_of(request, {MULTIPART})
    check_length(request, settings.SUBMISSION_MAX_BYTES + ENVELOPE)
    try:
        posted, files = request.POST, request.FILES
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise Refused(400, "malformed_body", f"The form cannot be read: {error}") from error
    serializer = SubmissionFieldsSerializer(data=_fields(posted, files))
    if not serializer.is_valid():
        raise Refused(400, "invalid", "The form cannot be used.", list(field_errors(serializer.errors)))
    fields: dict[str, Any] = serializer.validated_data
    file: UploadedFile = fields.pop("file")
    return fields, file


def _fields(posted: Any, files: Any) -> dict[str, Any]:
    both = [*posted.lists(), *files.lists()]
    repeated = sorted({name for name, values in both if len(values) > 1} | (set(posted) & set(files)))
    if repeated:
        detail = "The field stands twice; state it once."
        errors = [FieldError(pointer(name[:64]), "repeated", detail) for name in repeated]
        raise Refused(400, "invalid", "The form cannot be used.", errors[:100])
    found: dict[str, Any] = {**posted.dict(), **files.dict()}
    if isinstance(found.get("component"), str):
        try:
            found["component"] = msgspec.json.decode(found["component"])
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            detail = 'Expected an object written as JSON, such as {"kind": "battery-pack", "serial": "PK-000417"}.'
            error = FieldError("/component", "type", detail)
            raise Refused(400, "invalid", "The form cannot be used.", [error]) from None
    return found
