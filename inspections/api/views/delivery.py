"""A vehicle leaves the plant, if it may."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ...releases.rules import DeliveryRefused
from ...releases.services import MayNotLeave, deliver_vehicle
from ...results.refusals import FieldError
from ..permissions import MES
from ..problems import PROBLEM_JSON, Refused
from ..serializers.delivery import (
    DeliveredSerializer,
    DeliverySerializer,
    MayNotLeaveSerializer,
    delivered_content,
)
from ..serializers.examples import DELIVERY
from ..serializers.vehicles import clearance_content
from .base import ApiView
from .finding import vehicle_named
from .parsing import read_json


class DeliveryView(ApiView):
    scopes = {"POST": MES}
    refuses = {"POST": (404, 422)}

    @extend_schema(
        operation_id="vehicles_delivery",
        tags=["plant"],
        summary="Tell that a vehicle leaves the plant",
        request=DeliverySerializer,
        responses={
            201: DeliveredSerializer,
            200: OpenApiResponse(DeliveredSerializer, "It was told already; the first delivery stands."),
            (409, PROBLEM_JSON): OpenApiResponse(MayNotLeaveSerializer, "It may not leave, and it has not."),
        },
        examples=[DELIVERY],
    )
    def post(self, request: Request, vin: str) -> Response:
        """Ask before the gate opens: decided at this moment, so that nothing slips in between asking and leaving."""
        vehicle = vehicle_named(vin)
        sent = read_json(request, DeliverySerializer)
        try:
            delivery, new = deliver_vehicle(vehicle=vehicle, delivered_at=sent["at"], actor=self.actor, at=self.at)
        except MayNotLeave as refusal:
            reasons = clearance_content(refusal.clearance)["reasons"]
            raise Refused(409, "may_not_leave", str(refusal), more={"reasons": reasons}) from refusal
        except DeliveryRefused as refusal:
            said = refusal.english
            raise Refused(422, refusal.code, said, [FieldError("/at", refusal.code, said)]) from refusal
        return self.answer(delivered_content(delivery), 201 if new else 200)
