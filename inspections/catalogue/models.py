from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from ..evaluation.facts import Expression, Kind, Level
from .choices import Basis, Confidence, Domain, Period, RevisionStatus, Special
from .fields import ExactDecimalField


class VehicleModel(models.Model):
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    name_zh = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return self.code


class Configuration(models.Model):
    """What a control plan is for. Software is not part of it: it changes while the car is built."""

    code = models.CharField(max_length=64, unique=True)
    model = models.ForeignKey(VehicleModel, on_delete=models.PROTECT, related_name="configurations")
    trim = models.CharField(max_length=64)
    market = models.CharField(max_length=8)
    pack_supplier = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.code


class ComponentKind(models.Model):
    """A kind of component that the catalogue knows. A change of any other kind makes every result stale."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    name_zh = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return self.code


class ManufacturerCode(models.Model):
    """A world manufacturer identifier (ISO 3780) as the plant knows it: who made a car, by the beginning of its VIN.

    Three characters; six for a maker of fewer than 1,000 cars a year, whose identifier ends with 9 and goes on in
    places 12 to 14. `source` is where that is stated, such as a type approval. It decides nothing.
    """

    code = models.CharField(max_length=6, unique=True)
    maker = models.CharField(max_length=120)
    maker_zh = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-HJ-NPR-Z0-9]{3}$")
                | Q(code__regex=r"^[A-HJ-NPR-Z0-9]{2}9[A-HJ-NPR-Z0-9]{3}$"),
                name="manufacturer_code_form",
            )
        ]

    def __str__(self) -> str:
        return self.code


class Procedure(models.Model):
    """One test as carried out: the characteristics that one rig measures in one go.

    A change of one of `software_systems` (UN R156) or `component_kinds` makes its results stale. `position_names` holds
    the English and the Chinese name of a position of its characteristics, by the position's code.
    """

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200, blank=True)
    domain = models.CharField(max_length=8, choices=Domain)
    software_systems = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    component_kinds = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    position_names = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.code


class Characteristic(models.Model):
    """What is measured. The code is stable and never derived from a name; it belongs to one procedure.

    `condition` is not empty where the standard asks for more than one number can say (a curve over time, a limit that
    depends on another value): then no bare limit may judge it, only "report conforms" or a utilisation of at most 1.
    `software_system`: the system (UN R156) whose version an identity states, so that what a car runs can be held
    against what the plan asks before anybody measures.
    """

    code = models.CharField(max_length=64, unique=True)
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="characteristics")
    name = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=9, choices=[(kind.value, kind.value) for kind in Kind])
    unit = models.CharField(max_length=16, blank=True)
    special = models.CharField(max_length=2, choices=Special, blank=True)
    severity = models.CharField(max_length=8, blank=True)
    positions = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    standard = models.CharField(max_length=120, blank=True)
    edition = models.CharField(max_length=32, blank=True)
    clause = models.CharField(max_length=120, blank=True)
    confidence = models.CharField(max_length=16, choices=Confidence, default=Confidence.PLANT_DEFAULT)
    criterion = models.TextField(blank=True)
    condition = models.TextField(blank=True)
    software_system = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="variable") | ~Q(unit=""), name="characteristic_variable_has_unit"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class SourceItem(models.Model):
    """The name under which a rig's own report carries a characteristic: what a reader of its files maps by."""

    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="source_items")
    adapter = models.CharField(max_length=32)
    item = models.CharField(max_length=500)
    characteristic = models.ForeignKey(Characteristic, on_delete=models.PROTECT, related_name="source_items")
    position = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["procedure", "adapter", "item", "position"], name="source_item_once"),
        ]

    def __str__(self) -> str:
        return self.item


class ControlPlan(models.Model):
    """The control plan (AIAG) of one configuration, in numbered revisions."""

    code = models.CharField(max_length=64, unique=True)
    configuration = models.OneToOneField(Configuration, on_delete=models.PROTECT, related_name="plan")
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.code


