"""Periodic samples of lines, and rejected samples that are not cleared."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.catalogue.queries import procedure_words
from inspections.gates.queries import PeriodStanding, open_rejections, period_standings

from ..access import language_now, moment_of
from ..drawn_words import name_of
from ..sampling_words import PeriodRow, period_rows
from .sheets import Column, Sheet, coded

MOST_REJECTIONS = 10_000

Standing = tuple[PeriodStanding, PeriodRow]


def periods(request: HttpRequest) -> Sheet:
    """Every procedure that is sampled per period, by line and configuration."""
    at = moment_of(request)

    def pages() -> Iterator[list[Standing]]:
        found = sorted(period_standings(at=at), key=lambda row: (row.line, row.configuration))
        names = procedure_words({row.procedure for row in found})
        yield list(zip(found, period_rows(found, names, language_now(), at), strict=True))

    columns = [
        Column(_("Line"), lambda each: each[0].line),
        Column(_("Configuration"), lambda each: each[0].configuration),
        *coded(_("Procedure"), lambda each: each[1].name, lambda each: each[0].procedure),
        *coded(_("Gate"), lambda each: each[1].gate, lambda each: each[0].domain),
        *coded(_("Period"), lambda each: each[1].each, lambda each: each[0].period),
        Column(_("Samples asked"), lambda each: each[0].size),
        Column(_("Conforming now"), lambda each: each[0].conforming),
        Column(_("Period from"), lambda each: each[0].current[0] if each[0].current else None),
        Column(_("Period until before"), lambda each: each[0].current[1] if each[0].current else None),
        Column(_("Last good"), lambda each: each[0].last_good),
        Column(_("Next due by"), lambda each: each[0].next_due),
        Column(_("Overdue"), lambda each: each[0].overdue),
        *coded(_("Standing"), lambda each: each[1].word, lambda each: each[1].status.value),
    ]
    return Sheet("samples", _("Periodic samples by line"), columns, pages())


def rejections(request: HttpRequest) -> Sheet:
    """Rejected samples that are not cleared, the latest first."""
    found = open_rejections(most=MOST_REJECTIONS)
    names = procedure_words({row.procedure for row in found})
    language = language_now()
    columns = [
        Column(_("Sample"), lambda row: row.subject),
        *coded(_("Procedure"), lambda row: name_of(row.procedure, names, language), lambda row: row.procedure),
        Column(_("Line"), lambda row: row.line),
        Column(_("Test finished"), lambda row: row.finished_at),
        Column(_("It reaches batches"), lambda row: "; ".join(row.batches)),
    ]
    return Sheet("rejected-samples", _("Rejected samples that are not cleared"), columns, [found])
