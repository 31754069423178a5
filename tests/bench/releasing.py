"""Signing a release of a hundred cars and of a thousand: the statements and the time of one signature's transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from .figures import Figure, middle, spread
from .line import Plant
from .stage import database

PASSWORD = "a long password"
CHEAP = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""A password costs the same whatever is signed: a dear one would hide how signing grows."""


@dataclass
class Signed:
    """A batch in a database of its own, all of whose cars are signed, and what each of the two signatures took."""

    database: str
    vins: Sequence[str]
    statements: list[int] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    @property
    def each(self) -> list[float]:
        """Milliseconds a car, by round."""
        return [taken / len(self.vins) for taken in self.milliseconds]


def measure_releasing(
    plant: Plant, small: Signed, large: Signed, rounds: int, say: Callable[[str], None]
) -> list[Figure]:
    """Both signatures, turn by turn in either; all but the last turn are rolled back, so that each meets the same."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=CHEAP):
        releases = {batch.database: _propose(plant, batch) for batch in (small, large)}
        for batch in (small, large):
            _sign(plant, batch, *releases[batch.database], counted=True)
        for turn in range(rounds):
            for batch in (small, large):
                _sign(plant, batch, *releases[batch.database], keep=turn + 1 == rounds)
    say(f"  statements of each signature: small {small.statements}, large {large.statements}")
    growth = [slow / quick for quick, slow in zip(small.each, large.each, strict=True)]
    of = f"{len(small.vins):,} to {len(large.vins):,} cars"
    most = max(large.statements)
    return [
        Figure(
            "signing a release: statements a car",
            most / len(large.vins),
            2.0,
            below=True,
            note=f"{most} statements, {len(large.vins):,} cars, one transaction",
        ),
        Figure("signing a release, large: ms", middle(large.milliseconds), note=spread(large.milliseconds)),
        Figure("signing a release, small: ms", middle(small.milliseconds), note=spread(small.milliseconds)),
        Figure("growth in time a car", middle(growth), 1.5, below=True, note=f"{spread(growth)}, {of}"),
    ]


def _propose(plant: Plant, batch: Signed) -> tuple[Any, list[Any]]:
    """A proposal of every car, and two officers who inspected none."""
    from inspections.batches.models import Batch
    from inspections.people.choices import Role
    from inspections.people.rules import Actor
    from inspections.releases.services import propose_release
    from tests.factories import make_person

    with database(batch.database):
        officers = [make_person(Role.RELEASE_OFFICER) for _ in range(2)]
        release = propose_release(
            batch=Batch.objects.get(), vehicle_ids=None, actor=Actor.person(officers[0]), at=_moment(plant)
        )
        named = release.vehicles.count()
    if named != len(batch.vins):
        raise RuntimeError(f"{named} of {len(batch.vins)} cars are clear: the bench's cars are good")
    return release, officers


def _sign(
    plant: Plant, batch: Signed, release: Any, officers: Sequence[Any], *, counted: bool = False, keep: bool = False
) -> None:
    """Both signatures: their statements, or their time. What they wrote stays only with `keep`."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from inspections.releases.services import sign_release
    from tests.signing import shown

    with database(batch.database), transaction.atomic():
        for officer in officers:
            given = {"release": release, "signer": officer, "password": PASSWORD}
            given["seen"] = shown(release, _moment(plant))
            if counted:
                with CaptureQueriesContext(connection) as captured:
                    sign_release(**given, at=_moment(plant))
                batch.statements.append(len(captured))
                continue
            begun = time.perf_counter()
            sign_release(**given, at=_moment(plant))
            batch.milliseconds.append(1000 * (time.perf_counter() - begun))
        transaction.set_rollback(not keep)


def _moment(plant: Plant) -> Any:
    return plant.at + timedelta(minutes=6)
