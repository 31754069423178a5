"""Findings said in sentences, in the language that is active: one title, lines under it, the page that tells more."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..evaluation.reasons import FAILED_CODES, ReasonCode
from ..gates.limit_wording import SYMBOLS, quantity_text, required_text
from ..gates.sentences import ReasonFacts, cars_text, gate_text, named_with_position, sentence
from .collecting import NAMED, Group, Known, reasons_of
from .findings import Finding
from .links import path_of

LONGEST: Final = 300
"""Characters of any text that a person or a rig wrote, and of a title."""


@dataclass(frozen=True, slots=True)
class Told:
    """One finding of a mail. `path` opens the page about it, `look_for` is what to search for there."""

    title: str
    under: tuple[str, ...] = ()
    path: str = ""
    look_for: str = ""


def one_line(text: str, most: int = LONGEST) -> str:
    """The text on one line, without what could break it or turn its direction, cut to `most` characters."""
    plain = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    found = " ".join(plain.split())
    return found if len(found) <= most else f"{found[: most - 1].rstrip()}…"


def tell(group: Group, known: Known) -> Told:
    """Say a group. What has no words of its own is told as it was written: nothing is hidden."""
    told = _SAID.get(group.first.act, _as_written)(group, known)
    return Told(
        one_line(told.title), tuple(one_line(text) for text in told.under if text), told.path, one_line(told.look_for)
    )


def _subject(group: Group, known: Known) -> str:
    """The cars concerned with their batch, or the batch."""
    batch = group.first.batch
    if not group.vins:
        return _("Batch %(batch)s") % {"batch": batch} if batch else group.first.subject
    numbers = [known.sequences[vin] for vin in group.vins if vin in known.sequences]
    if not numbers:
        return next(iter(group.vins))
    return _("%(cars)s of %(batch)s") % {"cars": cars_text(numbers, known.language), "batch": batch}


def _place(group: Group) -> tuple[str, str]:
    """Path and code of the page that tells more: the one car's, or the batch's."""
    if len(group.vins) == 1:
        vin = next(iter(group.vins))
        return path_of("vehicle", vin), vin
    batch = group.first.batch
    return (path_of("batch", batch), batch) if batch else ("", group.first.subject)


def _said(group: Group, title: str, *under: str) -> Told:
    path, code = _place(group)
    return Told(title, under, path, code)


def _reason(group: Group, known: Known) -> Told:
    """A gate's reason: as the pages say it, for one car or for many of one cause."""
    reasons = reasons_of(group.first)
    if not reasons or reasons[0].get("code") not in _CODES:
        return _as_written(group, known)
    facts = _facts(group, reasons[0], known)
    said = sentence(facts, known.language, known.zone)
    values = list(dict.fromkeys(_found_of(member, known) for member in group.members))
    title, first = said.text, ""
    if len(values) > 1 and facts.code == ReasonCode.MEASUREMENT_FAILED:
        title = _("%(subject)s: %(characteristic)s fails; %(required)s is required.") % {
            "subject": facts.subject,
            "characteristic": named_with_position(facts.characteristic, "", known.language),
            "required": facts.required,
        }
        first = _("First: %(values)s.") % {"values": _("; ").join(_values(group, known))}
    several = _numbers(group) if group.count > 1 else ""
    rig = _("Measured on %(rig)s.") % {"rig": group.rig} if group.rig and facts.code in _MEASURED else ""
    return _said(group, title, first, rig, _critical(group, known), several, said.clears_when)


_CODES: Final = frozenset(code.value for code in ReasonCode)
_MEASURED: Final = frozenset({ReasonCode.MEASUREMENT_FAILED, ReasonCode.RETEST_UNEXPLAINED})


def _facts(group: Group, reason: Mapping[str, Any], known: Known) -> ReasonFacts:
    characteristic = known.characteristics.get(_id(reason))
    line = known.lines.get(reason.get("requirement_id") or 0)
    required = str(reason.get("required", ""))
    if line is not None and reason["code"] in _MEASURED - {ReasonCode.RETEST_UNEXPLAINED}:
        required = required_text(
            line.expression, known.language, lower=line.lower, upper=line.upper, unit=line.unit,
            lower_inclusive=line.lower_inclusive, upper_inclusive=line.upper_inclusive,
            values=[known.name(member) for member in line.members] or line.values,
        )  # fmt: skip
    return ReasonFacts(
        code=str(reason.get("code", "")),
        subject=_subject(group, known),
        characteristic="" if characteristic is None else known.name(characteristic.named),
        position=str(reason.get("position", "")),
        found=one_line(_value(str(reason.get("found", "")), known)),
        required=required,
        detail=_detail(group, reason, known),
        several=len(group.vins) > 1,
    )


