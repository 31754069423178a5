"""Counts of a batch, its cars as rows, and what stands at the foot of its page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from inspections.batches.choices import BatchStatus, VehicleStatus
from inspections.catalogue.choices import Domain
from inspections.evaluation.reasons import State
from inspections.gates.queries import (
    BatchSummary,
    CarCounts,
    CarGate,
    CarRow,
)
from inspections.gates.sentence_catalogue import Language

from .ages import clauses
from .statuses import OF_STATE, Status, word_of


@dataclass(frozen=True, slots=True)
class CarLine:
    """One car in the list: its gates as marks, and what else stops it."""

    row: CarRow
    gates: tuple[tuple[str, Status, str], ...]
    also: str


def car_lines(rows: Iterable[CarRow], language: Language) -> list[CarLine]:
    """Cars as the list shows them."""
    return [
        CarLine(row, tuple((domain, *_mark(row.gates.get(domain), language)) for domain in Domain.values), _also(row))
        for row in rows
    ]


def _mark(gate: CarGate | None, language: Language) -> tuple[Status, str]:
    if gate is None:
        return Status.PENDING, _("Not decided yet")
    if gate.expired:
        return Status.STALE, word_of(Status.STALE, language)
    if gate.state is State.PENDING and gate.missing:
        return Status.MISSING, _("%(count)d missing") % {"count": gate.missing}
    status = Status.CONCEDED if gate.conceded else OF_STATE[gate.state]
    return status, word_of(status, language)


def _also(row: CarRow) -> str:
    said = []
    if row.status not in {VehicleStatus.IN_PROCESS, VehicleStatus.RELEASED}:
        said.append(vehicle_status_text(row.status))
    if row.held:
        said.append(_("held"))
    if row.undecided:
        said.append(_("being decided"))
    return clauses(said)


def vehicle_status_text(status: str) -> str:
    """What has become of a car."""
    return {
        VehicleStatus.IN_PROCESS.value: _("in process"),
        VehicleStatus.RELEASED.value: _("released"),
        VehicleStatus.DELIVERED.value: _("delivered"),
        VehicleStatus.DESTROYED.value: _("destroyed for a test"),
        VehicleStatus.SCRAPPED.value: _("scrapped"),
        VehicleStatus.TRANSFERRED.value: _("transferred"),
    }.get(status, status)


def facts(summary: BatchSummary, counts: CarCounts) -> list[dict[str, Any]]:
    """Counts of the batch, in the order of a car's way."""
    still = summary.status == BatchStatus.OPEN
    testing = pgettext("testing of a batch", "open") if still else pgettext("testing of a batch", "closed")
    listed: list[dict[str, Any]] = [
        {"label": _("Planned"), "value": summary.planned},
        {"label": _("Built"), "value": summary.registered},
        {"label": _("Clear"), "value": summary.clear},
        {"label": _("Held"), "value": summary.held, "bad": summary.held > 0},
        {"label": _("Released"), "value": summary.released},
        {"label": _("Delivered"), "value": summary.delivered},
        {
            "label": _("Testing"),
            "value": testing,
        },
    ]
    if counts.not_for_delivery:
        listed.insert(2, {"label": _("Not for customers"), "value": counts.not_for_delivery})
    return listed


def title_block(summary: BatchSummary) -> list[dict[str, str]]:
    """Foot of the page: what was judged on what, and up to when it is decided."""
    judged = {"label": _("Judged on plan"), "value": plan_words(summary.plan, summary.revision)}
    if summary.current_revision is not None and summary.current_revision != summary.revision:
        judged["value"] += _("; ") + _("current is %(number)d") % {"number": summary.current_revision}
    return [
        {"label": _("Batch"), "value": summary.number},
        judged,
        {"label": _("Decided up to"), "value": decided_words(summary.decided_at, summary.undecided)},
    ]


def plan_words(plan: str, revision: int | None) -> str:
    if revision is None:
        return _("no approved revision")
    return _("%(plan)s revision %(number)d") % {"plan": plan, "number": revision}


def decided_words(decided_at: datetime | None, undecided: int) -> str:
    """Up to when something is decided, and how much waits."""
    if decided_at is None:
        return _("never decided")
    moment = f"{timezone.localtime(decided_at):%Y-%m-%d %H:%M:%S}"
    if not undecided:
        return clauses([moment, _("nothing undecided")])
    words = ngettext("%(count)d change undecided", "%(count)d changes undecided", undecided)
    return clauses([moment, words % {"count": undecided}])
