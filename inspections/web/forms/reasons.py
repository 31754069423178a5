"""Forms that ask for one thing only: why."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from .texts import ReasonField


class SetAsideForm(forms.Form):
    reason = ReasonField(
        label=_("Why it shall not be recorded"),
        help_text=_("Say what was done instead: measured again, recorded by hand, not one of our cars."),
    )


class HoldForm(forms.Form):
    reason = ReasonField(label=_("Why it is held"), help_text=_("What you saw, or what you are waiting for."))


class LiftForm(forms.Form):
    reason = ReasonField(label=_("Why it may go on"), help_text=_("What you checked."))


class ScreenForm(forms.Form):
    reason = ReasonField(
        label=_("How the cars were screened"), help_text=_("What was measured on each of them, by whom and with what.")
    )
