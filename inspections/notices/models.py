import uuid

from django.db import models
from django.db.models import Q

from ..people.models import User
from .choices import MailState, Pace


class Untold(models.Model):
    """An entry of the ledger of which nobody was told yet. A trigger adds it with the entry; gathering deletes it.

    No cursor over the ledger's numbers could do this: they are given before they commit, so that a smaller one may
    become visible later. A row that was committed with its entry is found whenever it becomes visible.
    """

    entry_id = models.BigIntegerField(primary_key=True)


class NoticeChoice(models.Model):
    """How one person wants to be told. Where there is no row, as their roles usually are."""

    person = models.OneToOneField(User, on_delete=models.PROTECT, primary_key=True, related_name="notice_choice")
    language = models.CharField(max_length=16)
    time_zone = models.CharField(max_length=64)
    digest_hour = models.PositiveSmallIntegerField()
    paces = models.JSONField(default=dict)
    chosen_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(digest_hour__lt=24), name="notice_digest_hour")]


class NoticeMail(models.Model):
    """One mail to one person: the outbox. It gathers until `closes_at`, is written once, then sent until it is taken.

    A person has one that gathers for each pace: however often gathering is repeated, it adds to that one. `token`
    makes the Message-ID, so that a mail sent twice is known for the same one. Once sent or refused it changes no more.
    """

    token = models.UUIDField(default=uuid.uuid4, unique=True)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notice_mails")
    pace = models.CharField(max_length=8, choices=Pace)
    state = models.CharField(max_length=9, choices=MailState, default=MailState.GATHERING)
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    address = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=16, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    entries = models.PositiveIntegerField(default=0)
    composed_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    refusals = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "mail"
        verbose_name_plural = "outbox"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "pace"], condition=Q(state="gathering"), name="notice_mail_gathers_once"
            ),
        ]
        indexes = [
            models.Index(fields=["closes_at"], condition=Q(state="gathering"), name="notice_mail_closing"),
            models.Index(fields=["next_try_at"], condition=Q(state="ready"), name="notice_mail_due"),
            models.Index(fields=["person", "-id"], name="notice_mail_person"),
        ]

    def __str__(self) -> str:
        return self.subject or f"{self.get_pace_display()} {self.pk}"


class NoticeLine(models.Model):
    """An entry of the ledger that a mail is going to tell. Gone once the mail is written: what it said stays there."""

    mail = models.ForeignKey(NoticeMail, on_delete=models.PROTECT, related_name="lines")
    entry_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mail", "entry_id"], name="notice_line_once")]
