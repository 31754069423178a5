"""What cars are judged against is what two people approved: whoever changes a limit behind their backs is found out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from inspections.catalogue.models import PlanRevision
from tests.factories import AT
from tests.pack_csv import approved, make_pack
from tests.signing import note_approvals

pytestmark = [pytest.mark.law(3), pytest.mark.django_db(transaction=True)]

Verify = Callable[..., list[str]]
Superuser = psycopg.Connection[Any]


@pytest.fixture
def plan(sealed: Any) -> PlanRevision:
    return PlanRevision.objects.select_related("plan").get(pk=sealed.revision.pk)


def test_what_stands_as_it_was_approved_fits(plan: PlanRevision, verify: Verify) -> None:
    assert verify() == []


@pytest.mark.parametrize(
    "statement",
    [
        "update inspections_requirement set upper = upper + 0.0001 where upper is not null and revision_id = %s",
        "update inspections_requirement set legal = false where legal and revision_id = %s",
        "delete from inspections_requirement where line = 1 and revision_id = %s",
        "update inspections_requirement set upper_inclusive = not upper_inclusive where line = 1 and revision_id = %s",
    ],
)
def test_a_line_changed_with_triggers_off_is_named(
    plan: PlanRevision, superuser: Superuser, verify: Verify, statement: str
) -> None:
    assert superuser.execute(statement, [plan.pk]).rowcount > 0
    found = verify()
    assert [line.split(" is not what was approved with act")[0] for line in found] == [f"plan {plan.plan.code}/1"] * 2


def test_another_approver_is_named(plan: PlanRevision, superuser: Superuser, verify: Verify) -> None:
    superuser.execute(
        "update inspections_planrevision set first_approver_id = (select max(id) from inspections_user) where id = %s",
        [plan.pk],
    )
    (line,) = verify()
    assert line.startswith(f"plan {plan.plan.code}/1 is said to be approved by account")


def test_a_revision_that_nobody_approved_is_named(plan: PlanRevision, superuser: Superuser, verify: Verify) -> None:
    superuser.execute(
        "insert into inspections_planrevision (plan_id, number, status, digest, created_at, first_approver_id,"
        " first_approved_at, second_approver_id, second_approved_at, note) select plan_id, 99, 'superseded', digest,"
        " created_at, first_approver_id, first_approved_at, second_approver_id, second_approved_at, ''"
        " from inspections_planrevision where id = %s",
        [plan.pk],
    )
    assert [line.split(" is said to be")[0] for line in verify()] == [f"plan {plan.plan.code}/99"] * 2


def test_a_profile_changed_with_triggers_off_is_named(sealed: Any, superuser: Superuser, verify: Verify) -> None:
    make_pack(sealed)
    note_approvals(AT)
    revision = approved()
    assert verify() == []
    superuser.execute(
        "update inspections_profilerevision set document = jsonb_set(document, '{items}', '[]') where id = %s",
        [revision.pk],
    )
    assert [line.split(" with act")[0] for line in verify()] == ["profile PACK-CSV/1 is not what was approved"] * 2
