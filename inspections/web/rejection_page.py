"""A rejected sample in words: which batches and cars it reaches, which of them lack a result, and what clears it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.batches.choices import VehicleStatus
from inspections.gates.queries import ReachedBatch, ReachedCar

from .ages import clauses, stamp
from .batch_facts import vehicle_status_text
from .statuses import Status

MOST_CARS: Final = 100
_ON_THE_WAY: Final = frozenset({VehicleStatus.RELEASED.value, VehicleStatus.DELIVERED.value})


@dataclass(frozen=True, slots=True)
class CarLine:
    """A car that a rejection reaches, as a list shows it."""

    vin: str
    words: str
    status: Status
    word: str


@dataclass(frozen=True, slots=True)
class BatchSection:
    """One batch that a rejection reaches. `effects` say what recording its screening would do; none where nothing
    can be recorded, and then `lacks` says what is awaited."""

    number: str
    words: str
    left: str
    status: Status
    cars: tuple[CarLine, ...]
    more: int
    lacks: str
    effects: tuple[str, ...]


def heading(sample: str, batches: Sequence[ReachedBatch]) -> str:
    """The finding, as a sentence."""
    cars = sum(len(batch.cars) for batch in batches)
    waiting = sum(len(batch.open) for batch in batches)
    said = {"sample": sample, "open": waiting, "cars": cars}
    if not cars:
        return _("Sample %(sample)s was rejected; it reaches no car meant for a customer") % said
    if not waiting:
        return _("Sample %(sample)s was rejected; every car that it reaches is screened") % said
    words = ngettext(
        "Sample %(sample)s was rejected: %(open)d of %(cars)d cars that it reaches is not screened",
        "Sample %(sample)s was rejected: %(open)d of %(cars)d cars that it reaches are not screened",
        waiting,
    )
    return words % said


def section(batch: ReachedBatch) -> BatchSection:
    """A batch with its cars, those that lack a result first."""
    lacking, waiting = batch.lacking, batch.open
    ordered = sorted(batch.cars, key=lambda car: (car.cleared, car.conforms, car.sequence))
    effects = tuple(_effects(batch)) if waiting and not lacking else ()
    return BatchSection(
        number=batch.number,
        words=clauses(
            [
                ngettext("%(count)d car is reached", "%(count)d cars are reached", len(batch.cars))
                % {"count": len(batch.cars)},
                ngettext("%(count)d lacks a result", "%(count)d lack a result", len(lacking)) % {"count": len(lacking)},
                _("%(count)d screened, on record") % {"count": len(batch.cars) - len(waiting)},
            ]
        ),
        left=_left(batch.cars),
        status=Status.FAIL if waiting else Status.PASS,
        cars=tuple(_line(car) for car in ordered[:MOST_CARS]),
        more=max(len(ordered) - MOST_CARS, 0),
        lacks=_lacks(batch),
        effects=effects,
    )


def _left(cars: Iterable[ReachedCar]) -> str:
    gone = [car for car in cars if car.status in _ON_THE_WAY]
    if not gone:
        return ""
    delivered = sum(car.status == VehicleStatus.DELIVERED.value for car in gone)
    said = {"released": len(gone) - delivered, "delivered": delivered}
    return _("Of these cars %(released)d are released and %(delivered)d delivered.") % said


def _lacks(batch: ReachedBatch) -> str:
    if not batch.lacking:
        return ""
    words = ngettext(
        "%(count)d car lacks a conforming result that counts and finished after %(at)s. Test it, or scrap it; then the"
        " screening can be recorded.",
        "%(count)d cars lack a conforming result that counts and finished after %(at)s. Test each, or scrap it; then"
        " the screening can be recorded.",
        len(batch.lacking),
    )
    return words % {"count": len(batch.lacking), "at": stamp(batch.since)}


def _effects(batch: ReachedBatch) -> Iterable[str]:
    count = len(batch.open)
    words = ngettext(
        "The rejection is released for %(count)d car of %(batch)s, and for no other.",
        "The rejection is released for %(count)d cars of %(batch)s, and for no others.",
        count,
    )
    yield words % {"count": count, "batch": batch.number}
    yield _("A car whose result is voided or found not to count later falls back under it.")
    yield _("Once that is decided, the batch's nonconformance closes by itself if no other cause stands.")


def _line(car: ReachedCar) -> CarLine:
    words = _("Car %(car)d") % {"car": car.sequence}
    if car.status != VehicleStatus.IN_PROCESS.value:
        words = clauses([words, vehicle_status_text(car.status)])
    if car.cleared:
        return CarLine(car.vin, words, Status.PASS, _("Screened"))
    if car.conforms:
        return CarLine(car.vin, words, Status.PENDING, _("Conforms, not recorded yet"))
    return CarLine(car.vin, words, Status.MISSING, _("No conforming result since"))
