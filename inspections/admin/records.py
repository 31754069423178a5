from collections.abc import Sequence

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..dispositions.models import HoldList
from ..notices.models import NoticeMail
from ..records.models import LedgerEntry
from .pages import ReadOnlyPage


@admin.register(LedgerEntry)
class LedgerEntryPage(ReadOnlyPage):
    list_display = ["id", "at", "act", "subject_kind", "subject", "actor", "reason"]
    list_filter = ["subject_kind", "actor_kind", "at"]
    search_fields = ["=subject", "=batch", "=act", "=actor"]
    search_help_text = _("A subject (VIN, number, code), a batch, an act or who did it, as written")
    show_full_result_count = False

    def view_on_site(self, obj: LedgerEntry) -> str | None:
        """The page of what the entry is about, where there is one."""
        pages = {
            "vehicle": "web:vehicle", "batch": "web:batch", "rig": "web:rig", "release": "web:release",
            "concession": "web:concession",
        }  # fmt: skip
        return reverse(pages[obj.subject_kind], args=[obj.subject]) if obj.subject_kind in pages else None

    def ledger_subjects(self, obj: LedgerEntry) -> Sequence[tuple[str, str]]:
        return [(obj.subject_kind, obj.subject)]


@admin.register(HoldList)
class HoldListPage(ReadOnlyPage):
    list_display = ["number", "reason", "placed_by", "placed_at"]
    list_filter = ["placed_at"]
    search_fields = ["=number", "reason", "=placed_by"]
    search_help_text = _("Its number, who placed it, words of its reason")

    def view_on_site(self, obj: HoldList) -> str:
        return reverse("web:hold-list", args=[obj.number])

    def ledger_subjects(self, obj: HoldList) -> Sequence[tuple[str, str]]:
        return [("hold_list", obj.number)]


@admin.register(NoticeMail)
class OutboxPage(ReadOnlyPage):
    """The outbox: what is gathered, written, sent and refused, to whom. The text is as it went out."""

    list_display = ["id", "person", "pace", "state", "subject", "closes_at", "attempts", "last_error", "sent_at"]
    list_filter = ["state", "pace", "closes_at"]
    list_select_related = ["person"]
    search_fields = ["=person__personnel_number", "=address"]
    search_help_text = _("A personnel number or an address")
    show_full_result_count = False
