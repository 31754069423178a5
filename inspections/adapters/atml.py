"""ATML test results (IEEE 1636.1) in XML, as TestStand and other executives write them, in their three generations.

One file may hold the results of several units: each is a test of its own. What the generations write differently is
read by local names; what a style sheet says is of no account, and neither is the serial number of the station.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO
from xml.etree.ElementTree import Element

from .atml_steps import Steps, read_outcome
from .canonical import AdapterError, CanonicalInspection, ItemClaim, ParseContext, ReportClaim
from .rig_times import read_time
from .step_items import claim_of_report
from .strict_json import shown
from .strict_xml import Closed, Opened, read_attribute, read_child_text, read_xml

_OPENED = ("TestResultsCollection", "TestResults", "ResultSet", "TestGroup")
_ROOT = re.compile(rb"<(?:[A-Za-z0-9_.-]+:)?TestResults(?:Collection)?[\s>]")
_NAMESPACES = (b"urn:IEEE-1636.1", b"www.ieee.org/ATML/")
_REPORT_CLAIMS = {
    ItemClaim.PASS: ReportClaim.PASS,
    ItemClaim.FAIL: ReportClaim.FAIL,
    ItemClaim.ERROR: ReportClaim.ERROR,
    ItemClaim.SKIPPED: ReportClaim.SKIPPED,
}
_MOST_HEADERS = 200
_LONGEST_HEADER = 200
_NO_HEADER = ("Configuration", "TS_Configuration", "ResultFilter")


class AtmlAdapter:
    """Reads ATML test results. Stateless; one instance serves all."""

    name = "atml"
    version = "1"
    max_bytes = 1024 * 1024 * 1024

    def sniff(self, head: bytes, name: str) -> float:
        """By the root element and its namespace."""
        text = head.replace(b"\0", b"")
        if not _ROOT.search(text):
            return 0.0
        return 0.95 if any(namespace in text for namespace in _NAMESPACES) else 0.65

    def parse(self, stream: BinaryIO, context: ParseContext) -> Iterator[CanonicalInspection]:
        """One inspection for each TestResults, as they end in the file."""
        report: _Report | None = None

        def know(element: Element, depth: int) -> bool:
            return report is not None and report.steps.know(element, depth)

        for event in read_xml(stream, context, opened=_OPENED, know=know):
            name = event.tag if isinstance(event, Element) else event.name
            if report is None:
                if isinstance(event, Opened) and name == "TestResults":
                    report = _Report(event.attributes, context)
                elif name != "TestResultsCollection" and not (isinstance(event, Element) and name == "Extension"):
                    raise AdapterError("/", shown(name), "TestResults, or a TestResultsCollection of them")
            elif isinstance(event, Closed) and name == "TestResults":
                yield report.finish()
                report = None
            elif isinstance(event, Opened):
                report.open(event)
            elif isinstance(event, Closed):
                report.close(event)
            else:
                report.read(event)


class _Report:
    """What was read of one TestResults so far."""

    def __init__(self, attributes: Mapping[str, str], context: ParseContext) -> None:
        self.id = attributes.get("uuid", "").strip()
        self.context = context
        self.steps = Steps(context.decimal_comma)
        self.result_set: Mapping[str, str] | None = None
        self.claim = ReportClaim.NONE
        self.parts: dict[str, Element] = {}
        self.headers: list[tuple[str, str]] = []
        self.stated_count: str | None = None

    def open(self, event: Opened) -> None:
        if event.name == "ResultSet" and self.result_set is None:
            self.result_set = event.attributes
            self.steps.open_root()
        elif event.name == "TestGroup" and self.steps.groups:
            self.steps.open_group(event.attributes)
        else:
            found = f"a {event.name} in this place"
            raise AdapterError("/TestResults", found, "one ResultSet, and groups of tests within it")

    def close(self, event: Closed) -> None:
        self.steps.close_group()

    def read(self, element: Element) -> None:
        if self.steps.groups:
            if element.tag == "Outcome" and len(self.steps.groups) == 1:
                self.claim = _claim_of(element)
            self.steps.read(element)
            return
        if element.tag in ("UUT", "TestStation", "Personnel") and element.tag in self.parts:
            raise AdapterError(f"/TestResults/{element.tag}", "two of them", "one")
        self.headers += _headers(element, element.tag, _MOST_HEADERS - len(self.headers))
        if element.tag in ("UUT", "TestStation", "Personnel"):
            self.parts[element.tag] = element
        for part in element:
            if part.tag == "TSResultSetProperties" and (count := part.find("NumOfResults")) is not None:
                self.stated_count = read_attribute(count, "value", "/TestResults/Extension/NumOfResults")
                break

    def finish(self) -> CanonicalInspection:
        if not self.id or len(self.id) > _LONGEST_HEADER:
            raise AdapterError("/TestResults/@uuid", shown(self.id or None), "the results' own id")
        if self.result_set is None:
            raise AdapterError("/TestResults/ResultSet", "nothing", "the tests of the unit")
        self._check_count()
        started, finished, notes = self._times(self.result_set)
        claimed, doubt = claim_of_report(self.claim, self.steps.found)
        name = self.result_set.get("name", "").partition("#")[0].replace("\\", "/").rpartition("/")[2].strip()
        return CanonicalInspection(
            external_id=self.id,
            serial=self._serial(),
            part_number=self._part_number(),
            process_code=None,
            process_name=name[:_LONGEST_HEADER] or None,
            station=self._text("TestStation", "SerialNumber"),
            operator=self._operator(),
            started_at=started,
            finished_at=finished,
            claimed=claimed,
            items=tuple(self.steps.found.items),
            notes=(*notes, *doubt),
            headers=tuple(self.headers),
        )

    def _check_count(self) -> None:
        """TestStand says how many results it had: fewer in the file are a report that leaves some out."""
        stated = self.stated_count
        if stated is None:
            return
        if not re.fullmatch(r"[0-9]{1,9}", stated) or int(stated) > self.steps.count:
            found = f"{self.steps.count} results, where NumOfResults says {shown(stated)}"
            raise AdapterError(f"/TestResults {self.id}", found, "as many as it says: a report of all steps")

    def _times(self, attributes: Mapping[str, str]) -> tuple[datetime, datetime, tuple[str, ...]]:
        place, zone = "/TestResults/ResultSet", self.context.time_zone
        start, end = (attributes.get(name, "").strip() for name in ("startDateTime", "endDateTime"))
        if not start:
            raise AdapterError(f"{place}/@startDateTime", "nothing", "the time at which the test began")
        started = read_time(start, f"{place}/@startDateTime", zone)
        if not end:
            return started, started, ("the report does not say how long the test took: finished when it started",)
        finished = read_time(end, f"{place}/@endDateTime", zone)
        if finished < started:
            raise AdapterError(f"{place}/@endDateTime", f"{end}, before {start}", "an end after the beginning")
        return started, finished, ()

    def _text(self, part: str, path: str) -> str | None:
        element = self.parts.get(part)
        return None if element is None else read_child_text(element, path, f"/TestResults/{part}")

    def _serial(self) -> str | None:
        """The unit's own serial number: TestStand writes NONE where nobody entered any."""
        serial = self._text("UUT", "SerialNumber")
        return None if serial is None or serial.upper() == "NONE" else serial

    def _part_number(self) -> str | None:
        unit = self.parts.get("UUT")
        numbers = [] if unit is None else unit.findall("Definition/Identification/IdentificationNumbers/*")
        part = next((number for number in numbers if number.get("type") == "Part"), None)
        return None if part is None else read_attribute(part, "number", "/TestResults/UUT/IdentificationNumber")

    def _operator(self) -> str | None:
        personnel = self.parts.get("Personnel")
        operator = None if personnel is None else personnel.find("SystemOperator")
        if operator is None:
            return None
        place = "/TestResults/Personnel/SystemOperator"
        return read_attribute(operator, "name", place) or read_attribute(operator, "ID", place)


def _claim_of(outcome: Element) -> ReportClaim:
    if "Terminated" in (outcome.get("value"), outcome.get("qualifier")):
        return ReportClaim.TERMINATED
    return _REPORT_CLAIMS.get(read_outcome(outcome, "/TestResults/ResultSet"), ReportClaim.NONE)


def _headers(element: Element, path: str, most: int) -> list[tuple[str, str]]:
    """The facts in an element by their paths, in which things with a name or a type go by that."""
    found: list[tuple[str, str]] = []
    for key in ("value", "number", "ID"):
        if (stated := element.get(key)) and (stated := stated.strip()) and len(stated) <= _LONGEST_HEADER:
            found.append((path, stated))
            break
    if not len(element):
        if (text := element.text) and (text := text.strip()) and len(text) <= _LONGEST_HEADER:
            found.append((path, text))
        return found[:most]
    for part in element:
        tag = part.tag
        if tag in _NO_HEADER:
            continue
        kind = part.get("type") or (part.get("name") if tag == "Item" else "")
        found += _headers(part, f"{path} / {tag} / {kind}" if kind else f"{path} / {tag}", most - len(found))
        if len(found) >= most:
            break
    return found[:most]
