"""What every page of an approval by two does: of a control plan, of a rig profile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from inspections.catalogue.choices import RevisionStatus
from inspections.catalogue.models import ApprovedByTwo

from .access import actor_of, moment_of
from .forms.signing import PasswordForm
from .shown import NOT_SAID, shown_of
from .signing import STATUS_OF_REFUSAL, count_password


def approve_shown(
    request: HttpRequest,
    *,
    subject: str,
    number: int,
    approve: Callable[..., ApprovedByTwo],
    refusals: tuple[type[Exception], ...],
    again: Callable[[str, int, PasswordForm | None], HttpResponse],
    address: str,
) -> HttpResponse:
    """Approve what was shown: the digest on the page is bound to the approval.

    `again` draws the page once more with why not, a status and the form; what is approved is seen at `address`.
    """
    form, seen = PasswordForm(request.POST), shown_of(request, subject)
    if not form.is_valid() or seen is None:
        return again("" if seen else str(NOT_SAID), 422, form)
    password: str = form.cleaned_data["password"]
    stopped = count_password(request, password)
    if stopped is not None:
        return stopped
    given: dict[str, Any] = {
        "approver": request.user, "password": password, "seen": seen, "at": moment_of(request),
        "request_id": actor_of(request).request_id,
    }  # fmt: skip
    try:
        approved = approve(**given)
    except refusals as refused:
        return again(str(refused), STATUS_OF_REFUSAL.get(getattr(refused, "code", ""), 409), None)
    if approved.status == RevisionStatus.APPROVED:
        messages.success(request, _("Revision %(number)d is in force.") % {"number": number})
    else:
        messages.success(request, _("The first approval is given. Somebody else gives the second."))
    return HttpResponseRedirect(address)
