"""What a list is made of, whichever file it becomes: columns, pages of rows, and the filter in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from django.utils.translation import gettext as _

Cell = str | int | Decimal | bool | datetime | date | None
Item = TypeVar("Item")
Place = TypeVar("Place")

STEP: Final = 500
"""Rows that one statement reads: what is in memory at a time, however long the list."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `of` takes a row of the list."""

    heading: str
    of: Callable[[Any], Cell]


def coded(heading: str, words: Callable[[Any], str], code: Callable[[Any], Cell]) -> tuple[Column, Column]:
    """What people call a state, and beside it what machines call it."""
    return Column(heading, words), Column(_("%(heading)s (code)") % {"heading": heading}, code)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole list. `subject` names the file, `narrowed` is the filter in words as pairs of label and value.

    `pages` is read once, a page at a time.
    """

    subject: str
    title: str
    columns: Sequence[Column]
    pages: Iterable[Sequence[Any]]
    narrowed: Sequence[tuple[str, str]] = ()

    @property
    def headings(self) -> list[str]:
        return [column.heading for column in self.columns]

    def cells(self, row: Any) -> list[Cell]:
        return [column.of(row) for column in self.columns]


def in_pages(
    read: Callable[[Place | None, int], Sequence[Item]], place: Callable[[Item], Place], most: int = STEP
) -> Iterator[Sequence[Item]]:
    """Pages of a list that goes on beyond a place. `read` takes the place (None at first) and how many to read."""
    beyond: Place | None = None
    while rows := read(beyond, most):
        yield rows
        if len(rows) < most:
            return
        beyond = place(rows[-1])
