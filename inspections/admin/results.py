from django.contrib import admin

from ..intake.models import Kept, Submission
from ..results.models import Inspection
from .pages import ReadOnlyPage


@admin.register(Inspection)
class InspectionPage(ReadOnlyPage):
    list_display = ["external_id", "rig_id", "vehicle", "procedure_id", "finished_at", "recorded_at", "verdict"]
    list_select_related = ["vehicle"]
    search_fields = ["=external_id", "=vehicle__vin"]
    show_full_result_count = False


@admin.register(Submission)
class SubmissionPage(ReadOnlyPage):
    list_display = ["name", "rig", "state", "adapter", "recorded", "refused", "received_at"]
    list_filter = ["state"]
    list_select_related = ["rig"]
    search_fields = ["sha256", "name"]


@admin.register(Kept)
class KeptPage(ReadOnlyPage):
    list_display = ["id", "kind", "state", "rig", "external_id", "vin", "code", "received_at"]
    list_filter = ["kind", "state", "code"]
    list_select_related = ["rig"]
    search_fields = ["=vin", "=external_id"]
    exclude = ["body"]
