"""Why something posted cannot be recorded: where it is wrong, with a code and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ..saying import Said

MOST_ERRORS: Final = 20


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault. `pointer` is a JSON pointer (RFC 6901) into what was posted; empty for the whole of it.

    `detail` is for machines and the record, in English; `said` tells it to people, where people can meet it.
    """

    pointer: str
    code: str
    detail: str
    said: Said | None = field(default=None, compare=False)

    @property
    def words(self) -> str:
        """What people read: in the language in force, where it is said to people at all."""
        return self.detail if self.said is None else str(self.said)


class BodyRefused(Exception):
    """What was posted cannot be read as an inspection. `errors` holds at least one fault, at most 20."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors[:MOST_ERRORS])
        first = self.errors[0]
        super().__init__(f"{first.pointer or 'body'}: {first.detail}")

    @property
    def code(self) -> str:
        return self.errors[0].code


def fault_at(place: str, code: str, said: Said) -> FieldError:
    """A fault that people meet too."""
    return FieldError(place, code, said.english, said)


def pointer(*tokens: str | int) -> str:
    """The JSON pointer to a place: each token escaped (RFC 6901, section 3)."""
    return "".join(f"/{str(token).replace('~', '~0').replace('/', '~1')}" for token in tokens)
