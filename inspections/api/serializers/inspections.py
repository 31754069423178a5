"""How inspections are answered: when they are recorded, and when they are read again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rest_framework import serializers

from ...batches.models import Batch, Component, MaterialLot
from ...catalogue.models import Characteristic, Procedure
from ...evaluation.reasons import JudgementReason, Outcome
from ...results.choices import Purpose
from ...results.models import Inspection, Measurement
from ...rigs.models import Rig
from ..pagination import PageParameters
from .batches import ComponentSerializer, SoftwareSerializer
from .fields import Moment, Text, Vin

VERDICTS = [outcome.name.lower() for outcome in Outcome]
REASONS = [reason.name.lower() for reason in JudgementReason]


class InspectionParameters(PageParameters):
    """The filters of the list of inspections."""

    vin = Vin(required=False)
    batch = Text(most=64, required=False, help_text="Inspections of the cars that are in this batch now.")
    procedure = Text(most=64, required=False)
    verdict = serializers.ChoiceField(choices=VERDICTS, required=False)
    finished_after = Moment(required=False, help_text="Finished later than this; write the + of an offset as %2B.")


class LotSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    lot = serializers.CharField()


class InspectionSerializer(serializers.Serializer[Any]):
    """One finished test as it stands on the record."""

    id = serializers.CharField(help_text="The rig's own id.")
    rig = serializers.CharField()
    subject = serializers.CharField(help_text="A VIN, or the kind and number of a component or lot.")
    vin = serializers.CharField(allow_null=True)
    component = ComponentSerializer(allow_null=True)
    material = LotSerializer(allow_null=True)
    batch = serializers.CharField(allow_null=True, help_text="The batch to which the subject belonged when recorded.")
    procedure = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    purpose = serializers.ChoiceField(choices=[purpose.label for purpose in Purpose], help_text="The rig's claim.")
    operator = serializers.CharField(allow_null=True)
    nonconformance = serializers.CharField(allow_null=True)
    software = SoftwareSerializer(many=True)
    verdict = serializers.ChoiceField(choices=VERDICTS)
    claimed = serializers.ChoiceField(choices=["pass", "fail"], allow_null=True, help_text="The rig's claim.")
    voided = serializers.BooleanField(help_text="Declared void by a person; it stays on the record.")
    url = serializers.CharField()


class RecordedMeasurementSerializer(serializers.Serializer[Any]):
    characteristic = serializers.CharField()
    position = serializers.CharField(allow_null=True)
    value = serializers.CharField(allow_null=True, help_text="As it was written, always as a text.")
    unit = serializers.CharField(allow_null=True)
    verdict = serializers.ChoiceField(choices=VERDICTS)
    reason = serializers.ChoiceField(choices=REASONS, allow_null=True)
    claimed = serializers.ChoiceField(choices=["pass", "fail"], allow_null=True)


class InspectionDetailSerializer(InspectionSerializer):
    """One finished test with its measurements."""

    measurements = RecordedMeasurementSerializer(many=True)


def inspections_content(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Inspections as they are answered, in a number of statements that does not grow with them.

    The rows come with `vehicle` and `void` joined.
    """
    found: Sequence[Inspection] = list(rows)
    if not found:
        return []
    names = _Names(found)
    return [_inspection_content(row, names) for row in found]


class _Names:
    """The codes of what inspections name by number."""

    def __init__(self, rows: Sequence[Inspection]) -> None:
        self.rigs = _texts(Rig, "code", (row.rig_id for row in rows))
        self.batches = _texts(Batch, "number", (row.batch_id for row in rows))
        self.procedures = _texts(Procedure, "code", (row.procedure_id for row in rows))
        self.components = _pairs(Component, "serial", (row.component_id for row in rows))
        self.lots = _pairs(MaterialLot, "lot", (row.lot_id for row in rows))


def _texts(model: Any, field: str, ids: Iterable[int | None]) -> dict[int | None, str]:
    wanted = {number for number in ids if number is not None}
    return dict(model.objects.filter(pk__in=wanted).values_list("pk", field)) if wanted else {}


def _pairs(model: Any, field: str, ids: Iterable[int | None]) -> dict[int | None, dict[str, str]]:
    wanted = {number for number in ids if number is not None}
    rows = model.objects.filter(pk__in=wanted).values("pk", "kind", field) if wanted else ()
    return {row["pk"]: {"kind": row["kind"], field: row[field]} for row in rows}


def _subject(row: Inspection, names: _Names) -> dict[str, Any]:
    vin = None if row.vehicle is None else row.vehicle.vin
    part = names.components.get(row.component_id) or names.lots.get(row.lot_id) or {}
    return {
        "subject": vin or " ".join(part.values()),
        "vin": vin,
        "component": names.components.get(row.component_id),
        "material": names.lots.get(row.lot_id),
    }


def _inspection_content(row: Inspection, names: _Names) -> dict[str, Any]:
    return {
        "id": row.external_id,
        "rig": names.rigs[row.rig_id],
        **_subject(row, names),
        "batch": names.batches.get(row.batch_id),
        "procedure": names.procedures[row.procedure_id],
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "recorded_at": row.recorded_at,
        "purpose": Purpose(row.purpose).label,
        "operator": row.operator,
        "nonconformance": row.nonconformance,
        "software": row.software or [],
        "verdict": _verdict(row.verdict),
        "claimed": None if row.claimed is None else _verdict(row.claimed),
        "voided": hasattr(row, "void"),
        "url": f"/api/v1/inspections/{row.pk}/",
    }


def _verdict(number: int) -> str:
    return Outcome(number).name.lower()


def detail_content(row: Inspection) -> dict[str, Any]:
    """One inspection with its measurements, in the order in which they were sent."""
    measurements = list(Measurement.objects.filter(inspection_id=row.pk).order_by("ordinal"))
    codes = _texts(Characteristic, "code", (measurement.characteristic_id for measurement in measurements))
    content = inspections_content([row])[0]
    content["measurements"] = [
        {
            "characteristic": measurement.name or codes[measurement.characteristic_id],
            "position": measurement.position or None,
            "value": measurement.raw if measurement.value is None else format(measurement.value, "f"),
            "unit": measurement.unit,
            "verdict": _verdict(measurement.outcome),
            "reason": JudgementReason(measurement.reason).name.lower() if measurement.reason else None,
            "claimed": None if measurement.claimed is None else _verdict(measurement.claimed),
        }
        for measurement in measurements
    ]
    return content
