"""Members of a body take their own type of JSON value and no other."""

from datetime import UTC, datetime

import pytest
from rest_framework import serializers

from inspections.api.problems import field_errors
from inspections.api.serializers.batches import FittingsSerializer, VehiclesSerializer
from inspections.api.serializers.fields import Moment, StrictSerializer, Text, Vin, Whole


class Body(StrictSerializer):
    text = Text(most=5, required=False)
    lot = Text(most=5, required=False, empty=True)
    vin = Vin(required=False)
    count = Whole(least=1, most=9, required=False)
    at = Moment(required=False)


def codes(data, form=Body):
    serializer = form(data=data)
    serializer.is_valid()
    return [(error.pointer, error.code) for error in field_errors(serializer.errors)]


@pytest.mark.parametrize("text", ["a", "A b c", "总装一线", "a-/.5", "é"])
def test_text_as_people_write_it_is_taken(text):
    assert codes({"text": text}) == []


@pytest.mark.parametrize(
    "value, code",
    [
        ("", "blank"),
        (" a", "pattern"),
        ("a ", "pattern"),
        ("a\n", "pattern"),
        ("a\x00b", "pattern"),
        ("a\x9bb", "pattern"),
        ("abcdef", "too_long"),
        ("a\ud800", "surrogate"),
        (1, "type"),
        (1.5, "type"),
        (True, "type"),
        (None, "null"),
        ([], "type"),
        ({}, "type"),
    ],
)
def test_text_that_cannot_be_stored_or_found_again_is_refused(value, code):
    assert codes({"text": value}) == [("/text", code)]


def test_text_that_may_be_empty_is_taken_empty():
    assert codes({"lot": ""}) == []


@pytest.mark.parametrize("value", ["lsgpc52u6af102554", "LSGPC52U6AF10255", "LSGPC52U6AF10255I", "LSGPC52U6AF102554\n"])
def test_vin_of_another_form_is_refused(value):
    assert codes({"vin": value})[0][0] == "/vin"


@pytest.mark.parametrize(
    "value, code",
    [
        (0, "range"),
        (10, "range"),
        (10**400, "range"),
        (5.5, "type"),
        (float("inf"), "type"),
        (1e30, "range"),
        ("5", "type"),
        (True, "type"),
    ],
)
def test_whole_number_is_neither_text_nor_truth_nor_float(value, code):
    assert codes({"count": value}) == [("/count", code)]


def test_time_keeps_its_moment():
    serializer = Body(data={"at": "2026-11-22T08:14:03.120+08:00"})
    assert serializer.is_valid()
    assert serializer.validated_data["at"] == datetime(2026, 11, 22, 0, 14, 3, 120_000, UTC)


def test_time_is_handed_on_in_utc_because_the_database_reads_no_offset_beyond_sixteen_hours():
    serializer = Body(data={"at": "2026-11-22T23:00:00+23:00"})
    assert serializer.is_valid()
    assert serializer.validated_data["at"].isoformat() == "2026-11-22T00:00:00+00:00"


@pytest.mark.parametrize(
    "value, code",
    [
        ("2026-11-22T08:14:03", "form"),
        ("2026-11-22", "form"),
        ("yesterday", "form"),
        ("2026-13-22T08:14:03Z", "form"),
        ("1999-12-31T23:59:59Z", "range"),
        ("0001-01-01T00:00:00+23:00", "range"),
        ("9999-12-31T23:59:59-12:00", "range"),
        (1700000000, "type"),
    ],
)
def test_time_without_offset_or_sense_is_refused(value, code):
    assert codes({"at": value}) == [("/at", code)]


def test_member_that_nobody_knows_is_refused_beside_the_others():
    assert codes({"txet": "a", "text": ""}) == [("/txet", "unknown"), ("/text", "blank")]


@pytest.mark.parametrize("data", [[], "text", 5, None, True])
def test_body_that_is_no_object_is_refused(data):
    assert codes(data) in ([("", "invalid")], [("", "null")])


def test_list_of_a_million_is_refused_before_its_items_are_read():
    assert codes({"vehicles": [{}] * 1_000_000}, VehiclesSerializer) == [("/vehicles", "max_length")]


def test_item_of_a_list_is_pointed_at():
    vehicle = {"vin": "LSGPC52U6AF102554", "sequence": 1}
    assert codes({"vehicles": [vehicle, {**vehicle, "sequence": 0}]}, VehiclesSerializer) == [
        ("/vehicles/1/sequence", "range")
    ]


def test_change_that_changes_nothing_is_refused():
    assert codes({"at": "2026-11-22T08:14:03Z", "fitted": []}, FittingsSerializer) == [("", "empty")]


def test_fields_are_strict_about_null_unless_told():
    with pytest.raises(serializers.ValidationError):
        Body(data={"count": None}).is_valid(raise_exception=True)
