"""From entries of the ledger to mails that gather: who is told of what, and in which mail."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection

from ..people.choices import Role
from ..people.models import User
from ..people.rules import ActorKind
from ..records.models import LedgerEntry
from .choices import Kind, MailState, Pace
from .findings import Finding, finding_of
from .models import NoticeChoice, NoticeMail
from .rules import Gathered, closes_as_digest, closes_at_once, pace_of

log = logging.getLogger(__name__)

MOST_ENTRIES: Final = 2000
"""Entries gathered in one transaction."""


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """A person who can be told, with roles and choices as they are now."""

    id: int
    roles: frozenset[Role]
    chosen: Mapping[str, str]
    time_zone: str
    digest_hour: int


def gather_some(at: datetime) -> int:
    """Gather some of what is untold, in the caller's transaction and under its lock. Returns how many entries."""
    entries = _take_untold()
    if not entries:
        return 0
    if settings.NOTICES_BY_MAIL:
        _add_lines(_wanted(entries, collect_readers()), at)
    return len(entries)


_TAKE: Final = (
    "delete from inspections_untold where entry_id = any(array("
    "select entry_id from inspections_untold order by entry_id limit %s)) returning entry_id"
)


def _take_untold() -> list[LedgerEntry]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [MOST_ENTRIES])
        ids = [row[0] for row in cursor.fetchall()]
    return list(LedgerEntry.objects.filter(pk__in=ids).order_by("pk")) if ids else []


def collect_readers() -> list[Reader]:
    """Everybody with a role and an address that can be written to. Three statements."""
    chosen = {row.person_id: row for row in NoticeChoice.objects.all()}
    people = User.objects.filter(is_active=True, groups__isnull=False).distinct().prefetch_related("groups")
    readers = []
    for person in people.order_by("pk"):
        if not is_address(person.email):
            continue
        names = {group.name for group in person.groups.all()}
        own = chosen.get(person.pk)
        readers.append(
            Reader(
                id=person.pk,
                roles=frozenset(role for role in Role if role.value in names),
                chosen=own.paces if own else {},
                time_zone=own.time_zone if own else settings.TIME_ZONE,
                digest_hour=own.digest_hour if own else settings.NOTICES_DIGEST_HOUR,
            )
        )
    return readers


def is_address(text: str) -> bool:
    """Whether a mail can be addressed so: one plain address, without anything that could begin another header."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return text.isprintable() and " " not in text


def _wanted(entries: Sequence[LedgerEntry], readers: Sequence[Reader]) -> dict[tuple[Reader, Pace], list[int]]:
    """For each reader and pace the entries to tell. Nobody is told what they did themselves."""
    wanted: dict[tuple[Reader, Pace], list[int]] = defaultdict(list)
    by_kind: dict[Kind, list[tuple[Reader, Pace]]] = {}
    for entry in entries:
        finding = finding_of(entry)
        if finding is None:
            continue
        if finding.kind not in by_kind:
            by_kind[finding.kind] = list(_told(finding, readers))
        doer = entry.actor_id if entry.actor_kind == ActorKind.PERSON.value else None
        for reader, pace in by_kind[finding.kind]:
            if reader.id != doer:
                wanted[reader, pace].append(entry.pk)
    return wanted


def _told(finding: Finding, readers: Iterable[Reader]) -> Iterable[tuple[Reader, Pace]]:
    found = [(reader, pace_of(finding.kind, reader.roles, reader.chosen)) for reader in readers]
    told = [(reader, pace) for reader, pace in found if pace is not Pace.NONE]
    if not told:
        log.error("Nobody with an address is told of %s %s: give somebody the role.", finding.act, finding.subject)
    return told


def _add_lines(wanted: Mapping[tuple[Reader, Pace], Sequence[int]], at: datetime) -> None:
    if not wanted:
        return
    mails = _gathering_mails(wanted, at)
    rows = [(mails[reader.id, pace], entry_id) for (reader, pace), entries in wanted.items() for entry_id in entries]
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into inspections_noticeline (mail_id, entry_id) select * from unnest(%s::bigint[], %s::bigint[])"
            " on conflict do nothing",
            [[mail for mail, _ in rows], [entry for _, entry in rows]],
        )


def _gathering_mails(wanted: Iterable[tuple[Reader, Pace]], at: datetime) -> dict[tuple[int, str], int]:
    """The mail that gathers for each reader and pace; opened where there is none."""
    open_ones = NoticeMail.objects.filter(state=MailState.GATHERING)
    found = {(mail.person_id, mail.pace): mail.pk for mail in open_ones.only("person_id", "pace")}
    missing = [(reader, pace) for reader, pace in wanted if (reader.id, pace.value) not in found]
    last = _last_at_once([reader.id for reader, pace in missing if pace is Pace.AT_ONCE])
    opened = NoticeMail.objects.bulk_create(
        NoticeMail(
            person_id=reader.id,
            pace=pace.value,
            opened_at=at,
            closes_at=closes_as_digest(at, reader.time_zone, reader.digest_hour)
            if pace is Pace.DIGEST
            else closes_at_once(at, last.get(reader.id), timedelta(seconds=settings.NOTICES_GATHER_SECONDS)),
        )
        for reader, pace in missing
    )
    return found | {(mail.person_id, mail.pace): mail.pk for mail in opened}


def _last_at_once(people: Sequence[int]) -> dict[int, Gathered]:
    rows = NoticeMail.objects.filter(person_id__in=people, pace=Pace.AT_ONCE).order_by("person_id", "-pk")
    return {
        mail.person_id: Gathered(mail.opened_at, mail.closes_at)
        for mail in rows.distinct("person_id").only("person_id", "opened_at", "closes_at")
    }
