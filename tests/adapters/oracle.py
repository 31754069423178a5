"""An independent reading of what an item's own comparator says, for comparing with the rig's verdict."""

import io
import json
import pathlib
from decimal import Decimal

from inspections.adapters.canonical import CanonicalInspection, CanonicalItem, Comparator, ParseContext
from inspections.adapters.wats_json import WatsJsonAdapter

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures" / "wats"
SAMPLES = pathlib.Path(__file__).parents[3] / "shared" / "samples" / "wats"


def read(data: bytes) -> CanonicalInspection:
    (report,) = WatsJsonAdapter().parse(io.BytesIO(data), ParseContext())
    return report


def read_fixture(name: str) -> CanonicalInspection:
    return read((FIXTURES / f"{name}.json").read_bytes())


def items_of(report: CanonicalInspection) -> dict[tuple[str, int], CanonicalItem]:
    return {(item.item, item.occurrence): item for item in report.items}


def dump(document: object) -> bytes:
    """JSON with every Decimal as its own digits: a JSON encoder would want floats."""
    numbers: list[str] = []

    def keep(value: object) -> str:
        numbers.append(str(value))
        return f"@number {len(numbers) - 1}@"

    text = json.dumps(document, default=keep)
    for index, number in enumerate(numbers):
        text = text.replace(f'"@number {index}@"', number)
    return text.encode()


def recompute(item: CanonicalItem) -> str | None:
    """ "pass" or "fail" by the item's own comparator, "indeterminate" where it cannot say, None for a logged value."""
    if item.comparator is None:
        return None
    if item.value is None or item.comparator is Comparator.UNPARSED:
        return "indeterminate"
    if item.comparator in (Comparator.EQUAL, Comparator.NOT_EQUAL):
        return _equal(item)
    if not isinstance(item.value, Decimal):
        return "indeterminate"
    above = item.lower is None or item.value > item.lower or (item.lower_inclusive and item.value == item.lower)
    below = item.upper is None or item.value < item.upper or (item.upper_inclusive and item.value == item.upper)
    if item.comparator is Comparator.INSIDE:
        return "pass" if above and below else "fail"
    under = item.value < item.lower or (item.lower_inclusive and item.value == item.lower)
    over = item.value > item.upper or (item.upper_inclusive and item.value == item.upper)
    return "pass" if under or over else "fail"


def _equal(item: CanonicalItem) -> str:
    if type(item.value) is not type(item.expected):
        return "indeterminate"
    found, expected = item.value, item.expected
    if isinstance(found, str) and isinstance(expected, str) and not item.case_sensitive:
        found, expected = found.casefold(), expected.casefold()
    return "pass" if (found == expected) == (item.comparator is Comparator.EQUAL) else "fail"
