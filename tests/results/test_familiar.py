"""What is read from familiar bytes says what the ordinary reading says; what is out of order is never familiar."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from inspections.evaluation.inspecting import ProcedureJudge
from inspections.evaluation.reasons import Outcome
from inspections.intake.waiting import waiting_body
from inspections.results import decoding
from inspections.results import familiar as familiar_module
from inspections.results.decoding import (
    BodyRefused,
    FileValue,
    WrittenNumber,
    content_digest,
    decode_fields,
    decode_inspection,
    decode_items,
    decode_values,
)
from inspections.results.familiar import familiar_measurements
from inspections.results.posted import FamiliarMeasurement, PostedInspection
from inspections.results.readings import reading_of
from inspections.results.ready import KnownCharacteristic, KnownProcedure, ReadyJudge
from tests.evaluation.builders import BONDING, requirement

HEAD: dict[str, Any] = {
    "id": "1",
    "vin": "LSGPC52U6AF102554",
    "procedure": "P",
    "started_at": "2026-11-22T00:14:03Z",
    "finished_at": "2026-11-22T00:14:41Z",
}
HEAD_FIELDS = {
    **HEAD,
    "started_at": datetime(2026, 11, 22, tzinfo=UTC),
    "finished_at": datetime(2026, 11, 23, tzinfo=UTC),
}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(float),
    st.text(max_size=20),
    st.sampled_from(["0.043", "NaN", "", "true", "1e5", "-0", "0.0"]),
)
MEASURED = st.fixed_dictionaries(
    {"characteristic": st.sampled_from(["A", "B", "C", "Ä", 'q"', "\t"])},
    optional={
        "value": VALUES,
        "unit": st.sampled_from(["V", "", "Ω", "\x00", None]),
        "position": st.sampled_from(["FL", "FR", None]),
        "verdict": st.sampled_from(["pass", "fail", "maybe", None]),
    },
)


def said(posted: PostedInspection) -> list[tuple[Any, ...]]:
    return [
        (item.characteristic, item.value, type(item.value), item.unit, item.position, item.verdict)
        for item in posted.measurements
    ]


def outcome(sent: bytes) -> tuple[Any, ...]:
    try:
        return told(decode_inspection(sent))
    except BodyRefused as refused:
        return told(refused)


def told(read: PostedInspection | BodyRefused) -> tuple[Any, ...]:
    if isinstance(read, BodyRefused):
        return ("refused", *[(fault.pointer, fault.code) for fault in read.errors])
    return said(read), content_digest(read)


def unfamiliar(sent: bytes) -> tuple[Any, ...]:
    """As it is read where nothing is familiar."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "familiar_measurements", lambda raws: None)
        return outcome(sent)


FILE_VALUES = st.builds(
    FileValue,
    st.sampled_from(["A", "B", "", "\t", "x" * 200, "x" * 201]),
    st.one_of(
        st.none(),
        st.booleans(),
        st.decimals(allow_nan=True, allow_infinity=True, places=None),
        st.sampled_from([Decimal("1.0"), Decimal("1.00"), "1.0", "NaN", Decimal("1E+5"), "\x00", "y" * 1001, []]),
        st.text(max_size=5),
    ),
    st.sampled_from(["V", "", None, "u" * 32, "u" * 33]),
    st.sampled_from(["FL", "FR", None, "", "p" * 65]),
    st.sampled_from(["pass", "fail", None, "maybe"]),
)


@given(st.lists(st.lists(FILE_VALUES, max_size=3), min_size=1, max_size=4))
def test_values_of_a_file_say_what_the_ordinary_reading_says(tests: list[list[FileValue]]) -> None:
    def read(values: list[FileValue]) -> tuple[Any, ...]:
        try:
            return told(decode_values(HEAD_FIELDS, values))
        except BodyRefused as refused:
            return told(refused)

    def plainly(values: list[FileValue]) -> tuple[Any, ...]:
        try:
            return told(decode_fields({**HEAD_FIELDS, "measurements": [one._asdict() for one in values]}))
        except BodyRefused as refused:
            return told(refused)

    for values in (*tests, *tests):
        assert read(values) == plainly(values)


