"""Tables by profile: what stands in them is read as it was written, and what is unclear is refused with its place."""

import io
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspections.adapters import registry
from inspections.adapters.canonical import (
    AdapterError,
    CanonicalItem,
    Comparator,
    ItemClaim,
    ItemKind,
    Measured,
    ParseContext,
    ReportClaim,
)
from inspections.adapters.table import TableAdapter
from tests.adapters.fuzzing import damaged, outcome, truncations
from tests.adapters.oracle import recompute
from tests.adapters.row_profiles import (
    FIXTURES,
    SHANGHAI,
    claimed_passes,
    in_encodings,
    profile,
    read_table,
    row,
    simple,
)
from tests.depth import every, examples

WIDE = (FIXTURES / "table" / "wide.csv").read_bytes()
LONG = (FIXTURES / "table" / "long.tsv").read_bytes()
AS_WIDE = ParseContext(time_zone=SHANGHAI, decimal_comma=True, options=profile("table/wide"))
AS_LONG = ParseContext(time_zone=SHANGHAI, options=profile("table/long"))


def refusal(data, options, **context):
    with pytest.raises(AdapterError) as refused:
        read_table(data, options, **context)
    return str(refused.value)


def value_of(text, **context):
    ((item,),) = (test.items for test in read_table(row(text), simple(**context.pop("options", {})), **context))
    return item.value


class TestWide:
    FOUND = read_table(WIDE, profile("table/wide"), decimal_comma=True)

    def test_a_row_is_a_test(self):
        assert [(test.external_id, test.serial, test.claimed) for test in self.FOUND] == [
            ("PK-1", "LSGPC52U6AF102554", ReportClaim.PASS),
            ("PK-2", "LSGPC52U6AF102571", ReportClaim.FAIL),
            ("PK-3", "GOLDEN", ReportClaim.PASS),
            ("PK-4", "LSGPC52U6AF102588", ReportClaim.NONE),
        ]

    def test_head_from_columns_preamble_and_profile(self):
        first = self.FOUND[0]
        assert (first.station, first.operator, first.process_code) == ("EOL-3", "0417", "PACK-EOL")
        assert first.started_at == datetime(2026, 11, 20, 0, 14, 3, tzinfo=UTC)
        assert first.finished_at == first.started_at
        assert first.notes == ("the file does not say how long the test took: finished when it started",)
        assert first.software == (("BMS", "4.2.1"),)
        assert first.headers == (("Mode", "PROD"),)
        assert self.FOUND[1].headers == (("Mode", "PROD"), ("9", 'said "again"; see log'))

    def test_items_are_named_by_their_columns_and_have_the_header_s_unit(self):
        assert self.FOUND[0].items == (
            CanonicalItem(
                "R iso +", 1, ItemKind.NUMBER, Decimal("812.0"), "Mohm", Comparator.INSIDE, lower=Decimal(500)
            ),
            CanonicalItem(
                "R iso -", 1, ItemKind.NUMBER, Decimal("790.25"), "Mohm", Comparator.INSIDE, lower=Decimal(500),
                lower_inclusive=False,
            ),
            CanonicalItem(
                "Pack / Voltage", 1, ItemKind.NUMBER, Decimal("400.50"), "V", Comparator.INSIDE, Decimal(390),
                Decimal("410.5"),
            ),
            CanonicalItem("HVIL", 1, ItemKind.BOOLEAN, True, None, Comparator.EQUAL, expected=True),
        )  # fmt: skip
        assert str(self.FOUND[0].items[2].value) == "400.50"

    @pytest.mark.law(1)
    def test_what_is_no_number_stays_as_written_or_is_not_measured_by_the_profile(self):
        failed, unclear = self.FOUND[1].items, self.FOUND[3].items
        assert [(item.value, item.measured, recompute(item)) for item in failed] == [
            (None, Measured.NOT_MEASURED, "indeterminate"),
            (Decimal("790.0"), Measured.MEASURED, "pass"),
            ("OVL", Measured.MEASURED, "indeterminate"),
            (False, Measured.MEASURED, "fail"),
        ]
        assert failed[0].note == "the file has '---' beside that"
        assert [(item.value, recompute(item)) for item in unclear[2:]] == [
            ("NaN", "indeterminate"),
            ("-", "indeterminate"),
        ]

    @pytest.mark.law(1)
    def test_a_test_of_another_type_is_none(self):
        golden = self.FOUND[2]
        assert golden.not_a_test == "a test of type 'GOLDEN', which the profile does not count"
        assert golden.items == ()

    @pytest.mark.law(1)
    def test_a_result_that_the_profile_does_not_name_claims_nothing(self):
        unclear = self.FOUND[3]
        assert (unclear.claimed, unclear.verdict_claimed) == (ReportClaim.NONE, None)
        assert unclear.notes[-1] == "the result 'maybe' is none that the profile names"

    @pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
    def test_any_line_end_is_one(self, line_end):
        found = read_table(WIDE.replace(b"\n", line_end), profile("table/wide"), decimal_comma=True)
        assert found == self.FOUND


