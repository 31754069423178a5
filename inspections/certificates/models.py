from django.db import models
from django.db.models import Q

from ..batches.models import Batch, Vehicle
from ..releases.models import Release
from .choices import PaperKind


class Certificate(models.Model):
    """A paper as it was issued, once. Append-only: whether it is valid is derived when somebody asks, never stored.

    `content` is the canonical JSON that the paper shows, `digest` its SHA-256; `facts_digest` leaves out what only
    says when and by whom it was issued. `code` is what the QR code carries; `signature` binds number, content and PDF.
    `ordinal` counts the papers of one vehicle, or the dossiers of one batch: a later one supersedes those before.
    Written by `certificates.services.issue_certificate` and `issue_dossier` alone.
    """

    number = models.CharField(max_length=16, unique=True)
    kind = models.CharField(max_length=7, choices=PaperKind)
    vehicle = models.ForeignKey(Vehicle, null=True, on_delete=models.PROTECT, related_name="certificates")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="certificates")
    release = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="certificates")
    ordinal = models.PositiveIntegerField()
    content = models.TextField()
    digest = models.CharField(max_length=64)
    facts_digest = models.CharField(max_length=64)
    code = models.TextField()
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=128)
    pdf_sha256 = models.CharField(max_length=64)
    pdf_size = models.PositiveIntegerField()
    issued_by = models.CharField(max_length=200)
    issuer_id = models.BigIntegerField()
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=PaperKind.VEHICLE, vehicle__isnull=False, release__isnull=False)
                | Q(kind=PaperKind.BATCH, vehicle__isnull=True, release__isnull=True),
                name="certificate_has_its_subject",
            ),
            models.CheckConstraint(condition=Q(ordinal__gt=0), name="certificate_counts_from_one"),
            models.UniqueConstraint(fields=["vehicle", "ordinal"], name="certificate_vehicle_once"),
            models.UniqueConstraint(
                fields=["batch", "ordinal"], condition=Q(kind=PaperKind.BATCH), name="certificate_dossier_once"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CertificateRevocation(models.Model):
    """A paper that nobody may rely on any more, and why. Append-only, once."""

    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, related_name="revocation")
    reason = models.TextField()
    revoked_by = models.CharField(max_length=200)
    person_id = models.BigIntegerField()
    at = models.DateTimeField()
