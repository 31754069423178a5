"""Q-DAS files: both codings of values, what was not measured, limits and their kinds, and a dfx with its dfd."""

import io
import pathlib
import zipfile
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings

from inspections.adapters import registry
from inspections.adapters.canonical import (
    AdapterError,
    AskingAdapter,
    Comparator,
    ItemClaim,
    ItemKind,
    Measured,
    ParseContext,
    ReportClaim,
)
from inspections.adapters.qdas import QdasAdapter
from tests.adapters.fuzzing import damaged, outcome, passes, truncations
from tests.adapters.oracle import items_of, recompute
from tests.depth import examples

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures" / "qdas"
SAMPLES = pathlib.Path(__file__).parents[3] / "shared" / "samples" / "qdas"
SHANGHAI = ParseContext(name="a.dfq", time_zone="Asia/Shanghai", encoding="cp1252")
CHINA = timezone(timedelta(hours=8))


def read(data, context=SHANGHAI):
    return list(QdasAdapter().parse(io.BytesIO(data), context))


def fixture(name):
    return (FIXTURES / name).read_bytes()


def refusal(data, context=SHANGHAI):
    with pytest.raises(AdapterError) as refused:
        read(data, context)
    return str(refused.value)


def with_options(**options):
    return ParseContext(time_zone="Asia/Shanghai", encoding="cp1252", options=options)


def zipped(**members):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return whole.getvalue()


ROWS, FIELDS = fixture("rows.dfq"), fixture("fields.dfq")
FIRST, SECOND = read(ROWS)
GOOD, BAD = items_of(FIRST), items_of(SECOND)
PAIR = zipped(part__dfd=fixture("pair.dfd"), part__dfx=fixture("pair.dfx"))

ONE = "K0100 1\r\nK2002/1 a\r\n{}K0001/1 5\r\nK0004/1 20.11.2026/08:00:03\r\n"


def one(description="", **changes):
    """The item of a file with one value."""
    text = ONE.format("".join(f"{line}\r\n" for line in description.split(";") if line))
    for old, new in changes.items():
        text = text.replace(old, new)
    (report,) = read(text.encode())
    return report.items[0]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of real rig files is not here")
class TestRealFiles:
    CONTEXT = ParseContext(time_zone="Europe/Berlin", options={"unterminated_last_line": True})

    def reports(self, name):
        return read((SAMPLES / f"{name}.dfq").read_bytes(), self.CONTEXT)

    def test_an_export_of_two_characteristics_and_five_rows(self):
        reports = self.reports("testmeasures")
        assert [[item.value for item in report.items] for report in reports] == [
            [Decimal(first), Decimal(second)]
            for first, second in [("249.96", "249.57"), ("249.83", "249.4"), ("249.93", "249.49"), ("249.88", "249.54"),
                                  ("249.78", "249.34")]
        ]  # fmt: skip
        assert [dict(report.headers).get("K0053") for report in reports] == ["615 647"] * 4 + [None]
        assert [dict(report.headers)["K0081"] for report in reports] == ["1", "2", "1", "2", "1"]
        assert reports[0].items[0].unit == "cm"

    def test_its_last_line_does_not_end(self):
        message = refusal((SAMPLES / "testmeasures.dfq").read_bytes(), ParseContext(time_zone="Europe/Berlin"))
        assert "found a last line that does not end" in message

    @pytest.mark.parametrize(
        "name, parts",
        [("basicDfq_singlePart_threeCharacteristics", [3] * 3),
         ("attributiveDfq_attributiveCharacteristic_and_errorLogSheet", [2]),
         ("basicDfq_threeParts_differentNumberOfCharacteristics", [1] * 8 + [3] + [5] * 3),
         ("characteristicHierarchy_singlePart_singleGroup_twoCharacteristics", [2])],
    )  # fmt: skip
    def test_others(self, name, parts):
        assert [len(report.items) for report in self.reports(name)] == parts


