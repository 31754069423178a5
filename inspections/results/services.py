"""Everything that changes evidence, for the rooms above: recording, registering, fitting, reflashing, rigs' facts."""

from .admitting import (
    FactRefused,
    authorise_rig,
    enter_calibration,
    report_out_of_tolerance,
    void_inspection,
    withdraw_authorisation,
)
from .changing import ChangeRefused, change_software, fit_components
from .fitting import FittedPart
from .operators import OperatorRefused, map_operator
from .recorded import Recorded, RecordState
from .recording import record_inspection, record_inspections
from .registering import NewVehicle, Registered, RegistrationRefused, register_vehicles
from .rejudging import judge_on_current_pins

__all__ = [
    "ChangeRefused",
    "FactRefused",
    "FittedPart",
    "NewVehicle",
    "OperatorRefused",
    "RecordState",
    "Recorded",
    "Registered",
    "RegistrationRefused",
    "authorise_rig",
    "change_software",
    "enter_calibration",
    "fit_components",
    "judge_on_current_pins",
    "map_operator",
    "record_inspection",
    "record_inspections",
    "register_vehicles",
    "report_out_of_tolerance",
    "void_inspection",
    "withdraw_authorisation",
]
