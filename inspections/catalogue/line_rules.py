"""What makes one line of a control plan sound, read with its defaults. Pure, but for the words of what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ..evaluation.facts import Expression, Kind, Level
from ..evaluation.quantities import in_range, is_whole, parse_number
from ..evaluation.units import ratio
from ..saying import Said, say
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


class LineReader:
    """Reads one requirement and notes what is wrong with it by itself."""

    def __init__(self, document: Document, index: int, entry: Any, facts: CharacteristicFacts) -> None:
        self.document, self.entry, self.facts = document, entry, facts
        self.path: Path = ("requirements", index)
        self.problems: list[Problem] = []
        self.expression = Expression(entry["expression"])

    def refuse(self, text: Said, *steps: str | int) -> None:
        self.problems.append(self.document.problem((*self.path, *steps), of_characteristic(self.facts.code, text)))

    def line(self, market: str) -> Line:
        entry, facts = self.entry, self.facts
        self.check_expression()
        lower, lower_inclusive = self.limit("lower")
        upper, upper_inclusive = self.limit("upper")
        self.check_limits(lower, upper, (lower_inclusive, upper_inclusive))
        legal = entry.get("legal", facts.special == "CC")
        self.check_law(legal)
        if entry.get("market", market) != market:
            said = say(
                "found the market %(found)s, but the configuration is for %(market)s",
                found=entry["market"],
                market=market,
            )
            self.refuse(said, "market")
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
            said = say(
                "found %(found)s, expected one of %(allowed)s for its kind %(kind)s",
                found=self.expression,
                allowed=[str(each) for each in allowed],
                kind=self.facts.kind,
            )
            self.refuse(said, "expression")
            return
        wanted = _OPERANDS[self.expression]
        for key in ("lower", "upper", "value", "values", "members"):
            if key in self.entry and key not in wanted:
                said = say("found %(key)s, which %(expression)s does not take", key=key, expression=self.expression)
                self.refuse(said, key)
        if wanted and not any(key in self.entry for key in wanted):
            said = say(
                "%(expression)s lacks %(missing)s: with no limit stated nothing could ever pass",
                expression=self.expression,
                missing=_either(wanted),
            )
            self.refuse(said)
        if "case_sensitive" in self.entry and self.facts.kind is not Kind.IDENTITY:
            self.refuse(say("only an identity is compared as text"), "case_sensitive")

    def decimal(self, value: Any, *steps: str | int) -> Decimal | None:
        number = parse_number(value) if isinstance(value, str) else Decimal(value)
        if not isinstance(number, Decimal) or not in_range(number):
            said = say(
                "found %(found)s, expected a decimal of at most 30 digits, exponent within ±30", found=repr(value)
            )
            self.refuse(said, *steps)
            return None
        if self.facts.kind is Kind.COUNT and not is_whole(number):
            self.refuse(say("found %(found)s, expected a whole number for a count", found=str(value)), *steps)
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
            ends = {"lower": str(lower), "upper": str(upper)}
            if lower > upper:
                self.refuse(say("found lower %(lower)s above upper %(upper)s", **ends), "lower")
            elif lower == upper and self.expression is Expression.INSIDE and not all(inclusive):
                self.refuse(say("nothing lies between %(lower)s and %(upper)s when a limit is strict", **ends), "lower")
            elif lower == upper and self.expression is Expression.OUTSIDE and any(inclusive) and self.matters():
                self.refuse(
                    say("every number lies outside %(lower)s and %(upper)s when a limit conforms", **ends), "lower"
                )
        if not self.facts.condition or self.facts.kind is not Kind.VARIABLE:
            return
        if self.expression is not Expression.INSIDE or upper is None or upper > 1:
            said = say(
                "a utilisation is asked by inside with upper 1 or less (%(condition)s)", condition=self.facts.condition
            )
            self.refuse(said, "upper")

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
                said = say(
                    'found the number %(found)s, expected a text; write "%(found)s" in quotes as it is stated',
                    found=str(value),
                )
                self.refuse(said, key)
            elif not 0 < len(value) <= 200 or value != value.strip():
                said = say(
                    "found %(found)s, expected 1 to 200 characters without blanks around them", found=repr(value)
                )
                self.refuse(said, key)
            else:
                texts.append(value)
        return tuple(texts)

    def positions(self) -> tuple[str, ...]:
        known = self.facts.positions
        stated = self.entry.get("positions", known)
        for index, position in enumerate(stated):
            if position not in known:
                said = say(
                    "found the position %(found)s, expected %(known)s",
                    found=position,
                    known=list(known) or say("none: it has no positions"),
                )
                self.refuse(said, "positions", index)
        return tuple(stated)

    def unit(self) -> str:
        own = self.facts.unit
        unit: str = self.entry.get("unit", own)
        if "unit" in self.entry and self.facts.kind not in _NUMERIC:
            said = say("found the unit %(unit)s, but its kind %(kind)s has none", unit=unit, kind=self.facts.kind)
            self.refuse(said, "unit")
        elif ratio(unit, own) is None:
            said = say(
                "found the unit %(unit)s, which does not convert to its unit %(own)s", unit=unit, own=own or say("none")
            )
            self.refuse(said, "unit")
        return unit

    def uncertainty(self) -> Decimal | None:
        stated = self.entry.get("uncertainty")
        if stated is None:
            if self.facts.kind is Kind.VARIABLE and self.facts.special == "CC":
                said = say("a critical variable states its uncertainty; not stated is not allowed")
                self.refuse(said, "uncertainty")
            return None
        if self.facts.kind not in _NUMERIC:
            said = say("found an uncertainty, but its kind %(kind)s has none", kind=self.facts.kind)
            self.refuse(said, "uncertainty")
            return None
        number = parse_number(stated) if isinstance(stated, str) else Decimal(stated)
        if not isinstance(number, Decimal) or not in_range(number) or number < 0:
            said = say("found the uncertainty %(found)s, expected a decimal of 0 or more", found=str(stated))
            self.refuse(said, "uncertainty")
            return None
        return number

    def check_law(self, legal: bool) -> None:
        critical = self.facts.special == "CC"
        if critical and not legal and not self.entry.get("note"):
            self.refuse(say("a critical characteristic that is not legal says why in a note"), "legal")
        if self.entry.get("repeats", 0) and (critical or legal):
            said = say(
                "found repeats %(found)s, expected 0: %(what)s has no free repeat",
                found=self.entry["repeats"],
                what=say("a critical characteristic") if critical else say("a legal requirement"),
            )
            self.refuse(said, "repeats")

    def sampling(self, legal: bool) -> dict[str, Any]:
        stated, level = self.entry.get("sampling"), Level(self.entry["level"])
        if stated is None and level is Level.SAMPLE:
            self.refuse(say("the level is sample: state how many samples, and of what"), "level")
        elif stated is not None and level is not Level.SAMPLE:
            said = say("sampling belongs to level sample, and the level is %(level)s", level=level)
            self.refuse(said, "sampling")
        if stated is None:
            return {}
        basis, period, acceptance = Basis(stated["basis"]), stated.get("period", ""), stated.get("acceptance", 0)
        if bool(period) != (basis is Basis.PER_PERIOD):
            self.refuse(say("a period belongs to the basis per_period, which has one always"), "sampling")
        if acceptance and (legal or self.facts.special):
            said = say(
                "found acceptance %(found)s, expected 0: %(what)s is accepted with none",
                found=acceptance,
                what=self.facts.special or say("a legal requirement"),
            )
            self.refuse(said, "sampling", "acceptance")
        return {
            "basis": basis.value, "period": period, "sample_size": stated["size"], "acceptance": acceptance,
        }  # fmt: skip

    def dates(self) -> tuple[date | None, date | None]:
        first, last = (self.date(key) for key in ("effective_from", "effective_to"))
        if first is not None and last is not None and first >= last:
            said = say(
                "found effective_from %(first)s, which is not before effective_to %(last)s",
                first=first.isoformat(),
                last=last.isoformat(),
            )
            self.refuse(said, "effective_from")
        return first, last

    def date(self, key: str) -> date | None:
        stated = self.entry.get(key)
        if stated is None:
            return None
        try:
            return date.fromisoformat(stated)
        except ValueError:
            self.refuse(say("found %(found)s, expected a date such as 2026-07-01", found=repr(stated)), key)
            return None

    def source(self) -> dict[str, Any]:
        keys = ("standard", "edition", "clause", "confidence")
        if not any(key in self.entry for key in keys):
            return {key: getattr(self.facts, key) for key in keys}
        if "confidence" not in self.entry:
            self.refuse(say("a line that names its own standard states its own confidence too"), "standard")
        elif self.entry["confidence"] != Confidence.PLANT_DEFAULT and not self.entry.get("standard"):
            said = say(
                "the confidence %(confidence)s needs a standard on the same line", confidence=self.entry["confidence"]
            )
            self.refuse(said, "confidence")
        return {key: self.entry.get(key, "") for key in keys}


def of_characteristic(characteristic: str, text: Said) -> Said:
    """What is wrong, under the code that it is wrong with."""
    return say("%(characteristic)s: %(text)s", characteristic=characteristic, text=text)


def _either(keys: Sequence[str]) -> object:
    return keys[0] if len(keys) == 1 else say("%(one)s or %(other)s", one=keys[0], other=keys[1])
