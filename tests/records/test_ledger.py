"""The ledger: every act appends who, what, which subject, why, what it was before and after, and when."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from inspections.batches.models import Vehicle
from inspections.batches.services import open_batch, set_target
from inspections.catalogue.services import load_catalogue_documents
from inspections.certificates.services import issue_certificate, issue_dossier, revoke_certificate
from inspections.dispositions.concerning import digest_of, vehicles_concerned
from inspections.dispositions.conditions import NamedVehicles
from inspections.dispositions.models import Hold, HoldList, Nonconformance
from inspections.dispositions.services import (
    answer_by_scrap,
    confirm_retest,
    declare_invalid,
    lift_hold,
    lift_hold_list,
    place_hold,
    place_hold_list,
    propose_concession,
    record_rework,
    review_disagreement,
    sign_concession,
    take_nonconformance,
)
from inspections.gates.choices import CoverageKind
from inspections.gates.models import Coverage
from inspections.gates.services import (
    close_batch,
    decide_batch,
    destroy_vehicle,
    enter_coverage,
    move_vehicle,
    repin_batch,
    revoke_coverage,
    scrap_vehicle,
)
from inspections.intake.models import Kept
from inspections.intake.photographs import keep_picture
from inspections.intake.services import attach_photographs, land_submission, post_inspection, set_aside
from inspections.notices.services import Choice, choose_notices
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.records.queries import entries_of, entries_of_batch
from inspections.records.services import Act, record_act, record_acts
from inspections.releases.models import Release
from inspections.releases.services import deliver_vehicle, propose_release, sign_release
from inspections.results.models import Inspection
from inspections.results.services import (
    FittedPart,
    NewVehicle,
    authorise_rig,
    change_software,
    enter_calibration,
    fit_components,
    map_operator,
    record_inspection,
    record_inspections,
    register_vehicles,
    report_out_of_tolerance,
    void_inspection,
    withdraw_authorisation,
)
from inspections.rigs.models import ApiKey, SystemClient
from inspections.rigs.services import issue_key, revoke_key, rotate_keys
from tests import concessions
from tests.catalogue.documents import document
from tests.factories import (
    AT,
    LINES,
    SYSTEM,
    Plant,
    become,
    changed_value,
    make_batch,
    make_person,
    make_revision,
    vin,
)
from tests.intake.test_photographs import picture
from tests.papers import paper_row
from tests.signing import shown

pytestmark = [pytest.mark.django_db, pytest.mark.law(4), pytest.mark.usefixtures("sealing_key", "store")]

LATER = AT + timedelta(hours=1)
WHY = "seen at the station"


@pytest.fixture
def store(settings: Any, tmp_path: Path) -> None:
    settings.SUBMISSIONS_DIR = str(tmp_path)


@pytest.fixture
def engineer(db: None) -> Actor:
    return Actor.person(make_person(Role.ENGINEER, Role.CATALOGUE_OWNER, Role.RELEASE_OFFICER), request_id="req-1")


def record_one(plant: Plant, actor: Actor, **more: Any) -> Inspection:
    person_id = more.pop("person_id", None)
    posted = plant.posted("BAT-EOL", **more)
    record_inspection(posted=posted, rig=plant.rig, actor=actor, at=LATER, person_id=person_id)
    return Inspection.objects.latest("pk")


def a_coverage(plant: Plant, actor: Actor) -> Coverage:
    return enter_coverage(
        number="CoP-1", procedure=plant.procedures["CRS-EOL"], configuration=plant.configuration,
        kind=CoverageKind.CERTIFICATE, document="report.pdf", document_sha256="0" * 64, valid_from=AT,
        valid_until=LATER, actor=actor, at=LATER,
    )  # fmt: skip


def a_hold(plant: Plant, actor: Actor) -> Hold:
    return place_hold(batch=plant.batch, vehicle=plant.vehicle, reason=WHY, actor=actor, at=LATER)


def a_move(plant: Plant, actor: Actor) -> Any:
    there = make_batch("B-8", configuration=plant.configuration, at=AT)
    return move_vehicle(
        vehicle=plant.vehicle, to=there, reason=WHY, seen_revision=there.revision_id,
        signer=User.objects.get(pk=actor.id), password="a long password", at=LATER, request_id=actor.request_id,
    )  # fmt: skip


def a_repinning(plant: Plant, actor: Actor) -> Any:
    revision = make_revision(plant.configuration, LINES)
    return repin_batch(
        batch=plant.batch, revision=revision, reason=WHY, seen_from=plant.batch.revision_id,
        seen_digest=revision.digest, signer=User.objects.get(pk=actor.id), password="a long password", at=LATER,
        request_id=actor.request_id,
    )  # fmt: skip


def a_hold_list(plant: Plant, actor: Actor) -> HoldList:
    condition = NamedVehicles((plant.vehicle.vin,))
    seen = digest_of(vehicles_concerned(condition=condition))
    return place_hold_list(condition=condition, reason=WHY, seen=seen, actor=actor, at=LATER)


def a_nonconformance(plant: Plant) -> Nonconformance:
    """Of a fail that the rig recorded at AT."""
    bad = plant.posted("BAT-EOL", measurements=changed_value("BAT-EOL", "BOND", "0.100", position="pack"))
    record_inspections(items=[bad], rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    return Nonconformance.objects.latest("pk")


def of_a_destroyed_car(plant: Plant) -> Nonconformance:
    found = a_nonconformance(plant)
    become(plant.vehicle, "destroyed_for_test")
    return found


def a_disagreement(plant: Plant) -> Inspection:
    """What passes and the rig called a fail."""
    return record_one(plant, plant.rig_actor, id="R-3", verdict="fail")


def concede(plant: Plant, actor: Actor) -> Any:
    concessions.measure_squib(plant)
    return concessions.propose(plant.vehicle, actor=actor, at=LATER, reason=WHY)


def sign_one_concession(plant: Plant, actor: Actor) -> Any:
    found = concede(plant, Actor.person(make_person(Role.ENGINEER)))
    return sign_concession(
        concession=found, signer=User.objects.get(pk=actor.id), password="a long password",
        seen=shown(found, LATER), at=LATER, request_id=actor.request_id,
    )  # fmt: skip


def a_proposal(plant: Plant) -> Release:
    """Of the plant's car, of which everything passed, by a release officer."""
    record_inspections(items=plant.passing(), rig=plant.rig, actor=plant.rig_actor, at=AT)
    officer = Actor.person(make_person(Role.RELEASE_OFFICER))
    return propose_release(batch=plant.batch, vehicle_ids=None, actor=officer, at=AT)


