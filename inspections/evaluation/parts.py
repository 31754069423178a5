"""Parts of one kind in one car: each is a subject of its own, and what one of them showed says nothing of another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from .entries import Entry
from .facts import ComponentChange, GateInput


class Parts:
    """The parts now in the car that are of a kind of which some were tested by themselves."""

    __slots__ = ("_fitted", "_measured")

    def __init__(self, gate: GateInput) -> None:
        self._measured: dict[str, set[int | None]] = defaultdict(set)
        for inspection in gate.inspections:
            if inspection.component and not inspection.voided:
                self._measured[inspection.component].update(row.characteristic_id for row in inspection.measurements)
        fitted = fitted_now(gate.components) if self._measured else []
        kinds = {change.kind for change in fitted if change.part in self._measured}
        self._fitted = [change for change in fitted if change.kind in kinds]

    def each(self, entries: Sequence[Entry]) -> Iterable[Sequence[Entry]]:
        """The entries of one line and position, part by part: its own and those of the car, which hold for all."""
        if len(self._measured) < 2:
            return (entries,)
        parts = sorted({entry.inspection.component for entry in entries} - {""})
        if len(parts) < 2:
            return (entries,)
        return [[entry for entry in entries if entry.inspection.component in ("", part)] for part in parts]

    def unmeasured(self, entries: Iterable[Entry], characteristic_ids: Collection[int]) -> Iterator[str]:
        """Parts of which nothing says what these entries say of others of their kind.

        Not one that was measured at another position, as the radar of the other corner was; nor one that was in the
        car when the car itself was measured.
        """
        if len(self._fitted) < 2:
            return
        standing = [entry.inspection for entry in entries if not entry.inspection.voided]
        here = {inspection.component for inspection in standing}
        kinds = {change.kind for change in self._fitted if change.part in here}
        whole = max((inspection.finished_at for inspection in standing if not inspection.component), default=None)
        for change in self._fitted:
            measured = change.part in here or not self._measured[change.part].isdisjoint(characteristic_ids)
            if change.kind in kinds and not measured and (whole is None or whole < change.at):
                yield change.part


def fitted_now(changes: Iterable[ComponentChange]) -> list[ComponentChange]:
    """The change by which each part that is now in the car came into it, ordered by part."""
    latest: dict[str, ComponentChange] = {}
    for change in sorted(changes, key=lambda change: (change.at, change.id, change.fitted)):
        latest[change.part] = change
    return [latest[part] for part in sorted(latest) if latest[part].fitted]
