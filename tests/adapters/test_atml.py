"""ATML test results, read as they were written: generations alike, tolerances, skipped steps, and whose serial."""

import io
import pathlib
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings

from inspections.adapters import registry
from inspections.adapters.atml import AtmlAdapter
from inspections.adapters.canonical import (
    AdapterError,
    Comparator,
    ItemClaim,
    ItemKind,
    Measured,
    ParseContext,
    ReportClaim,
)
from tests.adapters.fuzzing import damaged, outcome, passes, truncations
from tests.adapters.oracle import items_of, recompute
from tests.depth import examples

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures" / "atml"
SAMPLES = pathlib.Path(__file__).parents[3] / "shared" / "samples" / "atml"
GENERATIONS = ("2.02", "5.00", "6.01")
BERLIN = ParseContext(time_zone="Europe/Berlin")
WINTER = timezone(timedelta(hours=1))


def read(data, context=BERLIN):
    return list(AtmlAdapter().parse(io.BytesIO(data), context))


def fixture(name):
    return (FIXTURES / f"{name}.xml").read_bytes()


def refusal(data, context=BERLIN):
    with pytest.raises(AdapterError) as refused:
        read(data, context)
    return str(refused.value)


TRAPS, SOCKET_1 = read(fixture("traps"))
ITEMS = items_of(TRAPS)
EOL = fixture("pack-eol-5.00")


def small(
    steps="", outcome="Passed", set_attributes='startDateTime="2026-11-20T08:00:00Z"', rest="", uuid='uuid="u-1"'
):
    return (
        f'<TestResults {uuid} xmlns="urn:IEEE-1636.1:2013:TestResults"><ResultSet {set_attributes}>'
        f'<Outcome value="{outcome}"/>{steps}</ResultSet>{rest}</TestResults>'
    ).encode()


PASSED = '<Test name="a"><Outcome value="Passed"/></Test>'


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of real rig files is not here")
class TestRealReports:
    def reports(self):
        files = sorted(path for path in SAMPLES.iterdir() if path.suffix.lower() == ".xml")
        return [report for path in files for report in read(path.read_bytes())]

    def test_three_generations_of_one_run_have_the_same_items(self):
        first, second, third = self.reports()
        assert first.items == second.items == third.items
        assert len(first.items) == 13

    def test_every_check_recomputes_to_the_rigs_own_verdict(self):
        for report in self.reports():
            checks = [item for item in report.items if item.measured is Measured.MEASURED and item.comparator]
            assert len(checks) == 10
            assert [(i.item, recompute(i)) for i in checks] == [(i.item, i.claimed.value) for i in checks]

    def test_head(self):
        for report in self.reports():
            assert (report.serial, report.part_number, report.station) == ("123456789", "Ragnar123", "TS-2016-BETA")
            assert (report.operator, report.claimed) == ("administrator", ReportClaim.FAIL)
            assert report.process_name == "Computer Motherboard Test Sequence VIC.seq"
        assert self.reports()[0].started_at == datetime(2019, 5, 15, 14, 30, 27, 58000, timezone(timedelta(hours=2)))


class TestGenerations:
    def test_all_read_alike(self):
        first, second, third = (read(fixture(f"pack-eol-{generation}")) for generation in GENERATIONS)
        assert first == second == third

    def test_head(self):
        (report,) = read(EOL)
        assert report.external_id == "8c1d0f52-6a10-4f0e-9f5b-0242ac120002"
        assert (report.serial, report.part_number, report.station) == ("LSGPC52U6AF102554", "PACK-96S", "EOL-07")
        assert (report.process_name, report.operator, report.claimed) == ("Pack EOL.seq", "0417", ReportClaim.FAIL)
        assert report.started_at == datetime(2026, 11, 20, 8, 0, 0, 500000, WINTER)
        assert report.finished_at == datetime(2026, 11, 20, 8, 0, 12, 750000, WINTER)
        assert dict(report.headers) == {
            "Personnel / SystemOperator": "0417",
            "TestStation / SerialNumber": "EOL-07",
            "UUT / Definition / Identification / ModelName": "UNKNOWN",
            "UUT / Definition / Identification / IdentificationNumbers / IdentificationNumber / Part": "PACK-96S",
            "UUT / SerialNumber": "LSGPC52U6AF102554",
            "Extension / TSResultSetProperties / NumOfResults": "8",
            "Extension / TSResultSetProperties / BatchSerialNumber": "B-17",
        }

    def test_items(self):
        (report,) = read(EOL)
        assert [(i.item, i.value, i.unit, i.claimed.value, recompute(i)) for i in report.items] == [
            ("Interlock closed", True, None, "pass", "pass"),
            ("Pack voltage", Decimal("401.25"), "V", "pass", "pass"),
            ("Isolation", Decimal("0.35"), "MOhm", "fail", "fail"),
            ("Cell module / Firmware", "BMS 4.2.1", None, "pass", "pass"),
            ("Cell module / Cells / Lowest cell", Decimal("3.671"), "V", "pass", "pass"),
            ("Cell module / Cells / Highest cell", Decimal("3.684"), "V", "pass", "pass"),
            ("Heater", None, None, "skipped", "indeterminate"),
        ]

    @pytest.mark.parametrize("generation", GENERATIONS)
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
    def test_each_finds_its_reader(self, generation, encoding):
        text = fixture(f"pack-eol-{generation}").decode("latin-1").replace("iso-8859-1", encoding)
        data = text.encode(encoding)
        assert registry.detect(data[:4096], "report.xml").name == "atml"
        assert read(data) == read(fixture(f"pack-eol-{generation}"))


