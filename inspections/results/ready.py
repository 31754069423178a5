"""A judge with what it said before: it holds no state, so that it says the same of the same again. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ..evaluation.facts import Verdict
from ..evaluation.inspecting import Judged, ProcedureJudge
from ..evaluation.reasons import JudgementReason, Outcome
from .copying import copy_line
from .posted import FamiliarMeasurement, PostedInspection, PostedMeasurement
from .readings import reading_of

_MOST_JUDGES: Final = 16
"""Judges whose words one measurement keeps: plans of some configurations, revisions and dates of effect."""
_MOST_VERDICTS: Final = 10_000


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

    `characteristic_id` is that of the catalogue when it was said; `line` is the measurement as COPY writes it.
    """

    characteristic_id: int | None
    row: Judged
    kind: int
    line: str

    @property
    def verdict(self) -> Verdict:
        return self.row.verdict


class ReadyJudge:
    """What judges the inspections of a procedure. `judge` None stands for no plan: then nothing is judged."""

    def __init__(self, judge: ProcedureJudge | None) -> None:
        self.judge = judge
        self._kinds: dict[Judged, int] = {}
        self._verdicts: dict[tuple[int, ...], Verdict] = {}

    def say_all(self, posted: PostedInspection, procedure: KnownProcedure) -> list[Said]:
        """What is said of each measurement, in the order posted."""
        known = procedure.characteristics
        every = []
        for item in posted.measurements:
            found = known.get(item.characteristic)
            if type(item) is FamiliarMeasurement:
                said = item.said.get(self)
                if said is None or said.characteristic_id != (None if found is None else found.id):
                    said = self._say(item, found)
                    self._remember(item, said)
            else:
                said = self._say(item, found)
            every.append(said)
        return every

    def verdict(self, every: Sequence[Said]) -> Verdict:
        """The verdict of an inspection of which this was said."""
        if self.judge is None:
            return Verdict(Outcome.NOT_JUDGED, JudgementReason.NO_PLAN)
        kinds = tuple([one.kind for one in every])
        verdict = self._verdicts.get(kinds)
        if verdict is None:
            verdict = self.judge.verdict([one.row for one in every]).verdict
            if len(self._verdicts) < _MOST_VERDICTS:
                self._verdicts[kinds] = verdict
        return verdict

    def _say(self, item: PostedMeasurement, found: KnownCharacteristic | None) -> Said:
        number = None if found is None else found.id
        if self.judge is not None:
            row = self.judge.judge(number, reading_of(item))
        else:
            reason = JudgementReason.UNKNOWN_CHARACTERISTIC if found is None else JudgementReason.NO_PLAN
            row = Judged(number, item.position or "", Verdict(Outcome.NOT_JUDGED, reason))
        kind = self._kinds.setdefault(row, len(self._kinds))
        return Said(number, row, kind, copy_line(item, row, None if found is None else found.kind))

    def _remember(self, item: FamiliarMeasurement, said: Said) -> None:
        if len(item.said) >= _MOST_JUDGES:
            item.said.clear()
        item.said[self] = said


NO_PLAN: Final = ReadyJudge(None)
