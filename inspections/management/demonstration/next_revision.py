"""The next revision of one of the demo's plans, drafted by an owner and approved by nobody: something to compare and to
approve. Until two others approve it, it changes nothing in what the line is judged on."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ...catalogue.drafting import entries_of, plan_document
from ...catalogue.models import ControlPlan
from ...catalogue.services import draft_revision
from ...people.models import User
from ...people.rules import Actor

PLAN: Final = "SU7-MAX-CN-P2"
AUTHOR: Final = "owner"
TIGHTER: Final = {
    "BAT-EOL-HIPOT-AC": ("upper", "8.0"),
    "BAT-EOL-LEAK-PACK": ("upper", "40.0"),
    "BAT-EOL-DCIR": ("lower", "74"),
}
"""What it asks otherwise, all of it the plant's own."""
NOTE: Final = (
    "Demonstration. Tighter limits of the plant's own: leakage current at high voltage, leak rate of the pack, "
    "internal resistance. Nothing that the law asks is changed."
)


def draft_next(at: datetime) -> bool:
    """Draft it while the plan has its shipped revision alone. Returns whether it was drafted."""
    plan = ControlPlan.objects.filter(code=PLAN).first()
    if plan is None or plan.revisions.count() != 1:
        return False
    entries = [_tighter(entry) for entry in entries_of(plan.revisions.get())]
    owner = Actor.person(User.objects.get(username=AUTHOR))
    draft_revision(document=plan_document(plan, entries, NOTE), actor=owner, at=at)
    return True


def _tighter(entry: dict[str, Any]) -> dict[str, Any]:
    if entry["characteristic"] not in TIGHTER:
        return entry
    side, value = TIGHTER[entry["characteristic"]]
    return {**entry, side: {**entry[side], "value": value}}
