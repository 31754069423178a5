"""What the pages of rig profiles show: a file beside what a profile would have recorded of it, and what changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from django.utils.translation import gettext as _

from inspections.adapters import registry
from inspections.adapters.canonical import CanonicalItem, Measured
from inspections.adapters.row_suggesting import READERS
from inspections.adapters.suggested_text import beginning_of
from inspections.catalogue.models import Characteristic
from inspections.gates.limit_wording import quantity_text
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import named_with_position
from inspections.intake.models import ProfileSample, Submission
from inspections.intake.naming import said_of
from inspections.intake.previewing import FilePreview, PreviewedItem, PreviewedTest, preview_file
from inspections.intake.storage import open_file

from .body_words import MOST_SHOWN, visible, why_kept
from .verdict_words import limit_words, say_verdict

_SHORTEST_MARK: Final = 3
_MOST_ROWS: Final = 200


@dataclass(frozen=True, slots=True)
class Beside:
    """The file that stands beside a profile: a submission of a rig, or one that was put there to try it."""

    key: str
    name: str
    sha256: str
    submission: Submission | None = None

    def open(self) -> BinaryIO:
        return open_file(self.sha256)


def beside_of(one: Submission | ProfileSample) -> Beside:
    """A submission or a sample as the file beside a profile."""
    if isinstance(one, Submission):
        return Beside(f"file-{one.pk}", one.name, one.sha256, one)
    return Beside(f"sample-{one.pk}", one.name, one.sha256)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the file's text; `taken`: it stands once in it and is what was taken."""

    text: str
    taken: bool


def previewed(beside: Beside, adapter: str, document: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """The file and what would be recorded of it. Raises FileNotFoundError, UnknownFormat."""
    submission = beside.submission
    with closing(beside.open()) as file:
        head = file.read(MOST_SHOWN)
        file.seek(0)
        preview = preview_file(
            file=file,
            name=beside.name,
            adapter=adapter,
            document=document,
            rig=None if submission is None else submission.rig,
            stated=None if submission is None else said_of([submission])[submission.pk].stated,
        )
    names = _names(preview)
    return {
        "pieces": _pieces(_shown_text(head, document.get("reading", {}).get("encoding")), preview),
        "is_text": b"\0" not in head,
        "tests": [_test(one, names, language) for one in preview.tests],
        "broken": None if preview.broken is None else str(preview.broken),
        "is_begun": adapter not in READERS or bool(document.get("reading", {}).get("options")),
        "more": preview.more,
        "unmapped": _unmapped(preview),
    }


def _shown_text(head: bytes, stated: str | None) -> str:
    """The text for the eye, in the encoding that was said, else in the only one that it can have."""
    found = None if stated else beginning_of(head, is_whole=False)
    encoding = stated or (found.encoding if found else None) or "utf-8-sig"
    return head.decode(encoding, "backslashreplace").replace("\r\n", "\n")


def _pieces(text: str, preview: FilePreview) -> list[Piece]:
    """The text with what was taken marked, where it stands there exactly once: else nobody knows which it was."""
    wanted = {word for test in preview.tests for word in _taken(test) if len(word) >= _SHORTEST_MARK}
    places: list[tuple[int, int]] = []
    for word in wanted:
        found = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text)]
        places += found if len(found) == 1 else []
    pieces, end = [], 0
    for start, stop in sorted(places):
        if start < end:
            continue
        pieces += [Piece(visible(text[end:start]), False), Piece(visible(text[start:stop]), True)]
        end = stop
    return [*pieces, Piece(visible(text[end:]), False)]


def _taken(test: PreviewedTest) -> Iterator[str]:
    if test.read is None:
        return
    yield from filter(None, (test.read.posted.vin, test.test.serial, test.test.external_id))
    for row in test.items:
        if row.place is not None:
            yield row.item.item.rpartition(" / ")[2]
            if row.item.value is not None and not isinstance(row.item.value, bool):
                # As it is written, with a point or with a comma.
                yield from {str(row.item.value), str(row.item.value).replace(".", ",")}


def _names(preview: FilePreview) -> Mapping[str, Characteristic]:
    """The characteristics to which items of the file go, by code. One query."""
    codes = {row.place.characteristic for test in preview.tests for row in test.items if row.place is not None}
    return Characteristic.objects.in_bulk(codes, field_name="code")


