"""What the page of a characteristic says: the finding in a sentence, numbers as measured, what is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.catalogue.models import Characteristic, Procedure
from inspections.evaluation.facts import Kind
from inspections.evaluation.reasons import Outcome
from inspections.gates.limit_wording import quantity_text
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import indeterminate_text
from inspections.results.readings import stored_reading
from inspections.statistics.facts import Measured
from inspections.statistics.summing import Drift, Placed
from inspections.statistics.trend import LAST

from .ages import clauses, gap, stamp
from .characteristic_limits import required_of
from .characteristic_page import MOST_VALUES, Page
from .statuses import OF_OUTCOME, Status, word_of


def name_of(row: Characteristic | Procedure, language: Language) -> str:
    """Its name in the language of the page."""
    return row.name_zh if language == "zh-hans" and row.name_zh else row.name


def heading(page: Page, language: Language) -> str:
    """The finding: how many failed, and what rises or falls where that is certain."""
    said = {"name": name_of(page.characteristic, language), "fails": page.tally.fails, "count": page.tally.results}
    if not page.tally.results:
        return _("%(name)s: no result in this time") % said
    if page.tally.fails:
        words = ngettext(
            "%(name)s: %(fails)d of %(count)d result failed", "%(name)s: %(fails)d of %(count)d results failed",
            page.tally.results,
        ) % said  # fmt: skip
    else:
        words = ngettext(
            "%(name)s: the only result did not fail", "%(name)s: none of %(count)d results failed", page.tally.results
        ) % said  # fmt: skip
    moving = page.drifts
    if len(moving) == 1:
        return clauses([words, drift_words(moving[0], page, language)])
    if moving:
        more = _("the last %(last)d rise or fall in %(series)d places") % {"last": LAST, "series": len(moving)}
        return clauses([words, more])
    return words


def drift_words(drift: Drift, page: Page, language: Language) -> str:
    """That the last values of a rig rise or fall."""
    where = drift.rig
    if page.several_positions and drift.position:
        where = _("%(rig)s (%(position)s)") % {"rig": drift.rig, "position": page.place_name(drift.position, language)}
    said = {"last": LAST, "where": where}
    if drift.direction > 0:
        return _("the last %(last)d on %(where)s rise") % said
    return _("the last %(last)d on %(where)s fall") % said


def drift_note(drift: Drift, page: Page, language: Language) -> str:
    """The same beside the rig's own chart, with the values in the middle."""
    said = {
        "last": LAST,
        "middle": number_words(drift.middle, language),
        "before": number_words(drift.before, language),
    }
    rise = _("the last %(last)d rise") % said if drift.direction > 0 else _("the last %(last)d fall") % said
    place = page.place_name(drift.position, language) if page.several_positions else ""
    parts = [place, rise] if place else [rise]
    if drift.before is not None:
        parts.append(_("middle %(middle)s, before them %(before)s") % said)
    return clauses(parts)


def number_words(value: Placed | None, language: Language) -> str:
    """A value as it was written, with its unit."""
    return "" if value is None else quantity_text(value.measured.value, value.measured.unit, language)


def value_words(measured: Measured, language: Language) -> str:
    """What was measured, number or not, as it was written."""
    if measured.value is not None:
        return quantity_text(measured.value, measured.unit, language)
    if measured.raw is None:
        return _("no value")
    read = stored_reading(None, measured.raw, measured.unit, measured.position).value
    return quantity_text(read, measured.unit, language)


def room_words(value: Placed, page: Page, language: Language) -> str:
    """How far it is to the nearest limit; "none" for what failed, "" where no limit or no exact number says it."""
    if value.room is None:
        return ""
    if value.measured.outcome is Outcome.FAIL:
        return _("none")
    room = page.lattice.number(value.room)
    return "" if room is None or room < 0 else quantity_text(room, page.unit, language)


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str
    bad: bool = False
    quiet: bool = False


def facts(page: Page, language: Language) -> Iterator[Fact]:
    """The counts and numbers over the charts."""
    tally = page.tally
    yield Fact(_("Required"), required_words(page, language))
    yield Fact(_("Results"), str(tally.results))
    yield Fact(word_of(Status.PASS, language), str(tally.passed))
    yield Fact(word_of(Status.FAIL, language), str(tally.fails), bad=tally.fails > 0)
    yield Fact(word_of(Status.UNCLEAR, language), str(tally.unclear))
    if tally.not_judged:
        yield Fact(_("Not judged"), str(tally.not_judged))
    if page.numeric:
        for label, value in (
            (_("Lowest"), tally.lowest),
            (_("Middle value"), tally.middle),
            (_("Highest"), tally.highest),
        ):
            yield Fact(label, number_words(value, language) or "–")
        yield Fact(_("Control limits and capability"), _("not computed by this version"), quiet=True)


