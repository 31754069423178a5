"""A batch pins the revision in force when it is opened; repeating it changes nothing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from inspections.batches.models import Batch
from inspections.batches.services import BatchConflict, open_batch
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from tests.factories import (
    AT,
    BATTERY,
    LINES,
    approve_revision,
    make_configuration,
    make_person,
    make_procedure,
    make_revision,
    mes_actor,
)

pytestmark = pytest.mark.django_db


def opened(**changed: Any) -> tuple[Batch, bool]:
    arguments = {
        "number": "B1", "configuration": make_configuration(), "planned_quantity": 20, "line": "L1",
        "actor": mes_actor(), "at": AT, **changed,
    }  # fmt: skip
    return open_batch(**arguments)


def test_a_batch_pins_the_revision_in_force() -> None:
    make_procedure("BAT-EOL", "battery", BATTERY)
    revision = make_revision(make_configuration(), LINES[:3])
    make_revision(make_configuration(), LINES[:2], approved=False)
    batch, created = opened()
    assert (created, batch.revision, batch.opened_at) == (True, revision, AT)
    entry = LedgerEntry.objects.get(act="batch.opened")
    assert entry.after is not None
    assert (entry.subject, entry.after["revision"]) == ("B1", 1)


@pytest.mark.law(1)
def test_without_an_approved_revision_it_pins_none_and_is_undecided() -> None:
    batch, _ = opened()
    assert batch.revision is None
    assert list(Mark.objects.values_list("batch_id", "vehicle_id", "domain")) == [(batch.pk, None, "")]


def test_a_revision_approved_later_does_not_reach_it() -> None:
    make_procedure("BAT-EOL", "battery", BATTERY)
    revision = make_revision(make_configuration(), LINES[:3])
    opened()
    later = make_revision(make_configuration(), [{**LINES[1], "lower": Decimal(9)}], approved=False)
    approve_revision(later, at=AT + timedelta(hours=1))
    assert opened()[0].revision == revision
    assert opened(number="B2", at=AT + timedelta(hours=2))[0].revision == later


def test_repeating_it_changes_nothing() -> None:
    first, _ = opened()
    Mark.objects.all().delete()
    again, created = opened(at=AT + timedelta(hours=1))
    assert (again.pk, again.opened_at, created) == (first.pk, AT, False)
    assert (Mark.objects.count(), LedgerEntry.objects.filter(act="batch.opened").count()) == (0, 1)


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"line": "L2"}, "line L1, not L2"), ({"planned_quantity": 21}, "planned_quantity 20, not 21")],
)
def test_other_content_under_its_number_is_a_conflict(changed: dict[str, Any], words: str) -> None:
    opened()
    with pytest.raises(BatchConflict, match=words):
        opened(**changed)


def test_another_configuration_is_a_conflict() -> None:
    opened()
    with pytest.raises(BatchConflict, match="configuration SU7-MAX-CN, not SU7-PRO-CN"):
        opened(configuration=make_configuration("SU7-PRO-CN"))


def test_a_person_needs_to_be_an_engineer() -> None:
    with pytest.raises(NotAllowed):
        opened(actor=Actor.person(make_person(Role.INSPECTOR)))
    assert opened(actor=Actor.person(make_person(Role.ENGINEER)))[1]
