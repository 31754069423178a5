"""WATS reports in JSON (WSJF), as the test stations of WATS users write them: one report a file.

A report of type T is a test of a unit; one of type R is a repair and never a test, whatever its result says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal
from typing import BinaryIO

from .canonical import AdapterError, CanonicalInspection, ParseContext, ReportClaim
from .strict_json import Json, decode, read_object, read_objects, read_text, shown
from .wats_steps import read_items

_SIGNATURE = tuple(
    f'"{key}"'.encode() for key in ("type", "pn", "sn", "processCode", "processName", "machineName", "result", "start")
)
_CLAIMS = {
    "P": ReportClaim.PASS,
    "F": ReportClaim.FAIL,
    "E": ReportClaim.ERROR,
    "T": ReportClaim.TERMINATED,
    "S": ReportClaim.SKIPPED,
    "D": ReportClaim.DONE,
}
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,12}))?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)  # .NET writes seven digits of a second
_YEARS = range(1990, 2201)
_LONGEST_TEST = Decimal(31 * 24 * 3600)
_EXACT = Context(prec=80)
_MOST_HEADERS = 200
_LONGEST_HEADER = 200


class WatsJsonAdapter:
    """Reads WSJF. Stateless; one instance serves all."""

    name = "wats_json"
    version = "1"

    def sniff(self, head: bytes, name: str) -> float:
        """By the keys at the beginning of a report; the name adds little: every JSON ends in .json."""
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not text.startswith(b"{"):
            return 0.0
        known = sum(key in text for key in _SIGNATURE) / len(_SIGNATURE)
        return min(1.0, known * 0.95 + (0.05 if name.lower().endswith((".json", ".wsjf")) else 0.0))

    def parse(self, stream: BinaryIO, context: ParseContext) -> Iterator[CanonicalInspection]:
        """The one report in the file. Reads at once, so that AdapterError comes from this call."""
        document = decode(stream, context.max_bytes)
        if not isinstance(document, dict):
            raise AdapterError("file", shown(document), "one WATS report, an object")
        return iter((read_report(document),))


def read_report(report: Json) -> CanonicalInspection:
    """One report as its JSON says it. Raises AdapterError with the JSON pointer of the fault."""
    kind = read_text(report, "type", "")
    if kind not in ("T", "R"):
        raise AdapterError("/type", shown(kind), "T (test) or R (repair)")
    root = read_object(report, "root", "")
    if kind == "T" and not root:
        raise AdapterError("/root", "nothing", "the steps of the test")
    uut = read_object(report, "uut" if kind == "T" else "uur", "")
    started = _read_start(report)
    finished, notes = _read_finish(started, uut, root)
    claimed, doubt = _read_claim(report, root if kind == "T" else report)
    external_id = read_text(report, "id", "")
    if external_id is None:
        raise AdapterError("/id", "nothing", "the report's own id")
    return CanonicalInspection(
        external_id=external_id,
        serial=read_text(report, "sn", ""),
        part_number=read_text(report, "pn", ""),
        process_code=read_text(report, "processCode", ""),
        process_name=read_text(report, "processName", ""),
        station=read_text(report, "machineName", ""),
        operator=read_text(uut, "user", "/uut"),
        started_at=started.moment,
        finished_at=finished,
        claimed=claimed,
        purpose=read_text(report, "purpose", ""),
        not_a_test="a repair report (type R) is no test, whatever its result" if kind == "R" else None,
        items=read_items(root) if kind == "T" else (),
        notes=(*notes, *doubt),
        headers=tuple(_read_headers(report, uut))[:_MOST_HEADERS],
    )


def _read_headers(report: Json, uut: Json) -> Iterator[tuple[str, str]]:
    """What else a report says of the unit: a profile may find the VIN there, or which kind of test it was."""
    for parent, keys, path in ((report, ("rev", "location"), ""), (uut, ("batchSN", "fixtureId"), "uut / ")):
        yield from _header(*((path + key, parent.get(key)) for key in keys))
    for info in read_objects(report, "miscInfos", ""):
        value = info.get("numeric") if info.get("text") is None else info.get("text")
        yield from _header((f"miscInfos / {info.get('description')}", value))
    for unit in read_objects(report, "subUnits", ""):
        yield from _header((f"subUnits / {unit.get('partType')}", unit.get("sn")))


def _header(*pairs: tuple[str, object]) -> Iterator[tuple[str, str]]:
    """The pairs that are texts of ordinary length. Others are no reason to refuse a report."""
    for name, value in pairs:
        text = str(value).strip() if isinstance(value, str | Decimal) else ""
        if text and len(text) <= _LONGEST_HEADER and len(name) <= _LONGEST_HEADER and (name + text).isprintable():
            yield name, text


def _read_claim(report: Json, root: Json) -> tuple[ReportClaim, tuple[str, ...]]:
    """The result claimed. The first step can only speak against it: a pass needs both to say so."""
    result = _CLAIMS.get(read_text(report, "result", "") or "", ReportClaim.NONE)
    key = "result" if root is report else "status"
    below = _CLAIMS.get(read_text(root, key, "/root") or "", ReportClaim.NONE)
    mild = (ReportClaim.PASS, ReportClaim.DONE, ReportClaim.NONE)
    contradicts = result in mild and below not in mild
    if contradicts or (result is ReportClaim.PASS and below is ReportClaim.NONE):
        return below, (f"the report says {result.value}, its first step says {below.value}",)
    return result, ()


@dataclass(frozen=True, slots=True)
class _Instant:
    """A moment in full seconds with its offset, and the exact fraction of a second after it."""

    second: datetime
    fraction: Decimal

    @property
    def moment(self) -> datetime:
        """The instant cut to microseconds, never rounded up into the future."""
        return self.plus(Decimal(0))

    def plus(self, seconds: Decimal) -> datetime:
        """The instant so many seconds later, exact, then cut to microseconds."""
        exact = _EXACT.multiply(_EXACT.add(self.fraction, seconds), Decimal(1_000_000))
        return self.second + timedelta(microseconds=int(exact.to_integral_value(ROUND_FLOOR)))


def _read_start(report: Json) -> _Instant:
    start, start_utc = _read_instant(report, "start", None), _read_instant(report, "startUTC", "+00:00")
    if start is None:
        start = start_utc
    if start is None:
        raise AdapterError("/start", "no time with an offset", "the start of the test, with its offset from UTC")
    if start_utc is not None and abs(start.moment - start_utc.moment) >= timedelta(seconds=1):
        found = f"{start.moment.isoformat()}, but startUTC {start_utc.moment.isoformat()}"
        raise AdapterError("/start", found, "the same moment twice")
    return start


def _read_instant(report: Json, key: str, offset: str | None) -> _Instant | None:
    """The time under `key`; None where it is absent or has no offset and `offset` gives none either."""
    text = read_text(report, key, "")
    if text is None:
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        raise AdapterError(f"/{key}", shown(text), "an ISO 8601 time such as 2026-11-22T08:14:03.12+08:00")
    date, time, fraction, zone = match.groups()
    zone = zone or offset
    if zone is None:
        return None
    try:
        second = datetime.fromisoformat(f"{date}T{time}{zone}")
    except ValueError as error:
        raise AdapterError(f"/{key}", f"{shown(text)} ({error})", "a time that exists") from error
    if second.year not in _YEARS:
        raise AdapterError(f"/{key}", f"the year {second.year}", "the time at which the test began")
    return _Instant(second, Decimal(f"0.{fraction or 0}"))


def _read_finish(start: _Instant, uut: Json, root: Json) -> tuple[datetime, tuple[str, ...]]:
    """Start plus `uut.execTime`, else plus the root's `totTime`, in seconds; zero or absent says nothing."""
    for part, key, place in ((uut, "execTime", "/uut"), (root, "totTime", "/root")):
        seconds = part.get(key)
        if seconds is None:
            continue
        if not isinstance(seconds, Decimal) or not 0 <= seconds <= _LONGEST_TEST:
            raise AdapterError(f"{place}/{key}", shown(seconds), f"seconds from 0 to {_LONGEST_TEST}")
        if seconds > 0:
            return start.plus(seconds), ()
    return start.moment, ("the report does not say how long the test took: finished when it started",)
