"""What a catalogue or plan document may contain, as JSON Schema, and its refusals in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from ..evaluation.facts import Expression, Kind, Level
from ..saying import Said, say
from .choices import Basis, Confidence, Domain, Period, Special
from .documents import Document, Path, Problem

CATALOGUE_FORMAT: Final = "interlock-catalogue/1"
PLAN_FORMAT: Final = "interlock-plan/1"

_CODE: Final = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}
_POSITION: Final = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._/+-]{0,63}$"}
_DECIMAL: Final = {"type": ["number", "string"]}


_NAMED: Final = 8
"""Entries of a list that a refusal names."""


def _text(most: int, least: int = 0) -> dict[str, Any]:
    return {"type": "string", "maxLength": most, "minLength": least}


def _list(item: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": dict(item), "uniqueItems": True, **more}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


_SOURCE: Final[dict[str, Any]] = {
    "standard": _text(120),
    "edition": _text(32),
    "clause": _text(120),
    "confidence": {"enum": [choice.value for choice in Confidence]},
    "note": _text(2000),
}

_CHARACTERISTIC: Final = _object(
    "code name kind confidence",
    code=_CODE,
    name=_text(200, 1),
    name_zh=_text(200),
    kind={"enum": [kind.value for kind in Kind]},
    unit=_text(16),
    special={"enum": [choice.value for choice in Special]},
    severity={"enum": ["critical", "major", "minor"]},
    positions=_list(_POSITION),
    criterion=_text(2000),
    condition=_text(2000),
    software_system=_text(64),
    source=_text(200),
    **_SOURCE,
)

_PROCEDURE: Final = _object(
    "code name domain characteristics",
    code=_CODE,
    name=_text(200, 1),
    name_zh=_text(200),
    domain={"enum": [choice.value for choice in Domain]},
    software_systems=_list(_text(64, 1)),
    component_kinds=_list(_CODE),
    own_units=_list(_text(16, 1)),
    positions={
        "type": "array",
        "items": _object("code name", code=_POSITION, name=_text(64, 1), name_zh=_text(64)),
    },
    characteristics={"type": "array", "items": _CHARACTERISTIC, "minItems": 1},
    source_items={
        "type": "array",
        "items": _object(
            "adapter item characteristic",
            adapter=_text(32, 1),
            item=_text(500, 1),
            characteristic=_CODE,
            position=_POSITION,
        ),
    },
)

CATALOGUE_SCHEMA: Final = _object(
    "format",
    format={"const": CATALOGUE_FORMAT},
    models={"type": "array", "items": _object("code name", code=_CODE, name=_text(120, 1), name_zh=_text(120))},
    configurations={
        "type": "array",
        "items": _object(
            "code model trim market pack_supplier",
            code=_CODE,
            model=_CODE,
            trim=_text(64, 1),
            market=_text(8, 1),
            pack_supplier=_text(64, 1),
        ),
    },
    component_kinds={
        "type": "array",
        "items": _object("code name", code=_CODE, name=_text(120, 1), name_zh=_text(120)),
    },
    procedures={"type": "array", "items": _PROCEDURE},
)

_LIMIT: Final = {
    "type": ["number", "string", "object"],
    "properties": {"value": _DECIMAL, "strict": {"type": "boolean"}},
    "required": ["value"],
    "additionalProperties": False,
}

PLAN_SCHEMA: Final = _object(
    "format plan requirements",
    format={"const": PLAN_FORMAT},
    plan=_object("code configuration name", code=_CODE, configuration=_CODE, name=_text(200, 1), note=_text(2000)),
    requirements={
        "type": "array",
        "minItems": 1,
        "items": _object(
            "characteristic level expression",
            characteristic=_CODE,
            positions=_list(_POSITION, minItems=1),
            level={"enum": [level.value for level in Level]},
            expression={"enum": [expression.value for expression in Expression]},
            lower=_LIMIT,
            upper=_LIMIT,
            value=_DECIMAL,
            values=_list(_DECIMAL, minItems=1),
            case_sensitive={"type": "boolean"},
            members=_list(_CODE, minItems=2),
            unit=_text(16),
            uncertainty={"type": ["number", "string", "null"]},
            legal={"type": "boolean"},
            repeats={"type": "integer", "minimum": 0, "maximum": 100},
            market=_text(8, 1),
            effective_from=_text(10, 1),
            effective_to=_text(10, 1),
            sampling=_object(
                "basis size",
                basis={"enum": [choice.value for choice in Basis]},
                period={"enum": [choice.value for choice in Period]},
                size={"type": "integer", "minimum": 1, "maximum": 1_000_000},
                acceptance={"type": "integer", "minimum": 0, "maximum": 1_000_000},
            ),
            **_SOURCE,
        ),
    },
)

_VALIDATORS: Final = {
    CATALOGUE_FORMAT: Draft202012Validator(CATALOGUE_SCHEMA),
    PLAN_FORMAT: Draft202012Validator(PLAN_SCHEMA),
}


def schema_problems(document: Document) -> list[Problem]:
    """Everything in a document that its format does not allow, each with its line."""
    validator = _VALIDATORS.get(document.format) if isinstance(document.format, str) else None
    if validator is None:
        known = say("%(one)s or %(other)s", one=CATALOGUE_FORMAT, other=PLAN_FORMAT)
        said = say("found %(found)s as format, expected %(known)s", found=_shown(document.format), known=known)
        return [document.problem(("format",), said)]
    return problems_of(document, validator)


def problems_of(document: Document, validator: Draft202012Validator) -> list[Problem]:
    """Everything in a document that a schema does not allow, in words, each with its line."""
    return sorted(problem for error in validator.iter_errors(document.content) for problem in _worded(document, error))


def _worded(document: Document, error: ValidationError) -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    value, asked, schema = cast("tuple[Any, Any, Any]", (error.instance, error.validator_value, error.schema))
    if error.validator == "additionalProperties":
        known = sorted(schema["properties"])
        for key in value:
            if key not in schema["properties"]:
                said = say("found the key %(key)s, expected one of %(known)s", key=repr(key), known=known)
                yield document.problem((*path, key), said)
    elif error.validator == "required":
        missing = [key for key in asked if key not in value]
        # The validator reports each absent key; the first report names them all.
        if error.message.startswith(f"'{missing[0]}'"):
            yield document.problem(path, say("%(name)s lacks %(missing)s", name=_named(path), missing=missing))
    else:
        yield document.problem(path, _said(error, _named(path), value, asked))


def _said(error: ValidationError, name: Said, value: Any, asked: Any) -> Said:
    """Of one value: what was found in its place, and what is expected there."""
    facts: dict[str, Any] = {"name": name, "found": _shown(value), "asked": asked}
    match error.validator:
        case "enum":
            known = [str(each) for each in asked]
            return say("found %(found)s for %(name)s, expected one of %(known)s", **facts, known=known)
        case "type":
            facts["type"] = _type_words(asked)
            if "string" in asked and isinstance(value, (bool, int, Decimal)):
                return say("found %(found)s for %(name)s, expected %(type)s; quote it if it is meant as text", **facts)
            return say("found %(found)s for %(name)s, expected %(type)s", **facts)
        case "pattern":
            return say(
                "found %(found)s for %(name)s, expected at most 64 letters, digits and . _ -"
                " with no blank or sign first",
                **facts,
            )
        case "uniqueItems":
            listed = [str(_shown(each)) for each in value][:_NAMED]
            return say("%(name)s names something twice: %(listed)s", name=name, listed=listed)
        case "minItems":
            return say("%(name)s has %(count)d entries, expected at least %(asked)s", **facts, count=len(value))
        case "minLength":
            return say("%(name)s is empty, expected a text", **facts)
        case "maxLength":
            return say("%(name)s has %(count)d characters, expected at most %(asked)s", **facts, count=len(value))
        case "minimum":
            return say("found %(found)s for %(name)s, expected at least %(asked)s", **facts)
        case "maximum":
            return say("found %(found)s for %(name)s, expected at most %(asked)s", **facts)
    return say("%(name)s: %(fault)s", name=name, fault=error.message)


_KEYS: Final = {
    said.message: said
    for said in (
        say("acceptance"),
        say("basis"),
        say("clause"),
        say("confidence"),
        say("edition"),
        say("expression"),
        say("level"),
        say("members"),
        say("note"),
        say("period"),
        say("positions"),
        say("size"),
        say("standard"),
        say("unit"),
        say("value"),
        say("values"),
    )
}
"""Keys of a line of a plan that a form fills in, as its reader calls them; others stay as files write them."""


def _named(path: Path) -> Said:
    keys = [str(step) for step in path if isinstance(step, str)]
    if not keys:
        return say("the document")
    name = _KEYS.get(keys[-1], Said(keys[-1]))
    return name if isinstance(path[-1], str) else say("an entry of %(name)s", name=name)


def _shown(value: Any) -> Said | str:
    if value is None:
        return say("nothing")
    if isinstance(value, dict):
        return say("a mapping")
    if isinstance(value, list):
        return say("a list of %(count)d", count=len(value))
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    shown = text if len(text) <= 60 else f"{text[:57]}…"
    return repr(shown) if isinstance(value, str) else shown


_TYPES: Final = {
    "string": say("a text"),
    "number": say("a decimal"),
    "integer": say("a whole number"),
    "boolean": say("true or false"),
    "array": say("a list"),
    "object": say("a mapping"),
    "null": say("null"),
}


def _type_words(asked: str | list[str]) -> Said:
    names = [asked] if isinstance(asked, str) else asked
    found = _TYPES[names[0]]
    for name in names[1:]:
        found = say("%(one)s or %(other)s", one=found, other=_TYPES[name])
    return found
