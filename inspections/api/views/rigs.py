"""Signs of life."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ...rigs.services import note_heartbeat
from ..permissions import RIG
from ..serializers.rigs import HeartbeatSerializer, ServerTimeSerializer
from .base import ApiView
from .parsing import read_json


class HeartbeatView(ApiView):
    scopes = {"POST": RIG}

    @extend_schema(
        operation_id="rigs_heartbeat",
        tags=["rigs"],
        summary="Tell that the rig lives, and what its clock says",
        request=HeartbeatSerializer,
        responses=ServerTimeSerializer,
        examples=[OpenApiExample("A rig in Shanghai", {"time": "2026-11-22T08:14:41.900+08:00"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """A rig that stays silent is shown as silent; one whose clock is off is shown as off."""
        sent = read_json(request, HeartbeatSerializer)
        note_heartbeat(rig=self.rig, rig_time=sent["time"], at=self.at)
        return self.answer({"server_time": self.at})
