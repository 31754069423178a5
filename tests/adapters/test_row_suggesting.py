"""What is suggested of files nobody has seen before: what is certain, never a guess where it may be two things."""

import contextlib
import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspections.adapters.canonical import AdapterError, ParseContext, ReportClaim
from inspections.adapters.row_suggesting import READERS, UNANSWERED, Asked, suggest
from tests.depth import LONG, every, examples

UNITS = frozenset(["ohm", "mohm", "Mohm", "V", "A", "Nm", "degC", "C", "s", "mm", "g"])
MUCH = 3_000_000 if LONG else 1_000_000
"""Bytes of a hostile file. The bounds grow with them."""
NASTY = (
    "Prüfstand: PACK 3 (Halle 2)\r\nSoftware;V2.14\r\n\r\n"
    "Protokoll-Nr.;FIN;Beginn;Ende;R_iso (MOhm);U_HV [V];Bonding / mOhm;Bemerkung;Ergebnis\r\n"
    "P-1;LXXHVA1A0T1000001;27.11.2026 06:12:09;27.11.2026 06:15:31;1.234,5;396,4;38,2;;i.O.\r\n"
    'P-2;LXXHVA1A0T1000002;27.11.2026 06:17:40;27.11.2026 06:20:58;812,0;395,9;-;"geprüft; trocken";n.i.O.\r\n'
    "P-3;LXXHVA1A0T1000003;27.11.2026 06:23:02;;;396,1;;Not-Aus;Abbruch\r\n"
)


def told(text, reader="table", **more):
    head = text if isinstance(text, bytes) else text.encode()
    return suggest(head, is_whole=True, reader=reader, units=UNITS, **more)


def asked(found):
    return {question.asked: question.about for question in found.questions}


def read(found, text, reader="table"):
    context = ParseContext(
        time_zone="Europe/Berlin", encoding=found.encoding, decimal_comma=bool(found.decimal_comma),
        options=found.options,
    )  # fmt: skip
    return list(READERS[reader].parse(io.BytesIO(text if isinstance(text, bytes) else text.encode()), context))


def table(*rows, header="Test;VIN;Time;U [V];Result"):
    return "\n".join([header, *rows]) + "\n"


def row(number=1, time="2026-11-27 06:00:00", value="1,50", result="OK"):
    return f"T-{number};LXXHVA1A0T100000{number};{time};{value};{result}"


