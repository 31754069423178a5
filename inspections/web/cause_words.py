"""The classes of cause in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from inspections.dispositions.choices import CauseClass

CAUSES: Final[Mapping[str, Promise]] = {
    CauseClass.MAN.value: pgettext_lazy("cause", "Man: who did it, and how they were trained"),
    CauseClass.MACHINE.value: pgettext_lazy("cause", "Machine: equipment, tools, fixtures"),
    CauseClass.MATERIAL.value: pgettext_lazy("cause", "Material: the part as it was delivered"),
    CauseClass.METHOD.value: pgettext_lazy("cause", "Method: how the work is laid down"),
    CauseClass.MEASUREMENT.value: pgettext_lazy("cause", "Measurement: the rig or how it was used"),
    CauseClass.ENVIRONMENT.value: pgettext_lazy("cause", "Environment: temperature, dust, humidity"),
    CauseClass.UNKNOWN.value: pgettext_lazy("cause", "Not known yet"),
}
"""By code, with what each means."""


def cause_text(code: str) -> str:
    """The class of a cause in one word; that none is recorded for none."""
    named: Mapping[str, str] = {
        CauseClass.MAN.value: _("Man"),
        CauseClass.MACHINE.value: _("Machine"),
        CauseClass.MATERIAL.value: _("Material"),
        CauseClass.METHOD.value: _("Method"),
        CauseClass.MEASUREMENT.value: _("Measurement"),
        CauseClass.ENVIRONMENT.value: _("Environment"),
        CauseClass.UNKNOWN.value: _("Not known yet"),
    }
    return named.get(code, code) if code else _("Not recorded")
