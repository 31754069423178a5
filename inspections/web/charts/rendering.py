"""Draws a specification with Vega, in a runtime of JavaScript that lives in this process and reaches nothing outside.

The runtime takes about a second to start and then draws a chart in some hundredths; `warm` starts it ahead of need.
What was drawn is kept: the same record gives the same chart to everyone who looks.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from hashlib import sha256
from threading import Lock, Thread
from typing import Any, Final

import vl_convert

MOST_KEPT: Final = 64
_EMPTY: Final = {"$schema": "https://vega.github.io/schema/vega/v5.json", "width": 1, "height": 1}

_kept: OrderedDict[bytes, str] = OrderedDict()
_lock = Lock()
_warmed = Lock()


class ChartNotDrawn(Exception):
    """Vega could not draw it; the page shows the same as a table."""


def render(spec: dict[str, Any]) -> str:
    """The SVG that Vega makes of a specification. Raises ChartNotDrawn."""
    text = json.dumps(spec, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    key = sha256(text.encode()).digest()
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    try:
        drawn: str = vl_convert.vega_to_svg(text, allowed_base_urls=[])
    except ValueError as fault:
        raise ChartNotDrawn(str(fault)[:500]) from fault
    with _lock:
        _kept[key] = drawn
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return drawn


def warm() -> None:
    """Start the runtime beside what this process does, once."""
    if _warmed.acquire(blocking=False):
        Thread(target=render, args=(_EMPTY,), name="charts", daemon=True).start()
