from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.dispositions.services import place_hold
from inspections.gates.services import decide_batch
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.results.services import record_inspection, record_inspections
from inspections.rigs.models import OutOfTolerance, Rig
from tests import factories
from tests.factories import AT, changed_value, make_batch, make_vehicle


def record(plant, **changed):
    return record_inspection(posted=plant.posted(**changed), rig=plant.rig, actor=plant.rig_actor, at=AT)


def fail(plant, value="0.100", **changed):
    """The bonding of a car fails at the charge port."""
    from decimal import Decimal

    measured = changed_value("BAT-EOL", "BOND", Decimal(value), position="charge-port")
    record(plant, measurements=measured, **changed)
    decide_batch(batch_id=plant.batch.pk, at=AT)


def tasks(client, **query):
    """Status and sentence of the tasks, in their order."""
    response = client.get("/", query)
    return [(word, "".join(part.text for part in task.parts), act) for task, _, word, act in response.context["tasks"]]


def ages(client, **query):
    """How old each task is, by its sentence."""
    response = client.get("/", query)
    return {"".join(part.text for part in task.parts): age for task, age, _, _ in response.context["tasks"]}


def test_a_plant_in_order_needs_nobody(engineer, db):
    html = engineer.get("/").content.decode()
    assert "<h1>Nothing needs you now.</h1>" in html
    assert "No batch is on the line." in html


def test_a_failed_car_is_the_first_task_with_value_limit_and_what_clears_it(engineer, plant):
    fail(plant)
    word, said, act = tasks(engineer)[0]
    assert word == "Fail"
    assert said == f"Car 1 of {plant.batch.number}: BOND, charge-port is 0.100 Ω; less than 0.1 Ω is required."
    assert act == f"See {plant.vehicle.nonconformances.get().number}"
    html = engineer.get("/").content.decode()
    assert "Critical characteristic." in html
    assert "1 car has failed." in html
    assert f"/nonconformances/{plant.vehicle.nonconformances.get().number}/" in html


def test_a_flagged_batch_is_a_task_of_engineer_and_release_officer(sign_in, plant):
    fail(plant)
    for role, told in ((Role.ENGINEER, True), (Role.RELEASE_OFFICER, True), (Role.INSPECTOR, False)):
        assert (role, any(word == "Flagged" for word, _, _ in tasks(sign_in(role)))) == (role, told)


def test_everybodys_tasks_are_shown_when_asked_for(sign_in, plant):
    fail(plant)
    auditor, engineer = tasks(sign_in(Role.AUDITOR)), tasks(sign_in(Role.ENGINEER), **{"for": "everything"})
    assert [task[:2] for task in auditor] == [task[:2] for task in engineer]
    # Who may only read is not asked to act.
    assert {act for _, _, act in auditor} == {"See it"}


def test_a_persons_hold_is_told_with_its_reason(engineer, plant):
    decide_batch(batch_id=plant.batch.pk, at=AT)
    actor = Actor.person(engineer.person)
    place_hold(batch=plant.batch, vehicle=plant.vehicle, reason="<b>scratch</b>", actor=actor, at=AT)
    assert ("Held", f"Car 1 of {plant.batch.number} is held: <b>scratch</b>", "See the hold") in tasks(engineer)
    assert "<b>scratch</b>" not in engineer.get("/").content.decode()


def test_a_calibration_that_ends_soon_and_one_that_has_ended_are_told(engineer, plant, clock):
    factories.make_rig("SOON-1", until=AT + timedelta(hours=40))
    factories.make_rig("OVER-1", until=AT - timedelta(hours=1))
    said = {said for _, said, _ in tasks(engineer)}
    assert "Calibration of SOON-1 ends at 2026-11-25 00:00." in said
    assert "Rig OVER-1 is not in calibration." in said
    assert ages(engineer)["Rig OVER-1 is not in calibration."] == "1 h 00"
    assert not any(plant.rig.code in words for words in said)


def test_a_rig_is_out_of_calibration_since_its_certificate_ended_or_a_finding_refutes_it(engineer, plant, clock):
    refuted = factories.make_rig("FOUND-1", until=AT + timedelta(days=100))
    OutOfTolerance.objects.create(
        rig=refuted, back_to=AT - timedelta(days=3), found_at=AT - timedelta(minutes=5), reason="drifted",
        recorded_at=AT, recorded_by="x",
    )  # fmt: skip
    factories.make_rig("NEVER-1", calibrated=False)
    told = ages(engineer)
    assert told["Rig FOUND-1 is not in calibration."] == "3 d"
    assert told["Rig NEVER-1 was never in calibration."] == "–"


