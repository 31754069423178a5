"""The matrix of a batch as people see it: the overview, the table with its filters, and how much of it is sent."""

import gzip
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.batches.models import Vehicle
from inspections.gates.models import VehicleGate
from inspections.gates.services import close_batch, decide_batch
from tests.depth import LONG, deep
from tests.factories import (
    AT,
    SYSTEM,
    changed_value,
    make_batch,
    make_configuration,
    make_procedure,
    make_revision,
    make_vehicle,
    make_vehicles,
    vin,
)


def address(plant):
    return f"/batches/{plant.batch.number}/matrix/"


def decide(plant):
    decide_batch(batch_id=plant.batch.pk, at=AT)


def another(plant):
    return make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])


def bad(position="charge-port"):
    return changed_value("BAT-EOL", "BOND", Decimal("0.100"), position=position)


def pass_all(plant, record, car):
    record(*plant.passing(vin=car.vin))


def fail(plant, record, car):
    battery, driving, crash = plant.passing(vin=car.vin)
    record(
        plant.posted(vin=car.vin, measurements=bad(), software=[{"system": "BMS", "version": "2.0"}]), driving, crash
    )
    return battery


@pytest.fixture
def three(plant, record):
    """Car 1 failed bonding, of car 2 everything is missing, car 3 passed."""
    missing, good = another(plant), another(plant)
    fail(plant, record, plant.vehicle)
    pass_all(plant, record, good)
    decide(plant)
    return plant.vehicle, missing, good


def table(client, path, **query):
    """By row, the names of its cells."""
    return {row.label.name: [cell.name for cell in row.cells] for row in client.get(path, query).context["matrix_rows"]}


def test_by_default_it_shows_the_cars_and_rows_with_something_wrong(engineer, plant, three):
    context = engineer.get(address(plant)).context
    assert context["matrix_cars"] == [1, 2]
    link = f'href="/characteristics/BOND/?batch={plant.batch.number}"'
    assert link in engineer.get(address(plant)).content.decode()
    assert table(engineer, address(plant)) == {
        "Hold": ["car 1, Hold, held", "car 2, Hold, nothing"],
        "BOND": ["car 1, BOND, fail, 1 of 2 positions", "car 2, BOND, missing, 2 of 2 positions"],
        "ISO": ["car 1, ISO, pass", "car 2, ISO, missing"],
        "HVIL": ["car 1, HVIL, pass", "car 2, HVIL, missing"],
        "SQUIB": ["car 1, SQUIB, pass", "car 2, SQUIB, missing"],
        "DTC": ["car 1, DTC, pass", "car 2, DTC, missing"],
        "BRAKE": ["car 1, BRAKE, pass", "car 2, BRAKE, missing, 2 of 2 positions"],
        "ADAS-SW": ["car 1, ADAS-SW, pass", "car 2, ADAS-SW, missing"],
    }


@pytest.mark.parametrize(
    ("query", "cars", "rows"),
    [
        ({"status": "fail"}, [1], ["BOND"]),
        ({"status": "held"}, [1], ["Hold"]),
        ({"status": "missing", "gate": "crash"}, [2], ["SQUIB", "DTC"]),
        ({"status": "stale"}, [], []),
        ({"procedure": "DRV-EOL"}, [2], ["BRAKE", "ADAS-SW"]),
        ({"show": "all", "gate": "driving"}, [1, 2, 3], ["BRAKE", "ADAS-SW"]),
        ({"show": "all", "after": "2", "procedure": "CRS-EOL"}, [3], ["SQUIB", "DTC"]),
        ({"segment": "2"}, [], []),
        ({"status": "nonsense", "gate": "nonsense", "segment": "1", "procedure": "CRS-EOL"}, [2], ["SQUIB", "DTC"]),
    ],
)
def test_it_is_narrowed_by_the_address(engineer, plant, three, query, cars, rows):
    context = engineer.get(address(plant), query).context
    assert (context["matrix_cars"], [row.label.name for row in context["matrix_rows"]]) == (cars, rows)