class TestWhatIsCertain:
    def test_a_german_file_is_read_by_what_was_suggested_of_it(self):
        data = NASTY.encode("cp1252")
        found = told(data)
        assert found.questions == ()
        assert (found.encoding, found.decimal_comma) == ("cp1252", True)
        assert found.options == {
            "delimiter": ";",
            "header": 4,
            "test": {
                "id": "Protokoll-Nr.",
                "serial": "FIN",
                "started": {"from": "Beginn", "format": "%d.%m.%Y %H:%M:%S"},
                "finished": {"from": "Ende", "format": "%d.%m.%Y %H:%M:%S"},
                "result": {"from": "Ergebnis", "pass": ["i.O."], "fail": ["n.i.O."], "terminated": ["Abbruch"]},
            },
            "items": [
                {"value": "R_iso (MOhm)", "item": "R_iso", "unit": {"text": "Mohm"}},
                {"value": "U_HV [V]", "unit": {"header": True}},
                {"value": "Bonding / mOhm", "item": "Bonding", "unit": {"text": "mohm"},
                 "absent": {"not_measured": ["-"]}},
            ],
            "headers": ["Bemerkung"],
        }  # fmt: skip
        assert [(item.item, item.unit) for item in found.items] == [
            ("R_iso", "Mohm"), ("U_HV", "V"), ("Bonding", "mohm")]  # fmt: skip
        tests = read(found, data)
        assert [test.claimed for test in tests] == [ReportClaim.PASS, ReportClaim.FAIL, ReportClaim.TERMINATED]
        assert [[str(item.value) for item in test.items] for test in tests] == [
            ["1234.5", "396.4", "38.2"], ["812.0", "395.9", "None"], ["None", "396.1", "None"]]  # fmt: skip

    @pytest.mark.parametrize("delimiter", [";", "\t", "|"])
    def test_the_delimiter(self, delimiter):
        assert told(table(row(1), row(2)).replace(";", delimiter)).options["delimiter"] == delimiter

    @pytest.mark.parametrize(
        ("text", "encoding"),
        [(NASTY.encode(), None), (NASTY.encode("utf-8-sig"), None), (NASTY.encode("utf-16"), None),
         (table(row(1, result="合格"), row(2, result="不合格")).encode("gbk"), "gb18030")],
    )  # fmt: skip
    def test_the_encoding(self, text, encoding):
        found = told(text)
        assert found.encoding == encoding
        assert "pass" in found.options["test"]["result"]
        assert read(found, text)

    @pytest.mark.parametrize(
        ("first", "second", "pattern"),
        [
            ("03.04.2026 06:00", "13.04.2026 06:00", "%d.%m.%Y %H:%M"),
            ("03/04/26 6:00:01", "03/14/26 6:00:01", "%m/%d/%y %H:%M:%S"),
            ("2026/04/03 06:00:01.25", "2026/04/03 06:00:02.50", "%Y/%m/%d %H:%M:%S.%f"),
            ("4/13/2026 6:00:01 PM", "4/13/2026 7:00:01 AM", "%m/%d/%Y %I:%M:%S %p"),
            ("1795759209", "1795759309", "unix"),
            ("20261127061209", "20261127061309", "%Y%m%d%H%M%S"),
        ],
    )
    def test_the_format_of_times(self, first, second, pattern):
        text = table(row(1, first), row(2, second))
        found = told(text)
        assert found.options["test"]["started"] == {"from": "Time", "format": pattern}
        assert len(read(found, text)) == 2

    def test_a_day_and_a_time_of_it_are_joined(self):
        text = "Nr;VIN;Datum;Uhrzeit;U [V]\n17;LXXHVA1A0T1000001;27.11.2026;06:12:09;1,5\n"
        found = told(text + text.splitlines()[1].replace("17;", "18;") + "\n")
        assert found.options["test"]["started"] == {"from": ["Datum", "Uhrzeit"], "format": "%d.%m.%Y %H:%M:%S"}

    def test_a_row_of_units(self):
        text = table("-;-;-;V;-", row(1), row(2), header="Test;VIN;Time;U;Result")
        found = told(text)
        assert found.options["units_row"] is True
        assert [(item.item, item.unit) for item in found.items] == [("U", "V")]
        assert read(found, text)[0].items[0].unit == "V"

    def test_json_lines(self):
        line = '{{"id": "T-{0}", "unit": {{"vin": "LXXHVA1A0T100000{0}"}}, "start": "2026-11-27T06:00:0{0}Z",' \
               ' "u [V]": 1.234, "result": "OK"}}\n'  # fmt: skip
        text = line.format(1) + line.format(2)
        found = told(text, "json_lines")
        assert found.options == {
            "test": {"id": "/id", "serial": "/unit/vin", "started": "/start",
                     "result": {"from": "/result", "pass": ["OK"], "fail": ["NOK", "NG", "FAIL"]}},
            "items": [{"value": "/u [V]", "item": "u", "unit": {"text": "V"}}],
        }  # fmt: skip
        assert (found.decimal_comma, asked(found)) == (None, {Asked.FAIL_WORD: ("NOK", "NG", "FAIL")})
        assert [str(test.items[0].value) for test in read(found, text, "json_lines")] == ["1.234", "1.234"]


