"""What every page of a signature does before it asks the service: a wrong password counts like one at the door."""

from __future__ import annotations

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse

from .views.account import locked_out

STATUS_OF_REFUSAL = {"not_authenticated": 403, "four_eyes": 403, "engineer_needed": 403}
"""Anything else that is refused is a conflict with what is so now."""


def count_password(request: HttpRequest, password: str) -> HttpResponse | None:
    """Count the password as a sign-in is counted; the page of the locked out where there were too many wrong ones."""
    name = request.user.get_username()
    if not AxesProxyHandler.is_allowed(request, {"username": name}):
        return locked_out(request)
    authenticate(request, username=name, password=password)
    return None
