from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class PaperKind(models.TextChoices):
    VEHICLE = "vehicle", _("Certificate of inspection and release")
    BATCH = "batch", _("Batch dossier")


class Answer(StrEnum):
    """What is said of a paper to whoever asks. Only the first says that it may be relied on."""

    VALID = "valid"
    """Genuine, and everything it says holds now."""
    NO_LONGER = "no_longer"
    """Genuine, and overtaken: revoked, superseded, its release stopped, or the record says otherwise now."""
    UNKNOWN = "unknown"
    """Whether it holds cannot be told at this moment. Never a yes."""
    NOT_GENUINE = "not_genuine"
    """We issued no such paper, or not so."""
