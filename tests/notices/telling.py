"""What the tests of notices do: fail cars, choose, run the task at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core import mail

from inspections.batches.models import Vehicle
from inspections.gates.services import decide_batch
from inspections.notices.services import Choice, choose_notices, compose_mails, gather_notices, send_mails
from inspections.people.models import User
from inspections.people.rules import Actor
from inspections.results.services import record_inspections
from tests.factories import AT, Plant, changed_value


def run(at: datetime) -> list[Any]:
    """One run of the task. Returns the mails that were sent in it."""
    before = len(mail.outbox)
    gather_notices(at=at)
    compose_mails(at=at)
    send_mails(at=at)
    return mail.outbox[before:]


def fail_cars(
    plant: Plant, vehicles: Sequence[Vehicle], values: Sequence[str] = ("0.100",), *, at: datetime = AT
) -> None:
    """Each car fails bonding at the pack, on the plant's one rig; all of it is decided."""
    items = [
        plant.posted(
            vin=vehicle.vin,
            measurements=changed_value("BAT-EOL", "BOND", values[place % len(values)], position="pack"),
        )
        for place, vehicle in enumerate(vehicles)
    ]
    record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=at)
    decide_batch(batch_id=plant.batch.pk, at=at)


def choose(person: User, **changed: Any) -> None:
    fields = {"language": "en", "time_zone": "Asia/Shanghai", "digest_hour": 7, "paces": {}, **changed}
    choose_notices(person=person, choice=Choice(**fields), actor=Actor.person(person), at=AT)
