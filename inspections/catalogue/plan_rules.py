"""What makes a control plan sound: each line read with its defaults, and the lines against one another. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ..evaluation.facts import Expression, Kind, Level
from ..evaluation.quantities import in_range, is_whole, parse_number
from ..evaluation.units import ratio
from .choices import Basis, Confidence
from .documents import Document, Path, Problem
from .entries import CharacteristicFacts, Line

_NUMERIC: Final = (Kind.VARIABLE, Kind.COUNT)
_COMPARISONS: Final = (Expression.EQUAL, Expression.NOT_EQUAL, Expression.ONE_OF)
_ALLOWED: Final = {
    Kind.VARIABLE: (Expression.INSIDE, Expression.OUTSIDE, *_COMPARISONS),
    Kind.COUNT: (Expression.INSIDE, Expression.OUTSIDE, *_COMPARISONS),
    Kind.ATTRIBUTE: (Expression.CONFORMS, Expression.ANY_OF),
    Kind.IDENTITY: _COMPARISONS,
}
_OPERANDS: Final = {
    Expression.INSIDE: ("lower", "upper"),
    Expression.OUTSIDE: ("lower", "upper"),
    Expression.EQUAL: ("value",),
    Expression.NOT_EQUAL: ("value",),
    Expression.ONE_OF: ("values",),
    Expression.CONFORMS: (),
    Expression.ANY_OF: ("members",),
}


def read_lines(
    document: Document, known: Mapping[str, CharacteristicFacts], market: str
) -> tuple[list[Line], list[Problem]]:
    """The lines of a plan document of the right schema, defaults written out, and everything that is wrong with them.

    `known` are the characteristics of the catalogue by code, `market` the configuration's. With a problem the lines
    are not to be used.
    """
    lines, problems = [], []
    for index, entry in enumerate(document.content["requirements"]):
        facts = known.get(entry["characteristic"])
        if facts is None:
            text = f"found {entry['characteristic']}, which the catalogue does not know; load its procedure first"
            problems.append(document.problem(("requirements", index, "characteristic"), text))
            continue
        reader = _LineReader(document, index, entry, facts)
        lines.append(reader.line(market))
        problems += reader.problems
    problems += _asked_twice(document, lines)
    problems += _procedures_of_two_minds(document, lines, known)
    lines, group_problems = _with_members(document, lines, known)
    return lines, sorted(problems + group_problems)


class _LineReader:
    """Reads one requirement and notes what is wrong with it by itself."""

    def __init__(self, document: Document, index: int, entry: Any, facts: CharacteristicFacts) -> None:
        self.document, self.entry, self.facts = document, entry, facts
        self.path: Path = ("requirements", index)
        self.problems: list[Problem] = []
        self.expression = Expression(entry["expression"])

    def refuse(self, text: str, *steps: str | int) -> None:
        self.problems.append(self.document.problem((*self.path, *steps), f"{self.facts.code}: {text}"))

    def line(self, market: str) -> Line:
        entry, facts = self.entry, self.facts
        self.check_expression()
        lower, lower_inclusive = self.limit("lower")
        upper, upper_inclusive = self.limit("upper")
        self.check_limits(lower, upper, (lower_inclusive, upper_inclusive))
        legal = entry.get("legal", facts.special == "CC")
        self.check_law(legal)
        if entry.get("market", market) != market:
            self.refuse(f"found the market {entry['market']}, but the configuration is for {market}", "market")
        sampling = self.sampling(legal)
        effective_from, effective_to = self.dates()
        return Line(
            number=int(self.path[1]) + 1,
            characteristic=facts.code,
            level=Level(entry["level"]),
            expression=self.expression,
            positions=self.positions(),
            lower=lower,
            upper=upper,
            lower_inclusive=lower_inclusive,
            upper_inclusive=upper_inclusive,
            values=self.values(),
            case_sensitive=entry.get("case_sensitive", True),
            unit=self.unit(),
            uncertainty=self.uncertainty(),
            special=facts.special,
            legal=legal,
            repeats=entry.get("repeats", 0),
            market=market,
            effective_from=effective_from,
            effective_to=effective_to,
            note=entry.get("note", ""),
            **self.source(),
            **sampling,
        )

    def check_expression(self) -> None:
        allowed = _ALLOWED[self.facts.kind]
        if self.expression not in allowed:
            words = ", ".join(allowed)
            self.refuse(
                f"found {self.expression}, expected one of {words} for its kind {self.facts.kind}", "expression"
            )
            return
        wanted = _OPERANDS[self.expression]
        for key in ("lower", "upper", "value", "values", "members"):
            if key in self.entry and key not in wanted:
                self.refuse(f"found {key}, which {self.expression} does not take", key)
        if wanted and not any(key in self.entry for key in wanted):
            missing = " or ".join(wanted)
            self.refuse(f"{self.expression} lacks {missing}: with no limit stated nothing could ever pass")
        if "case_sensitive" in self.entry and self.facts.kind is not Kind.IDENTITY:
            self.refuse("only an identity is compared as text", "case_sensitive")

    def decimal(self, value: Any, *steps: str | int) -> Decimal | None:
        number = parse_number(value) if isinstance(value, str) else Decimal(value)
        if not isinstance(number, Decimal) or not in_range(number):
            self.refuse(f"found {value!r}, expected a decimal of at most 30 digits, exponent within ±30", *steps)
            return None
        if self.facts.kind is Kind.COUNT and not is_whole(number):
            self.refuse(f"found {value}, expected a whole number for a count", *steps)
        return number

    def limit(self, key: str) -> tuple[Decimal | None, bool]:
        stated = self.entry.get(key)
        if stated is None:
            return None, True
        if isinstance(stated, dict):
            return self.decimal(stated["value"], key), not stated.get("strict", False)
        return self.decimal(stated, key), True

    def check_limits(self, lower: Decimal | None, upper: Decimal | None, inclusive: tuple[bool, bool]) -> None:
        if lower is not None and upper is not None:
            if lower > upper:
                self.refuse(f"found lower {lower} above upper {upper}", "lower")
            elif lower == upper and self.expression is Expression.INSIDE and not all(inclusive):
                self.refuse(f"nothing lies between {lower} and {upper} when a limit is strict", "lower")
            elif lower == upper and self.expression is Expression.OUTSIDE and any(inclusive) and self.matters():
                self.refuse(f"every number lies outside {lower} and {upper} when a limit conforms", "lower")
        if not self.facts.condition or self.facts.kind is not Kind.VARIABLE:
            return
        if self.expression is not Expression.INSIDE or upper is None or upper > 1:
            self.refuse(f"a utilisation is asked by inside with upper 1 or less ({self.facts.condition})", "upper")

    def matters(self) -> bool:
        """A rig's own report may compare so that all passes; a plan may repeat that where nothing depends on it."""
        return bool(self.facts.special or self.entry.get("legal", False))

    def values(self) -> tuple[str, ...]:
        stated = self.entry.get("values", [self.entry["value"]] if "value" in self.entry else [])
        key = "values" if "values" in self.entry else "value"
        texts = []
        for value in stated:
            if self.facts.kind in _NUMERIC:
                number = self.decimal(value, key)
                texts.append("" if number is None else str(value))
            elif not isinstance(value, str):
                self.refuse(
                    f'found the number {value}, expected a text; write "{value}" in quotes as it is stated', key
                )
            elif not 0 < len(value) <= 200 or value != value.strip():
                self.refuse(f"found {value!r}, expected 1 to 200 characters without blanks around them", key)
            else:
                texts.append(value)
        return tuple(texts)

    def positions(self) -> tuple[str, ...]:
        known = self.facts.positions
        stated = self.entry.get("positions", known)
        for index, position in enumerate(stated):
            if position not in known:
                expected = ", ".join(known) or "none: it has no positions"
                self.refuse(f"found the position {position}, expected {expected}", "positions", index)
        return tuple(stated)

    def unit(self) -> str:
        own = self.facts.unit
        unit: str = self.entry.get("unit", own)
        if "unit" in self.entry and self.facts.kind not in _NUMERIC:
            self.refuse(f"found the unit {unit}, but its kind {self.facts.kind} has none", "unit")
        elif ratio(unit, own) is None:
            self.refuse(f"found the unit {unit}, which does not convert to its unit {own or 'none'}", "unit")
        return unit

    def uncertainty(self) -> Decimal | None:
        stated = self.entry.get("uncertainty")
        if stated is None:
            if self.facts.kind is Kind.VARIABLE and self.facts.special == "CC":
                self.refuse("a critical variable states its uncertainty; not stated is not allowed", "uncertainty")
            return None
        if self.facts.kind not in _NUMERIC:
            self.refuse(f"found an uncertainty, but its kind {self.facts.kind} has none", "uncertainty")
            return None
        number = parse_number(stated) if isinstance(stated, str) else Decimal(stated)
        if not isinstance(number, Decimal) or not in_range(number) or number < 0:
            self.refuse(f"found the uncertainty {stated}, expected a decimal of 0 or more", "uncertainty")
            return None
        return number

    def check_law(self, legal: bool) -> None:
        critical = self.facts.special == "CC"
        if critical and not legal and not self.entry.get("note"):
            self.refuse("a critical characteristic that is not legal says why in a note", "legal")
        if self.entry.get("repeats", 0) and (critical or legal):
            what = "a critical characteristic" if critical else "a legal requirement"
            self.refuse(f"found repeats {self.entry['repeats']}, expected 0: {what} has no free repeat", "repeats")

    def sampling(self, legal: bool) -> dict[str, Any]:
        stated, level = self.entry.get("sampling"), Level(self.entry["level"])
        if (stated is None) != (level is not Level.SAMPLE):
            self.refuse(f"sampling belongs to level sample, and the level is {level}", "sampling")
        if stated is None:
            return {}
        basis, period, acceptance = Basis(stated["basis"]), stated.get("period", ""), stated.get("acceptance", 0)
        if bool(period) != (basis is Basis.PER_PERIOD):
            self.refuse("a period belongs to the basis per_period, which has one always", "sampling")
        if acceptance and (legal or self.facts.special):
            words = f"{self.facts.special or 'a legal requirement'} is accepted with none"
            self.refuse(f"found acceptance {acceptance}, expected 0: {words}", "sampling", "acceptance")
        return {
            "basis": basis.value, "period": period, "sample_size": stated["size"], "acceptance": acceptance,
        }  # fmt: skip

    def dates(self) -> tuple[date | None, date | None]:
        first, last = (self.date(key) for key in ("effective_from", "effective_to"))
        if first is not None and last is not None and first >= last:
            self.refuse(f"found effective_from {first}, which is not before effective_to {last}", "effective_from")
        return first, last

    def date(self, key: str) -> date | None:
        stated = self.entry.get(key)
        if stated is None:
            return None
        try:
            return date.fromisoformat(stated)
        except ValueError:
            self.refuse(f"found {stated!r}, expected a date such as 2026-07-01", key)
            return None

    def source(self) -> dict[str, Any]:
        keys = ("standard", "edition", "clause", "confidence")
        if not any(key in self.entry for key in keys):
            return {key: getattr(self.facts, key) for key in keys}
        if "confidence" not in self.entry:
            self.refuse("a line that names its own standard states its own confidence too", "standard")
        elif self.entry["confidence"] != Confidence.PLANT_DEFAULT and not self.entry.get("standard"):
            self.refuse(f"the confidence {self.entry['confidence']} needs a standard on the same line", "confidence")
        return {key: self.entry.get(key, "") for key in keys}


