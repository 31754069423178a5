"""Every car of a batch by every characteristic: the overview, and the table beneath it with its filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from inspections.batches.choices import BatchStatus
from inspections.batches.models import Batch
from inspections.batches.queries import find_batch
from inspections.catalogue.choices import Domain
from inspections.catalogue.queries import CharacteristicWords, characteristic_words
from inspections.dispositions.queries import open_holds
from inspections.gates.matrix import WRONG, Mark, Matrix, matrix_of_batch
from inspections.gates.queries import batch_summaries, car_counts

from .. import batch_facts, batch_page
from ..access import language_now, moment_of
from ..ages import clauses
from ..gate_contacts import gate_heading
from ..matrix_choice import (
    CARS,
    ROWS,
    STATUS_OF,
    Choice,
    Selection,
    mark_of,
    read_choice,
    select,
    wrong_cars,
)
from ..matrix_page import Overview, draw_overview, table_rows
from ..paging import Pager, address
from ..statuses import word_of

_LONGEST = 64


@require_safe
def matrix(request: HttpRequest, number: str) -> HttpResponse:
    """The matrix of a batch, sixty cars by a hundred rows a page. Its statements do not grow with cars or rows."""
    found = find_batch(number) if number.isprintable() else None
    if found is None:
        raise Http404(_("There is no batch %(number)s.") % {"number": number[:_LONGEST]})
    at = moment_of(request)
    summary = batch_summaries(ids=[found.pk], at=at)[0]
    context = {
        "batch": found,
        "heading": batch_page.heading(summary, car_counts(batch_id=found.pk)),
        "summary": summary,
        "holds": batch_page.hold_words(open_holds(batch_id=found.pk, vehicle_id=None), language_now()),
        "title_block": batch_facts.title_block(summary),
        **matrix_context(request, found, read_choice(request)),
    }
    return render(request, "inspections/batches/matrix.html", context)


def matrix_context(request: HttpRequest, found: Batch, choice: Choice) -> dict[str, Any]:
    """The matrix as its own page and the page of its batch show it. Six statements, and two more for a revision
    whose lines were not read yet."""
    at, language = moment_of(request), language_now()
    whole = matrix_of_batch(batch=found, mark_of=mark_of, at=at)
    words = characteristic_words({row.characteristic_id for row in whole.rows if row.characteristic_id is not None})
    overview = draw_overview(whole, words, language, found.planned_quantity)
    selection = select(whole, choice, words)
    places = [place for place in selection.places if whole.cars[place].sequence > choice.after]
    shown = [(place, whole.cars[place]) for place in places[:CARS]]
    rows = selection.rows[(choice.rows - 1) * ROWS : choice.rows * ROWS]
    last = shown[-1][1].sequence if shown else 0
    wrong, counts = wrong_cars(whole)
    url = reverse("web:batch-matrix", args=[found.number])
    return {
        "matrix_at": at,
        "matrix_shapes": [STATUS_OF[mark].value for mark in reversed(WRONG) if counts[mark]],
        "overview": overview,
        "matrix_rows": table_rows(rows, shown, words, language) if shown else [],
        "matrix_cars": [car.sequence for _place, car in shown],
        "matrix_url": url,
        "matrix_links": _links(request, url, choice, whole, wrong, counts),
        "matrix_filter": _filter(choice, whole, words, overview),
        "matrix_words": _shown_words(choice, selection, shown, len(rows)),
        "matrix_pagers": _pagers(request, url, choice, len(selection.rows), last if len(places) > CARS else 0),
        "matrix_empty": _empty_words(whole, choice),
        "testing_closed": found.status != BatchStatus.OPEN and counts[Mark.MISSING] > 0,
    }


def _at(request: HttpRequest, url: str, changes: Mapping[str, str | None]) -> str:
    """An address of the matrix page with the filter that is on, changed; the page of the batch has none of its own."""
    if request.path != url:
        kept = "&".join(f"{name}={value}" for name, value in changes.items() if value is not None)
        return url + (f"?{kept}" if kept else "") + "#matrix"
    return address(request, {**changes, "after": changes.get("after"), "rows": changes.get("rows")}, "matrix")


def _links(
    request: HttpRequest, url: str, choice: Choice, whole: Matrix, wrong: int, counts: Mapping[Mark, int]
) -> list[tuple[str, str, str, bool]]:
    """The usual questions: shape, words, address, and whether it is the one being answered."""
    plain = not choice.every and choice.status is None
    words = ngettext("Only what is wrong: %(count)d car", "Only what is wrong: %(count)d cars", wrong)
    found = [("", words % {"count": wrong}, _at(request, url, {"show": None, "status": None}), plain)]
    for mark in sorted(counts, reverse=True):
        if counts[mark]:
            status = STATUS_OF[mark]
            said = f"{word_of(status, language_now())} {counts[mark]}"
            here = _at(request, url, {"show": None, "status": status.value})
            found.append((status.value, said, here, choice.status is mark))
    words = ngettext("%(count)d car", "All %(count)d cars, 60 at a time", len(whole.cars)) % {"count": len(whole.cars)}
    every = choice.every and choice.status is None
    found.append(("", words, _at(request, url, {"show": "all", "status": None}), every))
    return found


def _filter(
    choice: Choice, whole: Matrix, words: Mapping[int, CharacteristicWords], overview: Overview
) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    """The selects of the filter: name, label, options."""
    language = language_now()
    here = {row.domain for row in whole.rows}
    gates = [(domain, gate_heading(domain, language)) for domain in Domain.values if domain in here]
    procedures = {
        found.procedure.code: (found.procedure.name_zh if language == "zh-hans" else "") or found.procedure.name
        for row in whole.rows
        if (found := words.get(row.characteristic_id or 0)) is not None
    }
    segments = [(str(segment.number), segment.words) for segment in overview.segments]
    options = (
        ("gate", _("Gate"), gates, choice.gate),
        ("procedure", _("Procedure"), list(procedures.items()), choice.procedure),
        ("segment", _("Cars"), segments, str(choice.segment) if choice.segment else ""),
    )
    return [
        (name, label, [("", _("All"), not chosen), *((key, text, key == chosen) for key, text in listed)])
        for name, label, listed, chosen in options
    ]


def _shown_words(choice: Choice, selection: Selection, shown: Sequence[Any], rows: int) -> str:
    cars = {"shown": len(shown), "count": len(selection.places)}
    found = {"shown": rows, "count": len(selection.rows), "first": (choice.rows - 1) * ROWS + 1}
    said = [ngettext("%(shown)d of %(count)d car", "%(shown)d of %(count)d cars", len(selection.places)) % cars]
    if len(selection.rows) > ROWS:
        said.append(_("%(shown)d of %(count)d rows, from row %(first)d on") % found)
    else:
        said.append(ngettext("%(count)d row", "%(count)d rows", rows) % {"count": rows})
    return clauses(said)


def _pagers(request: HttpRequest, url: str, choice: Choice, rows: int, last: int) -> list[tuple[str, Pager]]:
    """Further cars, and further rows, where there are any. `last`: the last car shown where others follow, else 0."""
    base = {
        "show": "all" if choice.every else None,
        "after": str(choice.after) if choice.after else None,
        "rows": str(choice.rows) if choice.rows > 1 else None,
    }
    found = []
    if last or choice.after:
        following = _at(request, url, {**base, "after": str(last)}) if last else ""
        first = _at(request, url, {**base, "after": None}) if choice.after else ""
        found.append((_("Further cars"), Pager("", first, following)))
    if rows > ROWS:
        following = _at(request, url, {**base, "rows": str(choice.rows + 1)}) if rows > choice.rows * ROWS else ""
        first = _at(request, url, {**base, "rows": None}) if choice.rows > 1 else ""
        found.append((_("Further rows"), Pager("", first, following)))
    return found


def _empty_words(whole: Matrix, choice: Choice) -> tuple[str, str]:
    """Why there is no table: what would appear, and how it gets there."""
    if not whole.cars:
        return _("No car is registered yet."), _("Cars appear here as the plant's MES registers them.")
    if choice.filtered or choice.every:
        return _("No car of this batch is so."), _("Take the filter off to see every car.")
    if not whole.rows:
        return _("Nothing is asked of a car here."), _(
            "Rows appear once an approved revision of the plan asks something."
        )
    return _("Nothing is wrong with any car."), _(
        "What fails, is missing or is not valid any more appears here by itself."
    )
