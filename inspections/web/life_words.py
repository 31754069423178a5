"""Entries of a vehicle's life in words: tests with all their measurements, decisions, changes, acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.catalogue.queries import CharacteristicWords, LineWords
from inspections.evaluation.reasons import Outcome, ReasonCode, State
from inspections.gates.queries import DecisionRow, StandingCause
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import verdict_text
from inspections.records.models import LedgerEntry
from inspections.results.choices import Purpose
from inspections.results.queries import Arrival, FittedChange, SoftwareVersion, VehicleInspection

from .act_words import say_act
from .ages import clauses, clock_or_stamp, gap, stamp
from .gate_contacts import gate_heading
from .life import ACT, ARRIVAL, DECISION, FITTING, INSPECTION, Moment
from .measured import ShownValue, show_value
from .reason_groups import LinkedPart
from .statuses import OF_OUTCOME, OF_STATE, Status, word_of
from .telling import Telling

MOST_BARS: Final = 500
"""Marks on one page; beyond, bars are drawn for what is wrong only."""

_NAMED_RIGS: Final = 3
_PROBLEMS: Final = frozenset(
    {
        ReasonCode.RIG_OUT_OF_CALIBRATION,
        ReasonCode.RIG_NOT_AUTHORISED,
        ReasonCode.SOFTWARE_MISMATCH,
        ReasonCode.EVIDENCE_STALE,
    }
)


@dataclass(frozen=True, slots=True)
class LifeEntry:
    """One entry; `parts` is its sentence with links where it has some.

    `late` is when it arrived; `uncounted` why it does not count; `values` all that was measured.
    """

    at: datetime
    status: Status
    text: str
    under: str = ""
    word: str = ""
    who: str = ""
    late: str = ""
    uncounted: str = ""
    voided: str = ""
    wrong: bool = False
    values: tuple[ShownValue, ...] = ()
    notes: tuple[str, ...] = ()
    anchor: str = ""
    inspection: int = 0
    disagrees: bool = False
    parts: tuple[LinkedPart, ...] = ()
    photographs: tuple[int, ...] = ()

    @property
    def wrong_values(self) -> tuple[ShownValue, ...]:
        return tuple(value for value in self.values if value.wrong)


@dataclass(frozen=True, slots=True)
class Words:
    """What the entries of one page are worded with. `causes` are the vehicle's open ones, `photographs` the numbers of
    those of each inspection."""

    language: Language
    now: datetime
    lines: Mapping[int, LineWords]
    characteristics: Mapping[int, CharacteristicWords]
    causes: Sequence[StandingCause] = ()
    problems: Mapping[int, frozenset[str]] = field(default_factory=dict)
    here: frozenset[int] = frozenset()
    photographs: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    revision: int | None = None
    bars: bool = True

    @property
    def telling(self) -> Telling:
        return Telling(self.language, self.characteristics)

    def name(self, english: str, chinese: str) -> str:
        return (chinese or english) if self.language == "zh-hans" else english


def problems_by_inspection(causes: Iterable[tuple[str, int | None]]) -> dict[int, frozenset[str]]:
    """By inspection, the codes that keep its passes from counting. `causes` are pairs of code and inspection."""
    found: dict[int, set[str]] = {}
    for code, inspection in causes:
        if inspection is not None and code in _PROBLEMS:
            found.setdefault(inspection, set()).add(code)
    return {inspection: frozenset(codes) for inspection, codes in found.items()}


def say_moments(run: Sequence[Moment], words: Words) -> LifeEntry:
    """One entry of the life: of one moment, or of several changes made at once."""
    first = run[0].what
    match run[0].kind, first:
        case _kind, VehicleInspection() if _kind == INSPECTION:
            return _inspection(first, words)
        case _kind, Arrival() if _kind == ARRIVAL:
            return _arrivals([moment.what for moment in run if isinstance(moment.what, Arrival)], words)
        case _kind, DecisionRow() if _kind == DECISION:
            return _decision(first, words)
        case _kind, LedgerEntry() if _kind == ACT:
            return _act(first, words)
        case _kind, FittedChange() if _kind == FITTING:
            return _fittings([moment.what for moment in run if isinstance(moment.what, FittedChange)], words)
    return _software([moment.what for moment in run if isinstance(moment.what, SoftwareVersion)], words)


def _inspection(row: VehicleInspection, words: Words) -> LifeEntry:
    values = tuple(
        show_value(
            measured,
            words.characteristics.get(measured.characteristic_id or 0),
            words.lines.get(measured.requirement_id or 0),
            words.language,
            with_bar=words.bars,
        )
        for measured in row.measurements
    )
    status = OF_OUTCOME[row.verdict]
    in_part = row.verdict is Outcome.INDETERMINATE and bool(values) and all(v.status is Status.PASS for v in values)
    if in_part:
        # What is asked was not all measured this time; what was, passes. Whether the rest stands, the gate tells.
        status = Status.QUIET
    uncounted = _uncounted(row, words)
    counts = not (uncounted or row.voided)
    return LifeEntry(
        at=row.finished_at,
        status=status if counts or status is not Status.PASS else Status.QUIET,
        text=_test_words(row, values, words),
        under=_where(row, words),
        word=_("Measured in part")
        if in_part
        else _("Not judged")
        if row.verdict is Outcome.NOT_JUDGED
        else word_of(status, words.language),
        late=clock_or_stamp(row.recorded_at, row.finished_at) if row.late and not row.component else "",
        uncounted=uncounted,
        voided=_void(row),
        wrong=status is Status.FAIL and not row.voided,
        values=values,
        notes=tuple(_notes(row, words)),
        anchor=f"inspection-{row.id}",
        inspection=row.id,
        disagrees=_disagrees(row),
        photographs=words.photographs.get(row.id, ()),
    )


def _disagrees(row: VehicleInspection) -> bool:
    """Whether the rig said something else of the whole or of a value, and nobody has reviewed it."""
    reviewed = {given.ordinal for given in row.dispositions if given.kind in {"ours_stands", "treat_as_fail"}}
    verdicts = [(-1, row.claimed, row.verdict), *((v.ordinal, v.claimed, v.outcome) for v in row.measurements)]
    lifted = {given.ordinal for given in row.dispositions} - reviewed
    fails = {value.ordinal for value in row.measurements if value.outcome is Outcome.FAIL}
    if fails and fails <= lifted:
        # Fails of ours that were answered were looked at with it.
        verdicts = [verdict for verdict in verdicts if verdict[1] is not Outcome.PASS]
    differ = {Outcome.PASS: {Outcome.FAIL}, Outcome.FAIL: set(Outcome) - {Outcome.FAIL}}
    return any(
        ordinal not in reviewed and claimed is not None and judged in differ.get(claimed, ())
        for ordinal, claimed, judged in verdicts
    )


def _test_words(row: VehicleInspection, values: Sequence[ShownValue], words: Words) -> str:
    name = words.name(row.procedure_name, row.procedure_name_zh)
    said = {"test": name, "count": len(values), "passed": sum(value.status is Status.PASS for value in values)}
    if not values:
        return _("%(test)s, nothing was measured") % said
    if said["passed"] == said["count"]:
        return ngettext("%(test)s, %(count)d value", "%(test)s, %(count)d values", len(values)) % said
    some = ngettext(
        "%(test)s, its one value does not pass",
        "%(test)s, %(passed)d of %(count)d values pass",
        len(values),
    )
    return some % said


def _where(row: VehicleInspection, words: Words) -> str:
    said = [_("Rig %(rig)s") % {"rig": row.rig}, _("inspection %(id)s") % {"id": row.external_id}]
    if row.component:
        said.append(_("tested as %(component)s") % {"component": row.component})
    if row.entered_by:
        said.append(_("entered by %(who)s") % {"who": row.entered_by})
    elif row.operator:
        said.append(_("operator %(who)s") % {"who": row.operator})
    else:
        said.append(_("unattended"))
    if row.purpose == Purpose.RETEST:
        said.append(_("the rig calls it a repeat"))
    elif row.purpose == Purpose.AFTER_REWORK:
        said.append(_("the rig calls it a test after rework"))
    if row.software:
        said.append(_("with %(software)s") % {"software": _(", ").join(row.software)})
    return clauses(said) + _(".") + gap() + _judged(row, words)


def _judged(row: VehicleInspection, words: Words) -> str:
    if row.verdict is Outcome.NOT_JUDGED:
        return _("Not judged on the plan in force.")
    if row.judged_later and words.revision is not None:
        if row.revision is None:
            return _("Recorded when the batch had no plan in force, judged anew on revision %(now)s.") % {
                "now": words.revision
            }
        said = {"was": row.revision, "now": words.revision}
        return _("Recorded under revision %(was)s, judged anew on revision %(now)s.") % said
    return _("Judged on revision %(number)s.") % {"number": row.revision}


def _uncounted(row: VehicleInspection, words: Words) -> str:
    """Why its passes do not count, where the record tells; "" where nothing is known against them."""
    if row.voided:
        return ""
    if row.component_id is not None and row.component_id not in words.here:
        return _("Does not count: the part is not in this car now.")
    problems = words.problems.get(row.id)
    if problems:
        said = _(", ").join(words.telling.code(code) for code in sorted(problems))
        return _("Does not count: %(problems)s.") % {"problems": said}
    fails = [cause for cause in words.causes if cause.code == ReasonCode.MEASUREMENT_FAILED]
    passed = {(value.characteristic_id, value.position) for value in row.measurements if value.outcome is Outcome.PASS}
    for cause in fails:
        failed_at = _moment(cause.detail.get("finished_at", ""))
        if failed_at and row.finished_at > failed_at and (cause.characteristic_id, cause.position) in passed:
            at = clock_or_stamp(failed_at, row.finished_at)
            return _("Does not count yet: the fail of %(at)s is not disposed of.") % {"at": at}
    return ""


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _void(row: VehicleInspection) -> str:
    if row.voided_at is None:
        return ""
    said = {"who": row.voided_by, "at": stamp(row.voided_at), "reason": row.void_reason}
    return _("Void. Declared by %(who)s at %(at)s: %(reason)s") % said


def _notes(row: VehicleInspection, words: Words) -> Iterable[str]:
    if row.claimed is not None and row.claimed is not row.verdict:
        yield _("The rig says %(verdict)s.") % {"verdict": verdict_text(row.claimed.name.lower(), words.language)}
    if row.nonconformance:
        yield _("The rig names %(number)s.") % {"number": row.nonconformance}
    for disposed in row.dispositions:
        said = {
            "kind": disposition_text(disposed.kind),
            "who": disposed.disposed_by,
            "at": stamp(disposed.at),
            "reason": disposed.reason,
        }
        yield _("%(kind)s by %(who)s at %(at)s: %(reason)s") % said


def disposition_text(kind: str) -> str:
    """The answer of an engineer."""
    return {
        "rework": _("Rework recorded"),
        "confirmed_retest": _("Repeat confirmed"),
        "measurement_invalid": _("Measurement declared invalid"),
        "treat_as_fail": _("Treated as a fail"),
        "ours_stands": _("Our verdict stands"),
        "scrap": _("Answered by scrap"),
    }.get(kind, kind)


def _arrivals(rows: Sequence[Arrival], words: Words) -> LifeEntry:
    row = rows[-1]
    at = row.recorded_at
    if len(rows) > 1:
        ends = sorted(other.finished_at for other in rows)
        said = {"count": len(rows), "first": clock_or_stamp(ends[0], at), "last": clock_or_stamp(ends[-1], at)}
        text = _("%(count)d results of %(first)s to %(last)s arrived late. Each stands at its own time.") % said
        codes = sorted({other.rig for other in rows})
        more = [_("%(count)d more") % {"count": len(codes) - _NAMED_RIGS}] if len(codes) > _NAMED_RIGS else []
        rigs = _("Rigs %(rigs)s") % {"rigs": _(", ").join([*codes[:_NAMED_RIGS], *more])}
        return LifeEntry(at=at, status=Status.QUIET, text=text, under=rigs + _("."))
    named = {"test": words.name(row.procedure_name, row.procedure_name_zh), "at": clock_or_stamp(row.finished_at, at)}
    return LifeEntry(
        at=at,
        status=Status.QUIET,
        text=_("The result of %(at)s arrived late: %(test)s. It stands at its own time.") % named,
        under=clauses([_("Rig %(rig)s") % {"rig": row.rig}, _("inspection %(id)s") % {"id": row.external_id}]) + _("."),
    )


def _decision(row: DecisionRow, words: Words) -> LifeEntry:
    said = {"gate": gate_heading(row.gate, words.language)}
    if row.state is State.PASSED:
        text = _("Gate %(gate)s passed") % said
    elif row.state is State.FAILED:
        text = _("Gate %(gate)s failed") % said
    else:
        text = _("Gate %(gate)s is pending") % said
    reasons = words.telling.reasons(row.reasons)
    if row.missing:
        missing = ngettext("%(count)d result missing", "%(count)d results missing", row.missing)
        reasons = _("; ").join(filter(None, [reasons, missing % {"count": row.missing}]))
    return LifeEntry(
        at=row.decided_at,
        status=OF_STATE[row.state],
        text=f"{text}{_(': ')}{reasons}{_('.')}" if reasons else f"{text}{_('.')}",
        under="" if row.revision is None else _("Decided on revision %(number)s.") % {"number": row.revision},
        wrong=row.state is State.FAILED,
        who="Interlock",
    )


def _act(row: LedgerEntry, words: Words) -> LifeEntry:
    said = say_act(row, words.telling)
    return LifeEntry(at=said.at, status=said.status, text=said.text, parts=said.parts, who=said.who, wrong=said.wrong)


def _fittings(rows: Sequence[FittedChange], words: Words) -> LifeEntry:
    said = []
    for fitted, text in ((True, _("Fitted: %(list)s.")), (False, _("Removed: %(list)s."))):
        parts = [f"{row.kind} {row.serial}" for row in rows if row.fitted is fitted]
        if parts:
            said.append(text % {"list": _(", ").join(sorted(parts))})
    return LifeEntry(at=rows[0].at, status=Status.QUIET, text=gap().join(said))


def _software(rows: Sequence[SoftwareVersion], words: Words) -> LifeEntry:
    listed = _(", ").join(sorted(f"{row.system} {row.version}" for row in rows))
    return LifeEntry(at=rows[0].at, status=Status.QUIET, text=_("Software: %(list)s.") % {"list": listed})