def sign(release: Release, actor: Actor) -> Any:
    return sign_release(
        release=release, signer=User.objects.get(pk=actor.id), password="a long password", seen=shown(release, LATER),
        at=LATER, request_id=actor.request_id,
    )  # fmt: skip


def deliver_one(plant: Plant, actor: Actor) -> Any:
    release = a_proposal(plant)
    for _ in range(2):
        sign(release, Actor.person(make_person(Role.RELEASE_OFFICER)))
    return deliver_vehicle(vehicle=plant.vehicle, delivered_at=LATER, actor=actor, at=LATER)


def a_released_car(plant: Plant) -> Vehicle:
    released = a_proposal(plant)
    for _ in range(2):
        sign(released, Actor.person(make_person(Role.RELEASE_OFFICER)))
    return plant.vehicle


def what_is_kept(plant: Plant) -> Kept:
    post_inspection(rig=plant.rig, body=b'{"id": "x"}', media_type="application/json", actor=plant.rig_actor, at=AT)
    return Kept.objects.latest("pk")


def an_api_key(plant: Plant) -> ApiKey:
    issue_key(rig=plant.rig, at=AT)
    return ApiKey.objects.latest("pk")


ACTS: dict[Callable[..., Any], tuple[str, str, Callable[[Plant, Actor], Any]]] = {
    open_batch: (
        "batch.opened", "B-9",
        lambda plant, actor: open_batch(
            number="B-9", configuration=plant.configuration, planned_quantity=2, line="L1", actor=actor, at=LATER),
    ),
    set_target: (
        "target.set", "plant",
        lambda plant, actor: set_target(
            model=None, cars_per_year=400_000, weekdays=range(1, 8), hours=["00:00-24:00"], closed_days=[],
            effective_on=AT.date(), reason=WHY, seen=None, actor=actor, at=LATER),
    ),
    register_vehicles: (
        "vehicle.registered", vin(900_001),
        lambda plant, actor: register_vehicles(
            batch=plant.batch, vehicles=[NewVehicle(vin(900_001), 9)], actor=actor, at=LATER),
    ),
    change_software: (
        "software.changed", "",
        lambda plant, actor: change_software(
            vehicle=plant.vehicle, changes=[("ADAS", "4.11")], changed_at=AT, actor=actor, at=LATER),
    ),
    fit_components: (
        "component.fitted", "",
        lambda plant, actor: fit_components(
            vehicle=plant.vehicle, fitted=[FittedPart("camera", "C-1")], changed_at=AT, actor=actor, at=LATER),
    ),
    record_inspection: ("inspection.recorded", "R-1", lambda plant, actor: record_one(plant, actor, id="R-1")),
    record_inspections: (
        "inspection.recorded", "EOL-3",
        lambda plant, actor: record_inspections(
            items=[plant.posted(), plant.posted()], rig=plant.rig, actor=actor, at=LATER),
    ),
    void_inspection: (
        "inspection.voided", "R-2",
        lambda plant, actor: void_inspection(
            inspection=record_one(plant, SYSTEM, id="R-2"), reason=WHY, actor=actor, at=LATER),
    ),
    enter_calibration: (
        "calibration.entered", "EOL-3",
        lambda plant, actor: enter_calibration(
            rig=plant.rig, certificate="C-9", valid_from=AT, valid_until=LATER, actor=actor, at=LATER),
    ),
    report_out_of_tolerance: (
        "rig.out_of_tolerance", "EOL-3",
        lambda plant, actor: report_out_of_tolerance(
            rig=plant.rig, back_to=AT, found_at=AT, reason=WHY, actor=actor, at=LATER),
    ),
    authorise_rig: (
        "rig.authorised", "EOL-3",
        lambda plant, actor: authorise_rig(
            rig=plant.rig, procedure=plant.procedures["BAT-EOL"], effective_at=AT, actor=actor, at=LATER),
    ),
    withdraw_authorisation: (
        "rig.authorisation_withdrawn", "EOL-3",
        lambda plant, actor: withdraw_authorisation(
            rig=plant.rig, procedure=plant.procedures["BAT-EOL"], effective_at=AT, reason=WHY, actor=actor, at=LATER),
    ),
    close_batch: (
        "batch.closed", "SU7-2026W47-03",
        lambda plant, actor: close_batch(batch=plant.batch, actor=actor, at=LATER),
    ),
    place_hold: ("hold.placed", "", a_hold),
    lift_hold: (
        "hold.lifted", "",
        lambda plant, actor: lift_hold(hold=a_hold(plant, actor), reason=WHY, actor=actor, at=LATER),
    ),
    place_hold_list: ("hold_list.placed", "", a_hold_list),
    lift_hold_list: (
        "hold_list.lifted", "",
        lambda plant, actor: lift_hold_list(
            hold_list=a_hold_list(plant, actor), vins=None, reason=WHY, seen=1, actor=actor, at=LATER),
    ),
    take_nonconformance: (
        "nonconformance.taken", "",
        lambda plant, actor: take_nonconformance(nonconformance=a_nonconformance(plant), actor=actor, at=LATER),
    ),
    record_rework: (
        "nonconformance.disposed", "",
        lambda plant, actor: record_rework(
            nonconformance=a_nonconformance(plant), what=WHY, done_at=LATER, actor=actor, at=LATER),
    ),
    confirm_retest: (
        "nonconformance.disposed", "",
        lambda plant, actor: confirm_retest(
            nonconformance=a_nonconformance(plant), reason=WHY, actor=actor, at=LATER),
    ),
    declare_invalid: (
        "nonconformance.disposed", "",
        lambda plant, actor: declare_invalid(
            nonconformance=a_nonconformance(plant), reason=WHY, actor=actor, at=LATER),
    ),
    review_disagreement: (
        "disagreement.reviewed", "",
        lambda plant, actor: review_disagreement(
            inspection=a_disagreement(plant), ordinal=-1, treat_as_fail=True, reason=WHY, actor=actor, at=LATER),
    ),
    propose_concession: ("concession.proposed", "", concede),
    sign_concession: ("concession.signed", "", sign_one_concession),
    map_operator: (
        "operator.mapped", "TEMP-7",
        lambda plant, actor: map_operator(operator="TEMP-7", user=make_person(), actor=actor, at=LATER),
    ),
    propose_release: (
        "release.proposed", "",
        lambda plant, actor: (
            a_proposal(plant),
            propose_release(batch=plant.batch, vehicle_ids=None, actor=actor, at=LATER),
        ),
    ),
    sign_release: ("release.signed", "", lambda plant, actor: sign(a_proposal(plant), actor)),
    deliver_vehicle: ("vehicle.delivered", "", deliver_one),
    issue_certificate: (
        "certificate.issued", "",
        lambda plant, actor: issue_certificate(vehicle=a_released_car(plant), actor=actor, at=LATER),
    ),
    issue_dossier: (
        "dossier.issued", "SU7-2026W47-03",
        lambda plant, actor: issue_dossier(batch=a_released_car(plant).batch, actor=actor, at=LATER),
    ),
    revoke_certificate: (
        "certificate.revoked", "",
        lambda plant, actor: revoke_certificate(
            certificate=paper_row(a_released_car(plant)), reason=WHY, actor=actor, at=LATER),
    ),
    destroy_vehicle: (
        "vehicle.destroyed", "",
        lambda plant, actor: destroy_vehicle(
            vehicle=plant.vehicle, procedure=plant.procedures["CRS-EOL"], reason=WHY, actor=actor, at=LATER),
    ),
    answer_by_scrap: (
        "nonconformance.disposed", "",
        lambda plant, actor: answer_by_scrap(
            nonconformance=of_a_destroyed_car(plant), reason=WHY, actor=actor, at=LATER),
    ),
    scrap_vehicle: (
        "vehicle.scrapped", "",
        lambda plant, actor: scrap_vehicle(vehicle=plant.vehicle, reason=WHY, actor=actor, at=LATER),
    ),
    move_vehicle: ("vehicle.moved", "", a_move),
    repin_batch: ("batch.repinned", "SU7-2026W47-03", a_repinning),
    enter_coverage: ("coverage.signed", "CoP-1", a_coverage),
    revoke_coverage: (
        "coverage.revoked", "CoP-1",
        lambda plant, actor: revoke_coverage(
            coverage=a_coverage(plant, actor), reason=WHY, actor=actor, at=LATER),
    ),
    issue_key: ("key.issued", "EOL-3", lambda plant, actor: issue_key(rig=plant.rig, at=LATER, actor=actor)),
    rotate_keys: (
        "key.issued", "EOL-3",
        lambda plant, actor: rotate_keys(holder=plant.rig, overlap=timedelta(days=1), at=LATER, actor=actor),
    ),
    revoke_key: (
        "key.revoked", "EOL-3",
        lambda plant, actor: revoke_key(key=an_api_key(plant), at=LATER, actor=actor, reason=WHY),
    ),
    set_aside: (
        "kept.set_aside", "",
        lambda plant, actor: set_aside(kept=what_is_kept(plant), reason=WHY, actor=actor, at=LATER),
    ),
    choose_notices: (
        "notices.chosen", "",
        lambda plant, actor: choose_notices(
            person=User.objects.get(pk=actor.id), choice=Choice("en", "Asia/Shanghai", 7, {}), actor=actor, at=LATER),
    ),
    attach_photographs: (
        "inspection.photographed", "",
        lambda plant, actor: attach_photographs(
            inspection=record_one(plant, actor, person_id=actor.id), pictures=[keep_picture(content=picture())],
            actor=actor, at=LATER),
    ),
    land_submission: (
        "submission.landed", "",
        lambda plant, actor: land_submission(rig=plant.rig, stream=[b"{}"], name="r.json", actor=actor, at=LATER),
    ),
    load_catalogue_documents: (
        "catalogue.added", "",
        lambda plant, actor: load_catalogue_documents(
            documents=[document("format: interlock-catalogue/1\nmodels:\n  - {code: YU7, name: YU7}\n")],
            actor=actor, at=LATER),
    ),
}  # fmt: skip
"""Each act with what the ledger calls it, its subject ("" where that is a number or the car) and how it is done."""

