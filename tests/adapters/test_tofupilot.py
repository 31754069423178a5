"""Runs of TofuPilot: decisive limits alone, every try kept, nothing unsaid a pass."""

import io
import json
import pathlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings

from inspections.adapters import registry
from inspections.adapters.canonical import AdapterError, Comparator, ParseContext, ReportClaim
from inspections.adapters.tofupilot import TofuPilotAdapter
from tests.adapters.fuzzing import damaged, outcome, truncations
from tests.adapters.oracle import recompute
from tests.depth import examples

RUN = (pathlib.Path(__file__).parents[1] / "fixtures" / "tofupilot" / "run.json").read_bytes()


def read(data, **context):
    (found,) = TofuPilotAdapter().parse(io.BytesIO(data), ParseContext(**context))
    return found


def run(*phases, **changes):
    """The smallest passed run, with changes; a change to `...` takes the key away."""
    whole = {
        "outcome": "PASS", "procedure_id": "EOL", "started_at": "2026-11-20T08:00:00Z",
        "ended_at": "2026-11-20T08:01:00Z", "serial_number": "S-1", "phases": list(phases),
    }  # fmt: skip
    return json.dumps({key: value for key, value in {**whole, **changes}.items() if value is not ...}).encode()


def phase(outcome="PASS", *measurements, **more):
    return {"name": "p", "outcome": outcome, "measurements": list(measurements), **more}


FOUND = {(item.item, item.occurrence): item for item in read(RUN).items}


def test_head_of_a_run():
    found = read(RUN)
    assert (found.external_id, found.serial, found.part_number) == ("st7_000417", "LSGPC52U6AF102554", "PACK-101")
    assert (found.process_code, found.operator, found.claimed) == ("PACK-EOL", "0417", ReportClaim.FAIL)
    assert found.started_at == datetime(2026, 11, 20, 0, 0, 0, 120000, tzinfo=UTC)
    assert found.finished_at == datetime(2026, 11, 20, 0, 1, tzinfo=UTC)
    assert dict(found.headers) == {
        "procedure_version": "1.2", "revision_number": "C", "batch_number": "B-2611-4", "metadata / line": "2",
        "sub_units / 1": "BM-260412-0077",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["both", "strict", "marginal", "range", "equal", "unequal", "truth", "matches", "expression", "text"],
)
def test_known_limits_recompute_to_the_rig_s_own_outcome(name):
    item = FOUND[f"limits / {name}", 1]
    assert (item.claimed.value, recompute(item)) == ("pass", "pass")


@pytest.mark.law(5)
def test_limits_are_those_of_decisive_validators_as_written():
    both, strict, marginal = (FOUND[f"limits / {name}", 1] for name in ("both", "strict", "marginal"))
    assert (str(both.value), str(both.lower), str(both.upper), both.unit) == ("4.830", "4.5", "5", "V")
    assert (strict.upper, strict.upper_inclusive) == (Decimal("0.1"), False)
    assert (marginal.upper, marginal.note) == (15, "a validator that is not decisive says 'FAIL'")


@pytest.mark.law(1)
@pytest.mark.parametrize("name", ["in", "pattern", "wordy", "silent", "endless"])
def test_what_cannot_be_restated_is_unparsed_and_says_why(name):
    item = FOUND[f"unclear / {name}", 1]
    assert (item.comparator, recompute(item)) == (Comparator.UNPARSED, "indeterminate")
    assert item.note


@pytest.mark.law(1)
@pytest.mark.parametrize(
    "path, value, claimed",
    [
        ("unclear / logged", Decimal("21.5"), "none"), ("unclear / unset", None, "not_measured"),
        ("unclear / not run", "OVL", "none"), ("unclear / contradicted", Decimal(6), "fail"),
        ("unclear / doubtful", Decimal(4), "none"), ("skipped / fine", None, "skipped"),
        ("charging / broken / (status)", None, "error"),
    ],
)  # fmt: skip
def test_measurements_and_phases_that_are_no_pass(path, value, claimed):
    found = FOUND[path, 1]
    assert (found.value, found.claimed.value) == (value, claimed)


@pytest.mark.law(6)
def test_every_try_of_a_phase_is_kept():
    found = [FOUND["retried / current", number] for number in (1, 2)]
    assert [(item.value, item.claimed.value) for item in found] == [(9, "fail"), (11, "pass")]