def _id(reason: Mapping[str, Any]) -> int:
    found = reason.get("characteristic_id")
    return found if isinstance(found, int) else 0


def _value(found: str, known: Known) -> str:
    if found in {"true", "false"}:
        return quantity_text(found == "true", "", known.language)
    value, blank, unit = found.rpartition(" ")
    return quantity_text(value, unit, known.language) if blank and unit in SYMBOLS else found


def _found_of(member: Finding, known: Known) -> str:
    reasons = reasons_of(member)
    return one_line(_value(str(reasons[0].get("found", "")), known), 60) if reasons else ""


def _values(group: Group, known: Known) -> Iterator[str]:
    for member in group.members:
        number = known.sequences.get(member.vin)
        car = cars_text([number], known.language) if number else member.vin
        yield _("%(car)s %(value)s") % {"car": car, "value": _found_of(member, known)}


def _detail(group: Group, reason: Mapping[str, Any], known: Known) -> dict[str, str]:
    own = reason.get("detail")
    detail = {str(key): one_line(str(value)) for key, value in own.items()} if isinstance(own, dict) else {}
    batch = group.first.batch
    detail |= {
        "gate": gate_text(str(group.first.facts.get("domain", "")), known.language),
        "configuration": known.configurations.get(batch, batch),
    }
    if group.count == 1 and group.first.facts.get("nonconformance"):
        detail["nonconformance"] = str(group.first.facts["nonconformance"])
    if detail.get("procedure") in known.procedures:
        detail["procedure"] = known.name(known.procedures[detail["procedure"]])
    if "coverage" in detail:
        detail["coverage"] = known.coverages.get(detail["coverage"], detail["coverage"])
    return detail


def _critical(group: Group, known: Known) -> str:
    found = known.characteristics.get(_id(group.first.facts))
    return _("Critical characteristic.") if found is not None and found.special == "CC" else ""


def _numbers(group: Group) -> str:
    """The nonconformances: the first few by number, the others counted."""
    found = [str(row.facts["nonconformance"]) for row in group.members if row.facts.get("nonconformance")]
    if not found:
        return ""
    listed = _(", ").join(dict.fromkeys(found))
    more = group.count - len(group.members)
    return _("%(numbers)s and %(count)d more.") % {"numbers": listed, "count": more} if more else f"{listed}."


def _person(group: Group, known: Known) -> Told:
    """A hold that a person placed, or a gate's that opened no nonconformance."""
    if group.first.facts.get("code"):
        return _reason(group, known)
    title = _("%(subject)s: held by %(who)s: %(reason)s")
    return _said(group, title % _words(group, known), _("Clears when an engineer lifts the hold."))


def _listed_cars(group: Group, known: Known) -> Told:
    """Cars of one list that a person held, or let go on, in one act; those of it that have left."""
    titles = {
        "hold.placed_by_list": _("%(subject)s: held by %(who)s, list %(list)s: %(reason)s"),
        "hold.lifted_by_list": _("%(subject)s: the hold of list %(list)s is lifted by %(who)s: %(reason)s"),
    }
    gone = _("%(subject)s: left already, and on hold list %(list)s of %(who)s: %(reason)s")
    under = {
        "hold.placed_by_list": _("Clears when an engineer lifts the hold."),
        "hold.listed_gone": _("Decide whether it has to be called back."),
    }
    title = titles.get(group.first.act, gone) % _words(group, known)
    return _said(group, title, under.get(group.first.act, ""))


def _lifted(group: Group, known: Known) -> Told:
    if group.first.facts.get("code"):
        return _said(group, _("%(subject)s: the gate's hold is lifted, its cause is gone.") % _words(group, known))
    return _said(group, _("%(subject)s: the hold is lifted by %(who)s: %(reason)s") % _words(group, known))


