"""Papers of a car and dossiers of a batch: the list, issuing, one paper with how it stands, its files, revoking."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from inspections.batches.models import Batch, Vehicle
from inspections.batches.queries import find_batch, find_vehicle
from inspections.certificates import check_certificate
from inspections.certificates.codes import PLACE, record_of
from inspections.certificates.models import Certificate
from inspections.certificates.papers import PaperRefused, missing_packages
from inspections.certificates.queries import certificates_of_batch, certificates_of_vehicle, standing_of
from inspections.certificates.rules import MAY_ISSUE, CertificateRefused, shown_number, typed_number
from inspections.certificates.services import issue_certificate, issue_dossier, revoke_certificate
from inspections.intake.storage import FileAltered, FileTooLarge, StoreUnavailable, read_whole
from inspections.saying import Refusal
from inspections.sealing.keys import KeyRefusal, key_ring, pem_of

from .. import certificate_page
from ..access import actor_of, may, moment_of, who_may
from ..exporting import of_certificates
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..forms.certificates import RevokeCertificateForm

_LONGEST: Final = 64
_REFUSALS: Final = (CertificateRefused, KeyRefusal, PaperRefused, StoreUnavailable, FileTooLarge)


def _vehicle(vin: str) -> Vehicle:
    found = find_vehicle(vin) if vin.isprintable() and len(vin) <= _LONGEST else None
    if found is None:
        raise Http404(_("No vehicle %(vin)s is registered.") % {"vin": vin[:_LONGEST]})
    return found


def _batch(number: str) -> Batch:
    found = find_batch(number) if number.isprintable() and len(number) <= _LONGEST else None
    if found is None:
        raise Http404(_("There is no batch %(number)s.") % {"number": number[:_LONGEST]})
    return found


def _of_vehicle_sheet(request: HttpRequest, vin: str) -> Sheet:
    return of_certificates.of_vehicle(_vehicle(vin))


def _of_batch_sheet(request: HttpRequest, number: str) -> Sheet:
    return of_certificates.of_batch(_batch(number))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@exports(certificates=_of_vehicle_sheet)
def of_vehicle(request: HttpRequest, vin: str) -> HttpResponse:
    """The certificates of a car, and what issuing one would do. POST issues it."""
    found = _vehicle(vin)
    at = moment_of(request)

    def issue() -> tuple[Certificate, bool]:
        return issue_certificate(vehicle=found, actor=actor_of(request), at=at)

    context = {"vehicle": found, "batch": found.batch, "kind": "vehicle", "subject": found.vin}
    return _answer(request, context, issue, lambda: certificates_of_vehicle(vehicle_id=found.pk))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@exports(certificates=_of_batch_sheet)
def of_batch(request: HttpRequest, number: str) -> HttpResponse:
    """The dossiers of a batch, and what issuing one would do. POST issues it."""
    found = _batch(number)
    at = moment_of(request)

    def issue() -> tuple[Certificate, bool]:
        return issue_dossier(batch=found, actor=actor_of(request), at=at)

    context = {"batch": found, "kind": "batch", "subject": found.number}
    return _answer(request, context, issue, lambda: certificates_of_batch(batch_id=found.pk))


def _answer(
    request: HttpRequest,
    context: dict[str, Any],
    issue: Callable[[], tuple[Certificate, bool]],
    papers: Callable[[], list[Certificate]],
) -> HttpResponse:
    actor, at, status, refused = actor_of(request), moment_of(request), 200, ""
    if request.method == "POST":
        actor.require("issuing a certificate", *MAY_ISSUE)
        try:
            issued, new = issue()
        except _REFUSALS as refusal:
            status, refused = 409, str(refusal)
        else:
            _tell(request, issued, new)
            return HttpResponseRedirect(_url(issued))
    rows = certificate_page.paper_rows(papers(), at)
    context |= {
        "rows": rows,
        "refused": refused,
        "cannot": "" if refused else _cannot(),
        "may_act": may(actor, MAY_ISSUE),
        "who_may": who_may(MAY_ISSUE, actor),
        "title_block": [
            {"label": _("Vehicle") if context["kind"] == "vehicle" else _("Batch"), "value": context["subject"]}
        ],
    }
    return render(request, "inspections/certificates/list.html", context, status=status)


def _tell(request: HttpRequest, issued: Certificate, new: bool) -> None:
    words = _("Issued: %(number)s.") if new else _("Nothing has changed since %(number)s was issued: it stands.")
    messages.success(request, words % {"number": shown_number(issued.number)})


def _cannot() -> str:
    """What this installation lacks for issuing, in words, before anybody tries; "" where nothing is missing."""
    missing = missing_packages()
    if missing:
        return _(
            "Papers cannot be printed here: %(packages)s is not installed. Run: python -m pip install"
            " --require-hashes -r requirements-papers.txt"
        ) % {"packages": ", ".join(missing)}
    try:
        key_ring().active  # noqa: B018 asked for its refusal
    except KeyRefusal as refusal:
        return str(refusal)
    return ""


def _found(number: str) -> Certificate:
    typed = typed_number(number) if number.isprintable() and len(number) <= _LONGEST else ""
    rows = Certificate.objects.select_related("revocation", "vehicle__batch", "batch", "release")
    found = rows.filter(number=typed).first() if typed.isascii() else None
    if found is None:
        raise Http404(_("There is no certificate %(number)s.") % {"number": number[:_LONGEST]})
    return found


def _url(found: Certificate) -> str:
    return reverse("web:certificate", args=[shown_number(found.number)])


def _list_url(found: Certificate) -> str:
    if found.vehicle is not None:
        return reverse("web:certificates", args=[found.vehicle.vin])
    return reverse("web:dossiers", args=[found.batch.number])


@never_cache
@require_safe
def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """One paper: how it stands now and why, what it was signed with, and its files."""
    return _page(request, _found(number))


def _page(request: HttpRequest, found: Certificate, problem: str = "", status: int = 200) -> HttpResponse:
    at, actor = moment_of(request), actor_of(request)
    row = certificate_page.row_of(found, standing_of(found, at=at))
    context = {
        "paper": found,
        "row": row,
        "at": at,
        "problem": problem,
        "subject": found.vehicle.vin if found.vehicle is not None else found.batch.number,
        "back": _list_url(found),
        "check_place": PLACE,
        "revoked": getattr(found, "revocation", None),
        "may_act": may(actor, MAY_ISSUE),
        "who_may": who_may(MAY_ISSUE, actor),
        "title_block": [{"label": _("Certificate"), "value": row.number}],
    }
    return render(request, "inspections/certificates/certificate.html", context, status=status)


@require_safe
def paper(request: HttpRequest, number: str) -> HttpResponse:
    """The PDF as it was issued, checked against its SHA-256."""
    found = _found(number)
    try:
        content = read_whole(found.pdf_sha256)
    except FileNotFoundError:
        words = _("The paper does not lie on this machine: ask whoever keeps the backups.")
        return _page(request, found, words, 404)
    except FileAltered:
        return _page(request, found, _("What lies on disk is not what was issued. Restore it from a backup."), 500)
    except StoreUnavailable as refusal:
        return _page(request, found, str(refusal), 503)
    return _file(content, "application/pdf", f"{_subject(found)}-{shown_number(found.number)}.pdf")


@require_safe
def record(request: HttpRequest, number: str) -> HttpResponse:
    """The signed record that goes with the paper: contents, digest of the PDF, signature. Checked without us."""
    found = _found(number)
    content = json.dumps(record_of(found), ensure_ascii=False, indent=1).encode()
    return _file(content, "application/json", f"{_subject(found)}-{shown_number(found.number)}.json")


@require_safe
def checker(request: HttpRequest) -> HttpResponse:
    """The program that checks a paper without us."""
    return _file(Path(check_certificate.__file__).read_bytes(), "text/x-python", "check_certificate.py")


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """The plant's public keys, old ones too, in one PEM file."""
    try:
        found = key_ring().publics
    except Refusal as refusal:
        raise Http404(str(refusal)) from refusal
    pems = "".join(f"# {key_id}\n{pem_of(key)}" for key_id, key in found.items())
    return _file(pems.encode(), "application/x-pem-file", "interlock-public-keys.pem")


