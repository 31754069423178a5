from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ..catalogue.models import (
    Characteristic,
    ComponentKind,
    Configuration,
    ControlPlan,
    PlanRevision,
    Procedure,
    Requirement,
    SourceItem,
    VehicleModel,
)
from .pages import ReadOnlyPage, RecordedPage


@admin.register(VehicleModel)
class VehicleModelPage(RecordedPage):
    list_display = ["code", "name", "name_zh"]
    search_fields = ["code", "name"]
    written_once = ("code",)


@admin.register(Configuration)
class ConfigurationPage(RecordedPage):
    list_display = ["code", "model", "trim", "market", "pack_supplier"]
    list_filter = ["model", "market"]
    list_select_related = ["model"]
    search_fields = ["code"]
    written_once = ("code", "model", "market")


@admin.register(ComponentKind)
class ComponentKindPage(RecordedPage):
    list_display = ["code", "name", "name_zh"]
    search_fields = ["code", "name"]
    written_once = ("code",)


@admin.register(Procedure)
class ProcedurePage(RecordedPage):
    list_display = ["code", "name", "domain", "software_systems", "component_kinds"]
    list_filter = ["domain"]
    search_fields = ["code", "name", "name_zh"]
    # What makes results stale decides what may leave: it changes through the catalogue's files, checked as a whole.
    written_once = ("code", "domain", "software_systems", "component_kinds", "position_names")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Characteristic)
class CharacteristicPage(RecordedPage):
    list_display = ["code", "name", "procedure", "kind", "unit", "special", "confidence"]
    list_filter = ["kind", "special", "confidence", "procedure__domain"]
    list_select_related = ["procedure"]
    search_fields = ["code", "name", "name_zh"]
    fields = [
        "code", "procedure", "kind", "unit", "special", "severity", "positions", "name", "name_zh", "standard",
        "edition", "clause", "confidence", "criterion", "source",
    ]  # fmt: skip
    written_once = (
        "code", "procedure", "kind", "unit", "special", "severity", "positions", "standard", "edition", "clause",
        "confidence", "criterion", "source",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SourceItem)
class SourceItemPage(ReadOnlyPage):
    list_display = ["item", "adapter", "procedure", "characteristic", "position"]
    list_filter = ["adapter"]
    list_select_related = ["procedure", "characteristic"]
    search_fields = ["item"]


@admin.register(ControlPlan)
class ControlPlanPage(ReadOnlyPage):
    list_display = ["code", "name", "configuration"]
    list_select_related = ["configuration"]
    search_fields = ["code"]


@admin.register(PlanRevision)
class PlanRevisionPage(ReadOnlyPage):
    """Drafted by `load_plan`, approved on its own page by two people."""

    list_display = ["plan", "number", "status", "author", "first_approver", "second_approver"]
    list_filter = ["status", "plan"]
    list_select_related = ["plan", "author", "first_approver", "second_approver"]


@admin.register(Requirement)
class RequirementPage(ReadOnlyPage):
    list_display = ["revision", "line", "characteristic", "expression", "lower", "upper", "unit", "level", "legal"]
    list_filter = ["level", "legal", "expression", "confidence"]
    list_select_related = ["revision__plan", "characteristic"]
    search_fields = ["characteristic__code"]
