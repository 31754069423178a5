"""Coverage: what is covered of each type, one coverage with who leans on it, and the acts of signing and revoking."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from inspections.catalogue.models import Configuration, Procedure
from inspections.gates.choices import CoverageKind
from inspections.gates.coverage_rows import (
    AskedOfType,
    CoverageRow,
    asked_of_types,
    coverage_rows,
    leaning_on,
)
from inspections.gates.covering import MAY_COVER
from inspections.gates.models import Coverage
from inspections.gates.rules import CoverageRefused
from inspections.gates.services import cover_by_certificate, revoke_coverage
from inspections.intake.storage import FileAltered, FileTooLarge, StoreUnavailable, read_whole
from inspections.people.models import User
from inspections.records.signing import NotAuthenticated
from inspections.results.models import Inspection

from .. import coverage_page
from ..access import actor_of, language_now, may, moment_of, who_may
from ..ages import stamp
from ..coverage_words import fallen_text
from ..exporting import of_coverage
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..forms.coverage import CertificateForm, RevokeForm
from ..paging import PAGE, Pager, address, number_cursor
from ..statuses import Status

_LONGEST = 64
_MOST_IN_FORCE = 5_000
_MOST_BATCHES = 100


@require_safe
@exports(coverage=of_coverage.asked)
def overview(request: HttpRequest) -> HttpResponse:
    """Every configuration with how much of what its plans ask of the type is covered. At most eight statements."""
    at = moment_of(request)
    asked = asked_of_types()
    rows = coverage_rows(in_force_at=at, most=_MOST_IN_FORCE)
    by_configuration: dict[str, list[AskedOfType]] = {}
    for one in asked:
        by_configuration.setdefault(one.configuration, []).append(one)
    found = [
        _configuration(code, coverage_page.coverings(by_configuration.get(code, []), rows, at))
        for code in Configuration.objects.order_by("code").values_list("code", flat=True)[:500]
    ]
    found.sort(key=lambda row: (not row["open"], not row["asked"], row["code"]))
    context = {
        "rows": found,
        "open": sum(1 for row in found if row["open"]),
        "title_block": [{"label": _("Page"), "value": _("Coverage")}],
    }
    return render(request, "inspections/coverage/overview.html", context)


def _configuration(code: str, found: list[coverage_page.Covering]) -> dict[str, Any]:
    standing = [one.row for one in found if one.row is not None and one.status is not Status.FAIL]
    first = min(standing, key=lambda row: row.valid_until, default=None)
    return {
        "code": code,
        "asked": len(found),
        "open": sum(one.status is Status.FAIL for one in found),
        "covered": len(standing),
        "first": first,
        "soon": any(one.status is Status.PENDING for one in found),
        "demonstrations": sum(row.demonstration for row in standing),
    }


def _asked_sheet(request: HttpRequest, code: str) -> Sheet:
    return of_coverage.asked_of(_configuration_of(code), moment_of(request))


def _signed_sheet(request: HttpRequest, code: str) -> Sheet:
    return of_coverage.signed(_configuration_of(code), moment_of(request))


@require_safe
@exports(asked=_asked_sheet, signed=_signed_sheet)
def configuration(request: HttpRequest, code: str) -> HttpResponse:
    """What is covered of one configuration, what runs out soonest first; then everything that was ever signed."""
    at, found = moment_of(request), _configuration_of(code)
    before = number_cursor(request, "before")
    asked = asked_of_types(configuration=found.code)
    rows = coverage_rows(configuration=found.code, before=before, most=PAGE + 1)
    shown = rows[:PAGE]
    whole = before is None and len(rows) <= PAGE
    newest = rows if whole else coverage_rows(configuration=found.code, most=_MOST_IN_FORCE)
    coverings = coverage_page.coverings(asked, newest, at)
    following = address(request, {"before": str(shown[-1].id)}, "signed") if len(rows) > PAGE else ""
    words = ngettext("%(count)d coverage", "%(count)d coverages", len(shown)) % {"count": len(shown)}
    actor = actor_of(request)
    context = {
        "configuration": found,
        "heading": coverage_page.heading(found.code, coverings),
        "coverings": [_covering(one) for one in coverings],
        "demonstrations": sum(
            one.row.demonstration for one in coverings if one.row is not None and one.status is not Status.FAIL
        ),
        "rows": [_row(row, at) for row in shown],
        "pager": Pager(words, address(request, {"before": None}, "signed") if before else "", following),
        "may_act": may(actor, MAY_COVER),
        "who_may": who_may(MAY_COVER, actor),
        "title_block": [{"label": _("Configuration"), "value": found.code}],
    }
    return render(request, "inspections/coverage/configuration.html", context)


def _covering(one: coverage_page.Covering) -> dict[str, Any]:
    return {
        "one": one,
        "name": coverage_page.name_of(one.asked),
        "kind": coverage_page.kind_words(one.row.kind) if one.row is not None else "",
        "covers": one.status is not Status.FAIL,
    }


def _row(row: CoverageRow, at: datetime) -> dict[str, Any]:
    return {
        "row": row,
        "name": coverage_page.name_of(row),
        "status": coverage_page.state_of(row, at),
        "words": coverage_page.state_words(row, at),
        "kind": coverage_page.kind_words(row.kind),
        "why": fallen_text(row.ended_why, language_now()),
        "software": [f"{system} {version}" for system, version in row.software],
    }


@require_safe
def coverage(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """One coverage: what it rests on, how it stands, and the batches that lean on it."""
    return _page(request, _coverage(code, number))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """What revoking would do. POST revokes, with a reason, if that is still what was told."""
    found, at, actor = _coverage(code, number), moment_of(request), actor_of(request)
    leaning = leaning_on(coverage=found, at=at)
    form, status, refused = RevokeForm(), 200, ""
    if request.method == "POST":
        actor.require("revoking coverage", *MAY_COVER)
        form, status = RevokeForm(request.POST), 422
        if form.is_valid() and request.POST.get("seen") != leaning.token:
            status, refused = 409, _("Other cars lean on it than the page told. Read again what it would do.")
        elif form.is_valid():
            try:
                revoke_coverage(coverage=found, reason=form.cleaned_data["reason"], actor=actor, at=at)
            except CoverageRefused as refusal:
                status, refused = 409, str(refusal)
            else:
                words = _("%(number)s is revoked; every batch of %(configuration)s is decided again.")
                messages.success(request, words % {"number": found.number, "configuration": found.configuration.code})
                return HttpResponseRedirect(_url(found))
    context = {
        "coverage": found,
        "row": _row(_row_of(found), at),
        "leaning": leaning,
        "told": coverage_page.leaning_words(leaning),
        "lose": sum(not batch.stays for batch in leaning.batches),
        "form": form,
        "refused": refused,
        "revoked": getattr(found, "revocation", None),
        "may_act": may(actor, MAY_COVER),
        "who_may": who_may(MAY_COVER, actor),
        "back": _url(found),
        "title_block": [{"label": _("Coverage"), "value": found.number}],
    }
    return render(request, "inspections/coverage/revoke.html", context, status=status)


@require_safe
def document(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """The document of a certificate as it was handed in, checked against its SHA-256. Never shown, only saved."""
    found = _coverage(code, number)
    if not found.document_sha256:
        raise Http404(_("This coverage has no document."))
    try:
        content = read_whole(found.document_sha256)
    except FileNotFoundError as fault:
        raise Http404(_("The document does not lie on this machine: ask whoever keeps the backups.")) from fault
    except FileAltered:
        return _page(request, found, _("What lies on disk is not what was handed in. Restore it from a backup."), 500)
    except StoreUnavailable as refusal:
        return _page(request, found, str(refusal), 503)
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = _attachment(found.document)
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _attachment(name: str) -> str:
    plain = "".join(character for character in name if character.isprintable() and character not in '/\\:"<>|?*')
    return content_disposition_header(as_attachment=True, filename=plain or "document") or "attachment"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, code: str, procedure: str) -> HttpResponse:
    """A laboratory's certificate for one procedure of a configuration. POST signs it."""
    found, at, actor = _configuration_of(code), moment_of(request), actor_of(request)
    test = Procedure.objects.filter(code=procedure if procedure.isprintable() else "").first()
    if test is None:
        raise Http404(_("The catalogue knows no procedure %(code)s.") % {"code": procedure[:_LONGEST]})
    form, status, refused = CertificateForm(systems=test.software_systems), 200, ""
    if request.method == "POST":
        actor.require("signing coverage", *MAY_COVER)
        form, status = CertificateForm(systems=test.software_systems, data=request.POST, files=request.FILES), 422
        if form.is_valid():
            try:
                made = _sign(request, form, found, test, at)
            except NotAuthenticated as refusal:
                form.add_error("password", str(refusal))
                status = 403
            except (CoverageRefused, FileTooLarge, StoreUnavailable) as refusal:
                status, refused = 409, str(refusal)
            else:
                messages.success(request, _("%(number)s is signed.") % {"number": made.number})
                return HttpResponseRedirect(_url(made))
    context = {
        "configuration": found,
        "procedure": test,
        "name": (test.name_zh if language_now() == "zh-hans" else "") or test.name,
        "form": form,
        "refused": refused,
        "may_act": may(actor, MAY_COVER),
        "who_may": who_may(MAY_COVER, actor),
        "back": reverse("web:coverage-of", args=[found.code]),
        "title_block": [{"label": _("Configuration"), "value": found.code}],
    }
    return render(request, "inspections/coverage/enter.html", context, status=status)


