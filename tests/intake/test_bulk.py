"""Thousands at a time: each item stands alone, whatever the others hold."""

import json
from typing import Any

import pytest

from inspections.intake.models import Kept
from inspections.marks.models import Mark
from inspections.results.models import Inspection, Measurement
from tests.factories import Plant, make_vehicle, vin
from tests.intake.posting import NDJSON, body, fields, send, send_bulk


def counts(content: Any) -> tuple[int, ...]:
    return tuple(content[key] for key in ("received", "recorded", "repeated", "waiting", "refused"))


def array(*items: bytes) -> bytes:
    return b"[" + b",".join(items) + b"]"


def mixed(plant: Plant) -> list[bytes]:
    return [
        body(plant, id="1"),
        body(plant, id="2", vin=vin(999)),
        body(plant, id="3", procedure="NO-SUCH"),
        body(plant, id="4", verdict="maybe"),
        body(plant, id="1"),
        body(plant, id="1", operator="9"),
        body(plant, id="5").replace(b"0.043", b"NaN"),
        b"7",
    ]


@pytest.mark.parametrize("media_type", ["application/json", NDJSON])
def test_each_item_is_answered_as_if_it_were_sent_alone(plant: Plant, media_type: str) -> None:
    items = mixed(plant)
    sent = b"\n".join(items) if media_type == NDJSON else array(*items)
    answer = send_bulk(plant, sent, media_type)
    assert (answer.status, counts(answer.content)) == (200, (8, 2, 1, 1, 4))
    problems = [(row["index"], row["id"], row["status"], row["code"]) for row in answer.content["problems"]]
    assert problems == [
        (2, "3", 422, "unknown_procedure"),
        (3, "4", 400, "invalid"),
        (5, "1", 409, "id_conflict"),
        (7, None, 400, "invalid"),
    ]
    assert answer.content["problems"][1]["detail"].startswith("/verdict ")
    assert set(Inspection.objects.values_list("external_id", flat=True)) == {"1", "5"}
    assert Kept.objects.filter(kind="refused").count() == 4
    assert Kept.objects.filter(kind="waiting").count() == 1


def test_a_broken_line_spoils_no_other(plant: Plant) -> None:
    sent = b"\n".join([body(plant, id="1"), body(plant, id="2")[:-30], body(plant, id="3"), b""])
    answer = send_bulk(plant, sent, NDJSON)
    assert counts(answer.content) == (3, 2, 0, 0, 1)
    assert [row["code"] for row in answer.content["problems"]] == ["malformed_body"]


def test_sending_all_of_it_again_repeats_what_was_recorded(plant: Plant) -> None:
    sent = array(*mixed(plant))
    send_bulk(plant, sent)
    assert counts(send_bulk(plant, sent).content) == (8, 0, 3, 1, 4)
    assert (Inspection.objects.count(), Kept.objects.count()) == (2, 5)


def test_two_that_wait_under_one_id_are_told_apart(plant: Plant) -> None:
    waits = body(plant, id="1", vin=vin(999))
    other = body(plant, id="1", vin=vin(999), operator="9")
    assert counts(send_bulk(plant, array(waits, waits, other)).content) == (3, 0, 0, 2, 1)


def test_a_body_that_is_no_array_is_refused_whole_and_blocks_every_car_that_it_names(plant: Plant) -> None:
    other = make_vehicle(plant.batch)
    Mark.objects.all().delete()
    sent = array(body(plant, id="1"), body(plant, id="2", vin=other.vin))[:-1]
    answer = send_bulk(plant, sent)
    assert (answer.status, answer.content["code"]) == (400, "malformed_body")
    assert not Inspection.objects.exists()
    rows = Kept.objects.order_by("external_id").values_list("external_id", "vin", "body")
    assert [(row[0], row[1]) for row in rows] == [("1", plant.vehicle.vin), ("2", other.vin)]
    assert sorted(0 if row[2] is None else len(bytes(row[2])) for row in rows) == [0, len(sent)]
    assert set(Mark.objects.values_list("vehicle_id", flat=True)) == {plant.vehicle.pk, other.pk}


def test_sending_it_whole_settles_what_the_broken_one_named(plant: Plant) -> None:
    whole = array(body(plant, id="1"), body(plant, id="2"))
    send_bulk(plant, whole[:-1])
    assert counts(send_bulk(plant, whole).content) == (2, 2, 0, 0, 0)
    assert set(Kept.objects.values_list("state", flat=True)) == {"recorded"}


@pytest.mark.parametrize("sent", [b"", b"{}", b"null", b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_array_is_answered_400_and_kept(plant: Plant, sent: bytes) -> None:
    answer = send_bulk(plant, sent)
    assert answer.status == 400
    assert Kept.objects.get().size == len(sent)


def test_more_than_5000_items_are_refused_whole(plant: Plant) -> None:
    answer = send_bulk(plant, array(*[b"0"] * 5001))
    assert (answer.status, answer.content["errors"][0]["code"]) == (400, "too_many")
    assert Kept.objects.count() == 1


def test_a_million_items_are_refused_whole(plant: Plant) -> None:
    assert send_bulk(plant, array(*[b"0"] * 1_000_000)).status == 400


def test_more_than_16_mib_are_refused_whole(plant: Plant) -> None:
    assert send_bulk(plant, b" " * (16 * 1024 * 1024 + 1)).status == 413


def test_an_empty_array_is_none_received(plant: Plant) -> None:
    assert counts(send_bulk(plant, b"[]").content) == (0, 0, 0, 0, 0)


def test_two_thousand_take_two_chunks_and_a_fixed_number_of_statements(
    plant: Plant, django_assert_num_queries: Any
) -> None:
    send(plant, body(plant, id="warm"))
    sent = json.dumps([fields(plant, id=f"B{place}") for place in range(2000)]).encode()
    with django_assert_num_queries(2 * 11):
        answer = send_bulk(plant, sent)
    assert counts(answer.content) == (2000, 2000, 0, 0, 0)
    assert Measurement.objects.count() == 4 * 2001