class TestLong:
    FOUND = read_table(LONG, profile("table/long"))

    def test_rows_of_one_key_are_one_test(self):
        assert [(test.external_id, len(test.items)) for test in self.FOUND] == [("A-1", 6), ("A-2", 4)]
        first = self.FOUND[0]
        assert first.finished_at - first.started_at == timedelta(minutes=1)

    def test_items_are_paths_and_count_up(self):
        found = [
            (item.item, item.occurrence, str(item.value), item.claimed.value, recompute(item))
            for item in self.FOUND[0].items
        ]
        assert found == [
            ("Isolation / Plus", 1, "812.0", "pass", "pass"),
            ("Isolation / Minus", 1, "499.9", "fail", "fail"),
            ("Bonding / Charge port", 1, "0.043", "pass", "pass"),
            ("Bonding / Charge port", 2, "0.044", "pass", "pass"),
            ("Bonding / Hood", 1, "None", "skipped", "indeterminate"),
            ("Log / Room", 1, "21.5", "none", None),
        ]

    @pytest.mark.law(1)
    def test_unknown_comparisons_limits_and_states_are_never_a_pass(self):
        plus, minus, ring, shield = self.FOUND[1].items
        assert (plus.value, plus.lower, plus.upper, recompute(plus)) == (Decimal("1234.5"), 500, 2000, "pass")
        assert (minus.comparator, recompute(minus)) == (Comparator.UNPARSED, "indeterminate")
        assert minus.note == "the report compares by 'about', an operator that this reader does not know"
        assert (ring.comparator, ring.measured, ring.claimed) == (Comparator.UNPARSED, Measured.ERROR, ItemClaim.ERROR)
        assert (shield.value, shield.claimed) == (None, ItemClaim.NOT_MEASURED)
        assert shield.note == "the status 'strange' is none that the profile names"

    def test_a_key_that_comes_again_is_refused(self):
        lines = LONG.splitlines(keepends=True)
        again = b"".join([*lines, lines[1]])
        assert refusal(again, profile("table/long")) == (
            "line 12: found 'A-1' again, which an earlier test of the file has, "
            "expected rows of one test that follow one another"
        )

    def test_rows_of_one_test_must_say_the_same_of_it(self):
        mixed = LONG.replace(
            b"A-1\tLSGPC52U6AF102554\t2026-11-20 08:00:00\t2026-11-20 08:00:40",
            b"A-1\tOTHER\t2026-11-20 08:00:00\t2026-11-20 08:00:40",
        )
        assert refusal(mixed, profile("table/long")).startswith("line 5: found 'OTHER' in a row of the test")

    @pytest.mark.law(1)
    def test_a_count_that_differs_is_refused(self):
        options = profile("table/long")
        options["test"]["count"] = {"text": "6"}
        assert refusal(LONG, options) == "line 8: found 4 values, expected '6', as the file itself says"

    @pytest.mark.law(1)
    def test_the_worst_result_of_the_rows_is_the_test_s(self):
        options = profile("table/long")
        options["test"]["result"] = {"from": "Verdict", "pass": ["PASS"], "fail": ["FAIL"]}
        assert [test.claimed for test in read_table(LONG, options)] == [ReportClaim.FAIL, ReportClaim.ERROR]

    def test_a_whole_file_may_be_one_test(self):
        options = profile("table/long")
        options["test"] = {"id": {"derived": "file"}, "key": [], "started": "Start"}
        (found,) = read_table(LONG, options)
        assert (found.external_id, len(found.items)) == (f"{sha256(LONG).hexdigest()}:2", 10)


