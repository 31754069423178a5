from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..people.models import User
from ..records.services import record_act
from .pages import RecordedPage, actor_of

admin.site.unregister(Group)  # Roles are fixed: what each may do is written in people/choices.py, not in a table.


@admin.register(User)
class PersonPage(RecordedPage, UserAdmin):
    """People and their roles. Superusers alone give roles; that they did so is in the ledger."""

    list_display = ["personnel_number", "username", "last_name", "is_active", "is_staff"]
    list_filter = ["groups", "is_active", "is_staff"]
    search_fields = ["personnel_number", "username", "last_name", "first_name"]
    search_help_text = _("A personnel number, an account or a name")
    filter_horizontal = ["groups"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["personnel_number", "first_name", "last_name", "email"]}),
        (_("Roles"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["username", "personnel_number", "password1", "password2"]}),
    ]

    def _may(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        """Django calls this for a new password, which is saved past `save_model`."""
        if any("password" in str(part).lower() for part in (message if isinstance(message, list) else [message])):
            record_act(
                actor=actor_of(request),
                act="user.password_set",
                subject_kind="user",
                subject=str(obj),
                at=timezone.now(),
            )
        return super().log_change(request, obj, message)

    def save_form(self, request: HttpRequest, form: ModelForm, change: bool) -> Any:
        """An empty personnel number is none at all: two people without one are no twins."""
        obj = super().save_form(request, form, change)
        obj.personnel_number = obj.personnel_number or None
        return obj
