"""One inspection as it was recorded, for the page that follows saving it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.batches.queries import find_vehicle
from inspections.catalogue.models import Characteristic, PlanRevision, Procedure
from inspections.catalogue.queries import requirements_of
from inspections.evaluation.facts import Level
from inspections.evaluation.reasons import JudgementReason, Outcome, ReasonCode
from inspections.gates.limit_wording import quantity_text
from inspections.gates.queries import CarStanding, Clearance, clearance
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import named_with_position
from inspections.intake.models import FileFinding, Submission, Trace
from inspections.intake.queries import traces_of
from inspections.results.models import Inspection, Measurement
from inspections.results.readings import stored_reading
from inspections.rigs.models import Rig

from .ages import clauses
from .entering import slots_of
from .measured import position_text
from .rig_states import rig_states
from .statuses import WORST_FIRST, Status
from .trace_page import Drawn, draw_channel, shown_first
from .verdict_words import SaidVerdict, limit_words, say_verdict


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """One value as kept, with what was judged of it. `why` says why it could not be measured; `code` is that of its
    characteristic, "" where the catalogue knows none."""

    code: str
    label: str
    value: str
    required: str
    said: SaidVerdict
    why: str = ""
    findings: tuple[FileFinding, ...] = ()
    key: tuple[int, str] = (0, "")


def recorded_page(number: int, language: Language, at: datetime) -> dict[str, Any] | None:
    """What the page of a vehicle's inspection shows; None where there is none of this number."""
    inspection = Inspection.objects.select_related("vehicle").filter(pk=number, vehicle__isnull=False).first()
    if inspection is None or inspection.vehicle is None:
        return None
    rows = sorted(_rows(inspection, language), key=lambda row: WORST_FIRST.index(row.said.status))
    rig = Rig.objects.get(pk=inspection.rig_id)
    outcome = Outcome(inspection.verdict)
    procedure = Procedure.objects.get(pk=inspection.procedure_id)
    return {
        "inspection": inspection,
        "vehicle": find_vehicle(inspection.vehicle.vin),
        "procedure": procedure,
        "procedure_name": procedure.name_zh if language == "zh-hans" and procedure.name_zh else procedure.name,
        "rig": rig,
        "rig_state": rig_states([rig], at)[rig.pk],
        "rows": rows,
        "traces": [_traced(trace) for trace in traces_of(inspection)],
        "file_number": _file_number(inspection),
        "photos": list(inspection.photographs.order_by("pk")),
        "fails": sum(1 for row in rows if row.said.status is Status.FAIL),
        "unclear": sum(1 for row in rows if row.said.status is Status.UNCLEAR),
        "outcome": outcome.name.lower(),
        "reason": JudgementReason(inspection.verdict_reason),
        "revision": PlanRevision.objects.select_related("plan").filter(pk=inspection.revision_id or 0).first(),
    }


def _traced(trace: Trace) -> tuple[Trace, Drawn | None]:
    """The trace with its first channel drawn."""
    channel = shown_first(trace.channels)
    return trace, None if channel is None else draw_channel(trace, channel, f"trace-{trace.pk}")


def _file_number(inspection: Inspection) -> int | None:
    """The file that the inspection was read from, where it was read from one."""
    digest = (inspection.source or {}).get("sha256")
    if not digest:
        return None
    return Submission.objects.filter(rig=inspection.rig_id, sha256=digest).values_list("pk", flat=True).first()


@dataclass(frozen=True, slots=True)
class Said:
    """The banner: what was recorded, and what that means for the car now. `link`: the car's page tells more."""

    heading: str
    words: tuple[str, ...]
    status: Status
    look: str
    link: bool = False


def after_recording(
    page: Mapping[str, Any], standing: CarStanding, at: datetime, language: Language
) -> dict[str, Said]:
    """What stands over a recorded inspection: never that the car cannot pass where it can, never that it can unless its
    gates say so (law 1). Six queries."""
    vehicle, procedure = page["vehicle"], page["procedure"]
    waiting = procedure.domain not in standing.decided
    slots = [slot for slot in slots_of(vehicle, procedure, language) if slot.line is not None]
    measured = {row.key for row in page["rows"]}
    asked = {slot.key for slot in slots if slot.line is not None and slot.line.level is Level.EVERY_VEHICLE}
    left = asked - {slot.key for slot in slots if (slot.characteristic_id, slot.position) in measured}
    stated = clearance(vin=vehicle.vin, at=at)
    undecided = any(cause.code == ReasonCode.EVALUATION_PENDING for cause in stated.reasons)
    words = [
        *_of_outcome(page, open_still=waiting or bool(measured & standing.open)),
        *_of_left(left, standing, waiting=waiting),
        *_of_car(stated, undecided=undecided),
    ]
    heading, status, look = _heading(page, left, standing, waiting=waiting)
    return {"said": Said(heading, tuple(words), status, look, bool(stated.reasons) and not undecided)}


