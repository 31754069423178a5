"""JSON as a record must be read: numbers as the decimals written, nothing guessed, every fault an AdapterError."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import BinaryIO, Final

from .canonical import AdapterError

Json = Mapping[str, object]


def decode(stream: BinaryIO, max_bytes: int) -> object:
    """The one JSON document in `stream`, UTF-8 with or without a byte order mark.

    Numbers become Decimal (text as written where no Decimal can hold them), bare NaN and Infinity a str.
    Raises AdapterError for a longer file than `max_bytes`, another encoding, bad syntax, a key twice in one object and
    nesting that the interpreter cannot follow.
    """
    data = stream.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise AdapterError("file", f"more than {max_bytes} bytes", f"at most {max_bytes} bytes")
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        raise AdapterError(f"byte {error.start}", "bytes that are not UTF-8", "UTF-8 text") from error
    return decode_text(text)


def decode_text(text: str, line: int = 1) -> object:
    """The one JSON document in `text`, which begins on line `line` of its file; as `decode`."""
    try:
        document: object = _decode(text)
    except json.JSONDecodeError as error:
        place = f"line {line - 1 + error.lineno} column {error.colno}"
        raise AdapterError(place, f"broken JSON ({error.msg})", "one complete JSON document") from error
    except RecursionError as error:
        raise AdapterError("file", "objects nested without end", "a report of ordinary depth") from error
    return document


def _decode(text: str) -> object:
    try:
        return _DECODER.decode(text)
    except InvalidOperation:
        return _PATIENT.decode(text)


def _number(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _no_key_twice(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for place, key in enumerate(names) if key in names[:place])
        raise AdapterError(f"key {shown(twice)}", "the key twice in one object", "each key once")
    return found


_DECODER: Final = json.JSONDecoder(
    parse_float=Decimal, parse_int=Decimal, parse_constant=str, object_pairs_hook=_no_key_twice
)
_PATIENT: Final = json.JSONDecoder(
    parse_float=_number, parse_int=_number, parse_constant=str, object_pairs_hook=_no_key_twice
)
"""For the document with a number that no Decimal can hold."""


def shown(value: object) -> str:
    """`value` for a message: short, printable, never the whole of a large structure."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = ascii(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def read_object(parent: Json, key: str, place: str) -> Json:
    """The object under `key`, empty where it is absent or null. Raises AdapterError for anything else."""
    value = parent.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise AdapterError(f"{place}/{key}", shown(value), "an object")
    return value


def read_objects(parent: Json, key: str, place: str) -> list[Json]:
    """The list of objects under `key`, empty where it is absent or null. Raises AdapterError for anything else."""
    value = parent.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise AdapterError(f"{place}/{key}", shown(value), "a list")
    for index, entry in enumerate(value):
        if not isinstance(entry, Mapping):
            raise AdapterError(f"{place}/{key}/{index}", shown(entry), "an object")
    return value


def read_text(parent: Json, key: str, place: str, longest: int = 200) -> str | None:
    """The text under `key` without blanks around it; None where absent, null or blank. A number counts as its text.

    Raises AdapterError for another type, more than `longest` characters, NUL, or half a surrogate pair.
    """
    value = parent.get(key)
    if value is None:
        return None
    if isinstance(value, Decimal):
        value = str(value)
    if not isinstance(value, str):
        raise AdapterError(f"{place}/{key}", shown(value), "a text")
    check_storable(value, f"{place}/{key}")
    value = value.strip()
    if len(value) > longest:
        raise AdapterError(f"{place}/{key}", f"{len(value)} characters", f"at most {longest} characters")
    return value or None


def check_storable(text: str, place: str) -> None:
    """Raises AdapterError where `text` holds what neither UTF-8 nor a database can: NUL, half a surrogate pair."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise AdapterError(place, shown(text), "a text without NUL or broken surrogates")
