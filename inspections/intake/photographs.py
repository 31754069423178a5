"""Photographs of an inspection: the original on disk by its hash, a plain copy to show, a row that names both.

A photograph is for people. It is no measurement, is judged by nobody and changes no verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError

from ..marks.acts import StartOver, one_act
from ..people.choices import Role
from ..people.rules import Actor
from ..records.services import record_act
from ..results.models import Inspection
from ..saying import Refusal, say
from .models import Photograph
from .pictures import read_picture
from .storage import land_file

MAY_PHOTOGRAPH: Final = (Role.INSPECTOR, Role.ENGINEER)
MOST_PHOTOGRAPHS: Final = 8


class PhotographsRefused(Refusal):
    """Photographs that cannot be put with an inspection; says why and what to do."""


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A picture on disk that no inspection names yet."""

    sha256: str
    shown_sha256: str
    media_type: str
    size: int
    width: int
    height: int
    name: str = ""


def keep_picture(*, content: bytes, name: str = "") -> KeptPicture:
    """Check a picture and put it on disk, with the copy that is shown. Raises PictureRefused."""
    picture = read_picture(content)
    original, shown = land_file([content]), land_file([picture.shown])
    return KeptPicture(
        original.sha256, shown.sha256, picture.media_type, original.size, picture.width, picture.height, name[:200]
    )


@one_act
def attach_photographs(
    *, inspection: Inspection, pictures: Sequence[KeptPicture], actor: Actor, at: datetime
) -> list[Photograph]:
    """Put pictures that were kept with the inspection that this person recorded. What is there already stays as it is.

    Returns those that are new. Raises NotAllowed, PhotographsRefused.
    """
    actor.require("putting a photograph with an inspection", *MAY_PHOTOGRAPH)
    if inspection.person_id != actor.id:
        raise PhotographsRefused(
            say(
                "Inspection %(id)s was recorded by somebody else: only they put photographs with it.",
                id=inspection.external_id,
            )
        )
    there = set(Photograph.objects.filter(inspection=inspection).values_list("sha256", flat=True))
    fresh = {picture.sha256: picture for picture in pictures if picture.sha256 not in there}
    if len(there) + len(fresh) > MOST_PHOTOGRAPHS:
        raise PhotographsRefused(
            say("An inspection takes %(most)s photographs; leave some out.", most=MOST_PHOTOGRAPHS)
        )
    label, person_id = actor.label, actor.id or 0
    try:
        rows = [
            Photograph.objects.create(inspection=inspection, taken_by=label, person_id=person_id, at=at, **asdict(one))
            for one in fresh.values()
        ]
    except IntegrityError as taken:
        # Two taps at once: the other one's row stands.
        raise StartOver from taken
    for row in rows:
        record_act(
            actor=actor,
            act="inspection.photographed",
            subject_kind="inspection",
            subject=inspection.external_id,
            at=at,
            after={"id": inspection.pk, "sha256": row.sha256, "shown": row.shown_sha256, "size": row.size},
        )
    return rows
