"""One batch as lists show it: its line, where it stops, its counts."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.batches.choices import BatchStatus
from inspections.gates.queries import BatchSummary
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import gate_text

from .gate_contacts import batch_contacts
from .line_drawing import Line, draw_line
from .statuses import Status


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch with the words of its state. `under` says where it stops."""

    batch: BatchSummary
    line: Line
    status: Status
    word: str
    under: str
    status_word: str


def batch_row(batch: BatchSummary, language: Language) -> BatchRow:
    """A batch as a row of a list."""
    status, word, under = _standing(batch, language)
    return BatchRow(
        batch, draw_line(batch_contacts(batch.gates, language)), status, word, under, batch_status_text(batch.status)
    )


def batch_status_text(status: str) -> str:
    """Whether testing goes on, is closed, or the batch has left."""
    return {
        BatchStatus.OPEN.value: _("testing open"),
        BatchStatus.TESTING_CLOSED.value: _("testing closed"),
        BatchStatus.COMPLETED.value: _("completed"),
    }.get(status, status)


def _standing(batch: BatchSummary, language: Language) -> tuple[Status, str, str]:
    if not batch.registered:
        return Status.QUIET, _("Empty"), _("no car registered yet")
    own = [gate_text(gate.domain, language) for gate in batch.gates if gate.own_state != "passed"]
    said = []
    if own:
        said.append(_("whole batch: %(gates)s") % {"gates": _(", ").join(own)})
    for name, words in (("failed", _("failed cars: %(gates)s")), ("pending", _("pending cars: %(gates)s"))):
        counts = [(gate.domain, getattr(gate, name)) for gate in batch.gates]
        named = [
            _("%(gate)s %(count)d") % {"gate": gate_text(domain, language), "count": count}
            for domain, count in counts
            if count
        ]
        if named:
            said.append(words % {"gates": _(", ").join(named)})
    if batch.undecided:
        said.append(_("%(count)d undecided") % {"count": batch.undecided})
    under = _("; ").join(said)
    if batch.state == "failed":
        return Status.FAIL, _("Flagged"), under
    if batch.state == "pending" or batch.undecided:
        return Status.PENDING, _("Pending"), under
    if batch.held:
        return (
            Status.HELD,
            _("Held"),
            ngettext("%(count)d car held", "%(count)d cars held", batch.held) % {"count": batch.held},
        )
    if batch.clear == batch.registered:
        return Status.PASS, _("Clear"), _all_clear(batch)
    return (
        Status.PENDING,
        _("Pending"),
        _("%(clear)d of %(built)d cars are clear") % {"clear": batch.clear, "built": batch.registered},
    )


def _all_clear(batch: BatchSummary) -> str:
    """How far the cars of a batch have come, every one of which is clear."""
    if not batch.released:
        return _("every car is clear; none is released")
    if batch.unreleased:
        return _("every car is clear; %(released)d of %(built)d are released") % {
            "released": batch.released,
            "built": batch.registered,
        }
    if batch.delivered == batch.registered:
        return _("every car has left")
    words = ngettext(
        "every car was signed for; %(left)d of %(built)d has left",
        "every car was signed for; %(left)d of %(built)d have left",
        batch.delivered,
    )
    return words % {"left": batch.delivered, "built": batch.registered}