class TestRows:
    def test_each_row_is_an_inspection_without_a_verdict(self):
        assert [report.claimed for report in (FIRST, SECOND)] == [ReportClaim.NONE] * 2
        assert (FIRST.serial, SECOND.serial) == ("LSGPC52U6AF102554", "1HGCM82633A004352")
        assert (FIRST.part_number, FIRST.station, FIRST.process_code) == ("PACK-96S", "CMM-3", "OP-40")
        assert (FIRST.started_at, FIRST.finished_at) == (
            datetime(2026, 11, 20, 8, 0, 3, tzinfo=CHINA),
            datetime(2026, 11, 20, 8, 0, 9, tzinfo=CHINA),
        )

    def test_values_and_limits(self):
        assert [(i.item, str(i.value), i.unit, i.lower, i.upper, recompute(i)) for i in FIRST.items] == [
            ("10 / Hole diameter", "12.5010000000000", "mm", Decimal("12.4"), Decimal("12.6"), "pass"),
            ("20 / Flatness", "0.041", "mm", None, Decimal("0.08"), "pass"),
            ("30 / Seal present", "True", None, None, None, "pass"),
            ("40 / Torque", "21.2", "Nm", Decimal("18.5"), Decimal(22), "pass"),
            ("50 / Position", "5", None, None, None, None),
            ("60 / Kind of scale", "2", None, None, None, "indeterminate"),
        ]
        assert recompute(BAD["10 / Hole diameter", 1]) == "fail"

    def test_a_value_claims_nothing_and_a_count_does(self):
        assert {i.claimed for i in FIRST.items if i.kind is ItemKind.NUMBER} == {ItemClaim.NONE}
        assert (GOOD["30 / Seal present", 1].claimed, BAD["30 / Seal present", 1].claimed) == (
            ItemClaim.PASS,
            ItemClaim.FAIL,
        )

    def test_headers_say_where_a_vin_may_stand(self):
        assert FIRST.headers == (
            ("K0007", "7"), ("K0008", "49"), ("K0010", "0"), ("K0014", "LSGPC52U6AF102554"), ("K0053", "4711"),
            ("K0080/1", "a"), ("K0080/2", "b"),
            ("K1001", "PACK-96S"), ("K1002", "Prüfling Türe"), ("K1081", "CMM-3"), ("K1086", "OP-40"),
        )  # fmt: skip
        assert dict(SECOND.headers)["K0006"] == "B-17"

    @pytest.mark.law(1)
    @pytest.mark.parametrize("name", ["20 / Flatness", "40 / Torque"])
    def test_law_1_attributes_255_and_256_are_never_nought(self, name):
        item = BAD[name, 1]
        assert (item.value, item.measured, item.claimed) == (None, Measured.NOT_MEASURED, ItemClaim.NOT_MEASURED)
        assert "the file has '0.0' beside that" in item.note

    @pytest.mark.law(1)
    def test_law_1_an_unknown_attribute_counts_only_where_a_profile_says_so(self):
        assert BAD["60 / Kind of scale", 1].measured is Measured.NOT_MEASURED
        (_, second) = read(ROWS, with_options(valid_attributes=[7]))
        assert items_of(second)["60 / Kind of scale", 1].value == Decimal(2)

    def test_nodes_of_groups_are_no_items(self):
        assert [len(FIRST.items), len(SECOND.items)] == [6, 6]

    def test_words_in_place_of_numbers_stay_words(self):
        assert BAD["50 / Position", 1].value == "NaN"

    def test_the_same_row_has_the_same_id_in_a_longer_file(self):
        again = read(ROWS + b"1.2501" + ROWS.partition(b"1.2501")[2])
        assert [report.external_id for report in again] == [
            FIRST.external_id, SECOND.external_id, f"{FIRST.external_id}-2", f"{SECOND.external_id}-2",
        ]  # fmt: skip


