"""One cell as text and as a number: exactly as recorded, and never as a formula."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.gates.limit_wording import number_text

from .sheets import Cell

# What a spreadsheet takes for the beginning of a formula; East Asian ones take the wide signs too. A cell begins at the
# beginning, and, where the spreadsheet parts columns by another sign than the comma, behind that sign or a line end.
_FORMULA: Final = re.compile(r"(^|[;\t\r\n])(\s*)(?=[=+\-@＝＋－＠])")
_BLANKS: Final = ("\t", "\r", "\n")
_EXACT_DIGITS: Final = 15
_MOST_PLACES: Final = 30


def text_of(cell: Cell) -> str:
    """A cell as text: a number as it was written, a moment in ISO 8601 with its zone, local to the plant."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return _("yes") if cell else _("no")
    if isinstance(cell, Decimal):
        return number_text(cell)
    if isinstance(cell, datetime):
        return timezone.localtime(cell).isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def harmless(text: str) -> str:
    """Text that no spreadsheet runs when it opens a CSV: an apostrophe stands before what would begin a formula."""
    guarded = _FORMULA.sub(r"\1\2'", text)
    return f"'{guarded}" if guarded.startswith(_BLANKS) else guarded


def exact_float(number: Decimal) -> float | None:
    """The float of which a spreadsheet shows this very number, digit by digit; None where it would change it."""
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or not -_MOST_PLACES <= exponent <= 0 or len(digits) > _EXACT_DIGITS:
        return None
    if sign and not any(digits):
        return None
    found = float(number)
    return found if Decimal(repr(found)) == number else None


def record_text(record: Any) -> str:
    """What the ledger keeps of a thing, as JSON; nothing for nothing."""
    return "" if record is None else json.dumps(record, ensure_ascii=False, sort_keys=True)
