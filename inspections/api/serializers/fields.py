"""Members of a body, strict: a text is a text, a number a number, a time has its offset. Nothing is converted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import msgspec
from rest_framework import serializers
from rest_framework.settings import api_settings

VIN_PATTERN: Final = "^[A-HJ-NPR-Z0-9]{17}$"
"""ISO 3779: 17 capital letters and digits, never I, O or Q."""
NUMBER_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""What can stand in an address: a batch is one."""
TEXT_PATTERN: Final = r"^[^\x00-\x20\x7f-\xa0]([^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0])?$"
"""A code or name as people write it: no control characters, no blank at either end."""

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


class StrictSerializer(serializers.Serializer[Any]):
    """An object whose members are all known: a misspelt one would otherwise be dropped in silence.

    `more_schema` states in the OpenAPI document what `validate` asks of several members together.
    """

    more_schema: ClassVar[Mapping[str, Any]] = {}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        detail = serializers.ErrorDetail(f"There is no such member; known are {', '.join(self.fields)}.", "unknown")
        unknown = {str(name): [detail] for name in data if name not in self.fields}
        try:
            known = super().to_internal_value(data)
        except serializers.ValidationError as refusal:
            raise serializers.ValidationError({**unknown, **_by_name(refusal.detail)}) from None
        if unknown:
            raise serializers.ValidationError(unknown)
        return known


def _by_name(detail: Any) -> Mapping[str, Any]:
    return detail if isinstance(detail, Mapping) else {api_settings.NON_FIELD_ERRORS_KEY: detail}


class StrictField(serializers.Field[Any, Any, Any, Any]):
    """A member that takes one type of JSON value and says in the OpenAPI document what it takes."""

    def to_representation(self, value: Any) -> Any:
        return value

    @property
    def json_schema(self) -> dict[str, Any]:
        raise NotImplementedError


class Text(StrictField):
    """A text of 1 to `most` characters that matches `pattern`; with `empty`, none as well."""

    default_error_messages = {
        "type": "Expected a text, found {found}.",
        "blank": "The text is empty.",
        "too_long": "The text has {length} characters; at most {most} are taken.",
        "pattern": "The text is not of the form {pattern}.",
        "surrogate": "The text holds half of a surrogate pair, which is no character.",
    }

    def __init__(self, *, most: int, pattern: str = TEXT_PATTERN, empty: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most, self.pattern, self.empty = most, pattern, empty
        self._form = re.compile(pattern.removesuffix("$") + r"\Z")

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("type", found=_kind(data))
        if not data:
            if self.empty:
                return data
            self.fail("blank")
        if len(data) > self.most:
            self.fail("too_long", length=len(data), most=self.most)
        if any("\ud800" <= character <= "\udfff" for character in data):
            self.fail("surrogate")
        if not self._form.match(data):
            self.fail("pattern", pattern=self.pattern)
        return data

    @property
    def json_schema(self) -> dict[str, Any]:
        if self.empty:
            return {"type": "string", "maxLength": self.most, "pattern": f"^({self.pattern[1:-1]})?$"}
        return {"type": "string", "minLength": 1, "maxLength": self.most, "pattern": self.pattern}


class Vin(Text):
    default_error_messages = {"pattern": "A VIN has 17 capital letters and digits, without I, O and Q (ISO 3779)."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(most=17, pattern=VIN_PATTERN, **kwargs)


class Whole(StrictField):
    """A JSON integer between `least` and `most`: 5 or 5.0, which JSON Schema holds equal; not "5", not true."""

    default_error_messages = {
        "type": "Expected a whole number, found {found}.",
        "range": "The number is not between {least} and {most}.",
    }

    def __init__(self, *, least: int = 0, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not (isinstance(data, int) or (isinstance(data, float) and data.is_integer())):
            self.fail("type", found=_kind(data))
        if not self.least <= data <= self.most:
            self.fail("range", least=self.least, most=self.most)
        return int(data)

    @property
    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


class Moment(StrictField):
    """A time of RFC 3339 with its offset, between 2000 and 2200."""

    default_error_messages = {
        "type": "Expected a time as a text, found {found}.",
        "form": "Expected a time with its offset, such as 2026-11-22T08:14:03.120+08:00.",
        "range": "The time is not between 2000 and 2200.",
    }

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str):
            self.fail("type", found=_kind(data))
        try:
            moment = msgspec.convert(data, datetime)
        except (msgspec.ValidationError, ValueError):
            self.fail("form")
        if moment.tzinfo is None:
            self.fail("form")
        if not EARLIEST <= moment < LATEST:
            self.fail("range")
        # PostgreSQL reads no offset beyond 15:59; the moment is the same in any.
        return moment.astimezone(UTC)

    @property
    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time", "pattern": "^2[01][0-9]{2}-"}


def _kind(data: Any) -> str:
    """A JSON value's type in JSON's own words."""
    if data is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "an array"}
    return names.get(type(data), "an object")
