"""What the pages of papers say: how each stands, in words, with the mark of its status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspections.certificates.choices import Answer
from inspections.certificates.models import Certificate
from inspections.certificates.queries import Standing, standing_of
from inspections.certificates.rules import shown_number

from .statuses import Status

MARKS: Final = {
    Answer.VALID: Status.PASS,
    Answer.NO_LONGER: Status.FAIL,
    Answer.UNKNOWN: Status.UNCLEAR,
    Answer.NOT_GENUINE: Status.FAIL,
}
ANSWERS: Final[dict[Answer, str | Promise]] = {
    Answer.VALID: gettext_lazy("Genuine and valid"),
    Answer.NO_LONGER: gettext_lazy("Genuine, but no longer valid"),
    Answer.UNKNOWN: gettext_lazy("Cannot be confirmed now"),
    Answer.NOT_GENUINE: gettext_lazy("Not genuine"),
}
ADVICE: Final[dict[Answer, str | Promise]] = {
    Answer.VALID: gettext_lazy(
        "The plant issued this paper, and what it states holds. Compare the paper with what stands here."
    ),
    Answer.NO_LONGER: gettext_lazy("The plant issued this paper. It holds no more: do not rely on it, ask the plant."),
    Answer.UNKNOWN: gettext_lazy("This is no yes. Ask again in a few minutes; do not rely on the paper until then."),
    Answer.NOT_GENUINE: gettext_lazy("The plant issued no such paper, or a part of it was altered. Do not rely on it."),
}


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One paper as a list shows it. `why`: what ended it, for those who may read the record."""

    certificate: Certificate
    number: str
    status: Status
    word: str
    why: str


def paper_rows(papers: Sequence[Certificate], at: datetime) -> list[PaperRow]:
    """Papers, newest first. Only the newest can still be valid: the others are superseded, and not looked at anew."""
    return [_row(paper, at, newest=place == 0) for place, paper in enumerate(papers)]


def _row(paper: Certificate, at: datetime, *, newest: bool) -> PaperRow:
    if newest:
        standing = standing_of(paper, at=at)
        return row_of(paper, standing)
    revoked = getattr(paper, "revocation", None)
    why = _("Revoked") if revoked is not None else _("A later one supersedes it.")
    return PaperRow(paper, shown_number(paper.number), Status.QUIET, str(ANSWERS[Answer.NO_LONGER]), why)


def row_of(paper: Certificate, standing: Standing) -> PaperRow:
    return PaperRow(
        paper,
        shown_number(paper.number),
        MARKS[standing.answer],
        str(ANSWERS[standing.answer]),
        "" if standing.why is None else str(standing.why),
    )
