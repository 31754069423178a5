"""Entries of the ledger: the history of a batch, of a car, or of anything that acts name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from inspections.batches.models import Vehicle
from inspections.catalogue.models import PlanRevision
from inspections.catalogue.queries import characteristic_words
from inspections.records.models import LedgerEntry
from inspections.records.queries import entries_of, entries_of_batch
from inspections.rigs.models import Rig

from ..access import language_now
from ..act_words import SaidAct, say_act
from ..life import LARGEST
from ..paging import END_OF_TIME
from ..telling import Telling, characteristics_in
from .cells import record_text
from .sheets import Column, Sheet, coded, in_pages

Told = tuple[LedgerEntry, SaidAct]


def history_of_batch(number: str, *, without: Sequence[str], narrowed: Sequence[tuple[str, str]]) -> Sheet:
    """What happened to a batch and its cars, newest first; `without` these acts."""
    pages = in_pages(
        lambda before, most: entries_of_batch(batch=number, before=before, most=most, without=without),
        lambda entry: entry.id,
    )
    title = _("History of batch %(number)s") % {"number": number}
    return _sheet(f"batch-{number}-history", title, pages, narrowed)


def history_of_vehicle(vehicle: Vehicle) -> Sheet:
    """Every entry of the ledger about a car, newest first: those too that its page tells from the record itself."""
    title = _("History of car %(vin)s") % {"vin": vehicle.vin}
    return _sheet(f"vehicle-{vehicle.vin}-history", title, _entries("vehicle", vehicle.vin))


def history_of_rig(rig: Rig) -> Sheet:
    """Every entry of the ledger about a rig, newest first."""
    return _sheet(
        f"rig-{rig.code}-history", _("History of rig %(code)s") % {"code": rig.code}, _entries("rig", rig.code)
    )


def history_of_revision(revision: PlanRevision) -> Sheet:
    """Every entry of the ledger about a revision of a control plan, newest first."""
    subject = f"{revision.plan.code}/{revision.number}"
    title = _("History of %(number)s") % {"number": subject}
    return _sheet(f"plan-{revision.plan.code}-{revision.number}-history", title, _entries("plan_revision", subject))


def _entries(kind: str, subject: str) -> Iterator[Sequence[LedgerEntry]]:
    def read(before: tuple[datetime, int] | None, most: int) -> list[LedgerEntry]:
        beyond = (END_OF_TIME, LARGEST) if before is None else before
        return entries_of(subject_kind=kind, subject=subject, before=beyond, most=most)

    return in_pages(read, lambda entry: (entry.at, entry.id))


def entries_sheet(subject: str, title: str, pages: Iterable[Sequence[LedgerEntry]]) -> Sheet:
    """A sheet of entries that somebody else reads."""
    return _sheet(subject, title, pages)


def _sheet(
    subject: str,
    title: str,
    pages: Iterable[Sequence[LedgerEntry]],
    narrowed: Sequence[tuple[str, str]] = (),
) -> Sheet:
    columns = (
        Column(_("Entry"), lambda told: told[0].id),
        Column(_("When"), lambda told: told[0].at),
        *coded(_("What happened"), lambda told: told[1].text, lambda told: told[0].act),
        Column(_("Subject kind (code)"), lambda told: told[0].subject_kind),
        Column(_("Subject"), lambda told: told[0].subject),
        Column(_("Batch"), lambda told: told[0].batch),
        Column(_("Who"), lambda told: told[0].actor),
        Column(_("Kind of actor (code)"), lambda told: told[0].actor_kind),
        Column(_("Reason"), lambda told: told[0].reason),
        Column(_("Before"), lambda told: record_text(told[0].before)),
        Column(_("After"), lambda told: record_text(told[0].after)),
        Column(_("Request"), lambda told: told[0].request_id),
    )
    return Sheet(subject, title, columns, _told(pages), narrowed)


def _told(pages: Iterable[Sequence[LedgerEntry]]) -> Iterator[list[Told]]:
    for entries in pages:
        tell = Telling(language_now(), characteristic_words(characteristics_in(entry.after for entry in entries)))
        yield [(entry, say_act(entry, tell)) for entry in entries]
