from django.db import models


class BatchStatus(models.TextChoices):
    OPEN = "open", "Open"
    TESTING_CLOSED = "testing_closed", "Testing closed"
    COMPLETED = "completed", "Completed"


class VehicleStatus(models.TextChoices):
    IN_PROCESS = "in_process", "In process"
    RELEASED = "released", "Released"
    DELIVERED = "delivered", "Delivered"
    DESTROYED = "destroyed_for_test", "Destroyed for a test"
    SCRAPPED = "scrapped", "Scrapped"
    TRANSFERRED = "transferred", "Transferred"


FOR_DELIVERY = (VehicleStatus.IN_PROCESS, VehicleStatus.RELEASED, VehicleStatus.DELIVERED)
"""Cars meant to reach a customer. The others can never leave."""

IN_PLANT = (VehicleStatus.IN_PROCESS, VehicleStatus.RELEASED)
"""Cars meant to reach a customer that have not left."""

NOT_FOR_DELIVERY = (VehicleStatus.DESTROYED, VehicleStatus.SCRAPPED, VehicleStatus.TRANSFERRED)
"""Cars that were taken out of delivery."""

OUT_FOR_GOOD = (VehicleStatus.DESTROYED, VehicleStatus.SCRAPPED)
"""What a car becomes by a removal, and never anything else again."""
