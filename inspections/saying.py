"""What people are told when something is refused: a message with its facts, put into words when it is read.

So it is in the language of whoever reads it, with times as the pages of the plant write them. Whoever refuses knows
neither; what is answered to machines or kept on the record is `english`, whoever acted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext, override

_BETWEEN = "\n\n"


def stamp(moment: datetime) -> str:
    """Day and time to the minute, in the zone of the plant."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Said:
    """One or more sentences for people. Made by `say` or `say_count`; `str` puts it into the language in force.

    A fact is a text or number as written, a time, a list of those, or anything whose `str` is in the language in force:
    another `Said`, `Cars`.
    """

    message: str
    facts: Mapping[str, object] = field(default_factory=dict)
    several: str = ""
    """The message for another `count` than one."""

    def __str__(self) -> str:
        return self._words(stamp)

    @property
    def english(self) -> str:
        """For machines and for the record: the same in whatever language it is said, times with their offset."""
        with override("en"):
            return self._words(datetime.isoformat)

    def _words(self, time: Callable[[datetime], str]) -> str:
        if self.several:
            message = ngettext(self.message, self.several, int(str(self.facts["count"])))
        else:
            message = gettext(self.message)
        return message % {name: _fact(fact, time) for name, fact in self.facts.items()}


def _fact(fact: object, time: Callable[[datetime], str]) -> object:
    if isinstance(fact, datetime):
        return time(fact)
    if isinstance(fact, Said):
        return fact._words(time)
    if isinstance(fact, list | tuple):
        return gettext(", ").join(str(_fact(each, time)) for each in fact)
    return fact


def say(message: str, /, **facts: object) -> Said:
    """A message of the translations, written out where it is said, with its facts by name."""
    return Said(message, facts)


def say_count(one: str, several: str, /, *, count: int, **facts: object) -> Said:
    """A message that reads otherwise of one and of several; `count` is a fact of it."""
    return Said(one, {"count": count, **facts}, several)


def in_both(lines: Sequence[Said]) -> str:
    """Lines that are signed or kept in both languages: the English ones, an empty line, the Chinese ones."""
    halves = []
    for language in ("en", "zh-hans"):
        with override(language):
            halves.append("\n".join(re.sub(r"\n\s*\n", "\n", line._words(datetime.isoformat)) for line in lines))
    return _BETWEEN.join(halves)


def own_half(text: str) -> tuple[list[str], list[str]]:
    """What `in_both` wrote, as the lines in the language in force and those in the other one."""
    english, _, chinese = text.partition(_BETWEEN)
    halves = english.splitlines(), chinese.splitlines()
    return halves[::-1] if (get_language() or "").startswith("zh") and chinese else halves


@dataclass(frozen=True, slots=True)
class Name:
    """A name of the catalogue: `str` is in the language in force, the other one where it has none of its own."""

    english: str
    chinese: str = ""

    def __str__(self) -> str:
        return self.chinese if self.chinese and (get_language() or "").startswith("zh") else self.english


@dataclass(frozen=True, slots=True)
class Cars:
    """Cars by their number in build order, runs as ranges: "1, 2, 4 to 6"."""

    sequences: tuple[int, ...]

    @classmethod
    def of(cls, sequences: Iterable[int]) -> Cars:
        return cls(tuple(sorted(set(sequences))))

    def __str__(self) -> str:
        runs: list[list[int]] = []
        for number in self.sequences:
            if runs and number == runs[-1][1] + 1:
                runs[-1][1] = number
            else:
                runs.append([number, number])
        texts = [
            str(first) if first == last else gettext("%(first)d to %(last)d") % {"first": first, "last": last}
            for first, last in runs
        ]
        return gettext(", ").join(texts) or gettext("none")


class Refusal(Exception):
    """Something cannot be done so; `said` tells what was found and what to do. Its `str` is for whoever reads it now:
    keep or send to a machine `english` instead."""

    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__(said)

    def __str__(self) -> str:
        return str(self.said)

    @property
    def english(self) -> str:
        return self.said.english


class CodedRefusal(Refusal):
    """A refusal with a `code` for machines."""

    def __init__(self, code: str, said: Said) -> None:
        self.code = code
        super().__init__(said)
