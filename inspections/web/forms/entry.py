"""The form of one inspection: what was typed becomes what is posted, or stays where it was typed with what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from inspections.evaluation.facts import Kind
from inspections.evaluation.quantities import is_whole, parse_number
from inspections.evaluation.reasons import JudgementReason
from inspections.results.decoding import BodyRefused, PostedInspection, WrittenNumber, decode_fields
from inspections.results.posted import LONGEST_NUMBER, LONGEST_VALUE

from ..entering import Slot, Ticket
from ..photo_tokens import Held
from ..value_marks import Mark, Marked
from .texts import LineField, refuse_controls_in_a_line

LONGEST_WHY: Final = 200
CONFORMS: Final = "conforms"
_GROUPING: Final = frozenset(" '’_\u00a0\u2009\u202f")


def written_number(text: str, *, whole: bool = False) -> WrittenNumber | None:
    """The number that was typed, digit for digit, with a full stop for its decimal mark; None for nothing.

    One comma is a decimal mark, as a full stop is. Raises ValidationError for grouping and for whatever is no number.
    """
    typed = text.strip()
    if not typed:
        return None
    marks = typed.count(",") + typed.count(".")
    grouped = marks > 1 or _GROUPING.intersection(typed)
    if grouped and not any(each.isalpha() for each in typed):
        raise ValidationError(
            _("Write it without grouping, with one comma or full stop for the decimals, such as 1234.5."),
            code="grouping",
        )
    spelled = typed.replace(",", ".").replace("\N{MINUS SIGN}", "-")
    number = parse_number(spelled)
    if number is JudgementReason.NUMBER_OUT_OF_RANGE:
        raise ValidationError(_("At most 30 digits and a power of ten within 30 can be kept."), code="out_of_range")
    if grouped or not isinstance(number, Decimal):
        raise ValidationError(
            _("“%(typed)s” is no number. Type digits only, without the unit."),
            code="not_a_number",
            params={"typed": typed[:40]},
        )
    if whole and not is_whole(number):
        raise ValidationError(_("This is counted: a whole number is expected."), code="not_whole")
    return WrittenNumber(spelled)


class NumberField(forms.CharField):
    """A reading. Cleaned, it is a WrittenNumber, or None for nothing."""

    default_validators = [refuse_controls_in_a_line]

    def __init__(self, *, whole: bool, **more: Any) -> None:
        self.whole = whole
        super().__init__(required=False, **more)

    def clean(self, value: Any) -> WrittenNumber | None:
        text = str(self.to_python(value))
        if len(text) > LONGEST_NUMBER:
            raise ValidationError(
                _("It has %(found)d characters; at most %(most)d make a number."),
                params={"found": len(text), "most": LONGEST_NUMBER},
            )
        self.run_validators(text)
        return written_number(text, whole=self.whole)


@dataclass(frozen=True, slots=True)
class Row:
    """One slot as the page draws it: its field, and the two of what cannot be measured."""

    slot: Slot
    value: BoundField
    cannot: BoundField
    why: BoundField

    @property
    def wrong(self) -> bool:
        return bool(self.value.errors or self.cannot.errors or self.why.errors)

    @property
    def is_choice(self) -> bool:
        return self.slot.kind is Kind.ATTRIBUTE


class EntryForm(forms.Form):
    """`slots` are the values asked for, `rigs` the devices by id, `software` the recorded versions by system.

    `marks` says what the gates know of each slot; one of which a good result stands may be left out without a word.
    """

    def __init__(
        self,
        *,
        slots: Sequence[Slot],
        rigs: Mapping[str, str],
        software: Mapping[str, str],
        marks: Mapping[str, Marked] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(auto_id="f-%s", **more)
        self.slots = tuple(slots)
        self.systems = tuple(software)
        self.marks = marks or {}
        self.empty: list[Slot] = []
        self.photos: list[Held] = []
        self.photo_problems: list[str] = []
        self.fields["rig"] = forms.ChoiceField(
            choices=list(rigs.items()),
            error_messages={
                "required": _("Choose the device you measured with."),
                "invalid_choice": _("This device may not carry out the procedure now. Choose one that may."),
            },
        )
        for system, version in software.items():
            self.fields[f"software-{system}"] = LineField(label=system, max_length=120, required=False, initial=version)
        if software:
            self.fields["software_seen"] = forms.BooleanField(
                error_messages={"required": _("Say that you saw these versions in the car.")}
            )
        for slot in self.slots:
            self._add(slot)
        self.fields["without_empty"] = forms.BooleanField(required=False)

    def _add(self, slot: Slot) -> None:
        attributes = {"autocomplete": "off", "spellcheck": "false", "data-value": "", "autocapitalize": "off"}
        field: forms.Field
        if slot.kind is Kind.ATTRIBUTE:
            choices = [(CONFORMS, _("Conforms")), ("not", _("Does not conform"))]
            field = forms.ChoiceField(
                choices=choices,
                required=False,
                widget=forms.RadioSelect(attrs={"data-value": ""}),
                error_messages={"invalid_choice": _("Choose conforms or does not conform.")},
            )
        elif slot.kind is Kind.IDENTITY:
            # A scan belongs into a field of identity, never into a number.
            field = LineField(max_length=LONGEST_VALUE, required=False)
            field.widget.attrs.update(attributes, **{"data-identity": ""})
        else:
            mode = "numeric" if slot.kind is Kind.COUNT else "decimal"
            field = NumberField(whole=slot.kind is Kind.COUNT)
            field.widget.attrs.update(attributes, inputmode=mode, maxlength=LONGEST_NUMBER)
        field.label = slot.label
        self.fields[slot.name] = field
        self.fields[f"{slot.name}~no"] = forms.BooleanField(required=False, label=_("Cannot measure"))
        why = LineField(max_length=LONGEST_WHY, required=False, label=_("Why it cannot be measured"))
        self.fields[f"{slot.name}~why"] = why

    def rows(self) -> list[Row]:
        return [Row(slot, self[slot.name], self[f"{slot.name}~no"], self[f"{slot.name}~why"]) for slot in self.slots]

    def versions(self) -> list[BoundField]:
        return [self[f"software-{system}"] for system in self.systems]

    def clean(self) -> dict[str, Any]:
        entered = 0
        self.empty = []
        for slot in self.slots:
            state = self._check(slot)
            entered += state == "entered"
            if state == "empty" and slot.line is not None and not self._good(slot):
                self.empty.append(slot)
        if self.empty and not self.cleaned_data.get("without_empty"):
            for slot in self.empty:
                self.add_error(slot.name, _("Nothing is entered. Type a value, or say that it cannot be measured."))
        elif not entered and not self.errors:
            raise ValidationError(_("Nothing is entered at all. Nothing was recorded."), code="nothing")
        return self.cleaned_data

    def _good(self, slot: Slot) -> bool:
        marked = self.marks.get(slot.name)
        return marked is not None and marked.mark is Mark.GOOD

    def _check(self, slot: Slot) -> str:
        """`entered`, `empty`, or `wrong` once its error is noted."""
        data = self.cleaned_data
        if slot.name not in data:
            return "wrong"
        has_value = data[slot.name] not in (None, "")
        cannot, why = bool(data.get(f"{slot.name}~no")), data.get(f"{slot.name}~why", "")
        if cannot and has_value:
            self.add_error(f"{slot.name}~no", _("There is a value too. Take one of the two away."))
            return "wrong"
        if cannot and not why:
            if f"{slot.name}~why" in data:
                self.add_error(f"{slot.name}~why", _("Say why it cannot be measured."))
            return "wrong"
        return "entered" if has_value or cannot else "empty"

    def not_measured(self) -> list[dict[str, str]]:
        """What was said to be impossible to measure, and why."""
        return [
            {"characteristic": slot.code, "position": slot.position, "reason": self.cleaned_data[f"{slot.name}~why"]}
            for slot in self.slots
            if self.cleaned_data.get(f"{slot.name}~no")
        ]

    def posted(self, ticket: Ticket, *, operator: str, finished_at: datetime) -> PostedInspection | None:
        """What the form says, as it is posted; None where that refuses it, with the errors beside their fields."""
        measured = list(self._measured())
        fields = {
            "id": ticket.id,
            "vin": ticket.vin,
            "procedure": ticket.procedure,
            "started_at": min(ticket.started_at, finished_at),
            "finished_at": finished_at,
            "operator": operator,
            "software": self._software() or None,
            "measurements": [fields for _, fields in measured],
        }
        try:
            return decode_fields(fields)
        except BodyRefused as refused:
            for error in refused.errors:
                parts = error.pointer.split("/")
                at_value = parts[1:2] == ["measurements"] and parts[2:3]
                self.add_error(measured[int(parts[2])][0].name if at_value else None, error.detail)
            return None

    def _measured(self) -> Iterator[tuple[Slot, dict[str, Any]]]:
        for slot in self.slots:
            value = self.cleaned_data[slot.name]
            cannot = self.cleaned_data[f"{slot.name}~no"]
            if cannot or value not in (None, ""):
                yield slot, measured_fields(slot, None if cannot else value)

    def _software(self) -> list[dict[str, str]]:
        found = {system: self.cleaned_data[f"software-{system}"] for system in self.systems}
        return [{"system": system, "version": version} for system, version in found.items() if version]


def measured_fields(slot: Slot, value: Any) -> dict[str, Any]:
    """One value of the form as it is posted: a choice becomes true or false, a number carries its unit."""
    if slot.kind is Kind.ATTRIBUTE and value is not None:
        value = value == CONFORMS
    numeric = slot.kind in (Kind.VARIABLE, Kind.COUNT)
    return {
        "characteristic": slot.code,
        "position": slot.position or None,
        "value": value,
        "unit": slot.unit if numeric and slot.unit else None,
    }
