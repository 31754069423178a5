"""One inspection a request from four clients while a worker decides, against the baseline that most would write."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from qa.embedded.postgres import OWNER

from .clients import Run, request, run_clients
from .figures import Figure, middle, spread
from .line import CLIENTS, MEASUREMENTS, Plant, naive_bodies, single_bodies
from .stage import Stage, database

NAIVE = "tests.bench.naive.settings"
TOKEN = "0123456789abcdef0123456789abcdef01234567"


def measure_single(
    stage: Stage,
    plant: Plant,
    name: str,
    naive: str,
    vins: Sequence[str],
    rounds: int,
    seconds: float,
    say: Callable[[str], None],
) -> list[Figure]:
    """Turn by turn, so many seconds each; the decider has caught up before the baseline's turn."""
    _prepare_naive(stage, naive)
    ours: list[float] = []
    theirs: list[float] = []
    behind: list[float] = []
    taken: list[float] = []
    cars = _dealt(vins, rounds + 1)
    with stage.serving(name) as port, stage.serving(naive, NAIVE) as naive_port, stage.working(name):
        for turn, some in enumerate(cars):
            warm_up = turn == 0
            limit = 1.0 if warm_up else seconds
            run = run_clients(port, _shares(port, plant, some), seconds=limit)
            waited = _wait_until_decided(name)
            baseline = run_clients(naive_port, _naive_shares(naive_port, plant, some), seconds=limit)
            _check(run, baseline)
            if warm_up:
                continue
            ours.append(run.rate * MEASUREMENTS)
            theirs.append(baseline.rate)
            behind.append(waited)
            taken.append(run.median_ms)
            say(
                f"  round {turn}: Interlock {ours[-1]:,.0f} measurements/s ({run.median_ms:.1f} ms a request), decided "
                f"{waited:.2f} s later; baseline {theirs[-1]:,.0f} ({baseline.median_ms:.1f} ms a request)"
            )
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return [
        Figure("single, 4 clients, deciding: measurements/s", middle(ours), note=spread(ours)),
        Figure("plain DRF serializer, 4 clients: measurements/s", middle(theirs), note=spread(theirs)),
        Figure("single / plain DRF serializer", middle(ratios), 5, note=spread(ratios)),
        Figure("decided after the last answer: s", middle(behind), note=spread(behind)),
    ]


def _dealt(vins: Sequence[str], hands: int) -> list[Sequence[str]]:
    each = len(vins) // hands
    return [vins[hand * each : (hand + 1) * each] for hand in range(hands)]


def _shares(port: int, plant: Plant, vins: Sequence[str]) -> list[list[bytes]]:
    return [
        [
            request(port, "/api/v1/inspections/", body, plant.keys[client])
            for body in single_bodies(plant, vins[client::CLIENTS])
        ]
        for client in range(CLIENTS)
    ]


def _naive_shares(port: int, plant: Plant, vins: Sequence[str]) -> list[list[bytes]]:
    return [
        [request(port, "/results/", body, TOKEN, "Token") for body in naive_bodies(plant, vins[client::CLIENTS])]
        for client in range(CLIENTS)
    ]


def _prepare_naive(stage: Stage, naive: str) -> None:
    """The baseline's own tables, and a user with a token."""
    stage.manage("migrate", "--run-syncdb", "--verbosity", "0", settings=NAIVE, database=naive)
    with stage.connect(naive, OWNER) as owner:
        owner.execute(
            "insert into authtoken_token (key, created, user_id) select %s, now(), min(id) from inspections_user",
            [TOKEN],
        )


def _check(run: Run, baseline: Run) -> None:
    if set(run.statuses) != {201} or set(baseline.statuses) != {201}:
        raise RuntimeError(f"answered {dict(run.statuses)}, the baseline {dict(baseline.statuses)}")


def _wait_until_decided(name: str) -> float:
    """Seconds until nothing is marked any more."""
    from inspections.marks.models import Mark

    begun = time.monotonic()
    with database(name):
        while Mark.objects.exists():
            if time.monotonic() - begun > 60:
                raise RuntimeError(f"{Mark.objects.count()} marks are undecided a minute after the last post")
            time.sleep(0.01)
    return time.monotonic() - begun
