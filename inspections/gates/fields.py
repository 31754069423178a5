"""Columns of what is rewritten with every result, kept narrow: the room of a row is taken twice while it is."""

from __future__ import annotations

from typing import Any

from django.db import models


class LinesField(models.TextField):
    """A list of texts without line ends, one a line: an array takes three times the room. In SQL:
    `string_to_array(column, chr(10))`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": list, **kwargs})

    def from_db_value(self, value: str, *_: object) -> list[str]:
        return value.split("\n") if value else []

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value("\n".join(value) if isinstance(value, list) else value)
