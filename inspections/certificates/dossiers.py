"""What the dossier of a batch says: every car with its verdicts, what was asked, what failed and how it was answered,
what was conceded, what is held, what stays behind and why, and who released what."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from ..batches.choices import FOR_DELIVERY, VehicleStatus
from ..batches.models import Batch, Repinning, Vehicle
from ..catalogue.choices import Domain
from ..catalogue.queries import characteristic_words, line_words, requirements_of
from ..dispositions.models import Hold
from ..evaluation.facts import Level, SoftwareClaim
from ..evaluation.reasons import State
from ..gates.batch_evidence import carried_software
from ..gates.reading import read_named
from ..releases.queries import collect_bases
from ..saying import say
from . import words
from .contents import Facts, Stated, of_batch, plan_of
from .rules import MOST_CARS, CertificateRefused
from .signed import concessions_in_full, findings, releases_signed
from .type_level import coverage_of, samples_of

# One row a car. A release stands for it only if nothing suspends it; what was never decided has no gate.
_CARS: Final = """
select v.id, v.sequence, v.vin, v.status, r.number, t.suspended_at is not null,
    (select jsonb_object_agg(g.domain, jsonb_build_array(g.state, coalesce(g.conceded, '{}'),
        v.status in ('in_process', 'released') and coalesce(g.valid_until <= %(at)s, false)))
        from inspections_vehiclegate g where g.vehicle_id = v.id)::text,
    exists(select from inspections_hold h where h.vehicle_id = v.id and h.lifted_at is null),
    (select count(*) from inspections_nonconformance n where n.vehicle_id = v.id and n.state = 'open'),
    y.delivered_at
