"""A person's own notices: how they are told, and what was sent to them."""

from __future__ import annotations

from typing import Any, Final, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inspections.notices.choices import MailState
from inspections.notices.models import NoticeMail
from inspections.notices.queries import latest_mails, own_notices
from inspections.notices.rules import NoticeRefused
from inspections.notices.services import Choice, choose_notices
from inspections.people.models import User

from ..access import actor_of, moment_of
from ..ages import stamp
from ..exporting import of_people
from ..exporting.answering import exports
from ..exporting.sheets import Sheet
from ..forms.notices import NoticesForm
from ..statuses import Status

SHOWN: Final = 10


def _mails_sheet(request: HttpRequest) -> Sheet:
    return of_people.mails(cast(User, request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@exports(mails=_mails_sheet)
def notices(request: HttpRequest) -> HttpResponse:
    """How the person who asks is told; POST chooses anew. Nobody sees or changes another's."""
    person, actor = cast(User, request.user), actor_of(request)
    own = own_notices(person=person, actor=actor, language=get_language() or settings.LANGUAGE_CODE)
    form, status = NoticesForm(None, own=own), 200
    if request.method == "POST":
        form, status = NoticesForm(request.POST, own=own), 422
        if form.is_valid():
            given = form.cleaned_data
            choice = Choice(given["language"], given["time_zone"], given["digest_hour"], form.paces())
            try:
                choose_notices(person=person, choice=choice, actor=actor, at=moment_of(request))
            except NoticeRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("You are told so from now on."))
                return HttpResponseRedirect(reverse("web:notices"))
    context = {
        "own": own,
        "form": form,
        "by_mail": settings.NOTICES_BY_MAIL,
        "mails": [_row(mail) for mail in latest_mails(person=person, most=SHOWN)],
        "title_block": [{"label": _("Person"), "value": str(person)}],
    }
    return render(request, "inspections/notices/notices.html", context, status=status)


def _row(mail: NoticeMail) -> dict[str, Any]:
    """What became of one mail."""
    if mail.state == MailState.SENT and mail.sent_at is not None:
        return {"status": Status.PASS, "word": _("Sent"), "at": stamp(mail.sent_at), "mail": mail}
    if mail.state == MailState.REFUSED:
        return {"status": Status.FAIL, "word": _("Given up"), "at": stamp(mail.closes_at), "mail": mail}
    word = _("The mail server does not take it yet") if mail.attempts else _("On its way")
    return {"status": Status.PENDING, "word": word, "at": stamp(mail.closes_at), "mail": mail}
