"""Rig profiles: begun, edited beside a real file, approved by two, assigned to rigs; two revisions side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspections.adapters import registry
from inspections.adapters.canonical import AskingAdapter
from inspections.catalogue.choices import RevisionStatus
from inspections.catalogue.documents import Document, Problem, read_documents
from inspections.catalogue.two_approvals import MAY_APPROVE, approvals_of
from inspections.intake.choices import SubmissionState
from inspections.intake.models import ProfileSample, Submission
from inspections.intake.services import FileTooLarge, keep_sample
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.rigs.models import ProfileAssignment, ProfileRevision, Rig, RigProfile
from inspections.rigs.profile_approving import MEANING
from inspections.rigs.profile_rules import document_digest, plain
from inspections.rigs.profile_yaml import first_document, leading_comments, profile_yaml, with_items
from inspections.rigs.profiles import document_problems
from inspections.rigs.services import (
    ProfileNotApproved,
    ProfileNotSo,
    ProfileRefused,
    approve_profile,
    ask_profile_approval,
    assign_profile,
    create_profile,
    draft_profile,
    withdraw_profile,
)

from ..access import actor_of, language_now, may, moment_of, who_may
from ..exporting import of_profiles
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..forms.profiles import LONGEST_DOCUMENT, AssignForm, BeginForm, DocumentForm, SampleForm, WithdrawProfileForm
from ..forms.signing import PasswordForm
from ..profile_page import Beside, beside_of, previewed, profile_changes, readers
from ..shown import NOT_SAID, shown_of, shown_token
from ..signing import STATUS_OF_REFUSAL, count_password
from ..statuses import Status
from ..suggesting import can_suggest, procedures_to_choose, suggested_of
from ..suggestion_words import as_comments

MAY_DRAFT = (Role.CATALOGUE_OWNER,)
_PEOPLE = ("author", "first_approver", "second_approver")
_MOST_FILES = 20
_MOST_OFFERED = 200


def _listed() -> list[dict[str, Any]]:
    """All profiles with what is in force, what waits and which rigs they read. Three queries."""
    profiles = list(RigProfile.objects.order_by("code")[:500])
    revisions: dict[int, list[ProfileRevision]] = {}
    for row in ProfileRevision.objects.defer("document").select_related("first_approver").order_by("-number"):
        revisions.setdefault(row.profile_id, []).append(row)
    rigs = _assigned_rigs()
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


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, code: str) -> HttpResponse:
    """The document beside a file: try it, or save it as the draft. Trying writes nothing."""
    profile = _profile(code)
    base = profile.revisions.select_related(*_PEOPLE).order_by("-number").first()
    document = _first(profile) if base is None else base.document
    note = "" if base is None or base.status != RevisionStatus.DRAFT else base.note
    if request.method != "POST":
        form = DocumentForm(initial={"document": profile_yaml(document), "note": note})
        return _editor(request, profile, base, form, document)
    actor_of(request).require("draft a rig profile", *MAY_DRAFT)
    form = DocumentForm(request.POST)
    if request.POST.get("do") == "suggest":
        return _suggested(request, profile, base, document)
    if not form.is_valid():
        return _editor(request, profile, base, form, document, status=422)
    read, faults = _read(request, form.cleaned_data["document"])
    problems = faults or document_problems(read, profile.adapter)
    if problems:
        return _editor(request, profile, base, form, document, problems, 422)
    text = leading_comments(form.cleaned_data["document"]) + profile_yaml(plain(read.content))
    shown = DocumentForm(initial={"document": text, "note": form.cleaned_data["note"]})
    if request.POST.get("do") != "save":
        return _editor(request, profile, base, shown, plain(read.content))
    try:
        drafted = draft_profile(
            code=profile.code,
            adapter=profile.adapter,
            name=profile.name,
            document=read,
            note=form.cleaned_data["note"].replace("\r\n", "\n"),
            actor=actor_of(request),
            at=moment_of(request),
        )
    except ProfileRefused as refused:
        return _editor(request, profile, base, form, document, refused.problems, 422)
    number = drafted.revision.number
    words = {
        "drafted": _("Revision %(number)d is drafted. Two others approve it before it is in force."),
        "redrafted": _("The draft of revision %(number)d is written anew. Two others approve it."),
        "unchanged": _("Nothing differs from revision %(number)d: nothing was drafted."),
    }[drafted.outcome]
    messages.success(request, words % {"number": number})
    address = reverse("web:profile-revision", args=[profile.code, number])
    beside = request.POST.get("file", "")[:40]
    return HttpResponseRedirect(f"{address}?file={beside}" if beside else address)


def _suggested(request: HttpRequest, profile: RigProfile, base: ProfileRevision | None, document: Any) -> HttpResponse:
    """The document as the file beside it suggests, with what only a person can answer. What is no profile yet, such as
    an empty text, counts as the one that stands."""
    typed, faults = _read(request, request.POST.get("document", "")[:LONGEST_DOCUMENT])
    if not faults and not document_problems(typed, profile.adapter):
        document = plain(typed.content)
    note = request.POST.get("note", "")[:2000]
    beside = _beside(request, profile, _files(profile))
    found, refused = None, ""
    if not can_suggest(profile.adapter):
        refused = _("For this reader nothing can be suggested: its files say what they are.")
    elif beside is None:
        refused = _("No file stands beside it yet. Put one here, or choose one that a rig sent.")
    else:
        try:
            found = suggested_of(beside, profile.adapter, document, request.POST.get("procedure", ""))
        except FileNotFoundError:
            refused = _("The file does not lie on this machine.")
    if found is None:
        messages.error(request, refused)
        shown = DocumentForm(initial={"document": profile_yaml(document), "note": note})
        return _editor(request, profile, base, shown, document, status=422)
    text = as_comments(found.questions) + profile_yaml(found.content)
    shown = DocumentForm(initial={"document": text, "note": note})
    read, problems = _parsed(text)
    problems = problems or document_problems(read, profile.adapter)
    tried = document if problems else found.content
    return _editor(request, profile, base, shown, tried, problems, 422 if problems else 200, found.questions)


def _read(request: HttpRequest, text: str) -> tuple[Document, list[Problem]]:
    """The document as it was typed, with the items placed that were chosen beneath it."""
    read, problems = _parsed(text)
    added = list(_chosen(request))
    if not problems and added and isinstance(read.content, dict) and isinstance(read.content.get("items"), list):
        return Document(read.file, with_items(read.content, added), read.lines), []
    return read, problems


def _parsed(text: str) -> tuple[Document, list[Problem]]:
    documents, problems = read_documents(str(_("line")), text.encode("utf-8", "surrogatepass"))
    if problems or len(documents) != 1:
        empty = Document("", {}, {})
        found = problems or [Problem(str(_("line")), 1, f"found {len(documents)} documents, expected one")]
        return empty, found
    return documents[0], []


def _chosen(request: HttpRequest) -> Any:
    """The unmapped items for which a characteristic was chosen."""
    for number in range(_MOST_OFFERED):
        place, item = request.POST.get(f"place-{number}", ""), request.POST.get(f"item-{number}", "")
        if not place or not item:
            continue
        characteristic, _bar, position = place.partition("|")
        entry: dict[str, Any] = {"item": item, "characteristic": characteristic}
        occurrence = request.POST.get(f"occurrence-{number}", "1")
        if occurrence.isdecimal() and occurrence != "1":
            entry["occurrence"] = int(occurrence[:5])
        if position:
            entry["position"] = position
        if unit := request.POST.get(f"unit-{number}", "").strip():
            entry["unit"] = unit
        if request.POST.get(f"mandatory-{number}"):
            entry["mandatory"] = True
        yield entry


def _editor(
    request: HttpRequest,
    profile: RigProfile,
    base: ProfileRevision | None,
    form: DocumentForm,
    document: Any,
    problems: Any = (),
    status: int = 200,
    questions: Sequence[str] | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    anew = base is not None and base.status == RevisionStatus.DRAFT and base.first_approver_id is None
    number = 1 if base is None else base.number
    context = {
        **_file_context(request, profile, document),
        "profile": profile,
        "form": form,
        "problems": problems,
        "questions": questions,
        "procedures": procedures_to_choose() if can_suggest(profile.adapter) else (),
        "chosen_procedure": request.POST.get("procedure", ""),
        "anew": anew,
        "next_number": number if anew or base is None else number + 1,
        "sample_form": SampleForm(),
        "may_act": may(actor, MAY_DRAFT),
        "who_may": who_may(MAY_DRAFT, actor),
        "title_block": [{"label": _("Rig profile"), "value": profile.code}],
    }
    return render(request, "inspections/profiles/draft.html", context, status=status)


def _file_context(request: HttpRequest, profile: RigProfile, document: Any) -> dict[str, Any]:
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


def _beside(request: HttpRequest, profile: RigProfile, files: Sequence[Beside]) -> Beside | None:
    """The file that is asked for beside the profile; else the first to choose from."""
    asked = request.POST.get("file") or request.GET.get("file") or (files[0].key if files else "")
    return next((each for each in files if each.key == asked), None) or _asked_file(profile, asked)


def _files(profile: RigProfile) -> list[Beside]:
    """Files to choose from: those put beside the profile, then what its rigs have in quarantine and sent last."""
    samples = list(ProfileSample.objects.filter(profile=profile).order_by("-pk")[:_MOST_FILES])
    rigs = _assigned_rigs().get(profile.pk, [])
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


def _first(profile: RigProfile) -> dict[str, Any]:
    reader = registry.installed().get(profile.adapter)
    options: dict[str, Any] | None = {} if isinstance(reader, AskingAdapter) else None
    return first_document(time_zone=settings.TIME_ZONE, options=options)


@never_cache
@require_POST
def put_file(request: HttpRequest, code: str) -> HttpResponse:
    """Put a file beside the profile, to try it."""
    profile = _profile(code)
    form = SampleForm(request.POST, request.FILES)
    back = reverse("web:profile-draft", args=[profile.code])
    if not form.is_valid():
        actor_of(request).require("trying a file with a profile", *MAY_APPROVE)
        messages.error(request, _("Choose a file."))
        return HttpResponseRedirect(back)
    file = form.cleaned_data["file"]
    try:
        sample = keep_sample(
            profile=profile, stream=file.chunks(), name=file.name, actor=actor_of(request), at=moment_of(request)
        )
    except FileTooLarge as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(back)
    return HttpResponseRedirect(f"{back}?file=sample-{sample.pk}")


@require_safe
def profile(request: HttpRequest, code: str, number: int | None = None) -> HttpResponse:
    """One revision beside a file; without a number the newest. A profile without any is edited first."""
    found = _profile(code)
    if number is None and not found.revisions.exists():
        return HttpResponseRedirect(reverse("web:profile-draft", args=[found.code]))
    return _page(request, found, _revision(found, number))


@never_cache
@require_POST
def ask(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Say that the draft is ready for two others to approve."""
    actor = actor_of(request)
    actor.require("ask for approval of a rig profile", *MAY_DRAFT)
    found = _profile(code)
    revision = _revision(found, number)
    try:
        ask_profile_approval(revision=revision, actor=actor, at=moment_of(request))
    except ProfileNotSo as refused:
        return _page(request, found, _revision(found, number), str(refused), 409)
    messages.success(request, _("It is asked for. Two others find it among the profiles that wait."))
    return HttpResponseRedirect(reverse("web:profile-revision", args=[found.code, number]))


