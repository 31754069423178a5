"""Which entries of the ledger are told, and as what. An act that is not named here is told to nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..dispositions.rules import OPENS_NONCONFORMANCE
from ..records.models import LedgerEntry
from .choices import Kind


@dataclass(frozen=True, slots=True)
class Finding:
    """What one entry tells. Findings of one `key` become one line of a mail, however many they are.

    `rig` or else the inspection whose rig it is. `facts` are what the sentence needs, as the act left them, `before`
    what was before it.
    """

    entry_id: int
    kind: Kind
    act: str
    batch: str
    vin: str
    subject: str
    actor: str
    reason: str
    facts: Mapping[str, Any]
    rig: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)

    @property
    def inspection_id(self) -> int | None:
        """The inspection that it rests on, where the act names one."""
        found = self.facts.get("reason")
        number = found.get("inspection_id") if isinstance(found, dict) else None
        return number if isinstance(number, int) else None

    def key(self, rig: str) -> tuple[object, ...]:
        """What is told in one line: the same act and cause, in one batch, measured on one rig."""
        return (self.kind, self.act, self.batch, *_CAUSE.get(self.act, _by_subject)(self), rig)


def _by_cause(finding: Finding) -> tuple[object, ...]:
    # A person's hold has no code: it is told apart by its words, so that one reason for many cars is one line.
    code = finding.facts.get("code")
    return (code, finding.facts.get("characteristic_id")) if code else (finding.actor, finding.reason)


def _by_words(finding: Finding) -> tuple[object, ...]:
    return (finding.actor, finding.reason, finding.facts.get("kind"))


def _by_release(finding: Finding) -> tuple[object, ...]:
    return (finding.facts.get("release"),)


def _by_list(finding: Finding) -> tuple[object, ...]:
    return (finding.facts.get("list"), finding.actor, finding.reason)


def _by_actor(finding: Finding) -> tuple[object, ...]:
    return (finding.actor,)


def _by_batch(_: Finding) -> tuple[object, ...]:
    return ()


def _by_place(finding: Finding) -> tuple[object, ...]:
    return (finding.subject, finding.facts.get("place"))


def _by_subject(finding: Finding) -> tuple[object, ...]:
    return (finding.subject,)


_CAUSE: Final[Mapping[str, Callable[[Finding], tuple[object, ...]]]] = {
    "nonconformance.opened": _by_cause,
    "nonconformance.closed": _by_cause,
    "nonconformance.disposed": _by_words,
    "nonconformance.taken": _by_words,
    "hold.placed": _by_cause,
    "hold.lifted": _by_cause,
    "hold.placed_by_list": _by_list,
    "hold.lifted_by_list": _by_list,
    "hold.listed_gone": _by_list,
    "disagreement.found": _by_cause,
    "kept.blocks": _by_cause,
    "concession.signed": _by_place,
    "submission.quarantined": _by_actor,
    "release.suspended": _by_release,
    "delivery.doubted": _by_batch,
    "vehicle.destroyed": _by_words,
    "vehicle.moved": _by_words,
    "vehicle.scrapped": _by_words,
}

_KINDS: Final[Mapping[str, Kind]] = {
    "nonconformance.opened": Kind.FLAG,
    "nonconformance.taken": Kind.NONCONFORMANCE,
    "nonconformance.disposed": Kind.NONCONFORMANCE,
    "nonconformance.closed": Kind.NONCONFORMANCE,
    "hold.placed": Kind.HOLD,
    "hold.lifted": Kind.LIFTED,
    "hold.placed_by_list": Kind.HOLD,
    "hold.lifted_by_list": Kind.LIFTED,
    "hold.listed_gone": Kind.DELIVERED,
    "concession.proposed": Kind.CONCESSION,
    "concession.signed": Kind.CONCESSION,
    "release.proposed": Kind.SIGNATURE,
    "release.signed": Kind.SIGNATURE,
    "release.suspended": Kind.SUSPENDED,
    "release.lapsed": Kind.LAPSED,
    "delivery.doubted": Kind.DELIVERED,
    "disagreement.found": Kind.DISAGREEMENT,
    "coverage.ended": Kind.ENDED,
    "coverage.revoked": Kind.ENDED,
    "calibration.ended": Kind.ENDED,
    "rig.out_of_tolerance": Kind.ENDED,
    "submission.quarantined": Kind.INTAKE,
    "kept.blocks": Kind.INTAKE,
    "characteristic.unknown": Kind.UNKNOWN,
    "batch.recount_differs": Kind.RECOUNT,
    "batch.repinned": Kind.MOVED,
    "vehicle.destroyed": Kind.MOVED,
    "vehicle.moved": Kind.MOVED,
    "vehicle.scrapped": Kind.MOVED,
}
TOLD: Final = tuple(sorted(_KINDS))
"""The acts that make notices. The trigger of the ledger names the same (a test compares)."""


def finding_of(entry: LedgerEntry) -> Finding | None:
    """What an entry tells; None where another entry of the same act tells it."""
    facts = entry.after if isinstance(entry.after, dict) else {}
    kind = _kind_of(entry.act, facts)
    if kind is None:
        return None
    return Finding(
        entry_id=entry.pk,
        kind=kind,
        act=entry.act,
        batch=entry.batch,
        vin=entry.subject if entry.subject_kind == "vehicle" else "",
        subject=entry.subject,
        actor=entry.actor,
        reason=entry.reason,
        facts=facts,
        rig=entry.subject if entry.subject_kind == "rig" else "",
        before=entry.before if isinstance(entry.before, dict) else {},
    )


def _kind_of(act: str, facts: Mapping[str, Any]) -> Kind | None:
    if act == "hold.placed" and facts.get("code"):
        # A gate's hold: where a nonconformance opened with it, that one tells.
        return None if facts["code"] in OPENS_NONCONFORMANCE else Kind.FLAG
    if act == "hold.lifted" and facts.get("code") in OPENS_NONCONFORMANCE:
        return None
    if act == "release.signed" and facts.get("place") == 2:
        return Kind.RELEASED
    return _KINDS.get(act)
