"""Rig profiles: listed, begun, shown, assigned to rigs; two revisions side by side."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspections.catalogue.choices import RevisionStatus
from inspections.catalogue.two_approvals import MAY_APPROVE, approvals_of
from inspections.intake.choices import SubmissionState
from inspections.intake.models import Submission
from inspections.people.choices import Role
from inspections.rigs.models import ProfileRevision, Rig, RigProfile
from inspections.rigs.profile_approving import MEANING
from inspections.rigs.profile_rules import document_digest
from inspections.rigs.profile_yaml import profile_yaml
from inspections.rigs.services import ProfileNotSo, assign_profile, create_profile, withdraw_profile

from ..access import actor_of, may, moment_of, who_may
from ..exporting import of_profiles
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..forms.profiles import AssignForm, BeginForm, WithdrawProfileForm
from ..forms.signing import PasswordForm
from ..profile_files import assigned_rigs, file_context
from ..profile_page import profile_changes, readers
from ..shown import shown_token
from ..statuses import Status

MAY_DRAFT = (Role.CATALOGUE_OWNER,)
PEOPLE = ("author", "first_approver", "second_approver")


def _listed() -> list[dict[str, Any]]:
    """All profiles with what is in force, what waits and which rigs they read. Three queries."""
    profiles = list(RigProfile.objects.order_by("code")[:500])
    revisions: dict[int, list[ProfileRevision]] = {}
    for row in ProfileRevision.objects.defer("document").select_related("first_approver").order_by("-number"):
        revisions.setdefault(row.profile_id, []).append(row)
    rigs = assigned_rigs()
    return [
        {
            "profile": profile,
            "in_force": next((row for row in revisions.get(profile.pk, ()) if row.status == "approved"), None),
            "draft": next((row for row in revisions.get(profile.pk, ())[:1] if row.status == "draft"), None),
            "rigs": rigs.get(profile.pk, []),
        }
        for profile in profiles
    ]


def _profiles_sheet(request: HttpRequest) -> Sheet:
    return of_profiles.profiles(_listed())


@require_safe
@exports(profiles=_profiles_sheet)
def profile_list(request: HttpRequest) -> HttpResponse:
    """All profiles with what is in force, what waits and which rigs they read. Three queries."""
    rows = _listed()
    context = {
        "rows": rows,
        "waiting": sum(1 for row in rows if row["draft"]),
        "may_draft": may(actor_of(request), MAY_DRAFT),
        "title_block": [{"label": _("Page"), "value": _("Rig profiles")}],
    }
    return render(request, "inspections/profiles/list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin a profile; the file beside which it is edited may be named already."""
    actor = actor_of(request)
    beside = request.GET.get("file", "")[:40]
    form = BeginForm(request.POST if request.method == "POST" else None, readers=readers())
    status = 200
    if request.method == "POST":
        actor.require("begin a rig profile", *MAY_DRAFT)
        status = 422
        if form.is_valid():
            try:
                profile = create_profile(**form.cleaned_data, actor=actor, at=moment_of(request))
            except ProfileNotSo as refused:
                status = 409
                form.add_error("code", str(refused))
            else:
                address = reverse("web:profile-draft", args=[profile.code])
                return HttpResponseRedirect(f"{address}?file={beside}" if beside else address)
    context = {
        "form": form,
        "may_act": may(actor, MAY_DRAFT),
        "who_may": who_may(MAY_DRAFT, actor),
        "title_block": [{"label": _("Page"), "value": _("Rig profiles")}],
    }
    return render(request, "inspections/profiles/new.html", context, status=status)


@require_safe
def profile(request: HttpRequest, code: str, number: int | None = None) -> HttpResponse:
    """One revision beside a file; without a number the newest. A profile without any is edited first."""
    found = find_profile(code)
    if number is None and not found.revisions.exists():
        return HttpResponseRedirect(reverse("web:profile-draft", args=[found.code]))
    return profile_answer(request, found, find_revision(found, number))


@never_cache
@require_POST
def assign(request: HttpRequest, code: str) -> HttpResponse:
    """Have the files of a rig read by the profile, or no more."""
    actor = actor_of(request)
    actor.require("assign a rig profile", *MAY_DRAFT)
    found, at = find_profile(code), moment_of(request)
    ending = request.POST.get("do") == "withdraw"
    wanted = WithdrawProfileForm if ending else AssignForm
    form = wanted(request.POST, rigs=list(Rig.objects.order_by("code")), at=at)
    if not form.is_valid():
        return profile_answer(request, found, find_revision(found, None), status=422, form=form)
    said = form.cleaned_data
    try:
        if ending:
            withdraw_profile(profile=found, **said, actor=actor, at=at)
        else:
            assign_profile(profile=found, **said, actor=actor, at=at)
    except ProfileNotSo as refused:
        form.add_error(None, str(refused))
        return profile_answer(request, found, find_revision(found, None), status=409, form=form)
    words = _("%(rig)s is read by it no more.") if ending else _("Files of %(rig)s are read by it now.")
    messages.success(request, words % {"rig": said["rig"].code})
    return HttpResponseRedirect(reverse("web:profile", args=[found.code]))


