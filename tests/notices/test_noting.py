"""What only time or a decision brings to light is written into the ledger once, so that somebody is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from inspections.gates.choices import CoverageKind
from inspections.gates.services import decide_batch, enter_coverage, note_ended_coverage, revoke_coverage
from inspections.intake.services import post_inspection
from inspections.people.models import User
from inspections.people.rules import Actor
from inspections.records.models import LedgerEntry
from inspections.results.services import enter_calibration, record_inspections, report_out_of_tolerance
from inspections.rigs.services import note_ended_calibrations
from tests.factories import AT, SYSTEM, Plant, make_engineer, make_rig
from tests.notices.telling import run

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LATER = AT + timedelta(minutes=1)


def told(act: str) -> list[str]:
    return list(LedgerEntry.objects.filter(act=act).order_by("pk").values_list("subject", flat=True))


def test_a_calibration_that_ended_is_noted_once_for_each_end(plant: Plant, engineer: User) -> None:
    rig = make_rig("BRAKE-2", until=AT)
    assert [note_ended_calibrations(at=AT + place * DAY) for place in range(3)] == [1, 0, 0]
    run(AT)
    (sent,) = run(LATER)
    assert sent.subject == "The calibration of rig BRAKE-2 has ended."
    assert "  What it measures does not count until a certificate is entered." in sent.body
    assert "https://interlock.plant.example/rigs/BRAKE-2/" in sent.body
    enter_calibration(
        rig=rig, certificate="C-2", valid_from=AT, valid_until=AT + 9 * DAY, actor=make_engineer(), at=AT + 3 * DAY
    )
    assert [note_ended_calibrations(at=AT + place * DAY) for place in (4, 9, 10)] == [0, 1, 0]
    assert told("calibration.ended") == ["BRAKE-2", "BRAKE-2"]


def test_a_rig_that_needs_no_calibration_or_was_never_calibrated_has_none_that_ended(plant: Plant) -> None:
    make_rig("LOOK-1", needs_calibration=False, until=AT - DAY)
    make_rig("NEW-1", calibrated=False)
    assert note_ended_calibrations(at=AT) == 0


def a_coverage(plant: Plant, number: str, until: Any) -> Any:
    return enter_coverage(
        number=number, procedure=plant.procedures["CRS-EOL"], configuration=plant.configuration,
        kind=CoverageKind.CERTIFICATE, document="report.pdf", document_sha256="0" * 64, valid_from=AT - DAY,
        valid_until=until, actor=make_engineer(), at=AT - DAY,
    )  # fmt: skip


def test_coverage_that_ended_is_noted_once_unless_another_covers(plant: Plant, engineer: User) -> None:
    a_coverage(plant, "CoP-1", AT)
    assert [note_ended_coverage(at=AT), note_ended_coverage(at=AT + DAY)] == [1, 0]
    run(AT)
    (sent,) = run(LATER)
    assert sent.subject == "Coverage CoP-1 of CRS-EOL has ended."
    a_coverage(plant, "CoP-2", AT + 5 * DAY)
    a_coverage(plant, "CoP-3", AT + 9 * DAY)
    assert [note_ended_coverage(at=AT + place * DAY) for place in (5, 9, 9)] == [0, 2, 0]


def test_coverage_that_was_revoked_is_told_as_such_and_does_not_end(plant: Plant, engineer: User) -> None:
    coverage = a_coverage(plant, "CoP-1", AT + DAY)
    revoke_coverage(coverage=coverage, reason="another bumper", actor=make_engineer(), at=AT)
    assert note_ended_coverage(at=AT + 2 * DAY) == 0
    run(AT)
    assert [sent.subject for sent in run(LATER)] == ["Coverage CoP-1 was revoked: another bumper"]


def test_a_rig_found_out_of_tolerance_is_told(plant: Plant, engineer: User) -> None:
    report_out_of_tolerance(
        rig=plant.rig, back_to=AT - DAY, found_at=AT, reason="the shunt drifts", actor=make_engineer(), at=AT
    )
    run(AT)
    (sent,) = run(LATER)
    assert sent.subject == "Rig EOL-3 was found out of tolerance: the shunt drifts"


def test_a_disagreement_is_noted_once_and_told_as_the_pages_say_it(plant: Plant, engineer: User) -> None:
    for turn in range(3):
        items = [plant.posted("BAT-EOL", verdict="fail")] if turn == 0 else [plant.posted("DRV-EOL")]
        record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT)
        decide_batch(batch_id=plant.batch.pk, at=AT)
    assert told("disagreement.found") == [plant.vehicle.vin]
    run(AT)
    (sent,) = run(LATER)
    assert sent.subject == (
        "Car 1 of SU7-2026W47-03: rig EOL-3 says fail, Interlock says pass for the whole inspection."
    )
    assert "  Clears when an engineer reviews it." in sent.body


def test_what_cannot_be_recorded_and_names_a_car_is_noted_once(plant: Plant, engineer: User) -> None:
    body = f'{{"id": "x-{{}}", "vin": "{plant.vehicle.vin}", "procedure": "BAT-EOL"}}'
    for number in range(3):
        post_inspection(
            rig=plant.rig,
            body=body.replace("{}", str(number)).encode(),
            media_type="application/json",
            actor=plant.rig_actor,
            at=AT,
        )
        decide_batch(batch_id=plant.batch.pk, at=AT)
    assert told("kept.blocks") == [plant.vehicle.vin]
    run(AT)
    (sent,) = run(AT + DAY)
    assert sent.subject.startswith("Car 1 of SU7-2026W47-03: 1 submission naming it cannot be read:")


def test_a_value_that_the_catalogue_does_not_know_is_told_once_for_a_rig(plant: Plant, engineer: User) -> None:
    for number in range(3):
        items = [
            plant.posted(
                "CRS-EOL",
                measurements=[{"characteristic": f"NEW-{number}", "value": 1}],
            )
        ]
        record_inspections(items=items, rig=plant.rig, actor=Actor.system(), at=AT)
    run(AT)
    (sent,) = run(AT + DAY)
    assert sent.subject == "Rig EOL-3 sends values that the catalogue does not know: NEW-0, NEW-1, NEW-2."


def test_two_that_note_at_once_note_once(transactional_db: None) -> None:
    from tests.threads import Beside

    make_rig("BRAKE-2", until=AT)
    beside = [Beside(lambda: note_ended_calibrations(at=AT)) for _ in range(4)]
    assert sorted(each.result() for each in beside) == [0, 0, 0, 1]
    assert SYSTEM.label == LedgerEntry.objects.get(act="calibration.ended").actor
