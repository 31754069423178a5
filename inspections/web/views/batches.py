"""The list of batches, and one batch: why it is flagged, which of its cars are not clear, what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from inspections.batches.choices import BatchStatus
from inspections.batches.models import Batch
from inspections.batches.queries import batch_ids, count_batches, find_batch, sequences_of
from inspections.catalogue.queries import characteristic_words, procedure_words
from inspections.dispositions.queries import open_holds, open_nonconformances_of_batch
from inspections.dispositions.rules import MAY_LIFT_HOLD, MAY_PLACE_HOLD
from inspections.gates.queries import (
    BatchSummary,
    CarCounts,
    Keeping,
    batch_draw,
    batch_summaries,
    car_counts,
    cars_of_batch,
    coverages_of,
    what_keeps,
)
from inspections.gates.repinning import MAY_REPIN
from inspections.gates.sentence_catalogue import Language
from inspections.records.queries import entries_of_batch
from inspections.releases.queries import proposable, releases
from inspections.releases.rules import MAY_RELEASE
from inspections.results.operators import operators_keeping
from inspections.saying import say_count

from .. import batch_facts, batch_page, drawn_words
from ..access import actor_of, language_now, may, moment_of, who_may
from ..act_words import say_act
from ..ages import clauses, gap
from ..batch_rows import batch_status_text, drawn_row
from ..completion_words import Completion, completion
from ..exporting import of_batches, of_ledger
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..frame import optional_url
from ..matrix_choice import Choice
from ..paging import HISTORY, PAGE, Pager, address, cursor_text, moment_cursor, number_cursor
from ..release_page import release_row
from ..signed_for import of_releases
from ..telling import Telling, characteristics_in
from ..templatetags.interlock import digest
from .matrix import matrix_context

_LONGEST_FILTER = 64
_FLOOD = (
    "inspection.recorded",
    "vehicle.registered",
    "vehicle.released",
    "hold.placed_by_list",
    "hold.lifted_by_list",
    "hold.listed_gone",
)
"""Acts that come by the hundred; the history shows them when asked for every entry."""


@require_safe
@exports(batches=of_batches.batches)
def batch_list(request: HttpRequest) -> HttpResponse:
    """Batches, newest first, a hundred a page."""
    status, text = of_batches.batches_asked(request)
    before = moment_cursor(request, "before", 1)
    cursor = None if before is None else (before[0], before[1][0])
    found = batch_ids(status=status, text=text, before=cursor, most=PAGE + 1)
    summaries = batch_summaries(ids=[row[1] for row in found[:PAGE]], at=moment_of(request))
    flagged = sum(summary.state == "failed" for summary in summaries)
    total = count_batches(status=status, text=text)
    context = {
        "heading": _list_heading(total, flagged, len(summaries)),
        "rows": [drawn_row(summary, language_now()) for summary in summaries],
        "text": text,
        "filters": _status_filters(request, status),
        "pager": Pager(
            str(
                say_count(
                    "%(count)d batch", "%(shown)d of %(count)d batches, newest first", count=total, shown=len(summaries)
                )
            ),
            address(request, {"before": None}) if cursor else "",
            address(request, {"before": cursor_text(*found[PAGE - 1])}) if len(found) > PAGE else "",
        ),
        "filtered": bool(status or text),
        "title_block": [{"label": "Interlock", "value": _("Batches")}],
    }
    return render(request, "inspections/batches/list.html", context)


def _list_heading(total: int, flagged: int, shown: int) -> str:
    if not total:
        return _("There is no batch")
    said = {"flagged": flagged, "shown": shown}
    if not flagged:
        return _("None of %(shown)d batches is flagged") % said
    return _("%(flagged)d of %(shown)d batches are flagged") % said


def _status_filters(request: HttpRequest, chosen: str) -> list[tuple[str, str, bool]]:
    every = (_("All"), address(request, {"status": None, "before": None}), not chosen)
    return [
        every,
        *(
            (batch_status_text(value), address(request, {"status": value, "before": None}), value == chosen)
            for value in BatchStatus.values
        ),
    ]


def _found(number: str) -> Batch:
    found = find_batch(number) if number.isprintable() else None
    if found is None:
        raise Http404(_("There is no batch %(number)s.") % {"number": number[:_LONGEST_FILTER]})
    return found


def _cars_sheet(request: HttpRequest, number: str) -> Sheet:
    found, at = _found(number), moment_of(request)
    summary, counts = batch_summaries(ids=[found.pk], at=at)[0], car_counts(batch_id=found.pk)
    shown = of_batches.cars_asked(request, summary, counts)
    return of_batches.cars(found, shown, _car_words(summary, counts)[shown], at)


def _history_sheet(request: HttpRequest, number: str) -> Sheet:
    every = request.GET.get("entries") == "all"
    words = _("Every entry") if every else _("Without what comes by the hundred")
    return of_ledger.history_of_batch(
        _found(number).number, without=() if every else _FLOOD, narrowed=[(_("Entries"), words)]
    )


@require_safe
@exports(cars=_cars_sheet, history=_history_sheet)
def batch(request: HttpRequest, number: str) -> HttpResponse:
    """One batch."""
    found = _found(number)
    at, language = moment_of(request), language_now()
    polled = request.headers.get("HX-Request") == "true"
    summary = batch_summaries(ids=[found.pk], at=at)[0]
    counts = car_counts(batch_id=found.pk)
    coverages = coverages_of(configuration_id=found.configuration_id, at=at)
    causes, known, left = batch_page.gather(found, summary, coverages, language)
    sections, line = batch_page.gate_sections(summary, causes, known, coverages, at)
    context = {
        "batch": found,
        "heading": batch_page.heading(summary, counts),
        "facts": batch_facts.facts(summary, counts),
        "sections": sections,
        "line": line,
        "completion": _completion(summary, at),
        "release": line.stations[-1],
        **_release(request, found, summary),
        "holds": batch_page.hold_words(open_holds(batch_id=found.pk, vehicle_id=None), language),
        "nonconformances": open_nonconformances_of_batch(batch_id=found.pk),
        "left": left,
        "summary": summary,
        "title_block": batch_facts.title_block(summary),
        **_acts(request, found, summary),
        **_drawn(found, language),
        **_cars(request, found, summary, counts),
        **_history(request, found),
        # A poll brings the answer up to date and tells whether the matrix has gone on; it does not draw it all again.
        **({} if polled else matrix_context(request, found, Choice())),
        "polled": polled,
    }
    return render(request, "inspections/batches/batch.html", context)


def _completion(summary: BatchSummary, at: datetime) -> Completion | None:
    """Since when it is completed, or what keeps it; nothing while its testing is open, and asked only once closed."""
    keeping: tuple[Keeping, ...] = ()
    if summary.status == BatchStatus.TESTING_CLOSED:
        keeping = what_keeps(batch_ids=[summary.id], at=at)[summary.id]
    return completion(summary, keeping)


def _release(request: HttpRequest, found: Batch, summary: BatchSummary) -> dict[str, Any]:
    """What of the batch is released, proposed, and waits."""
    at, actor = moment_of(request), actor_of(request)
    waiting = len(proposable(batch_id=found.pk, at=at)[0]) if summary.clear else 0
    allowed = may(actor, MAY_RELEASE)
    words = batch_page.release_words(summary, waiting)
    rows = [release_row(row, at) for row in releases(batch_id=found.pk, most=10)]
    hands = of_releases([(row.release.id, row.release.number) for row in rows])
    return {
        "keeping": operators_keeping(batch_id=found.pk),
        "release_words": words,
        "releases": [(row, hands.get(row.release.number, ())) for row in rows],
        "release_digest": digest((words, rows, sorted((number, len(given)) for number, given in hands.items()))),
        "proposable": waiting,
        "propose_url": reverse("web:release-propose", args=[found.number]) if waiting and allowed else "",
        "who_may_release": "" if allowed or not waiting else who_may(MAY_RELEASE, actor),
    }


def _acts(request: HttpRequest, found: Batch, summary: BatchSummary) -> dict[str, Any]:
    actor = actor_of(request)
    url = optional_url("web:hold-place")
    allowed = may(actor, MAY_PLACE_HOLD)
    return {
        "hold_url": f"{url}?batch={found.number}" if url and allowed else "",
        "repin_url": reverse("web:batch-repin", args=[found.number])
        if may(actor, MAY_REPIN) and summary.current_revision not in (None, summary.revision)
        else "",
        "may_lift": may(actor, MAY_LIFT_HOLD),
        "who_may": "" if allowed else _("Placing a hold:") + gap() + who_may(MAY_PLACE_HOLD, actor),
    }


def _drawn(found: Batch, language: Language) -> dict[str, Any]:
    """Which of its built cars are samples, where its plan draws any."""
    draw = batch_draw(found)
    if not draw.asked:
        return {}
    names = procedure_words({code for code, _asked in draw.asked})
    return {
        "draw": draw,
        "drawn": drawn_words.drawn_procedures(draw, names, language),
        "check": drawn_words.check_words(draw),
    }


def _cars(request: HttpRequest, found: Batch, summary: BatchSummary, counts: CarCounts) -> dict[str, Any]:
    """The list of cars, narrowed as asked; by default to what is wrong, if anything is."""
    shown = of_batches.cars_asked(request, summary, counts)
    after = number_cursor(request, "after") or 0
    rows = cars_of_batch(batch_id=found.pk, shown=shown, after=after, at=moment_of(request), most=PAGE + 1)
    lines = batch_facts.car_lines(rows[:PAGE], language_now())
    words = str(say_count("%(count)d car in build order", "%(count)d cars in build order", count=len(lines)))
    if lines:
        ends = {"first": lines[0].row.sequence, "last": lines[-1].row.sequence}
        words = clauses([words, _("from car %(first)d to car %(last)d") % ends])
    more = len(rows) > PAGE
    pager = None
    if more or after:
        first = address(request, {"cars": shown, "after": None}, "cars") if after else ""
        last = str(lines[-1].row.sequence) if lines else ""
        pager = Pager(words, first, address(request, {"cars": shown, "after": last}, "cars") if more else "")
    return {
        "cars": lines,
        "filters": _car_filters(request, shown, summary, counts),
        "pager": pager,
        "nothing_shown": _nothing(shown),
    }


def _car_filters(
    request: HttpRequest, shown: str, summary: BatchSummary, counts: CarCounts
) -> list[tuple[str, str, bool]]:
    names = _car_words(summary, counts)
    return [(name, address(request, {"cars": key, "after": None}, "cars"), key == shown) for key, name in names.items()]


def _car_words(summary: BatchSummary, counts: CarCounts) -> dict[str, str]:
    return {
        "wrong": _("Only what is wrong"),
        "failed": _("Failed %(count)d") % {"count": counts.failed},
        "pending": _("Pending %(count)d") % {"count": counts.pending},
        "missing": _("With missing results"),
        "held": _("Held %(count)d") % {"count": counts.held},
        "all": _("All %(count)d cars") % {"count": summary.registered},
    }


def _nothing(shown: str) -> str:
    return _("No car is registered yet.") if shown == "all" else _("No car of this batch is so.")


def _history(request: HttpRequest, found: Batch) -> dict[str, Any]:
    """What happened, newest first, fifty a page."""
    every = request.GET.get("entries") == "all"
    before = number_cursor(request, "before")
    entries = entries_of_batch(batch=found.number, before=before, most=HISTORY + 1, without=() if every else _FLOOD)
    more, entries = len(entries) > HISTORY, entries[:HISTORY]
    tell = Telling(language_now(), characteristic_words(characteristics_in(entry.after for entry in entries)))
    sequences = sequences_of({entry.subject for entry in entries if entry.subject_kind == "vehicle"})
    first = address(request, {"before": None}, "history") if before is not None else ""
    following = address(request, {"before": str(entries[-1].pk)}, "history") if more else ""
    words = say_count("%(count)d entry", "%(count)d entries", count=len(entries))
    return {
        "history": [say_act(entry, tell, sequences) for entry in entries],
        "every_entry": every,
        "entries_url": address(request, {"entries": None if every else "all", "before": None}, "history"),
        "history_pager": Pager(str(words), first, following) if first or following else None,
    }
