"""The intake: what was sent and is not on the record, and files of rigs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.intake.choices import KeptState
from inspections.intake.models import Kept

from ..access import moment_of
from ..intake_rows import (
    beyond,
    file_state_asked,
    file_words,
    files_asked,
    kept_row,
    kind_and_text_asked,
    kind_words,
    known_vins,
    narrowed,
    state_asked,
    state_words,
    waits_too_long,
)
from .cells import record_text
from .sheets import Column, Sheet, coded, in_pages


def inbox(request: HttpRequest) -> Sheet:
    """What is kept, in the order of the inbox. What was sent is not in it: each has its own page."""
    at, state = moment_of(request), state_asked(request)
    rows, late = narrowed(request), waits_too_long(at)
    pages = _pages(rows, at, newest_first=True)
    if state == KeptState.OPEN:
        pages = chain(
            _pages(rows.filter(late), at, newest_first=False), _pages(rows.exclude(late), at, newest_first=False)
        )
    kind, text = kind_and_text_asked(request)
    asked = [(_("State"), state_words()[state])]
    asked += [(_("Kind"), kind_words()[kind])] if kind else []
    asked += [(_("VIN or its end, rig, or id"), text)] if text else []
    return Sheet("intake", _("Intake"), _columns(at), pages, asked)


def _pages(rows: QuerySet[Kept], at: datetime, *, newest_first: bool) -> Iterator[list[dict[str, Any]]]:
    pages = in_pages(
        lambda place, most: list(beyond(rows, place, newest_first=newest_first)[:most]),
        lambda row: (row.received_at, row.pk),
    )
    for found in pages:
        known = known_vins(found)
        yield [kept_row(each, at, known) for each in found]


def _columns(at: datetime) -> list[Column]:
    return [
        Column(_("Entry"), lambda row: row["kept"].pk),
        *coded(_("Kind"), lambda row: row["kind"], lambda row: row["kept"].kind),
        *coded(_("State"), lambda row: row["state"], lambda row: row["kept"].state),
        *coded(_("Why"), lambda row: row["why"].words, lambda row: row["kept"].code),
        Column(_("What was answered, in English"), lambda row: row["why"].answered),
        Column(_("HTTP status that was answered"), lambda row: row["kept"].status),
        Column(_("Rig"), lambda row: row["kept"].rig.code if row["kept"].rig else ""),
        Column(_("Id at the rig"), lambda row: row["kept"].external_id),
        Column(_("Procedure (code)"), lambda row: row["kept"].procedure),
        Column(_("Names"), lambda row: row["names"]),
        Column(_("Holds up"), lambda row: row["vin"]),
        Column(_("Sent more times"), lambda row: row["kept"].repeats),
        Column(_("File"), lambda row: str(row["kept"].submission or "")),
        Column(_("Size in bytes"), lambda row: row["kept"].size),
        Column("SHA-256", lambda row: row["kept"].sha256),
        Column(_("Received"), lambda row: row["kept"].received_at),
        Column(_("Settled"), lambda row: row["kept"].settled_at),
        Column(_("Settled by"), lambda row: row["kept"].settled_by),
        Column(_("Why it was settled"), lambda row: row["kept"].settled_reason),
    ]


def files(request: HttpRequest) -> Sheet:
    """Files of rigs, the newest first."""
    state, rows = file_state_asked(request), files_asked(request)
    columns = [
        Column(_("Number"), lambda row: row.pk),
        Column(_("File"), lambda row: row.name),
        *coded(_("State"), lambda row: file_words()[row.state], lambda row: row.state),
        Column(_("Rig"), lambda row: row.rig.code),
        Column(_("Recorded"), lambda row: row.recorded),
        Column(_("Waiting"), lambda row: row.waiting),
        Column(_("Refused, count"), lambda row: row.refused),
        Column(_("Reasons"), lambda row: record_text(row.reasons or None)),
        Column(_("Read as"), lambda row: row.adapter),
        Column(_("Procedure (code)"), lambda row: row.procedure),
        Column(_("Vehicle identification number"), lambda row: row.vin),
        Column(_("Size in bytes"), lambda row: row.size),
        Column("SHA-256", lambda row: row.sha256),
        Column(_("Received"), lambda row: row.received_at),
        Column(_("Read"), lambda row: row.read_at),
    ]
    pages = in_pages(
        lambda place, most: list(beyond(rows, place, newest_first=True)[:most]), lambda row: (row.received_at, row.pk)
    )
    asked = [(_("State"), file_words()[state])] if state else []
    return Sheet("files", _("Files of rigs"), columns, pages, asked)
