"""What sealing costs those who record, how far it is behind, and how fast what was sealed is verified."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from qa.embedded.postgres import OWNER

from .bulk import AT_ONCE, PATH
from .clients import Run, request, run_clients
from .figures import Figure, middle, spread
from .line import CLIENTS, Plant, bulk_bodies
from .stage import Stage, database

PERIOD = 2.0
"""Seconds between two seals: shorter than a plant's, so that a turn of some seconds holds one or two."""
CHUNK = 20_000

COPY_ROWS = """
with copied as (
    insert into inspections_inspection (rig_id, vehicle_id, batch_id, procedure_id, revision_id, started_at,
        finished_at, recorded_at, purpose, verdict, verdict_reason, claimed, external_id, digest)
    select rig_id, vehicle_id, batch_id, procedure_id, revision_id, started_at, finished_at, recorded_at, purpose,
        verdict, verdict_reason, claimed, external_id || '-' || %(turn)s, digest
    from inspections_inspection where id >= %(first)s and id < %(first)s + %(count)s returning id, external_id
)
insert into inspections_measurement (inspection_id, ordinal, outcome, reason, claimed, characteristic_id,
    requirement_id, value, position, unit, raw, name)
select c.id, m.ordinal, m.outcome, m.reason, m.claimed, m.characteristic_id, m.requirement_id, m.value, m.position,
    m.unit, m.raw, m.name
from copied c join inspections_inspection i on i.external_id || '-' || %(turn)s = c.external_id
    and i.id >= %(first)s and i.id < %(first)s + %(count)s
join inspections_measurement m on m.inspection_id = i.id
"""


def measure_sealing(
    stage: Stage, plant: Plant, name: str, vins: Sequence[str], rounds: int, leaves: int, say: Callable[[str], None]
) -> list[Figure]:
    """Bulk by four clients, turn by turn with and without a sealer beside; then so many leaves verified in one go."""
    from tests.signing import note_approvals

    with database(name):
        note_approvals(plant.at)
    seal(stage, name)
    found = _recording(stage, plant, name, vins, rounds, say)
    return found + _verifying(stage, name, leaves, say)


def seal(stage: Stage, name: str) -> None:
    """Seal all that stands in the database, with a key of the bench."""
    os.environ["SEALING_KEYS"] = str(stage.cluster.places.home / "keys")
    stage.manage("new_sealing_key", "--if-none", database=name)
    stage.manage("seal_ledger", database=name)


def _recording(
    stage: Stage, plant: Plant, name: str, vins: Sequence[str], rounds: int, say: Callable[[str], None]
) -> list[Figure]:
    bodies = list(bulk_bodies(plant, vins, AT_ONCE))
    each = len(bodies) // (2 * rounds)
    rates: dict[bool, list[float]] = {True: [], False: []}
    lags: list[float] = []
    with stage.serving(name) as port:
        run_clients(port, [[request(port, PATH, b"[]", plant.keys[0])] * 8] * 8)
        for turn in range(rounds):
            # Who begins changes from turn to turn, since the database grows.
            for place, sealed in enumerate((False, True) if turn % 2 else (True, False)):
                stage.manage("seal_ledger", database=name)  # what the turn before has left
                some = bodies[(2 * turn + place) * each : (2 * turn + place + 1) * each]
                if sealed:
                    with stage.sealing(name, PERIOD) as log:
                        rates[sealed].append(_rate(_post(port, plant, some)))
                        _wait_until_idle(log)
                    lags.append(_longest_lag(stage, name, log))
                else:
                    rates[sealed].append(_rate(_post(port, plant, some)))
            say(
                f"  round {turn + 1}: {rates[False][-1]:,.0f} inspections/s without a sealer, {rates[True][-1]:,.0f}"
                f" with one, which was {lags[-1]:.2f} s behind at most"
            )
            stage.tidy(name)
    ratios = [with_one / without for with_one, without in zip(rates[True], rates[False], strict=True)]
    return [
        Figure("bulk, 4 clients, without a sealer: inspections/s", middle(rates[False]), note=spread(rates[False])),
        Figure("bulk, 4 clients, with a sealer / without", middle(ratios), 0.75, note=spread(ratios)),
        Figure(
            "sealer behind at most, in its periods", max(lags) / PERIOD, 2, below=True,
            note=f"a period of {PERIOD:g} s; {spread([lag / PERIOD for lag in lags])}",
        ),
    ]  # fmt: skip


