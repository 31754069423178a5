"""A control plan's lines in words, and what one revision changed of the one before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.catalogue.choices import Basis, Confidence, Period, Special
from inspections.catalogue.models import PlanRevision, Requirement
from inspections.evaluation.facts import Level
from inspections.gates.limit_wording import number_text, quantity_text, required_text
from inspections.gates.sentence_catalogue import Language

from .measured import position_text
from .verdict_words import limit_itself


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line as a page shows it. `positions` are codes, `places` names them. `facts` are the parts that are compared
    between revisions, by their label."""

    number: int
    code: str
    name: str
    procedure: str
    procedure_name: str
    domain: str
    positions: tuple[str, ...]
    places: str
    required: str
    level: str
    classes: tuple[str, ...]
    marks: tuple[str, ...]
    limit_itself: str
    source: str
    confidence: str
    plant_default: bool
    note: str
    facts: tuple[tuple[str, str], ...]
    row: Requirement
    member: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one line. `before` None: it is new; `after` None: it was taken out."""

    before: PlanLine | None
    after: PlanLine | None
    parts: tuple[tuple[str, str, str], ...] = ()
    """Label, before, after of each part that differs."""

    @property
    def said_parts(self) -> tuple[tuple[str, str, str], ...]:
        """Label, before and after: of a changed line what differs, of one added or taken out all that it says."""
        if self.before is not None and self.after is not None:
            return self.parts
        taken = self.after is None
        return tuple((label, said if taken else "", "" if taken else said) for label, said in self.line.facts if said)

    @property
    def kind(self) -> str:
        """`added`, `taken_out`, `changed`, or `same` where nothing differs."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "taken_out"
        return "changed" if self.parts else "same"

    @property
    def word(self) -> str:
        return {"added": _("Added"), "taken_out": _("Taken out"), "changed": _("Changed"), "same": _("As before")}[
            self.kind
        ]

    @property
    def line(self) -> PlanLine:
        found = self.after or self.before
        if found is None:
            raise ValueError("a change is of a line")
        return found


def lines_in_words(revision: PlanRevision, language: Language) -> list[PlanLine]:
    """All lines of a revision, in their order. One query."""
    rows = list(revision.requirements.select_related("characteristic__procedure").order_by("line"))
    by_line = {row.line: row for row in rows}
    members = {line for row in rows for line in row.members}
    return [_line(row, by_line, row.line in members, language) for row in rows]


def _line(row: Requirement, by_line: dict[int, Requirement], member: bool, language: Language) -> PlanLine:
    characteristic, procedure = row.characteristic, row.characteristic.procedure
    names = [_name(by_line[line].characteristic, language) for line in row.members if line in by_line]
    required = required_text(
        row.expression,
        language,
        lower=row.lower,
        upper=row.upper,
        lower_inclusive=row.lower_inclusive,
        upper_inclusive=row.upper_inclusive,
        values=names or row.values,
        unit=row.unit,
    )
    level, classes, marks = _level(row), tuple(_classes(row)), tuple(_marks(row, language))
    source = " ".join(filter(None, (row.standard, row.edition, row.clause)))
    confidence = _confidence(row.confidence)
    places = _(", ").join(position_text(characteristic, each, language) for each in row.positions)
    return PlanLine(
        number=row.line,
        code=characteristic.code,
        name=_name(characteristic, language),
        procedure=procedure.code,
        procedure_name=_name(procedure, language),
        domain=procedure.domain,
        positions=tuple(row.positions),
        places=places,
        required=required,
        level=level,
        classes=classes,
        marks=marks,
        limit_itself=limit_itself(row),
        source=source,
        confidence=confidence,
        plant_default=row.confidence == Confidence.PLANT_DEFAULT,
        note=row.note,
        facts=(
            (_("Required"), required),
            (_("Positions"), places),
            (_("Asked of"), level),
            (_("Class"), _(", ").join(classes)),
            (_("Conditions"), _(", ").join(marks)),
            (_("Standard"), row.standard),
            (_("Edition"), row.edition),
            (_("Clause"), row.clause),
            (_("Market"), row.market),
            (_("How sure"), confidence),
            (_("Note"), row.note),
        ),
        row=row,
        member=member,
    )


def _name(row: Any, language: Language) -> str:
    return str(row.name_zh if language == "zh-hans" and row.name_zh else row.name)


