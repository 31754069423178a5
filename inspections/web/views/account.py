"""What stands in the way of signing in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def locked_out(
    request: HttpRequest, response: Any = None, credentials: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Too many failed sign-ins of one name from one address: a pause, and what to do meanwhile."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    return render(request, "account/locked_out.html", {"minutes": minutes, "title_block": []}, status=429)
