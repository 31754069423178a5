"""Pages of long lists by cursor: a cursor names the last row shown, so that no page shifts under a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.http import Http404, HttpRequest, QueryDict
from django.utils.translation import gettext as _

PAGE: Final = 100
HISTORY: Final = 50
END_OF_TIME: Final = datetime(9999, 1, 1, tzinfo=UTC)
BEGINNING_OF_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class Pager:
    """What `partials/pager.html` shows: words, and the addresses to either side."""

    words: str
    first_url: str = ""
    next_url: str = ""


def address(request: HttpRequest, changes: Mapping[str, str | None], anchor: str = "") -> str:
    """The address of this page with parameters set, or with None left out."""
    query: QueryDict = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    text = query.urlencode()
    return request.path + (f"?{text}" if text else "") + (f"#{anchor}" if anchor else "")


def newest_first(request: HttpRequest, words: str, last: int | None) -> Pager:
    """The pager of a list in which `before` of the address names the last row shown. `last`: that of this page, where
    older ones follow."""
    return Pager(
        words,
        address(request, {"before": None}) if request.GET.get("before") else "",
        "" if last is None else address(request, {"before": str(last)}),
    )


def number_cursor(request: HttpRequest, name: str) -> int | None:
    """A whole number from the address; None without one. Raises Http404 for what is none."""
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise Http404(_("This is no page of the list: begin again at its first."))
    return int(text)


def moment_cursor(request: HttpRequest, name: str, numbers: int) -> tuple[datetime, tuple[int, ...]] | None:
    """A moment and `numbers` numbers behind it, as `moment_text` writes them. Raises as `number_cursor`."""
    text = request.GET.get(name, "")
    if not text:
        return None
    micros, *rest = text.split("-")
    parts = [micros, *rest]
    if len(parts) != numbers + 1 or not all(
        part.isascii() and part.isdigit() and len(part) <= _MOST_DIGITS for part in parts
    ):
        raise Http404(_("This is no page of the list: begin again at its first."))
    try:
        moment = datetime.fromtimestamp(int(micros) // 1_000_000, tz=UTC).replace(microsecond=int(micros) % 1_000_000)
    except (ValueError, OverflowError, OSError) as fault:
        raise Http404(_("This is no page of the list: begin again at its first.")) from fault
    return moment, tuple(int(part) for part in rest)


def cursor_text(moment: datetime, *numbers: int) -> str:
    """A cursor for an address: microseconds since 1970, then the numbers."""
    since = moment - BEGINNING_OF_TIME
    micros = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return "-".join(str(part) for part in (micros, *numbers))
