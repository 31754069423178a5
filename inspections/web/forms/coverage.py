"""Forms that sign coverage, by an inspection or by a laboratory's certificate, and that revoke it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from .texts import LineField, MomentField, ReasonField

_APART: Final = re.compile(r"[,，;；、]")


class SigningForm(forms.Form):
    """From when until when, and the password of who signs."""

    valid_from = MomentField(label=_("Covers cars built from"))
    valid_until = MomentField(label=_("until before"))
    password = forms.CharField(
        label=_("Your password"),
        max_length=4_096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password: you sign as yourself.")},
    )

    def clean(self) -> dict[str, Any]:
        begins, ends = self.cleaned_data.get("valid_from"), self.cleaned_data.get("valid_until")
        if isinstance(begins, datetime) and isinstance(ends, datetime) and ends <= begins:
            self.add_error("valid_until", _("The coverage ends before it begins: check the two dates."))
        return self.cleaned_data


class CertificateForm(SigningForm):
    """`systems` are those on whose versions the procedure depends. Cleaned, `software` lists what was tested."""

    laboratory = LineField(label=_("Laboratory"), max_length=200)
    certificate = LineField(label=_("Number of the certificate"), max_length=120)
    document = forms.FileField(
        label=_("Its document"),
        error_messages={
            "required": _("Attach the document itself."),
            "empty": _("The document is empty: attach the certificate itself."),
        },
    )

    def __init__(self, *, systems: Sequence[str], **more: Any) -> None:
        super().__init__(**more)
        self._systems = {f"software-{place}": system for place, system in enumerate(systems)}
        for name, system in self._systems.items():
            self.fields[name] = LineField(
                label=_("Versions of %(system)s that were tested") % {"system": system},
                help_text=_("Several are set apart by commas. Cars with other versions are not covered."),
                max_length=2_000,
            )
        self.order_fields(["laboratory", "certificate", "document", *self._systems, "valid_from", "valid_until"])
        self.fields["document"].help_text = _("Any file up to %(most)d MiB. It is kept as it is.") % {
            "most": settings.DOCUMENT_MAX_BYTES // (1024 * 1024)
        }

    def clean_document(self) -> UploadedFile:
        document: UploadedFile = self.cleaned_data["document"]
        if (document.size or 0) > settings.DOCUMENT_MAX_BYTES:
            raise ValidationError(_("The document is larger than that: attach the certificate without its raw data."))
        return document

    @property
    def software(self) -> list[dict[str, str]]:
        return [
            {"system": system, "version": version.strip()}
            for name, system in self._systems.items()
            for version in dict.fromkeys(_APART.split(self.cleaned_data[name]))
            if version.strip()
        ]


class RevokeForm(forms.Form):
    reason = ReasonField(label=_("Why it is revoked"), help_text=_("What was found about the evidence."))
