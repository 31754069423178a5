"""How a clearance is answered."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import get_language
from rest_framework import serializers

from ...evaluation.reasons import ReasonCode
from ...gates.queries import Clearance, OpenCause
from ...gates.sentences import ReasonFacts, language_of, sentence


class ReasonSerializer(serializers.Serializer[Any]):
    """One reason: what was found, what was required, and what would clear it."""

    code = serializers.ChoiceField(choices=[code.value for code in ReasonCode])
    gate = serializers.CharField(allow_null=True)
    characteristic = serializers.CharField(allow_null=True)
    position = serializers.CharField(allow_null=True)
    subject = serializers.CharField()
    found = serializers.CharField(allow_null=True)
    required = serializers.CharField(allow_null=True)  # type: ignore[assignment] # the member's name is the contract's
    clears_when = serializers.CharField(help_text="In the language that Accept-Language asks for: English or Chinese.")


class ClearanceSerializer(serializers.Serializer[Any]):
    """May this vehicle leave? `clear`: its gates passed and nothing stops it. `may_leave`: clear, and released."""

    vin = serializers.CharField()
    batch = serializers.CharField()
    clear = serializers.BooleanField()
    may_leave = serializers.BooleanField()
    decided_at = serializers.DateTimeField(allow_null=True, help_text="Up to when its batch is decided; null: never.")
    valid_until = serializers.DateTimeField(
        allow_null=True, help_text="When the first fact that the decision relies on ends; ask again then."
    )
    reasons = ReasonSerializer(many=True)


def clearance_content(found: Clearance) -> dict[str, Any]:
    """A clearance as it is answered."""
    return {
        "vin": found.vin,
        "batch": found.batch,
        "clear": found.clear,
        "may_leave": found.may_leave,
        "decided_at": found.decided_at,
        "valid_until": found.valid_until,
        "reasons": [_reason_content(cause) for cause in found.reasons],
    }


def _reason_content(cause: OpenCause) -> dict[str, Any]:
    language = language_of(get_language() or "en")
    said = sentence(
        ReasonFacts(
            code=cause.code,
            subject=cause.subject,
            characteristic=(cause.name_zh or cause.name) if language == "zh-hans" else cause.name,
            position=cause.position,
            found=cause.found,
            required=cause.required,
            detail=cause.detail,
        ),
        language,
    )
    return {
        "code": cause.code,
        "gate": cause.gate or None,
        "characteristic": cause.characteristic or None,
        "position": cause.position or None,
        "subject": cause.subject,
        "found": cause.found or _told(cause) or None,
        "required": cause.required or None,
        "clears_when": said.clears_when,
    }


_TELLS: Final = {ReasonCode.HOLD_ACTIVE: "detail", ReasonCode.NONCONFORMANCE_OPEN: "nonconformance"}


def _told(cause: OpenCause) -> str:
    """What stands for a found value where none was measured: why it is held, which nonconformance is open."""
    key = _TELLS.get(ReasonCode(cause.code))
    return str(cause.detail.get(key, "")) if key else ""


class ChangedSerializer(serializers.Serializer[Any]):
    """The vehicle whose change was told, and whether it was new."""

    vin = serializers.CharField()
    batch = serializers.CharField()
    recorded = serializers.BooleanField(help_text="False: the same was told before, and nothing was recorded.")
