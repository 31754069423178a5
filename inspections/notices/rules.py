"""When a mail closes, how soon each person is told, when a mail is tried again. Pure: every moment is handed in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ..people.choices import Role
from ..saying import Refusal
from .choices import AUDIENCE, Kind, Pace

LONGEST_PAUSE: Final = timedelta(hours=1)
FIRST_RETRY: Final = timedelta(seconds=30)
LONGEST_RETRY: Final = timedelta(minutes=15)
MOST_REFUSALS: Final = 5
"""How often a mail server may refuse an address for good before the mail is given up."""
SOONEST: Final = (Pace.AT_ONCE, Pace.DIGEST, Pace.NONE)


class NoticeRefused(Refusal):
    """A choice that cannot be made; says why and what can be."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The time in which one mail at once gathered."""

    opened_at: datetime
    closes_at: datetime


def soonest(paces: Collection[Pace]) -> Pace:
    """The soonest of several; never, of none."""
    return min(paces, key=SOONEST.index, default=Pace.NONE)


def usual_pace(kind: Kind, roles: Collection[Role]) -> Pace:
    """How soon who has these roles is told before they choose."""
    return soonest([pace for role, pace in AUDIENCE[kind].usual.items() if role in roles])


def least_pace(kind: Kind, roles: Collection[Role]) -> Pace:
    """What who has these roles cannot go below, since they answer for it; never, where they are free."""
    return soonest([pace for role, pace in AUDIENCE[kind].least.items() if role in roles])


def pace_of(kind: Kind, roles: Collection[Role], chosen: Mapping[str, str]) -> Pace:
    """How soon a person is told: as chosen, as usual without a choice, never less than they answer for.

    A choice that is none, or was made under a role that is gone, is read as the usual one.
    """
    if not roles:
        return Pace.NONE
    found = chosen.get(kind.value, "")
    wanted = Pace(found) if found in Pace.values else usual_pace(kind, roles)
    return soonest([wanted, least_pace(kind, roles)])


def closes_at_once(at: datetime, last: Gathered | None, gather: timedelta) -> datetime:
    """When a mail that opens now closes. The first closes after `gather`; while they follow on one another each waits
    twice as long as the one before, up to an hour; after a quiet hour it begins anew.

    So a rig that fails every car of a night costs each person ten mails, not a thousand.
    """
    if last is None or at - last.closes_at > LONGEST_PAUSE:
        return at + gather
    return at + min(max(2 * (last.closes_at - last.opened_at), gather), LONGEST_PAUSE)


def closes_as_digest(at: datetime, zone: str, hour: int) -> datetime:
    """The next time after `at` that the clock of the zone shows this hour, whatever its summer time does."""
    local = ZoneInfo(zone)
    day = at.astimezone(local).replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    for ahead in range(3):
        # By way of UTC, so that an hour which the clock skips is the one after it.
        closes = (day + timedelta(days=ahead)).astimezone(UTC)
        if closes > at:
            return closes
    raise AssertionError("a day has an end")


def retry_after(attempts: int, jitter: float) -> timedelta:
    """How long to wait after this many vain attempts. `jitter` from 0 to 1 spreads mails that failed together."""
    whole = min(FIRST_RETRY * 2 ** min(attempts - 1, 10), LONGEST_RETRY)
    return whole / 2 + whole / 2 * jitter