class ApprovedByTwo(models.Model):
    """A revision that two people approve, neither of them its author: what such tables have in common.

    Frozen by the database once one person approved it. One at most is in force; the one before it is superseded.
    """

    number = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=RevisionStatus, default=RevisionStatus.DRAFT)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the canonical form of what is approved")
    author = models.ForeignKey("inspections.User", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    first_approver = models.ForeignKey("inspections.User", null=True, on_delete=models.PROTECT, related_name="+")
    first_approved_at = models.DateTimeField(null=True)
    second_approver = models.ForeignKey("inspections.User", null=True, on_delete=models.PROTECT, related_name="+")
    second_approved_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(second_approver__isnull=True) | ~Q(second_approver=F("first_approver")),
                name="%(class)s_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(author__isnull=True)
                | (
                    (Q(first_approver__isnull=True) | ~Q(first_approver=F("author")))
                    & (Q(second_approver__isnull=True) | ~Q(second_approver=F("author")))
                ),
                name="%(class)s_author_does_not_approve",
            ),
            models.CheckConstraint(
                condition=Q(status="draft")
                | (
                    Q(first_approver__isnull=False)
                    & Q(second_approver__isnull=False)
                    & Q(first_approved_at__isnull=False)
                    & Q(second_approved_at__isnull=False)
                ),
                name="%(class)s_approved_by_two",
            ),
        ]


class PlanRevision(ApprovedByTwo):
    """One revision of a control plan; its digest is that of its requirements.

    Written by `catalogue.services` alone: `load_plan` drafts, `approve_revision` approves.
    """

    plan = models.ForeignKey(ControlPlan, on_delete=models.PROTECT, related_name="revisions")

    class Meta:
        constraints = [
            *ApprovedByTwo.Meta.constraints,
            models.UniqueConstraint(fields=["plan", "number"], name="revision_once"),
            models.UniqueConstraint(fields=["plan"], condition=Q(status="approved"), name="revision_one_in_force"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}/{self.number}"


class Requirement(models.Model):
    """One line of a revision: what is asked of one characteristic at its positions, and who says so.

    Limits are decimals in `unit`; each says whether it is inclusive. `positions` are all written out, empty where the
    characteristic has none; `special` is the characteristic's class when the line was drafted: later edits of the
    catalogue reach neither. `members` names the lines (by their `line` number) of an any-of group, which are then not
    asked by themselves.
    """

    revision = models.ForeignKey(PlanRevision, on_delete=models.PROTECT, related_name="requirements")
    line = models.PositiveIntegerField()
    characteristic = models.ForeignKey(Characteristic, on_delete=models.PROTECT, related_name="requirements")
    positions = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    expression = models.CharField(max_length=9, choices=[(e.value, e.value) for e in Expression])
    lower = ExactDecimalField(null=True, blank=True)
    upper = ExactDecimalField(null=True, blank=True)
    lower_inclusive = models.BooleanField(default=True)
    upper_inclusive = models.BooleanField(default=True)
    values = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    case_sensitive = models.BooleanField(default=True)
    members = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    unit = models.CharField(max_length=16, blank=True)
    uncertainty = ExactDecimalField(null=True, blank=True)
    level = models.CharField(max_length=13, choices=[(level.value, level.value) for level in Level])
    special = models.CharField(max_length=2, choices=Special, blank=True)
    legal = models.BooleanField()
    repeats = models.PositiveSmallIntegerField(default=0)
    market = models.CharField(max_length=8, blank=True)
    effective_from = models.DateField(null=True, blank=True)
    effective_to = models.DateField(null=True, blank=True)
    standard = models.CharField(max_length=120, blank=True)
    edition = models.CharField(max_length=32, blank=True)
    clause = models.CharField(max_length=120, blank=True)
    confidence = models.CharField(max_length=16, choices=Confidence)
    note = models.TextField(blank=True)
    basis = models.CharField(max_length=10, choices=Basis, blank=True)
    period = models.CharField(max_length=5, choices=Period, blank=True)
    sample_size = models.PositiveIntegerField(null=True, blank=True)
    acceptance = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "line"], name="requirement_line_once"),
            models.CheckConstraint(
                condition=Q(repeats=0) | (Q(legal=False) & ~Q(special="CC")),
                name="requirement_legal_has_no_free_repeats",
            ),
            models.CheckConstraint(
                condition=Q(acceptance=0) | Q(level="sample", legal=False, special=""),
                name="requirement_legal_sample_accepts_zero",
            ),
            models.CheckConstraint(
                condition=~Q(level="sample") | (~Q(basis="") & Q(sample_size__gt=0)), name="requirement_sample_sized"
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.line}"
