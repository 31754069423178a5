"""WATS reports, read as they were written: values, limits, statuses, times and what is no test at all."""

import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

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
from inspections.adapters.wats_json import WatsJsonAdapter
from tests.adapters.oracle import FIXTURES, SAMPLES, dump, items_of, read, read_fixture, recompute

CHINA = timezone(timedelta(hours=8))
TRAPS = items_of(read_fixture("traps"))
ROOT = "/root"
STEP = f"{ROOT}/steps/0"
"""JSON pointers into a report."""


def report(**changes):
    """The smallest report of a test, with changes; a change to `...` takes the key away."""
    whole = {
        "type": "T", "id": "r-1", "pn": "P", "sn": "S-1", "processCode": 10, "processName": "EOL", "result": "P",
        "machineName": "M", "purpose": "Production", "start": "2026-11-20T08:00:00+08:00",
        "root": {"stepType": "SequenceCall", "name": "Main", "status": "P", "steps": []}, "uut": {"user": "0417"},
    }  # fmt: skip
    return dump({key: value for key, value in {**whole, **changes}.items() if value is not ...})


def step_report(*steps):
    return report(root={"stepType": "SequenceCall", "name": "Main", "status": "P", "steps": list(steps)})


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of real rig files is not here")
class TestRealReport:
    def read(self, name):
        return read((SAMPLES / name).read_bytes())

    def test_all_limit_checks_recompute_to_the_rigs_own_verdicts(self):
        numbers = [item for item in self.read("uut-wsjf-export.json").items if item.kind is ItemKind.NUMBER]
        checks = [item for item in numbers if item.comparator is not None]
        assert len(checks) == 103
        assert [(i.item, recompute(i)) for i in checks] == [(i.item, i.claimed.value) for i in checks]

    def test_logged_values_judge_nothing(self):
        numbers = [item for item in self.read("uut-wsjf-export.json").items if item.kind is ItemKind.NUMBER]
        logged = [item for item in numbers if item.comparator is None]
        assert [(i.claimed, recompute(i)) for i in logged] == [(ItemClaim.NONE, None)] * 5

    def test_texts_and_verdicts_recompute_too(self):
        others = [item for item in self.read("uut-wsjf-export.json").items if item.kind is not ItemKind.NUMBER]
        checks = [item for item in others if item.comparator is not None]
        assert len(checks) == 35
        assert [(i.item, recompute(i)) for i in checks] == [(i.item, i.claimed.value) for i in checks]

    def test_head(self):
        found = self.read("uut-wsjf-export.json")
        zone = timezone(timedelta(hours=1))
        assert found.started_at == datetime(2026, 1, 30, 22, 1, 41, 470735, tzinfo=zone)
        assert found.finished_at == datetime(2026, 1, 30, 22, 3, 45, 140735, tzinfo=zone)
        assert (found.claimed, found.verdict_claimed, found.not_a_test) == (ReportClaim.FAIL, "fail", None)

    def test_repair_report_is_no_test(self):
        found = self.read("uur_example.json")
        assert found.not_a_test == "a repair report (type R) is no test, whatever its result"
        assert found.items == ()


