from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from ..dispatch import SWEEP_UNDECIDED, Queue, enqueue_after_commit
from ..marks.locks import Lock, exclude, share
from ..marks.services import mark_in_plant
from ..people.choices import Role
from ..people.models import User
from ..people.rules import Actor, ActorKind
from ..records.services import record_act
from ..saying import Refusal, say
from .approving import ApprovalRefused, approve_revision
from .choices import RevisionStatus
from .documents import Document, Problem
from .drafting import LineChanges, entries_of, newest_revision, plan_document
from .entries import CharacteristicFacts, Line, digest
from .models import Configuration, ControlPlan, PlanRevision, Procedure, Requirement
from .noting import record_revision
from .plan_rules import read_lines
from .queries import characteristic_facts, loaded_catalogue
from .rules import catalogue_problems
from .schema import CATALOGUE_FORMAT, PLAN_FORMAT, schema_problems
from .storing import Change, store_catalogue

__all__ = [
    "ApprovalRefused",
    "CatalogueLoaded",
    "DraftMoved",
    "FilesRefused",
    "PlanDrafted",
    "approve_revision",
    "draft_procedure",
    "draft_revision",
    "load_catalogue_documents",
    "load_plan_documents",
]

_WHOLE_CATALOGUE: Final = 1
_MAKE_STALE: Final = ("software_systems", "component_kinds")


