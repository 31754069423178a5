"""What a page showed over a signature, carried by its form: signed for whoever it was shown to, so that no page of
another person, another subject or another day can be signed under."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.core import signing
from django.http import HttpRequest

from inspections.records.signing import Shown
from inspections.saying import say

from .access import moment_of

NOT_SAID: Final = say("The page did not say what it showed. Load it again, then sign.")
_SALT: Final = "interlock.shown"
_LONGEST: Final = 1_000


def shown_token(request: HttpRequest, subject: str, digest: str, signatures: int) -> str:
    """What the page shows now to whoever is signed in, for its form to carry."""
    carried = [request.user.pk, subject, digest, signatures, moment_of(request).isoformat()]
    return signing.dumps(carried, salt=_SALT)


def shown_of(request: HttpRequest, subject: str) -> Shown | None:
    """What the page of this form showed; None where the form does not say, or says what was shown of another subject
    or to another person."""
    try:
        person, about, digest, signatures, at = signing.loads(request.POST.get("shown", "")[:_LONGEST], salt=_SALT)
        shown = Shown(digest, signatures, datetime.fromisoformat(at))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return shown if (person, about) == (request.user.pk, subject) else None
