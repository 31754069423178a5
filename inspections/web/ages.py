"""Moments and lengths of time as pages write them, in the zone of the plant, and what stands between sentences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from inspections.saying import stamp as stamp


def age_text(age: timedelta) -> str:
    """How long something has lasted, or how long it is until then: "2 min", "6 h 01", "14 h", "8 d"."""
    minutes = int(abs(age).total_seconds() // 60)
    if minutes >= 48 * 60:
        return _("%(days)d d") % {"days": minutes // 1440}
    if minutes >= 10 * 60:
        return _("%(hours)d h") % {"hours": minutes // 60}
    if minutes >= 60:
        return _("%(hours)d h %(minutes)02d") % {"hours": minutes // 60, "minutes": minutes % 60}
    return _("%(minutes)d min") % {"minutes": minutes}


def clock(moment: datetime) -> str:
    """Time to the minute, local."""
    return f"{timezone.localtime(moment):%H:%M}"


def clock_or_stamp(moment: datetime, now: datetime) -> str:
    """The time alone on the same day, else with its day."""
    same = timezone.localdate(moment) == timezone.localdate(now)
    return clock(moment) if same else stamp(moment)


def zone_text() -> str:
    """The zone in which a page writes its times, with its offset."""
    now = timezone.localtime()
    offset = f"{now:%z}"
    return f"{timezone.get_current_timezone_name()}, UTC{offset[:3]}:{offset[3:]}"


def gap() -> str:
    """What stands between two sentences: a space, and nothing in Chinese."""
    return "" if (get_language() or "en").startswith("zh") else " "


def sentences(said: Iterable[object]) -> str:
    """Whole sentences, one after the other."""
    return gap().join(filter(None, map(str, said)))


def clauses(said: Iterable[str]) -> str:
    """Parts of one statement, one after the other. Things of one kind are listed with `_(", ")` instead."""
    return pgettext("between clauses", ", ").join(said)
