"""Nonconformances, concessions, hold lists and the cars on one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.catalogue.queries import characteristic_words
from inspections.dispositions.answering import open_fails_of
from inspections.dispositions.concession_queries import concessions as read_concessions
from inspections.dispositions.listed import HoldListRow, hold_lists, listed_vehicles
from inspections.dispositions.models import Nonconformance
from inspections.dispositions.queries import ListedNonconformance, Narrowed, acts_on
from inspections.dispositions.queries import nonconformances as read_nonconformances
from inspections.gates.sentences import gate_text

from ..access import language_now, moment_of
from ..batch_facts import vehicle_status_text
from ..board_page import narrowed_words, read_asked
from ..concession_page import ConcessionRow, concession_rows
from ..hold_list_words import condition_text, listed_line
from ..nonconformance_page import name_of, next_words
from ..telling import Telling
from .cells import record_text
from .of_ledger import entries_sheet
from .sheets import Column, Sheet, coded, in_pages


@dataclass(frozen=True, slots=True)
class _Listed:
    row: ListedNonconformance
    name: str
    characteristic: str
    code: str
    fails: int
    next: str


def nonconformances(request: HttpRequest) -> Sheet:
    """The open ones, critical and oldest first, or the closed ones."""
    closed = request.GET.get("state") == "closed"
    asked = read_asked(request)
    narrowed = [(_("State"), _("Closed") if closed else _("Open"))]
    if asked.narrowed:
        narrowed.append((_("Narrowed to"), narrowed_words(asked)))
    return Sheet("nonconformances", _("Nonconformances"), _columns(), _nonconformances(closed, asked.only), narrowed)


def _nonconformances(closed: bool, only: Narrowed) -> Iterator[list[_Listed]]:
    pages = in_pages(
        lambda after, most: read_nonconformances(closed=closed, only=only, after=after, most=most),
        lambda row: (row.closed_at or row.opened_at, int(not row.critical), row.id),
    )
    for rows in pages:
        names = characteristic_words({row.characteristic_id for row in rows if row.characteristic_id is not None})
        fails = open_fails_of(ids=[row.id for row in rows if row.closed_at is None])
        telling = Telling(language_now(), names)
        yield [
            _Listed(
                row,
                name_of(names.get(row.characteristic_id or 0)),
                names[row.characteristic_id].named.code if row.characteristic_id in names else "",
                telling.code(row.code),
                len(fails.get(row.id, ())),
                next_words(
                    closed_at=row.closed_at, of_batch=not row.vin, fails=len(fails.get(row.id, ())), owner=row.owner
                ),
            )
            for row in rows
        ]


def _columns() -> list[Column]:
    return [
        Column(_("Number"), lambda each: each.row.number),
        *coded(_("What failed"), lambda each: each.code, lambda each: each.row.code),
        *coded(_("Gate"), lambda each: gate_text(each.row.gate, language_now()), lambda each: each.row.gate),
        *coded(_("Characteristic"), lambda each: each.name, lambda each: each.characteristic),
        Column(_("Critical"), lambda each: each.row.critical),
        Column(_("Batch"), lambda each: each.row.batch),
        Column(_("Car"), lambda each: each.row.sequence or None),
        Column(_("Vehicle identification number"), lambda each: each.row.vin),
        Column(_("Owner"), lambda each: each.row.owner),
        Column(_("Fails not answered"), lambda each: each.fails),
        Column(_("Asked next"), lambda each: each.next),
        Column(_("Opened"), lambda each: each.row.opened_at),
        Column(_("Closed"), lambda each: each.row.closed_at),
    ]


def history_of_nonconformance(found: Nonconformance) -> Sheet:
    """Every entry of the ledger that names a nonconformance."""
    pages = in_pages(
        lambda before, most: acts_on(nonconformance=found, before=before, most=most), lambda entry: entry.id
    )
    title = _("History of %(number)s") % {"number": found.number}
    return entries_sheet(f"nonconformance-{found.number}-history", title, pages)


def concessions(request: HttpRequest) -> Sheet:
    """Concessions, newest first."""
    at = moment_of(request)
    columns = [
        Column(_("Concession"), lambda row: row.found.number),
        *coded(_("State"), lambda row: row.word, lambda row: row.found.state(at)),
        Column(_("Departure"), lambda row: row.what),
        Column(_("Reason"), lambda row: row.found.reason),
        Column(_("Nonconformance"), lambda row: row.found.nonconformance),
        Column(_("Batch"), lambda row: row.found.batch),
        Column(_("Cars"), lambda row: row.cars),
        *coded(_("Accepted by"), lambda row: row.authority, lambda row: row.found.authority),
        Column(_("Proposed by"), lambda row: row.found.proposed_by),
        Column(_("Proposed"), lambda row: row.found.proposed_at),
        Column(_("Signatures"), lambda row: row.found.signatures),
        Column(_("Signed by"), lambda row: "; ".join(row.found.signers)),
        Column(_("Approved"), lambda row: row.found.approved_at),
        Column(_("Ends"), lambda row: row.found.expires_at),
        Column(_("Number of cars that may leave by it"), lambda row: row.found.quantity),
        Column(_("Left by it"), lambda row: row.found.left),
    ]
    return Sheet("concessions", _("Concessions"), columns, _concessions(at))


def _concessions(at: datetime) -> Iterator[list[ConcessionRow]]:
    for found in in_pages(lambda before, most: read_concessions(before=before, most=most), lambda row: row.id):
        yield concession_rows(found, at)


def lists_of_holds(request: HttpRequest) -> Sheet:
    """Hold lists, newest first."""
    columns = [
        Column(_("List"), lambda row: row.number),
        *coded(_("Which cars"), lambda row: condition_text(row.condition), lambda row: record_text(row.condition)),
        Column(_("Why they are held"), lambda row: row.reason),
        Column(_("Listed"), lambda row: row.listed),
        Column(_("Had left"), lambda row: row.gone),
        Column(_("Still held"), lambda row: row.holding),
        Column(_("Placed by"), lambda row: row.placed_by),
        Column(_("Placed"), lambda row: row.placed_at),
    ]
    pages = in_pages(lambda before, most: hold_lists(before=before, most=most), lambda row: row.id)
    return Sheet("hold-lists", _("Hold lists"), columns, pages)


def cars_of_list(found: HoldListRow, shown: str, name: str) -> Sheet:
    """The cars of a hold list. `name`: what they are narrowed to, as the page calls it."""
    columns = [
        Column(_("Vehicle identification number"), lambda row: row.vin),
        Column(_("Batch"), lambda row: row.batch),
        Column(_("Car"), lambda row: row.sequence),
        Column(_("Batch then"), lambda row: row.batch_then),
        *coded(_("State then"), lambda row: vehicle_status_text(row.status_then), lambda row: row.status_then),
        *coded(_("State now"), lambda row: vehicle_status_text(row.status), lambda row: row.status),
        Column(_("Its hold"), lambda row: listed_line(row).became),
        Column(_("Held"), lambda row: listed_line(row).held),
        Column(_("Lifted by"), lambda row: row.lifted_by),
        Column(_("Lifted"), lambda row: row.lifted_at),
        Column(_("Why it was lifted"), lambda row: row.lifted_reason),
    ]
    pages = in_pages(
        lambda after, most: listed_vehicles(list_id=found.id, shown=shown, after=after or 0, most=most),
        lambda row: row.vehicle_id,
    )
    title = _("Cars of hold list %(number)s") % {"number": found.number}
    narrowed: Sequence[tuple[str, str]] = [(_("Cars"), name), (_("Which cars"), condition_text(found.condition))]
    return Sheet(f"hold-list-{found.number}-cars", title, columns, pages, narrowed)
