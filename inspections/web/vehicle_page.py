"""What the page of one vehicle says first: may it leave, and if not, why and what would change that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from inspections.batches.choices import VehicleStatus
from inspections.catalogue.choices import Domain
from inspections.evaluation.reasons import ReasonCode
from inspections.gates.choices import CoverageKind
from inspections.gates.queries import CarRow, Clearance, OwnGate, StandingCause, TypeEvidence
from inspections.gates.sentence_catalogue import Language
from inspections.releases.queries import VehicleRelease
from inspections.results.queries import FittedChange, SoftwareVersion

from .ages import stamp
from .batch_facts import vehicle_status_text
from .gate_contacts import car_contacts, gate_heading, holds_contact, signature_contacts, worst_of
from .line_drawing import Line, draw_line
from .reason_groups import PageReason, ReasonGroup, ReasonList
from .statuses import Status, of_reason

_NOT_KNOWN = frozenset({ReasonCode.EVALUATION_PENDING, ReasonCode.DECISION_EXPIRED})
_NEVER = frozenset({Status.FAIL, Status.HELD})


@dataclass(frozen=True, slots=True)
class Answer:
    """May it leave? `look` is the class of the band: "no", "wait" or "" for what is not known."""

    words: str
    unknown: str
    look: str
    status: Status
    worst: ReasonGroup | None


def answer(
    clearance: Clearance, reasons: ReasonList, delivered_at: datetime | None = None, *, conceded: bool = False
) -> Answer:
    """The answer in one line, with the worst reason. Only a clearance that says so is ever a yes.

    `conceded`: it left by concession, and says so for ever.
    """
    unknown = _("May it leave? Not known")
    worst = reasons.worst
    if delivered_at is not None:
        text = _("It left the plant at %(at)s, by concession") if conceded else _("It left the plant at %(at)s")
        words = text % {"at": stamp(delivered_at)}
        left = Status.CONCEDED if conceded else Status.PASS
        found = {group.status for group in (*reasons.shown, *reasons.more)} & _NEVER
        return Answer(words, words, "no" if found else "", Status.FAIL if found else left, worst)
    if clearance.may_leave:
        return Answer(_("May it leave? Yes"), unknown, "yes", Status.PASS, worst)
    if clearance.clear:
        return Answer(_("May it leave? Not yet: clear, not released"), unknown, "wait", Status.PENDING, worst)
    statuses = {group.status for group in (*reasons.shown, *reasons.more)}
    codes = {group.code for group in (*reasons.shown, *reasons.more)}
    if statuses & _NEVER:
        status = Status.FAIL if Status.FAIL in statuses else Status.HELD
        return Answer(_("May it leave? No"), unknown, "no", status, worst)
    if codes and codes <= _NOT_KNOWN:
        return Answer(unknown, unknown, "", Status.UNCLEAR, worst)
    return Answer(_("May it leave? Not yet"), unknown, "wait", worst.status if worst else Status.UNCLEAR, worst)


def car_line(
    row: CarRow, own: dict[str, OwnGate], causes: Iterable[StandingCause], reasons: Sequence[PageReason],
    release: VehicleRelease | None, at: datetime, language: Language,
) -> Line:  # fmt: skip
    """The line from the first gate to the gate of the plant: gates, holds, two signatures."""
    worst: dict[str, Status] = {}
    holds = 0
    for cause in causes:
        if cause.code == ReasonCode.HOLD_ACTIVE:
            holds += 1
        elif cause.gate and cause.code != ReasonCode.NONCONFORMANCE_OPEN:
            found = worst_of([of_reason(cause.code), *([worst[cause.gate]] if cause.gate in worst else [])])
            worst[cause.gate] = found or Status.FAIL
    closed_missing = {reason.status for reason in reasons if reason.facts.code == ReasonCode.MISSING_RESULT}
    if Status.FAIL in closed_missing:
        worst = {gate: Status.FAIL if status is Status.MISSING else status for gate, status in worst.items()}
    undecided = any(cause.code == ReasonCode.EVALUATION_PENDING for cause in causes)
    contacts = car_contacts(row.gates, own, worst, undecided=undecided, language=language)
    signatures = release.signatures if release is not None else ()
    suspended = release is not None and release.suspended_at is not None
    return draw_line([*contacts, holds_contact(holds, language), *signature_contacts(signatures, suspended, at)])


def fitted_now(
    fittings: Sequence[FittedChange],
    software: Sequence[SoftwareVersion],
    coverages: Sequence[TypeEvidence],
    language: Language,
) -> list[tuple[str, str]]:
    """What is in the car and runs on it now, as pairs of name and number; the coverage of its type with its mark."""
    seen: set[int] = set()
    parts = []
    for change in fittings:
        if change.component_id not in seen and change.here_now:
            parts.append((change.kind, change.serial))
        seen.add(change.component_id)
    runs: dict[str, str] = {}
    for version in software:
        runs.setdefault(version.system, version.version)
    pairs = [*sorted(parts), *sorted(runs.items())]
    latest: dict[str, TypeEvidence] = {}
    for row in coverages:
        if not row.revoked:
            latest.setdefault(row.procedure, row)
    for domain in Domain.values:
        covering = [row for row in latest.values() if row.gate == domain]
        if covering:
            name = _("%(gate)s: type tests covered") % {"gate": gate_heading(domain, language)}
            numbers = _(", ").join(row.number for row in covering)
            shown = any(row.kind == CoverageKind.DEMONSTRATION for row in covering)
            pairs.append((name, numbers + (_("; demonstration") if shown else "")))
    return pairs


def identity(row: CarRow, configuration: str, suspended: bool) -> list[tuple[str, str]]:
    """What stands beside the VIN. `suspended`: new evidence stops the release under which it would leave."""
    state = state_text(row.status, suspended=suspended)
    return [
        (_("Car"), str(row.sequence)),
        (_("Configuration"), configuration),
        (_("State"), state),
    ]


def state_text(status: str, *, suspended: bool) -> str:
    """What has become of a car. `suspended`: new evidence stops the release under which it would leave."""
    state = vehicle_status_text(status)
    if suspended and status == VehicleStatus.RELEASED:
        return _("%(state)s, suspended") % {"state": state}
    return state
