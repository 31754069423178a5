"""A file as a profile would have it recorded, before anybody approves that. Records nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Final

from ..adapters import registry
from ..adapters.canonical import AdapterError, CanonicalInspection, CanonicalItem
from ..catalogue.queries import lines_by_id
from ..evaluation import facts
from ..evaluation.facts import Verdict
from ..results.posted import PostedMeasurement
from ..results.previewing import Previewed, preview_inspections
from ..rigs.models import Rig
from .findings import Difference, differences
from .mapping import Place, Places, Unmapped
from .naming import Said
from .reading import Fault, FileReader, Known, ReadTest
from .rules import Named

MOST_TESTS: Final = 10


@dataclass(frozen=True, slots=True)
class PreviewedItem:
    """One item of the file, with what would be recorded of it. `measurement` None: the test is not recorded; `place`
    None: the profile has none for it."""

    item: CanonicalItem
    measurement: PostedMeasurement | None
    place: Place | None
    verdict: Verdict | None
    line: facts.Requirement | None
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class PreviewedTest:
    """One test: what would be recorded of it, or why it would not. `offered`: the procedure whose characteristics its
    unmapped items may be."""

    test: CanonicalInspection
    read: ReadTest | None
    faults: tuple[Fault, ...]
    judged: Previewed | None
    items: tuple[PreviewedItem, ...]
    procedure_id: int | None


@dataclass(frozen=True, slots=True)
class FilePreview:
    """The first tests of a file. `broken`: where reading it ended, and why; `more`: that tests are left."""

    tests: tuple[PreviewedTest, ...]
    broken: AdapterError | None
    more: bool


def preview_file(
    *,
    file: BinaryIO,
    name: str,
    adapter: str,
    document: Mapping[str, Any],
    rig: Rig | None,
    stated: Named | None = None,
) -> FilePreview:
    """What a document would have recorded of a file: its first tests, judged by the evaluator on the plans in force for
    their cars. Raises UnknownFormat. A fixed number of queries for each procedure in it."""
    reader = FileReader(registry.get(adapter), Known(rig), name, Said(stated or Named()), document)
    found = list(islice(reader.tests(file), MOST_TESTS + 1))
    broken = found.pop() if found and isinstance(found[-1], AdapterError) else None
    tests = [one for one in found if isinstance(one, CanonicalInspection)]
    shown = tests[:MOST_TESTS]
    read = [reader.read(test) for test in shown]
    good = [one for one in read if isinstance(one, ReadTest)]
    judged = iter(preview_inspections([one.posted for one in good]))
    previews = [next(judged) if isinstance(one, ReadTest) else None for one in read]
    lines = _lines(previews)
    each = zip(shown, read, previews, strict=True)
    return FilePreview(
        tuple(_previewed(reader, test, one, preview, lines) for test, one, preview in each),
        broken if isinstance(broken, AdapterError) else None,
        len(tests) > MOST_TESTS,
    )


def _lines(previews: Sequence[Previewed | None]) -> Mapping[int, facts.Requirement]:
    ids = {
        row.requirement_id
        for preview in previews
        if preview is not None and preview.judged is not None
        for row in preview.judged.rows
        if row.requirement_id is not None
    }
    return lines_by_id(ids)


def _previewed(
    reader: FileReader,
    test: CanonicalInspection,
    read: ReadTest | Sequence[Fault],
    preview: Previewed | None,
    lines: Mapping[int, facts.Requirement],
) -> PreviewedTest:
    procedure_id, places = _places(reader, test)
    good = read if isinstance(read, ReadTest) else None
    judged = None if preview is None else preview.judged
    stated = {one.ordinal: one.beside for one in good.stated} if good is not None else {}
    items = []
    for ordinal, item in enumerate(test.items):
        row = None if judged is None else judged.rows[ordinal]
        line = None if row is None else lines.get(row.requirement_id or 0)
        found = differences(stated[ordinal], line) if line is not None and ordinal in stated else ()
        items.append(
            PreviewedItem(
                item,
                None if good is None else good.posted.measurements[ordinal],
                None if places is None else places.find(item),
                None if row is None else row.verdict,
                line,
                found,
            )
        )
    faults = () if isinstance(read, ReadTest) else tuple(read)
    return PreviewedTest(test, good, faults, preview, tuple(items), procedure_id)


def _places(reader: FileReader, test: CanonicalInspection) -> tuple[int | None, Places | None]:
    try:
        procedure, places = reader.place_of(test)
    except Unmapped:
        return None, None
    return procedure.pk, places
