"""Operators of the rigs, and a person's own mails."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.notices.models import NoticeMail
from inspections.notices.queries import latest_mails
from inspections.people.models import User
from inspections.results.operators import known_operators, unknown_operators

from .sheets import Column, Sheet, coded, in_pages

_ALL = 10_000


def unknown(request: HttpRequest) -> Sheet:
    """Operators whom nobody knows, those that keep most cars first."""
    columns = [
        Column(_("Operator"), lambda row: row.operator),
        Column(_("Cars kept"), lambda row: row.vehicles),
        Column(_("Rigs"), lambda row: "; ".join(row.rigs)),
        Column(_("First test"), lambda row: row.first_at),
        Column(_("Last test"), lambda row: row.last_at),
    ]
    return Sheet("operators-unknown", _("Operators whom nobody knows"), columns, [unknown_operators(most=_ALL)])


def known(request: HttpRequest) -> Sheet:
    """Operators that were mapped to a person, newest first."""
    columns = [
        Column(_("Operator"), lambda row: row.operator),
        Column(_("Person"), lambda row: str(row.user)),
        Column(_("Mapped by"), lambda row: row.mapped_by),
        Column(_("Mapped"), lambda row: row.at),
    ]
    return Sheet("operators", _("Operators mapped to a person"), columns, [known_operators(most=_ALL)])


def mails(person: User) -> Sheet:
    """Every mail that was written to a person, newest first."""
    columns = [
        Column(_("Subject"), lambda mail: mail.subject),
        *coded(_("State"), _state, lambda mail: mail.state),
        Column(_("Written"), lambda mail: mail.composed_at),
        Column(_("Sent"), lambda mail: mail.sent_at),
        Column(_("Address"), lambda mail: mail.address),
        Column(_("Tried"), lambda mail: mail.attempts),
        Column(_("What the mail server said"), lambda mail: mail.last_error),
    ]
    pages = in_pages(lambda before, most: latest_mails(person=person, most=most, before=before), lambda mail: mail.pk)
    return Sheet("mails", _("Mails to %(who)s") % {"who": person}, columns, pages)


def _state(mail: NoticeMail) -> str:
    return {"sent": _("Sent"), "refused": _("Given up")}.get(mail.state, _("On its way"))
