"""A thing that needs somebody, and what was read to find such things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from inspections.catalogue.models import PlanRevision
from inspections.catalogue.queries import Named
from inspections.dispositions.concession_queries import ListedConcession
from inspections.dispositions.listed import HoldListRow
from inspections.dispositions.models import Hold
from inspections.dispositions.queries import OpenNonconformance
from inspections.gates.queries import BatchSummary, EndingCoverage, PeriodStanding, ToTest
from inspections.intake.models import Kept
from inspections.marks.queries import Waiting
from inspections.people.choices import Role
from inspections.releases.queries import ProposedRelease
from inspections.rigs.queries import RigStanding

from .reason_groups import LinkedPart, ReasonGroup
from .statuses import Status

MOST_TASKS: Final = 20
SILENT: Final = timedelta(minutes=15)
"""A rig that sends a sign of life and was not heard for so long is silent."""
SOON: Final = timedelta(hours=72)
COVERAGE_SOON: Final = timedelta(days=14)
NAMED_RIGS: Final = 3
SLOW: Final = timedelta(minutes=1)
"""Deciding takes seconds; what waits longer needs somebody."""

ENGINEER = frozenset({Role.ENGINEER})
INSPECTOR = frozenset({Role.INSPECTOR})
OFFICER = frozenset({Role.RELEASE_OFFICER})
OWNER = frozenset({Role.CATALOGUE_OWNER})


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that needs somebody. `parts` is the sentence, `under` what follows from it, `since` its age's start.

    A `since` in the future is when it begins to matter. `age` says it in other words where no moment is known.
    """

    status: Status
    parts: tuple[LinkedPart, ...]
    under: tuple[LinkedPart, ...]
    since: datetime
    url: str
    act: str
    roles: frozenset[Role]
    word: str = ""
    age: str = ""
    rank: int = 0
    """Order among tasks of one status, before their age."""

    @property
    def digest(self) -> str:
        said = "".join(part.text for part in (*self.parts, *self.under))
        return sha256(f"{self.status}{said}{self.act}".encode()).hexdigest()[:12]

    @property
    def key(self) -> str:
        """Names the task on the page as long as it is about the same thing."""
        return "task-" + sha256(f"{self.url}{self.parts[0].text}{self.act}".encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was read for the page, all of one moment."""

    at: datetime
    reader: int | None = None
    """Whose page it is."""
    batches: Sequence[BatchSummary] = ()
    flagged: Mapping[int, datetime] = field(default_factory=dict)
    """By batch, since when it is flagged without a break."""
    to_release: Mapping[int, datetime] = field(default_factory=dict)
    """By batch, since when the first of its clear cars waits for its release."""
    nonconformances: Sequence[tuple[OpenNonconformance, ReasonGroup | None]] = ()
    holds: Sequence[Hold] = ()
    hold_lists: Sequence[HoldListRow] = ()
    kept: Sequence[Kept] = ()
    rigs: Sequence[RigStanding] = ()
    waiting: dict[int, Waiting] = field(default_factory=dict)
    drafts: Sequence[PlanRevision] = ()
    coverages: Sequence[EndingCoverage] = ()
    samples: Sequence[PeriodStanding] = ()
    releases: Sequence[ProposedRelease] = ()
    concessions: Sequence[ListedConcession] = ()
    to_test: Sequence[ToTest] = ()
    procedures: Mapping[int, Named] = field(default_factory=dict)
    """Names of the procedures that `to_test` holds, by id."""


def text(words: str) -> LinkedPart:
    """A stretch of a sentence."""
    return LinkedPart(words)


def bold(words: str) -> LinkedPart:
    """What a task is about."""
    return LinkedPart(words, emphasised=True)
