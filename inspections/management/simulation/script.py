"""The script of a simulated line: two batches from opening to closing, and what goes wrong in them. Pure.

The same run, plans and number of cars give the same steps, to the last digit of every value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from .car import Car, fleet_of
from .events import Event, FirstCar
from .numbering import batch_number
from .plan import ON_CARS, LinePlan, Station, pack_kind, pack_stations
from .steps import MES, At, Call, Kind, Step
from .testing import agreed_measurements, good_measurements, inspection
from .troubles import EVENTS

LEAST_CARS = 10
MOST_CARS = 500


@dataclass(frozen=True, slots=True)
class Script:
    """`batches` are the numbers in order; `cars` the cars of each; the first batch is closed at the end.

    `troubled`: by their sequence, the cars of each batch that end not clear. `answers`: what people and rigs do about
    them. `afterwards`: what is found of cars that were released; the MES lets those go last. `staying`: the VINs that
    stay behind whatever people do.
    """

    run: str
    batches: tuple[str, ...]
    cars: tuple[tuple[Car, ...], ...]
    steps: tuple[Step, ...]
    troubled: tuple[frozenset[int], ...]
    answers: tuple[Step, ...] = ()
    afterwards: tuple[Step, ...] = ()
    staying: frozenset[str] = frozenset()

    def vins(self, *, troubled: bool) -> list[str]:
        """The cars that end not clear, or the others."""
        pairs = zip(self.cars, self.troubled, strict=True)
        return [car.vin for fleet, numbers in pairs for car in fleet if (car.sequence in numbers) is troubled]

    def at_the_gate(self) -> list[Car]:
        """A good car of the batch that is closed, and the one of it that is refused last."""
        first = self.cars[0]
        return [first[0], *(first[number - 1] for number in sorted(self.troubled[0])[-1:])]


def build_script(plans: Sequence[LinePlan], run: str, cars: int, troubles: int | None = None) -> Script:
    """Everything that a run does on the line, with `troubles` kinds of trouble a batch, all of them unless stated.

    Raises ValueError for a number of cars that is out of range, and PlanTooSmall or NoSuchValue for a plan that it
    cannot be played on.
    """
    if not LEAST_CARS <= cars <= MOST_CARS:
        raise ValueError(f"{cars} cars a batch: expected {LEAST_CARS} to {MOST_CARS}")
    fleets = tuple(fleet_of(plan, run, cars) for plan in plans)
    played = [_events(events, run, cars, troubles) for events in EVENTS]
    steps = [_opening(plans, run, cars), *_samples(plans, run)]
    troubles_played: list[Event] = []
    for plan, fleet, events in zip(plans, fleets, played, strict=True):
        steps.append(_packs(plan, run, fleet))
        steps += _cars(plan, fleet, events)
        troubles_played += [events[number](plan, fleet[number - 1], fleet) for number in sorted(events)]
    steps.append(_closing(plans[0], run))
    numbers = tuple(batch_number(plan.model, run) for plan in plans)
    troubled = tuple(frozenset(number for number, event in events.items() if event.blocks) for events in played)
    return Script(
        run,
        numbers,
        fleets,
        tuple(steps),
        troubled,
        answers=tuple(step for event in troubles_played for step in event.answers()),
        afterwards=tuple(step for event in troubles_played for step in event.afterwards()),
        staying=frozenset(event.car.vin for event in troubles_played if event.stays),
    )


def _events(events: Sequence[type[Event]], run: str, cars: int, troubles: int | None) -> dict[int, type[Event]]:
    """Which car plays which event, by its sequence: each its usual car, or one after another where cars are too few."""
    usual = [event.usual_car for event in events]
    places = usual if cars >= max(usual) else [*range(2, len(events) + 1), cars]
    played = list(zip(places, events, strict=True))
    if troubles is not None:
        played = Random(f"{run} {events[0].__name__}").sample(played, min(troubles, len(played)))
    return dict(played)


def _opening(plans: Sequence[LinePlan], run: str, cars: int) -> Step:
    calls = [
        Call(
            Kind.BATCH,
            MES,
            "batches/",
            {
                "number": batch_number(plan.model, run),
                "configuration": plan.configuration,
                "planned_quantity": cars,
                "line": plan.line,
            },
        )
        for plan in plans
    ]
    numbers = " and ".join(str(call.content["number"]) for call in calls if isinstance(call.content, dict))
    return Step(f"MES opens {numbers}, {cars} cars each", tuple(calls))


def _samples(plans: Sequence[LinePlan], run: str) -> Iterator[Step]:
    """Samples of parts speak for every configuration that asks for them: each is posted once, good for all of them."""
    draw, opened = Random(f"{run} samples"), batch_number(plans[0].model, run)
    asked: dict[str, list[Station]] = {}
    for plan in plans:
        for station in plan.samples:
            if station.domain not in ON_CARS:
                asked.setdefault(station.procedure, []).append(station)
    calls = []
    for place, stations in enumerate(asked.values(), 1):
        size = max(station.size for station in stations)
        for number in range(1, size + 1):
            content = inspection(
                plan=plans[0],
                station=stations[0],
                number=f"{run}-{stations[0].procedure}-{number:03d}",
                subject=_sample_subject(stations[0], f"{run}-{place:02d}-{number:03d}"),
                finished=At(opened, -30.0 - (size - number)),
                measurements=agreed_measurements(stations, draw),
                duration=300.0,
            )
            calls.append(Call(Kind.SAMPLE, stations[0].rigs[0], "inspections/", content))
    if calls:
        yield Step(
            f"The laboratory posts {len(calls)} samples of {len(asked)} procedures, all conforming", tuple(calls)
        )


def _sample_subject(station: Station, serial: str) -> dict[str, Any]:
    if station.component_kinds:
        return {"component": {"kind": station.component_kinds[0], "serial": f"S-{serial}"}}
    return {"material": {"kind": f"{station.procedure.lower()}-sample", "lot": serial}}


def _packs(plan: LinePlan, run: str, fleet: Sequence[Car]) -> Step:
    """Battery packs are tested before the cars that they will be fitted in exist."""
    draw, opened = Random(f"{run} {plan.model} packs"), batch_number(plan.model, run)
    calls = []
    for station in pack_stations(plan):
        content = [
            inspection(
                plan=plan,
                station=station,
                number=f"{car.pack}-{station.procedure}-1",
                subject={"component": {"kind": pack_kind(plan), "serial": car.pack}},
                finished=At(opened, -0.5 * (len(fleet) - place) - 5),
                measurements=good_measurements(station, draw, {}),
                duration=240.0,
            )
            for place, car in enumerate(fleet)
        ]
        calls.append(Call(Kind.PACK, station.rigs[0], "inspections/bulk/", content))
    return Step(f"{opened}: the pack line posts {len(fleet)} packs before their cars exist", tuple(calls))


def _cars(plan: LinePlan, fleet: Sequence[Car], played: Mapping[int, type[Event]]) -> Iterator[Step]:
    """The cars in build order; what an event leaves for later comes two cars after it, the rest at the end."""
    later: list[tuple[int, Step]] = []
    for car in fleet:
        event = played.get(car.sequence, FirstCar if car.sequence == 1 else Event)(plan, car, fleet)
        yield from event.steps()
        later += [(car.sequence + event.delay, step) for step in event.later()]
        yield from (step for due, step in later if due <= car.sequence)
        later = [(due, step) for due, step in later if due > car.sequence]
    yield from (step for _, step in later)


def _closing(plan: LinePlan, run: str) -> Step:
    number = batch_number(plan.model, run)
    call = Call(Kind.BATCH, MES, f"batches/{number}/close/")
    return Step(f"MES closes {number}: no more cars will come, and what is missing is now failed", (call,))
