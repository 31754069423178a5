"""The form that hands in a file, and what is answered of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers

from ...intake.choices import SubmissionState
from ...intake.models import Submission
from .batches import ComponentSerializer
from .fields import StrictField, StrictSerializer, Text, Vin


class File(StrictField):
    """The bytes as the rig wrote them."""

    default_error_messages = {"type": "Expected a file, found a plain field.", "empty": "The file is empty."}

    def to_internal_value(self, data: Any) -> UploadedFile:
        if not isinstance(data, UploadedFile):
            self.fail("type")
        if not data.size:
            self.fail("empty")
        return data

    @property
    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "contentMediaType": "application/octet-stream", "minLength": 1}


class SubmissionFieldsSerializer(StrictSerializer):
    more_schema = {"not": {"required": ["vin", "component"]}}

    file = File()
    format = Text(most=32, required=False, help_text="The file's format where it cannot be told from its content.")
    vin = Vin(required=False)
    component = ComponentSerializer(required=False)
    procedure = Text(most=64, required=False)

    def validate(self, attrs: Mapping[str, Any]) -> Mapping[str, Any]:
        if "vin" in attrs and "component" in attrs:
            raise serializers.ValidationError("Name a vin or a component, not both.", "subject")
        return attrs


class LandedSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    sha256 = serializers.CharField()
    state = serializers.ChoiceField(choices=SubmissionState.values)
    url = serializers.CharField()


class SubmissionReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    id = serializers.CharField(allow_null=True, help_text="The test in the file, where one can be told.")


class SubmissionSerializer(LandedSerializer):
    recorded = serializers.IntegerField(help_text="Inspections of it that are on the record.")
    waiting = serializers.IntegerField(help_text="Inspections that wait for their vehicle.")
    refused = serializers.IntegerField()
    reasons = SubmissionReasonSerializer(many=True)


def landed_content(submission: Submission) -> dict[str, Any]:
    """A submission as it is answered to whoever handed it in."""
    return {
        "id": submission.pk,
        "sha256": submission.sha256,
        "state": submission.state,
        "url": f"/api/v1/submissions/{submission.pk}/",
    }


def submission_content(submission: Submission) -> dict[str, Any]:
    """A submission with what became of it."""
    return landed_content(submission) | {
        "recorded": submission.recorded,
        "waiting": submission.waiting,
        "refused": submission.refused,
        "reasons": submission.reasons,
    }
