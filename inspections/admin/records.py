from django.contrib import admin

from ..dispositions.models import HoldList
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
