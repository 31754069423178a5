"""Findings said in sentences, in the language that is active: one title, lines under it, the page that tells more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..gates.sentences import gate_text
from .collecting import NAMED, Group, Known
from .links import path_of
from .reason_words import tell_reason, worst_reason
from .telling import Told, as_written, one_line, said_of, words_of


def tell(group: Group, known: Known) -> Told:
    """Say a group. What has no words of its own is told as it was written: nothing is hidden."""
    told = _SAID.get(group.first.act, as_written)(group, known)
    return Told(
        one_line(told.title), tuple(one_line(text) for text in told.under if text), told.path, one_line(told.look_for)
    )


def _person(group: Group, known: Known) -> Told:
    """A hold that a person placed, or a gate's that opened no nonconformance."""
    if group.first.facts.get("code"):
        return tell_reason(group, known)
    title = _("%(subject)s: held by %(who)s: %(reason)s")
    return said_of(group, title % words_of(group, known), _("Clears when an engineer lifts the hold."))


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
    title = titles.get(group.first.act, gone) % words_of(group, known)
    return said_of(group, title, under.get(group.first.act, ""))


def _lifted(group: Group, known: Known) -> Told:
    if group.first.facts.get("code"):
        return said_of(group, _("%(subject)s: the gate's hold is lifted, its cause is gone.") % words_of(group, known))
    return said_of(group, _("%(subject)s: the hold is lifted by %(who)s: %(reason)s") % words_of(group, known))


def _moved(group: Group, known: Known) -> Told:
    """Cars that are in another batch now. What failed on them, and what holds them, went with them."""
    title = _("%(subject)s: moved here by %(who)s: %(reason)s") % words_of(group, known)
    origins = {one_line(str(row.before.get("batch", ""))) for row in group.members}
    under = _("Came from %(batches)s. What failed before fails on, and holds went with it.")
    return said_of(group, title, under % {"batches": _(", ").join(sorted(origins - {""}))})


def _removed(group: Group, known: Known) -> Told:
    """Cars that never leave: destroyed for a test, or scrapped."""
    if group.first.act == "vehicle.destroyed":
        title = _("%(subject)s: destroyed for a test by %(who)s: %(reason)s")
    else:
        title = _("%(subject)s: scrapped by %(who)s: %(reason)s")
    return said_of(group, title % words_of(group, known), _("It never leaves; what is asked of the batch stays."))


def _repinned(group: Group, known: Known) -> Told:
    was = group.first.before.get("revision")
    title = _("%(subject)s: judged on revision %(revision)s of plan %(plan)s now, said %(who)s: %(reason)s")
    under = (
        _("It was judged on revision %(number)s before. A fail that was found stays one.") % {"number": was}
        if was
        else _("It had no revision before.")
    )
    return said_of(group, title % words_of(group, known), under)


def _taken(group: Group, known: Known) -> Told:
    said = words_of(group, known) | {"owner": one_line(str(group.first.facts.get("owner", group.first.actor)))}
    cause = one_line(str(group.first.facts.get("cause", "")))
    return said_of(
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
    return said_of(group, title % words_of(group, known), under % words_of(group, known))


def _closed(group: Group, known: Known) -> Told:
    return said_of(group, _("%(subject)s: closed is %(numbers)s") % words_of(group, known))


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
    why = worst_reason(group, known)
    if group.first.act == "release.suspended":
        title = _("%(subject)s: release %(release)s is suspended.")
        return said_of(group, title % words_of(group, known), why, _("Clears when clear again and signed anew."))
    title = ngettext(
        "%(subject)s has left the plant, and new evidence speaks against it.",
        "%(subject)s have left the plant, and new evidence speaks against them.",
        len(group.vins),
    )
    return said_of(group, title % words_of(group, known), why, _("Decide whether it has to be called back."))


def _ended(group: Group, known: Known) -> Told:
    first = group.first
    procedure = known.procedures.get(str(first.facts.get("procedure", "")))
    said = words_of(group, known) | {"code": first.subject, "procedure": known.name(procedure) if procedure else ""}
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
    return Told(title % words_of(group, known), (under,), path_of("intake"), group.first.actor)


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
    return said_of(group, title, _("No car of it may leave until a recount agrees."))


_SAID: Final[Mapping[str, Callable[[Group, Known], Told]]] = {
    "nonconformance.opened": tell_reason,
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
    "disagreement.found": tell_reason,
    "kept.blocks": tell_reason,
    "coverage.ended": _ended,
    "coverage.revoked": _ended,
    "calibration.ended": _ended,
    "rig.out_of_tolerance": _ended,
    "submission.quarantined": _kept,
    "characteristic.unknown": _unknown,
    "batch.recount_differs": _recount,
    "batch.repinned": _repinned,
    "vehicle.destroyed": _removed,
    "vehicle.moved": _moved,
    "vehicle.scrapped": _removed,
}
