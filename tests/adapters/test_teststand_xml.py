"""Native TestStand XML, read as it was written: measurements, tolerances, statuses, whose serial and when."""

import io
import pathlib
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings

from inspections.adapters import registry
from inspections.adapters.canonical import AdapterError, Comparator, ItemClaim, Measured, ParseContext, ReportClaim
from inspections.adapters.teststand_xml import NativeTestStandAdapter
from tests.adapters.fuzzing import damaged, outcome, passes, truncations
from tests.adapters.oracle import items_of, recompute
from tests.depth import examples

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures"
SAMPLES = pathlib.Path(__file__).parents[3] / "shared" / "samples" / "teststand_xml"
BERLIN = ParseContext(time_zone="Europe/Berlin")
WINTER = timezone(timedelta(hours=1))


def read(data, context=BERLIN):
    return list(NativeTestStandAdapter().parse(io.BytesIO(data), context))


def fixture(name):
    return (FIXTURES / "teststand_xml" / f"{name}.xml").read_bytes()


def refusal(data, context=BERLIN):
    with pytest.raises(AdapterError) as refused:
        read(data, context)
    return str(refused.value)


EOL, ADD_ON = fixture("pack-eol"), fixture("add-on")
TRAPS, SOCKET_1 = read(fixture("traps"))
ITEMS = items_of(TRAPS)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of real rig files is not here")
def test_real_report():
    (report,) = read((SAMPLES / "TSWithWats.xml").read_bytes(), ParseContext())
    assert (report.serial, report.part_number, report.process_code) == ("12345", "PN1", "60")
    assert report.started_at == datetime(2022, 6, 23, 10, 55, 4, 370000, timezone(timedelta(hours=2)))
    assert report.claimed is ReportClaim.PASS
    assert [(item.item, item.value, item.claimed) for item in report.items] == [
        ("Pass/Fail Test", True, ItemClaim.PASS)
    ]


def test_it_tells_of_the_same_run_what_atml_tells():
    (native,) = read(EOL)
    (atml,) = registry.get("atml").parse(io.BytesIO((FIXTURES / "atml" / "pack-eol-5.00.xml").read_bytes()), BERLIN)
    facts = [
        [(i.item, i.value, i.unit, i.comparator, i.claimed) for i in report.items if i.item != "Heater"]
        for report in (native, atml)
    ]
    assert facts[0] == facts[1]
    for name in (
        "serial",
        "part_number",
        "process_name",
        "station",
        "operator",
        "started_at",
        "finished_at",
        "claimed",
    ):
        assert (name, getattr(native, name)) == (name, getattr(atml, name))


def test_head():
    (report,) = read(EOL)
    assert report.external_id == "-1-2026-11-20-8-0-0-500"
    assert (report.started_at, report.finished_at) == (
        datetime(2026, 11, 20, 8, 0, 0, 500000, WINTER),
        datetime(2026, 11, 20, 8, 0, 12, 750000, WINTER),
    )
    assert dict(report.headers)["UUT / BatchSerialNumber"] == "B-17"


def test_the_add_ons_report():
    (report,) = read(ADD_ON, ParseContext())
    assert (report.external_id, report.serial) == ("f4fb0a29-0001", "LSGPC52U6AF102554")
    assert (report.part_number, report.process_code, report.purpose) == ("PACK-96S", "60", "Production")
    assert report.started_at == datetime(2026, 11, 20, 8, 0, 0, 370000, timezone(timedelta(hours=8)))
    assert report.claimed is ReportClaim.PASS


@pytest.mark.parametrize("data", [EOL, ADD_ON, fixture("traps"), EOL.decode("latin-1").encode("utf-16")])
def test_it_is_found_and_atml_is_not(data):
    assert registry.detect(data[:4096], "report.xml").name == "teststand_xml"


class TestMeasurements:
    @pytest.mark.parametrize(
        "name, comparator, lower, upper",
        [("Outside", "outside", 0, 10), ("Upper limit in Low", "inside", None, 10), ("Tolerant", "inside", 90, 110),
         ("Percentage", "inside", Decimal("-52.5"), -49)],
    )  # fmt: skip
    def test_limits(self, name, comparator, lower, upper):
        item = ITEMS[name, 1]
        assert (item.comparator.value, item.lower, item.upper) == (comparator, lower, upper)
        assert recompute(item) == "pass"

    @pytest.mark.law(1)
    @pytest.mark.parametrize("name", ["No comparison", "Widths alone", "Text compared somehow"])
    def test_law_1_unclear_limits_are_unparsed(self, name):
        assert (ITEMS[name, 1].comparator, bool(ITEMS[name, 1].note)) == (Comparator.UNPARSED, True)

    @pytest.mark.parametrize("name", ["Logged", "Text not compared"])
    def test_logged_values_judge_nothing(self, name):
        assert (ITEMS[name, 1].comparator, ITEMS[name, 1].claimed) == (None, ItemClaim.NONE)

    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        "name, claimed, measured",
        [("Number missing", "not_measured", "not_measured"), ("Truth against status", "fail", "measured"),
         ("No truth", "not_measured", "not_measured"), ("Error that passed", "error", "error"),
         ("Unknown status", "none", "measured")],
    )  # fmt: skip
    def test_law_1_what_contradicts_a_pass_is_none(self, name, claimed, measured):
        assert (ITEMS[name, 1].claimed.value, ITEMS[name, 1].measured.value) == (claimed, measured)

    @pytest.mark.law(1)
    def test_law_1_a_number_beside_skipped_is_no_value(self):
        heater = items_of(read(EOL)[0])["Heater", 1]
        assert (heater.value, heater.measured, heater.note) == (
            None,
            Measured.SKIPPED,
            "the report has 0 beside that",
        )

    def test_words_stay_words(self):
        assert (ITEMS["No number", 1].value, recompute(ITEMS["No number", 1])) == ("NaN", "indeterminate")

    def test_steps_of_unknown_kinds_count_where_they_say_pass_or_fail(self):
        assert ITEMS["Own kind", 1].claimed is ItemClaim.PASS
        assert ("Own kind done", 1) not in ITEMS

    def test_each_pass_of_a_loop_is_an_item_and_its_summary_is_not(self):
        found = [(item.occurrence, item.value) for (name, _), item in ITEMS.items() if name == "Loop"]
        assert found == [(1, Decimal(2)), (2, Decimal(0))]

    def test_an_action_that_broke_off_is_an_item(self):
        assert ITEMS["Broken action / (status)", 1].claimed is ItemClaim.ERROR


