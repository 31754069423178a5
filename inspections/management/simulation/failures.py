"""Cars on which a measurement really fails. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from ...evaluation.facts import Requirement
from ...gates.limit_wording import quantity_text
from .car import Car
from .events import DONE_SECONDS, Event
from .plan import (
    LinePlan,
    PlanTooSmall,
    Station,
    bonding_line,
    bonding_station,
    drifting_line,
    numeric_lines,
)
from .steps import At, Call, OutOfTolerance, Rework, Step, Take
from .values import NoSuchValue, Value, bad_value, step_of


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

    def answers(self) -> Iterator[Step]:
        named = self.said(self.line, self.line.positions[0])
        yield self.step(
            f"an engineer records its rework; {self.station.rigs[0]} measures {named} again: passes",
            Rework(self.car.vin, f"{named}: part replaced and set anew", At(self.car.vin, DONE_SECONDS), "material"),
            self.again(self.station, purpose="after_rework"),
        )

    def note(self) -> str:
        found = quantity_text(self.value, self.line.unit, "en")
        return f"; {self.said(self.line, self.line.positions[0])} is {found}; {self.required(self.line)} is required"


class BatteryFailure(Failure):
    usual_car, domain = 3, "battery"


class CrashFailure(Failure):
    """Its part has to be ordered: the others leave without it."""

    usual_car, domain = 15, "crash"
    stays = True

    def answers(self) -> Iterator[Step]:
        taken = Take(
            self.car.vin, "The control unit is faulty; another is ordered.", "Parked in the rework area.", "material"
        )
        yield self.step("an engineer takes it: a part is ordered, so it stays behind", taken)


class DrivingFailure(Failure):
    usual_car, domain = 3, "driving"


class WorkedExample(Event):
    """Bonding: 0.043 passes, a second rig finds 0.100, a late 0.040 comes in from before, 0.038 passes after cleaning.

    Every fail blocks until somebody disposes of it, whatever passes before or after.
    """

    usual_car = 17
    blocks = True

    SHARES: ClassVar[tuple[str, ...]] = ("0.43", "1.00", "0.40", "0.38")
    """Of the limit: 0.043, 0.100, 0.040 and 0.038 ohm."""
    LAST: ClassVar[float] = 4.5
    """When the last of them is finished: the rework ended before it."""

    def __init__(self, plan: LinePlan, car: Car, fleet: Sequence[Car]) -> None:
        super().__init__(plan, car, fleet)
        self.line, self.station = bonding_line(plan), bonding_station(plan)
        first, second, late, last = (self._value(share) for share in self.SHARES)
        if self.line.uncertainty:
            second += self.line.uncertainty
        if self.line.upper_inclusive:
            second += step_of(self.line)
        self.first, self.second, self.late, self.last = first, second, late, last

    @property
    def first_rig(self) -> int:
        """The rig of the first measurement: one of its own where the station has three, so that what is found of it
        later concerns this car alone."""
        return len(self.station.rigs) - 1 if len(self.station.rigs) > 2 else 0

    def answers(self) -> Iterator[Step]:
        yield self.step(
            f"an engineer records that the joint was cleaned before: the {self._found(self.last)} that is there counts",
            Rework(self.car.vin, "Joint cleaned and tightened", At(self.car.vin, DONE_SECONDS), "method"),
        )

    def afterwards(self) -> Iterator[Step]:
        rig = self.station.rigs[self.first_rig]
        found = OutOfTolerance(
            vin=self.car.vin,
            rig=rig,
            since=At(self.car.vin, -1.0),
            found=At(self.car.vin, self.LAST + 2.0),
            reason="Checked against the reference resistor: reads 8 % low",
            certificate=f"CAL-{rig}-{self.car.run}",
        )
        yield self.step(f"{rig} is found out of tolerance back to before its tests, then set anew", found)

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
        content = self._test(self.first, 1, 0.4, rig=self.first_rig)
        return self.car.post(station, content, rig=self.first_rig)

    def note(self) -> str:
        return f"; {self.said(self.line, self.line.positions[0])} is {self._found(self.first)}: pass"

    def _found(self, value: Decimal) -> str:
        return quantity_text(value, self.line.unit, "en")

    def steps(self) -> Iterator[Step]:
        yield from super().steps()
        first, second = self.station.rigs[self.first_rig], self.station.rigs[1]
        found = self.car.post(self.station, self._test(self.second, 2, 0.6, rig=1, verdict="fail"), rig=1)
        yield self.step(
            f"{second} finds {self._found(self.second)}; {self.required(self.line)} is required: fail", found
        )
        content = self._test(self.late, 3, 0.2, rig=self.first_rig)
        late = self.car.upload(self.station, [content], rig=self.first_rig)
        yield self.step(f"{first} uploads {self._found(self.late)} from before both: changes nothing", late)
        content = {**self._test(self.last, 4, self.LAST, rig=self.first_rig), "purpose": "after_rework"}
        last = self.car.post(self.station, content, rig=self.first_rig)
        yield self.step(
            f"{self._found(self.last)} after cleaning the joint: a later pass does not erase the fail", last
        )
