"""What is signed, in words and in both languages: written once when a release is proposed, kept and shown verbatim."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ..batches.models import Batch
from ..catalogue.models import Characteristic
from ..catalogue.wording import plan_named
from ..dispositions.choices import Authority
from ..dispositions.models import Concession
from ..saying import Cars, Name, Said, in_both, say, say_count
from .queries import rests_on_demonstration
from .rules import Basis


def write_statement(
    *, number: str, batch: Batch, chosen: Sequence[Basis], found: Sequence[Basis], standing: Collection[int]
) -> str:
    """The statement of a release: which vehicles, on which revision, with which concessions, what is left behind.

    `found` are all vehicles of the batch; those `standing` under a release already, or gone, are not left behind.
    """
    named = {row.vehicle_id for row in chosen}
    behind = [row for row in found if row.vehicle_id not in named and row.vehicle_id not in standing]
    lines = [
        _heading(number, batch, chosen),
        *_passed(chosen),
        *_conceded(chosen),
        say("Left behind: %(cars)s.", cars=_cars(behind)) if behind else say("No car is left behind."),
    ]
    if rests_on_demonstration(configuration_id=batch.configuration_id):
        lines.append(say("The type tests rest on demonstration coverage, which is no evidence."))
    return in_both(lines)


def _heading(number: str, batch: Batch, chosen: Sequence[Basis]) -> Said:
    return say(
        "Release %(number)s: %(count)d of %(built)d cars built of batch %(batch)s (%(configuration)s),"
        " judged on %(plan)s.",
        count=len(chosen),
        number=number,
        batch=batch.number,
        configuration=batch.configuration.code,
        built=batch.vehicles.count(),
        plan=plan_named(batch.revision),
    )


def _cars(rows: Sequence[Basis]) -> Cars:
    return Cars.of(row.sequence for row in rows)


def _passed(chosen: Sequence[Basis]) -> Iterator[Said]:
    """What has passed of which cars: of those with a concession, all that it does not accept."""
    whole = [row for row in chosen if not row.conceded]
    conceded = [row for row in chosen if row.conceded]
    if whole:
        yield say_count(
            "Car %(cars)s: every gate of it and of its batch has passed.",
            "Cars %(cars)s: every gate of theirs and of their batch has passed.",
            count=len(whole),
            cars=_cars(whole),
        )
    if conceded:
        yield say_count(
            "Car %(cars)s: every gate of it and of its batch has passed, but for the departure conceded below.",
            "Cars %(cars)s: every gate of theirs and of their batch has passed, but for the departures conceded below.",
            count=len(conceded),
            cars=_cars(conceded),
        )


def _conceded(chosen: Sequence[Basis]) -> Iterator[Said]:
    """Each concession by name, with the characteristic that departs and the cars that rest on it."""
    ids = {number for row in chosen for number in row.conceded}
    if not ids:
        yield say("No car is released by concession.")
        return
    found = Concession.objects.filter(pk__in=ids).order_by("pk")
    departing = Characteristic.objects.in_bulk([row.characteristic_id for row in found])
    for row in found:
        own = [each for each in chosen if row.pk in each.conceded]
        named = departing[row.characteristic_id]
        yield say_count(
            "By concession %(number)s, %(name)s (%(code)s), accepted by %(authority)s: car %(cars)s.",
            "By concession %(number)s, %(name)s (%(code)s), accepted by %(authority)s: cars %(cars)s.",
            count=len(own),
            number=row.number,
            name=Name(named.name, named.name_zh),
            code=named.code,
            authority=say("the customer") if row.authority == Authority.CUSTOMER else say("engineering"),
            cars=_cars(own),
        )
