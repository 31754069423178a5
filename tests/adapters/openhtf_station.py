"""A real OpenHTF test, run by an interpreter that has OpenHTF: writes its record to the file named first.

openhtf_station.py FILE SERIAL passed|failed|broken
"""

import sys

import openhtf as htf
from openhtf.output.callbacks import json_factory
from openhtf.util import units, validators


@htf.measures(
    htf.Measurement("insulation").in_range(minimum=500).with_units(units.OHM),
    htf.Measurement("voltage").in_range(680, 820).with_units(units.VOLT),
    htf.Measurement("spread").in_range(maximum=15, marginal_maximum=12),
    htf.Measurement("near").within_percent(5.0, 10),
    htf.Measurement("modules").equals(12),
    htf.Measurement("connector").equals("HVIL-OK"),
    htf.Measurement("closed").equals(True),
    htf.Measurement("version").matches_regex(r"^4\.\d+$"),
    htf.Measurement("odd").with_validator(lambda value: value % 2 == 1),
    htf.Measurement("room").with_units(units.DEGREE_CELSIUS),
    htf.Measurement("cells").all_in_range(3.6, 3.8),
    htf.Measurement("ramp")
    .with_dimensions(units.SECOND)
    .with_units(units.VOLT)
    .with_validator(validators.dimension_pivot_validate(validators.in_range(0, 400))),
)
def pack(test):
    """Every kind of validator, each passed."""
    test.attach("trace.txt", b"raw trace bytes")
    found = test.measurements
    found.insulation, found.voltage, found.spread, found.near, found.modules = 812.0, 742.3, 13.0, 5.4, 12
    found.connector, found.closed, found.version, found.odd, found.room = "HVIL-OK", True, "4.2", 7, 21.5
    found.cells = [3.70, 3.71]
    for second in range(3):
        found.ramp[second] = second * 200.0


@htf.measures(htf.Measurement("imbalance").in_range(maximum=20), htf.Measurement("forgotten").in_range(maximum=5))
def brake(test):
    """One value out of its limits, one never set."""
    test.measurements.imbalance = 26.5


def breaks(test):
    """Ends in an error before anything is measured."""
    raise RuntimeError("the rig lost its supply")


PHASES = {"passed": [pack], "failed": [pack, brake], "broken": [breaks, pack]}

if __name__ == "__main__":
    file, serial, kind = sys.argv[1:]
    test = htf.Test(*PHASES[kind], test_name="PACK-EOL", test_version="1.2.0")
    test.add_output_callbacks(json_factory.OutputToJSON(file, indent=2))
    test.execute(test_start=lambda: serial)
