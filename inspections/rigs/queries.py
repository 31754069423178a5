"""Reads of rigs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection


def authorised_procedures(*, rig_id: int, procedure_ids: Iterable[int], at: datetime) -> set[int]:
    """Which of the procedures the rig may carry out at a moment: the last word with effect by then says so."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select procedure_id from (select distinct on (procedure_id) procedure_id, granted"
            " from inspections_authorisation where rig_id = %s and procedure_id = any(%s) and effective_at <= %s"
            " order by procedure_id, effective_at desc, id desc) latest where granted",
            [rig_id, sorted(set(procedure_ids)), at],
        )
        return {row[0] for row in cursor.fetchall()}