class TestFixtureOfAllTraps:
    def test_every_operator_recomputes_to_the_verdict_in_its_name(self):
        checks = [item for (path, _), item in TRAPS.items() if path.startswith("Operators") and item.comparator]
        assert len(checks) == 28
        assert [(i.item, recompute(i)) for i in checks] == [(i.item, i.item.rsplit(" ", 1)[1]) for i in checks]

    def test_log_judges_nothing_even_with_limits(self):
        for name in ("LOG", "LOG with limits"):
            item = TRAPS[f"Operators / {name}", 1]
            assert (item.comparator, item.claimed, item.value) == (None, ItemClaim.NONE, Decimal("10.0"))

    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        "name",
        ["Two limits for one", "One limit for two", "No limit at all", "Limits exchanged", "A limit that is no number",
         "A limit without end", "A limit of 31 digits", "Tolerant", "No operator"],
    )  # fmt: skip
    def test_unclear_limits_are_unparsed_and_say_why(self, name):
        item = TRAPS[f"Limits / {name}", 1]
        assert item.comparator is Comparator.UNPARSED
        assert recompute(item) == "indeterminate"
        assert item.note

    @pytest.mark.parametrize("name", ["Upper limit in highLimit", "No highLimit key", "The same limit twice"])
    def test_upper_limit_is_found_in_either_place(self, name):
        item = TRAPS[f"Limits / {name}", 1]
        assert (item.comparator, item.lower, item.upper) == (Comparator.INSIDE, None, Decimal(5))

    @pytest.mark.parametrize(
        "name, value",
        [("NaN in quotes", "NaN"), ("NaN bare", "NaN"), ("Minus infinity", "-Infinity"), ("Blank", ""),
         ("A decimal in quotes", "4.90"), ("A truth", True), ("Huge exponent", "1e99999999999999999999")],
    )  # fmt: skip
    def test_values_that_are_no_number_stay_as_written(self, name, value):
        item = TRAPS[f"Values / {name}", 1]
        assert (item.value, type(item.value), recompute(item)) == (value, type(value), "indeterminate")

    @pytest.mark.law(5)
    def test_all_digits_of_value_and_limit_are_kept(self):
        item = TRAPS["Values / All digits kept", 1]
        assert (str(item.value), str(item.upper)) == ("0.10000000000000000555", "0.1000000000000000056")
        assert recompute(item) == "pass"

    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        "name, measured, claimed",
        [
            ("Skipped with a zero", Measured.SKIPPED, ItemClaim.SKIPPED),
            ("Skipped step, passed value", Measured.SKIPPED, ItemClaim.SKIPPED),
            ("Broken off", Measured.ERROR, ItemClaim.ERROR),
            ("Terminated step, passed value", Measured.ERROR, ItemClaim.ERROR),
            ("Without a measurement", Measured.NOT_MEASURED, ItemClaim.NOT_MEASURED),
            ("Without a text", Measured.NOT_MEASURED, ItemClaim.NOT_MEASURED),
            ("Without a verdict", Measured.NOT_MEASURED, ItemClaim.NOT_MEASURED),
            ("Skipped without a measurement", Measured.SKIPPED, ItemClaim.SKIPPED),
        ],
    )
    def test_what_was_not_measured_has_no_value(self, name, measured, claimed):
        item = TRAPS[f"Not measured / {name}", 1]
        assert (item.value, item.measured, item.claimed) == (None, measured, claimed)

    def test_null_is_not_measured(self):
        item = TRAPS["Values / Null", 1]
        assert (item.value, item.measured, item.claimed) == (None, Measured.NOT_MEASURED, ItemClaim.NOT_MEASURED)

    @pytest.mark.parametrize(
        "name, value, claimed",
        [
            ("Pass", True, ItemClaim.PASS),
            ("Fail", False, ItemClaim.FAIL),
            ("Pass in a failed step", False, ItemClaim.FAIL),
            ("Pass in a done step", True, ItemClaim.PASS),
            ("Fail in a passed step", False, ItemClaim.FAIL),
            ("Unknown letter", None, ItemClaim.NOT_MEASURED),
            ("Several / First", True, ItemClaim.PASS),
            ("Several / Second", False, ItemClaim.FAIL),
            ("Unknown type passed", True, ItemClaim.PASS),
            ("Unknown type failed", False, ItemClaim.FAIL),
            ("Action that failed / (status)", False, ItemClaim.FAIL),
            ("Call that ended in an error / (status)", None, ItemClaim.ERROR),
            ("Sequence that failed by itself / (status)", False, ItemClaim.FAIL),
        ],
    )
    def test_pass_fail_steps_believe_the_worse(self, name, value, claimed):
        item = TRAPS[f"Verdicts / {name}", 1]
        assert (item.value, item.claimed) == (value, claimed)

    def test_steps_that_only_ran_are_no_checks(self):
        names = {path.split(" / ")[1] for path, _ in TRAPS if path.startswith("Verdicts")}
        assert names.isdisjoint({"Wait that passed", "Unknown type done"})

    def test_conforming_value_in_a_failed_step_keeps_its_value_and_the_rigs_fail(self):
        item = TRAPS["Verdicts / Conforming value in a failed step", 1]
        assert (item.value, item.claimed, item.verdict_claimed) == (Decimal("4.0"), ItemClaim.FAIL, "fail")

    @pytest.mark.parametrize(
        "name, found",
        [("Equal", "pass"), ("Other case", "fail"), ("Case ignored", "pass"), ("EQ", "pass"), ("NE", "pass"),
         ("Ordered", "indeterminate"), ("No limit", "indeterminate"), ("Logged", None)],
    )  # fmt: skip
    def test_texts(self, name, found):
        assert recompute(TRAPS[f"Texts / {name}", 1]) == found

    def test_the_same_path_again_counts_up_in_the_order_of_the_report(self):
        found = {
            key: (str(item.value), str(item.lower or item.upper)) for key, item in TRAPS.items() if "Loops" in key[0]
        }
        assert found == {
            ("Loops / Retry", 1): ("301.0", "300.0"),
            ("Loops / Retry", 2): ("298.0", "300.0"),
            ("Loops / Retry", 3): ("301.0", "300.0"),
            ("Loops / Summary alone", 1): ("299.0", "300.0"),
            ("Loops / Outer / Inner / Value", 1): ("1.5", "1"),
            ("Loops / Outer / Inner / Value", 2): ("2.5", "2"),
            ("Loops / Outer / Inner / Value", 3): ("3.5", "3"),
            ("Loops / Blanks in a name", 1): ("1", "1"),
            ("Loops / (unnamed)", 1): ("1", "1"),
        }

    def test_times_are_summed_exactly_before_they_are_cut(self):
        found = read_fixture("traps")
        assert found.started_at == datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=CHINA)
        assert found.finished_at == datetime(2026, 11, 21, 0, 0, 0, 0, tzinfo=CHINA)


