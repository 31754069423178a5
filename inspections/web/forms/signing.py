"""The forms of what is signed: its signer authenticates again at that moment (law 8)."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from .texts import ReasonField


class PasswordForm(forms.Form):
    """Who it is once more. What the page showed is carried beside it (`web/shown.py`)."""

    password = forms.CharField(
        label=_("Your password"),
        max_length=4_096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password: you sign as yourself.")},
    )


class SignForm(PasswordForm):
    """The signature of a release: that the statement was read."""

    read = forms.BooleanField(
        label=_("I have read what I sign, and what is left behind."),
        error_messages={"required": _("Say that you have read it, or do not sign.")},
    )


class SignedReasonForm(PasswordForm):
    """An act that is signed with a reason. `seen` names what the page showed, so that nothing else is signed."""

    seen = forms.CharField(max_length=128, widget=forms.HiddenInput)
    reason = ReasonField(label=_("Why"), help_text=_("In your own words; it is kept for ever."))

    field_order = ("seen", "reason", "password")
