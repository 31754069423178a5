from django.db import models


class KeptKind(models.TextChoices):
    WAITING = "waiting", "Waiting for its vehicle"
    REFUSED = "refused", "Refused"
    SUBMISSION = "submission", "File"


class KeptState(models.TextChoices):
    OPEN = "open", "Open"
    RECORDED = "recorded", "Recorded"
    SET_ASIDE = "set_aside", "Set aside"


class SubmissionState(models.TextChoices):
    LANDED = "landed", "Landed"
    RECORDED = "recorded", "Recorded"
    QUARANTINED = "quarantined", "Quarantined"
