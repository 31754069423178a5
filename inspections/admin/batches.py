from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin import RelatedOnlyFieldListFilter
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..batches.models import Batch, Component, DeliveryTarget, Removal, Vehicle
from ..batches.targets import scope_of
from ..dispositions.models import Hold, Nonconformance
from ..gates.models import Coverage
from .finding import FindsCars
from .pages import ReadOnlyPage


@admin.register(Batch)
class BatchPage(ReadOnlyPage):
    list_display = [
        "number",
        "configuration",
        "revision",
        "status",
        "planned_quantity",
        "line",
        "opened_at",
        "completed_at",
    ]
    list_filter = ["status", "line", ("configuration", RelatedOnlyFieldListFilter), "opened_at"]
    list_select_related = ["configuration", "revision__plan"]
    search_fields = ["number"]

    def view_on_site(self, obj: Batch) -> str:
        return reverse("web:batch", args=[obj.number])

    def ledger_subjects(self, obj: Batch) -> Sequence[tuple[str, str]]:
        return [("batch", obj.number)]


@admin.register(DeliveryTarget)
class DeliveryTargetPage(ReadOnlyPage):
    """The history of the targets: read here, set on their page."""

    list_display = ["scope", "cars_per_year", "effective_on", "reason", "demonstration", "set_by", "at"]
    list_filter = [("model", RelatedOnlyFieldListFilter), "effective_on"]
    list_select_related = ["model"]
    search_fields = ["=model__code", "=set_by", "reason"]
    search_help_text = _("The code of a model, who set it, words of its reason")

    @admin.display(description=_("Of"), ordering="model__code")
    def scope(self, obj: DeliveryTarget) -> str:
        return str(_("the whole plant")) if obj.model is None else obj.model.code

    def view_on_site(self, obj: DeliveryTarget) -> str:
        return reverse("web:targets")

    def ledger_subjects(self, obj: DeliveryTarget) -> Sequence[tuple[str, str]]:
        return [("target", scope_of(obj))]


@admin.register(Vehicle)
class VehiclePage(FindsCars, ReadOnlyPage):
    car_path = "pk"
    list_display = ["vin", "batch", "sequence", "status", "registered_at"]
    list_filter = ["status", "registered_at"]
    list_select_related = ["batch"]
    search_fields = ["=vin", "=batch__number"]
    search_help_text = _("VIN, its last six, or the number of a batch")
    show_full_result_count = False

    def view_on_site(self, obj: Vehicle) -> str:
        return reverse("web:vehicle", args=[obj.vin])

    def ledger_subjects(self, obj: Vehicle) -> Sequence[tuple[str, str]]:
        return [("vehicle", obj.vin)]


class OfACar(FindsCars, ReadOnlyPage):
    """Rows of a car: found by it, and leading to its page."""

    def view_on_site(self, obj: Any) -> str:
        if obj.vehicle is None:
            return reverse("web:batch", args=[obj.batch.number])
        return reverse("web:vehicle", args=[obj.vehicle.vin])

    def ledger_subjects(self, obj: Any) -> Sequence[tuple[str, str]]:
        return [("batch", obj.batch.number)] if obj.vehicle is None else [("vehicle", obj.vehicle.vin)]


@admin.register(Removal)
class RemovalPage(OfACar):
    list_display = ["vehicle", "status", "procedure", "reason", "removed_by", "at"]
    list_filter = ["status", "at"]
    list_select_related = ["vehicle", "procedure"]
    search_fields = ["=vehicle__vin", "=removed_by"]
    search_help_text = _("VIN or its last six")


@admin.register(Component)
class ComponentPage(ReadOnlyPage):
    list_display = ["kind", "serial", "lot", "first_seen_at"]
    list_filter = ["first_seen_at"]
    search_fields = ["=serial", "=lot", "=kind"]
    search_help_text = _("Serial number, lot or kind, as written")
    show_full_result_count = False


@admin.register(Hold)
class HoldPage(OfACar):
    list_display = ["batch", "vehicle", "source", "code", "placed_at", "placed_by", "lifted_at", "lifted_by"]
    list_filter = ["source", ("lifted_at", admin.EmptyFieldListFilter), "placed_at"]
    list_select_related = ["batch", "vehicle"]
    search_fields = ["=batch__number", "=hold_list__number", "=code"]
    search_help_text = _("VIN, its last six, the number of a batch or a hold list, a reason's code")


@admin.register(Nonconformance)
class NonconformancePage(FindsCars, ReadOnlyPage):
    list_display = ["number", "batch", "vehicle", "code", "state", "owner", "opened_at", "closed_at"]
    list_filter = ["state", "code", "domain", "opened_at"]
    list_select_related = ["batch", "vehicle"]
    search_fields = ["=number", "=batch__number", "=owner"]
    search_help_text = _("Its number, a VIN, its last six, the number of a batch, an owner")

    def view_on_site(self, obj: Nonconformance) -> str:
        return reverse("web:nonconformance", args=[obj.number])

    def ledger_subjects(self, obj: Nonconformance) -> Sequence[tuple[str, str]]:
        return [("batch", obj.batch.number)] if obj.vehicle is None else [("vehicle", obj.vehicle.vin)]


@admin.register(Coverage)
class CoveragePage(ReadOnlyPage):
    list_display = ["number", "procedure", "configuration", "kind", "valid_from", "valid_until", "signed_by"]
    list_filter = ["kind", ("configuration", RelatedOnlyFieldListFilter), "valid_until"]
    list_select_related = ["procedure", "configuration"]
    search_fields = ["number", "procedure__code", "configuration__code", "certificate"]
    search_help_text = _("Its number, a procedure, a configuration or a certificate")

    def view_on_site(self, obj: Coverage) -> str:
        return reverse("web:coverage-one", args=[obj.configuration.code, obj.number])

    def ledger_subjects(self, obj: Coverage) -> Sequence[tuple[str, str]]:
        return [("coverage", obj.number)]
