"""Whether a paper holds: derived from the record whenever somebody asks, and never a yes for want of an answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q

from ..batches.choices import VehicleStatus
from ..batches.models import Vehicle
from ..dispositions.choices import HoldSource
from ..evaluation.reasons import ReasonCode
from ..gates.queries import clearance
from ..gates.reading import read_named
from ..saying import Said, say
from ..sealing.keys import KeyRefusal
from .canonical import canonical, digest_of
from .check_certificate import NotGenuine, claimed_number, code_in, read_code
from .choices import Answer, PaperKind
from .codes import check_row, public_keys
from .contents import Stated, collect_vehicle
from .dossiers import collect_batch
from .models import Certificate
from .rules import NUMBER_LENGTH, CertificateRefused, typed_number

__all__ = ["Standing", "certificates_of_batch", "certificates_of_vehicle", "check_number", "check_text", "standing_of"]

TIME_ALONE: Final = frozenset({ReasonCode.COVERAGE_EXPIRED.value, ReasonCode.DECISION_EXPIRED.value})
"""What ends by the clock. A car that has left before left rightly; nothing new is known of it."""
_UNDECIDED: Final = frozenset(
    {ReasonCode.EVALUATION_PENDING.value, ReasonCode.DECISION_EXPIRED.value, ReasonCode.OPERATOR_UNKNOWN.value}
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is said of a paper at a moment. `why` is for those who may read the record; a stranger is told the answer
    alone."""

    answer: Answer
    at: datetime
    why: Said | None = None
    certificate: Certificate | None = None


def certificates_of_vehicle(*, vehicle_id: int, most: int = 100) -> list[Certificate]:
    """The papers of a car, newest first. One query."""
    rows = Certificate.objects.select_related("revocation", "vehicle", "batch", "release")
    return list(rows.filter(vehicle_id=vehicle_id).order_by("-ordinal")[:most])


def certificates_of_batch(*, batch_id: int, most: int = 100) -> list[Certificate]:
    """The dossiers of a batch, newest first. One query."""
    rows = Certificate.objects.select_related("revocation", "vehicle", "batch", "release")
    return list(rows.filter(batch_id=batch_id, kind=PaperKind.BATCH).order_by("-ordinal")[:most])


def check_text(*, text: str, at: datetime) -> Standing:
    """What is to be said of whatever a QR code held."""
    try:
        keys = public_keys()
        code = read_code(text, keys)
    except KeyRefusal as refusal:
        return Standing(Answer.UNKNOWN, at, refusal.said)
    except NotGenuine as refusal:
        return _not_read(text, refusal, at)
    found = _find(code.number)
    if found is None or found.code != code_in(text):
        return Standing(Answer.NOT_GENUINE, at, say("No paper of this number was issued with this code."))
    return standing_of(found, at=at)


def _not_read(text: str, refusal: NotGenuine, at: datetime) -> Standing:
    """A code whose key does not lie here is no forgery where we issued it word for word: it cannot be confirmed."""
    found = _find(claimed_number(text)) if refusal.name == "unknown_key" else None
    if found is not None and found.code == code_in(text):
        return Standing(Answer.UNKNOWN, at, say("The public key of this paper does not lie here."))
    return Standing(Answer.NOT_GENUINE, at, say("It is no code of ours, or not as we signed it."))


def check_number(*, number: str, subject: str, at: datetime) -> Standing:
    """What is to be said of a number typed in with the VIN, or the batch, that the paper names. Both must be right."""
    typed = typed_number(number)
    found = _find(typed) if len(typed) == NUMBER_LENGTH and typed.isascii() else None
    if found is None or subject.strip().upper() != _subject(found).upper():
        return Standing(Answer.NOT_GENUINE, at, say("No paper of this number was issued for this car or batch."))
    return standing_of(found, at=at)


def _find(number: str) -> Certificate | None:
    rows = Certificate.objects.select_related("revocation", "vehicle__batch", "batch", "release")
    return rows.filter(number=number).first()


def _subject(certificate: Certificate) -> str:
    return certificate.vehicle.vin if certificate.vehicle is not None else certificate.batch.number


def standing_of(certificate: Certificate, *, at: datetime) -> Standing:
    """Whether everything that makes a paper valid holds at a moment; the first thing that does not is said."""
    try:
        check_row(certificate, public_keys())
    except KeyRefusal as refusal:
        return Standing(Answer.UNKNOWN, at, refusal.said, certificate)
    except NotGenuine as refusal:
        if refusal.name == "unknown_key":
            text = say("The public key %(key)s of this paper does not lie here.", key=certificate.key_id)
            return Standing(Answer.UNKNOWN, at, text, certificate)
        text = say("What is kept of it is not what was signed: it was altered.")
        return Standing(Answer.NOT_GENUINE, at, text, certificate)
    answer, why = _overtaken(certificate) or _of_the_record(certificate, at)
    return Standing(answer, at, why, certificate)


