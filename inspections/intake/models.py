from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from ..results.models import Inspection
from ..rigs.models import ProfileRevision, Rig, RigProfile
from .choices import KeptKind, KeptState, SubmissionState


class Submission(models.Model):
    """A rig's file, landed by its SHA-256 before anybody reads it. The same bytes from the same rig are one.

    `adapter`, its version and `profile_revision` are those by which it was read last; `reading_at` is when its reader
    was heard of last, while one reads it; `traced_at` is when its traces were looked for.
    """

    rig = models.ForeignKey(Rig, on_delete=models.PROTECT, related_name="submissions")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=255, blank=True)
    size = models.BigIntegerField()
    format = models.CharField(max_length=32, blank=True)
    vin = models.CharField(max_length=17, blank=True)
    component_kind = models.CharField(max_length=64, blank=True)
    component_serial = models.CharField(max_length=64, blank=True)
    procedure = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=11, choices=SubmissionState, default=SubmissionState.LANDED)
    adapter = models.CharField(max_length=64, blank=True)
    adapter_version = models.CharField(max_length=32, blank=True)
    profile_revision = models.ForeignKey(
        ProfileRevision, null=True, on_delete=models.PROTECT, related_name="submissions"
    )
    recorded = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=list)
    received_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    reading_at = models.DateTimeField(null=True)
    traced_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rig", "sha256"], name="submission_once")]
        indexes = [
            models.Index(fields=["received_at"], condition=Q(state="landed"), name="submission_landed"),
            models.Index(fields=["adapter", "read_at"], condition=Q(traced_at=None), name="submission_untraced"),
        ]

    def __str__(self) -> str:
        return self.name or self.sha256[:12]


class Kept(models.Model):
    """What was sent and is not on the record: waiting for its vehicle, refused, or a file that cannot be read.

    While it is open, no vehicle that it names can pass. It is settled by recording it, or by a person who sets it
    aside with a reason. `body` is what was sent, bounded; `sha256` is of all of it. Of what waits and came in a file,
    `source` is what its inspection will say of that, and `stated` what the file states beside each value.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=KeptKind)
    state = models.CharField(max_length=9, choices=KeptState, default=KeptState.OPEN)
    rig = models.ForeignKey(Rig, null=True, on_delete=models.PROTECT, related_name="kept")
    external_id = models.CharField(max_length=128, blank=True)
    digest = models.BinaryField(max_length=32, null=True)
    vin = models.CharField(max_length=64, blank=True)
    component_kind = models.CharField(max_length=64, blank=True)
    component_serial = models.CharField(max_length=64, blank=True)
    procedure = models.CharField(max_length=64, blank=True)
    domain = models.CharField(max_length=8, blank=True)
    body = models.BinaryField(null=True)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=120, blank=True)
    status = models.PositiveSmallIntegerField(help_text="HTTP status that was answered")
    code = models.CharField(max_length=64)
    problem = models.JSONField(default=dict)
    repeats = models.PositiveIntegerField(default=0)
    submission = models.ForeignKey(Submission, null=True, on_delete=models.PROTECT, related_name="kept")
    source = models.JSONField(null=True)
    stated = models.JSONField(null=True)
    received_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=200, blank=True)
    settled_reason = models.TextField(blank=True)
    inspection_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "kept"
        constraints = [
            models.UniqueConstraint(
                fields=["rig", "external_id"], condition=Q(kind="waiting", state="open"), name="waiting_once"
            ),
            models.UniqueConstraint(
                fields=["rig", "sha256", "code"],
                condition=Q(kind="refused", state="open"),
                nulls_distinct=False,
                name="refused_body_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="set_aside") | ~Q(settled_reason=""), name="setting_aside_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["vin"], condition=Q(state="open"), name="kept_open_vin"),
            models.Index(
                fields=["component_kind", "component_serial"], condition=Q(state="open"), name="kept_open_component"
            ),
            models.Index(fields=["rig", "external_id"], condition=Q(state="open"), name="kept_open_id"),
            models.Index(fields=["state", "received_at"], name="kept_inbox"),
        ]


class Photograph(models.Model):
    """A photograph that whoever recorded an inspection put with it. Append-only; it is no measurement.

    `sha256` is of the original as it was sent, `shown_sha256` of the copy without metadata; both lie on disk under it.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="photographs")
    sha256 = models.CharField(max_length=64)
    shown_sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=32)
    size = models.BigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    name = models.CharField(max_length=200, blank=True)
    taken_by = models.CharField(max_length=200)
    person_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["inspection", "sha256"], name="photograph_once")]

    def __str__(self) -> str:
        return self.sha256[:12]


class Trace(models.Model):
    """The channels of one test of a file, as Parquet that lies on disk under its SHA-256. Append-only.

    It is made from the submission and can be made again; the submission stays as it is. `channels` lists what is in it.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="traces")
    external_id = models.CharField(max_length=128, help_text="of the inspection that it belongs to")
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    name = models.CharField(max_length=200)
    adapter = models.CharField(max_length=80, help_text="what read it, with its version")
    channels = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "external_id", "sha256"], name="trace_once")]

    def __str__(self) -> str:
        return self.name


class NamedSubject(models.Model):
    """A person says which vehicle or component a test of a file is of; `external_id` "" stands for the whole file.
    The last word counts. Append-only."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="named_subjects")
    external_id = models.CharField(max_length=128, blank=True)
    vin = models.CharField(max_length=17, blank=True)
    component_kind = models.CharField(max_length=64, blank=True)
    component_serial = models.CharField(max_length=64, blank=True)
    reason = models.TextField()
    person_id = models.BigIntegerField()
    named_by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(~Q(vin="") & Q(component_serial=""))
                | (Q(vin="") & ~Q(component_kind="") & ~Q(component_serial="")),
                name="named_subject_is_one",
            ),
        ]


class Rereading(models.Model):
    """A person has files of one rig read again, because they were all kept for one reason. Append-only: how far it
    is follows from when each of them was read."""

    rig = models.ForeignKey(Rig, on_delete=models.PROTECT, related_name="rereadings")
    adapter = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=64)
    submissions = ArrayField(models.BigIntegerField())
    person_id = models.BigIntegerField()
    asked_by = models.CharField(max_length=200)
    at = models.DateTimeField()


class FileFinding(models.Model):
    """What the file of an inspection says otherwise than the plan that judged it: a limit, a comparator, a unit.

    It changes no verdict. `ordinal` is that of the measurement, `item` the rig's own name of it. Append-only.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="file_findings")
    ordinal = models.SmallIntegerField()
    item = models.CharField(max_length=500)
    code = models.CharField(max_length=32)
    of_file = models.CharField(max_length=400)
    of_plan = models.CharField(max_length=400)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inspection", "ordinal", "code"], name="file_finding_once"),
        ]


class ProfileSample(models.Model):
    """A file that was put beside a profile to try it; it lies with the files of rigs and is no result. Append-only."""

    profile = models.ForeignKey(RigProfile, on_delete=models.PROTECT, related_name="samples")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=255, blank=True)
    size = models.BigIntegerField()
    uploaded_by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "sha256"], name="profile_sample_once")]

    def __str__(self) -> str:
        return self.name or self.sha256[:12]