def _at(document: Document, line: Line, text: str, *steps: str) -> Problem:
    return document.problem(("requirements", line.number - 1, *steps), f"{line.characteristic}: {text}")


def _asked_twice(document: Document, lines: Sequence[Line]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], Line] = {}
    for line in lines:
        for position in line.positions or ("",):
            first = seen.setdefault((line.characteristic, position), line)
            if first is not line:
                where = document.line(("requirements", first.number - 1))
                what = f"the position {position}" if position else "it"
                yield _at(
                    document, line, f"{what} is asked a second time, expected once; see line {where}", "positions"
                )


def _procedures_of_two_minds(
    document: Document, lines: Sequence[Line], known: Mapping[str, CharacteristicFacts]
) -> Iterator[Problem]:
    first: dict[str, Line] = {}
    for line in lines:
        procedure = known[line.characteristic].procedure
        other = first.setdefault(procedure, line)
        if line.level is not other.level:
            text = (
                f"found the level {line.level}, but {procedure} has {other.level} on another line; a procedure has one"
            )
            yield _at(document, line, text, "level")
        elif (line.basis, line.period, line.sample_size, line.acceptance) != (
            other.basis, other.period, other.sample_size, other.acceptance,
        ):  # fmt: skip
            text = f"its sampling differs from that of {other.characteristic}; samples of {procedure} are drawn once"
            yield _at(document, line, text, "sampling")


