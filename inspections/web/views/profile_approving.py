"""A rig profile approved: asked for by whoever drafted it, given by two others."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from inspections.catalogue.two_approvals import MAY_APPROVE
from inspections.rigs.services import (
    ProfileNotApproved,
    ProfileNotSo,
    ProfileRefused,
    approve_profile,
    ask_profile_approval,
)

from ..access import actor_of, moment_of
from ..approving import approve_shown
from ..forms.signing import PasswordForm
from .profiles import MAY_DRAFT, find_profile, find_revision, profile_answer


@never_cache
@require_POST
def ask(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Say that the draft is ready for two others to approve."""
    actor = actor_of(request)
    actor.require("ask for approval of a rig profile", *MAY_DRAFT)
    found = find_profile(code)
    revision = find_revision(found, number)
    try:
        ask_profile_approval(revision=revision, actor=actor, at=moment_of(request))
    except ProfileNotSo as refused:
        return profile_answer(request, found, find_revision(found, number), str(refused), 409)
    messages.success(request, _("It is asked for. Two others find it among the profiles that wait."))
    return HttpResponseRedirect(reverse("web:profile-revision", args=[found.code, number]))


@never_cache
@require_POST
def approve(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Approve what was shown: the digest of the document on the page is bound to the approval."""
    actor_of(request).require("approve a rig profile", *MAY_APPROVE)
    found = find_profile(code)
    revision = find_revision(found, number)

    def again(refusal: str, status: int, form: PasswordForm | None) -> HttpResponse:
        return profile_answer(request, found, find_revision(found, number), refusal, status, approve=form)

    return approve_shown(
        request,
        subject=f"profile {revision.pk}",
        number=number,
        approve=partial(approve_profile, revision=revision),
        refusals=(ProfileNotApproved, ProfileRefused),
        again=again,
        address=reverse("web:profile-revision", args=[found.code, number]),
    )