@pytest.mark.law(1)
class TestReports:
    def test_law_1_a_pass_with_a_part_that_fails_is_none(self):
        assert TRAPS.claimed is ReportClaim.FAIL
        assert TRAPS.notes[-1] == "the report says pass, its 'Truth against status' says fail"

    def test_law_1_a_pass_that_the_main_sequence_does_not_claim_is_none(self):
        assert SOCKET_1.claimed is ReportClaim.ERROR
        data = ADD_ON.replace(b"<Value>Passed</Value>", b"<Value>Perfect</Value>")
        assert read(data, ParseContext())[0].claimed is ReportClaim.NONE

    @pytest.mark.parametrize(
        "written, claimed", [("Passed", "fail"), ("Terminated", "terminated"), ("Perfect", "none")]
    )
    def test_law_1_results_of_the_unit(self, written, claimed):
        data = EOL.replace(b"UUTResult='Failed'", f"UUTResult='{written}'".encode())
        assert read(data)[0].claimed.value == claimed

    def test_several_units_and_no_batch(self):
        assert [report.external_id for report in (TRAPS, SOCKET_1)] == ["0-1", "1-1"]
        assert (TRAPS.serial, SOCKET_1.serial) == (None, "PACK-0002")

    def test_a_wrong_number_of_the_year_gives_way_to_the_text(self):
        assert TRAPS.started_at == datetime(2026, 11, 20, 8, 0, 0, 500000, WINTER)

    def test_law_1_fewer_steps_than_the_report_says_are_refused(self):
        message = refusal(EOL.replace(b"StepCount='8'", b"StepCount='9'"))
        assert message.startswith("/Report/@StepCount: found 8 results, where StepCount says '9'")

    def test_law_1_fewer_values_than_the_bounds_of_an_array_say_are_refused(self):
        assert "found an array of 6, whose bounds say 7" in refusal(EOL.replace(b"HBound='[5]'", b"HBound='[6]'"))

    @pytest.mark.parametrize(
        "data, message",
        [
            (EOL.replace(b"Link=", b"Lynk="), "/Report/@Link: found nothing"),
            (EOL.replace(b"<Value>11</Value>", b"<Value>13</Value>"), "month must be in 1..12"),
            (EOL.replace(b"<Value>11</Value>", b"<Value></Value>"), "/Report/StartDate/Month: found nothing"),
            (EOL.replace(b"12.25", b"-1"), "/Report/TS/TotalTime: found -1"),
            (EOL.replace(b"Type='TEResult'", b"Type='Obj'"), "/Report: found no result of the main sequence"),
            (EOL.replace(b"Prop Name='Comp'", b"Prop Name='Status'"), "found 'Status' twice"),
            (b"<Reports><Report Link='1'><Report/></Report></Reports>", "/: found 'Report'"),
            (b"<TestResults/>", "/: found 'TestResults', expected Reports"),
            (b"<!DOCTYPE a []><Reports/>", "found a document type"),
        ],
    )  # fmt: skip
    def test_faults_are_named(self, data, message):
        assert message in refusal(data)

    def test_a_time_without_a_zone_is_refused(self):
        assert "2026-11-20T08:00:00.500" in refusal(EOL, ParseContext())


@pytest.mark.law(1)
class TestDamage:
    def test_law_1_a_file_broken_off_anywhere_is_refused(self):
        data = ADD_ON.rstrip()
        assert passes(outcome(NativeTestStandAdapter(), data, BERLIN)) == 1
        assert {outcome(NativeTestStandAdapter(), part, BERLIN) is None for part in truncations(data, 3)} == {True}

    @settings(max_examples=examples(150), deadline=None)
    @given(damaged(EOL))
    def test_law_1_damage_never_turns_a_fail_into_a_pass(self, data):
        assert passes(outcome(NativeTestStandAdapter(), data, BERLIN)) == 0

    @settings(max_examples=examples(100), deadline=None)
    @given(damaged(fixture("traps")))
    def test_whatever_stands_anywhere_is_read_or_refused(self, data):
        outcome(NativeTestStandAdapter(), data, BERLIN)
