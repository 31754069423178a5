"""Reads a file of any size, written as it begins, and prints the tests in it, its bytes and how far memory rose.

    python -m tests.adapters.reading_endless READER BYTES

Memory is the most that the process ever had (its peak resident size), less what it had before it read.
"""

import os
import resource
import sys
import tempfile
from collections.abc import Callable
from typing import BinaryIO

from inspections.adapters.canonical import ParseContext
from inspections.adapters.registry import get

CELLS = 60
"""Values of a test, so that a file has about as many tests as one of a rig."""
NAMES = [f"V{number}" for number in range(1, CELLS + 1)]
_TEST = {"id": "Id", "started": "At", "result": {"from": "R", "pass": ["OK"], "fail": ["NOK"]}}


def _values(number: int) -> list[str]:
    return [f"{number}.{cell:04d}" for cell in range(CELLS)]


def _table(number: int) -> str:
    return f"T-{number};2026-11-20 08:00:00;OK;{';'.join(_values(number))}\n"


def _json_lines(number: int) -> str:
    members = ",".join(f'"{name}":{value}' for name, value in zip(NAMES, _values(number), strict=True))
    return f'{{"Id":"T-{number}","At":"2026-11-20 08:00:00","R":"OK",{members}}}\n'


def _qdas(number: int) -> str:
    at = "20.11.2026/08:00:00"
    return "\x0f".join(f"{value}\x140\x14{at}" for value in _values(number)) + f"\r\nK0014/0 {number}\r\n"


def _atml(number: int) -> str:
    steps = "".join(
        f'<t:Test ID="{number}-{name}" name="{name}"><t:Outcome value="Passed"/><t:TestResult ID="r" name="Numeric">'
        f'<t:TestData><c:Datum value="{value}" xsi:type="c:double" nonStandardUnit="V"/></t:TestData></t:TestResult>'
        "</t:Test>"
        for name, value in zip(NAMES, _values(number), strict=True)
    )
    return (
        f'<t:TestResults uuid="T-{number}"><t:ResultSet name="Main" startDateTime="2026-11-20T08:00:00">'
        f'<t:Outcome value="Passed"/>{steps}</t:ResultSet></t:TestResults>\n'
    )


_ATML = (
    '<t:TestResultsCollection xmlns:t="urn:IEEE-1636.1:2013:TestResults" xmlns:c="urn:IEEE-1671:2010:Common"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)
_POINTERS = {key: f"/{value}" if isinstance(value, str) else {**value, "from": f"/{value['from']}"}
             for key, value in _TEST.items()}  # fmt: skip
FORMATS: dict[str, tuple[str, Callable[[int], str], dict[str, object]]] = {
    "table": (
        f"Id;At;R;{';'.join(NAMES)}\n",
        _table,
        {"delimiter": ";", "test": _TEST, "items": [{"value": name} for name in NAMES]},
    ),
    "json_lines": (
        "", _json_lines, {"test": _POINTERS, "items": [{"item": name, "value": f"/{name}"} for name in NAMES]},
    ),
    "atml": (_ATML, _atml, {}),
    "qdas": (
        "\r\n".join([f"K0100 {CELLS}", *(f"K2002/{at} {name}" for at, name in enumerate(NAMES, 1)), ""]), _qdas, {},
    ),
}  # fmt: skip


ENDS = {"atml": "</t:TestResultsCollection>"}


def write(file: BinaryIO, name: str, size: int) -> None:
    """The head, then test after test until there are as many bytes as asked for."""
    head, test, _ = FORMATS[name]
    written, number = file.write(head.encode()), 0
    while written < size:
        number += 1
        written += file.write(test(number).encode())
    file.write(ENDS.get(name, "").encode())
    file.seek(0)


def peak() -> int:
    """The most bytes that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    name, size = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryFile() as file:
        write(file, name, size)
        context = ParseContext(name="x", max_bytes=10**12, time_zone="Asia/Shanghai", options=FORMATS[name][2])
        before = peak()
        tests = sum(1 for _ in get(name).parse(file, context))
        sys.stdout.write(f"{tests} {file.seek(0, os.SEEK_END)} {peak() - before}\n")


if __name__ == "__main__":
    main()