@pytest.mark.law(1)
@pytest.mark.parametrize("tries", [[1], [0, 2], [1, 0], [0, 0]])
def test_a_try_that_is_absent_is_refused(tries):
    with pytest.raises(AdapterError, match="since each is in the file in order"):
        read(run(*(phase(retry_count=number) for number in tries)))


def test_a_series_has_its_points_and_what_was_worked_out_of_it():
    found = [(path, item.value, recompute(item)) for (path, _), item in FOUND.items() if "ramp" in path]
    assert found == [
        ("ramp / voltage", True, "pass"),
        ("ramp / voltage / pack", True, "pass"),
        ("ramp / voltage / pack / (0 s)", Decimal("399.5"), None),
        ("ramp / voltage / pack / (0.1 s)", Decimal(400), None),
        ("ramp / voltage / max", Decimal(400), "pass"),
    ]


@pytest.mark.law(1)
@pytest.mark.parametrize("changes", [{"ended_at": None}, {"ended_at": ...}, {"outcome": None}])
def test_a_partial_run_is_no_test(changes):
    found = read(run(phase("PASS", {"name": "v", "outcome": "PASS", "measured_value": 1}), **changes))
    assert found.not_a_test == "a partial run: it had not ended when it was written"
    assert (found.claimed, found.items) == (ReportClaim.NONE, ())


@pytest.mark.law(1)
@pytest.mark.parametrize(
    "changes, claimed",
    [
        ({}, "pass"), ({"outcome": "TIMEOUT"}, "terminated"), ({"outcome": "ABORTED"}, "terminated"),
        ({"outcome": "OK"}, "none"), ({"phases": [phase("FAIL")]}, "fail"), ({"phases": [phase("ERROR")]}, "error"),
        ({"phases": [phase("GOOD")]}, "none"), ({"phases": [phase("FAIL"), phase("PASS", retry_count=1)]}, "pass"),
        ({"sequences": [{"path": "c", "name": "C", "outcome": "FAIL"}]}, "fail"),
        ({"sequences": [{"path": "c", "name": "C", "outcome": "ABORTED"}]}, "error"),
    ],
)  # fmt: skip
def test_a_pass_needs_all_parts(changes, claimed):
    assert read(run(**changes)).claimed.value == claimed


def test_a_time_without_an_offset_needs_the_profile_s_zone():
    data = run(started_at="2026-11-20T08:00:00", ended_at="2026-11-20T08:01:00")
    with pytest.raises(AdapterError, match="a time without an offset"):
        read(data)
    assert read(data, time_zone="Asia/Shanghai").started_at == datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "changes, place",
    [
        ({"started_at": ...}, "/started_at"), ({"ended_at": "2026-11-20T07:00:00Z"}, "/ended_at"),
        ({"procedure_id": ...}, "/procedure_id"), ({"phases": {}}, "/phases"),
        ({"phases": [phase("PASS", {"validators": "x"})]}, "/phases/0/measurements/0/validators"),
        ({"phases": [phase("PASS", {"validators": [5]})]}, "/phases/0/measurements/0/validators/0"),
        ({"phases": [phase("PASS", {"x_axis": {"data": [1]}, "y_axis": [{"data": []}]})]},
         "/phases/0/measurements/0/y_axis/0/data"),
    ],
)  # fmt: skip
def test_faults_are_refused_with_their_place(changes, place):
    with pytest.raises(AdapterError) as refused:
        read(run(**changes))
    assert refused.value.place == place


def test_a_run_finds_its_reader():
    assert registry.detect(RUN[:4096], "x.json").name == "tofupilot"


@pytest.mark.law(1)
def test_a_run_cut_off_is_refused():
    whole = run(phase("PASS", {"name": "v", "outcome": "PASS", "measured_value": 1}))
    assert [
        piece for piece in truncations(whole) if outcome(TofuPilotAdapter(), piece, ParseContext()) is not None
    ] == []


@settings(max_examples=examples(200), deadline=None)
@given(damaged(RUN))
def test_damage_is_read_or_refused(data):
    outcome(TofuPilotAdapter(), data, ParseContext(name="../../etc/passwd"))
