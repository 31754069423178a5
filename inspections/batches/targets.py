"""Targets of delivery: setting one, and what was set. A target asks; it never decides anything about a car."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from ..catalogue.models import VehicleModel
from ..marks.acts import one_act
from ..marks.locks import Lock, exclude
from ..people.choices import Role
from ..people.rules import Actor
from ..records.services import record_act
from ..saying import Refusal, Said, say
from .asking import Pace
from .models import DeliveryTarget
from .working_time import WorkingCalendar, overlapping, span_of, worked_in_year

MAY_SET: Final = (Role.CATALOGUE_OWNER,)
"""Who keeps what is asked of cars keeps how many are asked for. Those who test, answer and sign have no hand in it."""
MOST_CARS: Final = 10_000_000
MOST_CLOSED: Final = 400
_WHOLE_CATALOGUE: Final = 1
_AHEAD: Final = timedelta(days=3660)


class TargetRefused(Refusal):
    """A target that cannot be set so; says why and what to do."""


class TargetChanged(TargetRefused):
    """Somebody set a target of the same scope since the page was read."""


@one_act
def set_target(
    *,
    model: VehicleModel | None,
    cars_per_year: int,
    weekdays: Iterable[int],
    hours: Sequence[str],
    closed_days: Iterable[date],
    effective_on: date,
    reason: str,
    seen: int | None,
    actor: Actor,
    at: datetime,
    demonstration: bool = False,
) -> DeliveryTarget:
    """Ask for so many cars a year from a day on, of the plant (`model` None) or of a model; 0 ends the target.

    `effective_on` is the plant's today or later, so that no day that is over is asked for anything else than it was;
    the first target of a scope may begin with the year. `seen` is the id of the scope's newest target as the person
    saw it, None for none. Raises NotAllowed, TargetChanged and TargetRefused.
    """
    actor.require("setting a delivery target", *MAY_SET)
    exclude(Lock.CATALOGUE, [_WHOLE_CATALOGUE])
    known = list(DeliveryTarget.objects.filter(model=model).order_by("-pk")[:1])
    newest = known[0] if known else None
    if (newest.pk if newest else None) != seen:
        raise TargetChanged(say("Somebody set this target meanwhile: look at it, then set yours."))
    fault = why_not_set(
        cars_per_year=cars_per_year, hours=hours, weekdays=sorted(set(weekdays)), closed_days=sorted(set(closed_days)),
        effective_on=effective_on, reason=reason, first=newest is None, at=at,
    )  # fmt: skip
    if fault is not None:
        raise TargetRefused(fault)
    target = DeliveryTarget.objects.create(
        model=model,
        cars_per_year=cars_per_year,
        weekdays=sorted(set(weekdays)),
        hours=list(hours),
        closed_days=sorted(set(closed_days)),
        effective_on=effective_on,
        reason=reason.strip(),
        demonstration=demonstration,
        set_by=actor.label,
        person_id=actor.id or 0,
        at=at,
    )
    record_act(
        actor=actor,
        act="target.set",
        subject_kind="target",
        subject=scope_of(target),
        at=at,
        reason=target.reason,
        before=None if newest is None else _told(newest),
        after=_told(target),
    )
    return target


def why_not_set(
    *,
    cars_per_year: int,
    weekdays: Sequence[int],
    hours: Sequence[str],
    closed_days: Sequence[date],
    effective_on: date,
    reason: str,
    first: bool,
    at: datetime,
) -> Said | None:
    """Why a target cannot be set so, in words; None where it can."""
    if not reason.strip():
        return say("Say why: the reason is empty.")
    if not 0 <= cars_per_year <= MOST_CARS:
        return say("A year is asked for 0 to %(most)d cars, not %(found)d.", most=MOST_CARS, found=cars_per_year)
    if not weekdays or not set(weekdays) <= set(range(1, 8)):
        return say("Choose the weekdays on which the plant works: at least one, as 1 (Monday) to 7.")
    if len(closed_days) > MOST_CLOSED:
        return say("%(found)d closed days are named; at most %(most)d are kept.", found=len(closed_days),
            most=MOST_CLOSED)  # fmt: skip
    return _why_not_hours(hours) or _why_not_then(
        effective_on, calendar_of(weekdays, hours, closed_days), first=first, at=at
    )


def _why_not_hours(hours: Sequence[str]) -> Said | None:
    for text in hours:
        if span_of(text) is None:
            return say("%(text)s are no working hours: write them as 06:00-14:00; the day ends at 24:00.", text=text)
    spans = calendar_of((), hours, ()).spans
    if not spans:
        return say("Say in which hours the plant works: none are named.")
    if list(spans) != sorted(spans) or overlapping(spans):
        return say("The working hours overlap or do not follow each other: write them in their order, apart.")
    return None


def _why_not_then(effective_on: date, calendar: WorkingCalendar, *, first: bool, at: datetime) -> Said | None:
    zone = timezone.get_default_timezone()
    today = at.astimezone(zone).date()
    if effective_on < (date(today.year, 1, 1) if first else today):
        return (
            say("The first target may begin with this year, not before it.")
            if first
            else say(
                "It would begin on %(day)s, before today, and change what was asked of days that are over. Let it"
                " begin today or later.", day=effective_on.isoformat(),
            )
        )  # fmt: skip
    if effective_on > today + _AHEAD:
        return say("It would begin in more than ten years, on %(day)s: check the date.", day=effective_on.isoformat())
    if not all(worked_in_year(calendar, effective_on.year + later, zone) for later in (0, 1)):
        return say("With these weekdays, hours and closed days a year has no working time at all.")
    return None


def scope_of(target: DeliveryTarget) -> str:
    """What the target asks of, as the ledger names it: the code of a model, or `plant`."""
    return "plant" if target.model is None else target.model.code


def calendar_of(weekdays: Iterable[int], hours: Iterable[str], closed_days: Iterable[date]) -> WorkingCalendar:
    """A calendar as the arithmetic takes it. What is no span of a day is no working time."""
    spans = (span_of(text) for text in hours)
    return WorkingCalendar(frozenset(weekdays), tuple(span for span in spans if span), frozenset(closed_days))


def pace_of(target: DeliveryTarget) -> Pace:
    """What a target asks, for arithmetic."""
    calendar = calendar_of(target.weekdays, target.hours, target.closed_days)
    return Pace(target.effective_on, target.cars_per_year, calendar)


def paces_of(targets: Iterable[DeliveryTarget]) -> tuple[Pace, ...]:
    """What the targets of one scope ask, by the day from which each holds; of two of one day the later one."""
    by_day = {target.effective_on: target for target in sorted(targets, key=lambda target: target.pk)}
    return tuple(pace_of(by_day[day]) for day in sorted(by_day))


def targets_by_scope() -> dict[str, list[DeliveryTarget]]:
    """Every target that was ever set, oldest first, by the code of its model, "" for the plant. One statement."""
    found: dict[str, list[DeliveryTarget]] = {}
    for target in DeliveryTarget.objects.select_related("model").order_by("pk"):
        found.setdefault(target.model.code if target.model else "", []).append(target)
    return found


def newest_target(model: VehicleModel | None) -> DeliveryTarget | None:
    """The target of a scope that was set last. One statement."""
    return DeliveryTarget.objects.filter(model=model).order_by("-pk").first()


def _told(target: DeliveryTarget) -> dict[str, Any]:
    """A target as the ledger keeps it."""
    return {
        "cars_per_year": target.cars_per_year,
        "weekdays": target.weekdays,
        "hours": target.hours,
        "closed_days": [day.isoformat() for day in target.closed_days],
        "effective_on": target.effective_on.isoformat(),
        "demonstration": target.demonstration,
    }
