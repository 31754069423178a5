"""One line of a control plan as a form: numbers stay the text that was typed until the plan's own checks read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from inspections.catalogue.choices import Basis, Confidence, Period
from inspections.catalogue.drafting import Entry
from inspections.evaluation.facts import Expression, Level

from .texts import LineField, refuse_controls, too_long

MOST_LINES: Final = 80
_LONGEST_NOTE: Final = 2_000
_EMPTY: Final = ("", "")
_CHOOSE: Final = {"required": _("Choose one."), "invalid_choice": _("This cannot be chosen here. Load the page again.")}

EXPRESSIONS: Final = [
    _EMPTY,
    (Expression.INSIDE.value, _("within its limits")),
    (Expression.OUTSIDE.value, _("outside its limits")),
    (Expression.EQUAL.value, _("exactly a value")),
    (Expression.NOT_EQUAL.value, _("not a value")),
    (Expression.ONE_OF.value, _("one of several values")),
    (Expression.CONFORMS.value, _("conforms")),
    (Expression.ANY_OF.value, _("one of several characteristics conforms")),
]
LEVELS: Final = [
    _EMPTY,
    (Level.EVERY_VEHICLE.value, _("every car")),
    (Level.SAMPLE.value, _("samples")),
    (Level.TYPE.value, _("the type, by coverage")),
]
BASES: Final = [_EMPTY, (Basis.PER_PERIOD.value, _("of a period")), (Basis.PER_BATCH.value, _("of a batch"))]
PERIODS: Final = [
    _EMPTY,
    (Period.SHIFT.value, _("a shift")),
    (Period.WEEK.value, _("a week")),
    (Period.MONTH.value, _("a month")),
    (Period.LOT.value, _("a material lot")),
]
CONFIDENCES: Final = [
    _EMPTY,
    (Confidence.READ.value, _("read in the standard")),
    (Confidence.READ_SECONDARY.value, _("read second-hand")),
    (Confidence.MEMORY_HIGH.value, _("known, not read")),
    (Confidence.MEMORY_MEDIUM.value, _("known, to be checked")),
    (Confidence.PLANT_DEFAULT.value, _("plant default, not law")),
]


def _optional(most: int, label: Any, help_text: Any = "") -> LineField:
    return LineField(max_length=most, required=False, label=label, help_text=help_text)


def _tick(label: Any) -> forms.BooleanField:
    return forms.BooleanField(required=False, label=label)


def _choice(choices: Sequence[Any], label: Any, *, required: bool = False) -> forms.ChoiceField:
    return forms.ChoiceField(choices=choices, label=label, required=required, error_messages=_CHOOSE)


def _whole(label: Any, most: int, help_text: Any = "") -> forms.IntegerField:
    messages = {
        "invalid": _("This is no whole number."),
        "min_value": _("At least %(limit_value)d is taken."),
        "max_value": _("At most %(limit_value)d is taken."),
    }
    return forms.IntegerField(
        required=False, min_value=0, max_value=most, label=label, help_text=help_text, error_messages=messages
    )


class LineForm(forms.Form):
    """`number` is that of the line as it was shown, empty for a new one."""

    number = forms.IntegerField(required=False, widget=forms.HiddenInput)
    characteristic = _choice([], _("Characteristic"), required=True)
    expression = _choice(EXPRESSIONS, _("Passes when it is"), required=True)
    lower = _optional(64, _("Lower limit"))
    lower_strict = _tick(_("The lower limit itself fails"))
    upper = _optional(64, _("Upper limit"))
    upper_strict = _tick(_("The upper limit itself fails"))
    uncertainty = _optional(64, _("Uncertainty"), _("In the unit of the limits. Empty: not stated."))
    unit = _optional(16, _("Unit"), _("Empty: that of the characteristic."))
    positions = _optional(2_000, _("Positions"), _("Codes with commas between them; empty: all that it has."))
    values = forms.CharField(
        label=_("Values"),
        help_text=_("One on each line, as they are stated."),
        required=False,
        max_length=20_000,
        validators=[refuse_controls],
        error_messages=too_long(20_000),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    any_case = _tick(_("Large and small letters are alike"))
    members = _optional(2_000, _("One of these characteristics"), _("Codes with commas between them."))
    level = _choice(LEVELS, _("Asked of"), required=True)
    basis = _choice(BASES, _("Samples are"))
    period = _choice(PERIODS, _("Period"))
    size = _whole(_("Number of samples"), 1_000_000)
    acceptance = _whole(_("Rejects accepted"), 1_000_000)
    legal = _tick(_("The law asks for it"))
    repeats = _whole(_("Repeats allowed"), 100)
    effective_from = _optional(10, _("In force from"), _("As 2026-07-01. Empty: always."))
    effective_to = _optional(10, _("until before"))
    standard = _optional(120, _("Standard"), _("Empty, with what follows: as in the catalogue."))
    edition = _optional(32, _("Edition"))
    clause = _optional(120, _("Clause"))
    confidence = _choice(CONFIDENCES, _("How sure"))
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=_LONGEST_NOTE,
        validators=[refuse_controls],
        error_messages=too_long(_LONGEST_NOTE),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    out = _tick(_("Take this line out"))

    def __init__(self, *args: Any, characteristics: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["characteristic"].choices = [_EMPTY, *characteristics]  # type: ignore[attr-defined]

    @property
    def asked(self) -> Entry:
        """What was filled in, as a plan document states it: empty is left out, and the plan's checks judge the rest."""
        data = self.cleaned_data
        entry: Entry = {
            "characteristic": data["characteristic"],
            "level": data["level"],
            "expression": data["expression"],
            "legal": data["legal"],
            "repeats": data["repeats"] or 0,
            "note": data["note"].replace("\r\n", "\n"),
        }
        entry |= {name: data[name] for name in ("unit", "uncertainty", "effective_from", "effective_to") if data[name]}
        for name in ("lower", "upper"):
            if data[name]:
                entry[name] = {"value": data[name], "strict": data[f"{name}_strict"]}
        entry |= {name: _codes(data[name]) for name in ("positions", "members") if data[name]}
        if values := [line.strip() for line in data["values"].splitlines() if line.strip()]:
            several = data["expression"] == Expression.ONE_OF or len(values) > 1
            entry |= {"values": values} if several else {"value": values[0]}
        if data["any_case"]:
            entry["case_sensitive"] = False
        if data["basis"] or data["period"] or data["size"] or data["acceptance"]:
            sampling = {"basis": data["basis"], "size": data["size"] or 0, "acceptance": data["acceptance"] or 0}
            entry["sampling"] = sampling | ({"period": data["period"]} if data["period"] else {})
        entry |= {name: data[name] for name in ("standard", "edition", "clause", "confidence") if data[name]}
        return entry