def _words(group: Group, known: Known) -> dict[str, object]:
    first = group.first
    return {
        "subject": _subject(group, known),
        "who": first.actor,
        "reason": one_line(first.reason),
        "numbers": _numbers(group).rstrip("."),
        "count": group.count,
        **{key: one_line(str(value)) for key, value in first.facts.items() if isinstance(value, str | int)},
    }


def _taken(group: Group, known: Known) -> Told:
    said = _words(group, known) | {"owner": one_line(str(group.first.facts.get("owner", group.first.actor)))}
    cause = one_line(str(group.first.facts.get("cause", "")))
    return _said(
        group,
        _("%(subject)s: %(numbers)s is owned by %(owner)s.") % said,
        _("Cause: %(text)s") % {"text": cause} if cause else "",
    )


def _disposed(group: Group, known: Known) -> Told:
    titles = {
        "rework": _("%(subject)s: %(numbers)s answered by rework: %(reason)s"),
        "confirmed_retest": _("%(subject)s: %(numbers)s answered, the repeat is confirmed: %(reason)s"),
        "measurement_invalid": _("%(subject)s: %(numbers)s answered, the measurement is invalid: %(reason)s"),
    }
    title = titles.get(str(group.first.facts.get("kind")), _("%(subject)s: %(numbers)s answered: %(reason)s"))
    under = _("Answered by %(who)s. A later test still has to pass.")
    return _said(group, title % _words(group, known), under % _words(group, known))


def _closed(group: Group, known: Known) -> Told:
    return _said(group, _("%(subject)s: closed is %(numbers)s") % _words(group, known))


def _release(group: Group, known: Known) -> Told:
    """Everything about one release that is not yet in force."""
    first, number = group.first, group.first.subject
    vehicles = first.facts.get("vehicles")
    said = {
        "release": number,
        "batch": first.batch,
        "who": first.actor,
        "signatures": first.facts.get("signatures", 0),
        "count": len(vehicles) if isinstance(vehicles, list) else first.facts.get("count", 0),
    }
    if first.act == "release.proposed":
        title = ngettext(
            "%(release)s of %(batch)s waits for two signatures: %(count)d car.",
            "%(release)s of %(batch)s waits for two signatures: %(count)d cars.",
            int(said["count"]),
        )
        under = _("Proposed by %(who)s. Without both signatures it lapses after 24 hours.")
    elif first.act == "release.lapsed":
        title = _("%(release)s of %(batch)s has lapsed with %(signatures)s of 2 signatures.")
        under = _("Propose anew what is clear.")
    elif first.facts.get("place") == 2:
        title = _("%(release)s of %(batch)s is released: it was signed twice.")
        under = _("Last signed by %(who)s.")
    else:
        title = _("%(release)s of %(batch)s waits for its second signature.")
        under = _("Signed first by %(who)s; the second signature is another person's.")
    return Told(title % said, (under % said,), path_of("release", number), number)


def _concession(group: Group, known: Known) -> Told:
    """A concession that waits for an approval, or has both."""
    first, number = group.first, group.first.subject
    vehicles = first.facts.get("vehicles")
    said = {
        "concession": number,
        "batch": first.batch,
        "who": first.actor,
        "reason": one_line(first.reason),
        "count": len(vehicles) if isinstance(vehicles, list) else 0,
    }
    if first.act == "concession.proposed":
        title = _("Concession %(concession)s for cars of %(batch)s waits for two approvals: %(reason)s")
        under = _("Proposed by %(who)s, who approves nothing of it. Cars named: %(count)d.")
    elif first.facts.get("place") == 2:
        title = _("Concession %(concession)s for cars of %(batch)s is in force.")
        under = _("Last approved by %(who)s.")
    else:
        title = _("Concession %(concession)s for cars of %(batch)s waits for its second approval.")
        under = _("Approved first by %(who)s; the second approval is another person's.")
    return Told(title % said, (under % said,), path_of("concession", number), number)


