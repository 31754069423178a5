"""Records of OpenHTF: limits out of text, nothing dropped, nothing unsaid a pass."""

import io
import json
import pathlib
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspections.adapters import registry
from inspections.adapters.canonical import AdapterError, Comparator, ItemKind, ParseContext, ReportClaim
from inspections.adapters.openhtf import OpenHtfAdapter
from inspections.adapters.openhtf_limits import literal_of, read_validator, read_validators
from tests.adapters.fuzzing import damaged, outcome, truncations
from tests.adapters.oracle import recompute
from tests.depth import examples

FIXTURE = pathlib.Path(__file__).parents[1] / "fixtures" / "openhtf" / "traps.json"
SAMPLES = pathlib.Path(__file__).parents[3] / "shared" / "samples" / "openhtf"
TRAPS = FIXTURE.read_bytes()


def read(data):
    (found,) = OpenHtfAdapter().parse(io.BytesIO(data), ParseContext())
    return found


def record(*phases, **changes):
    """The smallest record of a passed test, with changes; a change to `...` takes the key away."""
    whole = {
        "dut_id": "S-1", "start_time_millis": 1795147200000, "end_time_millis": 1795147260000, "outcome": "PASS",
        "metadata": {"test_name": "EOL"}, "phases": list(phases), "station_id": "EOL-3",
    }  # fmt: skip
    return json.dumps({key: value for key, value in {**whole, **changes}.items() if value is not ...}).encode()


def phase(outcome="PASS", **measurements):
    return {
        "name": "p",
        "outcome": outcome,
        "measurements": {name: {"name": name, **each} for name, each in measurements.items()},
    }


FOUND = {(item.item, item.occurrence): item for item in read(TRAPS).items}


def facts(path, occurrence=1):
    item = FOUND[path, occurrence]
    return (item.value, item.claimed.value, recompute(item))


class TestHead:
    def test_head_of_a_record(self):
        found = read(TRAPS)
        assert found.external_id == "EOL-3/PK-2611-000322/PACK-EOL/1795147200000"
        assert (found.serial, found.part_number, found.station, found.operator) == (
            "PK-2611-000322", "PACK-101", "EOL-3", "0417",
        )  # fmt: skip
        assert (found.process_code, found.claimed) == ("PACK-EOL", ReportClaim.FAIL)
        assert found.started_at == datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
        assert found.finished_at == datetime(2026, 11, 20, 4, 1, 0, 500000, tzinfo=UTC)
        assert dict(found.headers)["metadata / test_version"] == "1.2.0"

    def test_attachments_are_checked_and_noted(self):
        assert read(TRAPS).notes == (
            f"attachment 'trace.txt': 15 bytes, SHA-256 {sha256(b'raw trace bytes').hexdigest()}",
            "attachment 'left out' is named, its bytes are not in the record",
        )

    @pytest.mark.law(1)
    @pytest.mark.parametrize("changes", [{"end_time_millis": None}, {"outcome": None}, {"outcome": ...}])
    def test_a_partial_record_is_no_test(self, changes):
        found = read(record(phase(v={"outcome": "PASS", "measured_value": 1}), **changes))
        assert found.not_a_test == "a partial record: the test had not ended when it was written"
        assert (found.claimed, found.items) == (ReportClaim.NONE, ())

    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        "outcome, claimed",
        [("PASS", "pass"), ("FAIL", "fail"), ("ERROR", "error"), ("TIMEOUT", "terminated"), ("ABORTED", "terminated"),
         ("pass", "none"), ("GOOD", "none")],
    )  # fmt: skip
    def test_outcomes(self, outcome, claimed):
        assert read(record(outcome=outcome)).claimed.value == claimed

    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        "changes, claimed",
        [
            ({"phases": [phase("FAIL")]}, ReportClaim.FAIL), ({"phases": [phase("ERROR")]}, ReportClaim.ERROR),
            ({"phases": [phase(None)]}, ReportClaim.NONE), ({"phases": [phase("SKIP")]}, ReportClaim.PASS),
            ({"subtests": [{"name": "s", "outcome": "FAIL"}]}, ReportClaim.FAIL),
            ({"subtests": [{"name": "s", "outcome": "STOP"}]}, ReportClaim.ERROR),
            ({"diagnoses": [{"result": "WORN", "is_failure": True}]}, ReportClaim.FAIL),
            ({"diagnoses": [{"result": "NEW", "is_failure": False}]}, ReportClaim.PASS),
        ],
    )  # fmt: skip
    def test_a_pass_needs_all_parts(self, changes, claimed):
        assert read(record(**changes)).claimed is claimed