class TestIds:
    @pytest.mark.law(1)
    def test_an_id_that_comes_again_is_refused(self):
        data = row("1") + row("2").splitlines(keepends=True)[1]
        assert refusal(data, simple()) == (
            "line 3: found '1' again, which an earlier test of the file has, "
            "expected an id for each test: name more columns under /test/id"
        )

    def test_an_id_of_several_columns(self):
        options = simple(test={"id": ["Id", "At"], "started": "At"})
        assert read_table(row("1"), options)[0].external_id == "1/2026-11-20 08:00:00"

    def test_an_id_derived_of_the_row_stays_when_the_rig_appends(self):
        options = simple(test={"id": {"derived": "row"}, "started": "At"})
        once = read_table(row("1"), options)
        twice = read_table(row("1") + "2;2026-11-20 08:00:00;3;OK\n", options)
        assert once[0].external_id == twice[0].external_id != twice[1].external_id

    def test_an_id_derived_of_the_file_names_its_bytes_and_line(self):
        options = simple(test={"id": {"derived": "file"}, "started": "At"})
        data = row("1") + "2;2026-11-20 08:00:00;3;OK\n"
        digest = sha256(data.encode()).hexdigest()
        assert [test.external_id for test in read_table(data, options)] == [f"{digest}:2", f"{digest}:3"]

    def test_no_id_is_refused(self):
        assert refusal("Id;At;V;Result\n;2026-11-20 08:00;1;OK\n", simple()) == (
            "line 2 column 'Id': found no id, expected the test's own id"
        )


class TestNumbers:
    @pytest.mark.law(5)
    @pytest.mark.parametrize(
        "text, comma, value",
        [
            ("0.10000000000000000555", False, "0.10000000000000000555"), ("1.20E-3", False, "0.00120"),
            ("+5", False, "5"), (".5", False, "0.5"), ("5.", False, "5"), ("-0", False, "-0"),
            ("1,5", True, "1.5"), ("-1,20e4", True, "-1.20E+4"), ("12", True, "12"),
            ("1,234.5", False, "1234.5"), ("1,234,567", False, "1234567"), ("1.234,5", True, "1234.5"),
            ("1.234.567", True, "1234567"),
        ],
    )  # fmt: skip
    def test_numbers_that_mean_one_thing_are_the_decimal_written(self, text, comma, value):
        found = value_of(text, decimal_comma=comma)
        assert isinstance(found, Decimal)
        assert str(found) == value

    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        "text, comma",
        [("1,5", False), ("1,234", False), ("1.5", True), ("1.234", True), ("1 234", False), ("1'234.5", False),
         ("1\u00a0234", False), (",5", False), ("1.5e3", True)],
    )  # fmt: skip
    def test_numbers_that_may_mean_two_things_are_refused_with_line_and_column(self, text, comma):
        said = refusal(row(text), simple(), decimal_comma=comma)
        assert said.startswith("line 2 column 'V': found ")
        assert said.endswith("and no other mark in it")

    @pytest.mark.parametrize(
        "text, thousands, comma, value",
        [("1,234", ",", False, "1234"), ("12,345.6", ",", False, "12345.6"), ("1.234", ".", True, "1234"),
         ("1 234,5", " ", True, "1234.5"), ("1\u202f234", " ", False, "1234"), ("1'234.5", "'", False, "1234.5")],
    )  # fmt: skip
    def test_groups_are_read_where_the_profile_names_them(self, text, thousands, comma, value):
        assert value_of(text, options={"thousands": thousands}, decimal_comma=comma) == Decimal(value)

    @pytest.mark.parametrize(
        "text",
        [
            "NaN",
            "INF",
            "-inf",
            "-",
            "---",
            "OVL",
            "0x1F",
            "1.2.3",
            "1e99999999999999999999",
            "٣",
            "1,23,4",
            "5 V",
            "12:30",
        ],
    )
    def test_what_is_no_number_stays_a_text(self, text):
        assert value_of(text) == text

    @given(st.decimals(allow_nan=False, allow_infinity=False), st.booleans())
    @settings(max_examples=examples(200))
    def test_every_decimal_comes_back(self, number, comma):
        text = str(number).replace(".", ",") if comma else str(number)
        assert value_of(text, decimal_comma=comma).as_tuple() == number.as_tuple()


