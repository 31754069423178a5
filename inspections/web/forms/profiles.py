"""Forms of rig profiles: to begin one, to edit its document, to put a file beside it, to assign it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inspections.rigs.models import Rig

from .texts import LineField, MomentField, ReasonField, refuse_controls, too_long

LONGEST_DOCUMENT: Final = 500_000
_AHEAD: Final = timedelta(minutes=5)
_CHOOSE: Final = {"required": _("Choose one."), "invalid_choice": _("This cannot be chosen here. Load the page again.")}


class BeginForm(forms.Form):
    """`readers` are the names of those that are installed."""

    code = LineField(label=_("Code"), max_length=64, help_text=_("Short and for ever, such as EOL-3-CSV."))
    name = LineField(label=_("Name"), max_length=200, help_text=_("Which rigs write such files."))
    adapter = forms.ChoiceField(
        label=_("Reader"), error_messages=_CHOOSE, help_text=_("What kind of file it is; table reads CSV and TSV.")
    )

    def __init__(self, *args: Any, readers: Sequence[str], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["adapter"].choices = [("", ""), *((name, name) for name in readers)]  # type: ignore[attr-defined]


class DocumentForm(forms.Form):
    document = forms.CharField(
        label=_("What the profile says"),
        help_text=_("YAML. Each fault is named with its line. docs/rigs.md tells what may stand here."),
        max_length=LONGEST_DOCUMENT,
        strip=False,
        validators=[refuse_controls],
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "code"}),
        error_messages={"required": _("Nothing is entered here."), **too_long(LONGEST_DOCUMENT)},
    )
    note = forms.CharField(
        label=_("What changed, and why"),
        required=False,
        max_length=2000,
        validators=[refuse_controls],
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages=too_long(2000),
    )


class SampleForm(forms.Form):
    file = forms.FileField(
        label=_("A file of the rig"),
        help_text=_("It is kept beside the profile and never recorded."),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
            "invalid": _("Choose a file."),
            "missing": _("Choose a file."),
        },
    )


class AssignForm(forms.Form):
    rig = forms.ChoiceField(label=_("Rig"), error_messages=_CHOOSE)
    effective_at = MomentField(
        label=_("For files that arrived from"),
        help_text=_("Files in quarantine that arrived later can be read again with it."),
    )

    def __init__(self, data: Any = None, *, rigs: Sequence[Rig], at: datetime, **more: Any) -> None:
        super().__init__(data, auto_id=f"{type(self).__name__.lower()}-%s", **more)
        self.at = at
        self.by_id = {str(rig.pk): rig for rig in rigs}
        self.fields["rig"].choices = [("", "")] + [  # type: ignore[attr-defined]
            (number, f"{rig.code} {rig.name}") for number, rig in self.by_id.items()
        ]

    def clean_rig(self) -> Rig:
        return self.by_id[self.cleaned_data["rig"]]

    def clean_effective_at(self) -> datetime:
        moment: datetime = self.cleaned_data["effective_at"]
        if moment > self.at + _AHEAD:
            raise ValidationError(_("It cannot take effect ahead of time: enter now or earlier."))
        return moment


class WithdrawProfileForm(AssignForm):
    reason = ReasonField(label=_("Why it is withdrawn"))


class NameSubjectForm(forms.Form):
    """A VIN, or the kind and serial of a component. `kinds` are those that the catalogue knows."""

    vin = LineField(label=_("VIN"), max_length=17, required=False)
    kind = forms.ChoiceField(label=_("or a component of the kind"), required=False, error_messages=_CHOOSE)
    serial = LineField(label=_("with the serial"), max_length=64, required=False)
    reason = ReasonField(label=_("By what you know it"))

    def __init__(self, data: Any = None, *, kinds: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(data, auto_id="name-%s", **more)
        self.fields["kind"].choices = [("", ""), *kinds]  # type: ignore[attr-defined]
