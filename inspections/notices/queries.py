"""Reads of notices: how a person is told, and what became of the mails to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from ..people.models import User
from ..people.rules import Actor
from .choices import Kind, MailState, Pace
from .gathering import is_address
from .models import NoticeChoice, NoticeMail
from .rules import least_pace, pace_of, usual_pace


@dataclass(frozen=True, slots=True)
class KindChoice:
    """How a person is told of one kind, what is usual for their roles, and what they cannot go below."""

    kind: Kind
    pace: Pace
    usual: Pace
    least: Pace


@dataclass(frozen=True, slots=True)
class OwnNotices:
    """How a person is told. `address` is empty where nothing can be sent to them."""

    address: str
    language: str
    time_zone: str
    digest_hour: int
    kinds: tuple[KindChoice, ...]


def own_notices(*, person: User, actor: Actor, language: str) -> OwnNotices:
    """How the person is told now; `language` is that of the page, for who never chose. One statement."""
    chosen = NoticeChoice.objects.filter(person=person).first()
    paces = chosen.paces if chosen else {}
    return OwnNotices(
        address=person.email if is_address(person.email) else "",
        language=chosen.language if chosen else language,
        time_zone=chosen.time_zone if chosen else settings.TIME_ZONE,
        digest_hour=chosen.digest_hour if chosen else settings.NOTICES_DIGEST_HOUR,
        kinds=tuple(
            KindChoice(
                kind,
                pace_of(kind, actor.roles, paces),
                usual_pace(kind, actor.roles),
                least_pace(kind, actor.roles),
            )
            for kind in Kind
        ),
    )


def latest_mails(*, person: User, most: int, before: int | None = None) -> list[NoticeMail]:
    """The newest mails to a person that were written, newest first, without their texts; those before one, where it is
    named by its id. One statement."""
    rows = NoticeMail.objects.filter(person=person).exclude(state=MailState.GATHERING).defer("text", "html")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:most])


def waiting_since(*, at: datetime) -> datetime | None:
    """Since when the oldest written mail waits for the mail server; None where none does. One statement."""
    rows = NoticeMail.objects.filter(state=MailState.READY, composed_at__lt=at, attempts__gt=0)
    return rows.order_by("composed_at").values_list("composed_at", flat=True).first()
