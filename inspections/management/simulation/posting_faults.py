"""Cars of which a rig posts twice, late, too early, or what cannot be used. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ...gates.limit_wording import unit_symbol
from .car import Car
from .events import Event
from .plan import (
    LinePlan,
    PlanTooSmall,
    Station,
    bonding_line,
    drifting_line,
    early_station,
    numeric_lines,
)
from .steps import At, Call, Expect, Kind, SetAside, Step
from .testing import MOST_SECONDS, NOT_A_NUMBER, wrong_unit
from .values import good_value


class Duplicate(Event):
    """A rig did not hear the answer and posts its test again: the same id and content are recorded once."""

    usual_car = 5

    def tests(self) -> Iterator[Call]:
        calls = list(super().tests())
        yield from calls
        yield Call(Kind.TEST, calls[0].holder, calls[0].path, calls[0].content, Expect.REPEATED)

    def note(self) -> str:
        return f"; {self.car.stations[0].rigs[0]} posts one twice"


class WrongUnit(Event):
    """A rig states a unit in which the value cannot be."""

    usual_car = 10
    blocks = True

    def __init__(self, plan: LinePlan, car: Car, fleet: Sequence[Car]) -> None:
        super().__init__(plan, car, fleet)
        played = (bonding_line(plan), drifting_line(plan))
        found = [
            (s, line) for s in car.stations for line in numeric_lines(s) if line not in played and line.unit != "-"
        ]
        if not found:
            raise PlanTooSmall(f"{plan.configuration}: nothing with a unit is measured on a car")
        self.station, self.line = self.draw.choice(found)
        self.changed = self._changed()

    def _changed(self) -> dict[str, Any]:
        return {"value": good_value(self.line, self.draw), "unit": wrong_unit(self.line)}

    def test(self, station: Station) -> Call:
        if station is not self.station:
            return super().test(station)
        values = self.values_with(station, self.line, **self.changed)
        return self.car.post(station, self.car.test(station, measurements=values, verdict=None))

    def answers(self) -> Iterator[Step]:
        yield self.step(
            f"{self.station.procedure} measures it again, in order, and it passes", self.again(self.station)
        )

    def note(self) -> str:
        return f"; {self.said(self.line)} comes in {self.changed['unit']} instead of {unit_symbol(self.line.unit)}"


class NotANumber(WrongUnit):
    """A rig's arithmetic went wrong: a bare NaN in the place of a value."""

    usual_car = 7

    def _changed(self) -> dict[str, Any]:
        return {"value": NOT_A_NUMBER}

    def note(self) -> str:
        return f"; {self.said(self.line)} comes as NaN"


class LateUpload(Event):
    """A rig loses its network; what it kept arrives later, repeats among it, and takes its place by finishing time."""

    usual_car = 12

    def tests(self) -> Iterator[Call]:
        return (self.test(station) for station in self.car.stations[1:])

    def note(self) -> str:
        return f"; {self.car.stations[0].rigs[0]} has lost its network"

    def later(self) -> Iterator[Step]:
        station = self.car.stations[0]
        before = self.fleet[0]
        repeated = Call(Kind.LATE, station.rigs[0], "inspections/bulk/", [before.test(station)], Expect.REPEATED)
        late = self.car.upload(station, [self.car.test(station)])
        yield self.step(
            f"{station.rigs[0]} is back and uploads the test it kept, and one that had arrived", late, repeated
        )


class Conflict(Event):
    """A rig's counter was set back: an id comes again with other content."""

    usual_car = 14
    blocks = True

    def later(self) -> Iterator[Step]:
        station = self.car.stations[0]
        content = {**self.car.test(station), "measurements": list(self.car.good(station, try_=2).values())}
        call = self.car.post(station, content, expect=Expect.REFUSED)
        yield self.step(f"{station.rigs[0]} uses the id of a recorded test again for other values", call)

    def answers(self) -> Iterator[Step]:
        reason = "The rig counted anew after an exchange of its disk; the values belong to a trial, not to this car."
        yield self.step("an engineer sets the second one aside, with a reason", SetAside(self.car.vin, reason))


class Waiting(Event):
    """A rig is quicker than the MES: it tests a car that nobody has registered."""

    usual_car = 11

    def steps(self) -> Iterator[Step]:
        station = early_station(self.plan)
        before = self.fleet[self.car.sequence - 2]
        content = self.car.test(station, finished=At(before.vin, MOST_SECONDS + 0.05))
        early = self.car.post(station, content, expect=Expect.WAITING)
        yield self.step(f"{station.rigs[0]} tests it before the MES has registered it: waits", early)
        calls = tuple(self.test(other) for other in self.car.stations if other is not station)
        yield self.step(
            f"registered, what waited is recorded; {len(calls)} more tests", self.car.registration(), *calls
        )


class RefusedBody(Event):
    """A rig's new program writes times without their date: refused, kept, and the car that it names cannot pass."""

    usual_car = 13
    blocks = True

    def test(self, station: Station) -> Call:
        call = super().test(station)
        if station is not self.car.stations[0]:
            return call
        content = {**self.car.test(station), "started_at": "08:14:03"}
        return self.car.post(station, content, expect=Expect.REFUSED)

    def answers(self) -> Iterator[Step]:
        station = self.car.stations[0]
        yield self.step(
            f"{station.rigs[0]} is corrected and sends the refused test again, whole: recorded",
            replace(self.car.post(station, self.car.test(station)), kind=Kind.AGAIN),
        )

    def note(self) -> str:
        return f"; {self.car.stations[0].rigs[0]} writes a time without its date and is refused"
