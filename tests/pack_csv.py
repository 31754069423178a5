"""A pack rig that writes a CSV nobody has seen before, and the profile by which it is read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import yaml

from inspections.catalogue.documents import Document, read_documents
from inspections.catalogue.models import Procedure
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.rules import Actor
from inspections.rigs.models import ProfileRevision, Rig, RigProfile
from inspections.rigs.services import assign_profile, create_profile, draft_profile
from tests.factories import (
    AT,
    Plant,
    make_person,
    make_plant,
    make_procedure,
    make_revision,
    make_rig,
    make_vehicle,
    pin,
    vin,
)
from tests.signing import approve

CODE = "PACK-CSV"
LINES: list[dict[str, Any]] = [
    {"characteristic": "PK-ISO", "lower": "500"},
    {"characteristic": "PK-BOND", "upper": "0.1", "upper_inclusive": False},
]
HEADER = "Test;VIN;Kind;Time;Iso [Mohm];Bond;Note;Result\n"


def row(
    number: int, vin: str, *, iso: str = "812,0", bond: str = "0,043", kind: str = "EOL", result: str = "OK"
) -> str:
    return f"T-{number};{vin};{kind};20.11.2026 08:14:0{number % 10};{iso};{bond};n;{result}\n"


def csv(*rows: str) -> bytes:
    return (HEADER + "".join(rows)).encode()


OPTIONS: dict[str, Any] = {
    "delimiter": ";",
    "test": {
        "id": "Test",
        "serial": "VIN",
        "started": {"from": "Time", "format": "%d.%m.%Y %H:%M:%S"},
        "result": {"from": "Result", "pass": ["OK"], "fail": ["NOK"]},
    },
    "headers": ["Kind"],
    "items": [
        {"value": "Iso [Mohm]", "unit": {"header": True}, "lower": {"text": "500"}, "absent": {"skipped": ["-"]}},
        {"value": "Bond", "upper": {"text": "0,2"}},
        {"value": "Note", "kind": "text"},
    ],
}


def profile_of(**changed: Any) -> dict[str, Any]:
    """The profile's document; a key with None is left out."""
    document: dict[str, Any] = {
        "format": "interlock-profile/1",
        "reading": {"time_zone": "Asia/Shanghai", "decimal_comma": True, "options": OPTIONS},
        "subject": {"vin": {"from": "serial"}},
        "procedure": {"code": "PACK"},
        "tests": {"from": "header", "name": "Kind", "count": ["EOL"]},
        "items": [
            {"item": "Iso", "characteristic": "PK-ISO", "mandatory": True},
            {"item": "Bond", "characteristic": "PK-BOND", "unit": "ohm"},
        ],
    }
    document |= changed
    return {key: value for key, value in document.items() if value is not None}


def read(content: dict[str, Any]) -> Document:
    documents, problems = read_documents("profile", yaml.safe_dump(content, sort_keys=False).encode())
    assert problems == []
    return documents[0]


def owner() -> Actor:
    return Actor.person(make_person(Role.CATALOGUE_OWNER))


def make_pack(plant: Plant) -> tuple[Rig, Procedure]:
    """A rig that is authorised for the procedure, which the plan of the plant's batch asks for."""
    characteristics: dict[str, dict[str, Any]] = {
        "PK-ISO": {"unit": "Mohm"}, "PK-BOND": {"unit": "ohm"}, "PK-ALIEN": {"unit": "V"},
    }  # fmt: skip
    procedure = make_procedure("PACK", "battery", characteristics)
    pin(plant.batch, make_revision(plant.configuration, LINES))
    return make_rig("PACK-7", procedures=[procedure]), procedure


def approved(content: dict[str, Any] | None = None, at: datetime = AT - timedelta(hours=1)) -> ProfileRevision:
    """The document drafted by one person and approved by two others."""
    if not RigProfile.objects.filter(code=CODE).exists():
        create_profile(code=CODE, adapter="table", name="Pack rigs", actor=owner(), at=at)
    drafted = draft_profile(
        code=CODE, adapter="table", name="Pack rigs", document=read(content or profile_of()), actor=owner(), at=at
    )
    revision = drafted.revision
    for _ in range(2):
        revision = approve(revision, make_person(Role.CATALOGUE_OWNER), at)
    return revision


def assigned(rig: Rig, content: dict[str, Any] | None = None) -> ProfileRevision:
    revision = approved(content)
    before = AT - timedelta(days=1)
    assign_profile(rig=rig, profile=revision.profile, effective_at=before, actor=owner(), at=AT - timedelta(hours=1))
    return revision


def make_pack_plant() -> tuple[Plant, Rig]:
    """A small plant with nothing undecided, and such a rig."""
    plant = make_plant()
    Mark.objects.all().delete()
    return plant, make_pack(plant)[0]


def make_read_pack_plant() -> tuple[Plant, Rig]:
    """The same, where the rig's files are read by its profile, and a second car."""
    plant, rig = make_pack_plant()
    assigned(rig)
    make_vehicle(plant.batch, vin=vin(901))
    return plant, rig