def _overtaken(certificate: Certificate) -> tuple[Answer, Said] | None:
    """Revoked, or superseded by a later paper about the same."""
    revocation = getattr(certificate, "revocation", None)
    if revocation is not None:
        text = say("It was revoked at %(at)s: %(reason)s", at=revocation.at, reason=revocation.reason)
        return Answer.NO_LONGER, text
    later = Certificate.objects.filter(kind=certificate.kind, ordinal__gt=certificate.ordinal)
    own = Q(batch=certificate.batch) if certificate.vehicle is None else Q(vehicle=certificate.vehicle)
    later = later.filter(own)
    if later.exists():
        return Answer.NO_LONGER, say("A later one supersedes it.")
    return None


def _of_the_record(certificate: Certificate, at: datetime) -> tuple[Answer, Said | None]:
    """Whether the record still says what the paper says."""
    try:
        if certificate.vehicle is None:
            refuse_undecided(batch_id=certificate.batch_id, at=at)
            stated = collect_batch(batch_id=certificate.batch_id, at=at)
        else:
            refuse_unreleased(vehicle=certificate.vehicle, at=at)
            stated = collect_vehicle(vehicle_id=certificate.vehicle.pk, at=at)
    except CertificateRefused as refusal:
        return Answer.UNKNOWN if refusal.code == "undecided" else Answer.NO_LONGER, refusal.said
    if stated.release_id != certificate.release_id:
        return Answer.NO_LONGER, say("It stands under another release now.")
    if facts_digest(stated) != certificate.facts_digest or not _same_facts(certificate):
        return Answer.NO_LONGER, say("The record says something else now than the paper does.")
    return Answer.VALID, None


def _same_facts(certificate: Certificate) -> bool:
    """That the digest beside the content is that of its facts: a row altered by hand is never taken at its word."""
    return digest_of(canonical(json.loads(certificate.content)["facts"])) == certificate.facts_digest


def facts_digest(stated: Stated) -> str:
    return digest_of(canonical(stated.facts))


def refuse_unreleased(*, vehicle: Vehicle, at: datetime) -> None:
    """Raises CertificateRefused unless the car may leave now, or has left and nothing was found against it since."""
    found = clearance(vin=vehicle.vin, at=at)
    if found.may_leave:
        return
    codes = {cause.code for cause in found.reasons}
    left = Vehicle.objects.filter(pk=vehicle.pk, status=VehicleStatus.DELIVERED).exists()
    if left and _by_time_alone(vehicle.pk, codes):
        return
    if codes <= _UNDECIDED:
        text = say("Whether %(vin)s may leave is not decided at this moment. Ask again in a minute.", vin=vehicle.vin)
        raise CertificateRefused("undecided", text)
    text = say(
        "%(vin)s may not leave now: its page says why (%(codes)s).", vin=vehicle.vin, codes=", ".join(sorted(codes))
    )
    raise CertificateRefused("may_not_leave", text)


# The decisions that suspend a release (interlock_standing_release), with what they found.
_AGAINST: Final = """
select d.reasons::text from inspections_releasedvehicle rv
join inspections_release r on r.id = rv.release_id
join inspections_signature s on s.release_id = r.id and s.place = 2
join inspections_decision d on d.state <> 0 and (
    (d.vehicle_id = rv.vehicle_id and case when d.batch_id = r.batch_id then d.counter > s.counter
        else d.decided_at > s.signed_at end)
    or (d.vehicle_id is null and d.batch_id = r.batch_id and d.counter > s.counter))
where rv.vehicle_id = %(vehicle)s and r.id = (select t.release_id from interlock_standing_release t
    where t.vehicle_id = %(vehicle)s limit 1)
"""
_HOLDING: Final = """
select h.source, h.code from inspections_hold h join inspections_vehicle v on v.id = %(vehicle)s
where h.lifted_at is null and (h.vehicle_id = v.id or (h.batch_id = v.batch_id and h.vehicle_id is null))
"""


def _by_time_alone(vehicle_id: int, codes: set[str]) -> bool:
    """Whether nothing stands against a car that has left but that something ended by the clock since."""
    if not codes or not codes <= TIME_ALONE | {ReasonCode.RELEASE_SUSPENDED.value, ReasonCode.HOLD_ACTIVE.value}:
        return False
    holds = [(source, code) for source, code in read_named(_HOLDING, vehicle=vehicle_id)]
    against = [json.loads(reasons) for (reasons,) in read_named(_AGAINST, vehicle=vehicle_id)]
    return all(source == HoldSource.GATE and code in TIME_ALONE for source, code in holds) and all(
        reasons and {row["code"] for row in reasons} <= TIME_ALONE for reasons in against
    )


def refuse_undecided(*, batch_id: int, at: datetime) -> None:
    """Raises CertificateRefused while anything of a batch is undecided, or rests on what has ended."""
    rows = read_named(
        "select exists(select from inspections_mark m where m.batch_id = %(batch)s)"
        " or exists(select from inspections_vehiclegate g join inspections_vehicle v on v.id = g.vehicle_id"
        "  where g.batch_id = %(batch)s and g.valid_until <= %(at)s and v.status in ('in_process', 'released'))"
        " or (exists(select from inspections_batchgate g where g.batch_id = %(batch)s and g.valid_until <= %(at)s)"
        "  and exists(select from inspections_vehicle v where v.batch_id = %(batch)s and v.status = 'released'))",
        batch=batch_id,
        at=at,
    )
    if rows[0][0]:
        raise CertificateRefused("undecided", say("The batch is not decided at this moment. Ask again in a minute."))