class TestFields:
    def test_values_are_sorted_into_rows(self):
        found = [[(i.item, str(i.value), i.claimed.value) for i in report.items] for report in read(FIELDS)]
        assert found == [
            [("10 / Hole diameter", "12.501", "none"), ("30 / Seal present", "True", "pass"),
             ("45 / Never reached", "None", "not_measured")],
            [("10 / Hole diameter", "12.61", "none"), ("30 / Seal present", "False", "fail"),
             ("45 / Never reached", "None", "not_measured")],
            [("70 / Weight", "3.2", "none")],
        ]  # fmt: skip

    def test_several_parts(self):
        reports = read(FIELDS)
        assert [report.part_number for report in reports] == ["PACK-96S", "PACK-96S", "LID-96S"]
        assert [report.serial for report in reports] == ["LSGPC52U6AF102554", "LSGPC52U6AF102554", "LID-1"]

    def test_times_of_all_spellings(self):
        assert [(report.started_at, report.finished_at) for report in read(FIELDS)] == [
            (datetime(2026, 2, 1, 8, 5, tzinfo=CHINA), datetime(2026, 2, 1, 8, 5, 10, tzinfo=CHINA)),
            (datetime(2026, 2, 1, 8, 6, tzinfo=CHINA), datetime(2026, 2, 1, 8, 6, 30, tzinfo=CHINA)),
            (datetime(2026, 2, 1, 8, 7, tzinfo=CHINA), datetime(2026, 2, 1, 8, 7, tzinfo=CHINA)),
        ]

    @pytest.mark.law(1)
    def test_law_1_a_value_missing_of_one_characteristic_is_an_error(self):
        data = FIELDS.replace(b"K0001/1 12.61\r\nK0004/1 02/01/2026/8:06:30\r\n", b"")
        assert "part 1: found 1 values of one characteristic and 2 of another" in refusal(data)


class TestLimits:
    def test_a_kind_of_nought_is_no_limit_whatever_number_is_beside(self):
        assert GOOD["50 / Position", 1].comparator is None
        item = one("K2110/1 4;K2120/1 0;K2111/1 6")
        assert (item.comparator, item.lower, item.upper) == (Comparator.INSIDE, None, Decimal(6))

    def test_natural_limits_are_limits(self):
        assert one("K2110/1 0;K2120/1 2").lower == Decimal(0)

    @pytest.mark.parametrize("target", ["K2101/1 5", "K2100/1 5"])
    def test_allowances_are_relative_to_the_nominal(self, target):
        item = one(f"{target};K2112/1 -0.5;K2113/1 0.25")
        assert (item.lower, item.upper) == (Decimal("4.5"), Decimal("5.25"))

    def test_nominal_and_limits_that_agree(self):
        assert one("K2101/1 5;K2110/1 4.5;K2112/1 -0.5").lower == Decimal("4.5")

    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        "description",
        ["K2112/1 -1", "K2101/1 5;K2110/1 4;K2112/1 -0.5", "K2110/1 6;K2111/1 4", "K2110/1 4;K2120/1 9", "K2110/1 low",
         "K2004/1 2;K2111/1 9", "K2110/1 1" + "0" * 40],
    )  # fmt: skip
    def test_law_1_unclear_limits_are_unparsed_and_say_why(self, description):
        item = one(description)
        assert (item.comparator, bool(item.note), recompute(item)) == (Comparator.UNPARSED, True, "indeterminate")

    def test_decimal_comma(self):
        data = ONE.format("K2111/1 5,5\r\n").replace("K0001/1 5", "K0001/1 5,25").encode()
        context = ParseContext(time_zone="UTC", decimal_comma=True)
        (item,) = read(data, context)[0].items
        assert (item.value, item.upper) == (Decimal("5.25"), Decimal("5.5"))
        assert read(data)[0].items[0].value == "5,25"

    @pytest.mark.law(1)
    def test_law_1_a_sample_of_several_says_nothing_of_one_part(self):
        text = "K0100 1\r\nK2002/1 a\r\nK2004/1 1\r\nK0020/1 {}\r\nK0021/1 0\r\nK0004/1 20.11.2026/08:00:03\r\n"
        many, none = (read(text.format(size).encode())[0].items[0] for size in (50, 0))
        assert (many.value, many.claimed, many.note) == (Decimal(0), ItemClaim.NONE, "errors in a sample of 50")
        assert none.measured is Measured.NOT_MEASURED
        assert "found 2 errors in 1" in refusal(text.format(1).replace("K0021/1 0", "K0021/1 2").encode())


