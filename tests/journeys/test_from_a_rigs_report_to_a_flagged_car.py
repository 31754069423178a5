"""How a plant starts: draft a procedure from what a rig writes, approve it, and judge that rig's reports ever after.

Through the real web server and a real worker; people's acts through the services that the pages call.
"""

import io
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from django.core.management import call_command

from inspections.catalogue.models import Characteristic, PlanRevision, Procedure
from inspections.catalogue.services import ApprovalRefused
from inspections.dispositions.models import Hold, Nonconformance
from inspections.evaluation.reasons import Outcome
from inspections.people.choices import Role
from inspections.results.models import Inspection, Measurement
from inspections.results.services import authorise_rig, enter_calibration
from inspections.rigs.models import Rig, SystemClient
from inspections.rigs.services import issue_key
from tests.factories import SYSTEM, make_configuration, make_person, vin
from tests.signing import approve

SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "samples" / "wats" / "uut-wsjf-export.json"
OWN = Path(__file__).resolve().parents[1] / "fixtures" / "wats" / "pack-eol-failed.json"
VIN = vin(417)

real_sample = pytest.param(
    SAMPLE, marks=pytest.mark.skipif(not SAMPLE.is_file(), reason="the folder of real rig files is not here")
)


def draft_and_approve(report, tmp_path):
    """Draft, load and approve: by two people, neither of them its author."""
    make_configuration("SU7-MAX-CN")
    call_command(
        "draft_procedure",
        str(report),
        "--domain=battery",
        "--code=BAT-WATS",
        "--configuration=SU7-MAX-CN",
        f"--out-dir={tmp_path}",
        stdout=io.StringIO(),
    )
    author, first, second = (make_person(Role.CATALOGUE_OWNER) for _ in range(3))
    call_command("load_catalogue", str(tmp_path / "BAT-WATS.yaml"), stdout=io.StringIO())
    call_command(
        "load_plan", str(tmp_path / "BAT-WATS-plan.yaml"), f"--author={author.personnel_number}", stdout=io.StringIO()
    )
    revision = PlanRevision.objects.get()
    with pytest.raises(ApprovalRefused):
        approve(revision, author, datetime.now(UTC))
    for approver in (first, second):
        approve(revision, approver, datetime.now(UTC))
    return Procedure.objects.get()


def rig_for(procedure):
    long_ago = datetime(2025, 1, 1, tzinfo=UTC)
    rig = Rig.objects.create(code="WATS-1", name="A rig that writes WATS reports")
    authorise_rig(rig=rig, procedure=procedure, effective_at=long_ago, actor=SYSTEM, at=long_ago)
    enter_calibration(
        rig=rig,
        certificate="C-1",
        valid_from=long_ago,
        valid_until=datetime.now(UTC) + timedelta(days=365),
        actor=SYSTEM,
        at=long_ago,
    )
    return rig


def bearer(holder):
    return {"Authorization": f"Bearer {issue_key(at=datetime.now(UTC), **holder)}"}


def poll(get, until, seconds=20):
    end = time.monotonic() + seconds
    while not until(answer := get().json()):
        assert time.monotonic() < end, answer
        time.sleep(0.1)
    return answer


@pytest.mark.processes
@pytest.mark.parametrize("report", [real_sample, OWN], ids=["real", "own"])
def test_a_failed_report_flags_the_car(report, web_process, celery_worker_process, tmp_path):
    procedure = draft_and_approve(report, tmp_path)
    rig = rig_for(procedure)
    mes = bearer({"client": SystemClient.objects.create(code="MES", name="MES")})
    with httpx.Client(base_url=f"{web_process.url}/api/v1/", timeout=60) as http:
        batch = {"number": "B-1", "configuration": "SU7-MAX-CN", "planned_quantity": 1, "line": "L1"}
        assert http.post("batches/", json=batch, headers=mes).status_code == 201
        cars = {"vehicles": [{"vin": VIN, "sequence": 1}]}
        assert http.post("batches/B-1/vehicles/", json=cars, headers=mes).status_code == 201

        key = bearer({"rig": rig})
        sent = {"files": {"file": (report.name, report.read_bytes())}, "data": {"vin": VIN}, "headers": key}
        landed = http.post("submissions/", **sent)
        assert (landed.status_code, landed.json()["state"]) == (202, "landed")
        path = f"submissions/{landed.json()['id']}/"
        read = poll(lambda: http.get(path, headers=key), lambda answer: answer["state"] != "landed")
        assert (read["state"], read["reasons"]) == ("recorded", [])

        again = http.post("submissions/", **sent)
        assert (again.status_code, again.json()["id"]) == (200, landed.json()["id"])

        clearance = poll(
            lambda: http.get(f"vehicles/{VIN}/clearance/", headers=mes),
            lambda answer: "evaluation_pending" not in {reason["code"] for reason in answer["reasons"]},
        )
    assert (clearance["clear"], clearance["may_leave"]) == (False, False)
    codes = {reason["code"] for reason in clearance["reasons"]}
    assert codes >= {"measurement_failed", "hold_active", "nonconformance_open"}
    assert Hold.objects.filter(vehicle__vin=VIN, lifted_at__isnull=True).exists()
    assert Nonconformance.objects.filter(vehicle__vin=VIN, state="open").exists()
    assert Inspection.objects.count() == 1
    if report == SAMPLE:
        assert_recomputed_as_the_rig_said()


def assert_recomputed_as_the_rig_said():
    """103 limit checks end as the rig's own verdicts; 5 logged values judge nothing; the rest is texts and flags."""
    numbers = {row.pk for row in Characteristic.objects.filter(kind="variable")}
    rows = [row for row in Measurement.objects.all() if row.characteristic_id in numbers]
    judged = [row for row in rows if row.requirement_id is not None]
    assert (len(judged), len(rows) - len(judged)) == (103, 5)
    assert Counter(row.outcome == row.claimed for row in judged) == {True: 103}
    assert {row.outcome for row in rows if row.requirement_id is None} == {int(Outcome.NOT_JUDGED)}
