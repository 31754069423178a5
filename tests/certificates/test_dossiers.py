"""The dossier of a batch: all of its cars, those that stay behind too, and none called better than it is."""

import json
import re
from datetime import timedelta

import pytest

from inspections.batches.models import Batch
from inspections.certificates import dossiers
from inspections.certificates.choices import Answer
from inspections.certificates.queries import certificates_of_batch, standing_of
from inspections.certificates.rules import CertificateRefused
from inspections.dispositions.services import place_hold
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch
from inspections.results.services import record_inspections
from tests import concessions
from tests.factories import AT, become, changed_value, make_engineer, make_vehicles
from tests.papers import deliver, drawn, pdf_of, release, scanned, text_of

HOUR = timedelta(hours=1)
BAD = changed_value("BAT-EOL", "BOND", "0.2")


def facts(paper):
    return json.loads(paper.content)["facts"]


def by_sequence(paper):
    return {car["sequence"]: car for car in facts(paper)["vehicles"]}


@pytest.fixture
def mixed(plant, record):
    """Released, conceded, failed, untested, destroyed, and a car that was held after its release."""
    record(*plant.passing())
    conceded, failed, _untested, destroyed, held = concessions.more_cars(plant, 5)
    concessions.measure_squib(plant, cars=[conceded])
    concessions.approve(concessions.propose(conceded))
    record(plant.posted(vin=failed.vin, measurements=BAD))
    become(destroyed, "destroyed_for_test")
    record(*plant.passing(vin=held.vin))
    release(plant.batch)
    place_hold(batch=plant.batch, vehicle=held, reason="a rattle", actor=make_engineer(), at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    return Batch.objects.get(pk=plant.batch.pk)


def test_each_car_stands_as_it_is(mixed, issue):
    cars = by_sequence(issue(mixed))
    assert {number: (car["released"], list(car["verdicts"].values())) for number, car in cars.items()} == {
        1: (True, ["passed", "passed", "passed"]),
        2: (True, ["passed", "conceded", "passed"]),
        3: (False, ["failed", "pending", "pending"]),
        4: (False, ["pending", "pending", "pending"]),
        5: (False, ["pending", "pending", "pending"]),
        6: (False, ["passed", "passed", "passed"]),
    }
    assert [len(car["concessions"]) for car in cars.values()] == [0, 1, 0, 0, 0, 0]
    assert {reason["code"] for reason in cars[3]["reasons"]} >= {"measurement_failed", "missing_result", "hold_active"}
    assert [reason["code"] for reason in cars[5]["reasons"]] == ["not_for_delivery"]
    assert [reason["code"] for reason in cars[6]["reasons"]] == ["hold_active"]


@pytest.mark.law(1)
def test_law_1_a_car_is_called_released_exactly_if_the_mes_would_be_told_that_it_may_leave(mixed, issue):
    for car in facts(issue(mixed))["vehicles"]:
        assert car["released"] == clearance(vin=car["vin"], at=AT).may_leave


def test_what_was_asked_is_counted_over_the_cars_for_customers(mixed, issue):
    rows = {row["code"]: row for row in facts(issue(mixed))["requirements"]}
    counts = {code: (row["passed"], row["conceded"], row["not_passed"]) for code, row in rows.items()}
    assert counts["SQUIB"] == (2, 1, 2)
    assert counts["BOND"] == (3, 0, 2)
    assert {sum(each) for each in counts.values()} == {5}


def test_fails_concessions_holds_and_signatures_stand_in_full(mixed, issue):
    paper = issue(mixed)
    said = facts(paper)
    (conceded,) = said["concessions"]
    assert said["vehicles"][1]["concessions"] == [conceded["number"]]
    assert {row["vin"] for row in said["findings"]} == {said["vehicles"][1]["vin"], said["vehicles"][2]["vin"]}
    assert {row["reason"] for row in said["holds"]} >= {"a rattle"}
    assert [len(row["signatures"]) for row in said["releases"]] == [2]
    plain = re.sub(r"\s", "", text_of(pdf_of(paper)))
    for words in ("批次检验与放行档案", "留下的车辆及原因", "arattle", conceded["number"], "本档案不是车辆一致性证书"):
        assert words in plain
    assert paper.code in scanned(pdf_of(paper))


def test_asked_again_it_is_the_same_and_it_ends_as_the_record_moves(mixed, plant, issue, record):
    paper = issue(mixed)
    assert issue(mixed, at=AT + HOUR) == paper
    assert standing_of(paper, at=AT + HOUR).answer is Answer.VALID
    record(plant.posted(measurements=BAD, finished_at=AT + HOUR), at=AT + HOUR, decide=False)
    assert standing_of(paper, at=AT + HOUR).answer is Answer.UNKNOWN
    decide_batch(batch_id=mixed.pk, at=AT + HOUR)
    assert standing_of(paper, at=AT + HOUR).answer is Answer.NO_LONGER
    later = issue(mixed, at=AT + HOUR)
    assert by_sequence(later)[1]["released"] is False
    assert [row.ordinal for row in certificates_of_batch(batch_id=mixed.pk)] == [2, 1]


def test_that_a_car_leaves_ends_no_dossier(mixed, plant, issue):
    paper = issue(mixed)
    deliver(plant.vehicle)
    assert standing_of(paper, at=AT + HOUR).answer is Answer.VALID
    assert by_sequence(paper)[1]["released"]


def test_there_is_none_before_a_release_was_signed(plant, good_car, issue):
    with pytest.raises(CertificateRefused) as refusal:
        issue(plant.batch)
    assert refusal.value.code == "not_released"


def test_more_cars_than_a_dossier_takes_are_refused_and_never_cut(mixed, issue, monkeypatch):
    monkeypatch.setattr(dossiers, "MOST_CARS", 5)
    with pytest.raises(CertificateRefused) as refusal:
        issue(mixed)
    assert refusal.value.code == "too_many"


def test_two_hundred_and_twenty_cars_are_all_on_it_with_heads_and_numbers_on_every_page(plant, issue, record):
    from inspections.certificates.rules import shown_number

    record(*plant.passing())
    release(plant.batch)
    make_vehicles(plant.batch, 219)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    paper = issue(plant.batch)
    assert len(facts(paper)["vehicles"]) == 220
    import io

    import pypdf

    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf_of(paper))).pages]
    plain = re.sub(r"\s", "", "".join(pages))
    assert [car["vin"] for car in facts(paper)["vehicles"] if plain.count(car["vin"]) < 2] == [
        facts(paper)["vehicles"][0]["vin"]
    ]
    assert all(shown_number(paper.number) in text and f"of {len(pages)}" in text for text in pages)
    assert len(pages) == len(drawn(pdf_of(paper), scale=0.2)) > 8


def test_collecting_takes_as_many_statements_for_many_cars_as_for_one(plant, record, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    record(*plant.passing())
    release(plant.batch)
    asked = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as statements:
            dossiers.collect_batch(batch_id=plant.batch.pk, at=AT)
        asked.append(len(statements))
        record_inspections(
            items=[item for car in concessions.more_cars(plant, 3) for item in plant.passing(vin=car.vin)],
            rig=plant.rig, actor=plant.rig_actor, at=AT,
        )  # fmt: skip
        decide_batch(batch_id=plant.batch.pk, at=AT)
    assert asked[0] == asked[1]
