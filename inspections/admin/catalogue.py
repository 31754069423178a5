import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin import RelatedOnlyFieldListFilter
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ..catalogue.models import (
    Characteristic,
    ComponentKind,
    Configuration,
    ControlPlan,
    ManufacturerCode,
    PlanRevision,
    Procedure,
    Requirement,
    SourceItem,
    VehicleModel,
)
from ..gates.limit_wording import quantity_text, required_text
from ..gates.sentences import language_of
from ..marks.services import mark_in_plant
from .pages import ReadOnlyPage, RecordedPage, WrittenByServices

_MANUFACTURER: Final = re.compile(r"[A-HJ-NPR-Z0-9]{3}|[A-HJ-NPR-Z0-9]{2}9[A-HJ-NPR-Z0-9]{3}", re.ASCII)
"""A world manufacturer identifier (ISO 3780), alone or with places 12 to 14 of the VIN."""


@admin.register(VehicleModel)
class VehicleModelPage(RecordedPage):
    list_display = ["code", "name", "name_zh"]
    search_fields = ["code", "name", "name_zh"]
    written_once = ("code",)


@admin.register(Configuration)
class ConfigurationPage(RecordedPage):
    list_display = ["code", "model", "trim", "market", "pack_supplier"]
    list_filter = ["model", "market"]
    list_select_related = ["model"]
    search_fields = ["code", "trim", "model__code", "model__name"]
    search_help_text = _("Its code, a trim or a model")
    autocomplete_fields = ["model"]
    written_once = ("code", "model", "market")

    def view_on_site(self, obj: Configuration) -> str:
        return reverse("web:coverage-of", args=[obj.code])


@admin.register(ComponentKind)
class ComponentKindPage(RecordedPage):
    list_display = ["code", "name", "name_zh"]
    search_fields = ["code", "name", "name_zh"]
    written_once = ("code",)

    def have_decided(self, at: datetime) -> None:
        """A change of an unknown kind makes every result stale, of a known one those that name it."""
        mark_in_plant(domains=[""], at=at)


class ManufacturerCodeForm(ModelForm):
    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].strip().upper()
        if not _MANUFACTURER.fullmatch(code):
            raise ValidationError(
                _("%(found)s is no such code: three characters of a VIN, or six where the third is 9 (a small maker)."),
                params={"found": code},
            )
        return code


@admin.register(ManufacturerCode)
class ManufacturerCodePage(RecordedPage):
    """Who made a car, by the beginning of its VIN: entered by the plant, which alone knows its approvals."""

    form = ManufacturerCodeForm
    list_display = ["code", "maker", "maker_zh", "source"]
    search_fields = ["code", "maker", "maker_zh"]
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
    search_fields = ["code", "name", "name_zh", "procedure__code", "standard"]
    search_help_text = _("Its code or name in either language, a procedure, a standard")
    autocomplete_fields = ["procedure"]
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
    search_fields = ["item", "characteristic__code", "procedure__code"]
    search_help_text = _("The name in the report, a characteristic or a procedure")


@admin.register(ControlPlan)
class ControlPlanPage(ReadOnlyPage):
    list_display = ["code", "name", "configuration"]
    list_select_related = ["configuration"]
    search_fields = ["code", "name", "configuration__code"]

    def view_on_site(self, obj: ControlPlan) -> str:
        return reverse("web:plan", args=[obj.code])

    def ledger_subjects(self, obj: ControlPlan) -> Sequence[tuple[str, str]]:
        return [("plan_revision", f"{obj.code}/{number}") for number in obj.revisions.values_list("number", flat=True)]


class InWords:
    """A requirement as people read it: Django would fill its decimals up with noughts that nobody wrote."""

    @admin.display(description=_("Required"))
    def required(self, row: Requirement) -> str:
        return required_text(
            row.expression,
            language_of(get_language() or "en"),
            lower=row.lower,
            upper=row.upper,
            lower_inclusive=row.lower_inclusive,
            upper_inclusive=row.upper_inclusive,
            values=row.values or [str(line) for line in row.members],
            unit=row.unit,
        )

    @admin.display(description=_("Uncertainty"))
    def within(self, row: Requirement) -> str:
        return quantity_text(row.uncertainty, row.unit, language_of(get_language() or "en"))

    @admin.display(description=_("Source"))
    def source(self, row: Requirement) -> str:
        return " ".join(filter(None, (row.standard, row.edition, row.clause)))


class RequirementLines(WrittenByServices, InWords, admin.TabularInline):
    """The lines of a revision, to read. They are changed on the page of their procedure, checked as a plan file is."""

    model = Requirement
    extra = 0
    can_delete = False
    show_change_link = True
    ordering = ["line"]
    fields = ["line", "characteristic", "positions", "required", "level", "special", "legal", "source", "change"]
    readonly_fields = ["required", "source", "change"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Requirement]:
        newest = PlanRevision.objects.filter(plan=OuterRef("revision__plan")).order_by("-number").values("number")[:1]
        rows = super().get_queryset(request).select_related("characteristic__procedure", "revision__plan")
        return rows.annotate(newest=Subquery(newest))

    @admin.display(description=_("In the next draft"))
    def change(self, row: Any) -> str:
        """Where the lines of its procedure are changed; a revision that another followed leads to none."""
        if row.newest != row.revision.number:
            return "–"
        address = reverse("web:plan-draft", args=[row.revision.plan.code, row.characteristic.procedure.code])
        return format_html('<a href="{}">{}</a>', address, _("Change"))


@admin.register(PlanRevision)
class PlanRevisionPage(ReadOnlyPage):
    """Drafted by `load_plan` or procedure by procedure on the pages, approved on its own page by two people."""

    list_display = ["plan", "number", "status", "author", "first_approver", "second_approver"]
    list_filter = ["status", ("plan", RelatedOnlyFieldListFilter)]
    list_select_related = ["plan", "author", "first_approver", "second_approver"]
    search_fields = ["plan__code", "plan__name", "plan__configuration__code"]
    search_help_text = _("A control plan or a configuration")
    inlines = [RequirementLines]

    def view_on_site(self, obj: PlanRevision) -> str:
        return reverse("web:plan", args=[obj.plan.code, obj.number])

    def ledger_subjects(self, obj: PlanRevision) -> Sequence[tuple[str, str]]:
        return [("plan_revision", f"{obj.plan.code}/{obj.number}")]


@admin.register(Requirement)
class RequirementPage(InWords, ReadOnlyPage):
    list_display = ["revision", "line", "characteristic", "required", "level", "special", "legal", "source"]
    exclude = ["lower", "upper", "uncertainty"]
    readonly_fields = ["required", "within"]
    list_filter = ["revision__status", "level", "legal", "special", "expression", "confidence"]
    list_select_related = ["revision__plan", "characteristic"]
    search_fields = ["characteristic__code", "characteristic__name", "characteristic__name_zh", "standard", "clause"]
    search_help_text = _("A characteristic by code or name, a standard or a clause")

    def view_on_site(self, obj: Requirement) -> str:
        return reverse("web:plan", args=[obj.revision.plan.code, obj.revision.number])

    def ledger_subjects(self, obj: Requirement) -> Sequence[tuple[str, str]]:
        return [("plan_revision", f"{obj.revision.plan.code}/{obj.revision.number}")]
