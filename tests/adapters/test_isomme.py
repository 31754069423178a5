"""ISO-MME tests: header, list and channels are read as written, and what is missing or doubtful is never a number."""

import io
import pathlib
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from inspections.adapters import registry
from inspections.adapters.canonical import AdapterError, ItemClaim, Measured, ParseContext, ReportClaim
from inspections.adapters.isomme import IsoMmeAdapter
from tests.adapters.isomme_zips import channel, fixture_members, make_test, make_zip, read, read_one

SAMPLE = pathlib.Path(__file__).parents[3] / "shared" / "samples" / "isomme" / "utf-8_bom"
HEAD = ["11HEAD0000??ACXA", "11HEAD0000??ACYA", "11HEAD0000??ACZA"]


def maximum(code, **more):
    return {"name": f"max {code}", "kind": "maximum", "channel": code, **more}


def refusal(data, *features, **context):
    with pytest.raises(AdapterError) as refused:
        read(data, *features, **context)
    return refused.value


def changed(name, old, new):
    members = fixture_members()
    assert old in members[name]
    members[name] = members[name].replace(old, new)
    return make_zip(members)


def item(data, feature, **context):
    (found,) = read_one(data, feature, **context).items
    return found


def test_a_test_is_read_with_its_headers_as_written():
    report = read_one(make_zip(fixture_members()), options={"software_system": "ADAS"})
    assert (report.external_id, report.serial, report.station) == ("F26-0117", "LSGPC52U6AF102554", "Crash-Labor Süd")
    assert report.started_at == datetime(2026, 5, 14, 10, 32, 45, tzinfo=timezone(timedelta(hours=2)))
    assert (report.claimed, report.not_a_test, report.operator) == (ReportClaim.NONE, None, None)
    assert report.software == (("ADAS", "4.12.0"),)
    headers = dict(report.headers)
    assert headers["Comments"] == "Δv = 56,3 km/h: first line\nsecond line 12:30"
    assert (headers["Scenario"], headers["Run repetition"]) == ("ODB", "1")
    assert headers.keys() & {"Name TOB 2", "Customer test ref number"} == set()
    assert headers["Channel 006"] == (
        "10BATT000000VO00 / Spannung der Batterie … während des Stoßes [V], ok"
    )  # fmt: skip


@pytest.mark.parametrize("wrapper", ["", "odb/", "a/b/"])
def test_with_and_without_a_wrapper_folder_it_is_the_same_test(wrapper):
    whole = make_zip(fixture_members(wrapper))
    assert read_one(whole) == read_one(make_zip(fixture_members()))
    assert registry.detect(whole[:4096], "x.zip").name == "iso_mme"


def test_several_tests_in_one_zip_are_several_inspections_and_one_number_twice_is_refused():
    first = fixture_members("one/")
    second = fixture_members("two/")
    assert "'F26-0117'" in refusal(make_zip(first | second)).found
    second["two/odb.mme"] = second["two/odb.mme"].replace(b"F26-0117", b"F26-0118")
    assert [report.external_id for report in read(make_zip(first | second))] == ["F26-0117", "F26-0118"]


def test_a_feature_is_the_number_of_its_channel_with_unit_and_moment():
    found = item(make_zip(fixture_members()), maximum(HEAD[0]))
    assert (found.value, found.unit, found.note, found.claimed) == (Decimal("0.0"), "g", "at -0.001 s", ItemClaim.NONE)
    found = item(make_zip(fixture_members()), {**maximum(HEAD[0]), "kind": "absolute_maximum"})
    assert (str(found.value), found.note) == ("90.0", "at 0.002 s")