class TestLimits:
    def limits(self, name):
        item = ITEMS[name, 1]
        return (item.comparator, item.lower, item.upper, item.lower_inclusive, item.upper_inclusive)

    def test_or_must_lie_outside(self):
        assert self.limits("Limits / Outside of both") == (Comparator.OUTSIDE, Decimal(0), Decimal(10), False, True)
        assert recompute(ITEMS["Limits / Outside of both", 1]) == "pass"

    def test_limits_are_told_by_their_comparators_and_not_by_their_order(self):
        assert self.limits("Limits / Upper limit first") == (Comparator.INSIDE, Decimal(5), Decimal(10), True, False)

    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        "name",
        ["Every value", "Limits exchanged", "No operator", "Limit that is no number", "Unknown comparator", "Mask",
         "Other unit", "Limits left out"],
    )  # fmt: skip
    def test_unclear_limits_are_unparsed_and_say_why(self, name):
        item = ITEMS[f"Limits / {name}", 1]
        assert (item.comparator, recompute(item), bool(item.note)) == (Comparator.UNPARSED, "indeterminate", True)

    def test_equality(self):
        assert (ITEMS["Limits / Not this", 1].comparator, recompute(ITEMS["Limits / Not this", 1])) == (
            Comparator.NOT_EQUAL,
            "pass",
        )
        assert recompute(ITEMS["Limits / Exactly this", 1]) == "pass"
        truth = ITEMS["Limits / A truth / Relay", 1]
        assert (truth.kind, truth.value, truth.expected, recompute(truth)) == (ItemKind.BOOLEAN, True, True, "pass")

    def test_logged_values_judge_nothing(self):
        item = ITEMS["Limits / Logged", 1]
        assert (item.comparator, item.claimed, item.value) == (None, ItemClaim.NONE, Decimal("21.5"))


@pytest.mark.law(1)
class TestTolerances:
    @pytest.mark.parametrize(
        "name, lower, upper",
        [("Delta", "90", "110"), ("Percentage of a negative", "-52.5", "-49"), ("Bounds written", "90", "110"),
         ("Parts per million", "9.9998", "10.0002")],
    )  # fmt: skip
    def test_law_1_widths_are_no_limits(self, name, lower, upper):
        item = ITEMS[f"Tolerances / {name}", 1]
        assert (item.comparator, item.lower, item.upper) == (Comparator.INSIDE, Decimal(lower), Decimal(upper))
        assert recompute(item) == item.claimed.value

    @pytest.mark.parametrize("name", ["Nothing but widths", "Unknown kind of width"])
    def test_law_1_widths_alone_are_unparsed(self, name):
        item = ITEMS[f"Tolerances / {name}", 1]
        assert (item.comparator, item.lower, item.upper) == (Comparator.UNPARSED, None, None)


