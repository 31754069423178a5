"""Units of measurement by symbol, converted by ratios of whole numbers only (ISO 80000; no offset, no rounding)."""

from __future__ import annotations

from math import gcd
from typing import Final

# Dimension to symbol to (numerator, denominator): how many of the dimension's base unit one unit is.
# Kelvin and degree Celsius stand apart (an offset), degree and radian too (pi is no ratio of whole numbers),
# newton metre and joule too (a torque is no energy). "g" is standard gravity, 9.80665 m/s2 exactly (ISO 80000-3).
_DIMENSIONS: Final[dict[str, dict[str, tuple[int, int]]]] = {
    "resistance": {
        "uohm": (1, 1_000_000),
        "mohm": (1, 1000),
        "ohm": (1, 1),
        "kohm": (1000, 1),
        "Mohm": (1_000_000, 1),
        "Gohm": (1_000_000_000, 1),
    },
    "resistance over voltage": {"ohm/V": (1, 1), "kohm/V": (1000, 1), "Mohm/V": (1_000_000, 1)},
    "voltage": {"uV": (1, 1_000_000), "mV": (1, 1000), "V": (1, 1), "kV": (1000, 1)},
    "current": {"uA": (1, 1_000_000), "mA": (1, 1000), "A": (1, 1), "kA": (1000, 1)},
    "charge": {"C": (1, 1), "mAh": (36, 10), "Ah": (3600, 1)},
    "capacitance": {"pF": (1, 1000), "nF": (1, 1), "uF": (1000, 1), "mF": (1_000_000, 1)},
    "power": {"mW": (1, 1000), "W": (1, 1), "kW": (1000, 1)},
    "energy": {"mJ": (1, 1000), "J": (1, 1), "kJ": (1000, 1), "Wh": (3600, 1), "kWh": (3_600_000, 1)},
    "frequency": {"Hz": (1, 1), "kHz": (1000, 1), "MHz": (1_000_000, 1)},
    "time": {"us": (1, 1_000_000), "ms": (1, 1000), "s": (1, 1), "min": (60, 1), "h": (3600, 1)},
    "length": {"um": (1, 1_000_000), "mm": (1, 1000), "cm": (1, 100), "m": (1, 1), "km": (1000, 1)},
    "area": {"mm2": (1, 1_000_000), "cm2": (1, 10_000), "m2": (1, 1)},
    "volume": {"mL": (1, 1000), "L": (1, 1), "m3": (1000, 1)},
    "slope": {"mm/10m": (1, 10), "mm/m": (1, 1)},
    "speed": {"mm/s": (1, 1000), "m/s": (1, 1), "km/h": (5, 18)},
    "acceleration": {"m/s2": (1, 1), "g": (980_665, 100_000)},
    "jerk": {"m/s3": (1, 1)},
    "angle in degrees": {"arcmin": (1, 60), "deg": (1, 1)},
    "angle in radians": {"mrad": (1, 1000), "rad": (1, 1)},
    "angular speed in degrees": {"deg/s": (1, 1)},
    "angular speed in radians": {"rad/s": (1, 1)},
    "mass": {"mg": (1, 1_000_000), "kg": (1, 1), "t": (1000, 1)},
    "mass flow": {"g/min": (1, 1), "g/s": (60, 1), "kg/min": (1000, 1)},
    "force": {"N": (1, 1), "kN": (1000, 1)},
    "torque": {"mNm": (1, 1000), "Nm": (1, 1), "kNm": (1000, 1)},
    "pressure": {
        "Pa": (1, 1),
        "hPa": (100, 1),
        "mbar": (100, 1),
        "kPa": (1000, 1),
        "bar": (100_000, 1),
        "MPa": (1_000_000, 1),
    },
    "pressure over time": {"Pa/s": (60, 1), "Pa/min": (1, 1), "kPa/min": (1000, 1)},
    "temperature difference": {"K": (1, 1)},
    "Celsius temperature": {"degC": (1, 1)},
    "luminous intensity": {"cd": (1, 1), "kcd": (1000, 1)},
    "share": {"%": (1, 1)},
    "pixels": {"px": (1, 1)},
    "count": {"count": (1, 1)},
}

_UNITS: Final = {
    symbol: (dimension, numerator, denominator)
    for dimension, symbols in _DIMENSIONS.items()
    for symbol, (numerator, denominator) in symbols.items()
}


def known_units() -> frozenset[str]:
    """Every symbol that can be converted. Any other symbol is equal to itself alone."""
    return frozenset(_UNITS)


def stated_unit(unit: str) -> str:
    """The unit that a text states: "-" is how catalogues write "none"."""
    return "" if unit == "-" else unit


def ratio(unit: str, into: str) -> tuple[int, int] | None:
    """Whole numbers (p, q), both positive, such that x in `unit` compares with y in `into` as x·p with y·q.

    None where the two cannot be compared: another dimension, or a symbol that is not known and not the same text.
    """
    unit, into = stated_unit(unit), stated_unit(into)
    if unit == into:
        return 1, 1
    if unit not in _UNITS or into not in _UNITS:
        return None
    dimension, numerator, denominator = _UNITS[unit]
    into_dimension, into_numerator, into_denominator = _UNITS[into]
    if dimension != into_dimension:
        return None
    p, q = numerator * into_denominator, into_numerator * denominator
    common = gcd(p, q)
    return p // common, q // common
