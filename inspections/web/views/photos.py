"""Photographs: taken while the form is filled in, shown with the inspection."""

from __future__ import annotations

from mimetypes import guess_type

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from inspections.intake.models import Photograph
from inspections.intake.photographs import keep_picture
from inspections.intake.pictures import MOST_BYTES
from inspections.intake.services import MAY_PHOTOGRAPH, PictureRefused
from inspections.intake.storage import FileAltered, StoreUnavailable, read_whole

from ..access import actor_of
from ..photo_tokens import Held, hold

FIELD = "picture"


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Check pictures and keep them on disk for the form that sent them. Puts them with no inspection yet."""
    actor_of(request).require("taking a photograph", *MAY_PHOTOGRAPH)
    kept, problems = take_pictures(request)
    context = {"photos": kept, "photo_problems": problems}
    return render(request, "inspections/entry/photos.html", context)


def take_pictures(request: HttpRequest) -> tuple[list[Held], list[str]]:
    """What of the files sent with a request is a picture, kept and signed, and why the others are none."""
    kept: list[Held] = []
    problems = []
    for file in request.FILES.getlist(FIELD):
        try:
            # One byte more than is taken tells what is too large without reading it all.
            picture = keep_picture(content=file.read(MOST_BYTES + 1), name=(file.name or "").strip())
        except (PictureRefused, StoreUnavailable) as refused:
            problems.append(_("%(name)s: %(why)s") % {"name": (file.name or "")[:80], "why": refused})
        else:
            kept.append(hold(picture, request.user.pk or 0))
    return kept, problems


@require_safe
def photo(request: HttpRequest, number: int) -> HttpResponse:
    """The copy of a photograph that is shown. It never changes, so browsers may keep it."""
    found = _photograph(number)
    answer = HttpResponse(_content(found.shown_sha256), content_type="image/jpeg")
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    answer["ETag"] = f'"{found.shown_sha256}"'
    return answer


@require_safe
def original(request: HttpRequest, number: int) -> HttpResponse:
    """A photograph as it was sent, with whatever the camera wrote into it. Never shown here, only saved."""
    found = _photograph(number)
    answer = HttpResponse(_content(found.sha256), content_type="application/octet-stream")
    answer["Content-Disposition"] = _attachment(found)
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _photograph(number: int) -> Photograph:
    found = Photograph.objects.filter(pk=number).first()
    if found is None:
        raise Http404(_("There is no photograph of this number."))
    return found


def _content(digest: str) -> bytes:
    try:
        return read_whole(digest)
    except (FileNotFoundError, FileAltered, StoreUnavailable) as gone:
        raise Http404(_("The photograph is not on disk as it was kept: restore it from a backup.")) from gone


def _attachment(found: Photograph) -> str:
    """The name it was sent with, ended as what it is: a picture called page.html is not opened as a page."""
    plain = "".join(character for character in found.name if character.isprintable() and character not in '/\\:"<>|?*')
    kind = found.media_type.rpartition("/")[2]
    name = plain.strip(" .") or f"photograph-{found.sha256[:16]}"
    if guess_type(name, strict=False)[0] != found.media_type:
        name = f"{name}.{kind}"
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"
