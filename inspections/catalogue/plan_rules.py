"""What makes a control plan sound: each line by itself, and the lines against one another. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ..evaluation.facts import Expression
from ..saying import Said, say
from .documents import Document, Problem
from .entries import CharacteristicFacts, Line
from .line_rules import LineReader, of_characteristic


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
            text = say(
                "found %(found)s, which the catalogue does not know; load its procedure first",
                found=entry["characteristic"],
            )
            problems.append(document.problem(("requirements", index, "characteristic"), text))
            continue
        reader = LineReader(document, index, entry, facts)
        lines.append(reader.line(market))
        problems += reader.problems
    problems += _asked_twice(document, lines)
    problems += _procedures_of_two_minds(document, lines, known)
    lines, group_problems = _with_members(document, lines, known)
    return lines, sorted(problems + group_problems)


def _at(document: Document, line: Line, text: Said, *steps: str) -> Problem:
    return document.problem(("requirements", line.number - 1, *steps), of_characteristic(line.characteristic, text))


def _asked_twice(document: Document, lines: Sequence[Line]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], Line] = {}
    for line in lines:
        for position in line.positions or ("",):
            first = seen.setdefault((line.characteristic, position), line)
            if first is not line:
                where = document.line(("requirements", first.number - 1))
                what = say("the position %(position)s", position=position) if position else say("it")
                text = say("%(what)s is asked a second time, expected once; see line %(line)d", what=what, line=where)
                yield _at(document, line, text, "positions")


def _procedures_of_two_minds(
    document: Document, lines: Sequence[Line], known: Mapping[str, CharacteristicFacts]
) -> Iterator[Problem]:
    first: dict[str, Line] = {}
    for line in lines:
        procedure = known[line.characteristic].procedure
        other = first.setdefault(procedure, line)
        if line.level is not other.level:
            text = say(
                "found the level %(found)s, but %(procedure)s has %(other)s on another line; a procedure has one",
                found=line.level,
                procedure=procedure,
                other=other.level,
            )
            yield _at(document, line, text, "level")
        elif (line.basis, line.period, line.sample_size, line.acceptance) != (
            other.basis, other.period, other.sample_size, other.acceptance,
        ):  # fmt: skip
            text = say(
                "its sampling differs from that of %(other)s; samples of %(procedure)s are drawn once",
                other=other.characteristic,
                procedure=procedure,
            )
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
                text = say(
                    "the member %(member)s has no line of its own with the same positions (%(positions)s)",
                    member=code,
                    positions=list(line.positions) or say("no position"),
                )
            elif reason := _unfit(code, line, member, known):
                text = reason
            elif (other := owner.setdefault(member.number, line)) is not line:
                text = say(
                    "the member %(member)s belongs to %(other)s already", member=code, other=other.characteristic
                )
            else:
                members.append(member.number)
                continue
            problems.append(_at(document, line, text, "members"))
        completed.append(replace(line, members=tuple(members)))
    return completed, problems


def _member(group: Line, candidates: Sequence[Line]) -> Line | None:
    wanted = set(group.positions)
    return next((line for line in candidates if set(line.positions) == wanted), None)


def _unfit(code: str, group: Line, member: Line, known: Mapping[str, CharacteristicFacts]) -> Said | None:
    if member.expression is Expression.ANY_OF:
        return say("the member %(member)s is a group itself", member=code)
    if known[member.characteristic].procedure != known[group.characteristic].procedure:
        return say(
            "the member %(member)s belongs to %(procedure)s, another procedure",
            member=code,
            procedure=known[member.characteristic].procedure,
        )
    if (member.effective_from, member.effective_to) != (group.effective_from, group.effective_to):
        return say("the member %(member)s has other dates of effect", member=code)
    return None
