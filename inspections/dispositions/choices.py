from django.db import models


class HoldSource(models.TextChoices):
    GATE = "gate", "A gate"
    PERSON = "person", "A person"


class Authority(models.TextChoices):
    """Who accepts a departure (IATF 16949 8.7.1.1): the customer, in a document of theirs, or engineering."""

    CUSTOMER = "customer", "The customer"
    ENGINEERING = "engineering", "Engineering"


class CauseClass(models.TextChoices):
    """The six causes that a workshop looks among (Ishikawa), and that it is not known yet."""

    MAN = "man", "Man"
    MACHINE = "machine", "Machine"
    MATERIAL = "material", "Material"
    METHOD = "method", "Method"
    MEASUREMENT = "measurement", "Measurement"
    ENVIRONMENT = "environment", "Environment"
    UNKNOWN = "unknown", "Not known yet"


class NonconformanceState(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"
