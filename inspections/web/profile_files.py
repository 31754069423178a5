"""The files beside a rig profile: those put there to try it, and what its rigs sent; what would be recorded of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.adapters import registry
from inspections.intake.choices import SubmissionState
from inspections.intake.models import ProfileSample, Submission
from inspections.rigs.models import ProfileAssignment, Rig, RigProfile

from .access import language_now
from .profile_page import Beside, beside_of, previewed

_MOST_FILES = 20


def file_context(request: HttpRequest, profile: RigProfile, document: Any) -> dict[str, Any]:
    """The file that is asked for beside the profile, what would be recorded of it, and the files to choose from."""
    files = _files(profile)
    beside = _beside(request, profile, files)
    shown: dict[str, Any] = {}
    missing = ""
    if beside is not None:
        try:
            shown = previewed(beside, profile.adapter, document, language_now())
        except FileNotFoundError:
            missing = _("The file does not lie on this machine.")
        except registry.UnknownFormat as refused:
            missing = str(refused)
    return {"files": files, "beside": beside, "shown": shown, "missing": missing}


def file_asked(request: HttpRequest, profile: RigProfile) -> Beside | None:
    """The file that is asked for beside the profile; else the first to choose from."""
    return _beside(request, profile, _files(profile))


def _beside(request: HttpRequest, profile: RigProfile, files: Sequence[Beside]) -> Beside | None:
    asked = request.POST.get("file") or request.GET.get("file") or (files[0].key if files else "")
    return next((each for each in files if each.key == asked), None) or _asked_file(profile, asked)


def _files(profile: RigProfile) -> list[Beside]:
    """Files to choose from: those put beside the profile, then what its rigs have in quarantine and sent last."""
    samples = list(ProfileSample.objects.filter(profile=profile).order_by("-pk")[:_MOST_FILES])
    rigs = assigned_rigs().get(profile.pk, [])
    own = Submission.objects.filter(rig__in=[rig.pk for rig in rigs]).order_by("-received_at", "-pk")[:_MOST_FILES]
    waiting = Submission.objects.filter(state=SubmissionState.QUARANTINED, adapter__in=["", profile.adapter])
    rows: list[Submission | ProfileSample] = [*samples, *own, *waiting.order_by("-received_at", "-pk")[:_MOST_FILES]]
    return list({each.key: each for each in map(beside_of, rows)}.values())[: 2 * _MOST_FILES]


def _asked_file(profile: RigProfile, asked: str) -> Beside | None:
    kind, _dash, number = asked.partition("-")
    if not number.isdecimal() or len(number) > 18:
        return None
    if kind == "file":
        submission = Submission.objects.select_related("rig").filter(pk=int(number)).first()
        return None if submission is None else beside_of(submission)
    sample = ProfileSample.objects.filter(profile=profile, pk=int(number)).first()
    return None if sample is None else beside_of(sample)


def assigned_rigs() -> dict[int, list[Rig]]:
    """The rigs whose files each profile reads, by the last word for each rig and reader. One query."""
    last: dict[tuple[int, str], ProfileAssignment] = {}
    rows = ProfileAssignment.objects.select_related("rig", "profile").order_by("effective_at", "pk")
    for row in rows:
        last[row.rig_id, row.profile.adapter] = row
    found: dict[int, list[Rig]] = {}
    for row in last.values():
        if row.assigned:
            found.setdefault(row.profile_id, []).append(row.rig)
    return found
