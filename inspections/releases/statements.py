"""What is signed, in words: written once when a release is proposed, kept and shown verbatim."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..batches.models import Batch
from ..catalogue.models import Characteristic
from ..dispositions.choices import Authority
from ..dispositions.models import Concession
from .queries import rests_on_demonstration
from .rules import Basis, cars


def write_statement(
    *, number: str, batch: Batch, chosen: Sequence[Basis], found: Sequence[Basis], standing: Collection[int]
) -> str:
    """The statement of a release: which vehicles, on which revision, with which concessions, what is left behind.

    `found` are all vehicles of the batch; those `standing` under a release already, or gone, are not left behind.
    """
    revision = batch.revision
    plan = f"{revision.plan.code} revision {revision.number}" if revision is not None else "no plan"
    named = {row.vehicle_id for row in chosen}
    behind = [row for row in found if row.vehicle_id not in named and row.vehicle_id not in standing]
    lines = [
        f"Release {number}: {len(chosen)} of {len(found)} cars of batch {batch.number} "
        f"({batch.configuration.code}), judged on plan {plan}.",
        f"Cars {cars(row.sequence for row in chosen)}: every gate of theirs and of their batch has passed.",
        *_conceded(chosen),
        f"Left behind: {cars(row.sequence for row in behind)}." if behind else "No car is left behind.",
    ]
    if rests_on_demonstration(configuration_id=batch.configuration_id):
        lines.append("The type tests rest on demonstration coverage, which is no evidence.")
    return "\n".join(lines)


def _conceded(chosen: Sequence[Basis]) -> list[str]:
    """Each concession by name, with the departure that it accepts and the cars that rest on it."""
    ids = {number for row in chosen for number in row.conceded}
    if not ids:
        return ["No car is released by concession."]
    found = Concession.objects.filter(pk__in=ids).order_by("pk")
    codes = Characteristic.objects.in_bulk([row.characteristic_id for row in found])
    return [
        f"By concession {row.number}, {codes[row.characteristic_id].code}, accepted by "
        f"{'the customer' if row.authority == Authority.CUSTOMER else 'engineering'}: "
        f"cars {cars(each.sequence for each in chosen if row.pk in each.conceded)}."
        for row in found
    ]
