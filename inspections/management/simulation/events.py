"""What happens to single cars: what goes wrong on a line, one event a car. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any, ClassVar, Final

from ...evaluation.facts import Requirement
from ...gates.limit_wording import quantity_text, required_text, unit_symbol
from .car import Car
from .numbering import batch_number
from .plan import (
    ON_CARS,
    LinePlan,
    PlanTooSmall,
    Station,
    bonding_line,
    bonding_station,
    certificate_station,
    drifting_line,
    early_station,
    flashed_station,
    numeric_lines,
)
from .steps import MES, At, Call, Certificate, Expect, Kind, Step
from .testing import MOST_SECONDS, NOT_A_NUMBER, Key, measurement, wrong_unit
from .values import NoSuchValue, Value, bad_value, good_value, step_of


class Event:
    """A good car. Kinds of trouble say what they do otherwise: in `tests` at once, in `later` some cars after."""

    usual_car: ClassVar[int] = 0
    blocks: ClassVar[bool] = False
    """Whether the car ends not clear."""
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

    def step(self, text: str, *acts: Call | Certificate) -> Step:
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


class Failure(Event):
    """A measurement really fails."""

    blocks = True
    domain: ClassVar[str]

    def __init__(self, plan: LinePlan, car: Car, fleet: Sequence[Car]) -> None:
        super().__init__(plan, car, fleet)
        self.station, self.line, self.value = self._chosen()

    def _chosen(self) -> tuple[Station, Requirement, Value]:
        stations = [station for station in self.car.stations if station.domain == self.domain]
        played = (bonding_line(self.plan), drifting_line(self.plan))
        found = [(station, line) for station in stations for line in numeric_lines(station) if line not in played]
        found = found or [(station, line) for station in stations for line in station.measured if line.group is None]
        self.draw.shuffle(found)
        for station, line in sorted(found, key=lambda pair: not pair[1].special):
            try:
                return station, line, bad_value(line, self.draw)
            except NoSuchValue:
                continue
        raise PlanTooSmall(f"{self.plan.configuration}: nothing of the domain {self.domain} can fail on a car")

    def test(self, station: Station) -> Call:
        if station is not self.station:
            return super().test(station)
        values = self.values_with(station, self.line, value=self.value)
        return self.car.post(station, self.car.test(station, measurements=values, verdict="fail"))

    def note(self) -> str:
        found = quantity_text(self.value, self.line.unit, "en")
        return f"; {self.said(self.line, self.line.positions[0])} is {found}; {self.required(self.line)} is required"


class BatteryFailure(Failure):
    usual_car, domain = 3, "battery"


class CrashFailure(Failure):
    usual_car, domain = 15, "crash"


class DrivingFailure(Failure):
    usual_car, domain = 3, "driving"


class Duplicate(Event):
    """A rig did not hear the answer and posts its test again: the same id and content are recorded once."""

    usual_car = 5

    def tests(self) -> Iterator[Call]:
        calls = list(super().tests())
        yield from calls
        yield Call(Kind.TEST, calls[0].holder, calls[0].path, calls[0].content, Expect.REPEATED)

    def note(self) -> str:
        return f"; {self.car.stations[0].rigs[0]} posts one twice"


class Missing(Event):
    """A station was passed by."""

    usual_car = 6
    blocks = True

    @property
    def skipped(self) -> Station:
        return next((station for station in self.car.stations if station.domain == "crash"), self.car.stations[-1])

    def tests(self) -> Iterator[Call]:
        return (self.test(station) for station in self.car.stations if station is not self.skipped)

    def note(self) -> str:
        return f"; it was driven past {self.skipped.procedure}"


class Flashed(Event):
    """A system gets new software after its test: the test no longer speaks of this car."""

    usual_car = 8
    blocks = True

    def later(self) -> Iterator[Step]:
        system = flashed_station(self.plan).software_systems[0]
        version = self.plan.newer[system]
        content = {"at": At(self.car.vin, MOST_SECONDS + 0.1), "software": [{"system": system, "version": version}]}
        call = Call(Kind.CHANGE, MES, f"vehicles/{self.car.vin}/software/", content)
        yield self.step(f"gets {system} {version} after its tests were done", call)


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


class WorkedExample(Event):
    """Bonding: 0.043 passes, a second rig finds 0.100, a late 0.040 comes in from before, 0.038 passes after cleaning.

    Every fail blocks until somebody disposes of it, whatever passes before or after.
    """

    usual_car = 17
    blocks = True

    SHARES: ClassVar[tuple[str, ...]] = ("0.43", "1.00", "0.40", "0.38")
    """Of the limit: 0.043, 0.100, 0.040 and 0.038 ohm."""

    def __init__(self, plan: LinePlan, car: Car, fleet: Sequence[Car]) -> None:
        super().__init__(plan, car, fleet)
        self.line, self.station = bonding_line(plan), bonding_station(plan)
        first, second, late, last = (self._value(share) for share in self.SHARES)
        if self.line.uncertainty:
            second += self.line.uncertainty
        if self.line.upper_inclusive:
            second += step_of(self.line)
        self.first, self.second, self.late, self.last = first, second, late, last

    def _value(self, share: str) -> Decimal:
        upper = self.line.upper
        if upper is None:
            raise PlanTooSmall(f"{self.plan.configuration}: {self.line.characteristic} has no upper limit")
        return (upper * Decimal(share)).quantize(min(step_of(self.line), Decimal("0.001")))

    def _test(
        self, value: Decimal, try_: int, seconds: float, *, rig: int = 0, verdict: str = "pass"
    ) -> dict[str, Any]:
        return self.car.test(
            self.station,
            try_=try_,
            rig=rig,
            verdict=verdict,
            finished=At(self.car.vin, seconds),
            measurements=self.values_with(self.station, self.line, value=value),
        )

    def test(self, station: Station) -> Call:
        if station is not self.station:
            return super().test(station)
        return self.car.post(station, self._test(self.first, 1, 0.4))

    def note(self) -> str:
        return f"; {self.said(self.line, self.line.positions[0])} is {self._found(self.first)}: pass"

    def _found(self, value: Decimal) -> str:
        return quantity_text(value, self.line.unit, "en")

    def steps(self) -> Iterator[Step]:
        yield from super().steps()
        first, second = self.station.rigs[0], self.station.rigs[1]
        found = self.car.post(self.station, self._test(self.second, 2, 0.6, rig=1, verdict="fail"), rig=1)
        yield self.step(
            f"{second} finds {self._found(self.second)}; {self.required(self.line)} is required: fail", found
        )
        late = self.car.upload(self.station, [self._test(self.late, 3, 0.2)])
        yield self.step(f"{first} uploads {self._found(self.late)} from before both: changes nothing", late)
        last = self.car.post(self.station, {**self._test(self.last, 4, 1.0), "purpose": "after_rework"})
        yield self.step(
            f"{self._found(self.last)} after cleaning the joint: a later pass does not erase the fail", last
        )


class CertificateEnds(Event):
    """The second rig of a station tests a car just before its calibration certificate runs out."""

    usual_car = 5
    BEFORE: ClassVar[float] = 0.05
    ENDS: ClassVar[float] = 0.1

    def steps(self) -> Iterator[Step]:
        rig = certificate_station(self.plan).rigs[1]
        opened = batch_number(self.plan.model, self.car.run)
        certificate = Certificate(rig, f"CAL-{rig}-{self.car.run}", At(opened, 0.0), At(self.car.vin, self.ENDS))
        calls = tuple(self.tests())
        text = f"{len(calls)} tests, one on {rig}, whose calibration certificate then runs out"
        yield self.step(text, self.car.registration(), certificate, *calls)

    def test(self, station: Station) -> Call:
        if station is not certificate_station(self.plan):
            return super().test(station)
        content = self.car.test(station, rig=1, finished=At(self.car.vin, self.BEFORE))
        return self.car.post(station, content, rig=1)


class OutOfCalibration(Event):
    """The same rig goes on testing: what it says is recorded and judged, and does not count."""

    usual_car = 9
    blocks = True

    def test(self, station: Station) -> Call:
        if station is not certificate_station(self.plan):
            return super().test(station)
        return self.car.post(station, self.car.test(station, rig=1), rig=1)

    def note(self) -> str:
        return f"; one on {certificate_station(self.plan).rigs[1]}, now out of calibration"


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

    def note(self) -> str:
        return f"; {self.car.stations[0].rigs[0]} writes a time without its date and is refused"


EVENTS: Final[tuple[tuple[type[Event], ...], ...]] = (
    (BatteryFailure, Duplicate, Missing, Flashed, WrongUnit, LateUpload, Conflict, WorkedExample),
    (DrivingFailure, CertificateEnds, NotANumber, OutOfCalibration, Waiting, RefusedBody, CrashFailure),
)
"""Of the first batch and of the second, in the order of their usual cars."""
