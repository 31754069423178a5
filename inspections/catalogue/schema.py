"""What a catalogue or plan document may contain, as JSON Schema, and its refusals in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from ..evaluation.facts import Expression, Kind, Level
from .choices import Basis, Confidence, Domain, Period, Special
from .documents import Document, Path, Problem

CATALOGUE_FORMAT: Final = "interlock-catalogue/1"
PLAN_FORMAT: Final = "interlock-plan/1"

_CODE: Final = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}
_POSITION: Final = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._/+-]{0,63}$"}
_DECIMAL: Final = {"type": ["number", "string"]}


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
        formats = " or ".join(_VALIDATORS)
        return [document.problem(("format",), f"found {_shown(document.format)} as format, expected {formats}")]
    return problems_of(document, validator)


def problems_of(document: Document, validator: Draft202012Validator) -> list[Problem]:
    """Everything in a document that a schema does not allow, in words, each with its line."""
    return sorted(problem for error in validator.iter_errors(document.content) for problem in _worded(document, error))


def _worded(document: Document, error: ValidationError) -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    value: Any = error.instance
    asked: Any = error.validator_value
    schema: Any = error.schema
    name, found = _named(path), _shown(value)
    match error.validator:
        case "additionalProperties":
            allowed = schema["properties"]
            for key in value:
                if key not in allowed:
                    known = ", ".join(sorted(allowed))
                    yield document.problem((*path, key), f"found the key {key!r}, expected one of {known}")
            return
        case "required":
            missing = ", ".join(key for key in asked if key not in value)
            # The validator reports each absent key; the first report names them all.
            if error.message.startswith(f"'{missing.split(', ')[0]}'"):
                yield document.problem(path, f"{name} lacks {missing}")
            return
        case "enum":
            text = f"found {found} for {name}, expected one of {', '.join(str(value) for value in asked)}"
        case "type":
            text = f"found {found} for {name}, expected {_type_words(asked)}"
            if "string" in asked and isinstance(value, (bool, int, Decimal)):
                text += "; quote it if it is meant as text"
        case "pattern":
            text = (
                f"found {found} for {name}, expected at most 64 letters, digits and . _ - with no blank or sign first"
            )
        case "uniqueItems":
            text = f"{name} names something twice: {found}"
        case "minItems":
            text = f"{name} has {len(value)} entries, expected at least {asked}"
        case "minLength":
            text = f"{name} is empty, expected a text"
        case "maxLength":
            text = f"{name} has {len(value)} characters, expected at most {asked}"
        case "minimum" | "maximum":
            bound = "at least" if error.validator == "minimum" else "at most"
            text = f"found {found} for {name}, expected {bound} {asked}"
        case _:
            text = f"{name}: {error.message}"
    yield document.problem(path, text)


def _named(path: Path) -> str:
    keys = [str(step) for step in path if isinstance(step, str)]
    if not keys:
        return "the document"
    return keys[-1] if isinstance(path[-1], str) else f"an entry of {keys[-1]}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else f"a list of {len(value)}"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    shown = text if len(text) <= 60 else f"{text[:57]}…"
    return repr(shown) if isinstance(value, str) else shown


_TYPES: Final = {
    "string": "a text",
    "number": "a decimal",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


def _type_words(asked: str | list[str]) -> str:
    return " or ".join(_TYPES[name] for name in ([asked] if isinstance(asked, str) else asked))