ANYBODY = {
    record_inspection, record_inspections, change_software, fit_components, place_hold, place_hold_list,
    land_submission, choose_notices, attach_photographs,
}  # fmt: skip
MACHINES = {register_vehicles, close_batch}
"""Acts that an inspector may do, and acts that no page offers: the plant's system does them, by its key."""

PARTS_OF_ACTS = {
    "create_profile": "its entry is proved in tests/rigs/test_profiles.py, as are the next five",
    "draft_profile": "see there",
    "ask_profile_approval": "see there",
    "approve_profile": "see there",
    "assign_profile": "see there",
    "withdraw_profile": "see there",
    "name_subject": "its entry is proved in tests/intake/test_rereading.py, as are the next two",
    "read_again": "see there",
    "keep_sample": "see there",
    "record_screening": "its entry is proved in tests/gates/test_screening.py, where there is something to screen",
    "draft_procedure": "drafts as draft_revision does",
    "draft_revision": "its entry is proved in tests/catalogue",
    "approve_revision": "its entries are proved in tests/catalogue",
    "load_plan_documents": "drafts several",
    "cover_by_inspection": "its entry is proved in tests/gates/test_covering",
    "cover_by_certificate": "as the one by inspection",
    "post_inspection": "records as record_inspections does",
    "post_bulk": "records as record_inspections does",
    "reconcile_flags": "part of a decision: see test_a_flag_tells_by_whom_and_why",
    "record_act": "the ledger itself",
    "record_acts": "the ledger itself",
    "appending": "the ledger itself",
}