def test_an_explicit_time_channel_gives_the_moments():
    voltage = {"name": "min", "kind": "minimum", "channel": "10BATT000000VO00"}
    found = item(make_zip(fixture_members()), voltage)
    assert (str(found.value), found.unit, found.note) == ("399.9", "V", "at 0.0015 s")
    found = item(
        make_zip(fixture_members()), {"name": "x", "kind": "value_at", "at": "0.0055", "channel": voltage["channel"]}
    )
    assert (found.value, found.note) == (Decimal("401.35"), "between the samples at 0.0035 s and 0.0075 s")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("11PELV0000H3ACXA", "its data status is 'questionable data'"),
        ("10VEHC000000VEX0", "its data status is not stated"),
        ("11NECKUP00H3MOYB", "its data status is 'no data'"),
        ("10SIMU000000ACXA", "its data source is 'simulation'"),
    ],
)
@pytest.mark.law(1)
def test_law_1_a_channel_whose_data_are_not_good_is_not_measured(code, why):
    found = item(make_zip(fixture_members()), maximum(code))
    assert (found.value, found.measured, found.verdict_claimed) == (None, Measured.NOT_MEASURED, None)
    assert found.note == f"channel {code}: {why}"


@pytest.mark.parametrize("code", ["11FEMRLE00H3FOZB", "11FEMRRI00H3FOZB"])
def test_linearised_and_scaled_channels_are_measured(code):
    assert item(make_zip(fixture_members()), maximum(code)).value == Decimal("3.0")


@pytest.mark.parametrize(
    "status", ["channel failed", "meaningless data", "no data", "system failed", "OK?", "okay", "not ok", "NOVALUE", ""]
)
@pytest.mark.law(1)
def test_law_1_every_other_status_is_no_number(status):
    data = changed("odb/Channel/odb.001", b"Data status                 :ok", b"Data status:" + status.encode())
    assert item(data, maximum(HEAD[0])).value is None


@pytest.mark.law(1)
def test_law_1_a_sample_without_value_leaves_what_looks_at_it_unmeasured():
    chest = "11CHST0000H3DSXC"
    whole = item(make_zip(fixture_members()), maximum(chest))
    assert (whole.value, whole.note) == (None, f"channel {chest}: sample 6 at 0.004 s has no value")
    before = item(make_zip(fixture_members()), {"name": "x", "kind": "minimum", "channel": chest, "to": "0.003"})
    assert str(before.value) == "-31.75"
    assert (
        item(make_zip(fixture_members()), {"name": "x", "kind": "value_at", "channel": chest, "at": "0.004"}).value
        is None
    )


@pytest.mark.law(1)
def test_law_1_a_channel_that_is_not_there_or_there_twice_is_not_measured():
    missing = item(make_zip(fixture_members()), maximum("11HEAD0000H3ACXC"))
    assert (missing.measured, missing.note) == (Measured.NOT_MEASURED, "no channel of the code 11HEAD0000H3ACXC")
    several = item(make_zip(fixture_members()), maximum("11FEMR????H3FOZB"))
    assert (several.value, several.note[:10]) == (None, "2 channels")


@pytest.mark.law(1)
@pytest.mark.parametrize("count", [b"7", b"9", b"-8", b"8.0", b"NOVALUE", b"99999999999999"])
def test_law_1_another_number_of_samples_than_the_header_says_is_refused(count):
    old = b"Number of samples           :8"
    data = changed("odb/Channel/odb.001", old, b"Number of samples           :" + count)
    assert refusal(data).place == "member 'odb/Channel/odb.001', Number of samples"


@pytest.mark.law(1)
def test_law_1_another_number_of_channels_than_listed_is_refused():
    members = fixture_members()
    del members["odb/Channel/odb.012"]
    assert refusal(make_zip(members)).found == "11 files, 12 listed"
    data = changed("odb/Channel/odb.chn", b"Number of channels          :012", b"Number of channels          :011")
    assert refusal(data).found == "'011', and 12 named"
    members = fixture_members()
    members["odb/Channel/odb.013"] = members.pop("odb/Channel/odb.012")
    assert refusal(make_zip(members)).found == "no file of channel 012"
    members = fixture_members()
    del members["odb/Channel/odb.chn"]
    assert refusal(make_zip(members)).found == "0 lists of channels"


