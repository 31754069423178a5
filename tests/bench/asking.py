"""May this VIN leave, asked of small tables and of tables with a thousand times more in them."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from .figures import Figure, middle, spread
from .line import Plant
from .stage import database


def measure_clearance(
    plant: Plant, small: tuple[str, Sequence[str]], large: tuple[str, Sequence[str]], rounds: int, each: int
) -> list[Figure]:
    """Turn by turn of either database, for cars that are clear and cars that are not."""
    growth, queries, milliseconds = [], 0, []
    for _ in range(rounds):
        quick, most = _ask(plant, *small, each)
        slow, more = _ask(plant, *large, each)
        growth.append(slow / quick)
        queries = max(queries, most, more)
        milliseconds.append(slow)
    of = f"{len(small[1]):,} to {len(large[1]):,} cars"
    return [
        Figure("clearance of a VIN, large tables: ms", middle(milliseconds), note=spread(milliseconds)),
        Figure("clearance of a VIN: queries", queries, 2, at_most=True),
        Figure("clearance with a thousand times more", middle(growth), 1.2, below=True, note=f"{spread(growth)}, {of}"),
    ]


def _ask(plant: Plant, name: str, vins: Sequence[str], each: int) -> tuple[float, int]:
    """The middle of the milliseconds that an answer takes, and the most queries of one."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from inspections.gates.queries import clearance

    chance = random.Random(5)
    at = plant.at + timedelta(minutes=5)
    taken = []
    with database(name):
        for number in range(each + 20):
            vin = chance.choice(vins[:-1])
            begun = time.perf_counter()
            answer = clearance(vin=vin, at=at)
            if number >= 20:
                taken.append(1000 * (time.perf_counter() - begun))
        if not answer.clear:
            raise RuntimeError(f"{vin} is not clear: {[reason.code for reason in answer.reasons]}")
        asked = []
        for vin in (vins[0], _held(vins[-1], at)):
            with CaptureQueriesContext(connection) as captured:
                clearance(vin=vin, at=at)
            asked.append(len(captured))
    return middle(taken), max(asked)


def _held(vin: str, at: datetime) -> str:
    """Hold that car, so that an answer with reasons is counted too."""
    from inspections.batches.models import Vehicle
    from inspections.dispositions.models import Hold
    from inspections.dispositions.services import place_hold
    from tests.factories import make_engineer

    car = Vehicle.objects.select_related("batch").get(vin=vin)
    if not Hold.objects.filter(vehicle=car).exists():
        place_hold(batch=car.batch, vehicle=car, reason="Counting queries.", actor=make_engineer(), at=at)
    return vin