def _level(row: Requirement) -> str:
    if row.level == Level.EVERY_VEHICLE.value:
        return _("every car")
    if row.level == Level.TYPE.value:
        return _("the type, by coverage")
    said = {"size": row.sample_size or 0, "accept": row.acceptance}
    if row.basis == Basis.PER_BATCH.value:
        return _("samples: %(size)d a batch, accepting %(accept)d") % said
    period = {
        Period.SHIFT.value: _("a shift"),
        Period.WEEK.value: _("a week"),
        Period.MONTH.value: _("a month"),
        Period.LOT.value: _("a material lot"),
    }.get(row.period, row.period)
    return _("samples: %(size)d %(period)s, accepting %(accept)d") % {**said, "period": period}


def _classes(row: Requirement) -> list[str]:
    """Special class of IATF 16949, and whether the law asks."""
    special = {Special.CRITICAL.value: _("CC, critical"), Special.SIGNIFICANT.value: _("SC, significant")}
    found = [special[row.special]] if row.special else []
    return [*found, _("legal")] if row.legal else found


def _marks(row: Requirement, language: Language) -> list[str]:
    marks = []
    if row.uncertainty is not None:
        marks.append(_("uncertainty %(u)s") % {"u": quantity_text(number_text(row.uncertainty), row.unit, language)})
    if row.repeats:
        marks.append(ngettext("%(n)d repeat allowed", "%(n)d repeats allowed", row.repeats) % {"n": row.repeats})
    if not row.case_sensitive:
        marks.append(_("large and small letters alike"))
    if row.effective_from:
        marks.append(_("from %(day)s") % {"day": row.effective_from})
    if row.effective_to:
        marks.append(_("until %(day)s") % {"day": row.effective_to})
    return marks


def _confidence(code: str) -> str:
    return {
        Confidence.READ.value: _("read in the standard"),
        Confidence.READ_SECONDARY.value: _("read second-hand"),
        Confidence.MEMORY_HIGH.value: _("known, not read"),
        Confidence.MEMORY_MEDIUM.value: _("known, to be checked"),
        Confidence.PLANT_DEFAULT.value: _("plant default, not law"),
    }.get(code, code)


def changes_between(before: Sequence[PlanLine], after: Sequence[PlanLine]) -> list[Change]:
    """What was added, taken out and changed, in the order of the lines; what stayed is left out."""
    return [change for change in side_by_side(before, after) if change.kind != "same"]


def side_by_side(before: Sequence[PlanLine], after: Sequence[PlanLine]) -> list[Change]:
    """Every line of either revision with the one that it was or became, in the order of the lines."""
    several = {
        code for lines in (before, after) for code, count in Counter(line.code for line in lines).items() if count > 1
    }
    old, new = _by_key(before, several), _by_key(after, several)
    changes = [Change(None, line) for key, line in new.items() if key not in old]
    changes += [Change(line, None) for key, line in old.items() if key not in new]
    for key in old.keys() & new.keys():
        parts = tuple(
            (label, was, now)
            for (label, was), (_label, now) in zip(old[key].facts, new[key].facts, strict=True)
            if was != now
        )
        changes.append(Change(old[key], new[key], parts))
    return sorted(changes, key=lambda change: (change.line.number, change.after is None))


def comparison_counts(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """How many lines were added, taken out and changed, and how many stayed, where any, each with its kind."""
    words = {
        "added": ngettext("%(count)d added", "%(count)d added", counts.get("added", 0)),
        "taken_out": ngettext("%(count)d taken out", "%(count)d taken out", counts.get("taken_out", 0)),
        "changed": ngettext("%(count)d changed", "%(count)d changed", counts.get("changed", 0)),
        "same": ngettext("%(count)d as before", "%(count)d as before", counts.get("same", 0)),
    }
    return [(kind, said % {"count": counts[kind]}) for kind, said in words.items() if counts.get(kind)]


def comparison_heading(before: PlanRevision | None, after: PlanRevision, counts: Mapping[str, int]) -> str:
    """The finding, as a sentence."""
    if before is None:
        return _("There is only revision %(number)d to look at") % {"number": after.number}
    differ = sum(count for kind, count in counts.items() if kind != "same")
    said = {"after": after.number, "before": before.number, "count": differ}
    if not differ:
        return _("Revision %(after)d asks the same as revision %(before)d") % said
    return (
        ngettext(
            "Revision %(after)d asks otherwise than revision %(before)d in %(count)d line",
            "Revision %(after)d asks otherwise than revision %(before)d in %(count)d lines",
            differ,
        )
        % said
    )


def _by_key(lines: Sequence[PlanLine], several: Collection[str]) -> dict[tuple[object, ...], PlanLine]:
    """A characteristic asked once is the same line whatever is asked of it; of several, positions and level tell."""
    found: dict[tuple[object, ...], PlanLine] = {}
    for line in lines:
        key: tuple[object, ...] = (line.code, line.positions, line.level) if line.code in several else (line.code,)
        while key in found:
            key = (*key, "again")
        found[key] = line
    return found
