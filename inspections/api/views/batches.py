"""Batches: opened, filled and closed by the MES; read by whoever holds a key of scope mes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ...batches.models import Batch
from ...batches.services import BatchConflict, open_batch
from ...catalogue.models import Configuration
from ...gates.queries import batch_summaries, batch_summary
from ...gates.services import close_batch
from ...results.refusals import FieldError
from ...results.services import NewVehicle, RegistrationRefused, register_vehicles
from ..pagination import page_of, page_schema, read_parameters
from ..permissions import MES
from ..problems import Refused
from ..serializers.batches import (
    BatchParameters,
    BatchSerializer,
    BatchSummarySerializer,
    RegisteredSerializer,
    VehiclesSerializer,
    batch_content,
)
from ..serializers.examples import BATCH, VEHICLES
from .base import ApiView
from .changes import change_problem, fitted_parts, software_pairs
from .finding import batch_named
from .parsing import read_json

SUBJECTS = 100
"""Subjects named for each reason of a batch."""

BATCH_PAGE = page_schema("BatchPage", BatchSummarySerializer)


class BatchesView(ApiView):
    scopes = {"GET": MES, "POST": MES}
    refuses = {"GET": (400,), "POST": (409, 422)}

    @extend_schema(
        operation_id="batches_list",
        tags=["plant"],
        summary="How the batches stand",
        parameters=[BatchParameters],
        responses=BATCH_PAGE,
    )
    def get(self, request: Request) -> Response:
        """Batches, the newest first."""
        parameters = read_parameters(request._request, BatchParameters)
        filters = {"status": "status", "line": "line", "configuration": "configuration__code"}
        rows = Batch.objects.only("pk").filter(
            **{column: parameters[name] for name, column in filters.items() if name in parameters}
        )
        return self.answer(page_of(rows, parameters, request._request, self._show).content())

    def _show(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        ids = [row.pk for row in rows]
        found = {summary.id: summary for summary in batch_summaries(ids=ids, at=self.at, subjects=SUBJECTS)}
        return [batch_content(found[number]) for number in ids]

    @extend_schema(
        operation_id="batches_open",
        tags=["plant"],
        summary="Open a batch",
        request=BatchSerializer,
        responses={201: BatchSummarySerializer, 200: OpenApiResponse(BatchSummarySerializer, "It is open already.")},
        examples=[BATCH],
    )
    def post(self, request: Request) -> Response:
        """Opens a batch of one configuration and pins the revision of its control plan that is in force now.

        With no approved revision nothing is pinned: the batch opens, and nothing in it can pass until one is.
        """
        sent = read_json(request, BatchSerializer)
        configuration = Configuration.objects.filter(code=sent["configuration"]).first()
        if configuration is None:
            detail = f"The catalogue knows no configuration {sent['configuration']!a}."
            raise Refused(422, "unknown_configuration", detail, [FieldError("/configuration", "unknown", detail)])
        try:
            batch, created = open_batch(
                number=sent["number"],
                configuration=configuration,
                planned_quantity=sent["planned_quantity"],
                line=sent["line"],
                actor=self.actor,
                at=self.at,
            )
        except BatchConflict as refusal:
            raise Refused(409, "batch_conflict", str(refusal)) from refusal
        return self.answer(self.summary(batch), 201 if created else 200)

    def summary(self, batch: Batch) -> dict[str, Any]:
        return batch_content(batch_summary(batch_id=batch.pk, at=self.at))


class BatchView(ApiView):
    scopes = {"GET": MES}
    refuses = {"GET": (404,)}

    @extend_schema(
        operation_id="batches_read", tags=["plant"], summary="How a batch stands", responses=BatchSummarySerializer
    )
    def get(self, request: Request, number: str) -> Response:
        """Counts of its vehicles and, for each domain, the worst state of its own gate and of its vehicles'."""
        batch = batch_named(number)
        return self.answer(batch_content(batch_summary(batch_id=batch.pk, at=self.at)))


class BatchVehiclesView(ApiView):
    scopes = {"POST": MES}
    refuses = {"POST": (404, 409, 422)}

    @extend_schema(
        operation_id="batches_register_vehicles",
        tags=["plant"],
        summary="Register vehicles in a batch",
        request=VehiclesSerializer,
        responses={
            201: RegisteredSerializer,
            200: OpenApiResponse(RegisteredSerializer, "All of them were registered so already."),
        },
        examples=[VEHICLES],
    )
    def post(self, request: Request, number: str) -> Response:
        """Registers all of the vehicles or none. What waited for a vehicle is then recorded by itself."""
        batch = batch_named(number)
        sent = read_json(request, VehiclesSerializer)
        vehicles = [
            NewVehicle(
                vin=car["vin"],
                sequence=car["sequence"],
                software=software_pairs(car.get("software", ())),
                components=fitted_parts(car.get("components", ())),
            )
            for car in sent["vehicles"]
        ]
        try:
            registered = register_vehicles(batch=batch, vehicles=vehicles, actor=self.actor, at=self.at)
        except RegistrationRefused as refusal:
            raise change_problem(refusal) from refusal
        content = {
            "batch": batch.number,
            "registered": len(registered.created),
            "repeated": len(registered.repeated),
        }
        return self.answer(content, 201 if registered.created else 200)


class BatchClosingView(ApiView):
    scopes = {"POST": MES}
    refuses = {"POST": (404,)}

    @extend_schema(
        operation_id="batches_close",
        tags=["plant"],
        summary="Close the testing of a batch",
        request=None,
        responses=BatchSummarySerializer,
    )
    def post(self, request: Request, number: str) -> Response:
        """No more vehicles will come: what is missing is failed from now on. Repeating it changes nothing.

        A batch of which no vehicle is in the plant is answered `completed` where nothing else keeps it.
        """
        batch = close_batch(batch=batch_named(number), actor=self.actor, at=self.at)
        return self.answer(batch_content(batch_summary(batch_id=batch.pk, at=self.at)))
