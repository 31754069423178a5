"""The worked example of the design, whole: rigs post, an engineer and two officers work in the pages, the MES asks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from inspections.dispositions.models import Hold, Nonconformance
from inspections.gates.services import decide_batch
from inspections.people.choices import Role
from inspections.releases.models import Delivery, Release
from inspections.releases.noting import note_suspended_releases
from inspections.rigs.models import Rig
from inspections.rigs.services import issue_key
from tests.factories import AT, GOOD, Plant, changed_value, make_person, make_plant, make_rig, mes_actor
from tests.notices.telling import run

pytestmark = [pytest.mark.django_db, pytest.mark.law(6), pytest.mark.law(8)]

SOFTWARE = [{"system": "ADAS", "version": "4.10"}, {"system": "BMS", "version": "2.0"}]


def at(clock: str, *, days: int = 0) -> datetime:
    """A time of that Monday, on the plant's clock."""
    hours, minutes = map(int, clock.split(":"))
    return AT + timedelta(days=days, hours=hours - 8, minutes=minutes)


class Story:
    """The plant with its clock, and whoever acts in it."""

    def __init__(self, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
        self.plant, self.now = plant, AT
        monkeypatch.setattr(timezone, "now", lambda: self.now)
        mes_actor()
        from inspections.rigs.models import SystemClient

        self.mes = Client(headers={"authorization": f"Bearer {issue_key(client=SystemClient.objects.get(), at=AT)}"})
        self.vin = plant.vehicle.vin

    def rig(self, rig: Rig) -> Callable[..., None]:
        """What the rig posts: a procedure's good values, or its bonding at the pack."""
        client = Client(headers={"authorization": f"Bearer {issue_key(rig=rig, at=AT)}"})

        def post(finished: str, bond: str = "", *, arrives: str = "", procedure: str = "BAT-EOL") -> None:
            self.now = at(arrives or finished)
            rows = changed_value(procedure, "BOND", bond, position="pack") if bond else GOOD[procedure]
            body = {
                "id": f"{procedure}-{finished}", "vin": self.vin, "procedure": procedure, "software": SOFTWARE,
                "started_at": at(finished).isoformat(), "finished_at": at(finished).isoformat(),
                "measurements": [
                    {key: value if isinstance(value, bool) else str(value) for key, value in row.items()}
                    for row in rows
                ],
            }  # fmt: skip
            answer = client.post("/api/v1/inspections/", json.dumps(body), content_type="application/json")
            assert answer.status_code == 201, answer.content
            self.decide()

        return post

    def person(self, role: Role) -> Client:
        person = make_person(role)
        person.email = f"{person.username}@plant.example"
        person.save()
        client = Client(raise_request_exception=True)
        client.person = person  # type: ignore[attr-defined]
        return self.signed_in(client)

    def signed_in(self, client: Any) -> Client:
        """The same person, signed in now: a login does not last until next week."""
        client.force_login(client.person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def decide(self) -> None:
        decide_batch(batch_id=self.plant.batch.pk, at=self.now)

    def answer(self) -> tuple[bool, bool, set[str]]:
        """Clear, may leave, and the reasons, as the MES is told."""
        told = self.mes.get(f"/api/v1/vehicles/{self.vin}/clearance/").json()
        return told["clear"], told["may_leave"], {reason["code"] for reason in told["reasons"]}

    def leaves(self) -> int:
        body = json.dumps({"at": self.now.isoformat()})
        return self.mes.post(
            f"/api/v1/vehicles/{self.vin}/delivery/", body, content_type="application/json"
        ).status_code


@pytest.fixture
def story(db: None, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Story:
    settings.NOTICES_BY_MAIL, settings.DEFAULT_FROM_EMAIL = True, "interlock@plant.example"
    return Story(make_plant(), monkeypatch)


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def sign(client: Client, release: Release) -> int:
    page = client.get(f"/releases/{release.number}/").content.decode()
    shown = re.search(r'name="shown" value="([^"]+)"', page)
    assert shown
    fields = {"shown": shown[1], "password": "a long password", "read": "on"}
    return client.post(f"/releases/{release.number}/sign/", fields).status_code


def test_law_6_the_worked_example_from_the_first_pass_to_the_list_of_next_week(story: Story) -> None:
    first = story.rig(story.plant.rig)
    second = story.rig(make_rig("EOL-4", procedures=list(story.plant.procedures.values())))
    engineer, officers = story.person(Role.ENGINEER), [story.person(Role.RELEASE_OFFICER) for _ in range(2)]
    for procedure in ("DRV-EOL", "CRS-EOL"):
        second("08:10", procedure=procedure)

    first("08:14", "0.043")
    assert story.answer() == (True, False, {"not_released"})

    second("08:31", "0.100")
    flagged = {"measurement_failed", "hold_active", "nonconformance_open"}
    assert story.answer() == (False, False, flagged)
    nonconformance, hold = Nonconformance.objects.get(), Hold.objects.get()
    assert (hold.vehicle, nonconformance.vehicle) == (story.plant.vehicle, story.plant.vehicle)
    batch = story.mes.get(f"/api/v1/batches/{story.plant.batch.number}/").json()
    assert {gate["domain"]: gate["state"] for gate in batch["gates"]} == {
        "battery": "failed", "crash": "passed", "driving": "passed",
    }  # fmt: skip

    first("08:12", "0.040", arrives="08:40")
    assert story.answer() == (False, False, flagged)

    first("09:05", "0.038")
    assert story.answer() == (False, False, flagged)

    story.now = at("09:20")
    reworked = {"what": "Joint cleaned", "done_at": "2026-11-23T08:55", "repeats": ["BOND"]}
    page = f"/nonconformances/{nonconformance.number}/"
    assert engineer.post(f"{page}rework/", reworked).status_code == 302
    story.decide()
    nonconformance.refresh_from_db()
    hold.refresh_from_db()
    assert (nonconformance.state, hold.lifted_at) == ("closed", at("09:20"))
    assert not Hold.objects.filter(vehicle=None).exists()
    assert story.answer() == (True, False, {"not_released"})

    story.now = at("10:00")
    proposed = officers[0].post(f"/batches/{story.plant.batch.number}/release/", {"cars": "1"})
    assert proposed.status_code == 302
    release = Release.objects.get()
    assert [sign(officer, release) for officer in officers] == [302, 302]
    assert story.answer() == (True, True, set())
    run(story.now)
    run(story.now + timedelta(minutes=1))

    story.now = at("09:00", days=7)
    for client in (engineer, *officers):
        story.signed_in(client)
    found = {"back_to": "2026-11-23T06:00", "found_at": "2026-11-30T08:50", "reason": "Reads 8 % low"}
    told = engineer.post(f"/rigs/{story.plant.rig.code}/out-of-tolerance/", found)
    assert "counts no more: a gate that passed on it turns pending" in words(told)
    done = engineer.post(f"/rigs/{story.plant.rig.code}/out-of-tolerance/", {**found, "seen": "1"})
    assert done.status_code == 302
    assert story.leaves() == 409, "decided under the batch's lock, though no worker came by yet"
    story.decide()
    assert story.answer() == (False, False, {"rig_out_of_calibration", "release_suspended"})
    assert story.leaves() == 409
    assert not Delivery.objects.exists()

    listed = words(officers[1].get(f"/releases/{release.number}/"))
    assert story.vin[-6:] in listed
    assert "suspended" in listed
    note_suspended_releases(at=story.now)
    mail.outbox.clear()
    run(story.now)
    told_now = {each.to[0]: each.subject for each in run(story.now + timedelta(minutes=1))}
    title = f"Car 1 of SU7-2026W47-03: release {release.number} is suspended."
    assert {told_now[officer.person.email] for officer in officers} == {title}  # type: ignore[attr-defined]
    assert told_now[engineer.person.email] == title  # type: ignore[attr-defined]
