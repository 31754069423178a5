from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.dispositions.services import place_hold
from inspections.gates.models import BatchGate
from inspections.gates.services import close_batch, decide_batch
from inspections.people.rules import Actor
from inspections.results.services import change_software, record_inspection
from tests.factories import (
    AT,
    GOOD,
    SYSTEM,
    changed_value,
    make_batch,
    make_engineer,
    make_vehicle,
    make_vehicles,
    posted,
)


def address(plant):
    return f"/batches/{plant.batch.number}/"


def record(plant, procedure="BAT-EOL", **changed):
    return record_inspection(posted=plant.posted(procedure, **changed), rig=plant.rig, actor=plant.rig_actor, at=AT)


def pass_all(plant, vehicle):
    """Everything that the plan asks of a car, passed with the car's own software."""
    for procedure in GOOD:
        software = {"BAT-EOL": ("BMS", "2.0"), "DRV-EOL": ("ADAS", "4.10")}.get(procedure)
        named = [dict(zip(("system", "version"), software, strict=True))] if software else None
        record(plant, procedure, vin=vehicle.vin, software=named)


def another(plant, **fields):
    return make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")], **fields)


def decide(plant):
    decide_batch(batch_id=plant.batch.pk, at=AT)


def bad(value="0.100"):
    return changed_value("BAT-EOL", "BOND", Decimal(value), position="charge-port")


def reasons(client, plant, gate, **query):
    """The reasons of one gate: the cars and the sentence."""
    sections = {section.domain: section for section in client.get(address(plant), query).context["sections"]}
    listed = sections[gate].reasons
    return [(group.cars, group.said.text) for group in (*listed.shown, *listed.more)]


def test_the_heading_is_the_finding(engineer, plant):
    assert "1 of 1 cars is not clear" in engineer.get(address(plant)).context["heading"]
    pass_all(plant, plant.vehicle)
    decide(plant)
    assert engineer.get(address(plant)).context["heading"] == f"Batch {plant.batch.number}: its one car is clear"
    make_vehicles(plant.batch, 2)
    decide(plant)
    assert engineer.get(address(plant)).context["heading"] == f"Batch {plant.batch.number}: 2 of 3 cars are not clear"


def test_a_persons_hold_of_the_batch_is_lifted_where_it_is_told(engineer, inspector, plant):
    hold = place_hold(batch=plant.batch, vehicle=None, reason="wrong glue", actor=make_engineer(), at=AT)
    link = f'href="/holds/{hold.pk}/lift/"'
    pages = [client.get(address(plant)).content.decode() for client in (engineer, inspector)]
    assert [link in page for page in pages] == [True, False]
    assert f'href="/nonconformances/?batch={plant.batch.number}"' in pages[0]


def test_a_batch_without_a_car_says_so(engineer, plant):
    empty = make_batch("EMPTY-1", configuration=plant.configuration)
    context = engineer.get(f"/batches/{empty.number}/").context
    assert context["heading"] == "Batch EMPTY-1: no car is registered yet"
    assert context["cars"] == []


def test_what_was_never_decided_is_never_drawn_as_passed(engineer, plant):
    context = engineer.get(address(plant)).context
    assert [section.word for section in context["sections"]] == ["Pending: the whole batch"] * 3
    assert context["line"].stations[0].live_out is False
    assert [mark for _, mark, _ in context["cars"][0].gates] == ["pending"] * 3


def test_a_fail_is_said_with_value_limit_and_nonconformance(engineer, plant):
    record(plant, measurements=bad())
    decide(plant)
    number = plant.vehicle.nonconformances.get().number
    first = engineer.get(address(plant)).context["sections"][0].reasons.shown[0]
    assert first.said.text == "Car 1: BOND, charge-port is 0.100 Ω; less than 0.1 Ω is required."
    assert first.said.clears_when == f"Clears when {number} has a disposition and a later test passes."
    assert first.parts[0].url == f"/vehicles/{plant.vehicle.vin}/"


def test_the_same_missing_results_of_several_cars_are_one_reason(engineer, plant):
    make_vehicles(plant.batch, 2)
    decide(plant)
    assert reasons(engineer, plant, "battery") == [
        ((1, 2, 3), "Cars 1, 2 and 3: no result for 3 characteristics of BAT-EOL.")
    ]
    record(plant)
    decide(plant)
    assert reasons(engineer, plant, "battery") == [
        ((2, 3), "Cars 2 and 3: no result for 3 characteristics of BAT-EOL."),
        ((1,), "Car 1: tested with BMS not known; the car has 2.0."),
    ]


def test_missing_becomes_a_fail_when_testing_is_closed(engineer, plant):
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    context = engineer.get(address(plant)).context
    assert context["sections"][0].reasons.shown[0].status == "fail"
    assert context["sections"][0].word == "Fail: 1 car"


