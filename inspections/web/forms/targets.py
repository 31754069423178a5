"""The form of a target of delivery: how many cars a year, from when, and when the plant works."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inspections.batches.models import DeliveryTarget
from inspections.batches.targets import MOST_CARS
from inspections.catalogue.models import VehicleModel

from .texts import DAY_EXAMPLE, LineField, ReasonField, refuse_controls, written_like

_LONGEST: Final = 6_000
_DAYS: Final = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


class DatesField(forms.CharField):
    """Days apart by blanks, lines, commas or semicolons. Cleaned, it is a list of dates."""

    default_validators = [refuse_controls]
    widget = forms.Textarea(attrs={"rows": 3, "maxlength": _LONGEST, "class": "code", "spellcheck": "false"})

    def clean(self, value: Any) -> list[date]:
        found = []
        for word in re.split(r"[\s,;，；、]+", str(super().clean(value)).strip()):
            try:
                found += [date.fromisoformat(word)] if word else []
            except ValueError as fault:
                text = _("%(text)s is no day. Write days as 2026-10-01.")
                raise ValidationError(text, params={"text": word[:40]}) from fault
        return found


class TargetForm(forms.Form):
    model = forms.ModelChoiceField(
        label=_("Of what"), queryset=VehicleModel.objects.order_by("code"), to_field_name="code", required=False,
        empty_label=_("The whole plant"), blank=True,
        error_messages={"invalid_choice": _("There is no such model: choose one of the list.")},
    )  # fmt: skip
    cars_per_year = forms.IntegerField(
        label=_("Cars a year"), min_value=0, max_value=MOST_CARS,
        help_text=_("Spread evenly over the working time of the year. 0 ends the target."),
        error_messages={
            "required": _("Enter how many cars a year."),
            "invalid": _("This is no whole number. Write it as 400000."),
            "min_value": _("Enter a number from 0 on."),
            "max_value": _("At most %(limit_value)s cars a year."),
        },
    )  # fmt: skip
    effective_on = forms.DateField(
        label=_("From this day on"), widget=forms.DateInput(attrs=written_like(DAY_EXAMPLE), format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        help_text=_("Today or later: what was asked of days that are over stays. The first target may begin with the "
            "year."),
        error_messages={
            "required": _("Enter the day."), "invalid": _("This is no day. Write it as 2026-10-01."),
        },
    )  # fmt: skip
    weekdays = forms.TypedMultipleChoiceField(
        label=_("The plant works on"), choices=list(enumerate(_DAYS, 1)), coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose the weekdays on which the plant works.")},
    )  # fmt: skip
    hours = LineField(
        label=_("Working hours"), max_length=400,
        help_text=_("Spans of the plant's clock, apart by commas: 06:00-14:00, 14:30-22:30. The day ends at 24:00; a "
            "night is two spans."),
    )  # fmt: skip
    closed_days = DatesField(
        label=_("Closed days"), required=False, max_length=_LONGEST,
        help_text=_("Holidays and shutdowns on which nothing is built, as 2026-10-01. Empty: none."),
    )  # fmt: skip
    reason = ReasonField(label=_("Why"), help_text=_("Who asks for it, and what was decided."))

    def clean_hours(self) -> list[str]:
        return [part.strip() for part in re.split(r"[,;，；、]", self.cleaned_data["hours"]) if part.strip()]


def filled_from(target: DeliveryTarget | None, today: date) -> dict[str, Any]:
    """What the form offers at first: the calendar of the newest target."""
    if target is None:
        return {"weekdays": list(range(1, 8)), "hours": "00:00-24:00", "effective_on": today}
    return {
        "model": target.model.code if target.model else "",
        "cars_per_year": target.cars_per_year,
        "weekdays": target.weekdays,
        "hours": ", ".join(target.hours),
        "closed_days": "\n".join(day.isoformat() for day in target.closed_days),
        "effective_on": today,
    }
