"""Real workers and a real beat: what they take from the queue, and what they find when the queue has lost it (law 7).

Everything here is committed and decided by processes of their own, against the real clock.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone

from inspections import dispatch
from inspections.dispatch import DECIDE_BATCH, REDECIDE_EXPIRED, SWEEP_INTAKE, Queue, enqueue_after_commit
from inspections.gates.choices import CoverageKind
from inspections.gates.models import BatchGate, Decider, Decision, VehicleGate
from inspections.gates.queries import clearance
from inspections.gates.recounting import recount_batch
from inspections.gates.services import decide_batch, enter_coverage, mark_expired
from inspections.intake.models import Kept, Submission
from inspections.intake.services import land_submission
from inspections.marks.models import Mark
from inspections.results.models import Inspection
from inspections.results.services import record_inspections
from inspections.rigs.services import issue_key
from tests.factories import (
    AT,
    GOOD,
    LINES,
    Plant,
    changed_value,
    make_engineer,
    make_plant,
    make_procedure,
    make_revision,
    make_vehicle,
    mes_actor,
    pin,
    vin,
)

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True), pytest.mark.law(7)]

REPORT = Path(__file__).parents[1] / "fixtures" / "wats" / "pack-eol-passed.json"
SOFTWARE = {"BAT-EOL": ("BMS", "2.0"), "DRV-EOL": ("ADAS", "4.10")}

Start = Callable[..., Any]


@pytest.fixture
def plant(transactional_db: None) -> Plant:
    plant = make_plant()
    plant.batch.refresh_from_db()
    return plant


def wait_until(what: Callable[[], Any], seconds: float = 60) -> Any:
    """What it says as soon as it says something; fails when it never does."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"never came true: {what}"
        time.sleep(0.05)
    return found


def all_decided() -> bool:
    return not Mark.objects.exists()


def good_items(plant: Plant) -> list[Any]:
    return [
        plant.posted(code, software=[{"system": SOFTWARE[code][0], "version": SOFTWARE[code][1]}])
        if code in SOFTWARE
        else plant.posted(code)
        for code in GOOD
    ]


def send(name: str, queue: Queue, **arguments: int) -> None:
    """Put a task into its queue, as often as this is called."""
    enqueue_after_commit(name, queue=queue, kwargs=arguments)


def in_queue(redis: Any) -> int:
    return sum(redis.llen(queue.value) for queue in Queue)


def lose_the_queue(redis: Any) -> None:
    """Redis came back empty: no task, no mark of a task, nothing that a worker had taken and not finished."""
    redis.flushdb()
    redis.set("interlock-tests", "1")


