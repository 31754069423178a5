"""Reads what was posted as JSON, exactly: numbers as written, nothing guessed, every fault with a pointer. Pure.

msgspec reads what is in order. What it refuses as broken JSON, and what might name one key twice, is read again by
`json`, slower, which tells a bare NaN from a syntax error and sees every key.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

import msgspec

from .digest import content_digest
from .familiar import FileValue, familiar_measurements, familiar_values
from .posted import (
    MOST_MEASUREMENTS,
    CheckedInspection,
    PostedInspection,
    PostedMeasurement,
    WrittenNumber,
    check_familiar,
    check_posted,
)
from .refusals import BodyRefused, FieldError, pointer

__all__ = [
    "BodyRefused",
    "FieldError",
    "FileValue",
    "PostedInspection",
    "PostedMeasurement",
    "WrittenNumber",
    "content_digest",
    "decode_fields",
    "decode_inspection",
    "decode_items",
    "decode_values",
    "split_array",
    "split_lines",
]

_Unread = TypeVar("_Unread")

LARGEST_INSPECTION: Final = 1024 * 1024
"""Bytes of one inspection: 2,000 measurements of 500 bytes."""


class _Unmeasured(CheckedInspection, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """All of an inspection but what its measurements say, which stay bytes until somebody knows them."""

    measurements: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST_MEASUREMENTS)]  # type: ignore[assignment]


_FAST: Final = msgspec.json.Decoder(CheckedInspection, float_hook=WrittenNumber)
_ONE: Final = msgspec.json.Decoder(_Unmeasured)
_MANY: Final = msgspec.json.Decoder(list[_Unmeasured])
_ENCODER: Final = msgspec.json.Encoder(enc_hook=len)  # encodes to count keys; what a number is does not matter then
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_PLACE: Final = re.compile(r" - at `\$(?P<path>.*)`\Z", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_FIELD: Final = re.compile(r"`(?P<name>.*)`\Z", re.DOTALL)


def decode_inspection(body: bytes) -> PostedInspection:
    """One inspection from its JSON. Raises BodyRefused, and nothing else, for whatever the bytes are."""
    if len(body) > LARGEST_INSPECTION:
        raise _refused("too_large", f"has {len(body)} bytes, at most {LARGEST_INSPECTION} make one inspection")
    known = _read_familiar(body)
    return known if known is not None else _read_any(body)


def _read_any(body: bytes) -> PostedInspection:
    try:
        posted = _FAST.decode(body)
    except msgspec.ValidationError as error:
        raise BodyRefused([_field_error(str(error))]) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return decode_fields(_read_slowly(body))
    except RecursionError:
        raise _too_deep() from None
    if _may_repeat_a_key(body, posted):
        return decode_fields(_read_slowly(body))
    return check_posted(posted)


def decode_items(items: Sequence[bytes], whole: bytes) -> Iterator[PostedInspection | BodyRefused]:
    """The items that `split_array` found in a body, each as `decode_inspection` reads it, or its refusal.

    The whole is read in one go where it is in order, and else item by item: each stands alone. What each measured is
    read when it is asked for.
    """
    read = _read_many(whole) if all(len(item) <= LARGEST_INSPECTION for item in items) else None
    if read is None or len(read) != len(items):
        return (_or_refusal(decode_inspection, item) for item in items)
    return (
        _or_refusal(check_familiar, posted) if _measure(posted) else _or_refusal(_read_any, item)
        for item, posted in zip(items, read, strict=True)
    )


def _read_familiar(body: bytes) -> PostedInspection | None:
    """The inspection if everything in it is in order; None says that it has to be read with care."""
    try:
        posted = _ONE.decode(body)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if _may_repeat_a_key(body, posted) or not _measure(posted):
        return None
    return check_familiar(posted)


def _read_many(whole: bytes) -> Sequence[_Unmeasured] | None:
    """As `_read_familiar`, all items of a body, neither measured nor checked yet."""
    try:
        items = _MANY.decode(whole)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if _may_repeat_a_key(whole, items):
        return None
    return items


def _measure(posted: _Unmeasured) -> bool:
    """Put in the place of the bytes what they say. False where one of them is out of order."""
    known = familiar_measurements(posted.measurements)
    if known is None:
        return False
    # From here on it is a CheckedInspection like any other.
    posted.measurements = known  # type: ignore[assignment]
    return True


def _or_refusal(read: Callable[[_Unread], PostedInspection], unread: _Unread) -> PostedInspection | BodyRefused:
    try:
        return read(unread)
    except BodyRefused as refusal:
        return refusal


def decode_fields(fields: object) -> PostedInspection:
    """One inspection from fields already parted: a form's or a file reader's. Numbers are WrittenNumber or Decimal.

    Raises BodyRefused as `decode_inspection` does.
    """
    try:
        posted = msgspec.convert(fields, CheckedInspection)
    except msgspec.ValidationError as error:
        raise BodyRefused([_field_error(str(error))]) from None
    except RecursionError:
        raise _too_deep() from None
    for item in posted.measurements:
        if type(item.value) is number:
            item.value = item.value.value()
    return check_posted(posted)


def decode_values(fields: Mapping[str, object], values: Sequence[FileValue]) -> PostedInspection:
    """`decode_fields` of all fields but the measurements, which come as values of a file."""
    known = familiar_values(values) if len(values) <= MOST_MEASUREMENTS else None
    if known is None:
        return decode_fields({**fields, "measurements": [one._asdict() for one in values]})
    try:
        posted = msgspec.convert({**fields, "measurements": ()}, CheckedInspection)
    except msgspec.ValidationError as error:
        raise BodyRefused([_field_error(str(error))]) from None
    posted.measurements = known  # type: ignore[assignment]
    return check_familiar(posted)


def split_array(body: bytes) -> list[bytes]:
    """The items of a JSON array, each as it was sent. Raises BodyRefused where the whole is no array."""
    try:
        return [bytes(item) for item in _ITEMS.decode(body)]
    except msgspec.ValidationError as error:
        raise BodyRefused([_field_error(str(error))]) from None
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _split_slowly(_text(body))


def split_lines(body: bytes) -> list[bytes]:
    """The lines of NDJSON that are not blank. Each stands alone, whatever the others hold."""
    return [line for line in (raw.strip(b" \t\r") for raw in body.split(b"\n")) if line]


class number:  # noqa: N801 msgspec shows the name of the class to whoever wrote a number in the place of a text
    """A number, or a bare NaN or Infinity, as `json` met it: unlike a str, it can stand only where a value may."""

    __slots__ = ("is_constant", "text")

    def __init__(self, text: str, *, is_constant: bool = False) -> None:
        self.text = text
        self.is_constant = is_constant

    def value(self) -> str:
        return self.text if self.is_constant else WrittenNumber(self.text)


def _constant(text: str) -> number:
    return number(text, is_constant=True)


def _no_key_twice(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _refused("duplicate_key", f"has the key {_shown(key)} twice in one object; state it once")
        found[key] = value
    return found


_SLOW: Final = json.JSONDecoder(
    parse_float=number, parse_int=number, parse_constant=_constant, object_pairs_hook=_no_key_twice
)
_SPLITTER: Final = json.JSONDecoder(parse_float=number, parse_int=number, parse_constant=_constant)


def _read_slowly(body: bytes) -> object:
    try:
        document: object = _SLOW.decode(_text(body))
    except json.JSONDecodeError as error:
        raise _malformed(error) from None
    except RecursionError:
        raise _too_deep() from None
    return document


def _split_slowly(text: str) -> list[bytes]:
    """The items of an array in which msgspec met a bare NaN, or that is broken: then nothing of it is recorded."""
    items: list[bytes] = []
    place = _skip_blanks(text, 0)
    if text[place : place + 1] != "[":
        raise _malformed(json.JSONDecodeError("an array of inspections is expected", text, place))
    place = _skip_blanks(text, place + 1)
    more = text[place : place + 1] != "]"
    while more:
        place = _take_item(text, place, items)
        more = text[place : place + 1] == ","
        if more:
            place = _skip_blanks(text, place + 1)
        elif text[place : place + 1] != "]":
            raise _malformed(json.JSONDecodeError("a comma or ] is expected", text, place))
    if _skip_blanks(text, place + 1) != len(text):
        raise _malformed(json.JSONDecodeError("something follows the array", text, place + 1))
    return items


def _take_item(text: str, place: int, items: list[bytes]) -> int:
    try:
        _, end = _SPLITTER.raw_decode(text, place)
    except json.JSONDecodeError as error:
        raise _malformed(error) from None
    except RecursionError:
        raise _too_deep() from None
    items.append(text[place:end].encode("utf-8", "surrogatepass"))
    return _skip_blanks(text, end)


def _skip_blanks(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def _text(body: bytes) -> str:
    try:
        return body.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        detail = f"has a byte at {error.start} that is not UTF-8; send UTF-8"
        raise _refused("not_utf8", detail) from None


def _may_repeat_a_key(body: bytes, posted: PostedInspection | Sequence[PostedInspection]) -> bool:
    """Whether the body might hold more keys than were read: msgspec takes the last of two and says nothing.

    Without a backslash every quotation mark ends or begins a key or a text, and a key read twice leaves more of them
    in the body than in what was read. False alarms only cost time.
    """
    return b"\\" in body or body.count(b'"') != _ENCODER.encode(posted).count(b'"')


def _field_error(message: str) -> FieldError:
    """Restates what msgspec says: its place as a pointer, its kind as a code."""
    found = _PLACE.search(message)
    tokens: list[str | int] = []
    if found:
        message = message[: found.start()]
        tokens = [name or int(index) for name, index in _STEP.findall(found["path"])]
    named = _FIELD.search(message)
    if named and message.startswith("Object missing required field"):
        return FieldError(pointer(*tokens, named["name"]), "missing", "is missing; it is required")
    if named and message.startswith("Object contains unknown field"):
        name = named["name"]
        detail = f"{_shown(name)} is no field that is known here; check its spelling or leave it out"
        return FieldError(pointer(*tokens, name[:200]), "unknown_field", detail)
    return FieldError(pointer(*tokens), _code(message), message[:300].replace("`", ""))


_CODES: Final[Mapping[str, str]] = {
    "Expected `datetime` with a timezone": "no_offset",
    "Invalid RFC3339": "bad_time",
    "Invalid enum value": "not_a_choice",
    "Expected `str` of length >=": "blank",
    "Expected `str` of length <=": "too_long",
    "Expected `array` of length <=": "too_many",
    "Integer value out of range": "too_long",
}


def _code(message: str) -> str:
    return next((code for start, code in _CODES.items() if message.startswith(start)), "wrong_type")


def _malformed(error: json.JSONDecodeError) -> BodyRefused:
    return _refused("malformed_json", f"is no JSON: {error.msg} at line {error.lineno} column {error.colno}")


def _too_deep() -> BodyRefused:
    return _refused("too_deep", "is nested deeper than any inspection")


def _refused(code: str, detail: str) -> BodyRefused:
    return BodyRefused([FieldError("", code, detail)])


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 60 else f"{text[:57]}...")
