"""What becomes of each item of one act of recording, and the answer to an id that is on the record already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from ..marks.arrays import text_array
from ..marks.trips import Statement, run_together
from ..rigs.models import Rig
from .doubles import other_texts
from .posted import PostedInspection
from .recorded import Recorded, RecordState
from .subjects import key_of, subject_text


class Held(Protocol):
    """What the caller holds under the ids of a request, unrecorded. It is asked in the trip that asks what is on the
    record, and what it refuses is a conflict."""

    def reading(self) -> Statement: ...

    def take(self, answer: list[tuple[Any, ...]]) -> None: ...

    def refusal(self, external_id: str, digest: bytes) -> str: ...


@dataclass(slots=True)
class Request:
    """What one act works on. `fates` has the place of each item handed in; `sources` are of their files, as JSON."""

    rig: Rig
    at: datetime
    accepted: bool
    items: Sequence[PostedInspection]
    digests: Sequence[bytes]
    sources: Sequence[str | None]
    held: Held | None = None
    meanwhile: Callable[[], None] | None = None
    fates: list[Recorded | None] = field(default_factory=list)

    def settle(self, place: int, state: RecordState, **more: Any) -> None:
        posted = self.items[place]
        self.fates[place] = Recorded(
            state, posted.id, self.digests[place], subject=subject_text(key_of(posted)), **more
        )

    def refuse(self, place: int, code: str, detail: str, pointer: str = "") -> None:
        self.settle(place, RecordState.REFUSED, code=code, detail=detail, pointer=pointer)

    def open_places(self) -> list[int]:
        return [place for place, fate in enumerate(self.fates) if fate is None]


def settle_same_ids(request: Request, places: Iterable[int]) -> None:
    """Answers those whose id is on the record: the same content is a repeat, other content a conflict."""
    wanted = list(places)
    (rows,) = run_together(reading_same_ids(request, wanted))
    settle_read(request, wanted, rows)


def reading_same_ids(request: Request, places: Iterable[int]) -> Statement:
    """The statement of `settle_same_ids`, to be run with others; `settle_read` takes what it answers."""
    return _STORED, [request.rig.pk, text_array(request.items[place].id for place in places)]


_STORED: Final = (
    "select external_id, id, digest from inspections_inspection where rig_id = %s and external_id = any(%s::text[])"
)


def settle_held(request: Request, held: Held, answer: list[tuple[Any, ...]]) -> None:
    """Settles what the caller refuses, by what was found."""
    if not answer:
        return
    held.take(answer)
    for place in request.open_places():
        if detail := held.refusal(request.items[place].id, request.digests[place]):
            request.settle(place, RecordState.CONFLICT, code="id_conflict", detail=detail, pointer="/id")


def settle_read(request: Request, wanted: Collection[int], rows: Iterable[tuple[str, int, bytes]]) -> None:
    """Settles by what `reading_same_ids` found."""
    stored = {external_id: (number, bytes(digest)) for external_id, number, digest in rows}
    if not stored:
        return
    found = {place: stored[request.items[place].id] for place in wanted if request.items[place].id in stored}
    same = {place: number for place, (number, digest) in found.items() if digest == request.digests[place]}
    differ = other_texts({place: (number, request.items[place]) for place, number in same.items()})
    for place, (number, _) in found.items():
        if place in same and place not in differ:
            request.settle(place, RecordState.REPEATED, inspection_id=number)
        else:
            detail = f"{request.rig.code} has used the id {request.items[place].id} for other content, which stands."
            request.settle(
                place, RecordState.CONFLICT, inspection_id=number, code="id_conflict", detail=detail, pointer="/id"
            )
