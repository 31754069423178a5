from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ...gates.queries import clearance
from ..demonstration.accounts import PASSWORD
from ..demonstration.keys import read_keys
from ..demonstration.plant import read_plans
from ..simulation.browser import Browser, NotSignedIn
from ..simulation.client import Client, NoKey, OutOfReach
from ..simulation.leaving import Leaving, life_lines
from ..simulation.numbering import BadSeed, batch_number, run_of, week_of
from ..simulation.people import People
from ..simulation.plan import PlanTooSmall
from ..simulation.playing import Player, wait_until_decided
from ..simulation.reading import MODELS, Moments, NotLoaded, revisions_in_force, used_numbers
from ..simulation.report import batch_lines, gate_lines, posted_lines
from ..simulation.script import LEAST_CARS, MOST_CARS, Script, build_script
from ..simulation.steps import MES, Call
from ..simulation.values import NoSuchValue

DECIDED_WITHIN: Final = 60.0
"""Seconds that the last decisions may take before the table is printed without them."""

PARTS: Final = ("flagged", "answered", "released", "delivered")
LOOK: Final = 30.0
"""Seconds in which a newcomer to the demo can look at what is flagged before people begin to answer."""

ROUNDS: Final = 12
REST: Final = 120.0
USUAL_TROUBLES: Final = (1, 0, 2)
"""Kinds of trouble a batch in the gentle rounds: on most days little goes wrong."""
FIRST_PACE: Final = 1.0
GENTLE_PACE: Final = 6.0
"""Of --demo: quick enough at first to see a flag within half a minute, then as gentle as a line, for an hour or two."""


@dataclass(frozen=True, slots=True)
class Round:
    """`rest`: seconds to wait before it. `troubles`: kinds of trouble a batch, all where None."""

    pace: float
    troubles: int | None
    rest: float = 0.0