def _post(port: int, plant: Plant, bodies: Sequence[bytes]) -> Run:
    shares = [
        [request(port, PATH, body, plant.keys[client]) for body in bodies[client::CLIENTS]] for client in range(CLIENTS)
    ]
    return run_clients(port, shares)


def _rate(run: Run) -> float:
    if set(run.statuses) != {200}:
        raise RuntimeError(f"bulk was answered {dict(run.statuses)}")
    return run.rate * AT_ONCE


def _wait_until_idle(log: Path) -> None:
    """Until the sealer has looked once more after the last post and found nothing."""
    end = time.monotonic() + 60
    seen = len(_lines(log))
    while time.monotonic() < end:
        if _lines(log)[seen:][-2:] == ["idle", "idle"]:
            return
        time.sleep(0.05)
    raise RuntimeError(f"the sealer was not done a minute after the last post: {_lines(log)[-5:]}")


def _lines(log: Path) -> list[str]:
    return log.read_text().splitlines()


def _longest_lag(stage: Stage, name: str, log: Path) -> float:
    """From when the oldest inspection of a seal was recorded, as it says, until that seal stood: the longest."""
    done = {int(number): float(at) for number, at in (line.split() for line in _lines(log) if " " in line)}
    with stage.connect(name) as connection:
        rows = connection.execute(
            "select s.number, extract(epoch from min(i.recorded_at)) from (select number, horizon,"
            " lag(horizon, 1, 0::bigint) over (order by number) as first from inspections_seal) s"
            " join inspections_inspection i on i.recorded_in >= s.first and i.recorded_in < s.horizon"
            " where s.number = any(%s) group by s.number",
            [list(done)],
        ).fetchall()
    if not rows:
        raise RuntimeError("nothing was sealed while bulk ran")
    return max(done[int(str(number))] - float(str(recorded)) for number, recorded in rows)


def _verifying(stage: Stage, name: str, leaves: int, say: Callable[[str], None]) -> list[Figure]:
    """Fill the record up to so many leaves with copies of what was posted, seal and verify it."""
    with stage.connect(name, OWNER) as owner:
        row = owner.execute("select min(id), count(*) from inspections_inspection").fetchone()
        first, there = (int(str(value)) for value in row or (0, 0))
        turn, count = 0, min(CHUNK, there)
        while there < leaves:
            owner.execute(COPY_ROWS, {"turn": str(turn), "first": first, "count": min(count, leaves - there)})
            there += min(count, leaves - there)
            turn += 1
    stage.tidy(name)
    say(f"  {there:,} inspections stand, sealing")
    begun = time.monotonic()
    stage.manage("seal_ledger", database=name)
    sealing = time.monotonic() - begun
    with stage.connect(name) as connection:
        row = connection.execute(
            "select sum(leaves), count(*), pg_total_relation_size('inspections_seal') from inspections_seal"
        ).fetchone()
    sealed, seals, size = (int(str(value)) for value in row or (0, 0, 0))
    begun = time.monotonic()
    stage.manage("verify_ledger", "--from-start", database=name)
    verifying = time.monotonic() - begun
    begun = time.monotonic()
    stage.manage("verify_ledger", database=name)
    again = time.monotonic() - begun
    say(f"  {sealed:,} leaves: the last of them sealed in {sealing:.1f} s, all verified in {verifying:.1f} s")
    return [
        Figure("leaves verified a minute", sealed / verifying * 60, 100_000, note=f"{sealed:,} leaves, {seals} seals"),
        Figure("verifying again when nothing is new: s", again, note="most of it is the start of the command"),
        Figure("bytes on disk of seals for each leaf", size / sealed),
    ]
