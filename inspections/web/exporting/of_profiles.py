"""Rig profiles with what is in force, what waits and whose files they read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from .sheets import Column, Sheet


def profiles(rows: Iterable[dict[str, Any]]) -> Sheet:
    """The rows of the page's list."""

    def of(row: dict[str, Any], key: str, field: str) -> Any:
        return getattr(row[key], field) if row[key] is not None else None

    columns = [
        Column(_("Rig profile"), lambda row: row["profile"].code),
        Column(_("Name"), lambda row: row["profile"].name),
        Column(_("Reader"), lambda row: row["profile"].adapter),
        Column(_("Revision in force"), lambda row: of(row, "in_force", "number")),
        Column(_("In force since"), lambda row: of(row, "in_force", "second_approved_at")),
        Column(_("Revision that waits"), lambda row: of(row, "draft", "number")),
        Column(_("Reads files of"), lambda row: "; ".join(rig.code for rig in row["rigs"])),
    ]
    return Sheet("rig-profiles", _("Rig profiles"), columns, iter([list(rows)]))
