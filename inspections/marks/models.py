from django.db import models


class Mark(models.Model):
    """Something that matters to a gate has changed and is not decided yet (law 7).

    A plain insert in the transaction of the change, never updated, no unique key: a mark written while a decider
    works is another row and survives it. Only the decider deletes. Plain ids: marks know no other room.
    `vehicle_id` null: the batch's own facts. `domain` empty: all domains.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    batch_id = models.IntegerField()
    vehicle_id = models.IntegerField(null=True)
    domain = models.CharField(max_length=8, blank=True)

    class Meta:
        indexes = [models.Index(fields=["batch_id", "vehicle_id"], name="mark_batch_vehicle")]
