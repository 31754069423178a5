"""Coverage: type-level evidence for a configuration, signed by an engineer, never edited, revoked with a reason.

It comes from a complete passing inspection of a car that was destroyed for it, or from an outside laboratory's
certificate with its document. Demonstration coverage is no evidence and exists in the demo only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, connection

from ..batches.models import Batch
from ..catalogue.models import Configuration, Procedure
from ..dispatch import SWEEP_UNDECIDED, Queue, enqueue_after_commit
from ..dispositions.answering import recorded_it
from ..intake.storage import Landed, land_file
from ..marks.acts import StartOver, one_act
from ..marks.locks import Lock, exclude, share
from ..marks.services import mark_vehicles
from ..people.choices import Role
from ..people.models import User
from ..people.rules import Actor
from ..records.services import record_act
from ..records.signing import authenticate_again
from ..results.models import Inspection
from ..saying import say
from .choices import CoverageKind
from .models import Coverage, CoverageRevocation
from .rules import CoverageRefused
from .type_evidence import TypeTest, examine_type_test, reasons_in_words

MAY_COVER: Final = (Role.ENGINEER,)
Software = Sequence[dict[str, str]]


@one_act
def enter_coverage(
    *,
    number: str,
    procedure: Procedure,
    configuration: Configuration,
    kind: CoverageKind,
    valid_from: datetime,
    valid_until: datetime,
    software: Software = (),
    laboratory: str = "",
    certificate: str = "",
    document: str = "",
    document_sha256: str = "",
    actor: Actor,
    at: datetime,
) -> Coverage:
    """Enter a demonstration, or a certificate whose document has landed. Raises NotAllowed, and CoverageRefused where
    it is no evidence. Coverage by inspection is signed by `cover_by_inspection` alone.

    Every batch of the configuration is marked: what was missing may be there now.
    """
    if kind is CoverageKind.INSPECTION:
        raise CoverageRefused(say("Coverage by inspection is signed from the inspection itself."))
    if kind is CoverageKind.DEMONSTRATION:
        if not settings.DEMO:
            raise CoverageRefused(say("Demonstration coverage exists in the demo only: enter a certificate or a test."))
    else:
        actor.require("signing coverage", *MAY_COVER)
    if kind is CoverageKind.CERTIFICATE and not (document and document_sha256):
        raise CoverageRefused(say("A laboratory's certificate needs its document: attach it."))
    return _enter(
        number, procedure, configuration, kind, (valid_from, valid_until), software, actor, at,
        laboratory=laboratory, certificate=certificate, document=document, document_sha256=document_sha256,
    )  # fmt: skip


def cover_by_certificate(
    *,
    procedure: Procedure,
    configuration: Configuration,
    laboratory: str,
    certificate: str,
    name: str,
    stream: Iterable[bytes],
    software: Software,
    valid_from: datetime,
    valid_until: datetime,
    signer: User,
    password: str,
    at: datetime,
    request_id: str = "",
) -> Coverage:
    """An engineer signs an outside laboratory's certificate, with its document (`stream`, called `name`).

    The signer authenticates again. Raises NotAllowed, NotAuthenticated, CoverageRefused, and FileTooLarge for more
    than DOCUMENT_MAX_BYTES.
    """
    Actor.person(signer).require("signing coverage", *MAY_COVER)
    if not (laboratory.strip() and certificate.strip()):
        raise CoverageRefused(say("Name the laboratory and the number that it printed on its certificate."))
    _check_software(procedure, software)
    actor = _authenticate(signer, password, configuration.code, at, request_id)
    # On disk before it is in the table: a crash between leaves a file that nobody names, never a name without a file.
    landed = land_file(stream, most=settings.DOCUMENT_MAX_BYTES)
    return _enter_certificate(
        landed, procedure, configuration, laboratory.strip(), certificate.strip(), name, software,
        (valid_from, valid_until), actor, at,
    )  # fmt: skip


@one_act
def _enter_certificate(
    landed: Landed,
    procedure: Procedure,
    configuration: Configuration,
    laboratory: str,
    certificate: str,
    name: str,
    software: Software,
    valid: tuple[datetime, datetime],
    actor: Actor,
    at: datetime,
) -> Coverage:
    if not landed.size:
        raise CoverageRefused(say("The document is empty: attach the certificate itself."))
    exclude(Lock.CONFIGURATION, [configuration.pk])
    known = Coverage.objects.filter(
        procedure=procedure, configuration=configuration, laboratory=laboratory, certificate=certificate,
        revocation__isnull=True,
    ).first()  # fmt: skip
    if known is not None:
        text = say(
            "Certificate %(certificate)s of %(laboratory)s is entered already, as %(number)s.",
            certificate=certificate,
            laboratory=laboratory,
            number=known.number,
        )
        raise CoverageRefused(text)
    return _enter(
        _next_number(), procedure, configuration, CoverageKind.CERTIFICATE, valid, software, actor, at,
        laboratory=laboratory, certificate=certificate, document=name[:200] or certificate,
        document_sha256=landed.sha256,
    )  # fmt: skip


def cover_by_inspection(
    *,
    inspection: Inspection,
    valid_from: datetime,
    valid_until: datetime,
    signer: User,
    password: str,
    at: datetime,
    request_id: str = "",
) -> Coverage:
    """An engineer who did not record it signs that a test on a destroyed car covers its configuration.

    Procedure, configuration and software are those of the inspection; nobody types them. The signer authenticates
    again. Raises NotAllowed, NotAuthenticated, and CoverageRefused for an inspection that is no type evidence.
    """
    Actor.person(signer).require("signing coverage", *MAY_COVER)
    actor = _authenticate(signer, password, inspection.external_id, at, request_id)
    try:
        return _cover(inspection.pk, (valid_from, valid_until), actor, at)
    except IntegrityError as refusal:
        if "interlock:" not in str(refusal):
            raise
        text = say("The record says otherwise: load the page again and read what is found.")
        raise CoverageRefused(text) from refusal


@one_act
def _cover(inspection_id: int, valid: tuple[datetime, datetime], actor: Actor, at: datetime) -> Coverage:
    row = Inspection.objects.select_related("vehicle__batch").get(pk=inspection_id)
    before = None if row.vehicle is None else (row.vehicle.batch_id, row.vehicle.batch.configuration_id)
    if before is not None:
        exclude(Lock.CONFIGURATION, [before[1]])
        share(Lock.RIG, [row.rig_id])
        share(Lock.BATCH, [before[0]])
        # Read under the locks: it may have been voided, or its car moved, while this one waited.
        row = Inspection.objects.select_related("vehicle__batch").get(pk=inspection_id)
        if row.vehicle is None or row.vehicle.batch_id != before[0]:
            raise StartOver("the vehicle was moved")
    test = examine_type_test(inspection=row, at=at)
    if not test.holds or test.vehicle is None:
        raise CoverageRefused(reasons_in_words(test) if test.refusal is None else test.refusal)
    if recorded_it(actor=actor, person_id=row.person_id, operator=row.operator):
        raise CoverageRefused(say("You recorded this inspection: another engineer has to sign what rests on it."))
    batch = test.vehicle.batch
    if valid[0] < batch.opened_at:
        text = say(
            "It cannot cover what was built before its own batch %(batch)s was opened, %(at)s: begin there or later.",
            batch=batch.number,
            at=batch.opened_at,
        )
        raise CoverageRefused(text)
    known = Coverage.objects.filter(inspection_id=row.pk, revocation__isnull=True).first()
    if known is not None:
        raise CoverageRefused(say("%(number)s rests on this inspection already.", number=known.number))
    return _enter(
        _next_number(), test.procedure, batch.configuration, CoverageKind.INSPECTION, valid, _tested_with(test),
        actor, at, inspection_id=row.pk,
    )  # fmt: skip


def _tested_with(test: TypeTest) -> list[dict[str, str]]:
    """The versions that the procedure asks for, as the inspection states them."""
    return [dict(item) for item in test.software if item["system"] in test.procedure.software_systems]


def _check_software(procedure: Procedure, software: Software) -> None:
    stated = {item["system"] for item in software if item["version"].strip()}
    missing = [system for system in procedure.software_systems if system not in stated]
    if missing:
        text = say(
            "%(procedure)s depends on %(systems)s: state the versions that were tested.",
            procedure=procedure.code,
            systems=missing,
        )
        raise CoverageRefused(text)


def _authenticate(signer: User, password: str, subject: str, at: datetime, request_id: str) -> Actor:
    return authenticate_again(
        signer=signer, password=password, subject_kind="coverage", subject=subject, at=at, request_id=request_id
    )


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('interlock_coverage_number')")
        return f"COV-{cursor.fetchone()[0]}"


def _enter(
    number: str,
    procedure: Procedure,
    configuration: Configuration,
    kind: CoverageKind,
    valid: tuple[datetime, datetime],
    software: Software,
    actor: Actor,
    at: datetime,
    **source: Any,
) -> Coverage:
    valid_from, valid_until = valid
    if valid_until <= valid_from:
        raise CoverageRefused(say("The coverage ends before it begins: check the two dates."))
    exclude(Lock.CONFIGURATION, [configuration.pk])
    coverage = Coverage.objects.create(
        number=number,
        procedure=procedure,
        configuration=configuration,
        kind=kind,
        software=list(software),
        valid_from=valid_from,
        valid_until=valid_until,
        signed_by=actor.label,
        person_id=actor.id,
        at=at,
        **source,
    )
    after = {
        "procedure": procedure.code,
        "configuration": configuration.code,
        "kind": kind.value,
        "valid_from": valid_from.isoformat(),
        "valid_until": valid_until.isoformat(),
        "software": list(software),
        **source,
    }
    record_act(actor=actor, act="coverage.signed", subject_kind="coverage", subject=number, at=at, after=after)
    _mark_configuration(configuration.pk, procedure.domain, at)
    return coverage


@one_act
def revoke_coverage(*, coverage: Coverage, reason: str, actor: Actor, at: datetime) -> CoverageRevocation:
    """Take type-level evidence back; every batch that it covered is decided again. Raises as `enter_coverage`."""
    actor.require("revoking coverage", *MAY_COVER)
    if not reason.strip():
        raise CoverageRefused(say("Revoking coverage needs a reason: say what was found."))
    exclude(Lock.CONFIGURATION, [coverage.configuration_id])
    if CoverageRevocation.objects.filter(coverage=coverage).exists():
        raise CoverageRefused(say("Coverage %(number)s was revoked already.", number=coverage.number))
    revocation = CoverageRevocation.objects.create(
        coverage=coverage, reason=reason.strip(), revoked_by=actor.label, at=at
    )
    record_act(
        actor=actor,
        act="coverage.revoked",
        subject_kind="coverage",
        subject=coverage.number,
        reason=reason.strip(),
        at=at,
        after={"procedure": coverage.procedure.code, "configuration": coverage.configuration.code},
    )
    _mark_configuration(coverage.configuration_id, coverage.procedure.domain, at)
    return revocation


def _mark_configuration(configuration_id: int, domain: str, at: datetime) -> None:
    batches = Batch.objects.filter(configuration_id=configuration_id).values_list("pk", flat=True)
    mark_vehicles(rows=[(batch_id, None, domain) for batch_id in batches], at=at)
    enqueue_after_commit(SWEEP_UNDECIDED, queue=Queue.URGENT, kwargs={}, once=True)
