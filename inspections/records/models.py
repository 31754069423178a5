from django.db import models


class HandSignature(models.Model):
    """A signature after 21 CFR 11.50: printed name, time, meaning, bound to the digest of what was signed.

    The columns that every table of signatures has. `place`: the first or the second.
    """

    place = models.PositiveSmallIntegerField()
    signer_id = models.BigIntegerField()
    personnel_number = models.CharField(max_length=32)
    printed_name = models.CharField(max_length=200)
    meaning = models.TextField()
    digest = models.CharField(max_length=64)
    signed_at = models.DateTimeField()

    class Meta:
        abstract = True


class LedgerEntry(models.Model):
    """One act: who did what to which subject, why, what it was before and after, and when.

    Append-only in the database. Names and numbers are kept as text, so that an entry outlives what it speaks of.
    Written by `records.services.record_act` alone.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=200)
    act = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=200)
    batch = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "ledger entry"
        verbose_name_plural = "ledger"
        indexes = [
            models.Index(fields=["subject_kind", "subject", "id"], name="ledger_subject"),
            models.Index(fields=["batch", "id"], name="ledger_batch"),
            models.Index(fields=["act", "id"], name="ledger_act"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}"
