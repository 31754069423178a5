"""Hostile writing while deciding and asking goes on, in processes of their own: nothing lost, doubled or too early."""

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.depth import LONG
from tests.gates.under_fire import CARS, RIGS, WRITERS

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True), pytest.mark.law(7)]

SECONDS = float(os.environ.get("INTERLOCK_FIRE_SECONDS", "8" if LONG else "2"))
"""From when all of them are ready. Half a minute in continuous integration."""


def let_go(processes: list[Any], signal: Path) -> None:
    """All of them at once, when the last one is ready."""
    for process in processes:
        process.wait_for("ready", 120)
    signal.touch()


def told_by(process: Any, seconds: float) -> Counter[str]:
    """What a process reports when it is done; an error of it fails the test with its log."""
    process.wait_for("told ", seconds)
    process.started.process.wait(10)
    assert process.started.process.returncode == 0, process.output()
    assert "Traceback" not in process.output()
    line = next(line for line in process.output().splitlines() if line.startswith("told "))
    return Counter(json.loads(line.removeprefix("told ")))


@pytest.fixture
def burning_plant(transactional_db: None) -> Any:
    """Cars of one batch and three rigs that all writers share; its plan allows no repeats."""
    from tests import factories

    plant = factories.make_plant(lines=[{**line, "repeats": 0} for line in factories.LINES])
    for number in range(2, RIGS + 1):
        factories.make_rig(f"EOL-{number}0", procedures=list(plant.procedures.values()))
    for _ in range(CARS - 1):
        factories.make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
    return plant


def test_four_writers_two_deciders_and_a_reader_leave_what_a_recomputation_finds(
    burning_plant: Any, start_process: Callable[..., Any], tmp_path: Path
) -> None:
    from inspections.batches.models import Vehicle
    from inspections.gates.models import BatchGate, Decider, VehicleGate
    from inspections.gates.queries import clearance
    from inspections.gates.recounting import recount_batch
    from inspections.gates.services import decide_batch
    from inspections.marks.models import Mark
    from inspections.results.models import Inspection, Measurement
    from tests.factories import AT
    from tests.gates.recomputing import REQUIRED, states_of

    vins = list(Vehicle.objects.order_by("sequence").values_list("vin", flat=True))

    def start(role: str, number: int) -> Any:
        arguments = (role, str(number), str(SECONDS), AT.isoformat(), ",".join(vins), str(tmp_path / "go"))
        return start_process(f"{role}-{number}", "tests.gates.under_fire", *arguments)

    writers = [start("write", number) for number in range(WRITERS)]
    deciders = [start("decide", number) for number in range(2)]
    reader = start("ask", 0)
    let_go([*writers, *deciders, reader], tmp_path / "go")
    written = sum((told_by(process, SECONDS + 120) for process in writers), Counter())
    decided = sum((told_by(process, SECONDS + 120) for process in deciders), Counter())
    asked = told_by(reader, SECONDS + 120)
    at_rest = decide_batch(batch_id=burning_plant.batch.pk, at=AT)

    # Everything was met: first deliveries, repeats and conflicts. Under such fire a car may never be found decided, so
    # whether one was clear in its midst is not asked; that none was wrongly so is.
    assert min(written["recorded"], written["repeated"], written["refused"], asked["asked"]) > 0
    assert asked["wrongly clear"] == 0
    assert (asked["counted"] > 0, asked["wrongly counted"], asked["wrongly summed"]) == (True, 0, 0)
    # Each delivery was answered once, and each id stands once.
    assert Inspection.objects.count() == written["recorded"]
    assert written["waiting"] == 0
    numbered = Measurement.objects.values_list("inspection_id").distinct().count()
    assert numbered == Inspection.objects.count()
    # Each mark was consumed once, and nothing is undecided.
    assert Mark.objects.count() == 0
    assert Decider.objects.get().counter == decided["consumed"] + at_rest

    truth = states_of(vins)
    names = {0: "passed", 1: "pending", 2: "failed"}
    stored = {
        (gate.vehicle.vin, gate.domain): names[gate.state] for gate in VehicleGate.objects.select_related("vehicle")
    }
    assert stored == truth
    for gate in BatchGate.objects.all():
        found = Counter(state for (_, domain), state in truth.items() if domain == gate.domain)
        assert Counter(passed=gate.passed, pending=gate.pending, failed=gate.failed) == found
    assert BatchGate.objects.count() == len(REQUIRED)
    assert recount_batch(batch_id=burning_plant.batch.pk, at=AT) == []
    clear = {vin for vin in vins if clearance(vin=vin, at=AT).clear}
    assert clear == {vin for vin in vins if all(truth[vin, domain] == "passed" for domain in REQUIRED)}


def test_cars_that_are_moved_to_and_fro_under_fire_are_counted_once_where_they_are(
    burning_plant: Any, start_process: Callable[..., Any], tmp_path: Path
) -> None:
    from inspections.batches.models import Batch, Vehicle, VehicleMove
    from inspections.dispositions.models import Hold, Nonconformance
    from inspections.gates.models import BatchGate, VehicleGate
    from inspections.gates.recounting import recount_batch
    from inspections.gates.services import decide_batch
    from inspections.marks.models import Mark
    from inspections.marks.queries import undecided_batches
    from inspections.results.models import Inspection
    from tests.factories import AT, make_batch
    from tests.gates.recomputing import states_of

    make_batch("SU7-2026W47-04", configuration=burning_plant.configuration)
    vins = list(Vehicle.objects.order_by("sequence").values_list("vin", flat=True))

    def start(role: str, number: int) -> Any:
        arguments = (role, str(number), str(SECONDS), AT.isoformat(), ",".join(vins), str(tmp_path / "go"))
        return start_process(f"{role}-{number}", "tests.gates.under_fire", *arguments)

    writers = [start("write", number) for number in range(2)]
    others = [start("decide", 0), start("move", 0), start("ask", 0)]
    let_go([*writers, *others], tmp_path / "go")
    written = sum((told_by(process, SECONDS + 120) for process in writers), Counter())
    told = sum((told_by(process, SECONDS + 120) for process in others), Counter())
    while undecided_batches():
        for batch_id in undecided_batches():
            decide_batch(batch_id=batch_id, at=AT)

    assert min(written["recorded"], told["moved"], told["asked"]) > 0
    assert told["wrongly clear"] == 0
    assert (told["counted"] > 0, told["wrongly counted"], told["wrongly summed"]) == (True, 0, 0)
    assert (Inspection.objects.count(), VehicleMove.objects.count()) == (written["recorded"], told["moved"])
    assert Mark.objects.count() == 0
    truth = states_of(vins)
    names = {0: "passed", 1: "pending", 2: "failed"}
    gates = list(VehicleGate.objects.select_related("vehicle"))
    assert {(gate.vehicle.vin, gate.domain): names[gate.state] for gate in gates} == truth
    assert all(gate.counted and gate.batch_id == gate.vehicle.batch_id for gate in gates)
    where = dict(Vehicle.objects.values_list("vin", "batch_id"))
    for batch in Batch.objects.all():
        for gate in BatchGate.objects.filter(batch=batch):
            found = Counter(
                state for (vin, domain), state in truth.items() if domain == gate.domain and where[vin] == batch.pk
            )
            assert Counter(passed=gate.passed, pending=gate.pending, failed=gate.failed) == found
        assert recount_batch(batch_id=batch.pk, at=AT) == []
    for model in (Hold.objects.filter(lifted_at=None), Nonconformance.objects.filter(state="open")):
        assert all(row.batch_id == row.vehicle.batch_id for row in model.select_related("vehicle"))
