"""Drafting the next revision of a control plan, the lines of one procedure at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from inspections.catalogue.choices import RevisionStatus
from inspections.catalogue.documents import Problem
from inspections.catalogue.drafting import Entry, LineChanges, entries_of, is_written_anew, newest_revision
from inspections.catalogue.models import ControlPlan, PlanRevision, Procedure
from inspections.catalogue.services import DraftMoved, FilesRefused, draft_procedure
from inspections.gates.limit_wording import unit_symbol
from inspections.people.choices import Role

from ..access import actor_of, language_now, may, moment_of, who_may
from ..forms.drafting import LineForm, LineForms, NoteForm, line_initial
from ..plan_lines import Change, PlanLine, changes_between, lines_in_words

MAY_DRAFT = (Role.CATALOGUE_OWNER,)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def procedure(request: HttpRequest, code: str, procedure: str) -> HttpResponse:
    """The lines of one procedure of a plan to change; POST drafts the plan with them, checked as a plan file is."""
    plan, base, found = _asked(code, procedure)
    entries = entries_of(base)
    characteristics = list(found.characteristics.order_by("code"))
    own = {row.code for row in characteristics}
    shown = {number: entry for number, entry in enumerate(entries, start=1) if entry["characteristic"] in own}
    chinese = language_now() == "zh-hans"
    names = [(row.code, f"{row.code} {(row.name_zh if chinese else '') or row.name}") for row in characteristics]
    posted = request.POST if request.method == "POST" else None
    lines = LineForms(
        posted,
        prefix="line",
        initial=[line_initial(number, entry) for number, entry in shown.items()],
        form_kwargs={"characteristics": names},
    )
    note = NoteForm(posted, initial={"seen": base.digest, "note": base.note})
    refused, problems, status = "", [], 200
    if posted is not None:
        actor_of(request).require("draft a control plan", *MAY_DRAFT)
        status = 422
        if lines.is_valid() and note.is_valid():
            filled = _filled(lines, shown)
            changes = _changes(filled, shown)
            try:
                return _draft(request, plan, found, changes, note.cleaned_data)
            except DraftMoved as moved:
                status, refused = 409, str(moved)
            except FilesRefused as refusal:
                problems = _placed(refusal.problems, filled, changes.made_to(entries, own))
    units = {row.code: row.unit for row in characteristics}
    context = _context(request, plan, base, found, lines, note, units) | {
        "refused": refused,
        "problems": problems,
        "places": {problem["id"] for problem in problems},
    }
    return render(request, "inspections/plans/draft.html", context, status=status)


def _asked(code: str, procedure: str) -> tuple[ControlPlan, PlanRevision, Procedure]:
    plan = get_object_or_404(ControlPlan.objects.select_related("configuration"), code=code.replace("\x00", ""))
    found = get_object_or_404(Procedure, code=procedure.replace("\x00", ""))
    base = newest_revision(plan)
    if base is None:
        raise Http404(_("There is no such control plan or revision."))
    return plan, base, found


def _filled(lines: Any, shown: dict[int, Entry]) -> list[tuple[LineForm, Entry]]:
    """Each form that says something, with what it asks. An empty one that stands for no line says nothing."""
    return [(form, form.asked) for form in lines.forms if form.has_changed() or form.initial.get("number") in shown]


def _changes(filled: list[tuple[LineForm, Entry]], shown: dict[int, Entry]) -> LineChanges:
    changed: dict[int, Entry] = {}
    taken_out: set[int] = set()
    added: list[Entry] = []
    for form, entry in filled:
        number = form.cleaned_data["number"]
        if number in shown and number not in changed:
            changed[number] = entry
            if form.cleaned_data["out"]:
                taken_out.add(number)
        elif not form.cleaned_data["out"]:
            added.append(entry)
    return LineChanges(changed, taken_out, added)


def _draft(
    request: HttpRequest,
    plan: ControlPlan,
    found: Procedure,
    changes: LineChanges,
    said: dict[str, str],
) -> HttpResponse:
    drafted = draft_procedure(
        plan=plan,
        procedure=found,
        changes=changes,
        note=said["note"].replace("\r\n", "\n").strip(),
        seen_digest=said["seen"],
        actor=actor_of(request),
        at=moment_of(request),
    )
    number = drafted.revision.number
    words = {
        "drafted": _("Revision %(number)d is drafted. Two others approve it before it is in force."),
        "redrafted": _("The draft of revision %(number)d is written anew. Two others approve it."),
        "unchanged": _("Nothing differs from revision %(number)d: nothing was drafted."),
    }[drafted.outcome]
    messages.success(request, words % {"number": number})
    return HttpResponseRedirect(reverse("web:plan", args=[plan.code, number]))


def _placed(
    problems: Sequence[Problem], filled: list[tuple[LineForm, Entry]], entries: list[Entry]
) -> list[dict[str, str]]:
    """What the plan's checks found, each with the place of its line on this page."""
    places = {id(entry): form["characteristic"].id_for_label for form, entry in filled}
    return [
        {
            "text": str(problem.said or problem.text),
            "lang": "" if problem.said else "en",
            "id": places.get(id(entries[problem.line - 1]), ""),
        }
        for problem in problems
    ]


def _context(
    request: HttpRequest,
    plan: ControlPlan,
    base: PlanRevision,
    found: Procedure,
    lines: Any,
    note: NoteForm,
    units: Mapping[str, str],
) -> dict[str, Any]:
    actor = actor_of(request)
    anew = is_written_anew(base)
    name = (found.name_zh if language_now() == "zh-hans" else "") or found.name
    language = language_now()
    lines_now = lines_in_words(base, language)
    told = {line.number: line for line in lines_now}
    in_force = plan.revisions.filter(status=RevisionStatus.APPROVED).first()
    changes = _changes_of(found, in_force, base, lines_now)
    changed = {change.after.number: change for change in changes if change.after is not None}
    return {
        "plan": plan,
        "base": base,
        "procedure": found,
        "procedure_name": name,
        "anew": anew,
        "next_number": base.number if anew else base.number + 1,
        "lines": lines,
        "told": [
            (form, told.get(number := form.initial.get("number")), changed.get(number), _symbol(form, units))
            for form in lines
        ],
        "in_force": in_force,
        "changes": changes,
        "note": note,
        "may_act": may(actor, MAY_DRAFT),
        "who_may": who_may(MAY_DRAFT, actor),
        "back": reverse("web:plan", args=[plan.code, base.number]),
        "title_block": [{"label": _("Control plan"), "value": f"{plan.code}, {base.number}"}],
    }


def _changes_of(
    found: Procedure, in_force: PlanRevision | None, base: PlanRevision, lines: Sequence[PlanLine]
) -> list[Change]:
    """What the lines shown ask otherwise than the revision in force, of this procedure."""
    if in_force is None or in_force.pk == base.pk:
        return []
    changes = changes_between(lines_in_words(in_force, language_now()), lines)
    return [change for change in changes if change.line.procedure == found.code]


def _symbol(form: LineForm, units: Mapping[str, str]) -> str:
    """The unit in which the limits of a line are read: its own, else that of its characteristic."""
    return unit_symbol(str(form["unit"].value() or units.get(str(form["characteristic"].value() or ""), "")))
