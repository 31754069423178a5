"""What can be conceded and what never; what a concession states, the digest that binds a signature to it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from ..evaluation.facts import Kind, Level, Requirement
from ..evaluation.judging import critical
from ..people.choices import Role
from ..saying import CodedRefusal, Name, Said, in_both, say, say_count

MAY_PROPOSE_CONCESSION: Final = (Role.ENGINEER,)
MAY_CONCEDE: Final = (Role.ENGINEER, Role.RELEASE_OFFICER)
"""Who approves: two people of these roles, one of them an engineer at least."""
LAPSES_AFTER: Final = timedelta(days=7)
MEANING: Final = say(
    "I have read the statement. I accept this departure for the cars named, and I neither inspected nor reworked any"
    " of them."
)
"""What a signature means (21 CFR 11.50), stated beside it."""


class ConcessionRefused(CodedRefusal):
    """A concession that cannot be proposed or signed."""


class ConcessionChanged(ConcessionRefused):
    """What was to be signed is not so any more. `differences` names each vehicle and what became of it."""

    def __init__(self, differences: Sequence[Said]) -> None:
        self.differences = tuple(differences)
        super().__init__("concession_changed", say("The evidence has moved since this was proposed. Propose it anew."))


@dataclass(frozen=True, slots=True)
class Departure:
    """One fail as the approvers see it: which measurement, where, and what was found."""

    inspection: int
    ordinal: int
    position: str
    found: str

    @property
    def words(self) -> str | Said:
        return f"{self.position} {self.found}".strip() or say("does not conform")


@dataclass(frozen=True, slots=True)
class Departing:
    """A vehicle that departs from one line of the plan, its nonconformance, and each fail that nobody answered.

    `unseen`: it also has a fail that no concession covers, since nobody judged it so on the revision now pinned.
    """

    vehicle_id: int
    vin: str
    sequence: int
    nonconformance_id: int
    nonconformance: str
    departures: tuple[Departure, ...]
    unseen: bool = False

    @property
    def stored(self) -> list[dict[str, object]]:
        return [asdict(departure) for departure in self.departures]


@dataclass(frozen=True, slots=True)
class Terms:
    """On whose authority, why, and until when: `expires_at`, `quantity` vehicles, or whichever comes first."""

    authority: str
    document: str
    reason: str
    expires_at: datetime | None
    quantity: int | None


def never_conceded(line: Requirement, members: Iterable[Requirement] = ()) -> str:
    """Why no departure from this line can be conceded, as a code; "" where one can. `members`: of an any-of group."""
    lines = (line, *members)
    if any(critical(each) for each in lines):
        return "critical"
    if any(each.kind is Kind.IDENTITY for each in lines):
        return "identity"
    if line.level is not Level.EVERY_VEHICLE:
        return "not_every_vehicle"
    return ""


NEVER: Final = {
    "critical": say("It is legal or of a critical characteristic: no departure from it is ever conceded."),
    "identity": say("It is an identity: what is not the one asked for is another one, and is never conceded."),
    "not_every_vehicle": say("It is a sample's or a type's: it stands for other cars, and is never conceded."),
}
"""What `never_conceded` answers, in words."""


def write_statement(
    *,
    number: str,
    batch: str,
    line: Requirement,
    name: Name,
    plan: Said,
    required: str,
    named: Sequence[Departing],
    terms: Terms,
) -> str:
    """What each approver reads and signs, in both languages. `name` is of the characteristic that departs."""
    by = say("by the customer (%(document)s)", document=terms.document) if terms.document else say("by engineering")
    head = say_count(
        "Concession %(number)s, %(by)s: %(count)d car of batch %(batch)s.",
        "Concession %(number)s, %(by)s: %(count)d cars of batch %(batch)s.",
        count=len(named), number=number, by=by, batch=batch,
    )  # fmt: skip
    asked = say(
        "%(name)s (%(code)s) of %(plan)s: %(required)s is required.",
        name=name, code=line.characteristic, plan=plan, required=required,
    )  # fmt: skip
    return in_both(
        [
            head,
            asked,
            *(
                say(
                    "Car %(car)d (%(vin)s, %(nonconformance)s): %(departures)s.",
                    car=row.sequence,
                    vin=row.vin,
                    nonconformance=row.nonconformance,
                    departures=[departure.words for departure in row.departures],
                )
                for row in named
            ),
            say("Reason: %(reason)s", reason=terms.reason),
            say("It ends %(ends)s. What leaves by it says so for ever.", ends=_ends(terms)),
        ]
    )


def _ends(terms: Terms) -> Said:
    at = terms.expires_at
    ends = [] if at is None else [say("at %(at)s UTC", at=f"{at.astimezone(UTC):%Y-%m-%d %H:%M}")]
    if terms.quantity is not None:
        ends.append(
            say_count(
                "once %(count)d of these cars has left by it",
                "once %(count)d of these cars have left by it",
                count=terms.quantity,
            )
        )
    return ends[0] if len(ends) == 1 else say("%(first)s, or %(second)s", first=ends[0], second=ends[1])


def digest_of(statement: str, named: Iterable[Departing]) -> str:
    """SHA-256 over all that is shown over the signature: the statement in both languages, what a signature means, and
    each fail that is named."""
    fails = [[row.vin, row.stored] for row in sorted(named, key=lambda row: row.sequence)]
    return sha256(
        json.dumps([statement, in_both([MEANING]), fails], separators=(",", ":"), sort_keys=True).encode()
    ).hexdigest()
