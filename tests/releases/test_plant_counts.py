"""The cars of the plant counted without a look at each: whatever happens, what is counted is what each of them says."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.batches.models import Batch, Vehicle
from inspections.dispositions.models import Hold, Nonconformance
from inspections.dispositions.services import lift_hold, place_hold
from inspections.gates.models import BatchGate, VehicleGate
from inspections.gates.moving import _move
from inspections.gates.queries import batch_summaries, clearance
from inspections.gates.services import decide_batch, scrap_vehicle
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.releases.in_plant import Standing, cars_in_plant
from inspections.releases.models import Release
from inspections.releases.plant_counts import count_in_plant
from inspections.releases.services import deliver_vehicle, propose_release, sign_release
from inspections.results.operators import map_operator
from inspections.results.services import record_inspections
from inspections.saying import Refusal
from tests.depth import LONG
from tests.factories import AT, Plant, changed_value, make_batch, make_person, make_vehicle
from tests.signing import shown

pytestmark = pytest.mark.django_db

SOFTWARE = [("ADAS", "4.10"), ("BMS", "2.0")]
CLEAR = (Standing.TO_PROPOSE, Standing.TO_SIGN, Standing.TO_DELIVER)
STARTS = {"day": AT - timedelta(hours=8), "week": AT - timedelta(days=3), "year": AT - timedelta(days=300)}


def counted(at: Any = AT) -> tuple[Counter[str], Counter[str], dict[str, Counter[str]]]:
    """How many cars stand where, how many are tested, clear and held, and how many of each were built in a period."""
    standings, flags = Counter[str](), Counter[str]()
    built: dict[str, Counter[str]] = {name: Counter() for name in STARTS}
    for row in count_in_plant(at=at, starts=STARTS):
        if row.standing == "removed":
            continue
        standings[row.standing] += row.cars
        flags.update({"clear": row.cars * row.clear, "held": row.cars * row.held})
        for name, cars in row.built.items():
            built[name][row.standing] += cars
    return standings, +flags, {name: +found for name, found in built.items()}


def looked_at(at: Any = AT) -> tuple[Counter[str], Counter[str], dict[str, Counter[str]]]:
    """The same, from a look at each car."""
    cars = cars_in_plant(at=at, most=1000)
    flags = Counter(clear=sum(car.standing in CLEAR for car in cars), held=sum(car.standing == "held" for car in cars))
    built = {
        name: Counter(car.standing.value for car in cars if car.registered_at >= start)
        for name, start in STARTS.items()
    }
    return Counter(car.standing.value for car in cars), +flags, built


def summed(at: Any = AT) -> dict[str, tuple[int, int, int]]:
    ids = list(Batch.objects.values_list("pk", flat=True))
    return {row.number: (row.clear, row.unreleased, row.held) for row in batch_summaries(ids=ids, at=at)}


def asked_one_by_one(at: Any = AT) -> dict[str, tuple[int, int, int]]:
    found: dict[str, tuple[int, int, int]] = {}
    for batch in Batch.objects.all():
        cars = list(batch.vehicles.all())
        clear = [car for car in cars if clearance(vin=car.vin, at=at).clear]
        stopped = Hold.objects.filter(batch=batch, lifted_at=None)
        held = cars if stopped.filter(vehicle=None).exists() else {row.vehicle_id for row in stopped}
        found[batch.number] = len(clear), sum(car.status == "in_process" for car in clear), len(held)
    return found


def agrees(at: Any = AT) -> None:
    assert counted(at) == looked_at(at)
    assert summed(at) == asked_one_by_one(at)


class Life:
    """Acts on a plant of two batches, chosen by chance, whatever comes of them."""

    def __init__(self, plant: Plant, chance: Random) -> None:
        self.plant, self.chance = plant, chance
        self.batches = [plant.batch, make_batch("B-2", configuration=plant.configuration, line=plant.batch.line)]
        self.engineer, self.officer = (
            Actor.person(make_person(role)) for role in (Role.ENGINEER, Role.RELEASE_OFFICER)
        )
        self.strangers = 0
        self.met: set[str] = set()

        for _ in range(8):
            self.built()

    def car(self) -> Vehicle:
        return self.chance.choice(list(Vehicle.objects.select_related("batch").order_by("pk")))

    def act(self) -> str:
        if self.chance.random() < 0.3:
            self.decided()  # now and then, as the workers do
        act = self.chance.choice(
            [self.built, self.passed, self.passed, self.failed, self.decided, self.held, self.lifted, self.moved,
             self.measured_by_a_stranger, self.mapped, self.scrapped, self.expired, self.released, self.released,
             self.delivered, self.opened]
        )  # fmt: skip
        with suppress(Refusal):
            act()
        return act.__name__

    def built(self) -> None:
        at = AT - timedelta(hours=self.chance.choice([1, 20, 400]))
        place = 100 * (1 + Vehicle.objects.count())  # between these stand those that were moved
        make_vehicle(self.chance.choice(self.batches), sequence=place, software=SOFTWARE, at=at)

    def passed(self) -> None:
        for car in Vehicle.objects.filter(status="in_process").order_by("pk"):
            if self.chance.random() < 0.7:
                self.record(*self.plant.passing(vin=car.vin))

    def failed(self) -> None:
        bad = self.plant.posted("BAT-EOL", vin=self.car().vin, measurements=changed_value("BAT-EOL", "BOND", "0.2"))
        self.record(bad)

    def record(self, *items: Any) -> None:
        record_inspections(items=list(items), rig=self.plant.rig, actor=self.plant.rig_actor, at=AT)

    def decided(self) -> None:
        for batch in self.batches:
            decide_batch(batch_id=batch.pk, at=AT)

    def held(self) -> None:
        car = self.car()
        whole = self.chance.random() < 0.2
        place_hold(batch=car.batch, vehicle=None if whole else car, reason="looked at", actor=self.engineer, at=AT)

    def lifted(self) -> None:
        for hold in Hold.objects.filter(source="person", lifted_at=None):
            lift_hold(hold=hold, reason="in order", actor=self.engineer, at=AT)

    def opened(self) -> None:
        car = self.car()
        Nonconformance.objects.create(
            number=f"X-{Nonconformance.objects.count()}", batch=car.batch, domain="crash", opened_at=AT,
            vehicle=None if self.chance.random() < 0.2 else car, code=f"x{Nonconformance.objects.count()}",
        )  # fmt: skip
        Nonconformance.objects.filter(number__startswith="X-", state="open").exclude(vehicle=car).update(
            state="closed", closed_at=AT
        )

    def measured_by_a_stranger(self) -> None:
        self.strangers += 1
        operator = f"WHO-{self.strangers}"
        if self.strangers % 2:
            self.record(self.plant.posted(vin=self.car().vin, operator=operator))
        else:
            self.record(self.plant.posted(component={"kind": "pack", "serial": "P-1"}, operator=operator))

    def mapped(self) -> None:
        for number in range(1, self.strangers + 1):
            person = make_person(Role.INSPECTOR)
            map_operator(operator=f"WHO-{number}", user=person, actor=self.engineer, at=AT)
        self.strangers = 0

    def scrapped(self) -> None:
        car = self.car()
        if car.status == "in_process":
            scrap_vehicle(vehicle=car, reason="bent", actor=self.engineer, at=AT)

    def expired(self) -> None:
        VehicleGate.objects.filter(vehicle=self.car(), domain="driving").update(valid_until=AT - timedelta(hours=1))

    def released(self) -> None:
        for batch in self.batches:
            clear = [
                car.pk for car in batch.vehicles.filter(status="in_process") if clearance(vin=car.vin, at=AT).clear
            ]
            if not clear:
                continue
            release = propose_release(batch=batch, vehicle_ids=clear, actor=self.officer, at=AT)
            for _ in range(self.chance.choice([0, 1, 2, 2])):
                self.sign(release)

    def sign(self, release: Release) -> None:
        signer = make_person(Role.RELEASE_OFFICER)
        sign_release(release=release, signer=signer, password="a long password", seen=shown(release, AT), at=AT)

    def delivered(self) -> None:
        for car in Vehicle.objects.filter(status="released")[:2]:
            if clearance(vin=car.vin, at=AT).may_leave:
                deliver_vehicle(vehicle=car, delivered_at=AT, actor=self.officer, at=AT)

    def moved(self) -> None:
        car = self.car()
        to = next(batch for batch in self.batches if batch.pk != car.batch_id)
        to.refresh_from_db()
        _move(car, to, "to and fro", to.revision_id, Actor.system("a mover"), AT)


@pytest.mark.law(1)
@pytest.mark.parametrize("seed", range(12 if LONG else 1))
def test_law_1_whatever_happens_cars_are_counted_as_each_of_them_stands(standing_plant: Plant, seed: int) -> None:
    life = Life(standing_plant, Random(seed))
    acts = []
    for _ in range(40):
        acts.append(life.act())
        try:
            agrees()
        except AssertionError as fault:
            raise AssertionError(f"after {acts}") from fault
        life.met.update(counted()[0])
    agrees(AT + timedelta(days=2))  # proposals have lapsed
    assert life.met >= {"to_test", "not_clear", "held", "to_propose"}, "a poor life, which says little"


@pytest.mark.law(1)
def test_law_1_a_car_whose_gate_is_gone_is_not_counted_as_clear(standing_plant: Plant) -> None:
    plant = standing_plant
    other = make_vehicle(plant.batch, software=SOFTWARE, at=AT)
    for each in (plant.vehicle, other):
        record_inspections(items=plant.passing(vin=each.vin), rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert counted()[0] == {"to_propose": 2}
    VehicleGate.objects.filter(vehicle=other, domain="crash").delete()
    BatchGate.objects.filter(batch=plant.batch, domain="crash").update(passed=1)
    agrees()
    assert counted()[0] == {"to_propose": 1, "to_test": 1}
    assert summed()[plant.batch.number][:2] == (1, 1)


def test_strangers_are_found_by_the_index_of_operators_and_not_in_the_record(standing_plant: Plant) -> None:
    """A record has hundreds of millions of inspections; read whole, every page that counts cars would read them."""
    with CaptureQueriesContext(connection) as captured:
        count_in_plant(at=AT, starts=STARTS)
        batch_summaries(ids=[standing_plant.batch.pk], at=AT)
    statements = [row["sql"] for row in captured.captured_queries if "inspections_inspection" in row["sql"]]
    assert len(statements) == 2
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("set local enable_bitmapscan = off")
        for statement in statements:
            cursor.execute(f"explain {statement}")
            lines = [row[0] for row in cursor.fetchall() if " on inspections_inspection" in row[0]]
            assert {"inspection_operator" in line for line in lines} == {True}