def test_every_service_that_names_an_actor_is_tried_here() -> None:
    from tests.architecture.test_services import services

    acting = {
        own.__name__ for own in services() if {"actor", "approver", "signer"} & set(inspect.signature(own).parameters)
    }
    assert acting == {own.__name__ for own in ACTS} | set(PARTS_OF_ACTS)


@pytest.mark.parametrize("service", ACTS, ids=lambda own: own.__name__)
def test_an_act_tells_who_what_which_subject_why_and_when(
    service: Callable[..., Any], plant: Plant, engineer: Actor
) -> None:
    act, subject, perform = ACTS[service]
    perform(plant, engineer)
    entry = LedgerEntry.objects.filter(act=act, at=LATER).latest("pk")
    assert (entry.actor_kind, entry.actor_id, entry.actor) == ("person", engineer.id, engineer.label)
    assert entry.request_id == "req-1"
    assert entry.subject_kind
    assert entry.subject == subject if subject else entry.subject
    if "reason" in inspect.signature(service).parameters and service not in (authorise_rig,):
        assert entry.reason == WHY


def test_a_refused_act_leaves_no_entry(plant: Plant) -> None:
    inspector = Actor.person(make_person(Role.INSPECTOR))
    before = list(LedgerEntry.objects.values_list())
    for service, (_, _, perform) in ACTS.items():
        if service in ANYBODY | MACHINES:
            continue
        with pytest.raises(NotAllowed), transaction.atomic():
            perform(plant, inspector)
    assert list(LedgerEntry.objects.values_list()) == before


