"""Redis gone for a whole run of posts and back again: every post is answered, nothing lost, everything decided."""

import http.client
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from qa.embedded.cluster import Cluster
from qa.embedded.engines import find_redis
from qa.embedded.places import Places
from qa.embedded.processes import Started
from qa.embedded.redis import Redis

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True), pytest.mark.law(7)]

CARS = 8


class OwnRedis:
    """A Redis of this test alone, which can be stopped and started at one address."""

    def __init__(self, folder: Path, engines: Cluster | None) -> None:
        places = Places.of("test")
        identity = places.identity()
        self.folder, self.engines = folder, engines
        self.server = Redis(find_redis(places, identity), folder, folder / "log", identity)
        identity.own(folder)
        self.running: Started | None = None

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.server.socket))}?db=0"

    def start(self) -> None:
        self.running = self.server.launch()
        if self.engines is not None and self.engines.guard is not None:
            self.engines.guard.watch(self.running.running)
        self.server.wait(self.running.process)

    def stop(self) -> None:
        if self.running is not None:
            self.running.stop()
            self.running = None


@pytest.fixture
def own_redis(engines: Cluster | None, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[OwnRedis]:
    """Runs already; the processes that are started from now on use it."""
    from qa.env import Redis as RedisAddress

    folder = Path(tempfile.mkdtemp(prefix="interlock-redis-", dir="/tmp"))
    redis = OwnRedis(folder, engines)
    monkeypatch.setenv("REDIS_URL", redis.url)
    monkeypatch.setenv("SWEEP_SECONDS", "1")
    settings.REDIS = RedisAddress(redis.url)
    settings.CELERY_BROKER_URL = settings.REDIS.broker_url
    redis.start()
    yield redis
    redis.stop()
    shutil.rmtree(folder, ignore_errors=True)


def post(url: str, key: str, item: Any) -> tuple[int, float]:
    """The status of the answer, and the seconds that it took."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    begun = time.monotonic()
    try:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/inspections/", json.dumps(item), headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, time.monotonic() - begun
    finally:
        connection.close()


def wait_until_decided(seconds: float) -> float:
    from inspections.marks.models import Mark

    begun = time.monotonic()
    while Mark.objects.exists():
        if time.monotonic() - begun > seconds:
            pytest.fail(f"{Mark.objects.count()} marks are undecided after {seconds} s")
        time.sleep(0.05)
    return time.monotonic() - begun


def test_a_run_without_redis_loses_nothing_and_is_decided_when_redis_is_back(
    own_redis: OwnRedis, celery_worker_process: Any, beat_process: Any, web_process: Any
) -> None:
    from django.utils import timezone

    from inspections.batches.models import Vehicle
    from inspections.gates.models import VehicleGate
    from inspections.gates.recounting import recount_batch
    from inspections.results.models import Inspection
    from inspections.rigs.services import issue_key
    from tests import factories
    from tests.gates.under_fire import SOFTWARE, plain

    plant = factories.make_plant()
    for _ in range(CARS - 1):
        factories.make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
    key = issue_key(rig=plant.rig, at=timezone.now())
    wait_until_decided(30)

    own_redis.stop()
    finished = factories.AT.isoformat()
    answers = []
    for vin in Vehicle.objects.order_by("sequence").values_list("vin", flat=True):
        for procedure, measured in factories.GOOD.items():
            item = {
                "id": f"{procedure}-{vin}",
                "vin": vin,
                "procedure": procedure,
                "started_at": finished,
                "finished_at": finished,
                "measurements": [{**row, "value": plain(row["value"])} for row in measured],
            }
            if procedure in SOFTWARE:
                system, version = SOFTWARE[procedure]
                item["software"] = [{"system": system, "version": version}]
            answers.append(post(web_process.url, key, item))
    assert [status for status, _ in answers] == [201] * (3 * CARS)
    assert Inspection.objects.count() == 3 * CARS
    assert VehicleGate.objects.filter(state=0).count() == 0

    own_redis.start()
    wait_until_decided(60)
    assert VehicleGate.objects.filter(state=0).count() == 3 * CARS
    assert recount_batch(batch_id=plant.batch.pk, at=timezone.now()) == []
    assert celery_worker_process.alive()
    assert beat_process.alive()
