"""Forms of the answers to a nonconformance, of a review, and of declaring an inspection void."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from inspections.dispositions.answering import PartChange

from ..cause_words import CAUSES
from .texts import LONGEST_REASON, LineField, MomentField, ReasonField, refuse_controls, too_long

PART_ROWS: Final = 3
_LONGEST_SERIAL: Final = 64


class _AnswerForm(forms.Form):
    """Each form of a page has ids of its own."""

    def __init__(self, **more: Any) -> None:
        super().__init__(auto_id=f"{type(self).__name__.lower()}-%s", **more)


class _RemarkField(forms.CharField):
    """A person's own words that may be left out."""

    default_validators = [refuse_controls]
    widget = forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_REASON})

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=LONGEST_REASON, required=False, error_messages=too_long(LONGEST_REASON), **more)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class TakeForm(_AnswerForm):
    cause_class = forms.ChoiceField(
        label=_("Class of cause"),
        help_text=_("Where it lies. It can be said again once more is known."),
        choices=[("", "")],
        error_messages={
            "required": _("Choose where the cause lies, or that it is not known yet."),
            "invalid_choice": _("Choose where the cause lies, or that it is not known yet."),
        },
    )
    cause = _RemarkField(label=_("Cause"), help_text=_("What made it fail, as far as it is known."))
    containment = _RemarkField(
        label=_("Containment"), help_text=_("What keeps the same fault from going on: cars looked at, a rig stopped.")
    )

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.fields["cause_class"].choices = [("", ""), *CAUSES.items()]  # type: ignore[attr-defined]


class ReworkForm(_AnswerForm):
    """`kinds` are the kinds of parts that may be changed, `tests` the characteristics that may be asked for again."""

    what = ReasonField(label=_("What was done"))
    done_at = MomentField(
        label=_("Done at"), help_text=_("When the work ended, in plant time. Only a test that finishes later counts.")
    )
    repeats = forms.MultipleChoiceField(
        label=_("Tests to repeat"),
        help_text=_("Of what is ticked, every result from before the work counts no more."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": _("This test cannot be chosen here. Load the page again.")},
    )

    def __init__(self, *, kinds: Sequence[str], tests: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(**more)
        self.fields["repeats"].choices = tests  # type: ignore[attr-defined]
        if not tests:
            del self.fields["repeats"]
        for row in range(1, PART_ROWS + 1):
            self.fields[f"kind_{row}"] = forms.ChoiceField(
                label=_("Kind of part"),
                choices=[("", ""), *((kind, kind) for kind in kinds)],
                required=False,
                error_messages={"invalid_choice": _("This kind cannot be chosen here. Load the page again.")},
            )
            for name, label in (("removed", _("Serial number removed")), ("fitted", _("Serial number fitted"))):
                self.fields[f"{name}_{row}"] = LineField(label=label, max_length=_LONGEST_SERIAL, required=False)

    def clean(self) -> dict[str, Any]:
        for row in range(1, PART_ROWS + 1):
            kind, removed, fitted = self._row(row)
            if kind and not (removed or fitted) and f"removed_{row}" not in self.errors:
                self.add_error(f"removed_{row}", _("Enter which part was removed, which was fitted, or both."))
            if (removed or fitted) and not kind and f"kind_{row}" not in self.errors:
                self.add_error(f"kind_{row}", _("Choose the kind of the part."))
            if removed and removed == fitted:
                self.add_error(f"fitted_{row}", _("This is the part that was removed: enter another."))
        return self.cleaned_data

    def _row(self, row: int) -> tuple[str, str, str]:
        kind, removed, fitted = (self.cleaned_data.get(f"{name}_{row}", "") for name in ("kind", "removed", "fitted"))
        return kind, removed, fitted

    @property
    def parts(self) -> list[PartChange]:
        """The parts that were changed. Only of a valid form."""
        rows = (self._row(row) for row in range(1, PART_ROWS + 1))
        return [PartChange(kind, removed, fitted) for kind, removed, fitted in rows if kind]

    @property
    def plain_fields(self) -> list[BoundField]:
        return [self[name] for name in ("what", "done_at", "repeats") if name in self.fields]

    @property
    def part_rows(self) -> list[list[BoundField]]:
        return [[self[f"{name}_{row}"] for name in ("kind", "removed", "fitted")] for row in range(1, PART_ROWS + 1)]

    @property
    def parts_open(self) -> bool:
        """Whether anything was entered about parts, so that it is not hidden when the form comes back."""
        return any(field.value() or field.errors for row in self.part_rows for field in row)


class RetestForm(_AnswerForm):
    reason = ReasonField(label=_("Why the repeat may count"), help_text=_("What was looked into, and what was found."))


class InvalidForm(_AnswerForm):
    reason = ReasonField(
        label=_("Why the measurement is invalid"), help_text=_("What was wrong with measuring, not with the car.")
    )


class ScrapForm(_AnswerForm):
    reason = ReasonField(label=_("Why nothing is done about it"), help_text=_("What became of the car."))


class ReviewForm(_AnswerForm):
    """`subjects` are the verdicts that wait: pairs of ordinal and words."""

    ordinal = forms.ChoiceField(
        label=_("Which verdict"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose which verdict you reviewed."),
            "invalid_choice": _("This verdict does not wait for a review. Load the page again."),
        },
    )
    verdict = forms.ChoiceField(
        label=_("Your verdict"),
        widget=forms.RadioSelect,
        choices=[("ours_stands", _("Ours stands")), ("treat_as_fail", _("Treat it as a fail"))],
        error_messages={
            "required": _("Choose one of the two."),
            "invalid_choice": _("Choose one of the two."),
        },
    )
    reason = ReasonField(label=_("Why"), help_text=_("What you looked at, and what it showed."))

    def __init__(self, *, subjects: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(**more)
        self.fields["ordinal"].choices = subjects  # type: ignore[attr-defined]

    def clean_ordinal(self) -> int:
        try:
            return int(self.cleaned_data["ordinal"])
        except ValueError as fault:
            raise ValidationError(_("Choose which verdict you reviewed.")) from fault


class VoidForm(_AnswerForm):
    reason = ReasonField(
        label=_("Why it is void"), help_text=_("Such as: the wrong VIN was scanned, a master part was run as a car.")
    )
