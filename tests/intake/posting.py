"""Bodies as rigs send them."""

import json
from typing import Any

from inspections.intake.services import Answer, post_bulk, post_inspection
from tests.factories import AT, Plant

JSON = "application/json"
NDJSON = "application/x-ndjson"
MEASURED = [
    {"characteristic": "BOND", "position": "charge-port", "value": 0.043, "unit": "ohm"},
    {"characteristic": "BOND", "position": "pack", "value": "0.040", "unit": "ohm"},
    {"characteristic": "ISO", "value": 812.0, "unit": "ohm/V"},
    {"characteristic": "HVIL", "value": True, "verdict": "pass"},
]


def fields(plant: Plant, **changed: Any) -> dict[str, Any]:
    """A passing inspection of the plant's vehicle as its rig writes it; a field changed to None is left out."""
    whole = {
        "id": "EOL3-1",
        "vin": plant.vehicle.vin,
        "procedure": "BAT-EOL",
        "started_at": "2026-11-23T07:14:03.120+08:00",
        "finished_at": "2026-11-23T07:14:41.877+08:00",
        "measurements": MEASURED,
        **changed,
    }
    return {key: value for key, value in whole.items() if value is not None}


def body(plant: Plant, **changed: Any) -> bytes:
    return json.dumps(fields(plant, **changed)).encode()


def send(plant: Plant, sent: bytes) -> Answer:
    return post_inspection(rig=plant.rig, body=sent, media_type=JSON, actor=plant.rig_actor, at=AT)


def send_bulk(plant: Plant, sent: bytes, media_type: str = JSON) -> Answer:
    return post_bulk(rig=plant.rig, body=sent, media_type=media_type, actor=plant.rig_actor, at=AT)
