"""What happens to single cars, one event a car: the good ones. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, ClassVar, Final

from ...evaluation.facts import Requirement
from ...gates.limit_wording import required_text
from .car import Car
from .plan import (
    ON_CARS,
    LinePlan,
    Station,
)
from .steps import At, Call, Certificate, Deed, Kind, Step
from .testing import MOST_SECONDS, Key, measurement

DONE_SECONDS: Final = 3.0
"""After its registration the rework of a car ends: behind every fail of it. Forms take whole seconds."""
REPEATED_SECONDS: Final = 6.0
AGAIN: Final = 8
"""The number of the repeated test, beyond those that rigs give by themselves."""


class Event:
    """A good car. Kinds of trouble say what they do otherwise: in `tests` at once, in `later` some cars after."""

    usual_car: ClassVar[int] = 0
    blocks: ClassVar[bool] = False
    """Whether the car ends not clear."""
    stays: ClassVar[bool] = False
    """Whether it ends left behind, whatever people do."""
    delay: ClassVar[int] = 2

    def __init__(self, plan: LinePlan, car: Car, fleet: Sequence[Car]) -> None:
        self.plan, self.car, self.fleet = plan, car, fleet
        self.draw = Random(f"{car.run} {plan.model} {car.sequence} {type(self).__name__}")

    def steps(self) -> Iterator[Step]:
        calls = tuple(self.tests())
        yield self.step(f"{len(calls)} tests{self.note()}", self.car.registration(), *calls)

    def tests(self) -> Iterator[Call]:
        for station in self.car.stations:
            yield self.test(station)

    def test(self, station: Station) -> Call:
        return self.car.post(station, self.car.test(station))

    def note(self) -> str:
        return ""

    def later(self) -> Iterator[Step]:
        return iter(())

    def answers(self) -> Iterator[Step]:
        """What people and rigs do about it once the batch is flagged, until the car is clear."""
        return iter(())

    def afterwards(self) -> Iterator[Step]:
        """What is found once the car is released and has not left."""
        return iter(())

    def again(self, station: Station, **more: Any) -> Call:
        """The station tests the car once more, and it passes."""
        content = self.car.test(station, try_=AGAIN, finished=self.repeated(station), **more)
        return replace(self.car.post(station, content), kind=Kind.AGAIN)

    def repeated(self, station: Station) -> At:
        """When a repeated test is finished: after whatever was done to the car."""
        return At(self.car.vin, round(REPEATED_SECONDS + self.car.stations.index(station) / 1000, 3))

    def step(self, text: str, *acts: Call | Certificate | Deed) -> Step:
        """A step of this car, its text begun with who it is."""
        return Step(f"{self.car.batch} car {self.car.sequence} {self.car.vin}: {text}", acts, self.car.vin)

    def required(self, line: Requirement) -> str:
        """What a line asks, as the pages say it."""
        return required_text(
            line.expression,
            "en",
            lower=line.lower,
            upper=line.upper,
            lower_inclusive=line.lower_inclusive,
            upper_inclusive=line.upper_inclusive,
            values=line.values,
            unit=line.unit,
        )

    def said(self, line: Requirement, position: str = "") -> str:
        """A characteristic and position in words."""
        name = self.plan.names.get(line.characteristic, line.characteristic)
        return f"{name}, {position}" if position else name

    def values_with(self, station: Station, line: Requirement, **changed: Any) -> Mapping[Key, dict[str, Any]]:
        """Good measurements of a station, and a changed one at the first position of a line."""
        position = line.positions[0]
        values = self.car.good(station)
        values[line.characteristic, position] = measurement(line, position, **changed)
        return values


class FirstCar(Event):
    """A good car that is driven on the track too: the sample of its kind for the period."""

    usual_car = 1

    @property
    def sampled(self) -> list[Station]:
        return [station for station in self.plan.samples if station.domain in ON_CARS]

    def tests(self) -> Iterator[Call]:
        yield from super().tests()
        for station in self.sampled:
            for number in range(1, station.size + 1):
                finished = At(self.car.vin, MOST_SECONDS + number / 1000)
                content = self.car.test(station, try_=number, finished=finished)
                yield Call(Kind.SAMPLE, station.rigs[0], "inspections/", content)

    def note(self) -> str:
        return (
            f"; samples of {', '.join(station.procedure for station in self.sampled)} among them"
            if self.sampled
            else ""
        )
