from django.db import models


class SealingKey(models.Model):
    """The public half of a key that has signed a checkpoint, kept for ever. Append-only.

    It tells what a signature claims to be of. What is trusted lies outside the database, among the keys (`keys.py`).
    """

    key_id = models.CharField(max_length=16, primary_key=True)
    public_pem = models.TextField()
    first_used_at = models.DateTimeField()


class Seal(models.Model):
    """A closed set of rows of the record, and the checkpoint over it. Append-only; written by the sealer alone.

    The columns are those of `checkpoints.Checkpoint`, which is signed as a text. `parts` names the rows (`parts.py`);
    `nodes` are the full subtrees of the history that end with this checkpoint, its own digest first, 32 bytes each, so
    that a proof through a history of millions reads a few rows. `signatures`: 72 bytes each.
    """

    # Fixed widths stand first: a plant adds one of these every few seconds for years.
    number = models.BigIntegerField(primary_key=True)
    sealed_at = models.DateTimeField()
    horizon = models.BigIntegerField()
    leaves = models.IntegerField()
    form = models.SmallIntegerField()
    ledger = models.UUIDField()
    previous = models.BinaryField(max_length=32)
    history = models.BinaryField(max_length=32)
    root = models.BinaryField(max_length=32)
    parts = models.BinaryField()
    nodes = models.BinaryField()
    signatures = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["horizon"], name="seal_horizon_once")]


class SealWitness(models.Model):
    """How far a second place has been told of the checkpoints, and what went wrong there last. It moves on."""

    place = models.CharField(max_length=200, primary_key=True)
    told = models.BigIntegerField(default=0)
    told_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