def test_its_links_count_cars_and_its_selects_offer_what_there_is(engineer, plant, three):
    context = engineer.get(address(plant)).context
    assert [words for _shape, words, _url, _here in context["matrix_links"]] == [
        "Only what is wrong: 2 cars", "Fail 1", "Held 1", "Missing 1", "All 3 cars, 60 at a time",
    ]  # fmt: skip
    options = {name: [value for value, _words, _chosen in listed] for name, _label, listed in context["matrix_filter"]}
    assert options == {
        "gate": ["", "battery", "crash", "driving"],
        "procedure": ["", "BAT-EOL", "CRS-EOL", "DRV-EOL"],
        "segment": ["", "1"],
    }


def test_every_cell_opens_its_car_at_that_characteristic(engineer, plant, three):
    rows = {row.label.name: row.cells for row in engineer.get(address(plant)).context["matrix_rows"]}
    for name, anchor in (("BOND", "c-BOND"), ("ISO", "c-ISO")):
        for cell, car in zip(rows[name], three, strict=False):
            assert cell.url == f"/vehicles/{car.vin}/#{anchor}"
            page = engineer.get(f"/vehicles/{car.vin}/").content.decode()
            assert page.count(f'id="{anchor}"') == 1
    assert rows["Hold"][0].url == f"/vehicles/{plant.vehicle.vin}/"


def test_the_overview_draws_what_is_wrong_and_says_it_in_words_behind(engineer, plant, three):
    overview = engineer.get(address(plant)).context["overview"]
    drawn = {row.label.name: row for row in overview.rows if row.label}
    assert [(str(status), word, cars) for status, word, cars in drawn["BOND"].said] == [
        ("fail", "Fail", "Car 1"),
        ("missing", "Missing", "Car 2"),
    ]
    assert drawn["BOND"].wrong == 2
    assert [segment.words for segment in overview.segments] == ["Cars 1 to 3: 2 with something wrong"]
    assert overview.height == 16 * len(overview.rows)


def test_rows_that_all_passed_fold_into_one(engineer, plant, record):
    pass_all(plant, record, plant.vehicle)
    context = engineer.get(address(plant)).context
    assert (context["overview"].rows, context["overview"].folded) == (
        (),
        "7 other characteristics: every car passed",
    )
    assert context["matrix_empty"][0] == "Nothing is wrong with any car."
    assert "Nothing is wrong with any car." in engineer.get(address(plant)).content.decode()


def test_a_batch_without_cars_or_plan_says_so(engineer, plant):
    empty = make_batch("EMPTY-1", configuration=plant.configuration)
    assert "No car is registered yet." in engineer.get(f"/batches/{empty.number}/matrix/").content.decode()
    assert engineer.get("/batches/NOT-THERE/matrix/").status_code == 404
    assert engineer.get(address(plant), {"after": "x"}).status_code == 404


def test_once_testing_is_closed_it_says_that_what_is_missing_fails(engineer, plant):
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    decide(plant)
    page = engineer.get(address(plant)).content.decode()
    assert "Testing is closed: what is missing fails its gate." in page


def test_the_page_of_the_batch_shows_it_and_a_poll_does_not_draw_it_again(engineer, plant, three):
    page = engineer.get(f"/batches/{plant.batch.number}/").content.decode()
    assert ('class="overview"' in page, "data-matrix>" in page) == (True, True)
    polled = engineer.get(f"/batches/{plant.batch.number}/", headers={"HX-Request": "true"}).content.decode()
    assert ('class="overview"' in polled, "data-matrix>" in polled) == (False, False)
    assert "Something was decided since: show it" in polled


def test_it_carries_no_style_and_no_script_of_its_own(engineer, plant, three):
    response = engineer.get(address(plant))
    assert re.findall(r"\sstyle=|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", response.content.decode()) == []


