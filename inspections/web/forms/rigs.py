"""Forms of acts on a rig. `span` tells which time an act concerns, so that its effect can be told beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inspections.catalogue.models import Procedure
from inspections.saying import Name

from .texts import LineField, MomentField, ReasonField

_AHEAD = timedelta(minutes=5)


class RigActForm(forms.Form):
    """`at` is the moment of the act. `seen` is how many vehicles the person was told it concerns."""

    def __init__(self, *, at: datetime, **more: Any) -> None:
        super().__init__(auto_id=f"{type(self).__name__.lower()}-%s", **more)
        self.at = at

    def span(self) -> tuple[datetime, datetime | None, int | None]:
        """From when, until when (None: without end) and which procedure (None: all) the act concerns."""
        raise NotImplementedError


class CalibrationForm(RigActForm):
    certificate = LineField(label=_("Number of the certificate"), max_length=120)
    valid_from = MomentField(label=_("In calibration from"))
    valid_until = MomentField(label=_("until before"))

    def clean(self) -> dict[str, Any]:
        begins, ends = self.cleaned_data.get("valid_from"), self.cleaned_data.get("valid_until")
        if begins and ends and ends <= begins:
            self.add_error("valid_until", _("The certificate ends before it begins: check the two dates."))
        return self.cleaned_data

    def span(self) -> tuple[datetime, datetime | None, int | None]:
        return self.cleaned_data["valid_from"], self.cleaned_data["valid_until"], None


class OutOfToleranceForm(RigActForm):
    back_to = MomentField(label=_("Last known to be good at"))
    found_at = MomentField(label=_("Found out of tolerance at"))
    reason = ReasonField(label=_("What was found"))

    def clean(self) -> dict[str, Any]:
        back, found = self.cleaned_data.get("back_to"), self.cleaned_data.get("found_at")
        if back and found and found < back:
            self.add_error("found_at", _("It was found before it was last good: check the two times."))
        if found and found > self.at + _AHEAD:
            self.add_error("found_at", _("This moment has not come yet: enter when it was found."))
        return self.cleaned_data

    def span(self) -> tuple[datetime, datetime | None, int | None]:
        return self.cleaned_data["back_to"], None, None


class AuthorisationForm(RigActForm):
    """`procedures` are those that may be chosen. For a withdrawal the reason is asked for."""

    procedure = forms.ChoiceField(
        label=_("Procedure"),
        error_messages={
            "required": _("Choose a procedure."),
            "invalid_choice": _("This procedure cannot be chosen here. Load the page again."),
        },
    )
    effective_at = MomentField(label=_("With effect from"))

    def __init__(self, *, procedures: Sequence[Procedure], **more: Any) -> None:
        super().__init__(**more)
        self.by_id = {str(row.pk): row for row in procedures}
        self.fields["procedure"].choices = [("", "")] + [  # type: ignore[attr-defined]
            (number, f"{row.code} {Name(row.name, row.name_zh)}") for number, row in self.by_id.items()
        ]

    def clean_effective_at(self) -> datetime:
        moment: datetime = self.cleaned_data["effective_at"]
        if moment > self.at + _AHEAD:
            raise ValidationError(_("It cannot take effect ahead of time: enter now or earlier."))
        return moment

    def clean_procedure(self) -> Procedure:
        return self.by_id[self.cleaned_data["procedure"]]

    def span(self) -> tuple[datetime, datetime | None, int | None]:
        return self.cleaned_data["effective_at"], None, self.cleaned_data["procedure"].pk


class WithdrawalForm(AuthorisationForm):
    reason = ReasonField(label=_("Why it is withdrawn"))


class RevocationForm(forms.Form):
    reason = ReasonField(label=_("Why the key is revoked"))