def _with_members(
    document: Document, lines: Sequence[Line], known: Mapping[str, CharacteristicFacts]
) -> tuple[list[Line], list[Problem]]:
    by_code: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_code[line.characteristic].append(line)
    problems, completed, owner = [], [], dict[int, Line]()
    for line in lines:
        members = []
        codes = document.content["requirements"][line.number - 1].get("members", ())
        for code in codes if line.expression is Expression.ANY_OF else ():
            member = _member(line, by_code[code])
            if member is None:
                where = ", ".join(line.positions) or "no position"
                text = f"the member {code} has no line of its own with the same positions ({where})"
            elif reason := _unfit(line, member, known):
                text = f"the member {code} {reason}"
            elif (other := owner.setdefault(member.number, line)) is not line:
                text = f"the member {code} belongs to {other.characteristic} already"
            else:
                members.append(member.number)
                continue
            problems.append(_at(document, line, text, "members"))
        completed.append(replace(line, members=tuple(members)))
    return completed, problems


def _member(group: Line, candidates: Sequence[Line]) -> Line | None:
    wanted = set(group.positions)
    return next((line for line in candidates if set(line.positions) == wanted), None)


def _unfit(group: Line, member: Line, known: Mapping[str, CharacteristicFacts]) -> str:
    if member.expression is Expression.ANY_OF:
        return "is a group itself"
    if known[member.characteristic].procedure != known[group.characteristic].procedure:
        return f"belongs to {known[member.characteristic].procedure}, another procedure"
    if (member.effective_from, member.effective_to) != (group.effective_from, group.effective_to):
        return "has other dates of effect"
    return ""
