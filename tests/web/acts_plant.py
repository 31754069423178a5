"""A plant on which every page has something to show and every act something to act on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from inspections.dispositions.models import Hold, HoldList, Nonconformance
from inspections.evaluation.reasons import Outcome
from inspections.gates.choices import CoverageKind
from inspections.gates.services import decide_batch, enter_coverage
from inspections.intake.models import Kept, Rereading
from inspections.intake.services import post_inspection
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.releases.services import propose_release
from inspections.results.models import Sample
from inspections.results.services import record_inspection, record_inspections, report_out_of_tolerance
from inspections.rigs.models import ApiKey, ProfileRevision, RigProfile
from inspections.rigs.services import issue_key
from tests import concessions
from tests.factories import (
    AT,
    LINES,
    changed_value,
    make_batch,
    make_engineer,
    make_person,
    make_plant,
    make_revision,
    make_rig,
    make_vehicle,
)
from tests.papers import paper_row, release


def make_places() -> dict[str, str]:
    """The address of each page and act, by the name of its route, on things that are there."""
    plant = make_plant()
    record_inspections(items=plant.passing(), rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    # Another car, whose bonding failed; the plant's own waits for its release.
    bad = changed_value("BAT-EOL", "BOND", "0.100")
    other = plant.posted(vin=make_vehicle(plant.batch).vin, measurements=bad)
    record_inspection(posted=other, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    failed = Nonconformance.objects.get()
    (third,) = concessions.more_cars(plant, 1)
    concessions.measure_squib(plant, cars=[third])
    departs, conceded = third.nonconformances.get(), concessions.propose(third)
    officer = Actor.person(make_person(Role.RELEASE_OFFICER))
    proposal = propose_release(batch=plant.batch, vehicle_ids=None, actor=officer, at=AT)
    recorded = record_inspection(posted=plant.posted(), rig=plant.rig, actor=plant.rig_actor, at=AT)
    post_inspection(rig=plant.rig, body=b"{", media_type="application/json", actor=plant.rig_actor, at=AT)
    issue_key(rig=plant.rig, at=AT)
    hold = Hold.objects.create(
        batch=plant.batch, vehicle=plant.vehicle, source="person", reason="x", placed_by="x", placed_at=AT
    )
    listed = HoldList.objects.create(number="H-9", condition={}, reason="x", digest="x", placed_by="x", placed_at=AT)
    rejected = Sample.objects.create(
        procedure=plant.procedures["BAT-EOL"], configuration=plant.configuration, revision_id=plant.revision.pk,
        line="L1", inspection_id=recorded.inspection_id, subject=plant.vehicle.vin, outcome=int(Outcome.FAIL),
        finished_at=AT, recorded_at=AT,
    )  # fmt: skip
    enter_coverage(
        number="CoP-1", procedure=plant.procedures["CRS-EOL"], configuration=plant.configuration,
        kind=CoverageKind.CERTIFICATE, document="report.pdf", document_sha256="0" * 64, valid_from=AT,
        valid_until=AT + timedelta(days=1), actor=make_engineer(), at=AT,
    )  # fmt: skip
    other_rig = make_rig("EOL-9")
    finding = report_out_of_tolerance(rig=other_rig, back_to=AT, found_at=AT, reason="x", actor=make_engineer(), at=AT)
    of_type = f"/coverage/{plant.configuration.code}/"
    draft = make_revision(plant.configuration, LINES, approved=False)
    rereading = _a_profile(plant)
    profile = "/profiles/EOL-3-CSV/"
    paper = _a_paper(plant)
    certificate = f"/certificates/{paper.number}/"
    rig, plan, kept = f"/rigs/{plant.rig.code}/", f"/plans/{draft.plan.code}/", f"/intake/{Kept.objects.get().pk}/"
    return {
        "targets": "/targets/",
        "record": "/record/",
        "vehicles": "/vehicles/",
        "entry": f"/entry/{plant.vehicle.vin}/",
        "entry-form": f"/entry/{plant.vehicle.vin}/BAT-EOL/",
        "entry-judge": f"/entry/{plant.vehicle.vin}/BAT-EOL/judge/",
        "entry-to-test": f"/entry/to-test/{plant.batch.number}/",
        "entry-photo": "/entry/photographs/",
        "entry-recorded": f"/entry/recorded/{recorded.inspection_id}/",
        "intake": "/intake/",
        "intake-kept": kept,
        "intake-set-aside": f"{kept}set-aside/",
        "intake-name": f"{kept}name/",
        "intake-read-again": f"{kept}read-again/",
        "rereading": f"/intake/rereadings/{rereading}/",
        "profiles": "/profiles/",
        "profile": profile,
        "profile-new": "/profile/new/",
        "profile-draft": f"{profile}draft/",
        "profile-file": f"{profile}file/",
        "profile-assign": f"{profile}assign/",
        "profile-compare": f"{profile}compare/",
        "profile-revision": f"{profile}1/",
        "profile-ask": f"{profile}1/ask/",
        "profile-approve": f"{profile}1/approve/",
        "submissions": "/intake/files/",
        "submission": "/intake/files/1/",
        "notices": "/notices/",
        "hold-place": f"/holds/place/?vin={plant.vehicle.vin}",
        "hold-lift": f"/holds/{hold.pk}/lift/",
        "vehicle-move": f"/vehicles/{plant.vehicle.vin}/move/",
        "batch-repin": f"/batches/{plant.batch.number}/repin/",
        "hold-lists": "/holds/lists/",
        "hold-list": f"/holds/lists/{listed.number}/",
        "hold-list-new": "/holds/lists/new/",
        "hold-list-lift": f"/holds/lists/{listed.number}/lift/",
        "batch-matrix": f"/batches/{plant.batch.number}/matrix/",
        "nonconformances": "/nonconformances/",
        "nonconformance": f"/nonconformances/{failed.number}/",
        "nonconformance-act": f"/nonconformances/{failed.number}/rework/",
        "disagreement": f"/inspections/{recorded.inspection_id}/review/",
        "void": f"/inspections/{recorded.inspection_id}/void/",
        "concession-propose": f"/nonconformances/{departs.number}/concession/",
        "concessions": "/concessions/",
        "concession": f"/concessions/{conceded.number}/",
        "concession-sign": f"/concessions/{conceded.number}/sign/",
        "operators": "/operators/",
        "release-propose": f"/batches/{plant.batch.number}/release/",
        "vehicle-deliver": f"/vehicles/{plant.vehicle.vin}/deliver/",
        "certificates": f"/vehicles/{paper.vehicle.vin}/certificates/",
        "dossiers": f"/batches/{paper.batch.number}/certificates/",
        "certificate": certificate,
        "certificate-paper": f"{certificate}paper/",
        "certificate-record": f"{certificate}record/",
        "certificate-revoke": f"{certificate}revoke/",
        "certificate-checker": "/certificates/checker/",
        "certificate-keys": "/certificates/keys/",
        "releases": "/releases/",
        "release": f"/releases/{proposal.number}/",
        "release-sign": f"/releases/{proposal.number}/sign/",
        "sampling": "/sampling/",
        "rejection": f"/sampling/rejections/{rejected.pk}/",
        "rejection-screen": f"/sampling/rejections/{rejected.pk}/{plant.batch.number}/",
        "vehicle-destroy": f"/vehicles/{plant.vehicle.vin}/destroy/",
        "vehicle-scrap": f"/vehicles/{plant.vehicle.vin}/scrap/",
        "inspection-cover": f"/inspections/{recorded.inspection_id}/cover/",
        "coverage": "/coverage/",
        "coverage-of": of_type,
        "coverage-one": f"{of_type}CoP-1/",
        "coverage-enter": f"{of_type}enter/CRS-EOL/",
        "coverage-revoke": f"{of_type}CoP-1/revoke/",
        "coverage-document": f"{of_type}CoP-1/document/",
        "rig-cars": f"{rig}cars/",
        "rig-finding": f"/rigs/{other_rig.code}/findings/{finding.pk}/",
        "rigs": "/rigs/",
        "rig": rig,
        "rig-act": f"{rig}calibration/",
        "rig-key": f"{rig}key/",
        "rig-key-revoke": f"{rig}key/{ApiKey.objects.get().prefix}/revoke/",
        "plans": "/plans/",
        "plan": plan,
        "plan-compare": f"{plan}compare/",
        "plan-approve": f"{plan}{draft.number}/approve/",
        "plan-draft": f"{plan}draft/BAT-EOL/",
        "characteristics": "/characteristics/",
        "characteristic": "/characteristics/BOND/",
    }


def _a_paper(plant: Any) -> Any:
    """A certificate of a car of another batch, which was released."""
    batch = make_batch("SU7-2026W47-09", configuration=plant.configuration)
    car = make_vehicle(batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
    record_inspections(items=plant.passing(vin=car.vin), rig=plant.rig, actor=plant.rig_actor, at=AT)
    release(batch)
    return paper_row(car)


def _a_profile(plant: Any) -> Any:
    """A profile that waits for approval, and files that somebody has read again."""
    profile = RigProfile.objects.create(code="EOL-3-CSV", adapter="table", name="EOL-3")
    document = {"format": "interlock-profile/1", "items": []}
    ProfileRevision.objects.create(profile=profile, number=1, document=document, digest="0" * 64, created_at=AT)
    return Rereading.objects.create(rig=plant.rig, code="subject", submissions=[], person_id=0, asked_by="x", at=AT).pk
