"""Targets, and how far a period has come against them, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.batches.models import DeliveryTarget
from inspections.releases.in_plant import Standing

from .statuses import Status

_DAYS = range(1, 8)


def number_text(count: int) -> str:
    """A count with its thousands apart."""
    return f"{count:,}"


def period_text(name: str) -> str:
    return {"day": _("Today"), "week": _("This week"), "year": _("This year")}[name]


def weekday_text(number: int) -> str:
    """A weekday by its ISO number, in short."""
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))[number - 1]


def seconds_text(seconds: Fraction) -> str:
    """Seconds for a car, rounded to be read: whole ones, below ten with one place."""
    if seconds >= 10:
        return number_text(round(seconds))
    tenths = round(seconds * 10)
    return f"{tenths // 10}.{tenths % 10}"


def scope_text(model: str) -> str:
    """Of what is asked: the code of a model, or the whole plant."""
    return model or _("the whole plant")


def working_text(target: DeliveryTarget) -> str:
    """When the plant works by a target's calendar."""
    days, *closed = working_days(target)
    return _("; ").join([days, _(", ").join(target.hours), *closed])


def working_days(target: DeliveryTarget) -> list[str]:
    """Which days are worked, and how many are closed if any is."""
    every = sorted(target.weekdays) == list(_DAYS)
    days = _("every day") if every else _(", ").join(weekday_text(number) for number in sorted(target.weekdays))
    said = [days]
    if target.closed_days:
        count = len(target.closed_days)
        said.append(ngettext("%(count)d day closed", "%(count)d days closed", count) % {"count": count})
    return said


def state_text(target: DeliveryTarget, of_scope: Iterable[DeliveryTarget], at: datetime) -> str:
    """Whether a target asks now, will ask, or asked once."""
    today = timezone.localdate(at, timezone.get_default_timezone())
    newer = [own for own in of_scope if own.pk > target.pk and own.effective_on <= target.effective_on]
    if newer:
        return _("replaced")
    following = [own.effective_on for own in of_scope if target.effective_on < own.effective_on <= today]
    if target.effective_on > today:
        return _("from %(day)s on") % {"day": target.effective_on.isoformat()}
    if following:
        return _("until %(day)s") % {"day": min(following).isoformat()}
    return _("in force") if target.cars_per_year else _("no target any more")


def against_text(done: int, asked: int) -> str:
    """How far what was done lies from what is asked by now."""
    if done < asked:
        return _("%(count)s behind") % {"count": number_text(asked - done)}
    if done > asked:
        return _("%(count)s ahead") % {"count": number_text(done - asked)}
    return _("as asked")


STANDINGS: Final[Sequence[Standing]] = (
    Standing.TO_TEST,
    Standing.NOT_CLEAR,
    Standing.HELD,
    Standing.TO_PROPOSE,
    Standing.TO_SIGN,
    Standing.TO_DELIVER,
)
"""In the order of a car's way through the plant."""


def standing_text(standing: Standing) -> str:
    """What keeps a car, as a heading of its list."""
    return {
        Standing.HELD: _("Held"),
        Standing.TO_TEST: _("Tests missing"),
        Standing.NOT_CLEAR: _("Tested, not clear"),
        Standing.TO_PROPOSE: _("Clear, not proposed"),
        Standing.TO_SIGN: _("Waiting for signatures"),
        Standing.TO_DELIVER: _("Released, not left"),
    }[standing]


def standing_status(standing: Standing) -> Status:
    """Only what is wrong is coloured: a car on its way is quiet."""
    return {Standing.HELD: Status.HELD, Standing.NOT_CLEAR: Status.PENDING}.get(standing, Status.QUIET)
