"""What officers and engineers are told of releases: what waits for them, what stops, what was left behind by time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from inspections.gates.services import decide_batch
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.people.rules import Actor
from inspections.records.models import LedgerEntry
from inspections.releases.models import Release
from inspections.releases.noting import note_lapsed_releases, note_suspended_releases
from inspections.releases.services import deliver_vehicle, propose_release, sign_release
from inspections.results.services import record_inspections, report_out_of_tolerance
from tests.factories import AT, Plant, changed_value, make_engineer, make_person, mes_actor
from tests.notices.telling import run
from tests.signing import shown

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PASSWORD = "a long password"


@pytest.fixture
def officers(reader: Callable[..., User]) -> list[User]:
    return [reader(Role.RELEASE_OFFICER) for _ in range(2)]


@pytest.fixture
def proposal(plant: Plant, officers: list[User]) -> Release:
    record_inspections(items=plant.passing(), rig=plant.rig, actor=plant.rig_actor, at=AT)
    return propose_release(batch=plant.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)


def sign(release: Release, officer: User, at: datetime = AT) -> None:
    sign_release(release=release, signer=officer, password=PASSWORD, seen=shown(release, at), at=at)


def fail_again(plant: Plant, at: datetime) -> None:
    bad = plant.posted("BAT-EOL", measurements=changed_value("BAT-EOL", "BOND", "0.100", position="pack"))
    record_inspections(items=[bad], rig=plant.rig, actor=plant.rig_actor, at=at)
    decide_batch(batch_id=plant.batch.pk, at=at)


def told(sent: list[Any]) -> dict[str, str]:
    return {each.to[0]: each.subject for each in sent}


def test_each_signature_is_waited_for_by_the_officers_who_can_give_it(
    plant: Plant, proposal: Release, officers: list[User]
) -> None:
    first, second = officers
    number = proposal.number
    run(AT)
    assert told(run(AT + MINUTE)) == {second.email: f"{number} of SU7-2026W47-03 waits for two signatures: 1 car."}
    sign(proposal, first, AT + MINUTE)
    run(AT + MINUTE)
    assert told(run(AT + 3 * MINUTE)) == {second.email: f"{number} of SU7-2026W47-03 waits for its second signature."}
    sign(proposal, second, AT + 3 * MINUTE)
    run(AT + 3 * MINUTE)
    assert told(run(AT + DAY)) == {first.email: f"{number} of SU7-2026W47-03 is released: it was signed twice."}


def test_new_evidence_against_a_released_car_is_noted_once_and_told_at_once(
    plant: Plant, proposal: Release, officers: list[User], engineer: User
) -> None:
    for officer in officers:
        sign(proposal, officer)
    assert note_suspended_releases(at=AT) == 0
    run(AT)
    run(AT + MINUTE)
    later = AT + timedelta(hours=3)
    report_out_of_tolerance(
        rig=plant.rig, back_to=AT - DAY, found_at=later, reason="drift", actor=make_engineer(), at=later
    )
    decide_batch(batch_id=plant.batch.pk, at=later)
    assert [note_suspended_releases(at=later + place * MINUTE) for place in range(3)] == [1, 0, 0]
    run(later)
    sent = run(later + MINUTE)
    title = f"Car 1 of SU7-2026W47-03: release {proposal.number} is suspended."
    assert told(sent) == {
        officers[0].email: title,
        officers[1].email: title,
        engineer.email: f"{title} (and 1 more)",
    }
    assert "was measured on EOL-3, not in calibration at" in sent[0].body
    assert "  Clears when clear again and signed anew." in sent[0].body


def test_new_evidence_against_a_car_that_has_left_is_told_first_and_to_both(
    plant: Plant, proposal: Release, officers: list[User], engineer: User
) -> None:
    for officer in officers:
        sign(proposal, officer)
    deliver_vehicle(vehicle=plant.vehicle, delivered_at=AT, actor=mes_actor(), at=AT)
    run(AT)
    run(AT + MINUTE)
    later = AT + DAY
    fail_again(plant, later)
    assert LedgerEntry.objects.filter(act="delivery.doubted", subject=plant.vehicle.vin).count() == 1
    assert note_suspended_releases(at=later) == 0
    run(later)
    sent = {each.to[0]: each for each in run(later + MINUTE)}
    assert set(sent) == {engineer.email, *(officer.email for officer in officers)}
    lines = sent[officers[0].email].body.splitlines()
    assert lines[:3] == [
        "* Car 1 of SU7-2026W47-03 has left the plant, and new evidence speaks against it.",
        "  Car 1 of SU7-2026W47-03: BOND, pack is 0.100 Ω; less than 0.1 Ω is required.",
        "  Decide whether it has to be called back.",
    ]
    decide_batch(batch_id=plant.batch.pk, at=later)
    assert LedgerEntry.objects.filter(act="delivery.doubted").count() == 1


def test_a_proposal_that_lapses_is_told_in_the_digest_once(
    plant: Plant, proposal: Release, officers: list[User]
) -> None:
    sign(proposal, officers[1])
    run(AT)
    run(AT + MINUTE)
    assert note_lapsed_releases(at=AT + DAY - MINUTE) == 0
    assert [note_lapsed_releases(at=AT + DAY), note_lapsed_releases(at=AT + 2 * DAY)] == [1, 0]
    run(AT + DAY)
    title = f"{proposal.number} of SU7-2026W47-03 has lapsed with 1 of 2 signatures."
    assert told(run(AT + 2 * DAY)) == {officer.email: title for officer in officers}


def test_a_proposal_that_another_overtook_has_not_lapsed(plant: Plant, proposal: Release, officers: list[User]) -> None:
    again = propose_release(batch=plant.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
    for officer in officers:
        sign(again, officer)
    assert note_lapsed_releases(at=AT + DAY) == 0


def test_a_concession_is_told_to_who_can_approve_it_until_it_is_in_force(
    plant: Plant, officers: list[User], engineer: User
) -> None:
    from inspections.records.services import Act, record_acts

    proposer = Actor.person(make_person(Role.ENGINEER))
    named = {"vehicles": [plant.vehicle.vin], "digest": "0" * 64}
    acts = [Act("concession.proposed", "concession", "CN-1", plant.batch.number, "a scratch", after=named)]
    record_acts(actor=proposer, acts=acts, at=AT)
    run(AT)
    (sent,) = run(AT + MINUTE)
    assert (sent.to, sent.subject) == (
        [engineer.email],
        "Concession CN-1 for cars of SU7-2026W47-03 waits for two approvals: a scratch",
    )
    acts = [
        Act("concession.signed", "concession", "CN-1", plant.batch.number, after={"place": place}) for place in (1, 2)
    ]
    record_acts(actor=Actor.person(engineer), acts=acts, at=AT + MINUTE)
    run(AT + MINUTE)
    digests = {each.to[0]: each.body for each in run(AT + DAY)}
    assert set(digests) == {officer.email for officer in officers}
    assert "waits for its second approval" in digests[officers[0].email]
    assert "Concession CN-1 for cars of SU7-2026W47-03 is in force." in digests[officers[0].email]
