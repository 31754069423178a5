"""What a plan asks, by characteristic and position, with its any-of groups (post-crash electrical safety)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from .facts import Expression, Requirement
from .judging import critical, in_effect
from .reasons import Outcome

Key = tuple[int, str]
"""A characteristic (by id) at a position."""


@dataclass(frozen=True, slots=True)
class Group:
    """An any-of line with its members that bind: each member is judged, any one that passes is enough."""

    requirement: Requirement
    members: Mapping[int, Requirement]
    """By characteristic id."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the lines of a plan ask: each key of `single` by itself, and each group at its positions."""

    single: Mapping[Key, Requirement]
    groups: Sequence[Group]

    @property
    def nothing(self) -> bool:
        return not self.single and not self.groups


def asked_of(requirements: Iterable[Requirement], *, built_at: datetime | None = None) -> Asked:
    """What `requirements` ask of a car built at `built_at` (None: whatever their dates of effect).

    A line is a member only if its group exists, binds and names it; any other line is asked by itself. A group that
    names no line that binds can never pass. Of two lines for one key the one with the higher id is asked.
    """
    binding = {
        line.id: line
        for line in sorted(requirements, key=lambda line: line.id)
        if built_at is None or in_effect(line, built_at)
    }
    groups = []
    members: set[int] = set()
    for line in binding.values():
        if line.expression is Expression.ANY_OF:
            found = [binding[member] for member in line.members if _belongs(binding, member, line)]
            members.update(member.id for member in found)
            groups.append(Group(line, {member.characteristic_id: member for member in found}))
    single = {
        (line.characteristic_id, position): line
        for line in binding.values()
        if line.expression is not Expression.ANY_OF and line.id not in members
        for position in positions_of(line)
    }
    return Asked(single, groups)


def _belongs(binding: Mapping[int, Requirement], member: int, group: Requirement) -> bool:
    line = binding.get(member)
    return line is not None and line.group == group.id and line.expression is not Expression.ANY_OF


def positions_of(requirement: Requirement) -> Collection[str]:
    """The positions at which a line is asked; one without a name where it has none."""
    return requirement.positions or ("",)


def fold_members(outcomes: Iterable[Outcome]) -> Outcome:
    """A group's outcome at one position of one inspection from its members': pass if one passes, else the worst.

    A member's fail alone is no fail of the position. Raises ValueError where no member was measured.
    """
    found = list(outcomes)
    return Outcome.PASS if Outcome.PASS in found else max(found)


def group_is_critical(group: Group) -> bool:
    """Whether nothing excuses a fail of the group: it or one of its members is critical (CC) or legal."""
    return critical(group.requirement) or any(map(critical, group.members.values()))
