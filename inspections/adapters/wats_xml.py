"""WATS reports in XML (WSXF): the same reports as in JSON (WSJF), so that both encodings of one give equal results.

The elements are restated as the JSON of the report, which `wats_json` reads. A file may hold several reports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO
from uuid import UUID
from xml.etree.ElementTree import Element

from .canonical import AdapterError, CanonicalInspection, ParseContext
from .strict_json import shown
from .strict_xml import Opened, read_xml
from .wats_json import read_report

_NAMESPACE = b"wats.virinco.com/schemas/wats/report/wsxf"
_KINDS = {"UUT": "T", "UUR": "R"}
_STATUSES = {"Passed": "P", "Failed": "F", "Done": "D", "Error": "E", "Terminated": "T", "Skipped": "S"}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DEEPEST = 60

_ELEMENTS = {"steps": "Step", "numericMeas": "NumericLimit", "stringMeas": "StringValue", "booleanMeas": "PassFail"}
_IN_JSON = re.compile(rf"/({'|'.join(_ELEMENTS)})(?:/(\d+))?")


class WatsXmlAdapter:
    """Reads WSXF. Stateless; one instance serves all."""

    name = "wats_xml"
    version = "1"

    def sniff(self, head: bytes, name: str) -> float:
        """By the namespace of the reports, in whatever encoding has one byte a letter, or two."""
        text = head.replace(b"\0", b"").lower()
        return 0.98 if _NAMESPACE in text and b"<report" in text else 0.0

    def parse(self, stream: BinaryIO, context: ParseContext) -> Iterator[CanonicalInspection]:
        """The reports in the file, one at a time."""
        number = 0
        for event in read_xml(stream, context, opened=("Reports",)):
            if isinstance(event, Opened) and number == 0:
                continue
            if not isinstance(event, Element):
                continue
            number += 1
            place = f"/Reports/Report[{number}]"
            if event.tag != "Report":
                raise AdapterError(f"/Reports/*[{number}]", f"an element {shown(event.tag)}", "a Report")
            yield _read_element(event, place)


def _read_element(element: Element, place: str) -> CanonicalInspection:
    try:
        return read_report(_report(element))
    except AdapterError as error:
        raise AdapterError(_in_xml(error.place, place), error.found, error.expected) from error


def _in_xml(place: str, report: str) -> str:
    """The place in the XML of a place in the JSON."""

    def element(match: re.Match[str]) -> str:
        number = f"[{int(match[2]) + 1}]" if match[2] else ""
        return f"/{_ELEMENTS[match[1]]}{number}"

    if place.startswith("/root"):
        place = "/Step" + place.removeprefix("/root")
    return report + _IN_JSON.sub(element, place)


def _report(element: Element) -> dict[str, Any]:
    kind = element.get("type")
    process, part = element.find("Process"), element.find("UUT" if kind == "UUT" else "UUR")
    steps = element.findall("Step")
    if len(steps) > 1:
        raise AdapterError("/root", f"{len(steps)} first steps", "one, with the others beneath it")
    found = {
        "type": _KINDS.get(kind or "", kind),
        "id": _identity(element.get("ID")),
        **_attributes(
            element, sn="SN", pn="PN", rev="Rev", productName="ProductName", machineName="MachineName",
            location="Location", purpose="Purpose", start="Start", startUTC="Start_utc",
        ),
        "result": _status(element, "Result"),
        "processCode": None if process is None else process.get("Code"),
        "processName": None if process is None else process.get("Name"),
        "root": _step(steps[0], 0) if steps else None,
        "miscInfos": [
            {"description": each.get("Description"), "text": each.text, "numeric": _number(each.get("Numeric"))}
            for each in element.findall("MiscInfo")
        ],
        "subUnits": [
            _attributes(each, partType="PartType", sn="SN") for each in element.findall("ReportUnitHierarchy")
        ],
    }  # fmt: skip
    if part is not None:
        found["uut" if kind == "UUT" else "uur"] = {
            **_attributes(part, user="UserLoginName", batchSN="BatchSN", fixtureId="FixtureId"),
            "execTime": _number(part.get("ExecutionTime")),
            "comment": part.findtext("Comment"),
        }
    return found


def _step(element: Element, depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise AdapterError("", f"steps nested deeper than {_DEEPEST}", "a report of ordinary depth")
    loop = element.find("Loop")
    found: dict[str, Any] = {
        **_attributes(element, name="Name", stepType="StepType"),
        "status": _status(element, "Status"),
        "totTime": _number(element.get("total_time")),
        "loop": None if loop is None else {"num": loop.get("num"), "idx": loop.get("index")},
    }
    readers: Mapping[str, Callable[[Element], dict[str, Any]]] = {
        "steps": lambda each: _step(each, depth + 1),
        "numericMeas": _numeric,
        "stringMeas": _text,
        "booleanMeas": _boolean,
    }
    for key, read in readers.items():
        parts = element.findall(_ELEMENTS[key])
        if parts:
            found[key] = [read(each) for each in parts]
    return found


def _numeric(element: Element) -> dict[str, Any]:
    return {
        **_attributes(element, name="Name", unit="Units", compOp="CompOperator"),
        "status": _status(element, "Status"),
        "value": _number(element.get("NumericValue")),
        "lowLimit": _number(element.get("LowLimit")),
        "highLimit": _number(element.get("HighLimit")),
    }


def _text(element: Element) -> dict[str, Any]:
    texts = _attributes(element, name="Name", compOp="CompOperator", value="StringValue", limit="StringLimit")
    return {**texts, "status": _status(element, "Status")}


def _boolean(element: Element) -> dict[str, Any]:
    return {"name": element.get("Name"), "status": _status(element, "Status")}


def _attributes(element: Element, **names: str) -> dict[str, Any]:
    return {key: element.get(name) for key, name in names.items()}


def _status(element: Element, name: str) -> str | None:
    word = element.get(name)
    return None if word is None else _STATUSES.get(word, word)


def _number(text: str | None) -> Decimal | str | None:
    """The decimal that is written, or the text where that is none ("NaN", "INF", "")."""
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return text
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return text


def _identity(text: str | None) -> str | None:
    """A UUID as the JSON of the same report writes it; anything else as it is."""
    try:
        return str(UUID(text))
    except (ValueError, TypeError, AttributeError):
        return text
