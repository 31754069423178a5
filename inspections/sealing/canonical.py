"""How a row of the record is written before it is hashed: an explicit list of columns for each table, by version.

Form text of a row: its kind and version, a line end, the row as PostgreSQL writes a row of these columns (times in UTC,
numbers with the digits they were recorded with, bytes in hexadecimal, an absent value as nothing, text in quotes where
it would be doubtful), and for an inspection one more line for each of its measurements in their order. The leaf is the
SHA-256 of a zero byte and that text (RFC 6962). It is made by PostgreSQL itself: of 28 µs an inspection with five
measurements takes there, most would be spent carrying the rows elsewhere.

A column added to a table of the record needs a new version here: seals keep the one they were made with. Pure.
"""

from __future__ import annotations

from typing import Final

TABLES: Final = {
    1: "ledgerentry",
    2: "inspection",
    3: "judgement",
    4: "void",
    5: "sample",
    6: "decision",
    7: "coverage",
    8: "coveragerevocation",
    9: "disposition",
    10: "concession",
    11: "concededvehicle",
    12: "concessionsignature",
    13: "holdlist",
    14: "listedvehicle",
    15: "calibration",
    16: "outoftolerance",
    17: "authorisation",
    18: "fitting",
    19: "softwarechange",
    20: "vehiclemove",
    21: "repinning",
    22: "release",
    23: "releasedvehicle",
    24: "signature",
    25: "delivery",
    26: "deliverytarget",
    27: "operatoralias",
    28: "drawseed",
    29: "screening",
    30: "screenedvehicle",
    31: "removal",
    32: "photograph",
    33: "trace",
    34: "profileassignment",
    35: "namedsubject",
    36: "rereading",
    37: "filefinding",
    38: "profilesample",
    39: "certificate",
    40: "certificaterevocation",
}
"""What is sealed, by number: leaves stand in this order, then by id. Never reuse a number."""

NUMBERS: Final = {table: number for number, table in TABLES.items()}
MEASUREMENT: Final = "measurement"
"""Written with their inspection: no leaf of their own."""

KEYS: Final = {"drawseed": "batch_id"}
"""The key of the tables whose key is not `id`."""

CURRENT: Final = 1
"""The version that seals are made with."""

