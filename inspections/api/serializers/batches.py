"""What the plant's MES registers, and how a batch is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from ...batches.choices import BatchStatus
from ...catalogue.choices import Domain
from ...gates.queries import BatchSummary, DomainSummary
from ..pagination import Limit, PageParameters
from .fields import NUMBER_PATTERN, Moment, StrictSerializer, Text, Vin, Whole

MOST_VEHICLES = 5_000
STATES = ["passed", "pending", "failed"]


def several(
    child: StrictSerializer, *, most: int = 200, required: bool = True, allow_empty: bool = True
) -> serializers.ListSerializer[Any]:
    """An array of at most `most` items, counted before any of them is read."""
    return serializers.ListSerializer(child=child, max_length=most, required=required, allow_empty=allow_empty)


class BatchSerializer(StrictSerializer):
    """A batch to open: vehicles of one configuration built together on one line."""

    number = Text(most=64, pattern=NUMBER_PATTERN, help_text="Letters, digits, dot, dash and underline.")
    configuration = Text(most=64, help_text="The code of a configuration that the catalogue knows.")
    planned_quantity = Whole(least=1, most=2**31 - 1)
    line = Text(most=32)


class SoftwareSerializer(StrictSerializer):
    """The version of one software system (UN R156)."""

    system = Text(most=64)
    version = Text(most=120)


class ComponentSerializer(StrictSerializer):
    """A part with its own serial number."""

    kind = Text(most=64)
    serial = Text(most=64)


class FittedComponentSerializer(ComponentSerializer):
    lot = Text(most=64, required=False, empty=True)


class VehicleSerializer(StrictSerializer):
    """A car as it enters its batch: its place in build order, what runs on it and what is fitted in it."""

    vin = Vin()
    sequence = Whole(least=1, most=2**31 - 1, help_text="Its place in build order, once in a batch.")
    software = several(SoftwareSerializer(), required=False)
    components = several(FittedComponentSerializer(), required=False)


class VehiclesSerializer(StrictSerializer):
    vehicles = several(VehicleSerializer(), most=MOST_VEHICLES, allow_empty=False)


class SoftwareChangesSerializer(StrictSerializer):
    """Software of a car was changed at a moment."""

    at = Moment()
    software = several(SoftwareSerializer(), allow_empty=False)


PARTS = ("fitted", "removed")


class FittingsSerializer(StrictSerializer):
    """Parts of a car were fitted and removed at a moment; at least one of them."""

    more_schema = {"anyOf": [{"properties": {name: {"minItems": 1}}, "required": [name]} for name in PARTS]}

    at = Moment()
    fitted = several(FittedComponentSerializer(), required=False)
    removed = several(ComponentSerializer(), required=False)

    def validate(self, attrs: Mapping[str, Any]) -> Mapping[str, Any]:
        if not attrs.get("fitted") and not attrs.get("removed"):
            raise serializers.ValidationError("Nothing is fitted and nothing is removed.", "empty")
        return attrs


class BatchParameters(PageParameters):
    """The filters of the list of batches."""

    limit = Limit(usual=20, most=100)
    status = serializers.ChoiceField(choices=BatchStatus.values, required=False)
    line = Text(most=32, required=False)
    configuration = Text(most=64, required=False)


class PlanSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="The control plan of the configuration.")
    revision = serializers.IntegerField(allow_null=True, help_text="The revision pinned; null: none.")


class CountsSerializer(serializers.Serializer[Any]):
    planned = serializers.IntegerField()
    registered = serializers.IntegerField()
    clear = serializers.IntegerField()
    held = serializers.IntegerField()
    released = serializers.IntegerField()
    delivered = serializers.IntegerField()


class GateCountsSerializer(serializers.Serializer[Any]):
    passed = serializers.IntegerField()
    failed = serializers.IntegerField()
    pending = serializers.IntegerField()


class CountedReasonSerializer(serializers.Serializer[Any]):
    """How many subjects have one reason, with up to 100 of them: VINs, or the batch itself."""

    code = serializers.CharField()
    count = serializers.IntegerField()
    subjects = serializers.ListField(child=serializers.CharField())


class GateSerializer(serializers.Serializer[Any]):
    """One domain of a batch: `state` is the worst of the batch's own gate and its vehicles'."""

    domain = serializers.ChoiceField(choices=Domain.values)
    state = serializers.ChoiceField(choices=STATES)
    decided_at = serializers.DateTimeField(allow_null=True)
    vehicles = GateCountsSerializer()
    reasons = CountedReasonSerializer(many=True)


class BatchSummarySerializer(serializers.Serializer[Any]):
    """How a batch stands."""

    number = serializers.CharField()
    status = serializers.ChoiceField(
        choices=BatchStatus.values,
        help_text="`completed`: testing is closed, no vehicle of it is in the plant, and nothing stands against any of"
        " them. It becomes so by itself, and `testing_closed` again if something is found later.",
    )
    plan = PlanSerializer()
    vehicles = CountsSerializer()
    gates = GateSerializer(many=True)


class RegisteredSerializer(serializers.Serializer[Any]):
    """What a registration did: `repeated` vehicles were there already, exactly so."""

    batch = serializers.CharField()
    registered = serializers.IntegerField()
    repeated = serializers.IntegerField()


def batch_content(summary: BatchSummary) -> dict[str, Any]:
    """A batch as it is answered."""
    return {
        "number": summary.number,
        "status": summary.status,
        "plan": {"code": summary.plan, "revision": summary.revision},
        "vehicles": {
            "planned": summary.planned,
            "registered": summary.registered,
            "clear": summary.clear,
            "held": summary.held,
            "released": summary.released,
            "delivered": summary.delivered,
        },
        "gates": [_gate_content(gate, summary.number) for gate in summary.gates],
    }


def _gate_content(gate: DomainSummary, batch: str) -> dict[str, Any]:
    counts = dict(gate.codes)
    subjects = {code: list(named) for code, named in gate.subjects.items()}
    for reason in gate.own_reasons:
        code = reason["code"]
        counts[code] = counts.get(code, 0) + 1
        if batch not in subjects.setdefault(code, []):
            subjects[code] = [batch, *subjects[code]][:100]
    return {
        "domain": gate.domain,
        "state": gate.state,
        "decided_at": gate.decided_at,
        "vehicles": {"passed": gate.passed, "failed": gate.failed, "pending": gate.pending},
        "reasons": [
            {"code": code, "count": count, "subjects": subjects.get(code, [])} for code, count in sorted(counts.items())
        ],
    }
