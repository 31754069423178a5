"""Gates as contacts on the line: of one car, and of a batch with the cars that leave by its sidings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from inspections.catalogue.choices import Domain
from inspections.evaluation.reasons import State
from inspections.gates.queries import CarGate, DomainSummary, OwnGate
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import gate_text
from inspections.releases.models import Signature

from .ages import clock_or_stamp
from .line_drawing import Contact, Siding
from .statuses import OF_STATE, WORST_FIRST, Status, word_of

GATE_HEADINGS: Mapping[str, tuple[str, str]] = {
    "battery": ("Battery", "电池"),
    "crash": ("Crash", "碰撞"),
    "driving": ("Driving", "行驶"),
}


def gate_heading(domain: str, language: Language) -> str:
    """The name of a gate as a heading."""
    pair = GATE_HEADINGS.get(domain)
    return gate_text(domain, language) if pair is None else pair[language == "zh-hans"]


def car_contacts(
    gates: Mapping[str, CarGate],
    own: Mapping[str, OwnGate],
    worst: Mapping[str, Status],
    *,
    undecided: bool,
    language: Language,
) -> list[Contact]:
    """The three gates of a car. Closed only if the car's and its batch's passed, are in time and nothing is undecided.

    `worst` is the worst status among the reasons of each gate.
    """
    contacts = []
    for domain in Domain.values:
        gate, shared = gates.get(domain), own.get(domain)
        passed = (
            gate is not None and gate.state is State.PASSED and not gate.expired
            and shared is not None and shared.state is State.PASSED and not shared.expired
        )  # fmt: skip
        closed = passed and not undecided and domain not in worst
        passing = Status.CONCEDED if gate is not None and gate.conceded else Status.PASS
        status = passing if closed else worst.get(domain) or _unsaid(gate, shared)
        contacts.append(Contact(gate_heading(domain, language), closed, status, contact_word(closed, status, language)))
    return contacts


def _unsaid(gate: CarGate | None, shared: OwnGate | None) -> Status:
    """The status of an open gate for which no reason is told: undecided, or out of time."""
    if (gate is not None and gate.expired) or (shared is not None and shared.expired):
        return Status.STALE
    states = [found.state for found in (gate, shared) if found is not None]
    return OF_STATE[max(states, default=State.PENDING)] if State.FAILED in states else Status.PENDING


def contact_word(closed: bool, status: Status, language: Language) -> str:
    """What stands under a contact."""
    if closed:
        return _("closed, by concession") if status is Status.CONCEDED else _("closed")
    word = word_of(status, language)
    return _("open: %(status)s") % {"status": word if language == "zh-hans" else word.lower()}


def holds_contact(holds: int, language: Language) -> Contact:
    """The contact that any hold opens."""
    if not holds:
        return Contact(_("Holds"), True, Status.PASS, _("none"))
    return Contact(_("Holds"), False, Status.HELD, _("open: %(count)d in force") % {"count": holds})


def signature_contacts(signatures: Sequence[Signature], suspended: bool, at: datetime) -> list[Contact]:
    """Two people sign a release. New evidence after that opens the second contact again."""
    given = {signature.place: signature for signature in signatures}
    contacts = []
    for place, name in ((1, _("Signature 1")), (2, _("Signature 2"))):
        signature = given.get(place)
        if signature is None:
            contacts.append(Contact(name, False, Status.MISSING, _("not signed")))
        elif suspended and place == 2:
            contacts.append(Contact(name, False, Status.HELD, _("suspended")))
        else:
            who = signature.personnel_number or signature.printed_name
            words = _("%(who)s, %(at)s") % {"who": who, "at": clock_or_stamp(signature.signed_at, at)}
            contacts.append(Contact(name, True, Status.PASS, words))
    return contacts


def batch_contacts(gates: Iterable[DomainSummary], language: Language) -> list[Contact]:
    """The three gates of a batch: its own facts open the line, single cars leave by a siding."""
    contacts = []
    for gate in gates:
        closed = gate.own_state == "passed"
        siding = None
        if gate.failed or gate.pending:
            siding = Siding(Status.FAIL if gate.failed else Status.PENDING, gate.failed + gate.pending)
        own = batch_gate_status(gate) if closed else OF_STATE[State[gate.own_state.upper()]]
        contacts.append(Contact(gate_heading(gate.domain, language), closed, own, word_of(own, language), siding))
    return contacts


def batch_gate_status(gate: DomainSummary) -> Status:
    """The worst of a gate of a batch: where all is in order, that some of it is so by concession."""
    status = OF_STATE[State[gate.state.upper()]]
    return Status.CONCEDED if status is Status.PASS and gate.conceded else status


def worst_of(statuses: Iterable[Status]) -> Status | None:
    """The worst of several; None of none."""
    return min(statuses, key=WORST_FIRST.index, default=None)