class FilesRefused(Exception):
    """The files have errors; nothing was loaded. `problems` are all of them, by file and line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DraftMoved(Refusal):
    """The plan has another revision, or other lines, than those that were shown."""


@dataclass(frozen=True, slots=True)
class CatalogueLoaded:
    """What a load did: how many entries of each section were added, changed, or stand as they were."""

    added: Counter[str]
    changed: Counter[str]
    unchanged: Counter[str]

    @property
    def nothing_changed(self) -> bool:
        return not self.added and not self.changed


@dataclass(frozen=True, slots=True)
class PlanDrafted:
    """`outcome`: `drafted` a new revision, `redrafted` the draft that was there, or `unchanged`."""

    revision: PlanRevision
    outcome: str


def load_catalogue_documents(*, documents: Sequence[Document], actor: Actor, at: datetime) -> CatalogueLoaded:
    """Load catalogue documents, all or nothing. Documents of another format are the caller's to leave out.

    Raises FilesRefused with every problem, and NotAllowed unless a catalogue owner or the system itself loads.
    """
    _require_owner(actor, "load the catalogue")
    _refuse_unsound_schema(documents, CATALOGUE_FORMAT)
    with transaction.atomic():
        exclude(Lock.CATALOGUE, [_WHOLE_CATALOGUE])
        if problems := catalogue_problems(documents, loaded_catalogue()):
            raise FilesRefused(problems)
        changes = store_catalogue([document.content for document in documents])
        for change in changes.written:
            record_act(
                actor=actor,
                act="catalogue.changed" if change.before else "catalogue.added",
                subject_kind=change.section,
                subject=change.code,
                at=at,
                before=change.before,
                after=change.after,
            )
        _mark_what_is_stale_otherwise(changes.written, at)
    return CatalogueLoaded(changes.added, changes.changed, changes.unchanged)


def _mark_what_is_stale_otherwise(written: Sequence[Change], at: datetime) -> None:
    """What makes results stale is asked at each decision: where it is another from now on, what is in the plant is
    decided again. A kind of part that is known now makes stale only what names it."""
    codes = [
        change.code
        for change in written
        if change.section == "procedure" and change.before and not change.before.keys().isdisjoint(_MAKE_STALE)
    ]
    domains = set(Procedure.objects.filter(code__in=codes).values_list("domain", flat=True)) if codes else set()
    if any(change.section == "component_kind" and change.before is None for change in written):
        domains = {""}
    if domains:
        mark_in_plant(domains=domains, at=at)
        enqueue_after_commit(SWEEP_UNDECIDED, queue=Queue.URGENT, kwargs={}, once=True)


def load_plan_documents(
    *, documents: Sequence[Document], actor: Actor, at: datetime, author: User | None = None
) -> list[PlanDrafted]:
    """Draft the revisions of several plan documents, all or none. Raises as `draft_revision` does."""
    _require_owner(actor, "draft a control plan")
    _refuse_unsound_schema(documents, PLAN_FORMAT)
    drafted: list[PlanDrafted] = []
    problems: list[Problem] = []
    with transaction.atomic():
        share(Lock.CATALOGUE, [_WHOLE_CATALOGUE])
        codes = [document.content["plan"]["configuration"] for document in documents]
        exclude(Lock.CONFIGURATION, Configuration.objects.filter(code__in=codes).values_list("pk", flat=True))
        for document in documents:
            try:
                with transaction.atomic():
                    drafted.append(draft_revision(document=document, actor=actor, at=at, author=author))
            except FilesRefused as refused:
                problems += refused.problems
        if problems:
            raise FilesRefused(problems)
    return drafted


@transaction.atomic
def draft_revision(*, document: Document, actor: Actor, at: datetime, author: User | None = None) -> PlanDrafted:
    """Draft what a plan document says: a new revision, or the present draft anew while nobody approved it.

    With the lines of the latest revision unchanged, nothing changes. `author` may never approve it.
    Raises FilesRefused with every problem, and NotAllowed unless a catalogue owner or the system itself drafts.
    """
    _require_owner(actor, "draft a control plan")
    _refuse_unsound_schema([document], PLAN_FORMAT)
    if author is None and actor.kind is ActorKind.PERSON and actor.id is not None:
        author = User.objects.get(pk=actor.id)
    share(Lock.CATALOGUE, [_WHOLE_CATALOGUE])
    plan = _plan_of(document)
    known = characteristic_facts(entry["characteristic"] for entry in document.content["requirements"])
    lines, problems = read_lines(document, known, plan.configuration.market)
    if problems:
        raise FilesRefused(problems)
    return _drafted(
        plan=plan, lines=lines, known=known, header=document.content["plan"], author=author, actor=actor, at=at
    )


@transaction.atomic
def draft_procedure(
    *,
    plan: ControlPlan,
    procedure: Procedure,
    changes: LineChanges,
    note: str,
    seen_digest: str,
    actor: Actor,
    at: datetime,
) -> PlanDrafted:
    """Draft the plan with these changes to one procedure and all else as it is: checked and kept as a plan file is.

    `seen_digest` is that of the revision that was shown. A draft that nobody approved is written anew, else the next
    revision is drafted. Raises DraftMoved, NotAllowed, and FilesRefused, whose problems name each line by its number
    in the new draft.
    """
    share(Lock.CATALOGUE, [_WHOLE_CATALOGUE])
    exclude(Lock.CONFIGURATION, [plan.configuration_id])
    base = newest_revision(plan)
    if base is None or base.digest != seen_digest:
        raise DraftMoved(
            say(
                "Plan %(plan)s was changed after it was shown: its newest revision is %(number)d. Look at it again.",
                plan=plan.code,
                number=0 if base is None else base.number,
            )
        )
    own = set(procedure.characteristics.values_list("code", flat=True))
    entries = changes.made_to(entries_of(base), own)
    return draft_revision(document=plan_document(plan, entries, note), actor=actor, at=at)


def _plan_of(document: Document) -> ControlPlan:
    header = document.content["plan"]
    configuration = Configuration.objects.filter(code=header["configuration"]).first()
    if configuration is None:
        text = f"found the configuration {header['configuration']}, which the catalogue does not know; load it first"
        raise FilesRefused([document.problem(("plan", "configuration"), text)])
    exclude(Lock.CONFIGURATION, [configuration.pk])
    own = ControlPlan.objects.filter(configuration=configuration).first()
    if own is not None and own.code != header["code"]:
        text = f"found the plan {header['code']}, but {configuration.code} has the plan {own.code}; use that code"
        raise FilesRefused([document.problem(("plan", "code"), text)])
    other = ControlPlan.objects.select_related("configuration").filter(code=header["code"]).first()
    if other is not None and other.configuration_id != configuration.pk:
        text = (
            f"found the plan {header['code']}, which is that of {other.configuration.code}; give this one its own code"
        )
        raise FilesRefused([document.problem(("plan", "code"), text)])
    return other or ControlPlan.objects.create(code=header["code"], configuration=configuration, name=header["name"])


def _drafted(
    *,
    plan: ControlPlan,
    lines: Sequence[Line],
    known: dict[str, CharacteristicFacts],
    header: dict[str, Any],
    author: User | None,
    actor: Actor,
    at: datetime,
) -> PlanDrafted:
    latest = plan.revisions.select_for_update(no_key=True).order_by("-number").first()
    signed, note = digest(lines), header.get("note", "")
    redraft = latest is not None and latest.status == RevisionStatus.DRAFT and latest.first_approver_id is None
    if latest is not None and latest.digest == signed and (latest.note == note or not redraft):
        return PlanDrafted(latest, "unchanged")
    if redraft and latest is not None:
        revision, before = latest, latest.digest
        revision.requirements.all().delete()
        revision.digest, revision.author, revision.note = signed, author, note
        revision.created_at = at
        revision.save(update_fields=["digest", "author", "note", "created_at"])
    else:
        number, before = (1, "") if latest is None else (latest.number + 1, latest.digest)
        revision = PlanRevision.objects.create(
            plan=plan, number=number, digest=signed, author=author, created_at=at, note=note
        )
    if plan.name != header["name"]:
        plan.name = header["name"]
        plan.save(update_fields=["name"])
    Requirement.objects.bulk_create(_row(revision, line, known[line.characteristic]) for line in lines)
    record_revision(
        actor=actor,
        act="plan.redrafted" if redraft else "plan.drafted",
        revision=revision,
        at=at,
        reason=revision.note,
        before={"digest": before} if before else None,
        after={"digest": signed, "lines": len(lines), "author": str(author or "")},
    )
    return PlanDrafted(revision, "redrafted" if redraft else "drafted")


def _row(revision: PlanRevision, line: Line, facts: CharacteristicFacts) -> Requirement:
    values = asdict(line)
    values["line"] = values.pop("number")
    values["characteristic_id"] = facts.id
    del values["characteristic"]
    for name in ("positions", "values", "members"):
        values[name] = list(values[name])
    return Requirement(revision=revision, **values)


def _require_owner(actor: Actor, act: str) -> None:
    if actor.kind is not ActorKind.SYSTEM:
        actor.require(act, Role.CATALOGUE_OWNER)


def _refuse_unsound_schema(documents: Sequence[Document], wanted: str) -> None:
    problems = [problem for document in documents for problem in schema_problems(document)]
    problems += [
        document.problem(("format",), f"found the format {document.format}, expected {wanted}")
        for document in documents
        if document.format in (CATALOGUE_FORMAT, PLAN_FORMAT) and document.format != wanted
    ]
    if problems:
        raise FilesRefused(problems)
