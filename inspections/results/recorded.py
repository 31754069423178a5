"""What became of each inspection that was handed in. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from msgspec import Struct

from ..evaluation.inspecting import Judged
from ..evaluation.reasons import JudgementReason, Outcome
from .posted import PostedMeasurement
from .ready import Said


class RecordState(StrEnum):
    RECORDED = "recorded"
    REPEATED = "repeated"
    CONFLICT = "conflict"
    WAITING = "waiting"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RecordedValue:
    characteristic: str
    position: str
    outcome: Outcome
    reason: JudgementReason


class Recorded(Struct, gc=False):
    """One inspection's fate. `inspection_id` is that of the stored row for `recorded`, `repeated` and `conflict`.

    `code`, `detail` and `pointer` say why for `conflict`, `waiting` and `refused`; `said` is filled for `recorded`.
    """

    state: RecordState
    external_id: str
    digest: bytes
    inspection_id: int | None = None
    code: str = ""
    detail: str = ""
    pointer: str = ""
    subject: str = ""
    batch: str | None = None
    verdict: Outcome = Outcome.NOT_JUDGED
    said: tuple[Sequence[PostedMeasurement], Sequence[Judged | Said]] = ((), ())

    @property
    def lines(self) -> list[int | None]:
        """Of each value in the order posted, the line of the plan that judged it."""
        return [(one.row if isinstance(one, Said) else one).requirement_id for one in self.said[1]]

    @property
    def values(self) -> tuple[RecordedValue, ...]:
        """What was judged of each value, in the order posted."""
        return tuple(
            RecordedValue(item.characteristic, item.position or "", row.verdict.outcome, row.verdict.reason)
            for item, row in zip(*self.said, strict=True)
        )

    def content(self) -> Mapping[str, Any]:
        """The inspection as it is answered: the subject, its batch, the verdict, and what is said of each value."""
        return {
            "id": self.external_id,
            "subject": self.subject,
            "batch": self.batch,
            "verdict": word(self.verdict),
            "measurements": [
                {
                    "characteristic": value.characteristic,
                    "position": value.position or None,
                    "verdict": word(value.outcome),
                    "reason": None if value.reason is JudgementReason.NONE else value.reason.name.lower(),
                }
                for value in self.values
            ],
            "url": f"/api/v1/inspections/{self.inspection_id}/",
        }


def word(outcome: Outcome) -> str:
    """An outcome as the contract writes it: pass, fail, indeterminate, not_judged."""
    return outcome.name.lower()
