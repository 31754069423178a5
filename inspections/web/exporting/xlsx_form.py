"""A list as a workbook, written row by row into a temporary file: what it is stands first, the list behind it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import IO, Any, Final

from django.utils.translation import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from .cells import exact_float, text_of
from .sheets import Cell, Sheet

CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS: Final = 1_000_000
"""A sheet ends at 1,048,576 rows and a writer drops silently what is beyond: a longer list goes on in another sheet."""
LONGEST: Final = 32_767
_LARGEST: Final = 10**15
_WIDEST: Final = 60


class ListWriter:
    """Writes rows. Counts the numbers that became text and the texts that had to be cut."""

    def __init__(self, workbook: Workbook, sheet: Sheet) -> None:
        self._workbook, self._sheet = workbook, sheet
        self._formats: dict[int, Format] = {}
        self._bold = workbook.add_format({"bold": True})
        self._page: Worksheet | None = None
        self._line = MOST_ROWS
        self._sheets = 0
        self.rows = self.as_text = self.cut = 0

    def write(self, row: Sequence[Cell]) -> None:
        if self._line >= MOST_ROWS:
            self.open_page(row)
        self._line += 1
        self.rows += 1
        for place, cell in enumerate(row):
            self._write(place, cell)

    def open_page(self, first: Sequence[Cell] = ()) -> None:
        """Begin a sheet with the headings; columns as wide as what its first row says."""
        self.close_page()
        self._sheets += 1
        name = _("List") if self._sheets == 1 else _("List %(number)d") % {"number": self._sheets}
        self._page, self._line = self._workbook.add_worksheet(name), 0
        self._page.freeze_panes(1, 0)
        for place, heading in enumerate(self._sheet.headings):
            said = text_of(first[place]) if place < len(first) else ""
            self._page.set_column(place, place, min(max(_width(heading), _width(said)) + 2, _WIDEST))
            self._page.write_string(0, place, heading, self._bold)

    def close_page(self) -> None:
        if self._page is not None:
            self._page.autofilter(0, 0, self._line, max(len(self._sheet.headings) - 1, 0))

    def _write(self, place: int, cell: Cell) -> None:
        page = self._page
        if page is None or cell is None or cell == "":
            return
        if isinstance(cell, Decimal):
            number = exact_float(cell)
            if number is not None:
                page.write_number(self._line, place, number, self._format(cell))
                return
            self.as_text += 1
        elif isinstance(cell, int) and not isinstance(cell, bool):
            if abs(cell) < _LARGEST:
                page.write_number(self._line, place, cell)
                return
            self.as_text += 1
        page.write_string(self._line, place, self._short(text_of(cell)))

    def _format(self, number: Decimal) -> Format:
        """As many places as were written: 12.340 stays 12.340."""
        places = -int(number.as_tuple().exponent)
        if places not in self._formats:
            self._formats[places] = self._workbook.add_format({"num_format": f"0.{'0' * places}" if places else "0"})
        return self._formats[places]

    def _short(self, text: str) -> str:
        if len(text) <= LONGEST:
            return text
        self.cut += 1
        return text[: LONGEST - 1] + "…"


def write_workbook(sheet: Sheet, head: Sequence[tuple[str, str]], at: datetime) -> IO[bytes]:
    """The workbook in a file without a name: it is gone when it is closed. The rows in memory are those of one page."""
    # Closed by whoever sends it.
    made = tempfile.TemporaryFile(prefix="interlock-", suffix=".xlsx")  # noqa: SIM115
    try:
        with tempfile.TemporaryDirectory(prefix="interlock-") as folder:
            workbook = Workbook(made, {"constant_memory": True, "tmpdir": folder})
            workbook.use_zip64()
            workbook.set_properties({"title": sheet.title, "created": at.astimezone(UTC).replace(tzinfo=None)})
            about = workbook.add_worksheet(_("About"))
            writer = ListWriter(workbook, sheet)
            for page in sheet.pages:
                for row in page:
                    writer.write(sheet.cells(row))
            if not writer.rows:
                writer.open_page()
            writer.close_page()
            _tell(about, [*head, *_counted(writer)], workbook.add_format({"bold": True}))
            workbook.close()
    except BaseException:
        made.close()
        raise
    made.seek(0)
    return made


def _counted(writer: ListWriter) -> list[tuple[str, Cell]]:
    return [
        (_("Rows"), writer.rows),
        (_("Numbers written as text, because a spreadsheet would change them"), writer.as_text),
        (_("Texts cut at the longest that a cell holds; the CSV has them whole"), writer.cut),
    ]


def _tell(about: Worksheet, lines: Sequence[tuple[str, Cell]], bold: Any) -> None:
    about.set_column(0, 0, 34)
    about.set_column(1, 1, 70)
    for number, (label, value) in enumerate(lines):
        about.write_string(number, 0, label, bold)
        if isinstance(value, int):
            about.write_number(number, 1, value)
        else:
            about.write_string(number, 1, text_of(value))


def _width(text: str) -> int:
    """How wide text stands: a Chinese character takes two places."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text[:_WIDEST])