def test_law_7_what_is_posted_before_its_car_is_known_is_recorded_and_decided_once_it_is(
    plant: Plant, celery_worker_process: Any
) -> None:
    """Two posts for one car, one before and one after the plant registers it, all of it through the API."""
    at = timezone.now()
    rig = Client(headers={"authorization": f"Bearer {issue_key(rig=plant.rig, at=at)}"})
    mes = Client(headers={"authorization": f"Bearer {issue_key(client=_mes(), at=at)}"})
    car = vin(800_001)

    def posted(code: str, measurements: Any) -> tuple[int, Any]:
        body = {
            "id": f"{code}-1", "vin": car, "procedure": code, "started_at": AT.isoformat(),
            "finished_at": AT.isoformat(),
            "measurements": [{key: _plain(value) for key, value in row.items()} for row in measurements],
        }  # fmt: skip
        answer = rig.post("/api/v1/inspections/", json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()

    bad = changed_value("BAT-EOL", "BOND", "0.100", position="pack")
    assert posted("BAT-EOL", bad) == (202, {"id": "BAT-EOL-1", "status": "waiting"})
    assert not Inspection.objects.exists()
    body = {"vehicles": [{"vin": car, "sequence": 2, "software": [{"system": "BMS", "version": "2.0"}]}]}
    registered = mes.post(f"/api/v1/batches/{plant.batch.number}/vehicles/", body, content_type="application/json")
    assert registered.status_code == 201
    assert posted("CRS-EOL", GOOD["CRS-EOL"])[0] == 201

    wait_until(lambda: Inspection.objects.count() == 2 and all_decided())
    assert Kept.objects.get().state == "recorded"
    answer = mes.get(f"/api/v1/vehicles/{car}/clearance/").json()
    failed = [reason for reason in answer["reasons"] if reason["code"] == "measurement_failed"]
    assert [(reason["characteristic"], reason["found"], reason["required"]) for reason in failed] == [
        ("BOND", "0.100 ohm", "< 0.1 ohm")
    ]
    assert {reason["gate"] for reason in answer["reasons"] if reason["code"] == "missing_result"} == {"driving"}


def _mes() -> Any:
    from inspections.rigs.models import SystemClient

    mes_actor()
    return SystemClient.objects.get()


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def test_law_7_a_task_delivered_many_times_to_two_workers_takes_one_decision(
    plant: Plant, start_celery_worker: Start, redis: Any
) -> None:
    bad = plant.posted("BAT-EOL", measurements=changed_value("BAT-EOL", "BOND", "0.100"))
    record_inspections(items=[bad], rig=plant.rig, actor=plant.rig_actor, at=AT)
    marks = Mark.objects.count()
    lose_the_queue(redis)
    for _ in range(10):
        send(DECIDE_BATCH, Queue.URGENT, batch_id=plant.batch.pk)
    assert redis.llen("urgent") == 10
    worker = start_celery_worker(concurrency=2)
    wait_until(lambda: worker.output().count("succeeded in") == 10)
    assert Decider.objects.get().counter == marks
    decisions = Decision.objects.filter(vehicle=plant.vehicle, domain="battery")
    assert [(decision.state, decision.counter) for decision in decisions] == [(2, marks)]
    assert recount_batch(batch_id=plant.batch.pk, at=timezone.now()) == []


def test_law_7_a_worker_killed_in_mid_decision_loses_nothing_even_with_its_queue(
    plant: Plant,
    start_celery_worker: Start,
    request: pytest.FixtureRequest,
    redis: Any,
    owner_connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The marks are taken and the gates about to be written when it dies; the sweep of a real beat decides."""
    monkeypatch.setenv("SWEEP_SECONDS", "1")
    record_inspections(items=good_items(plant), rig=plant.rig, actor=plant.rig_actor, at=AT)
    marks = Mark.objects.count()
    with owner_connection.transaction():
        # Reading goes on, the first write of the decision waits.
        owner_connection.execute("lock table inspections_vehiclegate in share mode")
        worker = start_celery_worker()
        wait_until(lambda: _waiting_for(owner_connection, "inspections_vehiclegate"))
        worker.kill()
        lose_the_queue(redis)
        assert (Mark.objects.count(), VehicleGate.objects.count(), Decision.objects.count()) == (marks, 0, 0)
    assert clearance(vin=plant.vehicle.vin, at=timezone.now()).clear is False

    start_celery_worker()
    request.getfixturevalue("beat_process")
    wait_until(all_decided)
    wait_until(lambda: Decider.objects.filter(counter=marks).exists())
    assert Decision.objects.filter(vehicle=plant.vehicle).count() == 3
    assert clearance(vin=plant.vehicle.vin, at=timezone.now()).clear is True
    assert recount_batch(batch_id=plant.batch.pk, at=timezone.now()) == []


def _waiting_for(connection: psycopg.Connection[Any], table: str) -> bool:
    row = connection.execute(
        "select count(*) from pg_locks where relation = %s::regclass and not granted", [table]
    ).fetchone()
    return bool(row and row[0])


def test_sweeps_find_a_file_that_nobody_read_and_a_decision_that_ran_out(
    plant: Plant, start_celery_worker: Start, redis: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any
) -> None:
    monkeypatch.setenv("SUBMISSIONS_DIR", str(tmp_path))
    settings.SUBMISSIONS_DIR = tmp_path
    now = timezone.now()
    covered_until = _decide_under_coverage_that_ended(plant, now)
    submission = _land_unread(plant, now - timedelta(minutes=1))
    lose_the_queue(redis)

    worker = start_celery_worker()
    assert in_queue(redis) == 0
    send(SWEEP_INTAKE, Queue.SLOW)
    send(REDECIDE_EXPIRED, Queue.DEFAULT)
    wait_until(lambda: Submission.objects.exclude(state="landed").exists())
    submission.refresh_from_db()
    assert (submission.state, submission.recorded, submission.reasons) == ("recorded", 1, []), worker.output()
    wait_until(lambda: BatchGate.objects.filter(domain="crash", state=2).exists())
    gate = BatchGate.objects.get(domain="crash")
    assert [reason["code"] for reason in gate.reasons] == ["coverage_expired"]
    assert gate.decided_at >= now > covered_until
    wait_until(all_decided)
    # What ran out is decided once, not again every minute.
    assert mark_expired(at=timezone.now()) == 0


def _decide_under_coverage_that_ended(plant: Plant, now: datetime) -> datetime:
    """A batch whose crash gate passed until a moment that is over by now."""
    ended = AT + timedelta(seconds=1)
    type_line = {"characteristic": "SQUIB", "level": "type", "upper": 3}
    procedure = make_procedure("PACK-EOL", "battery", {"PK-ISO": {"unit": "Mohm"}})
    pack_line = {"characteristic": "PK-ISO", "lower": Decimal(500)}
    pin(plant.batch, make_revision(plant.configuration, [*LINES[:-2], LINES[-1], type_line, pack_line]))
    enter_coverage(
        number="CoP-1", procedure=plant.procedures["CRS-EOL"], configuration=plant.configuration,
        kind=CoverageKind.CERTIFICATE, document="report.pdf", document_sha256="0" * 64,
        valid_from=AT - timedelta(days=30), valid_until=ended, actor=make_engineer(), at=AT,
    )  # fmt: skip
    decide_batch(batch_id=plant.batch.pk, at=AT)
    gate = BatchGate.objects.get(domain="crash")
    assert (gate.state, gate.valid_until) == (0, ended)
    assert procedure.pk
    return ended


def _land_unread(plant: Plant, at: datetime) -> Submission:
    """A file that landed a minute ago, and that the task queued for it never read."""
    from inspections.catalogue.models import Characteristic, Procedure, SourceItem
    from inspections.results.services import authorise_rig
    from tests.factories import LONG_AGO, SYSTEM

    procedure = Procedure.objects.get(code="PACK-EOL")
    SourceItem.objects.create(
        procedure=procedure, adapter="wats_json", item="High voltage / Insulation plus",
        characteristic=Characteristic.objects.get(code="PK-ISO"), position="",
    )  # fmt: skip
    authorise_rig(rig=plant.rig, procedure=procedure, effective_at=LONG_AGO, actor=SYSTEM, at=LONG_AGO)
    car = make_vehicle(plant.batch)
    return land_submission(
        rig=plant.rig, stream=[REPORT.read_bytes()], name="report.json", vin=car.vin, procedure="PACK-EOL",
        actor=plant.rig_actor, at=at,
    )[0]  # fmt: skip


def test_tasks_are_acknowledged_late_and_bounded() -> None:
    """What keeps a task from being lost with its worker, from running for ever, and from being tried for ever."""
    from qa.celery import app

    app.loader.import_default_modules()
    own = {name: task for name, task in app.tasks.items() if name.startswith("inspections.")}
    assert set(own) == {
        DECIDE_BATCH, dispatch.SWEEP_UNDECIDED, dispatch.READ_SUBMISSION, dispatch.RECORD_WAITING, REDECIDE_EXPIRED,
        SWEEP_INTAKE, dispatch.READ_AGAIN, dispatch.RECOUNT_BATCHES, dispatch.TELL_PEOPLE,
        dispatch.SEAL_LEDGER, dispatch.TELL_WITNESSES,
    }  # fmt: skip
    for task in own.values():
        assert (task.acks_late, task.reject_on_worker_lost, task.ignore_result) == (True, True, True)
        assert 0 < task.max_retries <= 5
        assert task.retry_jitter
    assert 0 < app.conf.task_soft_time_limit < app.conf.task_time_limit
    assert app.conf.broker_transport_options["visibility_timeout"] > app.conf.task_time_limit
    assert {entry["options"]["queue"] for entry in configured.CELERY_BEAT_SCHEDULE.values()} <= set(Queue)
    assert {entry["task"] for entry in configured.CELERY_BEAT_SCHEDULE.values()} <= set(own)
