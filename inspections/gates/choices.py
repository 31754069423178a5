from django.db import models


class CoverageKind(models.TextChoices):
    INSPECTION = "inspection", "Passing inspection on a destroyed car"
    CERTIFICATE = "certificate", "Outside laboratory's certificate"
    DEMONSTRATION = "demonstration", "Demonstration, not evidence"
