from django.conf import settings
from django.db import models


class Result(models.Model):
    """One measurement with foreign keys to all that it speaks of, as a first draft has them."""

    vehicle = models.ForeignKey("inspections.Vehicle", on_delete=models.PROTECT, related_name="+")
    characteristic = models.ForeignKey("inspections.Characteristic", on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    position = models.CharField(max_length=64, blank=True)
    value = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=32)
    passed = models.BooleanField()
    measured_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "naive"
