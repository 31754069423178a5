"""Writes sound catalogue entries into the tables, set by set, and tells what it added and changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Model

from .models import Characteristic, ComponentKind, Configuration, Procedure, SourceItem, VehicleModel

_CHARACTERISTIC_TEXTS: Final = (
    "name", "name_zh", "kind", "unit", "special", "severity", "standard", "edition", "clause", "confidence",
    "criterion", "condition", "software_system", "source", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that was added (`before` None) or changed (only what differs), as JSON values."""

    section: str
    code: str
    before: dict[str, Any] | None
    after: dict[str, Any]


@dataclass(slots=True)
class Changes:
    written: list[Change] = field(default_factory=list)
    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)


def store_catalogue(contents: Sequence[Mapping[str, Any]]) -> Changes:
    """Add or update every entry of contents that `rules` found sound: two queries a section, one a change."""
    changes = Changes()
    models = _store(VehicleModel, "model", _named(contents, "models"), changes)
    _store(ComponentKind, "component_kind", _named(contents, "component_kinds"), changes)
    _store(Configuration, "configuration", _configurations(contents, models), changes)
    procedures = _store(Procedure, "procedure", _procedures(contents), changes)
    characteristics = _store(Characteristic, "characteristic", _characteristics(contents, procedures), changes)
    _store_source_items(contents, procedures, characteristics, changes)
    return changes


def _entries(contents: Sequence[Mapping[str, Any]], section: str) -> Iterator[Any]:
    for content in contents:
        yield from content.get(section, ())


def _named(contents: Sequence[Mapping[str, Any]], section: str) -> dict[str, dict[str, Any]]:
    return {
        entry["code"]: {"name": entry["name"], "name_zh": entry.get("name_zh", "")}
        for entry in _entries(contents, section)
    }


def _configurations(contents: Sequence[Mapping[str, Any]], models: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    missing = {entry["model"] for entry in _entries(contents, "configurations")} - models.keys()
    ids = {**models, **dict(VehicleModel.objects.filter(code__in=missing).values_list("code", "pk"))}
    return {
        entry["code"]: {
            "model_id": ids[entry["model"]],
            **{key: entry[key] for key in ("trim", "market", "pack_supplier")},
        }
        for entry in _entries(contents, "configurations")
    }


def _procedures(contents: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        entry["code"]: {
            "name": entry["name"],
            "name_zh": entry.get("name_zh", ""),
            "domain": entry["domain"],
            "software_systems": entry.get("software_systems", []),
            "component_kinds": entry.get("component_kinds", []),
            "position_names": {
                position["code"]: [position["name"], position.get("name_zh", "")]
                for position in entry.get("positions", ())
            },
        }
        for entry in _entries(contents, "procedures")
    }


def _characteristics(contents: Sequence[Mapping[str, Any]], procedures: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    return {
        entry["code"]: {
            "procedure_id": procedures[procedure["code"]],
            "positions": entry.get("positions", []),
            **{key: entry.get(key, "") for key in _CHARACTERISTIC_TEXTS},
        }
        for procedure in _entries(contents, "procedures")
        for entry in procedure["characteristics"]
    }


def _store(table: type[Model], section: str, rows: Mapping[str, Mapping[str, Any]], changes: Changes) -> dict[str, int]:
    """The ids by code of what is stored now."""
    objects = table._default_manager
    present: dict[str, Any] = {row.code: row for row in objects.filter(code__in=rows)}  # type: ignore[attr-defined]
    new = [table(code=code, **values) for code, values in rows.items() if code not in present]
    for row in objects.bulk_create(new):
        after = {name: value for name, value in rows[row.code].items() if value not in ("", [], {})}  # type: ignore[attr-defined]
        _note(changes, section, row.code, None, after)  # type: ignore[attr-defined]
        present[row.code] = row  # type: ignore[attr-defined]
    for code, values in rows.items():
        row = present[code]
        differing = [name for name, value in values.items() if getattr(row, name) != value]
        if differing:
            before = {name: getattr(row, name) for name in differing}
            for name in differing:
                setattr(row, name, values[name])
            row.save(update_fields=differing)
            _note(changes, section, code, before, {name: values[name] for name in differing})
    _count_unchanged(changes, section, len(rows))
    return {code: row.pk for code, row in present.items()}


def _note(changes: Changes, section: str, code: str, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    changes.written.append(Change(section, code, before, after))
    (changes.added if before is None else changes.changed)[section] += 1


def _count_unchanged(changes: Changes, section: str, total: int) -> None:
    if unchanged := total - changes.added[section] - changes.changed[section]:
        changes.unchanged[section] += unchanged


def _store_source_items(
    contents: Sequence[Mapping[str, Any]],
    procedures: Mapping[str, int],
    characteristics: Mapping[str, int],
    changes: Changes,
) -> None:
    wanted = {
        (procedures[procedure["code"]], item["adapter"], item["item"], item.get("position", "")): item["characteristic"]
        for procedure in _entries(contents, "procedures")
        for item in procedure.get("source_items", ())
    }
    missing = set(wanted.values()) - characteristics.keys()
    ids = {**characteristics, **dict(Characteristic.objects.filter(code__in=missing).values_list("code", "pk"))}
    present = {
        (row.procedure_id, row.adapter, row.item, row.position): row
        for row in SourceItem.objects.filter(procedure__in={key[0] for key in wanted}).select_related("characteristic")
    }
    new = []
    for key, code in wanted.items():
        procedure, adapter, item, position = key
        row = present.get(key)
        if row is None:
            new.append(
                SourceItem(
                    procedure_id=procedure, adapter=adapter, item=item, position=position, characteristic_id=ids[code]
                )
            )
            _note(changes, "source_item", f"{adapter}: {item}", None, {"characteristic": code, "position": position})
        elif row.characteristic_id != ids[code]:
            before = {"characteristic": row.characteristic.code, "position": position}
            row.characteristic_id = ids[code]
            row.save(update_fields=["characteristic"])
            _note(changes, "source_item", f"{adapter}: {item}", before, {"characteristic": code, "position": position})
    SourceItem.objects.bulk_create(new)
    _count_unchanged(changes, "source_item", len(wanted))
