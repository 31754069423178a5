r"""The validators of OpenHTF, which a record holds as text only, restated as comparisons.

What OpenHTF 1.6 prints, and what is read of it:
- in_range, equals of a number, and their kin for lists: "4.5 <= x <= 5", "500 <= x", "x <= 12", "x == 5", "x == True";
  with marginal limits "4 <= Marginal:5 <= x <= Marginal:8 <= 9", which narrow nothing: what is marginal has passed.
- equals of a text: "'x' matches /^HVIL\-OK$/", a pattern that matches one text alone. Other patterns are not restated.
- "'x' is within 10% of 5." and "'x' is equal to '…'".
- "All values pass: …" before one of these, for each value of a measurement with dimensions.
Anything else (functions of the test's author, "Once pass, rest must also pass: …") is `unparsed`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Context, Decimal, InvalidOperation

from .canonical import Comparator
from .strict_json import shown
from .wats_limits import LOGGED, Comparison, read_limit

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(
    rf"(?:({_NUMBER}) <= )?(Marginal:{_NUMBER} <= )?x( <= Marginal:{_NUMBER})?(?: <= ({_NUMBER}))?", re.ASCII
)
_EQUAL = re.compile(rf"x == (?:({_NUMBER})|(True|False))", re.ASCII)
_PERCENT = re.compile(rf"'x' is within ({_NUMBER})% of ({_NUMBER})\.( Marginal: {_NUMBER}% of {_NUMBER})?", re.ASCII)
_MATCHES = re.compile(r"'x' matches /(.*)/", re.DOTALL)
_EQUAL_TEXT = re.compile(r"'x' is equal to '(.*)'", re.DOTALL)
_EACH = "All values pass: "
_SPECIAL = frozenset(".^$*+?{}[]|()")
_NO_TEXT = frozenset(["None", "True", "False"])
_EXACT = Context(prec=80)
_MARGINAL = "marginal limits are named beside these: "


def unparsed(note: str) -> Comparison:
    """A comparison of which nothing may be concluded, and why."""
    return Comparison(Comparator.UNPARSED, note=note)


def read_validator(text: str) -> Comparison:
    """The comparison that one validator prints; `unparsed` where it is not known or has no limit of ordinary size."""
    for pattern, read in ((_RANGE, _range), (_EQUAL, _equal), (_PERCENT, _percent), (_MATCHES, _matches)):
        match = pattern.fullmatch(text)
        if match is not None:
            found = read(match)
            return (
                found if found is not None else unparsed(f"the validator {shown(text)} has no limit of ordinary size")
            )
    match = _EQUAL_TEXT.fullmatch(text)
    if match is not None and match[1] not in _NO_TEXT:
        return Comparison(Comparator.EQUAL, expected=match[1])
    return unparsed(f"the validator {shown(text)}, which this reader cannot restate")


def read_validators(texts: Iterable[str], *, of_each: bool = False) -> Comparison:
    """The comparison that all validators make together. `of_each`: of each value of many, as "All values pass" says."""
    found = []
    for text in texts:
        if of_each and not text.startswith(_EACH):
            return unparsed(f"the validator {shown(text)} is of all values together")
        found.append(read_validator(text.removeprefix(_EACH) if of_each else text))
    return combine(found)


def combine(found: list[Comparison]) -> Comparison:
    """What several comparisons ask together, as far as one can say it: ranges narrow one another."""
    if not found:
        return LOGGED
    whole = found[0]
    for each in found[1:]:
        both = (whole.comparator, each.comparator)
        if Comparator.UNPARSED in both:
            return whole if whole.comparator is Comparator.UNPARSED else each
        if both == (Comparator.INSIDE, Comparator.INSIDE):
            whole = _narrowed(whole, each)
        elif whole._replace(note="") != each._replace(note=""):
            return unparsed("several validators that cannot be restated as one")
    if whole.lower is not None and whole.upper is not None and whole.lower > whole.upper:
        return unparsed(f"limits that exclude each other: {whole.lower} and {whole.upper}")
    return whole


def _narrowed(one: Comparison, other: Comparison) -> Comparison:
    lowers = [(each.lower, not each.lower_inclusive) for each in (one, other) if each.lower is not None]
    uppers = [(each.upper, each.upper_inclusive) for each in (one, other) if each.upper is not None]
    lower, is_strict = max(lowers, default=(None, False))
    upper, is_inclusive = min(uppers, default=(None, True))
    return Comparison(Comparator.INSIDE, lower, upper, not is_strict, is_inclusive, note=one.note or other.note)


def _limit(text: str | None) -> Decimal | None:
    try:
        return None if text is None else read_limit(Decimal(text))
    except InvalidOperation:
        return None


def _range(match: re.Match[str]) -> Comparison | None:
    low, high = match[1], match[4]
    lower, upper = _limit(low), _limit(high)
    is_whole = (low is None) == (lower is None) and (high is None) == (upper is None)
    if not is_whole or (lower is None and upper is None) or (match[2] and not low) or (match[3] and not high):
        return None
    if lower is not None and upper is not None and lower > upper:
        return None
    return Comparison(Comparator.INSIDE, lower, upper, note=_MARGINAL + match[0] if match[2] or match[3] else "")


def _equal(match: re.Match[str]) -> Comparison | None:
    if match[2]:
        return Comparison(Comparator.EQUAL, expected=match[2] == "True")
    expected = _limit(match[1])
    return None if expected is None else Comparison(Comparator.EQUAL, expected=expected)


def _percent(match: re.Match[str]) -> Comparison | None:
    """The limits that OpenHTF works out, here without a binary float."""
    percent, expected = _limit(match[1]), _limit(match[2])
    if percent is None or expected is None or percent < 0:
        return None
    width = abs(_EXACT.multiply(_EXACT.multiply(expected, percent), Decimal("0.01")))
    lower, upper = read_limit(_EXACT.subtract(expected, width)), read_limit(_EXACT.add(expected, width))
    if lower is None or upper is None:
        return None
    return Comparison(Comparator.INSIDE, lower, upper, note=_MARGINAL + match[0] if match[3] else "")


def _matches(match: re.Match[str]) -> Comparison | None:
    text = literal_of(match[1])
    if text is None:
        return unparsed(f"the pattern {shown(match[1])}, which is no single text")
    return Comparison(Comparator.EQUAL, expected=text)


def literal_of(pattern: str) -> str | None:
    r"""The one text that a pattern such as ^HVIL\-OK$ matches; None where it may match others."""
    if not (pattern.startswith("^") and pattern.endswith("$")):
        return None
    found, escaped = [], False
    for character in pattern[1:-1]:
        if escaped:
            if character.isalnum() or character == "_":
                return None
            found.append(character)
            escaped = False
        elif character == "\\":
            escaped = True
        elif character in _SPECIAL:
            return None
        else:
            found.append(character)
    return None if escaped or not found else "".join(found)
