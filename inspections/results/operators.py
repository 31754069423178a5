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


# A plant has hundreds of operators and hundreds of millions of inspections: from each name the index leads to the next
# one, so that what is read does not grow with the record. Goes behind `with recursive`.
STRANGERS: Final = """
named(operator) as (
    (select i.operator from inspections_inspection i where i.operator is not null order by i.operator limit 1)
    union all
    select (select i.operator from inspections_inspection i where i.operator > n.operator order by i.operator limit 1)
    from named n where n.operator is not null
), stranger as materialized (
    select n.operator from named n where n.operator is not null
        and not exists(select from inspections_user u where u.personnel_number = n.operator)
        and not exists(select from inspections_operatoralias a where a.operator = n.operator)
)
"""
"""`stranger`: operators whom rigs named, who are no personnel number and whom nobody mapped."""
_MEASURED: Final = """
select coalesce(i.vehicle_id, f.vehicle_id) as vehicle_id, i.rig_id, i.finished_at from (
    select vehicle_id, component_id, rig_id, finished_at from inspections_inspection
    where operator = s.operator offset 0
) i left join inspections_fitting f on f.component_id = i.component_id and f.fitted
where coalesce(i.vehicle_id, f.vehicle_id) is not null
"""
"""What a stranger `s` measured, by car: the car, or a part that is or was in it, as law 8 asks of whoever signs."""
_OF_STRANGERS: Final = """
strange as materialized (select distinct i.vehicle_id from stranger s cross join lateral ({measured}) i)
"""
STRANGE_CARS: Final = f"{STRANGERS}, {_OF_STRANGERS.format(measured=_MEASURED)}"
"""`strange`: the cars that such an operator measured, or a part of. Right at the moment of asking: a person may be
mapped since."""

_UNKNOWN: Final = """
with recursive {strangers}
select s.operator, count(distinct i.vehicle_id), array_agg(distinct r.code), min(i.finished_at), max(i.finished_at)
from stranger s cross join lateral ({measured}) i
join inspections_vehicle v on v.id = i.vehicle_id and v.status in ('in_process', 'released')
join inspections_rig r on r.id = i.rig_id
group by 1 order by 2 desc, 1 limit %s
"""


def unknown_operators(*, most: int = 100) -> list[UnknownOperator]:
    """Operators that keep cars which have not left, those that keep most first. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN.format(strangers=STRANGERS, measured=_MEASURED), [most])
        return [UnknownOperator(row[0], row[1], tuple(row[2]), row[3], row[4]) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class KeepingOperator:
    """An unknown operator and the cars of one batch that this keeps, by number; `vin` is the first one's."""

    operator: str
    cars: tuple[int, ...]
    vin: str


_KEEPING: Final = """
with recursive {strangers}
select operator, array_agg(sequence order by sequence), (array_agg(vin order by sequence))[1] from (
    select distinct s.operator, v.sequence, v.vin from stranger s cross join lateral ({measured}) i
    join inspections_vehicle v on v.id = i.vehicle_id
    where v.batch_id = %s and v.status in ('in_process', 'released')) kept
group by 1 order by 2 limit 100
"""


def operators_keeping(*, batch_id: int) -> list[KeepingOperator]:
    """Operators whom nobody knows and the cars of a batch that this keeps. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEPING.format(strangers=STRANGERS, measured=_MEASURED), [batch_id])
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
