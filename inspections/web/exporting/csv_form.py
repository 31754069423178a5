"""A list as CSV (RFC 4180), in UTF-8 with a mark at its beginning, by which spreadsheets know Chinese."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import override

from .cells import harmless, text_of
from .sheets import Cell, Sheet

CONTENT_TYPE = "text/csv; charset=utf-8"


def csv_chunks(sheet: Sheet, head: Sequence[tuple[str, str]], language: str) -> Iterator[bytes]:
    """The file in pieces, one for each page of the list. The last line counts: a file without it is not whole.

    Words are asked for piece by piece, because whoever sends the pieces has left the request's language.
    """
    with override(language):
        opening = _lines([*head, (), sheet.headings])
    yield codecs.BOM_UTF8 + opening
    count, pages = 0, iter(sheet.pages)
    while True:
        with override(language):
            page = next(pages, None)
            piece = _lines([(), [_("End of the list, rows:"), count]] if page is None else map(sheet.cells, page))
        yield piece
        if page is None:
            return
        count += len(page)


def _lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_MINIMAL).writerows([_cell(cell) for cell in row] for row in rows)
    return written.getvalue().encode()


def _cell(cell: Cell) -> str:
    return harmless(cell) if isinstance(cell, str) else text_of(cell)
