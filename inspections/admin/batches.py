from django.contrib import admin

from ..batches.models import Batch, Component, Removal, Vehicle
from ..dispositions.models import Hold, Nonconformance
from ..gates.models import Coverage
from .pages import ReadOnlyPage


@admin.register(Batch)
class BatchPage(ReadOnlyPage):
    list_display = ["number", "configuration", "revision", "status", "planned_quantity", "line", "opened_at"]
    list_filter = ["status", "line"]
    list_select_related = ["configuration", "revision__plan"]
    search_fields = ["number"]


@admin.register(Vehicle)
class VehiclePage(ReadOnlyPage):
    list_display = ["vin", "batch", "sequence", "status", "registered_at"]
    list_filter = ["status"]
    list_select_related = ["batch"]
    search_fields = ["vin"]
    show_full_result_count = False


@admin.register(Removal)
class RemovalPage(ReadOnlyPage):
    list_display = ["vehicle", "status", "procedure", "reason", "removed_by", "at"]
    list_filter = ["status"]
    list_select_related = ["vehicle", "procedure"]
    search_fields = ["=vehicle__vin"]


@admin.register(Component)
class ComponentPage(ReadOnlyPage):
    list_display = ["kind", "serial", "lot", "first_seen_at"]
    search_fields = ["serial", "lot"]
    show_full_result_count = False


@admin.register(Hold)
class HoldPage(ReadOnlyPage):
    list_display = ["batch", "vehicle", "source", "code", "placed_at", "placed_by", "lifted_at", "lifted_by"]
    list_filter = ["source"]
    list_select_related = ["batch", "vehicle"]


@admin.register(Nonconformance)
class NonconformancePage(ReadOnlyPage):
    list_display = ["number", "batch", "vehicle", "code", "state", "opened_at", "closed_at"]
    list_filter = ["state", "code"]
    list_select_related = ["batch", "vehicle"]
    search_fields = ["number"]


@admin.register(Coverage)
class CoveragePage(ReadOnlyPage):
    list_display = ["number", "procedure", "configuration", "kind", "valid_from", "valid_until", "signed_by"]
    list_filter = ["kind", "configuration"]
    list_select_related = ["procedure", "configuration"]
    search_fields = ["number"]
