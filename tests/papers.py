"""Cars that were released, and the text and pictures of their papers, each in one call."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from inspections.batches.models import Batch, Vehicle
from inspections.certificates.canonical import canonical, digest_of
from inspections.certificates.models import Certificate
from inspections.gates.services import decide_batch
from inspections.intake.storage import read_whole
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.releases.models import Release
from inspections.releases.services import deliver_vehicle, propose_release, sign_release
from inspections.results.services import record_inspections
from tests.factories import AT, Plant, make_person, make_plant, mes_actor, rig_actor
from tests.signing import shown

PASSWORD = "a long password"


def make_good_plant() -> Plant:
    """A small plant in which every required result of its car passed."""
    plant = make_plant()
    record_inspections(items=plant.passing(), rig=plant.rig, actor=rig_actor(plant.rig), at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    return plant


def make_released_plant() -> Plant:
    """The same, its car released by two people."""
    plant = make_good_plant()
    release(plant.batch)
    plant.vehicle.refresh_from_db()
    return plant


def release(batch: Batch, *, at: datetime = AT) -> Release:
    """All clear cars of the batch, proposed and signed by two people with names."""
    decide_batch(batch_id=batch.pk, at=at)
    signers = [make_person(Role.RELEASE_OFFICER) for _ in range(2)]
    for signer, name in zip(signers, ("Lin Wei", "Zhao Min"), strict=True):
        signer.first_name, signer.last_name = name.split()
        signer.save()
    proposal = propose_release(batch=batch, vehicle_ids=None, actor=Actor.person(signers[0]), at=at)
    for signer in signers:
        sign_release(release=proposal, signer=signer, password=PASSWORD, seen=shown(proposal, at), at=at)
    return proposal


def paper_row(vehicle: Vehicle, *, at: datetime = AT) -> Certificate:
    """A certificate as a row alone, of a car under a standing release: nothing was printed, nobody signed it."""
    content = canonical({"facts": {}, "issue": {"subject": vehicle.vin}})
    return Certificate.objects.create(
        number="MADEBYATESTAAAAA", kind="vehicle", vehicle=vehicle, batch=vehicle.batch,
        release=Release.objects.filter(vehicles__vehicle=vehicle).latest("pk"), ordinal=1, content=content,
        digest=digest_of(content), facts_digest="0" * 64, code="", key_id="0" * 16, signature="0" * 128,
        pdf_sha256="0" * 64, pdf_size=1, issued_by="a test", issuer_id=0, issued_at=at,
    )  # fmt: skip


def deliver(vehicle: Vehicle, *, at: datetime = AT) -> None:
    deliver_vehicle(vehicle=vehicle, delivered_at=at, actor=mes_actor(), at=at)


def pdf_of(certificate: Any) -> bytes:
    return read_whole(certificate.pdf_sha256)


def text_of(pdf: bytes) -> str:
    """All text of a PDF, page by page, without the breaks of lines."""
    import pypdf

    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def drawn(pdf: bytes, scale: float = 2.0) -> list[Any]:
    """The pages as pictures."""
    import pypdfium2

    return [page.render(scale=scale).to_pil() for page in pypdfium2.PdfDocument(pdf)]


def scanned(pdf: bytes) -> str:
    """What a reader of QR codes finds on the first page."""
    import zxingcpp

    (found,) = zxingcpp.read_barcodes(drawn(pdf)[0])
    return str(found.text)
