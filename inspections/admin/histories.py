"""The ledger's entries about one row, as its history: what Django logs of itself tells nobody why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from ..records.models import LedgerEntry

MOST: Final = 100
_LONGEST: Final = 300
_TEMPLATE: Final = "admin/ledger_history.html"


@dataclass(frozen=True, slots=True)
class Told:
    """One entry. `parts`: the name of each value that is told, before and after."""

    number: int
    at: datetime
    act: str
    who: str
    reason: str
    parts: tuple[tuple[str, str, str], ...]


class ShowsHistory:
    """Mixed into an admin page: it stands on the first page, and its history is what the ledger says of the row."""

    def ledger_subjects(self, obj: Any) -> Sequence[tuple[str, str]]:
        """Kinds and names under which acts keep this row."""
        return [(obj._meta.model_name, str(obj))]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may enter sees every table on the first page; Django would ask for permissions that roles are not."""
        return bool(request.user.is_active and request.user.is_staff)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if obj is None:
            raise Http404(_("There is nothing here."))
        if not self.has_view_permission(request, obj):  # type: ignore[attr-defined]
            return self.admin_site.login(request)  # type: ignore[attr-defined]
        told = entries_told(self.ledger_subjects(obj))
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": _("What the ledger says of %(what)s") % {"what": obj},
            "subtitle": None,
            "object": obj,
            "opts": self.opts,  # type: ignore[attr-defined]
            "told": told[:MOST],
            "more": len(told) > MOST,
            "page_url": self.get_view_on_site_url(obj),  # type: ignore[attr-defined]
            **(extra_context or {}),
        }
        return TemplateResponse(request, _TEMPLATE, context)


def entries_told(subjects: Sequence[tuple[str, str]]) -> list[Told]:
    """The newest entries about any of these, one more than are shown. One query."""
    wanted = Q(pk__in=[])
    for kind, subject in subjects:
        wanted |= Q(subject_kind=kind, subject=subject)
    return [_told(entry) for entry in LedgerEntry.objects.filter(wanted).order_by("-id")[: MOST + 1]]


def _told(entry: LedgerEntry) -> Told:
    before, after = _parts(entry.before), _parts(entry.after)
    names = [*after, *(name for name in before if name not in after)]
    parts = tuple((name, before.get(name, ""), after.get(name, "")) for name in names)
    return Told(entry.pk, entry.at, entry.act, entry.actor, entry.reason, parts)


def _parts(record: Any) -> dict[str, str]:
    found = record if isinstance(record, dict) else {} if record is None else {"": record}
    return {str(name): _text(value) for name, value in found.items()}


def _text(value: Any) -> str:
    said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
