"""Two kinds of admin page: one that writes each change into the ledger, and one that only shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db import models, transaction
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from ..people.choices import Role
from ..people.rules import Actor
from ..records.services import record_act
from .histories import ShowsHistory

SECRET_FIELDS = frozenset({"password", "digest"})


class WrittenByServices:
    """Rows that services alone write: staff read them; nothing can be added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_staff)


class FilteredByWhatIsRead:
    """An address filters by texts, numbers and moments: what is kept as bytes (digests, bodies) is no filter."""

    model: type[models.Model]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        own = {field.name for field in self.model._meta.concrete_fields if isinstance(field, models.BinaryField)}
        return lookup.split("__")[0] not in own and super().lookup_allowed(lookup, value, request)  # type: ignore[misc]


class ReadOnlyPage(FilteredByWhatIsRead, WrittenByServices, ShowsHistory, admin.ModelAdmin):
    """A page of rows that services alone write."""

    actions = None


class RecordedPage(FilteredByWhatIsRead, ShowsHistory, admin.ModelAdmin):
    """Master data. Who may change it is a role; every change is an act in the ledger; nothing is ever deleted.

    `written_once` names the fields that say what a row is: they can be set only when it is added.
    """

    actions = None
    roles: tuple[Role, ...] = (Role.CATALOGUE_OWNER,)
    written_once: tuple[str, ...] = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def _may(self, request: HttpRequest) -> bool:
        if not (request.user.is_active and request.user.is_staff):
            return False
        return not actor_of(request).roles.isdisjoint(self.roles)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = list(super().get_readonly_fields(request, obj))
        return fixed if obj is None else [*fixed, *self.written_once]

    def save_model(self, request: HttpRequest, obj: models.Model, form: ModelForm, change: bool) -> None:
        before, at = _values(type(obj)._default_manager.get(pk=obj.pk)) if change else None, timezone.now()
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            record_change(request, obj, before, at)
            if not change:
                self.have_decided(at)

    def have_decided(self, at: datetime) -> None:
        """What a row that was added makes undecided: of most tables nothing."""

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        """Many-to-many fields (a person's groups) are saved after the row: they are recorded too."""
        names = [field.name for field in self.model._meta.many_to_many if field.name in form.cleaned_data]
        before, at = {name: _texts(getattr(form.instance, name)) for name in names}, timezone.now()
        with transaction.atomic():
            super().save_related(request, form, formsets, change)
            after = {name: _texts(getattr(form.instance, name)) for name in names}
            if before != after:
                _record(request, form.instance, before, after, at, added=False)


def record_change(request: HttpRequest, obj: models.Model, before: dict[str, str] | None, at: datetime) -> None:
    """Write what was added or changed into the ledger: the fields that differ, as text."""
    after = _values(obj)
    if before is None:
        _record(request, obj, None, after, at, added=True)
        return
    changed = {name for name in after if before.get(name) != after[name]}
    if changed:
        _record(
            request,
            obj,
            {name: "(secret)" if name in SECRET_FIELDS else before[name] for name in sorted(changed)},
            {name: "(secret)" if name in SECRET_FIELDS else after[name] for name in sorted(changed)},
            at,
            added=False,
        )


def actor_of(request: HttpRequest) -> Actor:
    """The person who asks, with roles, read once a request: of each table is asked whether it may be changed."""
    if not hasattr(request, "interlock_actor"):
        actor = Actor.person(request.user, request_id=getattr(request, "request_id", ""))  # type: ignore[arg-type]
        request.interlock_actor = actor  # type: ignore[attr-defined]
    found: Actor = request.interlock_actor  # type: ignore[attr-defined]
    return found


def _record(request: HttpRequest, obj: models.Model, before: Any, after: Any, at: datetime, *, added: bool) -> None:
    kind = obj._meta.model_name or ""
    record_act(
        actor=actor_of(request),
        act=f"{kind}.{'added' if added else 'changed'}",
        subject_kind=kind,
        subject=str(obj),
        at=at,
        before=before,
        after=after,
    )


def _values(obj: models.Model) -> dict[str, str]:
    return {
        field.attname: "(secret)" if field.name == "digest" else str(getattr(obj, field.attname))
        for field in obj._meta.concrete_fields
    }


def _texts(related: Any) -> list[str]:
    return sorted(str(row) for row in related.all())
