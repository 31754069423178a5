"""Releases that wait for somebody: clear cars to propose, proposals to sign, and what new evidence suspended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.gates.queries import BatchSummary
from inspections.releases.queries import ProposedRelease

from .ages import gap, stamp
from .need_facts import OFFICER, Findings, Task, bold, text
from .reason_groups import LinkedPart
from .statuses import Status


def release_tasks(found: Findings) -> Iterable[Task]:
    """Proposals to sign, releases that new evidence suspended, and clear cars that nobody proposed."""
    proposed = set()
    for row in found.releases:
        if row.state(found.at) == "suspended":
            yield _suspended(row)
        else:
            proposed.add(row.batch)
            yield _to_sign(row)
    for batch in found.batches:
        if batch.unreleased and batch.number not in proposed:
            yield _to_propose(batch, found.to_release.get(batch.id))


def _to_propose(batch: BatchSummary, since: datetime | None) -> Task:
    words = ngettext(
        ": %(count)d car is clear and waits for its release.",
        ": %(count)d cars are clear and wait for their release.",
        batch.unreleased,
    )
    return Task(
        Status.PENDING,
        (bold(batch.number), text(words % {"count": batch.unreleased})),
        (text(_("Propose it; two people who inspected none of them sign. The others stay behind.")),),
        since or batch.decided_at or batch.opened_at,
        reverse("web:release-propose", args=[batch.number]),
        _("Propose the release"),
        OFFICER,
        word=_("To release"),
    )


def _suspended(row: ProposedRelease) -> Task:
    words = ngettext(
        " is suspended: %(count)d car may not leave.",
        " is suspended: %(count)d cars may not leave.",
        row.suspended,
    )
    under = _("Something was decided since and did not pass. Clear again, it needs new signatures.")
    return Task(
        Status.HELD,
        (_named(row), text(words % {"count": row.suspended})),
        (text(under),),
        row.signed_at or row.proposed_at,
        reverse("web:release", args=[row.number]),
        _("See the release"),
        OFFICER,
        word=_("Suspended"),
    )


def _to_sign(row: ProposedRelease) -> Task:
    words = ngettext(": %(count)d car waits", ": %(count)d cars wait", row.vehicles) % {"count": row.vehicles}
    needed = _(" for its second signature.") if row.signatures else _(" for two signatures.")
    under = [_("Lapses at %(at)s.") % {"at": stamp(row.lapses_at)}]
    if row.signatures:
        under.insert(0, _("Signed by %(who)s.") % {"who": row.signers[0]})
    return Task(
        Status.PENDING,
        (_named(row), text(words + needed)),
        (text(gap().join(under)),),
        row.proposed_at,
        reverse("web:release", args=[row.number]),
        _("Read and sign"),
        OFFICER,
        word=_("To sign"),
    )


def _named(row: ProposedRelease) -> LinkedPart:
    return bold(_("Release %(number)s of %(batch)s") % {"number": row.number, "batch": row.batch})
