"""The form of an act that is signed with a reason: its signer authenticates again at that moment."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from .texts import ReasonField


class SignedReasonForm(forms.Form):
    """`seen` names what the page showed, so that nothing else is signed."""

    seen = forms.CharField(max_length=128, widget=forms.HiddenInput)
    reason = ReasonField(label=_("Why"), help_text=_("In your own words; it is kept for ever."))
    password = forms.CharField(
        label=_("Your password"),
        max_length=4_096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password: you sign as yourself.")},
    )
