"""The signatures that a page rests on: by whom, when and with what meaning (21 CFR 11.50(b)), as they were given."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from inspections.dispositions.models import ConcessionSignature
from inspections.records.models import HandSignature
from inspections.releases.models import Signature


@dataclass(frozen=True, slots=True)
class SignedFor:
    """What was signed, where it stands, and its signatures in their turn."""

    what: str
    url: str
    signatures: tuple[HandSignature, ...]


def of_release(number: str, signatures: Sequence[Signature]) -> list[SignedFor]:
    """The release with its signatures; nothing while nobody has signed it."""
    if not signatures:
        return []
    what = _("Release %(number)s") % {"number": number}
    return [SignedFor(what, reverse("web:release", args=[number]), tuple(signatures))]


def of_concessions(ids: Collection[int]) -> list[SignedFor]:
    """Each of the concessions with its signatures. One statement, none where there is no concession."""
    if not ids:
        return []
    found: dict[str, list[ConcessionSignature]] = {}
    rows = ConcessionSignature.objects.filter(concession__in=ids).select_related("concession")
    for row in rows.order_by("concession__pk", "place"):
        found.setdefault(row.concession.number, []).append(row)
    return [
        SignedFor(
            _("Concession %(number)s") % {"number": number}, reverse("web:concession", args=[number]), tuple(signatures)
        )
        for number, signatures in found.items()
    ]


def of_releases(rows: Collection[tuple[int, str]]) -> dict[str, tuple[Signature, ...]]:
    """The signatures of releases, each given by id and number. One statement, none where there is no release."""
    if not rows:
        return {}
    numbers = dict(rows)
    found: dict[str, list[Signature]] = {}
    for row in Signature.objects.filter(release__in=list(numbers)).order_by("release", "place"):
        found.setdefault(numbers[row.release_id], []).append(row)
    return {number: tuple(signatures) for number, signatures in found.items()}
