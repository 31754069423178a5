"""One batch as lists show it: its line, where it stops, its counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from inspections.batches.choices import BatchStatus
from inspections.gates.queries import BatchSummary
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import gate_text

from .completion_words import completed_row_words
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


@dataclass(frozen=True, slots=True)
class DrawnRow(BatchRow):
    """A row with its markup."""

    drawn: SafeString


@dataclass(frozen=True, slots=True)
class _Shown:
    """All that the drawing of a row rests on. Two are equal only if every fact of the batch is."""

    told: str
    language: str
    prefix: str
    batch: BatchSummary = field(compare=False)


def drawn_row(batch: BatchSummary, language: Language) -> DrawnRow:
    """A batch as a row of the table of batches. Drawn once for what it says, since pages ask for it every ten seconds
    and few batches change in between."""
    return _drawn(_Shown(repr(batch), get_language() or "", get_script_prefix(), batch), language)


_MOST_KEPT: Final = 500


@lru_cache(maxsize=_MOST_KEPT)
def _drawn(shown: _Shown, language: Language) -> DrawnRow:
    row = batch_row(shown.batch, language)
    drawn = SafeString(render_to_string("partials/batch_row.html", {"row": row}))
    return DrawnRow(row.batch, row.line, row.status, row.word, row.under, row.status_word, drawn)


def batch_status_text(status: str) -> str:
    """Whether testing goes on, is closed, or the batch has left."""
    return {
        BatchStatus.OPEN.value: _("testing open"),
        BatchStatus.TESTING_CLOSED.value: _("testing closed"),
        BatchStatus.COMPLETED.value: _("completed"),
    }.get(status, status)


def _standing(batch: BatchSummary, language: Language) -> tuple[Status, str, str]:
    # Nothing stands against a completed one. While it is shown that something does, it is said as of any other.
    stands = batch.undecided or (batch.delivered and (batch.held or batch.state != "passed"))
    if batch.status == BatchStatus.COMPLETED and not stands:
        return Status.QUIET, _("Completed"), completed_row_words(batch)
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
