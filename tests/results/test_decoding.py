"""What a rig posts is read exactly, and whatever cannot be read is refused with a pointer, never with an exception."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.results.decoding import (
    BodyRefused,
    WrittenNumber,
    content_digest,
    decode_fields,
    decode_inspection,
    split_array,
    split_lines,
)

CONTROL = "control_character"
WHOLE: dict[str, Any] = {
    "id": "EOL3-000417",
    "vin": "LSGPC52U6AF102554",
    "procedure": "BAT-EOL-ELEC",
    "started_at": "2026-11-22T08:14:03.120+08:00",
    "finished_at": "2026-11-22T08:14:41.877+08:00",
    "measurements": [{"characteristic": "BAT-EOL-BOND", "position": "charge-port", "value": 0.043, "unit": "ohm"}],
}


def body(**changed: Any) -> bytes:
    return json.dumps({**WHOLE, **changed}).encode()


def valued(written: str) -> bytes:
    """A body whose one value is spelled so."""
    return body().replace(b"0.043", written.encode())


def refusal(sent: bytes) -> tuple[str, str]:
    with pytest.raises(BodyRefused) as refused:
        decode_inspection(sent)
    return refused.value.errors[0].pointer, refused.value.errors[0].code


class TestNumbersAsWritten:
    @pytest.mark.law(5)
    @pytest.mark.parametrize(
        "written", ["0.043", "0.10", "1e3", "12345678901234567890.123456789", "0.1000000000000000055", "812", "1e400"]
    )
    def test_a_number_keeps_every_digit(self, written: str) -> None:
        assert decode_inspection(valued(written)).measurements[0].value == WrittenNumber(written)

    @pytest.mark.law(5)
    @given(st.decimals(allow_nan=False, allow_infinity=False, places=20))
    def test_no_number_passes_a_binary_float(self, number: Decimal) -> None:
        value = decode_inspection(valued(str(number))).measurements[0].value
        assert type(value) is WrittenNumber
        assert Decimal(value) == number

    @pytest.mark.parametrize("bare", ["NaN", "Infinity", "-Infinity"])
    def test_a_bare_constant_is_read_as_that_text(self, bare: str) -> None:
        value = decode_inspection(valued(bare)).measurements[0].value
        assert (type(value), value) == (str, bare)

    def test_numbers_beside_a_bare_nan_keep_every_digit(self) -> None:
        both = [{"characteristic": "A", "value": "x"}, {"characteristic": "B", "value": "y"}]
        sent = body(measurements=both).replace(b'"x"', b"NaN").replace(b'"y"', b"0.1000000000000000055")
        values = [item.value for item in decode_inspection(sent).measurements]
        assert values == ["NaN", WrittenNumber("0.1000000000000000055")]
        assert type(values[1]) is WrittenNumber

    @pytest.mark.parametrize("value", ["4.10", True, False, None])
    def test_texts_booleans_and_null_stay_what_they_are(self, value: Any) -> None:
        measured = [{"characteristic": "A", "value": value}]
        read = decode_inspection(body(measurements=measured)).measurements[0].value
        assert (type(read), read) == (type(value), value)


class TestRefusedWithAPointer:
    @pytest.mark.parametrize("key", ["id", "procedure", "started_at", "finished_at", "measurements"])
    def test_a_missing_field_is_named(self, key: str) -> None:
        fields = {name: value for name, value in WHOLE.items() if name != key}
        assert refusal(json.dumps(fields).encode()) == (f"/{key}", "missing")

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"id": ""}, ("/id", "blank")),
            ({"id": "  "}, ("/id", "blank")),
            ({"id": "x" * 129}, ("/id", "too_long")),
            ({"id": 7}, ("/id", "wrong_type")),
            ({"id": "a\x00b"}, ("/id", "control_character")),
            ({"id": "a\x1bb"}, ("/id", "control_character")),
            ({"id": "a\ud800"}, ("/id", "control_character")),
            ({"id": "a\u202eb"}, ("/id", "control_character")),
            ({"vin": "LSGPC52U6AF10255"}, ("/vin", "vin_malformed")),
            ({"vin": "LSGPC52U6AF1O2554"}, ("/vin", "vin_malformed")),
            ({"vin": None}, ("", "subject")),
            ({"component": {"kind": "pack", "serial": "1"}}, ("", "subject")),
            ({"vin": None, "component": {"kind": "pack"}}, ("/component/serial", "missing")),
            ({"vin": None, "component": {"kind": "pack", "serial": "P-1 "}}, ("/component/serial", "padded")),
            ({"vin": None, "component": {"kind": "\u3000pack", "serial": "1"}}, ("/component/kind", "padded")),
            ({"vin": None, "component": {"kind": "pack", "serial": " "}}, ("/component/serial", "padded")),
            (
                {"vin": None, "component": {"kind": "pack", "serial": "P\u200b1"}},
                ("/component/serial", "control_character"),
            ),
            ({"vin": None, "material": {"kind": "a", "lot": "b\u00a0"}}, ("/material/lot", "padded")),
            ({"vin": None, "material": {"kind": "a", "lot": "b", "x/~": 1}}, ("/material/x~1~0", "unknown_field")),
            ({"started_at": "2026-11-22T08:14:03"}, ("/started_at", "no_offset")),
            ({"started_at": "yesterday"}, ("/started_at", "bad_time")),
            ({"started_at": 5}, ("/started_at", "wrong_type")),
            ({"started_at": "0001-01-01T00:00:00+08:00"}, ("/started_at", "bad_time")),
            ({"finished_at": "9999-12-31T23:59:59-08:00"}, ("/finished_at", "bad_time")),
            ({"purpose": "again"}, ("/purpose", "not_a_choice")),
            ({"verdict": "PASS"}, ("/verdict", "not_a_choice")),
            ({"operator": "a" * 65}, ("/operator", "too_long")),
            ({"software": [{"system": "BMS"}]}, ("/software/0/version", "missing")),
            ({"software": [{"system": "BMS", "version": "1"}] * 2}, ("/software/1", "duplicate_system")),
            ({"colour": "red"}, ("/colour", "unknown_field")),
            ({"measurements": {}}, ("/measurements", "wrong_type")),
            ({"measurements": [{"characteristic": "A", "value": [1]}]}, ("/measurements/0/value", "value_type")),
            ({"measurements": [{"characteristic": "A", "value": {}}]}, ("/measurements/0/value", "value_type")),
            ({"measurements": [{"characteristic": "A", "value": "x" * 1001}]}, ("/measurements/0/value", "too_long")),
            ({"measurements": [{"characteristic": "\x07"}]}, ("/measurements/0/characteristic", "control_character")),
            ({"measurements": [{"characteristic": "", "value": 1}]}, ("/measurements/0/characteristic", "blank")),
            ({"measurements": [{"characteristic": "A", "unit": "\0"}]}, ("/measurements/0/unit", "control_character")),
            ({"measurements": [{"characteristic": "A", "value": "\0"}]}, ("/measurements/0/value", CONTROL)),
            ({"measurements": [{"characteristic": "A"}, {"value": 1}]}, ("/measurements/1/characteristic", "missing")),
            ({"measurements": [{"characteristic": "A", "limit": 1}]}, ("/measurements/0/limit", "unknown_field")),
            ({"measurements": [{"characteristic": "A"}] * 2}, ("/measurements/1", "duplicate_measurement")),
            ({"measurements": [{"characteristic": "A"}] * 2001}, ("/measurements", "too_many")),
        ],
    )  # fmt: skip
    def test_a_fault_is_located(self, changed: dict[str, Any], expected: tuple[str, str]) -> None:
        assert refusal(body(**changed)) == expected

    @pytest.mark.parametrize(
        ("sent", "code"),
        [
            (b"", "malformed_json"),
            (b"{", "malformed_json"),
            (b"<xml/>", "malformed_json"),
            (b"[]", "wrong_type"),
            (b"null", "wrong_type"),
            (b"NaN", "wrong_type"),
            (body() + b"x", "malformed_json"),
            (body().replace(b"EOL3", b"\xff"), "not_utf8"),
            (body().replace(b"EOL3", b"a\nb"), "malformed_json"),
            (b"[" * 500_000, "wrong_type"),
            (body(measurements=[{"characteristic": "A", "value": 1}]).replace(b"1}", b"[" * 100_000), "too_deep"),
            (b'{"a":' * 100_000, "unknown_field"),
            (body(measurements=[0] * 1_000_000), "too_large"),
            (valued("1" * 5000), "too_long"),
            (valued("0." + "1" * 5000), "too_long"),
            (valued("01"), "malformed_json"),
            (valued("1_000"), "malformed_json"),
        ],
    )
    def test_what_is_no_inspection_is_refused(self, sent: bytes, code: str) -> None:
        assert refusal(sent)[1] == code

    @pytest.mark.parametrize(
        "twice",
        [
            body().replace(b'"value": 0.043', b'"value":0.043,"value":0.2'),
            body().replace(b": ", b":").replace(b'"value":0.043', b'"value":0.043,"value":0.2'),
            body().replace(b": ", b":").replace(b'"value":0.043', b'"value" :0.043,"value":0.2'),
            body().replace(b": ", b":").replace(b'"value":0.043', b'"value":0.043,"v\\u0061lue":0.2'),
            body(verdict="pass").replace(b'"pass"', b'"pass", "verdict": "fail"'),
        ],
    )
    def test_a_key_given_twice_is_refused_since_either_could_be_meant(self, twice: bytes) -> None:
        assert refusal(twice) == ("", "duplicate_key")

    def test_a_bare_nan_stands_for_no_text(self) -> None:
        assert refusal(body(id=0).replace(b'"id": 0', b'"id": NaN')) == ("/id", "wrong_type")

    @given(st.binary(max_size=60), st.integers(0, len(body())))
    def test_no_bytes_whatever_raise_anything_else(self, noise: bytes, place: int) -> None:
        for sent in (noise, body()[:place] + noise + body()[place:]):
            with suppress(BodyRefused):
                decode_inspection(sent)

    def test_several_faults_are_told_at_once(self) -> None:
        with pytest.raises(BodyRefused) as refused:
            decode_inspection(body(vin="X", measurements=[{"characteristic": "A", "value": []}] * 2))
        assert [error.code for error in refused.value.errors] == [
            "vin_malformed", "value_type", "value_type", "duplicate_measurement",
        ]  # fmt: skip


class TestContentDigest:
    def same(self, **changed: Any) -> bool:
        return content_digest(decode_inspection(body(**changed))) == content_digest(decode_inspection(body()))

    def test_it_is_a_sha256(self) -> None:
        assert len(content_digest(decode_inspection(body()))) == 32

    @pytest.mark.parametrize(
        "changed",
        [
            {"started_at": "2026-11-22T00:14:03.12Z"},
            {"operator": None, "software": None, "verdict": None},
            {"measurements": [{**WHOLE["measurements"][0], "value": "0.0430"}]},
            {"measurements": [{**WHOLE["measurements"][0], "value": "43e-3", "verdict": None}]},
        ],
    )
    def test_the_same_content_spelled_otherwise_is_the_same(self, changed: dict[str, Any]) -> None:
        assert self.same(**changed)

    @pytest.mark.parametrize(
        "changed",
        [
            {"id": "EOL3-000418"},
            {"vin": "1HGCM82633A004352"},
            {"procedure": "BAT-EOL"},
            {"finished_at": "2026-11-22T08:14:41.878+08:00"},
            {"purpose": "initial"},
            {"operator": "9"},
            {"verdict": "pass"},
            {"software": [{"system": "BMS", "version": "1"}]},
            {"measurements": []},
            {"measurements": [{**WHOLE["measurements"][0], "value": "0.0431"}]},
            {"measurements": [{**WHOLE["measurements"][0], "unit": "mohm"}]},
            {"measurements": [{**WHOLE["measurements"][0], "unit": None}]},
            {"measurements": [{**WHOLE["measurements"][0], "position": None}]},
            {"measurements": [{**WHOLE["measurements"][0], "verdict": "pass"}]},
        ],
    )
    def test_other_content_is_other(self, changed: dict[str, Any]) -> None:
        assert not self.same(**changed)

    @pytest.mark.parametrize(
        ("one", "other"),
        [(True, "true"), (None, ""), (True, 1), ("0.10000000000000000000000000000001", 0.1), ("1e999", "1e998")],
    )
    def test_values_of_another_kind_are_other(self, one: Any, other: Any) -> None:
        digests = {
            content_digest(decode_inspection(body(measurements=[{"characteristic": "A", "value": value}])))
            for value in (one, other)
        }
        assert len(digests) == 2

    def test_the_order_of_measurements_and_software_says_nothing(self) -> None:
        measured = [{"characteristic": "A", "value": 1}, {"characteristic": "B", "value": 2}]
        software = [{"system": "A", "version": "1"}, {"system": "B", "version": "1"}]
        forward = decode_inspection(body(measurements=measured, software=software))
        backward = decode_inspection(body(measurements=measured[::-1], software=software[::-1]))
        assert content_digest(forward) == content_digest(backward)


class TestFields:
    def test_fields_of_a_form_come_to_the_same_inspection(self) -> None:
        started = datetime(2026, 11, 22, 8, 14, 3, 120000, tzinfo=timezone(timedelta(hours=8)))
        finished = datetime(2026, 11, 22, 0, 14, 41, 877000, tzinfo=UTC)
        measured = [{**WHOLE["measurements"][0], "value": Decimal("0.043")}]
        fields = {**WHOLE, "started_at": started, "finished_at": finished, "measurements": measured}
        assert content_digest(decode_fields(fields)) == content_digest(decode_inspection(body()))

    def test_a_time_without_offset_is_refused(self) -> None:
        naive = datetime(2026, 11, 22, 8, 14)  # noqa: DTZ001 the fault that is tested
        with pytest.raises(BodyRefused) as refused:
            decode_fields({**WHOLE, "started_at": naive})
        assert refused.value.errors[0].code == "no_offset"


class TestSplitting:
    def test_an_array_is_cut_into_its_items_as_sent(self) -> None:
        assert split_array(b' [{"a": 1.10},\n{"b":2} ] ') == [b'{"a": 1.10}', b'{"b":2}']

    def test_a_bare_nan_in_one_item_leaves_the_others_as_sent(self) -> None:
        assert split_array('[{"a": NaN}, {"b": 1.10, "c": "é"} ,7]'.encode()) == [
            b'{"a": NaN}', '{"b": 1.10, "c": "é"}'.encode(), b"7",
        ]  # fmt: skip

    def test_an_empty_array_has_no_items(self) -> None:
        assert split_array(b"[ ]") == []

    @pytest.mark.parametrize(
        "sent",
        [
            b"",
            b"{}",
            b"[1,]",
            b"[1",
            b"[1 2]",
            b"[NaN,]",
            b"[NaN",
            b"[NaN 1]",
            b"[NaN] 1",
            b"[,]",
            b"\xff",
            b"[" * 10**6,
        ],
    )
    def test_a_body_that_is_no_array_is_refused_as_a_whole(self, sent: bytes) -> None:
        with pytest.raises(BodyRefused):
            split_array(sent)

    def test_lines_stand_alone(self) -> None:
        assert split_lines(b'{"a":1}\r\n\n  \nbroken\n{"b":NaN}') == [b'{"a":1}', b"broken", b'{"b":NaN}']
