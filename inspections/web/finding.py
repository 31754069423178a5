"""What a scan or a typed text can mean: every kind is tried; one exact hit opens, several are listed by kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from inspections.batches.models import Vehicle
from inspections.batches.queries import (
    batches_with_code,
    find_batch,
    find_vehicle,
    vehicles_by_tail,
    vehicles_with_part,
)
from inspections.batches.rules import is_vin
from inspections.catalogue.models import Characteristic, ControlPlan
from inspections.dispositions.models import Concession, HoldList, Nonconformance
from inspections.releases.models import Release
from inspections.results.queries import vehicles_of_inspection
from inspections.rigs.models import Rig

from .access import language_now
from .frame import optional_url

MOST_HITS = 20
LONGEST = 200
TAIL = 6
_SHORTEST_PART = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. `kind` says what it is, `about` where it belongs."""

    kind: str
    code: str
    about: str
    url: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a text means. `exact` names the things whose code it is; `likely` those that it is a part of."""

    text: str
    exact: tuple[Hit, ...]
    likely: tuple[Hit, ...]

    @property
    def only(self) -> Hit | None:
        """The one page that the text opens, if there is exactly one."""
        pages = {hit.url: hit for hit in self.exact}
        return next(iter(pages.values())) if len(pages) == 1 else None


def find(text: str) -> Found:
    """Everything that the text names, at most 20 of a sort. Nothing for what no code can hold."""
    asked = text.strip()[:LONGEST]
    if not asked or not asked.isprintable():
        return Found(asked, (), ())
    exact = tuple(_exact(asked))[:MOST_HITS]
    likely = () if exact or len(asked) < _SHORTEST_PART else tuple(_likely(asked))[:MOST_HITS]
    return Found(asked, exact, likely)


def _exact(text: str) -> Iterator[Hit]:
    code = text.upper()
    if is_vin(code):
        vehicle = find_vehicle(code)
        if vehicle is not None:
            yield _vehicle(vehicle)
    elif len(code) == TAIL:
        yield from (_vehicle(vehicle) for vehicle in vehicles_by_tail(code, MOST_HITS))
    batch = find_batch(text) or find_batch(code)
    if batch is not None:
        yield Hit(_("Batch"), batch.number, batch.configuration.code, reverse("web:batch", args=[batch.number]))
    for row in Nonconformance.objects.filter(number=code).select_related("vehicle", "batch"):
        where = row.vehicle.vin if row.vehicle else row.batch.number
        yield Hit(_("Nonconformance"), row.number, where, reverse("web:nonconformance", args=[row.number]))
    for release in Release.objects.filter(number=code).select_related("batch"):
        yield Hit(_("Release"), release.number, release.batch.number, reverse("web:release", args=[release.number]))
    for conceded in Concession.objects.filter(number=code).select_related("batch"):
        url = reverse("web:concession", args=[conceded.number])
        yield Hit(_("Concession"), conceded.number, conceded.batch.number, url)
    for listed in HoldList.objects.filter(number=code):
        yield Hit(_("Hold list"), listed.number, listed.placed_by, reverse("web:hold-list", args=[listed.number]))
    for rig in Rig.objects.filter(code__in={text, code}):
        yield Hit(_("Rig"), rig.code, rig.name, optional_url("web:rig", rig.code) or optional_url("web:rigs"))
    for plan in ControlPlan.objects.filter(code__in={text, code}):
        url = optional_url("web:plan", plan.code) or optional_url("web:plans")
        yield Hit(_("Control plan"), plan.code, plan.name, url)
    for measured in Characteristic.objects.filter(code__in={text, code}):
        yield _characteristic(measured)
    for vehicle, kind in vehicles_with_part(text, MOST_HITS):
        yield Hit(_("Part"), f"{kind} {text}", vehicle.vin, reverse("web:vehicle", args=[vehicle.vin]))
    for inspection_id, vin in vehicles_of_inspection(external_id=text, most=MOST_HITS):
        url = reverse("web:vehicle", args=[vin]) + f"#inspection-{inspection_id}"
        yield Hit(_("Inspection"), text, vin, url)


def _likely(text: str) -> Iterator[Hit]:
    for batch in batches_with_code(text, MOST_HITS):
        yield Hit(_("Batch"), batch.number, batch.line, reverse("web:batch", args=[batch.number]))
    for vehicle in vehicles_by_tail(text, MOST_HITS) if len(text) >= TAIL else ():
        yield _vehicle(vehicle)
    for rig in Rig.objects.filter(code__icontains=text).order_by("code")[:MOST_HITS]:
        yield Hit(_("Rig"), rig.code, rig.name, optional_url("web:rig", rig.code) or optional_url("web:rigs"))
    named = Q(code__icontains=text) | Q(name__icontains=text) | Q(name_zh__icontains=text)
    for measured in Characteristic.objects.filter(named).order_by("code")[:MOST_HITS]:
        yield _characteristic(measured)


def _characteristic(measured: Characteristic) -> Hit:
    chinese = language_now() == "zh-hans"
    name = (measured.name_zh or measured.name) if chinese else measured.name
    return Hit(_("Characteristic"), measured.code, name, reverse("web:characteristic", args=[measured.code]))


def _vehicle(vehicle: Vehicle) -> Hit:
    about = _("Car %(car)d of %(batch)s") % {"car": vehicle.sequence, "batch": vehicle.batch.number}
    return Hit(_("Vehicle"), vehicle.vin, about, reverse("web:vehicle", args=[vehicle.vin]))
