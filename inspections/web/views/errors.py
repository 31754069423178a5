"""The pages of what went wrong: what failed, what was kept, what to do, and the id under which the log has it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _

from ..frame import Frame


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404. An Http404 raised with words in our own rooms says them; a wrong address has none."""
    said = exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""
    context: dict[str, Any] = {"said": said or _("There is no page at this address."), "title_block": []}
    return render(request, "404.html", context, status=404)


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 raised below the pages."""
    context: dict[str, Any] = {"who_may": _("You may not do this here."), "title_block": []}
    return render(request, "403.html", context, status=403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without its proof of origin: mostly a page that stood open over a new sign-in. Nothing was done.

    A script is answered 401, as where the session ended: signing in over the page gives it a new proof.
    """
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(_("Signed out."), status=401, content_type="text/plain; charset=utf-8")
    words = _(
        "This page stood open while you signed in anew. Nothing was recorded: go back, reload the page, send again."
    )
    return render(request, "403.html", {"who_may": words, "title_block": []}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, without asking the database: it may be what failed."""
    context: dict[str, Any] = {
        "frame": Frame(request, anonymous=True),
        "request_id": getattr(request, "request_id", ""),
        "title_block": [],
        "csrf_token": get_token(request),
        "request": request,
    }
    return HttpResponse(loader.get_template("500.html").render(context), status=500)
