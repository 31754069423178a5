"""Rig profiles: drafted by an owner of the catalogue, assigned to rigs from a moment on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ..adapters import registry
from ..catalogue.choices import RevisionStatus
from ..catalogue.documents import Document, Problem
from ..catalogue.models import ComponentKind, Procedure
from ..catalogue.queries import characteristic_facts
from ..catalogue.two_approvals import no_draft
from ..marks.acts import one_act
from ..marks.locks import Lock, exclude
from ..people.choices import Role
from ..people.models import User
from ..people.rules import Actor, ActorKind
from ..records.services import record_act
from ..saying import Refusal, say
from .models import ProfileAssignment, ProfileRevision, Rig, RigProfile
from .profile_noting import locked_revision, profile_name, record_profile
from .profile_rules import document_digest, plain, profile_problems

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class ProfileRefused(Exception):
    """The document has faults; nothing was drafted. `problems` are all of them, by line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ProfileNotSo(Refusal):
    """The profile cannot be drafted, approved or assigned so; says why and what to do."""


@dataclass(frozen=True, slots=True)
class ProfileDrafted:
    """`outcome`: `drafted` a new revision, `redrafted` the draft that was there, or `unchanged`."""

    revision: ProfileRevision
    outcome: str


def document_problems(document: Document, adapter: str) -> list[Problem]:
    """Everything that is wrong with a document for this adapter, by what the catalogue knows now. Three queries."""
    named: set[str] = set()
    if isinstance(document.content, dict) and isinstance(items := document.content.get("items"), list):
        named = {
            item["characteristic"] for item in items if isinstance(item, dict) and _is_text(item, "characteristic")
        }
    return profile_problems(
        document,
        adapter,
        characteristics=characteristic_facts(named),
        procedures=frozenset(Procedure.objects.values_list("code", flat=True)),
        component_kinds=frozenset(ComponentKind.objects.values_list("code", flat=True)),
    )


def _is_text(item: dict[str, Any], key: str) -> bool:
    return isinstance(item.get(key), str)


@one_act
def create_profile(*, code: str, adapter: str, name: str, actor: Actor, at: datetime) -> RigProfile:
    """Begin a profile, which reads nothing yet. Raises ProfileNotSo for an unknown reader or a code that is taken,
    NotAllowed for a person who is no catalogue owner."""
    _require_owner(actor, "begin a rig profile")
    if adapter not in registry.installed():
        known = sorted(registry.installed())
        raise ProfileNotSo(say("There is no reader %(adapter)s; there are: %(known)s.", adapter=adapter, known=known))
    if not _CODE.fullmatch(code) or not name.strip():
        raise ProfileNotSo(say("A profile needs a name, and a code of letters, digits and . _ - as it is written."))
    profile, created = RigProfile.objects.get_or_create(code=code, defaults={"adapter": adapter, "name": name.strip()})
    if not created:
        raise ProfileNotSo(
            say("There is a profile %(profile)s already; open it, or choose another code.", profile=code)
        )
    record_act(
        actor=actor,
        act="profile.created",
        subject_kind="profile",
        subject=code,
        at=at,
        after={"adapter": adapter, "name": name.strip()},
    )
    return profile


@one_act
def draft_profile(
    *, code: str, adapter: str, name: str, document: Document, actor: Actor, at: datetime, note: str = ""
) -> ProfileDrafted:
    """Draft what a document says: a new revision, or the present draft anew while nobody approved it.

    With the document of the latest revision unchanged, nothing changes. Whoever drafts may never approve it. Raises
    ProfileRefused with every fault by its place, ProfileNotSo, and NotAllowed for a person who is no catalogue owner.
    """
    _require_owner(actor, "draft a rig profile")
    if problems := document_problems(document, adapter):
        raise ProfileRefused(problems)
    profile = _profile_of(code, adapter, name)
    author = User.objects.get(pk=actor.id) if actor.kind is ActorKind.PERSON and actor.id is not None else None
    return _drafted(profile, plain(document.content), note.strip(), author, actor, at)


def _profile_of(code: str, adapter: str, name: str) -> RigProfile:
    if not _CODE.fullmatch(code) or not name.strip():
        raise ProfileNotSo(say("A profile needs a name, and a code of letters, digits and . _ - as it is written."))
    RigProfile.objects.bulk_create([RigProfile(code=code, adapter=adapter, name=name)], ignore_conflicts=True)
    profile = RigProfile.objects.select_for_update(no_key=True).get(code=code)
    if profile.adapter != adapter:
        text = say(
            "Profile %(profile)s reads %(adapter)s; give one for another reader its own code.",
            profile=code,
            adapter=profile.adapter,
        )
        raise ProfileNotSo(text)
    if profile.name != name:
        profile.name = name
        profile.save(update_fields=["name"])
    return profile


