"""Control plans, and what a revision requires."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.catalogue.models import ControlPlan, PlanRevision
from inspections.gates.sentences import gate_text

from ..access import language_now
from ..plan_lines import Change, lines_in_words
from .sheets import Column, Sheet, coded, in_pages

_PEOPLE = ("author", "first_approver", "second_approver")


def plans(request: HttpRequest) -> Sheet:
    """Every revision of every control plan, the newest of each first."""
    columns = [
        Column(_("Control plan"), lambda row: row.plan.code),
        Column(_("Name"), lambda row: row.plan.name),
        Column(_("Configuration"), lambda row: row.plan.configuration.code),
        Column(_("Revision"), lambda row: row.number),
        *coded(_("State"), lambda row: status_text(row.status), lambda row: row.status),
        Column(_("Drafted by"), lambda row: str(row.author or "Interlock")),
        Column(_("Drafted"), lambda row: row.created_at),
        Column(_("First approval by"), lambda row: str(row.first_approver or "")),
        Column(_("First approval"), lambda row: row.first_approved_at),
        Column(_("Second approval by"), lambda row: str(row.second_approver or "")),
        Column(_("Second approval"), lambda row: row.second_approved_at),
        Column(_("Superseded"), lambda row: row.superseded_at),
        Column(_("Note"), lambda row: row.note),
        Column("SHA-256", lambda row: row.digest),
    ]
    return Sheet("plans", _("Control plans"), columns, _plans())


def _plans() -> Iterator[list[PlanRevision]]:
    """By whole plans: one has few revisions."""

    def read(after: str | None, most: int) -> list[str]:
        return list(
            ControlPlan.objects.filter(code__gt=after or "").order_by("code").values_list("code", flat=True)[:most]
        )

    for codes in in_pages(read, lambda code: code):
        rows = PlanRevision.objects.select_related("plan__configuration", *_PEOPLE).filter(plan__code__in=codes)
        yield list(rows.order_by("plan__code", "-number"))


def status_text(status: str) -> str:
    """How a revision stands."""
    return {"approved": _("in force"), "draft": _("draft")}.get(status, _("superseded"))


def requirements(revision: PlanRevision) -> Sheet:
    """The lines of one revision in their order, in words and in exact parts."""
    language = language_now()
    columns = [
        Column(_("Line"), lambda line: line.number),
        *coded(_("Gate"), lambda line: gate_text(line.domain, language), lambda line: line.domain),
        *coded(_("Procedure"), lambda line: line.procedure_name, lambda line: line.procedure),
        *coded(_("Characteristic"), lambda line: line.name, lambda line: line.code),
        *coded(_("Positions"), lambda line: line.places, lambda line: "; ".join(line.positions)),
        *coded(_("Required"), lambda line: line.required, lambda line: line.row.expression),
        Column(_("Lower limit"), lambda line: line.row.lower),
        Column(_("The lower limit itself passes"), lambda line: _passes(line.row.lower, line.row.lower_inclusive)),
        Column(_("Upper limit"), lambda line: line.row.upper),
        Column(_("The upper limit itself passes"), lambda line: _passes(line.row.upper, line.row.upper_inclusive)),
        Column(_("Unit"), lambda line: line.row.unit),
        Column(_("Allowed values"), lambda line: "; ".join(line.row.values)),
        Column(_("Uncertainty"), lambda line: line.row.uncertainty),
        *coded(_("Asked of"), lambda line: line.level, lambda line: line.row.level),
        *coded(_("Class"), lambda line: _(", ").join(line.classes), lambda line: line.row.special),
        Column(_("Legal"), lambda line: line.row.legal),
        Column(_("Repeats allowed"), lambda line: line.row.repeats),
        Column(_("Market"), lambda line: line.row.market),
        Column(_("Valid from"), lambda line: line.row.effective_from),
        Column(_("Valid until"), lambda line: line.row.effective_to),
        Column(_("Standard"), lambda line: line.row.standard),
        Column(_("Edition"), lambda line: line.row.edition),
        Column(_("Clause"), lambda line: line.row.clause),
        *coded(_("How sure"), lambda line: line.confidence, lambda line: line.row.confidence),
        Column(_("Plant default, not law"), lambda line: line.plant_default),
        Column(_("One of several, of which one must pass"), lambda line: line.member),
        Column(_("Note"), lambda line: line.note),
    ]
    said = {"plan": revision.plan.code, "number": revision.number}
    title = _("%(plan)s revision %(number)d") % said
    narrowed = [(_("State"), status_text(revision.status)), ("SHA-256", revision.digest)]
    subject = f"plan-{revision.plan.code}-{revision.number}"
    return Sheet(subject, title, columns, [lines_in_words(revision, language)], narrowed)


def differences(before: PlanRevision, after: PlanRevision, changes: Sequence[Change]) -> Sheet:
    """What one revision asks otherwise than another: one row for each part of a line that differs."""
    language = language_now()
    columns = [
        Column(_("Line"), lambda each: each[0].line.number),
        *coded(_("Gate"), lambda each: gate_text(each[0].line.domain, language), lambda each: each[0].line.domain),
        *coded(_("Procedure"), lambda each: each[0].line.procedure_name, lambda each: each[0].line.procedure),
        *coded(_("Characteristic"), lambda each: each[0].line.name, lambda each: each[0].line.code),
        *coded(_("What changed"), lambda each: each[0].word, lambda each: each[0].kind),
        Column(_("Part"), lambda each: each[1][0]),
        Column(_("In revision %(number)d") % {"number": before.number}, lambda each: each[1][1]),
        Column(_("In revision %(number)d") % {"number": after.number}, lambda each: each[1][2]),
    ]
    rows = [(change, part) for change in changes for part in change.said_parts]
    said = {"plan": after.plan.code, "before": before.number, "after": after.number}
    title = _("%(plan)s, revision %(before)d and revision %(after)d") % said
    return Sheet(f"plan-{after.plan.code}-{before.number}-{after.number}", title, columns, [rows])


def _passes(limit: object, inclusive: bool) -> bool | None:
    return None if limit is None else inclusive
