from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from ..batches.models import Batch, Vehicle
from ..records.models import HandSignature


class Release(models.Model):
    """A proposal to let stated vehicles of a batch go. Append-only; it is in force once two people signed it.

    `statement` is what each signer reads and signs, verbatim. `digest` is the SHA-256 over the digests of the vehicles'
    decisions. Unsigned it lapses at `lapses_at`. Written by `releases.services.propose_release` alone.
    """

    number = models.CharField(max_length=16, unique=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="releases")
    revision_id = models.BigIntegerField()
    statement = models.TextField()
    digest = models.CharField(max_length=64)
    proposed_by = models.CharField(max_length=200)
    proposer_id = models.BigIntegerField()
    proposed_at = models.DateTimeField()
    lapses_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(lapses_at__gt=F("proposed_at")), name="release_lapses")]
        indexes = [models.Index(fields=["lapses_at"], name="release_lapses_at")]

    def __str__(self) -> str:
        return self.number


class ReleasedVehicle(models.Model):
    """A vehicle that a release names, with the digest of its decision when it was proposed. Append-only.

    `conceded`: the concessions it rests on; what leaves by concession says so for ever.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="vehicles")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="releases")
    digest = models.CharField(max_length=64)
    conceded = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "vehicle"], name="released_vehicle_once")]


class Signature(HandSignature):
    """One of the two signatures of a release. Append-only.

    `counter` is how far the batch was decided at that moment: a later decision that is not passed
    suspends the release. The database refuses one person twice, and whoever inspected one of the vehicles.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="signatures")
    counter = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(place__in=[1, 2]), name="signature_first_or_second"),
            models.UniqueConstraint(fields=["release", "place"], name="signature_place_once"),
            models.UniqueConstraint(fields=["release", "signer_id"], name="signature_four_eyes"),
        ]
        indexes = [models.Index(fields=["signed_at"], condition=Q(place=2), name="signature_releases")]


class Delivery(models.Model):
    """The vehicle has left the plant. Append-only, once. `conceded`: the concessions it left by."""

    vehicle = models.OneToOneField(Vehicle, on_delete=models.PROTECT, related_name="delivery")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="deliveries")
    delivered_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    conceded = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["recorded_at"], name="delivery_recorded")]
