"""What a notice is about, how soon it is told, and how its mail stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..people.choices import Role


class Kind(StrEnum):
    """What a notice is about, most serious first: mails are written in this order."""

    DELIVERED = "delivered"
    RECOUNT = "recount"
    FLAG = "flag"
    SUSPENDED = "suspended"
    HOLD = "hold"
    SIGNATURE = "signature"
    CONCESSION = "concession"
    ENDED = "ended"
    DISAGREEMENT = "disagreement"
    INTAKE = "intake"
    UNKNOWN = "unknown"
    LAPSED = "lapsed"
    MOVED = "moved"
    NONCONFORMANCE = "nonconformance"
    LIFTED = "lifted"
    RELEASED = "released"


class Pace(models.TextChoices):
    """How soon a person is told. Ordered by `rules.SOONEST`."""

    AT_ONCE = "at_once", _("At once")
    DIGEST = "digest", _("Digest")
    NONE = "none", _("Never")


class MailState(models.TextChoices):
    GATHERING = "gathering", _("Gathering")
    READY = "ready", _("Ready")
    SENT = "sent", _("Sent")
    REFUSED = "refused", _("Refused")


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told of a kind: `usual` as each role has it before it chooses, `least` what the role cannot go below.

    Whoever has no role of `usual` is told only by choice.
    """

    usual: Mapping[Role, Pace]
    least: Mapping[Role, Pace] = field(default_factory=dict)


_E, _R, _C = Role.ENGINEER, Role.RELEASE_OFFICER, Role.CATALOGUE_OWNER
_NOW, _DAILY = Pace.AT_ONCE, Pace.DIGEST

AUDIENCE: Final[Mapping[Kind, Audience]] = {
    Kind.DELIVERED: Audience({_E: _NOW, _R: _NOW}, {_E: _NOW, _R: _NOW}),
    Kind.RECOUNT: Audience({_E: _NOW, _R: _DAILY}, {_E: _DAILY}),
    Kind.FLAG: Audience({_E: _NOW, _R: _DAILY}, {_E: _DAILY}),
    Kind.SUSPENDED: Audience({_E: _NOW, _R: _NOW}, {_E: _DAILY, _R: _NOW}),
    Kind.HOLD: Audience({_E: _NOW, _R: _DAILY}, {_E: _DAILY}),
    Kind.SIGNATURE: Audience({_R: _NOW}, {_R: _DAILY}),
    Kind.CONCESSION: Audience({_E: _NOW, _R: _DAILY}, {_E: _DAILY}),
    Kind.ENDED: Audience({_E: _NOW}, {_E: _DAILY}),
    Kind.DISAGREEMENT: Audience({_E: _NOW}, {_E: _DAILY}),
    Kind.INTAKE: Audience({_E: _DAILY}, {_E: _DAILY}),
    Kind.UNKNOWN: Audience({_C: _DAILY, _E: _DAILY}, {_C: _DAILY}),
    Kind.LAPSED: Audience({_R: _DAILY}, {_R: _DAILY}),
    Kind.MOVED: Audience({_E: _DAILY, _R: _DAILY}),
    Kind.NONCONFORMANCE: Audience({_E: _DAILY}),
    Kind.LIFTED: Audience({_E: _DAILY, _R: _DAILY}),
    Kind.RELEASED: Audience({_R: _DAILY}),
}
"""Only the role that has to answer has a least: what nobody is bound to read, nobody answers, and a flag that
everybody has switched off is a gate that says no to an empty room. Of a car that has left nothing may wait a day."""
