from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Right

from ..catalogue.models import Configuration, PlanRevision, Procedure, VehicleModel
from .choices import IN_PLANT, LET_GO, NOT_FOR_DELIVERY, OUT_FOR_GOOD, BatchStatus, VehicleStatus


class Batch(models.Model):
    """Vehicles of one configuration built together, judged on the revision pinned when it was opened.

    `revision` null: no revision was approved then; nothing can pass until one is pinned.
    `completed_at`: since when all of its cars have left and nothing stands against any of them; null while it is not
    completed. Written by `batches.services` (opening), `batches.completing`, and `gates.services` (closing,
    re-pinning) alone; the database lets the status go forward one step at a time, and back from completed.
    """

    id = models.AutoField(primary_key=True)  # 32 bits, as a vehicle's
    number = models.CharField(max_length=64, unique=True)
    configuration = models.ForeignKey(Configuration, on_delete=models.PROTECT, related_name="batches")
    revision = models.ForeignKey(PlanRevision, null=True, on_delete=models.PROTECT, related_name="batches")
    planned_quantity = models.PositiveIntegerField()
    line = models.CharField(max_length=32)
    status = models.CharField(max_length=14, choices=BatchStatus, default=BatchStatus.OPEN)
    opened_at = models.DateTimeField()
    testing_closed_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "batches"
        constraints = [
            models.CheckConstraint(condition=Q(planned_quantity__gt=0), name="batch_plans_vehicles"),
            models.CheckConstraint(
                condition=Q(status="open", testing_closed_at__isnull=True)
                | (~Q(status="open") & Q(testing_closed_at__isnull=False)),
                name="batch_closing_is_dated",
            ),
            models.CheckConstraint(
                condition=Q(status="completed", completed_at__isnull=False)
                | (~Q(status="completed") & Q(completed_at__isnull=True)),
                name="batch_completion_is_dated",
            ),
        ]
        indexes = [
            models.Index(fields=["opened_at"], name="batch_opened"),
            # Few are not completed, however many were ever built: the page of today asks for them every ten seconds.
            models.Index(fields=["opened_at"], condition=~Q(status="completed"), name="batch_not_completed"),
        ]

    def __str__(self) -> str:
        return self.number


class DeliveryTarget(models.Model):
    """How many cars a year the plant, or one model of it, is asked to deliver from a day on. Append-only.

    `model` null: the whole plant. `weekdays` are ISO numbers (Monday is 1), `hours` spans of the plant's wall clock
    ("06:00-14:00", the end of the day is 24:00), `closed_days` days on which nothing is built. Of a scope, the row of
    the latest `effective_on` holds, of two of one day the later one; a quantity of 0 ends the target. What was asked
    of days before stays as it was. It weighs in no decision: no gate, clearance, release or delivery reads it.
    Written by `batches.targets` alone.
    """

    id = models.AutoField(primary_key=True)
    model = models.ForeignKey(VehicleModel, null=True, on_delete=models.PROTECT, related_name="targets")
    cars_per_year = models.PositiveIntegerField()
    weekdays = ArrayField(models.PositiveSmallIntegerField())
    hours = ArrayField(models.CharField(max_length=11))
    closed_days = ArrayField(models.DateField(), default=list)
    effective_on = models.DateField()
    reason = models.TextField()
    demonstration = models.BooleanField(default=False)
    set_by = models.CharField(max_length=200)
    person_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(weekdays__len__gt=0) & Q(hours__len__gt=0), name="target_has_working_time"
            ),
        ]


class DrawSeed(models.Model):
    """The secret from which a batch's samples are drawn, with the quantity that was planned then. Append-only.

    No page, API, admin or ledger entry shows it before testing is closed; the ledger has its commitment from the
    opening on and the seed from the closing on (`evaluation.drawing`). Written by `open_batch` alone.
    """

    batch = models.OneToOneField(Batch, primary_key=True, on_delete=models.PROTECT, related_name="draw_seed")
    seed = models.CharField(max_length=64, help_text="32 bytes, as hexadecimal digits")
    planned_quantity = models.PositiveIntegerField()
    at = models.DateTimeField()

    def __repr__(self) -> str:
        return f"<DrawSeed of batch {self.batch_id}>"


