"""Operators as rigs name them, and whom they are: a car measured by nobody known is not released."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from ..marks.acts import one_act
from ..people.choices import Role
from ..people.models import OperatorAlias, User
from ..people.rules import Actor
from ..records.services import record_act
from ..saying import Refusal, say

MAY_MAP: Final = (Role.ENGINEER,)
LONGEST: Final = 64


class OperatorRefused(Refusal):
    """An operator that cannot be mapped so; says why."""


@dataclass(frozen=True, slots=True)
class UnknownOperator:
    """An operator who is no personnel number and whom nobody mapped. `vehicles`: how many cars that keeps here."""

    operator: str
    vehicles: int
    rigs: tuple[str, ...]
    first_at: datetime
    last_at: datetime


_UNKNOWN: Final = """
select i.operator, count(distinct i.vehicle_id), array_agg(distinct r.code), min(i.finished_at), max(i.finished_at)
from inspections_vehicle v
join inspections_inspection i on i.vehicle_id = v.id and i.operator is not null
join inspections_rig r on r.id = i.rig_id
where v.status in ('in_process', 'released')
    and not exists(select from inspections_user u where u.personnel_number = i.operator)
    and not exists(select from inspections_operatoralias a where a.operator = i.operator)
group by 1 order by 2 desc, 1 limit %s
"""


def unknown_operators(*, most: int = 100) -> list[UnknownOperator]:
    """Operators that keep cars which have not left, those that keep most first. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, [most])
        return [UnknownOperator(row[0], row[1], tuple(row[2]), row[3], row[4]) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class KeepingOperator:
    """An unknown operator and the cars of one batch that this keeps, by number; `vin` is the first one's."""

    operator: str
    cars: tuple[int, ...]
    vin: str


def operators_keeping(*, batch_id: int) -> list[KeepingOperator]:
    """Operators whom nobody knows and the cars of a batch that this keeps. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select operator, array_agg(sequence order by sequence), (array_agg(vin order by sequence))[1] from ("
            " select distinct i.operator, v.sequence, v.vin from inspections_vehicle v"
            " join inspections_inspection i on i.vehicle_id = v.id and i.operator is not null"
            " where v.batch_id = %s and v.status in ('in_process', 'released')"
            " and not exists(select from inspections_user u where u.personnel_number = i.operator)"
            " and not exists(select from inspections_operatoralias a where a.operator = i.operator)) kept"
            " group by 1 order by 2 limit 100",
            [batch_id],
        )
        return [KeepingOperator(row[0], tuple(row[1]), row[2]) for row in cursor.fetchall()]


def known_operators(*, most: int = 100) -> list[OperatorAlias]:
    """Operators that were mapped to a person, newest first. One statement."""
    return list(OperatorAlias.objects.select_related("user").order_by("-at", "-pk")[:most])


@one_act
def map_operator(*, operator: str, user: User, actor: Actor, at: datetime) -> OperatorAlias:
    """Say once and for all which person an operator of the rigs is; their cars are no longer kept by it.

    From then on what the operator measured counts as that person's: they may neither dispose of its fails nor release
    its cars. Raises NotAllowed, and OperatorRefused for an empty name, a personnel number, or one mapped before.
    """
    actor.require("mapping an operator", *MAY_MAP)
    operator = operator.strip()
    if not operator or len(operator) > LONGEST:
        text = say("Name the operator as the rig sends it, with 1 to %(most)d characters.", most=LONGEST)
        raise OperatorRefused(text)
    if User.objects.filter(personnel_number=operator).exists():
        raise OperatorRefused(say("%(operator)s is a personnel number: it needs no mapping.", operator=operator))
    alias, created = OperatorAlias.objects.get_or_create(
        operator=operator, defaults={"user": user, "mapped_by": actor.label, "at": at}
    )
    if not created:
        text = say(
            "%(operator)s was mapped to %(person)s by %(who)s already.",
            operator=operator,
            person=alias.user,
            who=alias.mapped_by,
        )
        raise OperatorRefused(text)
    record_act(
        actor=actor,
        act="operator.mapped",
        subject_kind="operator",
        subject=operator,
        at=at,
        after={"person": str(user), "user_id": user.pk},
    )
    return alias
