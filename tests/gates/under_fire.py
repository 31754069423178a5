"""What the processes of `test_under_fire` do: write, decide, ask. Run as `python -m tests.gates.under_fire`.

Every inspection follows from its number alone, so that writers who meet at one number send the same or, on purpose,
something else under the same id.
"""

import json
import os
import random
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

CARS = 40
GOOD_CARS = 20
"""The first cars are only ever measured good, so that some become clear while the others burn."""
RIGS = 3
WRITERS = 4
SOFTWARE = {"BAT-EOL": ("BMS", "2.0"), "DRV-EOL": ("ADAS", "4.10")}
BAD: dict[str, list[Any]] = {
    # On the limit of a strict one, one unit in the last place outside, and what is no number.
    "BOND": [0.100, "0.2", None, "NaN"],
    "ISO": [499.9, "", 500],
    "HVIL": [False, "yes"],
    "BRAKE": [2.49, 2.5],
    "SQUIB": [3.1, "1.4", 1.5],
    "DTC": [1, 0.5],
    "ADAS-SW": ["4.9", "4.10"],
}


def content(number: int, vins: list[str], at: datetime, *, twist: bool = False) -> dict[str, Any]:
    """The inspection of that number. With `twist` one whose id is the same and whose content is not."""
    from tests.factories import GOOD

    chance = random.Random(number)
    car = chance.randrange(CARS)
    procedure = chance.choice(sorted(GOOD))
    # Few moments, in no order: ties are frequent, and nothing arrives in the order in which it finished.
    finished = at - timedelta(minutes=10 * chance.randrange(1, 60), seconds=chance.choice([0, 0, 7]))
    measured = [dict(item) for item in GOOD[procedure]]
    system, version = SOFTWARE.get(procedure, ("", ""))
    if car >= GOOD_CARS:
        if chance.random() < 0.1:
            spoilt = chance.choice(measured)
            spoilt["value"] = chance.choice(BAD[spoilt["characteristic"]])
        if chance.random() < 0.1:
            measured.remove(chance.choice(measured))
        if chance.random() < 0.05:
            version = "0.9"
    chance.shuffle(measured)
    item: dict[str, Any] = {
        "id": f"F-{number}",
        "vin": vins[car],
        "procedure": procedure,
        "started_at": (finished - timedelta(seconds=30)).isoformat(),
        "finished_at": finished.isoformat(),
        "measurements": [{**row, "value": plain(row.get("value"))} for row in measured],
    }
    if system:
        item["software"] = [{"system": system, "version": version}]
    if twist and car >= GOOD_CARS:
        # What conflicts is kept, and its car cannot pass until somebody sets it aside.
        item["operator"] = "0417"
    return item


def plain(value: Any) -> Any:
    """A decimal as text: the contract takes either."""
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def goes_on(until: float, told: Counter[str], *wanted: str) -> bool:
    """Until it is time, and on a slow machine on for a minute until everything wanted was met with."""
    now = time.monotonic()
    return now < until or (now < until + 60 and not all(told[each] for each in wanted))


def write(writer: int, until: float, vins: list[str], at: datetime) -> Counter[str]:
    """Post near the numbers that the other writers post, alone or in bulk, again and again, until it is time."""
    from inspections.intake.services import post_bulk, post_inspection
    from inspections.rigs.models import Rig
    from tests.factories import rig_actor

    chance = random.Random(1000 + writer)
    rigs = list(Rig.objects.order_by("pk"))
    told: Counter[str] = Counter()
    front = 0
    while goes_on(until, told, "recorded", "repeated", "refused"):
        front += 6
        numbers = [max(0, front + chance.randrange(-60, 20)) for _ in range(chance.choice([1, 1, 1, 10, 40]))]
        rig = rigs[chance.randrange(RIGS)]
        items = [content(number, vins, at, twist=chance.random() < 0.03) for number in numbers]
        if len(items) == 1:
            body = json.dumps(items[0]).encode()
            answer = post_inspection(rig=rig, body=body, media_type="application/json", actor=rig_actor(rig), at=at)
            told[{201: "recorded", 200: "repeated", 409: "refused"}[answer.status]] += 1
        else:
            body = json.dumps(items).encode()
            answer = post_bulk(rig=rig, body=body, media_type="application/json", actor=rig_actor(rig), at=at)
            told.update({key: answer.content[key] for key in ("recorded", "repeated", "refused", "waiting")})
            told.update(problem["code"] for problem in answer.content["problems"])
    return told


