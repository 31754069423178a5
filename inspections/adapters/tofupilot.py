"""Runs as TofuPilot takes them (the body of its create-run call, version 2), one run a file.

Validators that are decisive make the limits; others warn of what is marginal and narrow nothing. `lower_limit` and
`upper_limit` are limits too, inclusive. A phase that was tried again is there once for each try, `retry_count` counting
from 0: where a first try is absent, its fail may be, and the file is refused. A run without its end is partial, and no
test.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
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
from .openhtf_limits import combine, literal_of, read_validator, unparsed
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
from .rig_times import read_time
from .strict_json import Json, decode, read_object, read_objects, read_text, shown
from .wats_limits import LOGGED, Comparison, read_limit

_SIGNATURE = (b'"procedure_id"', b'"started_at"', b'"serial_number"', b'"outcome"')
_OUTCOMES = {"PASS": ItemClaim.PASS, "FAIL": ItemClaim.FAIL}
_ONE_SIDED = {">=": ("lower", True), ">": ("lower", False), "<=": ("upper", True), "<": ("upper", False)}
_LONGEST_ID = 128
_MOST_HEADERS = 200


class TofuPilotAdapter:
    """Reads runs of TofuPilot. Stateless; one instance serves all."""

    name = "tofupilot"
    version = "1"

    def sniff(self, head: bytes, name: str) -> float:
        """By the keys at the beginning of a run."""
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not text.startswith(b"{"):
            return 0.0
        return 0.9 * sum(key in text for key in _SIGNATURE) / len(_SIGNATURE)

    def parse(self, stream: BinaryIO, context: ParseContext) -> Iterator[CanonicalInspection]:
        """The one run in the file. Reads at once, so that AdapterError comes from this call."""
        document = decode(stream, context.max_bytes)
        if not isinstance(document, dict):
            raise AdapterError("file", shown(document), "one run, an object")
        return iter((_read_run(document, context),))


def _read_run(run: Json, context: ParseContext) -> CanonicalInspection:
    start, end = read_text(run, "started_at", ""), read_text(run, "ended_at", "")
    outcome, procedure = read_text(run, "outcome", ""), read_text(run, "procedure_id", "")
    if start is None:
        raise AdapterError("/started_at", "nothing", "the start of the run")
    if procedure is None:
        raise AdapterError("/procedure_id", "nothing", "the procedure of the run")
    started = read_time(start, "/started_at", context.time_zone)
    finished = started if end is None else read_time(end, "/ended_at", context.time_zone)
    if finished < started:
        raise AdapterError("/ended_at", finished.isoformat(), f"an end that is not before {started.isoformat()}")
    is_partial = end is None or outcome is None
    walk = PhaseItems()
    claimed, doubts = read_report_claim(outcome, [*_read_phases(run, walk), *_read_sequences(run)])
    partial = "a partial run: it had not ended when it was written"
    return CanonicalInspection(
        external_id=_identity(run, procedure, start),
        serial=read_text(run, "serial_number", ""),
        part_number=read_text(run, "part_number", ""),
        process_code=procedure,
        process_name=None,
        station=None,
        operator=read_text(run, "operated_by", ""),
        started_at=started,
        finished_at=finished,
        claimed=ReportClaim.NONE if is_partial else claimed,
        not_a_test=partial if is_partial else None,
        items=() if is_partial else tuple(walk.items),
        notes=doubts,
        headers=tuple(_read_headers(run))[:_MOST_HEADERS],
    )


def _identity(run: Json, procedure: str, start: str) -> str:
    """The run's own id or reference, else one of what tells it from any other."""
    own = read_text(run, "id", "") or read_text(run, "client_run_ref", "")
    parts = [procedure, *(read_text(run, key, "") or "" for key in ("serial_number", "slot_key")), start]
    whole = own or "/".join(part for part in parts if part)
    return whole if len(whole) <= _LONGEST_ID else sha256(whole.encode()).hexdigest()


