"""What the pages of coverage say: what the plans ask of a type, what covers it until when, and what ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.gates.choices import CoverageKind
from inspections.gates.coverage_rows import AskedOfType, CoverageRow, Leaning

from .access import language_now
from .ages import age_text, clauses, gap, stamp
from .statuses import Status

SOON: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Covering:
    """One procedure that a plan asks of the type, and how it stands. `row` is what covers it, or came nearest."""

    asked: AskedOfType
    status: Status
    words: str
    row: CoverageRow | None


def coverings(asked: Sequence[AskedOfType], rows: Sequence[CoverageRow], at: datetime) -> list[Covering]:
    """What is asked, with what covers it: what nothing covers first, then what runs out soonest."""
    found = [_covering(one, [row for row in rows if _of(one, row)], at) for one in asked]
    return sorted(found, key=lambda one: (one.status is not Status.FAIL, _end(one, at), one.asked.procedure))


def _of(asked: AskedOfType, row: CoverageRow) -> bool:
    return (row.configuration, row.procedure_id) == (asked.configuration, asked.procedure_id)


def _end(one: Covering, at: datetime) -> datetime:
    return one.row.valid_until if one.row is not None and one.status is not Status.FAIL else at


def _covering(asked: AskedOfType, rows: Sequence[CoverageRow], at: datetime) -> Covering:
    standing = [row for row in rows if row.in_force(at)]
    if standing:
        last = max(standing, key=lambda row: row.valid_until)
        left = last.valid_until - at
        words = _("covered until %(at)s") % {"at": stamp(last.valid_until)}
        if left > SOON:
            return Covering(asked, Status.PASS, words, last)
        return Covering(asked, Status.PENDING, clauses([words, _("%(age)s left") % {"age": age_text(left)}]), last)
    if not rows:
        return Covering(asked, Status.FAIL, _("nothing covers it"), None)
    nearest = max(rows, key=lambda row: (row.valid_until, row.id))
    return Covering(asked, Status.FAIL, _("not covered: %(why)s") % {"why": state_words(nearest, at)}, nearest)


def state_of(row: CoverageRow, at: datetime) -> Status:
    """How one coverage stands."""
    if row.ended_at is not None:
        return Status.FAIL
    if row.valid_until <= at:
        return Status.STALE
    if row.valid_from > at:
        return Status.QUIET
    return Status.PENDING if row.valid_until - at <= SOON else Status.PASS


def state_words(row: CoverageRow, at: datetime) -> str:
    """How one coverage stands, in words."""
    if row.ended_at is not None:
        return _("revoked %(at)s") % {"at": stamp(row.ended_at)}
    if row.valid_until <= at:
        return _("ended %(at)s") % {"at": stamp(row.valid_until)}
    if row.valid_from > at:
        return _("begins %(at)s") % {"at": stamp(row.valid_from)}
    if row.valid_until - at <= SOON:
        return _("in force, %(age)s left") % {"age": age_text(row.valid_until - at)}
    return _("in force")


def kind_words(kind: str) -> str:
    """What a coverage rests on."""
    return {
        CoverageKind.INSPECTION.value: _("test of a destroyed car"),
        CoverageKind.CERTIFICATE.value: _("laboratory's certificate"),
        CoverageKind.DEMONSTRATION.value: _("demonstration, not evidence"),
    }.get(kind, kind)


def name_of(asked: AskedOfType | CoverageRow) -> str:
    return (asked.name_zh if language_now() == "zh-hans" else "") or asked.name


def heading(configuration: str, found: Sequence[Covering]) -> str:
    """The finding: what of the type is not covered, or runs out soon."""
    said = {"configuration": configuration, "all": len(found)}
    if not found:
        return _("%(configuration)s: no plan asks anything of the type") % said
    open_ones = sum(one.status is Status.FAIL for one in found)
    if open_ones:
        words = ngettext(
            "%(configuration)s: %(count)d of %(all)d type tests is not covered",
            "%(configuration)s: %(count)d of %(all)d type tests are not covered",
            open_ones,
        )
        return words % {**said, "count": open_ones}
    soon = sum(one.status is Status.PENDING for one in found)
    if soon:
        words = ngettext(
            "%(configuration)s: all is covered, %(count)d coverage runs out soon",
            "%(configuration)s: all is covered, %(count)d coverages run out soon",
            soon,
        )
        return words % {**said, "count": soon}
    return _("%(configuration)s: every type test is covered") % said


def leaning_words(found: Leaning) -> str:
    """Who leans on a coverage, in one or two sentences."""
    if not found.batches:
        return _("No batch leans on it.")
    cars = ngettext("%(count)d car", "%(count)d cars", found.total("cars")) % {"count": found.total("cars")}
    words = ngettext(
        "%(batches)d batch with %(cars)s leans on it: %(clear)d clear, %(released)d released and not yet gone, "
        "%(delivered)d delivered.",
        "%(batches)d batches with %(cars)s lean on it: %(clear)d clear, %(released)d released and not yet gone, "
        "%(delivered)d delivered.",
        len(found.batches),
    ) % {
        "batches": len(found.batches),
        "cars": cars,
        "clear": found.total("clear"),
        "released": found.total("released"),
        "delivered": found.total("delivered"),
    }
    stays = sum(batch.stays for batch in found.batches)
    if not stays:
        return words
    more = ngettext(
        "%(count)d batch stays covered by another one.", "%(count)d batches stay covered by another one.", stays
    )
    return words + gap() + more % {"count": stays}
