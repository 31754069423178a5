from django.db import models
from django.db.models import F, Q

from ..batches.choices import VehicleStatus
from ..batches.models import Batch, Vehicle
from ..records.models import HandSignature
from .choices import Authority, CauseClass, HoldSource, NonconformanceState


class HoldList(models.Model):
    """One act that stopped many vehicles with one reason. Append-only: what it concerned is stored, not looked up.

    `condition` says what was asked for, as it was asked. The holds that it placed are lifted together or by vehicle.
    Written by `dispositions.hold_lists` alone.
    """

    number = models.CharField(max_length=16, unique=True)
    condition = models.JSONField()
    reason = models.TextField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the list as it was shown and placed")
    placed_by = models.CharField(max_length=200)
    placed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.number


class ListedVehicle(models.Model):
    """A vehicle that a hold list concerned, in which batch and state it was then. Append-only.

    One that was delivered already is listed and has no hold: it is gone.
    """

    hold_list = models.ForeignKey(HoldList, on_delete=models.PROTECT, related_name="vehicles")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="hold_lists")
    batch_id = models.BigIntegerField()
    status = models.CharField(max_length=18, choices=VehicleStatus)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hold_list", "vehicle"], name="listed_vehicle_once")]


class Hold(models.Model):
    """Containment (IATF 16949 8.7.1.4): the vehicle, or with no vehicle the whole batch, may not leave.

    A gate's hold is placed by a failed gate and lifts when a later decision no longer contains its cause; a person's
    is lifted by a person. Only the lifting is ever written to a row, once.
    """

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="holds")
    vehicle = models.ForeignKey(Vehicle, null=True, on_delete=models.PROTECT, related_name="holds")
    hold_list = models.ForeignKey(HoldList, null=True, on_delete=models.PROTECT, related_name="holds")
    source = models.CharField(max_length=6, choices=HoldSource)
    domain = models.CharField(max_length=8, blank=True)
    code = models.CharField(max_length=32, blank=True)
    characteristic_id = models.BigIntegerField(null=True)
    position = models.CharField(max_length=64, blank=True)
    reason = models.TextField()
    placed_by = models.CharField(max_length=200)
    placed_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=200, blank=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle", "domain", "code", "characteristic_id"],
                condition=Q(source="gate", lifted_at__isnull=True, vehicle__isnull=False),
                nulls_distinct=False,
                name="gate_hold_vehicle_once",
            ),
            models.UniqueConstraint(
                fields=["batch", "domain", "code", "characteristic_id"],
                condition=Q(source="gate", lifted_at__isnull=True, vehicle__isnull=True),
                nulls_distinct=False,
                name="gate_hold_batch_once",
            ),
        ]
        indexes = [
            models.Index(fields=["vehicle"], condition=Q(lifted_at__isnull=True), name="hold_vehicle_open"),
            models.Index(fields=["batch"], condition=Q(lifted_at__isnull=True), name="hold_batch_open"),
        ]


class Nonconformance(models.Model):
    """One nonconformance (ISO 9000 3.6.9): what failed, on which vehicle or batch, and whether it is answered.

    Opened with the flag; closes by itself when all its fails are disposed of and the cause is gone.
    """

    number = models.CharField(max_length=16, unique=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="nonconformances")
    vehicle = models.ForeignKey(Vehicle, null=True, on_delete=models.PROTECT, related_name="nonconformances")
    domain = models.CharField(max_length=8)
    code = models.CharField(max_length=32)
    characteristic_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=6, choices=NonconformanceState, default=NonconformanceState.OPEN)
    owner_id = models.BigIntegerField(null=True)
    owner = models.CharField(max_length=200, blank=True)
    cause_class = models.CharField(max_length=11, choices=CauseClass, blank=True)
    cause = models.TextField(blank=True)
    containment = models.TextField(blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "vehicle", "domain", "code", "characteristic_id"],
                condition=Q(state="open"),
                nulls_distinct=False,
                name="nonconformance_open_once",
            ),
            models.CheckConstraint(
                condition=Q(cause_class__in=["", *CauseClass.values]), name="nonconformance_cause_class_known"
            ),
        ]
        indexes = [
            models.Index(fields=["vehicle"], condition=Q(state="open"), name="nonconformance_vehicle_open"),
            models.Index(fields=["-closed_at", "-id"], condition=Q(state="closed"), name="nonconformance_closed"),
            models.Index(fields=["opened_at"], name="nonconformance_opened"),
        ]

    def __str__(self) -> str:
        return self.number


