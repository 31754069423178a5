"""In words: that a batch is completed, since when and what that means; what keeps one whose testing is closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.batches.choices import BatchStatus
from inspections.gates.queries import BatchSummary, Keeping, Keeps
from inspections.saying import say_count

from .ages import gap, stamp
from .batch_facts import vehicle_status_text


@dataclass(frozen=True, slots=True)
class Completion:
    """What the page of a batch says of its end. `keeping`: what keeps it, where it is not completed."""

    text: str
    keeping: tuple[str, ...] = ()


def completion(summary: BatchSummary, keeping: Iterable[Keeping]) -> Completion | None:
    """What is said of the end of a batch; nothing while its testing is open."""
    if summary.status == BatchStatus.OPEN:
        return None
    if summary.completed_at is not None:
        late = _("A late result is still taken and judged; if it finds something, the batch is taken up again.")
        return Completion(_since(summary, summary.completed_at) + (gap() + late if summary.registered else ""))
    text = _("Testing is closed. The batch completes by itself once nothing of this keeps it:")
    return Completion(text, tuple(keeping_words(row.what, row.count) for row in keeping))


def _since(summary: BatchSummary, at: datetime) -> str:
    said = {"at": stamp(at), "left": summary.delivered, "built": summary.registered}
    if not summary.registered:
        return _("Completed since %(at)s: no car is in it, and none will come.") % said
    if not summary.delivered:
        return _("Completed since %(at)s: no car of it is meant for a customer, and nothing is open.") % said
    if summary.delivered == summary.registered:
        return _("Completed since %(at)s: every car has left, and nothing stands against any of them.") % said
    words = ngettext(
        "Completed since %(at)s: %(left)d of %(built)d cars has left, the others never will; nothing is open.",
        "Completed since %(at)s: %(left)d of %(built)d cars have left, the others never will; nothing is open.",
        summary.delivered,
    )
    return words % said


def completed_row_words(batch: BatchSummary) -> str:
    """Below the word "Completed" in a list: what became of its cars, and since when."""
    said = {"left": batch.delivered, "built": batch.registered}
    if not batch.registered:
        words = _("no car is in it")
    elif not batch.delivered:
        words = _("no car of it is meant for a customer")
    elif batch.delivered == batch.registered:
        words = _("every car has left")
    else:
        words = ngettext(
            "%(left)d of %(built)d cars has left, the others never will",
            "%(left)d of %(built)d cars have left, the others never will",
            batch.delivered,
        )
        words %= said
    since = [] if batch.completed_at is None else [_("since %(at)s") % {"at": stamp(batch.completed_at)}]
    return _("; ").join([words, *since])


def keeping_words(what: str, count: int) -> str:
    """One thing that keeps a batch from being completed."""
    said = {
        Keeps.IN_PLANT: say_count("%(count)d car is in the plant", "%(count)d cars are in the plant", count=count),
        Keeps.UNDECIDED: say_count("%(count)d change is undecided", "%(count)d changes are undecided", count=count),
        Keeps.NONCONFORMANCE: say_count(
            "%(count)d nonconformance is open", "%(count)d nonconformances are open", count=count
        ),
        Keeps.HOLD: say_count("%(count)d hold of a person stands", "%(count)d holds of people stand", count=count),
        Keeps.CONCESSION: say_count(
            "%(count)d proposed concession is not signed", "%(count)d proposed concessions are not signed", count=count
        ),
        Keeps.KEPT: say_count(
            "%(count)d car is named by what could not be read",
            "%(count)d cars are named by what could not be read",
            count=count,
        ),
        Keeps.CAR: say_count(
            "%(count)d car that has left has a gate that has not passed",
            "%(count)d cars that have left have gates that have not passed",
            count=count,
        ),
        Keeps.OWN_GATE: say_count(
            "%(count)d gate of the batch itself has not passed",
            "%(count)d gates of the batch itself have not passed",
            count=count,
        ),
    }
    found = next((words for known, words in said.items() if known == what), None)
    return what if found is None else str(found)


def cars_words(cars: Mapping[str, Any]) -> str:
    """What became of how many cars, as the ledger keeps it."""
    said = [
        _("%(count)d %(state)s")
        % {"count": count, "state": _("moved to another batch") if status == "moved" else vehicle_status_text(status)}
        for status, count in cars.items()
    ]
    return _(", ").join(said) if said else _("no car is in it")
