from django.contrib import admin

from ..people.choices import Role
from ..rigs.models import ApiKey, Authorisation, Calibration, OutOfTolerance, Rig, SystemClient
from .pages import ReadOnlyPage, RecordedPage


@admin.register(Rig)
class RigPage(RecordedPage):
    """What a rig is. Calibration, authorisation and keys are acts of their own, on the rig's page."""

    roles = (Role.CATALOGUE_OWNER, Role.ENGINEER)
    list_display = ["code", "name", "line", "needs_calibration", "attended", "last_heard_at"]
    list_filter = ["line", "needs_calibration", "attended"]
    search_fields = ["code", "name"]
    fields = ["code", "name", "line", "attended", "needs_calibration"]
    # Whether it needs calibration decides what counts: it is said once, when the rig is entered.
    written_once = ("code", "needs_calibration")


@admin.register(SystemClient)
class SystemClientPage(RecordedPage):
    list_display = ["code", "name"]
    search_fields = ["code"]
    written_once = ("code",)


@admin.register(ApiKey)
class ApiKeyPage(ReadOnlyPage):
    """Keys are issued and revoked on the rig's page and by `manage.py issue_key`; the secret is never here."""

    list_display = ["prefix", "rig", "client", "created_at", "expires_at", "revoked_at"]
    list_select_related = ["rig", "client"]
    search_fields = ["prefix", "rig__code", "client__code"]
    exclude = ["digest"]


@admin.register(Calibration)
class CalibrationPage(ReadOnlyPage):
    list_display = ["rig", "certificate", "valid_from", "valid_until", "recorded_by", "recorded_at"]
    list_select_related = ["rig"]
    search_fields = ["rig__code", "certificate"]


@admin.register(OutOfTolerance)
class OutOfTolerancePage(ReadOnlyPage):
    list_display = ["rig", "back_to", "found_at", "reason", "recorded_by"]
    list_select_related = ["rig"]
    search_fields = ["rig__code"]


@admin.register(Authorisation)
class AuthorisationPage(ReadOnlyPage):
    list_display = ["rig", "procedure", "granted", "effective_at", "recorded_by"]
    list_select_related = ["rig", "procedure"]
    search_fields = ["rig__code", "procedure__code"]
