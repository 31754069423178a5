"""Nonconformances in words: what failed, which fail is answered by what, and what is asked next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.catalogue.models import Requirement
from inspections.catalogue.queries import CharacteristicWords, Named, characteristic_words, line_words
from inspections.dispositions.answering import Fail
from inspections.dispositions.models import Nonconformance
from inspections.gates.queries import nonconformance_causes
from inspections.results.queries import VehicleInspection, fittings_of_vehicle, inspections_of_vehicle

from .access import language_now
from .ages import clock_or_stamp, stamp
from .causes import Known, named_in, page_reasons
from .life import LARGEST
from .life_words import disposition_text
from .measured import ShownValue, show_value
from .paging import END_OF_TIME
from .reason_groups import ReasonGroup, group_reasons
from .statuses import Status

MOST_TESTS: Final = 500
_LIFTING: Final = frozenset({"rework", "confirmed_retest", "measurement_invalid", "scrap"})

Key = tuple[int, str, str, int | None]
"""Vehicle, gate, code and characteristic: what a nonconformance is about."""


def findings(subjects: Mapping[str, tuple[Key, str]]) -> dict[str, ReasonGroup]:
    """By number, the sentence of what still fails the gate; nothing for one whose reason is gone. `subjects`: by number
    what each is about and its batch. Three statements however many there are."""
    causes = nonconformance_causes(vehicle_ids=[key[0] for key, _batch in subjects.values()])
    lines, characteristics, _codes = named_in(causes.values())
    line_of, characteristic_of = line_words(lines), characteristic_words(characteristics)
    zone, language = timezone.get_current_timezone(), language_now()
    said = {}
    for number, (key, batch) in subjects.items():
        cause = causes.get(key)
        if cause is None:
            continue
        known = Known(language, zone, batch, lines=line_of, characteristics=characteristic_of)
        cause.detail["nonconformance"] = number
        worst = group_reasons(page_reasons([cause], known), language, zone).worst
        if worst is not None:
            said[number] = worst
    return said


def name_of(words: CharacteristicWords | None) -> str:
    """The name of a characteristic in the language of this request; "" without one."""
    return "" if words is None else _in_language(words.named)


def place_text(words: CharacteristicWords | None, position: str) -> str:
    """The name of a position in the language of this request; its code where it has none."""
    return position if words is None else _in_language(words.place(position))


def _in_language(named: Named) -> str:
    return (named.name_zh or named.name) if language_now() == "zh-hans" else named.name


def next_words(*, closed_at: datetime | None, of_batch: bool, fails: int, owner: str) -> str:
    """What is asked next, in one sentence."""
    if closed_at is not None:
        return _("Nothing: it closed at %(at)s.") % {"at": stamp(closed_at)}
    if of_batch:
        return _("Every car that it reaches is screened or scrapped.")
    if fails and not owner:
        words = ngettext(
            "An engineer takes it and answers %(count)d fail.",
            "An engineer takes it and answers %(count)d fails.",
            fails,
        )
        return words % {"count": fails}
    if fails:
        words = ngettext("%(who)s answers %(count)d fail.", "%(who)s answers %(count)d fails.", fails)
        return words % {"who": owner, "count": fails}
    return _("An inspector records the test again; it counts once it finishes after the answer and passes.")


@dataclass(frozen=True, slots=True)
class MeasuredAt:
    """One measurement of what a nonconformance is about. `open`: a fail that nobody answered; `answers`: who did."""

    at: datetime
    late: str
    rig: str
    who: str
    test: str
    inspection_id: int
    position: str
    shown: ShownValue
    open: bool
    failing: bool
    passed: bool
    answers: tuple[str, ...]
    voided: str
    reworked_at: datetime | None
    note: str = ""


def measured_in_time(found: Nonconformance, fails: Collection[Fail]) -> list[MeasuredAt]:
    """Every measurement of the characteristic (or of a group's members) at the positions that ever failed, oldest
    first. Eight statements however many there are."""
    if found.vehicle is None or found.characteristic_id is None:
        return []
    concerned = concerned_characteristics(found.characteristic_id)
    parts = sorted({row.component_id for row in fittings_of_vehicle(vehicle_id=found.vehicle.pk)})
    tests = inspections_of_vehicle(
        vehicle_id=found.vehicle.pk,
        component_ids=parts,
        pinned=found.vehicle.batch.revision_id,
        before=(END_OF_TIME, LARGEST),
        most=MOST_TESTS,
    )
    values = [(test, value) for test in tests for value in test.measurements if value.characteristic_id in concerned]
    lines = line_words({value.requirement_id for _test, value in values if value.requirement_id is not None})
    names = characteristic_words(concerned)
    unanswered = {(fail.inspection_id, fail.ordinal) for fail in fails}
    rows = []
    for test, value in values:
        words = names.get(value.characteristic_id or 0)
        line = lines.get(value.requirement_id or 0)
        shown = show_value(value, words, line, language_now(), with_bar=True)
        answers = _answers(test, value.ordinal)
        is_open = (test.id, value.ordinal) in unanswered
        rows.append(
            MeasuredAt(
                at=test.finished_at,
                late=clock_or_stamp(test.recorded_at, test.finished_at) if test.late and not test.component else "",
                rig=test.rig,
                who=test.entered_by or test.operator or _("unattended"),
                test=test.external_id,
                inspection_id=test.id,
                position=value.position,
                shown=shown,
                open=is_open,
                passed=shown.status is Status.PASS,
                failing=is_open or shown.status is Status.FAIL or any(row.lifts for row in answers),
                answers=tuple(row.words for row in answers),
                voided=_("Void: %(reason)s") % {"reason": test.void_reason} if test.voided else "",
                reworked_at=max((row.done_at for row in answers if row.done_at is not None), default=None),
            )
        )
    failed_at = {row.position for row in rows if row.failing}
    shown_rows = [row for row in rows if row.position in failed_at] or rows
    ordered = sorted(shown_rows, key=lambda row: (row.at, row.inspection_id, row.position))
    return [_noted(row, ordered) for row in ordered]


def _noted(row: MeasuredAt, rows: Sequence[MeasuredAt]) -> MeasuredAt:
    """A pass that does not count is grey and says so."""
    if not row.passed or row.failing or row.voided:
        return row
    here = [other for other in rows if other.position == row.position]
    unanswered = [other for other in here if other.open and other.at < row.at]
    reworked = max((other.reworked_at for other in here if other.reworked_at is not None), default=None)
    note = ""
    if unanswered:
        at = clock_or_stamp(unanswered[0].at, row.at)
        note = _("Does not count yet: the fail of %(at)s is not answered.") % {"at": at}
    elif reworked is not None and row.at <= reworked:
        note = _("Does not count: it is older than the rework.")
    return replace(row, note=note, shown=replace(row.shown, status=Status.QUIET)) if note else row


def concerned_characteristics(characteristic_id: int) -> set[int]:
    """The characteristic, and where it stands for a group (any of several) the members too. At most two statements."""
    groups = Requirement.objects.filter(characteristic=characteristic_id).exclude(members=[])
    wanted = Q(pk__in=[])
    for revision_id, members in groups.values_list("revision_id", "members"):
        wanted |= Q(revision_id=revision_id, line__in=members)
    return {characteristic_id, *Requirement.objects.filter(wanted).values_list("characteristic_id", flat=True)}


@dataclass(frozen=True, slots=True)
class _Answer:
    words: str
    lifts: bool
    done_at: datetime | None


def _answers(test: VehicleInspection, ordinal: int) -> list[_Answer]:
    rows = []
    for given in test.dispositions:
        if given.ordinal not in (ordinal, -1):
            continue
        said = {"kind": disposition_text(given.kind), "who": given.disposed_by, "reason": given.reason}
        if given.kind == "rework":
            words = _("%(kind)s by %(who)s, done %(done)s: %(reason)s") % {**said, "done": stamp(given.done_at)}
        else:
            words = _("%(kind)s by %(who)s, %(at)s: %(reason)s") % {**said, "at": stamp(given.at)}
        rows.append(_Answer(words, given.kind in _LIFTING, given.done_at if given.kind == "rework" else None))
    return rows


def later_pass(rows: Sequence[MeasuredAt], fails: Collection[Fail]) -> MeasuredAt | None:
    """The pass on record that would count once every fail is answered: the latest at each position where one is open;
    of several positions the first to have been measured. None where any of them still lacks it."""
    found = []
    for position in {fail.position for fail in fails}:
        here = [row for row in rows if row.position == position and not row.voided]
        if not here or not here[-1].passed or here[-1].failing:
            return None
        found.append(here[-1])
    return min(found, key=lambda row: row.at, default=None)