def test_clear_cars_wait_since_the_first_of_them_was_clear(sign_in, plant, clock):
    record_inspections(items=plant.passing(), rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    later = clock.go(hours=5)
    make_vehicle(plant.batch, at=later)
    decide_batch(batch_id=plant.batch.pk, at=later)  # another car is decided: the first one waits on
    told = ages(sign_in(Role.RELEASE_OFFICER))
    assert told[f"{plant.batch.number}: 1 car is clear and waits for its release."] == "5 h 00"


def test_a_rig_is_silent_a_quarter_of_an_hour_after_it_was_last_heard(engineer, plant):
    Rig.objects.filter(pk=plant.rig.pk).update(last_heard_at=AT - timedelta(minutes=15))
    assert not any(word == "Silent" for word, _, _ in tasks(engineer))
    Rig.objects.filter(pk=plant.rig.pk).update(last_heard_at=AT - timedelta(minutes=16))
    assert ("Silent", f"Rig {plant.rig.code} was last heard at 07:44.", "See the rig") in tasks(engineer)


def test_many_silent_rigs_are_one_task(engineer, plant):
    for number in range(4):
        factories.make_rig(f"R-{number}", last_heard_at=AT - timedelta(hours=1))
    silent = [said for word, said, _ in tasks(engineer) if word == "Silent"]
    assert silent == ["4 of 5 rigs are silent: R-0, R-1, R-2, 1 more."]


def test_what_waits_longer_than_a_minute_to_be_decided_is_told(engineer, plant, clock):
    undecided = [said for word, said, _ in tasks(engineer) if word == "Undecided"]
    assert len(undecided) == 1
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert [said for word, said, _ in tasks(engineer) if word == "Undecided"] == []


def test_missing_results_are_the_inspectors_task(inspector, plant):
    decide_batch(batch_id=plant.batch.pk, at=AT)
    said = [said for word, said, _ in tasks(inspector) if word == "To test"]
    assert said == [
        f"Car 1 of {plant.batch.number}: results of {code} are missing." for code in ("BAT-EOL", "DRV-EOL", "CRS-EOL")
    ]


def test_a_draft_waits_for_the_catalogue_owner(sign_in, plant):
    factories.make_revision(plant.configuration, factories.LINES, approved=False)
    said = [said for _, said, _ in tasks(sign_in(Role.CATALOGUE_OWNER))]
    assert said == ["Plan CP-SU7-MAX-CN revision 2 waits for two approvals."]


def test_the_chinese_page_speaks_chinese(engineer, plant):
    fail(plant)
    html = engineer.get("/", headers={"accept-language": "zh-CN"}).content.decode()
    assert "小于0.1 Ω" in html
    assert "已标记" in html
    assert "关键特性。" in html


def count(client, path="/"):
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_its_queries_do_not_grow_with_what_it_shows(engineer, plant):
    fail(plant)
    one = count(engineer)
    for number in (4, 5):
        batch = make_batch(f"SU7-2026W47-0{number}", configuration=plant.configuration)
        vehicle = make_vehicle(batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
        factories.make_rig(f"MORE-{number}", until=AT + timedelta(hours=number))
        fail(plant, vin=vehicle.vin)
        decide_batch(batch_id=batch.pk, at=AT)
    assert (one, count(engineer)) == (29, 29)


def test_who_drafted_a_revision_is_told_that_others_approve_it(sign_in, plant):
    author, other = sign_in(Role.CATALOGUE_OWNER), sign_in(Role.CATALOGUE_OWNER)
    draft = factories.make_revision(plant.configuration, factories.LINES, approved=False)
    draft.author = author.person
    draft.save(update_fields=["author"])
    said = "Until then it binds no batch."
    for client, under in ((author, f"{said} You drafted it: two others approve it."), (other, said)):
        shown = [task for task, *_more in client.get("/").context["tasks"]]
        found = [task for task in shown if "waits for two approvals" in str(task.parts)]
        assert ["".join(part.text for part in task.under) for task in found] == [under]
