"""Whoever signs authenticates again at the moment of signing (law 8), and signs what was shown a moment ago.

After 21 CFR 11.50, 11.70 and 11.200. Approvals, coverage, moves and re-pinning ask for the password here; releases and
concessions are signed by two, and `sign_with`, `check_signable` and `hand_of` are what their signatures have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db import IntegrityError

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
SHOWN_FOR: Final = timedelta(minutes=15)
"""How long a page may stand before its signature is given: what was read an hour ago is not what is signed now."""
Refuse = Callable[[str, Said], Exception]
"""Makes the refusal of the room that asks, from a code for machines and words for people."""
Given = TypeVar("Given")


_TAKEN: Final = say("It was signed at this place, or by you, already: the second signature is another person's.")
TAKEN: Final = {
    "signature_place_once": _TAKEN,
    "signature_four_eyes": _TAKEN,
    "places are taken in turn": _TAKEN,
    "an account in use": say("Your account is closed, or its personnel number was changed: sign in anew."),
}
"""What the database says of a signature whose place or person cannot be so, and what people are told."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the signer read: the digest of what was shown, how many had signed it then, and when it was shown."""

    digest: str
    signatures: int
    at: datetime


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


def sign_with(
    *, signer: User, password: str, subject_kind: str, subject: str, batch: str, at: datetime, request_id: str,
    refuse: Refuse, four_eyes: Mapping[str, Said], sign: Callable[[Actor], Given],
) -> Given:  # fmt: skip
    """Authenticate the signer again, then `sign`. What the database refuses is told in the words of `four_eyes`.

    `four_eyes`: a part of the database's refusal, and what people are told of it; the first that fits is told.
    """
    try:
        actor = authenticate_again(
            signer=signer, password=password, subject_kind=subject_kind, subject=subject, at=at, batch=batch,
            request_id=request_id,
        )  # fmt: skip
    except NotAuthenticated as refusal:
        raise refuse("not_authenticated", refusal.said) from refusal
    try:
        return sign(actor)
    except IntegrityError as refusal:
        for part, told in four_eyes.items():
            if part in str(refusal):
                raise refuse("four_eyes", told) from refusal
        raise


def check_signable(
    *, number: str, signed: Sequence[HandSignature], signer: User, seen: Shown, digest: str, proposed_at: datetime,
    lapses_at: datetime, at: datetime, refuse: Refuse,
) -> None:  # fmt: skip
    """Refuse what has both signatures, has lapsed, is not what the page showed, or was signed by this person. Two
    servers have two clocks, and one may be set back: what is signed before it was proposed is refused, too."""
    if len(signed) == NEEDED:
        raise refuse("signed_already", say("%(number)s has both its signatures.", number=number))
    if at < proposed_at:
        text = say(
            "%(number)s was proposed at %(at)s, and here it is not so late yet: a clock of the server is wrong. Sign it"
            " once that moment has passed.",
            number=number,
            at=proposed_at,
        )
        raise refuse("clock_behind", text)
    if at >= lapses_at:
        raise refuse("lapsed", say("%(number)s lapsed at %(at)s. Propose it anew.", number=number, at=lapses_at))
    if any(signature.signer_id == signer.pk for signature in signed):
        raise refuse("four_eyes", say("You signed it already: the second signature is another person's."))
    check_shown(seen=seen, digest=digest, signatures=len(signed), at=at, refuse=refuse)


def check_shown(*, seen: Shown, digest: str, signatures: int, at: datetime, refuse: Refuse) -> None:
    """Refuse a signature under anything but what its page showed, no longer ago than SHOWN_FOR."""
    if seen.digest != digest:
        raise refuse("not_what_was_shown", say("The page showed something else. Read it again, then sign."))
    if seen.signatures != signatures:
        text = say("Somebody else signed it since the page was shown. Read it again, then sign.")
        raise refuse("not_what_was_shown", text)
    if abs(at - seen.at) > SHOWN_FOR:
        text = say(
            "The page was shown at %(at)s: a signature is given within %(minutes)d minutes of reading. Read it again,"
            " then sign.",
            at=seen.at,
            minutes=SHOWN_FOR.seconds // 60,
        )
        raise refuse("page_too_old", text)


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