@require_safe
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Two revisions side by side; by default the newest and the one before it."""
    found = find_profile(code)
    revisions = list(found.revisions.select_related(*PEOPLE).order_by("-number")[:500])
    by_number = {str(row.number): row for row in revisions}
    asked = [request.GET[name] for name in ("from", "to") if request.GET.get(name)]
    if not revisions or not set(asked) <= by_number.keys():
        raise Http404(_("There is no such profile or revision."))
    numbers = [*asked, *by_number][:2]
    chosen = sorted({by_number[number].number for number in numbers})
    before = by_number[str(chosen[0])] if len(chosen) > 1 else None
    after = by_number[str(chosen[-1])]
    context = {
        "profile": found,
        "revisions": revisions,
        "before": before,
        "after": after,
        "sides": [_side(row) for row in (before, after) if row is not None],
        "changes": [] if before is None else profile_changes(before.document, after.document),
        "title_block": [{"label": _("Rig profile"), "value": found.code}],
    }
    return render(request, "inspections/profiles/compare.html", context)


def find_profile(code: str) -> RigProfile:
    return get_object_or_404(RigProfile, code=code.replace("\x00", ""))


def find_revision(profile: RigProfile, number: int | None) -> ProfileRevision:
    rows = profile.revisions.select_related("profile", *PEOPLE)
    found = (rows if number is None else rows.filter(number=number)).order_by("-number").first()
    if found is None:
        raise Http404(_("There is no such profile or revision."))
    return found


def profile_answer(
    request: HttpRequest,
    found: RigProfile,
    revision: ProfileRevision,
    refusal: str = "",
    status: int = 200,
    form: AssignForm | None = None,
    approve: PasswordForm | None = None,
) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    revisions = list(found.revisions.defer("document").order_by("-number"))
    before = found.revisions.filter(number__lt=revision.number).order_by("-number").first()
    may_draft = may(actor, MAY_DRAFT)
    context = {
        **file_context(request, found, revision.document),
        "profile": found,
        "revision": revision,
        "revisions": revisions,
        "before": before,
        "changes": [] if before is None else profile_changes(before.document, revision.document),
        "text": profile_yaml(revision.document),
        "side": _side(revision),
        "is_draft": revision.status == RevisionStatus.DRAFT,
        "is_sound": document_digest(revision.document) == revision.digest,
        "status": _status(revision),
        "refusal": refusal,
        "why_not": _why_not(request, revision),
        "form": approve or PasswordForm(),
        "meaning": MEANING,
        "shown_token": shown_token(request, f"profile {revision.pk}", revision.digest, approvals_of(revision)),
        "sign_url": reverse("web:profile-approve", args=[found.code, revision.number]),
        "may_draft": may_draft,
        "who_may_draft": who_may(MAY_DRAFT, actor),
        "rigs": assigned_rigs().get(found.pk, []),
        "assign": _assign_form(form, at, AssignForm) if may_draft else None,
        "withdraw": _assign_form(form, at, WithdrawProfileForm) if may_draft else None,
        "title_block": [
            {"label": _("Rig profile"), "value": f"{found.code}, {revision.number}"},
            {"label": "SHA-256", "value": revision.digest[:16]},
        ],
    }
    return render(request, "inspections/profiles/profile.html", context, status=status)


def _assign_form(form: AssignForm | None, at: Any, wanted: type[AssignForm]) -> AssignForm:
    if type(form) is wanted:
        return form
    oldest = (
        Submission.objects.filter(state=SubmissionState.QUARANTINED)
        .order_by("received_at")
        .values_list("received_at", flat=True)
        .first()
    )
    # From the oldest file in quarantine on, so that what led to the profile can be read with it.
    since = oldest if oldest is not None and wanted is AssignForm else at
    begins = timezone.localtime(since).replace(second=0, microsecond=0)
    return wanted(rigs=list(Rig.objects.order_by("code")), at=at, initial={"effective_at": begins})


def _why_not(request: HttpRequest, revision: ProfileRevision) -> str:
    actor = actor_of(request)
    if not may(actor, MAY_APPROVE):
        return who_may(MAY_APPROVE, actor)
    if revision.author_id == request.user.pk:
        return _("You drafted it; two others approve it.")
    if revision.first_approver_id == request.user.pk:
        return _("You gave the first approval; somebody else gives the second.")
    return ""


def _side(revision: ProfileRevision) -> dict[str, Any]:
    return {
        "revision": revision,
        "status": _status(revision),
        "word": {"draft": _("Draft"), "approved": _("In force"), "superseded": _("Superseded")}[revision.status],
    }


def _status(revision: ProfileRevision) -> Status:
    if revision.status == RevisionStatus.APPROVED:
        return Status.PASS
    return Status.PENDING if revision.status == RevisionStatus.DRAFT else Status.QUIET
