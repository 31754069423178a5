"""Plays a script against the API, tells of each step, and counts what became of what was posted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from django.utils import timezone

from ...people.rules import Actor
from ...results.services import enter_calibration
from ...rigs.models import Rig
from .client import Answer, Client
from .steps import MES, At, Call, Certificate, Clock, Deed, Expect, Kind, Step, filled

_OF_STATUS: Final = {200: Expect.REPEATED, 201: Expect.RECORDED, 202: Expect.WAITING}
_POLL_SECONDS: Final = 0.1


class Say(Protocol):
    def __call__(self, text: str, /) -> object: ...


class Doer(Protocol):
    """Who does in the pages what a script has people do. Returns what the pages refused, in words."""

    def do(self, deed: Deed, /) -> list[str]: ...


@dataclass(slots=True)
class Tally:
    """What was posted and what became of it. `unexpected` tells of every answer that the script did not foresee."""

    counts: Counter[tuple[Kind, Expect]] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call was answered, by what became of its items; `problem` says why something was refused."""

    counts: Counter[Expect]
    problem: str = ""


@dataclass(slots=True)
class Player:
    """`pace`: seconds a step takes at least."""

    client: Client
    clock: Clock
    say: Say
    pace: float
    people: Doer | None = None
    tally: Tally = field(default_factory=Tally)

    def play(self, steps: Sequence[Step]) -> None:
        """Play all steps. Raises OutOfReach, NoKey and NotLoaded."""
        for place, step in enumerate(steps, 1):
            begun = time.monotonic()
            outcomes = [outcome for act in step.acts if (outcome := self._act(act)) is not None]
            self.say(f"[{place:>{len(str(len(steps)))}}/{len(steps)}] {step.text}{_summed(outcomes)}")
            time.sleep(max(0.0, self.pace - (time.monotonic() - begun)))

    def report_in(self, rigs: Iterable[str]) -> None:
        """Every rig says that it lives and what its clock shows."""
        for rig in sorted(set(rigs)):
            body = f'{{"time": "{timezone.now().isoformat()}"}}'.encode()
            answer = self.client.post(rig, "rigs/heartbeat/", body)
            if answer.status != 200:
                self.tally.unexpected.append(f"heartbeat of {rig}: {answer.problem}")

    def _act(self, act: Call | Certificate | Deed) -> Outcome | None:
        """How a call was answered; None where the step's line need not tell of it."""
        if isinstance(act, Certificate):
            enter_certificate(act, self.clock)
            return None
        if not isinstance(act, Call):
            if self.people is not None:
                self.tally.unexpected += self.people.do(act)
            return None
        answer = self.client.post(act.holder, act.path, act.body(self.clock), act.media_type)
        outcome = outcome_of(act, answer)
        for state, count in outcome.counts.items():
            self.tally.counts[act.kind, state] += count
        if not _foreseen(act, outcome):
            self.tally.unexpected.append(f"{act.holder} {act.path}: {outcome.problem or answer.status}")
        return None if act.kind is Kind.CAR and not outcome.problem else outcome


def outcome_of(call: Call, answer: Answer) -> Outcome:
    """What became of the items of a call."""
    if answer.status == 200 and call.path.endswith("/bulk/"):
        counts = Counter({state: int(answer.content.get(state.value, 0)) for state in Expect})
        problems = answer.content.get("problems") or ()
        return Outcome(+counts, "; ".join(f"{item['id']}: {item['detail']}" for item in list(problems)[:3]))
    if answer.status == 200 and call.path.endswith("/close/"):
        return Outcome(Counter({Expect.RECORDED: 1}))
    state = _OF_STATUS.get(answer.status, Expect.REFUSED)
    return Outcome(Counter({state: 1}), answer.problem if state is Expect.REFUSED else "")


def _foreseen(call: Call, outcome: Outcome) -> bool:
    """Whether it was refused exactly where that was meant. What was recorded or waited once is repeated afterwards."""
    wanted: set[Expect] = {call.expect}
    if call.expect is not Expect.REFUSED:
        wanted.add(Expect.REPEATED)
    if call.expect is Expect.WAITING:
        wanted.add(Expect.RECORDED)
    return bool(outcome.counts) and set(outcome.counts) <= wanted


def _summed(outcomes: Iterable[Outcome]) -> str:
    counts: Counter[Expect] = Counter()
    problems = []
    for outcome in outcomes:
        counts += outcome.counts
        problems += [outcome.problem] if outcome.problem else []
    if not counts:
        return ""
    said = ", ".join(f"{counts[state]} {state.value}" for state in Expect if counts[state])
    return f" → {said}" + "".join(f" ({problem})" for problem in problems[:2])


def enter_certificate(certificate: Certificate, clock: Clock) -> None:
    """Enter a calibration certificate, as a person does in the pages: rigs cannot do that over the API."""

    def moment(at: At) -> datetime:
        return datetime.fromisoformat(filled(at, clock))

    enter_calibration(
        rig=Rig.objects.get(code=certificate.rig),
        certificate=certificate.number,
        valid_from=moment(certificate.valid_from),
        valid_until=moment(certificate.valid_until),
        actor=Actor.system("Simulated line"),
        at=timezone.now(),
    )


def wait_until_decided(client: Client, good: Sequence[str], others: Sequence[str], *, seconds: float) -> list[str]:
    """Ask for clearances until every `good` car is clear and no other is undecided, for `seconds` at most.

    Returns the VINs of those that are not so far.
    """
    end = time.monotonic() + seconds
    left = [(vin, _not_clear) for vin in good] + [(vin, _undecided) for vin in others]
    while True:
        # One at a time: while the first is not decided yet, the others need not be asked for.
        while left and not left[0][1](client.get(MES, f"vehicles/{left[0][0]}/clearance/")):
            left.pop(0)
        if not left:
            return []
        if time.monotonic() >= end:
            return [vin for vin, waits in left if waits(client.get(MES, f"vehicles/{vin}/clearance/"))]
        time.sleep(_POLL_SECONDS)


def _not_clear(answer: Answer) -> bool:
    return not answer.content.get("clear")


def _undecided(answer: Answer) -> bool:
    if answer.status != 200:
        return True
    return any(reason.get("code") == "evaluation_pending" for reason in answer.content.get("reasons", ()))
