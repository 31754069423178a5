from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.composite import CompositePrimaryKey  # type: ignore[import-untyped, unused-ignore]

from ..batches.models import Batch, Vehicle
from ..catalogue.models import Configuration, Procedure
from .choices import CoverageKind
from .fields import LinesField


class Decider(models.Model):
    """One row a batch: how many marks were consumed so far. Its row lock is the lock of deciding the batch."""

    batch = models.OneToOneField(Batch, primary_key=True, on_delete=models.PROTECT, related_name="decider")
    counter = models.BigIntegerField(default=0)
    decided_at = models.DateTimeField(null=True)


class VehicleGate(models.Model):
    """The gate of one vehicle and domain as last decided. Absent is not passed. Written by the decider alone.

    `missing` names the characteristics (and positions, behind a bar) without a result, as many as there are; every
    other reason has an OpenReason. `conceded` null: nothing is.
    """

    # Fixed widths stand first, widest where they need no padding, here and in a decision.
    pk = CompositePrimaryKey("vehicle_id", "domain")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="gates", db_index=False)
    batch_id = models.IntegerField()
    decided_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    counter = models.IntegerField()
    state = models.SmallIntegerField()
    counted = models.BooleanField(help_text="meant for delivery, so counted in the batch's gate")
    domain = models.CharField(max_length=8)
    missing = LinesField()
    conceded = ArrayField(models.BigIntegerField(), null=True)

    class Meta:
        indexes = [
            # One key for all of a batch, however many there are.
            models.Index(fields=["batch_id"], condition=~Q(state=0), name="vehicle_gate_not_passed"),
            models.Index(
                fields=["valid_until"], condition=Q(valid_until__isnull=False), name="vehicle_gate_valid_until"
            ),
        ]


class OpenReason(models.Model):
    """One reason that keeps a vehicle's gate from passing, as last decided. Written by the decider alone."""

    id = models.BigAutoField(primary_key=True)
    batch_id = models.BigIntegerField()
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="open_reasons", db_index=False)
    domain = models.CharField(max_length=8)
    code = models.CharField(max_length=32)
    characteristic_id = models.BigIntegerField(null=True)
    position = models.TextField(default="")
    requirement_id = models.BigIntegerField(null=True)
    inspection_id = models.BigIntegerField(null=True)
    ordinal = models.SmallIntegerField(null=True)
    found = models.TextField(default="")
    required = models.TextField(default="")
    detail = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle", "domain", "code", "characteristic_id", "position"],
                nulls_distinct=False,
                name="open_reason_once",
            ),
        ]
        indexes = [
            models.Index(fields=["batch_id", "domain", "code", "characteristic_id"], name="open_reason_batch"),
        ]


class BatchGate(models.Model):
    """The gate of a batch and domain: what belongs to the batch itself, and the counts of its vehicles' gates.

    `state`, `reasons` and `valid_until` are the batch's own. `passed`, `failed`, `pending` count vehicles meant for
    delivery; `codes` counts them by reason. Kept by difference by the decider alone, recounted nightly.
    """

    pk = CompositePrimaryKey("batch_id", "domain")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="gates", db_index=False)
    domain = models.CharField(max_length=8)
    state = models.SmallIntegerField()
    reasons = models.JSONField(default=list)
    mismatch = models.JSONField(null=True, help_text="what a recount found different; null once one agrees")
    valid_until = models.DateTimeField(null=True)
    passed = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    pending = models.IntegerField(default=0)
    codes = models.JSONField(default=dict)
    decided_at = models.DateTimeField()
    counter = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["valid_until"], condition=Q(valid_until__isnull=False), name="batch_gate_valid_until"),
        ]


class Decision(models.Model):
    """A decision on the gate of a vehicle, or with no vehicle of the batch itself. Append-only, added on change."""

    id = models.AutoField(primary_key=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    vehicle = models.ForeignKey(Vehicle, null=True, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    revision_id = models.IntegerField(null=True)
    decided_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    counter = models.IntegerField()
    state = models.SmallIntegerField()
    domain = models.CharField(max_length=8)
    reasons = models.JSONField(default=list)
    counts = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                # Each batch counts by itself, and a car may come to another.
                fields=["vehicle", "domain", "batch", "counter"],
                condition=Q(vehicle__isnull=False),
                name="decision_vehicle_once",
            ),
            models.UniqueConstraint(
                fields=["batch", "domain", "counter"], condition=Q(vehicle__isnull=True), name="decision_batch_once"
            ),
        ]


class Coverage(models.Model):
    """Type-level evidence for one procedure and configuration, for a time and stated software. Append-only.

    Revoked by a CoverageRevocation, never edited. A certificate's document lies under `document_sha256`; `document` is
    the name it came with, `certificate` the number that `laboratory` printed on it.
    """

    number = models.CharField(max_length=32, unique=True)
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="coverages")
    configuration = models.ForeignKey(Configuration, on_delete=models.PROTECT, related_name="coverages")
    kind = models.CharField(max_length=13, choices=CoverageKind)
    software = models.JSONField(default=list)
    inspection_id = models.BigIntegerField(null=True)
    laboratory = models.CharField(max_length=200, blank=True)
    certificate = models.CharField(max_length=120, blank=True)
    document = models.CharField(max_length=200, blank=True)
    document_sha256 = models.CharField(max_length=64, blank=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    signed_by = models.CharField(max_length=200)
    person_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="coverage_lasts"),
            models.CheckConstraint(
                condition=~Q(kind="inspection") | Q(inspection_id__isnull=False), name="coverage_names_its_inspection"
            ),
            models.CheckConstraint(
                condition=~Q(kind="certificate") | ~Q(document_sha256=""), name="coverage_has_its_document"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CoverageRevocation(models.Model):
    coverage = models.OneToOneField(Coverage, on_delete=models.PROTECT, related_name="revocation")
    reason = models.TextField()
    revoked_by = models.CharField(max_length=200)
    at = models.DateTimeField()


class Screening(models.Model):
    """100 % screening recorded after rejected samples (`rejected`: their ids), by an engineer. Append-only.

    It releases the rejection for its vehicles alone, and for each only as long as its result that counts, finished
    after `since`, the moment at which the first of the rejected samples had finished, conforms.
    """

    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="screenings")
    rejected = ArrayField(models.BigIntegerField())
    since = models.DateTimeField()
    reason = models.TextField()
    screened_by = models.CharField(max_length=200)
    person_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [GinIndex(fields=["rejected"], name="screening_rejected")]


class ScreenedVehicle(models.Model):
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="vehicles")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="screenings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["screening", "vehicle"], name="screened_vehicle_once")]
