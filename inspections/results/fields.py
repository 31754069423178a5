"""Columns of the widest table: what is absent is kept as a value, so that most rows need no map of nulls."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.db import models

from ..catalogue.fields import ExactDecimalField

NO_CLAIM: Final = -1
NO_NUMBER: Final = "NaN"
NUMBER: Final = "nullif(m.value, 'NaN')"
"""SQL that reads the column of a NumberField of the row m."""
RAW: Final = "case m.raw when '' then null when '\"\"' then '' else m.raw end"
"""SQL that reads the column of a RawField of the row m."""


class AbsentTextField(models.TextField):
    """A text of which an empty one says no more than none. None is stored as the empty one: `nullif(column, '')`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": None, **kwargs})

    def from_db_value(self, value: str, *_: object) -> str | None:
        return value or None

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value("" if value is None else value)


class NumberField(ExactDecimalField):
    """A number exactly as written. None is stored as what PostgreSQL itself calls not a number. In SQL: `NUMBER`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": None, **kwargs})

    def from_db_value(self, value: Decimal, *_: object) -> Decimal | None:
        return None if value.is_nan() else value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return Decimal(NO_NUMBER) if value is None else super().get_db_prep_value(value, connection, prepared)


class RawField(AbsentTextField):
    """As AbsentTextField, but an empty text is something that was sent: it is stored in quotes. In SQL: `RAW`."""

    def from_db_value(self, value: str, *_: object) -> str | None:
        return "" if value == '""' else value or None

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value('""' if value == "" else value)


class ClaimField(models.SmallIntegerField):
    """An outcome that the sender claims; None is stored as -1. In SQL: `nullif(column, -1)`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": None, **kwargs})

    def from_db_value(self, value: int, *_: object) -> int | None:
        return None if value == NO_CLAIM else value

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(NO_CLAIM if value is None else value)