def test_an_act_that_is_rolled_back_never_was(plant: Plant, engineer: Actor) -> None:
    entries = LedgerEntry.objects.count()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        a_hold(plant, engineer)
        raise ZeroDivisionError
    assert (LedgerEntry.objects.count(), Hold.objects.count()) == (entries, 0)


@pytest.mark.parametrize("change", ["save", "update", "delete", "delete all", "bulk_update"])
def test_an_entry_can_neither_be_changed_nor_removed(plant: Plant, change: str) -> None:
    entry = LedgerEntry.objects.latest("pk")
    before = list(LedgerEntry.objects.order_by("pk").values_list())
    entry.reason = "another one"
    attempts: dict[str, Callable[[], Any]] = {
        "save": entry.save,
        "update": lambda: LedgerEntry.objects.update(reason="another one"),
        "delete": entry.delete,
        "delete all": lambda: LedgerEntry.objects.all()._raw_delete("default"),  # type: ignore[attr-defined]
        "bulk_update": lambda: LedgerEntry.objects.bulk_update([entry], ["reason"]),
    }
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        attempts[change]()
    assert list(LedgerEntry.objects.order_by("pk").values_list()) == before


def test_an_entry_outlives_the_name_that_it_was_written_under(plant: Plant) -> None:
    person = make_person(Role.ENGINEER, number="0388")
    person.last_name = "Lin"
    person.save()
    a_hold(plant, Actor.person(person))
    person.last_name, person.is_active = "Wang", False
    person.save()
    assert LedgerEntry.objects.latest("pk").actor == "0388 Lin"


