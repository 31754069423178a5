"""The one page that anybody may open: whether a paper is genuine and still valid. It shows nothing else of the record.

What stands beside the answer is what the code itself says, or what was typed in.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from inspections.certificates.check_certificate import Code, NotGenuine, read_code
from inspections.certificates.choices import Answer
from inspections.certificates.codes import public_keys
from inspections.certificates.queries import Standing, check_number, check_text
from inspections.certificates.rules import shown_number
from inspections.sealing.keys import KeyRefusal

from ..access import moment_of
from ..certificate_page import ADVICE, ANSWERS, MARKS
from ..public_rate import too_often

_MOST: Final = 400
_LONGEST: Final = 80


@never_cache
@require_safe
def of_code(request: HttpRequest, code: str) -> HttpResponse:
    """What a scanned code leads to."""
    at = moment_of(request)
    if _refused(request):
        return _shown(request, {"too_often": True}, 429)
    return _shown(request, {**_said(check_text(text=code, at=at)), "code": _read(code)})


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def typed(request: HttpRequest) -> HttpResponse:
    """For whoever has only the number: it is asked together with the VIN, or the batch, that the paper names."""
    if request.method != "POST":
        return _shown(request, {})
    if _refused(request):
        return _shown(request, {"too_often": True}, 429)
    number, subject = (request.POST.get(name, "")[:_MOST].strip() for name in ("number", "subject"))
    if not number or (not subject and len(number) <= _LONGEST):
        return _shown(request, {"incomplete": True, "number": number, "subject": subject}, 422)
    at = moment_of(request)
    if len(number) > _LONGEST:  # the whole code, pasted
        return _shown(request, {**_said(check_text(text=number, at=at)), "code": _read(number)})
    if not (number + subject).isprintable():
        return _shown(request, _said(Standing(Answer.NOT_GENUINE, at)))
    standing = check_number(number=number, subject=subject, at=at)
    return _shown(request, {**_said(standing), "asked": _asked(standing, subject)})


def _asked(standing: Standing, subject: str) -> dict[str, Any] | None:
    """What was typed in and is so, to be compared with the paper."""
    found = standing.certificate
    if found is None or standing.answer is Answer.NOT_GENUINE:
        return None
    return {"number": shown_number(found.number), "subject": subject, "kind": found.kind}


def _refused(request: HttpRequest) -> bool:
    return too_often(request, int(moment_of(request).timestamp()) // 60)


def _said(standing: Standing) -> dict[str, Any]:
    """The answer alone: why is for those who may read the record."""
    return {
        "answer": standing.answer.value,
        "mark": MARKS[standing.answer],
        "words": ANSWERS[standing.answer],
        "advice": ADVICE[standing.answer],
        "at": timezone.localtime(standing.at).isoformat(sep=" ", timespec="seconds"),
    }


def _read(text: str) -> dict[str, Any] | None:
    """What a code says, to be compared with the paper; nothing where its signature does not hold."""
    try:
        code: Code = read_code(text, public_keys())
    except (NotGenuine, KeyRefusal):
        return None
    return {
        "number": shown_number(code.number),
        "subject": code.subject,
        "kind": code.kind,
        "issued": f"{timezone.localtime(code.issued_at):%Y-%m-%d %H:%M:%S}",
    }


def _shown(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    context = {"title_block": [], "code": None, "asked": None, **context}
    answer = render(request, "inspections/certificates/check.html", context, status=status)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
