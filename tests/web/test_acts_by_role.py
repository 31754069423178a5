"""Every act of these pages as every role: who may do it can; all others are told whose it is and change nothing."""

import re
from datetime import timedelta

import pytest
from django.urls import get_resolver

from inspections.people.choices import Role

EVERYBODY = set(Role)
MAY = {
    "entry-form": {Role.INSPECTOR, Role.ENGINEER},
    "entry-judge": {Role.INSPECTOR, Role.ENGINEER},
    "entry-photo": {Role.INSPECTOR, Role.ENGINEER},
    "intake-set-aside": {Role.ENGINEER},
    "intake-name": {Role.ENGINEER},
    "intake-read-again": {Role.CATALOGUE_OWNER, Role.ENGINEER},
    "profile-new": {Role.CATALOGUE_OWNER},
    "profile-draft": {Role.CATALOGUE_OWNER},
    "profile-file": {Role.CATALOGUE_OWNER, Role.ENGINEER},
    "profile-assign": {Role.CATALOGUE_OWNER},
    "profile-ask": {Role.CATALOGUE_OWNER},
    "profile-approve": {Role.CATALOGUE_OWNER, Role.ENGINEER},
    "hold-place": {Role.INSPECTOR, Role.ENGINEER, Role.RELEASE_OFFICER},
    "hold-lift": {Role.ENGINEER},
    "hold-list-new": {Role.INSPECTOR, Role.ENGINEER, Role.RELEASE_OFFICER},
    "hold-list-lift": {Role.ENGINEER},
    "rejection-screen": {Role.ENGINEER},
    "vehicle-move": {Role.ENGINEER},
    "batch-repin": {Role.ENGINEER},
    "rig-act": {Role.ENGINEER},
    "rig-key": {Role.CATALOGUE_OWNER},
    "rig-key-revoke": {Role.CATALOGUE_OWNER},
    "nonconformance-act": {Role.ENGINEER},
    "disagreement": {Role.ENGINEER},
    "void": {Role.ENGINEER},
    "operators": {Role.ENGINEER},
    "concession-propose": {Role.ENGINEER},
    "concession-sign": {Role.ENGINEER, Role.RELEASE_OFFICER},
    "release-propose": {Role.RELEASE_OFFICER},
    "release-sign": {Role.RELEASE_OFFICER},
    "vehicle-deliver": {Role.RELEASE_OFFICER},
    "vehicle-destroy": {Role.ENGINEER},
    "vehicle-scrap": {Role.ENGINEER},
    "inspection-cover": {Role.ENGINEER},
    "coverage-enter": {Role.ENGINEER},
    "coverage-revoke": {Role.ENGINEER},
    "plan-approve": {Role.CATALOGUE_OWNER, Role.ENGINEER},
    "plan-draft": {Role.CATALOGUE_OWNER},
    "targets": {Role.CATALOGUE_OWNER},
    "notices": EVERYBODY,  # each their own
}
READ = [
    "vehicles", "entry", "entry-to-test", "entry-recorded", "intake", "intake-kept", "submissions", "nonconformances",
    "nonconformance", "releases", "release", "sampling", "rejection",
    "rigs", "rig", "rig-cars", "rig-finding", "plans", "plan", "coverage",
    "coverage-of", "coverage-one", "hold-lists", "hold-list",
    "profiles", "profile", "profile-revision", "profile-compare", "rereading",
    "concessions", "concession", "batch-matrix", "plan-compare", "characteristics", "characteristic",
]  # fmt: skip
ALSO_READ = [
    "entry-form", "hold-place", "hold-lift", "disagreement", "void", "operators", "release-propose", "vehicle-deliver",
    "vehicle-destroy", "vehicle-scrap", "inspection-cover", "coverage-enter", "coverage-revoke",
    "hold-list-new", "hold-list-lift", "vehicle-move", "batch-repin",
    "concession-propose", "plan-draft", "targets", "profile-new", "profile-draft",
]  # fmt: skip
"""Pages whose act is done at their own address."""
OF_OTHERS = {"today", "batches", "batch", "vehicle", "search", "live", "language", "look"}


