from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .fields import Moment, StrictSerializer


class HeartbeatSerializer(StrictSerializer):
    time = Moment(help_text="What the rig's clock says.")


class ServerTimeSerializer(serializers.Serializer[Any]):
    server_time = serializers.DateTimeField()
