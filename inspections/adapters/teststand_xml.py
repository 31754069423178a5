"""TestStand's native XML reports: properties with names and types, in `Reports` or, with the WATS add-on, `TSReport`.

Not to be taken for ATML, which TestStand writes too. One file may hold the reports of several units; the summary of a
batch among them is no test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import BinaryIO
from xml.etree.ElementTree import Element

from .canonical import AdapterError, CanonicalInspection, ItemClaim, ParseContext, ReportClaim
from .rig_times import read_time
from .step_items import claim_of_report, read_number
from .strict_json import shown
from .strict_xml import Closed, Opened, read_xml
from .teststand_steps import Steps, find_prop, props_of, read_status, text_of

_LARGEST_REPORT = 8 * 1024 * 1024
_CLAIMS = {
    "Passed": ReportClaim.PASS,
    "Failed": ReportClaim.FAIL,
    "Error": ReportClaim.ERROR,
    "Terminated": ReportClaim.TERMINATED,
    "Skipped": ReportClaim.SKIPPED,
    "Done": ReportClaim.DONE,
}
_OF_ITEM = {
    ItemClaim.PASS: ReportClaim.PASS,
    ItemClaim.FAIL: ReportClaim.FAIL,
    ItemClaim.ERROR: ReportClaim.ERROR,
    ItemClaim.SKIPPED: ReportClaim.SKIPPED,
}
_LONGEST_TEST = Decimal(31 * 24 * 3600)
_LONGEST_HEADER = 200
_MOST_HEADERS = 200
_TIME_PARTS = (
    ("StartTime", "Hours"),
    ("StartTime", "Minutes"),
    ("StartTime", "Seconds"),
    ("StartTime", "Milliseconds"),
)
_DATE_PARTS = (("StartDate", "Month"), ("StartDate", "MonthDay"))


class NativeTestStandAdapter:
    """Reads native TestStand XML. Stateless; one instance serves all."""

    name = "teststand_xml"
    version = "1"

    def sniff(self, head: bytes, name: str) -> float:
        """By the root element, with a property or a report of TestStand's after it."""
        text = head.replace(b"\0", b"")
        if re.search(rb"<TSReport[\s>]", text) and re.search(rb"<(ReportInfo|Prop)\s", text):
            return 0.95
        return (
            0.95 if re.search(rb"<Reports[\s>]", text) and re.search(rb"<Report\s[^>]*(UUTResult|Link)=", text) else 0.0
        )

    def parse(self, stream: BinaryIO, context: ParseContext) -> Iterator[CanonicalInspection]:
        """One inspection for each report of a unit, as they end in the file."""
        report: _Report | None = None
        for event in read_xml(stream, context, opened=("Reports", "Report", "TSReport"), most_bytes=_LARGEST_REPORT):
            if isinstance(event, Opened) and event.name in ("Report", "TSReport") and report is None:
                report = _Report(event.attributes, context)
            elif isinstance(event, Closed) and event.name in ("Report", "TSReport") and report is not None:
                yield from report.finish()
                report = None
            elif isinstance(event, Element) and report is not None:
                report.read(event)
            elif isinstance(event, Element) or event.name != "Reports" or report is not None:
                found = event.tag if isinstance(event, Element) else event.name
                raise AdapterError("/", shown(found), "Reports with a Report for each unit, or one TSReport")


