"""Reads one landed file: finds its reader and the profile of its rig, and makes of each test what is posted, or says
why that cannot be. Records nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Final

from ..adapters import registry
from ..adapters.canonical import Adapter, AdapterError, AskingAdapter, CanonicalInspection, ParseContext
from ..catalogue.models import Procedure
from ..results.decoding import BodyRefused, PostedInspection
from ..rigs.models import ProfileRevision, Rig
from ..rigs.profile_queries import profiles_over_time
from .findings import Stated, stated_beside
from .mapping import Places, Subject, Unmapped, find_procedure, map_report, only_mapped, places_of, subject_of
from .models import Submission
from .naming import Said
from .rules import Named

HEAD: Final = 4096


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the file, or one test in it, is not recorded, and what it names as far as that is known. `place` is where it
    stands in the file."""

    code: str
    detail: str
    named: Named
    status: int = 422
    place: str = ""

    def reason(self) -> dict[str, Any]:
        return {
            "code": self.code, "detail": self.detail, "id": self.named.external_id or None, "place": self.place,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadTest:
    """One test as it is going to be recorded, with what the file states beside its values."""

    canonical: CanonicalInspection
    posted: PostedInspection
    stated: tuple[Stated, ...] = ()


def context_of(adapter: Adapter, name: str, document: Mapping[str, Any] | None) -> ParseContext:
    """What a reader is told of a file, by the profile's document where there is one."""
    reading = {} if document is None else document.get("reading", {})
    return ParseContext(
        name=name,
        max_bytes=registry.most_bytes(adapter),
        time_zone=reading.get("time_zone"),
        encoding=reading.get("encoding"),
        decimal_comma=reading.get("decimal_comma", False),
        options=reading.get("options", {}),
    )


@dataclass(slots=True)
class Known:
    """What files of one rig that are read together have in common, looked up once for all."""

    rig: Rig | None
    _profiles: Callable[[datetime], dict[str, ProfileRevision | None]] | None = None
    _procedures: dict[str, Procedure | None] = field(default_factory=dict)
    _places: dict[tuple[str, int | None, int], Places] = field(default_factory=dict)
    _mapped: dict[str, Procedure] = field(default_factory=dict)

    def profiles(self, at: datetime) -> dict[str, ProfileRevision | None]:
        """`assigned_profiles` for files that arrived at that moment."""
        if self.rig is None:
            return {}
        self._profiles = self._profiles or profiles_over_time(rig=self.rig)
        return self._profiles(at)

    def procedure(self, code: str) -> Procedure | None:
        if code not in self._procedures:
            self._procedures[code] = Procedure.objects.filter(code=code).first()
        return self._procedures[code]

    def mapped(self, adapter: str, word: str | None) -> Procedure:
        """`only_mapped`. Raises Unmapped."""
        if adapter not in self._mapped:
            self._mapped[adapter] = only_mapped(self.rig, adapter, word)
        return self._mapped[adapter]

    def places(
        self, procedure: Procedure, adapter: str, revision: int | None, document: Mapping[str, Any] | None
    ) -> Places:
        """`places_of`, by a revision of a profile."""
        key = adapter, revision, procedure.pk
        if key not in self._places:
            self._places[key] = places_of(procedure, adapter, document)
        return self._places[key]


@dataclass(slots=True)
class FileReader:
    """How one file is read. `document` is the profile's, of the revision with that id, None without one."""

    adapter: Adapter
    known: Known
    name: str
    said: Said = field(default_factory=Said)
    document: Mapping[str, Any] | None = None
    revision_id: int | None = None

    def tests(self, stream: BinaryIO) -> Iterator[CanonicalInspection | AdapterError]:
        """The tests in the file, one at a time; where it cannot be read further, why, as the last."""
        try:
            yield from self.adapter.parse(stream, context_of(self.adapter, self.name, self.document))
        except AdapterError as refusal:
            yield refusal

    def read(self, test: CanonicalInspection) -> ReadTest | Sequence[Fault]:
        """The test as it is recorded, or why it cannot be. A few queries for each procedure, none for each test."""
        stated = self.said.named.get(test.external_id[:128], self.said.stated)
        subject = subject_of(stated, test, self.name, self.document)
        code = ""
        try:
            if test.not_a_test is not None:
                raise Unmapped("not_a_test", test.not_a_test)
            procedure = self._procedure(test)
            code = procedure.code
            places = self._places_of(procedure)
            placed = [places.find(item) for item in test.items]
            posted = map_report(test, subject, procedure, places, placed, self.name)
        except Unmapped as refusal:
            return self._faults(test, subject, code, refusal.code, str(refusal), refusal.place)
        except BodyRefused as refusal:
            first = refusal.errors[0]
            detail = f"{first.pointer or 'The report'} {first.detail}"
            return self._faults(test, subject, code, first.code, detail, first.pointer)
        beside = (
            stated_beside(ordinal, item)
            for ordinal, (item, place) in enumerate(zip(test.items, placed, strict=True))
            if place is not None
        )
        return ReadTest(test, posted, tuple([one for one in beside if one is not None]))

    def place_of(self, test: CanonicalInspection) -> tuple[Procedure, Places]:
        """The procedure of a test and where its items belong. Raises Unmapped."""
        procedure = self._procedure(test)
        return procedure, self._places_of(procedure)

    def _faults(
        self, test: CanonicalInspection, subject: Subject, procedure: str, code: str, detail: str, place: str
    ) -> list[Fault]:
        """One for each car that the test names: none of them passes by it."""
        own = Named(test.external_id[:128], subject.vin or subject.meant, subject.kind, subject.serial, procedure)
        others = [Named(own.external_id, vin, "", "", procedure) for vin in subject.others]
        return [Fault(code, detail, named, place=place) for named in (own, *others)]

    def _procedure(self, test: CanonicalInspection) -> Procedure:
        stated = self.said.stated.procedure
        code = find_procedure(stated, test, self.name, self.document)
        found = None if code is None else self.known.procedure(code)
        if found is not None:
            return found
        if stated:
            raise Unmapped("unknown_procedure", f"The catalogue knows no procedure {stated}.")
        return self.known.mapped(self.adapter.name, code)

    def _places_of(self, procedure: Procedure) -> Places:
        return self.known.places(procedure, self.adapter.name, self.revision_id, self.document)


def reader_of(
    submission: Submission, said: Said, file: BinaryIO, known: Known
) -> tuple[FileReader, ProfileRevision | None]:
    """The reader of a landed file, and the revision by which it reads. Raises UnknownFormat, and Unmapped where its rig
    has no profile that the reader needs."""
    profiles = known.profiles(submission.received_at)
    adapter = _adapter_of(submission, file, profiles)
    revision = profiles.get(adapter.name)
    if adapter.name in profiles and revision is None:
        detail = f"The profile by which {submission.rig.code} is read has no revision in force; approve one."
        raise Unmapped("profile_not_in_force", detail)
    if revision is None and isinstance(adapter, AskingAdapter) and any(adapter.option_faults({})):
        detail = f"No profile says how {adapter.name} reads what {submission.rig.code} writes; assign one."
        raise Unmapped("no_profile", detail)
    number, document = (None, None) if revision is None else (revision.pk, revision.document)
    return FileReader(adapter, known, submission.name, said, document, number), revision


def _adapter_of(submission: Submission, file: BinaryIO, profiles: Mapping[str, ProfileRevision | None]) -> Adapter:
    if submission.format:
        return registry.get(submission.format)
    try:
        return registry.detect(file.read(HEAD), submission.name)
    except registry.UnknownFormat:
        if len(profiles) != 1:
            raise
        # What nobody recognises is what the rig's one profile is for: many tables have no mark of their own.
        return registry.get(next(iter(profiles)))