_FIRST: Final = {
    "ledgerentry": "id at actor_kind actor_id actor act subject_kind subject batch reason before after request_id",
    "inspection": "id rig_id vehicle_id component_id lot_id batch_id procedure_id revision_id started_at finished_at"
    " recorded_at purpose verdict verdict_reason claimed person_id external_id digest operator nonconformance software"
    " source",
    "measurement": "ordinal characteristic_id requirement_id outcome reason claimed value position unit raw name",
    "judgement": "id inspection_id ordinal revision_id requirement_id outcome reason act at",
    "void": "id inspection_id reason voided_by person_id at",
    "sample": "id procedure_id configuration_id revision_id line inspection_id subject characteristic_id failed outcome"
    " finished_at recorded_at",
    "decision": "id batch_id vehicle_id revision_id decided_at valid_until counter state domain reasons counts",
    "coverage": "id number procedure_id configuration_id kind software inspection_id laboratory certificate document"
    " document_sha256 valid_from valid_until signed_by person_id at",
    "coveragerevocation": "id coverage_id reason revoked_by at",
    "disposition": "id nonconformance_id inspection_id ordinal kind reason parts repeats done_at disposed_by person_id"
    " at",
    "concession": "id number batch_id nonconformance_id requirement_id characteristic_id authority document reason"
    " expires_at quantity statement digest proposed_by proposer_id proposed_at lapses_at",
    "concededvehicle": "id concession_id vehicle_id nonconformance_id departures",
    "concessionsignature": "id place signer_id personnel_number printed_name meaning digest signed_at concession_id"
    " role",
    "holdlist": "id number condition reason digest placed_by placed_at",
    "listedvehicle": "id hold_list_id vehicle_id batch_id status",
    "calibration": "id rig_id certificate valid_from valid_until recorded_at recorded_by",
    "outoftolerance": "id rig_id back_to found_at reason recorded_at recorded_by",
    "authorisation": "id rig_id procedure_id granted effective_at recorded_at recorded_by reason",
    "fitting": "id vehicle_id component_id fitted at recorded_at",
    "softwarechange": "id vehicle_id at recorded_at system version",
    "vehiclemove": "id vehicle_id from_batch_id from_sequence from_revision_id to_batch_id to_sequence to_revision_id"
    " reason moved_by person_id at",
    "repinning": "id batch_id from_revision_id to_revision_id digest reason signed_by person_id at",
    "release": "id number batch_id revision_id statement digest proposed_by proposer_id proposed_at lapses_at",
    "releasedvehicle": "id release_id vehicle_id digest conceded",
    "signature": "id place signer_id personnel_number printed_name meaning digest signed_at release_id counter",
    "delivery": "id vehicle_id release_id delivered_at recorded_at recorded_by conceded",
    "deliverytarget": "id model_id cars_per_year weekdays hours closed_days effective_on reason demonstration set_by"
    " person_id at",
    "operatoralias": "id operator user_id mapped_by at",
    "drawseed": "batch_id seed planned_quantity at",
    "screening": "id procedure_id rejected since reason screened_by person_id at",
    "screenedvehicle": "id screening_id vehicle_id",
    "removal": "id vehicle_id status procedure_id nonconformance reason removed_by person_id at",
    "photograph": "id inspection_id sha256 shown_sha256 media_type size width height name taken_by person_id at",
    "trace": "id submission_id external_id sha256 size name adapter channels at",
    "profileassignment": "id rig_id profile_id assigned effective_at recorded_at recorded_by reason",
    "namedsubject": "id submission_id external_id vin component_kind component_serial reason person_id named_by at",
    "rereading": "id rig_id adapter code submissions person_id asked_by at",
    "filefinding": "id inspection_id ordinal item code of_file of_plan recorded_at",
    "profilesample": "id profile_id sha256 name size uploaded_by at",
    "certificate": "id number kind vehicle_id batch_id release_id ordinal content digest facts_digest code key_id"
    " signature pdf_sha256 pdf_size issued_by issuer_id issued_at",
    "certificaterevocation": "id certificate_id reason revoked_by person_id at",
}

FORMS: Final = {1: {table: tuple(columns.split()) for table, columns in _FIRST.items()}}
"""The columns by version and table, in the order in which they are written."""

UNSEALED: Final = {
    "seal": "it is the chain itself: each names the one before, and is signed",
    "sealingkey": "what it signed proves it; trusted are the keys that lie outside the database alone",
}
"""Append-only tables that are no leaves, and why."""

SESSION: Final = (
    "set local timezone = 'UTC'",
    "set local datestyle = 'ISO, YMD'",
    "set local bytea_output = 'hex'",
    "set local intervalstyle = 'postgres'",
    "set local extra_float_digits = 1",
)
"""What the writing of a row depends on, set in the transaction that has rows written."""


def key_of(table: str) -> str:
    return KEYS.get(table, "id")


def form_of(table: str, version: int) -> str:
    """SQL that writes the row `r` of the table. Raises KeyError for a version or table that there is not."""
    forms = FORMS[version]
    own = f"'{table} {version}' || chr(10) || {_row('r', forms[table])}"
    if table != "inspection":
        return own
    measured = f"string_agg({_row('m', forms[MEASUREMENT])}, chr(10) order by m.ordinal)"
    return (
        f"{own} || coalesce(chr(10) || (select {measured} from inspections_measurement m"  # noqa: S608 names of the above
        " where m.inspection_id = r.id), '')"
    )


def leaf_of(table: str, version: int) -> str:
    """SQL for the leaf digest of the row `r`."""
    return f"sha256('\\x00'::bytea || convert_to({form_of(table, version)}, 'UTF8'))"


def _row(alias: str, columns: tuple[str, ...]) -> str:
    return f"row({', '.join(f'{alias}.{chr(34)}{column}{chr(34)}' for column in columns)})::text"
