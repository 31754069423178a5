"""Records of OpenHTF in JSON: one record of a test a file.

A record has no id of its own: station, unit, test and start in milliseconds make one. Limits stand in it as text only
(`openhtf_limits`). A measurement with dimensions, or of a list, has an item for each of its points, its coordinates in
the path, and one for the measurement as a whole. A record whose test had not ended is partial, and no test.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha1, sha256
from typing import BinaryIO

from .canonical import (
    AdapterError,
    CanonicalInspection,
    CanonicalItem,
    Comparator,
    ItemClaim,
    ParseContext,
    ReportClaim,
)
from .openhtf_limits import read_validators, unparsed
from .phase_items import (
    MOST_POINTS,
    PhaseItems,
    make_check,
    make_item,
    name_of,
    read_phase_claim,
    read_report_claim,
    scalar,
)
from .strict_json import Json, decode, read_object, read_objects, read_text, shown
from .wats_limits import LOGGED, Comparison

_SIGNATURE = (b'"dut_id"', b'"start_time_millis"', b'"end_time_millis"', b'"outcome_details"')
_MEASUREMENTS = {
    "PASS": ItemClaim.PASS,
    "FAIL": ItemClaim.FAIL,
    "UNSET": ItemClaim.NOT_MEASURED,
    "PARTIALLY_SET": ItemClaim.NOT_MEASURED,
    "SKIPPED": ItemClaim.SKIPPED,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_ID = 128
_LONGEST_TEXT = 1_000
_MOST_NOTES = 100
_MOST_HEADERS = 200


class OpenHtfAdapter:
    """Reads records of OpenHTF. Stateless; one instance serves all."""

    name = "openhtf"
    version = "1"

    def sniff(self, head: bytes, name: str) -> float:
        """By the keys at the beginning of a record."""
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not text.startswith(b"{"):
            return 0.0
        return 0.95 * sum(key in text for key in _SIGNATURE) / len(_SIGNATURE)

    def parse(self, stream: BinaryIO, context: ParseContext) -> Iterator[CanonicalInspection]:
        """The one record in the file. Reads at once, so that AdapterError comes from this call."""
        document = decode(stream, context.max_bytes)
        if not isinstance(document, dict):
            raise AdapterError("file", shown(document), "one record of a test, an object")
        return iter((_read_record(document),))


def _read_record(record: Json) -> CanonicalInspection:
    started = _read_millis(record, "start_time_millis")
    ended = _read_millis(record, "end_time_millis") if record.get("end_time_millis") is not None else None
    outcome = read_text(record, "outcome", "")
    metadata = read_object(record, "metadata", "")
    if started is None:
        raise AdapterError("/start_time_millis", "nothing", "the start of the test in milliseconds since 1970")
    if "phases" not in record:
        raise AdapterError("/phases", "nothing", "the phases of the test")
    is_partial = outcome is None or ended is None
    walk = PhaseItems()
    parts, notes = _read_phases(record, walk)
    claimed, doubts = read_report_claim(outcome, [*parts, *_read_other_parts(record)])
    finished = started if ended is None else ended
    if finished < started:
        raise AdapterError("/end_time_millis", finished.isoformat(), f"an end that is not before {started.isoformat()}")
    test_name = read_text(metadata, "test_name", "/metadata")
    partial = "a partial record: the test had not ended when it was written"
    return CanonicalInspection(
        external_id=_identity(record, test_name),
        serial=read_text(record, "dut_id", ""),
        part_number=read_text(metadata, "part_number", "/metadata"),
        process_code=test_name,
        process_name=test_name,
        station=read_text(record, "station_id", ""),
        operator=read_text(metadata, "operator_id", "/metadata") or read_text(metadata, "operator", "/metadata"),
        started_at=started,
        finished_at=finished,
        claimed=ReportClaim.NONE if is_partial else claimed,
        not_a_test=partial if is_partial else None,
        items=() if is_partial else tuple(walk.items),
        notes=(*doubts, *(["the test passed marginally"] if record.get("marginal") is True else []), *notes)[
            :_MOST_NOTES
        ],
        headers=tuple(_read_headers(metadata))[:_MOST_HEADERS],
    )


def _read_millis(record: Json, key: str) -> datetime | None:
    value = record.get(key)
    if value is None:
        return None
    if not isinstance(value, Decimal) or abs(value.adjusted()) > 15:
        raise AdapterError(f"/{key}", shown(value), "milliseconds since 1970")
    moment = _EPOCH + timedelta(microseconds=int(value * 1000))
    if moment.year not in range(1990, 2201):
        raise AdapterError(f"/{key}", moment.isoformat(), "the time of the test, in milliseconds since 1970")
    return moment


def _identity(record: Json, test_name: str | None) -> str:
    parts = [read_text(record, key, "") or "" for key in ("station_id", "dut_id")]
    whole = "/".join([*parts, test_name or "", str(record["start_time_millis"])])
    return whole if len(whole) <= _LONGEST_ID else sha256(whole.encode()).hexdigest()


def _read_phases(record: Json, walk: PhaseItems) -> tuple[list[tuple[str, ItemClaim]], list[str]]:
    """Adds the items of all phases. Returns what each phase claims, and the notes."""
    parts: list[tuple[str, ItemClaim]] = []
    notes: list[str] = []
    for index, phase in enumerate(read_objects(record, "phases", "")):
        place = f"/phases/{index}"
        subtest, name = read_text(phase, "subtest_name", place), read_text(phase, "name", place)
        path = " / ".join([*([name_of(subtest)] if subtest else []), name_of(name)])
        claim = read_phase_claim(read_text(phase, "outcome", place))
        items = []
        for key, entry in read_object(phase, "measurements", place).items():
            at = f"{place}/measurements/{key}"
            if not isinstance(entry, dict):
                raise AdapterError(at, shown(entry), "an object")
            items += _read_measurement(entry, f"{path} / {name_of(key)}", at)
        walk.add_phase(path, claim, items, place)
        parts.append((path, claim))
        notes += _read_attachments(phase, place)
    return parts, notes


def _read_other_parts(record: Json) -> Iterator[tuple[str, ItemClaim]]:
    """What subtests and diagnoses claim: both speak against a pass, neither for one."""
    for index, subtest in enumerate(read_objects(record, "subtests", "")):
        place = f"/subtests/{index}"
        claims = {"PASS": ItemClaim.PASS, "FAIL": ItemClaim.FAIL, "STOP": ItemClaim.ERROR}
        outcome = read_text(subtest, "outcome", place)
        yield name_of(read_text(subtest, "name", place)), claims.get(outcome or "", ItemClaim.NONE)
    for index, diagnosis in enumerate(read_objects(record, "diagnoses", "")):
        if diagnosis.get("is_failure") is True:
            yield name_of(read_text(diagnosis, "result", f"/diagnoses/{index}")), ItemClaim.FAIL


def _read_measurement(entry: Json, path: str, place: str) -> list[CanonicalItem]:
    claim = _MEASUREMENTS.get(read_text(entry, "outcome", place) or "", ItemClaim.NONE)
    validators = _read_texts(entry, "validators", place)
    value, unit = entry.get("measured_value"), _read_unit(entry, place)
    note = "the value is marginal" if entry.get("marginal") is True else ""
    dimensions = read_objects(entry, "dimensions", place)
    is_conditional = bool(read_objects(entry, "conditional_validators", place))
    if isinstance(value, list):
        of_each = bool(dimensions) or any(isinstance(each, list) for each in value)
        comparison = read_validators(validators, of_each=of_each)
        if is_conditional or not (of_each or comparison == LOGGED or _is_of_numbers(comparison)):
            comparison = _doubtful(comparison)
        has_checks = bool(validators) or is_conditional
        return _read_points(value, dimensions, path, unit, comparison, claim, has_checks, place)
    comparison = read_validators(validators)
    if is_conditional:
        comparison = _doubtful(comparison)
    if isinstance(value, dict):
        value, note = _as_text(value), note or "an object, kept as its JSON"
        comparison = unparsed("an object, compared as the rig does") if validators else LOGGED
    return [make_item(path, scalar(value, f"{place}/measured_value"), unit, comparison, claim, note)]


def _is_of_numbers(comparison: Comparison) -> bool:
    """Whether the comparison is one that OpenHTF makes of each number of a list."""
    return comparison.comparator is Comparator.INSIDE or isinstance(comparison.expected, Decimal)


def _doubtful(comparison: Comparison) -> Comparison:
    return unparsed(comparison.note or "validators of a whole list, or such as only some diagnoses call for")


def _as_text(value: object) -> str | None:
    text = json.dumps(value, default=str, sort_keys=True)
    return text if len(text) <= _LONGEST_TEXT else None


def _read_points(
    points: Sequence[object], dimensions: list[Json], path: str, unit: str | None, comparison: Comparison,
    claim: ItemClaim, has_checks: bool, place: str,
) -> list[CanonicalItem]:  # fmt: skip
    """An item for each point, and before them one for the measurement as a whole where the rig checks it as such."""
    found = []
    is_many = len(points) > MOST_POINTS
    if has_checks or claim is not ItemClaim.PASS or is_many or not points:
        note = f"{len(points)} points, more than {MOST_POINTS}: they stay in the file" if is_many else ""
        is_checked = has_checks and points  # of no value at all OpenHTF says that all pass
        whole = claim if is_checked or claim is not ItemClaim.PASS else ItemClaim.NOT_MEASURED
        found.append(make_check(path, whole, note))
    if is_many:
        return found
    # The whole says which way the rig decided; of one point it is only known that a pass of all is its own.
    is_told = claim is ItemClaim.PASS and comparison.comparator not in (None, Comparator.UNPARSED)
    of_point = claim if claim in (ItemClaim.SKIPPED, ItemClaim.NOT_MEASURED) or is_told else ItemClaim.NONE
    for index, point in enumerate(points):
        at = f"{place}/measured_value/{index}"
        row = point if isinstance(point, list) else [index + 1, point]
        if len(row) != (len(dimensions) or len(row) - 1) + 1 or len(row) < 2:
            raise AdapterError(at, f"{len(row)} numbers", f"{len(dimensions) + 1}, the coordinates and the value")
        where = ", ".join(_coordinate(each, dimensions, axis, at) for axis, each in enumerate(row[:-1]))
        found.append(make_item(f"{path} / ({where})", scalar(row[-1], at), unit, comparison, of_point))
    return found


def _coordinate(value: object, dimensions: list[Json], axis: int, place: str) -> str:
    suffix = read_text(dimensions[axis], "suffix", place) if dimensions else None
    text = str(value) if isinstance(value, int) else str(scalar(value, place))  # an index of our own, or as written
    return " ".join(f"{text} {suffix or ''}".split())


def _read_unit(entry: Json, place: str) -> str | None:
    units = read_object(entry, "units", place)
    return read_text(units, "suffix", f"{place}/units") or read_text(units, "name", f"{place}/units")


def _read_texts(entry: Json, key: str, place: str) -> list[str]:
    value = entry.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise AdapterError(f"{place}/{key}", shown(value), "a list of texts")
    return value


def _read_attachments(phase: Json, place: str) -> Iterator[str]:
    """A note on each attachment. Raises AdapterError where one is not what its SHA-1 says."""
    for name, attachment in read_object(phase, "attachments", place).items():
        at = f"{place}/attachments/{name}"
        if not isinstance(attachment, dict):
            raise AdapterError(at, shown(attachment), "an object")
        stated, data = read_text(attachment, "sha1", at), attachment.get("data")
        if data is None:
            yield f"attachment {shown(name)} is named, its bytes are not in the record"
            continue
        try:
            content = base64.b64decode(str(data), validate=True)
        except (binascii.Error, ValueError) as error:
            raise AdapterError(f"{at}/data", shown(data), "bytes in base64") from error
        if stated is not None and sha1(content, usedforsecurity=False).hexdigest() != stated.lower():
            raise AdapterError(f"{at}/data", "other bytes than those that were attached", f"bytes of SHA-1 {stated}")
        yield f"attachment {shown(name)}: {len(content)} bytes, SHA-256 {sha256(content).hexdigest()}"


def _read_headers(metadata: Json) -> Iterator[tuple[str, str]]:
    for key, value in metadata.items():
        text = str(value).strip() if isinstance(value, Decimal | str | bool) else ""
        if text and len(text) <= 200 and len(key) <= 200 and (key + text).isprintable():
            yield f"metadata / {key}", text