def _read_phases(run: Json, walk: PhaseItems) -> list[tuple[str, ItemClaim]]:
    """Adds the items of all phases. Returns what each claims."""
    parts = []
    tries: dict[str, int] = defaultdict(int)
    for index, phase in enumerate(read_objects(run, "phases", "")):
        place = f"/phases/{index}"
        sequence, name = read_text(phase, "sequence_path", place), name_of(read_text(phase, "name", place))
        path = " / ".join([*([name_of(sequence)] if sequence else []), name])
        retry = phase.get("retry_count")
        if retry is not None and retry != tries[path]:
            found = f"try {shown(retry)} of the phase {shown(path)}"
            raise AdapterError(f"{place}/retry_count", found, f"try {tries[path]}, since each is in the file in order")
        tries[path] += 1
        claim = read_phase_claim(read_text(phase, "outcome", place))
        items: list[CanonicalItem] = []
        for at, entry in enumerate(read_objects(phase, "measurements", place)):
            items += _read_measurement(entry, path, f"{place}/measurements/{at}")
        walk.add_phase(path, claim, items, place)
        parts.append((path, claim))
    return _last_tries(parts)


def _last_tries(parts: list[tuple[str, ItemClaim]]) -> list[tuple[str, ItemClaim]]:
    """What the last try of each phase claims: the outcome of a run is that of its last tries. The items keep all."""
    return list(dict(parts).items())


def _read_sequences(run: Json) -> Iterator[tuple[str, ItemClaim]]:
    for index, sequence in enumerate(read_objects(run, "sequences", "")):
        place = f"/sequences/{index}"
        outcome = read_text(sequence, "outcome", place)
        broken = ItemClaim.ERROR if outcome in ("TIMEOUT", "ABORTED") else read_phase_claim(outcome)
        yield name_of(read_text(sequence, "path", place)), broken


def _read_measurement(entry: Json, phase: str, place: str) -> list[CanonicalItem]:
    path = f"{phase} / {name_of(read_text(entry, 'name', place))}"
    value = entry.get("measured_value")
    comparison, claim = _read_checks(entry, place, with_limits=True)
    unit = _read_unit(entry, "units", place)
    if entry.get("x_axis") is not None or entry.get("y_axis") is not None:
        items = [make_check(path, claim), *_read_series(entry, path, place)]
    elif isinstance(value, list | dict):
        items = [make_check(path, claim, "a value of several numbers, which stay in the file")]
    else:
        items = [make_item(path, scalar(value, f"{place}/measured_value"), unit, comparison, claim)]
    for index, each in enumerate(read_objects(entry, "aggregations", place)):
        at = f"{place}/aggregations/{index}"
        checks, told = _read_checks(each, at, with_limits=False)
        name = f"{path} / {name_of(read_text(each, 'type', at))}"
        items.append(
            make_item(name, scalar(each.get("value"), f"{at}/value"), _read_unit(each, "unit", at), checks, told)
        )
    return items


def _read_unit(entry: Json, key: str, place: str) -> str | None:
    units = entry.get(key)
    if isinstance(units, list):  # of a measurement with dimensions: one for each axis, none of the value alone
        return None
    return read_text(entry, key, place)


def _read_checks(entry: Json, place: str, *, with_limits: bool) -> tuple[Comparison, ItemClaim]:
    """What is asked of a value, and what the file says of it: a decisive validator that says worse is believed."""
    found = []
    claim = _OUTCOMES.get(read_text(entry, "outcome", place) or "", ItemClaim.NONE)
    for key, side in (("lower_limit", "lower"), ("upper_limit", "upper")):
        written = entry.get(key) if with_limits else None
        if written is not None:
            found.append(_one_sided(side, True, written))
    validators = entry.get("validators")
    if validators is not None and not isinstance(validators, list):
        raise AdapterError(f"{place}/validators", shown(validators), "a list")
    notes = []
    for index, validator in enumerate(validators or []):
        at = f"{place}/validators/{index}"
        if isinstance(validator, str):
            found.append(read_validator(validator))
            continue
        if not isinstance(validator, dict):
            raise AdapterError(at, shown(validator), "an object or a text")
        if validator.get("is_decisive") is False:
            notes.append(f"a validator that is not decisive says {shown(read_text(validator, 'outcome', at))}")
            continue
        found.append(_read_validator(validator, at))
        claim = _believe_the_worse(claim, read_text(validator, "outcome", at))
    whole = combine(found)
    return whole._replace(note=whole.note or "; ".join(notes)[:500]) if found else LOGGED, claim


def _believe_the_worse(claim: ItemClaim, outcome: str | None) -> ItemClaim:
    if outcome == "FAIL":
        return ItemClaim.FAIL
    return ItemClaim.NONE if claim is ItemClaim.PASS and outcome not in ("PASS", None) else claim


