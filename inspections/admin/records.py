from django.contrib import admin

from ..dispositions.models import HoldList
from ..notices.models import NoticeMail
from ..records.models import LedgerEntry
from .pages import ReadOnlyPage


@admin.register(LedgerEntry)
class LedgerEntryPage(ReadOnlyPage):
    list_display = ["id", "at", "act", "subject_kind", "subject", "actor", "reason"]
    list_filter = ["subject_kind"]
    search_fields = ["subject", "=batch", "=act"]
    show_full_result_count = False


@admin.register(HoldList)
class HoldListPage(ReadOnlyPage):
    list_display = ["number", "reason", "placed_by", "placed_at"]
    search_fields = ["=number"]


@admin.register(NoticeMail)
class OutboxPage(ReadOnlyPage):
    """The outbox: what is gathered, written, sent and refused, to whom. The text is as it went out."""

    list_display = ["id", "person", "pace", "state", "subject", "closes_at", "attempts", "last_error", "sent_at"]
    list_filter = ["state", "pace"]
    list_select_related = ["person"]
    search_fields = ["=person__personnel_number", "=address"]
    show_full_result_count = False
