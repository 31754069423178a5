"""The demo's plant: one rig for each procedure and a second for some, with certificates, authorisations and keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from ...catalogue.models import PlanRevision, Procedure
from ...evaluation.facts import Kind
from ...people.rules import Actor
from ...records.services import record_act
from ...results.services import authorise_rig, enter_calibration
from ...rigs.models import Authorisation, Calibration, Rig, SystemClient
from ..simulation.plan import LinePlan, bonding_station, certificate_station
from ..simulation.reading import read_plan
from ..simulation.steps import MES
from .accounts import OPERATOR
from .keys import keep_keys

LINE: Final = "L1"
DAY: Final = timedelta(days=1)
SOON: Final = 5 * DAY
"""How long the certificate lasts that people are to see running out."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """From and until when, seen from now."""

    begins: timedelta
    ends: timedelta


USUAL: Final = Certificate(-30 * DAY, 335 * DAY)
RUNS_OUT: Final = Certificate(-360 * DAY, SOON)
RAN_OUT: Final = Certificate(-366 * DAY, -1 * DAY)


def add_plant(revisions: Sequence[PlanRevision], at: datetime) -> tuple[list[LinePlan], dict[str, str]]:
    """Make the rigs and keys that are missing. Returns the plans as the line plays them, and all keys by code."""
    rigs = [_add_rig(procedure, 1, USUAL, at) for procedure in Procedure.objects.order_by("pk")]
    client = _add_client(at)
    keys = keep_keys([client, *rigs], at)
    plans = read_plans(revisions, keys)
    second = {bonding_station(plan).procedure: RUNS_OUT for plan in plans}
    second |= {certificate_station(plan).procedure: RAN_OUT for plan in plans}
    for procedure in Procedure.objects.filter(code__in=second).order_by("pk"):
        rigs.append(_add_rig(procedure, 2, second[procedure.code], at))
    third = {bonding_station(plan).procedure for plan in plans}
    for procedure in Procedure.objects.filter(code__in=third).order_by("pk"):
        rigs.append(_add_rig(procedure, 3, USUAL, at))
    keys = keep_keys([client, *rigs], at)
    return read_plans(revisions, keys), keys


def read_plans(revisions: Sequence[PlanRevision], keys: dict[str, str]) -> list[LinePlan]:
    """The plans of revisions as the demo's line plays them."""
    return [read_plan(revision, line=LINE, holders=keys.keys(), operator=OPERATOR) for revision in revisions]


def _add_client(at: datetime) -> SystemClient:
    with transaction.atomic():
        client, created = SystemClient.objects.get_or_create(
            code=MES, defaults={"name": "Manufacturing execution system"}
        )
        if created:
            record_act(actor=Actor.system(), act="systemclient.added", subject_kind="systemclient", subject=MES, at=at)
    return client


def _add_rig(procedure: Procedure, number: int, certificate: Certificate, at: datetime) -> Rig:
    code = f"{procedure.code}-R{number}"
    measures = procedure.characteristics.filter(kind=Kind.VARIABLE.value).exists()
    with transaction.atomic():
        rig, created = Rig.objects.get_or_create(
            code=code,
            defaults={
                "name": f"{procedure.name}, rig {number}"[:200],
                "line": LINE,
                "needs_calibration": measures,
                "attended": not measures,
            },
        )
        if created:
            record_act(actor=Actor.system(), act="rig.added", subject_kind="rig", subject=code, at=at)
    if not Authorisation.objects.filter(rig=rig, procedure=procedure).exists():
        authorise_rig(rig=rig, procedure=procedure, effective_at=at + USUAL.begins, actor=Actor.system(), at=at)
    if rig.needs_calibration and not _certified(rig, certificate, at):
        enter_calibration(
            rig=rig,
            certificate=f"CAL-{code}-{at:%Y%m%d}",
            valid_from=at + certificate.begins,
            valid_until=at + certificate.ends,
            actor=Actor.system(),
            at=at,
        )
    return rig


def _certified(rig: Rig, certificate: Certificate, at: datetime) -> bool:
    """Whether the rig has what it is to have: any certificate where it is to have run out, else one that holds."""
    own = Calibration.objects.filter(rig=rig)
    if certificate.ends < timedelta(0):
        return own.exists()
    return own.filter(valid_from__lte=at, valid_until__gt=at).exists()
