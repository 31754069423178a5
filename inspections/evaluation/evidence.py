"""Whether a result may count: derived at each decision from the dated facts of rig, software and components.

What is found here turns a pass into no pass; it never improves a fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .facts import ComponentChange, GateInput, Inspection, Kind, Procedure, Rig, SoftwareChange
from .reasons import ReasonCode


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a result does not count. `found`, `required` and `detail` are those of the reason it becomes."""

    code: ReasonCode
    found: str = ""
    required: str = ""
    detail: tuple[tuple[str, str], ...] = ()


class Evidence:
    """One inspection with what keeps its results from counting, worked out when first asked for."""

    __slots__ = ("_gate", "_problems", "inspection")

    def __init__(self, inspection: Inspection, gate: GateInput) -> None:
        self.inspection = inspection
        self._gate = gate
        self._problems: dict[bool, tuple[Problem, ...]] = {}

    @property
    def for_delivery(self) -> bool:
        """Whether the car that it is asked about may leave."""
        return self._gate.for_delivery

    def problems(self, kind: Kind) -> tuple[Problem, ...]:
        """Everything that keeps a result of this kind from counting, at most one of each code; empty if it counts."""
        variable = kind is Kind.VARIABLE
        if variable not in self._problems:
            found: dict[ReasonCode, Problem] = {}
            for problem in self._find(variable):
                found.setdefault(problem.code, problem)
            self._problems[variable] = tuple(found.values())
        return self._problems[variable]

    def _find(self, variable: bool) -> Iterable[Problem]:
        inspection, gate = self.inspection, self._gate
        procedure = gate.procedures.get(inspection.procedure_id)
        rig = gate.rigs.get(inspection.rig) or Rig(inspection.rig)
        if not in_calibration(rig, inspection.finished_at, variable=variable):
            yield Problem(ReasonCode.RIG_OUT_OF_CALIBRATION)
        if not authorised(rig, inspection.procedure_id, inspection.finished_at):
            code = procedure.code if procedure is not None else str(inspection.procedure_id)
            yield Problem(ReasonCode.RIG_NOT_AUTHORISED, detail=(("procedure", code),))
        if procedure is None:
            # Nobody can tell what makes its results stale.
            yield stale(f"procedure {inspection.procedure_id}", inspection.finished_at)
            return
        yield from software_problems(inspection, procedure, gate.software)
        yield from component_problems(inspection, procedure, gate.components)


def in_calibration(rig: Rig, moment: datetime, *, variable: bool) -> bool:
    """Whether a rig's results of that moment stand (IATF 16949 7.1.5.2.1, ISO/IEC 17025 6.4).

    A certificate must hold, and no finding "out of tolerance" reach back over the moment. After such a finding the rig
    counts again with a certificate that begins no earlier than the finding: those before it are what it refuted. A
    station that needs no calibration may carry all but variables.
    """
    if not rig.needs_calibration:
        return not variable
    if any(finding.back_to <= moment <= finding.found_at for finding in rig.out_of_tolerance):
        return False
    refuted = max((finding.found_at for finding in rig.out_of_tolerance if finding.found_at < moment), default=None)
    return any(
        certificate.valid_from <= moment < certificate.valid_until
        and (refuted is None or certificate.valid_from >= refuted)
        for certificate in rig.calibrations
    )


def authorised(rig: Rig, procedure_id: int, moment: datetime) -> bool:
    """Whether the last grant or withdrawal with effect at or before the moment is a grant; none is no grant."""
    acts = [act for act in rig.authorisations if act.procedure_id == procedure_id and act.effective_at <= moment]
    if not acts:
        return False
    return max(acts, key=lambda act: (act.effective_at, act.id, not act.granted)).granted


def software_problems(
    inspection: Inspection, procedure: Procedure, changes: Sequence[SoftwareChange]
) -> Iterable[Problem]:
    """Software by system (UN R156): tested with the version that the car had then, and has had ever since.

    What a car had is the last version recorded at or before the test, or the first one recorded if the test came
    before any (a pack tested before it met its car, a car that the MES registered late).
    """
    for system in sorted(set(procedure.software_systems)):
        history = sorted(
            (change for change in changes if change.system == system), key=lambda change: (change.at, change.id)
        )
        before = [change for change in history if change.at <= inspection.finished_at]
        had = before[-1].version if before else history[0].version if history else ""
        claims = {claim.version for claim in inspection.software if claim.system == system}
        if not had or claims != {had}:
            found = ", ".join(sorted(claims))
            yield Problem(ReasonCode.SOFTWARE_MISMATCH, found, had, (("system", system),))
            return
    later = [
        change
        for change in changes
        if change.system in procedure.software_systems and change.at > inspection.finished_at
    ]
    claimed = {claim.system: claim.version for claim in inspection.software}
    flashed = [change for change in later if change.version != claimed[change.system]]
    if flashed:
        first = min(flashed, key=lambda change: (change.at, change.system, change.id))
        yield stale(f"{first.system} {first.version}", first.at)


def component_problems(
    inspection: Inspection, procedure: Procedure, changes: Sequence[ComponentChange]
) -> Iterable[Problem]:
    """Components fitted or removed after the test, of a kind that the procedure names or that nobody knows.

    A component's own test is about itself: that it, or another of its kind, was fitted or removed changes nothing.
    """
    concerned = [
        change
        for change in changes
        if change.at > inspection.finished_at
        and (change.kind in procedure.component_kinds or not change.known_kind)
        and not _about_itself(inspection.component, change)
    ]
    if concerned:
        first = min(concerned, key=lambda change: (change.at, change.kind, change.serial, change.fitted))
        yield stale(f"{first.kind} {first.serial}".strip(), first.at)


def _about_itself(component: str, change: ComponentChange) -> bool:
    if change.known_kind:
        return component.startswith(f"{change.kind} ")
    return component == f"{change.kind} {change.serial}"


def stale(change: str, at: datetime) -> Problem:
    """A result older than a change. `change` names it as written: a system and version, a kind and serial."""
    return Problem(ReasonCode.EVIDENCE_STALE, detail=(("change", change), ("at", at.isoformat())))
