from django.db import models
from django.utils.translation import gettext_lazy as _


class BatchStatus(models.TextChoices):
    OPEN = "open", _("Open")
    TESTING_CLOSED = "testing_closed", _("Testing closed")
    COMPLETED = "completed", _("Completed")


class VehicleStatus(models.TextChoices):
    IN_PROCESS = "in_process", _("In process")
    RELEASED = "released", _("Released")
    DELIVERED = "delivered", _("Delivered")
    DESTROYED = "destroyed_for_test", _("Destroyed for a test")
    SCRAPPED = "scrapped", _("Scrapped")
    TRANSFERRED = "transferred", _("Transferred")


FOR_DELIVERY = (VehicleStatus.IN_PROCESS, VehicleStatus.RELEASED, VehicleStatus.DELIVERED)
"""Cars meant to reach a customer. The others can never leave."""

IN_PLANT = (VehicleStatus.IN_PROCESS, VehicleStatus.RELEASED)
"""Cars meant to reach a customer that have not left."""

LET_GO = (VehicleStatus.RELEASED, VehicleStatus.DELIVERED)
"""Cars for which two people signed."""

NOT_FOR_DELIVERY = (VehicleStatus.DESTROYED, VehicleStatus.SCRAPPED, VehicleStatus.TRANSFERRED)
"""Cars that were taken out of delivery."""

OUT_FOR_GOOD = (VehicleStatus.DESTROYED, VehicleStatus.SCRAPPED)
"""What a car becomes by a removal, and never anything else again."""