def required_words(page: Page, language: Language) -> str:
    """What is asked of the values shown, if it is one thing."""
    lines = [line for number, line in page.lines.items() if number in page.held] or list(page.lines.values())
    said = {required_of(line, language) for line in lines}
    if not said:
        return _("nothing asked")
    return said.pop() if len(said) == 1 else _("%(count)d different limits") % {"count": len(said)}


def notes(page: Page, *, too_many_limits: int, off_scale: int, most_marks: int) -> Iterator[str]:
    """What the charts leave out, and why."""
    found = page.found
    if found.more:
        since = stamp(found.values[0].finished_at) if found.values else ""
        said = {"count": MOST_VALUES, "since": since}
        yield (
            _("There are more: these are the newest %(count)d, from %(since)s on. Choose a shorter time for the rest.")
            % said
        )
    if found.voided:
        yield ngettext(
            "%(count)d inspection that was declared void is left out.",
            "%(count)d inspections that were declared void are left out.",
            found.voided,
        ) % {"count": found.voided}
    if not page.numeric:
        return
    without = page.tally.results - page.tally.numbers
    if without:
        yield ngettext(
            "%(count)d result has no number in a unit of %(unit)s and is not drawn; the table has it.",
            "%(count)d results have no number in a unit of %(unit)s and are not drawn; the table has them.",
            without,
        ) % {"count": without, "unit": page.unit}
    if off_scale:
        yield ngettext(
            "%(count)d value lies far off and is drawn as a wedge at the edge of the scale.",
            "%(count)d values lie far off and are drawn as wedges at the edge of the scale.",
            off_scale,
        ) % {"count": off_scale}
    if too_many_limits:
        yield _("These results were held to %(count)d different limits, so none is drawn: choose a configuration.") % {
            "count": too_many_limits
        }
    if page.tally.numbers > most_marks:
        yield _(
            "More than %(most)d values: each bar spans the lowest to the highest of its time, with the middle marked;"
            " every fail is drawn by itself. A bar opens its time."
        ) % {"most": most_marks}
        if page.tally.fails > most_marks:
            yield _("Of the fails the worst %(most)d are marked.") % {"most": most_marks}


def mark_title(value: Placed, page: Page, language: Language) -> str:
    """What a mark says when it is pointed at."""
    measured = value.measured
    status = OF_OUTCOME[measured.outcome]
    word = _("Not judged") if status is Status.QUIET else word_of(status, language)
    subject = _("car %(car)d") % {"car": measured.car} if measured.car else measured.part
    said = [value_words(measured, language), word, subject, page.place_name(measured.position, language)]
    parts = [*said, measured.rig, stamp(measured.finished_at)]
    return clauses(part for part in parts if part)


def why_words(measured: Measured, language: Language) -> str:
    """Why it is neither pass nor fail."""
    if measured.outcome in (Outcome.PASS, Outcome.FAIL):
        return ""
    return indeterminate_text(measured.reason, language, measured.unit, "")


def kind_words(kind: Kind) -> str:
    return {
        Kind.VARIABLE: _("measured"),
        Kind.COUNT: _("counted"),
        Kind.ATTRIBUTE: _("conforms or not"),
        Kind.IDENTITY: _("compared as stated"),
    }[kind]


def special_words(special: str) -> str:
    return {"CC": _("critical characteristic"), "SC": _("significant characteristic")}.get(special, "")


def description(page: Page, limits: Iterable[str], language: Language) -> str:
    """The run chart in words, for those who cannot see it."""
    tally = page.tally
    said = {
        "count": tally.numbers,
        "fails": tally.fails,
        "low": number_words(tally.lowest, language),
        "middle": number_words(tally.middle, language),
        "high": number_words(tally.highest, language),
    }
    words = _("%(count)d values from %(low)s to %(high)s, the middle one %(middle)s; %(fails)d failed.") % said
    asked = _(", ").join(limits)
    return words + gap() + (_("Limits: %(limits)s.") % {"limits": asked} if asked else _("No limit is drawn."))


def span_words(span: tuple[datetime, datetime] | None, batch: str = "") -> str:
    """From when until when, and of which batch."""
    if span is None:
        return _("all of batch %(number)s") % {"number": batch}
    words = _("%(since)s to %(until)s") % {"since": stamp(span[0]), "until": stamp(span[1])}
    return _("; ").join([words, _("batch %(number)s") % {"number": batch}] if batch else [words])
