from collections.abc import Sequence

from django.contrib import admin
from django.contrib.admin import RelatedOnlyFieldListFilter
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..intake.models import Kept, Submission
from ..results.models import Inspection
from .finding import FindsCars
from .pages import ReadOnlyPage


@admin.register(Inspection)
class InspectionPage(FindsCars, ReadOnlyPage):
    list_display = ["external_id", "rig_id", "vehicle", "procedure_id", "finished_at", "recorded_at", "verdict"]
    list_filter = ["verdict", "purpose", "finished_at"]
    list_select_related = ["vehicle"]
    search_fields = ["=external_id"]
    search_help_text = _("Its id at the rig, a VIN or its last six")
    show_full_result_count = False

    def view_on_site(self, obj: Inspection) -> str | None:
        if obj.vehicle is None:
            return None
        return f"{reverse('web:vehicle', args=[obj.vehicle.vin])}#inspection-{obj.pk}"

    def ledger_subjects(self, obj: Inspection) -> Sequence[tuple[str, str]]:
        own = [("inspection", obj.external_id)]
        return own if obj.vehicle is None else [*own, ("vehicle", obj.vehicle.vin)]


@admin.register(Submission)
class SubmissionPage(ReadOnlyPage):
    list_display = ["name", "rig", "state", "adapter", "recorded", "refused", "received_at"]
    list_filter = ["state", ("rig", RelatedOnlyFieldListFilter), "received_at"]
    list_select_related = ["rig"]
    search_fields = ["=sha256", "=name", "=vin", "=rig__code"]
    search_help_text = _("The file's name or SHA-256, a VIN or a rig, as written")
    show_full_result_count = False

    def view_on_site(self, obj: Submission) -> str:
        return reverse("web:submission", args=[obj.pk])

    def ledger_subjects(self, obj: Submission) -> Sequence[tuple[str, str]]:
        return [("submission", obj.sha256)]


@admin.register(Kept)
class KeptPage(ReadOnlyPage):
    list_display = ["id", "kind", "state", "rig", "external_id", "vin", "code", "received_at"]
    list_filter = ["kind", "state", "code", ("rig", RelatedOnlyFieldListFilter), "received_at"]
    list_select_related = ["rig"]
    search_fields = ["=vin", "=external_id", "=rig__code", "vin__endswith"]
    search_help_text = _("A VIN or its end, an id at the rig, a rig")
    exclude = ["body"]
    show_full_result_count = False

    def view_on_site(self, obj: Kept) -> str:
        return reverse("web:intake-kept", args=[obj.pk])

    def ledger_subjects(self, obj: Kept) -> Sequence[tuple[str, str]]:
        return [("vehicle", obj.vin)] if obj.vin else [("kept", str(obj.pk))]