class TestLimits:
    @pytest.mark.parametrize(
        "name", ["both", "lower", "upper", "marginal", "equal", "truth", "text", "percent", "two", "object"]
    )
    def test_known_validators_recompute_to_the_rig_s_own_outcome(self, name):
        _, claimed, recomputed = facts(f"limits / {name}")
        assert (claimed, recomputed) == ("pass", "pass")

    @pytest.mark.law(5)
    def test_limits_are_the_decimals_printed(self):
        found = {name: FOUND[f"limits / {name}", 1] for name in ("both", "upper", "marginal", "percent", "two")}
        assert {name: (str(i.lower), str(i.upper)) for name, i in found.items()} == {
            "both": ("4.5", "5"), "upper": ("None", "0.00001"), "marginal": ("4", "9"), "percent": ("-5.500", "-4.500"),
            "two": ("2", "10"),
        }  # fmt: skip
        assert FOUND["limits / both", 1].unit == "V"
        assert FOUND["limits / marginal", 1].note == "the value is marginal"

    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        "name",
        ["function", "pattern", "number as text", "endless", "template", "exclusive", "conditional", "an object"],
    )
    def test_what_cannot_be_restated_is_unparsed_and_says_why(self, name):
        item = FOUND[f"unclear / {name}", 1]
        assert (item.comparator, recompute(item)) == (Comparator.UNPARSED, "indeterminate")
        assert item.note

    @pytest.mark.parametrize(
        "text",
        ["x", "5 <= x <= 4", "Marginal:5 <= x", "x <= Marginal:5", "a <= x <= z", "x <= 1e999", "nan <= x", "x == None",
         "'x' is within -1% of 5.", "'x' is within 10% of five.", "'x' is equal to 'None'", "", "x <= ٥", "x < 5",
         "x <= 1234567890123456789012345678901"],
    )  # fmt: skip
    def test_other_texts_are_unparsed(self, text):
        assert read_validator(text).comparator is Comparator.UNPARSED

    @pytest.mark.parametrize(
        "pattern, text",
        [(r"^HVIL\-OK$", "HVIL-OK"), (r"^1\.4\.3$", "1.4.3"), (r"^a\ b$", "a b"), ("^a/b$", "a/b"), (r"^1.4$", None),
         ("^a", None), (r"^\d$", None), (r"^\$", None), ("^a|b$", None), ("^$", None), ("^[a]$", None)],
    )  # fmt: skip
    def test_a_pattern_that_matches_one_text_is_that_text(self, pattern, text):
        assert literal_of(pattern) == text

    @given(st.text())
    def test_any_text_is_restated_or_unparsed(self, text):
        found = read_validators([text, f"'x' matches /{text}/", f"{text} <= x"])
        assert found.comparator is not None

    @given(st.text(min_size=1))
    def test_escaped_texts_come_back(self, text):
        import re

        assert literal_of(f"^{re.escape(text)}$") == text


class TestItems:
    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        "path, value, claimed",
        [
            ("unclear / not a number", "nan", "fail"), ("unclear / logged", Decimal("21.5"), "none"),
            ("unclear / strange", Decimal(4), "none"), ("unset / unset", None, "not_measured"),
            ("unset / partly", None, "not_measured"), ("unset / skipped", None, "skipped"),
            ("skipped / fine", None, "skipped"), ("skipped / failed", Decimal(6), "fail"),
            ("broken / fine", None, "error"),
            ("failed by itself / fine", Decimal(4), "pass"), ("failed by itself / (status)", False, "fail"),
            ("empty and broken / (status)", None, "error"), ("unknown / fine", Decimal(4), "none"),
            ("unclear / an object", '{"a": "x", "b": "1.5"}', "pass"),
        ],
    )  # fmt: skip
    def test_measurements_and_phases_that_are_no_pass(self, path, value, claimed):
        found = FOUND[path, 1]
        assert (found.value, found.claimed.value) == (value, claimed)

    def test_a_number_that_is_none_is_still_a_number_s_place(self):
        assert FOUND["unclear / not a number", 1].kind is ItemKind.NUMBER

    @pytest.mark.law(6)
    def test_a_phase_that_is_repeated_keeps_its_first_fail(self):
        assert facts("charging / retried / current", 1) == (Decimal(9), "fail", "fail")
        assert facts("charging / retried / current", 2) == (Decimal(11), "pass", "pass")

    def test_each_point_is_an_item_with_its_coordinates(self):
        found = [
            (path, item.value, item.claimed.value, recompute(item))
            for (path, _), item in FOUND.items()
            if "many" in path
        ]
        assert found == [
            ("many / ramp", True, "pass", "pass"),
            ("many / ramp / (0.0 s, A)", Decimal("0.5"), "pass", "pass"),
            ("many / ramp / (0.30000000000000004 s, A)", Decimal("400.0"), "pass", "pass"),
            ("many / logged / (0 s)", Decimal("1.5"), "none", None),
            ("many / later", True, "pass", "pass"),
            ("many / later / (0 s)", Decimal("0.5"), "none", "indeterminate"),
            ("many / later / (1 s)", Decimal("1.5"), "none", "indeterminate"),
            ("many / list", False, "fail", "fail"),
            ("many / list / (1)", Decimal(4), "none", "pass"),
            ("many / list / (2)", Decimal(6), "none", "fail"),
            ("many / empty", None, "not_measured", "indeterminate"),
        ]

    @pytest.mark.law(1)
    def test_more_points_than_are_kept_are_said_to_stay_in_the_file(self):
        points = [[index, 1.5] for index in range(1001)]
        entry = {"outcome": "PASS", "dimensions": [{"suffix": "s"}], "measured_value": points}
        (item,) = read(record(phase(v=entry))).items
        assert (item.value, item.claimed.value) == (None, "not_measured")
        assert item.note == "1001 points, more than 1000: they stay in the file"


