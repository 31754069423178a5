"""What of a characteristic is looked at: which cars, rig, batch, position, and from when until when. All by GET."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inspections.batches.models import Batch
from inspections.batches.queries import find_batch

from .texts import LineField, MomentField

LONGEST_WINDOW: Final = timedelta(days=92)
WINDOWS: Final = {
    "8h": (_("last 8 hours"), timedelta(hours=8)),
    "24h": (_("last 24 hours"), timedelta(hours=24)),
    "7d": (_("last 7 days"), timedelta(days=7)),
    "31d": (_("last 31 days"), timedelta(days=31)),
}
DEFAULT_WINDOW: Final = "24h"

Choices = Iterable[tuple[str, str]]


class WindowForm(forms.Form):
    """A window of time, and a rig. Cleaned, `span` is from when until before when, to the second."""

    window = forms.ChoiceField(label=_("Time"), required=False)
    since = MomentField(label=_("or from"), required=False)
    until = MomentField(label=_("until before"), required=False)
    rig = forms.ChoiceField(label=_("Rig"), required=False, error_messages={"invalid_choice": _("No such rig.")})

    def __init__(self, *, at: datetime, rigs: Iterable[str], longest: timedelta = LONGEST_WINDOW, **more: Any) -> None:
        super().__init__(auto_id="filter-%s", **more)
        self.at, self.longest = at, longest
        self._choices("window", [(DEFAULT_WINDOW, str(_("last 24 hours"))), *self._windows()])
        self._choices("rig", [("", str(_("all"))), *((code, code) for code in rigs)])

    def _windows(self) -> Choices:
        fit = {name: words for name, (words, span) in WINDOWS.items() if span <= self.longest}
        return ((name, str(words)) for name, words in fit.items() if name != DEFAULT_WINDOW)

    def _choices(self, name: str, choices: Choices) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(choices)

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self.cleaned_data["span"] = self._span()
        return self.cleaned_data

    def _span(self) -> tuple[datetime, datetime] | None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        latest = self.at.replace(microsecond=0) + timedelta(seconds=1)
        if since is None and until is None:
            chosen = self.cleaned_data.get("window") or DEFAULT_WINDOW
            return latest - WINDOWS[chosen][1], latest
        until = until or latest
        since = since or until - WINDOWS[DEFAULT_WINDOW][1]
        if until <= since:
            raise ValidationError(_("The time ends before it begins: check the two moments."))
        if until - since > self.longest:
            raise ValidationError(
                _("At most %(days)d days are looked at: choose a shorter time."), params={"days": self.longest.days}
            )
        return since, until


class ListForm(WindowForm):
    """Characteristics of one procedure or of all, by a part of their code or name."""

    q = LineField(label=_("Code or name contains"), max_length=64, required=False)
    procedure = forms.ChoiceField(
        label=_("Procedure"), required=False, error_messages={"invalid_choice": _("No such procedure.")}
    )

    field_order = ["q", "procedure", "rig", "window", "since", "until"]

    def __init__(self, *, procedures: Choices, **more: Any) -> None:
        super().__init__(**more)
        self._choices("procedure", [("", str(_("all"))), *procedures])


class CharacteristicForm(WindowForm):
    """Results of one characteristic. With a batch and no time, all of the batch: then `span` is None."""

    product = forms.ChoiceField(
        label=_("Model or configuration"),
        required=False,
        error_messages={"invalid_choice": _("No such model or configuration.")},
    )
    batch = LineField(label=_("Batch"), max_length=64, required=False)
    position = forms.ChoiceField(
        label=_("Position"), required=False, error_messages={"invalid_choice": _("It is not measured there.")}
    )

    field_order = ["product", "batch", "position", "rig", "window", "since", "until"]

    def __init__(self, *, products: Choices, positions: Choices, **more: Any) -> None:
        super().__init__(**more)
        whole = _("last 24 hours, or a whole batch")
        self._choices("window", [("", str(whole)), *self._windows(), (DEFAULT_WINDOW, str(_("last 24 hours")))])
        self._choices("product", [("", str(_("all"))), *products])
        places = list(positions)
        self._choices("position", [("", str(_("all"))), *places])
        if not places:
            self.fields["position"].widget = forms.HiddenInput()

    def clean_batch(self) -> Batch | None:
        text = self.cleaned_data["batch"]
        if not text:
            return None
        found = find_batch(text) or find_batch(text.upper())
        if found is None:
            raise ValidationError(_("There is no batch %(number)s."), params={"number": text})
        return found

    def _span(self) -> tuple[datetime, datetime] | None:
        stated = any(self.cleaned_data.get(name) for name in ("window", "since", "until"))
        return super()._span() if stated or self.cleaned_data.get("batch") is None else None