from inspections_vehicle v
left join lateral (select * from interlock_standing_release s where s.vehicle_id = v.id limit 1) t on true
left join inspections_release r on r.id = t.release_id
left join inspections_delivery y on y.vehicle_id = v.id
where v.batch_id = %(batch)s order by v.sequence limit %(most)s
"""
_REASONS: Final = """
select o.vehicle_id, o.code, o.characteristic_id, o.position, o.found, o.required
from inspections_openreason o join inspections_vehicle v on v.id = o.vehicle_id
where o.batch_id = %(batch)s and v.batch_id = %(batch)s
union all
select g.vehicle_id, 'missing_result', split_part(m, '|', 1)::bigint, split_part(m, '|', 2), '', ''
from inspections_vehiclegate g join inspections_vehicle v on v.id = g.vehicle_id
cross join lateral string_to_table(g.missing, chr(10)) m
where g.batch_id = %(batch)s and v.batch_id = %(batch)s and g.missing <> ''
order by 1, 2, 3, 4
"""
_GATES: Final = """
select g.domain, g.state, g.reasons::text, coalesce(g.valid_until <= %(at)s, false) from inspections_batchgate g
where g.batch_id = %(batch)s
"""


def collect_batch(*, batch_id: int, at: datetime) -> Stated:
    """What the record says now of a batch of which a release was signed, as last decided. How many statements it
    takes does not depend on how many cars there are. Raises CertificateRefused."""
    batch = Batch.objects.select_related(
        "configuration__model", "revision__plan", "revision__first_approver", "revision__second_approver"
    ).get(pk=batch_id)
    cars = read_named(_CARS, batch=batch_id, at=at, most=MOST_CARS + 1)
    if len(cars) > MOST_CARS:
        text = say(
            "%(batch)s has more than %(most)d cars: no dossier is cut short.", batch=batch.number, most=MOST_CARS
        )
        raise CertificateRefused("too_many", text)
    releases = _releases(batch_id)
    if not releases or batch.revision is None:
        text = say("No release of %(batch)s was signed by two people yet.", batch=batch.number)
        raise CertificateRefused("not_released", text)
    reasons = _reasons(batch_id)
    # What the MES would be told: a car that stopped being clear without a new decision is not called released.
    clear = {row.vehicle_id for row in collect_bases(batch_id=batch_id, at=at) if row.clear}
    conceded = sorted({number for row in cars for gate in _gates(row[6]).values() for number in gate[1]})
    numbers = {row["id"]: row["number"] for row in _concessions(conceded)}
    facts = {
        "kind": "batch",
        **of_batch(batch),
        "status": batch.status,
        "plan": plan_of(batch.revision),
        "repinnings": _repinnings(batch),
        "gates": _own_gates(batch_id, at),
        "vehicles": [_car(row, reasons.get(row[0], []), numbers, row[0] in clear) for row in cars],
        "requirements": _requirements(batch, cars, reasons, numbers),
        "coverage": _coverage(batch, at),
        "samples": samples_of(batch=batch),
        "findings": findings(batch_id=batch_id),
        "concessions": concessions_in_full(conceded),
        "holds": _holds(batch),
        "releases": releases_signed(releases),
    }
    delivered = [{"vin": row[2], "delivered_at": row[9].isoformat()} for row in cars if row[9] is not None]
    return Stated(facts, batch.number, asides={"delivered": delivered})


def _releases(batch_id: int) -> list[int]:
    rows = read_named(
        "select r.id from inspections_release r where r.batch_id = %(batch)s and exists(select from"
        " inspections_signature s where s.release_id = r.id and s.place = 2) order by r.id",
        batch=batch_id,
    )
    return [row[0] for row in rows]


def _concessions(ids: list[int]) -> list[dict[str, Any]]:
    if not ids:
        return []
    rows = read_named("select id, number from inspections_concession where id = any(%(ids)s)", ids=ids)
    return [{"id": number, "number": text} for number, text in rows]


def _gates(stored: str | None) -> dict[str, tuple[int, list[int], bool]]:
    return {domain: (state, conceded, over) for domain, (state, conceded, over) in json.loads(stored or "{}").items()}


def _verdict(gate: tuple[int, list[int], bool] | None) -> str:
    """What is said of one gate of a car. Only one that was decided, passed and still holds is a pass."""
    if gate is None:
        return "missing"
    state, conceded, over = gate
    if state == State.PASSED and not over:
        return "conceded" if conceded else "passed"
    return "failed" if state == State.FAILED else "pending"


def _car(row: tuple[Any, ...], reasons: list[Facts], numbers: dict[int, str], clear: bool) -> Facts:
    _, sequence, vin, status, release, suspended, gates, held, open_ncs, _ = row
    left = status == VehicleStatus.DELIVERED
    found = _gates(gates)
    verdicts = {domain: _verdict(found.get(domain)) for domain in Domain.values}
    going = status in FOR_DELIVERY
    told = list(reasons) if going else [_reason("not_for_delivery")]
    told += [_reason("hold_active")] if held else []
    told += [_reason("nonconformance_open")] if open_ncs else []
    passed = set(verdicts.values()) <= {"passed", "conceded"}
    stands = going and release is not None and not suspended and passed and (clear or left)
    if going and not stands:
        told += [_reason("release_suspended" if suspended else "not_released")] if not told else []
    released = bool(stands and not told)
    return {
        "sequence": sequence,
        "vin": vin,
        "status": words.STATUSES[status] if released or status != "released" else words.both("stopped", "已中止"),
        "verdicts": verdicts,
        "released": released,
        "release": release if released else "",
        "suspended": bool(suspended),
        "concessions": sorted({numbers[each] for gate in found.values() for each in gate[1]}),
        "reasons": told,
    }


def _reason(
    code: str, name: words.Both | None = None, position: words.Both | None = None, found: str = "", required: str = ""
) -> Facts:
    return {
        "code": code, "words": words.reason(code), "name": name, "position": position, "found": found,
        "required": required,
    }  # fmt: skip


def _reasons(batch_id: int) -> dict[int, list[Facts]]:
    rows = read_named(_REASONS, batch=batch_id)
    names = characteristic_words({row[2] for row in rows if row[2] is not None})
    told: dict[int, list[Facts]] = {}
    for vehicle_id, code, characteristic_id, position, found, required in rows:
        named = names.get(characteristic_id)
        name = None if named is None else words.named(named.named)
        place = None if named is None or not position else words.named(named.place(position))
        reason = _reason(code, name, place, found, required)
        told.setdefault(vehicle_id, []).append({**reason, "characteristic": "" if named is None else named.named.code})
    return told


def _own_gates(batch_id: int, at: datetime) -> list[Facts]:
    found = {row[0]: row[1:] for row in read_named(_GATES, batch=batch_id, at=at)}
    told = []
    for domain in Domain.values:
        state, reasons, over = found.get(domain, (None, "[]", False))
        verdict = "missing" if state is None else _verdict((state, [], over))
        codes = sorted({row["code"] for row in json.loads(reasons)})
        told.append(
            {
                "domain": domain, "name": words.GATES[domain], "verdict": verdict,
                "reasons": [words.reason(code) for code in codes],
            }
        )  # fmt: skip
    return told


def _repinnings(batch: Batch) -> list[Facts]:
    rows = Repinning.objects.filter(batch=batch).select_related("to_revision").order_by("pk")
    return [
        {"to": row.to_revision.number, "reason": row.reason, "signed_by": row.signed_by, "at": row.at.isoformat()}
        for row in rows
    ]


def _requirements(
    batch: Batch, cars: list[tuple[Any, ...]], reasons: dict[int, list[Facts]], numbers: dict[int, str]
) -> list[Facts]:
    """Each line of the plan; of one that is asked of every car, for how many it passed, and of how many not."""
    lines = [line for line in requirements_of(batch.revision_id or 0) if line.group is None]
    named = line_words({line.id for line in lines})
    counted = {row[0] for row in cars if row[3] in FOR_DELIVERY}
    undecided = {row[0] for row in cars if row[0] in counted and len(_gates(row[6])) < len(Domain.values)}
    open_on: dict[str, set[int]] = {}
    for vehicle_id, rows in reasons.items():
        for reason in rows:
            open_on.setdefault(reason["characteristic"], set()).add(vehicle_id)
    conceded_on = _conceded_lines(cars, numbers)
    told = []
    for line in lines:
        row = named[line.id]
        every = line.level is Level.EVERY_VEHICLE
        stopped = (open_on.get(line.characteristic, set()) & counted) | undecided
        conceded = conceded_on.get(line.id, set()) & counted - stopped
        told.append(
            {
                "code": line.characteristic,
                "name": words.named(row.characteristic.named),
                "positions": len(line.positions) if line.positions != ("",) else 0,
                "gate": words.GATES[line.domain],
                "required": words.required(row),
                "level": line.level.value,
                "special": line.special,
                "legal": line.legal,
                "source": " ".join(part for part in (row.standard, row.edition, row.clause) if part),
                "passed": len(counted) - len(stopped) - len(conceded) if every else None,
                "conceded": len(conceded) if every else None,
                "not_passed": len(stopped) if every else None,
            }
        )
    return told


def _conceded_lines(cars: list[tuple[Any, ...]], numbers: dict[int, str]) -> dict[int, set[int]]:
    """Which cars rest on a concession, by the line that it concedes."""
    if not numbers:
        return {}
    rows = read_named(
        "select id, requirement_id from inspections_concession where id = any(%(ids)s)", ids=list(numbers)
    )
    lines = dict(rows)
    found: dict[int, set[int]] = {}
    for row in cars:
        for gate in _gates(row[6]).values():
            for number in gate[1]:
                found.setdefault(lines[number], set()).add(row[0])
    return found


def _coverage(batch: Batch, at: datetime) -> list[Facts]:
    """The coverage at the moment of the last signed release: what was released rested on it."""
    rows = read_named(
        "select max(s.signed_at) from inspections_signature s join inspections_release r on r.id = s.release_id"
        " where r.batch_id = %(batch)s and s.place = 2",
        batch=batch.pk,
    )
    cars = list(Vehicle.objects.filter(batch=batch, status__in=FOR_DELIVERY))
    if not cars:
        return []
    systems = read_named("select distinct unnest(software_systems) from inspections_procedure")
    software: tuple[tuple[SoftwareClaim, ...], ...] = carried_software([batch.pk], [row[0] for row in systems]).get(
        batch.pk, ()
    )
    return coverage_of(batch=batch, vehicles=cars, software=software, at=rows[0][0] or at)


def _holds(batch: Batch) -> list[Facts]:
    """Every hold that was placed on the batch or on one of its cars, those lifted too, oldest first."""
    rows = Hold.objects.filter(batch=batch).select_related("vehicle", "hold_list").order_by("pk")
    return [
        {
            "vin": "" if row.vehicle is None else row.vehicle.vin,
            "reason": row.reason,
            "list": "" if row.hold_list is None else row.hold_list.number,
            "placed_by": row.placed_by,
            "placed_at": row.placed_at.isoformat(),
            "lifted_by": row.lifted_by,
            "lifted_at": None if row.lifted_at is None else row.lifted_at.isoformat(),
        }
        for row in rows
    ]
