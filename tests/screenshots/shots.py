"""What is photographed: each page by its name, who looks at it, how large, and the way to it."""

from __future__ import annotations

from dataclasses import dataclass

from inspections.management.simulation.numbering import batch_number, vin_of

DESK = (1440, 900)
TALL = (1440, 1240)
LOW = (1440, 680)
TABLET = (820, 1180)

ENDED = "2026W48-01"
"""A run that was played to its end: cars answered, released, delivered, one of them stopped at the gate."""
FLAGGED = "2026W48-02"
"""A run that has just been flagged: everything is still to be answered."""
BATCH = batch_number("SU7", FLAGGED)
EXAMPLE = vin_of("SU7", ENDED, 17)
"""The car of the worked example (docs/demo.md)."""
LEFT = vin_of("SU7", ENDED, 1)
"""A car that two people signed for and that has left."""
UNTESTED = vin_of("SU7", FLAGGED, 6)
"""A car that was driven past a station."""

MEASURED = vin_of("SU7", FLAGGED, 9)
"""A good car until an inspector finds something."""
SQUIBS = "CRS-EOL-SRS"
AIRBAG = "-driver-airbag-1"

PROFILE = "TORQUE-CSV"
FILE = f"""Test;VIN;Time;Main+ [Nm];Main- [Nm];Result
T-4471;{MEASURED};27.11.2026 08:12:40;24,9;25,3;OK
"""
"""What a tool of the line writes, a format that nobody has seen before."""
SAYS = """format: interlock-profile/1
reading:
  time_zone: Asia/Shanghai
  decimal_comma: true
  options:
    delimiter: ";"
    test:
      id: Test
      serial: VIN
      started: {from: Time, format: "%d.%m.%Y %H:%M:%S"}
      result: {from: Result, pass: [OK], fail: [NOK]}
    items:
      - {value: "Main+ [Nm]", unit: {header: true}}
      - {value: "Main- [Nm]", unit: {header: true}}
subject:
  vin: {from: serial}
procedure: {code: BAT-EOL-TORQUE}
items:
  - {item: "Main+", characteristic: BAT-EOL-BUSBAR, position: main-positive}
"""
"""The profile that reads it; one of its columns has no place yet."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What is typed into the first box that `box` selects."""

    box: str
    value: str


@dataclass(frozen=True, slots=True)
class Shot:
    """`path` is opened first; where `link` is given, the first link of the page that it selects is followed then.

    Without `path` it is a page that came of what people did before, known by the name.
    """

    name: str
    reader: str
    path: str
    link: str = ""
    size: tuple[int, int] = DESK
    typed: tuple[Typed, ...] = ()


TYPED = (
    Typed(f"[data-reading] input[name$={AIRBAG}]", "3.80"),
    Typed("[data-reading] input[name$=-driver-airbag-2]", "2.14"),
    Typed("[data-reading] input[name$=-passenger-airbag-1]", "2.2"),
)

SHOTS = (
    Shot("today", "engineer", "/"),
    Shot("targets", "owner", "/targets/"),
    Shot("vehicles", "engineer", "/vehicles/"),
    Shot("batch", "engineer", f"/batches/{BATCH}/"),
    Shot("matrix", "engineer", f"/batches/{BATCH}/matrix/"),
    Shot("vehicle", "engineer", f"/vehicles/{EXAMPLE}/"),
    Shot("car", "inspector", f"/entry/{UNTESTED}/", size=TABLET),
    Shot("entry", "inspector", f"/entry/{UNTESTED}/{SQUIBS}/", size=TABLET, typed=TYPED),
    Shot("recorded", "inspector", "", size=TABLET),
    Shot("nonconformances", "engineer", "/nonconformances/"),
    Shot("nonconformance", "engineer", "/nonconformances/", "main a[href^='/nonconformances/NC-']"),
    Shot("release", "officer2", "/releases/", "main a[href^='/releases/']"),
    Shot("characteristic", "engineer", "/characteristics/ALN-TOE-F/"),
    Shot("plan", "owner", "/plans/SU7-MAX-CN-P2/2/"),
    Shot("draft", "owner", "/plans/SU7-MAX-CN-P2/draft/BAT-EOL-ELEC/", size=LOW),
    Shot("compare", "owner", "/plans/SU7-MAX-CN-P2/compare/"),
    Shot("coverage", "owner", "/coverage/SU7-MAX-CN-P2/"),
    Shot("intake", "engineer", "/intake/"),
    Shot("profile", "owner", "", size=TALL),
    Shot("samples", "engineer", "/sampling/"),
    Shot("certificate", "officer", "", size=LOW),
    Shot("record", "auditor", "/record/", size=LOW),
)
