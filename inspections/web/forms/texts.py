"""Fields of every form: texts without control characters and of a stated length, moments of the plant's clock."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST_REASON: Final = 2_000

# Controls but tab and line breaks, and marks that turn the direction of what is shown.
_UNSTORABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069\ufeff]")
_UNSTORABLE_IN_A_LINE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069\ufeff]")


def refuse_controls(text: str) -> None:
    """Raises ValidationError for a character that cannot be shown. Tab and line breaks are allowed."""
    _refuse(text, _UNSTORABLE)


def refuse_controls_in_a_line(text: str) -> None:
    """As `refuse_controls`, with neither tab nor line break."""
    _refuse(text, _UNSTORABLE_IN_A_LINE)


def _refuse(text: str, unstorable: re.Pattern[str]) -> None:
    found = unstorable.search(text)
    if found:
        raise ValidationError(
            _("It holds the control character %(code)s. Leave it out."),
            code="control_character",
            params={"code": f"U+{ord(found.group()):04X}"},
        )


def too_long(most: int) -> dict[str, Any]:
    """The words of a field that takes at most so many characters."""
    return {"max_length": _("It has %(show_value)d characters; at most %(limit_value)d are taken.")} if most else {}


class LineField(forms.CharField):
    """One line of text, stripped."""

    default_validators = [refuse_controls_in_a_line]

    def __init__(self, *, max_length: int, required: bool = True, **more: Any) -> None:
        messages = {"required": _("Nothing is entered here."), **too_long(max_length)}
        super().__init__(max_length=max_length, required=required, error_messages=messages, **more)


class ReasonField(forms.CharField):
    """Why something is done, in a person's own words: never empty, and kept for ever."""

    default_validators = [refuse_controls]
    widget = forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_REASON})

    def __init__(self, **more: Any) -> None:
        messages = {"required": _("Say why: the reason is empty."), **too_long(LONGEST_REASON)}
        super().__init__(max_length=LONGEST_REASON, error_messages=messages, **more)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


DAY_EXAMPLE: Final = "2026-11-23"
MOMENT_EXAMPLE: Final = "2026-11-23 08:30"


def written_like(example: str) -> dict[str, Any]:
    """Attributes of a text box for a day or a moment.

    A browser's own control shows the day in the order of the browser's language, whatever that of the page: 11/12 is
    then one day to one reader and another to the next. So days are typed and shown as year-month-day everywhere.
    """
    return {
        "class": "when",
        "placeholder": example,
        "maxlength": 19,
        "autocomplete": "off",
        "spellcheck": "false",
        "autocapitalize": "off",
    }


class MomentField(forms.DateTimeField):
    """A moment on the plant's clock, written as 2026-11-23 08:30. Cleaned, it is aware."""

    widget = forms.DateTimeInput(attrs=written_like(MOMENT_EXAMPLE), format="%Y-%m-%d %H:%M")
    input_formats = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]

    def __init__(self, **more: Any) -> None:
        messages = {
            "required": _("Enter the date and time."),
            "invalid": _("This is no date and time. Write it as 2026-11-23 08:30."),
        }
        super().__init__(input_formats=self.input_formats, error_messages=messages, **more)

    def clean(self, value: Any) -> datetime | None:
        moment: datetime | None = super().clean(value)
        if moment is not None and not 1990 <= moment.year <= 2200:
            raise ValidationError(_("The year %(year)d cannot be right."), params={"year": moment.year})
        return moment