def _drafted(
    profile: RigProfile, content: Any, note: str, author: User | None, actor: Actor, at: datetime
) -> ProfileDrafted:
    latest = profile.revisions.select_for_update(no_key=True).order_by("-number").first()
    signed = document_digest(content)
    redraft = latest is not None and latest.status == RevisionStatus.DRAFT and latest.first_approver_id is None
    if latest is not None and latest.digest == signed and (latest.note == note or not redraft):
        return ProfileDrafted(latest, "unchanged")
    if redraft and latest is not None:
        revision, before = latest, latest.digest
        revision.document, revision.digest, revision.author, revision.note = content, signed, author, note
        revision.created_at, revision.asked_at = at, None
        revision.save(update_fields=["document", "digest", "author", "note", "created_at", "asked_at"])
    else:
        number, before = (1, "") if latest is None else (latest.number + 1, latest.digest)
        revision = ProfileRevision.objects.create(
            profile=profile, number=number, document=content, digest=signed, author=author, created_at=at, note=note
        )
    record_profile(
        actor,
        "profile.redrafted" if redraft else "profile.drafted",
        revision,
        at,
        reason=note,
        before={"digest": before} if before else None,
        after={"digest": signed, "items": len(content["items"])},
    )
    return ProfileDrafted(revision, "redrafted" if redraft else "drafted")


@one_act
def ask_profile_approval(*, revision: ProfileRevision, actor: Actor, at: datetime) -> ProfileRevision:
    """Say that a draft is ready for two others to approve. Raises ProfileNotSo, NotAllowed."""
    _require_owner(actor, "ask for approval of a rig profile")
    draft = locked_revision(revision)
    if draft.status != RevisionStatus.DRAFT:
        raise ProfileNotSo(no_draft(draft, profile_name(draft)))
    if draft.asked_at is None:
        draft.asked_at = at
        draft.save(update_fields=["asked_at"])
        record_profile(actor, "profile.approval_asked", draft, at, after={"digest": draft.digest})
    return draft


@one_act
def assign_profile(
    *, rig: Rig, profile: RigProfile, effective_at: datetime, actor: Actor, at: datetime, reason: str = ""
) -> ProfileAssignment:
    """Files of the rig's that arrived from `effective_at` on are read by the profile, in the place of any other of the
    same reader. Raises ProfileNotSo where no revision is in force, NotAllowed."""
    _require_owner(actor, "assign a rig profile")
    if not profile.revisions.filter(status=RevisionStatus.APPROVED).exists():
        raise ProfileNotSo(
            say("No revision of profile %(profile)s is in force; have two people approve one.", profile=profile.code)
        )
    return _assign(rig, profile, effective_at, actor, at, reason.strip(), assigned=True)


@one_act
def withdraw_profile(
    *, rig: Rig, profile: RigProfile, effective_at: datetime, reason: str, actor: Actor, at: datetime
) -> ProfileAssignment:
    """Files of the rig's that arrive from `effective_at` on are read by the profile no more. Raises ProfileNotSo,
    NotAllowed."""
    _require_owner(actor, "withdraw a rig profile")
    if not reason.strip():
        raise ProfileNotSo(say("Say why it is withdrawn: the reason is empty."))
    return _assign(rig, profile, effective_at, actor, at, reason.strip(), assigned=False)


def _assign(
    rig: Rig, profile: RigProfile, effective_at: datetime, actor: Actor, at: datetime, reason: str, *, assigned: bool
) -> ProfileAssignment:
    exclude(Lock.RIG, [rig.pk])
    assignment = ProfileAssignment.objects.create(
        rig=rig,
        profile=profile,
        assigned=assigned,
        effective_at=effective_at,
        recorded_at=at,
        recorded_by=actor.label,
        reason=reason,
    )
    record_act(
        actor=actor,
        act="rig.profile_assigned" if assigned else "rig.profile_withdrawn",
        subject_kind="rig",
        subject=rig.code,
        reason=reason,
        at=at,
        after={"profile": profile.code, "effective_at": effective_at.isoformat()},
    )
    return assignment


def _require_owner(actor: Actor, act: str) -> None:
    if actor.kind is not ActorKind.SYSTEM:
        actor.require(act, Role.CATALOGUE_OWNER)