def test_cars_tested_before_the_same_flash_are_one_reason_with_both_ends(engineer, plant):
    other = another(plant)
    for minutes, vehicle in ((30, plant.vehicle), (20, other)):
        record(plant, "DRV-EOL", vin=vehicle.vin, finished_at=AT - timedelta(minutes=minutes), software=[
            {"system": "ADAS", "version": "4.10"}])  # fmt: skip
        change_software(
            vehicle=vehicle, changes=[("ADAS", "4.11")], changed_at=AT - timedelta(minutes=1), actor=SYSTEM, at=AT
        )
    decide(plant)
    assert reasons(engineer, plant, "driving") == [
        (
            (1, 2),
            "Cars 1 and 2: each of 2 characteristics of DRV-EOL is older than ADAS 4.11 of 2026-11-23 07:59.",
        )
    ]


def test_five_reasons_are_shown_and_the_rest_on_asking(engineer, plant):
    for number in range(7):
        vehicle = another(plant)
        record(plant, vin=vehicle.vin, measurements=bad(f"0.2{number}0"))
    decide(plant)
    listed = engineer.get(address(plant)).context["sections"][0].reasons
    # Seven fails, the car without results, and the software that no test of the seven named.
    assert (len(listed.shown), len(listed.more), listed.left) == (5, 4, 0)
    assert "4 more" in engineer.get(address(plant)).content.decode()


def test_the_batchs_own_reason_breaks_the_line_and_names_the_plan(engineer, plant):
    unplanned = make_batch("NO-PLAN-1", configuration=plant.configuration, at=AT - timedelta(days=999))
    make_vehicles(unplanned, 1)
    decide_batch(batch_id=unplanned.pk, at=AT)
    context = engineer.get("/batches/NO-PLAN-1/").context
    assert context["line"].stations[0].contact.closed is False
    assert context["sections"][0].own == "The batch's own facts fail"
    assert context["sections"][0].reasons.shown[0].code == "plan_not_approved"


def test_a_passed_gate_whose_facts_have_ended_is_pending_again(engineer, plant):
    pass_all(plant, plant.vehicle)
    decide(plant)
    BatchGate.objects.filter(batch=plant.batch, domain="crash").update(valid_until=AT - timedelta(minutes=1))
    section = engineer.get(address(plant)).context["sections"][1]
    assert section.reasons.shown[0].code == "decision_expired"
    assert "2026-11-23 07:59" in section.reasons.shown[0].said.text


@pytest.mark.parametrize(
    ("shown", "cars"),
    [("wrong", [1, 3]), ("failed", [1]), ("pending", [3]), ("held", [1]), ("all", [1, 2, 3]), ("nonsense", [1, 3])],
)
def test_the_list_of_cars_is_narrowed(engineer, plant, shown, cars):
    clear, _missing = another(plant), another(plant)
    pass_all(plant, clear)
    record(plant, measurements=bad())
    decide(plant)
    context = engineer.get(address(plant), {"cars": shown}).context
    assert [line.row.sequence for line in context["cars"]] == cars


def test_the_list_of_cars_goes_on_where_it_ended(engineer, plant):
    make_vehicles(plant.batch, 150)
    decide(plant)
    first = engineer.get(address(plant), {"cars": "all"})
    assert [line.row.sequence for line in first.context["cars"]] == list(range(1, 101))
    following = first.context["pager"].next_url.partition("#")[0]
    second = engineer.get(following)
    assert [line.row.sequence for line in second.context["cars"]] == list(range(101, 152))
    assert second.context["pager"].next_url == ""


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "9" * 30}, {"before": "-1"}, {"before": "1-2"}])
def test_a_cursor_that_is_none_is_refused(engineer, plant, query):
    assert engineer.get(address(plant), query).status_code == 404


def test_what_happened_is_newest_first_and_names_the_car(engineer, plant):
    record(plant, measurements=bad())
    decide(plant)
    said = [(act.sequence, act.text) for act in engineer.get(address(plant)).context["history"]]
    number = plant.vehicle.nonconformances.get().number
    assert said[:2] == [
        (1, f"{number} opened: battery, measurement failed, BOND."),
        (1, "Held: battery, measurement failed, BOND."),
    ]
    assert said[-1][1].startswith("Batch opened on L1: 20 cars of SU7-MAX-CN")
    every = [act.text for act in engineer.get(address(plant), {"entries": "all"}).context["history"]]
    assert any(text.startswith("Inspection T-") for text in every)
    assert f"Registered as car 1 of batch {plant.batch.number}." in every