def _codes(text: str) -> list[str]:
    return [code for code in re.split(r"[,，、\s]+", text) if code]


def line_initial(number: int, entry: Entry) -> dict[str, Any]:
    """The fields of a line as it is."""
    sampling = entry.get("sampling", {})
    values = entry.get("values", [entry["value"]] if "value" in entry else [])
    return {
        **{name: entry.get(name, "") for name in LineForm.base_fields},
        **{name: sampling.get(name, "") for name in ("basis", "period", "size", "acceptance")},
        **{name: entry.get(name, {}).get("value", "") for name in ("lower", "upper")},
        **{f"{name}_strict": entry.get(name, {}).get("strict", False) for name in ("lower", "upper")},
        **{name: ", ".join(entry.get(name, ())) for name in ("positions", "members")},
        "number": number,
        "values": "\n".join(values),
        "any_case": not entry.get("case_sensitive", True),
        "legal": entry["legal"],
        "out": False,
    }


class NoteForm(forms.Form):
    """`seen` is the digest of the revision whose lines the page showed."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("What the revision says of itself"),
        help_text=_("What changed and why, for whoever approves it. It stays with the revision."),
        required=False,
        max_length=_LONGEST_NOTE,
        validators=[refuse_controls],
        error_messages=too_long(_LONGEST_NOTE),
        widget=forms.Textarea(attrs={"rows": 6}),
    )


LineForms: type[BaseFormSet[LineForm]] = formset_factory(
    LineForm, extra=2, max_num=MOST_LINES, absolute_max=MOST_LINES, validate_max=True
)
