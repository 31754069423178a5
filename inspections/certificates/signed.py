"""What people signed for a car or a batch: its release, the concessions it rests on, what answered its fails."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Q

from ..catalogue.queries import characteristic_words
from ..dispositions.models import ConcededVehicle, Concession, ConcessionSignature, Disposition, Nonconformance
from ..gates.reading import read_named
from ..records.models import HandSignature
from ..releases.models import Release, Signature
from ..results.models import Inspection
from . import words


def hands(signatures: Iterable[HandSignature]) -> list[dict[str, Any]]:
    """Signatures as 21 CFR 11.50 asks: printed name, time, meaning, and the digest that they are bound to."""
    return [
        {
            "name": row.printed_name,
            "personnel_number": row.personnel_number,
            "meaning": row.meaning,
            "signed_at": row.signed_at.isoformat(),
            "digest": row.digest,
        }
        for row in sorted(signatures, key=lambda row: row.place)
    ]


def releases_signed(ids: Collection[int]) -> list[dict[str, Any]]:
    """Releases with their statement and both hands, in their order. Two statements."""
    signed: dict[int, list[Signature]] = defaultdict(list)
    for row in Signature.objects.filter(release__in=ids):
        signed[row.release_id].append(row)
    return [
        {
            "number": row.number,
            "statement": row.statement,
            "digest": row.digest,
            "proposed_by": row.proposed_by,
            "proposed_at": row.proposed_at.isoformat(),
            "signatures": hands(signed[row.pk]),
        }
        for row in Release.objects.filter(pk__in=ids).order_by("pk")
    ]


def concessions_in_full(ids: Collection[int]) -> list[dict[str, Any]]:
    """Concessions: what departs, why, how long, whose, with the statement that was signed. At most four statements."""
    if not ids:
        return []
    signed: dict[int, list[ConcessionSignature]] = defaultdict(list)
    for row in ConcessionSignature.objects.filter(concession__in=ids):
        signed[row.concession_id].append(row)
    rows = list(Concession.objects.filter(pk__in=ids).select_related("nonconformance").order_by("pk"))
    names = characteristic_words({row.characteristic_id for row in rows})
    return [
        {
            "number": row.number,
            "nonconformance": row.nonconformance.number,
            "characteristic": names[row.characteristic_id].named.code,
            "name": words.named(names[row.characteristic_id].named),
            "authority": words.AUTHORITIES[row.authority],
            "document": row.document,
            "reason": row.reason,
            "expires_at": None if row.expires_at is None else row.expires_at.isoformat(),
            "quantity": row.quantity,
            "statement": row.statement,
            "digest": row.digest,
            "proposed_by": row.proposed_by,
            "signatures": hands(signed[row.pk]),
        }
        for row in rows
    ]


def findings(*, vehicle_id: int | None = None, batch_id: int | None = None) -> list[dict[str, Any]]:
    """Nonconformances of a car, or of a batch and its cars, with each answer, oldest first. At most six statements."""
    rows = Nonconformance.objects.select_related("vehicle").order_by("pk")
    found = list(rows.filter(Q(vehicle_id=vehicle_id) if batch_id is None else Q(batch_id=batch_id)))
    names = characteristic_words({row.characteristic_id for row in found if row.characteristic_id is not None})
    answers, conceded = _answers([row.pk for row in found]), _conceded([row.pk for row in found])
    return [
        {
            "number": row.number,
            "vin": "" if row.vehicle is None else row.vehicle.vin,
            "gate": words.GATES[row.domain],
            "code": row.code,
            "reason": words.reason(row.code),
            "name": words.named(names[row.characteristic_id].named) if row.characteristic_id in names else None,
            "state": row.state,
            "opened_at": row.opened_at.isoformat(),
            "closed_at": None if row.closed_at is None else row.closed_at.isoformat(),
            "answers": answers[row.pk],
            "concessions": conceded[row.pk],
        }
        for row in found
    ]


def _conceded(ids: list[int]) -> dict[int, list[str]]:
    """The approved concessions that name each nonconformance for one of its cars. One statement."""
    rows = (
        ConcededVehicle.objects.filter(nonconformance__in=ids, concession__signatures__place=2)
        .order_by("concession_id")
        .values_list("nonconformance_id", "concession__number")
    )
    conceded: dict[int, list[str]] = defaultdict(list)
    for nonconformance_id, number in rows:
        conceded[nonconformance_id].append(number)
    return conceded


def _answers(ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    rows = list(Disposition.objects.filter(nonconformance__in=ids).order_by("pk"))
    numbers = dict(
        Inspection.objects.filter(pk__in={row.inspection_id for row in rows}).values_list("pk", "external_id")
    )
    found = _found({(row.inspection_id, row.ordinal) for row in rows})
    answers: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        answers[row.nonconformance_id or 0].append(
            {
                "kind": words.DISPOSITIONS[row.kind],
                "reason": row.reason,
                "found": found.get((row.inspection_id, row.ordinal), ""),
                "inspection": numbers.get(row.inspection_id, ""),
                "done_at": row.done_at.isoformat(),
                "by": row.disposed_by,
                "at": row.at.isoformat(),
            }
        )
    return answers


def _found(wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """What was measured, as recorded. One statement, none for nothing."""
    if not wanted:
        return {}
    rows = read_named(
        "select m.inspection_id, m.ordinal, coalesce(nullif(m.value, 'NaN')::text, nullif(m.raw, '\"\"'), '')"
        " || coalesce(' ' || nullif(m.unit, ''), '') from inspections_measurement m"
        " where (m.inspection_id, m.ordinal) in (select * from unnest(%(ids)s::bigint[], %(ordinals)s::int[]))",
        ids=[row[0] for row in sorted(wanted)],
        ordinals=[row[1] for row in sorted(wanted)],
    )
    return {(inspection_id, ordinal): text for inspection_id, ordinal, text in rows}
