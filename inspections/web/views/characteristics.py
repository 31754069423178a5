"""Characteristics: which of them fail, and one of them: its results in time, by rig, against its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from inspections.catalogue.models import Characteristic, Configuration, Procedure
from inspections.evaluation.facts import Kind
from inspections.rigs.models import Rig
from inspections.saying import say_count
from inspections.statistics.facts import Counts, HeldLine, Scope
from inspections.statistics.queries import counts_in_window, lines_held_to, values_in_scope

from ..access import language_now, moment_of
from ..ages import stamp
from ..characteristic_charts import MOST_MARKS, charts_of
from ..characteristic_limits import required_of
from ..characteristic_page import MOST_VALUES, Page, answers
from ..characteristic_table import fixed, table_of
from ..characteristic_words import (
    facts,
    heading,
    kind_words,
    name_of,
    notes,
    span_words,
    special_words,
    value_words,
)
from ..charts import warm
from ..exporting import of_characteristics
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..forms.characteristics import CharacteristicForm, ListForm
from ..measured import position_text
from ..paging import PAGE, Pager, address

_LONGEST_CODE: Final = 64
_MOST_RIGS: Final = 200
_LONGEST_COUNT: Final = timedelta(days=7)


def _list_form(request: HttpRequest, procedures: Sequence[Procedure]) -> ListForm:
    language = language_now()
    return ListForm(
        at=moment_of(request),
        rigs=_rig_codes(request, Q()),
        procedures=[(row.code, f"{row.code} {name_of(row, language)}") for row in procedures],
        data=request.GET,
        longest=_LONGEST_COUNT,
    )


def _list_sheet(request: HttpRequest) -> Sheet:
    procedures = list(Procedure.objects.order_by("code"))
    form = _list_form(request, procedures)
    if not form.is_valid():
        raise Http404(_("This filter cannot be read"))
    since, until = form.cleaned_data["span"]
    time = (_("Finished from"), _("%(since)s until before %(until)s") % {"since": stamp(since), "until": stamp(until)})
    narrowed = [*of_characteristics.filter_in_words(form), time]
    return of_characteristics.characteristics(_ranked(form.cleaned_data, procedures), narrowed)


@require_safe
@exports(characteristics=_list_sheet)
def characteristic_list(request: HttpRequest) -> HttpResponse:
    """Characteristics with what was measured in a window of time, worst first, a hundred a page. Four queries."""
    warm()
    procedures = list(Procedure.objects.order_by("code"))
    form = _list_form(request, procedures)
    context: dict[str, Any] = {
        "form": form,
        "filtered": bool(request.GET),
        "title_block": [{"label": _("Page"), "value": _("Characteristics")}],
    }
    if not form.is_valid():
        context["heading"] = _("This filter cannot be read")
        return render(request, "inspections/characteristics/list.html", context, status=422)
    ranked = _ranked(form.cleaned_data, procedures)
    rows, more = _page_of(request, ranked)
    since, until = form.cleaned_data["span"]
    context |= {
        "heading": _list_heading(ranked),
        "rows": rows,
        "span": span_words((since, until)),
        "carried": _carried(request, form.cleaned_data),
        "pager": Pager(
            str(
                say_count(
                    "%(count)d characteristic",
                    "%(shown)d of %(count)d characteristics, worst first",
                    count=len(ranked),
                    shown=len(rows),
                )
            ),
            address(request, {"after": None}) if request.GET.get("after") else "",
            address(request, {**fixed((since, until)), "after": rows[-1]["row"].code}) if more else "",
        ),
    }
    return render(request, "inspections/characteristics/list.html", context)


def _ranked(asked: Mapping[str, Any], procedures: Sequence[Procedure]) -> list[dict[str, Any]]:
    """All characteristics that are asked for, worst first. Three queries at most."""
    wanted = [row for row in procedures if asked["procedure"] in ("", row.code)]
    found = Characteristic.objects.filter(procedure__in=wanted).select_related("procedure").order_by("code")
    if asked["q"]:
        text = asked["q"]
        found = found.filter(Q(code__icontains=text) | Q(name__icontains=text) | Q(name_zh__icontains=text))
    rows = list(found)
    since, until = asked["span"]
    rig = Rig.objects.filter(code=asked["rig"]).values_list("pk", flat=True).first() if asked["rig"] else None
    measuring = {row.procedure_id for row in rows}
    counts = counts_in_window(procedure_ids=measuring, since=since, until=until, rig_id=rig) if measuring else {}
    language = language_now()
    if asked["rig"]:
        rows = [row for row in rows if row.pk in counts]
    ranked = [
        {
            "row": row,
            "name": name_of(row, language),
            "procedure": name_of(row.procedure, language),
            "special": special_words(row.special),
            "counts": counts.get(row.pk, Counts(row.pk, 0, 0, 0, 0)),
        }
        for row in rows
    ]
    return sorted(ranked, key=lambda each: _badness(each["counts"]))


def _badness(counts: Counts) -> tuple[int, int, int]:
    return -counts.fails, -counts.unclear, -counts.results


def _page_of(request: HttpRequest, ranked: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
    """A hundred rows behind the one that the cursor names, and whether more follow."""
    after = request.GET.get("after", "")
    codes = [each["row"].code for each in ranked]
    if after and after not in codes:
        raise Http404(_("This is no page of the list: begin again at its first."))
    start = codes.index(after) + 1 if after else 0
    return list(ranked[start : start + PAGE]), len(ranked) > start + PAGE


def _list_heading(ranked: Sequence[dict[str, Any]]) -> str:
    failing = sum(1 for each in ranked if each["counts"].fails)
    measured = sum(1 for each in ranked if each["counts"].results)
    if not ranked:
        return _("No characteristic is so")
    if not measured:
        return _("Nothing was measured in this time")
    said = {"failing": failing, "measured": measured}
    if not failing:
        return _("None of %(measured)d characteristics measured has a fail") % said
    words = ngettext(
        "%(failing)d of %(measured)d characteristics measured has a fail",
        "%(failing)d of %(measured)d characteristics measured have a fail",
        failing,
    )
    return words % said


def _carried(request: HttpRequest, asked: Mapping[str, Any]) -> str:
    """What the page of one characteristic is asked with: the same rig and time."""
    query = request.GET.copy()
    for name in list(query):
        if name not in ("rig", "window", "since", "until") or not query[name]:
            del query[name]
    if not asked["window"] and not asked["since"] and not asked["until"]:
        query["window"] = "24h"
    return query.urlencode()


def _rig_codes(request: HttpRequest, which: Q) -> list[str]:
    """The rigs to choose from, and the one that is asked for. One query."""
    asked = request.GET.get("rig", "")[:_LONGEST_CODE].replace("\x00", "")
    rows = Rig.objects.filter(which | Q(code=asked)).order_by("code").distinct()
    return list(rows.values_list("code", flat=True)[:_MOST_RIGS])


def _found(code: str) -> Characteristic:
    found = Characteristic.objects.select_related("procedure").filter(code=code.replace("\x00", "")).first()
    if found is None:
        raise Http404(_("There is no characteristic %(code)s.") % {"code": code[:_LONGEST_CODE]})
    return found


def _configurations() -> list[Configuration]:
    return list(Configuration.objects.select_related("model").order_by("code"))


def _form(request: HttpRequest, found: Characteristic, configurations: Sequence[Configuration]) -> CharacteristicForm:
    language = language_now()
    return CharacteristicForm(
        at=moment_of(request),
        rigs=_rig_codes(request, Q(authorisations__procedure=found.procedure_id)),
        products=_products(configurations),
        positions=[(position, position_text(found, position, language)) for position in found.positions],
        data=request.GET,
    )


def _values_sheet(request: HttpRequest, code: str) -> Sheet:
    found, configurations = _found(code), _configurations()
    form = _form(request, found, configurations)
    if not form.is_valid():
        raise Http404(_("This filter cannot be read"))
    page = _read(found, form.cleaned_data, configurations)
    return of_characteristics.values(page, of_characteristics.filter_in_words(form))


@require_safe
@exports(values=_values_sheet)
def characteristic(request: HttpRequest, code: str) -> HttpResponse:
    """One characteristic."""
    found, configurations, language = _found(code), _configurations(), language_now()
    form = _form(request, found, configurations)
    context: dict[str, Any] = {
        "form": form,
        "row": found,
        "name": name_of(found, language),
        "procedure": name_of(found.procedure, language),
        "special": special_words(found.special),
        "kind": kind_words(Kind(found.kind)),
    }
    if not form.is_valid():
        context |= {"heading": _("This filter cannot be read"), "title_block": []}
        return render(request, "inspections/characteristics/characteristic.html", context, status=422)
    asked = form.cleaned_data
    place = position_text(found, asked["position"], language)
    context["looked_at"] = [said for said in (asked["product"], place, asked["rig"]) if said]
    page = _read(found, asked, configurations)
    context |= _shown(request, page, asked["batch"].number if asked["batch"] else "")
    return render(request, "inspections/characteristics/characteristic.html", context)


def _products(configurations: Sequence[Configuration]) -> list[tuple[str, str]]:
    models = {row.model.code: row.model.name for row in configurations}
    named = [(code, _("model %(code)s") % {"code": code}) for code in sorted(models)]
    return named + [(row.code, row.code) for row in configurations if row.code not in models]


def _read(found: Characteristic, asked: Mapping[str, Any], configurations: Sequence[Configuration]) -> Page:
    """The values that are asked for and the lines they were held to. Two queries, three with a rig."""
    product = asked["product"]
    chosen = tuple(row.pk for row in configurations if product in (row.code, row.model.code)) if product else None
    rig = Rig.objects.filter(code=asked["rig"]).values_list("pk", flat=True).first() if asked["rig"] else None
    since, until = asked["span"] or (None, None)
    scope = Scope(
        procedure_id=found.procedure_id,
        characteristic_id=found.pk,
        since=since,
        until=until,
        rig_id=rig,
        batch_id=asked["batch"].pk if asked["batch"] else None,
        configurations=chosen,
        position=asked["position"] or None,
    )
    values = values_in_scope(scope=scope, most=MOST_VALUES)
    used = {value.requirement_id for value in values.values if value.requirement_id is not None}
    lines = lines_held_to(characteristic_id=found.pk, requirement_ids=used, configurations=chosen)
    return Page(found, values, lines, asked["span"])


def _shown(request: HttpRequest, page: Page, batch: str) -> dict[str, Any]:
    language = language_now()
    charts = charts_of(page, lambda changes: address(request, changes), language)
    rows, pager = table_of(request, page)
    return {
        "heading": heading(page, language),
        "bad": page.tally.fails > 0,
        "facts": list(facts(page, language)),
        "charts": charts,
        "numeric": page.numeric,
        "answers": [] if page.numeric else _answers(page),
        "notes": list(
            notes(
                page,
                too_many_limits=charts.too_many_limits,
                off_scale=charts.off_scale,
                most_marks=MOST_MARKS,
            )
        ),
        "rows": rows,
        "pager": pager,
        "lines": [(line, required_of(line, language), _places(page, line)) for line in page.lines.values()],
        "span": span_words(page.span, batch),
        "wider": _wider(request) if not page.tally.results else [],
        "title_block": [
            {"label": _("Characteristic"), "value": page.characteristic.code},
            {"label": _("Results up to"), "value": stamp(page.span[1] if page.span else moment_of(request))},
        ],
    }


def _places(page: Page, line: HeldLine) -> str:
    names = (page.place_name(position, language_now()) for position in line.requirement.positions if position)
    return _(", ").join(names)


def _answers(page: Page) -> list[dict[str, Any]]:
    language = language_now()
    return [
        {
            "answer": each,
            "words": value_words(each.value, language),
            "position": page.place_name(each.value.position, language),
        }
        for each in answers(page.placed)[:PAGE]
    ]


def _wider(request: HttpRequest) -> list[tuple[str, str]]:
    words = {"7d": _("last 7 days"), "31d": _("last 31 days")}
    return [
        (said, address(request, {"window": name, "since": None, "until": None, "after": None}))
        for name, said in words.items()
        if request.GET.get("window") != name
    ]
