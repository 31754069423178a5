"""Patterns that find a VIN or a serial number in a name: regular expressions too small to run away. Pure.

Allowed are characters, classes, `.`, the quantifiers `? * + {m,n}` (three that vary, at most) and exactly one group,
not repeated. No alternation, no look-around, no reference: a short text is matched in a moment whatever it holds.
"""

from __future__ import annotations

import re
from typing import Final

MOST_CHARACTERS: Final = 200
MOST_VARYING: Final = 3
LONGEST_TEXT: Final = 500

_TOKEN: Final = re.compile(
    r"(?P<open>\((?!\?))|(?P<close>\))|"
    r"(?P<one>\\[dDwWsS]|\\[^A-Za-z0-9]|\[\^?(?:\\[dDwWsS]|\\[^A-Za-z0-9]|[^\]\\\[])+\]|[^\\\[\](){}*+?|^$])"
    r"(?P<times>[*+?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})?",
    re.ASCII,
)
_EXACTLY: Final = re.compile(r"\{[0-9]+\}")


def pattern_fault(pattern: str) -> str:
    """Why the pattern is not taken, "" where it is."""
    if len(pattern) > MOST_CHARACTERS:
        return f"has {len(pattern)} characters; expected at most {MOST_CHARACTERS}"
    place, groups, opened, varying = 0, 0, False, 0
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None:
            expected = "characters, classes such as [A-Z0-9], \\d, ., quantifiers and one group ( )"
            return f"cannot be taken from {pattern[place : place + 10]!r} on; expected {expected}"
        if token["open"]:
            groups, opened = groups + 1, True
        elif token["close"]:
            if not opened:
                return "closes a group that was not opened"
            opened = False
        elif token["times"] and not _EXACTLY.fullmatch(token["times"]):
            varying += 1
        place = token.end()
    if groups != 1 or opened:
        return "has to hold exactly one group ( ) around what is looked for"
    if varying > MOST_VARYING:
        return f"repeats {varying} times without saying how often; expected at most {MOST_VARYING} of * + ? {{m,n}}"
    try:
        re.compile(pattern, re.ASCII)
    except (re.error, OverflowError) as error:
        return f"is no regular expression: {error}"
    return ""


def find_in(pattern: str, text: str) -> str | None:
    """What the pattern's group holds where it matches the whole text; None where it does not."""
    if len(text) > LONGEST_TEXT:
        return None
    found = re.fullmatch(pattern, text, re.ASCII)
    return found[1].strip() or None if found else None
