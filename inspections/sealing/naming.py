"""What a row of the record is about, for people: the car, the act, the test."""

from __future__ import annotations

from typing import Final

from django.db import connection

from .canonical import FORMS, key_of

# What a row says of itself where it names no car, by table: SQL over the row r.
_OWN: Final = {
    "ledgerentry": "r.act || ' of ' || r.subject",
    "inspection": "coalesce((select vin from inspections_vehicle v where v.id = r.vehicle_id), 'component or lot')"
    " || ', ' || (select code from inspections_procedure p where p.id = r.procedure_id) || ', ' || r.external_id",
    "coverage": "'coverage ' || r.number",
    "concession": "'concession ' || r.number",
    "holdlist": "'hold list ' || r.number",
    "release": "'release ' || r.number",
    "calibration": "'certificate ' || r.certificate",
    "operatoralias": "'operator ' || r.operator",
    "namedsubject": "r.vin",
}
# By a column, where the table is none of those: SQL over the row r.
_BY_COLUMN: Final = (
    ("vehicle_id", "(select vin from inspections_vehicle v where v.id = r.vehicle_id)"),
    (
        "inspection_id",
        "(select coalesce(v.vin || ', ', '') || i.external_id from inspections_inspection i"
        " left join inspections_vehicle v on v.id = i.vehicle_id where i.id = r.inspection_id)",
    ),
    ("release_id", "(select 'release ' || number from inspections_release o where o.id = r.release_id)"),
    ("concession_id", "(select 'concession ' || number from inspections_concession o where o.id = r.concession_id)"),
    ("batch_id", "(select 'batch ' || number from inspections_batch o where o.id = r.batch_id)"),
    ("rig_id", "(select 'rig ' || code from inspections_rig o where o.id = r.rig_id)"),
    ("external_id", "r.external_id"),
    ("name", "r.name"),
)


def subject_of(table: str, number: int) -> str:
    """Whom or what the row with this id is about; "" where it is gone or says nothing."""
    columns = FORMS[max(FORMS)][table]
    wanted = _OWN.get(table) or next((sql for column, sql in _BY_COLUMN if column in columns), "''")
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {wanted} from inspections_{table} r where r.{key_of(table)} = %s limit 1",  # noqa: S608 names of ours
            [number],
        )
        row = cursor.fetchone()
    return str(row[0] or "") if row else ""


def stands(table: str, number: int) -> bool:
    """Whether a row with this id is in the table at all."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select exists(select from inspections_{table} r where r.{key_of(table)} = %s)",  # noqa: S608 names of ours
            [number],
        )
        (found,) = cursor.fetchone()
    return bool(found)
