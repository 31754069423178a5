"""Issuing and revoking papers. Printing takes a second, so it is done outside the batch's lock; under the lock the
record is read again, and a paper that says anything else is thrown away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError
from django.db.models import Max

from ..batches.models import Batch, Vehicle
from ..gates.services import decide_marked_now
from ..intake.storage import Landed, land_file
from ..marks.acts import one_act
from ..marks.locks import Lock, exclude
from ..people.rules import Actor
from ..records.services import record_act
from ..saying import say
from ..sealing.keys import SigningKey, key_ring
from .canonical import canonical, digest_of
from .check_certificate import FORMAT
from .choices import PaperKind
from .codes import checkpoint_told, code_of, moment_text, new_number, signature_of
from .contents import Stated, collect_vehicle
from .dossiers import collect_batch
from .models import Certificate, CertificateRevocation
from .papers import print_paper, require_printer
from .queries import facts_digest, refuse_undecided, refuse_unreleased
from .rules import MAY_ISSUE, CertificateRefused, shown_number

__all__ = ["issue_certificate", "issue_dossier", "revoke_certificate"]

TRIES: Final = 3
"""How often a paper is printed anew because the record moved on meanwhile."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A paper that is printed and not issued yet. `fields` are those of its row."""

    facts_digest: str
    fields: Mapping[str, Any]


def issue_certificate(*, vehicle: Vehicle, actor: Actor, at: datetime) -> tuple[Certificate, bool]:
    """Issue the certificate of inspection and release of a car. Returns it, and whether it is new: asked again while
    the record says the same, the one that stands is answered.

    Only for a car that may leave, or has left and against which nothing was found since, asked under the lock of its
    batch. Raises NotAllowed, CertificateRefused, KeyRefusal, PaperRefused, StoreUnavailable: then nothing was issued.
    """
    actor.require("issuing a certificate", *MAY_ISSUE)

    def check() -> None:
        refuse_unreleased(vehicle=vehicle, at=at)

    return _issue(
        PaperKind.VEHICLE, lambda: vehicle.batch_id, lambda: collect_vehicle(vehicle_id=vehicle.pk, at=at), check,
        vehicle=vehicle, actor=actor, at=at,
    )  # fmt: skip


def issue_dossier(*, batch: Batch, actor: Actor, at: datetime) -> tuple[Certificate, bool]:
    """Issue the dossier of a batch, of which a release was signed. As `issue_certificate` otherwise."""
    actor.require("issuing a batch dossier", *MAY_ISSUE)

    def check() -> None:
        refuse_undecided(batch_id=batch.pk, at=at)

    return _issue(
        PaperKind.BATCH, lambda: batch.pk, lambda: collect_batch(batch_id=batch.pk, at=at), check,
        vehicle=None, actor=actor, at=at,
    )  # fmt: skip


def _issue(
    kind: PaperKind, batch_id: Callable[[], int], collect: Callable[[], Stated], check: Callable[[], None],
    *, vehicle: Vehicle | None, actor: Actor, at: datetime,
) -> tuple[Certificate, bool]:  # fmt: skip
    require_printer()
    key = key_ring().active
    for _ in range(TRIES):
        stated = collect()
        standing = _same(kind, vehicle, batch_id(), facts_digest(stated))
        draft = None if standing is not None else _print(kind, stated, key, actor, at)
        issued = _keep(kind, batch_id(), collect, check, draft, vehicle=vehicle, actor=actor, at=at)
        if issued is not None:
            return issued
    text = say("The record moved on while the paper was printed, three times. Issue it when the tests are done.")
    raise CertificateRefused("moving", text)


def _newest(kind: PaperKind, vehicle: Vehicle | None, batch_id: int) -> Certificate | None:
    rows = Certificate.objects.filter(kind=kind, revocation__isnull=True)
    rows = rows.filter(batch_id=batch_id) if vehicle is None else rows.filter(vehicle=vehicle)
    newest = rows.order_by("-ordinal").first()
    later = _ordinal(kind, vehicle, batch_id)
    return newest if newest is not None and newest.ordinal == later - 1 else None


def _ordinal(kind: PaperKind, vehicle: Vehicle | None, batch_id: int) -> int:
    rows = Certificate.objects.filter(kind=kind)
    rows = rows.filter(batch_id=batch_id) if vehicle is None else rows.filter(vehicle=vehicle)
    return (rows.aggregate(last=Max("ordinal"))["last"] or 0) + 1


def _same(kind: PaperKind, vehicle: Vehicle | None, batch_id: int, digest: str) -> Certificate | None:
    """The paper that says the same already and stands."""
    newest = _newest(kind, vehicle, batch_id)
    return newest if newest is not None and newest.facts_digest == digest else None


