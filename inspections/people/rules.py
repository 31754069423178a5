"""Actors and what each may do. A permission is a named predicate here, nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from .choices import Role

if TYPE_CHECKING:
    from .models import User


class ActorKind(StrEnum):
    PERSON = "person"
    RIG = "rig"
    CLIENT = "client"
    SYSTEM = "system"


class NotAllowed(Exception):
    """The actor may not do this. `needed` names the roles that may."""

    def __init__(self, act: str, needed: tuple[Role, ...]) -> None:
        self.act, self.needed = act, needed
        super().__init__(f"This needs the role {' or '.join(role.value for role in needed)}: {act}.")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does an act, as the ledger keeps it: also as text, so that it outlives the account.

    `id` is the primary key of the user, rig or system client; None for the system itself.
    """

    kind: ActorKind
    id: int | None
    label: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    request_id: str = ""

    @classmethod
    def person(cls, user: User, *, request_id: str = "") -> Actor:
        names = set(user.groups.values_list("name", flat=True))
        roles = frozenset(role for role in Role if role.value in names)
        label = f"{user.personnel_number} {user.get_full_name()}".strip() if user.personnel_number else user.username
        return cls(ActorKind.PERSON, user.pk, label, roles if user.is_active else frozenset(), request_id)

    @classmethod
    def system(cls, label: str = "Interlock") -> Actor:
        return cls(ActorKind.SYSTEM, None, label)

    def require(self, act: str, *needed: Role) -> None:
        """Raises NotAllowed unless this is a person with one of the roles."""
        if self.kind is not ActorKind.PERSON or not self.roles.intersection(needed):
            raise NotAllowed(act, needed)