class TestForm:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_the_header_tells_the_delimiter(self, delimiter):
        assert read_table(row("1.5", delimiter=delimiter), simple())[0].items[0].value == Decimal("1.5")

    def test_a_header_that_tells_no_delimiter_is_refused(self):
        assert refusal("Id At V Result\n", simple()) == (
            "line 1: found 'Id At V Result', where none of the usual delimiters gives the columns, "
            "expected 'Id', 'At', 'Result', 'V'; or a delimiter in the profile"
        )

    def test_without_a_header_columns_go_by_number(self):
        options = {"header": None, "test": {"id": 1, "started": 2}, "items": [{"item": "Voltage", "value": 3}]}
        found = read_table("\n1,2026-11-20 08:00,3.5\n2,2026-11-20 08:01,3.6\n", options)
        assert [(test.external_id, test.items[0].value) for test in found] == [
            ("1", Decimal("3.5")),
            ("2", Decimal("3.6")),
        ]

    def test_units_of_a_row_and_the_rest_of_the_columns(self):
        options = {"test": {"id": "Id", "started": "At"}, "rest": {"unit": {"header": True}}, "units_row": True}
        (found,) = read_table("Id,At,U,I (1)\n,,[V],A\n1,2026-11-20 08:00,3.5,2\n", options)
        assert [(item.item, item.value, item.unit) for item in found.items] == [
            ("U", Decimal("3.5"), "V"),
            ("I (1)", Decimal(2), "A"),
        ]

    @pytest.mark.parametrize(
        "data, said",
        [
            ("Id;At;V;Result\n1;2026-11-20 08:00;1\n", "line 2 column 4: found 3 cells, expected 4, as many as line 1"),
            ("Id;At;V;Result\n1;2026-11-20 08:00;1;OK;\n", "line 2 column 5: found 5 cells, expected 4, as many as"),
            ("Id;At;V;Result\n1;2026-11-20 08:00;1;OK", "line 2: found the end of the file within a line"),
            ("Id;At;V;Result\n1;2026-11-20 08:00;1", "line 2: found the end of the file within a line"),
            ('Id;At;V;Result\n1;2026-11-20 08:00;"1;OK\n', "line 2: found broken cells (unexpected end of data)"),
            ('Id;At;V;Result\n1;2026-11-20 08:00;"1"2;OK\n', "line 2: found broken cells"),
            ("Id;At;V;V\n1;2026-11-20 08:00;1;OK\n", "line 1"),
            ("Id;At;U;Result\n", "line 1: found 'Id;At;U;Result', where none of the usual"),
            ("", "file: found no rows, expected the header"),
            ("Id;At;V;Result\n1;2026-11-20 08:00;\0;OK\n", "line 2 character 20: found a NUL, expected text without"),
            ("Id;At;V;Result\n1;20.11.2026;1;OK\n", "line 2 column 'At': found '20.11.2026', expected an ISO"),
            ("Id;At;V;Result\n1;;1;OK\n", "line 2 column 'At': found '', expected an ISO 8601 time"),
        ],
    )  # fmt: skip
    def test_faults_name_line_and_column(self, data, said):
        assert refusal(data, simple()).startswith(said)

    def test_duplicate_names_are_refused_only_where_used(self):
        twice = "Id;At;V;V;Result\n1;2026-11-20 08:00;1;2;OK\n"
        options = simple(delimiter=";")
        assert refusal(twice, options) == "line 1: found 2 columns named so, expected one column 'V'"
        options["items"] = [{"item": "V", "value": 4}]
        assert read_table(twice, options)[0].items[0].value == 2

    def test_a_last_line_without_end_is_taken_where_the_profile_says_so(self):
        found = read_table(row("1")[:-1], simple(unterminated_last_line=True))
        assert [test.claimed for test in found] == [ReportClaim.PASS]

    @pytest.mark.parametrize("item", [{"value": "V", "kind": "text"}, {"value": "Id", "unit": "V"}])
    def test_a_text_without_end_is_refused(self, item):
        said = refusal(row("x" * 2001), simple(items=[{"item": "Text", **item}]))
        assert said.endswith("found 2001 characters, expected at most 2000 characters of a value or unit")

    def test_a_time_without_a_zone_is_refused(self):
        assert "expected an offset, or a profile with a time zone" in refusal(row("1"), simple(), time_zone=None)

    @pytest.mark.parametrize(
        "encoding, codec",
        [(None, "utf-8"), (None, "utf-8-sig"), ("cp1252", "cp1252"), ("gb18030", "gb18030"), (None, "utf-16"),
         ("utf-16-le", "utf-16-le"), ("cp1252", "utf-8-sig")],
    )  # fmt: skip
    def test_encodings(self, encoding, codec):
        name = "Größe" if codec != "gb18030" else "绝缘电阻"
        options = simple(items=[{"value": name}])
        data = row("1").replace(";V;", f";{name};").encode(codec)
        assert read_table(data, options, encoding=encoding)[0].items[0].item == name

    @pytest.mark.parametrize("encoding", ["unicode_escape", "base64", "nonsense", "undefined", "../x", "idna", "a\0b"])
    def test_other_encodings_are_refused(self, encoding):
        assert refusal(row("1"), simple(), encoding=encoding).startswith("profile: found the encoding")

    def test_bytes_of_another_encoding_are_refused(self):
        assert "bytes that are not utf-8" in refusal(row("\xe9").encode("cp1252"), simple())


