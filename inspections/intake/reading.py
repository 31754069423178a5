"""Reads one landed file: finds its reader and the profile of its rig, and makes of each test what is posted, or says
why that cannot be. Records nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from ..adapters import registry
from ..adapters.canonical import Adapter, AdapterError, AskingAdapter, CanonicalInspection, ParseContext
from ..catalogue.models import Procedure
from ..results.decoding import BodyRefused, PostedInspection
from ..rigs.models import ProfileRevision, Rig
from ..rigs.profile_queries import assigned_profiles
from .findings import stated_beside
from .mapping import Places, Subject, Unmapped, find_procedure, map_report, only_mapped, places_of, subject_of
from .models import NamedSubject, Submission
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
    stated: tuple[Mapping[str, Any], ...] = ()


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
class FileReader:
    """How one file is read. `document` is the profile's, None without one; `named` what persons said of its tests."""

    adapter: Adapter
    rig: Rig | None
    name: str
    stated: Named = field(default_factory=Named)
    document: Mapping[str, Any] | None = None
    named: Mapping[str, Named] = field(default_factory=dict)
    _procedures: dict[str, Procedure | None] = field(default_factory=dict)
    _places: dict[int, Places] = field(default_factory=dict)
    _mapped: Procedure | None = None

    def tests(self, stream: BinaryIO) -> Iterator[CanonicalInspection | AdapterError]:
        """The tests in the file, one at a time; where it cannot be read further, why, as the last."""
        try:
            yield from self.adapter.parse(stream, context_of(self.adapter, self.name, self.document))
        except AdapterError as refusal:
            yield refusal

    def read(self, test: CanonicalInspection) -> ReadTest | Sequence[Fault]:
        """The test as it is recorded, or why it cannot be. A few queries for each procedure, none for each test."""
        stated = self.named.get(test.external_id[:128], self.stated)
        subject = subject_of(stated, test, self.name, self.document)
        code = ""
        try:
            if test.not_a_test is not None:
                raise Unmapped("not_a_test", test.not_a_test)
            procedure = self._procedure(test)
            code = procedure.code
            places = self._places_of(procedure)
            posted = map_report(test, subject, procedure, places, self.name)
        except Unmapped as refusal:
            return self._faults(test, subject, code, refusal.code, str(refusal), refusal.place)
        except BodyRefused as refusal:
            first = refusal.errors[0]
            detail = f"{first.pointer or 'The report'} {first.detail}"
            return self._faults(test, subject, code, first.code, detail, first.pointer)
        beside = (
            stated_beside(ordinal, item) for ordinal, item in enumerate(test.items) if places.find(item) is not None
        )
        return ReadTest(test, posted, tuple(one for one in beside if one is not None))

    def place_of(self, test: CanonicalInspection) -> tuple[Procedure, Places]:
        """The procedure of a test and where its items belong. Raises Unmapped."""
        procedure = self._procedure(test)
        return procedure, self._places_of(procedure)

    def _faults(
        self, test: CanonicalInspection, subject: Subject, procedure: str, code: str, detail: str, place: str
    ) -> list[Fault]:
        """One for each car that the test names: none of them passes by it."""
        own = Named(test.external_id[:128], subject.vin, subject.kind, subject.serial, procedure)
        others = [Named(own.external_id, vin, "", "", procedure) for vin in subject.others]
        return [Fault(code, detail, named, place=place) for named in (own, *others)]

    def _procedure(self, test: CanonicalInspection) -> Procedure:
        stated = self.stated.procedure
        code = find_procedure(stated, test, self.name, self.document)
        if code is not None and code not in self._procedures:
            self._procedures[code] = Procedure.objects.filter(code=code).first()
        found = self._procedures.get(code or "")
        if found is not None:
            return found
        if stated:
            raise Unmapped("unknown_procedure", f"The catalogue knows no procedure {stated}.")
        if self._mapped is None:
            self._mapped = only_mapped(self.rig, self.adapter.name, code)
        return self._mapped

    def _places_of(self, procedure: Procedure) -> Places:
        if procedure.pk not in self._places:
            self._places[procedure.pk] = places_of(procedure, self.adapter.name, self.document)
        return self._places[procedure.pk]


def reader_of(submission: Submission, file: BinaryIO) -> tuple[FileReader, ProfileRevision | None]:
    """The reader of a landed file, and the revision by which it reads. Raises UnknownFormat, and Unmapped where its rig
    has no profile that the reader needs."""
    profiles = assigned_profiles(rig=submission.rig, at=submission.received_at)
    adapter = _adapter_of(submission, file, profiles)
    revision = profiles.get(adapter.name)
    if adapter.name in profiles and revision is None:
        detail = f"The profile by which {submission.rig.code} is read has no revision in force; approve one."
        raise Unmapped("profile_not_in_force", detail)
    if revision is None and isinstance(adapter, AskingAdapter) and any(adapter.option_faults({})):
        detail = f"No profile says how {adapter.name} reads what {submission.rig.code} writes; assign one."
        raise Unmapped("no_profile", detail)
    document = None if revision is None else revision.document
    named = _named_subjects(submission)
    return FileReader(adapter, submission.rig, submission.name, stated_with(submission), document, named), revision


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


def stated_with(submission: Submission) -> Named:
    """What was stated with the file, or by a person of the whole of it since."""
    last = submission.named_subjects.filter(external_id="").order_by("pk").last()
    if last is not None:
        return Named("", last.vin, last.component_kind, last.component_serial, submission.procedure)
    return Named("", submission.vin, submission.component_kind, submission.component_serial, submission.procedure)


def _named_subjects(submission: Submission) -> dict[str, Named]:
    """What persons said which test is of, by its id, the last word."""
    rows = NamedSubject.objects.filter(submission=submission).exclude(external_id="").order_by("pk")
    return {
        row.external_id: Named(row.external_id, row.vin, row.component_kind, row.component_serial, submission.procedure)
        for row in rows
    }
