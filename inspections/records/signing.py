"""Whoever signs authenticates again at the moment of signing (law 8). Releases, concessions and coverage ask here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ..people.models import User
from ..people.rules import Actor, ActorKind
from .models import LedgerEntry
from .services import record_act

REFUSED: Final = "signature.refused"
MOST_WRONG: Final = 5
"""Wrong passwords after which an account signs nothing for a while, so that nobody guesses from an open session."""
WHILE: Final = timedelta(minutes=15)


class NotAuthenticated(Exception):
    """The signer is not who the session says, as far as we can tell. The text may be shown."""


def authenticate_again(
    *, signer: User, password: str, subject_kind: str, subject: str, at: datetime, batch: str = "", request_id: str = ""
) -> Actor:
    """The signer as an actor, once the password is right. A wrong one is an act of its own in the ledger.

    Call it before the transaction of the signature: what is refused here stays on the record. Raises NotAuthenticated.
    """
    actor = Actor.person(signer, request_id=request_id)
    wrong = LedgerEntry.objects.filter(
        act=REFUSED, actor_kind=ActorKind.PERSON.value, actor_id=signer.pk, at__gt=at - WHILE
    ).count()
    if wrong >= MOST_WRONG:
        raise NotAuthenticated(
            f"The password was wrong {wrong} times: this account signs nothing for {WHILE.seconds // 60} minutes."
        )
    if not signer.check_password(password):
        record_act(
            actor=actor,
            act=REFUSED,
            subject_kind=subject_kind,
            subject=subject,
            batch=batch,
            reason="wrong password",
            at=at,
        )
        raise NotAuthenticated("The password is wrong.")
    return actor
