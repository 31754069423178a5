"""Pictures that are on disk and not yet with an inspection: the form carries each signed, so that nothing that was
taken is lost when the form is refused, reloaded or left for a while."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

from django.core import signing

from inspections.intake.services import KeptPicture

_SALT: Final = "interlock.photograph"
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Held:
    """One picture as the form carries it."""

    token: str
    picture: KeptPicture

    @property
    def kilobytes(self) -> int:
        return max(self.picture.size // 1024, 1)


def hold(picture: KeptPicture, person_id: int) -> Held:
    """Sign a picture for the person who sent it: no browser can name another file on disk."""
    return Held(signing.dumps([person_id, asdict(picture)], salt=_SALT), picture)


def held(tokens: Iterable[str], person_id: int) -> list[Held]:
    """The pictures of these tokens; whatever is none, or was signed for somebody else, is left out."""
    found: dict[str, Held] = {}
    for token in tokens:
        try:
            person, fields = signing.loads(token[:_LONGEST], salt=_SALT)
        except (signing.BadSignature, ValueError, TypeError):
            continue
        if person == person_id:
            picture = KeptPicture(**fields)
            found[picture.sha256] = Held(token, picture)
    return list(found.values())
