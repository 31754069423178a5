"""Vehicles as the plant's systems see them: what changes in them, and whether they may leave."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ...batches.models import Vehicle
from ...batches.rules import is_vin
from ...gates.queries import UnknownVehicle, clearance
from ...results.services import ChangeRefused, change_software, fit_components
from ..permissions import MES
from ..problems import Refused
from ..serializers.batches import FittingsSerializer, SoftwareChangesSerializer
from ..serializers.examples import FITTINGS, SOFTWARE
from ..serializers.vehicles import ChangedSerializer, ClearanceSerializer, clearance_content
from .base import ApiView
from .changes import change_problem, fitted_parts, software_pairs
from .finding import vehicle_named
from .parsing import read_json


class ClearanceView(ApiView):
    scopes = {"GET": MES}
    refuses = {"GET": (404,)}

    @extend_schema(
        operation_id="vehicles_clearance",
        tags=["plant"],
        summary="May this vehicle leave?",
        responses=ClearanceSerializer,
    )
    def get(self, request: Request, vin: str) -> Response:
        """Right at the moment of asking: a decision older than its evidence, or past its time, is never clear."""
        if not is_vin(vin):
            raise Refused(404, "not_found", f"{vin[:64]!a} is no VIN (ISO 3779).")
        try:
            found = clearance(vin=vin, at=self.at)
        except UnknownVehicle as unknown:
            raise Refused(404, "not_found", str(unknown)) from unknown
        return self.answer(clearance_content(found))


class SoftwareView(ApiView):
    scopes = {"POST": MES}
    refuses = {"POST": (404, 409, 422)}

    @extend_schema(
        operation_id="vehicles_software",
        tags=["plant"],
        summary="Tell that a vehicle's software was changed",
        request=SoftwareChangesSerializer,
        responses={201: ChangedSerializer, 200: OpenApiResponse(ChangedSerializer, "It was told so already.")},
        examples=[SOFTWARE],
    )
    def post(self, request: Request, vin: str) -> Response:
        """Evidence that was measured with other software goes stale where its procedure depends on it."""
        vehicle = vehicle_named(vin)
        sent = read_json(request, SoftwareChangesSerializer)
        try:
            recorded = change_software(
                vehicle=vehicle,
                changes=software_pairs(sent["software"]),
                changed_at=sent["at"],
                actor=self.actor,
                at=self.at,
            )
        except ChangeRefused as refusal:
            raise change_problem(refusal) from refusal
        return self.answer(_changed(vehicle, recorded), 201 if recorded else 200)


class ComponentsView(ApiView):
    scopes = {"POST": MES}
    refuses = {"POST": (404, 409, 422)}

    @extend_schema(
        operation_id="vehicles_components",
        tags=["plant"],
        summary="Tell that parts of a vehicle were fitted or removed",
        request=FittingsSerializer,
        responses={201: ChangedSerializer, 200: OpenApiResponse(ChangedSerializer, "It was told so already.")},
        examples=[FITTINGS],
    )
    def post(self, request: Request, vin: str) -> Response:
        """A fitted part brings its own results with it; a change makes stale what depends on the part."""
        vehicle = vehicle_named(vin)
        sent = read_json(request, FittingsSerializer)
        try:
            recorded = fit_components(
                vehicle=vehicle,
                fitted=fitted_parts(sent.get("fitted", ())),
                removed=[(part["kind"], part["serial"]) for part in sent.get("removed", ())],
                changed_at=sent["at"],
                actor=self.actor,
                at=self.at,
            )
        except ChangeRefused as refusal:
            raise change_problem(refusal) from refusal
        return self.answer(_changed(vehicle, recorded), 201 if recorded else 200)


def _changed(vehicle: Vehicle, recorded: bool) -> dict[str, Any]:
    return {"vin": vehicle.vin, "batch": vehicle.batch.number, "recorded": recorded}
