"""What may be posted: one finished test of one subject, with every value as it was written. Pure.

A form, a rig's JSON and a file all come down to a `PostedInspection`; nothing else can be recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from ..batches.rules import is_vin, vin_form_fault
from ..evaluation.reasons import Outcome
from .refusals import BodyRefused, FieldError, pointer

MOST_MEASUREMENTS: Final = 2_000
LONGEST_NAME: Final = 200
LONGEST_UNIT: Final = 32
LONGEST_POSITION: Final = 64
LONGEST_VALUE: Final = 1_000
LONGEST_NUMBER: Final = 200

Id = Annotated[str, Meta(min_length=1, max_length=128)]
Code = Annotated[str, Meta(min_length=1, max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
Moment = Annotated[datetime, Meta(tz=True)]
Claim = Literal["pass", "fail"]
CLAIMS: Final = {"pass": Outcome.PASS, "fail": Outcome.FAIL, None: None}
"""What a sender's own verdict claims."""

_YEARS: Final = range(1990, 2201)
# Controls, halves of surrogate pairs, and marks that turn the direction of what is shown.
_UNSTORABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069\ufeff]")


class WrittenNumber(str):
    """The text of a number as its sender wrote it: never a binary float, never rounded."""

    __slots__ = ()


_SHORT: Final = 24


def is_short_number(value: Any) -> bool:
    """Whether it is a number of at most 24 characters without exponent: such a one every reading and the judge take,
    and it is stored as it is written."""
    return type(value) is WrittenNumber and len(value) <= _SHORT and "e" not in value and "E" not in value


