"""What was sent, shown safely: bounded, every control character visible, the place of a fault marked. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import kept_text

MOST_SHOWN: Final = 20_000
"""Characters of a body that a page shows."""
MOST_FOUND: Final = 200
MOST_ANSWERED: Final = 500
_MOST_FAULTS: Final = 50

_HIDDEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069\ufeff]")
_PLACE: Final = re.compile(r"at line (\d{1,7}) column (\d{1,7})")


@dataclass(frozen=True, slots=True)
class ShownBody:
    """The text before the place of the fault, the character at it, and the text after. `left`: bytes not shown."""

    before: str
    at: str
    after: str
    left: int


@dataclass(frozen=True, slots=True)
class KeptWhy:
    """Why something is kept, in words; `answered` is what was answered, in English, where the words are others."""

    words: str
    answered: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: where (a JSON pointer), what is wrong, and what stands there."""

    place: str
    why: KeptWhy
    found: str


class _Written(str):
    """The text of a number as it was sent."""

    __slots__ = ()


def show_body(body: bytes, detail: str, size: int) -> ShownBody:
    """The beginning of a body as text. `size` is how many bytes were sent; `detail` may name a line and column."""
    text = body.decode("utf-8", "backslashreplace")
    place = _offset(text, detail)
    shown = text[:MOST_SHOWN]
    left = max(size - len(shown.encode("utf-8", "surrogatepass")), 0)
    if place is None or place >= len(shown):
        return ShownBody(visible(shown), "", "", left)
    return ShownBody(visible(shown[:place]), visible(shown[place]), visible(shown[place + 1 :]), left)


def visible(text: str) -> str:
    """The text with each hidden character written out, so that nothing turns or hides what follows it."""
    return _HIDDEN.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", text)


def _offset(text: str, detail: str) -> int | None:
    found = _PLACE.search(detail)
    if found is None:
        return None
    line, column = int(found[1]), int(found[2])
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
        if start == 0:
            return None
    place = start + column - 1
    return place if 0 <= place < len(text) else None


def why_kept(code: str, detail: str, language: Language) -> KeptWhy:
    """What was answered is told as it stands in English, and by its code in another language."""
    answered, words = visible(detail)[:MOST_ANSWERED], kept_text(code, language)
    if language == "en":
        return KeptWhy(answered or words)
    return KeptWhy(words, answered)


def faults_of(problem: Mapping[str, Any], body: bytes | None, language: Language) -> list[Fault]:
    """Each error of a problem, with what stands at its place in the body."""
    errors: Sequence[Any] = problem.get("errors") or ()
    document = _document(body) if body and errors else None
    return [
        Fault(
            visible(str(error.get("pointer", ""))),
            why_kept(str(error.get("code", "")), str(error.get("detail", "")), language),
            _found(document, str(error.get("pointer", ""))),
        )
        for error in errors[:_MOST_FAULTS]
        if isinstance(error, Mapping)
    ]


def _document(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=_Written, parse_int=_Written, parse_constant=_Written)
    except (ValueError, RecursionError):
        return None


def _found(document: Any, pointer: str) -> str:
    """What stands at a JSON pointer (RFC 6901), cut short; "" where nothing does."""
    if document is None or not pointer:
        return ""
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and token in document:
            document = document[token]
        elif isinstance(document, list) and token.isascii() and token.isdigit() and int(token[:9]) < len(document):
            document = document[int(token[:9])]
        else:
            return ""
    text = document if isinstance(document, str) else _spelled(document)
    return visible(text if len(text) <= MOST_FOUND else f"{text[:MOST_FOUND]}…")


def _spelled(value: Any) -> str:
    if isinstance(value, _Written):
        return str(value)
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {_spelled(each)}" for key, each in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_spelled(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)
