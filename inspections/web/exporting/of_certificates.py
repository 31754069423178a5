"""The papers of a car, or the dossiers of a batch."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from inspections.batches.models import Batch, Vehicle
from inspections.certificates.models import Certificate
from inspections.certificates.queries import certificates_of_batch, certificates_of_vehicle
from inspections.certificates.rules import shown_number

from .sheets import Column, Sheet

_MOST = 1000


def of_vehicle(vehicle: Vehicle) -> Sheet:
    """Certificates of a car, newest first."""
    title = _("Certificates of %(vin)s") % {"vin": vehicle.vin}
    return Sheet(f"certificates-{vehicle.vin}", title, _columns(), _once(certificates_of_vehicle(
        vehicle_id=vehicle.pk, most=_MOST)))  # fmt: skip


def of_batch(batch: Batch) -> Sheet:
    """Dossiers of a batch, newest first."""
    title = _("Dossiers of batch %(number)s") % {"number": batch.number}
    return Sheet(f"dossiers-{batch.number}", title, _columns(), _once(certificates_of_batch(
        batch_id=batch.pk, most=_MOST)))  # fmt: skip


def _once(rows: list[Certificate]) -> Iterator[list[Certificate]]:
    yield rows


def _columns() -> list[Column]:
    return [
        Column(_("Number"), lambda row: shown_number(row.number)),
        Column(_("Issued"), lambda row: row.issued_at),
        Column(_("Issued by"), lambda row: row.issued_by),
        Column(_("Revoked"), lambda row: row.revocation.at if hasattr(row, "revocation") else None),
        Column(_("Reason"), lambda row: row.revocation.reason if hasattr(row, "revocation") else ""),
        Column(_("Contents, SHA-256"), lambda row: row.digest),
        Column(_("PDF, SHA-256"), lambda row: row.pdf_sha256),
        Column(_("Key"), lambda row: row.key_id),
    ]