def test_what_waits_is_kept_as_it_is_posted_whether_it_is_familiar_or_not() -> None:
    values = [FileValue("A", Decimal("1.50"), "V", None, "pass"), FileValue("B", None, None, "FL", None)]
    plain = decode_fields({**HEAD_FIELDS, "measurements": [one._asdict() for one in values]})
    body = waiting_body(decode_values(HEAD_FIELDS, values))
    assert body == waiting_body(plain)
    assert content_digest(decode_inspection(body)) == content_digest(plain)


@given(st.lists(MEASURED, max_size=4))
def test_familiar_bytes_say_what_the_ordinary_reading_says(measured: list[dict[str, Any]]) -> None:
    sent = json.dumps({**HEAD, "measurements": measured}).encode()
    assert [outcome(sent), outcome(sent)] == [unfamiliar(sent)] * 2


NUMBERS = st.one_of(
    st.from_regex(r"-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,11})?", fullmatch=True),
    st.sampled_from(
        ["-0", "-0.0", "1e5", "1E-3", "01", "1.", ".5", "+1", "NaN", "Infinity", "1 2", "1,2", '"1"', "[1]", ""]
    ),
)
AROUND = st.sampled_from(
    [
        ('{"characteristic":"A","value":', "}"),
        ('{"characteristic":"A","value": ', ',"unit":"V"}'),
        ('{"characteristic":"A","value" :', ',"unit":"V"}'),
        ('{"value":', ' ,"characteristic":"A","position":"FL","verdict":"fail"}'),
        ('{"characteristic":"A","value":1,"value":', "}"),
        ('{"characteristic":"A","unit":"\\"value\\":2,","value":', "}"),
        ('{"characteristic":"A","unit":"\\"value\\":', '}","value":3}'),
        ('{"characteristic":"A","odd":', ',"value":1}'),
        ('{"characteristic":"A","value":{"value":', "}}"),
        ('{"characteristic":"value","unit":', ',"value":1}'),
    ]
)


@pytest.mark.law(1)
@given(st.lists(st.tuples(AROUND, NUMBERS), min_size=2, max_size=6))
def test_law_1_another_number_between_familiar_bytes_says_what_the_ordinary_reading_says(
    measured: list[tuple[tuple[str, str], str]],
) -> None:
    head = json.dumps(HEAD)[:-1]
    for (before, behind), number in measured:
        sent = f'{head},"measurements":[{before}{number}{behind}]}}'.encode()
        assert [outcome(sent), outcome(sent)] == [unfamiliar(sent)] * 2


def test_another_number_between_familiar_bytes_is_not_decoded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = familiar(b'{"characteristic":"Once","value":1.5,"unit":"V"}')
    monkeypatch.setattr(familiar_module, "_read", None)
    (second,) = familiar(b'{"characteristic":"Once","value":-2.50,"unit":"V"}')
    assert (second.value, type(second.value)) == ("-2.50", WrittenNumber)
    assert (second.digested, first.digested) == (("Once", "", "#-2.5", "=V", ""), ("Once", "", "#1.5", "=V", ""))


@given(st.lists(st.lists(MEASURED, max_size=3), max_size=4))
def test_items_of_a_bulk_say_what_they_say_alone(inspections: list[list[dict[str, Any]]]) -> None:
    items = [
        json.dumps({**HEAD, "id": f"{place}", "measurements": measured}).encode()
        for place, measured in enumerate(inspections)
    ]
    whole = b"[" + b",".join(items) + b"]"
    assert [told(read) for read in decode_items(items, whole)] == [unfamiliar(item) for item in items]


@pytest.mark.law(1)
@pytest.mark.parametrize(
    "raw",
    [
        b'{"characteristic":"A","value":1,"value":2}',
        b'{"characteristic":"A","value":NaN}',
        b'{"characteristic":"A","value":[]}',
        b'{"characteristic":"A","odd":1}',
        b'{"characteristic":"A\\u0000"}',
        b'{"value":1}',
        b'"A"',
        b"{",
        b'{"characteristic":"\xff"}',
    ],
)
def test_law_1_what_is_out_of_order_is_not_familiar(raw: bytes) -> None:
    good = b'{"characteristic":"A","value":1}'
    assert [familiar_measurements([Raw(good), Raw(raw)]) for _ in range(2)] == [None, None]


def familiar(*raws: bytes) -> list[FamiliarMeasurement]:
    found = familiar_measurements([Raw(raw) for raw in raws])
    assert found is not None
    return found


