from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin import RelatedOnlyFieldListFilter
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..people.choices import Role
from ..rigs.models import (
    ApiKey,
    Authorisation,
    Calibration,
    OutOfTolerance,
    ProfileAssignment,
    ProfileRevision,
    Rig,
    RigProfile,
    SystemClient,
)
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

    def view_on_site(self, obj: Rig) -> str:
        return reverse("web:rig", args=[obj.code])

    def ledger_subjects(self, obj: Rig) -> Sequence[tuple[str, str]]:
        return [("rig", obj.code)]


@admin.register(SystemClient)
class SystemClientPage(RecordedPage):
    list_display = ["code", "name"]
    search_fields = ["code", "name"]
    written_once = ("code",)

    def ledger_subjects(self, obj: SystemClient) -> Sequence[tuple[str, str]]:
        return [("systemclient", str(obj)), ("client", obj.code)]


class OfARig(ReadOnlyPage):
    """Facts about a rig: they lead to its page, and the ledger keeps them under it."""

    def view_on_site(self, obj: Any) -> str | None:
        return reverse("web:rig", args=[obj.rig.code]) if obj.rig is not None else None

    def ledger_subjects(self, obj: Any) -> Sequence[tuple[str, str]]:
        return [("rig", obj.rig.code)] if obj.rig is not None else []


@admin.register(ApiKey)
class ApiKeyPage(OfARig):
    """Keys are issued and revoked on the rig's page and by `manage.py issue_key`; the secret is never here."""

    list_display = ["prefix", "rig", "client", "created_at", "expires_at", "revoked_at"]
    list_select_related = ["rig", "client"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter), "created_at"]
    search_fields = ["=prefix", "rig__code", "client__code"]
    search_help_text = _("The beginning of a key, a rig or a system")
    exclude = ["digest"]

    def ledger_subjects(self, obj: ApiKey) -> Sequence[tuple[str, str]]:
        return [("client", obj.client.code)] if obj.client is not None else super().ledger_subjects(obj)


@admin.register(Calibration)
class CalibrationPage(OfARig):
    list_display = ["rig", "certificate", "valid_from", "valid_until", "recorded_by", "recorded_at"]
    list_select_related = ["rig"]
    list_filter = [("rig", RelatedOnlyFieldListFilter), "valid_until"]
    search_fields = ["rig__code", "certificate"]
    search_help_text = _("A rig or a certificate")


@admin.register(OutOfTolerance)
class OutOfTolerancePage(OfARig):
    list_display = ["rig", "back_to", "found_at", "reason", "recorded_by"]
    list_select_related = ["rig"]
    list_filter = ["found_at"]
    search_fields = ["rig__code", "reason"]
    search_help_text = _("A rig, or words of what was found")


@admin.register(Authorisation)
class AuthorisationPage(OfARig):
    list_display = ["rig", "procedure", "granted", "effective_at", "recorded_by"]
    list_select_related = ["rig", "procedure"]
    list_filter = ["granted", ("procedure", RelatedOnlyFieldListFilter), "effective_at"]
    search_fields = ["rig__code", "procedure__code"]
    search_help_text = _("A rig or a procedure")


@admin.register(RigProfile)
class RigProfilePage(ReadOnlyPage):
    list_display = ["code", "adapter", "name"]
    list_filter = ["adapter"]
    search_fields = ["code", "name"]

    def view_on_site(self, obj: RigProfile) -> str:
        return reverse("web:profile", args=[obj.code])

    def ledger_subjects(self, obj: RigProfile) -> Sequence[tuple[str, str]]:
        numbers = obj.revisions.values_list("number", flat=True)
        return [("profile", obj.code), *(("profile_revision", f"{obj.code}/{number}") for number in numbers)]


@admin.register(ProfileRevision)
class ProfileRevisionPage(ReadOnlyPage):
    """Drafted on the page of the profile, approved there by two people."""

    list_display = ["profile", "number", "status", "author", "first_approver", "second_approver"]
    list_filter = ["status", ("profile", RelatedOnlyFieldListFilter)]
    list_select_related = ["profile", "author", "first_approver", "second_approver"]
    search_fields = ["profile__code", "profile__name"]

    def view_on_site(self, obj: ProfileRevision) -> str:
        return reverse("web:profile-revision", args=[obj.profile.code, obj.number])

    def ledger_subjects(self, obj: ProfileRevision) -> Sequence[tuple[str, str]]:
        return [("profile_revision", f"{obj.profile.code}/{obj.number}")]


@admin.register(ProfileAssignment)
class ProfileAssignmentPage(OfARig):
    list_display = ["rig", "profile", "assigned", "effective_at", "recorded_by"]
    list_select_related = ["rig", "profile"]
    list_filter = ["assigned", ("profile", RelatedOnlyFieldListFilter), "effective_at"]
    search_fields = ["rig__code", "profile__code"]
    search_help_text = _("A rig or a profile")
