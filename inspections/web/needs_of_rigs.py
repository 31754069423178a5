"""Rigs in trouble, and coverage that ends: what somebody must see to before it stops cars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.gates.choices import CoverageKind
from inspections.gates.queries import EndingCoverage

from .ages import clock_or_stamp, gap, stamp
from .frame import optional_url
from .need_facts import (
    ENGINEER,
    INSPECTOR,
    NAMED_RIGS,
    OFFICER,
    SILENT,
    SOON,
    Findings,
    Task,
    bold,
    text,
)
from .statuses import Status

_EVER: Final = datetime.min.replace(tzinfo=UTC)


def rig_tasks(found: Findings) -> Iterable[Task]:
    for rig in found.rigs:
        if not rig.needs_calibration:
            continue
        url = optional_url("web:rig", rig.code)
        if rig.calibrated_until is None:
            ended = rig.calibration_ended_at
            said = _(" is not in calibration.") if ended else _(" was never in calibration.")
            parts = (bold(_("Rig %(rig)s") % {"rig": rig.code}), text(said))
            under = _("What it measures now does not count until a certificate is entered.")
            since, age = (ended, "") if ended else (_EVER, "–")
            yield Task(Status.STALE, parts, (text(under),), since, url, _("See the rig"), ENGINEER, age=age)
        elif rig.calibrated_until - found.at < SOON:
            name = bold(_("Calibration of %(rig)s") % {"rig": rig.code})
            parts = (name, text(_(" ends at %(at)s.") % {"at": stamp(rig.calibrated_until)}))
            under = _("After that, its results do not count.")
            since = rig.calibrated_until
            roles = ENGINEER | INSPECTOR
            yield Task(Status.QUIET, parts, (text(under),), since, url, _("See the rig"), roles, word=_("Soon"))
    yield from _silent(found)


def _silent(found: Findings) -> Iterable[Task]:
    """Rigs that were heard once and are not heard now: one task each, or one for many, since a network is down."""
    silent = {
        rig.code: rig.last_heard_at
        for rig in found.rigs
        if rig.last_heard_at is not None and found.at - rig.last_heard_at > SILENT
    }
    if len(silent) > NAMED_RIGS:
        name = bold(_("%(count)d of %(rigs)d rigs") % {"count": len(silent), "rigs": len(found.rigs)})
        listed = _(", ").join(sorted(silent)[:NAMED_RIGS])
        more = _("%(count)d more") % {"count": len(silent) - NAMED_RIGS}
        said = _(" are silent: %(rigs)s, %(more)s.") % {"rigs": listed, "more": more}
        url = f"{reverse('web:rigs')}?state=silent"
        gathered = [(min(silent.values()), (name, text(said)), url, _("See the rigs"))]
    else:
        gathered = [
            (
                heard,
                (
                    bold(_("Rig %(rig)s") % {"rig": code}),
                    text(_(" was last heard at %(at)s.") % {"at": clock_or_stamp(heard, found.at)}),
                ),
                optional_url("web:rig", code),
                _("See the rig"),
            )
            for code, heard in silent.items()
        ]
    under = _("Cars wait for its results; testing on another rig clears them too.")
    if len(silent) > NAMED_RIGS:
        under = _("Cars wait for their results: see whether the network is down.")
    for since, parts, url, act in gathered:
        yield Task(Status.PENDING, parts, (text(under),), since, url, act, ENGINEER | INSPECTOR, word=_("Silent"))


def coverage_tasks(found: Findings) -> Iterable[Task]:
    """Coverage that ends soon, gathered by configuration: the first one to end speaks."""
    gathered: dict[str, list[EndingCoverage]] = defaultdict(list)
    for row in found.coverages:
        gathered[row.configuration].append(row)
    for configuration, rows in gathered.items():
        first = rows[0]
        said = {"procedure": first.procedure, "configuration": configuration, "at": stamp(first.valid_until)}
        name = bold(_("Coverage %(number)s") % {"number": first.number})
        words = _(" of %(procedure)s for %(configuration)s ends at %(at)s.") % said
        under = []
        if len(rows) > 1:
            more = ngettext("%(count)d more ends soon after.", "%(count)d more end soon after.", len(rows) - 1)
            under.append(more % {"count": len(rows) - 1})
        if any(row.kind == CoverageKind.DEMONSTRATION for row in rows):
            under.append(_("Demonstration, not evidence."))
        under.append(_("Later cars would be flagged: coverage expired."))
        url, roles = reverse("web:coverage-of", args=[configuration]), ENGINEER | OFFICER
        parts, below = (name, text(words)), (text(gap().join(under)),)
        yield Task(Status.QUIET, parts, below, first.valid_until, url, _("See its coverage"), roles, word=_("Soon"))