class Disposition(models.Model):
    """An engineer's answer to the fail of one measurement. Append-only.

    `ordinal` -1 speaks of the whole inspection (a disagreement about its verdict). For rework, `done_at` is when it
    was done: only evidence that finished after it counts. Lifts the block only; a later pass is still required.
    """

    nonconformance = models.ForeignKey(Nonconformance, null=True, on_delete=models.PROTECT, related_name="dispositions")
    inspection_id = models.BigIntegerField()
    ordinal = models.SmallIntegerField()
    kind = models.CharField(max_length=20)
    reason = models.TextField()
    parts = models.JSONField(default=list)
    repeats = models.JSONField(default=list, help_text="ids of the characteristics to measure again")
    done_at = models.DateTimeField()
    disposed_by = models.CharField(max_length=200)
    person_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["inspection_id", "ordinal"], name="disposition_measurement")]


class Concession(models.Model):
    """Leave to deliver stated vehicles with one stated departure (ISO 9000 3.12.5). Append-only.

    A proposal until two people signed it; unsigned it lapses at `lapses_at`. It ends at `expires_at`, or once
    `quantity` of its vehicles have left by it, whichever comes first; one of the two is stated. `statement` is what
    each approver reads and signs, verbatim; `digest` is the SHA-256 over it and the fails that it names. `document`:
    where the customer agreed.
    """

    number = models.CharField(max_length=16, unique=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="concessions")
    nonconformance = models.ForeignKey(Nonconformance, on_delete=models.PROTECT, related_name="concessions")
    requirement_id = models.BigIntegerField()
    characteristic_id = models.BigIntegerField()
    authority = models.CharField(max_length=16, choices=Authority)
    document = models.CharField(max_length=200, blank=True)
    reason = models.TextField()
    expires_at = models.DateTimeField(null=True)
    quantity = models.PositiveIntegerField(null=True)
    statement = models.TextField()
    digest = models.CharField(max_length=64)
    proposed_by = models.CharField(max_length=200)
    proposer_id = models.BigIntegerField()
    proposed_at = models.DateTimeField()
    lapses_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__isnull=False) | Q(quantity__gt=0), name="concession_says_when_it_ends"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("proposed_at")), name="concession_ends"
            ),
            models.CheckConstraint(
                condition=~Q(authority="customer") | ~Q(document=""), name="concession_customer_agreed"
            ),
            models.CheckConstraint(condition=Q(lapses_at__gt=F("proposed_at")), name="concession_lapses"),
        ]
        indexes = [models.Index(fields=["requirement_id"], name="concession_requirement")]

    def __str__(self) -> str:
        return self.number


class ConcededVehicle(models.Model):
    """A vehicle that a concession names, with the fails that its approvers see, and no other. Append-only.

    `departures`: each with `inspection` and `ordinal`, its `position` and what was `found`.
    """

    concession = models.ForeignKey(Concession, on_delete=models.PROTECT, related_name="vehicles")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="concessions")
    nonconformance = models.ForeignKey(Nonconformance, on_delete=models.PROTECT, related_name="conceded_vehicles")
    departures = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["concession", "vehicle"], name="conceded_vehicle_once")]


class ConcessionSignature(HandSignature):
    """One of the two signatures of a concession. Append-only. `role`: as what the approver signed.

    The database refuses one person twice, whoever proposed it, and whoever inspected or reworked one of the vehicles.
    """

    concession = models.ForeignKey(Concession, on_delete=models.PROTECT, related_name="signatures")
    role = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(place__in=[1, 2]), name="concession_signature_first_or_second"),
            models.UniqueConstraint(fields=["concession", "place"], name="concession_signature_place_once"),
            models.UniqueConstraint(fields=["concession", "signer_id"], name="concession_signature_four_eyes"),
        ]