class TestPairs:
    def test_dfd_and_dfx_in_one_zip_are_read_like_a_dfq(self):
        assert [report.items for report in read(PAIR, ParseContext(time_zone="Asia/Shanghai"))] == [
            FIRST.items,
            SECOND.items,
        ]

    def test_a_dfq_in_a_zip(self):
        assert read(zipped(a__dfq=ROWS)) == [FIRST, SECOND]

    @pytest.mark.law(1)
    def test_law_1_a_dfx_alone_is_refused_and_told_what_is_missing(self):
        message = refusal(fixture("pair.dfx"))
        assert message.startswith("line 1: found values without a description (a dfx alone), expected dfq, or dfd")
        assert refusal(fixture("pair.dfd"), ParseContext()).startswith("line 41: found a description without values")

    @pytest.mark.parametrize(
        "members",
        [{"a__dfd": b"K0100 1\r\n"}, {"a__dfx": b""}, {"a__dfd": b"", "b__dfx": b""},
         {"a__dfd": b"", "a__dfx": b"", "b__dfx": b""},
         {"a__dfq": b"", "a__dfd": b"", "a__dfx": b""}, {"a__txt": b""}],
    )  # fmt: skip
    def test_other_zips_are_refused(self, members):
        assert "expected one dfq, or one dfd and one dfx of the same name" in refusal(zipped(**members))

    @pytest.mark.parametrize(
        "data, name",
        [(ROWS, "a.dfq"), (FIELDS, "upload"), (fixture("pair.dfd"), "a.DFD"), (fixture("pair.dfx"), "a.dfx"),
         (PAIR, "a.zip")],
    )  # fmt: skip
    def test_each_finds_its_reader(self, data, name):
        assert registry.detect(data[:4096], name).name == "qdas"


