"""How a person wants to be told: language, clock, and for each kind of notice how soon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from inspections.notices.choices import Kind, Pace
from inspections.notices.queries import KindChoice, OwnNotices
from inspections.notices.rules import SOONEST
from inspections.people.zones import time_zones

KIND_WORDS: Final[Mapping[Kind, Any]] = {
    Kind.DELIVERED: _("New evidence against a car that has left"),
    Kind.RECOUNT: _("A recount differs from what is stored"),
    Kind.FLAG: _("A gate failed"),
    Kind.SUSPENDED: _("New evidence suspended a release"),
    Kind.HOLD: _("A person held a car or a batch"),
    Kind.SIGNATURE: _("A release waits for a signature"),
    Kind.CONCESSION: _("A concession waits for an approval"),
    Kind.ENDED: _("Coverage or a calibration ended, or a rig was found out of tolerance"),
    Kind.DISAGREEMENT: _("A rig and Interlock disagree on a verdict"),
    Kind.INTAKE: _("Something that was sent cannot be recorded"),
    Kind.UNKNOWN: _("A rig sends a characteristic that the catalogue does not know"),
    Kind.LAPSED: _("A proposed release lapsed"),
    Kind.NONCONFORMANCE: _("A nonconformance was taken, answered or closed"),
    Kind.MOVED: _("Cars moved or taken out of delivery, batches judged on another revision"),
    Kind.LIFTED: _("A hold was lifted"),
    Kind.RELEASED: _("Cars were released"),
}
PACE_WORDS: Final[Mapping[Pace, Any]] = {
    Pace.AT_ONCE: _("At once"),
    Pace.DIGEST: _("In the daily digest"),
    Pace.NONE: _("Never"),
}
_BOUND: Final[Mapping[Pace, Any]] = {
    Pace.AT_ONCE: _("You answer for this, and it cannot wait: it comes at once."),
    Pace.DIGEST: _("You answer for this: it can wait for the digest, and not be switched off."),
    Pace.NONE: "",
}


class NoticesForm(forms.Form):
    """Offers for each kind only what the person's roles allow."""

    def __init__(self, data: Mapping[str, Any] | None, *, own: OwnNotices) -> None:
        super().__init__(data, auto_id="notices-%s")
        wrong = {"invalid_choice": _("This cannot be chosen here. Load the page again."), "required": _("Choose one.")}
        self.fields["language"] = forms.ChoiceField(
            label=_("Language of the mails"), choices=settings.LANGUAGES, initial=own.language, error_messages=wrong
        )
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone"),
            choices=[(name, name) for name in sorted(time_zones())],
            initial=own.time_zone,
            error_messages=wrong,
        )
        self.fields["digest_hour"] = forms.TypedChoiceField(
            label=_("When the daily digest comes"),
            choices=[(hour, f"{hour:02d}:00") for hour in range(24)],
            coerce=int,
            initial=own.digest_hour,
            error_messages=wrong,
        )
        self.kinds = [choice.kind.value for choice in own.kinds]
        for choice in own.kinds:
            self.fields[choice.kind.value] = forms.ChoiceField(
                label=KIND_WORDS[choice.kind],
                help_text=_BOUND[choice.least],
                choices=[(pace.value, PACE_WORDS[pace]) for pace in allowed(choice)],
                initial=choice.pace.value,
                error_messages=wrong,
            )

    def general(self) -> Iterable[forms.BoundField]:
        """The fields that are about the person."""
        return [self[name] for name in ("language", "time_zone", "digest_hour")]

    def by_kind(self) -> Iterable[forms.BoundField]:
        """The fields that are about kinds of notices."""
        return [self[name] for name in self.kinds]

    def paces(self) -> dict[str, str]:
        """What was chosen for each kind."""
        return {name: self.cleaned_data[name] for name in self.kinds}


def allowed(choice: KindChoice) -> tuple[Pace, ...]:
    """The paces that the person may choose: none later than what they answer for."""
    return SOONEST[: SOONEST.index(choice.least) + 1]
