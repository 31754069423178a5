"""The people of the demo. They exist nowhere else: their password is known to everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction

from ...people.choices import ROLE_LABELS, Role
from ...people.models import User
from ...people.rules import Actor
from ...records.services import record_act

PASSWORD: Final = "interlock-demo"  # noqa: S105 shown to whoever starts the demo, and refused outside it
OPERATOR: Final = "0417"
"""Who stands at the attended rigs."""


@dataclass(frozen=True, slots=True)
class Account:
    """`role` None: the administrator, who gives roles and has none."""

    username: str
    personnel_number: str
    role: Role | None
    staff: bool = False

    @property
    def email(self) -> str:
        """An address that nobody can have (RFC 2606): mails of the demo become files."""
        return f"{self.username}@demo.invalid"

    @property
    def label(self) -> str:
        return ROLE_LABELS[self.role][0] if self.role else "Administrator"


ACCOUNTS: Final = (
    Account("inspector", OPERATOR, Role.INSPECTOR),
    Account("engineer", "0201", Role.ENGINEER, staff=True),
    Account("engineer2", "0202", Role.ENGINEER, staff=True),
    Account("officer", "0301", Role.RELEASE_OFFICER),
    Account("officer2", "0302", Role.RELEASE_OFFICER),
    Account("owner", "0101", Role.CATALOGUE_OWNER, staff=True),
    Account("owner2", "0102", Role.CATALOGUE_OWNER, staff=True),
    Account("auditor", "0501", Role.AUDITOR),
    Account("admin", "0001", None, staff=True),
)


def add_accounts(at: datetime) -> int:
    """Make the accounts that are missing, and the group of each role. Returns how many were made."""
    groups = {role: Group.objects.get_or_create(name=role.value)[0] for role in Role}
    known = set(User.objects.values_list("username", flat=True))
    missing = [account for account in ACCOUNTS if account.username not in known]
    # One slow hash for all: the password is the same, and no secret.
    password = make_password(PASSWORD) if missing else ""
    for account in missing:
        _add(account, password, groups, at)
    return len(missing)


@transaction.atomic
def _add(account: Account, password: str, groups: dict[Role, Group], at: datetime) -> None:
    person = User.objects.create(
        username=account.username,
        password=password,
        personnel_number=account.personnel_number,
        email=account.email,
        is_staff=account.staff,
        is_superuser=account.role is None,
    )
    if account.role is not None:
        person.groups.add(groups[account.role])
    record_act(
        actor=Actor.system(),
        act="user.added",
        subject_kind="user",
        subject=str(person),
        at=at,
        after={"username": account.username, "role": account.label},
    )
