"""Samples: a rejection with all that it reaches, and the recording of its screening."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from inspections.batches.queries import find_batch, find_vehicle
from inspections.catalogue.queries import characteristic_words, procedure_words
from inspections.gates.queries import (
    open_rejections,
    period_standings,
    reached_batches,
    rejected_sample,
    screenings_of,
)
from inspections.gates.screening import MAY_SCREEN, ScreeningRefused
from inspections.gates.services import record_screening
from inspections.results.models import Sample

from .. import rejection_page, sampling_words
from ..access import actor_of, language_now, may, moment_of, who_may
from ..ages import stamp
from ..drawn_words import name_of
from ..exporting import of_samples
from ..exporting.answering import exports
from ..forms.reasons import ScreenForm

_LARGEST = 2**63 - 1
_MOST_REJECTIONS = 100


@require_safe
@exports(samples=of_samples.periods, rejections=of_samples.rejections)
def overview(request: HttpRequest) -> HttpResponse:
    """Periodic samples by line, what is due next and what is overdue; rejected samples that are not cleared."""
    at, language = moment_of(request), language_now()
    standings = period_standings(at=at)
    rejections = open_rejections(most=_MOST_REJECTIONS)
    names = procedure_words({row.procedure for row in standings} | {row.procedure for row in rejections})
    context = {
        "heading": sampling_words.heading(standings, len(rejections), at),
        "rows": sampling_words.period_rows(standings, names, language, at),
        "rejections": [(row, name_of(row.procedure, names, language)) for row in rejections],
        "title_block": [{"label": "Interlock", "value": _("Samples")}],
    }
    return render(request, "inspections/sampling/overview.html", context)


@require_safe
def rejection(request: HttpRequest, number: int) -> HttpResponse:
    """One rejected sample: batches and cars that it reaches, and what would clear it."""
    return _page(request, _found(number))


@never_cache
@require_POST
def screen(request: HttpRequest, number: int, batch: str) -> HttpResponse:
    """Record that every car of one batch that the rejection reaches was screened."""
    actor = actor_of(request)
    actor.require("recording a screening", *MAY_SCREEN)
    sample = _found(number)
    found = find_batch(batch)
    if found is None:
        raise Http404(_("There is no batch %(number)s.") % {"number": batch[:64]})
    form = ScreenForm(request.POST)
    if not form.is_valid():
        return _page(request, sample, {found.number: form}, status=422)
    try:
        record_screening(
            sample=sample, batch=found, reason=form.cleaned_data["reason"], actor=actor, at=moment_of(request)
        )
    except ScreeningRefused as refused:
        return _page(request, sample, {found.number: form}, refused=str(refused), status=409)
    messages.success(request, _("The screening of %(batch)s is recorded.") % {"batch": found.number})
    return HttpResponseRedirect(reverse("web:rejection", args=[number]))


def _found(number: int) -> Sample:
    sample = rejected_sample(number) if 0 < number <= _LARGEST else None
    if sample is None:
        raise Http404(_("No rejected sample has this number."))
    return sample


def _page(
    request: HttpRequest, sample: Sample, forms: dict[str, Any] | None = None, *, refused: str = "", status: int = 200
) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    batches = reached_batches(sample, at=at)
    sections = [(rejection_page.section(batch), (forms or {}).get(batch.number) or ScreenForm()) for batch in batches]
    names = characteristic_words(set(sample.failed))
    language = language_now()
    failed = [
        (words.named.name_zh or words.named.name) if language == "zh-hans" else words.named.name
        for words in names.values()
    ]
    context = {
        "sample": sample,
        "procedure": name_of(sample.procedure.code, procedure_words({sample.procedure.code}), language),
        "heading": rejection_page.heading(sample.subject, batches),
        "cleared": bool(batches) and not any(batch.open for batch in batches),
        "car": find_vehicle(sample.subject),
        "failed": failed,
        "finished": stamp(sample.finished_at),
        "sections": sections,
        "screenings": screenings_of(sample_id=sample.pk),
        "refused": refused,
        "may_act": may(actor, MAY_SCREEN),
        "who_may": who_may(MAY_SCREEN, actor),
        "title_block": [{"label": _("Rejected sample"), "value": sample.subject}],
    }
    return render(request, "inspections/sampling/rejection.html", context, status=status)
