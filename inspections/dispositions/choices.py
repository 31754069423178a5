from django.db import models


class HoldSource(models.TextChoices):
    GATE = "gate", "A gate"
    PERSON = "person", "A person"


class NonconformanceState(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"
