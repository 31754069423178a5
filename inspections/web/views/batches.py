from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def batch_list(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html", {"title_block": []})


@require_safe
def batch(request: HttpRequest, number: str) -> HttpResponse:
    return render(request, "base.html", {"title_block": []})