def test_the_history_has_fifty_entries_a_page(engineer, plant):
    for vehicle in make_vehicles(plant.batch, 30):
        record(plant, vin=vehicle.vin, measurements=bad())
    decide(plant)
    first = engineer.get(address(plant))
    assert len(first.context["history"]) == 50
    second = engineer.get(first.context["history_pager"].next_url.partition("#")[0])
    texts = [act.text for act in second.context["history"]]
    assert texts[-1].startswith("Batch opened")


def test_a_hold_of_the_whole_batch_stands_at_the_top(engineer, plant):
    actor = Actor.person(engineer.person)
    place_hold(batch=plant.batch, vehicle=None, reason="wrong <i>bolts</i>", actor=actor, at=AT)
    html = engineer.get(address(plant)).content.decode()
    assert "The whole batch is held by" in html
    assert "wrong &lt;i&gt;bolts&lt;/i&gt;" in html
    assert "<i>bolts" not in html


def test_the_foot_names_the_revision_judged_on_and_the_one_in_force(engineer, plant):
    from inspections.catalogue.models import PlanRevision
    from tests.factories import LINES, make_revision

    make_revision(plant.configuration, LINES)
    assert PlanRevision.objects.filter(status="approved").get().number == 2
    foot = {entry["label"]: entry["value"] for entry in engineer.get(address(plant)).context["title_block"]}
    assert foot["Judged on plan"] == "CP-SU7-MAX-CN revision 1; current is 2"
    assert foot["Decided up to"] == "never decided"


def test_the_chinese_page_says_its_reasons_in_chinese(engineer, plant):
    record(plant, measurements=bad())
    decide(plant)
    html = engineer.get(address(plant), headers={"accept-language": "zh-CN"}).content.decode()
    assert "第1台" in html
    assert "小于0.1 Ω" in html
    assert "不具备条件" in html
    assert "is required" not in html


def test_no_percentage_of_passes_stands_anywhere(engineer, plant):
    pass_all(plant, plant.vehicle)
    decide(plant)
    context = engineer.get(address(plant)).context
    assert "%" not in str(context["facts"]) + context["heading"] + str([s.tally for s in context["sections"]])


def count(client, path):
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_its_queries_do_not_grow_with_its_cars(engineer, plant):
    record(plant, measurements=bad())
    decide(plant)
    one = count(engineer, address(plant))
    for number in (2, 3):
        record(plant, vin=another(plant).vin, measurements=bad(f"0.{number}00"))
    decide(plant)
    assert (one, count(engineer, address(plant))) == (26, 26)


def test_the_list_of_batches_is_newest_first_and_its_queries_do_not_grow(engineer, plant):
    one = count(engineer, "/batches/")
    for number in (4, 5):
        make_batch(f"SU7-2026W47-0{number}", configuration=plant.configuration, at=AT + timedelta(minutes=number))
    rows = engineer.get("/batches/").context["rows"]
    assert [row.batch.number for row in rows] == ["SU7-2026W47-05", "SU7-2026W47-04", "SU7-2026W47-03"]
    assert (one, count(engineer, "/batches/")) == (7, 7)


def test_the_list_of_batches_is_narrowed_and_goes_on(engineer, plant):
    for number in range(101):
        make_batch(f"YU7-{number:03d}", configuration=plant.configuration, at=AT)
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    assert [r.batch.number for r in engineer.get("/batches/", {"q": "yu7-100"}).context["rows"]] == ["YU7-100"]
    closed = engineer.get("/batches/", {"status": "testing_closed"}).context["rows"]
    assert [row.batch.number for row in closed] == [plant.batch.number]
    first = engineer.get("/batches/").context
    second = engineer.get(first["pager"].next_url).context
    numbers = [row.batch.number for row in (*first["rows"], *second["rows"])]
    assert (len(first["rows"]), len(second["rows"]), len(set(numbers))) == (100, 2, 102)
    assert engineer.get("/batches/", {"before": "nonsense"}).status_code == 404


def test_a_component_tested_before_its_car_is_missing_on_no_car(engineer, plant):
    tested = posted("BAT-EOL", component={"kind": "pack", "serial": "P-1"}, software=[
        {"system": "BMS", "version": "2.0"}])  # fmt: skip
    record_inspection(posted=tested, rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide(plant)
    assert reasons(engineer, plant, "battery") == []


def test_the_list_says_of_how_many_cars_each_gate_failed_or_is_pending(engineer, plant):
    make_vehicle(plant.batch)
    record_inspection(posted=plant.posted(measurements=bad()), rig=plant.rig, actor=plant.rig_actor, at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    response = engineer.get("/batches/")
    assert [row.under for row in response.context["rows"]] == [
        "failed cars: battery 1; pending cars: battery 1, crash 2, driving 2"
    ]
    assert response.context["pager"].words == "1 batch"
