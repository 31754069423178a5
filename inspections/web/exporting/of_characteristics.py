"""Characteristics with what was measured in a time, and every value of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.forms import Form
from django.utils.translation import gettext as _

from inspections.evaluation.reasons import Outcome
from inspections.gates.sentences import verdict_text

from ..access import language_now
from ..ages import stamp
from ..characteristic_page import MOST_VALUES, Page
from ..characteristic_words import room_words, value_words, why_words
from .sheets import Column, Sheet, coded


def filter_in_words(form: Form) -> list[tuple[str, str]]:
    """What a filter was filled with, by the words of its fields."""
    return [(str(field.label), str(field.value())) for field in form.visible_fields() if field.value()]


def characteristics(ranked: Sequence[dict[str, Any]], narrowed: Sequence[tuple[str, str]]) -> Sheet:
    """Characteristics, worst first."""
    columns = [
        Column(_("Characteristic (code)"), lambda each: each["row"].code),
        Column(_("Characteristic"), lambda each: each["name"]),
        Column(_("Class"), lambda each: each["row"].special),
        *coded(_("Procedure"), lambda each: each["procedure"], lambda each: each["row"].procedure.code),
        Column(_("Kind"), lambda each: each["row"].kind),
        Column(_("Unit"), lambda each: each["row"].unit),
        Column(_("Results"), lambda each: each["counts"].results),
        Column(_("Fails"), lambda each: each["counts"].fails),
        Column(_("Unclear, count"), lambda each: each["counts"].unclear),
    ]
    return Sheet("characteristics", _("Characteristics"), columns, [ranked], narrowed)


def values(page: Page, narrowed: Sequence[tuple[str, str]]) -> Sheet:
    """Every result that the page of a characteristic is made of, worst first as its table is."""
    language = language_now()
    columns = [
        *coded(
            _("Verdict"),
            lambda each: verdict_text(each.measured.outcome, language),
            lambda each: Outcome(each.measured.outcome).name.lower(),
        ),
        Column(_("Why"), lambda each: why_words(each.measured, language)),
        Column(_("Finished"), lambda each: each.measured.finished_at),
        Column(_("Vehicle identification number"), lambda each: each.measured.vin),
        Column(_("Batch"), lambda each: each.measured.batch),
        Column(_("Car"), lambda each: each.measured.car or None),
        Column(_("Part"), lambda each: each.measured.part),
        Column(_("Position"), lambda each: page.place_name(each.measured.position, language)),
        Column(_("Value"), lambda each: each.measured.value),
        Column(_("Unit"), lambda each: each.measured.unit),
        Column(_("As shown"), lambda each: value_words(each.measured, language)),
        Column(_("Room to the limit"), lambda each: room_words(each, page, language)),
        Column(_("Rig"), lambda each: each.measured.rig),
        Column(_("Inspection"), lambda each: each.measured.external_id),
    ]
    code = page.characteristic.code
    asked = list(narrowed)
    if page.span is not None:
        since, until = page.span
        asked.append(
            (_("Finished from"), _("%(since)s until before %(until)s") % {"since": stamp(since), "until": stamp(until)})
        )
    if page.found.more:
        asked.append((_("Not whole"), _("the newest %(count)d results of this time") % {"count": MOST_VALUES}))
    title = _("Results of %(code)s") % {"code": code}
    return Sheet(f"characteristic-{code}", title, columns, [page.ranked], asked)
