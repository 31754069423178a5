from django.db import models
from django.utils.translation import gettext_lazy as _


class Domain(models.TextChoices):
    BATTERY = "battery", _("Battery")
    CRASH = "crash", _("Crash")
    DRIVING = "driving", _("Driving")


class Special(models.TextChoices):
    """Special characteristics of IATF 16949: critical and significant."""

    CRITICAL = "CC", _("Critical")
    SIGNIFICANT = "SC", _("Significant")


class RevisionStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    APPROVED = "approved", _("Approved")
    SUPERSEDED = "superseded", _("Superseded")


class Basis(models.TextChoices):
    PER_PERIOD = "per_period", _("Per period")
    PER_BATCH = "per_batch", _("Per batch")


class Period(models.TextChoices):
    SHIFT = "shift", _("Shift")
    WEEK = "week", _("Week")
    MONTH = "month", _("Month")
    LOT = "lot", _("Material lot")


class Confidence(models.TextChoices):
    """How sure the source of a limit is. A plant default is not law and says so wherever it shows."""

    READ = "read", _("Read in the standard's text")
    READ_SECONDARY = "read-secondary", _("Read in a second-hand text")
    MEMORY_HIGH = "memory-high", _("Known, not read")
    MEMORY_MEDIUM = "memory-medium", _("Known, to be checked")
    PLANT_DEFAULT = "plant-default", _("Plant default, not law")
