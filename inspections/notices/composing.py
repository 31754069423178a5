"""Writes one mail: what was gathered becomes a subject, a plain text and a simple HTML part, each of bounded size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..gates.sentences import language_of
from ..people.choices import ROLE_LABELS, Role
from ..people.models import User
from .choices import MailState
from .collecting import collect_groups, collect_known
from .gathering import is_address
from .links import absolute, path_of
from .models import NoticeChoice, NoticeLine, NoticeMail
from .telling import Told, one_line
from .wording import tell

MOST_TOLD: Final = 40
"""Findings told in one mail; the others are counted, and stand on the page of today."""
LONGEST_SUBJECT: Final = 160


@dataclass(frozen=True, slots=True)
class Item:
    """One finding as the mail sets it: its link is empty where no address of the site is set."""

    told: Told
    link: str


def compose_mail(mail: NoticeMail, at: datetime) -> None:
    """Write the mail, in the caller's transaction and under its lock. Written once: a repeat is the same mail."""
    person = mail.person
    mail.composed_at, mail.entries = at, NoticeLine.objects.filter(mail=mail).count()
    mail.address = person.email if is_address(person.email) else ""
    if not person.is_active or not mail.address:
        mail.state = MailState.REFUSED
        mail.last_error = "The account is closed." if mail.address else "The person has no address that can be used."
    else:
        choice = NoticeChoice.objects.filter(person=person).first()
        mail.language = choice.language if choice else settings.LANGUAGE_CODE
        zone = choice.time_zone if choice else settings.TIME_ZONE
        _write(mail, ZoneInfo(zone), at)
        mail.state, mail.next_try_at = MailState.READY, at
    mail.save()
    NoticeLine.objects.filter(mail=mail).delete()


def _write(mail: NoticeMail, zone: ZoneInfo, at: datetime) -> None:
    groups = collect_groups(mail)
    shown = groups[:MOST_TOLD]
    with translation.override(mail.language):
        known = collect_known(shown, language_of(mail.language), zone)
        items = [Item(told, absolute(told.path)) for told in (tell(group, known) for group in shown)]
        left = len(groups) - len(shown)
        more = ngettext("And %(count)d more finding.", "And %(count)d more findings.", left) % {"count": left}
        context = {
            "items": items,
            "more": more if left else "",
            "today": absolute(path_of("today")),
            "settings": absolute(path_of("notices")),
            "written": f"{at.astimezone(zone):%Y-%m-%d %H:%M}",
            "zone": zone.key,
            "language": mail.language,
            "why": _("You are told because of what you are here: %(roles)s.") % {"roles": _roles(mail.person)},
        }
        mail.subject = _subject(items, left)
        mail.text = _text(context)
        mail.html = render_to_string("inspections/notices/mail.html", context | {"subject": mail.subject})


def _roles(person: User) -> str:
    names = set(person.groups.values_list("name", flat=True))
    place = 1 if language_of(translation.get_language() or "en") == "zh-hans" else 0
    return _(", ").join(ROLE_LABELS[role][place] for role in Role if role.value in names) or _("without a role")


def _subject(items: Sequence[Item], left: int) -> str:
    """The most serious finding as a sentence, and how many there are beside it."""
    count = len(items) + left - 1
    if not items:
        return _("Nothing to tell any more")
    more = ngettext(" (and %(count)d more)", " (and %(count)d more)", count) % {"count": count} if count else ""
    return one_line(items[0].told.title, LONGEST_SUBJECT - len(more)) + more


def _text(context: Mapping[str, object]) -> str:
    lines: list[str] = []
    items = context["items"]
    for item in items if isinstance(items, list) else ():
        lines += [f"* {item.told.title}", *(f"  {text}" for text in item.told.under)]
        look = _("Look for %(code)s in Interlock.") % {"code": item.told.look_for} if item.told.look_for else ""
        lines += [f"  {item.link or look}", ""]
    lines += [str(context["more"]), ""] if context["more"] else []
    lines += ["-- ", _("Interlock, written %(at)s (%(zone)s).") % {"at": context["written"], "zone": context["zone"]}]
    lines.append(str(context["why"]))
    if context["settings"]:
        lines.append(_("Choose what you are told: %(link)s") % {"link": context["settings"]})
    return "\n".join(lines) + "\n"
