"""What was built and let go today, this week and this year, against the target, as the page of today shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.batches.asking import Pace, Period, asked_between, pace_at, periods_at, seconds_a_car
from inspections.batches.models import DeliveryTarget
from inspections.batches.targets import paces_of, targets_by_scope
from inspections.releases.in_plant import Standing
from inspections.releases.progress import Done, progress

from .ages import clock
from .paging import address
from .statuses import Status
from .target_drawing import Track, draw_track
from .target_words import (
    STANDINGS,
    against_text,
    number_text,
    period_text,
    scope_text,
    seconds_text,
    standing_status,
    standing_text,
)

PARAMETER: Final = "target"


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One period. `asked` is None where no target is set: then nothing is compared."""

    name: str
    title: str
    done: Done
    asked: int | None
    by_now: int | None
    against: str
    track: Track | None

    @property
    def shown(self) -> str:
        return f"{self.done}{self.asked}{self.by_now}{self.against}"


@dataclass(frozen=True, slots=True)
class StandingRow:
    """Cars that one thing keeps in the plant, and the address of their list."""

    name: str
    title: str
    count: int
    status: Status
    url: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """`target` None: nobody set one of this scope, or it was ended."""

    scope: str
    target: DeliveryTarget | None
    heading: str
    under: str
    periods: tuple[PeriodRow, ...]
    standings: tuple[StandingRow, ...]
    in_plant: int
    choices: tuple[tuple[str, str, bool], ...]
    demonstration: bool


def delivery_of(request: HttpRequest, at: datetime) -> Delivery:
    """Read in three statements, however much there is; two more on the first call after midnight."""
    zone = timezone.get_default_timezone()
    by_scope = targets_by_scope()
    paces = {scope: paces_of(targets) for scope, targets in by_scope.items()}
    asking = [scope for scope in sorted(paces) if pace_at(paces[scope], at, zone)]
    wanted = request.GET.get(PARAMETER, "")
    scope = wanted if wanted in asking else next(iter(asking), "")
    own = paces.get(scope, ())
    pace = pace_at(own, at, zone)
    periods = periods_at(at, zone)
    found = progress(periods=periods, at=at, model=scope)
    rows = tuple(_period(period, found.done[period.name], own if pace else (), at) for period in periods)
    target = _in_force(by_scope.get(scope, []), pace)
    return Delivery(
        scope=scope,
        target=target,
        heading=_heading(rows[0], at),
        under=_under(scope, pace, at),
        periods=rows,
        standings=tuple(_standing(standing, found.standing.get(standing, 0), scope) for standing in STANDINGS),
        in_plant=found.in_plant,
        choices=tuple(
            (scope_text(each), address(request, {PARAMETER: each}), each == scope) for each in asking
        ) if len(asking) > 1 else (),
        demonstration=target is not None and target.demonstration,
    )  # fmt: skip


def _in_force(targets: list[DeliveryTarget], pace: Pace | None) -> DeliveryTarget | None:
    if pace is None:
        return None
    return next(target for target in reversed(targets) if target.effective_on == pace.since)


def _period(period: Period, done: Done, paces: tuple[Pace, ...], at: datetime) -> PeriodRow:
    zone = timezone.get_default_timezone()
    if not paces:
        return PeriodRow(period.name, period_text(period.name), done, None, None, "", None)
    asked = asked_between(paces, period.start, period.end, zone)
    by_now = asked_between(paces, period.start, at, zone)
    title = _("%(period)s: %(released)s of %(asked)s released, %(delivered)s delivered; %(now)s are asked by now.") % {
        "period": period_text(period.name),
        "released": number_text(done.released),
        "asked": number_text(asked),
        "delivered": number_text(done.delivered),
        "now": number_text(by_now),
    }
    return PeriodRow(
        period.name,
        period_text(period.name),
        done,
        asked,
        by_now,
        against_text(done.released, by_now),
        draw_track(title, done, asked, by_now),
    )


def _heading(day: PeriodRow, at: datetime) -> str:
    said = {"released": number_text(day.done.released), "time": clock(at)}
    if day.asked is None or day.by_now is None:
        return _("%(released)s released today by %(time)s; no target is set") % said
    said |= {"asked": number_text(day.asked), "now": number_text(day.by_now)}
    return _("%(released)s of %(asked)s released by %(time)s; %(now)s are asked by now") % said


def _under(scope: str, pace: Pace | None, at: datetime) -> str:
    seconds = seconds_a_car(pace, at, timezone.get_default_timezone()) if pace else None
    if pace is None or seconds is None:
        return ""
    said = {
        "scope": scope_text(scope),
        "cars": number_text(pace.cars_per_year),
        "seconds": seconds_text(seconds),
        "day": pace.since.isoformat(),
    }
    return _(
        "Since %(day)s %(scope)s is asked for %(cars)s cars a year, one every %(seconds)s seconds of working time."
    ) % said  # fmt: skip


def _standing(standing: Standing, count: int, scope: str) -> StandingRow:
    asked = {"standing": standing.value, **({"model": scope} if scope else {})}
    url = f"{reverse('web:vehicles')}?{urlencode(asked)}"
    status = standing_status(standing) if count else Status.QUIET
    return StandingRow(standing.value, standing_text(standing), count, status, url)