class TestValues:
    def test_all_digits_are_kept(self):
        item = ITEMS["Values / All digits kept", 1]
        assert (str(item.value), str(item.upper)) == ("0.10000000000000000555", "0.1000000000000000056")
        assert recompute(ITEMS["Values / All digits kept", 2]) == "pass"

    @pytest.mark.parametrize("name, value", [("No number", "NaN"), ("Hexadecimal", "0x1F")])
    def test_words_in_place_of_numbers_stay_words(self, name, value):
        item = ITEMS[f"Values / {name}", 1]
        assert (item.value, recompute(item)) == (value, "indeterminate")

    @pytest.mark.law(1)
    @pytest.mark.parametrize("name", ["Result without value", "Number step without result"])
    def test_law_1_a_pass_without_a_value_is_not_measured(self, name):
        item = ITEMS[f"Values / {name}", 1]
        assert (item.value, item.measured, item.claimed) == (None, Measured.NOT_MEASURED, ItemClaim.NOT_MEASURED)

    @pytest.mark.law(1)
    def test_law_1_a_number_beside_skipped_is_no_value(self):
        item = ITEMS["Values / Skipped with a value", 1]
        assert (item.value, item.measured, item.note) == (None, Measured.SKIPPED, "the report has 0 beside that")

    def test_arrays_are_items_by_index(self):
        found = [item for (path, _), item in ITEMS.items() if path.startswith("Values / Curve / Current")]
        assert [(i.item, i.value, i.unit, i.comparator) for i in found] == [
            (f"Values / Curve / Current [{index}]", Decimal(value), "A", None)
            for index, value in enumerate(["1.5", "1.75", "2"])
        ]
        limited = [item for (path, _), item in ITEMS.items() if path.startswith("Values / Curve with limits")]
        assert [item.comparator for item in limited] == [Comparator.UNPARSED] * 2

    def test_a_long_array_is_one_item_without_a_value(self):
        elements = "".join(f'<Element position="[{number}]" value="1"/>' for number in range(1001))
        data = f"<TestResult name='r'><TestData><IndexedArray>{elements}</IndexedArray></TestData></TestResult>"
        (report,) = read(small(f"<Test name='a'><Outcome value='Passed'/>{data}</Test>"))
        array = items_of(report)["a / r", 1]
        assert (array.value, array.measured) == (None, Measured.NOT_MEASURED)
        assert array.note == "an array of 1001 values, which are kept in the file alone"

    def test_bundles_are_items_by_name(self):
        assert ITEMS["Values / Bundle / Extra / Port", 1].value == "COM 3"
        assert ITEMS["Values / Bundle / Extra / Baud", 1].value == Decimal(9600)

    def test_decimal_comma(self):
        data = fixture("pack-eol-5.00").replace(b'"401.25"', b'"401,25"')
        assert items_of(read(data)[0])["Pack voltage", 1].value == "401,25"
        comma = ParseContext(time_zone="Europe/Berlin", decimal_comma=True)
        assert items_of(read(data, comma)[0])["Pack voltage", 1].value == Decimal("401.25")


@pytest.mark.law(1)
class TestOutcomes:
    @pytest.mark.parametrize("name", ["Aborted Skipped", "UserDefined Skipped", "NotStarted"])
    def test_law_1_skipped_in_three_spellings(self, name):
        item = ITEMS[f"Outcomes / {name}", 1]
        assert (item.value, item.claimed, item.measured) == (None, ItemClaim.SKIPPED, Measured.SKIPPED)

    @pytest.mark.parametrize("name", ["UserDefined Passed", "Passed Forced", "Unknown", "None at all"])
    def test_law_1_what_is_unknown_is_no_pass(self, name):
        item = ITEMS[f"Outcomes / {name}", 1]
        assert (item.value, item.claimed) == (None, ItemClaim.NOT_MEASURED)

    @pytest.mark.parametrize(
        "written, claimed",
        [("Passed", "pass"), ("Failed", "fail"), ("Aborted", "error"), ("NotStarted", "skipped"), ("Done", "none"),
         ("Perfect", "none"), ("", "none"), ("passed", "none")],
    )  # fmt: skip
    def test_law_1_outcomes_of_the_report(self, written, claimed):
        (report,) = read(small(PASSED, outcome=written))
        assert report.claimed.value == claimed

    def test_law_1_a_pass_with_a_part_that_fails_is_none(self):
        assert TRAPS.claimed is ReportClaim.FAIL
        assert TRAPS.notes == ("the report says pass, its 'Tolerances / Parts per million' says fail",)

    def test_law_1_a_pass_without_a_part_that_passes_is_none(self):
        (report,) = read(small())
        assert (report.claimed, report.notes[-1]) == (ReportClaim.NONE, "the report says pass, none of its parts does")

    def test_actions_and_groups_that_failed_are_items(self):
        assert SOCKET_1.claimed is ReportClaim.TERMINATED
        assert [(i.item, i.claimed) for i in SOCKET_1.items] == [
            ("Open relay / (status)", ItemClaim.ERROR),
            ("Cells / Cell 1", ItemClaim.PASS),
            ("Cells / (status)", ItemClaim.FAIL),
        ]

    def test_law_1_a_test_that_failed_though_its_values_do_not_fails_them(self):
        first = b'<tr:TestResult ID = "tr-8c1d0f52-0011"'
        before, _, after = EOL.partition(first)
        data = b"Failed".join(before.rsplit(b"Passed", 1)) + first + after
        assert data != EOL
        items = items_of(read(data)[0])
        assert [items[f"Cell module / Cells / {name} cell", 1].claimed for name in ("Lowest", "Highest")] == [
            ItemClaim.FAIL,
            ItemClaim.FAIL,
        ]


