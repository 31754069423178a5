"""Who may see and who may do: every page asks for a login and a role, every act for its own roles.

A page stays readable for all roles; where an act is not a person's, the page says whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import language_of
from inspections.people.choices import ROLE_LABELS, Role
from inspections.people.rules import Actor, NotAllowed

View = Callable[..., HttpResponseBase]


def moment_of(request: HttpRequest) -> datetime:
    """The one moment of this request: what is asked, shown and done has this time (law 9)."""
    if not hasattr(request, "interlock_moment"):
        request.interlock_moment = timezone.now()  # type: ignore[attr-defined]
    moment: datetime = request.interlock_moment  # type: ignore[attr-defined]
    return moment


def actor_of(request: HttpRequest) -> Actor:
    """The person who asks, with roles, read once a request. Only for requests of somebody signed in."""
    if not hasattr(request, "interlock_actor"):
        actor = Actor.person(request.user, request_id=getattr(request, "request_id", ""))  # type: ignore[arg-type]
        request.interlock_actor = actor  # type: ignore[attr-defined]
    found: Actor = request.interlock_actor  # type: ignore[attr-defined]
    return found


def may(actor: Actor, needed: Iterable[Role]) -> bool:
    """Whether the person has one of the roles."""
    return bool(actor.roles.intersection(needed))


def language_now() -> Language:
    """The language of this request, as sentences know it."""
    return language_of(get_language() or "en")


def role_text(role: Role) -> str:
    """The name of a role in the language of this request."""
    return ROLE_LABELS[role][1 if language_now() == "zh-hans" else 0]


def who_may(needed: Iterable[Role], actor: Actor) -> str:
    """Stands where an act would stand: who may do it, and as what this person is here."""
    may_do = _(" or ").join(role_text(role) for role in needed)
    own = _(", ").join(role_text(role) for role in Role if role in actor.roles) or _("without a role")
    return _("This is for: %(roles)s. You are here as: %(own)s.") % {"roles": may_do, "own": own}


def readers_only(view: View) -> View:
    """A page for whoever is signed in and has a role. What the page itself refuses (NotAllowed) becomes the 403 page.

    Signed out: the login, and back. A poll is answered 401 instead: a login page must not land in a row.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _signed_out(request)
        actor = actor_of(request)
        if not actor.roles and not getattr(request.user, "is_superuser", False):
            return refuse(request, _("You have no role here. Whoever manages people here can give you one."))
        try:
            return view(request, *args, **kwargs)
        except NotAllowed as refusal:
            return refuse(request, who_may(refusal.needed, actor))

    guarded.readers_only = True  # type: ignore[attr-defined]
    return guarded


def _signed_out(request: HttpRequest) -> HttpResponseBase:
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(_("Signed out."), status=401, content_type="text/plain; charset=utf-8")
    back = request.get_full_path() if request.method in {"GET", "HEAD"} else reverse("web:today")
    return redirect_to_login(back, reverse("account_login"))


def refuse(request: HttpRequest, words: str) -> HttpResponse:
    """The 403 page: what may not be done and who may."""
    context: dict[str, Any] = {"who_may": words, "request_id": getattr(request, "request_id", ""), "title_block": []}
    return render(request, "403.html", context, status=403)
