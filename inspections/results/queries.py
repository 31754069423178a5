"""Reads of the evidence for people. What the evaluator is told is collected in gates."""

from .history import (
    LATE,
    Arrival,
    Disposed,
    MeasuredValue,
    VehicleInspection,
    inspections_of_vehicle,
    late_arrivals,
    vehicles_of_inspection,
)
from .in_the_car import FittedChange, SoftwareVersion, fittings_of_vehicle, software_of_vehicle
from .sampling import outcomes_on

__all__ = [
    "LATE",
    "Arrival",
    "Disposed",
    "FittedChange",
    "MeasuredValue",
    "SoftwareVersion",
    "VehicleInspection",
    "fittings_of_vehicle",
    "inspections_of_vehicle",
    "late_arrivals",
    "outcomes_on",
    "software_of_vehicle",
    "vehicles_of_inspection",
]
