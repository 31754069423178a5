"""One item of a row: its value, limits and claims, as a profile says that they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from .canonical import AdapterError, CanonicalItem, Comparator, ItemClaim, ItemKind, Measured
from .row_recipe import ItemRecipe, Ref, Source
from .row_values import LONGEST_TEXT, Cell, Comparing, Notation, fold, text_of
from .strict_json import shown
from .wats_limits import LOGGED, Comparison

Row = Any
"""A list of cells, or an object of JSON: only the binder that made the getters looks into it."""
Getter = Callable[[Row], Cell]
TextGetter = Callable[[Row], str]

_LONGEST_PATH = 500
_BAD = (ItemClaim.FAIL, ItemClaim.ERROR)
_NO_LIMITS = Comparison(Comparator.UNPARSED, note="the rig's own result, without the limits that it compared with")
_AS_PASS_FAIL = Comparison(Comparator.EQUAL)
_MEASURED_BY_CLAIM = {
    ItemClaim.SKIPPED: Measured.SKIPPED,
    ItemClaim.ERROR: Measured.ERROR,
    ItemClaim.NOT_MEASURED: Measured.NOT_MEASURED,
}
_CLAIM_OF_ABSENT = {
    Measured.SKIPPED: ItemClaim.SKIPPED,
    Measured.ERROR: ItemClaim.ERROR,
    Measured.NOT_MEASURED: ItemClaim.NOT_MEASURED,
}


class Binder(Protocol):
    """Knows where columns stand in one file. Every method raises AdapterError for a column that is not there."""

    def cell(self, ref: Ref) -> Getter: ...

    def place(self, ref: Ref) -> str:
        """The column in words, to stand behind a line's number."""

    def beside(self, label: str) -> str:
        """The text beside a label above the header."""

    def unit(self, ref: Ref) -> str:
        """The unit that the header gives a column, "" for none."""


def bind_text(source: Source | None, binder: Binder, joint: str = " ", value: Ref | None = None) -> TextGetter:
    """A function from a row to the text that `source` means, "" for none."""
    if source is None:
        return lambda row: ""
    if source.text is not None or source.label is not None or source.of_header:
        constant = source.text or (binder.beside(source.label) if source.label is not None else "")
        if source.of_header and value is not None:
            constant = binder.unit(value)
        return lambda row: constant
    getters = [binder.cell(ref) for ref in source.refs]
    if len(getters) == 1:
        (only,) = getters
        return lambda row: text_of(only(row))
    return lambda row: joint.join(text for text in (text_of(getter(row)) for getter in getters) if text)


def place_of(source: Source | None, binder: Binder) -> str:
    """Where `source` stands, in words behind a line's number."""
    return binder.place(source.refs[0]) if source is not None and source.refs else ""


