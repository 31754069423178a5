"""What templates draw: marks of status, values with their unit, and codes as people read them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from inspections.gates.limit_wording import quantity_text, unit_symbol
from inspections.gates.sentences import language_of
from inspections.saying import own_half
from inspections.web import ages
from inspections.web.exporting import answering
from inspections.web.finding_words import finding_text
from inspections.web.statuses import Status, word_of
from inspections.web.target_words import number_text

register = template.Library()


@register.inclusion_tag("partials/status.html")
def status(name: str, word: str = "", size: int = 14, plain: bool = False, alone: bool = False) -> dict[str, Any]:
    """The mark of a status: shape, then word. `alone` keeps the word for those who cannot see the shape."""
    found = Status(name)
    return {
        "name": found.value,
        "word": word or word_of(found, get_language() or "en"),
        "size": size,
        "plain": plain,
        "alone": alone,
    }


@register.inclusion_tag("partials/export.html", takes_context=True)
def export_links(context: Context, name: str, label: str = "") -> dict[str, Any]:
    """Beside the count of a list: the whole list as a file, with the filter that is on. `label` where several stand."""
    return {"links": answering.links(context["request"], name), "label": label}


@register.simple_tag
def finding(code: str, of_file: str, of_plan: str) -> str:
    """What a file says otherwise than the plan, in words."""
    return finding_text(code, of_file, of_plan)


@register.filter
def unstopped(label: object) -> str:
    """A label that is a sentence, without its full stop: a colon follows."""
    return str(label).rstrip(".。")


@register.filter
def own_words(text: str) -> str:
    """What was signed in both languages, in that of the page."""
    return " ".join(own_half(text)[0])


@register.filter
def thousands(count: int | None) -> str:
    """A count with its thousands apart; nothing for none."""
    return "" if count is None else number_text(count)


@register.filter
def unit(code: str) -> str:
    """The symbol of a unit."""
    return unit_symbol(code)


@register.filter
def quantity(value: Decimal | str | bool | None, code: str = "") -> str:
    """A value as written with the symbol of its unit."""
    return quantity_text(value, code, language_of(get_language() or "en"))


@register.filter
def symbol(found: str) -> str:
    """A value as it was found: the unit behind its last blank by its symbol."""
    number, blank, code = found.rpartition(" ")
    return f"{number} {unit_symbol(code)}" if blank else found


@register.filter
def vin(text: str) -> SafeString:
    """A VIN with its last six, by which people know a car, set bold."""
    return format_html('<span class="vin">{}<b>{}</b></span>', text[:-6], text[-6:])


@register.filter
def digest(shown: object) -> str:
    """What a row shows, in short: a row whose digest stays is left alone when the page is polled."""
    return sha256(str(shown).encode()).hexdigest()[:12]


@register.filter
def stamp(moment: datetime | None) -> str:
    """Day and time to the minute, local; nothing for no moment."""
    return "" if moment is None else ages.stamp(moment)


@register.filter
def clock(moment: datetime | None) -> str:
    """Time to the minute, local."""
    return "" if moment is None else ages.clock(moment)


@register.filter
def seconds(moment: datetime | None) -> str:
    """Day and time to the second, local."""
    return "" if moment is None else f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"
