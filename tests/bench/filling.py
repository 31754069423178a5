"""Fills a database with all results of its cars, through the service that the boundaries call."""

from __future__ import annotations

from collections.abc import Sequence

from .line import Plant, bulk_bodies
from .stage import database


def fill(plant: Plant, name: str, vins: Sequence[str]) -> bool:
    """Record and decide everything for every car. False where something stands there already."""
    from inspections.intake.services import post_bulk
    from inspections.results.models import Inspection
    from inspections.rigs.models import Rig
    from inspections.tasks.deciding import sweep_undecided
    from tests.factories import rig_actor

    with database(name):
        if Inspection.objects.exists():
            return False
        rig = Rig.objects.order_by("pk")[0]
        for body in bulk_bodies(plant, vins, 500):
            answer = post_bulk(rig=rig, body=body, media_type="application/json", actor=rig_actor(rig), at=plant.at)
            if answer.content["refused"] or answer.content["waiting"]:
                raise RuntimeError(f"refused: {answer.content['problems'][:3]}")
        sweep_undecided()
    return True
