"""Small answers that every page asks for: is it live, and how it is to look."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ..access import moment_of
from ..frame import KEYS_COOKIE, THEME_COOKIE, THEMES

_YEAR = 365 * 24 * 3600


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The time here, for whoever is signed in: asking for the session proves that the database answers.

    Signed out it is 401, never a redirect: what asks is a script that must not take a login page for an answer.
    """
    if not request.user.is_authenticated:
        return HttpResponse(_("Signed out."), status=401, content_type="text/plain; charset=utf-8")
    return HttpResponse(f"{timezone.localtime(moment_of(request)):%H:%M:%S}", content_type="text/plain")


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Light, dark or as the machine; single keys on or off. Kept in the browser, not in the record."""
    after = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure()):
        after = reverse("web:today")
    response = HttpResponseRedirect(after)
    chosen = {"theme": (THEME_COOKIE, (*THEMES, "")), "keys": (KEYS_COOKIE, ("on", "off"))}
    for field, (cookie, allowed) in chosen.items():
        value = request.POST.get(field)
        if value in allowed:
            response.set_cookie(cookie, value, _YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response
