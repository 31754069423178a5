"""Which rows of the record concern one vehicle, table by table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from .canonical import TABLES, key_of

# What its rows are found by, each in turn from those before; the parameters of what follows, by name.
_KNOWN: Final = {
    "batches": "select batch_id from inspections_vehicle where id = %(vehicle)s"
    " union select from_batch_id from inspections_vehiclemove where vehicle_id = %(vehicle)s"
    " union select to_batch_id from inspections_vehiclemove where vehicle_id = %(vehicle)s",
    "components": "select component_id from inspections_fitting where vehicle_id = %(vehicle)s",
    "inspections": "select id from inspections_inspection where vehicle_id = %(vehicle)s"
    " union select id from inspections_inspection where component_id = any(%(components)s)",
    "rigs": "select distinct rig_id from inspections_inspection where id = any(%(inspections)s)",
    "externals": "select distinct external_id from inspections_inspection where id = any(%(inspections)s)",
    "operators": "select distinct operator from inspections_inspection where id = any(%(inspections)s)"
    " and operator is not null",
    "nonconformances": "select id from inspections_nonconformance where vehicle_id = %(vehicle)s"
    " or (vehicle_id is null and batch_id = any(%(batches)s))",
    "configurations": "select configuration_id from inspections_batch where id = any(%(batches)s)",
    "releases": "select release_id from inspections_releasedvehicle where vehicle_id = %(vehicle)s",
    "concessions": "select concession_id from inspections_concededvehicle where vehicle_id = %(vehicle)s",
    "lists": "select hold_list_id from inspections_listedvehicle where vehicle_id = %(vehicle)s",
    "screenings": "select screening_id from inspections_screenedvehicle where vehicle_id = %(vehicle)s",
    "coverages": "select id from inspections_coverage where configuration_id = any(%(configurations)s)",
}

_OF_INSPECTION: Final = "r.inspection_id = any(%(inspections)s)"
_OF_VEHICLE: Final = "r.vehicle_id = %(vehicle)s"
_OF_RIG: Final = "r.rig_id = any(%(rigs)s)"

CONCERNS: Final = {
    "ledgerentry": "(r.subject_kind, r.subject) in (select 'vehicle', vin from inspections_vehicle"
    " where id = %(vehicle)s"
    " union all select 'batch', number from inspections_batch where id = any(%(batches)s)"
    " union all select 'inspection', unnest(%(externals)s::text[])"
    " union all select 'operator', unnest(%(operators)s::text[])"
    " union all select 'rig', code from inspections_rig where id = any(%(rigs)s)"
    " union all select 'nonconformance', number from inspections_nonconformance where id = any(%(nonconformances)s)"
    " union all select 'release', number from inspections_release where id = any(%(releases)s)"
    " union all select 'concession', number from inspections_concession where id = any(%(concessions)s)"
    " union all select 'hold_list', number from inspections_holdlist where id = any(%(lists)s)"
    " union all select 'coverage', number from inspections_coverage where id = any(%(coverages)s))",
    "inspection": "r.id = any(%(inspections)s)",
    "judgement": _OF_INSPECTION,
    "void": _OF_INSPECTION,
    "sample": _OF_INSPECTION,
    "decision": f"{_OF_VEHICLE} or (r.vehicle_id is null and r.batch_id = any(%(batches)s))",
    "coverage": "r.id = any(%(coverages)s)",
    "coveragerevocation": "r.coverage_id = any(%(coverages)s)",
    "disposition": f"{_OF_INSPECTION} or r.nonconformance_id = any(%(nonconformances)s)",
    "concession": "r.id = any(%(concessions)s)",
    "concededvehicle": _OF_VEHICLE,
    "concessionsignature": "r.concession_id = any(%(concessions)s)",
    "holdlist": "r.id = any(%(lists)s)",
    "listedvehicle": _OF_VEHICLE,
    "calibration": _OF_RIG,
    "outoftolerance": _OF_RIG,
    "authorisation": _OF_RIG,
    "fitting": _OF_VEHICLE,
    "softwarechange": _OF_VEHICLE,
    "vehiclemove": _OF_VEHICLE,
    "repinning": "r.batch_id = any(%(batches)s)",
    "release": "r.id = any(%(releases)s)",
    "releasedvehicle": _OF_VEHICLE,
    "signature": "r.release_id = any(%(releases)s)",
    "delivery": _OF_VEHICLE,
    "operatoralias": "r.operator = any(%(operators)s)",
    "screening": "r.id = any(%(screenings)s)",
    "screenedvehicle": _OF_VEHICLE,
    "removal": _OF_VEHICLE,
    "photograph": _OF_INSPECTION,
    "trace": "r.external_id = any(%(externals)s) and exists (select from inspections_submission s"
    " where s.id = r.submission_id and s.rig_id = any(%(rigs)s))",
    "profileassignment": _OF_RIG,
    "namedsubject": "r.vin = (select vin from inspections_vehicle where id = %(vehicle)s)",
    "filefinding": _OF_INSPECTION,
    "certificate": _OF_VEHICLE,
    "certificaterevocation": "r.certificate_id in (select id from inspections_certificate"
    " where vehicle_id = %(vehicle)s)",
}
"""SQL by table, over the row r."""

OF_NO_VEHICLE: Final = {
    "deliverytarget": "a plan of the plant, not of a car",
    "drawseed": "a secret until testing is closed; the batch's entries of the ledger tell it then",
    "rereading": "files read again: each inspection that came of it stands for itself",
    "profilesample": "a file beside which a profile was written, of no car",
}
"""Tables of the record that an archive leaves out, and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the record that concerns the vehicle. `recorded_in` tells which checkpoint holds it."""

    kind: int
    id: int
    recorded_in: int


def rows_of_vehicle(vehicle_id: int) -> list[Row]:
    """Every row that concerns the vehicle, in the order of leaves. A fixed number of queries."""
    known = _known(vehicle_id)
    found = []
    with connection.cursor() as cursor:
        for kind, table in TABLES.items():
            if table not in CONCERNS:
                continue
            key = key_of(table)
            cursor.execute(
                f"select r.{key}, r.recorded_in from inspections_{table} r where {CONCERNS[table]} order by 1",  # noqa: S608 names of ours
                known,
            )
            found += [Row(kind, int(number), int(recorded_in)) for number, recorded_in in cursor.fetchall()]
    return found


def _known(vehicle_id: int) -> dict[str, Any]:
    known: dict[str, Any] = {"vehicle": vehicle_id}
    with connection.cursor() as cursor:
        for name, query in _KNOWN.items():
            cursor.execute(query, known)
            known[name] = [value for (value,) in cursor.fetchall()]
    return known


def files_of(rows: Sequence[Row]) -> list[str]:
    """The SHA-256 of every file that these rows name: what rigs wrote, photographs, traces, certificates."""
    ids = {TABLES[kind]: [row.id for row in rows if row.kind == kind] for kind in TABLES}
    with connection.cursor() as cursor:
        cursor.execute(
            "select source ->> 'sha256' from inspections_inspection where id = any(%(inspection)s)"
            " union select unnest(array[sha256, shown_sha256]) from inspections_photograph"
            "  where id = any(%(photograph)s)"
            " union select t.sha256 from inspections_trace t where t.id = any(%(trace)s)"
            " union select s.sha256 from inspections_trace t join inspections_submission s on s.id = t.submission_id"
            "  where t.id = any(%(trace)s)"
            " union select s.sha256 from inspections_namedsubject n join inspections_submission s"
            "  on s.id = n.submission_id where n.id = any(%(namedsubject)s)"
            " union select document_sha256 from inspections_coverage where id = any(%(coverage)s)"
            " order by 1",
            ids,
        )
        return [digest for (digest,) in cursor.fetchall() if digest]