def _heading(
    page: Mapping[str, Any], left: Collection[tuple[int, str]], standing: CarStanding, *, waiting: bool
) -> tuple[str, Status, str]:
    outcome, fails, unclear = page["outcome"], page["fails"], page["unclear"]
    if outcome == "pass":
        return _("Recorded: every value passes"), Status.PASS, ""
    if fails:
        words = ngettext("Recorded: %(count)d value fails", "Recorded: %(count)d values fail", fails)
        return words % {"count": fails}, Status.FAIL, "no"
    if outcome == "not_judged":
        return _("Recorded, and not judged"), Status.QUIET, "wait"
    if unclear or not left:
        words = ngettext("Recorded: %(count)d value is unclear", "Recorded: %(count)d values are unclear", unclear)
        return words % {"count": unclear}, Status.UNCLEAR, "wait"
    passed = len(page["rows"])
    words = ngettext("Recorded: %(count)d value passes", "Recorded: %(count)d values pass", passed) % {"count": passed}
    out = ngettext("%(count)d was left out", "%(count)d were left out", len(left)) % {"count": len(left)}
    if waiting:
        return clauses([words, out]), Status.PENDING, "wait"
    lacking = bool(set(left) & standing.open)
    return clauses([words, out]), Status.MISSING if lacking else Status.QUIET, "wait" if lacking else ""


def _of_outcome(page: Mapping[str, Any], *, open_still: bool) -> Iterator[str]:
    if page["outcome"] == "fail" and open_still:
        yield _("The car cannot leave until an engineer has answered it.")
    elif page["unclear"]:
        yield _("An unclear value never counts as a pass.")
    elif page["outcome"] == "not_judged":
        yield _("No plan binds this car; it cannot pass on this.")


def _of_left(left: Collection[tuple[int, str]], standing: CarStanding, *, waiting: bool) -> Iterator[str]:
    """Whether the earlier results of what was left out stand."""
    if not left:
        return
    lacking = len(set(left) & standing.open)
    if waiting:
        yield _("Whether earlier results stand for what was left out is being decided.")
    elif not lacking:
        yield _("For what was left out, the earlier results stay.")
    else:
        words = ngettext(
            "%(count)d value that was left out has no result that counts.",
            "%(count)d values that were left out have no result that counts.",
            lacking,
        )
        yield words % {"count": lacking}


def _of_car(stated: Clearance, *, undecided: bool) -> Iterator[str]:
    if undecided:
        yield _("The car is being decided; that takes seconds.")
    elif stated.clear:
        yield _("The car is clear now.")
    else:
        yield _("The car is not clear yet.")


def _rows(inspection: Inspection, language: Language) -> list[RecordedRow]:
    lines = {line.id: line for line in requirements_of(inspection.revision_id)} if inspection.revision_id else {}
    measured = list(Measurement.objects.filter(inspection_id=inspection.pk).order_by("ordinal"))
    names = Characteristic.objects.select_related("procedure").in_bulk(
        [row.characteristic_id for row in measured if row.characteristic_id]
    )
    source = inspection.source or {}
    whys = {(item["characteristic"], item["position"]): item["reason"] for item in source.get("not_measured", ())}
    noted: dict[int, list[FileFinding]] = {}
    for finding in FileFinding.objects.filter(inspection=inspection).order_by("ordinal", "pk") if source else ():
        noted.setdefault(finding.ordinal, []).append(finding)
    rows = []
    for row in measured:
        found = names.get(row.characteristic_id or 0)
        line = lines.get(row.requirement_id or 0)
        name, place = row.name or "", row.position
        if found is not None:
            name = found.name_zh if language == "zh-hans" and found.name_zh else found.name
            place = position_text(found, row.position, language)
        unit = row.unit or ""
        value = _value(row)
        said = say_verdict(Outcome(row.outcome), JudgementReason(row.reason), line, value, unit, language)
        why = whys.get((found.code if found else "", row.position), "")
        label = named_with_position(name, place, language)
        rows.append(
            RecordedRow(
                found.code if found else "",
                label,
                quantity_text(value, unit, language),
                limit_words(line, language) if line else "",
                said,
                why,
                tuple(noted.get(row.ordinal, ())),
                (row.characteristic_id or 0, row.position),
            )
        )
    return rows


def _value(row: Measurement) -> Decimal | str | bool | None:
    return row.value if row.value is not None else stored_reading(None, row.raw, row.unit, row.position).value
