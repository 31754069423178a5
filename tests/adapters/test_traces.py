"""Traces as Parquet: every sample exactly, with what it is, and the same bytes for the same channels."""

import io
from decimal import Decimal

import pytest
from pyarrow import parquet

from inspections.adapters import traces as writing
from inspections.adapters.canonical import AdapterError, ParseContext
from inspections.adapters.isomme import IsoMmeAdapter
from inspections.adapters.trace_files import TraceChannel, TracingAdapter
from inspections.adapters.trace_outline import read_outline
from tests.adapters.isomme_zips import channel, fixture_members, make_test, make_zip


def traces_of(data):
    (trace,) = IsoMmeAdapter().traces(io.BytesIO(data), ParseContext())
    return trace


def table_of(data):
    return parquet.read_table(io.BytesIO(traces_of(data).content))


def test_every_channel_is_a_column_of_its_samples_exactly():
    table = table_of(make_zip(fixture_members()))
    assert table.num_rows == 8
    assert table.column("001 11HEAD0000H3ACXA").to_pylist() == [Decimal(v) for v in (0, -30, -60, -90, -60, -30, 0, 0)]
    chest = table.column("004 11CHST0000H3DSXC").to_pylist()
    assert chest == [*map(Decimal, ("0", "-1.5", "-12.25", "-31.75", "-30.1")), None, Decimal(-4), Decimal(-1)]
    assert table.column("011 10VEHC000000VEX0").to_pylist()[2:] == [Decimal(20), None, None, None, None, None]


def test_what_the_channels_are_stands_in_the_metadata():
    schema = table_of(make_zip(fixture_members())).schema
    assert schema.metadata[b"interlock.test"] == b"F26-0117"
    assert schema.metadata[b"interlock.reader"] == b"iso_mme/1"
    found = {key.decode(): value.decode() for key, value in schema.field("006 10BATT000000VO00").metadata.items()}
    assert {**found, "PARQUET:field_id": ""} == {
        "code": "10BATT000000VO00", "name": "Spannung der Batterie … während des Stoßes", "unit": "V",
        "data_status": "ok", "samples": "5", "time_channel": "10TIRS000000TI00", "PARQUET:field_id": "",
    }  # fmt: skip
    found = schema.field("007 11PELV0000H3ACXA").metadata
    assert (found[b"data_status"], found[b"first_s"], found[b"step_s"]) == (b"questionable data", b"-0.001", b"0.001")


def test_the_same_channels_are_the_same_bytes():
    assert traces_of(make_zip(fixture_members())) == traces_of(make_zip(fixture_members("x/")))


def test_the_channels_are_listed_beside_it():
    trace = traces_of(make_zip(fixture_members()))
    assert (trace.external_id, trace.name, len(trace.channels)) == ("F26-0117", "F26-0117.parquet", 12)
    assert trace.channels[9] == TraceChannel("010 11NECKUP00H3MOYB", "Neck", "Nm", "no data", 0)


@pytest.mark.parametrize("samples", [["1E-50", "1E+30"], ["1" * 39], ["0." + "1" * 39, "5"]])
def test_numbers_that_no_decimal_of_parquet_holds_stay_as_texts(samples):
    column = table_of(make_test(channel("11HEAD0000H3ACRA", samples))).column(0).to_pylist()
    assert [Decimal(text) for text in column] == [Decimal(text) for text in samples]


@pytest.mark.parametrize(
    "samples", [["1E+3", "2.50", "-0.001"], ["0", "0E-20", "NOVALUE"], ["9" * 38], ["NOVALUE"], ["-0"]]
)
def test_numbers_of_different_places_are_one_column(samples):
    column = table_of(make_test(channel("11HEAD0000H3ACRA", samples))).column(0).to_pylist()
    assert column == [None if text == "NOVALUE" else Decimal(text) for text in samples]


def test_more_numbers_than_one_file_takes_are_refused(monkeypatch):
    monkeypatch.setattr(writing, "MOST_CELLS", 95)
    with pytest.raises(AdapterError, match="12 channels or more, of up to 8 samples"):
        traces_of(make_zip(fixture_members()))


def test_the_reader_says_that_it_has_traces():
    assert isinstance(IsoMmeAdapter(), TracingAdapter)


def test_an_outline_has_the_extremes_of_each_span_of_time():
    data = make_test(channel("11HEAD0000H3ACRA", ["1", "5", "-2", "NOVALUE", "3", "4", "NOVALUE"], step="0.5"))
    outline = read_outline(traces_of(data).content, "001 11HEAD0000H3ACRA", 4)
    found = [(str(span.begin), str(span.end), span.low, span.high, span.samples) for span in outline.spans]
    assert found == [
        ("0.0", "0.5", 1, 5, 2), ("1.0", "1.5", -2, -2, 2), ("2.0", "2.5", 3, 4, 2), ("3.0", "3.0", None, None, 1),
    ]  # fmt: skip
    assert outline.timed


def test_an_outline_follows_a_time_channel_in_seconds_and_else_counts_samples():
    content = traces_of(make_zip(fixture_members())).content
    outline = read_outline(content, "006 10BATT000000VO00", 2)
    assert ([(span.begin, span.end) for span in outline.spans], outline.timed) == ([(0, 2), (3, 4)], False)
    members = fixture_members()
    name = "odb/Channel/odb.005"
    members[name] = members[name].replace(b":ms", b":s")
    outline = read_outline(traces_of(make_zip(members)).content, "006 10BATT000000VO00", 2)
    assert [str(span.end) for span in outline.spans] == ["1.5", "7.5"]
    assert read_outline(content, "010 11NECKUP00H3MOYB", 9).spans == ()


def test_an_outline_of_texts_is_that_of_their_numbers():
    data = make_test(channel("11HEAD0000H3ACRA", ["1E-50", "1E+30", "9"]))
    (span,) = read_outline(traces_of(data).content, "001 11HEAD0000H3ACRA", 1).spans
    assert (span.low, span.high) == (Decimal("1E-50"), Decimal("1E+30"))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" * 10])
def test_what_is_no_trace_has_no_outline(content):
    with pytest.raises(AdapterError, match="Parquet as it was kept"):
        read_outline(content, "x", 10)
    with pytest.raises(AdapterError, match="no channel 'x'"):
        read_outline(traces_of(make_zip(fixture_members())).content, "x", 10)
