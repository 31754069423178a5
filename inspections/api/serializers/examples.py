"""Examples in the OpenAPI document. They are sent and compared by tests, so that they stay true."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample

INSPECTION = OpenApiExample(
    "One car at the end of the line",
    {
        "id": "EOL3-2026-11-22-000417",
        "vin": "LSGPC52U6AF102554",
        "procedure": "BAT-EOL-ELEC",
        "started_at": "2026-11-22T08:14:03.120+08:00",
        "finished_at": "2026-11-22T08:14:41.877+08:00",
        "purpose": "initial",
        "operator": "0417",
        "software": [{"system": "BMS", "version": "4.2.1"}],
        "verdict": "pass",
        "measurements": [
            {"characteristic": "BAT-EOL-ISO-P", "value": 812.0, "unit": "Mohm"},
            {"characteristic": "BAT-EOL-BOND", "position": "charge-port", "value": "0.043", "unit": "ohm"},
            {"characteristic": "BAT-EOL-HVIL", "value": True, "verdict": "pass"},
        ],
    },
    request_only=True,
)

BATCH = OpenApiExample(
    "Three cars on line 1",
    {"number": "SU7-2026W47-03", "configuration": "SU7-MAX-CN", "planned_quantity": 3, "line": "1"},
    request_only=True,
)

VEHICLES = OpenApiExample(
    "One car with its software and its pack",
    {
        "vehicles": [
            {
                "vin": "LSGPC52U6AF102554",
                "sequence": 1,
                "software": [{"system": "BMS", "version": "4.2.1"}],
                "components": [{"kind": "battery-pack", "serial": "PK-000417", "lot": "L-46"}],
            }
        ]
    },
    request_only=True,
)

SOFTWARE = OpenApiExample(
    "A new driving computer",
    {"at": "2026-11-22T10:30:00+08:00", "software": [{"system": "ADAS", "version": "2.8.0"}]},
    request_only=True,
)

FITTINGS = OpenApiExample(
    "A new windscreen",
    {
        "at": "2026-11-22T11:05:00+08:00",
        "fitted": [{"kind": "windscreen", "serial": "WS-88123", "lot": "L-12"}],
        "removed": [{"kind": "windscreen", "serial": "WS-88007"}],
    },
    request_only=True,
)

DELIVERY = OpenApiExample("The car drives out", {"at": "2026-11-22T16:40:00+08:00"}, request_only=True)
