"""Targets of delivery with their history, and the cars in the plant."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.batches.models import DeliveryTarget
from inspections.batches.targets import targets_by_scope
from inspections.releases.in_plant import Standing, cars_in_plant

from ..access import moment_of
from ..batch_facts import vehicle_status_text
from ..target_words import scope_text, standing_text, state_text, working_text
from .sheets import Column, Sheet, coded, in_pages

_LONGEST = 64


def cars_asked(request: HttpRequest) -> tuple[str, str]:
    """What keeps the cars that are asked for, and the code of their model; "" for all."""
    standing, model = request.GET.get("standing", ""), request.GET.get("model", "")[:_LONGEST].replace("\x00", "")
    return (standing if standing in {own.value for own in Standing} else ""), model


def cars(request: HttpRequest) -> Sheet:
    """Cars that have not left, with what keeps each of them."""
    standing, model = cars_asked(request)
    at = moment_of(request)
    columns = [
        Column(_("Vehicle identification number"), lambda row: row.vin),
        Column(_("Model"), lambda row: row.model),
        Column(_("Batch"), lambda row: row.batch),
        Column(_("Car"), lambda row: row.sequence),
        *coded(_("State"), lambda row: vehicle_status_text(row.status), lambda row: row.status),
        *coded(_("What keeps it"), lambda row: standing_text(row.standing), lambda row: row.standing.value),
        Column(_("Built"), lambda row: row.registered_at),
    ]
    pages = in_pages(
        lambda after, most: cars_in_plant(at=at, standing=standing, model=model, after=after, most=most),
        lambda row: (row.registered_at, row.id),
    )
    narrowed = []
    if standing:
        narrowed.append((_("What keeps it"), standing_text(Standing(standing))))
    if model:
        narrowed.append((_("Model"), model))
    return Sheet("cars-in-the-plant", _("Cars in the plant"), columns, pages, narrowed)


def targets(request: HttpRequest) -> Sheet:
    """Every target that was ever set, newest first."""
    by_scope, at = targets_by_scope(), moment_of(request)

    def state(row: DeliveryTarget) -> str:
        return state_text(row, by_scope[code(row)], at)

    def code(row: DeliveryTarget) -> str:
        return row.model.code if row.model else ""

    columns = [
        Column(_("Of"), lambda row: scope_text(code(row))),
        Column(_("Model"), code),
        Column(_("Cars a year"), lambda row: row.cars_per_year),
        Column(_("From"), lambda row: row.effective_on),
        Column(_("State"), state),
        Column(_("Works"), working_text),
        Column(_("Closed days"), lambda row: "; ".join(day.isoformat() for day in row.closed_days)),
        Column(_("Why"), lambda row: row.reason),
        Column(_("Demonstration"), lambda row: row.demonstration),
        Column(_("Set by"), lambda row: row.set_by),
        Column(_("Set at"), lambda row: row.at),
    ]
    return Sheet("targets", _("Targets of delivery"), columns, _newest_first(by_scope))


def _newest_first(by_scope: dict[str, list[DeliveryTarget]]) -> Iterator[list[DeliveryTarget]]:
    yield sorted((row for rows in by_scope.values() for row in rows), key=lambda row: -row.pk)