class TestPackReport:
    def test_head_of_a_report(self):
        found = read_fixture("pack-eol-failed")
        assert found.external_id == "7d0f5c1e-2b7a-4c55-9a53-0f6a1e3b9c02"
        assert (found.serial, found.part_number) == ("PK-2611-000322", "PACK-101")
        assert (found.process_code, found.process_name) == ("320", "Pack end of line")
        assert (found.station, found.operator, found.purpose) == ("PACK-EOL-3", "0417", "Production")
        assert found.finished_at == datetime(2026, 11, 20, 8, 14, 41, 877345, tzinfo=CHINA)

    def test_failed_and_passed_report_differ_in_one_check(self):
        passed, failed = read_fixture("pack-eol-passed"), read_fixture("pack-eol-failed")
        assert Counter(recompute(item) for item in passed.items) == {"pass": 18, None: 2}
        assert [i.item for i in failed.items if recompute(i) == "fail"] == ["High voltage / Bonding charge port"]

    def test_an_item_as_a_whole(self):
        assert items_of(read_fixture("pack-eol-failed"))["High voltage / Bonding charge port", 1] == CanonicalItem(
            item="High voltage / Bonding charge port",
            occurrence=1,
            kind=ItemKind.NUMBER,
            value=Decimal("0.100"),
            unit="ohm",
            comparator=Comparator.INSIDE,
            upper=Decimal("0.1"),
            upper_inclusive=False,
            claimed=ItemClaim.FAIL,
        )

    def test_repair_is_never_a_test_and_has_no_items(self):
        found = read_fixture("repair")
        assert found.claimed is ReportClaim.PASS
        assert (found.not_a_test, found.items) == ("a repair report (type R) is no test, whatever its result", ())


