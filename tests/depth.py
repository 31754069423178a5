"""How deep a campaign goes: with INTERLOCK_LONG=1 as far as there is time for, else as far as shows what it shows."""

import os

import pytest

LONG = os.environ.get("INTERLOCK_LONG") == "1"
deep = pytest.mark.skipif(not LONG, reason="repeats what others show by another way: INTERLOCK_LONG=1")


def examples(many: int) -> int:
    """Of so many examples of a property, a fifth where time counts."""
    return many if LONG else min(many, max(10, many // 5))


def every(number: int) -> int:
    """The step of a walk that leaves nothing out where there is time for it."""
    return 1 if LONG else number
