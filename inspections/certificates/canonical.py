"""One way to write what a paper says, so that its digest is that of its content and of nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any


class NotCanonical(TypeError):
    """A value that could be written in more than one way: a number with a fraction, a time, a Decimal."""


def canonical(value: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no blanks, of texts, whole numbers, truth values, null, lists and mappings alone.

    Raises NotCanonical for anything else: decimals and times go in as text, as written (law 5).
    """
    _check(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _check(value: object) -> None:
    if isinstance(value, Mapping):
        for key, each in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"a key is a text, not {key!r}")
            _check(each)
    elif isinstance(value, list | tuple):
        for each in value:
            _check(each)
    elif not (value is None or isinstance(value, str | bool | int)):
        raise NotCanonical(f"{type(value).__name__} has no canonical form here: {value!r}")
