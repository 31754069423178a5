"""What is to be tested in one batch: its procedures, or the cars on which one of them is to be carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from inspections.batches.queries import find_batch
from inspections.catalogue.models import Procedure
from inspections.catalogue.queries import procedures_named
from inspections.gates.queries import Why, cars_to_test, to_test
from inspections.people.choices import Role
from inspections.saying import say_count

from ..access import actor_of, language_now, may
from ..paging import PAGE, Pager, address, number_cursor
from ..to_test_words import TestRow, again_words, never_words, test_rows

MAY_RECORD = (Role.INSPECTOR, Role.ENGINEER)


def rows_to_test(batches: Mapping[int, str]) -> list[TestRow]:
    """What is to be tested in these batches, by their numbers, as rows. Three statements."""
    found = to_test(batch_ids=list(batches))
    names = procedures_named({row.procedure_id for row in found})
    return test_rows(found, batches, names, language_now())


@require_safe
def tests(request: HttpRequest, number: str) -> HttpResponse:
    """What is to be tested in one batch: its procedures, or the cars on which one of them is to be carried out."""
    batch = find_batch(number) if number.isprintable() else None
    if batch is None:
        raise Http404(_("There is no batch %(number)s.") % {"number": number[:64]})
    context: dict[str, Any] = {"batch": batch, "title_block": [{"label": _("Batch"), "value": batch.number}]}
    procedure, why = request.GET.get("procedure", ""), request.GET.get("why", "")
    if not procedure:
        return render(
            request, "inspections/entry/batch.html", context | {"rows": rows_to_test({batch.pk: batch.number})}
        )
    if why not in list(Why):
        raise Http404(_("Nothing is to be tested for this reason."))
    found, after = find_procedure(procedure), number_cursor(request, "after") or 0
    rows = cars_to_test(batch_id=batch.pk, procedure_id=found.pk, why=Why(why), after=after, most=PAGE + 1)
    shown = rows[:PAGE]
    more = address(request, {"after": str(shown[-1].sequence)}) if len(rows) > PAGE else ""
    words = str(say_count("%(count)d car in build order", "%(count)d cars in build order", count=len(shown)))
    context |= {
        "procedure": found,
        "procedure_name": procedure_name(found),
        "may_record": may(actor_of(request), MAY_RECORD),
        "cars": [(row, again_words(row.why, row.change), never_words(row.never)) for row in shown],
        "pager": Pager(words, address(request, {"after": None}) if after else "", more) if after or more else None,
    }
    return render(request, "inspections/entry/cars.html", context)


def procedure_name(procedure: Procedure) -> str:
    """Its name in the language of this request."""
    return procedure.name_zh if language_now() == "zh-hans" and procedure.name_zh else procedure.name


def find_procedure(code: str) -> Procedure:
    """The procedure of an address. Raises Http404."""
    procedure = Procedure.objects.filter(code=code.replace("\x00", "")).first()
    if procedure is None:
        raise Http404(_("The catalogue knows no procedure %(code)s.") % {"code": code[:64]})
    return procedure
