"""Reads of the evidence for people. What the evaluator is told is collected in gates."""

from .history import (
    LATE,
    Arrival,
    Disposed,
    FittedChange,
    MeasuredValue,
    SoftwareVersion,
    VehicleInspection,
    fittings_of_vehicle,
    inspections_of_vehicle,
    late_arrivals,
    software_of_vehicle,
    vehicles_of_inspection,
)

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
    "software_of_vehicle",
    "vehicles_of_inspection",
]
