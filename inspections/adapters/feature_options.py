"""What a profile asks of channels: features, each with a name, a kind, and the channels that it is computed from.

    {"features": [
        {"name": "Head HIC15", "kind": "hic15", "cfc": 1000,
         "channels": ["11HEAD0000??ACXA", "11HEAD0000??ACYA", "11HEAD0000??ACZA"]},
        {"name": "Chest deflection", "kind": "absolute_maximum", "channel": "11CHST0003??DSXC",
         "from": "0", "to": "0.15"},
        {"name": "Speed at impact", "kind": "value_at", "at": "0", "channel": "10VEHC000000VEX0"}
    ]}

`kind`: maximum, minimum, absolute_maximum, time_of_maximum, value_at, clip_3ms_cumulative, clip_3ms_contiguous, hic15,
hic36. The clips are of magnitudes. `channel` names one channel, `channels` two or three of which the resultant is taken
(HIC: three, or one that is a resultant by its code); "?" stands for any one letter, and exactly one channel of the test
must fit. `from` and `to` are the seconds between which is looked, both included; `at` is the second of value_at.
`cfc` (60, 180, 600, 1000): the filter class that the channel must have. Nothing is filtered here, since a filter's
numbers would not be those that the laboratory answers for: a channel of another class leaves the feature unmeasured.
`worse` ("up" or "down"): which way is rounded what cannot be exact, up unless the feature is a minimum. Numbers with a
point are texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from .canonical import AdapterError
from .strict_json import shown


class FeatureKind(StrEnum):
    MAXIMUM = "maximum"
    MINIMUM = "minimum"
    ABSOLUTE_MAXIMUM = "absolute_maximum"
    TIME_OF_MAXIMUM = "time_of_maximum"
    VALUE_AT = "value_at"
    CLIP_3MS_CUMULATIVE = "clip_3ms_cumulative"
    CLIP_3MS_CONTIGUOUS = "clip_3ms_contiguous"
    HIC15 = "hic15"
    HIC36 = "hic36"


HIC_KINDS = (FeatureKind.HIC15, FeatureKind.HIC36)
CLASSES = (60, 180, 600, 1000)
MOST_FEATURES = 500
_KEYS = frozenset(["name", "kind", "channel", "channels", "from", "to", "at", "cfc", "worse"])
_SECONDS = re.compile(r"-?\d{1,6}(\.\d{1,9})?", re.ASCII)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing to measure; times in seconds."""

    name: str
    kind: FeatureKind
    channels: tuple[str, ...]
    begin: Decimal | None
    end: Decimal | None
    at: Decimal | None
    cfc: int | None
    up: bool


def read_features(options: Mapping[str, Any]) -> tuple[Feature, ...]:
    """The features that a profile names. Raises AdapterError for the first fault in them."""
    for pointer, what in feature_faults(options):
        raise AdapterError(f"options of the profile, {pointer}", what, "features as the reader's guide says")
    return tuple(_read(entry) for entry in options.get("features", ()))


def _read(entry: Mapping[str, Any]) -> Feature:
    kind = FeatureKind(entry["kind"])
    begin, end, at = (None if entry.get(key) is None else Decimal(str(entry[key])) for key in ("from", "to", "at"))
    channels = tuple(entry["channels"]) if "channels" in entry else (entry["channel"],)
    worse = entry.get("worse") or ("down" if kind is FeatureKind.MINIMUM else "up")
    return Feature(entry["name"], kind, channels, begin, end, at, entry.get("cfc"), worse == "up")


def feature_faults(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with `features`, each as (JSON pointer, what was found and what is expected)."""
    entries = options.get("features", [])
    if not isinstance(entries, list | tuple) or len(entries) > MOST_FEATURES:
        yield "/features", f"{shown(entries)}; a list of at most {MOST_FEATURES} features is expected"
        return
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        place = f"/features/{number}"
        if not isinstance(entry, Mapping):
            yield place, f"{shown(entry)}; a feature is an object with name, kind and channel"
            continue
        for key, what in _entry_faults(entry):
            yield f"{place}/{key}", what
        name = entry.get("name")
        if isinstance(name, str):
            if name in seen:
                yield f"{place}/name", f"{shown(name)} twice; each feature has a name of its own"
            seen.add(name)


def _entry_faults(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in entry:
        if key not in _KEYS:
            yield str(key)[:80], f"an unknown key; known are {', '.join(sorted(_KEYS))}"
    name, kind = entry.get("name"), entry.get("kind")
    if not isinstance(name, str) or name != name.strip() or not name or len(name) > _LONGEST or "\0" in name:
        yield "name", f"{shown(name)}; a text of 1 to {_LONGEST} characters without blanks around it is expected"
    if not isinstance(kind, str) or kind not in set(FeatureKind):
        yield "kind", f"{shown(kind)}; expected is one of {', '.join(FeatureKind)}"
    yield from _channel_faults(entry, kind)
    yield from _time_faults(entry, kind)
    cfc = entry.get("cfc")
    if cfc is not None and (isinstance(cfc, bool) or not isinstance(cfc, int) or cfc not in CLASSES):
        yield "cfc", f"{shown(cfc)}; expected is one of {', '.join(map(str, CLASSES))}"
    if entry.get("worse") not in (None, "up", "down"):
        yield "worse", f"{shown(entry['worse'])}; expected is up or down"


def _channel_faults(entry: Mapping[str, Any], kind: object) -> Iterator[tuple[str, str]]:
    if ("channel" in entry) == ("channels" in entry):
        yield "channel", "both or neither of channel and channels; name one channel, or those of a resultant"
        return
    if "channel" in entry:
        if not _is_channel(entry["channel"]):
            yield "channel", f"{shown(entry['channel'])}; the code or name of a channel is expected"
        return
    named = entry["channels"]
    least = 3 if kind in tuple(HIC_KINDS) else 2  # of a list it may be asked, too
    if not isinstance(named, list | tuple) or not least <= len(named) <= 3 or not all(map(_is_channel, named)):
        yield "channels", f"{shown(named)}; {'three' if least == 3 else 'two or three'} channels are expected"
    elif len(set(named)) < len(named):
        yield "channels", "one channel twice; a resultant is of different directions"


def _is_channel(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name.strip()) <= _LONGEST and "\0" not in name


def _time_faults(entry: Mapping[str, Any], kind: object) -> Iterator[tuple[str, str]]:
    for key in ("from", "to", "at"):
        if entry.get(key) is not None and not _is_seconds(entry[key]):
            yield key, f'{shown(entry[key])}; seconds are expected as a text such as "0.05"'
            return
    begin, end, at = entry.get("from"), entry.get("to"), entry.get("at")
    if begin is not None and end is not None and Decimal(str(begin)) >= Decimal(str(end)):
        yield "to", f"{end}; expected is a moment after from, {begin}"
    if (at is not None) != (kind == FeatureKind.VALUE_AT):
        yield "at", "given without value_at, or missing there; value_at asks for a moment and no other kind does"
    elif at is not None and (begin is not None or end is not None):
        yield "from", "from or to beside at; value_at looks at one moment"


def _is_seconds(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return False
    return _SECONDS.fullmatch(str(value)) is not None