@never_cache
@require_POST
def approve(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Approve what was shown: the digest of the document on the page is bound to the approval."""
    actor = actor_of(request)
    actor.require("approve a rig profile", *MAY_APPROVE)
    found = _profile(code)
    revision = _revision(found, number)
    form, seen = PasswordForm(request.POST), shown_of(request, f"profile {revision.pk}")
    if not form.is_valid() or seen is None:
        return _page(request, found, revision, "" if seen else str(NOT_SAID), 422, approve=form)
    password = form.cleaned_data["password"]
    stopped = count_password(request, password)
    if stopped is not None:
        return stopped
    try:
        approved = approve_profile(
            revision=revision,
            approver=cast(User, request.user),
            password=password,
            seen=seen,
            at=moment_of(request),
            request_id=actor.request_id,
        )
    except ProfileNotApproved as refused:
        status = STATUS_OF_REFUSAL.get(refused.code, 409)
        return _page(request, found, _revision(found, number), str(refused), status)
    except ProfileRefused as refused:
        return _page(request, found, _revision(found, number), str(refused), 409)
    if approved.status == RevisionStatus.APPROVED:
        messages.success(request, _("Revision %(number)d is in force.") % {"number": number})
    else:
        messages.success(request, _("The first approval is given. Somebody else gives the second."))
    return HttpResponseRedirect(reverse("web:profile-revision", args=[found.code, number]))


@never_cache
@require_POST
def assign(request: HttpRequest, code: str) -> HttpResponse:
    """Have the files of a rig read by the profile, or no more."""
    actor = actor_of(request)
    actor.require("assign a rig profile", *MAY_DRAFT)
    found, at = _profile(code), moment_of(request)
    ending = request.POST.get("do") == "withdraw"
    wanted = WithdrawProfileForm if ending else AssignForm
    form = wanted(request.POST, rigs=list(Rig.objects.order_by("code")), at=at)
    if not form.is_valid():
        return _page(request, found, _revision(found, None), status=422, form=form)
    said = form.cleaned_data
    try:
        if ending:
            withdraw_profile(profile=found, **said, actor=actor, at=at)
        else:
            assign_profile(profile=found, **said, actor=actor, at=at)
    except ProfileNotSo as refused:
        form.add_error(None, str(refused))
        return _page(request, found, _revision(found, None), status=409, form=form)
    words = _("%(rig)s is read by it no more.") if ending else _("Files of %(rig)s are read by it now.")
    messages.success(request, words % {"rig": said["rig"].code})
    return HttpResponseRedirect(reverse("web:profile", args=[found.code]))


@require_safe
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Two revisions side by side; by default the newest and the one before it."""
    found = _profile(code)
    revisions = list(found.revisions.select_related(*_PEOPLE).order_by("-number")[:500])
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


def _profile(code: str) -> RigProfile:
    return get_object_or_404(RigProfile, code=code.replace("\x00", ""))


def _revision(profile: RigProfile, number: int | None) -> ProfileRevision:
    rows = profile.revisions.select_related("profile", *_PEOPLE)
    found = (rows if number is None else rows.filter(number=number)).order_by("-number").first()
    if found is None:
        raise Http404(_("There is no such profile or revision."))
    return found


def _assigned_rigs() -> dict[int, list[Rig]]:
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


def _page(
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
        **_file_context(request, found, revision.document),
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
        "rigs": _assigned_rigs().get(found.pk, []),
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