@pytest.fixture
def places(plant, good_car):
    """The address of each page and act, on things that are there."""
    from inspections.dispositions.models import Hold, HoldList, Nonconformance
    from inspections.evaluation.reasons import Outcome
    from inspections.gates.choices import CoverageKind
    from inspections.gates.services import decide_batch, enter_coverage
    from inspections.intake.models import Kept
    from inspections.intake.services import post_inspection
    from inspections.people.rules import Actor
    from inspections.releases.services import propose_release
    from inspections.results.models import Sample
    from inspections.results.services import record_inspection, report_out_of_tolerance
    from inspections.rigs.models import ApiKey
    from inspections.rigs.services import issue_key
    from tests import concessions
    from tests.factories import (
        AT,
        LINES,
        changed_value,
        make_engineer,
        make_person,
        make_revision,
        make_rig,
        make_vehicle,
    )

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
    rig, plan, kept = f"/rigs/{plant.rig.code}/", f"/plans/{draft.plan.code}/", f"/intake/{Kept.objects.get().pk}/"
    return {
        "targets": "/targets/",
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


def _a_profile(plant):
    """A profile that waits for approval, and files that somebody has read again."""
    from inspections.intake.models import Rereading
    from inspections.rigs.models import ProfileRevision, RigProfile
    from tests.factories import AT

    profile = RigProfile.objects.create(code="EOL-3-CSV", adapter="table", name="EOL-3")
    document = {"format": "interlock-profile/1", "items": []}
    ProfileRevision.objects.create(profile=profile, number=1, document=document, digest="0" * 64, created_at=AT)
    return Rereading.objects.create(rig=plant.rig, code="subject", submissions=[], person_id=0, asked_by="x", at=AT).pk


def test_every_page_is_walked():
    names = {key for key in get_resolver("inspections.web.urls").reverse_dict if isinstance(key, str)}
    assert names - OF_OTHERS == set(MAY) | set(READ) | {
        "submission",
        "coverage-document",
        "photo",
        "trace",
        "trace-file",
    }


@pytest.mark.law(8)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", sorted(MAY))
def test_an_act_is_for_its_roles_alone(places, sign_in, name, role):
    from inspections.records.models import LedgerEntry

    client = sign_in(role)
    before = LedgerEntry.objects.count()
    response = client.post(places[name], {})
    refused = response.status_code == 403
    assert refused is (role not in MAY[name])
    if refused:
        assert "This is for:" in response.content.decode()
        assert LedgerEntry.objects.count() == before


@pytest.mark.parametrize("role", Role)
def test_every_role_reads_every_page_and_is_told_who_may_act(places, sign_in, role):
    client = sign_in(role)
    readable = [*READ, *ALSO_READ]
    assert {name: client.get(places[name]).status_code for name in readable} == dict.fromkeys(readable, 200)


def test_an_auditor_finds_no_form_that_acts(places, sign_in):
    client = sign_in(Role.AUDITOR)
    for name in [*READ, *ALSO_READ]:
        page = client.get(places[name]).content.decode()
        forms = re.findall(r'<form[^>]*method="post"[^>]*>', page)
        own = [form for form in forms if not re.search(r'action="/(language|look|accounts/logout)/"', form)]
        assert own == [], name


@pytest.mark.parametrize("name", sorted(set(MAY) - {*ALSO_READ, "notices"}))
def test_an_act_is_never_done_by_asking_for_a_page(places, sign_in, name):
    assert sign_in(*Role).get(places[name]).status_code == 405


def test_somebody_without_a_role_reads_nothing(places, sign_in):
    client = sign_in()
    assert {client.get(address).status_code for address in places.values()} == {403}
