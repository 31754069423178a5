"""The end of a run: what is clear is released by two officers, leaves by the API, and what stays says why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import msgspec

from ...batches.choices import VehicleStatus
from ...batches.models import Batch, Vehicle
from ...gates.queries import clearance
from ...releases.models import Delivery, ReleasedVehicle, Signature
from .car import Car
from .client import Client
from .people import People
from .playing import Say, Tally
from .report import behind_lines, listed, paragraph
from .steps import MES, Expect, Kind


@dataclass(slots=True)
class Leaving:
    """`now` tells the moment at which an act is done, `rest` waits for the pace of the line."""

    client: Client
    people: People
    tally: Tally
    say: Say
    now: Callable[[], datetime]
    rest: Callable[[], None]

    def release(self, number: str) -> None:
        """Propose what is clear of a batch and sign it twice."""
        batch = Batch.objects.get(number=number)
        if not self.people.waiting_releases(batch.pk, self.now()):
            self.tally.unexpected += self.people.propose(number)
        for release in self.people.waiting_releases(batch.pk, self.now()):
            behind = batch.vehicles.filter(status=VehicleStatus.IN_PROCESS).count() - release.vehicles
            words = f"; {behind} not clear and left behind" if behind else ""
            self.say(f"{number}: an officer proposes {release.number}, {release.vehicles} cars{words}")
            self.rest()
            self.tally.unexpected += self.people.sign(release)
            self.say(f"{number}: two officers sign {release.number}; each gives the password again")
            self.rest()

    def deliver(self, number: str, last: Collection[str]) -> None:
        """The MES lets out every released car of a batch, but for those it lets go last."""
        vins = Vehicle.objects.filter(batch__number=number, status=VehicleStatus.RELEASED).order_by("sequence")
        wanted = [vin for vin in vins.values_list("vin", flat=True) if vin not in last]
        gone = [vin for vin in wanted if self._leaves(vin)]
        if wanted:
            self.say(f"{number}: the MES lets {len(gone)} of {len(wanted)} released cars out")
            self.rest()

    def ask_last(self, vins: Collection[str]) -> None:
        """The MES asks for the cars that go last: one that evidence has stopped meanwhile does not leave."""
        for vehicle in Vehicle.objects.filter(vin__in=vins, status=VehicleStatus.RELEASED).order_by("pk"):
            left = self._leaves(vehicle.vin, may_refuse=True)
            word = "and it leaves" if left else "and is refused: it may not leave"
            self.say(f"the MES asks for car {vehicle.sequence} {vehicle.vin}, {word}")

    def _leaves(self, vin: str, *, may_refuse: bool = False) -> bool:
        body = msgspec.json.encode({"at": self.now().isoformat()})
        answer = self.client.post(MES, f"vehicles/{vin}/delivery/", body)
        left = answer.status in (200, 201)
        state = Expect.RECORDED if answer.status == 201 else Expect.REPEATED if left else Expect.REFUSED
        self.tally.counts[Kind.DELIVERY, state] += 1
        if not left and not (may_refuse and answer.status == 409):
            self.tally.unexpected.append(f"delivery of {vin}: {answer.problem}")
        return left


def life_lines(number: str, cars: Sequence[Car], *, at: datetime, zone: tzinfo) -> Iterator[str]:
    """What became of a batch's cars: released by whom, delivered, left behind and why."""
    by_vin = {car.vin: car.sequence for car in cars}
    for release, vins in _released(by_vin).items():
        signers = Signature.objects.filter(release__number=release).order_by("place")
        by = " and ".join(signers.values_list("personnel_number", flat=True)) or "nobody yet"
        yield from paragraph(f"  {release:<9} ", f"{len(vins)} cars, signed by {by}: {listed(vins)}")
    left = Delivery.objects.filter(vehicle__vin__in=by_vin).values_list("vehicle__vin", flat=True)
    gone = sorted(by_vin[vin] for vin in left)
    yield from paragraph("  delivered ", f"{len(gone)} of {len(cars)} cars" + (f": {listed(gone)}" if gone else ""))
    staying = [car for car in cars if car.sequence not in gone]
    for car in staying:
        yield f"  behind    car {car.sequence} {car.vin}"
        yield from behind_lines(car, clearance(vin=car.vin, at=at), zone)
    if not staying:
        yield "  behind    no car"


def _released(by_vin: dict[str, int]) -> dict[str, list[int]]:
    rows = ReleasedVehicle.objects.filter(vehicle__vin__in=by_vin, release__signatures__place=2).order_by("release_id")
    found: dict[str, list[int]] = {}
    for number, vin in rows.values_list("release__number", "vehicle__vin"):
        found.setdefault(number, []).append(by_vin[vin])
    return {number: sorted(sequences) for number, sequences in found.items()}