@pytest.mark.law(1)
def test_law_1_channels_in_the_place_of_others_are_refused():
    members = fixture_members()
    one, two = "odb/Channel/odb.001", "odb/Channel/odb.002"
    members[one], members[two] = members[two], members[one]
    assert refusal(make_zip(members)).expected == "'11HEAD0000H3ACXA', as listed"


@pytest.mark.parametrize("text", ["nan", "Infinity", "1_000", "1,5", "0x10", "--1", "1 2", "", "٣", "1e", "NoValue"])
def test_what_is_no_number_is_refused_with_its_line(text):
    data = make_test(channel("11HEAD0000H3ACRA", ["1.0", text, "2.0"]))
    assert refusal(data).place == "member 'Channel/t.001' line 10"


def test_numbers_beyond_all_measuring_are_refused():
    data = make_test(channel("11HEAD0000H3ACRA", ["1.0", "1E+999999", "2.0"]))
    assert refusal(data, maximum("11HEAD0000H3ACRA")).expected == "numbers of at most 60 places"


def test_a_decimal_comma_is_read_where_the_profile_says_so():
    data = make_test(channel("11HEAD0000H3ACRA", ["1,25", "2,5"], step="0,0001"))
    assert item(data, maximum("11HEAD0000H3ACRA"), decimal_comma=True).value == Decimal("2.50")
    mixed = make_test(channel("11HEAD0000H3ACRA", ["1,25", "2.5"], step="0,0001"))
    assert refusal(mixed, decimal_comma=True).place == "member 'Channel/t.001' line 10"


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        (None, "Überlänge … 22 °C".encode("utf-8-sig")),
        (None, "Überlänge … 22 °C".encode("cp1252")),
        ("gb18030", "Überlänge … 22 °C".encode("gb18030")),
    ],
)
def test_old_and_new_encodings_are_read(encoding, data):
    members = fixture_members()
    members["odb/odb.mme"] = (
        members["odb/odb.mme"].decode("utf-8-sig").encode("ascii", "ignore") + b"Title :" + data + b"\n"
    )
    for name in members:
        if "Channel/" in name:
            members[name] = members[name].decode("cp1252").encode("ascii", "ignore")
    members["odb/odb.mme"] = members["odb/odb.mme"].replace(b"\xef\xbb\xbf", b"")
    assert dict(read_one(make_zip(members), encoding=encoding).headers)["Title"] == "Überlänge … 22 °C"


def test_a_byte_that_looks_like_another_line_end_ends_no_line():
    members = fixture_members()
    members["odb/odb.mme"] = members["odb/odb.mme"].decode("utf-8-sig").encode("cp1252", "replace").replace(
        b"first line", b"first\x85\x0b line"
    )  # fmt: skip
    assert "first…\x0b line" in dict(read_one(make_zip(members)).headers)["Comments"]


def test_nul_and_lines_without_a_colon_are_refused():
    assert refusal(changed("odb/odb.mme", b"Scenario", b"Scen\0rio")).place == "member 'odb/odb.mme'"
    broken = changed("odb/odb.mme", b"Scenario                    :ODB", b"Scenario ODB")
    assert refusal(broken).expected == "a descriptor, a colon and a value"


def test_a_vin_twice_with_another_value_is_refused():
    data = changed("odb/odb.mme", b"Scenario                    :", b"Ref. number of TOB 1        :")
    assert refusal(data).found == "'LSGPC52U6AF102554' and 'ODB'"


def test_a_time_needs_a_zone_and_a_day_alone_begins_it():
    assert "time zone" in refusal(make_zip(fixture_members()), time_zone=None).expected
    report = read_one(changed("odb/odb.mme", b"Time of the test", b"Hour of the test"))
    assert report.started_at == datetime(2026, 5, 14, tzinfo=timezone(timedelta(hours=2)))
    assert report.notes[1] == "the report states no time of day: taken as the beginning of its day"


