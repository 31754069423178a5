"""Reasons as a page lists them: the same reason of several cars is one entry, worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import Part, ReasonFacts, Sentence, cars_text, sentence

from .statuses import WORST_FIRST, Status, of_reason

SHOWN = 5
KEPT = 100


@dataclass(frozen=True, slots=True)
class PageReason:
    """One reason of one subject. `car` is its number in build order; None for the batch's own reason.

    `cars` names several at once, where they were gathered before.
    `url` opens the subject. `links` maps the role of a part of the sentence (`nonconformance`) to its page.
    `status` overrides the mark that the code has by itself, as for a missing result once testing is closed.
    """

    facts: ReasonFacts
    car: int | None = None
    url: str = ""
    links: tuple[tuple[str, str], ...] = ()
    status: Status | None = None
    cars: tuple[int, ...] = ()

    @property
    def all_cars(self) -> tuple[int, ...]:
        return self.cars or (() if self.car is None else (self.car,))


_UNBROKEN = frozenset({"at", "next_due"})


@dataclass(frozen=True, slots=True)
class LinkedPart:
    """A stretch of a sentence as the page sets it: a link, bold, or `unbroken` over lines as a time is."""

    text: str
    url: str = ""
    emphasised: bool = False
    unbroken: bool = False


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """One entry of a list of reasons, said for all its cars at once."""

    status: Status
    said: Sentence
    parts: tuple[LinkedPart, ...]
    clears_parts: tuple[LinkedPart, ...]
    cars: tuple[int, ...] = ()
    code: str = ""


@dataclass(frozen=True, slots=True)
class ReasonList:
    """The reasons of a page: `shown` at once, `more` on asking, `left` beyond what a page keeps."""

    shown: tuple[ReasonGroup, ...]
    more: tuple[ReasonGroup, ...]
    left: int = 0

    @property
    def worst(self) -> ReasonGroup | None:
        return self.shown[0] if self.shown else None


def group_reasons(
    reasons: Iterable[PageReason],
    language: Language,
    zone: tzinfo | None = None,
    *,
    cars_url: str = "",
    cars_first: bool = False,
) -> ReasonList:
    """Gather the same reason of several cars, say each once, and put the worst first.

    `cars_url` opens a list of the batch's cars; a group of several cars links to it. Among equals the batch's own come
    first, or with `cars_first` the cars'.
    """
    gathered: dict[tuple[object, ...], list[PageReason]] = {}
    for place, reason in enumerate(reasons):
        gathered.setdefault(_same(reason, place), []).append(reason)
    groups = [_said(members, language, zone, cars_url) for members in gathered.values()]
    groups.sort(
        key=lambda group: (WORST_FIRST.index(group.status), bool(group.cars) is not cars_first, group.cars[:1] or (0,))
    )
    return ReasonList(tuple(groups[:SHOWN]), tuple(groups[SHOWN:KEPT]), max(len(groups) - KEPT, 0))


def _same(reason: PageReason, place: int) -> tuple[object, ...]:
    facts = reason.facts
    if not reason.all_cars:
        return (place,)
    detail = tuple(sorted(facts.detail.items()))
    return (facts.code, facts.characteristic, facts.position, facts.found, facts.required, detail, reason.status)


def _said(members: Sequence[PageReason], language: Language, zone: tzinfo | None, cars_url: str) -> ReasonGroup:
    first = members[0]
    cars = tuple(sorted({car for member in members for car in member.all_cars}))
    facts = first.facts
    if cars:
        facts = replace(facts, subject=cars_text(cars, language), several=len(cars) > 1)
    said = sentence(facts, language, zone)
    links = dict(first.links) | {"subject": cars_url if len(cars) > 1 else first.url}
    return ReasonGroup(
        status=first.status or of_reason(facts.code),
        said=said,
        parts=_linked(said.parts, links),
        clears_parts=_linked(said.clears_parts, links),
        cars=cars,
        code=str(facts.code),
    )


def _linked(parts: Iterable[Part], links: Mapping[str, str]) -> tuple[LinkedPart, ...]:
    return tuple(
        LinkedPart(part.text, links.get(part.role, ""), part.emphasised, part.role in _UNBROKEN) for part in parts
    )
