from django.db import models


class Domain(models.TextChoices):
    BATTERY = "battery", "Battery"
    CRASH = "crash", "Crash"
    DRIVING = "driving", "Driving"


class Special(models.TextChoices):
    """Special characteristics of IATF 16949: critical and significant."""

    CRITICAL = "CC", "Critical"
    SIGNIFICANT = "SC", "Significant"


class RevisionStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    APPROVED = "approved", "Approved"
    SUPERSEDED = "superseded", "Superseded"


class Basis(models.TextChoices):
    PER_PERIOD = "per_period", "Per period"
    PER_BATCH = "per_batch", "Per batch"


class Period(models.TextChoices):
    SHIFT = "shift", "Shift"
    WEEK = "week", "Week"
    MONTH = "month", "Month"
    LOT = "lot", "Material lot"


class Confidence(models.TextChoices):
    """How sure the source of a limit is. A plant default is not law and says so wherever it shows."""

    READ = "read", "Read in the standard's text"
    READ_SECONDARY = "read-secondary", "Read in a second-hand text"
    MEMORY_HIGH = "memory-high", "Known, not read"
    MEMORY_MEDIUM = "memory-medium", "Known, to be checked"
    PLANT_DEFAULT = "plant-default", "Plant default, not law"
