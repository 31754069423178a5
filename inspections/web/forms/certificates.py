"""Forms of papers: why one is revoked, and what a stranger types in to have one checked."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from .texts import ReasonField


class RevokeCertificateForm(forms.Form):
    reason = ReasonField(
        label=_("Why nobody may rely on it"),
        help_text=_("What is wrong with the paper or the car. It stays on the record; strangers are not told it."),
    )
