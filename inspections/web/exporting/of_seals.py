"""The checkpoints of the sealed record."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.sealing.queries import keys_of, seals_before

from .sheets import Column, Sheet, in_pages


def seals(request: HttpRequest) -> Sheet:
    """Every checkpoint, newest first."""
    columns = [
        Column(_("Checkpoint"), lambda row: row.number),
        Column(_("Sealed at"), lambda row: row.sealed_at),
        Column(_("Rows"), lambda row: row.leaves),
        Column(_("Root"), lambda row: bytes(row.root).hex()),
        Column(_("Digest of the checkpoint"), lambda row: bytes(row.nodes)[:32].hex()),
        Column(_("Signed with key"), lambda row: "; ".join(keys_of(row))),
        Column(_("Ledger"), lambda row: str(row.ledger)),
    ]
    pages = in_pages(seals_before, lambda row: row.number)
    return Sheet("checkpoints", _("Checkpoints of the sealed record"), columns, pages)