def _subject(found: Certificate) -> str:
    return found.vehicle.vin if found.vehicle is not None else found.batch.number


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    plain = "".join(character for character in name if character.isprintable() and character not in '/\\:"<>|?*')
    answer = HttpResponse(content, content_type=kind)
    answer.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=plain) or ""
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, number: str) -> HttpResponse:
    """What revoking a paper means. POST does it, with a reason."""
    found, at, actor = _found(number), moment_of(request), actor_of(request)
    form, status, refused = RevokeCertificateForm(), 200, ""
    if request.method == "POST":
        actor.require("revoking a certificate", *MAY_ISSUE)
        form, status = RevokeCertificateForm(request.POST), 422
        if form.is_valid():
            try:
                revoke_certificate(certificate=found, reason=form.cleaned_data["reason"], actor=actor, at=at)
            except CertificateRefused as refusal:
                status, refused = 409, str(refusal)
            else:
                messages.success(request, _("%(number)s is revoked.") % {"number": shown_number(found.number)})
                return HttpResponseRedirect(_url(found))
    context = {
        "paper": found,
        "number": shown_number(found.number),
        "subject": _subject(found),
        "form": form,
        "refused": refused,
        "revoked": getattr(found, "revocation", None),
        "may_act": may(actor, MAY_ISSUE),
        "who_may": who_may(MAY_ISSUE, actor),
        "back": _url(found),
        "title_block": [{"label": _("Certificate"), "value": shown_number(found.number)}],
    }
    return render(request, "inspections/certificates/revoke.html", context, status=status)
