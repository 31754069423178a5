"""Whoever signs authenticates again at the moment of signing (law 8). Releases, concessions and coverage ask here.

Releases and concessions are signed by two: `check_signable` and `hand_of` are what their signatures have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from ..people.models import User
from ..people.rules import Actor, ActorKind
from ..saying import Refusal, Said, say
from .models import HandSignature, LedgerEntry
from .services import record_act

REFUSED: Final = "signature.refused"
MOST_WRONG: Final = 5
"""Wrong passwords after which an account signs nothing for a while, so that nobody guesses from an open session."""
WHILE: Final = timedelta(minutes=15)

NEEDED: Final = 2
Refuse = Callable[[str, Said], Exception]
"""Makes the refusal of the room that asks, from a code for machines and words for people."""


class NotAuthenticated(Refusal):
    """The signer is not who the session says, as far as we can tell. The words may be shown."""


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
        text = say(
            "The password was wrong %(wrong)d times: this account signs nothing for %(minutes)d minutes.",
            wrong=wrong,
            minutes=WHILE.seconds // 60,
        )
        raise NotAuthenticated(text)
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
        raise NotAuthenticated(say("The password is wrong."))
    return actor


def check_signable(
    *, number: str, signed: Sequence[HandSignature], signer: User, seen_digest: str, digest: str,
    lapses_at: datetime, at: datetime, refuse: Refuse,
) -> None:  # fmt: skip
    """Refuse what has both signatures, has lapsed, is not what the page showed, or was signed by this person."""
    if len(signed) == NEEDED:
        raise refuse("signed_already", say("%(number)s has both its signatures.", number=number))
    if at >= lapses_at:
        raise refuse("lapsed", say("%(number)s lapsed at %(at)s. Propose it anew.", number=number, at=lapses_at))
    if seen_digest != digest:
        raise refuse("not_what_was_shown", say("The page showed another proposal. Read it again, then sign."))
    if any(signature.signer_id == signer.pk for signature in signed):
        raise refuse("four_eyes", say("You signed it already: the second signature is another person's."))


def hand_of(*, signer: User, place: int, meaning: str, digest: str, at: datetime) -> dict[str, Any]:
    """The columns of a HandSignature."""
    return {
        "place": place,
        "signer_id": signer.pk,
        "personnel_number": signer.personnel_number or "",
        "printed_name": f"{signer.get_full_name() or signer.username} ({signer.personnel_number or '-'})",
        "meaning": meaning,
        "digest": digest,
        "signed_at": at,
    }
