"""What becomes of each item of one act of recording, and the answer to an id that is on the record already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from ..rigs.models import Rig
from .doubles import other_texts
from .posted import PostedInspection
from .recorded import Recorded, RecordState
from .subjects import key_of, subject_text


@dataclass(slots=True)
class Request:
    """What one act works on. `fates` has the place of each item handed in."""

    rig: Rig
    at: datetime
    accepted: bool
    items: Sequence[PostedInspection]
    digests: Sequence[bytes]
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
    stored = _stored_digests(request.rig.pk, [request.items[place].id for place in wanted])
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


def _stored_digests(rig_id: int, external_ids: Collection[str]) -> dict[str, tuple[int, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select external_id, id, digest from inspections_inspection where rig_id = %s and external_id = any(%s)",
            [rig_id, list(external_ids)],
        )
        return {external_id: (number, bytes(digest)) for external_id, number, digest in cursor.fetchall()}