@dataclass(slots=True)
class BoundItem:
    """An item recipe with its columns found."""

    recipe: ItemRecipe
    name: TextGetter
    value: Getter
    place: str
    unit: TextGetter
    lower: TextGetter
    upper: TextGetter
    expected: TextGetter
    comparator: TextGetter
    result: TextGetter
    status: TextGetter
    notation: Notation
    comparing: Comparing
    is_compared: bool

    def read(self, row: Row, line: str, occurrence: int = 1, path: str | None = None) -> CanonicalItem:
        """The item of `row`. Raises AdapterError for a number written in another way than the profile says."""
        raw = self.value(row)
        path = self.name(row) if path is None else path
        measured, note = self._measured(raw, row)
        claimed, doubt = self._claimed(row)
        note = note or doubt
        if measured is Measured.MEASURED and claimed in _MEASURED_BY_CLAIM:
            measured = _MEASURED_BY_CLAIM[claimed]
        value = self._value(raw, claimed, line) if measured is Measured.MEASURED else None
        if measured is Measured.MEASURED and value is None:
            measured = Measured.NOT_MEASURED
        if measured is not Measured.MEASURED:
            claimed = claimed if claimed in _BAD else _CLAIM_OF_ABSENT[measured]
            note = note or ("" if raw is None or raw == "" else f"the file has {shown(raw)} beside that")
        unit = self.unit(row)
        if (isinstance(value, str) and len(value) > LONGEST_TEXT) or len(unit) > LONGEST_TEXT:
            found = f"{max(len(text_of(value)), len(unit))} characters"
            raise AdapterError(line + self.place, found, f"at most {LONGEST_TEXT} characters of a value or unit")
        comparison, expected = self._comparison(row, line)
        if comparison == LOGGED and claimed is ItemClaim.PASS:
            claimed = ItemClaim.NONE
        return CanonicalItem(
            path, occurrence, self.recipe.kind, value, unit or None,
            comparison.comparator, comparison.lower, comparison.upper,
            comparison.lower_inclusive, comparison.upper_inclusive,
            expected, comparison.case_sensitive, claimed, measured, note or comparison.note,
        )  # fmt: skip

    def path_of(self, row: Row, line: str) -> str:
        """The name of the item that `row` tells of. Raises AdapterError where there is none, or one without end."""
        path = " ".join(self.name(row).split())
        if not path or len(path) > _LONGEST_PATH:
            found = f"{len(path)} characters" if path else "no name of an item"
            raise AdapterError(line + place_of(self.recipe.name, _NOWHERE), found, f"1 to {_LONGEST_PATH} characters")
        return path

    def _measured(self, raw: Cell, row: Row) -> tuple[Measured, str]:
        measured, note = Measured.MEASURED, ""
        if self.recipe.status is not None:
            word = self.status(row)
            known = self.recipe.status_words.get(fold(word))
            measured = known or Measured.NOT_MEASURED
            note = "" if known else f"the status {shown(word)} is none that the profile names"
        if measured is Measured.MEASURED:
            if raw is None or raw == "":
                measured = Measured.NOT_MEASURED
            elif self.recipe.absent and isinstance(raw, str):
                measured = self.recipe.absent.get(fold(raw), measured)
        return measured, note

    def _claimed(self, row: Row) -> tuple[ItemClaim, str]:
        if self.recipe.result is None:
            return ItemClaim.NONE, ""
        word = self.result(row)
        claimed = self.recipe.result_words.get(fold(word), ItemClaim.NONE)
        is_strange = claimed is ItemClaim.NONE and word
        return claimed, f"the result {shown(word)} is none that the profile names" if is_strange else ""

    def _value(self, raw: Cell, claimed: ItemClaim, line: str) -> Cell:
        kind = self.recipe.kind
        if kind is ItemKind.NUMBER:
            return self.notation.read(raw.strip(), line + self.place) if isinstance(raw, str) else raw
        if kind is ItemKind.PASS_FAIL:
            return {ItemClaim.PASS: True, ItemClaim.FAIL: False}.get(claimed)
        if kind is ItemKind.BOOLEAN:
            return raw if isinstance(raw, bool) else self.recipe.truths.get(fold(text_of(raw)), text_of(raw))
        return text_of(raw)

    def _comparison(self, row: Row, line: str) -> tuple[Comparison, Decimal | str | bool | None]:
        recipe = self.recipe
        if recipe.kind is ItemKind.PASS_FAIL:
            return _AS_PASS_FAIL, True
        if not self.is_compared:
            return (LOGGED if recipe.result is None else _NO_LIMITS), None
        if recipe.kind is ItemKind.BOOLEAN:
            truth = recipe.truths.get(fold(self.expected(row)))
            return (_NO_LIMITS, None) if truth is None else (_AS_PASS_FAIL, truth)
        operator = self.comparator(row) if recipe.comparator is not None else None
        found = self.comparing.read(operator, self.lower(row), self.upper(row), self.expected(row), line + self.place)
        return found, found.expected


class _Nowhere:
    """Names columns of a recipe whose file is not at hand."""

    def cell(self, ref: Ref) -> Getter:
        raise NotImplementedError

    def place(self, ref: Ref) -> str:
        return f" column {shown(ref)}"

    def beside(self, label: str) -> str:
        raise NotImplementedError

    def unit(self, ref: Ref) -> str:
        raise NotImplementedError


_NOWHERE = _Nowhere()


def bind_item(recipe: ItemRecipe, binder: Binder, notation: Notation) -> BoundItem:
    """The recipe with its columns found. Raises AdapterError for one that is not there."""
    texts = {
        name: bind_text(getattr(recipe, name), binder, value=recipe.value)
        for name in ("unit", "lower", "upper", "expected", "comparator", "result", "status")
    }
    if recipe.value is None:
        raise AdapterError("profile", "an item without a value", "a column for its value")
    return BoundItem(
        recipe=recipe,
        name=bind_text(recipe.name, binder, joint=" / "),
        value=binder.cell(recipe.value),
        place=binder.place(recipe.value),
        **texts,
        notation=notation,
        comparing=Comparing(
            notation, recipe.operators, recipe.no_limit, recipe.lower_inclusive, recipe.upper_inclusive,
            recipe.kind is ItemKind.TEXT,
        ),
        is_compared=recipe.is_compared,
    )  # fmt: skip