class Command(BaseCommand):
    help = (
        "Simulate a line: rigs and the MES post two batches through the public API, good cars and twelve kinds of "
        "trouble, and a table tells what became of it. The same --seed posts the same again, in the same week: all "
        "of it is then repeated and nothing recorded. Without --seed every run is a new one. The plans, the rigs' keys "
        "and the clock of a run are read from the database and the demo's folder (`manage.py load_demo` fills both); "
        "the only thing not posted is one calibration certificate, which rigs cannot enter."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url",
            default=os.environ.get("ADDRESS", "http://127.0.0.1:8000"),
            help="where Interlock is served; the running demo unless stated",
        )
        parser.add_argument("--seed", help="1 to 12 letters and digits, or a whole run such as 2026W48-42")
        parser.add_argument("--cars", type=int, default=20, help=f"cars a batch, {LEAST_CARS} to {MOST_CARS} (20)")
        parser.add_argument("--troubles", type=int, help="kinds of trouble a batch, 0 to 8; all of them unless stated")
        parser.add_argument("--pace", type=float, help="seconds that a step, such as one car, takes at least (0.5)")
        parser.add_argument(
            "--until",
            choices=PARTS,
            help="how far it goes: `flagged` (unless stated) plays rigs and MES alone; `answered` also an engineer and "
            "the rigs that test again; `released` also two release officers; `delivered` all of it, until what may "
            "leave has left. People are played in the pages, as the demo's accounts",
        )
        parser.add_argument(
            "--demo",
            action="store_true",
            help=f"run beside `make demo`: {ROUNDS} rounds of two batches, the first one quick, the others gentle",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # an old terminal may know neither Ω nor →
        if options["pace"] is not None and not 0 <= options["pace"] <= 3600:
            raise CommandError("--pace is in seconds: expected 0 to 3600")
        if options["troubles"] is not None and not 0 <= options["troubles"] <= 8:
            raise CommandError("--troubles is a number of kinds of trouble: expected 0 to 8")
        try:
            self._run(options)
        except (OutOfReach, NoKey, NotSignedIn, NotLoaded, PlanTooSmall, NoSuchValue, BadSeed, ValueError) as refused:
            raise CommandError(str(refused)) from refused

    def _run(self, options: dict[str, Any]) -> None:
        rounds = _rounds(options["pace"], options["troubles"], demo=options["demo"])
        unforeseen: list[str] = []
        until = options["until"] or ("delivered" if options["demo"] else "flagged")
        for place, current in enumerate(rounds, 1):
            time.sleep(current.rest)
            seed = options["seed"] if place == 1 else None
            look = LOOK if options["demo"] else 0.0
            unforeseen += self._play(seed, options["cars"], current, options["url"], until=until, look=look)
        if options["demo"]:
            self.stdout.write("The simulated line rests. `manage.py simulate_line` starts it again.")
        elif unforeseen:
            raise CommandError("\n".join([f"{len(unforeseen)} answers were not foreseen:", *unforeseen]))

    def _play(self, seed: str | None, cars: int, current: Round, url: str, *, until: str, look: float) -> list[str]:
        """One run from opening to the table, for the people too. Returns the answers that were not foreseen."""
        keys = read_keys()
        plans = read_plans(revisions_in_force(), keys)
        week = week_of(timezone.localdate())
        run = run_of(seed, week) if seed else next(free_runs(week, used_numbers(week)))
        script = build_script(plans, run, cars, current.troubles)
        client = Client(url, keys)
        again = f"--seed {run} --cars {cars}" + ("" if current.troubles is None else f" --troubles {current.troubles}")
        again += "" if until == "flagged" else f" --until {until}"
        self.stdout.write(f"Run {run} at {url}; to post the same again: simulate_line {again}")
        people = People(lambda name: Browser(url, name, PASSWORD), Moments())
        try:
            player = Player(client, Moments(), self.stdout.write, current.pace, people)
            player.report_in(_rigs_of(script))
            player.play(script.steps)
            good, troubled = script.vins(troubled=False), script.vins(troubled=True)
            left = wait_until_decided(client, good, troubled, seconds=DECIDED_WITHIN)
            self._tell(script, player, client, left)
            if until != "flagged":
                self._go_on(script, player, people, until, look)
        finally:
            client.close()
            people.close()
        return player.tally.unexpected

    def _go_on(self, script: Script, player: Player, people: People, until: str, look: float) -> None:
        """What people, rigs and MES do about a flagged batch, as far as it goes, and the table of what became of it."""
        if look:
            self.stdout.write(f"\nIn {look:.0f} s an engineer and two release officers begin to answer, as you could.")
            time.sleep(look)
        self.stdout.write("")
        player.play(script.answers)
        special = script.staying | {step.car for step in script.afterwards}
        good = [car.vin for fleet in script.cars for car in fleet if car.vin not in special]
        left = wait_until_decided(player.client, good, sorted(special), seconds=DECIDED_WITHIN)
        if until in PARTS[2:]:
            self._let_go(script, player, people, until)
        at, zone = timezone.now(), timezone.get_current_timezone()
        lines = ["", *posted_lines(player.tally)]
        if left:
            lines.append(f"  not clear or not decided after {DECIDED_WITHIN:.0f} s: {', '.join(left[:5])}")
        for number, fleet in zip(script.batches, script.cars, strict=True):
            lines += ["", *batch_lines(number, fleet, at=at, zone=zone)]
            lines += life_lines(number, fleet, at=at, zone=zone)
        self.stdout.write("\n".join(lines))

    def _let_go(self, script: Script, player: Player, people: People, until: str) -> None:
        """Two officers release what is clear; the MES lets it out, last of all what evidence then stops."""
        leaving = Leaving(
            player.client, people, player.tally, self.stdout.write, timezone.now, lambda: time.sleep(player.pace)
        )
        for number in script.batches:
            leaving.release(number)
        if until != "delivered":
            return
        last = {step.car for step in script.afterwards}
        for number in script.batches:
            leaving.deliver(number, last)
        player.play(script.afterwards)
        wait_until_decided(player.client, [], sorted(last), seconds=DECIDED_WITHIN)
        leaving.ask_last(last)

    def _tell(self, script: Script, player: Player, client: Client, left: list[str]) -> None:
        at, zone = timezone.now(), timezone.get_current_timezone()
        lines = ["", *posted_lines(player.tally)]
        if left:
            named = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
            lines.append(f"  not clear or not decided after {DECIDED_WITHIN:.0f} s: {named}. Does a worker run?")
        for number, fleet in zip(script.batches, script.cars, strict=True):
            lines += ["", *batch_lines(number, fleet, at=at, zone=zone)]
        for car in script.at_the_gate():
            answer, found = client.get(MES, f"vehicles/{car.vin}/clearance/"), clearance(vin=car.vin, at=at)
            if answer.status != 200 or answer.content.get("may_leave") is not found.may_leave:
                player.tally.unexpected.append(f"clearance of {car.vin}: {answer.status} {answer.content}")
            lines += ["", *gate_lines(car, found, zone)]
        self.stdout.write("\n".join(lines))


def _rounds(pace: float | None, troubles: int | None, *, demo: bool) -> Iterator[Round]:
    if not demo:
        yield Round(0.5 if pace is None else pace, troubles)
        return
    yield Round(FIRST_PACE if pace is None else pace, troubles)
    for place in range(1, ROUNDS):
        usual = USUAL_TROUBLES[place % len(USUAL_TROUBLES)]
        yield Round(GENTLE_PACE if pace is None else pace, usual if troubles is None else troubles, REST)


def free_runs(week: str, used: set[str]) -> Iterator[str]:
    """The runs of a week whose batch numbers are free, lowest first: 2026W47-01, 2026W47-02 …"""
    number = 0
    while True:
        number += 1
        run = f"{week}-{number:02d}"
        if not used.intersection(batch_number(model, run) for model in MODELS):
            yield run


def _rigs_of(script: Script) -> set[str]:
    calls = (act for step in script.steps for act in step.acts if isinstance(act, Call))
    return {call.holder for call in calls if call.holder != MES}