def test_a_number_and_the_text_that_spells_it_are_not_taken_for_each_other() -> None:
    (number,) = familiar(b'{"characteristic":"A","value":1.5}')
    (text,) = familiar(b'{"characteristic":"A","value":"1.5"}')
    assert (type(number.value), type(text.value)) == (WrittenNumber, str)


def test_what_is_familiar_is_shared_by_all_that_measure_it_in_that_place() -> None:
    raw = b'{"characteristic":"A","value":2.25,"unit":"V"}'
    first, second = familiar(raw, raw), familiar(bytes(bytearray(raw)), raw)
    assert [one is other for one, other in zip(first, second, strict=True)] == [True, True]
    assert first[0] is not first[1]


def test_so_many_are_kept_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(familiar_module, "_MOST", 10)
    for place in range(35):
        familiar(f'{{"characteristic":"A{place}","value":{place}.125}}'.encode())
    assert sum(map(len, (*familiar_module._familiar, *familiar_module._around))) <= 20


class TestReadyJudge:
    """What was said before is said again, and only of the same."""

    PROCEDURE = KnownProcedure(1, "P", "battery", {"A": KnownCharacteristic(BONDING, "variable")})

    def item(self, value: str) -> PostedInspection:
        measured = f'[{{"characteristic":"A","value":{value},"unit":"ohm","position":"charge-port"}}]'
        return decode_inspection(json.dumps(HEAD)[:-1].encode() + f', "measurements": {measured}}}'.encode())

    @pytest.mark.law(1)
    @pytest.mark.parametrize("value", ["0.043", "0.1", "0.1000000000000000000000000001", '"0.1"', "null", "true", '""'])
    def test_law_1_it_says_what_the_judge_says(self, value: str) -> None:
        judge = ProcedureJudge([requirement(positions=("charge-port",))])
        ready = ReadyJudge(judge)
        for _ in range(2):
            posted = self.item(value)
            said = ready.say_all(posted, self.PROCEDURE)
            expected = [judge.judge(BONDING, reading_of(item)) for item in posted.measurements]
            assert [one.row for one in said] == expected
            assert ready.conclude(said) == (judge.verdict(expected).verdict, True)

    @pytest.mark.law(1)
    @given(st.lists(NUMBERS, min_size=2, max_size=5))
    def test_law_1_of_another_number_between_the_same_bytes_it_says_what_is_said_of_it_alone(
        self, numbers: list[str]
    ) -> None:
        exact = requirement(positions=("charge-port",), uncertainty=Decimal("0.01"))
        for judge in (ProcedureJudge([exact]), ProcedureJudge([requirement(positions=("lid",))]), ProcedureJudge([])):
            ready = ReadyJudge(judge)
            for number in numbers:
                try:
                    posted = self.item(number)
                except BodyRefused:
                    continue
                plain = [
                    ReadyJudge(judge)._say(item, 0, self.PROCEDURE.characteristics["A"]) for item in posted.measurements
                ]
                said = ready.say_all(posted, self.PROCEDURE)
                assert [(one.characteristic_id, one.row, one.line) for one in said] == [
                    (one.characteristic_id, one.row, one.line) for one in plain
                ]
                assert ready.conclude(said) == (judge.verdict([one.row for one in plain]).verdict, True)

    def test_two_judges_do_not_hear_each_other(self) -> None:
        posted = self.item("0.06")
        lax = ReadyJudge(ProcedureJudge([requirement(positions=("charge-port",))]))
        strict = ReadyJudge(ProcedureJudge([requirement(positions=("charge-port",), upper=Decimal("0.05"))]))
        outcomes = [judge.say_all(posted, self.PROCEDURE)[0].verdict.outcome for judge in (lax, strict, lax)]
        assert outcomes == [Outcome.PASS, Outcome.FAIL, Outcome.PASS]

    def test_a_characteristic_that_became_known_is_judged(self) -> None:
        posted = self.item("0.07")
        ready = ReadyJudge(ProcedureJudge([requirement(positions=("charge-port",))]))
        unknown = KnownProcedure(1, "P", "battery", {})
        outcomes = [ready.say_all(posted, each)[0].verdict.outcome for each in (unknown, self.PROCEDURE, unknown)]
        assert outcomes == [Outcome.NOT_JUDGED, Outcome.PASS, Outcome.NOT_JUDGED]
