"""Forms that take a car out of delivery for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inspections.catalogue.models import Procedure

from .texts import ReasonField


class ScrapForm(forms.Form):
    reason = ReasonField(label=_("Why it is scrapped"), help_text=_("What is wrong with it, and why nothing mends it."))
    sure = forms.BooleanField(
        label=_("I know that nobody can take this back."),
        error_messages={"required": _("Say that you know it, or leave the car as it is.")},
    )


class DestroyForm(forms.Form):
    """`asked` are the procedures that the plan asks of some cars or of the type, `others` the rest."""

    procedure = forms.ChoiceField(
        label=_("Test that destroys it"),
        error_messages={
            "required": _("Choose the test."),
            "invalid_choice": _("This procedure cannot be chosen here. Load the page again."),
        },
    )
    reason = ReasonField(label=_("Why this car"), help_text=_("Who chose it, and how."))
    sure = forms.BooleanField(
        label=_("I know that nobody can take this back."),
        error_messages={"required": _("Say that you know it, or leave the car as it is.")},
    )

    def __init__(self, *, asked: Sequence[Procedure], others: Sequence[Procedure], names: bool, **more: Any) -> None:
        super().__init__(**more)
        self._by_id = {str(row.pk): row for row in (*asked, *others)}

        def listed(rows: Sequence[Procedure]) -> list[tuple[str, str]]:
            return [(str(row.pk), f"{row.code} {(row.name_zh if names else '') or row.name}") for row in rows]

        self.fields["procedure"].choices = [  # type: ignore[attr-defined]
            ("", ""),
            (_("Asked by the plan of some cars, or of the type"), listed(asked)),
            (_("Others"), listed(others)),
        ]

    def clean_procedure(self) -> Procedure:
        return self._by_id[self.cleaned_data["procedure"]]
