"""Steps that a reader has met before, but for their number: what is read of them is what is read at first sight."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeVar
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inspections.adapters import atml_steps, wats_steps
from inspections.adapters.atml import AtmlAdapter
from inspections.adapters.canonical import Adapter, AdapterError, ParseContext
from inspections.adapters.wats_json import WatsJsonAdapter
from tests.adapters.oracle import FIXTURES
from tests.depth import examples


def read(adapter: Adapter, content: bytes, **context: object) -> list[str]:
    """What is read, to the letter: equal decimals that are written otherwise are two."""
    found = []
    try:
        for test in adapter.parse(io.BytesIO(content), ParseContext(time_zone="Asia/Shanghai", **context)):  # type: ignore[arg-type]
            found.append(repr(test))
    except AdapterError as refusal:
        found.append(str(refusal))
    return found


def forget() -> None:
    wats_steps._familiar.clear()
    atml_steps._familiar.clear()


def agree(adapter: Adapter, contents: Iterable[bytes], **context: object) -> None:
    """Each as it is read where nothing is kept in mind, and where all of it is."""
    forget()
    with pytest.MonkeyPatch.context() as forgetful:
        for module in (wats_steps, atml_steps):
            forgetful.setattr(module, "_remember", lambda *step: None)
        wanted = [read(adapter, content, **context) for content in contents]
    for _ in range(2):
        assert [read(adapter, content, **context) for content in contents] == wanted


T = TypeVar("T")


def changed(usual: dict[str, T], others: dict[str, list[T]]) -> st.SearchStrategy[dict[str, T]]:
    """The usual with at most two of its fields otherwise: most have to be as others are."""
    each = st.sampled_from([(name, other) for name, many in others.items() for other in many])
    return st.lists(each, max_size=2).map(lambda changes: usual | dict(changes))


def as_json(fields: dict[str, str]) -> str:
    return "{" + ",".join(f'"{name}":{written}' for name, written in fields.items()) + "}"


MEASURED = changed(
    {"value": "1", "compOp": '"GELE"', "lowLimit": "2.5", "highLimit": "4.5", "status": '"P"', "unit": '"V"'},
    {
        "value": ["2.5", "2.50", "-3e2", "1e9999999999999999999", '"2.5"', '"NaN"', "NaN", "true", "null", "[]"],
        "compOp": ['"GE"', '"LOG"', "null", '"EQ"', "3"],
        "lowLimit": ["2.50", '"2.5"', "null", "9e40"],
        "highLimit": ["45e-1", "1", '"NaN"'],
        "status": ['"F"', '" P"', "null", '"S"', "1"],
        "unit": ["null", '" V"', '"A"', "7", '"\\u0000"'],
        "name": ["null", '"x"', "2", '"2"', '""'],
    },
).map(as_json)
STEP = MEASURED.flatmap(
    lambda one: changed(
        {"name": '"Step"', "status": '"P"', "stepType": '"ET_NLT"', "numericMeas": f"[{one}]"},
        {
            "name": ['"Step "', '"Other"', "5", '"5"', "null"],
            "status": ['"F"', '"S"', '"D"', '"P "', "null"],
            "stepType": ['"Action"', "null"],
            "numericMeas": [f"[{one},{one}]", '[{"value":3}]', "{}", "[1]", "[]"],
            "stringMeas": ["null", "[]", '[{"value":"x"}]', '[{"value":"x","compOp":"LOG","status":"F"}]'],
            "steps": ["[]", "null", '""', "{}", '[{"name":"Below","status":"F"}]'],
            "loop": ["null", '{"num":3}', "4"],
        },
    )
).map(as_json)


@pytest.mark.law(1)
@settings(max_examples=examples(300))
@given(reports=st.lists(st.lists(STEP, min_size=1, max_size=4), min_size=2, max_size=5))
def test_law_1_a_familiar_step_of_wats_says_what_it_says_at_first_sight(reports: list[list[str]]) -> None:
    document = json.loads((FIXTURES / "pack-eol-passed.json").read_bytes())
    document["root"]["steps"] = ["STEPS"]
    frame = json.dumps(document)
    agree(WatsJsonAdapter(), [frame.replace('"STEPS"', ",".join(steps)).encode() for steps in reports])


def xml(tag: str, /, *parts: str, **attributes: str | None) -> str:
    stated = [(key.replace("__", ":"), text) for key, text in attributes.items() if text is not None]
    return f"<{tag}{''.join(f' {key}={quoteattr(text)}' for key, text in stated)}>{''.join(parts)}</{tag}>"


def datum(value: str | None, unit: str | None, kind: str) -> str:
    return xml("c:Datum", value=value, xsi__type=kind, nonStandardUnit=unit)


def atml_test(said: dict[str, str]) -> str:
    first = datum(said["value"], said["unit"], said["kind"])
    limit = xml("c:SingleLimit", datum(said["limit"], said["limited"], "ts:TS_double"), comparator=said["comparator"])
    parts = [
        xml("tr:TestData", said["before"], first, said["behind"]),
        said["limits"] or xml("tr:TestLimits", xml("tr:Limits", limit)),
    ]
    own = xml("tr:TestResult", *(reversed(parts) if said["order"] else parts), ID="r", name=said["result"])
    return xml("tr:Test", xml("tr:Outcome", value=said["outcome"]), own, said["more"], ID="1", name=said["name"])


OTHER = datum("9", None, "ts:TS_double")
USUAL = {
    "name": "A", "outcome": "Passed", "result": "Numeric", "value": "3", "unit": "V", "kind": "ts:TS_double",
    "comparator": "GE", "limit": "2.5", "limited": "V", "limits": "", "order": "", "before": "", "behind": "",
    "more": "",
}  # fmt: skip
TEST = changed(
    USUAL,
    {
        "name": ["B", " A", "A \t"],
        "outcome": ["Failed", "Skipped", "Done", "Aborted"],
        "result": ["Own", ""],
        "value": ["1", "2.5", "2.50", " 3 ", "1e5", "NaN", "", "0x5", "3,1"],
        "unit": ["A", "", " V"],
        "kind": ["ts:TS_string", "ts:TS_boolean", "c:double"],
        "comparator": ["GT", "EQ", "LE", "??"],
        "limit": ["2.50", "x", "1"],
        "limited": ["A", ""],
        "order": ["limits first"],
        "limits": [" ", xml("tr:TestLimits")],
        "before": ["<!-- Datum -->", OTHER, xml("c:Collection", xml("c:Item", OTHER, name="x"))],
        "behind": [OTHER, xml("c:IndexedArray", xml("c:Element", value="7", position="[0]"))],
        "more": [
            '<tr:Outcome value="Failed"/>',
            xml("tr:Extension", xml("ts:TSStepProperties", "<ts:StepType>NumericLimitTest</ts:StepType>")),
            xml("tr:TestResult", xml("tr:TestData", OTHER), ID="s", name="More"),
            "<tr:Extension><x/><y/></tr:Extension>",
            "<tr:Extension><x><y/></x></tr:Extension>",
        ],
    },
).map(atml_test)
LIMITS_FIRST = atml_test(USUAL | {"order": "limits first"})
HEAD = (
    '<tr:TestResults uuid="u-1" xmlns:tr="urn:IEEE-1636.1:2013:TestResults" xmlns:c="urn:IEEE-1671:2010:Common"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ts="www.ni.com/TestStand/ATMLTestResults/3.0">'
    '<tr:ResultSet ID="1" name="Main" startDateTime="2026-11-20T08:00:00" endDateTime="2026-11-20T08:00:09">'
    '<tr:Outcome value="Passed"/>'
)


@pytest.mark.law(1)
@settings(max_examples=examples(300))
@given(
    reports=st.lists(st.lists(TEST, min_size=1, max_size=4), min_size=2, max_size=5),
    groups=st.lists(st.sampled_from(["", "Group", "Other"]), min_size=5, max_size=5),
    decimal_comma=st.booleans(),
)
@example(reports=[[LIMITS_FIRST]] * 2, groups=["", ""], decimal_comma=False)
def test_law_1_a_familiar_test_of_atml_says_what_it_says_at_first_sight(
    reports: list[list[str]], groups: list[str], decimal_comma: bool
) -> None:
    def whole(tests: list[str], group: str) -> bytes:
        inside = "".join(tests)
        if group:
            inside = xml("tr:TestGroup", '<tr:Outcome value="Passed"/>', inside, ID="g", name=group)
        return (HEAD + inside + "</tr:ResultSet></tr:TestResults>").encode()

    contents = [whole(tests, group) for tests, group in zip(reports, groups, strict=False)]
    agree(AtmlAdapter(), contents, decimal_comma=decimal_comma)


@pytest.mark.parametrize(
    ("kept", "remember"),
    [
        (wats_steps._familiar, lambda number: read(WatsJsonAdapter(), report_of(number))),
        (atml_steps._familiar, lambda number: read(AtmlAdapter(), results_of(number))),
    ],
)
def test_so_many_are_kept_and_no_more(
    monkeypatch: pytest.MonkeyPatch, kept: dict[object, object], remember: Callable[[int], object]
) -> None:
    monkeypatch.setattr(wats_steps, "_MOST_FAMILIAR", 3)
    monkeypatch.setattr(atml_steps, "_MOST_FAMILIAR", 3)
    kept.clear()
    for number in range(10):
        remember(number)
        assert 0 < len(kept) <= 3


def report_of(number: int) -> bytes:
    document = json.loads((FIXTURES / "pack-eol-passed.json").read_bytes(), parse_float=Decimal)
    measured = {"value": 1, "status": "P", "compOp": "LOG"}
    document["root"]["steps"] = [{"name": f"Step {number}", "status": "P", "numericMeas": [measured]}]
    return json.dumps(document, default=float).encode()


def results_of(number: int) -> bytes:
    one = atml_test(USUAL | {"name": f"A {number}"})
    return (HEAD + one + "</tr:ResultSet></tr:TestResults>").encode()
