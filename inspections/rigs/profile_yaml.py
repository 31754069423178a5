"""A profile's document as the YAML that people edit. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml

from .profile_schema import PROFILE_FORMAT

_ORDER: Final = ("format", "reading", "subject", "procedure", "tests", "purpose", "items")
_WITHIN: Final = (
    "time_zone", "encoding", "decimal_comma", "options", "delimiter", "header", "test", "id", "vin", "component",
    "kind", "serial", "started", "finished", "result", "from", "format", "pass", "fail", "name", "pattern", "by",
    "code", "codes", "count", "words", "item", "value", "occurrence", "characteristic", "position", "unit", "mandatory",
)  # fmt: skip


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def profile_yaml(document: Mapping[str, Any]) -> str:
    """The document, its sections in the order in which they are read, one item a line."""
    # The database keeps no order of keys.
    ordered = {key: _ordered(document[key]) for key in _ORDER if key in document}
    items: Sequence[Any] = ordered.pop("items", ())
    text = str(yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000))
    if not items:
        return text + "items: []\n"
    lines = [
        yaml.dump([item], Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=None)
        for item in items
    ]
    return text + "items:\n" + "".join(lines)


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        known = [key for key in _WITHIN if key in value]
        return {key: _ordered(value[key]) for key in (*known, *(key for key in value if key not in known))}
    return [_ordered(each) for each in value] if isinstance(value, list) else value


def first_document(*, time_zone: str, options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Where a profile begins: the plant's zone, nothing placed. `options`: None for a reader that has none."""
    reading: dict[str, Any] = {"time_zone": time_zone}
    if options is not None:
        reading["options"] = dict(options)
    return {"format": PROFILE_FORMAT, "reading": reading, "subject": {"vin": {"from": "serial"}}, "items": []}


def leading_comments(text: str) -> str:
    """The comments above the document, which nothing but its text keeps: a line each."""
    found = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        found.append(f"{line}\n")
    return "".join(found)


def with_items(document: Mapping[str, Any], added: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The document with more items placed."""
    return {**document, "items": [*document.get("items", ()), *added]}
