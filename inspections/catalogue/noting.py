"""How acts on a revision of a control plan stand in the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..people.rules import Actor
from ..records.services import record_act
from .models import PlanRevision


def revision_subject(revision: PlanRevision) -> str:
    return f"{revision.plan.code}/{revision.number}"


def record_revision(*, actor: Actor, act: str, revision: PlanRevision, at: datetime, **more: Any) -> None:
    record_act(actor=actor, act=act, subject_kind="plan_revision", subject=revision_subject(revision), at=at, **more)
