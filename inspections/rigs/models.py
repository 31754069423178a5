from django.db import models
from django.db.models import F, Q

from ..catalogue.models import ApprovedByTwo, Procedure


class Rig(models.Model):
    """A test rig or station. `needs_calibration` false is for stations that only look: a variable measured on
    one never counts. `attended` false: nobody stands there, it names no operator."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    line = models.CharField(max_length=32, blank=True)
    needs_calibration = models.BooleanField(default=True)
    attended = models.BooleanField(default=False)
    last_heard_at = models.DateTimeField(null=True, blank=True)
    clock_offset = models.DurationField(null=True, blank=True, help_text="its clock less ours, at the last heartbeat")

    def __str__(self) -> str:
        return self.code


class SystemClient(models.Model):
    """A system of the plant, such as its MES."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.code


class ApiKey(models.Model):
    """A key of one rig or one system client. Shown once, stored hashed; several may overlap while one is rotated."""

    prefix = models.CharField(max_length=12, unique=True)
    digest = models.BinaryField(max_length=32)
    rig = models.ForeignKey(Rig, null=True, blank=True, on_delete=models.PROTECT, related_name="keys")
    client = models.ForeignKey(SystemClient, null=True, blank=True, on_delete=models.PROTECT, related_name="keys")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rig__isnull=False, client__isnull=True) | Q(rig__isnull=True, client__isnull=False),
                name="api_key_has_one_holder",
            ),
        ]

    def __str__(self) -> str:
        return self.prefix


class Calibration(models.Model):
    """A certificate: in calibration from `valid_from` until before `valid_until`. Append-only."""

    rig = models.ForeignKey(Rig, on_delete=models.PROTECT, related_name="calibrations")
    certificate = models.CharField(max_length=120)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="calibration_lasts"),
            models.UniqueConstraint(fields=["rig", "certificate"], name="calibration_certificate_once"),
        ]


class OutOfTolerance(models.Model):
    """The rig was found out of tolerance: nothing it measured since its last good calibration counts. Append-only."""

    rig = models.ForeignKey(Rig, on_delete=models.PROTECT, related_name="findings")
    back_to = models.DateTimeField()
    found_at = models.DateTimeField()
    reason = models.TextField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(found_at__gte=F("back_to")), name="out_of_tolerance_looks_back"),
        ]


class Authorisation(models.Model):
    """The rig may, or may no longer, carry out a procedure with effect from a moment. Append-only."""

    rig = models.ForeignKey(Rig, on_delete=models.PROTECT, related_name="authorisations")
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="authorisations")
    granted = models.BooleanField()
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    reason = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["rig", "procedure", "effective_at"], name="authorisation_lookup")]


class RigProfile(models.Model):
    """How the files of some rigs are read by one adapter: what they leave unsaid. In numbered revisions."""

    code = models.CharField(max_length=64, unique=True)
    adapter = models.CharField(max_length=32)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.code


class ProfileRevision(ApprovedByTwo):
    """One revision of a profile.

    `document` is what `profile_schema` allows, its numbers as text; `digest` is the SHA-256 of its canonical form.
    Written by `rigs.profiles` alone: `draft_profile` drafts, `approve_profile` approves.
    """

    profile = models.ForeignKey(RigProfile, on_delete=models.PROTECT, related_name="revisions")
    document = models.JSONField()
    asked_at = models.DateTimeField(null=True, help_text="when its author asked for approval")

    class Meta:
        constraints = [
            *ApprovedByTwo.Meta.constraints,
            models.UniqueConstraint(fields=["profile", "number"], name="profile_revision_once"),
            models.UniqueConstraint(fields=["profile"], condition=Q(status="approved"), name="profile_one_in_force"),
        ]

    def __str__(self) -> str:
        return f"{self.profile_id}/{self.number}"


class ProfileAssignment(models.Model):
    """Files that a rig sends from a moment on are read by the profile, or no longer so. Append-only.

    For each adapter the last word with effect by then counts.
    """

    rig = models.ForeignKey(Rig, on_delete=models.PROTECT, related_name="assignments")
    profile = models.ForeignKey(RigProfile, on_delete=models.PROTECT, related_name="assignments")
    assigned = models.BooleanField()
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    reason = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["rig", "effective_at"], name="assignment_lookup")]
