"""A judge with what it said before: it holds no state, so that it says the same of the same again. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from ..evaluation.facts import Verdict
from ..evaluation.inspecting import Judged, ProcedureJudge
from ..evaluation.reasons import JudgementReason, Outcome
from .copying import around_number, copy_line
from .posted import FamiliarMeasurement, PostedInspection, PostedMeasurement
from .readings import reading_of

_MOST_JUDGES: Final = 16
"""Judges whose words one measurement keeps: plans of some configurations, revisions and dates of effect."""
_MOST_CONCLUSIONS: Final = 10_000
_Kept = TypeVar("_Kept")


@dataclass(frozen=True, slots=True)
class KnownCharacteristic:
    """A characteristic of the inspection's own procedure. Another procedure's is as unknown as a misspelt one."""

    id: int
    kind: str


@dataclass(frozen=True, slots=True)
class KnownProcedure:
    id: int
    code: str
    domain: str
    characteristics: Mapping[str, KnownCharacteristic]


class Said(NamedTuple):
    """What a judge said of one measurement. `kind` numbers what it can say: alike for every value that conforms.

    `characteristic_id` is that of the catalogue when it was said; `line` is what COPY writes of the measurement behind
    its inspection's id.
    """

    characteristic_id: int | None
    row: Judged
    kind: int
    line: str

    @property
    def verdict(self) -> Verdict:
        return self.row.verdict


class Conclusion(NamedTuple):
    """The verdict of an inspection, and whether the catalogue knows everything that it measured."""

    verdict: Verdict
    is_known: bool


class _Words(NamedTuple):
    """What is said of every number that is judged alike; `before` and `behind` it stand in what COPY writes."""

    row: Judged
    kind: int
    before: str
    behind: str


class _Alike(NamedTuple):
    """What judges measurements that differ in their number alone, with what it said of them."""

    characteristic_id: int | None
    judging: Callable[[str], Judged]
    words: dict[Judged, _Words]


class ReadyJudge:
    """What judges the inspections of a procedure. `judge` None stands for no plan: then nothing is judged."""

    def __init__(self, judge: ProcedureJudge | None) -> None:
        self.judge = judge
        self._kinds: dict[Judged, int] = {}
        self._conclusions: dict[tuple[int, ...], Conclusion] = {}
        self._spoken: dict[int, tuple[KnownProcedure, object]] = {}

    def say_all(self, posted: PostedInspection, procedure: KnownProcedure) -> list[Said]:
        """What is said of each measurement, in the order posted."""
        items = posted.measurements
        mark = self._mark_of(procedure)
        every = [item.said.get(mark) if type(item) is FamiliarMeasurement else None for item in items]
        if all(every):
            return every  # type: ignore[return-value]
        known = procedure.characteristics
        for ordinal, item in enumerate(items):
            if every[ordinal] is not None:
                continue
            found = known.get(item.characteristic)
            if type(item) is not FamiliarMeasurement:
                every[ordinal] = self._say(item, ordinal, found)
                continue
            every[ordinal] = said = self._say_familiar(item, ordinal, found, mark)
            _remember(item.said, mark, said)
        return every  # type: ignore[return-value]

    def _mark_of(self, procedure: KnownProcedure) -> object:
        """Under which a measurement keeps what this judge said of it, of the procedure as it is known now."""
        spoken = self._spoken.get(procedure.id)
        if spoken is None or spoken[0] is not procedure:
            spoken = self._spoken[procedure.id] = procedure, object()
        return spoken[1]

    def conclude(self, every: Sequence[Said]) -> Conclusion:
        """What follows for the inspection of which this was said."""
        kinds = tuple([one.kind for one in every])
        conclusion = self._conclusions.get(kinds)
        if conclusion is None:
            conclusion = self._conclude([one.row for one in every])
            if len(self._conclusions) < _MOST_CONCLUSIONS:
                self._conclusions[kinds] = conclusion
        return conclusion

    def _conclude(self, rows: Sequence[Judged]) -> Conclusion:
        is_known = all(row.characteristic_id is not None for row in rows)
        if self.judge is None:
            return Conclusion(Verdict(Outcome.NOT_JUDGED, JudgementReason.NO_PLAN), is_known)
        return Conclusion(self.judge.verdict(rows).verdict, is_known)

    def _say_familiar(
        self, item: FamiliarMeasurement, ordinal: int, found: KnownCharacteristic | None, mark: object
    ) -> Said:
        if item.alike is None or self.judge is None:
            return self._say(item, ordinal, found)
        alike: _Alike | None = item.alike.get(mark)
        if alike is None:
            number = None if found is None else found.id
            alike = _Alike(number, self.judge.judging(number, reading_of(item)), {})
            _remember(item.alike, mark, alike)
        row = alike.judging(item.value)
        words = alike.words.get(row)
        if words is None:
            said = self._said(item, ordinal, row, found)
            alike.words[row] = _Words(said.row, said.kind, *around_number(said.line))
            return said
        return Said(alike.characteristic_id, words.row, words.kind, f"{words.before}{item.value}{words.behind}")

    def _say(self, item: PostedMeasurement, ordinal: int, found: KnownCharacteristic | None) -> Said:
        number = None if found is None else found.id
        if self.judge is not None:
            row = self.judge.judge(number, reading_of(item))
        else:
            reason = JudgementReason.UNKNOWN_CHARACTERISTIC if found is None else JudgementReason.NO_PLAN
            row = Judged(number, item.position or "", Verdict(Outcome.NOT_JUDGED, reason))
        return self._said(item, ordinal, row, found)

    def _said(self, item: PostedMeasurement, ordinal: int, row: Judged, found: KnownCharacteristic | None) -> Said:
        kind = self._kinds.setdefault(row, len(self._kinds))
        number, of_kind = (None, None) if found is None else (found.id, found.kind)
        return Said(number, row, kind, copy_line(item, ordinal, row, of_kind))


def _remember(kept: dict[object, _Kept], mark: object, what: _Kept) -> None:
    if len(kept) >= _MOST_JUDGES:
        kept.clear()
    kept[mark] = what


NO_PLAN: Final = ReadyJudge(None)