class TestClaims:
    @pytest.mark.parametrize(
        "result, root, claimed",
        [
            ("P", "P", "pass"), ("F", "F", "fail"), ("P", "F", "fail"), ("F", "P", "fail"), ("E", "P", "fail"),
            ("T", "P", "fail"), ("S", "S", "fail"), ("P", "T", "fail"), ("P", ..., None), (..., "P", None),
            (..., "F", "fail"), ("D", "D", None), ("D", "F", "fail"), ("P", "D", "pass"), ("passed", "P", None),
        ],
    )  # fmt: skip
    def test_a_pass_needs_result_and_first_step(self, result, root, claimed):
        steps = {"stepType": "SequenceCall", "name": "Main", "status": root}
        found = read(report(result=result, root={key: value for key, value in steps.items() if value is not ...}))
        assert found.verdict_claimed == claimed


class TestTimes:
    @pytest.mark.parametrize(
        "start, execution, finished",
        [
            ("2026-11-20T08:00:00+08:00", "12.5", datetime(2026, 11, 20, 0, 0, 12, 500000, tzinfo=UTC)),
            ("2026-11-20T08:00:00.1234567Z", "0.0000003", datetime(2026, 11, 20, 8, 0, 0, 123457, tzinfo=UTC)),
            ("2026-11-20T08:00:00.1234567Z", "0.0000002", datetime(2026, 11, 20, 8, 0, 0, 123456, tzinfo=UTC)),
            ("2026-12-31T23:59:59.9+0000", "0.1", datetime(2027, 1, 1, tzinfo=UTC)),
        ],
    )
    def test_finish_is_start_plus_execution_time(self, start, execution, finished):
        assert read(report(start=start, uut={"execTime": Decimal(execution)})).finished_at == finished

    def test_total_time_of_the_root_serves_where_no_execution_time_is_given(self):
        found = read(
            report(uut={"execTime": Decimal(0)}, root={"name": "Main", "status": "P", "totTime": Decimal("2.5")})
        )
        assert found.finished_at - found.started_at == timedelta(seconds=2.5)
        assert found.notes == ()

    def test_a_report_without_a_duration_finished_when_it_started_and_says_so(self):
        found = read(report())
        assert found.finished_at == found.started_at
        assert found.notes == ("the report does not say how long the test took: finished when it started",)

    def test_utc_serves_where_the_start_has_no_offset(self):
        found = read(report(start="2026-11-20T08:00:00", startUTC="2026-11-20T00:00:00"))
        assert found.started_at == datetime(2026, 11, 20, tzinfo=UTC)

    @pytest.mark.parametrize(
        "changes, place",
        [
            ({"start": "2026-11-20T08:00:00"}, "/start"),
            ({"start": ...}, "/start"),
            ({"start": "2026-11-20T08:00:00+08:00", "startUTC": "2026-11-20T08:00:00Z"}, "/start"),
            ({"start": "20.11.2026 08:00"}, "/start"),
            ({"start": "2026-02-30T08:00:00Z"}, "/start"),
            ({"start": "2026-11-20T08:00:00+99:00"}, "/start"),
            ({"start": "0001-01-01T00:00:00Z"}, "/start"),
            ({"start": "٢٠٢٦-11-20T08:00:00Z"}, "/start"),
            ({"uut": {"execTime": Decimal(-1)}}, "/uut/execTime"),
            ({"uut": {"execTime": Decimal("1E+300")}}, "/uut/execTime"),
            ({"uut": {"execTime": "NaN"}}, "/uut/execTime"),
        ],
    )
    def test_unclear_times_are_refused(self, changes, place):
        with pytest.raises(AdapterError) as refusal:
            read(report(**changes))
        assert refusal.value.place == place


