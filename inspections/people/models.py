from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person. The personnel number is what a rig's `operator` names and what pages show instead of a name."""

    personnel_number = models.CharField(max_length=32, unique=True, null=True, blank=True)

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.personnel_number or self.username


class OperatorAlias(models.Model):
    """An operator as rigs name one who is no personnel number: who that is. Append-only."""

    operator = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="operator_aliases")
    mapped_by = models.CharField(max_length=200)
    at = models.DateTimeField()
