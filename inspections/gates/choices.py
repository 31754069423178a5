from django.db import models
from django.utils.translation import gettext_lazy as _


class CoverageKind(models.TextChoices):
    INSPECTION = "inspection", _("Passing inspection on a destroyed car")
    CERTIFICATE = "certificate", _("Outside laboratory's certificate")
    DEMONSTRATION = "demonstration", _("Demonstration, not evidence")
