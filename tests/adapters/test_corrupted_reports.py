"""A report with exactly one fault, then damaged: the damage never makes the fault a pass."""

import io
import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspections.adapters.canonical import AdapterError, ItemKind, ParseContext
from inspections.adapters.wats_json import WatsJsonAdapter
from tests.adapters.oracle import FIXTURES, dump, items_of, read, recompute
from tests.depth import examples

PASSED = (FIXTURES / "pack-eol-passed.json").read_bytes()
REQUIRED = {key: item.kind for key, item in items_of(read(PASSED)).items() if item.comparator is not None}
LETTERS = [*"PFEDSTXp", "", None]
MEASUREMENTS = ("numericMeas", "stringMeas", "booleanMeas")
OUT_OF_LIMITS = {"GE": "1.9", "LT": "0.1", "LE": "999", "GELE": "3.71", "GTLT": "15", "EQ": "9", "NE": "4021"}


def load():
    return json.loads(PASSED, parse_float=Decimal, parse_int=Decimal)


def spots(node, path=()):
    """Every place in the document, as the keys that lead there."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield (*path, key)
        yield from spots(value, (*path, key))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def checks(document):
    found = []
    for path in spots(document):
        if len(path) > 1 and path[-2] in MEASUREMENTS and at(document, path).get("compOp") != "LOG":
            found.append(path)
    return found


def fail_check(document, path):
    """Makes one check fail as a rig would report it: measurement, step, sequences and result all say F."""
    measurement = at(document, path)
    if path[-2] == "numericMeas":
        measurement["value"] = Decimal(OUT_OF_LIMITS[measurement["compOp"]])
    elif path[-2] == "stringMeas":
        measurement["value"] = "4.2.0"
    measurement["status"] = "F"
    for length in range(1, len(path)):
        node = at(document, path[:length])
        if isinstance(node, dict) and "status" in node:
            node["status"] = "F"
    document["result"] = "F"


def judged(data):
    """As strict as a plan that requires every check of the undamaged report: pass, or what speaks against it."""
    try:
        report = read(data)
    except AdapterError:
        return "refused"
    found = items_of(report)
    if report.not_a_test or report.verdict_claimed == "fail":
        return "not a pass"
    if any(item.verdict_claimed == "fail" for item in found.values()):
        return "not a pass"
    passed = all(
        key in found and found[key].kind is kind and recompute(found[key]) == "pass" for key, kind in REQUIRED.items()
    )
    return "pass" if passed else "not a pass"


def damage(document, draw):
    """Takes a key or an entry away, changes a status, or empties a value."""
    places = list(spots(document))
    path = draw(st.sampled_from(places))
    parent, key = at(document, path[:-1]), path[-1]
    if key in ("status", "result"):
        parent[key] = draw(st.sampled_from(LETTERS))
    elif isinstance(parent, dict) and draw(st.booleans()):
        parent[key] = draw(st.sampled_from([None, "", [], {}, "NaN"]))
    else:
        del parent[key]


def test_the_undamaged_report_is_a_pass():
    assert judged(PASSED) == "pass"


def test_every_single_fault_is_seen():
    paths = checks(load())
    assert len(paths) == len(REQUIRED) == 18
    for path in paths:
        document = load()
        fail_check(document, path)
        assert judged(dump(document)) == "not a pass"


@pytest.mark.law(1)
@settings(max_examples=examples(300), deadline=None)
@given(st.data())
def test_damage_never_turns_a_fail_into_a_pass(data):
    document = load()
    fail_check(document, data.draw(st.sampled_from(checks(document))))
    for _ in range(data.draw(st.integers(1, 3))):
        damage(document, data.draw)
    assert judged(dump(document)) != "pass"


@pytest.mark.law(1)
@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_damage_never_turns_an_absent_check_into_a_pass(data):
    document = load()
    path = data.draw(st.sampled_from(checks(document)))
    del at(document, path[:-1])[path[-1]]
    for _ in range(data.draw(st.integers(0, 3))):
        damage(document, data.draw)
    assert judged(dump(document)) != "pass"


@pytest.mark.law(1)
@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_a_value_that_passes_after_damage_passed_before_it(data):
    document = load()
    fail_check(document, data.draw(st.sampled_from(checks(document))))
    before = {
        (item.item, item.value)
        for item in read(dump(document)).items
        if item.kind is ItemKind.NUMBER and recompute(item) == "pass"
    }
    names = {item for item, _ in before}
    damage(document, data.draw)
    try:
        after = read(dump(document))
    except AdapterError:
        return
    passing = {(i.item, i.value) for i in after.items if i.kind is ItemKind.NUMBER and recompute(i) == "pass"}
    assert {pair for pair in passing if pair[0] in names} <= before


@settings(max_examples=examples(100), deadline=None)
@given(st.integers(0, len(PASSED.rstrip()) - 1))
def test_a_truncated_report_is_refused(length):
    assert judged(PASSED[:length]) == "refused"


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from([*"PFTRS", "GE", "LTGT", "LOG"]),
)
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))


@settings(max_examples=examples(300), deadline=None)
@given(st.data())
def test_whatever_stands_anywhere_is_read_or_refused(data):
    document = load()
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(list(spots(document))))
        at(document, path[:-1])[path[-1]] = data.draw(anything)
    with suppress(AdapterError):
        read(dump(document))


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(PASSED)))
def test_foreign_bytes_are_read_or_refused(noise, where):
    with suppress(AdapterError):
        WatsJsonAdapter().parse(io.BytesIO(PASSED[:where] + noise + PASSED[where:]), ParseContext())
