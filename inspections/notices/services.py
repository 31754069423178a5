"""Acts of telling: gathering what is untold, writing mails that close, sending them; choosing how one is told."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import OperationalError

from ..marks.acts import one_act
from ..marks.locks import Lock, exclude
from ..people.models import User
from ..people.rules import Actor, ActorKind
from ..people.zones import time_zones
from ..records.services import record_act
from ..saying import say
from .choices import Kind, MailState, Pace
from .composing import compose_mail
from .gathering import MOST_ENTRIES, gather_some
from .models import NoticeChoice, NoticeMail
from .rules import NoticeRefused, least_pace, soonest
from .sending import send_ready

log = logging.getLogger(__name__)

MOST_WRITTEN: Final = 500


def gather_notices(*, at: datetime) -> int:
    """Put what the ledger holds and nobody was told of into the mails that gather. Returns how many entries.

    Safe to call any number of times and by several workers: an entry is untold once.
    """
    gathered = 0
    while True:
        some = _gather(at)
        gathered += some
        if some < MOST_ENTRIES:
            return gathered


@one_act
def _gather(at: datetime) -> int:
    # One at a time: two could open a mail each, and a mail that is being written takes no more lines.
    exclude(Lock.NOTICES, [1])
    return gather_some(at)


def compose_mails(*, at: datetime) -> int:
    """Write every mail whose time of gathering is over. Returns how many.

    One that cannot be written keeps no other waiting: raises ExceptionGroup at the end, OperationalError at once.
    """
    due = NoticeMail.objects.filter(state=MailState.GATHERING, closes_at__lte=at).order_by("closes_at", "pk")
    written, broken = 0, []
    for number in list(due.values_list("pk", flat=True)[:MOST_WRITTEN]):
        try:
            written += _compose(number, at)
        except OperationalError:
            raise
        except Exception as error:
            log.exception("Mail %s cannot be written, the others go on.", number)
            broken.append(error)
    if broken:
        raise ExceptionGroup(f"{len(broken)} mails cannot be written", broken)
    return written


@one_act
def _compose(number: int, at: datetime) -> bool:
    exclude(Lock.NOTICES, [1])
    mail = NoticeMail.objects.select_for_update(of=("self",)).select_related("person").get(pk=number)
    if mail.state != MailState.GATHERING:
        return False
    compose_mail(mail, at)
    return True


def send_mails(*, at: datetime) -> int:
    """Send what is written and due. Returns how many mails the server took. Outside every other transaction: it waits
    for a mail server."""
    return send_ready(at)


@dataclass(frozen=True, slots=True)
class Choice:
    """How a person wants to be told. `paces` by kind; what is not named is told as usual."""

    language: str
    time_zone: str
    digest_hour: int
    paces: Mapping[str, str]


@one_act
def choose_notices(*, person: User, choice: Choice, actor: Actor, at: datetime) -> NoticeChoice:
    """A person chooses how they are told. Their own choice alone: nobody makes another deaf.

    Raises NoticeRefused: another's choice, a language, zone, hour or kind that there is not, or less than what the
    person's role has to answer for.
    """
    if actor.kind is not ActorKind.PERSON or actor.id != person.pk:
        text = say("Everybody chooses for themselves: sign in as the person whose notices these are.")
        raise NoticeRefused(text)
    _check(choice, actor)
    row = NoticeChoice.objects.select_for_update().filter(person=person).first()
    before = None if row is None else _content(row)
    row = row or NoticeChoice(person=person)
    row.language, row.time_zone, row.digest_hour = choice.language, choice.time_zone, choice.digest_hour
    row.paces, row.chosen_at = dict(sorted(choice.paces.items())), at
    if _content(row) == before:
        return row
    row.save()
    record_act(
        actor=actor,
        act="notices.chosen",
        subject_kind="user",
        subject=str(person),
        at=at,
        before=before,
        after=_content(row),
    )
    return row


def _check(choice: Choice, actor: Actor) -> None:
    if choice.language not in dict(settings.LANGUAGES):
        text = say("“%(found)s” is no language of Interlock: choose one of the list.", found=choice.language)
        raise NoticeRefused(text)
    if choice.time_zone not in time_zones():
        text = say("“%(found)s” is no time zone: choose one of the list.", found=choice.time_zone)
        raise NoticeRefused(text)
    if not 0 <= choice.digest_hour <= 23:
        text = say("%(found)d is no hour of the day: choose 0 to 23.", found=choice.digest_hour)
        raise NoticeRefused(text)
    for name, pace in choice.paces.items():
        if name not in set(Kind) or pace not in Pace.values:
            text = say("“%(kind)s” cannot be told “%(pace)s”: load the page again.", kind=name, pace=pace)
            raise NoticeRefused(text)
        least = least_pace(Kind(name), actor.roles)
        if soonest([Pace(pace), least]) != pace:
            text = say("You answer for “%(kind)s”: it can come in the daily digest at the latest.", kind=name)
            if least is Pace.AT_ONCE:
                text = say("You answer for “%(kind)s”: it comes at once, not later.", kind=name)
            raise NoticeRefused(text)


def _content(row: NoticeChoice) -> dict[str, object]:
    return {
        "language": row.language,
        "time_zone": row.time_zone,
        "digest_hour": row.digest_hour,
        "paces": dict(row.paces),
    }