def count(client, path):
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_its_queries_do_not_grow(engineer, plant, record):
    fail(plant, record, plant.vehicle)
    decide(plant)
    one = count(engineer, address(plant))
    for _ in range(2):
        fail(plant, record, another(plant))
    decide(plant)
    assert (one, count(engineer, address(plant))) == (14, 14)


def test_sixty_cars_a_page_and_further_ones_behind(engineer, plant):
    make_vehicles(plant.batch, 70)
    decide(plant)
    first = engineer.get(address(plant)).context
    assert (first["matrix_cars"], first["matrix_words"]) == (list(range(1, 61)), "60 of 71 cars, 7 rows")
    ((_words, pager),) = first["matrix_pagers"]
    second = engineer.get(pager.next_url.partition("#")[0]).context
    assert second["matrix_cars"] == list(range(61, 72))


CARS = 2000 if LONG else 300

_REASONS = """
insert into inspections_openreason (batch_id, vehicle_id, domain, code, characteristic_id, position, requirement_id,
    found, required, detail)
select v.batch_id, v.id, p.domain,
    (array['measurement_failed', 'measurement_indeterminate', 'evidence_stale', 'rig_out_of_calibration'])[
        1 + abs(hashtext(v.sequence || '/' || c.code)) %% 4], c.id, q.position, null, '', '', '{}'
from inspections_vehicle v cross join inspections_characteristic c
join inspections_procedure p on p.id = c.procedure_id cross join unnest(c.positions) q(position)
where v.batch_id = %s and abs(hashtext(c.code || '-' || v.sequence || q.position)) %% 1000 < %s
"""


@pytest.fixture
def large(db, clock):
    """So many cars by 100 characteristics at two positions each, of which `wrong` in a thousand stand open."""

    def build(wrong):
        configuration = make_configuration("LARGE")
        lines = []
        for number, (domain, many) in enumerate((("battery", 34), ("crash", 33), ("driving", 33))):
            names = {f"LARGE-{number}{place:02d}": {"unit": "ohm", "positions": ["a", "b"]} for place in range(many)}
            make_procedure(f"LARGE-{domain.upper()}", domain, names)
            lines += [{"characteristic": name, "upper": Decimal(1)} for name in names]
        revision = make_revision(configuration, lines)
        batch = make_batch("LARGE-1", configuration=configuration)
        assert batch.revision_id == revision.pk
        Vehicle.objects.bulk_create(
            Vehicle(batch=batch, vin=vin(700_000 + place), sequence=place, registered_at=AT - timedelta(hours=1))
            for place in range(1, CARS + 1)
        )
        VehicleGate.objects.bulk_create(
            VehicleGate(
                vehicle_id=number, domain=domain, batch_id=batch.pk, state=1, counted=True, decided_at=AT, counter=1
            )
            for number in Vehicle.objects.filter(batch=batch).values_list("pk", flat=True)
            for domain in ("battery", "crash", "driving")
        )
        with connection.cursor() as cursor:
            cursor.execute(_REASONS, [batch.pk, wrong])
        return batch

    return build


@pytest.mark.parametrize("wrong", [pytest.param(10, marks=deep, id="2 % wrong"), pytest.param(175, id="a third wrong")])
def test_thousands_of_cars_by_a_hundred_characteristics_stay_usable(engineer, large, wrong, record_property):
    batch = large(wrong)
    path = f"/batches/{batch.number}/matrix/"
    assert count(engineer, path) == 14
    for query in ("", "?show=all"):
        response = engineer.get(path + query)
        sent = len(gzip.compress(response.content))
        record_property(f"bytes {query}", sent)
        assert sent < 300_000
        assert (len(response.context["matrix_cars"]), len(response.context["matrix_rows"])) == (60, 100)
    sent = len(gzip.compress(engineer.get(f"/batches/{batch.number}/").content))
    record_property("bytes of the page of the batch", sent)
    assert sent < 300_000