def decide(until: float, at: datetime) -> Counter[str]:
    """Decide whatever is marked, as the sweep does."""
    from inspections.gates.services import decide_batch
    from inspections.marks.queries import undecided_batches

    told: Counter[str] = Counter()
    while time.monotonic() < until:
        for batch_id in undecided_batches():
            told["consumed"] += decide_batch(batch_id=batch_id, at=at)
            told["turns"] += 1
    return told


def ask(until: float, vins: list[str], at: datetime) -> Counter[str]:
    """Ask for clearance, and in the same snapshot recompute every car that is said to be clear; and count the cars of
    the plant and of each batch, and look at each of them in the same snapshot."""
    from django.db import connection, transaction

    from inspections.batches.models import Batch
    from inspections.gates.queries import batch_summaries, clearance
    from inspections.releases.in_plant import cars_in_plant
    from inspections.releases.plant_counts import count_in_plant
    from tests.gates.recomputing import states_of

    chance = random.Random(99)
    told: Counter[str] = Counter()
    while goes_on(until, told, "asked", "counted"):
        vin = chance.choice(vins)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read")
            told["asked"] += 1
            if clearance(vin=vin, at=at).clear:
                told["clear"] += 1
                told["wrongly clear"] += set(states_of([vin]).values()) != {"passed"}
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read")
            cars = cars_in_plant(at=at, most=CARS + 1)
            counted = Counter[str]()
            for row in count_in_plant(at=at, starts=dict.fromkeys(("day", "week", "year"), at)):
                counted[row.standing] += row.cars
            told["wrongly counted"] += counted != Counter(car.standing.value for car in cars)
            summaries = batch_summaries(ids=list(Batch.objects.values_list("pk", flat=True)), at=at)
            clear = {(row.number, row.clear) for row in summaries}
            found = Counter(car.batch for car in cars if car.standing.value.startswith("to_p"))
            told["wrongly summed"] += clear != {(row.number, found[row.number]) for row in summaries}
            told["counted"] += 1
    return told


def move(until: float, vins: list[str], at: datetime) -> Counter[str]:
    """Move cars to and fro between the batches, again and again; what the signature asks for is tried elsewhere."""
    from inspections.batches.models import Batch, Vehicle
    from inspections.gates.moving import _move
    from inspections.gates.rules import MoveRefused
    from inspections.people.rules import Actor

    chance = random.Random(7)
    batches = list(Batch.objects.order_by("pk"))
    told: Counter[str] = Counter()
    while goes_on(until, told, "moved"):
        car = Vehicle.objects.get(vin=chance.choice(vins))
        to = chance.choice(batches)
        try:
            _move(car, to, "to and fro", to.revision_id, Actor.system("a mover"), at)
            told["moved"] += 1
        except MoveRefused:
            told["stayed"] += 1
    return told


def main() -> None:
    """Arguments: role, number, seconds, moment, VINs, the file whose appearance begins it. Prints what it did."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qa.settings")
    django.setup()
    for room in ("intake.services", "gates.moving", "releases.plant_counts"):
        import_module(f"inspections.{room}")  # before it begins, since it takes a second or two
    import_module("tests.gates.recomputing")
    role, number, seconds, moment, vins, signal = sys.argv[1:]
    sys.stdout.write("ready\n")
    while not Path(signal).exists():
        time.sleep(0.01)
    at, cars, until = datetime.fromisoformat(moment), vins.split(","), time.monotonic() + float(seconds)
    told = {
        "write": lambda: write(int(number), until, cars, at),
        "decide": lambda: decide(until, at),
        "ask": lambda: ask(until, cars, at),
        "move": lambda: move(until, cars, at),
    }[role]()
    sys.stdout.write(f"told {json.dumps(told)}\n")


if __name__ == "__main__":
    main()