@pytest.mark.law(1)
def test_law_1_a_simulation_is_no_test():
    kind = changed("odb/odb.mme", b":Frontal impact, 40 % offset", b":Simulation of a frontal impact")
    report = read_one(kind, maximum(HEAD[0]))
    assert ("simulation" in (report.not_a_test or "").casefold(), report.items) == (True, ())
    report = read_one(make_test(channel("11HEAD0000H3ACRA", ["1"], Data_source="simulation")))
    assert report.not_a_test == "every channel says that it is simulated: no test of a car"


def test_a_time_channel_that_is_not_there_leaves_the_feature_unmeasured():
    data = changed("odb/Channel/odb.006", b":10TIRS000000TI00", b":10TIRS000000TI99")
    found = item(data, maximum("10BATT000000VO00"))
    why = "its time channel '10TIRS000000TI99' is not among the channels"
    assert (found.value, found.note) == (None, f"channel 10BATT000000VO00: {why}")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"\r\n3.5\r\n", b"\r\n1.5\r\n", "its times do not increase from sample to sample"),
        (b"\r\n3.5\r\n", b"\r\nNOVALUE\r\n", "its time channel has samples without a value"),
        (b":ms", b":h", "its time channel is in 'h', not in s or ms"),
        (b":ok", b":no data", "its time is no good: channel 10TIRS000000TI00: its data status is 'no data'"),
    ],
)
@pytest.mark.law(1)
def test_law_1_a_time_channel_that_is_no_good_leaves_the_feature_unmeasured(old, new, why):
    found = item(changed("odb/Channel/odb.005", old, new), maximum("10BATT000000VO00"))
    assert (found.value, found.note) == (None, f"channel 10BATT000000VO00: {why}")


@pytest.mark.parametrize("step", ["0", "-0.001", "NOVALUE", "x"])
def test_without_a_step_of_time_nothing_is_measured(step):
    data = make_test(channel("11HEAD0000H3ACRA", ["1", "2"], step=step))
    assert item(data, maximum("11HEAD0000H3ACRA")).value is None


def test_a_header_without_its_channels_is_told_to_come_as_a_folder():
    mme = fixture_members()["odb/odb.mme"]
    assert registry.detect(mme[:4096], "odb.mme").name == "iso_mme"
    assert refusal(mme).expected == "the folder of the test as a zip, with its channels"
    assert refusal(make_zip({"a.txt": "x"})).found == "no member that ends in .mme"


def test_names_of_the_archive_never_become_paths():
    assert refusal(make_zip({"../odb.mme": "x"})).found == "a name that leads out of its folder"


def test_faults_of_a_profile_are_told_with_their_place():
    faults = list(IsoMmeAdapter().option_faults({"features": [maximum("x", at="1")], "more": 1, "software_system": 2}))
    assert [pointer for pointer, _ in faults] == ["/features/0/at", "/more", "/software_system"]
    assert refusal(make_zip(fixture_members()), maximum("x", at="1")).place == "options of the profile, /features/0/at"


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the samples of other makers are not here")
def test_a_folder_of_another_maker_is_read():
    files = {path.relative_to(SAMPLE).as_posix(): path.read_bytes() for path in SAMPLE.rglob("*") if path.is_file()}
    features = [maximum("11HEADCG0000ACXP"), maximum("11CHST0000H3DSXP")]
    report = read_one(make_zip(files), *features)
    assert [str(found.value) for found in report.items] == ["42.000000", "None"]
    assert report.items[1].note == "channel 11CHST0000H3DSXP: sample 13 at 0.0007 s has no value"
    assert dict(report.headers)["Laboratory name"] == "Crash-Prüfzentrum Köln GmbH"
    assert len([name for name, _ in report.headers if name.startswith("Channel 0")]) == 3


def test_what_the_profile_allows_bounds_what_is_unpacked():
    with pytest.raises(AdapterError, match="more than 2000 bytes unpacked"):
        list(IsoMmeAdapter().parse(io.BytesIO(make_zip(fixture_members())), ParseContext(max_bytes=2000)))
