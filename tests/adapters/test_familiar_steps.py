"""Steps that a reader has met before, but for their number: what is read of them is what is read at first sight."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import combinations
from xml.sax.saxutils import quoteattr

import pytest

from inspections.adapters import atml_steps, wats_steps
from inspections.adapters.atml import AtmlAdapter
from inspections.adapters.canonical import Adapter, AdapterError, ParseContext
from inspections.adapters.wats_json import WatsJsonAdapter
from tests.adapters.oracle import FIXTURES
from tests.depth import every


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


def agree(adapter: Adapter, contents: Sequence[bytes], **context: object) -> None:
    """Each as it is read where nothing is kept in mind, and where all that came before it is, from both ends."""
    forget()
    with pytest.MonkeyPatch.context() as forgetful:
        for module in (wats_steps, atml_steps):
            forgetful.setattr(module, "_remember", lambda *step: None)
        wanted = {content: read(adapter, content, **context) for content in contents}
    for order in (contents, contents[::-1]):
        forget()
        for content in (*order, *order):
            assert read(adapter, content, **context) == wanted[content], content


def changed(usual: dict[str, str], others: dict[str, list[str]]) -> list[dict[str, str]]:
    """The usual, and the usual with each one and each two of its fields otherwise: most have to be as others are. Of
    the twos a third where time counts."""
    each = [{name: other} for name, many in others.items() for other in many]
    twos = [one | two for one, two in combinations(each, 2)]
    return [usual, *(usual | one for one in each), *(usual | two for two in twos[:: every(3)])]


def as_json(fields: dict[str, str]) -> str:
    return "{" + ",".join(f'"{name}":{written}' for name, written in fields.items()) + "}"


MEASURED = ("value", "compOp", "lowLimit", "highLimit", "status", "unit", "name")
STEPS = changed(
    {
        "value": "1", "compOp": '"GELE"', "lowLimit": "2.5", "highLimit": "4.5", "status": '"P"', "unit": '"V"',
        "step name": '"Step"', "step status": '"P"', "step stepType": '"ET_NLT"', "step numericMeas": "[ONE]",
    },
    {
        "value": ["2.5", "2.50", "-3e2", "1e9999999999999999999", '"2.5"', '"NaN"', "NaN", "true", "null", "[]"],
        "compOp": ['"GE"', '"LOG"', "null", '"EQ"', "3"],
        "lowLimit": ["2.50", '"2.5"', "null", "9e40"],
        "highLimit": ["45e-1", "1", '"NaN"'],
        "status": ['"F"', '" P"', "null", '"S"', "1"],
        "unit": ["null", '" V"', '"A"', "7", '"\\u0000"'],
        "name": ["null", '"x"', "2", '"2"', '""'],
        "step name": ['"Step "', '"Other"', "5", '"5"', "null"],
        "step status": ['"F"', '"S"', '"D"', '"P "', "null"],
        "step stepType": ['"Action"', "null"],
        "step numericMeas": ["[ONE,ONE]", '[{"value":3}]', "{}", "[1]", "[]"],
        "step stringMeas": ["null", "[]", '[{"value":"x"}]', '[{"value":"x","compOp":"LOG","status":"F"}]'],
        "step steps": ["[]", "null", '""', "{}", '[{"name":"Below","status":"F"}]'],
        "step loop": ["null", '{"num":3}', "4"],
    },
)  # fmt: skip


def wats_step(said: dict[str, str]) -> str:
    one = as_json({name: said[name] for name in MEASURED if name in said})
    own = {name.removeprefix("step "): written for name, written in said.items() if name.startswith("step ")}
    return as_json(own).replace("ONE", one)


@pytest.mark.law(1)
def test_law_1_a_familiar_step_of_wats_says_what_it_says_at_first_sight() -> None:
    document = json.loads((FIXTURES / "pack-eol-passed.json").read_bytes())
    document["root"]["steps"] = ["STEPS"]
    frame = json.dumps(document)
    agree(WatsJsonAdapter(), [frame.replace('"STEPS"', wats_step(said)).encode() for said in STEPS])


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
    parts = list(reversed(parts)) if said["order"] else parts
    own = xml("tr:TestResult", *parts, ID=said["result id"], name=said["result"])
    extension = xml(
        "tr:Extension",
        xml("ts:TSStepProperties", xml("ts:StepType", said["type"]), xml("ts:TotalTime", value=said["took"])),
    )
    outcome = xml("tr:Outcome", value=said["outcome"])
    return xml(
        "tr:Test", extension, outcome, own, said["more"], ID=said["id"], startDateTime=said["took"], name=said["name"]
    )


def tolerance(kind: str) -> str:
    widths = [xml(f"ts:{name}", value=value) for name, value in (("Nominal", "3"), ("Low", "1"), ("High", "1"))]
    properties = xml("ts:TSLimitProperties", xml("ts:ThresholdType", kind), *widths)
    return xml("tr:TestLimits", xml("tr:Limits", xml("c:Extension", properties)))


OTHER = datum("9", None, "ts:TS_double")
USUAL = {
    "name": "A", "outcome": "Passed", "result": "Numeric", "value": "3", "unit": "V", "kind": "ts:TS_double",
    "comparator": "GE", "limit": "2.5", "limited": "V", "limits": "", "order": "", "before": "", "behind": "",
    "more": "", "type": "NumericLimitTest", "took": "0.1", "id": "1", "result id": "r",
}  # fmt: skip
TESTS = changed(
    USUAL,
    {
        "name": ["B", " A", "A \t", "", " "],
        "type": ["", "Action", "StringValueTest", "SequenceCall"],
        "took": ["0.2", "0.3"],
        "id": ["2", "A", ""],
        "result id": ["s", "", "tr-6729458f-770d"],
        "outcome": ["Failed", "Skipped", "Done", "Aborted"],
        "result": ["Own", "", " "],
        "value": ["1", "2.5", "2.50", " 3 ", "1e5", "NaN", "", "0x5", "3,1"],
        "unit": ["A", "", " V"],
        "kind": ["ts:TS_string", "ts:TS_boolean", "c:double"],
        "comparator": ["GT", "EQ", "LE", "??"],
        "limit": ["2.50", "x", "1"],
        "limited": ["A", ""],
        "order": ["limits first"],
        "limits": [tolerance("DELTA"), tolerance("PPM"), " ", xml("tr:TestLimits")],
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
)
HEAD = (
    '<tr:TestResults uuid="u-1" xmlns:tr="urn:IEEE-1636.1:2013:TestResults" xmlns:c="urn:IEEE-1671:2010:Common"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ts="www.ni.com/TestStand/ATMLTestResults/3.0">'
    '<tr:ResultSet ID="1" name="Main" startDateTime="2026-11-20T08:00:00" endDateTime="2026-11-20T08:00:09">'
    '<tr:Outcome value="Passed"/>'
)


def results(test: str, group: str = "") -> bytes:
    if group:
        test = xml("tr:TestGroup", '<tr:Outcome value="Passed"/>', test, ID="g", name=group)
    return (HEAD + test + "</tr:ResultSet></tr:TestResults>").encode()


@pytest.mark.law(1)
def test_law_1_a_familiar_test_of_atml_says_what_it_says_at_first_sight() -> None:
    usual = atml_test(USUAL)
    groups = [results(usual, group) for group in ("Group", "Other", "Group/Other")]
    agree(AtmlAdapter(), [*groups, *(results(atml_test(said)) for said in TESTS)])
    commas = [results(atml_test(USUAL | {"value": value})) for value in ("3", "3.5", "3,5")]
    agree(AtmlAdapter(), commas, decimal_comma=True)


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
    monkeypatch.setattr(wats_steps._familiar, "most", 3)
    monkeypatch.setattr(atml_steps._familiar, "most", 3)
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
    return results(atml_test(USUAL | {"name": f"A {number}"}))


def test_ids_and_times_make_no_test_of_atml_unfamiliar() -> None:
    forget()
    for number in range(5):
        once = {"id": f"{number}", "took": f"0.{number}", "result id": f"r{number}", "value": f"{number}"}
        read(AtmlAdapter(), results(atml_test(USUAL | once)))
    assert len(atml_steps._familiar) == 1
