"""A rig profile edited beside a real file: tried, suggested from the file, saved as the draft."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from inspections.adapters import registry
from inspections.adapters.canonical import AskingAdapter
from inspections.catalogue.choices import RevisionStatus
from inspections.catalogue.documents import Document, Problem, read_documents
from inspections.catalogue.two_approvals import MAY_APPROVE
from inspections.intake.services import FileTooLarge, keep_sample
from inspections.rigs.models import ProfileRevision, RigProfile
from inspections.rigs.profile_rules import plain
from inspections.rigs.profile_yaml import first_document, leading_comments, profile_yaml, with_items
from inspections.rigs.profiles import document_problems
from inspections.rigs.services import ProfileRefused, draft_profile

from ..access import actor_of, may, moment_of, who_may
from ..forms.profiles import LONGEST_DOCUMENT, DocumentForm, SampleForm
from ..profile_files import file_asked, file_context
from ..suggesting import can_suggest, procedures_to_choose, suggested_of
from ..suggestion_words import as_comments
from .profiles import MAY_DRAFT, PEOPLE, find_profile

_MOST_OFFERED = 200


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, code: str) -> HttpResponse:
    """The document beside a file: try it, or save it as the draft. Trying writes nothing."""
    profile = find_profile(code)
    base = profile.revisions.select_related(*PEOPLE).order_by("-number").first()
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
    beside = file_asked(request, profile)
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
        **file_context(request, profile, document),
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


def _first(profile: RigProfile) -> dict[str, Any]:
    reader = registry.installed().get(profile.adapter)
    options: dict[str, Any] | None = {} if isinstance(reader, AskingAdapter) else None
    return first_document(time_zone=settings.TIME_ZONE, options=options)


@never_cache
@require_POST
def put_file(request: HttpRequest, code: str) -> HttpResponse:
    """Put a file beside the profile, to try it."""
    profile = find_profile(code)
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
