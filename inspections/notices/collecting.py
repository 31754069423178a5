"""What a mail is about, read from the ledger: findings of one cause gathered, and what their sentences need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, Final

from ..batches.models import Batch
from ..batches.queries import sequences_of
from ..catalogue.wording import CharacteristicWords, LineWords, Named, characteristic_words, line_words, procedure_words
from ..gates.models import Coverage
from ..gates.sentence_catalogue import Language
from ..records.models import LedgerEntry
from ..results.models import Inspection
from ..rigs.models import Rig
from .choices import Kind
from .findings import Finding, finding_of
from .models import NoticeLine, NoticeMail

MOST_READ: Final = 20_000
"""Entries that one mail gathers by cause; beyond them they are only counted."""
MOST_CARS: Final = 2_000
NAMED: Final = 5


@dataclass(slots=True)
class Group:
    """Findings of one cause: `members` are the first few, `vins` the cars concerned, `rig` who measured."""

    rig: str
    members: list[Finding]
    count: int = 0
    vins: dict[str, None] = field(default_factory=dict)

    @property
    def first(self) -> Finding:
        return self.members[0]

    @property
    def kind(self) -> Kind:
        return self.first.kind

    def add(self, finding: Finding) -> None:
        self.count += 1
        if len(self.members) < NAMED:
            self.members.append(finding)
        if finding.vin and len(self.vins) < MOST_CARS:
            self.vins[finding.vin] = None


@dataclass(frozen=True, slots=True)
class Known:
    """What sentences look up, read once for a mail."""

    language: Language
    zone: tzinfo
    sequences: Mapping[str, int]
    characteristics: Mapping[int, CharacteristicWords]
    lines: Mapping[int, LineWords]
    procedures: Mapping[str, Named]
    coverages: Mapping[str, str]
    configurations: Mapping[str, str]

    def name(self, named: Named) -> str:
        return (named.name_zh or named.name) if self.language == "zh-hans" else named.name


def collect_groups(mail: NoticeMail) -> list[Group]:
    """The findings that a mail tells, gathered by cause, most serious first and of equals the most frequent."""
    wanted = NoticeLine.objects.filter(mail=mail).order_by("entry_id").values("entry_id")[:MOST_READ]
    entries = LedgerEntry.objects.filter(pk__in=wanted).order_by("pk")
    found = [finding for entry in entries.iterator() if (finding := finding_of(entry)) is not None]
    rigs = _rigs_of(found)
    groups: dict[tuple[object, ...], Group] = {}
    for finding in found:
        rig = finding.rig or rigs.get(finding.inspection_id or 0, "")
        groups.setdefault(finding.key(rig), Group(rig, [])).add(finding)
    kinds = list(Kind)
    return sorted(groups.values(), key=lambda group: (kinds.index(group.kind), -group.count, group.first.entry_id))


def _rigs_of(found: Iterable[Finding]) -> dict[int, str]:
    ids = {finding.inspection_id for finding in found if finding.inspection_id is not None}
    if not ids:
        return {}
    rigs = dict(Inspection.objects.filter(pk__in=ids).values_list("pk", "rig_id"))
    codes = dict(Rig.objects.filter(pk__in=set(rigs.values())).values_list("pk", "code"))
    return {inspection: codes[rig] for inspection, rig in rigs.items() if rig in codes}


def reasons_of(finding: Finding) -> list[Mapping[str, Any]]:
    """The reasons of a gate that a finding carries."""
    one, several = finding.facts.get("reason"), finding.facts.get("reasons")
    found = [one] if isinstance(one, dict) else several if isinstance(several, list) else []
    return [reason for reason in found if isinstance(reason, dict)]


def collect_known(groups: Iterable[Group], language: Language, zone: tzinfo) -> Known:
    """Names, limits and numbers for the sentences of these groups, in a fixed number of statements."""
    rows = list(groups)
    members = [member for group in rows for member in group.members]
    reasons = [reason for member in members for reason in reasons_of(member)]
    characteristics = {_number(reason.get("characteristic_id")) for reason in reasons}
    characteristics |= {_number(member.facts.get("characteristic_id")) for member in members}
    details = [reason["detail"] for reason in reasons if isinstance(reason.get("detail"), dict)]
    named = [*details, *(member.facts for member in members)]
    procedures = {str(found["procedure"]) for found in named if "procedure" in found}
    batches = {group.first.batch for group in rows if group.first.batch}
    return Known(
        language=language,
        zone=zone,
        sequences=sequences_of([vin for group in rows for vin in group.vins]),
        characteristics=characteristic_words(characteristics - {0}),
        lines=line_words({_number(reason.get("requirement_id")) for reason in reasons} - {0}),
        procedures=procedure_words(procedures),
        coverages=_numbers_of_coverage(details),
        configurations=dict(Batch.objects.filter(number__in=batches).values_list("number", "configuration__code")),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _numbers_of_coverage(details: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    ids = set(_digits(str(detail.get("coverage", "")) for detail in details))
    rows = Coverage.objects.filter(pk__in=ids).values_list("pk", "number") if ids else ()
    return {str(pk): number for pk, number in rows}


def _digits(texts: Iterable[str]) -> Iterator[int]:
    return (int(text) for text in texts if text.isascii() and text.isdigit())
