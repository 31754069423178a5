"""What pages say of concessions: how each stands, who may approve it, why one may not, what is never conceded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.catalogue.queries import characteristic_words, line_words
from inspections.dispositions.choices import Authority
from inspections.dispositions.concession_queries import ListedConcession, had_a_hand_in
from inspections.dispositions.concession_rules import MAY_CONCEDE, NEVER
from inspections.dispositions.models import ConcessionSignature
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.people.rules import Actor
from inspections.records.signing import NEEDED
from inspections.saying import Cars

from .access import language_now, may, who_may
from .ages import clauses, stamp
from .measured import required_words
from .nonconformance_page import name_of
from .statuses import Status

_NAMED_CARS: Final = 5


@dataclass(frozen=True, slots=True)
class ConcessionRow:
    """A concession as lists show it. `what`: the characteristic and what is required of it."""

    found: ListedConcession
    status: Status
    word: str
    what: str
    authority: str
    cars: str
    ends: str


def concession_rows(found: Sequence[ListedConcession], at: datetime) -> list[ConcessionRow]:
    """Concessions as rows of a list. Two statements however many there are."""
    if not found:
        return []
    names = characteristic_words({row.characteristic_id for row in found})
    lines = line_words({row.requirement_id for row in found})
    return [
        ConcessionRow(
            row,
            *state_words(row, at),
            what=clauses(
                filter(
                    None,
                    [
                        name_of(names.get(row.characteristic_id)),
                        required_words(lines.get(row.requirement_id), language_now()),
                    ],
                )
            ),
            authority=authority_text(row.authority),
            cars=str(Cars.of(row.cars)),
            ends=ends_text(row),
        )
        for row in found
    ]


def state_words(found: ListedConcession, at: datetime) -> tuple[Status, str]:
    """How a concession stands, as a mark and a word."""
    return {
        "proposed": (Status.PENDING, _("Proposed")),
        "lapsed": (Status.QUIET, _("Lapsed")),
        "in_force": (Status.CONCEDED, _("In force")),
        "expired": (Status.QUIET, _("Ended")),
        "used_up": (Status.QUIET, _("Used up")),
    }[found.state(at)]


def authority_text(authority: str) -> str:
    """Who accepts the departure."""
    return _("The customer") if authority == Authority.CUSTOMER else _("Engineering")


def ends_text(found: ListedConcession) -> str:
    """When a concession ends: at its date, after its number of cars, or both."""
    said = []
    if found.expires_at is not None:
        said.append(_("ends at %(at)s") % {"at": stamp(found.expires_at)})
    if found.quantity is not None:
        words = ngettext(
            "for %(count)d car, %(left)d left by it", "for %(count)d cars, %(left)d left by it", found.quantity
        )
        said.append(words % {"count": found.quantity, "left": found.left})
    elif found.left:
        said.append(
            ngettext("%(count)d car left by it", "%(count)d cars left by it", found.left) % {"count": found.left}
        )
    return clauses(said)


def heading(found: ListedConcession, at: datetime, *, yours: bool) -> str:
    """The finding, as a sentence."""
    state, count = found.state(at), {"count": len(found.cars)}
    if state == "lapsed":
        return _("This proposal has lapsed: nothing was conceded by it")
    if state == "expired":
        return _("This concession has ended: nothing more leaves by it")
    if state == "used_up":
        return _("As many cars have left by this concession as it is for")
    if state == "in_force":
        words = ngettext(
            "The departure of %(count)d car is accepted", "The departure of %(count)d cars is accepted", count["count"]
        )
    elif yours:
        words = ngettext(
            "The departure of %(count)d car waits for your approval",
            "The departure of %(count)d cars waits for your approval",
            count["count"],
        )
    elif found.signatures:
        words = ngettext(
            "The departure of %(count)d car waits for the second approval",
            "The departure of %(count)d cars waits for the second approval",
            count["count"],
        )
    else:
        words = ngettext(
            "The departure of %(count)d car waits for two approvals",
            "The departure of %(count)d cars waits for two approvals",
            count["count"],
        )
    return words % count


def who_approves() -> str:
    """Who must approve, said beforehand."""
    return _(
        "Two people approve it: engineers or release officers, one of them an engineer at least. Neither is who"
        " proposed it, and neither inspected or reworked one of these cars."
    )


def why_not(
    found: ListedConcession, vehicle_ids: Collection[int], signatures: Iterable[ConcessionSignature], person: User,
    actor: Actor, at: datetime,
) -> str:  # fmt: skip
    """Why this person cannot approve this concession now; "" where they may."""
    signed = list(signatures)
    if len(signed) == NEEDED:
        return _("It has both its signatures.")
    if found.state(at) != "proposed":
        return _("It has lapsed. Propose it anew.")
    if not may(actor, MAY_CONCEDE):
        return who_may(MAY_CONCEDE, actor)
    if found.proposer_id == person.pk:
        return _("You proposed it: two other people approve it.")
    if any(signature.signer_id == person.pk for signature in signed):
        return _("You signed it: the second signature is another person's.")
    touched = had_a_hand_in(person=person, vehicle_ids=vehicle_ids)
    if touched:
        more = len(touched) - _NAMED_CARS
        named = str(Cars.of(touched[:_NAMED_CARS]))
        told = named if more <= 0 else _("%(cars)s and %(more)d more") % {"cars": named, "more": more}
        words = ngettext(
            "You inspected or reworked car %(cars)s", "You inspected or reworked cars %(cars)s", len(touched)
        )
        return words % {"cars": told} + _(": somebody else has to sign.")
    others = [signature for signature in signed if signature.role != Role.ENGINEER.value]
    if others and Role.ENGINEER not in actor.roles:
        return _("A release officer approved it: the other approver is an engineer.")
    return ""


def never_text(code: str) -> str:
    """Why no departure from a line is ever conceded."""
    return str(NEVER[code]) if code in NEVER else ""