def _read_validator(validator: Json, place: str) -> Comparison:
    operator, expected = read_text(validator, "operator", place), validator.get("expected_value")
    if operator is None:
        expression = read_text(validator, "expression", place, 10_000)
        return read_validator(expression) if expression else unparsed("a validator that says nothing")
    if operator in _ONE_SIDED:
        return _one_sided(*_ONE_SIDED[operator], expected)
    if operator in ("==", "!=") and isinstance(expected, Decimal | str | bool):
        comparator = Comparator.EQUAL if operator == "==" else Comparator.NOT_EQUAL
        limit = read_limit(expected) if isinstance(expected, Decimal) else expected
        return unparsed(f"{operator} {shown(expected)}") if limit is None else Comparison(comparator, expected=limit)
    if operator == "range" and isinstance(expected, list) and len(expected) == 2:
        return combine([_one_sided("lower", True, expected[0]), _one_sided("upper", True, expected[1])])
    if operator == "matches" and isinstance(expected, str) and literal_of(expected) is not None:
        return Comparison(Comparator.EQUAL, expected=literal_of(expected))
    return unparsed(f"the validator {operator} {shown(expected)}, which this reader cannot restate")


def _one_sided(side: str, inclusive: bool, written: object) -> Comparison:
    limit = read_limit(written)
    if limit is None:
        return unparsed(f"{shown(written)} as a limit")
    if side == "lower":
        return Comparison(Comparator.INSIDE, lower=limit, lower_inclusive=inclusive)
    return Comparison(Comparator.INSIDE, upper=limit, upper_inclusive=inclusive)


def _read_series(entry: Json, path: str, place: str) -> list[CanonicalItem]:
    """An item for each point of each series, logged; what is asked of a series is an item of its own."""
    x_axis = read_object(entry, "x_axis", place)
    coordinates = _read_data(x_axis, f"{place}/x_axis")
    suffix = read_text(x_axis, "units", f"{place}/x_axis") or ""
    items: list[CanonicalItem] = []
    for number, axis in enumerate(read_objects(entry, "y_axis", place)):
        at = f"{place}/y_axis/{number}"
        data = _read_data(axis, at)
        if len(data) != len(coordinates):
            raise AdapterError(f"{at}/data", f"{len(data)} numbers", f"{len(coordinates)}, one for each of the x axis")
        name = f"{path} / {name_of(read_text(axis, 'name', at) or str(number + 1))}"
        checks, claim = _read_checks(axis, at, with_limits=False)
        if checks != LOGGED or len(data) > MOST_POINTS:
            told = ItemClaim.NONE if checks == LOGGED else _series_claim(axis, claim, at)
            items.append(make_check(name, told, f"{len(data)} points" if len(data) > MOST_POINTS else ""))
        if len(data) <= MOST_POINTS:
            unit = read_text(axis, "units", at)
            for x, y in zip(coordinates, data, strict=True):
                where = " ".join(f"{x} {suffix}".split())
                items.append(make_item(f"{name} / ({where})", y, unit, LOGGED, ItemClaim.NONE))
    return items


def _series_claim(axis: Json, claim: ItemClaim, place: str) -> ItemClaim:
    """A series has no outcome of its own: it passed where each of its decisive validators says so."""
    outcomes = [
        read_text(each, "outcome", place)
        for each in read_objects(axis, "validators", place)
        if each.get("is_decisive") is not False
    ]
    return ItemClaim.PASS if outcomes and set(outcomes) == {"PASS"} else claim


def _read_data(axis: Json, place: str) -> list[Decimal | str]:
    data = axis.get("data")
    if not isinstance(data, list) or not all(isinstance(each, Decimal | str) for each in data):
        raise AdapterError(f"{place}/data", shown(data), "a list of numbers")
    return data


def _read_headers(run: Json) -> Iterator[tuple[str, str]]:
    pairs: list[tuple[str, object]] = [
        (key, run.get(key)) for key in ("procedure_version", "revision_number", "batch_number", "slot_key")
    ]
    pairs += [
        (f"{part} / {key}", value)
        for part in ("metadata", "unit_metadata")
        for key, value in read_object(run, part, "").items()
    ]
    sub_units = run.get("sub_units")
    pairs += [(f"sub_units / {n}", each) for n, each in enumerate(sub_units if isinstance(sub_units, list) else [], 1)]
    for name, value in pairs:
        text = str(value).strip() if isinstance(value, Decimal | str) else ""
        if text and len(text) <= 200 and len(name) <= 200 and (name + text).isprintable():
            yield name, text
