"""How a view hands out its lists as files: the address of the page, with `export=NAME.csv` or `export=NAME.xlsx`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from itertools import chain
from typing import Any, Final

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ..access import View, moment_of
from ..paging import address
from . import csv_form, xlsx_form
from .sheets import Sheet

Maker = Callable[..., Sheet]

PARAMETER: Final = "export"
FORMS: Final = {"csv": csv_form.CONTENT_TYPE, "xlsx": xlsx_form.CONTENT_TYPE}
CURSORS: Final = ("after", "before")
"""A file is the whole list: where a page stands in it is left out of its address."""


def exports(**makers: Maker) -> Callable[[View], View]:
    """Give a view its lists as files too. A maker takes what the view takes and refuses what the view would."""

    def given(view: View) -> View:
        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            asked = request.GET.get(PARAMETER)
            if asked is None or request.method not in {"GET", "HEAD"}:
                return view(request, *args, **kwargs)
            name, _dot, form = asked.partition(".")
            if name not in makers or form not in FORMS:
                raise Http404(_("No list of this page is handed out so. Choose CSV or XLSX beside its count."))
            return send(request, makers[name](request, *args, **kwargs), form)

        answered.exports = tuple(makers)  # type: ignore[attr-defined]
        return answered

    return given


def links(request: HttpRequest, name: str) -> list[tuple[str, str]]:
    """Kinds of files and their addresses, with the filter that is on."""
    plain: dict[str, str | None] = dict.fromkeys(CURSORS)
    return [(form.upper(), address(request, {**plain, PARAMETER: f"{name}.{form}"})) for form in FORMS]


def send(request: HttpRequest, sheet: Sheet, form: str) -> HttpResponseBase:
    """The file. What cannot be read at all is refused before anything is sent."""
    answer: HttpResponseBase
    if request.method == "HEAD":
        answer = HttpResponse(content_type=FORMS[form])
    elif form == "xlsx":
        written = xlsx_form.write_workbook(sheet, head_of(request, sheet), moment_of(request))
        answer = FileResponse(written, content_type=FORMS[form])
    else:
        chunks = csv_form.csv_chunks(sheet, head_of(request, sheet), get_language() or "en")
        answer = StreamingHttpResponse(_begun(chunks), content_type=FORMS[form])
    name = f"interlock-{_plain(sheet.subject)}-{timezone.localtime(moment_of(request)):%Y%m%dT%H%M%S%z}.{form}"
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    answer["Cache-Control"] = "private, no-store"
    return answer


def head_of(request: HttpRequest, sheet: Sheet) -> Sequence[tuple[str, str]]:
    """What stands above a list: what it is, with which filter, of which moment, and who took it."""
    return [
        ("Interlock", sheet.title),
        *(sheet.narrowed or [(_("Filter"), _("none, the whole list"))]),
        (_("Read from"), timezone.localtime(moment_of(request)).isoformat()),
        (_("Read by"), str(request.user)),
        (_("Address"), request.build_absolute_uri(address(request, {PARAMETER: None}))),
    ]


def _begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces; heading and first page are made at once, so that what fails there is a page that says so."""
    first = [next(chunks), next(chunks)]
    return chain(first, chunks)


def _plain(subject: str) -> str:
    """A subject as part of a file's name: what some system takes for a sign becomes a dash."""
    return "".join(each if each.isalnum() or each in "-_." else "-" for each in subject)[:80]