class TestSubjects:
    def test_several_results_in_one_file_are_several_inspections(self):
        assert [report.external_id for report in (TRAPS, SOCKET_1)] == ["socket-0", "socket-1"]
        assert SOCKET_1.serial == "PACK-0001"

    @pytest.mark.law(1)
    def test_law_1_the_stations_serial_number_is_never_the_units(self):
        assert (TRAPS.serial, TRAPS.station) == (None, "EOL-07")
        assert dict(TRAPS.headers)["UUT / SerialNumber"] == "NONE"
        (report,) = read(small(PASSED, rest="<TestStation><SerialNumber>S</SerialNumber></TestStation>"))
        assert (report.serial, report.station) == (None, "S")

    def test_two_units_in_one_result_are_refused(self):
        unit = "<UUT><SerialNumber>A</SerialNumber></UUT>"
        assert refusal(small(PASSED, rest=unit * 2)) == "/TestResults/UUT: found two of them, expected one"


class TestTimes:
    def test_without_an_offset_they_need_a_zone(self):
        message = refusal(EOL, ParseContext())
        assert message.startswith("/TestResults/ResultSet/@startDateTime: found '2026-11-20T08:00:00.500', a time")

    def test_their_own_offset_counts(self):
        assert SOCKET_1.started_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
        assert "does not say how long" in SOCKET_1.notes[0]

    @pytest.mark.parametrize(
        "attributes, found",
        [("", "found nothing"), ('startDateTime="yesterday"', "found 'yesterday'"),
         ('startDateTime="2026-11-20T08:00:00Z" endDateTime="2026-11-20T07:00:00Z"', "before 2026-11-20T08:00:00Z")],
    )  # fmt: skip
    def test_faults_are_named(self, attributes, found):
        assert found in refusal(small(PASSED, set_attributes=attributes))


class TestFaults:
    @pytest.mark.law(1)
    def test_law_1_fewer_results_than_the_report_says_are_refused(self):
        data = EOL.replace(b"NumOfResults value = '8'", b"NumOfResults value = '9'")
        assert "found 8 results, where NumOfResults says '9'" in refusal(data)
        assert "NumOfResults says 'some'" in refusal(
            EOL.replace(b"NumOfResults value = '8'", b"NumOfResults value='some'")
        )

    @pytest.mark.parametrize(
        "data, message",
        [
            (small(PASSED, uuid=""), "/TestResults/@uuid: found nothing"),
            (b'<TestResults uuid="1"/>', "/TestResults/ResultSet: found nothing"),
            (b"<Reports/>", "/: found 'Reports', expected TestResults"),
            (b'<TestResults uuid="1"><TestGroup/></TestResults>', "found a TestGroup in this place"),
            (b'<TestResults uuid="1"><TestResults uuid="2"/></TestResults>', "found a TestResults in this place"),
            (small(PASSED, rest="<ResultSet/>"), "found a ResultSet in this place"),
            (small('<Outcome value="Failed"/>'), "found two outcomes, expected one"),
            (small(f'<Test name="a">{"<Outcome/>" * 2}</Test>'), "/TestResults/ResultSet/a/Outcome: found 2 of them"),
            (b"<!DOCTYPE a><TestResults/>", "found a document type"),
            (small(f"<Test name='{'x' * 600}'/>"), "found 600 characters, expected at most 500"),
        ],
    )  # fmt: skip
    def test_are_named(self, data, message):
        assert message in refusal(data)

    def test_an_empty_collection_holds_no_test(self):
        assert read(b"<TestResultsCollection/>") == []


@pytest.mark.law(1)
class TestDamage:
    def test_law_1_a_file_broken_off_anywhere_is_refused(self):
        data = small(PASSED)
        assert [outcome(AtmlAdapter(), part, BERLIN) for part in truncations(data)] == [None] * len(data)

    def test_law_1_a_batch_broken_off_gives_no_pass_that_was_not_whole(self):
        collection = b"<TestResultsCollection>" + small(PASSED) + small(PASSED, uuid='uuid="u-2"')
        for part in truncations(collection, 7):
            found = []
            with pytest.raises(AdapterError):
                found += AtmlAdapter().parse(io.BytesIO(part), BERLIN)
            assert [report.external_id for report in found] in ([], ["u-1"])

    @settings(max_examples=examples(150), deadline=None)
    @given(damaged(EOL))
    def test_law_1_damage_never_turns_a_fail_into_a_pass(self, data):
        assert passes(outcome(AtmlAdapter(), data, BERLIN)) == 0

    @settings(max_examples=examples(100), deadline=None)
    @given(damaged(fixture("traps")))
    def test_whatever_stands_anywhere_is_read_or_refused(self, data):
        outcome(AtmlAdapter(), data, BERLIN)
