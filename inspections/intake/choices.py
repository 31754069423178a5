from django.db import models
from django.utils.translation import gettext_lazy as _


class KeptKind(models.TextChoices):
    WAITING = "waiting", _("Waiting for its vehicle")
    REFUSED = "refused", _("Refused")
    SUBMISSION = "submission", _("File")


class KeptState(models.TextChoices):
    OPEN = "open", _("Open")
    RECORDED = "recorded", _("Recorded")
    SET_ASIDE = "set_aside", _("Set aside")


class SubmissionState(models.TextChoices):
    LANDED = "landed", _("Landed")
    RECORDED = "recorded", _("Recorded")
    QUARANTINED = "quarantined", _("Quarantined")