class TestWhatIsNeverGuessed:
    def test_an_order_of_days_that_may_be_two(self):
        text = table(row(1, "03/04/2026 06:00:00"), row(2, "05/04/2026 06:00:00"))
        found = told(text)
        assert found.options["test"]["started"] == {"text": UNANSWERED}
        assert asked(found)[Asked.TIME_ORDER] == ("Time", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S")
        with pytest.raises(AdapterError, match="found 'unanswered', expected an ISO 8601 time"):
            read(found, text)

    @pytest.mark.parametrize("value", ["1,234", "1.234"])
    def test_a_mark_that_may_group_thousands(self, value):
        text = table(row(1, value=value), row(2, value=value))
        found = told(text)
        assert asked(found)[Asked.DECIMAL_MARK] == (value[1],)
        with pytest.raises(AdapterError, match="and no other mark in it"):
            read(found, text)

    def test_two_marks(self):
        text = table(row(1, value="1,5"), row(2, value="1.5"))
        found = told(text)
        assert Asked.DECIMAL_MARKS in asked(found)
        with pytest.raises(AdapterError):
            read(found, text)

    @pytest.mark.parametrize("unit", ["C", "g", "MOHM", "K"])
    def test_a_unit_that_may_be_two(self, unit):
        found = told(table(row(1), row(2), header=f"Test;VIN;Time;T [{unit}];Result"))
        assert (asked(found)[Asked.UNIT], found.items[0].unit) == ((f"T [{unit}]",), None)
        assert "unit" not in found.options["items"][0]

    def test_brackets_that_hold_no_unit(self):
        found = told(table(row(1), row(2), header="Test;VIN;Time;Bond (left);Result"))
        assert (asked(found)[Asked.UNITS], found.items[0].item) == (("Bond (left)",), "Bond (left)")

    def test_two_columns_of_vins(self):
        text = table(row(1) + ";LXXHVA1A0T1000009", row(2) + ";LXXHVA1A0T1000008", header="T;A;Time;U;Result;B")
        found = told(text)
        assert asked(found)[Asked.SUBJECTS] == ("A", "B")
        assert "serial" not in found.options["test"]

    def test_rows_that_are_merely_counted_have_no_id(self):
        text = table(row(1), row(2)).replace("T-", "").replace("Test", "Nr")
        found = told(text)
        assert (found.options["test"]["id"], found.options["headers"]) == ({"derived": "row"}, ["Nr"])

    def test_a_word_for_a_pass_that_was_not_seen(self):
        found = told(table(row(1, result="NOK"), row(2, result="NOK")))
        assert found.options["test"]["result"]["pass"] == [UNANSWERED]
        assert Asked.PASS_WORD in asked(found)

    def test_a_word_that_nobody_knows_claims_nothing(self):
        text = table(row(1), row(2), row(3, result="OK*"))
        found = told(text)
        assert asked(found)[Asked.STRANGE_WORDS] == ("OK*",)
        assert read(found, text)[2].claimed is ReportClaim.NONE

    def test_two_results(self):
        text = table(row(1) + ";OK", row(2) + ";NOK", header="Test;VIN;Time;U [V];A;B")
        found = told(text)
        assert asked(found)[Asked.RESULTS] == ("A", "B")
        assert "result" not in found.options["test"]

    def test_an_encoding_that_may_be_two_or_none(self):
        text = table(row(1, result="\u4e54")).encode("gbk")
        for head in (text.replace("乔".encode("gbk"), b"\x84\x81x"), b"\x00\x01" * 50):
            found = told(head)
            assert (found.options, asked(found)) == (None, {Asked.ENCODING: ()})

    def test_a_last_line_that_was_cut(self):
        text = table(row(1), row(2)).rstrip("\n")
        assert Asked.LAST_LINE in asked(told(text))
        with pytest.raises(AdapterError, match="end of the file within a line"):
            read(told(text), text)

    def test_what_is_no_table(self):
        assert asked(told("Dear colleagues,\nplease find attached.\n")) == {Asked.SHAPE: ()}

    def test_what_a_person_has_said_holds(self):
        text = table(row(1), row(2)).encode() + "T-3;é;x;y;z\n".encode("cp850")
        assert told(text).options is None
        assert told(text, encoding="cp850", delimiter=";").encoding == "cp850"


CELLS = st.sampled_from(
    ["", "1,5", "1.234", "OK", "NOK", "-", "03/04/2026 10:00", "27.11.2026 06:12:09", "LXXHVA1A0T1000001", '"', '"a;b"',
     "U [V]", "Nr", "Time", "T [C]", "\x00", "\ud7ff", "a" * 300, "1" * 400, "é"]
)  # fmt: skip
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=8), max_size=12)


def sound(found, reader):
    """Whatever is suggested, the reader takes it."""
    if found.options is None:
        assert found.questions
        return
    assert list(READERS[reader].option_faults(found.options)) == []


@settings(max_examples=examples(300))
@given(data=st.binary(max_size=400), reader=st.sampled_from(sorted(READERS)), is_whole=st.booleans())
def test_nothing_is_raised_for_any_bytes(data, reader, is_whole):
    sound(suggest(data, is_whole=is_whole, reader=reader, units=UNITS), reader)


@settings(max_examples=examples(400))
@given(rows=TABLES, delimiter=st.sampled_from(";,\t|"), codec=st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_the_reader_takes_what_is_suggested_of_any_table(rows, delimiter, codec):
    data = "\n".join(delimiter.join(each) for each in rows).encode(codec, "replace")
    found = suggest(data, is_whole=True, reader="table", units=UNITS)
    sound(found, "table")
    if found.options is not None:
        with contextlib.suppress(AdapterError):
            read(found, data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | CELLS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | CELLS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=examples(200))
@given(lines=st.lists(JSON, max_size=5))
def test_the_reader_takes_what_is_suggested_of_any_json_lines(lines):
    import json

    data = "\n".join(json.dumps(line) for line in lines).encode()
    sound(suggest(data, is_whole=True, reader="json_lines", units=UNITS), "json_lines")


@pytest.mark.parametrize(
    "data",
    [b";" * MUCH, b"a;" * (MUCH // 2), b"a;b\n" * (MUCH // 4), b'"' * MUCH, b"\n" * MUCH,
     (b"1;" * 999 + b"1\n") * (MUCH // 2000 // every(3)), b'{"a":' * (MUCH // 5),
     (b'{"a":' * 100 + b"1" + b"}" * 100 + b"\n") * (MUCH // 750),
     b"1" * MUCH, (b"03/04/2026 10:00:00;" * 900 + b"x\n") * (MUCH // 30_000)],
    ids=["marks", "cells", "rows", "quotes", "lines", "wide", "deep", "nested", "digits", "times"],
)  # fmt: skip
@pytest.mark.parametrize("reader", sorted(READERS))
def test_time_and_memory_are_bounded(data, reader):
    import time

    tracemalloc.start()
    begun = time.process_time()
    try:
        sound(suggest(data, is_whole=True, reader=reader, units=UNITS), reader)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.process_time() - begun < 30 * MUCH / 3_000_000
    assert peak < 67 * MUCH
