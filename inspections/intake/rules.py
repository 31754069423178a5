"""What is answered, and what can be read out of a body that cannot be read. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from unicodedata import normalize

from ..batches.rules import is_vin
from ..results.refusals import FieldError

LARGEST_KEPT: Final = 256 * 1024
"""Bytes kept of what was refused. What waits is kept whole: it is recorded from there."""
MOST_ITEMS: Final = 5_000
LARGEST_BULK: Final = 16 * 1024 * 1024
MOST_NAMED: Final = MOST_ITEMS

MALFORMED: Final = frozenset({"malformed_json", "not_utf8", "too_deep", "duplicate_key"})
"""Codes of a body that is not even JSON in order."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and the body that goes with it; from 400 on the body is a problem (RFC 9457)."""

    status: int
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something was refused, as it is answered and kept."""

    status: int
    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()

    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = {
            "type": f"/api/docs/#{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            content["errors"] = [
                {"pointer": error.pointer, "code": error.code, "detail": error.detail} for error in self.errors
            ]
        return content

    def answer(self) -> Answer:
        return Answer(self.status, self.content())


def unreadable(errors: Sequence[FieldError]) -> Problem:
    """The problem of a body that is no inspection."""
    if errors[0].code == "too_large":
        return Problem(413, "body_too_large", f"The body {errors[0].detail}.", tuple(errors))
    if errors[0].code in MALFORMED:
        return Problem(400, "malformed_body", f"The body {errors[0].detail}.", tuple(errors))
    said = "One field" if len(errors) == 1 else f"{len(errors)} fields"
    return Problem(400, "invalid", f"{said} cannot be read; errors names each.", tuple(errors))


@dataclass(frozen=True, slots=True)
class Named:
    """What a refused inspection names, as far as it can be read: empty where it cannot."""

    external_id: str = ""
    vin: str = ""
    component_kind: str = ""
    component_serial: str = ""
    procedure: str = ""


def read_named(body: bytes) -> Named:
    """What one refused inspection names: by its fields where it is JSON, by its text where it is not."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return next(named_in_text(body), Named())
    return _of_fields(document) if isinstance(document, dict) else Named()


def _of_fields(fields: Mapping[str, Any]) -> Named:
    component = fields.get("component")
    if not isinstance(component, dict):
        component = {}
    kind, serial = (_text(_seen(component.get(key)), 64) for key in ("kind", "serial"))
    return Named(
        _text(fields.get("id"), 128),
        vin_meant(fields.get("vin")),
        kind if serial else "",
        serial if kind else "",
        _text(fields.get("procedure"), 64),
    )


_LOOKALIKES: Final = str.maketrans("IOQ", "100")
"""What people read and type for the digits of a VIN; ISO 3779 leaves the three letters out for that."""
_PAIR: Final = re.compile(rb'"(id|vin|procedure|kind|serial)"\s{0,20}:\s{0,20}"([^"\\\x00-\x1f]{1,128})"')


def named_in_text(body: bytes) -> Iterator[Named]:
    """What the inspections in broken JSON name, at most 5,000: a key that comes again begins the next one."""
    found: dict[str, str] = {}
    count = 0
    for match in _PAIR.finditer(body):
        key, value = match[1].decode(), match[2].decode("utf-8", "replace")
        if key in found and key not in ("kind", "serial"):
            yield _of_text(found)
            found, count = {}, count + 1
            if count == MOST_NAMED:
                return
        found[key] = value
    if found:
        yield _of_text(found)


def _of_text(found: Mapping[str, str]) -> Named:
    component = {"kind": found.get("kind"), "serial": found.get("serial")}
    return _of_fields({**found, "component": component})


def vin_meant(value: Any) -> str:
    """A VIN even where blanks, small or wide letters, or letters that no VIN holds spoil it: it may be that car."""
    text = normalize("NFKC", _seen(value)[:64]).replace(" ", "").upper().translate(_LOOKALIKES)
    return text if is_vin(text) else ""


def _seen(value: Any) -> str:
    """A text without what nobody sees in it, at its ends blanks too."""
    return "".join(filter(str.isprintable, value)).strip() if isinstance(value, str) else ""


def _text(value: Any, most: int) -> str:
    return value if isinstance(value, str) and len(value) <= most and value.isprintable() else ""
