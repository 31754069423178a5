"""One simulated car: its numbers, its registration and its tests. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from .numbering import batch_number, vin_of
from .plan import LinePlan, Station, drifting_line, pack_kind, pack_stations
from .steps import MES, At, Call, Expect, Kind
from .testing import MOST_SECONDS, Key, good_measurements, inspection

DRIFT = 0.8
"""How far the drifting measurement of the last car is on its way from the middle to where good values end."""


@dataclass(frozen=True, slots=True)
class Car:
    """`drift`: of the drifting measurement, from 0 to 1."""

    plan: LinePlan
    run: str
    sequence: int
    drift: float

    @property
    def batch(self) -> str:
        return batch_number(self.plan.model, self.run)

    @property
    def vin(self) -> str:
        return vin_of(self.plan.model, self.run, self.sequence)

    @property
    def pack(self) -> str:
        """The serial number of its battery pack."""
        return f"{self.plan.model}-{self.run}-P{self.sequence:03d}"

    @property
    def stations(self) -> tuple[Station, ...]:
        """Where the car itself is tested: everywhere but where its pack was."""
        packs = pack_stations(self.plan)
        return tuple(station for station in self.plan.stations if station not in packs)

    def registration(self) -> Call:
        """The MES tells of the car, of what runs on it and of the pack in it."""
        content = {
            "vin": self.vin,
            "sequence": self.sequence,
            "software": [{"system": system, "version": version} for system, version in self.plan.software.items()],
            "components": [{"kind": pack_kind(self.plan), "serial": self.pack}],
        }
        return Call(Kind.CAR, MES, f"batches/{self.batch}/vehicles/", {"vehicles": [content]})

    def finished(self, station: Station, *, more: float = 0.0) -> At:
        """When its test at a station is finished: one after another, `more` seconds later where it is repeated."""
        place = self.stations.index(station)
        return At(self.vin, round(0.1 + (MOST_SECONDS - 0.1) * place / len(self.stations) + more, 3))

    def good(self, station: Station, try_: int = 1) -> dict[Key, dict[str, Any]]:
        """Passing measurements of a station; another try measures other values."""
        draw = Random(f"{self.run} {self.plan.model} {self.sequence} {station.procedure} {try_}")
        return good_measurements(station, draw, {drifting_line(self.plan).characteristic: self.drift})

    def test(self, station: Station, *, try_: int = 1, rig: int = 0, **more: Any) -> dict[str, Any]:
        """The body of a test of this car; good values unless `measurements` are handed in."""
        chosen = more.pop("measurements", None)
        return inspection(
            plan=self.plan,
            station=station,
            number=f"{self.batch}-{self.sequence:03d}-{station.procedure}-{try_}",
            subject={"vin": self.vin},
            finished=more.pop("finished", None) or self.finished(station),
            measurements=self.good(station, try_) if chosen is None else chosen,
            rig=rig,
            **more,
        )

    def post(
        self, station: Station, content: Mapping[str, Any], *, rig: int = 0, expect: Expect = Expect.RECORDED
    ) -> Call:
        """A test sent at once by one of the station's rigs."""
        return Call(Kind.TEST, station.rigs[rig], "inspections/", content, expect)

    def upload(self, station: Station, contents: Sequence[Mapping[str, Any]], *, rig: int = 0) -> Call:
        """Tests that a rig kept while its network was down, sent in one go."""
        return Call(Kind.LATE, station.rigs[rig], "inspections/bulk/", contents)


def fleet_of(plan: LinePlan, run: str, cars: int) -> tuple[Car, ...]:
    """The cars of a batch in build order, the drifting measurement of each a little further on."""
    return tuple(Car(plan, run, number, round(DRIFT * number / cars, 3)) for number in range(1, cars + 1))
