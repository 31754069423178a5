from django.db import models
from django.utils.translation import gettext_lazy as _


class HoldSource(models.TextChoices):
    GATE = "gate", _("A gate")
    PERSON = "person", _("A person")


class Authority(models.TextChoices):
    """Who accepts a departure (IATF 16949 8.7.1.1): the customer, in a document of theirs, or engineering."""

    CUSTOMER = "customer", _("The customer")
    ENGINEERING = "engineering", _("Engineering")


class CauseClass(models.TextChoices):
    """The six causes that a workshop looks among (Ishikawa), and that it is not known yet."""

    MAN = "man", _("Man")
    MACHINE = "machine", _("Machine")
    MATERIAL = "material", _("Material")
    METHOD = "method", _("Method")
    MEASUREMENT = "measurement", _("Measurement")
    ENVIRONMENT = "environment", _("Environment")
    UNKNOWN = "unknown", _("Not known yet")


class NonconformanceState(models.TextChoices):
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")
