"""Releases, and the cars that one names."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.releases.models import Release
from inspections.releases.queries import releases as read_releases
from inspections.releases.queries import vehicles_of_release

from ..access import moment_of
from ..batch_facts import vehicle_status_text
from ..release_page import state_words
from .sheets import Column, Sheet, coded, in_pages


def releases(request: HttpRequest) -> Sheet:
    """Releases, newest first."""
    at = moment_of(request)
    columns = [
        Column(_("Release"), lambda row: row.number),
        *coded(_("State"), lambda row: state_words(row, at)[1], lambda row: row.state(at)),
        Column(_("Batch"), lambda row: row.batch),
        Column(_("Cars"), lambda row: row.vehicles),
        Column(_("May not leave now"), lambda row: row.suspended),
        Column(_("Delivered"), lambda row: row.delivered),
        Column(_("Proposed by"), lambda row: row.proposed_by),
        Column(_("Proposed"), lambda row: row.proposed_at),
        Column(_("Lapses"), lambda row: row.lapses_at),
        Column(_("Signatures"), lambda row: row.signatures),
        Column(_("Signed by"), lambda row: "; ".join(row.signers)),
        Column(_("Signed"), lambda row: row.signed_at),
    ]
    pages = in_pages(lambda before, most: read_releases(before=before, most=most), lambda row: row.id)
    return Sheet("releases", _("Releases"), columns, pages)


def cars(release: Release) -> Sheet:
    """The cars of a release in build order."""
    columns = [
        Column(_("Car"), lambda row: row.sequence),
        Column(_("Vehicle identification number"), lambda row: row.vin),
        *coded(_("State"), lambda row: vehicle_status_text(row.status), lambda row: row.status),
        Column(_("By concession"), lambda row: row.conceded),
        Column(_("Stands under this release"), lambda row: row.stands),
        Column(_("Suspended"), lambda row: row.suspended_at),
        Column(_("Delivered"), lambda row: row.delivered_at),
    ]
    pages = in_pages(
        lambda after, most: vehicles_of_release(release_id=release.pk, after=after or 0, most=most),
        lambda row: row.sequence,
    )
    title = _("Cars of release %(number)s") % {"number": release.number}
    return Sheet(f"release-{release.number}-cars", title, columns, pages)
