"""Hands written mails to the mail server, one after the other, and remembers what it answered.

A mail is sent while its row is locked and only then called sent: who dies between the two sends it again, with the
same Message-ID and the same words. So every mail arrives at least once, and a repeat can be known for one.
"""

from __future__ import annotations

import logging
import random
import smtplib
from datetime import datetime
from email.utils import format_datetime, parseaddr
from enum import Enum, auto
from typing import Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction

from .choices import MailState
from .models import NoticeMail
from .rules import MOST_REFUSALS, retry_after
from .telling import one_line

log = logging.getLogger(__name__)

MOST_SENT: Final = 500
"""Mails of one run: the next run goes on."""


def send_ready(at: datetime) -> int:
    """Send what is due, longest due first. Returns how many the server took; stops where it takes none at all now."""
    sent = 0
    for _ in range(MOST_SENT if settings.NOTICES_BY_MAIL else 0):
        fate = _send_next(at)
        if fate in (Fate.NONE_DUE, Fate.SERVER_AWAY):
            break
        sent += fate is Fate.SENT
    return sent


class Fate(Enum):
    """What became of trying the next mail."""

    SENT = auto()
    REFUSED = auto()
    SERVER_AWAY = auto()
    NONE_DUE = auto()


@transaction.atomic
def _send_next(at: datetime) -> Fate:
    """Try the mail that is due longest; one that another process is sending is passed over."""
    due = NoticeMail.objects.filter(state=MailState.READY, next_try_at__lte=at)
    mail = due.select_for_update(skip_locked=True, no_key=True).order_by("next_try_at", "pk").first()
    if mail is None:
        return Fate.NONE_DUE
    mail.attempts += 1
    fate = Fate.SENT
    try:
        message_of(mail).send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        fate = _remember(mail, error, at)
    else:
        mail.state, mail.sent_at, mail.last_error = MailState.SENT, at, ""
    mail.save(update_fields=["state", "sent_at", "attempts", "refusals", "next_try_at", "last_error"])
    return fate


def message_of(mail: NoticeMail) -> EmailMultiAlternatives:
    """The mail as it goes out: the same each time it is sent."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {
        "Message-ID": f"<{mail.token}@{domain}>",
        "Date": format_datetime(mail.composed_at or mail.closes_at),
        # RFC 3834: nobody's absence answers it.
        "Auto-Submitted": "auto-generated",
        "Content-Language": mail.language,
    }
    message = EmailMultiAlternatives(
        mail.subject, mail.text, to=[mail.address], headers=headers, connection=get_connection(fail_silently=False)
    )
    message.attach_alternative(mail.html, "text/html")
    return message


def _remember(mail: NoticeMail, error: Exception, at: datetime) -> Fate:
    """What went wrong, and when it is tried again. A server that is away, or takes nobody's mail, is waited for
    without end; one that refuses this address or this mail for good is asked a few times more."""
    mail.last_error = one_line(f"{type(error).__name__}: {error}")
    mail.next_try_at = at + retry_after(mail.attempts, random.random())  # noqa: S311 spreads mails, keeps no secret
    if not _refused_for_good(error):
        log.warning("Mail cannot be sent now (%s): nothing is lost, it is tried again.", mail.last_error)
        return Fate.SERVER_AWAY
    mail.refusals += 1
    if mail.refusals >= MOST_REFUSALS:
        mail.state = MailState.REFUSED
        log.error("Mail %s to person %s is given up: %s", mail.pk, mail.person_id, mail.last_error)
    return Fate.REFUSED


def _refused_for_good(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, ValueError) or (isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500)
