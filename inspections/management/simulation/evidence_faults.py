"""Cars whose results are missing, or do not count for what happened to car or rig. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from .events import REPEATED_SECONDS, Event
from .numbering import batch_number
from .plan import (
    Station,
    certificate_station,
    flashed_station,
)
from .steps import MES, At, Call, Certificate, Kind, Step
from .testing import MOST_SECONDS


class Missing(Event):
    """A station was passed by."""

    usual_car = 6
    blocks = True

    @property
    def skipped(self) -> Station:
        return next((station for station in self.car.stations if station.domain == "crash"), self.car.stations[-1])

    def tests(self) -> Iterator[Call]:
        return (self.test(station) for station in self.car.stations if station is not self.skipped)

    def answers(self) -> Iterator[Step]:
        yield self.step(f"is driven back to {self.skipped.procedure}, and passes", self.again(self.skipped))

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

    def answers(self) -> Iterator[Step]:
        """Its software is set back first: the plan asks for the version that it had; another test could only fail."""
        system = flashed_station(self.plan).software_systems[0]
        version = self.plan.software[system]
        back = {"at": At(self.car.vin, REPEATED_SECONDS - 0.5), "software": [{"system": system, "version": version}]}
        flash = Call(Kind.CHANGE, MES, f"vehicles/{self.car.vin}/software/", back)
        calls = [self.again(station) for station in self.car.stations if system in station.software_systems]
        text = f"is set back to {system} {version} and tested again: {len(calls)} tests pass"
        yield self.step(text, flash, *calls)


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

    def answers(self) -> Iterator[Step]:
        station = certificate_station(self.plan)
        yield self.step(f"{station.rigs[0]}, in calibration, tests it again and it passes", self.again(station))

    def note(self) -> str:
        return f"; one on {certificate_station(self.plan).rigs[1]}, now out of calibration"