def _sign(request: HttpRequest, form: CertificateForm, found: Configuration, test: Procedure, at: datetime) -> Coverage:
    data = form.cleaned_data
    attached: UploadedFile = data["document"]
    return cover_by_certificate(
        procedure=test,
        configuration=found,
        laboratory=data["laboratory"],
        certificate=data["certificate"],
        name=attached.name or "",
        stream=attached.chunks(),
        software=form.software,
        valid_from=data["valid_from"],
        valid_until=data["valid_until"],
        signer=cast(User, request.user),
        password=data["password"],
        at=at,
        request_id=actor_of(request).request_id,
    )


def _page(request: HttpRequest, found: Coverage, refused: str = "", status: int = 200) -> HttpResponse:
    at, actor = moment_of(request), actor_of(request)
    leaning = leaning_on(coverage=found, at=at)
    row = _row_of(found)
    tested = None
    if found.inspection_id is not None:
        tested = Inspection.objects.select_related("vehicle").filter(pk=found.inspection_id).first()
    context = {
        "coverage": found,
        "row": _row(row, at),
        "tested": tested,
        "signed": stamp(found.at),
        "leaning": leaning,
        "batches": leaning.batches[:_MOST_BATCHES],
        "left": max(len(leaning.batches) - _MOST_BATCHES, 0),
        "told": coverage_page.leaning_words(leaning),
        "refused": refused,
        "revoked": getattr(found, "revocation", None),
        "may_act": may(actor, MAY_COVER),
        "who_may": who_may(MAY_COVER, actor),
        "demonstration": found.kind == CoverageKind.DEMONSTRATION,
        "title_block": [
            {"label": _("Coverage"), "value": found.number},
            {"label": _("Configuration"), "value": found.configuration.code},
        ],
    }
    return render(request, "inspections/coverage/coverage.html", context, status=status)


def _row_of(found: Coverage) -> CoverageRow:
    return coverage_rows(configuration=found.configuration.code, before=found.pk + 1, most=1)[0]


def _url(found: Coverage) -> str:
    return reverse("web:coverage-one", args=[found.configuration.code, found.number])


def _configuration_of(code: str) -> Configuration:
    found = Configuration.objects.filter(code=code if code.isprintable() else "").first()
    if found is None:
        raise Http404(_("The catalogue knows no configuration %(code)s.") % {"code": code[:_LONGEST]})
    return found


def _coverage(code: str, number: str) -> Coverage:
    rows = Coverage.objects.select_related("configuration", "procedure", "revocation")
    wanted = number if number.isprintable() and len(number) <= _LONGEST else ""
    found = rows.filter(configuration__code=code if code.isprintable() else "", number=wanted).first()
    if found is None:
        raise Http404(_("No coverage has the number %(number)s here.") % {"number": number[:_LONGEST]})
    return found