class TestFaults:
    @pytest.mark.law(1)
    def test_law_1_columns_that_differ_from_the_header_are_refused(self):
        assert "found 7 columns of values, where K0100 says 8" in refusal(ROWS.replace(b"K0100 7", b"K0100 8"))
        assert "found characteristic 7, where K0100 says 6" in refusal(ROWS.replace(b"K0100 7", b"K0100 6"))
        assert "found 4 characteristics, where K0100 says 5" in refusal(FIELDS.replace(b"K0100 4", b"K0100 5"))

    @pytest.mark.law(1)
    def test_law_1_a_last_line_that_does_not_end_is_refused(self):
        cut = ONE.format("").encode().replace(b"\r\nK0004/1 20.11.2026/08:00:03\r\n", b"")
        assert "found a last line that does not end" in refusal(cut)
        whole = ONE.format("").encode().rstrip()
        assert len(read(whole, with_options(unterminated_last_line=True))) == 1

    @pytest.mark.parametrize(
        "data, message",
        [
            (ROWS.replace(b"20.11.2026", b"31.11.2026"), "day is out of range for month"),
            (ROWS.replace(b"20.11.2026/08:00:03", b"yesterday"), "found 'yesterday', expected a time such as"),
            (ONE.format("").replace("K0004", "K0005").encode(), "part 1 value 1 K0004: found no time"),
            (ONE.format("K2110/1 1\r\nK2110/1 2\r\n").encode(), "K2110/1: found '2', and '1' before"),
            (ONE.format("").encode() + b"K0004/1 21.11.2026/08:00:03\r\n", "K0004: found '21.11.2026/08:00:03', and"),
            (b"K0100 many\r\n", "line 1 K0100: found 'many'"),
            (b"K0100 99999999\r\n", "line 1 K0100: found '99999999'"),
            (b"K2001/1 a\r\n", "found a characteristic before K0100"),
            (ONE.format("").encode() + b"what is this\r\n", "found 'what is this', expected a field Knnnn"),
            (ONE.format("").encode() + b"5\x140\r\n", "found a row of values after values in fields"),
            (ROWS + b"K0001/1 5\r\n", "found values in fields after a row of values"),
            (ROWS + b"K2001/1 5\r\n", "found a description after values"),
            (ROWS + b"K0053/9 5\r\n", "found characteristic 9 of 7"),
            (ROWS.replace(b"K0053/2 4711", b"K0014/2 OTHER"), "K0014: found 'OTHER', and 'LSGPC52U6AF102554' before"),
            (ONE.format("").encode().replace(b"K0001/1", b"K0005/0"), "found K0005 before any value"),
            (b"K0100 2\r\nK2001/1 a\r\nK2001/2 b\r\nK0001 5\r\n", "found a value (K0001) of no characteristic"),
            (b"K0100 1\r\nK2001/1 a\r\nK0001/1/3 5\r\n", "found K0001/1 before its value"),
            (b"", "found neither description nor values"),
            (ROWS, "found bytes that are not utf-8"),
        ],
    )  # fmt: skip
    def test_are_named(self, data, message):
        context = ParseContext(time_zone="UTC") if message.endswith("utf-8") else SHANGHAI
        assert message in refusal(data, context)

    def test_a_time_without_a_zone_is_refused(self):
        assert "2026-11-20T08:00:0" in refusal(ROWS, ParseContext(encoding="cp1252"))

    def test_options_are_checked(self):
        assert isinstance(QdasAdapter(), AskingAdapter)
        faults = list(QdasAdapter().option_faults({"a": 1, "unterminated_last_line": 1, "valid_attributes": [255]}))
        assert [place for place, _ in faults] == ["/a", "/unterminated_last_line", "/valid_attributes"]
        assert list(QdasAdapter().option_faults({"unterminated_last_line": True, "valid_attributes": [1, 254]})) == []
        assert "profile /valid_attributes" in refusal(ROWS, with_options(valid_attributes="7"))


@pytest.mark.law(1)
class TestDamage:
    def values(self, reports):
        return {(item.item, item.value) for report in reports for item in report.items if item.value is not None}

    @pytest.mark.parametrize("data", [ROWS, FIELDS])
    def test_law_1_a_file_broken_off_has_no_value_that_the_whole_has_not(self, data):
        whole = self.values(read(data))
        for part in truncations(data):
            reports = outcome(QdasAdapter(), part, SHANGHAI)
            assert passes(reports) == 0
            assert self.values(reports or []) <= whole

    def test_law_1_a_pair_broken_off_is_refused(self):
        context = ParseContext(time_zone="UTC")
        assert {outcome(QdasAdapter(), part, context) is None for part in truncations(PAIR, 5)} == {True}

    @settings(max_examples=examples(150), deadline=None)
    @given(damaged(ROWS))
    def test_damaged_rows_are_read_or_refused(self, data):
        assert passes(outcome(QdasAdapter(), data, SHANGHAI)) == 0

    @settings(max_examples=examples(100), deadline=None)
    @given(damaged(FIELDS))
    def test_damaged_fields_are_read_or_refused(self, data):
        assert passes(outcome(QdasAdapter(), data, SHANGHAI)) == 0

    def test_more_rows_and_fields_than_can_be_held_are_refused(self, monkeypatch):
        monkeypatch.setattr("inspections.adapters.qdas_rows._MOST_ROWS", 1)
        assert "found more than 1 rows of values" in refusal(ROWS)
        monkeypatch.setattr("inspections.adapters.qdas._MOST_FIELDS", 5)
        assert "found more than 5 fields of values" in refusal(FIELDS)

    def test_millions_of_columns_are_refused(self):
        assert "found more than 1048576 characters" in refusal(b"K0100 9999\r\n" + b"1\x0f" * 2_000_000)
        assert "where K0100 says 9999" in refusal(b"K0100 9999\r\n" + b"\x0f" * 500_000 + b"\r\n")
