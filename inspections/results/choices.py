from django.db import models


class Purpose(models.IntegerChoices):
    """The rig's claim. What a measurement really was is derived from dispositions."""

    INITIAL = 0, "initial"
    RETEST = 1, "retest"
    AFTER_REWORK = 2, "after_rework"