def _against(group: Group, known: Known) -> Told:
    """New evidence against a car that was released, or that has left."""
    reasons = [reason for reason in reasons_of(group.first) if reason.get("code") in _CODES]
    reasons.sort(key=lambda reason: reason["code"] not in FAILED_CODES)
    why = sentence(_facts(group, reasons[0], known), known.language, known.zone).text if reasons else ""
    if group.first.act == "release.suspended":
        title = _("%(subject)s: release %(release)s is suspended.")
        return _said(group, title % _words(group, known), why, _("Clears when clear again and signed anew."))
    title = ngettext(
        "%(subject)s has left the plant, and new evidence speaks against it.",
        "%(subject)s have left the plant, and new evidence speaks against them.",
        len(group.vins),
    )
    return _said(group, title % _words(group, known), why, _("Decide whether it has to be called back."))


def _ended(group: Group, known: Known) -> Told:
    first = group.first
    procedure = known.procedures.get(str(first.facts.get("procedure", "")))
    said = _words(group, known) | {"code": first.subject, "procedure": known.name(procedure) if procedure else ""}
    if first.act in {"calibration.ended", "rig.out_of_tolerance"}:
        if first.act == "calibration.ended":
            title = _("The calibration of rig %(code)s has ended.")
            under = _("What it measures does not count until a certificate is entered.")
        else:
            title = _("Rig %(code)s was found out of tolerance: %(reason)s")
            under = _("What it measured since it was last good does not count; the cars concerned are pending.")
        return Told(title % said, (under,), path_of("rig", first.subject), first.subject)
    if first.act == "coverage.revoked":
        title = _("Coverage %(code)s was revoked: %(reason)s")
    else:
        title = _("Coverage %(code)s of %(procedure)s has ended.")
    under = _("Batches that rest on it fail until another coverage is signed.")
    return Told(title % said, (under,), path_of("coverage"), first.subject)


def _kept(group: Group, known: Known) -> Told:
    title = ngettext(
        "A file of rig %(who)s cannot be recorded whole.",
        "%(count)d files of rig %(who)s cannot be recorded whole.",
        group.count,
    )
    under = _("Read it again once it can be, or set it aside with a reason.")
    return Told(title % _words(group, known), (under,), path_of("intake"), group.first.actor)


def _unknown(group: Group, known: Known) -> Told:
    found = [str(code) for row in group.members for code in _listed(row.facts.get("characteristics"))]
    codes = list(dict.fromkeys(found))
    said = {"rig": group.first.subject, "list": _(", ").join(codes[:NAMED])}
    title = _("Rig %(rig)s sends values that the catalogue does not know: %(list)s.") % said
    under = _("They are kept and not judged. Enter them in the catalogue, or correct the rig.")
    return Told(title, (under,), path_of("rig", group.first.subject), group.first.subject)


def _listed(found: object) -> Sequence[object]:
    return found if isinstance(found, list) else ()


def _recount(group: Group, known: Known) -> Told:
    said = {"batch": group.first.batch, "gate": gate_text(str(group.first.facts.get("domain", "")), known.language)}
    title = _("%(batch)s: a recount of %(gate)s differs from what is stored.") % said
    return _said(group, title, _("No car of it may leave until a recount agrees."))


def _as_written(group: Group, known: Known) -> Told:
    first = group.first
    return _said(group, f"{first.act} {first.subject}" + (f": {one_line(first.reason)}" if first.reason else ""))


_SAID: Final[Mapping[str, Callable[[Group, Known], Told]]] = {
    "nonconformance.opened": _reason,
    "nonconformance.taken": _taken,
    "nonconformance.disposed": _disposed,
    "nonconformance.closed": _closed,
    "hold.placed": _person,
    "hold.lifted": _lifted,
    "hold.placed_by_list": _listed_cars,
    "hold.lifted_by_list": _listed_cars,
    "hold.listed_gone": _listed_cars,
    "concession.proposed": _concession,
    "concession.signed": _concession,
    "release.proposed": _release,
    "release.signed": _release,
    "release.lapsed": _release,
    "release.suspended": _against,
    "delivery.doubted": _against,
    "disagreement.found": _reason,
    "kept.blocks": _reason,
    "coverage.ended": _ended,
    "coverage.revoked": _ended,
    "calibration.ended": _ended,
    "rig.out_of_tolerance": _ended,
    "submission.quarantined": _kept,
    "characteristic.unknown": _unknown,
    "batch.recount_differs": _recount,
}