# gc=False: they hold no cycles, and a bulk body makes tens of thousands of them.
class PostedComponent(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    kind: Code
    serial: Code


class PostedLot(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    kind: Code
    lot: Code


class PostedSoftware(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    system: Code
    version: Annotated[str, Meta(min_length=1, max_length=120)]


class PostedMeasurement(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One value. `value` is a WrittenNumber, a str, a bool, or None where nothing was measured."""

    characteristic: Name
    value: Any = None
    unit: Annotated[str, Meta(max_length=LONGEST_UNIT)] | None = None
    position: Annotated[str, Meta(max_length=LONGEST_POSITION)] | None = None
    verdict: Claim | None = None


class FamiliarMeasurement(PostedMeasurement, gc=False):
    """A measurement without fault whose very bytes were read before in this place of an inspection, shared by all that
    post them: never changed.

    `key` numbers its characteristic and position, `digested` is its part of a content digest, `said` what judges said
    of it. `alike` is, for a short number without exponent, what judges keep ready for all that differ from it in that
    number alone; None for anything else.
    """

    key: int = 0
    digested: tuple[str, ...] = ()
    said: Any = None
    alike: Any = None


class PostedInspection(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One finished test of exactly one of `vin`, `component` and `material`. Times are in UTC once checked."""

    id: Id
    procedure: Code
    started_at: Moment
    finished_at: Moment
    measurements: Annotated[list[PostedMeasurement], Meta(max_length=MOST_MEASUREMENTS)]
    vin: Annotated[str, Meta(max_length=64)] | None = None
    component: PostedComponent | None = None
    material: PostedLot | None = None
    purpose: Literal["initial", "retest", "after_rework"] | None = None
    nonconformance: Annotated[str, Meta(max_length=64)] | None = None
    operator: Annotated[str, Meta(max_length=64)] | None = None
    software: Annotated[list[PostedSoftware], Meta(max_length=200)] | None = None
    verdict: Claim | None = None


class CheckedInspection(PostedInspection, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What a decoder made and `check_posted` has passed: recording need not look at it again."""


def check_posted(posted: PostedInspection) -> PostedInspection:
    """The same inspection, its times in UTC and its numbers as text. Raises BodyRefused with all faults found."""
    _turn_to_utc(posted)
    if posted.operator is not None:
        # Stations without an operator send an empty one, scanners add a blank: neither is somebody else.
        posted.operator = posted.operator.strip() or None
    faults = [*_subject_faults(posted), *_time_faults(posted), *_text_faults(posted)]
    faults += [*_software_faults(posted), *_measurement_faults(posted)]
    if faults:
        raise BodyRefused(faults)
    return posted


def check_familiar(posted: PostedInspection) -> PostedInspection:
    """`check_posted` for one whose measurements are all familiar."""
    if posted.started_at.tzinfo is not UTC or posted.finished_at.tzinfo is not UTC:
        _turn_to_utc(posted)
    return posted if _is_plain(posted) else check_posted(posted)


def _turn_to_utc(posted: PostedInspection) -> None:
    started, finished = posted.started_at, posted.finished_at
    if started.tzinfo is not UTC and started.tzinfo is not None and started.year in _YEARS:
        posted.started_at = started.astimezone(UTC)
    if finished.tzinfo is not UTC and finished.tzinfo is not None and finished.year in _YEARS:
        posted.finished_at = finished.astimezone(UTC)


def _is_plain(posted: PostedInspection) -> bool:
    """Whether it surely has no fault: one quick look for the thousands in a body that have none, of a vehicle each,
    whose measurements are familiar.

    False says nothing but that the faults have to be looked for.
    """
    number, started, finished, measurements = posted.id, posted.started_at, posted.finished_at, posted.measurements
    return (
        posted.vin is not None
        and posted.component is None
        and posted.material is None
        and is_vin(posted.vin)
        and started.tzinfo is UTC
        and finished.tzinfo is UTC
        and started.year in _YEARS
        and finished.year in _YEARS
        and not number.isspace()
        and (posted.operator is None or posted.operator == (posted.operator.strip() or None))
        and f"{number}{posted.procedure}{posted.operator or ''}{posted.nonconformance or ''}".isprintable()
        and len({item.key for item in measurements}) == len(measurements)  # type: ignore[attr-defined]
        and not (posted.software and any(_software_faults(posted)))
    )


def _subject_faults(posted: PostedInspection) -> Iterator[FieldError]:
    named = [key for key in ("vin", "component", "material") if getattr(posted, key) is not None]
    if len(named) != 1:
        found = " and ".join(named) or "none"
        yield FieldError("", "subject", f"names {found}; exactly one of vin, component and material is needed")
    if posted.vin is not None and (fault := vin_form_fault(posted.vin)):
        yield FieldError("/vin", "vin_malformed", f"has {fault}")


def _time_faults(posted: PostedInspection) -> Iterator[FieldError]:
    for key in ("started_at", "finished_at"):
        moment: datetime = getattr(posted, key)
        if moment.tzinfo is None:
            yield FieldError(f"/{key}", "no_offset", "has no offset from UTC; write one, such as +08:00")
        elif moment.year not in _YEARS:
            yield FieldError(f"/{key}", "bad_time", f"is in the year {moment.year}; check the rig's clock")


def _text_faults(posted: PostedInspection) -> Iterator[FieldError]:
    if not posted.id.strip():
        yield FieldError("/id", "blank", "is blank; the rig's own id of this test is needed")
    for key in ("id", "procedure", "operator", "nonconformance"):
        text = getattr(posted, key)
        if text is not None and not text.isprintable():
            yield from _unstorable(text, key)
    for name in ("component", "material"):
        part = getattr(posted, name)
        if part is not None:
            for key in part.__struct_fields__:
                yield from _unseen(getattr(part, key), name, key)


def _unseen(text: str, *place: str | int) -> Iterator[FieldError]:
    """What nobody sees would make two parts of one: a fail of the one would not be a fail of the other."""
    yield from _unstorable(text, *place)
    if text != text.strip():
        yield FieldError(pointer(*place), "padded", "begins or ends with a blank; leave it out")
    elif not text.isprintable() and not _UNSTORABLE.search(text):
        found = next(character for character in text if not character.isprintable())
        detail = f"holds U+{ord(found):04X}, which nobody sees; leave it out"
        yield FieldError(pointer(*place), "control_character", detail)


def _software_faults(posted: PostedInspection) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, item in enumerate(posted.software or ()):
        yield from _unstorable(item.system, "software", index, "system")
        yield from _unstorable(item.version, "software", index, "version")
        if item.system in seen:
            yield FieldError(pointer("software", index), "duplicate_system", "names a system twice; state each once")
        seen.add(item.system)


def _measurement_faults(posted: PostedInspection) -> Iterator[FieldError]:
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(posted.measurements):
        yield from measured_faults(item, index)
        key = (item.characteristic, item.position or "")
        if key in seen:
            detail = "measures one characteristic and position twice; give each once, or its own position"
            yield FieldError(pointer("measurements", index), "duplicate_measurement", detail)
        seen.add(key)


def measured_faults(item: PostedMeasurement, index: int) -> Iterator[FieldError]:
    """What is wrong with one measurement by itself; a number becomes the text that it was written as."""
    yield from _value_faults(item, index)
    yield from _unstorable(item.characteristic, "measurements", index, "characteristic")
    yield from _unstorable(item.unit, "measurements", index, "unit")
    yield from _unstorable(item.position, "measurements", index, "position")


def _value_faults(item: PostedMeasurement, index: int) -> Iterable[FieldError]:
    """Turns a number into its text where it is none yet; tells what no value may be."""
    value = item.value = written_value(item.value)
    kind = type(value)
    if kind is WrittenNumber:
        if len(value) > LONGEST_NUMBER:
            detail = f"has {len(value)} characters; at most {LONGEST_NUMBER} make a number"
            return (FieldError(pointer("measurements", index, "value"), "too_long", detail),)
    elif kind is str:
        return _value_text_faults(value, index)
    elif value is not None and kind is not bool:
        what = "an array" if kind is list else "an object" if kind is dict else kind.__name__
        detail = f"is {what}; one number, text, true, false or null is expected"
        return (FieldError(pointer("measurements", index, "value"), "value_type", detail),)
    return ()


def written_value(value: Any) -> Any:
    """A number of Python's as its text, anything else as it is; NaN and infinities are texts, as a rig would have to
    send them."""
    kind = type(value)
    if kind is not int and kind is not Decimal:
        return value
    text = str(value)
    return WrittenNumber(text) if kind is int or value.is_finite() else text


def _value_text_faults(value: str, index: int) -> Iterator[FieldError]:
    if len(value) > LONGEST_VALUE:
        detail = f"has {len(value)} characters, at most {LONGEST_VALUE} are taken"
        yield FieldError(pointer("measurements", index, "value"), "too_long", detail)
    yield from _unstorable(value, "measurements", index, "value")


def _unstorable(text: str | None, *place: str | int) -> Iterator[FieldError]:
    if text is None or text.isprintable():
        return
    found = _UNSTORABLE.search(text)
    if found:
        detail = f"holds the control character U+{ord(found.group()):04X}; leave it out"
        yield FieldError(pointer(*place), "control_character", detail)
