"""Control plans: their revisions, each line in words, what changed, and approval by two people."""

from __future__ import annotations

from itertools import groupby
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from inspections.batches.models import Batch
from inspections.catalogue.choices import RevisionStatus
from inspections.catalogue.models import ControlPlan, PlanRevision
from inspections.catalogue.services import ApprovalRefused, approve_revision
from inspections.gates.sentences import gate_text
from inspections.people.choices import Role
from inspections.people.models import User

from ..access import actor_of, language_now, may, moment_of, who_may
from ..plan_lines import PlanLine, changes_between, lines_in_words
from ..statuses import Status

MAY_APPROVE = (Role.CATALOGUE_OWNER, Role.ENGINEER)
_PEOPLE = ("author", "first_approver", "second_approver")


@require_safe
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


@require_safe
def plan(request: HttpRequest, code: str, number: int | None = None) -> HttpResponse:
    """One revision; without a number the newest."""
    return _page(request, _revision(code, number))


@require_POST
def approve(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Approve what was shown: the digest of the lines on the page is bound to the approval."""
    actor = actor_of(request)
    actor.require("approve a control plan", *MAY_APPROVE)
    revision = _revision(code, number)
    seen = request.POST.get("seen_digest", "")
    if not seen:
        return _page(
            request, revision, _("The page did not say which lines it showed. Load it again, then approve."), 422
        )
    try:
        approved = approve_revision(
            revision=revision,
            approver=cast(User, request.user),
            at=moment_of(request),
            seen_digest=seen,
            request_id=actor.request_id,
        )
    except ApprovalRefused as refused:
        return _page(request, _revision(code, number), str(refused), 409)
    if approved.status == RevisionStatus.APPROVED:
        messages.success(request, _("Revision %(number)d is in force.") % {"number": number})
    else:
        messages.success(request, _("The first approval is given. Somebody else gives the second."))
    return HttpResponseRedirect(reverse("web:plan", args=[code, number]))


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


def _page(request: HttpRequest, revision: PlanRevision, refusal: str = "", status: int = 200) -> HttpResponse:
    language, actor = language_now(), actor_of(request)
    lines = lines_in_words(revision, language)
    before = PlanRevision.objects.filter(plan=revision.plan, number__lt=revision.number).order_by("-number").first()
    own = revision.author_id == request.user.pk
    first = revision.first_approver_id == request.user.pk
    allowed = may(actor, MAY_APPROVE)
    why_not = "" if allowed else who_may(MAY_APPROVE, actor)
    if allowed and own:
        why_not = _("You drafted it; two others approve it.")
    elif allowed and first:
        why_not = _("You gave the first approval; somebody else gives the second.")
    context = {
        "revision": revision,
        "plan": revision.plan,
        "revisions": PlanRevision.objects.filter(plan=revision.plan).order_by("-number")[:50],
        "groups": _grouped(lines),
        "count": len(lines),
        "plant_defaults": sum(1 for line in lines if line.plant_default),
        "before": before,
        "changes": changes_between(lines_in_words(before, language), lines) if before else [],
        "batches": Batch.objects.filter(revision=revision).count(),
        "is_draft": revision.status == RevisionStatus.DRAFT,
        "status": _status(revision),
        "refusal": refusal,
        "why_not": why_not,
        "title_block": [
            {"label": _("Control plan"), "value": f"{revision.plan.code}, {revision.number}"},
            {"label": "SHA-256", "value": revision.digest[:16]},
        ],
    }
    return render(request, "inspections/plans/plan.html", context, status=status)


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