class TestBrokenFiles:
    @pytest.mark.parametrize(
        "changes, place",
        [
            ({"type": ...}, "/type"),
            ({"type": "X"}, "/type"),
            ({"id": " "}, "/id"),
            ({"sn": ["S"]}, "/sn"),
            ({"sn": "S\0"}, "/sn"),
            ({"sn": "\ud800"}, "/sn"),
            ({"sn": "S" * 201}, "/sn"),
            ({"root": None}, ROOT),
            ({"root": []}, ROOT),
            ({"uut": "0417"}, "/uut"),
        ],
    )
    def test_a_faulty_head_is_refused_with_its_place(self, changes, place):
        with pytest.raises(AdapterError) as refusal:
            read(report(**changes))
        assert refusal.value.place == place

    @pytest.mark.parametrize(
        "step, place",
        [
            ("step", STEP),
            ({"name": {}}, f"{STEP}/name"),
            ({"name": "N", "numericMeas": {}}, f"{STEP}/numericMeas"),
            ({"name": "N", "numericMeas": [1]}, f"{STEP}/numericMeas/0"),
            ({"name": "N", "numericMeas": [{"compOp": "LOG", "value": [1]}]}, f"{STEP}/numericMeas/0/value"),
            ({"name": "N", "stringMeas": [{"compOp": "LOG", "value": "\0"}]}, f"{STEP}/stringMeas/0/value"),
            ({"name": "N" * 400, "numericMeas": [{"name": "M" * 400}]}, STEP),
        ],
    )
    def test_a_faulty_step_is_refused_with_its_place(self, step, place):
        with pytest.raises(AdapterError) as refusal:
            read(step_report(step))
        assert refusal.value.place == place

    def test_steps_nested_too_deep_are_refused(self):
        step = {"name": "leaf"}
        for _ in range(70):
            step = {"name": "n", "steps": [step]}
        with pytest.raises(AdapterError, match="nested deeper than 60"):
            read(step_report(step))

    def test_unit_without_a_serial_is_read_as_none(self):
        assert read(report(sn=None)).serial is None

    @pytest.mark.parametrize("share", [1, 25, 50, 90, 99])
    def test_a_truncated_file_is_refused(self, share):
        data = (FIXTURES / "pack-eol-passed.json").read_bytes().rstrip()
        with pytest.raises(AdapterError):
            read(data[: len(data) * share // 100])

    def test_a_list_of_reports_is_refused(self):
        with pytest.raises(AdapterError, match="one WATS report"):
            read(b"[]")

    def test_a_byte_order_mark_is_no_part_of_the_report(self):
        data = (FIXTURES / "pack-eol-passed.json").read_bytes()
        assert read(b"\xef\xbb\xbf" + data) == read(data)

    def test_a_file_over_the_bound_is_refused(self):
        with pytest.raises(AdapterError, match="at most 20 bytes"):
            WatsJsonAdapter().parse(io.BytesIO(report()), ParseContext(max_bytes=20))


class TestSniff:
    @pytest.mark.parametrize("name", ["traps", "pack-eol-passed", "repair"])
    def test_own_reports_are_claimed(self, name):
        head = (FIXTURES / f"{name}.json").read_bytes()[:4096]
        assert WatsJsonAdapter().sniff(head, f"{name}.json") > 0.9

    @pytest.mark.parametrize(
        "head",
        [b"", b"[1]", b"<Reports/>", b"\x00\xff", json.dumps({"dut_id": 1, "outcome": "PASS", "phases": []}).encode()],
    )
    def test_other_files_are_not(self, head):
        assert WatsJsonAdapter().sniff(head, "result.json") < 0.2


@pytest.mark.law(1)
@pytest.mark.parametrize(
    "step",
    [
        {"name": "N", "status": "P", "stepType": "Probe", "numericMeas": []},
        {"name": "N", "status": "P"},
        {"name": "N", "status": "P", "stepType": "", "numericMeas": []},
    ],
)
def test_a_step_that_lost_its_measurement_or_type_is_not_measured(step):
    (item,) = read(step_report(step)).items
    assert (item.value, item.claimed, recompute(item)) == (None, ItemClaim.NOT_MEASURED, "indeterminate")
