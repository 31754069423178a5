"""Addresses under /api/ that do not exist."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from ..problems import Problem


@method_decorator(csrf_exempt, name="dispatch")
class MissingView(View):
    """Answers 404, whoever asks and with whichever method; a forgotten slash is pointed out, not redirected."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        path = request.path_info
        detail = f"There is nothing at {path[:200]!a}."
        if not path.endswith("/") and _exists(path + "/"):
            detail += f" The address ends in a slash: {(path + '/')[:200]!a}."
        return Problem(404, "not_found", detail).response()


def _exists(path: str) -> bool:
    try:
        return resolve(path).url_name != "api-missing"
    except Resolver404:
        return False
