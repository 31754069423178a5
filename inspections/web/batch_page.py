"""What the page of one batch says: its gates with their reasons, gathered over cars; its cars; what happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.batches.choices import BatchStatus
from inspections.batches.models import Batch
from inspections.catalogue.choices import Domain
from inspections.catalogue.queries import characteristic_words, line_words, procedure_words
from inspections.dispositions.choices import HoldSource
from inspections.dispositions.models import Hold
from inspections.evaluation.reasons import ReasonCode, State
from inspections.gates.choices import CoverageKind
from inspections.gates.queries import (
    BatchSummary,
    CarCounts,
    DomainSummary,
    StandingCause,
    TypeEvidence,
    missing_results,
    standing_causes,
)
from inspections.gates.sentence_catalogue import Language

from .ages import clauses, gap, stamp
from .causes import Known, named_in, of_batch, page_reasons
from .gate_contacts import batch_contacts, batch_gate_status, gate_heading
from .line_drawing import Contact, Line, Station, draw_line
from .reason_groups import ReasonList, group_reasons
from .statuses import OF_STATE, Status, word_of
from .telling import Telling


@dataclass(frozen=True, slots=True)
class GateSection:
    """One gate of a batch as its page shows it."""

    domain: str
    heading: str
    status: Status
    word: str
    own: str
    coverage: tuple[str, ...]
    reasons: ReasonList
    tally: tuple[tuple[Status, str, int], ...]
    station: Station


def heading(batch: BatchSummary, counts: CarCounts) -> str:
    """The finding, as a sentence: how many cars are not clear."""
    cars, open_cars = counts.for_delivery, counts.for_delivery - batch.clear
    said = {"batch": batch.number, "open": open_cars, "cars": cars}
    if batch.status == BatchStatus.COMPLETED and not open_cars:
        return _completed_heading(batch.registered, cars, said)
    if not batch.registered:
        return _("Batch %(batch)s: no car is registered yet") % said
    if not cars:
        return _("Batch %(batch)s: no car of it is meant for a customer") % said
    if not open_cars:
        words = ngettext("Batch %(batch)s: its one car is clear", "Batch %(batch)s: all %(cars)d cars are clear", cars)
        return words % said
    words = ngettext(
        "Batch %(batch)s: %(open)d of %(cars)d cars is not clear",
        "Batch %(batch)s: %(open)d of %(cars)d cars are not clear",
        open_cars,
    )
    return words % said


def _completed_heading(registered: int, cars: int, said: dict[str, Any]) -> str:
    if not registered:
        return _("Batch %(batch)s is completed: no car is in it") % said
    if not cars:
        return _("Batch %(batch)s is completed: no car of it is meant for a customer") % said
    words = ngettext(
        "Batch %(batch)s is completed: its one car has left",
        "Batch %(batch)s is completed: all %(cars)d cars have left",
        cars,
    )
    return words % said


def gather(
    batch: Batch, summary: BatchSummary, coverages: Sequence[TypeEvidence], language: Language
) -> tuple[dict[str, list[StandingCause]], Known, int]:
    """Every cause by gate, what is known to word them, and how many rows were left unread. At most 6 statements."""
    standing = standing_causes(batch_id=batch.pk)
    causes: dict[str, list[StandingCause]] = {domain: [] for domain in Domain.values}
    for gate in summary.gates:
        causes[gate.domain] += of_batch(gate.domain, gate.own_reasons) + _expired(gate, summary)
    for cause in (*standing.causes, *missing_results(batch_id=batch.pk)):
        causes.setdefault(cause.gate, []).append(cause)
    lines, characteristics, procedures = named_in(cause for listed in causes.values() for cause in listed)
    known = Known(
        language=language,
        zone=timezone.get_current_timezone(),
        batch=batch.number,
        plan=summary.plan,
        revision="" if summary.revision is None else str(summary.revision),
        configuration=summary.configuration,
        testing_closed=batch.status != BatchStatus.OPEN,
        lines=line_words(lines),
        characteristics=characteristic_words(characteristics),
        procedures=procedure_words(procedures) if procedures else {},
        coverages={str(row.id): row.number for row in coverages},
    )
    return causes, known, standing.left


def _expired(gate: DomainSummary, summary: BatchSummary) -> list[StandingCause]:
    """A gate that passed and whose facts have ended since is pending without a reason of its own."""
    if gate.own_state != "pending" or gate.own_reasons or gate.decided_at is None or gate.valid_until is None:
        return []
    return [StandingCause(ReasonCode.DECISION_EXPIRED.value, gate.domain, detail={"at": gate.valid_until.isoformat()})]


def gate_sections(
    summary: BatchSummary,
    causes: dict[str, list[StandingCause]],
    known: Known,
    coverages: Sequence[TypeEvidence],
    at: datetime,
) -> tuple[list[GateSection], Line]:
    """The three gates in the order of the line, and the line itself with the release as its last station."""
    cars_url = reverse("web:batch", args=[summary.number]) + "?cars=wrong#cars"
    line = draw_line([*batch_contacts(summary.gates, known.language), _release(summary)])
    sections = []
    for gate, station in zip(summary.gates, line.stations, strict=False):
        status = batch_gate_status(gate)
        sections.append(
            GateSection(
                domain=gate.domain,
                heading=gate_heading(gate.domain, known.language),
                status=status,
                word=_gate_word(gate, status, known.language),
                own=_own_words(gate),
                coverage=_coverage_words([row for row in coverages if row.gate == gate.domain], at),
                reasons=group_reasons(
                    page_reasons(causes[gate.domain], known), known.language, known.zone, cars_url=cars_url
                ),
                tally=_tally(gate, known.language),
                station=station,
            )
        )
    return sections, line


def _release(summary: BatchSummary) -> Contact:
    return Contact(_("Release"), closed=summary.released > 0, status=Status.MISSING)


def _gate_word(gate: DomainSummary, status: Status, language: Language) -> str:
    word = word_of(status, language)
    if status is Status.CONCEDED:
        return _("%(word)s: %(cars)s") % {"word": word, "cars": _cars(gate.conceded)}
    if OF_STATE[State[gate.own_state.upper()]] is status and status is not Status.PASS:
        return _("%(word)s: the whole batch") % {"word": word}
    if gate.failed:
        return _("%(word)s: %(cars)s") % {"word": word, "cars": _cars(gate.failed)}
    if gate.pending:
        return _("%(word)s: %(cars)s") % {"word": word, "cars": _cars(gate.pending)}
    return word


def _cars(count: int) -> str:
    return ngettext("%(count)d car", "%(count)d cars", count) % {"count": count}


def _own_words(gate: DomainSummary) -> str:
    if gate.decided_at is None:
        return _("Not decided yet")
    if gate.own_state == "passed":
        return _("The batch's own facts are in order")
    if gate.own_state == "failed":
        return _("The batch's own facts fail")
    return _("The batch's own facts are pending")


def _coverage_words(rows: Sequence[TypeEvidence], at: datetime) -> tuple[str, ...]:
    """How many type tests are covered and until when the first holds; a demonstration says so."""
    latest: dict[str, TypeEvidence] = {}
    for row in rows:
        if not row.revoked and row.valid_until > at:
            latest.setdefault(row.procedure, row)
    if not latest:
        return ()
    first = min(latest.values(), key=lambda row: row.valid_until)
    words = ngettext("%(count)d type test covered", "%(count)d type tests covered", len(latest))
    said = [clauses([words % {"count": len(latest)}, _("first until %(at)s") % {"at": stamp(first.valid_until)}])]
    demonstrations = sum(row.kind == CoverageKind.DEMONSTRATION for row in latest.values())
    if demonstrations:
        said.append(_("%(count)d of them demonstration, not evidence") % {"count": demonstrations})
    return tuple(said)


def _tally(gate: DomainSummary, language: Language) -> tuple[tuple[Status, str, int], ...]:
    return tuple(
        (status, word_of(status, language), count)
        for status, count in (
            (Status.PASS, gate.passed),
            (Status.FAIL, gate.failed),
            (Status.PENDING, gate.pending),
        )
    )


def release_words(summary: BatchSummary, waiting: int) -> str:
    """What stands at the end of the line. `waiting`: how many clear cars nobody has released yet."""
    if not summary.clear and not summary.released:
        return _("No car is clear, so nothing can be released.")
    clear = ngettext("%(count)d car is clear.", "%(count)d cars are clear.", summary.clear) % {"count": summary.clear}
    said = [clear]
    if summary.released:
        here = {"released": summary.released, "left": summary.delivered}
        said.append(_("%(released)d released so far, %(left)d of them left.") % here)
    if waiting:
        words = ngettext(
            "%(count)d waits for its release by two people who did not inspect it.",
            "%(count)d wait for their release by two people who did not inspect them.",
            waiting,
        )
        said.append(words % {"count": waiting})
    return gap().join(said)


def hold_words(holds: Iterable[Hold], language: Language) -> list[tuple[Hold, str, str]]:
    """Holds with why they stand, in the language of the page where a gate placed them, and what ends them."""
    tell = Telling(language, {})
    said = []
    for hold in holds:
        if hold.source == HoldSource.GATE:
            cause = tell.cause({"domain": hold.domain, "code": hold.code})
            said.append((hold, cause, _("Clears when its cause ends.")))
        else:
            said.append((hold, hold.reason, _("Clears when an engineer lifts it.")))
    return said