class _Report:
    """What was read of one report so far."""

    def __init__(self, attributes: Mapping[str, str], context: ParseContext) -> None:
        self.attributes = attributes
        self.context = context
        self.infos: dict[str, str] = {}
        self.parts: dict[str, Element] = {}
        self.steps = Steps(context.decimal_comma)
        self.root: Element | None = None

    def read(self, element: Element) -> None:
        if element.tag == "ReportInfo":
            self.infos[element.get("key", "")] = element.get("value", "").strip()
        elif element.tag == "Prop" and element.get("Type") == "TEResult":
            if self.root is not None:
                raise AdapterError("/Report", "two results of main sequences", "one for the unit")
            self.root = element
        elif element.tag == "Prop" and (name := element.get("Name")) is not None:
            if name in self.parts:
                raise AdapterError(f"/Report/{name}", "two of them", "one")
            self.parts[name] = element

    def finish(self) -> Iterator[CanonicalInspection]:
        if self.attributes.get("Type", "UUT") == "Batch":
            return
        if self.root is None:
            raise AdapterError("/Report", "no result of the main sequence", "a property of type TEResult")
        self.steps.read_root(self.root)
        self._check_count()
        external_id = self.infos.get("ID") or self.attributes.get("Link", "").strip()
        if not external_id or len(external_id) > _LONGEST_HEADER:
            raise AdapterError("/Report/@Link", shown(external_id or None), "the report's own id")
        started = self._started()
        finished, notes = self._finished(started, self.root)
        claimed, doubt = self._claim(self.root)
        file = text_of(find_prop(self.root, "TS", "SequenceCall", "SequenceFile"), "/Report", 1000) or ""
        name = file.replace("\\", "/").rpartition("/")[2]
        yield CanonicalInspection(
            external_id=external_id,
            serial=self._serial(),
            part_number=self._text("UUT", "UUTPartNumber") or self._text("UUT", "PartNumber"),
            process_code=self._text("UUT", "UUTOperationType"),
            process_name=name[:_LONGEST_HEADER] or None,
            station=self._text("StationInfo", "StationID"),
            operator=self._text("StationInfo", "LoginName"),
            started_at=started,
            finished_at=finished,
            claimed=claimed,
            purpose=self._text("StationInfo", "Purpose"),
            items=tuple(self.steps.found.items),
            notes=(*notes, *doubt),
            headers=tuple(self._headers()),
        )

    def _text(self, part: str, *names: str) -> str | None:
        element = self.parts.get(part)
        return None if element is None else text_of(find_prop(element, *names), f"/Report/{part}")

    def _serial(self) -> str | None:
        serial = self._text("UUT", "SerialNumber")
        return None if serial is None or serial.upper() == "NONE" else serial

    def _check_count(self) -> None:
        """The report says of how many steps it tells: fewer in it are a report that leaves some out."""
        stated = self.attributes.get("StepCount")
        if stated is not None and (not re.fullmatch(r"[0-9]{1,9}", stated) or int(stated) > self.steps.count):
            found = f"{self.steps.count} results, where StepCount says {shown(stated)}"
            raise AdapterError("/Report/@StepCount", found, "as many as it says: a report of all steps")

    def _started(self) -> datetime:
        if (stated := self.infos.get("Start") or self.infos.get("StartUTC")) is not None:
            return read_time(stated, "/TSReport/ReportInfo Start", self.context.time_zone)
        date = [self._year(), *(self._number(*part) for part in _DATE_PARTS)]
        time = [self._number(*part) for part in _TIME_PARTS]
        text = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}".format(*date, *time)
        return read_time(text, "/Report/StartDate", self.context.time_zone)

    def _number(self, part: str, name: str) -> int:
        text = self._text(part, name) or ""
        if not re.fullmatch(r"[0-9]{1,4}", text):
            raise AdapterError(f"/Report/{part}/{name}", shown(text or None), "a part of the time at which it began")
        return int(text)

    def _year(self) -> int:
        """The year of the date: TestStand writes it wrongly as a number at times, and right in the text beside that."""
        beside = {year for name in ("Text", "ShortText") for year in _years(self._text("StartDate", name))}
        if len(beside) == 1:
            return beside.pop()
        year = self._number("StartDate", "Year")
        if beside and year not in beside:
            raise AdapterError("/Report/StartDate/Year", f"{year} beside {sorted(beside)}", "one year")
        return year

    def _finished(self, started: datetime, root: Element) -> tuple[datetime, tuple[str, ...]]:
        text = text_of(find_prop(root, "TS", "TotalTime"), "/Report")
        seconds = None if text is None else read_number(text, decimal_comma=self.context.decimal_comma)
        if seconds is None or seconds == 0:
            return started, ("the report does not say how long the test took: finished when it started",)
        if not isinstance(seconds, Decimal) or not 0 < seconds <= _LONGEST_TEST:
            raise AdapterError("/Report/TS/TotalTime", shown(seconds), f"seconds from 0 to {_LONGEST_TEST}")
        return started + timedelta(microseconds=int(seconds * 1_000_000)), ()

    def _claim(self, root: Element) -> tuple[ReportClaim, tuple[str, ...]]:
        """The result claimed. The main sequence can only speak against it: a pass needs both to say so."""
        below = _OF_ITEM.get(read_status(root, "/Report"), ReportClaim.NONE)
        stated = self.attributes.get("UUTResult")
        claimed = below if stated is None else _CLAIMS.get(stated.strip(), ReportClaim.NONE)
        if claimed is ReportClaim.PASS and below is not ReportClaim.PASS:
            return below, (f"the report says {claimed.value}, its main sequence says {below.value}",)
        return claim_of_report(claimed, self.steps.found)

    def _headers(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for part in ("UUT", "StationInfo"):
            if part in self.parts:
                found += _headers(self.parts[part], part)
        return found[:_MOST_HEADERS]


def _years(text: str | None) -> Iterator[int]:
    return (int(year) for year in re.findall(r"(?<![0-9])(?:19|20|21)[0-9]{2}(?![0-9])", text or ""))


def _headers(prop: Element, path: str) -> Iterator[tuple[str, str]]:
    text = (prop.findtext("Value") or "").strip()
    if text and len(text) <= _LONGEST_HEADER and prop.get("Type") != "Array":
        yield path, text
    for name, part in props_of(prop).items():
        yield from _headers(part, f"{path} / {name}")
