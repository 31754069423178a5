"""A plant that has seen everything: every table of the record holds a row."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

from inspections.batches.services import set_target
from inspections.catalogue.models import ManufacturerCode, SourceItem
from inspections.certificates.models import CertificateRevocation
from inspections.dispositions.concerning import digest_of, vehicles_concerned
from inspections.dispositions.conditions import NamedVehicles
from inspections.dispositions.models import Disposition
from inspections.dispositions.services import place_hold_list
from inspections.gates.choices import CoverageKind
from inspections.gates.models import ScreenedVehicle, Screening
from inspections.gates.services import decide_batch, enter_coverage, revoke_coverage
from inspections.intake.models import (
    FileFinding,
    NamedSubject,
    Photograph,
    ProfileSample,
    Rereading,
    Submission,
    Trace,
)
from inspections.intake.services import post_inspection
from inspections.notices.models import NoticeChoice, NoticeMail
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.releases.services import deliver_vehicle, propose_release, sign_release
from inspections.results.models import Inspection, Judgement, Sample
from inspections.results.services import map_operator, record_inspections, report_out_of_tolerance, void_inspection
from inspections.rigs.models import ProfileAssignment, ProfileRevision, RigProfile, SystemClient
from inspections.rigs.services import issue_key
from inspections.sealing.models import Seal, SealingKey
from tests import concessions
from tests.factories import (
    AT,
    LINES,
    Plant,
    become,
    changed_value,
    make_batch,
    make_person,
    make_plant,
    make_revision,
    make_vehicle,
    mes_actor,
    pin,
    put_into,
    vin,
)
from tests.papers import paper_row
from tests.signing import shown


def fill_plant() -> Plant:
    """`fill_record`, and a row in the tables of seals: what is not committed cannot be sealed."""
    plant = fill_record()
    SealingKey.objects.create(key_id="0" * 16, public_pem="none", first_used_at=AT)
    digest = bytes(32)
    Seal.objects.create(
        number=1, sealed_at=AT, horizon=1, leaves=0, form=1, ledger=UUID(int=1), previous=digest, history=digest,
        root=digest, parts=b"", nodes=digest, signatures=b"",
    )  # fmt: skip
    return plant


def fill_record() -> Plant:
    """A car with a fail, a hold and a nonconformance, and a row in every other table.

    What no act of today writes (a later judgement) is put in as a row.
    """
    plant, engineer = make_plant(), make_person(Role.ENGINEER)
    bad = plant.posted("BAT-EOL", measurements=changed_value("BAT-EOL", "BOND", "0.2"))
    record_inspections(items=[bad], rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    issue_key(client=SystemClient.objects.create(code="WMS", name="WMS"), at=AT)
    _fill_concessions(plant)
    _fill_releases(plant, Actor.person(engineer))
    _fill_intake(plant)
    _fill_profiles(plant, engineer.pk)
    _fill_photographs(plant, engineer.pk)
    _fill_facts(plant, Actor.person(engineer))
    _fill_answers(plant, engineer.pk)
    _fill_outbox(engineer.pk)
    _fill_targets()
    ManufacturerCode.objects.create(code="LSG", maker="A maker", source="the plant's type approval")
    return plant


def _fill_targets() -> None:
    owner = Actor.person(make_person(Role.CATALOGUE_OWNER))
    set_target(
        model=None, cars_per_year=400_000, weekdays=range(1, 8), hours=["00:00-24:00"], closed_days=[],
        effective_on=AT.date(), reason="asked for", seen=None, actor=owner, at=AT,
    )  # fmt: skip


def _the_fail(plant: Plant) -> Inspection:
    return Inspection.objects.get(vehicle=plant.vehicle)


def _fill_concessions(plant: Plant) -> None:
    (car,) = concessions.more_cars(plant, 1)
    concessions.measure_squib(plant, cars=[car])
    concessions.approve(concessions.propose(car))


def _fill_releases(plant: Plant, engineer: Actor) -> None:
    """Another car, of which everything passed, leaves."""
    car = make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
    record_inspections(items=plant.passing(vin=car.vin), rig=plant.rig, actor=plant.rig_actor, at=AT)
    officers = [make_person(Role.RELEASE_OFFICER) for _ in range(2)]
    release = propose_release(batch=plant.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
    for officer in officers:
        sign_release(
            release=release, signer=officer, password="a long password", seen=shown(release, AT), at=AT
        )  # fmt: skip
    deliver_vehicle(vehicle=car, delivered_at=AT, actor=mes_actor(), at=AT)
    paper = paper_row(car)
    CertificateRevocation.objects.create(
        certificate=paper, reason="a slip", revoked_by="a test", person_id=0, at=AT
    )  # fmt: skip
    map_operator(operator="TEMP-7", user=officers[0], actor=engineer, at=AT)
    condition = NamedVehicles((car.vin, plant.vehicle.vin))
    seen = digest_of(vehicles_concerned(condition=condition))
    _fill_moves(plant)
    seen = digest_of(vehicles_concerned(condition=condition))
    place_hold_list(condition=condition, reason="the same lot", seen=seen, actor=engineer, at=AT)


def _fill_moves(plant: Plant) -> None:
    """A third car comes to another batch, which is judged on a later revision from then on."""
    there = make_batch("SU7-2026W47-08", configuration=plant.configuration)
    put_into(there, make_vehicle(plant.batch, vin=vin(900_123), sequence=90), 1)
    pin(there, make_revision(plant.configuration, LINES))


def _fill_intake(plant: Plant) -> None:
    body = json.dumps({"id": "refused-1", "vin": plant.vehicle.vin}).encode()
    answer = post_inspection(rig=plant.rig, body=body, media_type="application/json", actor=plant.rig_actor, at=AT)
    assert answer.status == 400
    file = Submission.objects.create(rig=plant.rig, sha256="0" * 64, name="report.json", size=1, received_at=AT)
    Trace.objects.create(
        submission=file, external_id="T1", sha256="2" * 64, size=1, name="T1.parquet", adapter="iso_mme/1", at=AT
    )


def _fill_profiles(plant: Plant, person_id: int) -> None:
    profile = RigProfile.objects.create(code="EOL-3-CSV", adapter="table", name="EOL-3")
    ProfileRevision.objects.create(
        profile=profile,
        number=1,
        document={"format": "interlock-profile/1", "items": []},
        digest="0" * 64,
        created_at=AT,
    )
    ProfileAssignment.objects.create(
        rig=plant.rig, profile=profile, assigned=True, effective_at=AT, recorded_at=AT, recorded_by="0388"
    )
    ProfileSample.objects.create(profile=profile, sha256="0" * 64, name="a.csv", size=1, uploaded_by="0388", at=AT)
    submission = Submission.objects.get()
    NamedSubject.objects.create(
        submission=submission, vin=plant.vehicle.vin, reason="read", person_id=person_id, named_by="0388", at=AT
    )
    Rereading.objects.create(
        rig=plant.rig, code="subject", submissions=[submission.pk], person_id=person_id, asked_by="0388", at=AT
    )
    FileFinding.objects.create(
        inspection=_the_fail(plant), ordinal=0, item="Bond", code="limit_differs", of_file="1", of_plan="2",
        recorded_at=AT,
    )  # fmt: skip


def _fill_photographs(plant: Plant, person_id: int) -> None:
    Photograph.objects.create(
        inspection=_the_fail(plant), sha256="0" * 64, shown_sha256="1" * 64, media_type="image/png", size=1, width=1,
        height=1, taken_by="0001", person_id=person_id, at=AT,
    )  # fmt: skip


def _fill_facts(plant: Plant, engineer: Actor) -> None:
    coverage = enter_coverage(
        number="CoP-1", procedure=plant.procedures["CRS-EOL"], configuration=plant.configuration,
        kind=CoverageKind.CERTIFICATE, document="report.pdf", document_sha256="0" * 64, valid_from=AT,
        valid_until=AT + timedelta(days=1), actor=engineer, at=AT,
    )  # fmt: skip
    revoke_coverage(coverage=coverage, reason="withdrawn by the laboratory", actor=engineer, at=AT)
    report_out_of_tolerance(rig=plant.rig, back_to=AT, found_at=AT, reason="reference off", actor=engineer, at=AT)
    void_inspection(inspection=_the_fail(plant), reason="a master part", actor=engineer, at=AT)
    become(make_vehicle(plant.batch), "scrapped")
    characteristic = plant.procedures["BAT-EOL"].characteristics.get(code="ISO")
    SourceItem.objects.create(
        procedure=plant.procedures["BAT-EOL"], adapter="wats-json", item="EOL/Insulation", characteristic=characteristic
    )


def _fill_answers(plant: Plant, person_id: int) -> None:
    inspection = _the_fail(plant)
    Judgement.objects.create(
        inspection_id=inspection.pk, ordinal=0, revision_id=plant.revision.pk + 1, outcome=0, reason=0, act="x", at=AT
    )
    Sample.objects.create(
        procedure=plant.procedures["BAT-EOL"], configuration=plant.configuration, revision_id=plant.revision.pk,
        line="L1", inspection=inspection, subject=plant.vehicle.vin, outcome=0, finished_at=AT, recorded_at=AT,
    )  # fmt: skip
    Disposition.objects.create(
        inspection_id=inspection.pk, ordinal=0, kind="rework", reason="cleaned", done_at=AT, disposed_by="0388",
        person_id=person_id, at=AT,
    )  # fmt: skip
    screening = Screening.objects.create(
        procedure=plant.procedures["BAT-EOL"], rejected=[1], since=AT, reason="all measured again", screened_by="0388",
        person_id=person_id, at=AT,
    )  # fmt: skip
    ScreenedVehicle.objects.create(screening=screening, vehicle=plant.vehicle)


def _fill_outbox(person_id: int) -> None:
    NoticeMail.objects.create(person_id=person_id, pace="digest", state="sent", opened_at=AT, closes_at=AT, sent_at=AT)
    NoticeChoice.objects.create(person_id=person_id, language="en", time_zone="UTC", digest_hour=7, chosen_at=AT)
