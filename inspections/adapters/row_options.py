"""Checks what a profile says of rows and makes the recipe of it; every fault with its pointer, found and expected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from .canonical import AdapterError, ItemClaim, ItemKind, Measured, ReportClaim
from .rig_times import ISO, pattern_faults
from .row_recipe import ItemRecipe, Recipe, Ref, ResultRecipe, Source, TestRecipe, TimeRecipe
from .row_values import OPERATORS, fold, without_unit
from .strict_json import shown

LAYOUTS = ("wide", "long", "list")
TEXTS = ("serial", "part_number", "process_code", "process_name", "station", "operator", "purpose")
UNITS_OF_TIME = ("s", "ms", "min", "h")

_TEST = frozenset([*TEXTS, "id", "key", "started", "finished", "duration", "result", "test_type", "count"])
_LIMITS = ("lower", "upper", "expected", "comparator")
_ITEM = frozenset(
    [*_LIMITS, "item", "value", "kind", "unit", "operators", "no_limit", "lower_inclusive", "upper_inclusive", "result",
     "status", "absent", "true", "false"]
)  # fmt: skip
_ROWS = frozenset(["layout", "test", "items", "rest", "list", "software", "headers", "thousands"])
_MOST_ITEMS = 10_000
_LONGEST = 500

_REPORT_WORDS = {
    claim.value: claim
    for claim in (ReportClaim.PASS, ReportClaim.FAIL, ReportClaim.ERROR, ReportClaim.TERMINATED, ReportClaim.SKIPPED,
                  ReportClaim.DONE)
}  # fmt: skip
_ITEM_WORDS = {claim.value: claim for claim in ItemClaim if claim is not ItemClaim.NONE}
_STATUS_WORDS = {measured.value: measured for measured in Measured}
_ABSENT_WORDS = {name: each for name, each in _STATUS_WORDS.items() if each is not Measured.MEASURED}
_TRUTHS = {"true": True, "false": False}
_Meaning = TypeVar("_Meaning")


@dataclass(slots=True)
class RowOptions:
    """Reads options, gathering `faults` as (pointer, words). `is_ref` tells what names a column, `refs` in words.

    Anything that JSON can hold may stand anywhere in the options: nothing is raised.
    """

    is_ref: Callable[[object], bool]
    refs: str
    layouts: Collection[str]
    has_header: bool
    faults: list[tuple[str, str]] = field(default_factory=list)

    def read(self, options: Mapping[str, Any], others: Collection[str]) -> Recipe:
        """The recipe. `others` are the options that the caller reads itself; without faults the recipe is whole."""
        self.known(options, "", {*_ROWS, *others})
        layout = options.get("layout", "wide")
        if layout not in self.layouts:
            self.fault("/layout", layout, f"one of {', '.join(self.layouts)}")
            layout = "wide"
        thousands = options.get("thousands")
        if thousands is not None and thousands not in (",", ".", " ", "'"):
            self.fault("/thousands", thousands, "the character that groups thousands: a comma, point, blank or '")
        list_at = options.get("list")
        if (layout == "list") != (list_at is not None) or (list_at is not None and not self.is_ref(list_at)):
            self.fault("/list", list_at, "where the values of a test stand, for the layout list alone")
        return Recipe(
            layout=layout,
            test=self._test(self.mapping(options, "test", ""), layout),
            items=self._items(options, layout),
            rest=self._rest(options, layout),
            list_at=list_at if isinstance(list_at, str) else None,
            software=self._software(options),
            headers=self._refs(options.get("headers", []), "/headers"),
            thousands=thousands if isinstance(thousands, str) else None,
        )

    def fault(self, pointer: str, found: object, expected: str) -> None:
        self.faults.append((pointer, f"found {shown(found)}, expected {expected}"))

    def known(self, options: Mapping[str, Any], pointer: str, names: Collection[str]) -> None:
        for name in options:
            if name not in names:
                self.faults.append((f"{pointer}/{name}", f"found an option {shown(name)} that is unknown here"))

    def mapping(self, parent: Mapping[str, Any], name: str, pointer: str) -> Mapping[str, Any]:
        value = parent.get(name, {})
        if isinstance(value, Mapping):
            return value
        self.fault(f"{pointer}/{name}", value, "an object")
        return {}

    def _test(self, options: Mapping[str, Any], layout: str) -> TestRecipe:
        self.known(options, "/test", _TEST)
        derived = options["id"].get("derived") if isinstance(options.get("id"), Mapping) else None
        if "id" not in options or (derived is not None and derived not in ("file", "row")):
            expected = f'{self.refs}, or {{"derived": "file"}} or {{"derived": "row"}}'
            self.fault("/test/id", options.get("id"), f"where the test's own id stands: {expected}")
        key = options.get("key")
        if (layout == "long") != (key is not None):
            self.fault("/test/key", key, "the columns that all rows of a test share, for the layout long alone")
        if "started" not in options and "finished" not in options:
            self.fault("/test", "no time", "started, finished or both")
        duration = options.get("duration")
        unit = duration.get("unit", "s") if isinstance(duration, Mapping) else "s"
        if unit not in UNITS_OF_TIME:
            self.fault("/test/duration/unit", unit, f"one of {', '.join(UNITS_OF_TIME)}")
        kinds = self.mapping(options, "test_type", "/test")
        if kinds:
            self.known(kinds, "/test/test_type", ("from", "tests"))
        return TestRecipe(
            id=None if derived or "id" not in options else self.source(options["id"], "/test/id"),
            derived_id=derived if isinstance(derived, str) else None,
            key=None if key is None else self._refs(key, "/test/key"),
            texts={name: self.source(options[name], f"/test/{name}") for name in TEXTS if name in options},
            started=self._time(options, "started"),
            finished=self._time(options, "finished"),
            duration=None if duration is None else self._from(duration, "/test/duration", ("unit",)),
            duration_unit=unit if isinstance(unit, str) else "s",
            result=self._result(options),
            test_type=self._from(kinds, "/test/test_type", ("tests",)) if kinds else None,
            tests=frozenset(self._words(kinds.get("tests"), "/test/test_type/tests")) if kinds else frozenset(),
            count=self.source(options["count"], "/test/count") if "count" in options else None,
        )

    def _time(self, options: Mapping[str, Any], name: str) -> TimeRecipe | None:
        value, pointer = options.get(name), f"/test/{name}"
        if value is None:
            return None
        pattern = value.get("format", ISO) if isinstance(value, Mapping) else ISO
        if not isinstance(pattern, str):
            self.fault(f"{pointer}/format", pattern, "iso, unix, unix_ms or a pattern such as %d.%m.%Y %H:%M:%S")
            pattern = ISO
        self.faults += [(f"{pointer}/format", words) for words in pattern_faults(pattern)]
        return TimeRecipe(self._from(value, pointer, ("format",)), pattern)

    def _result(self, options: Mapping[str, Any]) -> ResultRecipe | None:
        result = self.mapping(options, "result", "/test")
        if not result:
            return None
        source = self._from(result, "/test/result", _REPORT_WORDS)
        return ResultRecipe(source, self._meanings(result, _REPORT_WORDS, "/test/result", needed=("pass", "fail")))

    def _items(self, options: Mapping[str, Any], layout: str) -> tuple[ItemRecipe, ...]:
        items = options.get("items", [])
        if not isinstance(items, list) or len(items) > _MOST_ITEMS:
            self.fault("/items", items, f"a list of at most {_MOST_ITEMS} items")
            return ()
        if layout != "wide" and len(items) != 1:
            self.fault(
                "/items", f"{len(items)} items", f"one, which says how each value is read in the layout {layout}"
            )
        if layout == "wide" and not items and "rest" not in options:
            self.fault("/items", "no item", "at least one, or rest for all the other columns")
        found = [self._item(item, f"/items/{index}", layout) for index, item in enumerate(items)]
        names = [item.name for item in found if layout == "wide"]
        for index, name in enumerate(names):
            if name in names[:index]:
                self.fault(f"/items/{index}/item", name.text if name else None, "a name that no other item has")
        return tuple(found)

    def _rest(self, options: Mapping[str, Any], layout: str) -> ItemRecipe | None:
        if "rest" not in options:
            return None
        if layout != "wide" or not self.has_header:
            self.fault("/rest", options["rest"], "rest only for a wide table with a header")
        rest = self.mapping(options, "rest", "")
        for name in ("item", "value", *_LIMITS, "status"):
            if name in rest:
                self.fault(f"/rest/{name}", rest[name], "what can be said of many columns at once")
        return self._recipe(rest, "/rest", None, None)

    def _item(self, item: object, pointer: str, layout: str) -> ItemRecipe:
        if not isinstance(item, Mapping):
            self.fault(pointer, item, "an object")
            return ItemRecipe(None, None)
        value = item.get("value")
        if not self.is_ref(value):
            self.fault(f"{pointer}/value", value, self.refs)
            value = None
        if layout != "wide":
            name = self.source(item.get("item"), f"{pointer}/item")
        else:
            by_column = value if isinstance(value, str) and self.has_header else None
            if by_column and isinstance(item.get("unit"), Mapping) and "header" in item["unit"]:
                by_column = without_unit(by_column)
            text = item.get("item", by_column)
            text = " ".join(text.split()) if isinstance(text, str) else None
            if not text or len(text) > _LONGEST:
                self.fault(f"{pointer}/item", item.get("item"), f"the name of the item, at most {_LONGEST} characters")
            name = Source(text=text or "")
        return self._recipe(item, pointer, name, value)

    def _recipe(self, item: Mapping[str, Any], pointer: str, name: Source | None, value: Ref | None) -> ItemRecipe:
        self.known(item, pointer, _ITEM)
        kind = item.get("kind", ItemKind.NUMBER.value)
        kinds = {each.name.lower(): each for each in ItemKind}
        if not isinstance(kind, str) or kind not in kinds:
            self.fault(f"{pointer}/kind", kind, f"one of {', '.join(kinds)}")
            kind = "number"
        of_kind = kinds[kind]
        flags = {}
        for flag in ("lower_inclusive", "upper_inclusive"):
            flags[flag] = item.get(flag, True)
            if not isinstance(flags[flag], bool):
                self.fault(f"{pointer}/{flag}", flags[flag], "true or false")
        sources = {
            each: self.source(item[each], f"{pointer}/{each}")
            for each in ("unit", *_LIMITS)
            if item.get(each) is not None
        }
        result, status = self.mapping(item, "result", pointer), self.mapping(item, "status", pointer)
        if of_kind is ItemKind.PASS_FAIL and "result" not in item:
            self.fault(f"{pointer}/result", None, "the words for pass and fail, which are all that such an item says")
        truths = self._meanings(item, _TRUTHS, pointer, needed=_TRUTHS if of_kind is ItemKind.BOOLEAN else ())
        return ItemRecipe(
            name,
            value,
            of_kind,
            **sources,
            operators=self._operators(item, pointer),
            no_limit=frozenset(self._words(item.get("no_limit", []), f"{pointer}/no_limit")),
            lower_inclusive=flags["lower_inclusive"] is not False,
            upper_inclusive=flags["upper_inclusive"] is not False,
            result=self._result_source(result, of_kind, value, pointer),
            result_words=self._meanings(
                result, _ITEM_WORDS, f"{pointer}/result", needed=("pass", "fail") if result else ()
            ),
            status=self._from(status, f"{pointer}/status", _STATUS_WORDS) if status else None,
            status_words=self._meanings(
                status, _STATUS_WORDS, f"{pointer}/status", needed=("measured",) if status else ()
            ),
            absent=self._meanings(self.mapping(item, "absent", pointer), _ABSENT_WORDS, f"{pointer}/absent"),
            truths=truths,
        )

    def _result_source(
        self, result: Mapping[str, Any], kind: ItemKind, value: Ref | None, pointer: str
    ) -> Source | None:
        if not result:
            return None
        if kind is ItemKind.PASS_FAIL and "from" not in result:
            self.known(result, f"{pointer}/result", _ITEM_WORDS)
            return Source() if value is None else Source(refs=(value,))
        return self._from(result, f"{pointer}/result", _ITEM_WORDS)

    def _operators(self, item: Mapping[str, Any], pointer: str) -> dict[str, str]:
        names = set(OPERATORS.values())
        found = {}
        for word, name in self.mapping(item, "operators", pointer).items():
            if not isinstance(name, str) or name not in names:
                self.fault(f"{pointer}/operators/{word}", name, f"one of {', '.join(sorted(names))}")
            else:
                found[fold(str(word))] = name
        return found

    def _software(self, options: Mapping[str, Any]) -> tuple[tuple[str, Source], ...]:
        entries = options.get("software", [])
        if not isinstance(entries, list):
            self.fault("/software", entries, 'a list of {"system", "version"}')
            return ()
        found = []
        for index, entry in enumerate(entries):
            pointer = f"/software/{index}"
            if (
                not isinstance(entry, Mapping)
                or not isinstance(entry.get("system"), str)
                or set(entry) - {"system", "version"}
            ):
                self.fault(pointer, entry, '{"system": the name of the system, "version": where its version stands}')
            else:
                found.append((entry["system"], self.source(entry.get("version"), f"{pointer}/version")))
        return tuple(found)

    def source(self, value: object, pointer: str) -> Source:
        """A column, a list of columns, {"text"}, {"preamble"} or {"header": true}."""
        if self.is_ref(value):
            return Source(refs=(cast("Ref", value),))
        if isinstance(value, list) and value:
            return Source(refs=self._refs(value, pointer))
        if isinstance(value, Mapping) and len(value) == 1:
            ((kind, content),) = value.items()
            if kind == "text" and isinstance(content, str) and len(content) <= _LONGEST:
                return Source(text=content.strip())
            if kind == "preamble" and isinstance(content, str) and content.strip() and self.has_header:
                return Source(label=fold(content.strip().rstrip(":=")))
            if kind == "header" and content is True and self.has_header and pointer.endswith("/unit"):
                return Source(of_header=True)
        self.fault(pointer, value, f'{self.refs}, a list of such, or {{"text": "…"}} for the same in every test')
        return Source()

    def _from(self, value: object, pointer: str, beside: Collection[str]) -> Source:
        """The source under "from" of an object that has `beside` as well; or just a source."""
        if isinstance(value, Mapping) and "from" in value:
            self.known(value, pointer, {"from", *beside})
            return self.source(value["from"], f"{pointer}/from")
        return self.source(value, pointer)

    def _refs(self, value: object, pointer: str) -> tuple[Ref, ...]:
        if not isinstance(value, list) or len(value) > _MOST_ITEMS:
            self.fault(pointer, value, f"a list of columns, each {self.refs}")
            return ()
        for index, ref in enumerate(value):
            if not self.is_ref(ref):
                self.fault(f"{pointer}/{index}", ref, self.refs)
        return tuple(value)

    def _words(self, value: object, pointer: str) -> list[str]:
        if not isinstance(value, list) or len(value) > 100 or not all(isinstance(word, str) for word in value):
            self.fault(pointer, value, "a list of words")
            return []
        return [fold(word) for word in value]

    def _meanings(
        self, parent: Mapping[str, Any], names: Mapping[str, _Meaning], pointer: str, needed: Collection[str] = ()
    ) -> dict[str, _Meaning]:
        """The words under each of `names` with what they mean. One word with two meanings is a fault."""
        found: dict[str, _Meaning] = {}
        for name, meaning in names.items():
            if name not in parent and name not in needed:
                continue
            words = self._words(parent.get(name), f"{pointer}/{name}")
            if not words and name in needed and isinstance(parent.get(name), list):
                self.fault(f"{pointer}/{name}", [], "at least one word")
            for word in words:
                if found.setdefault(word, meaning) != meaning:
                    self.fault(f"{pointer}/{name}", word, "a word with one meaning")
        return found


def refused_options(faults: list[tuple[str, str]]) -> AdapterError:
    """The first of the faults, as the reason why a file cannot be read by its profile."""
    pointer, words = faults[0]
    found, _, expected = words.removeprefix("found ").partition(", expected ")
    return AdapterError(f"profile {pointer}".rstrip(), found, expected or "an option that the reader knows")