class TestClaims:
    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        "item, test, claimed, comparator",
        [("P", "OK", ReportClaim.PASS, Comparator.UNPARSED), ("F", "OK", ReportClaim.FAIL, Comparator.UNPARSED),
         ("E", "OK", ReportClaim.ERROR, Comparator.UNPARSED), ("?", "OK", ReportClaim.PASS, Comparator.UNPARSED),
         ("P", "?", ReportClaim.NONE, Comparator.UNPARSED), ("F", "NOK", ReportClaim.FAIL, Comparator.UNPARSED)],
    )  # fmt: skip
    def test_a_pass_needs_the_test_and_its_items(self, item, test, claimed, comparator):
        result = {"from": "R", "pass": ["P"], "fail": ["F"], "error": ["E"]}
        options = simple(items=[{"value": "V", "result": result}])
        (found,) = read_table(f"Id;At;V;R;Result\n1;2026-11-20 08:00;1;{item};{test}\n", options)
        assert (found.claimed, found.items[0].comparator) == (claimed, comparator)

    def test_a_check_that_has_only_a_verdict(self):
        options = simple(items=[{"value": "V", "kind": "pass_fail", "result": {"pass": ["ok"], "fail": ["ng"]}}])
        found = [read_table(row(word), options)[0].items[0] for word in ("OK", "NG", "")]
        assert [(item.value, item.claimed.value, recompute(item)) for item in found] == [
            (True, "pass", "pass"), (False, "fail", "fail"), (None, "not_measured", "indeterminate"),
        ]  # fmt: skip

    def test_texts_are_compared_as_the_profile_says(self):
        item = {"value": "V", "kind": "text", "expected": {"text": "4.2.1"}, "comparator": {"text": "="}}
        found = [read_table(row(text), simple(items=[item]))[0].items[0] for text in ("4.2.1", "4.2.2")]
        assert [(item.value, recompute(item)) for item in found] == [("4.2.1", "pass"), ("4.2.2", "fail")]

    @pytest.mark.parametrize(
        ("word", "is_read"), [("OK", False), ("", False), ("?", False), ("NOK", True), ("X", True)]
    )
    def test_only_what_is_no_pass_may_have_no_finish(self, word, is_read):
        result = {"from": "R", "pass": ["OK"], "fail": ["NOK"], "terminated": ["X"]}
        options = simple(test={"id": "Id", "started": "At", "finished": "End", "result": result})
        data = f"Id;At;End;R;V\n1;2026-11-20 08:00:00;;{word};1.5\n"
        if is_read:
            (found,) = read_table(data, options)
            assert found.finished_at == found.started_at
            assert found.notes == ("the file does not say how long the test took: finished when it started",)
        else:
            assert "column 'End': found '', expected an ISO 8601 time" in refusal(data, options)

    def test_a_finish_before_the_start_is_refused(self):
        options = simple(test={"id": "Id", "started": "At", "finished": "End"})
        data = "Id;At;End;V\n1;2026-11-20 08:00;2026-11-20 07:59;1\n"
        assert "expected a finish that is not before the start" in refusal(data, options)

    @pytest.mark.parametrize(("unit", "text", "seconds"), [("s", "1.5", 1.5), ("ms", "250", 0.25), ("min", "2", 120)])
    def test_a_duration_tells_the_finish(self, unit, text, seconds):
        options = simple(test={"id": "Id", "started": "At", "duration": {"from": "T", "unit": unit}})
        (found,) = read_table(f"Id;At;T;V\n1;2026-11-20 08:00;{text};1\n", options)
        assert found.finished_at - found.started_at == timedelta(seconds=seconds)

    @pytest.mark.parametrize("text", ["-1", "abc", "1e999999", "1e-999999999", "9999999999"])
    def test_a_duration_that_is_none_is_refused(self, text):
        options = simple(test={"id": "Id", "started": "At", "duration": "T"})
        if text == "1e-999999999":
            text = "NaN"
        assert "line 2 column 'T'" in refusal(f"Id;At;T;V\n1;2026-11-20 08:00;{text};1\n", options)


