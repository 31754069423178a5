"""Fixtures of tables and JSON lines with the profile that lies beside each, and small ones written out in a test."""

import io
import json
import pathlib
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import strategies as st

from inspections.adapters.canonical import CanonicalInspection, ParseContext
from inspections.adapters.json_lines import JsonLinesAdapter
from inspections.adapters.table import TableAdapter

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures"
SHANGHAI = "Asia/Shanghai"


def profile(name: str) -> dict:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def read_table(data: bytes | str, options: dict, **context) -> list[CanonicalInspection]:
    data = data.encode() if isinstance(data, str) else data
    told = ParseContext(**{"time_zone": SHANGHAI, "options": options, **context})
    return list(TableAdapter().parse(io.BytesIO(data), told))


def read_lines(data: bytes | str, options: dict, **context) -> list[CanonicalInspection]:
    data = data.encode() if isinstance(data, str) else data
    told = ParseContext(**{"time_zone": SHANGHAI, "options": options, **context})
    return list(JsonLinesAdapter().parse(io.BytesIO(data), told))


def simple(**changes) -> dict:
    """The smallest profile of a wide table: a test's id, its start, a result and one value."""
    return {
        "test": {"id": "Id", "started": "At", "result": {"from": "Result", "pass": ["OK"], "fail": ["NOK"]}},
        "items": [{"value": "V"}],
        **changes,
    }


def row(value: str, result: str = "OK", delimiter: str = ";") -> str:
    """A table for `simple` with one row."""
    cells = [["Id", "At", "V", "Result"], ["1", "2026-11-20 08:00:00", value, result]]
    return "".join(delimiter.join(each) + "\n" for each in cells)


def claimed_passes(found: Iterable[CanonicalInspection] | None) -> set[str]:
    """The ids of the tests that claim a pass."""
    return {each.external_id for each in found or () if each.verdict_claimed == "pass" and each.not_a_test is None}


ENCODINGS = [
    None,
    None,
    "utf-8",
    "utf-16",
    "utf-16-le",
    "cp1252",
    "gb18030",
    "utf-32",
    "unicode_escape",
    "nonsense",
    "",
]


def in_encodings(context: ParseContext) -> st.SearchStrategy[ParseContext]:
    """The context, often with another encoding than the file has, and with names that look like paths."""
    names = st.sampled_from(["report", "../../etc/passwd", "C:\\x\\..\\y", "a\0b", ""])
    return st.builds(
        lambda encoding, name: replace(context, encoding=encoding, name=name), st.sampled_from(ENCODINGS), names
    )