def _test(test: PreviewedTest, names: Mapping[str, Characteristic], language: Language) -> dict[str, Any]:
    posted = None if test.read is None else test.read.posted
    judged = test.judged
    subject = ""
    if posted is not None:
        component = posted.component
        subject = posted.vin or (f"{component.kind} {component.serial}" if component is not None else "")
    verdict = None
    if judged is not None and judged.judged is not None:
        said = judged.judged.verdict
        verdict = say_verdict(said.outcome, said.reason, None, None, "", language)
    return {
        "id": visible(test.test.external_id),
        "serial": test.test.serial,
        "subject": subject,
        "is_known": judged is not None and judged.subject is not None,
        "procedure": None if posted is None else posted.procedure,
        "claimed": test.test.claimed.value,
        "verdict": verdict,
        "faults": [
            {"why": why_kept(fault.code, fault.detail, language), "place": fault.place} for fault in test.faults
        ],
        "rows": [_row(item, names, language) for item in test.items[:_MOST_ROWS]],
        "left": max(len(test.items) - _MOST_ROWS, 0),
        "recorded": posted is not None,
    }


def _row(row: PreviewedItem, names: Mapping[str, Characteristic], language: Language) -> dict[str, Any]:
    item, measurement = row.item, row.measurement
    found = None if row.place is None else names.get(row.place.characteristic)
    label = ""
    if found is not None and row.place is not None:
        name = found.name_zh if language == "zh-hans" and found.name_zh else found.name
        label = named_with_position(name, row.place.position, language)
    unit = (measurement.unit if measurement is not None else item.unit) or ""
    said = None
    if row.verdict is not None and row.place is not None:
        said = say_verdict(row.verdict.outcome, row.verdict.reason, row.line, item.value, unit, language)
    return {
        "item": visible(item.item),
        "occurrence": item.occurrence,
        "value": _value_text(item, unit, language),
        "claimed": item.claimed.value,
        "code": "" if found is None else found.code,
        "label": label,
        "is_mapped": row.place is not None,
        "required": "" if row.line is None else limit_words(row.line, language),
        "said": said,
        "differences": row.differences,
    }


def _value_text(item: CanonicalItem, unit: str, language: Language) -> str:
    if item.measured is not Measured.MEASURED:
        return _("no value: %(why)s") % {"why": item.measured.value.replace("_", " ")}
    return visible(quantity_text(item.value, unit, language))


def _unmapped(preview: FilePreview) -> list[dict[str, Any]]:
    """The items that the profile does not place, each once, with the characteristics that it may be given."""
    found: dict[tuple[str, int, int], CanonicalItem] = {}
    for test in preview.tests:
        for row in test.items:
            if row.place is None and test.procedure_id is not None:
                found.setdefault((row.item.item, row.item.occurrence, test.procedure_id), row.item)
    offered = offers({procedure for _, _, procedure in found})
    return [
        {"item": item, "occurrence": occurrence, "unit": read.unit, "offers": offered[procedure]}
        for (item, occurrence, procedure), read in list(found.items())[:_MOST_ROWS]
    ]


def offers(procedures: set[int]) -> dict[int, list[tuple[str, str]]]:
    """What an item of a procedure may be: each characteristic at each position, as (value, words)."""
    found: dict[int, list[tuple[str, str]]] = {procedure: [] for procedure in procedures}
    for row in Characteristic.objects.filter(procedure__in=procedures).order_by("code"):
        for position in row.positions or [""]:
            words = " ".join(filter(None, (row.code, position, f"({row.name})")))
            found[row.procedure_id].append((f"{row.code}|{position}", words))
    return found


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """One thing that a profile says otherwise. `kind` as plans have it: added, taken_out, changed."""

    kind: str
    place: str
    before: str
    after: str


def profile_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ProfileChange]:
    """What differs between two documents, place by place."""
    was, now = dict(_flat(before)), dict(_flat(after))
    found = []
    for place in sorted(was.keys() | now.keys()):
        if was.get(place) == now.get(place):
            continue
        kind = "added" if place not in was else "taken_out" if place not in now else "changed"
        found.append(ProfileChange(kind, place, was.get(place, ""), now.get(place, "")))
    return found


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            if path == "" and key == "items":
                yield from _flat_items(each)
            else:
                yield from _flat(each, f"{path} / {key}" if path else str(key))
    elif isinstance(value, list):
        for index, each in enumerate(value, start=1):
            yield from _flat(each, f"{path} {index}")
    else:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def _flat_items(items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for item in items:
        number = item.get("occurrence", 1)
        place = f"{item['item']} #{number}" if number > 1 else item["item"]
        said = [item["characteristic"], item.get("position", ""), item.get("unit", "")]
        if item.get("mandatory"):
            said.append("mandatory")
        yield f"items / {place} → {item['characteristic']}", ", ".join(filter(None, said))


def readers() -> list[str]:
    """The readers that can be chosen for a profile."""
    return sorted(registry.installed())
