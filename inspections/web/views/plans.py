"""Control plans: their revisions, each line in words, what changed, and approval by two people."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import groupby
from typing import Any

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from inspections.batches.models import Batch
from inspections.catalogue.approving import MEANING
from inspections.catalogue.choices import RevisionStatus
from inspections.catalogue.models import ControlPlan, PlanRevision, Procedure
from inspections.catalogue.services import ApprovalRefused, approve_revision
from inspections.catalogue.two_approvals import MAY_APPROVE, approvals_of
from inspections.gates.sentences import gate_text

from ..access import actor_of, language_now, may, who_may
from ..approving import approve_shown
from ..exporting import of_catalogue, of_ledger
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..forms.signing import PasswordForm
from ..paging import address
from ..plan_lines import (
    Change,
    PlanLine,
    changes_between,
    comparison_counts,
    comparison_heading,
    lines_in_words,
    side_by_side,
)
from ..shown import shown_token
from ..statuses import Status
from .drafting import MAY_DRAFT

_MOST_REVISIONS = 500
_NAMED_BATCHES = 10
_PEOPLE = ("author", "first_approver", "second_approver")


@require_safe
@exports(plans=of_catalogue.plans)
def plan_list(request: HttpRequest) -> HttpResponse:
    """All control plans with what is in force and what waits for approval. Three queries."""
    plans = ControlPlan.objects.select_related("configuration").order_by("code")[:500]
    revisions: dict[int, list[PlanRevision]] = {}
    for row in PlanRevision.objects.select_related(*_PEOPLE).order_by("-number"):
        revisions.setdefault(row.plan_id, []).append(row)
    rows = [_plan_row(plan, revisions.get(plan.pk, [])) for plan in plans]
    context = {
        "rows": rows,
        "waiting": sum(1 for row in rows if row["draft"]),
        "title_block": [{"label": _("Page"), "value": _("Control plans")}],
    }
    return render(request, "inspections/plans/list.html", context)


def _requirements_sheet(request: HttpRequest, code: str, number: int | None = None) -> Sheet:
    return of_catalogue.requirements(_revision(code, number))


def _history_sheet(request: HttpRequest, code: str, number: int | None = None) -> Sheet:
    return of_ledger.history_of_revision(_revision(code, number))


@require_safe
@exports(requirements=_requirements_sheet, history=_history_sheet)
def plan(request: HttpRequest, code: str, number: int | None = None) -> HttpResponse:
    """One revision; without a number the newest."""
    return _page(request, _revision(code, number))


def _differences_sheet(request: HttpRequest, code: str) -> Sheet:
    before, after = _compared(request, _revisions(code))
    if before is None:
        raise Http404(_("There is nothing to compare it with."))
    changes = _changes(before, after)
    return of_catalogue.differences(before, after, [change for change in changes if change.kind != "same"])


@require_safe
@exports(differences=_differences_sheet)
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Two revisions side by side; by default the newest and the one before it. Seven statements at most."""
    revisions = _revisions(code)
    before, after = _compared(request, revisions)
    changes = [] if before is None else _changes(before, after)
    counts = Counter(change.kind for change in changes)
    every = request.GET.get("lines") == "all"
    shown = [change for change in changes if every or change.kind != "same"]
    sides = [_side(revision, _pinned([before, after])) for revision in (before, after) if revision is not None]
    context = {
        "plan": after.plan,
        "revisions": revisions,
        "before": before,
        "after": after,
        "sides": sides,
        "heading": comparison_heading(before, after, counts),
        "counts": comparison_counts(counts),
        "groups": _grouped_changes(shown),
        "every": every,
        "lines_url": address(request, {"lines": None if every else "all"}),
        "title_block": [{"label": _("Control plan"), "value": after.plan.code}],
    }
    return render(request, "inspections/plans/compare.html", context)


