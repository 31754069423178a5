"""May it leave, why not, and the whole life of a car: by finishing time, whatever arrived when."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.batches.choices import VehicleStatus
from inspections.dispositions.services import place_hold
from inspections.gates.models import VehicleGate
from inspections.gates.services import decide_batch
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.results.models import Inspection
from inspections.results.recorded import RecordState
from inspections.results.services import (
    FittedPart,
    change_software,
    fit_components,
    record_inspection,
    record_inspections,
    void_inspection,
)
from tests.factories import AT, SYSTEM, become, changed_value, make_rig, posted
from tests.web.test_batch_page import bad, pass_all


def address(plant):
    return f"/vehicles/{plant.vehicle.vin}/"


def record(plant, procedure="BAT-EOL", *, at=AT, **changed):
    changed.setdefault("software", [{"system": "BMS", "version": "2.0"}, {"system": "ADAS", "version": "4.10"}])
    done = record_inspection(posted=plant.posted(procedure, **changed), rig=plant.rig, actor=plant.rig_actor, at=at)
    return Inspection.objects.get(pk=done.inspection_id)


def record_many(plant, changes):
    """Inspections of CRS-EOL, in one act."""
    items = [plant.posted("CRS-EOL", **changed) for changed in changes]
    done = record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=AT)
    assert {each.state for each in done} == {RecordState.RECORDED}


def decide(plant, at=AT):
    decide_batch(batch_id=plant.batch.pk, at=at)


def page(client, plant, **more):
    return client.get(address(plant), **more)


def entries(client, plant):
    """The entries of the life in their order."""
    return [entry for day in page(client, plant).context["days"] for entry in day.entries]


def inspected(client, plant):
    return [entry for entry in entries(client, plant) if entry.values]


# May it leave?


def test_an_undecided_car_is_not_known(engineer, plant):
    context = page(engineer, plant).context
    assert context["answer"].words == "May it leave? Not known"
    assert context["answer"].look == ""
    assert context["line"].live is False


def test_a_failed_car_may_not_leave_and_the_worst_reason_and_what_clears_it_stand_beside(engineer, plant):
    record(plant, measurements=bad())
    decide(plant)
    context = page(engineer, plant).context
    number = plant.vehicle.nonconformances.get().number
    assert context["answer"].words == "May it leave? No"
    assert context["answer"].worst.said.text == "Car 1: BOND, charge-port is 0.100 Ω; less than 0.1 Ω is required."
    assert number in context["answer"].worst.said.clears_when
    assert [station.contact.closed for station in context["line"].stations] == [False] * 6


def test_missing_results_alone_are_not_yet(engineer, plant):
    decide(plant)
    assert page(engineer, plant).context["answer"].words == "May it leave? Not yet"


def test_a_clear_car_is_not_released_and_never_a_yes(engineer, plant):
    pass_all(plant, plant.vehicle)
    decide(plant)
    context = page(engineer, plant).context
    assert context["answer"].words == "May it leave? Not yet: clear, not released"
    assert context["answer"].worst.said.text == "Car 1 is clear; 0 of 2 signatures."
    assert [station.contact.closed for station in context["line"].stations] == [True, True, True, True, False, False]
    assert context["line"].live is False


def test_a_decision_that_has_run_out_is_not_known(engineer, plant):
    pass_all(plant, plant.vehicle)
    decide(plant)
    VehicleGate.objects.filter(vehicle=plant.vehicle, domain="crash").update(valid_until=AT - timedelta(minutes=1))
    context = page(engineer, plant).context
    assert context["answer"].words == "May it leave? Not known"
    assert context["line"].stations[1].contact.closed is False


def test_every_answer_is_withdrawn_when_the_page_is_not_live(engineer, plant):
    pass_all(plant, plant.vehicle)
    decide(plant)
    assert 'data-unknown="May it leave? Not known"' in page(engineer, plant).content.decode()


def test_a_hold_opens_the_line_and_is_lifted_where_it_stands_by_who_may(sign_in, engineer, plant):
    pass_all(plant, plant.vehicle)
    decide(plant)
    actor = Actor.person(engineer.person)
    hold = place_hold(batch=plant.batch, vehicle=plant.vehicle, reason="<b>dent</b>", actor=actor, at=AT)
    response = page(engineer, plant)
    assert response.context["answer"].words == "May it leave? No"
    assert response.context["line"].stations[3].contact.closed is False
    assert f"/holds/{hold.pk}/lift/" in response.content.decode()
    assert "&lt;b&gt;dent&lt;/b&gt;" in response.content.decode()
    assert f"/holds/{hold.pk}/lift/" not in page(sign_in(Role.INSPECTOR), plant).content.decode()


def test_a_car_destroyed_for_a_test_never_leaves(engineer, plant):
    become(plant.vehicle, VehicleStatus.DESTROYED)
    decide(plant)
    context = page(engineer, plant).context
    assert context["answer"].words == "May it leave? No"
    assert any("destroyed for a test" in group.said.text for group in context["reasons"].shown)


# Its life


def test_the_worked_example_is_told_by_finishing_time(engineer, plant):
    """08:12 arrives at 08:40; 08:14 passes; 08:31 fails; 09:05 passes and does not count."""

    def at(hour, minute):
        return AT + timedelta(hours=hour - 8, minutes=minute)

    def bonding(value):
        return changed_value("BAT-EOL", "BOND", Decimal(value), position="charge-port")

    record(plant, finished_at=at(8, 14), at=at(8, 14), measurements=bonding("0.043"))
    record(plant, finished_at=at(8, 31), at=at(8, 31), measurements=bonding("0.100"))
    decide(plant, at(8, 31))
    record(plant, finished_at=at(8, 12), at=at(8, 40), measurements=bonding("0.040"))
    record(plant, finished_at=at(9, 5), at=at(9, 5), measurements=bonding("0.038"))
    decide(plant, at(9, 5))
    found = inspected(engineer, plant)
    assert [(f"{entry.at:%H:%M}", entry.values[0].value, entry.status) for entry in found] == [
        ("01:05", "0.038 Ω", "quiet"),
        ("00:31", "0.100 Ω", "fail"),
        ("00:14", "0.043 Ω", "pass"),
        ("00:12", "0.040 Ω", "pass"),
    ]
    assert found[0].uncounted == "Does not count yet: the fail of 08:31 is not disposed of."
    assert [entry.late for entry in found] == ["", "", "", "08:40"]
    arrived = [entry for entry in entries(engineer, plant) if "arrived late" in entry.text]
    assert [(f"{entry.at:%H:%M}", entry.text) for entry in arrived] == [
        ("00:40", "The result of 08:12 arrived late: BAT-EOL. It stands at its own time.")
    ]


def test_a_measurement_shows_value_limit_strictness_verdict_and_who_asks(engineer, plant):
    record(plant, measurements=bad())
    decide(plant)
    value = inspected(engineer, plant)[0].values[0]
    assert (value.name, value.value, value.required) == ("BOND, charge-port", "0.100 Ω", "less than 0.1 Ω")
    assert (value.status, value.word, value.special) == ("fail", "Fail", "CC")
    assert (value.confidence, value.plant_default) == ("plant default, not law", True)
    assert [mark.passes for mark in value.bar.limits] == [False]
    html = page(engineer, plant).content.decode()
    assert "limit-fails" in html
    assert "plant default, not law" in html


def test_a_value_that_is_no_number_is_shown_as_it_was_sent_and_escaped(engineer, plant):
    record(plant, measurements=changed_value("BAT-EOL", "ISO", "<script>alert(1)</script>"))
    decide(plant)
    shown = {value.name: value for value in inspected(engineer, plant)[0].values}["ISO"]
    assert (shown.status, shown.why) == ("unclear", "not a number")
    html = page(engineer, plant).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_voided_inspection_stays_and_says_so(engineer, plant):
    inspection = record(plant)
    void_inspection(inspection=inspection, reason="master <i>part</i>", actor=Actor.person(engineer.person), at=AT)
    decide(plant)
    entry = inspected(engineer, plant)[0]
    assert entry.voided.startswith("Void. Declared by")
    assert entry.status == "quiet"
    assert "master &lt;i&gt;part&lt;/i&gt;" in page(engineer, plant).content.decode()
    told = f"A test of BAT-EOL ({inspection.external_id}) declared void: master <i>part</i>."
    assert [entry.text for entry in entries(engineer, plant) if "declared void" in entry.text] == [told]
    history = engineer.get(f"/batches/{plant.batch.number}/").context["history"]
    assert [act.text for act in history if "declared void" in act.text] == [told]


def test_a_pass_of_a_rig_out_of_calibration_does_not_count_and_says_why(engineer, plant):
    rig = make_rig("OLD-1", procedures=list(plant.procedures.values()), calibrated=False)
    software = [{"system": "BMS", "version": "2.0"}]
    record_inspection(posted=plant.posted(software=software), rig=rig, actor=plant.rig_actor, at=AT)
    decide(plant)
    assert inspected(engineer, plant)[0].uncounted == "Does not count: rig out of calibration."


def test_the_test_of_a_part_counts_while_it_is_in_the_car_and_says_when_not(engineer, plant):
    tested = posted(component={"kind": "pack", "serial": "P-1"}, software=[{"system": "BMS", "version": "2.0"}])
    record_inspection(posted=tested, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide(plant)
    entry = inspected(engineer, plant)[0]
    assert "tested as pack P-1" in entry.under
    assert entry.uncounted == ""
    fit_components(
        vehicle=plant.vehicle,
        fitted=[FittedPart("pack", "P-2")],
        removed=[("pack", "P-1")],
        changed_at=AT,
        actor=SYSTEM,
        at=AT,
    )
    decide(plant)
    assert inspected(engineer, plant)[0].uncounted == "Does not count: the part is not in this car now."
    said = [entry.text for entry in entries(engineer, plant)]
    assert "Fitted: pack P-2. Removed: pack P-1." in said
    assert ("pack", "P-2") in page(engineer, plant).context["fitted"]
    assert ("pack", "P-1") not in page(engineer, plant).context["fitted"]


def test_software_decisions_and_acts_are_part_of_the_life(engineer, plant):
    change_software(vehicle=plant.vehicle, changes=[("ADAS", "4.11")], changed_at=AT, actor=SYSTEM, at=AT)
    record(plant, measurements=bad())
    decide(plant)
    number = plant.vehicle.nonconformances.get().number
    said = [entry.text for entry in entries(engineer, plant)]
    for text in (
        "Software: ADAS 4.11.",
        "Software: ADAS 4.10, BMS 2.0.",
        "Fitted: pack P-1.",
        f"Registered as car 1 of batch {plant.batch.number}.",
        f"{number} opened: battery, measurement failed, BOND.",
        "Gate Battery failed: BOND: measurement failed.",
    ):
        assert text in said
    assert ("ADAS", "4.11") in page(engineer, plant).context["fitted"]


def test_the_life_can_be_read_from_its_beginning_with_the_same_entries(engineer, plant):
    change_software(vehicle=plant.vehicle, changes=[("ADAS", "4.11")], changed_at=AT, actor=SYSTEM, at=AT)
    record(plant, measurements=bad(), at=AT + timedelta(hours=6))
    decide(plant)
    newest = entries(engineer, plant)
    turned = engineer.get(page(engineer, plant).context["turn_url"].partition("#")[0])
    assert turned.wsgi_request.GET.dict() == {"life": "oldest"}
    oldest = [entry for day in turned.context["days"] for entry in day.entries]
    assert [(entry.at, entry.text) for entry in oldest] == [(entry.at, entry.text) for entry in reversed(newest)]
    assert "Life of this car, oldest first" in turned.content.decode()
    # A link to a characteristic goes to its newest measurement in either order.
    places = [[value.anchor for entry in found for value in entry.values] for found in (newest, oldest)]
    assert places[0] == places[1]
    # It does not watch for what is newer, and the way back drops the choice.
    assert (turned.context["newest"], turned.context["turn_url"]) == ("", f"{address(plant)}#life")


@pytest.mark.parametrize("order", ["", "?life=oldest"])
def test_a_long_life_has_a_hundred_entries_a_page_and_loses_none(engineer, plant, order):
    """Many tests of one moment, which no cursor by time alone could tell apart."""
    finished = [AT - timedelta(minutes=2 if number < 110 else 1) for number in range(130)]
    record_many(plant, [{"id": f"L-{number:03d}", "finished_at": each} for number, each in enumerate(finished)])
    decide(plant)
    path, seen = address(plant) + order, []
    while path:
        context = engineer.get(path).context
        shown = [entry for day in context["days"] for entry in day.entries]
        assert sum(len(day.entries) for day in context["days"]) <= 100
        seen += [entry.anchor for entry in shown if entry.anchor]
        pager = context["life_pager"]
        path = pager.next_url.partition("#")[0] if pager else ""
    assert (len(seen), len(set(seen))) == (130, 130)


def test_a_print_of_one_page_of_a_life_says_that_it_is_one(engineer, plant):
    said = "This print is one page of its life"
    assert said not in page(engineer, plant).content.decode()
    record_many(plant, [{"id": f"L-{number:03d}"} for number in range(101)])
    assert said in page(engineer, plant).content.decode()


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("cursor", ["x", "1-2", "1-2-3-4", "9" * 18 + "-2-3", "1-99-3", "-1-2-3"])
def test_a_cursor_that_is_none_is_refused(engineer, plant, cursor, order):
    asked = {order: cursor} | ({"life": "oldest"} if order == "after" else {})
    assert engineer.get(address(plant), asked).status_code == 404


def test_a_poll_brings_the_answer_and_tells_that_there_is_more_without_drawing_the_life(engineer, plant):
    record(plant)
    decide(plant)
    polled = page(engineer, plant, headers={"HX-Request": "true"}).content.decode()
    assert 'id="answer"' in polled
    assert "Something newer has happened" in polled
    assert 'class="measurements"' not in polled
    whole = page(engineer, plant).content.decode()
    assert "Something newer has happened" not in whole
    newest = page(engineer, plant).context["newest"]
    assert f'data-digest="{newest}"' in polled


def test_the_chinese_page_is_chinese(engineer, plant):
    record(plant, measurements=bad())
    decide(plant)
    html = page(engineer, plant, headers={"accept-language": "zh-CN"}).content.decode()
    for words in ("可以出厂吗？不可以", "第1台", "要求", "小于0.1 Ω", "断开：不合格", "本车履历", "工厂默认，非法规"):
        assert words in html
    for words in ("May it leave", "is required", "plant default", "measurements"):
        assert words not in html.replace('class="measurements"', "").replace("export=measurements.", "")


def test_the_foot_names_vehicle_revision_and_reader(engineer, plant):
    decide(plant)
    response = page(engineer, plant)
    foot = {entry["label"]: entry["value"] for entry in response.context["title_block"]}
    assert foot["Vehicle"] == plant.vehicle.vin
    assert foot["Judged on plan"] == "CP-SU7-MAX-CN revision 1"
    assert foot["Decided up to"] == "2026-11-23 08:00:00, nothing undecided"
    assert engineer.person.personnel_number in response.content.decode()


def count(client, path):
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_its_queries_do_not_grow_with_its_life(engineer, plant):
    record(plant, measurements=bad())
    decide(plant)
    one = count(engineer, address(plant))
    for number in range(3):
        record(plant, finished_at=AT - timedelta(hours=number + 1), measurements=bad(f"0.{number + 2}00"))
        record(plant, "DRV-EOL")
        change_software(
            vehicle=plant.vehicle,
            changes=[("ADAS", f"5.{number}")],
            changed_at=AT + timedelta(seconds=number),
            actor=SYSTEM,
            at=AT,
        )
        place_hold(batch=plant.batch, vehicle=plant.vehicle, reason="again", actor=Actor.person(engineer.person), at=AT)
    decide(plant)
    oldest = f"{address(plant)}?life=oldest"
    assert (one, count(engineer, address(plant)), count(engineer, oldest)) == (26, 26, 26)
