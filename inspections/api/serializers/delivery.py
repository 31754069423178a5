"""The delivery of a vehicle: what is told of it, and how it is answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ...releases.conceded import concession_numbers
from ...releases.models import Delivery
from .fields import Moment, StrictSerializer
from .vehicles import ReasonSerializer


class DeliverySerializer(StrictSerializer):
    """When the vehicle left: not before its release, and at most five minutes ahead of the server."""

    at = Moment()


class DeliveredSerializer(serializers.Serializer[Any]):
    """The delivery on the record. Told again, the first one stands."""

    vin = serializers.CharField()
    batch = serializers.CharField()
    release = serializers.CharField(help_text="The fully signed release under which it left.")
    delivered_at = serializers.DateTimeField()
    concessions = serializers.ListField(
        child=serializers.CharField(),
        help_text="The concessions that it left by; none for a car that departs from nothing.",
    )


class MayNotLeaveSerializer(serializers.Serializer[Any]):
    """A problem (RFC 9457) with the reasons of the clearance."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.ChoiceField(choices=["may_not_leave"])
    detail = serializers.CharField()
    reasons = ReasonSerializer(many=True)


def delivered_content(delivery: Delivery) -> dict[str, Any]:
    """A delivery as it is answered."""
    return {
        "vin": delivery.vehicle.vin,
        "batch": delivery.vehicle.batch.number,
        "release": delivery.release.number,
        "delivered_at": delivery.delivered_at,
        "concessions": concession_numbers(delivery.conceded),
    }
