"""Periodic sampling in words: how each sampled procedure of a line stands, and what is due next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.catalogue.choices import Period
from inspections.catalogue.queries import Named
from inspections.evaluation.reasons import ReasonCode
from inspections.gates.queries import PeriodStanding
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import gate_text

from .ages import stamp
from .drawn_words import name_of
from .need_facts import ENGINEER, INSPECTOR, Findings, Task, bold, text
from .statuses import Status

SOON: Final = {Period.SHIFT.value: timedelta(hours=2)}
OTHERWISE_SOON: Final = timedelta(hours=72)
NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One row of the list."""

    line: str
    configuration: str
    name: str
    gate: str
    count: str
    each: str
    until: str
    last_good: str
    next_due: str
    status: Status
    word: str
    key: str

    @property
    def group(self) -> tuple[str, str]:
        """What the rows stand together by."""
        return self.line, self.configuration


def period_rows(
    standings: Iterable[PeriodStanding], names: Mapping[str, Named], language: Language, at: datetime
) -> list[PeriodRow]:
    """The list as its page shows it: the samples of one line and configuration together."""
    together = sorted(standings, key=lambda row: (row.line, row.configuration))
    return [_row(row, names, language, at) for row in together]


def _row(row: PeriodStanding, names: Mapping[str, Named], language: Language, at: datetime) -> PeriodRow:
    status, word = _state(row, at)
    until = _("until %(at)s") % {"at": stamp(row.current[1])} if row.current is not None else ""
    return PeriodRow(
        line=row.line,
        configuration=row.configuration,
        name=name_of(row.procedure, names, language),
        gate=gate_text(row.domain, language),
        count=_("%(count)d of %(size)d") % {"count": row.conforming, "size": row.size},
        each=_each(row.period),
        until=until,
        last_good=stamp(row.last_good) if row.last_good else _("none in 100 days"),
        next_due=stamp(row.next_due) if row.next_due else _("now"),
        status=status,
        word=word,
        key=f"{row.line}-{row.configuration}-{row.procedure_id}",
    )


def _each(period: str) -> str:
    return {
        Period.SHIFT.value: _("each shift"),
        Period.WEEK.value: _("each week"),
        Period.MONTH.value: _("each month"),
    }.get(period, _("each material lot"))


def _state(row: PeriodStanding, at: datetime) -> tuple[Status, str]:
    if row.period == Period.LOT:
        return Status.PENDING, _("No calendar: stays short")
    if row.overdue:
        return Status.PENDING, _("Overdue")
    if row.current is not None and row.last_good is not None and row.last_good >= row.current[0]:
        return Status.PASS, _("Done for this period")
    return Status.MISSING, _("Due soon") if is_soon(row, at) else _("Due")


def is_soon(row: PeriodStanding, at: datetime) -> bool:
    """Whether the next is due so soon that somebody should see to it now."""
    return not row.overdue and row.next_due is not None and row.next_due - at < SOON.get(row.period, OTHERWISE_SOON)


def heading(standings: Sequence[PeriodStanding], rejections: int, at: datetime) -> str:
    """The finding, as a sentence."""
    overdue = sum(row.overdue for row in standings)
    if rejections:
        words = ngettext(
            "%(count)d rejected sample is not cleared", "%(count)d rejected samples are not cleared", rejections
        )
        return words % {"count": rejections}
    if not standings:
        return _("Nothing is sampled per period on any line")
    if overdue:
        words = ngettext(
            "%(overdue)d of %(all)d periodic samples is overdue",
            "%(overdue)d of %(all)d periodic samples are overdue",
            overdue,
        )
        return words % {"overdue": overdue, "all": len(standings)}
    soon = sum(is_soon(row, at) for row in standings)
    if soon:
        words = ngettext(
            "No periodic sample is overdue; %(count)d is due soon",
            "No periodic sample is overdue; %(count)d are due soon",
            soon,
        )
        return words % {"count": soon}
    return _("No periodic sample is overdue")


def sample_tasks(found: Findings) -> Iterable[Task]:
    """What is overdue or due soon, one task for each line and configuration: a line that stands still is one thing."""
    gathered: dict[tuple[str, str, bool], list[PeriodStanding]] = defaultdict(list)
    for row in found.samples:
        if row.period != Period.LOT and (row.overdue or is_soon(row, found.at)):
            gathered[row.line, row.configuration, row.overdue].append(row)
    for (line, configuration, overdue), rows in gathered.items():
        yield _task(line, configuration, rows, found.at, overdue=overdue)


def drawn_tasks(found: Findings) -> Iterable[Task]:
    """A batch whose own gate waits for samples drawn from it: one task, naming the procedures."""
    for batch in found.batches:
        rows = [
            (reason["detail"]["procedure"], reason["found"], reason["required"], gate.decided_at or batch.opened_at)
            for gate in batch.gates
            for reason in gate.own_reasons
            if reason["code"] == ReasonCode.SAMPLE_SHORT and reason["detail"].get("period") == "batch"
        ]
        if not rows:
            continue
        named = _(", ").join(
            _("%(procedure)s %(found)s of %(required)s") % {"procedure": code, "found": have, "required": want}
            for code, have, want, _at in rows
        )
        yield Task(
            Status.MISSING,
            (bold(batch.number), text(_(": samples drawn from it are short: %(list)s.") % {"list": named})),
            (text(_("No car of the batch is clear until they are tested and conform.")),),
            min(at for *_rest, at in rows),
            reverse("web:batch", args=[batch.number]) + "#samples",
            _("See the cars drawn"),
            INSPECTOR | ENGINEER,
        )


def _task(line: str, configuration: str, rows: Sequence[PeriodStanding], at: datetime, *, overdue: bool) -> Task:
    named = _(", ").join(row.procedure for row in rows[:NAMED])
    if len(rows) > NAMED:
        named += _(", ") + _("%(count)d more") % {"count": len(rows) - NAMED}
    due = min((row.next_due for row in rows if row.next_due is not None), default=at)
    said = {"configuration": configuration, "list": named, "at": stamp(due)}
    where = bold(_("Line %(line)s") % {"line": line})
    if overdue:
        return Task(
            Status.PENDING,
            (where, text(_(": samples of %(configuration)s are overdue: %(list)s.") % said)),
            (text(_("No car of its batches is clear until as many conform as the plan asks.")),),
            due,
            reverse("web:sampling"),
            _("See the samples"),
            ENGINEER | INSPECTOR,
            word=_("Overdue"),
        )
    return Task(
        Status.QUIET,
        (where, text(_(": samples of %(configuration)s are due by %(at)s: %(list)s.") % said)),
        (text(_("After that, no car of its batches is clear.")),),
        due,
        reverse("web:sampling"),
        _("See the samples"),
        ENGINEER | INSPECTOR,
        word=_("Due soon"),
    )