class TestOptions:
    @pytest.mark.parametrize("name", ["table/wide", "table/long"])
    def test_profiles_of_the_fixtures_have_no_fault(self, name):
        assert list(TableAdapter().option_faults(profile(name))) == []
        assert list(TableAdapter().option_faults(simple())) == []

    @pytest.mark.parametrize(
        "changes, pointer",
        [
            ({"layout": "deep"}, "/layout"), ({"layout": "list"}, "/layout"), ({"header": 0}, "/header"),
            ({"header": "x"}, "/header"), ({"delimiter": ";;"}, "/delimiter"), ({"delimiter": '"'}, "/delimiter"),
            ({"quote": ""}, "/quote"), ({"comment": 5}, "/comment"), ({"units_row": 1}, "/units_row"),
            ({"thousands": "x"}, "/thousands"), ({"colour": "red"}, "/colour"), ({"test": []}, "/test"),
            ({"test": {"started": "At"}}, "/test/id"), ({"test": {"id": "Id"}}, "/test"),
            ({"test": {"id": {"derived": "name"}, "started": "At"}}, "/test/id"),
            ({"test": {"id": "Id", "started": {"from": "At", "format": "%Y"}}}, "/test/started/format"),
            ({"test": {"id": "Id", "started": "At", "result": {"from": "R", "pass": ["OK"]}}}, "/test/result/fail"),
            ({"test": {"id": "Id", "started": "At", "result": {"from": "R", "pass": ["OK"], "fail": ["ok "]}}},
             "/test/result/fail"),
            ({"test": {"id": "Id", "started": "At", "key": ["Id"]}}, "/test/key"),
            ({"items": {}}, "/items"), ({"items": []}, "/items"), ({"items": [5]}, "/items/0"),
            ({"items": [{"value": None}]}, "/items/0/value"), ({"items": [{"value": 0}]}, "/items/0/value"),
            ({"items": [{"value": 3}]}, "/items/0/item"),
            ({"items": [{"value": "V"}, {"value": "V"}]}, "/items/1/item"),
            ({"items": [{"value": "V", "lower": 0.5}]}, "/items/0/lower"),
            ({"items": [{"value": "V", "kind": "float"}]}, "/items/0/kind"),
            ({"items": [{"value": "V", "kind": []}]}, "/items/0/kind"),
            ({"items": [{"value": "V", "kind": "boolean", "true": ["1"]}]}, "/items/0/false"),
            ({"items": [{"value": "V", "kind": "pass_fail"}]}, "/items/0/result"),
            ({"items": [{"value": "V", "status": {"from": "S", "skipped": ["x"]}}]}, "/items/0/status/measured"),
            ({"items": [{"value": "V", "operators": {"in": "WITHIN"}}]}, "/items/0/operators/in"),
            ({"rest": {"value": "V"}}, "/rest/value"), ({"software": [{"version": "V"}]}, "/software/0"),
            ({"headers": [None]}, "/headers/0"),
        ],
    )  # fmt: skip
    def test_faults_have_their_pointer(self, changes, pointer):
        options = simple(**changes)
        faults = list(TableAdapter().option_faults(options))
        assert pointer in [place for place, _ in faults]
        assert all(words.startswith("found ") for _, words in faults)
        assert f"profile {faults[0][0]}" in refusal(row("1"), options)

    anything = st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=4)
        | st.sampled_from(["V", "At", "s"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    )

    @settings(max_examples=examples(300), deadline=None)
    @given(st.data())
    def test_whatever_the_options_hold_is_read_or_refused(self, data):
        options = data.draw(st.sampled_from([simple(), profile("table/wide"), profile("table/long")]))
        node = options
        for _ in range(data.draw(st.integers(1, 4))):
            keys = sorted(node) if isinstance(node, dict) else list(range(len(node)))
            key = data.draw(st.sampled_from(keys))
            if isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans()):
                node = node[key]
                continue
            node[key] = data.draw(self.anything)
            break
        list(TableAdapter().option_faults(options))
        outcome(TableAdapter(), row("1").encode(), replace(AS_LONG, options=options))

    def test_a_table_is_never_claimed_without_a_profile(self):
        with pytest.raises(registry.UnknownFormat):
            registry.detect(WIDE, "wide.csv")
        assert registry.get("table").version == "1"


