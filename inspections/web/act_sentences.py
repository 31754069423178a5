"""The sentence of each act of the ledger, with the status that its mark shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.evaluation.reasons import ReasonCode
from inspections.records.models import LedgerEntry

from .cause_words import cause_text
from .completion_words import cars_words, keeping_words
from .statuses import Status
from .telling import Telling

Words = Callable[[LedgerEntry, Mapping[str, Any], Telling], tuple[Status, str]]


def _opened(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {key: after.get(key) for key in ("planned_quantity", "configuration", "line", "plan", "revision")}
    if said["plan"] is None:
        text = _("Batch opened on %(line)s: %(planned_quantity)s cars of %(configuration)s. No approved plan.")
        return Status.FAIL, text % said
    text = _(
        "Batch opened on %(line)s: %(planned_quantity)s cars of %(configuration)s, plan %(plan)s revision %(revision)s."
    )
    return Status.QUIET, text % said


def _closed(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    return Status.QUIET, _("Testing closed: no more cars come, and what is missing has failed.")


def _completed(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    return Status.QUIET, _("Completed: %(cars)s; nothing is open.") % {"cars": cars_words(after.get("cars", {}))}


def _taken_up(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    causes = [keeping_words(cause.get("what", ""), cause.get("count", 0)) for cause in after.get("because", ())]
    return Status.PENDING, _("Taken up again, no longer completed: %(causes)s.") % {"causes": _("; ").join(causes)}


def _draw_revealed(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"seed": after.get("seed", "")}
    text = _("The secret seed of the sample draw is published, so that anybody can check the draw: %(seed)s.")
    return Status.QUIET, text % said


def _set_aside(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    before = entry.before if isinstance(entry.before, dict) else {}
    said = {"id": before.get("id") or before.get("kept", ""), "reason": entry.reason.rstrip(".。")}
    return Status.QUIET, _("Submission %(id)s set aside: %(reason)s.") % said


def _subject_named(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    before = entry.before if isinstance(entry.before, dict) else {}
    said = {"id": before.get("id") or before.get("kept", ""), "reason": entry.reason.rstrip(".。")}
    return Status.QUIET, _("Named as what submission %(id)s is of: %(reason)s.") % said


def _screened(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {
        "count": len(after.get("cars", ())),
        "sample": after.get("sample", ""),
        "reason": entry.reason.rstrip(".。"),
    }
    words = ngettext(
        "Rejected sample %(sample)s: %(count)d car screened. %(reason)s.",
        "Rejected sample %(sample)s: %(count)d cars screened. %(reason)s.",
        len(after.get("cars", ())),
    )
    return Status.QUIET, words % said


def _registered(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"car": after.get("sequence"), "batch": entry.batch}
    return Status.QUIET, _("Registered as car %(car)s of batch %(batch)s.") % said


def _held(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    reason = tell.cause(after) if after.get("code") else entry.reason
    return Status.HELD, _("Held: %(reason)s.") % {"reason": reason.rstrip(".。")}


def _lifted(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    if after.get("code"):
        return Status.QUIET, _("Hold lifted: its cause is gone (%(reason)s).") % {"reason": tell.cause(after)}
    return Status.QUIET, _("Hold lifted: %(reason)s.") % {"reason": entry.reason.rstrip(".。")}


def _held_by_list(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"list": after.get("list", ""), "reason": entry.reason.rstrip(".。")}
    if entry.act == "hold.lifted_by_list":
        return Status.QUIET, _("Hold of %(list)s lifted: %(reason)s.") % said
    if entry.act == "hold.listed_gone":
        return Status.FAIL, _("Had left already when %(list)s was placed: %(reason)s.") % said
    return Status.HELD, _("Held by %(list)s: %(reason)s.") % said


def _hold_list(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {key: after.get(key, 0) for key in ("of_batch", "held", "gone")}
    said |= {"list": entry.subject, "reason": entry.reason.rstrip(".。")}
    if entry.act == "hold_list.lifted":
        return Status.QUIET, _("%(list)s lifted, cars of this batch: %(of_batch)d. %(reason)s.") % said
    text = _("%(list)s placed, cars of this batch: %(held)d held, %(gone)d had left. %(reason)s.")
    return Status.HELD, text % said


def _moved(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    before = entry.before if isinstance(entry.before, dict) else {}
    said = {
        "car": after.get("sequence"), "to": after.get("batch"), "from": before.get("batch", entry.subject),
        "vin": after.get("vin", ""), "count": after.get("judged_anew", 0), "reason": entry.reason.rstrip(".。"),
    }  # fmt: skip
    if entry.act == "batch.vehicle_left":
        return Status.QUIET, _("%(vin)s was moved to batch %(to)s: %(reason)s.") % said
    text = _("Moved from batch %(from)s, now car %(car)s of %(to)s, %(count)s results judged anew: %(reason)s.")
    return Status.QUIET, text % said


def _repinned(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    before = entry.before if isinstance(entry.before, dict) else {}
    said = {
        "plan": after.get("plan"), "number": after.get("revision"), "count": after.get("judged_anew", 0),
        "before": before.get("revision") or "–", "reason": entry.reason.rstrip(".。"),
    }  # fmt: skip
    text = _("Judged on %(plan)s revision %(number)s (before: %(before)s), %(count)s results anew: %(reason)s.")
    return Status.QUIET, text % said


def _nonconformance(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"number": after.get("nonconformance", ""), "reason": tell.cause(after)}
    if entry.act.endswith("opened"):
        return Status.FAIL, _("%(number)s opened: %(reason)s.") % said
    return Status.QUIET, _("%(number)s closed: %(reason)s.") % said


def _taken(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    before = entry.before if isinstance(entry.before, dict) else {}
    said = [
        _("%(number)s is owned by %(who)s.") % {"number": after.get("nonconformance", ""), "who": after.get("owner")}
    ]
    cause = str(after.get("cause_class", ""))
    if cause and cause != before.get("cause_class"):
        said.append(_("Class of cause: %(text)s.") % {"text": cause_text(cause)})
    for key, words in (("cause", _("Cause: %(text)s.")), ("containment", _("Containment: %(text)s."))):
        text = str(after.get(key, ""))
        if text and text != before.get(key):
            said.append(words % {"text": text.rstrip(".。")})
    return Status.QUIET, ("" if tell.language == "zh-hans" else " ").join(said)


def _disposed(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"number": after.get("nonconformance", ""), "reason": entry.reason.rstrip(".。")}
    if after.get("kind") == "rework":
        return Status.QUIET, _("%(number)s answered by rework: %(reason)s.") % said
    if after.get("kind") == "confirmed_retest":
        return Status.QUIET, _("%(number)s answered, the repeat is confirmed: %(reason)s.") % said
    return Status.QUIET, _("%(number)s answered, the measurement is invalid: %(reason)s.") % said


def _reviewed(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"id": after.get("inspection", ""), "reason": entry.reason.rstrip(".。")}
    if after.get("kind") == "treat_as_fail":
        return Status.FAIL, _("A verdict of inspection %(id)s is treated as a fail: %(reason)s.") % said
    return Status.QUIET, _("Our verdict of inspection %(id)s stands: %(reason)s.") % said


def _gate(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    # Missing results are counted in a decision, not listed: a gate that failed by them alone names no reason.
    reasons = tell.reasons(after.get("reasons", ())) or tell.code(ReasonCode.MISSING_RESULT.value)
    said = {"gate": tell.gate(after), "reasons": reasons}
    if entry.act == "gate.failed":
        return Status.FAIL, _("Gate %(gate)s failed: %(reasons)s.") % said
    return Status.QUIET, _("Gate %(gate)s is no longer failed.") % said


def _recorded(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    if entry.subject_kind == "inspection":
        return Status.QUIET, _("Inspection %(id)s recorded.") % {"id": entry.subject}
    said = {"count": after.get("count"), "rig": entry.subject}
    return Status.QUIET, _("%(count)s inspections of rig %(rig)s recorded.") % said


def _photographed(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    return Status.QUIET, _("A photograph put with inspection %(id)s.") % {"id": entry.subject}


def _voided(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"id": entry.subject, "reason": entry.reason.rstrip(".。")}
    return Status.QUIET, _("Inspection %(id)s declared void: %(reason)s.") % said


def _result_voided(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"procedure": after.get("procedure", ""), "id": after.get("inspection", "")}
    text = _("A test of %(procedure)s (%(id)s) declared void: %(reason)s.")
    return Status.STALE, text % {**said, "reason": entry.reason.rstrip(".。")}


def _software(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    return Status.QUIET, _("Software changed: %(list)s.") % {"list": _(", ").join(map(str, after.get("software", ())))}


def _fitted(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = []
    for key, words in (("fitted", _("Fitted: %(list)s.")), ("removed", _("Removed: %(list)s."))):
        if after.get(key):
            said.append(words % {"list": _(", ").join(map(str, after[key]))})
    return Status.QUIET, " ".join(said)


def _recount(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    if entry.act == "batch.recount_differs":
        return Status.FAIL, _("A recount of %(gate)s differs from what is stored.") % {"gate": tell.gate(after)}
    return Status.QUIET, _("A recount of %(gate)s agrees again.") % {"gate": tell.gate(after)}


def _unknown(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"rig": entry.subject, "list": _(", ").join(map(str, after.get("characteristics", ())[:5]))}
    return Status.UNCLEAR, _("Rig %(rig)s sent values that the catalogue does not know: %(list)s.") % said


def _released(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"release": after.get("release") or entry.subject, "place": after.get("place")}
    if entry.act == "vehicle.released":
        text = _("Released by %(release)s, signed by %(hands)s.")
        return Status.PASS, text % {**said, "hands": _hands(after)}
    if entry.act == "vehicle.delivered" and after.get("concessions"):
        named = {**said, "concessions": _(", ").join(map(str, after["concessions"]))}
        return Status.CONCEDED, _("Left the plant under %(release)s, by concession %(concessions)s.") % named
    if entry.act == "vehicle.delivered":
        return Status.PASS, _("Left the plant under %(release)s.") % said
    if entry.act == "release.signed":
        return Status.QUIET, _("Signature %(place)s of %(release)s.") % said
    if entry.act == "signature.refused":
        return Status.UNCLEAR, _("Signing %(release)s refused: wrong password.") % said
    return Status.QUIET, _proposed(str(said["release"]), after)


def _proposed(number: str, after: Mapping[str, Any]) -> str:
    count = len(after.get("vehicles", ()))
    words = ngettext("%(release)s proposed: %(count)d car.", "%(release)s proposed: %(count)d cars.", count)
    return words % {"release": number, "count": count}


def _hands(after: Mapping[str, Any]) -> str:
    """The two people who signed, by their personnel numbers."""
    return _(" and ").join(map(str, after.get("signed_by", ())))


def _noted(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    """What became so without anybody's act."""
    said = {"release": after.get("release") or entry.subject, "gate": tell.gate(after)}
    said |= {"reasons": tell.reasons(after.get("reasons", ()) or [after.get("reason", {})])}
    if entry.act == "release.suspended":
        return Status.HELD, _("Release %(release)s is suspended: %(reasons)s.") % said
    if entry.act == "release.lapsed":
        return Status.QUIET, _("%(release)s lapsed without both signatures.") % said
    if entry.act == "delivery.doubted":
        return Status.FAIL, _("New evidence after it left, gate %(gate)s: %(reasons)s.") % said
    return Status.UNCLEAR, _("Gate %(gate)s cannot pass: %(reasons)s.") % said