class Vehicle(models.Model):
    """One car. It is in one batch at a time; `status` tells whether it is still meant for a customer."""

    id = models.AutoField(primary_key=True)  # 32 bits: every inspection, gate and decision names one
    vin = models.CharField(max_length=17)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="vehicles", db_index=False)
    sequence = models.PositiveIntegerField()
    status = models.CharField(max_length=18, choices=VehicleStatus, default=VehicleStatus.IN_PROCESS)
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vin"], name="vehicle_vin_once"),
            models.UniqueConstraint(fields=["batch", "sequence"], name="vehicle_sequence_once"),
        ]
        indexes = [
            models.Index(Right("vin", 6), name="vehicle_vin_tail"),
            models.Index(fields=["registered_at", "batch"], name="vehicle_registered"),
            # What is in the plant is little, however many have left: the page of today reads it every ten seconds.
            models.Index(fields=["batch", "registered_at"], condition=Q(status__in=IN_PLANT), name="vehicle_in_plant"),
            models.Index(fields=["batch", "status"], condition=Q(status__in=LET_GO), name="vehicle_let_go"),
            models.Index(
                fields=["registered_at"], condition=Q(status__in=NOT_FOR_DELIVERY), name="vehicle_not_delivered"
            ),
        ]

    def __str__(self) -> str:
        return self.vin


class Removal(models.Model):
    """A car was taken out of delivery for ever: destroyed for a test of a named procedure, or scrapped. Append-only.

    Once a car; the database lets `Vehicle.status` follow it and never come back. `nonconformance` names the one that
    it answers, "" for none. Written by `gates.removing` alone.
    """

    vehicle = models.OneToOneField(Vehicle, on_delete=models.PROTECT, related_name="removal")
    status = models.CharField(max_length=18, choices=VehicleStatus)
    procedure = models.ForeignKey(Procedure, null=True, on_delete=models.PROTECT, related_name="destroyed_for")
    nonconformance = models.CharField(max_length=32, blank=True)
    reason = models.TextField()
    removed_by = models.CharField(max_length=200)
    person_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=OUT_FOR_GOOD), name="removal_is_for_good"),
            models.CheckConstraint(
                condition=Q(status=VehicleStatus.SCRAPPED) | Q(procedure__isnull=False),
                name="removal_names_the_test",
            ),
        ]


class VehicleMove(models.Model):
    """A car went from one batch to another of its configuration. Append-only.

    `from_revision_id`: what bound it until then (null: nothing); a fail under it is never let go by the move. The
    database lets `Vehicle.batch` and `sequence` follow a move and nothing else. Written by `gates.moving` alone.
    """

    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="moves")
    from_batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="moved_out")
    from_sequence = models.PositiveIntegerField()
    from_revision_id = models.BigIntegerField(null=True)
    to_batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="moved_in")
    to_sequence = models.PositiveIntegerField()
    to_revision_id = models.BigIntegerField(null=True)
    reason = models.TextField()
    moved_by = models.CharField(max_length=200)
    person_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(from_batch=models.F("to_batch")), name="move_goes_elsewhere")
        ]


class Repinning(models.Model):
    """A batch is judged on a later revision of its plan from a moment on. Append-only.

    `from_revision_id`: what bound its cars until then (null: nothing); a fail under it is never let go. The database
    lets `Batch.revision` follow a re-pinning and nothing else. Written by `gates.repinning` alone.
    """

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="repinnings")
    from_revision_id = models.BigIntegerField(null=True)
    to_revision = models.ForeignKey(PlanRevision, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, help_text="that of the revision, as it was shown and signed")
    reason = models.TextField()
    signed_by = models.CharField(max_length=200)
    person_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["batch", "at"], name="repinning_batch")]


class Component(models.Model):
    """A part with its own serial number; it is tested before it meets its car."""

    id = models.AutoField(primary_key=True)
    kind = models.CharField(max_length=64)
    serial = models.CharField(max_length=64)
    lot = models.CharField(max_length=64, blank=True)
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "serial"], name="component_once")]
        indexes = [models.Index(fields=["kind", "lot"], condition=~models.Q(lot=""), name="component_lot")]

    def __str__(self) -> str:
        return f"{self.kind} {self.serial}"


class MaterialLot(models.Model):
    kind = models.CharField(max_length=64)
    lot = models.CharField(max_length=64)
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "lot"], name="material_lot_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.lot}"


class Fitting(models.Model):
    """A component was fitted to, or removed from, a vehicle. Append-only; the latest by `at` tells where it is.

    `at` is when it happened, `recorded_at` when we were told.
    """

    id = models.AutoField(primary_key=True)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="fittings", db_index=False)
    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="fittings", db_index=False)
    fitted = models.BooleanField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["component", "at"], name="fitting_component"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["vehicle", "component", "at", "fitted"], name="fitting_once"),
        ]


class SoftwareChange(models.Model):
    """The version of one system of a vehicle from a moment on (UN R156). Append-only."""

    id = models.AutoField(primary_key=True)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="software_changes", db_index=False)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    system = models.CharField(max_length=64)
    version = models.CharField(max_length=120)

    class Meta:
        indexes = [
            models.Index(fields=["system", "version"], name="software_version"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["vehicle", "system", "at", "version"], name="software_change_once"),
        ]
