"""What the document of a rig profile may contain, as JSON Schema. Pure. See docs/rigs.md."""

from __future__ import annotations

from typing import Any, Final

from jsonschema import Draft202012Validator

PROFILE_FORMAT: Final = "interlock-profile/1"

FIELDS: Final = (
    "serial",
    "part_number",
    "process_code",
    "process_name",
    "station",
    "operator",
    "purpose",
    "header",
    "file_name",
)
"""Where a text of a test may stand: a field of the canonical inspection, one of its headers, or the file's name."""
PURPOSES: Final = ("initial", "retest", "after_rework")
MOST_ITEMS: Final = 2_000

_CODE: Final = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}


def _text(most: int, least: int = 1) -> dict[str, Any]:
    return {"type": "string", "minLength": least, "maxLength": most}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


_PLACE: Final = {"from": {"enum": list(FIELDS)}, "name": _text(500), "pattern": _text(200)}
_SOMEWHERE: Final = _object("from", **_PLACE)
_WORDS: Final = {"type": "array", "items": _text(200), "minItems": 1, "uniqueItems": True}

PROFILE_SCHEMA: Final = _object(
    "format items",
    format={"const": PROFILE_FORMAT},
    reading=_object(
        "",
        encoding=_text(32),
        time_zone=_text(64),
        decimal_comma={"type": "boolean"},
        options={"type": "object"},
    ),
    subject=_object("", vin=_SOMEWHERE, component=_object("kind serial", kind=_CODE, serial=_SOMEWHERE)),
    procedure=_object("", code=_CODE, by=_SOMEWHERE, codes={"type": "object", "additionalProperties": _CODE}),
    items={
        "type": "array",
        "maxItems": MOST_ITEMS,
        "items": _object(
            "item characteristic",
            item=_text(500),
            occurrence={"type": "integer", "minimum": 1, "maximum": 10_000},
            characteristic=_CODE,
            position=_text(64),
            unit=_text(16),
            mandatory={"type": "boolean"},
        ),
    },
    tests=_object("from count", **_PLACE, count=_WORDS),
    purpose=_object("from words", **_PLACE, words={"type": "object", "additionalProperties": {"enum": list(PURPOSES)}}),
)  # fmt: skip

PROFILE_VALIDATOR: Final = Draft202012Validator(PROFILE_SCHEMA)