def _print(kind: PaperKind, stated: Stated, key: SigningKey, actor: Actor, at: datetime) -> _Draft:
    """Number it, sign its code, print it and put the PDF where it stays. Nothing of it is on the record yet."""
    number = new_number()
    issue = {
        "number": number, "subject": stated.subject, "issued_at": moment_text(at), "issued_by": actor.label,
        "key_id": key.key_id, "checkpoint": checkpoint_told(), **stated.asides,
    }  # fmt: skip
    content = canonical({"format": FORMAT, "facts": stated.facts, "issue": issue})
    digest = digest_of(content)
    code = code_of(kind=kind.value, number=number, subject=stated.subject, issued_at=at, digest=digest, key=key)
    pdf = print_paper(kind=kind, facts=stated.facts, issue=issue, digest=digest, code=code, at=at)
    landed: Landed = land_file([pdf])
    record = {
        "format": FORMAT, "number": number, "kind": kind.value, "subject": stated.subject,
        "issued_at": moment_text(at), "content_sha256": digest, "pdf_sha256": landed.sha256, "key_id": key.key_id,
    }  # fmt: skip
    fields = {
        "number": number, "kind": kind, "release_id": stated.release_id, "content": content, "digest": digest,
        "facts_digest": facts_digest(stated), "code": code, "key_id": key.key_id,
        "signature": signature_of(record, key), "pdf_sha256": landed.sha256, "pdf_size": landed.size,
        "issued_by": actor.label, "issuer_id": actor.id or 0, "issued_at": at,
    }  # fmt: skip
    return _Draft(facts_digest(stated), fields)


@one_act
def _keep(
    kind: PaperKind, batch_id: int, collect: Callable[[], Stated], check: Callable[[], None], draft: _Draft | None,
    *, vehicle: Vehicle | None, actor: Actor, at: datetime,
) -> tuple[Certificate, bool] | None:  # fmt: skip
    """Put the paper on the record if the record still says what it says; None where it has to be printed anew."""
    exclude(Lock.BATCH, [batch_id])
    decide_marked_now(batch_id=batch_id, at=at)
    if vehicle is not None and not Vehicle.objects.filter(pk=vehicle.pk, batch_id=batch_id).exists():
        raise CertificateRefused("moved", say("%(vin)s is in another batch now.", vin=vehicle.vin))
    check()
    now = facts_digest(collect())
    standing = _same(kind, vehicle, batch_id, now)
    if standing is not None:
        return standing, False
    if draft is None or draft.facts_digest != now:
        return None
    ordinal = _ordinal(kind, vehicle, batch_id)
    certificate = Certificate.objects.create(vehicle=vehicle, batch_id=batch_id, ordinal=ordinal, **draft.fields)
    subject = vehicle.vin if vehicle is not None else certificate.batch.number
    record_act(
        actor=actor,
        act="certificate.issued" if kind is PaperKind.VEHICLE else "dossier.issued",
        subject_kind=kind.value,
        subject=subject,
        batch=certificate.batch.number,
        at=at,
        after={
            "certificate": shown_number(certificate.number), "digest": certificate.digest,
            "pdf_sha256": certificate.pdf_sha256, "key": certificate.key_id,
            **({"release": certificate.release.number} if certificate.release is not None else {}),
        },
    )  # fmt: skip
    return certificate, True


def revoke_certificate(*, certificate: Certificate, reason: str, actor: Actor, at: datetime) -> CertificateRevocation:
    """Say for ever that nobody may rely on this paper, and why. Raises NotAllowed and CertificateRefused."""
    actor.require("revoking a certificate", *MAY_ISSUE)
    if not reason.strip():
        raise CertificateRefused("no_reason", say("Say why it is revoked: whoever holds the paper may ask."))
    try:
        return _revoke(certificate=certificate, reason=reason.strip(), actor=actor, at=at)
    except IntegrityError as refusal:
        if "certificate_id" not in str(refusal):
            raise
        raise CertificateRefused("revoked", say("It is revoked already.")) from refusal


@one_act
def _revoke(*, certificate: Certificate, reason: str, actor: Actor, at: datetime) -> CertificateRevocation:
    if at < certificate.issued_at:
        text = say("It was issued at %(at)s; nothing is revoked before that.", at=certificate.issued_at)
        raise CertificateRefused("before_issue", text)
    revocation = CertificateRevocation.objects.create(
        certificate=certificate, reason=reason, revoked_by=actor.label, person_id=actor.id or 0, at=at
    )
    record_act(
        actor=actor,
        act="certificate.revoked" if certificate.vehicle_id is not None else "dossier.revoked",
        subject_kind=certificate.kind,
        subject=certificate.vehicle.vin if certificate.vehicle is not None else certificate.batch.number,
        batch=certificate.batch.number,
        at=at,
        reason=reason,
        after={"certificate": shown_number(certificate.number)},
    )
    return revocation
