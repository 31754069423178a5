"""Registers the tables of every concept with Django. Nothing imports this module."""

from .batches.models import (
    Batch,
    Component,
    DeliveryTarget,
    DrawSeed,
    Fitting,
    MaterialLot,
    Removal,
    Repinning,
    SoftwareChange,
    Vehicle,
    VehicleMove,
)
from .catalogue.models import (
    Characteristic,
    ComponentKind,
    Configuration,
    ControlPlan,
    ManufacturerCode,
    PlanRevision,
    Procedure,
    Requirement,
    SourceItem,
    VehicleModel,
)
from .certificates.models import Certificate, CertificateRevocation
from .dispositions.models import (
    ConcededVehicle,
    Concession,
    ConcessionSignature,
    Disposition,
    Hold,
    HoldList,
    ListedVehicle,
    Nonconformance,
)
from .gates.models import (
    BatchGate,
    Coverage,
    CoverageRevocation,
    Decider,
    Decision,
    OpenReason,
    ScreenedVehicle,
    Screening,
    VehicleGate,
)
from .intake.models import (
    FileFinding,
    Kept,
    NamedSubject,
    Photograph,
    ProfileSample,
    Rereading,
    Submission,
    Trace,
)
from .marks.models import Mark
from .notices.models import NoticeChoice, NoticeLine, NoticeMail, Untold
from .people.models import OperatorAlias, User
from .records.models import LedgerEntry
from .releases.models import Delivery, Release, ReleasedVehicle, Signature
from .results.models import Inspection, Judgement, Measurement, Sample, Void
from .rigs.models import (
    ApiKey,
    Authorisation,
    Calibration,
    OutOfTolerance,
    ProfileAssignment,
    ProfileRevision,
    Rig,
    RigProfile,
    SystemClient,
)
from .sealing.models import Seal, SealingKey, SealWitness

__all__ = [
    "ApiKey", "Authorisation", "Batch", "BatchGate", "Calibration", "Certificate", "CertificateRevocation",
    "Characteristic", "Component", "ComponentKind", "ConcededVehicle", "Concession", "ConcessionSignature",
    "Configuration", "ControlPlan", "Coverage", "CoverageRevocation", "Decider", "Decision", "Delivery",
    "DeliveryTarget", "Disposition", "DrawSeed", "FileFinding", "Fitting", "Hold", "HoldList", "Inspection",
    "Judgement", "Kept", "LedgerEntry", "ListedVehicle", "ManufacturerCode", "Mark", "MaterialLot", "Measurement",
    "NamedSubject", "Nonconformance", "NoticeChoice", "NoticeLine", "NoticeMail", "OpenReason", "OperatorAlias",
    "OutOfTolerance", "Photograph", "PlanRevision", "Procedure", "ProfileAssignment", "ProfileRevision",
    "ProfileSample", "Release", "ReleasedVehicle", "Removal", "Repinning", "Requirement", "Rereading", "Rig",
    "RigProfile", "Sample", "ScreenedVehicle", "Screening", "Seal", "SealWitness", "SealingKey", "Signature",
    "SoftwareChange", "SourceItem", "Submission", "SystemClient", "Trace", "Untold", "User", "Vehicle",
    "VehicleGate", "VehicleModel", "VehicleMove", "Void",
]  # fmt: skip
