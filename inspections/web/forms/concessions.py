"""Forms of a concession: for which cars, on whose authority, why and until when; and its signature."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inspections.dispositions.choices import Authority
from inspections.dispositions.concession_rules import Terms

from .releases import CarsForm
from .signing import SignForm
from .texts import LineField, MomentField, ReasonField

_LONGEST_DOCUMENT = 200


class ConcessionForm(CarsForm):
    """`known` are the numbers of the cars that depart from the line. Cleaned, `terms` is what is proposed."""

    unknown = _("“%(text)s” names a car that does not depart from it here: take it out.")

    authority = forms.ChoiceField(
        label=_("Who accepts the departure"),
        widget=forms.RadioSelect,
        choices=[(Authority.CUSTOMER.value, _("The customer")), (Authority.ENGINEERING.value, _("Engineering"))],
        error_messages={"required": _("Choose one of the two."), "invalid_choice": _("Choose one of the two.")},
    )
    document = LineField(
        label=_("Document of the customer"),
        help_text=_("Where the customer agreed. Leave it empty where engineering accepts."),
        max_length=_LONGEST_DOCUMENT,
        required=False,
    )
    reason = ReasonField(label=_("Why it is acceptable"), help_text=_("What was looked into, and what it rests on."))
    expires_at = MomentField(label=_("Ends at"), help_text=_("From then on nothing more leaves by it."), required=False)
    quantity = forms.IntegerField(
        label=_("Ends after so many cars"),
        help_text=_("Once so many have left, the others stay. A date, a number or both: whichever comes first."),
        required=False,
        min_value=1,
        max_value=1_000_000,
        error_messages={
            "invalid": _("Write a whole number."),
            "min_value": _("Write a whole number from 1 on."),
            "max_value": _("Write a smaller number."),
        },
    )

    def __init__(self, *, known: Iterable[int], at: datetime, **more: Any) -> None:
        super().__init__(known=known, **more)
        self.fields["cars"].label = _("Cars that it is for")
        self.fields["cars"].help_text = _("Take out what it is not for: 1 to 14, 16.")
        self._at = at

    def clean_expires_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["expires_at"]
        if moment is not None and moment <= self._at:
            raise ValidationError(_("This moment is past: enter when it ends."))
        return moment

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("authority") == Authority.CUSTOMER and not data.get("document") and "document" not in self.errors:
            self.add_error("document", _("Name the document in which the customer agreed."))
        if data.get("authority") == Authority.ENGINEERING and data.get("document"):
            self.add_error("document", _("Leave it empty: here engineering accepts, not the customer."))
        neither = data.get("expires_at") is None and data.get("quantity") is None
        if neither and not {"expires_at", "quantity"} & set(self.errors):
            self.add_error("expires_at", _("Say when it ends: at a date, after a number of cars, or both."))
        if data.get("quantity") and data.get("cars") and data["quantity"] > len(data["cars"]):
            self.add_error("quantity", _("It is for fewer cars than that."))
        return data

    @property
    def terms(self) -> Terms:
        """On whose authority, why and until when. Only of a valid form."""
        data = self.cleaned_data
        return Terms(data["authority"], data["document"], data["reason"], data["expires_at"], data["quantity"])


class ConcessionSignForm(SignForm):
    """As the signature of a release; nothing is left behind by it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.fields["read"].label = _("I have read what I sign.")