def _removed(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"reason": entry.reason.rstrip(".。"), "procedure": after.get("procedure", "")}
    if entry.act == "vehicle.destroyed":
        return Status.HELD, _("Destroyed for the test %(procedure)s: %(reason)s. It never leaves.") % said
    return Status.HELD, _("Scrapped: %(reason)s. It never leaves.") % said


def _coverage(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"number": entry.subject, "procedure": after.get("procedure", ""), "reason": entry.reason.rstrip(".。")}
    if entry.act == "coverage.revoked":
        return Status.FAIL, _("Coverage %(number)s of %(procedure)s revoked: %(reason)s.") % said
    return Status.QUIET, _("Coverage %(number)s of %(procedure)s signed.") % said


def _certified(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"number": after.get("certificate", ""), "reason": entry.reason.rstrip(".。")}
    if entry.act in {"certificate.revoked", "dossier.revoked"}:
        return Status.FAIL, _("Paper %(number)s revoked: %(reason)s.") % said
    if entry.act == "dossier.issued":
        return Status.QUIET, _("Dossier %(number)s of the batch issued.") % said
    return Status.QUIET, _("Certificate %(number)s issued.") % said


def _conceded(entry: LedgerEntry, after: Mapping[str, Any], tell: Telling) -> tuple[Status, str]:
    said = {"number": after.get("concession") or entry.subject, "place": after.get("place")}
    if entry.act == "vehicle.conceded":
        text = _("Conceded by %(number)s, approved by %(hands)s: %(reason)s.")
        return Status.CONCEDED, text % {**said, "hands": _hands(after), "reason": entry.reason.rstrip(".。")}
    if entry.act == "concession.signed":
        return Status.QUIET, _("Signature %(place)s of %(release)s.") % {**said, "release": said["number"]}
    return Status.QUIET, _proposed(str(said["number"]), after)


