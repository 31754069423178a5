"""Forms of holding many cars: one for each condition, and of letting them go on. Each makes its own condition."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from inspections.dispositions.conditions import (
    MOST_NAMED,
    BuildWindow,
    ComponentLot,
    Condition,
    NamedVehicles,
    ReadVins,
    RigWindow,
    SoftwareVersion,
    read_vins,
)

from .texts import LineField, MomentField, ReasonField, refuse_controls

_NAMED_FAULTS: Final = 20
_LONGEST: Final = 64
_LENGTH: Final = 17
_SHORTEST_END: Final = 6


def _fault(text: str) -> str:
    """What keeps a text from being a VIN, in the language of the page."""
    if len(text) != _LENGTH:
        return gettext("%(count)d characters, a VIN has 17") % {"count": len(text)}
    return gettext("a VIN holds only digits and capital letters without I, O and Q")


class VinsField(forms.CharField):
    """A pasted list of VINs. Cleaned, it is what was read; a text with anything that is no VIN is refused whole."""

    default_validators = [refuse_controls]
    widget = forms.Textarea(attrs={"rows": 8, "maxlength": MOST_NAMED * 20, "class": "code", "spellcheck": "false"})

    def __init__(self, **more: Any) -> None:
        messages: dict[str, Any] = {
            "required": _("Paste the VINs: nothing is entered."),
            "max_length": _("The text is too long: at most %(most)d VINs are read at once.") % {"most": MOST_NAMED},
        }
        super().__init__(max_length=MOST_NAMED * 20, error_messages=messages, **more)

    def clean(self, value: Any) -> ReadVins:
        read = read_vins(super().clean(value))
        faults = [
            ValidationError(_("%(text)s is no VIN: %(fault)s."), params={"text": text, "fault": _fault(text)})
            for text, _why in read.faults[:_NAMED_FAULTS]
        ]
        if len(read.faults) > _NAMED_FAULTS:
            left = len(read.faults) - _NAMED_FAULTS
            words = ngettext("%(count)d more is no VIN either.", "%(count)d more are no VINs either.", left)
            faults.append(ValidationError(words, params={"count": left}))
        if faults:
            raise ValidationError(faults)
        if len(read.vins) > MOST_NAMED:
            found = {"count": len(read.vins), "most": MOST_NAMED}
            raise ValidationError(
                _("%(count)d VINs are named; at most %(most)d are read at once. Hold them in parts."), params=found
            )
        return read


def _from(known: str) -> forms.TextInput:
    """A line that offers what is on record; anything else can be typed, and is then said to be unknown."""
    return forms.TextInput(attrs={"list": f"known-{known}", "autocomplete": "off"})


class ConditionForm(forms.Form):
    """`at` is the moment of asking."""

    def __init__(self, *, at: datetime, **more: Any) -> None:
        super().__init__(auto_id=f"{type(self).__name__.lower()}-%s", **more)
        self.at = at

    def condition(self) -> Condition:
        """What was asked for. Only of a form that is valid."""
        raise NotImplementedError


class NamedForm(ConditionForm):
    vins = VinsField(
        label=_("VINs"),
        help_text=_("As they come from a list or sheet: apart by blanks, lines, commas or semicolons."),
    )

    def condition(self) -> Condition:
        return NamedVehicles(self.cleaned_data["vins"].vins)


class LotForm(ConditionForm):
    component = LineField(label=_("Kind of part"), max_length=_LONGEST, widget=_from("kinds"))
    lot = LineField(label=_("Lot"), max_length=_LONGEST)
    removed = forms.BooleanField(label=_("Also cars from which such a part was removed again"), required=False)

    def condition(self) -> Condition:
        return ComponentLot(self.cleaned_data["component"], self.cleaned_data["lot"], self.cleaned_data["removed"])


class _WindowForm(ConditionForm):
    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until <= since:
            self.add_error("until", _("It ends before it begins: check the two times."))
        return self.cleaned_data


class RigWindowForm(_WindowForm):
    rig = LineField(label=_("Code of the rig"), max_length=_LONGEST, widget=_from("rigs"))
    since = MomentField(label=_("Tests finished from"))
    until = MomentField(label=_("until and including"))

    def condition(self) -> Condition:
        return RigWindow(self.cleaned_data["rig"], self.cleaned_data["since"], self.cleaned_data["until"])


class BuildWindowForm(_WindowForm):
    since = MomentField(label=_("Built from"), help_text=_("A car is built when the plant's system registers it."))
    until = MomentField(label=_("until before"))
    line = LineField(
        label=_("Production line"),
        max_length=32,
        required=False,
        help_text=_("Empty: every line."),
        widget=_from("lines"),
    )
    configuration = LineField(
        label=_("Configuration"),
        max_length=_LONGEST,
        required=False,
        help_text=_("Empty: every configuration."),
        widget=_from("configurations"),
    )

    def condition(self) -> Condition:
        found = self.cleaned_data
        return BuildWindow(found["since"], found["until"], found["line"], found["configuration"])


class SoftwareForm(ConditionForm):
    system = LineField(label=_("System"), max_length=_LONGEST, widget=_from("systems"))
    version = LineField(label=_("Version that runs on it now"), max_length=120)

    def condition(self) -> Condition:
        return SoftwareVersion(self.cleaned_data["system"], self.cleaned_data["version"])


class ListReasonForm(forms.Form):
    reason = ReasonField(label=_("Why they are held"), help_text=_("One reason for all: what was found, or is feared."))


class LiftListForm(forms.Form):
    """Which cars of a list go on, and why. `held`: the VINs that it holds; one of them is named by its end too."""

    which = forms.ChoiceField(
        label=_("Which cars may go on"),
        choices=[("all", _("All that it still holds")), ("some", _("Only these:"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose which cars may go on.")},
    )
    vins = forms.CharField(
        required=False, widget=VinsField.widget, label=_("VINs"), help_text=_("Whole, or their last six characters.")
    )
    reason = ReasonField(label=_("Why they may go on"), help_text=_("What you checked."))

    def __init__(self, *args: Any, held: Collection[str] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        self.held = held

    def _whole(self, word: re.Match[str]) -> str:
        """A VIN of the list for its end, where one alone ends so."""
        end = word[0].upper()
        ending = [vin for vin in self.held if vin.endswith(end)] if len(end) >= _SHORTEST_END else []
        return ending[0] if len(ending) == 1 else word[0]

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if found.get("which") == "some":
            try:
                found["vins"] = VinsField().clean(re.sub(r"[0-9A-Za-z]+", self._whole, found.get("vins", "")))
            except ValidationError as faults:
                self.add_error("vins", faults)
        return found
