"""What is to be tested, in words: the same rows on Today and where inspections are recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.catalogue.queries import Named
from inspections.evaluation.reasons import ReasonCode
from inspections.gates.queries import BatchSummary, Never, ToTest, Why
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import cars_text, change_text, gate_text

from .access import language_now
from .need_facts import ENGINEER, INSPECTOR, Findings, Task, bold, text
from .statuses import Status

MOST_PROCEDURES: Final = 3
"""A batch that misses more procedures than this is one row on Today: it has only begun."""
_RANK: Final = {why: place for place, why in enumerate(Why)}


@dataclass(frozen=True, slots=True)
class TestRow:
    """One row of what is to be tested: whom it is about, what is to be done, and where one does it.

    `never`: why another test could only fail, which somebody else has to mend first.
    """

    where: str
    said: str
    never: str
    url: str
    act: str
    why: Why


def again_words(why: Why, change: str = "") -> str:
    """Why something that was measured is to be measured again; of what is missing, that it is."""
    if why is Why.STALE:
        return _("older than %(change)s") % {"change": change_text(change, language_now())}
    return {
        Why.REWORK: _("to repeat after rework"),
        Why.ANSWERED: _("to repeat: its fail was answered"),
        Why.UNCLEAR: _("could not be judged"),
        Why.RIG: _("measured on a rig that did not count"),
        Why.MISSING: _("missing"),
    }[why]


def never_words(never: Never) -> str:
    """That the car's software can never meet the plan, and what to do; "" where it can."""
    if not never:
        return ""
    said = {"asks": never.asks, "system": never.system, "has": never.has}
    return _("The plan asks %(asks)s; this car has %(system)s %(has)s: set it back, or revise the plan.") % said


def test_rows(
    found: Iterable[ToTest], batches: Mapping[int, str], names: Mapping[int, Named], language: Language
) -> list[TestRow]:
    """The rows in their order. `batches`: numbers by id, `names`: procedures by id."""
    return [_row(row, batches[row.batch_id], names[row.procedure_id], language) for row in found]


def _row(row: ToTest, batch: str, named: Named, language: Language) -> TestRow:
    never = never_words(row.never)
    if row.cars > 1:
        query = f"?procedure={named.code}&why={row.why.value}"
        url, act = reverse("web:entry-to-test", args=[batch]) + query, _("See the cars")
    elif never:
        url, act = reverse("web:vehicle", args=[row.vin]), _("See the car")
    else:
        url, act = reverse("web:entry-form", args=[row.vin, named.code]), _("Record it")
    return TestRow(_where(row, batch, language), _said(row, _name(named, language)), never, url, act, row.why)


def _name(named: Named, language: Language) -> str:
    return named.name_zh if language == "zh-hans" and named.name_zh else named.name


def _where(row: ToTest, batch: str, language: Language) -> str:
    if row.cars == 1:
        return _("Car %(car)d of %(batch)s") % {"car": row.sequences[0], "batch": batch}
    if row.cars <= len(row.sequences):
        return _("%(cars)s of %(batch)s") % {"cars": cars_text(row.sequences, language), "batch": batch}
    said = {"count": row.cars, "batch": batch}
    return ngettext("%(count)d car of %(batch)s", "%(count)d cars of %(batch)s", row.cars) % said


def _said(row: ToTest, name: str) -> str:
    said = {"test": name, "change": change_text(row.change, language_now())}
    return {
        Why.REWORK: _("%(test)s again after rework."),
        Why.ANSWERED: _("%(test)s again: its fail was answered."),
        Why.STALE: _("%(test)s again: what is on record is older than %(change)s."),
        Why.UNCLEAR: _("%(test)s again: what is on record could not be judged."),
        Why.RIG: _("%(test)s again: it was measured on a rig that did not count."),
        Why.MISSING: _("results of %(test)s are missing."),
    }[row.why] % said


def test_tasks(found: Findings) -> Iterable[Task]:
    """What is to be tested, as tasks of inspectors; what can only fail is an engineer's as well."""
    language = language_now()
    numbers = {batch.id: batch.number for batch in found.batches}
    missing: dict[int, list[ToTest]] = defaultdict(list)
    for row in found.to_test:
        if row.why is Why.MISSING:
            missing[row.batch_id].append(row)
    crowded = {number for number, rows in missing.items() if len(rows) > MOST_PROCEDURES}
    single = [row for row in found.to_test if row.why is not Why.MISSING or row.batch_id not in crowded]
    for row, said in zip(single, test_rows(single, numbers, found.procedures, language), strict=True):
        under = said.never or _("It counts once it is recorded and passes.")
        yield Task(
            Status.MISSING,
            (bold(said.where), text(_(": ") + said.said)),
            (text(under),),
            row.since,
            said.url,
            said.act,
            INSPECTOR | ENGINEER if said.never else INSPECTOR,
            word=_("To test"),
            rank=_RANK[row.why],
        )
    for batch in found.batches:
        if batch.id in crowded:
            yield _crowded(batch, missing[batch.id], language)


def _crowded(batch: BatchSummary, rows: Sequence[ToTest], language: Language) -> Task:
    lacking = {gate.domain: gate.codes.get(ReasonCode.MISSING_RESULT.value, 0) for gate in batch.gates}
    said = _(", ").join(
        _("%(gate)s %(count)d") % {"gate": gate_text(domain, language), "count": count}
        for domain, count in lacking.items()
        if count
    )
    return Task(
        Status.MISSING,
        (bold(batch.number), text(_(": results are missing. Cars by gate: %(said)s.") % {"said": said})),
        (text(_("%(count)d procedures. Clears when each has its results.") % {"count": len(rows)}),),
        min(row.since for row in rows),
        reverse("web:entry-to-test", args=[batch.number]),
        _("See what is missing"),
        INSPECTOR,
        word=_("To test"),
        rank=_RANK[Why.MISSING],
    )
