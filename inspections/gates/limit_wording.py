"""Values, units and limits said in words: numbers as they were written, with unit and strictness. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from .sentence_catalogue import Language

SYMBOLS: Final[dict[str, str]] = {
    "-": "",
    "count": "",
    "ohm": "Ω",
    "mohm": "mΩ",
    "kohm": "kΩ",
    "Mohm": "MΩ",
    "Gohm": "GΩ",
    "ohm/V": "Ω/V",
    "uA": "µA",
    "um": "µm",
    "us": "µs",
    "deg": "°",
    "degC": "°C",
    "m/s2": "m/s²",
    "m/s3": "m/s³",
    "m3": "m³",
    "Nm": "N·m",
}
"""Symbols of the units that are written otherwise in data; every other unit is its own symbol."""

_WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "less": "less than {0}",
        "at_most": "at most {0}",
        "more": "more than {0}",
        "at_least": "at least {0}",
        "between": "between {0} and {1}",
        "both": "{0} and {1}",
        "either": "{0} or {1}",
        "exactly": "exactly {0}",
        "not": "anything but {0}",
        "one_of": "one of {0}",
        "any_of": "any one of {0}",
        "conforms": "conforms",
        "not_conforms": "does not conform",
        "no_limit": "no limit stated",
        "comma": ", ",
    },
    "zh-hans": {
        "less": "小于{0}",
        "at_most": "不大于{0}",
        "more": "大于{0}",
        "at_least": "不小于{0}",
        "between": "介于{0}与{1}之间",
        "both": "{0}且{1}",
        "either": "{0}或{1}",
        "exactly": "等于{0}",
        "not": "不等于{0}",
        "one_of": "为其中之一：{0}",
        "any_of": "满足其中任一项：{0}",
        "conforms": "符合",
        "not_conforms": "不符合",
        "no_limit": "未规定限值",
        "comma": "、",
    },
}


def unit_symbol(unit: str) -> str:
    """The symbol of a unit as people write it: Ω for `ohm`, nothing for a pure number."""
    return SYMBOLS.get(unit, unit)


def number_text(value: Decimal | str) -> str:
    """A number as written: never rounded, never regrouped; an exponent is written out up to 12 places."""
    number = value if isinstance(value, Decimal) else Decimal(value)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -12 <= exponent <= 12:
        return f"{number:f}"
    return str(number)


def quantity_text(value: Decimal | str | bool | None, unit: str, language: Language) -> str:
    """A value as written with its unit. True and false say whether it conforms; None is the empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _WORDS[language]["conforms" if value else "not_conforms"]
    text = number_text(value) if isinstance(value, Decimal) else value
    symbol = unit_symbol(unit)
    if not symbol:
        return text
    return f"{text}{symbol}" if symbol == "°" else f"{text} {symbol}"


def within_text(uncertainty: Decimal | str, unit: str, language: Language) -> str:
    """An uncertainty as it stands behind a limit, in brackets; never broken over lines."""
    return f"(± {quantity_text(uncertainty, unit, language)})".replace(" ", "\N{NO-BREAK SPACE}")


def required_text(
    expression: str,
    language: Language,
    *,
    lower: Decimal | None = None,
    upper: Decimal | None = None,
    lower_inclusive: bool = True,
    upper_inclusive: bool = True,
    values: Sequence[str] = (),
    unit: str = "",
) -> str:
    """What a requirement asks, in words. `expression` is one of `evaluation.facts.Expression`.

    "between" stands for two inclusive limits only; a strict limit is always named by its own word.
    For `any_of`, `values` are the names of the members. Raises ValueError for an unknown expression.
    """
    words = _WORDS[language]
    if expression == "conforms":
        return words["conforms"]
    if expression in {"equal", "not_equal", "one_of", "any_of"}:
        texts = values if expression == "any_of" else [quantity_text(value, unit, language) for value in values]
        word = {"equal": "exactly", "not_equal": "not"}.get(expression, expression)
        if not texts:
            return words["no_limit"]
        return words[word].format(words["comma"].join(texts))
    low = quantity_text(lower, unit, language)
    high = quantity_text(upper, unit, language)
    if expression == "inside":
        return _inside(words, low, high, lower_inclusive, upper_inclusive)
    if expression == "outside":
        return _outside(words, low, high, lower_inclusive, upper_inclusive)
    raise ValueError(f"expression {expression!r} is none of those a requirement can have")


def _inside(words: dict[str, str], low: str, high: str, low_inclusive: bool, high_inclusive: bool) -> str:
    least = words["at_least" if low_inclusive else "more"].format(low)
    most = words["at_most" if high_inclusive else "less"].format(high)
    if low and high:
        if low_inclusive and high_inclusive:
            return words["between"].format(low, high)
        return words["both"].format(least, most)
    if low or high:
        return least if low else most
    return words["no_limit"]


def _outside(words: dict[str, str], low: str, high: str, low_inclusive: bool, high_inclusive: bool) -> str:
    below = words["at_most" if low_inclusive else "less"].format(low)
    above = words["at_least" if high_inclusive else "more"].format(high)
    if low and high:
        return words["either"].format(below, above)
    if low or high:
        return below if low else above
    return words["no_limit"]