SENTENCES: Mapping[str, Words] = {
    "release.suspended": _noted,
    "release.lapsed": _noted,
    "delivery.doubted": _noted,
    "disagreement.found": _noted,
    "kept.blocks": _noted,
    "vehicle.destroyed": _removed,
    "vehicle.scrapped": _removed,
    "coverage.signed": _coverage,
    "coverage.revoked": _coverage,
    "certificate.issued": _certified,
    "certificate.revoked": _certified,
    "dossier.issued": _certified,
    "dossier.revoked": _certified,
    "concession.proposed": _conceded,
    "concession.signed": _conceded,
    "vehicle.conceded": _conceded,
    "release.proposed": _released,
    "release.signed": _released,
    "signature.refused": _released,
    "vehicle.released": _released,
    "vehicle.delivered": _released,
    "batch.opened": _opened,
    "batch.closed": _closed,
    "batch.completed": _completed,
    "batch.taken_up": _taken_up,
    "batch.draw_revealed": _draw_revealed,
    "sample.screened": _screened,
    "kept.set_aside": _set_aside,
    "kept.subject_named": _subject_named,
    "batch.recount_differs": _recount,
    "batch.recount_agrees": _recount,
    "vehicle.registered": _registered,
    "hold.placed": _held,
    "hold.lifted": _lifted,
    "hold.placed_by_list": _held_by_list,
    "hold.lifted_by_list": _held_by_list,
    "hold.listed_gone": _held_by_list,
    "hold_list.placed": _hold_list,
    "vehicle.moved": _moved,
    "batch.vehicle_left": _moved,
    "batch.repinned": _repinned,
    "hold_list.lifted": _hold_list,
    "nonconformance.opened": _nonconformance,
    "nonconformance.closed": _nonconformance,
    "nonconformance.taken": _taken,
    "nonconformance.disposed": _disposed,
    "disagreement.reviewed": _reviewed,
    "gate.failed": _gate,
    "gate.no_longer_failed": _gate,
    "inspection.recorded": _recorded,
    "inspection.photographed": _photographed,
    "inspection.voided": _voided,
    "vehicle.result_voided": _result_voided,
    "software.changed": _software,
    "component.fitted": _fitted,
    "characteristic.unknown": _unknown,
}
