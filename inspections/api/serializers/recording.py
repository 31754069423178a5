"""What a rig is answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .inspections import REASONS, VERDICTS


class JudgedSerializer(serializers.Serializer[Any]):
    """What was judged of one measurement."""

    characteristic = serializers.CharField()
    position = serializers.CharField(allow_null=True)
    verdict = serializers.ChoiceField(choices=VERDICTS)
    reason = serializers.ChoiceField(choices=REASONS, allow_null=True)


class RecordedSerializer(serializers.Serializer[Any]):
    """One test as it was recorded and judged."""

    id = serializers.CharField()
    subject = serializers.CharField(help_text="A VIN, or the kind and number of a component or lot.")
    batch = serializers.CharField(allow_null=True)
    verdict = serializers.ChoiceField(choices=VERDICTS)
    measurements = JudgedSerializer(many=True)
    url = serializers.CharField()


class WaitingSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    status = serializers.ChoiceField(choices=["waiting"])


class ItemProblemSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    id = serializers.CharField(allow_null=True)
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


class BulkAnswerSerializer(serializers.Serializer[Any]):
    """How many of the items came to what; each that was refused is named."""

    received = serializers.IntegerField()
    recorded = serializers.IntegerField()
    repeated = serializers.IntegerField()
    waiting = serializers.IntegerField()
    refused = serializers.IntegerField()
    problems = ItemProblemSerializer(many=True)
