"""Forms of letting go: which cars are proposed, the signature, when a car left, who an operator is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inspections.people.models import User

from .texts import LineField, MomentField

_LONGEST_CARS: Final = 20_000
_RUN: Final = re.compile(r"(\d{1,9})(?:\s*(?:-|–|to|至)\s*(\d{1,9}))?")
_APART: Final = re.compile(r"[,，、;；]")


class CarsForm(forms.Form):
    """`known` are the numbers of the cars that can be named. Cleaned, `cars` is a set of them."""

    unknown = _("“%(text)s” names a car that is not clear here: take it out.")
    """What is said of a car that cannot be named."""

    cars = LineField(
        label=_("Cars to propose"),
        help_text=_("Take out what you do not want to let go. Written like: 1 to 14, 16."),
        max_length=_LONGEST_CARS,
    )

    def __init__(self, *, known: Iterable[int], **more: Any) -> None:
        super().__init__(**more)
        self._known = frozenset(known)

    def clean_cars(self) -> set[int]:
        wanted: set[int] = set()
        for part in _APART.split(self.cleaned_data["cars"]):
            wanted |= self._run(part.strip())
        return wanted

    def _run(self, text: str) -> set[int]:
        found = _RUN.fullmatch(text)
        if found is None:
            raise ValidationError(_("“%(text)s” names no car. Write 1 to 14, 16."), params={"text": text[:40]})
        first, last = int(found[1]), int(found[2] or found[1])
        named = {number for number in self._known if first <= number <= last}
        if len(named) != last - first + 1:
            raise ValidationError(self.unknown, params={"text": text[:40]})
        return named


class ProposalForm(CarsForm):
    """Which of the clear cars are proposed for release."""


class DeliverForm(forms.Form):
    left_at = MomentField(
        label=_("When it left"),
        help_text=_("Leave it empty if it leaves now."),
        required=False,
    )

    def __init__(self, *, at: datetime, **more: Any) -> None:
        super().__init__(**more)
        self._at = at

    def clean_left_at(self) -> datetime:
        moment: datetime | None = self.cleaned_data["left_at"]
        if moment is not None and moment > self._at + timedelta(minutes=5):
            raise ValidationError(_("This moment has not come yet: enter when it left."))
        return moment or self._at


class OperatorForm(forms.Form):
    """Who an operator is. Cleaned, `person` is the User."""

    operator = LineField(label=_("Operator as the rig names it"), max_length=64)
    person = LineField(label=_("Personnel number of the person"), max_length=32)

    def clean_person(self) -> User:
        found = User.objects.filter(personnel_number=self.cleaned_data["person"]).first()
        if found is None:
            raise ValidationError(_("Nobody here has this personnel number."))
        return found
