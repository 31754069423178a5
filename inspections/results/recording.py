"""The one way in for results (law 2): form, API, file and task record through here, one at a time or in bulk.

One transaction: check, judge, store, mark what is undecided, write the ledger; workers are called after the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

from msgspec import Struct, json

from ..marks.acts import StartOver, one_act
from ..marks.locks import Lock, share_all, sharing
from ..marks.trips import run_together
from ..people.choices import Role
from ..people.rules import Actor, ActorKind
from ..rigs.models import Rig
from ..rigs.queries import reading_authorised
from .candidates import Candidate
from .digest import content_digest
from .fates import Held, Request, reading_same_ids, settle_held, settle_read, settle_same_ids
from .judging import Judges, judge_of, judge_posted
from .posted import CheckedInspection, PostedInspection, check_posted
from .procedures import procedures_read, reading_unknown, remembered_procedures
from .ready import KnownProcedure, ReadyJudge
from .recorded import Recorded, RecordState
from .rejudging import judge_on_past_pins
from .sampling import asking_configurations
from .subjects import (
    Subject,
    SubjectKey,
    create_parts,
    forget_places,
    key_of,
    locks_of,
    locks_of_subjects,
    read_subjects,
    reading_subjects,
    subjects_read,
)
from .telling import Told, tell, told_of
from .writing import insert_inspections

_encode: Final = json.Encoder().encode
AHEAD: Final = timedelta(minutes=5)
"""How far ahead of ours a rig's clock may be."""


