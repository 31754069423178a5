"""Concessions that wait for somebody: proposals to approve."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .ages import gap, stamp
from .need_facts import ENGINEER, OFFICER, Findings, Task, bold, text
from .statuses import Status


def concession_tasks(found: Findings) -> Iterable[Task]:
    """Proposals that wait for an approval."""
    for row in found.concessions:
        name = bold(_("Concession %(number)s of %(batch)s") % {"number": row.number, "batch": row.batch})
        count = len(row.cars)
        words = ngettext(": %(count)d car waits", ": %(count)d cars wait", count) % {"count": count}
        needed = _(" for its second approval.") if row.signatures else _(" for two approvals.")
        ends = min(row.lapses_at, row.expires_at or row.lapses_at)
        under = [_("Proposed by %(who)s.") % {"who": row.proposed_by}, _("Lapses at %(at)s.") % {"at": stamp(ends)}]
        url = reverse("web:concession", args=[row.number])
        yield Task(
            Status.PENDING, (name, text(words + needed)), (text(gap().join(under)),), row.proposed_at, url,
            _("Read and approve"), ENGINEER | OFFICER, word=_("To approve"),
        )  # fmt: skip
