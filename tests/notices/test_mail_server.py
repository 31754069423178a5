"""A real mail server, a real worker and a real beat: every mail arrives, however the server behaves meanwhile."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from inspections.notices.models import NoticeMail
from inspections.notices.services import send_mails
from inspections.people.choices import Role
from tests.factories import AT, Plant
from tests.notices.mail_server import mails
from tests.notices.telling import fail_cars, run
from tests.threads import Beside

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

PROJECT = Path(__file__).parents[2]
MINUTE = timedelta(minutes=1)


class MailServer:
    """A mail server that can be ended and started again at the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.process = folder, 0, None

    def start(self) -> MailServer:
        (self.folder / "port").unlink(missing_ok=True)
        arguments = [sys.executable, "-m", "tests.notices.mail_server", str(self.folder), str(self.port)]
        self.process = subprocess.Popen(arguments, cwd=PROJECT)
        wait_until((self.folder / "port").exists)
        self.port = int((self.folder / "port").read_text())
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def behave(self, word: str = "") -> None:
        (self.folder / "behave").write_text(word)

    def took(self) -> list[Any]:
        return mails(self.folder)


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[MailServer]:
    folder = tmp_path / "mail"
    folder.mkdir()
    server = MailServer(folder).start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    yield server
    server.stop()


def wait_until(what: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"never came true: {what}"
        time.sleep(0.05)
    return found


@pytest.fixture
def ready(plant: Plant, engineer: Any, server: MailServer) -> NoticeMail:
    """A mail that is written and not sent yet, since nobody has run the sending."""
    from inspections.notices.services import compose_mails, gather_notices

    fail_cars(plant, [plant.vehicle])
    gather_notices(at=AT)
    compose_mails(at=AT + MINUTE)
    return NoticeMail.objects.get()


def test_a_mail_arrives_whole_in_both_parts(ready: NoticeMail, server: MailServer) -> None:
    assert send_mails(at=AT + MINUTE) == 1
    (taken,) = server.took()
    assert taken["Subject"].strip() == ready.subject
    assert (taken["To"], taken["From"]) == (ready.address, "Interlock <interlock@plant.example>")
    assert taken["Message-ID"] == f"<{ready.token}@plant.example>"
    assert taken["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in taken.iter_parts()] == ["text/plain", "text/html"]
    plain, html = taken.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == ready.text
    assert html.get_content().replace("\r\n", "\n").strip() == ready.html.strip()


def test_a_server_that_is_away_loses_nothing_and_is_not_run_down(
    ready: NoticeMail, server: MailServer, plant: Plant
) -> None:
    server.stop()
    at = AT + MINUTE
    tries = []
    for _ in range(60):
        send_mails(at=at)
        ready.refresh_from_db()
        tries.append(ready.attempts)
        at += MINUTE
    assert ready.state == "ready"
    assert 5 <= ready.attempts <= 12, "it waits longer each time, and never longer than a quarter of an hour"
    assert "ConnectionRefusedError" in ready.last_error
    server.start()
    assert send_mails(at=ready.next_try_at) == 1
    assert [taken["Message-ID"] for taken in server.took()] == [f"<{ready.token}@plant.example>"]


def test_a_server_that_takes_a_mail_and_dies_gets_the_same_mail_again(ready: NoticeMail, server: MailServer) -> None:
    server.behave("swallow")
    assert send_mails(at=AT + MINUTE) == 0
    ready.refresh_from_db()
    assert (ready.state, ready.attempts) == ("ready", 1)
    server.behave()
    assert send_mails(at=ready.next_try_at) == 1
    first, second = server.took()
    assert (first["Message-ID"], first["Date"], first["Subject"]) == (
        second["Message-ID"],
        second["Date"],
        second["Subject"],
    )
    assert [part.get_content() for part in first.iter_parts()] == [part.get_content() for part in second.iter_parts()]


def test_an_address_that_the_server_refuses_for_good_is_given_up_and_holds_up_nobody(
    ready: NoticeMail, server: MailServer, reader: Any, plant: Plant
) -> None:
    server.behave("refuse")
    at = AT + MINUTE
    for _ in range(5):
        send_mails(at=at)
        at += timedelta(minutes=20)
    ready.refresh_from_db()
    assert (ready.state, ready.refusals) == ("refused", 5)
    assert "nobody here of this name" in ready.last_error
    server.behave()
    assert send_mails(at=at) == 0
    assert server.took() == []


def test_a_server_that_is_busy_is_asked_until_it_takes_the_mail(ready: NoticeMail, server: MailServer) -> None:
    server.behave("busy")
    at = AT + MINUTE
    for _ in range(20):
        send_mails(at=at)
        at += timedelta(minutes=20)
    ready.refresh_from_db()
    assert (ready.state, ready.attempts, ready.refusals) == ("ready", 20, 0)
    server.behave()
    assert send_mails(at=at) == 1


def test_two_that_send_at_once_send_a_mail_once(ready: NoticeMail, server: MailServer) -> None:
    beside = [Beside(lambda: send_mails(at=AT + MINUTE)) for _ in range(4)]
    assert sorted(each.result() for each in beside) == [0, 0, 0, 1]
    assert len(server.took()) == 1


def test_worker_and_beat_tell_an_engineer_of_a_failed_car_by_mail(
    plant: Plant, reader: Any, server: MailServer, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Posted, decided, gathered, written and sent by processes of their own; the server is away at first."""
    engineer = reader(Role.ENGINEER)
    server.stop()
    for name, value in {
        "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(server.port), "EMAIL_FROM": "interlock@plant.example",
        "NOTICES_GATHER_SECONDS": "1", "NOTICES_SECONDS": "1", "ADDRESS": "https://interlock.plant.example",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    request.getfixturevalue("celery_worker_process")
    request.getfixturevalue("beat_process")
    fail_cars(plant, [plant.vehicle], at=timezone.now())
    waiting = wait_until(lambda: NoticeMail.objects.filter(state="ready", attempts__gte=1).first())
    assert "refused" in waiting.last_error.lower()
    server.start()
    NoticeMail.objects.filter(pk=waiting.pk).update(next_try_at=timezone.now())
    wait_until(server.took)
    (taken,) = server.took()
    assert taken["To"] == engineer.email
    assert taken["Subject"].strip() == "Car 1 of SU7-2026W47-03: BOND, pack is 0.100 Ω; less than 0.1 Ω is required."
    wait_until(lambda: NoticeMail.objects.filter(state="sent").exists())
    assert run(timezone.now()) == []
    assert len(server.took()) == 1