@require_POST
def approve(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Approve what was shown: the digest of the lines on the page is bound to the approval."""
    actor_of(request).require("approve a control plan", *MAY_APPROVE)
    revision = _revision(code, number)

    def again(refusal: str, status: int, form: PasswordForm | None) -> HttpResponse:
        return _page(request, _revision(code, number), refusal, status, form)

    return approve_shown(
        request,
        subject=f"plan {revision.pk}",
        number=number,
        approve=partial(approve_revision, revision=revision),
        refusals=(ApprovalRefused,),
        again=again,
        address=reverse("web:plan", args=[code, number]),
    )


def _plan_row(plan: ControlPlan, revisions: list[PlanRevision]) -> dict[str, Any]:
    newest = revisions[0] if revisions else None
    return {
        "plan": plan,
        "in_force": next((row for row in revisions if row.status == RevisionStatus.APPROVED), None),
        "draft": newest if newest is not None and newest.status == RevisionStatus.DRAFT else None,
        "count": len(revisions),
    }


def _revision(code: str, number: int | None) -> PlanRevision:
    rows = PlanRevision.objects.select_related("plan__configuration", *_PEOPLE).filter(
        plan__code=code.replace("\x00", "")
    )
    if number is not None:
        rows = rows.filter(number=number)
    found = rows.order_by("-number").first()
    if found is None:
        raise Http404(_("There is no such control plan or revision."))
    return found


def _revisions(code: str) -> list[PlanRevision]:
    """All revisions of a plan with their people, the newest first."""
    rows = PlanRevision.objects.select_related("plan__configuration", *_PEOPLE)
    found = list(rows.filter(plan__code=code.replace("\x00", "")).order_by("-number")[:_MOST_REVISIONS])
    if not found:
        raise Http404(_("There is no such control plan or revision."))
    return found


def _compared(request: HttpRequest, revisions: list[PlanRevision]) -> tuple[PlanRevision | None, PlanRevision]:
    """The two that are asked for, the lower number first; None where a plan has one revision."""
    by_number = {str(revision.number): revision for revision in revisions}
    asked = [request.GET[name] for name in ("from", "to") if request.GET.get(name)]
    if not set(asked) <= by_number.keys():
        raise Http404(_("There is no such control plan or revision."))
    chosen = {by_number[number].number: by_number[number] for number in asked}
    for revision in revisions:
        if len(chosen) < 2 and len(asked) < 2:
            chosen.setdefault(revision.number, revision)
    ordered = [chosen[number] for number in sorted(chosen)]
    return (ordered[0] if len(ordered) > 1 else None), ordered[-1]


def _changes(before: PlanRevision, after: PlanRevision) -> list[Change]:
    language = language_now()
    return side_by_side(lines_in_words(before, language), lines_in_words(after, language))


def _grouped_changes(changes: list[Change]) -> list[dict[str, Any]]:
    language = language_now()
    ordered = sorted(changes, key=lambda change: (change.line.domain, change.line.procedure, change.line.number))
    return [
        {"gate": gate_text(domain, language), "code": code, "name": name, "changes": list(own)}
        for (domain, code, name), own in groupby(
            ordered, key=lambda change: (change.line.domain, change.line.procedure, change.line.procedure_name)
        )
    ]


def _side(revision: PlanRevision, pinned: dict[int, tuple[int, list[str]]]) -> dict[str, Any]:
    count, numbers = pinned.get(revision.pk, (0, []))
    return {
        "revision": revision,
        "status": _status(revision),
        "word": of_catalogue.status_text(revision.status),
        "batches": count,
        "named": numbers,
        "more": count - len(numbers),
    }


def _pinned(revisions: list[PlanRevision | None]) -> dict[int, tuple[int, list[str]]]:
    """How many batches are pinned to each revision, and the newest of them. One query."""
    rows = (
        Batch.objects.filter(revision__in=[revision.pk for revision in revisions if revision is not None])
        .annotate(
            place=Window(RowNumber(), partition_by="revision", order_by=[F("opened_at").desc(), F("pk").desc()]),
            count=Window(Count("pk"), partition_by="revision"),
        )
        .filter(place__lte=_NAMED_BATCHES)
        .order_by("revision", "place")
        .values_list("revision", "count", "number")
    )
    found: dict[int, tuple[int, list[str]]] = {}
    for revision, count, number in rows:
        found.setdefault(revision, (count, []))[1].append(number)
    return found


def _page(
    request: HttpRequest,
    revision: PlanRevision,
    refusal: str = "",
    status: int = 200,
    form: PasswordForm | None = None,
) -> HttpResponse:
    language, actor = language_now(), actor_of(request)
    lines = lines_in_words(revision, language)
    revisions = _revisions(revision.plan.code)
    own = revision.author_id == request.user.pk
    first = revision.first_approver_id == request.user.pk
    before = next((row for row in revisions if row.number < revision.number), None)
    allowed = may(actor, MAY_APPROVE)
    why_not = "" if allowed else who_may(MAY_APPROVE, actor)
    if allowed and own:
        why_not = _("You drafted it; two others approve it.")
    elif allowed and first:
        why_not = _("You gave the first approval; somebody else gives the second.")
    may_draft = may(actor, MAY_DRAFT) and revisions[0].pk == revision.pk
    asked = {line.procedure for line in lines}
    context = {
        "revision": revision,
        "plan": revision.plan,
        "revisions": revisions,
        "may_draft": may_draft,
        "not_asked": _not_asked(asked) if may_draft else [],
        "groups": _grouped(lines),
        "count": len(lines),
        "plant_defaults": sum(1 for line in lines if line.plant_default),
        "before": before,
        "changes": changes_between(lines_in_words(before, language), lines) if before else [],
        "side": _side(revision, _pinned([revision])),
        "is_draft": revision.status == RevisionStatus.DRAFT,
        "status": _status(revision),
        "refusal": refusal,
        "why_not": why_not,
        "form": form or PasswordForm(),
        "meaning": MEANING,
        "shown_token": shown_token(request, f"plan {revision.pk}", revision.digest, approvals_of(revision)),
        "sign_url": reverse("web:plan-approve", args=[revision.plan.code, revision.number]),
        "title_block": [
            {"label": _("Control plan"), "value": f"{revision.plan.code}, {revision.number}"},
            {"label": "SHA-256", "value": revision.digest[:16]},
        ],
    }
    return render(request, "inspections/plans/plan.html", context, status=status)


def _not_asked(asked: set[str]) -> list[tuple[str, str]]:
    """Code and name of the procedures that a plan has no line of. One query."""
    chinese = language_now() == "zh-hans"
    rows = Procedure.objects.exclude(code__in=asked).order_by("code")
    return [(row.code, (row.name_zh if chinese else "") or row.name) for row in rows]


def _grouped(lines: list[PlanLine]) -> list[dict[str, Any]]:
    language = language_now()
    ordered = sorted(lines, key=lambda line: (line.domain, line.procedure, line.number))
    return [
        {
            "domain": gate_text(domain, language),
            "procedures": [
                {"code": code, "name": name, "lines": list(own)}
                for (code, name), own in groupby(rows, key=lambda line: (line.procedure, line.procedure_name))
            ],
        }
        for domain, rows in groupby(ordered, key=lambda line: line.domain)
    ]


def _status(revision: PlanRevision) -> Status:
    if revision.status == RevisionStatus.APPROVED:
        return Status.PASS
    return Status.PENDING if revision.status == RevisionStatus.DRAFT else Status.QUIET
