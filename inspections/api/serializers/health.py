from __future__ import annotations

from typing import Any

from rest_framework import serializers


class HealthSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["ok"])


class ReadinessSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["ready", "not_ready"])
    database = serializers.ChoiceField(choices=["ok", "not_migrated", "unreachable"])
    redis = serializers.ChoiceField(choices=["ok", "unreachable"])
