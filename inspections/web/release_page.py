"""What the page of a release says: the finding, the line of its cars, why one may not sign, what is left behind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.catalogue.choices import Domain
from inspections.gates.queries import StandingCause
from inspections.gates.sentence_catalogue import Language
from inspections.people.models import User
from inspections.people.rules import Actor
from inspections.releases.models import Release, Signature
from inspections.releases.queries import NamedVehicle, ProposedRelease
from inspections.releases.rules import MAY_RELEASE
from inspections.results.inspectors import inspected_by
from inspections.saying import Cars

from .access import may, who_may
from .ages import clock_or_stamp, stamp
from .gate_contacts import contact_word, gate_heading, holds_contact, signature_contacts
from .line_drawing import Contact, Line, draw_line
from .statuses import Status

NEEDED: Final = 2
_NAMED_CARS: Final = 5


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release as lists show it."""

    release: ProposedRelease
    status: Status
    word: str
    under: str


def state_words(found: ProposedRelease, at: datetime) -> tuple[Status, str]:
    """How a release stands, as a mark and a word."""
    return {
        "proposed": (Status.PENDING, _("Proposed")),
        "lapsed": (Status.QUIET, _("Lapsed")),
        "overtaken": (Status.QUIET, _("Overtaken")),
        "released": (Status.PASS, _("Released")),
        "suspended": (Status.HELD, _("Suspended")),
    }[found.state(at)]


def release_row(found: ProposedRelease, at: datetime) -> ReleaseRow:
    """A release as a row of a list."""
    status, word = state_words(found, at)
    return ReleaseRow(found, status, word, _under(found, at))


def _under(found: ProposedRelease, at: datetime) -> str:
    state = found.state(at)
    if state == "proposed":
        return _("lapses %(at)s") % {"at": clock_or_stamp(found.lapses_at, at)}
    if state == "lapsed":
        return _("lapsed %(at)s, nothing was released by it") % {"at": stamp(found.lapses_at)}
    if state == "overtaken":
        return _("a later release names its cars")
    if state == "suspended":
        words = ngettext("%(count)d car may not leave", "%(count)d cars may not leave", found.suspended)
        return words % {"count": found.suspended}
    words = ngettext("%(count)d of %(all)d car has left", "%(count)d of %(all)d cars have left", found.vehicles)
    return words % {"count": found.delivered, "all": found.vehicles}


def heading(found: ProposedRelease, at: datetime, *, yours: bool) -> str:
    """The finding, as a sentence."""
    state, cars_named = found.state(at), found.vehicles
    count = {"count": cars_named, "suspended": found.suspended, "left": found.delivered}
    if state == "suspended":
        words = ngettext(
            "%(suspended)d released car may not leave: something was decided since",
            "%(suspended)d released cars may not leave: something was decided since",
            found.suspended,
        )
        return words % count
    if state == "lapsed":
        return _("This proposal has lapsed: nothing was released by it")
    if state == "overtaken":
        return _("A later release names these cars: nothing is released by this one")
    if state == "released":
        words = ngettext("%(count)d car is released", "%(count)d cars are released", found.vehicles) % count
        return words + _(", ") + _("%(left)d left") % count if found.delivered else words
    if yours:
        words = ngettext("%(count)d car waits for your signature", "%(count)d cars wait for your signature", cars_named)
        return words % count
    if found.signatures:
        words = ngettext(
            "%(count)d car waits for the second signature", "%(count)d cars wait for the second signature", cars_named
        )
        return words % count
    words = ngettext("%(count)d car waits for two signatures", "%(count)d cars wait for two signatures", cars_named)
    return words % count


def release_line(
    contacts: Mapping[str, int], signatures: Sequence[Signature], suspended: bool, at: datetime, language: Language
) -> Line:
    """The line of the cars that a release names: three gates, holds, two signatures."""
    gates = [
        _gate(domain, contacts.get(domain, 0), contacts.get(f"conceded {domain}", 0), language)
        for domain in Domain.values
    ]
    return draw_line(
        [*gates, holds_contact(contacts.get("holds", 0), language), *signature_contacts(signatures, suspended, at)]
    )


def _gate(domain: str, stopped: int, conceded: int, language: Language) -> Contact:
    name = gate_heading(domain, language)
    if not stopped and conceded:
        words = ngettext("closed, %(count)d car by concession", "closed, %(count)d cars by concession", conceded)
        return Contact(name, True, Status.CONCEDED, words % {"count": conceded})
    if not stopped:
        return Contact(name, True, Status.PASS, contact_word(True, Status.PASS, language))
    words = ngettext("open: %(count)d car", "open: %(count)d cars", stopped) % {"count": stopped}
    return Contact(name, False, Status.PENDING, words)


def why_not(
    found: ProposedRelease, vehicle_ids: Collection[int], signatures: Iterable[Signature], person: User, actor: Actor,
    at: datetime,
) -> str:  # fmt: skip
    """Why this person cannot sign this release now; "" where they may."""
    state = found.state(at)
    if state == "lapsed":
        return _("It lapsed at %(at)s. Propose anew what is clear now.") % {"at": stamp(found.lapses_at)}
    if state == "overtaken":
        return _("A later release names these cars.")
    if state != "proposed":
        return _("It has both its signatures.")
    if not may(actor, MAY_RELEASE):
        return who_may(MAY_RELEASE, actor)
    if any(signature.signer_id == person.pk for signature in signatures):
        return _("You signed it: the second signature is another person's.")
    inspected = inspected_by(person=person, vehicle_ids=vehicle_ids)
    if inspected:
        named = str(Cars.of(inspected[:_NAMED_CARS]))
        more = len(inspected) - _NAMED_CARS
        told = named if more <= 0 else _("%(cars)s and %(more)d more") % {"cars": named, "more": more}
        words = ngettext("You inspected car %(cars)s", "You inspected cars %(cars)s", len(inspected)) % {"cars": told}
        return words + _(": somebody else has to sign.")
    return ""


def left_behind(causes: Mapping[str, Sequence[StandingCause]], named: Collection[int]) -> list[StandingCause]:
    """The reasons of a batch's cars without those that a release names, by number in build order."""
    behind = []
    for listed in causes.values():
        for cause in listed:
            others = tuple(number for number in cause.cars if number not in named)
            if cause.cars and not others:
                continue
            behind.append(cause if others == cause.cars else replace(cause, cars=others, vin=""))
    return behind


def vehicle_words(row: NamedVehicle) -> tuple[Status, str]:
    """What has become of one car of a release."""
    if row.delivered_at is not None:
        return Status.PASS, _("left %(at)s") % {"at": stamp(row.delivered_at)}
    if row.suspended_at is not None:
        return Status.HELD, _("suspended %(at)s") % {"at": stamp(row.suspended_at)}
    if row.stands:
        return Status.PASS, _("released")
    return Status.QUIET, _("not released by this")


def title_block(release: Release, found: ProposedRelease, at: datetime) -> list[dict[str, str]]:
    """Foot of the page."""
    plan = release.batch.revision
    judged = "" if plan is None else _("%(plan)s revision %(number)d") % {"plan": plan.plan.code, "number": plan.number}
    signed = _("%(count)d of 2 signatures") % {"count": found.signatures}
    return [
        {"label": _("Release"), "value": f"{release.number}, {signed}"},
        {"label": _("Judged on plan"), "value": judged},
        {"label": "SHA-256", "value": release.digest[:16]},
    ]