@pytest.mark.parametrize(
    "changes, place",
    [
        ({"start_time_millis": ...}, "/start_time_millis"), ({"start_time_millis": "x"}, "/start_time_millis"),
        ({"start_time_millis": 0}, "/start_time_millis"), ({"start_time_millis": 1e300}, "/start_time_millis"),
        ({"end_time_millis": 1795147100000}, "/end_time_millis"), ({"phases": ...}, "/phases"),
        ({"phases": {}}, "/phases"), ({"phases": [{"measurements": {"v": 1}}]}, "/phases/0/measurements/v"),
        ({"phases": [phase(v={"validators": "x <= 5"})]}, "/phases/0/measurements/v/validators"),
        ({"phases": [phase(v={"dimensions": [{}], "measured_value": [[1, 2, 3]]})]},
         "/phases/0/measurements/v/measured_value/0"),
        ({"phases": [{"attachments": {"a": {"sha1": "00", "data": "cmF3"}}}]}, "/phases/0/attachments/a/data"),
        ({"phases": [{"attachments": {"a": {"data": "?"}}}]}, "/phases/0/attachments/a/data"),
        ({"phases": [phase(**{"n" * 600: {"measured_value": 1}})]}, "/phases/0"), ({"dut_id": ["x"]}, "/dut_id"),
    ],
)  # fmt: skip
def test_faults_are_refused_with_their_place(changes, place):
    with pytest.raises(AdapterError) as refused:
        read(record(**changes))
    assert refused.value.place == place


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of real rig files is not here")
class TestRealRecords:
    def read(self, beginning):
        (path,) = SAMPLES.glob(f"{beginning}*.json")
        return read(path.read_bytes())

    def test_a_record_of_eleven_measurements(self):
        found = self.read("PCB01A69658")
        assert (found.claimed, found.serial, len(found.items)) == (ReportClaim.PASS, "PCB01A69658", 11)
        assert [(item.item, recompute(item)) for item in found.items] == [(item.item, "pass") for item in found.items]

    def test_a_failed_record_with_a_marginal_value_and_a_ramp(self):
        found = self.read("made_here")
        assert (found.claimed, found.serial) == (ReportClaim.FAIL, "LNBXXXXX0R0000001")
        assert [item.item for item in found.items if item.claimed.value == "fail"] == [
            "brake_phase / brake_imbalance_pct"
        ]
        assert [recompute(item) for item in found.items if "ramp" in item.item] == [None] * 5

    def test_a_measurement_alone_is_no_record(self):
        with pytest.raises(AdapterError):
            self.read("google_multidim")


def test_a_record_finds_its_reader():
    assert registry.detect(TRAPS[:4096], "x.json").name == "openhtf"
    assert OpenHtfAdapter().sniff(b'{"type": "T", "sn": 1}', "x.json") == 0


@pytest.mark.law(1)
def test_a_record_cut_off_is_refused():
    whole = record(phase(v={"outcome": "PASS", "validators": ["x <= 5"], "measured_value": 1}))
    assert [piece for piece in truncations(whole) if outcome(OpenHtfAdapter(), piece, ParseContext()) is not None] == []


@settings(max_examples=examples(200), deadline=None)
@given(damaged(TRAPS))
def test_damage_is_read_or_refused(data):
    outcome(OpenHtfAdapter(), data, ParseContext(name="../../etc/passwd"))
