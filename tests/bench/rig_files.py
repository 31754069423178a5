"""Files as rigs write them, of tests of five values each: what the bench has the readers read."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final

ZONE: Final = timezone(timedelta(hours=8))
VALUES: Final = (("A", "V"), ("B", "kN"), ("C", "ohm"), ("D", "mm"), ("E", "s"))
"""What each test measures: names and units."""
LOWER, UPPER = "2.5", "4.5"
STEPS: Final = 200
"""Values of a WATS report, which holds one test: as many checks as the report of a pack has."""


@dataclass(frozen=True)
class Test:
    """One test: its id, its car, when it finished, and its values as written."""

    id: str
    vin: str
    finished: datetime
    values: tuple[str, ...]

    @property
    def started(self) -> datetime:
        return self.finished - timedelta(seconds=20)


def tests_of(name: str, vins: Sequence[str], at: datetime, *, values: int) -> list[Test]:
    """A test of every car, always the same of one name."""
    chance = random.Random(name)
    return [
        Test(
            f"{name}-{vin}",
            vin,
            (at - timedelta(seconds=chance.randint(10, 3600))).astimezone(ZONE).replace(microsecond=0),
            tuple(f"{chance.randint(2600, 4400) / 1000:.3f}" for _ in range(values)),
        )
        for vin in vins
    ]


def as_bulk(tests: Sequence[Test], procedure: str, characteristics: Sequence[tuple[str, str | None, str]]) -> bytes:
    """The same measurements as the bulk API takes them; `characteristics` are code, position and unit of each."""
    return json.dumps(
        [
            {
                "id": test.id,
                "vin": test.vin,
                "procedure": procedure,
                "started_at": test.started.isoformat(),
                "finished_at": test.finished.isoformat(),
                "verdict": "pass",
                "measurements": [
                    {"characteristic": code, "position": position, "value": value, "unit": unit}
                    for (code, position, unit), value in zip(characteristics, test.values, strict=True)
                ],
            }
            for test in tests
        ],
        separators=(",", ":"),
    ).encode()


def as_csv(tests: Sequence[Test]) -> bytes:
    lines = ["Test;VIN;Start;End;Result;" + ";".join(name for name, _ in VALUES)]
    for test in tests:
        moments = f"{test.started:%Y-%m-%d %H:%M:%S};{test.finished:%Y-%m-%d %H:%M:%S}"
        lines.append(f"{test.id};{test.vin};{moments};OK;{';'.join(test.values)}")
    return ("\n".join(lines) + "\n").encode()


def as_json_lines(tests: Sequence[Test]) -> bytes:
    return "".join(
        json.dumps(
            {
                "id": test.id,
                "vin": test.vin,
                "start": test.started.isoformat(),
                "end": test.finished.isoformat(),
                "result": "OK",
                "values": [
                    {"item": name, "value": value, "unit": unit}
                    for (name, unit), value in zip(VALUES, test.values, strict=True)
                ],
            }
        )
        + "\n"
        for test in tests
    ).encode()


def as_wats(test: Test) -> bytes:
    """One report of one test: `STEPS` values."""
    steps: list[dict[str, Any]] = [
        {
            "id": number,
            "group": "M",
            "stepType": "ET_NLT",
            "name": f"Step {number}",
            "status": "P",
            "totTime": 0.1,
            "causedUUTFailure": False,
            "numericMeas": [
                {"compOp": "GELE", "name": None, "status": "P", "unit": "V", "value": float(value),
                 "lowLimit": 2.5, "highLimit": 4.5}
            ],
        }
        for number, value in enumerate(test.values, 1)
    ]  # fmt: skip
    report = {
        "type": "T", "id": test.id, "pn": "CAR", "sn": test.vin, "rev": "A", "processCode": "1", "processName": "Car",
        "result": "P", "machineName": "EOL-1", "location": "", "purpose": "", "start": test.started.isoformat(),
        "root": {"id": 0, "group": "M", "stepType": "SequenceCall", "name": "Main", "status": "P", "totTime": 20.0,
                 "causedUUTFailure": False, "steps": steps},
        "uut": {"execTime": 20.0, "user": None},
    }  # fmt: skip
    return json.dumps(report).encode()


def as_atml(tests: Sequence[Test]) -> bytes:
    head = (
        '<?xml version="1.0" encoding="utf-8"?><trc:TestResultsCollection'
        ' xmlns:trc="urn:IEEE-1636.1:2013:TestResultsCollection" xmlns:tr="urn:IEEE-1636.1:2013:TestResults"'
        ' xmlns:c="urn:IEEE-1671:2010:Common" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:ts="www.ni.com/TestStand/ATMLTestResults/3.0">\n'
    )
    return (head + "".join(_atml_results(test) for test in tests) + "</trc:TestResultsCollection>\n").encode()


def _atml_results(test: Test) -> str:
    steps = "".join(
        f'<tr:Test ID="{number}" name="{name}"><tr:Outcome value="Passed"/><tr:TestResult ID="r" name="Numeric">'
        f'<tr:TestData><c:Datum value="{value}" xsi:type="ts:TS_double" nonStandardUnit="{unit}"/></tr:TestData>'
        '<tr:TestLimits><tr:Limits><c:LimitPair operator="AND">'
        + "".join(
            f'<c:Limit comparator="{comparator}">'
            f'<c:Datum value="{limit}" xsi:type="ts:TS_double" nonStandardUnit="{unit}"/></c:Limit>'
            for comparator, limit in (("GE", LOWER), ("LE", UPPER))
        )
        + "</c:LimitPair></tr:Limits></tr:TestLimits></tr:TestResult></tr:Test>\n"
        for number, ((name, unit), value) in enumerate(zip(VALUES, test.values, strict=True), 1)
    )
    return (
        f'<trc:TestResults uuid="{test.id}"><tr:ResultSet ID="1" name="Main"'
        f' startDateTime="{test.started:%Y-%m-%dT%H:%M:%S}" endDateTime="{test.finished:%Y-%m-%dT%H:%M:%S}">'
        f'<tr:Outcome value="Passed"/>{steps}</tr:ResultSet>'
        "<tr:TestStation><c:SerialNumber>EOL-1</c:SerialNumber></tr:TestStation>"
        f'<tr:UUT UutType="Hardware"><c:SerialNumber>{test.vin}</c:SerialNumber></tr:UUT></trc:TestResults>\n'
    )


def as_aqdef(tests: Sequence[Test]) -> bytes:
    lines = [f"K0100 {len(VALUES)}", "K1001/1 CAR", "K2120/0 1", "K2121/0 1"]
    for place, (name, unit) in enumerate(VALUES, 1):
        lines += [f"K2001/{place} {place}", f"K2002/{place} {name}", f"K2110/{place} {LOWER}", f"K2111/{place} {UPPER}"]
        lines.append(f"K2142/{place} {unit}")
    for test in tests:
        at = f"{test.finished:%d.%m.%Y/%H:%M:%S}"
        lines += ["\x0f".join(f"{value}\x140\x14{at}" for value in test.values), f"K0014/0 {test.vin}"]
    return ("\r\n".join(lines) + "\r\n").encode()
