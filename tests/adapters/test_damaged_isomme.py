"""ISO-MME tests, damaged: inspections or an AdapterError, and never another number than the whole has."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspections.adapters.canonical import ParseContext
from inspections.adapters.isomme import IsoMmeAdapter
from tests.adapters.fuzzing import damaged, outcome, passes, truncations
from tests.adapters.isomme_zips import channel, fixture_members, make_zip
from tests.depth import examples

FEATURES = [
    {"name": "hic", "kind": "hic15", "channel": "11HEAD0000H3ACRA"},
    {"name": "max", "kind": "maximum", "channel": "11HEAD0000H3ACRA"},
    {"name": "clip", "kind": "clip_3ms_cumulative", "channel": "11HEAD0000H3ACRA"},
]
CONTEXT = ParseContext(time_zone="UTC", options={"features": FEATURES})
MEMBERS = {
    "t.mme": b"Test number :T1\nDate of the test :2026-05-14\nTime of the test :10:00\n",
    "Channel/t.chn": b"Number of channels :1\nName of channel 001 :11HEAD0000H3ACRA\n",
    "Channel/t.001": channel("11HEAD0000H3ACRA", ["0.0", "50.25", "10.5", "0.0", "3.0", "0.0"], step="0.001"),
}
WHOLE = make_zip(MEMBERS)


def values(reports):
    return {item.item: item.value for report in reports or [] for item in report.items}


def test_the_whole_measures_all_of_them():
    assert [value is not None for value in values(outcome(IsoMmeAdapter(), WHOLE, CONTEXT)).values()] == [True] * 3


@pytest.mark.law(1)
def test_law_1_a_zip_broken_off_anywhere_is_refused():
    assert [outcome(IsoMmeAdapter(), part, CONTEXT) for part in truncations(WHOLE)] == [None] * len(WHOLE)


@pytest.mark.law(1)
@pytest.mark.parametrize("name", list(MEMBERS))
def test_law_1_a_member_broken_off_anywhere_changes_no_number(name):
    whole = values(outcome(IsoMmeAdapter(), WHOLE, CONTEXT))
    for part in truncations(MEMBERS[name]):
        reports = outcome(IsoMmeAdapter(), make_zip(MEMBERS | {name: part}), CONTEXT)
        assert passes(reports) == 0
        for item, value in values(reports).items():
            assert value in (None, whole[item])


@given(damaged(WHOLE))
def test_a_damaged_zip_is_read_or_refused(data):
    assert passes(outcome(IsoMmeAdapter(), data, CONTEXT)) == 0


@given(st.data(), st.sampled_from(list(MEMBERS)))
def test_a_damaged_member_is_read_or_refused(data, name):
    members = MEMBERS | {name: data.draw(damaged(MEMBERS[name]))}
    assert passes(outcome(IsoMmeAdapter(), make_zip(members), CONTEXT)) == 0


@given(st.binary(max_size=300), st.text(max_size=20), st.sampled_from(list(fixture_members())))
@settings(max_examples=examples(50))
def test_any_bytes_of_any_name_are_read_or_refused(data, name, member):
    assert passes(outcome(IsoMmeAdapter(), b"PK\x03\x04" + data, ParseContext(name=name, time_zone="UTC"))) == 0
    assert passes(outcome(IsoMmeAdapter(), make_zip(fixture_members() | {member: data}), CONTEXT)) == 0
