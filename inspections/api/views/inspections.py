"""Recording finished tests, one or thousands at a time, and reading them again.

The bodies of POST are handed on as bytes: the service decodes them once, exactly, and keeps what it refuses.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ...batches.models import Vehicle
from ...catalogue.models import Procedure
from ...evaluation.reasons import Outcome
from ...intake.services import post_bulk, post_inspection
from ...results.models import Inspection
from ..authentication import Caller
from ..bodies import JSON, NDJSON
from ..pagination import page_of, page_schema, read_parameters
from ..permissions import ANY_KEY, RIG
from ..schema import POSTED
from ..serializers.examples import INSPECTION
from ..serializers.inspections import (
    InspectionDetailSerializer,
    InspectionParameters,
    InspectionSerializer,
    detail_content,
    inspections_content,
)
from ..serializers.recording import BulkAnswerSerializer, RecordedSerializer, WaitingSerializer
from .base import ApiView
from .recording import answer_of, read_recording

INSPECTION_PAGE = page_schema("InspectionPage", InspectionSerializer)


class InspectionsView(ApiView):
    scopes = {"GET": ANY_KEY, "POST": RIG}
    refuses = {"GET": (400,), "POST": (409, 422)}

    @extend_schema(
        operation_id="inspections_list",
        tags=["recording"],
        summary="Read inspections",
        parameters=[InspectionParameters],
        responses=INSPECTION_PAGE,
    )
    def get(self, request: Request) -> Response:
        """Inspections, the last recorded first. A rig sees its own."""
        parameters = read_parameters(request._request, InspectionParameters)
        rows = readable(self.caller).filter(_filter(parameters))
        return self.answer(page_of(rows, parameters, request._request, inspections_content).content())

    @extend_schema(
        operation_id="inspections_record",
        tags=["recording"],
        summary="Record one finished test",
        request={JSON: POSTED},
        responses={
            201: RecordedSerializer,
            200: OpenApiResponse(RecordedSerializer, "The same was recorded before; nothing was recorded now."),
            202: OpenApiResponse(WaitingSerializer, "Its vehicle is not registered yet; it is recorded when it is."),
        },
        examples=[INSPECTION],
    )
    def post(self, request: Request) -> HttpResponse:
        """Judges and records one finished test of one subject, in one transaction.

        `id` makes it safe to send again: the same content is answered 200, other content 409. Whatever is answered
        400, 409 or 422 is kept for a person, and a vehicle that it names cannot pass until it is settled.
        """
        rig = self.rig
        media_type, body = read_recording(self, accepted={JSON})
        return answer_of(post_inspection(rig=rig, body=body, media_type=media_type, actor=self.actor, at=self.at))


class BulkView(ApiView):
    scopes = {"POST": RIG}

    @extend_schema(
        operation_id="inspections_record_bulk",
        tags=["recording"],
        summary="Record up to 5,000 finished tests",
        request={JSON: {"type": "array", "items": POSTED, "maxItems": 5000}, NDJSON: {"type": "string"}},
        responses=BulkAnswerSerializer,
    )
    def post(self, request: Request) -> HttpResponse:
        """A JSON array, or one inspection a line. Each item stands alone and is answered as if it were sent alone.

        At most 5,000 items and 16 MiB, unpacked; `Content-Encoding: gzip` is taken.
        """
        rig = self.rig
        media_type, body = read_recording(self, accepted={JSON, NDJSON})
        return answer_of(post_bulk(rig=rig, body=body, media_type=media_type, actor=self.actor, at=self.at))


class InspectionView(ApiView):
    scopes = {"GET": ANY_KEY}
    refuses = {"GET": (404,)}

    @extend_schema(
        operation_id="inspections_read",
        tags=["recording"],
        summary="Read one inspection",
        responses=InspectionDetailSerializer,
    )
    def get(self, request: Request, number: int) -> Response:
        """One inspection with its measurements, as they were judged when they were recorded."""
        row = readable(self.caller).filter(pk=number).first()
        if row is None:
            raise Http404(f"There is no inspection {number} that this key may read.")
        return self.answer(detail_content(row))


def readable(caller: Caller) -> QuerySet[Inspection]:
    """What a key may read: a rig its own, a system client all."""
    rows = Inspection.objects.select_related("vehicle", "void")
    return rows if caller.rig is None else rows.filter(rig_id=caller.rig.pk)


def _filter(parameters: dict[str, Any]) -> Q:
    chosen = Q()
    if "vin" in parameters:
        chosen &= Q(vehicle__vin=parameters["vin"])
    if "batch" in parameters:
        chosen &= Q(vehicle__in=Vehicle.objects.filter(batch__number=parameters["batch"]))
    if "procedure" in parameters:
        chosen &= Q(procedure_id__in=Procedure.objects.filter(code=parameters["procedure"]).values("pk"))
    if "verdict" in parameters:
        chosen &= Q(verdict=Outcome[parameters["verdict"].upper()])
    if "finished_after" in parameters:
        chosen &= Q(finished_at__gt=parameters["finished_after"])
    return chosen
