"""The fixtures that start real processes."""

import pytest

from tests.processes import RealProcess

pytestmark = pytest.mark.processes


@pytest.fixture
def read_anew(monkeypatch: pytest.MonkeyPatch) -> bool:
    """Each as a plant starts it, where a first task is due after a second; other tests fork theirs from one that has
    read the code."""
    monkeypatch.setenv("SWEEP_SECONDS", "1")
    return True


def test_a_real_worker_takes_tasks_and_dies_by_kill(celery_worker_process: RealProcess) -> None:
    from qa.celery import app

    assert [next(iter(answer)) for answer in app.control.ping(timeout=2)] != []
    celery_worker_process.kill()
    assert celery_worker_process.started.running.remains() == []


def test_a_real_beat_writes_its_schedule_into_the_database(beat_process: RealProcess) -> None:
    from django_celery_beat.models import PeriodicTask

    beat_process.wait_for("Scheduler: Sending due task", seconds=30)
    assert PeriodicTask.objects.filter(task="inspections.sweep_undecided").exists()


def test_a_real_web_server_answers(web_process: RealProcess) -> None:
    import httpx

    assert httpx.get(f"{web_process.url}/accounts/login/", timeout=60).status_code == 200
