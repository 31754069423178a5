from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.fields.composite import CompositePrimaryKey  # type: ignore[import-untyped, unused-ignore]

from ..batches.models import Vehicle
from ..catalogue.models import Configuration, Procedure
from .fields import AbsentTextField, ClaimField, NumberField, RawField


class Inspection(models.Model):
    """One finished test of one subject, recorded once and never changed.

    The subject is exactly one of vehicle, component and material lot. `batch_id` and `revision_id` are those the
    subject was bound to when this was recorded (null: none, so nothing was judged). `external_id` is the rig's own
    and unique for that rig for ever. `digest` is the SHA-256 of the decoded content. Plain ids instead of foreign keys
    keep recording fast; the rows they name cannot be deleted. Written by `results.services.record_inspections` alone.
    """

    # 32 bits number a hundred years of a plant that builds a car every 76 seconds; fixed widths stand first, widest
    # where they need no padding: the disk holds this row and its keys millions of times.
    id = models.AutoField(primary_key=True)
    rig_id = models.IntegerField()
    vehicle = models.ForeignKey(
        Vehicle, null=True, on_delete=models.PROTECT, related_name="inspections", db_index=False
    )
    component_id = models.IntegerField(null=True)
    lot_id = models.IntegerField(null=True)
    batch_id = models.IntegerField(null=True)
    procedure_id = models.IntegerField()
    revision_id = models.IntegerField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    purpose = models.SmallIntegerField(default=0)
    verdict = models.SmallIntegerField()
    verdict_reason = models.SmallIntegerField(default=0)
    claimed = models.SmallIntegerField(null=True)
    person_id = models.IntegerField(null=True, help_text="who entered it in a form")
    external_id = models.CharField(max_length=128)
    digest = models.BinaryField(max_length=32)
    operator = models.TextField(null=True)  # noqa: DJ001 - null costs no byte in the widest table but one
    nonconformance = models.TextField(null=True)  # noqa: DJ001
    software = models.JSONField(null=True)
    source = models.JSONField(null=True, help_text="hash, adapter and profile of the file it was read from")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rig_id", "external_id"], name="inspection_external_id_once"),
            models.CheckConstraint(
                condition=Q(vehicle__isnull=False, component_id__isnull=True, lot_id__isnull=True)
                | Q(vehicle__isnull=True, component_id__isnull=False, lot_id__isnull=True)
                | Q(vehicle__isnull=True, component_id__isnull=True, lot_id__isnull=False),
                name="inspection_has_one_subject",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__gte=models.F("started_at")), name="inspection_ends_after_start"
            ),
        ]
        indexes = [
            # The key alone: a car has dozens of inspections, and one key for all of them takes a third of the room.
            models.Index(fields=["vehicle"], condition=Q(vehicle__isnull=False), name="inspection_vehicle"),
            models.Index(fields=["component_id"], condition=Q(component_id__isnull=False), name="inspection_component"),
            models.Index(fields=["lot_id"], condition=Q(lot_id__isnull=False), name="inspection_lot"),
            # Whom rigs name as operators, name after name, and what the few measured whom nobody knows.
            models.Index(fields=["operator"], condition=Q(operator__isnull=False), name="inspection_operator"),
            # A window of time, for a hundredth of a byte a measurement where a tree would take six: rows come about in
            # the order in which tests finish. Several ranges a summary, so that one late arrival does not widen it.
            BrinIndex(
                OpClass("finished_at", name="timestamptz_minmax_multi_ops"),
                name="inspection_finished",
                pages_per_range=32,
                autosummarize=True,
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class Measurement(models.Model):
    """One value of an inspection, as written, with what was judged of it when it was recorded (law 3).

    `value` holds a number exactly; `raw` holds what is no number (a text, `true`, `NaN`), null for a number.
    `characteristic_id` null: the catalogue did not know `name`, or another procedure owns it.
    No foreign keys: they would cost seven times the recording rate. One index entry for the measurements of an
    inspection (migration `narrow_keys` drops the unique one): rows are added with their inspection alone. A row without
    null needs no map of nulls, 8 bytes: what is absent is an empty text, NaN or a claim of -1 there, None in Python.
    """

    pk = CompositePrimaryKey("inspection_id", "ordinal")
    inspection_id = models.IntegerField()
    characteristic_id = models.IntegerField(null=True)
    requirement_id = models.IntegerField(null=True)
    ordinal = models.SmallIntegerField()
    outcome = models.SmallIntegerField()
    reason = models.SmallIntegerField()
    claimed = ClaimField()
    value = NumberField()
    position = models.TextField(default="")
    unit = AbsentTextField()
    raw = RawField()
    name = AbsentTextField()

    class Meta:
        indexes = [models.Index(fields=["inspection_id"], name="measurement_inspection")]


class Judgement(models.Model):
    """A measurement judged against a revision other than the one it was recorded under: by fitting, moving, re-pinning.

    Append-only. Ordinal -1 is the verdict of the whole inspection. The judgement on the current pin counts; a fail
    under any revision that ever bound the subject blocks until it is disposed of.
    """

    id = models.BigAutoField(primary_key=True)
    inspection_id = models.BigIntegerField()
    ordinal = models.SmallIntegerField()
    revision_id = models.BigIntegerField()
    requirement_id = models.BigIntegerField(null=True)
    outcome = models.SmallIntegerField()
    reason = models.SmallIntegerField()
    act = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inspection_id", "ordinal", "revision_id"], name="judgement_once"),
        ]


class Void(models.Model):
    """An inspection declared void (wrong VIN, a master part run as a car). The row stays and shows. Append-only."""

    inspection = models.OneToOneField(Inspection, on_delete=models.PROTECT, related_name="void")
    reason = models.TextField()
    voided_by = models.CharField(max_length=200)
    person_id = models.BigIntegerField()
    at = models.DateTimeField()


class Sample(models.Model):
    """One sampled subject's result for a sampled procedure and configuration on a line. Append-only.

    Its inspection is the evidence; `outcome` is that inspection against the sample requirements of `revision_id`, the
    revision pinned by its vehicle's batch, or for a component or lot the one in force when it was recorded.
    """

    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="samples")
    configuration = models.ForeignKey(Configuration, on_delete=models.PROTECT, related_name="samples")
    revision_id = models.BigIntegerField()
    line = models.CharField(max_length=32)
    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="samples")
    subject = models.CharField(max_length=140)
    characteristic_id = models.BigIntegerField(null=True, help_text="the worst one, where not conforming")
    failed = ArrayField(models.BigIntegerField(), default=list, help_text="ids of the characteristics that failed")
    outcome = models.SmallIntegerField()
    finished_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["inspection", "configuration"], name="sample_once")]
        indexes = [models.Index(fields=["configuration", "procedure", "line", "finished_at"], name="sample_lookup")]
