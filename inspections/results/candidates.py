"""An inspection that was judged and is on its way into the tables."""

from __future__ import annotations

from msgspec import Struct

from .judging import JudgedInspection
from .posted import PostedInspection
from .ready import KnownProcedure
from .subjects import Subject


class Candidate(Struct, gc=False):
    """`place` is its place in what was handed in; `source` is that of its file, as JSON; `inspection_id` is 0 until it
    has a key."""

    place: int
    posted: PostedInspection
    digest: bytes
    procedure: KnownProcedure
    subject: Subject
    judged: JudgedInspection
    source: str | None = None
    inspection_id: int = 0
