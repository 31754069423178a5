"""Who may issue and revoke papers, and how their refusals are named."""

from __future__ import annotations

from typing import Final

from ..people.choices import Role
from ..saying import CodedRefusal

MAY_ISSUE: Final = (Role.RELEASE_OFFICER,)
MOST_CARS: Final = 2000
"""Cars of a batch on one dossier: two seconds of printing. A batch with more is refused one, never cut short."""
NUMBER_LENGTH: Final = 16


class CertificateRefused(CodedRefusal):
    """A paper that cannot be issued or revoked now."""


def shown_number(number: str) -> str:
    """A number as people read it aloud: in fours."""
    return "-".join(number[start : start + 4] for start in range(0, len(number), 4))


def typed_number(text: str) -> str:
    """A number as it is stored, from what somebody typed: digits that it never holds are the letters they look like."""
    plain = "".join(text.upper().replace("-", " ").split())
    return plain.translate(str.maketrans("018", "OIB"))