@pytest.mark.law(1)
@pytest.mark.parametrize(("data", "context"), [(WIDE, AS_WIDE), (LONG, AS_LONG)])
def test_a_file_cut_off_anywhere_claims_no_pass_that_the_whole_does_not(data, context):
    whole = {test.external_id: test for test in outcome(TableAdapter(), data, context)}
    for piece in truncations(data, every(3)):
        found = outcome(TableAdapter(), piece, context)
        assert claimed_passes(found) <= claimed_passes(whole.values())
        for test in found or ():
            assert test.items == whole[test.external_id].items[: len(test.items)]


@settings(max_examples=examples(300), deadline=None)
@given(
    damaged(WIDE) | damaged(LONG), in_encodings(AS_WIDE) | in_encodings(AS_LONG) | st.sampled_from([AS_WIDE, AS_LONG])
)
def test_damage_is_read_or_refused(data, context):
    outcome(TableAdapter(), data, context)


class Endless(io.RawIOBase):
    """Bytes made as they are read: a file of any size that lies nowhere."""

    def __init__(self, head: bytes, block: bytes, blocks: int):
        self.parts = iter([head, *[block] * blocks])
        self.rest = b""

    def readable(self):
        return True

    def readinto(self, buffer):
        self.rest = self.rest or next(self.parts, b"")
        piece, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize(
    ("head", "block"),
    [
        (b"", b"," * 65536), (b'"', b"\n" + b"," * 1000), (b"", b'"\n"' + b"," * 1000),
        (b"Id,At,V,Result\n", b"x" * 65536),
    ],
)  # fmt: skip
def test_ten_million_columns_are_refused_in_little_memory(head, block):
    tracemalloc.start()
    try:
        stream = io.BufferedReader(Endless(head, block, 10_000_000 // len(block)))
        with pytest.raises(AdapterError):
            list(TableAdapter().parse(stream, replace(AS_WIDE, options=simple(delimiter=","), max_bytes=10**9)))
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file():
    def peak(blocks):
        lines = [f"{n};2026-11-20 08:00:00;{n}.5;OK\n" for n in range(blocks)]
        stream = io.BufferedReader(Endless(b"Id;At;V;Result\n", b"", 0))
        stream.raw.parts = iter([b"Id;At;V;Result\n", *(line.encode() for line in lines)])
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        try:
            count = sum(
                1 for _ in TableAdapter().parse(stream, replace(AS_WIDE, decimal_comma=False, options=simple()))
            )
            return count, tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()

    few, many = peak(300), peak(3_000)
    assert (few[0], many[0]) == (300, 3_000)
    assert many[1] - few[1] < 2_700 * 2 * 200


SAMPLES = FIXTURES.parents[2] / "shared" / "samples" / "battery"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of real rig files is not here")
class TestRealTables:
    OPTIONS = {
        "header": 20,
        "test": {
            "id": {"derived": "file"},
            "operator": {"preamble": "operator"},
            "station": {"preamble": "instrument"},
            "started": {"text": "2016-01-01 00:00"},
        },
        "items": [{"value": "voltage", "unit": {"text": "V"}}],
        "rest": {},
    }

    def test_a_cycler_s_table_below_a_preamble_of_nineteen_lines(self):
        found = read_table((SAMPLES / "custom_good_small.csv").read_bytes(), self.OPTIONS)
        assert (len(found), found[0].station) == (60, "bobby")
        assert found[-1].items[0].value == Decimal("1.54")
        assert {type(item.value) for test in found for item in test.items} == {Decimal}

    @pytest.mark.law(1)
    def test_infinities_stay_texts(self):
        found = read_table((SAMPLES / "custom_nan_inf.csv").read_bytes(), self.OPTIONS)
        words = {item.value for test in found for item in test.items if isinstance(item.value, str)}
        assert words == {"inf", "-inf"}

    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        "name, said",
        [
            ("custom_missing_column", "line 20: found 'index;test_time;step_time;"),
            ("custom_truncated", "line 80: found the end of the file within a line"),
        ],
    )
    def test_files_that_are_broken_are_refused(self, name, said):
        assert refusal((SAMPLES / f"{name}.csv").read_bytes(), self.OPTIONS).startswith(said)
