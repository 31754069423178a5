"""The procedures that the page of a car offers to record, what is to be tested first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from inspections.batches.models import Vehicle
from inspections.catalogue.models import Procedure
from inspections.catalogue.queries import requirements_of
from inspections.evaluation.groups import Asked, asked_of, positions_of
from inspections.evaluation.reasons import Outcome
from inspections.gates.models import VehicleGate
from inspections.gates.queries import CarStanding, Never, ValueToTest, Why
from inspections.gates.sentence_catalogue import Language
from inspections.results.models import Inspection

from .to_test_words import again_words, never_words


@dataclass(frozen=True, slots=True)
class Offer:
    """One procedure as the page of a car offers it. `missing` of `asked` results are missing.

    `again`: why values are to be measured again, each reason once; `never`: why that could only fail as the car stands.
    `waiting`: recorded since the last decision, so nobody can tell yet.
    """

    procedure: Procedure
    name: str
    asked: int
    missing: int
    wrong: int
    last_at: datetime | None
    last_verdict: Outcome | None
    again: tuple[str, ...] = ()
    never: str = ""
    waiting: bool = False

    @property
    def to_do(self) -> bool:
        return bool(self.missing or self.again)


def offers_of(vehicle: Vehicle, standing: CarStanding, language: Language) -> tuple[list[Offer], list[Offer]]:
    """The procedures of the pinned plan for this car, the missing ones first, then what is wrong; and all others.

    What is missing or to be measured again is what the gates say; a gate never decided misses all that is asked and was
    not recorded since. Five queries.
    """
    procedures = {row.pk: row for row in Procedure.objects.order_by("code")}
    revision_id = vehicle.batch.revision_id
    lines = [] if revision_id is None else requirements_of(revision_id)
    asked: dict[int, int] = defaultdict(int)
    for number in {line.procedure_id for line in lines}:
        own = asked_of(
            (line for line in lines if line.procedure_id == number and line.level == "every_vehicle"),
            built_at=vehicle.registered_at,
        )
        asked[number] = sum(1 for _ in _keys(own))
    last = _last_recorded(vehicle)
    gates = dict(VehicleGate.objects.filter(vehicle=vehicle).values_list("domain", "decided_at"))
    owner = {line.characteristic_id: line.procedure_id for line in lines}
    to_do: dict[int, list[ValueToTest]] = defaultdict(list)
    for value in standing.values:
        to_do[value.procedure_id].append(value)
    wrong: dict[int, int] = defaultdict(int)
    for number, _position in standing.open - {(value.characteristic_id, value.position) for value in standing.values}:
        if number in owner:
            wrong[owner[number]] += 1
    offers = []
    for row in procedures.values():
        recorded_at, verdict = last.get(row.pk, (None, None))
        offer = Offer(
            row,
            row.name_zh if language == "zh-hans" and row.name_zh else row.name,
            asked.get(row.pk, 0),
            sum(value.why is Why.MISSING for value in to_do[row.pk]),
            wrong.get(row.pk, 0),
            recorded_at,
            verdict,
            *_again(to_do[row.pk]),
            waiting=row.domain not in standing.decided,
        )
        decided_at = gates.get(row.domain)
        if recorded_at is not None and (decided_at is None or recorded_at > decided_at):
            offer = replace(offer, missing=0, again=())
        elif decided_at is None:
            offer = replace(offer, missing=offer.asked)
        offers.append(offer)
    planned = [offer for offer in offers if offer.asked]
    planned.sort(key=lambda offer: (not offer.again, not offer.missing, not offer.wrong, offer.procedure.code))
    return planned, [offer for offer in offers if not offer.asked]


def _again(values: Sequence[ValueToTest]) -> tuple[tuple[str, ...], str]:
    """Why values are to be measured again, and that one of them can only fail."""
    again = sorted({(list(Why).index(value.why), value.change) for value in values if value.why is not Why.MISSING})
    never = next((value.never for value in values if value.never), Never())
    return tuple(again_words(list(Why)[place], change) for place, change in again), never_words(never)


def _keys(own: Asked) -> Iterator[tuple[int, str]]:
    yield from own.single
    for group in own.groups:
        for position in positions_of(group.requirement):
            yield group.requirement.characteristic_id, position


def _last_recorded(vehicle: Vehicle) -> dict[int, tuple[datetime, Outcome]]:
    rows = Inspection.objects.filter(vehicle=vehicle).order_by("procedure_id", "-finished_at", "-pk")
    found = rows.distinct("procedure_id").values_list("procedure_id", "finished_at", "verdict")
    return {number: (finished_at, Outcome(verdict)) for number, finished_at, verdict in found}