def record_inspections(
    *,
    items: Iterable[PostedInspection],
    rig: Rig,
    actor: Actor,
    at: datetime,
    person_id: int | None = None,
    source: Mapping[str, Any] | None = None,
    sources: Sequence[Mapping[str, Any]] = (),
    accepted: bool = False,
    digests: Sequence[bytes] = (),
    held: Held | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> list[Recorded]:
    """Record finished tests of one rig in one transaction and tell what became of each, in the order given.

    Each stands alone: `recorded`, `repeated` (same id and content), `conflict` (same id, other content), `waiting`
    (the vehicle is not registered yet; nothing is stored here) or `refused` with a code: `unknown_procedure`,
    `rig_not_authorised_now`, `finished_before_started`, `finished_in_future`. `accepted` says that they were taken
    before, at their posting: what the rig may do now is then not asked again. `source` tells from which file they
    were read, `sources` of each where they come from several; `digests` are the items' own where the caller has them,
    `held` is what it holds under their ids; `meanwhile`, where many are stored, is called once or more while the
    database is busy with them.
    Raises BodyRefused for an item that no decoder checked, NotAllowed for a person who may not record.
    """
    if actor.kind is ActorKind.PERSON:
        actor.require("recording an inspection", Role.INSPECTOR, Role.ENGINEER)
    checked = [posted if isinstance(posted, CheckedInspection) else check_posted(posted) for posted in items]
    digests = digests or [content_digest(posted) for posted in checked]
    shown = _shown(sources) if sources else [None if source is None else _encode(source).decode()] * len(checked)
    request = Request(rig, at, accepted, checked, digests, shown, held, meanwhile)
    return _record(request, actor, person_id)


def _shown(sources: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """Each as JSON, said once where it is the very same."""
    known: dict[int, str] = {}
    return [known.get(id(one)) or known.setdefault(id(one), _encode(one).decode()) for one in sources]


def record_inspection(
    *,
    posted: PostedInspection,
    rig: Rig,
    actor: Actor,
    at: datetime,
    person_id: int | None = None,
    source: Mapping[str, Any] | None = None,
    accepted: bool = False,
) -> Recorded:
    """`record_inspections` for one."""
    return record_inspections(
        items=[posted], rig=rig, actor=actor, at=at, person_id=person_id, source=source, accepted=accepted
    )[0]


@one_act
def _record(request: Request, actor: Actor, person_id: int | None) -> list[Recorded]:
    request.fates = [None] * len(request.items)
    procedures = _settle_before_locking(request)
    keys = {place: key_of(request.items[place]) for place in request.open_places()}
    subjects = _lock_subjects(request, keys.values(), procedures)
    chosen = _choose(request, keys, procedures, subjects)
    told = _store(request, chosen, person_id)
    if told.inserted:
        _judge_as_then(request, told.inserted)
        tell(request, told, actor)
    return [fate for fate in request.fates if fate is not None]


def _judge_as_then(request: Request, inserted: Sequence[Candidate]) -> None:
    """What finished before its car was moved or its batch re-pinned is judged on what bound it then, too: nobody lets a
    fail go by letting it arrive late."""
    late = [
        candidate.inspection_id
        for candidate in inserted
        if candidate.subject.bound_until is not None and candidate.posted.finished_at <= candidate.subject.bound_until
    ]
    if late:
        judge_on_past_pins(inspection_ids=late, act="inspection.recorded", at=request.at)


def _settle_before_locking(request: Request) -> dict[str, KnownProcedure]:
    """Answers what is on the record already, whatever the rig may do now; refuses what no procedure or clock allows.

    Returns the procedures of what is still open, with the characteristics named.
    """
    places = range(len(request.items))
    known = remembered_procedures()
    asked = [reading_same_ids(request, places), *reading_unknown(request.items, known)]
    stored, *found = run_together(*asked, *([] if request.held is None else [request.held.reading()]))
    if request.held is not None:
        settle_held(request, request.held, found.pop())
    settle_read(request, request.open_places(), stored)
    procedures = procedures_read(known, chain.from_iterable(found))
    _check_procedures(request, procedures)
    named = {request.items[place].procedure for place in request.open_places()}
    return {code: procedures[code] for code in named}


def _check_procedures(request: Request, procedures: Mapping[str, KnownProcedure]) -> None:
    for place in request.open_places():
        posted = request.items[place]
        if posted.procedure not in procedures:
            detail = f"The catalogue knows no procedure {posted.procedure}."
            request.refuse(place, "unknown_procedure", detail, "/procedure")
        elif posted.finished_at < posted.started_at:
            detail = f"Finished at {posted.finished_at.isoformat()}, before it started."
            request.refuse(place, "finished_before_started", detail, "/finished_at")
        elif posted.finished_at > request.at + AHEAD and not request.accepted:
            detail = f"Finished at {posted.finished_at.isoformat()}, ahead of our clock ({request.at.isoformat()})."
            request.refuse(place, "finished_in_future", detail, "/finished_at")


def _lock_subjects(
    request: Request, keys: Collection[SubjectKey], procedures: Mapping[str, KnownProcedure]
) -> dict[SubjectKey, Subject]:
    """The subjects as they stand under the locks that keep them so, in the one order in which everybody locks.

    What is read before a lock is granted may be old, and one statement that locks and reads sees the old: so it is
    read what to lock, the locks are taken, and the subjects read. Whatever then asks for a lock not held begins anew.
    """
    if not keys:
        return {}
    create_parts([key for key in keys if key[0] != "vehicle"], request.at)
    held = _wanted_locks(request, *locks_of(keys), procedures)
    asked = {procedures[request.items[place].procedure].id for place in request.open_places()}
    _, allowed, *found = run_together(
        sharing(held),
        reading_authorised(rig_id=request.rig.pk, procedure_ids=asked, at=request.at),
        *reading_subjects(keys),
    )
    subjects = subjects_read(found)
    locks = locks_of_subjects(subjects.values())
    loose = any(subject.batch is None for subject in subjects.values())
    if not _wanted_locks(request, locks, loose, procedures) <= held:
        forget_places(keys)
        raise StartOver("a subject moved while its batch was being locked")
    unknown = [key for key in keys if key not in subjects]
    if unknown:
        # A registration either comes before this, and is seen now, or after, and sees what waits for it.
        share_all([(Lock.REGISTRATION, 1)])
        if read_subjects(unknown):
            raise StartOver("a vehicle was registered while its result came in")
    _check_authorised(request, procedures, {row[0] for row in allowed})
    return subjects


def _wanted_locks(
    request: Request, of_subjects: set[tuple[Lock, int]], loose: bool, procedures: Mapping[str, KnownProcedure]
) -> set[tuple[Lock, int]]:
    """With those of the subjects the rig's, and where a subject is in no batch those of who may ask for samples."""
    wanted = {(Lock.RIG, request.rig.pk), *of_subjects}
    if loose:
        ids = {procedure.id for procedure in procedures.values()}
        wanted.update((Lock.CONFIGURATION, number) for number in asking_configurations(ids))
    return wanted


def _check_authorised(request: Request, procedures: Mapping[str, KnownProcedure], allowed: set[int]) -> None:
    if request.accepted:
        return
    for place in request.open_places():
        procedure = procedures[request.items[place].procedure]
        if procedure.id not in allowed:
            detail = (
                f"{request.rig.code} is not authorised for {procedure.code} now; authorise it, then send this again."
            )
            request.refuse(place, "rig_not_authorised_now", detail, "/procedure")


class _Chosen(Struct, gc=False):
    """What is to be judged and stored; `place` is its place in what was handed in."""

    place: int
    posted: PostedInspection
    digest: bytes
    procedure: KnownProcedure
    subject: Subject
    judge: ReadyJudge


def _choose(
    request: Request,
    keys: Mapping[int, SubjectKey],
    procedures: Mapping[str, KnownProcedure],
    subjects: Mapping[SubjectKey, Subject],
) -> list[_Chosen]:
    """What is to be stored, by id: of items with one id the first; the others stay open until that one stands."""
    first: dict[str, int] = {}
    judges: Judges = {}
    chosen: list[_Chosen] = []
    items, digests = request.items, request.digests
    for place in request.open_places():
        posted, digest, subject = items[place], digests[place], subjects.get(keys[place])
        earlier = first.setdefault(posted.id, place)
        if subject is None and digests[earlier] == digest:
            detail = f"{posted.vin} is not registered; this is recorded by itself when it is."
            request.settle(place, RecordState.WAITING, code="waiting", detail=detail, pointer="/vin")
        elif earlier == place and subject is not None:
            procedure = procedures[posted.procedure]
            chosen.append(_Chosen(place, posted, digest, procedure, subject, judge_of(procedure, subject, judges)))
    chosen.sort(key=lambda one: one.posted.id)
    return chosen


def _judge(chosen: Iterable[_Chosen], sources: Sequence[str | None]) -> Iterator[Candidate]:
    """Reads nothing: while the first are judged and written the database is busy with them."""
    for one in chosen:
        judged = judge_posted(one.posted, one.procedure, one.subject, one.judge)
        yield Candidate(one.place, one.posted, one.digest, one.procedure, one.subject, judged, sources[one.place])


def _store(request: Request, chosen: Sequence[_Chosen], person_id: int | None) -> Told:
    early: list[Told] = []

    def meanwhile(taken: Sequence[Candidate]) -> None:
        early.append(told_of(request, taken))
        if request.meanwhile is not None:
            request.meanwhile()

    inserted: Sequence[Candidate] = []
    if chosen:
        inserted = insert_inspections(
            _judge(chosen, request.sources),
            count=len(chosen),
            rig_id=request.rig.pk,
            at=request.at,
            person_id=person_id,
            meanwhile=meanwhile,
        )
    # Where one of the ids was taken by somebody else, what was made ready says what did not come about.
    told = early[0] if early and early[0].inserted is inserted else told_of(request, inserted)
    for place, fate in told.fates:
        request.fates[place] = fate
    _settle_doubles(request)
    return told


def _settle_doubles(request: Request) -> None:
    """Answers what shares its id with what stands by now: earlier in this request, or of a delivery that won."""
    places = request.open_places()
    if not places:
        return
    # Only a new statement sees what another transaction committed while this one waited to insert.
    settle_same_ids(request, places)
    for place in request.open_places():
        detail = f"The id {request.items[place].id} stands in this request for other content, which waits."
        request.settle(place, RecordState.CONFLICT, code="id_conflict", detail=detail, pointer="/id")