def test_a_flag_tells_by_whom_and_why(plant: Plant) -> None:
    record_one(plant, plant.rig_actor, measurements=changed_value("BAT-EOL", "BOND", "0.100", position="pack"))
    decide_batch(batch_id=plant.batch.pk, at=LATER)
    flagged = LedgerEntry.objects.filter(act__in=["gate.failed", "hold.placed", "nonconformance.opened"], at=LATER)
    told = {
        (entry.act, entry.actor_kind, entry.actor_id, entry.subject_kind, entry.subject, entry.batch)
        for entry in flagged
    }
    assert told == {
        (act, "system", None, "vehicle", plant.vehicle.vin, plant.batch.number)
        for act in ("gate.failed", "hold.placed", "nonconformance.opened")
    }
    (hold,) = flagged.filter(act="hold.placed")
    assert "0.100" in hold.reason
    assert "0.1" in hold.reason


def test_a_request_and_what_it_did_carry_one_id(plant: Plant) -> None:
    mes = SystemClient.objects.create(code="MES", name="MES")
    client = Client(headers={"authorization": f"Bearer {issue_key(client=mes, at=AT)}"})
    body = {"number": "B-7", "configuration": plant.configuration.code, "planned_quantity": 1, "line": "L1"}
    answer = client.post("/api/v1/batches/", body, content_type="application/json")
    assert answer.status_code == 201
    entry = LedgerEntry.objects.get(act="batch.opened", subject="B-7")
    assert (entry.actor_kind, entry.actor, entry.request_id) == ("client", "MES", answer.headers["X-Request-ID"])


def test_a_key_that_ends_by_rotation_is_told_with_before_and_after(plant: Plant, engineer: Actor) -> None:
    key = an_api_key(plant)
    rotate_keys(holder=plant.rig, overlap=timedelta(hours=2), at=LATER, actor=engineer)
    entry = LedgerEntry.objects.get(act="key.ending")
    assert (entry.subject, entry.actor) == ("EOL-3", engineer.label)
    assert entry.before == {"prefix": key.prefix, "expires_at": None}
    assert entry.after == {"prefix": key.prefix, "expires_at": (LATER + timedelta(hours=2)).isoformat()}


class TestReading:
    @pytest.fixture(autouse=True)
    def _entries(self, db: None) -> None:
        record_acts(
            actor=SYSTEM,
            acts=[Act(f"x.{number}", "vehicle", "V-1", batch="B-1") for number in range(4)],
            at=AT,
        )
        record_act(actor=SYSTEM, act="x.later", subject_kind="vehicle", subject="V-1", batch="B-1", at=LATER)
        record_act(actor=SYSTEM, act="x.other", subject_kind="vehicle", subject="V-2", batch="B-1", at=LATER)
        record_act(actor=SYSTEM, act="x.elsewhere", subject_kind="batch", subject="V-1", batch="B-2", at=LATER)

    def test_acts_on_one_subject_are_read_newest_first_and_page_by_page(self) -> None:
        first = entries_of(subject_kind="vehicle", subject="V-1", before=(LATER + timedelta(1), 1), most=3)
        assert [entry.act for entry in first] == ["x.later", "x.3", "x.2"]
        rest = entries_of(subject_kind="vehicle", subject="V-1", before=(first[-1].at, first[-1].pk), most=3)
        assert [entry.act for entry in rest] == ["x.1", "x.0"]

    def test_acts_on_a_batch_and_on_what_is_in_it(self) -> None:
        found = entries_of_batch(batch="B-1", before=None, most=3)
        assert [entry.act for entry in found] == ["x.other", "x.later", "x.3"]
        rest = entries_of_batch(batch="B-1", before=found[-1].pk, most=9, without=["x.1"])
        assert [entry.act for entry in rest] == ["x.2", "x.0"]
