"""The second place: each checkpoint is told once, in order, to files, mail or an address elsewhere.

Whoever may change every row of the database, and had the keys, still cannot make those places forget. Telling is a task
of its own: however slow a place is, sealing does not wait. A place that is away is told later; what went wrong is kept
and shown by `manage.py verify_ledger`.
"""

from __future__ import annotations

import logging
import os
import smtplib
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit
from zlib import crc32

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from ..marks.locks import Lock, try_exclude
from .checkpoints import SignedCheckpoint
from .models import Seal, SealWitness
from .queries import seals_after, signed_checkpoint

log = logging.getLogger(__name__)

MOST_TOLD: Final = 1_000
"""Checkpoints of one run: the next run goes on."""
SECONDS: Final = 10
MOST_SECONDS: Final = 60
LONGEST_PAUSE: Final = timedelta(hours=1)


class PlaceAway(Exception):
    """A second place took no checkpoint now."""


def tell_witnesses(*, at: datetime) -> int:
    """Tell every second place what it has not been told. Returns how many checkpoints were taken."""
    return sum(_tell(place, at) for place in settings.SEALING_WITNESSES)


@transaction.atomic
def _tell(place: str, at: datetime) -> int:
    """One place; one that another process is telling is passed over. What it took is not told again.

    Nothing is written before the place has answered: a transaction that waited for it with something written would
    hold the sealer up, which seals below the oldest of them.
    """
    if not try_exclude(Lock.WITNESS, crc32(place.encode()) + 1):
        return 0
    row = SealWitness.objects.filter(place=place).first() or SealWitness(place=place)
    seals = _due(row, at)
    if not seals:
        return 0
    before = row.told
    telling, _ = _WAYS[urlsplit(place).scheme]
    try:
        for number in telling(place, [signed_checkpoint(seal) for seal in seals]):
            row.told, row.told_at = number, at
        row.attempts, row.next_try_at, row.last_error = 0, None, ""
    except PlaceAway as error:
        row.attempts += 1
        row.next_try_at = at + min(timedelta(seconds=5 * 2 ** min(row.attempts, 12)), LONGEST_PAUSE)
        row.last_error = f"{error}"[:300]
        log.warning("Checkpoints cannot be told to %s (%s): tried again from %s.", place, error, row.next_try_at)
    row.save()
    return row.told - before


def _due(row: SealWitness, at: datetime) -> list[Seal]:
    """What the place is to be told now."""
    if row.next_try_at is not None and row.next_try_at > at:
        return []
    _, now_and_then = _WAYS[urlsplit(row.place).scheme]
    if not now_and_then:
        return seals_after(row.told, MOST_TOLD)
    if row.told_at is not None and at - row.told_at < timedelta(seconds=settings.SEALING_MAIL_SECONDS):
        return []
    # A mail for each would be a flood, and the newest one commits to all before it.
    return list(Seal.objects.filter(number__gt=row.told).order_by("-number")[:1])


def witness_lines() -> list[str]:
    """How each second place stands, in words."""
    rows = {row.place: row for row in SealWitness.objects.filter(place__in=settings.SEALING_WITNESSES)}
    lines = []
    for place in settings.SEALING_WITNESSES:
        row = rows.get(place)
        told = f"told up to checkpoint {row.told}" if row and row.told else "told nothing yet"
        wrong = f"; FAILING: {row.last_error}" if row and row.last_error else ""
        lines.append(f"second place {place}: {told}{wrong}")
    return lines or [
        "no second place is named (SEALING_WITNESSES): who has the keys and the database could rewrite both"
    ]


def _append_to_file(place: str, notes: Sequence[SignedCheckpoint]) -> Sequence[int]:
    path = Path(unquote(urlsplit(place).path))
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(signed.note for signed in notes))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise PlaceAway(error.strerror or str(error)) from error
    return [signed.checkpoint.number for signed in notes]


def _send_mail(place: str, notes: Sequence[SignedCheckpoint]) -> Sequence[int]:
    newest = notes[-1]
    subject = f"Interlock checkpoint {newest.checkpoint.number} of ledger {newest.checkpoint.ledger}"
    if not settings.NOTICES_BY_MAIL:
        raise PlaceAway("no mail server is set (EMAIL_HOST)")
    try:
        EmailMessage(subject, newest.note, to=[unquote(urlsplit(place).path)]).send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise PlaceAway(f"{type(error).__name__}: {error}") from error
    return [newest.checkpoint.number]


def _post(place: str, notes: Sequence[SignedCheckpoint]) -> Sequence[int]:
    """One after the other, so that the place has them in order; what was taken before a failure counts."""
    told: list[int] = []
    end = time.monotonic() + MOST_SECONDS
    for signed in notes:
        if time.monotonic() > end:
            break
        # The scheme is one of _WAYS.
        request = urllib.request.Request(  # noqa: S310
            place, signed.note.encode(), {"Content-Type": "text/plain; charset=utf-8"}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310
                told.append(signed.checkpoint.number)
        except (urllib.error.URLError, OSError, ValueError) as error:
            if told:
                return told
            raise PlaceAway(f"{error}") from error
    return told


_WAYS: Final[dict[str, tuple[Callable[[str, Sequence[SignedCheckpoint]], Sequence[int]], bool]]] = {
    "file": (_append_to_file, False),
    "mailto": (_send_mail, True),
    "http": (_post, False),
    "https": (_post, False),
}
"""How a place is told, and whether it is told the newest alone, now and then."""
