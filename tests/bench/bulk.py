"""Thousands of inspections a request, against a plain COPY of the very rows that they became."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .clients import Run, request, run_clients
from .figures import Figure, middle, spread
from .line import CLIENTS, MEASUREMENTS, Plant, bulk_bodies
from .stage import Stage, database

AT_ONCE = 1000
PATH = "/api/v1/inspections/bulk/"


@dataclass
class Rounds:
    """Measurements a second, by round."""

    one: list[float] = field(default_factory=list)
    four: list[float] = field(default_factory=list)
    copy: list[float] = field(default_factory=list)

    def figures(self) -> list[Figure]:
        of_copy = [one / copy for one, copy in zip(self.one, self.copy, strict=True)]
        of_one = [four / one for four, one in zip(self.four, self.one, strict=True)]
        return [
            Figure("bulk, 1 client: measurements/s", middle(self.one), note=spread(self.one)),
            Figure("COPY of the same rows: measurements/s", middle(self.copy), note=spread(self.copy)),
            Figure("bulk, 4 clients: measurements/s", middle(self.four), note=spread(self.four)),
            Figure("bulk, 1 client / COPY", middle(of_copy), 0.35, note=spread(of_copy)),
            Figure("bulk, 4 clients / 1 client", middle(of_one), 1.5, note=spread(of_one)),
        ]


def measure_bulk(
    stage: Stage, plant: Plant, name: str, sibling: str, vins: Sequence[str], rounds: int, say: Callable[[str], None]
) -> list[Figure]:
    """Post 60 measurements for every car of `name`, turn by turn with one and with four clients: one before and after
    four, since what the host lends the machine changes within seconds.

    `sibling` is a database made from the same template, so that COPY meets the same tables, keys and triggers.
    """
    bodies = list(bulk_bodies(plant, vins, AT_ONCE))
    each = len(bodies) // rounds
    found = Rounds()
    with stage.serving(name) as port:
        _warm_up(stage, plant, name, port)
        for turn in range(rounds):
            part = bodies[turn * each : (turn + 1) * each]
            alone = each // 6
            before = _alone(stage, plant, name, sibling, port, part[:alone])
            shares = [[request(port, PATH, body, key) for body in part[2 * alone :]] for key in plant.keys[:CLIENTS]]
            found.four.append(_rate(run_clients(port, shares, one_pile=True)))
            behind = _alone(stage, plant, name, sibling, port, part[alone : 2 * alone])
            one, copy = (2 / (1 / first + 1 / second) for first, second in zip(before, behind, strict=True))
            found.one.append(one)
            found.copy.append(copy)
            say(
                f"  round {turn + 1}: 1 client {one:,.0f}, COPY {copy:,.0f}, "
                f"4 clients {found.four[-1]:,.0f} measurements/s"
            )
            if turn + 1 < rounds:
                sweep(name)
                stage.tidy(name)
    return found.figures()


def _alone(
    stage: Stage, plant: Plant, name: str, sibling: str, port: int, bodies: Sequence[bytes]
) -> tuple[float, float]:
    """Measurements a second of one client, and then of COPY of the rows that it made."""
    before = _last_id(stage, name)
    one = _rate(run_clients(port, [[request(port, PATH, body, plant.keys[0]) for body in bodies]]))
    return one, _copy(stage, name, sibling, before)


def _warm_up(stage: Stage, plant: Plant, name: str, port: int) -> None:
    """An empty bulk on every thread: connections are made and modules loaded before anything is measured."""
    empty = [request(port, PATH, b"[]", plant.keys[0])] * 8
    run_clients(port, [empty] * 8)


def _rate(run: Run) -> float:
    if set(run.statuses) != {200}:
        raise RuntimeError(f"bulk was answered {dict(run.statuses)}")
    return run.rate * AT_ONCE * MEASUREMENTS


def _last_id(stage: Stage, name: str) -> int:
    with stage.connect(name) as connection:
        row = connection.execute("select coalesce(max(id), 0) from inspections_inspection").fetchone()
    return int(str(row[0]))  # type: ignore[index]


def _copy(stage: Stage, name: str, sibling: str, after: int) -> float:
    """Copy what was posted since into the sibling: 1,000 inspections and their measurements a transaction."""
    with stage.connect(name) as source:
        ids = [
            int(str(row[0]))
            for row in source.execute("select id from inspections_inspection where id > %s order by id", [after])
        ]
        chunks = []
        for start in range(0, len(ids), AT_ONCE):
            first, last = ids[start], ids[min(start + AT_ONCE, len(ids)) - 1]
            chunks.append(
                [
                    (
                        table,
                        _dump(source, f"select * from {table} where {key} between {first} and {last} order by {key}"),
                    )
                    for table, key in (("inspections_inspection", "id"), ("inspections_measurement", "inspection_id"))
                ]
            )
    with stage.connect(sibling) as target:
        begun = time.monotonic()
        for chunk in chunks:
            with target.transaction(), target.cursor() as cursor:
                for table, rows in chunk:
                    with cursor.copy(f"copy {table} from stdin") as copy:
                        copy.write(rows)
        seconds = time.monotonic() - begun
        measured = len(ids) * MEASUREMENTS
    return measured / seconds


def _dump(source: object, query: str) -> bytes:
    with source.cursor() as cursor, cursor.copy(f"copy ({query}) to stdout") as copy:  # type: ignore[attr-defined]
        return b"".join(bytes(part) for part in copy)


def measure_sweep(name: str) -> list[Figure]:
    """One sweep after the last bulk post: it must leave nothing undecided."""
    from inspections.gates.models import VehicleGate
    from inspections.marks.models import Mark

    with database(name):
        marks = Mark.objects.count()
        seconds = sweep(name)
        left, gates = Mark.objects.count(), VehicleGate.objects.count()
        passed = VehicleGate.objects.filter(state=0).count()
    if passed != gates:
        raise RuntimeError(f"of {gates} gates only {passed} passed: the bench's cars are good")
    return [
        Figure("marks left by one sweep after the last bulk post", left, 0, at_most=True),
        Figure(
            "vehicle gates decided a second in that sweep", gates / seconds, note=f"{marks:,} marks, {seconds:.1f} s"
        ),
    ]


def sweep(name: str) -> float:
    """One sweep; the seconds that it took."""
    from inspections.tasks.deciding import sweep_undecided

    with database(name):
        begun = time.monotonic()
        sweep_undecided()
        return time.monotonic() - begun
