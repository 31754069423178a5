"""Middleware of pages that machines pass by: a key is all that identifies them, they have no session and draw no page.

Who forgets to ask for a key under that address has no user there at all, and so is refused (law 1).
"""

from __future__ import annotations

from typing import Any, Final

from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest

MACHINES: Final = "/api/v1/"


class PagesAlone:
    """What is mixed with this works on pages alone."""

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(MACHINES):
            return self.get_response(request)  # type: ignore[attr-defined]
        return super().__call__(request)  # type: ignore[misc]


class Sessions(PagesAlone, SessionMiddleware):
    pass


class Users(PagesAlone, AuthenticationMiddleware):
    pass


class Messages(PagesAlone, MessageMiddleware):
    pass


class ContentSecurityPolicy(PagesAlone, CSPMiddleware):
    """Answers to machines carry the policy of the API itself."""
