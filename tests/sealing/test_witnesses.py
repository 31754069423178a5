"""The second place: told each checkpoint once and in order, again when it was away, and never in the sealer's way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection

from inspections.sealing import witnesses
from inspections.sealing.checkpoints import read_note, read_notes
from inspections.sealing.models import Seal, SealWitness
from inspections.sealing.queries import signed_checkpoint
from inspections.sealing.services import seal_ledger
from inspections.sealing.witnesses import tell_witnesses, witness_lines
from tests.factories import AT, Plant
from tests.sealing.test_sealing import act


def seal_acts(count: int) -> None:
    for number in range(count):
        act(number)
        seal_ledger(at=AT + timedelta(seconds=5 * number))


def notes() -> list[str]:
    return [signed_checkpoint(seal).note for seal in Seal.objects.order_by("number")]


@pytest.fixture
def kept(settings: Any, tmp_path: Path) -> Path:
    path = tmp_path / "checkpoints.txt"
    settings.SEALING_WITNESSES = [f"file://{path}"]
    return path


class Place:
    """A second place over HTTP: keeps what it takes; answers `status`."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.status = 200
        self.meanwhile: Callable[[], None] = lambda: None
        place = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                place.meanwhile()
                if place.status == 200:
                    place.taken.append(body)
                self.send_response(place.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/checkpoints"


@pytest.fixture
def place(settings: Any) -> Iterator[Place]:
    found = Place()
    settings.SEALING_WITNESSES = [found.address]
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_a_file_is_told_each_checkpoint_once_and_in_order(sealed: Plant, kept: Path) -> None:
    assert tell_witnesses(at=AT) == 1
    seal_acts(3)
    assert tell_witnesses(at=AT) == 3
    assert tell_witnesses(at=AT) == 0
    assert kept.read_text() == "".join(notes())
    assert [note.checkpoint.number for note in read_notes(kept.read_text())] == [1, 2, 3, 4]
    out = StringIO()
    call_command("verify_ledger", "--from-start", "--against", str(kept), stdout=out)
    assert "compared with 4 checkpoints of the second place" in out.getvalue()
    assert f"second place file://{kept}: told up to checkpoint 4" in out.getvalue()


def test_a_file_that_cannot_be_written_is_told_of_and_told_later(sealed: Plant, kept: Path) -> None:
    kept.mkdir()
    assert tell_witnesses(at=AT) == 0
    assert witness_lines() == [f"second place file://{kept}: told nothing yet; FAILING: Is a directory"]
    kept.rmdir()
    assert tell_witnesses(at=AT) == 0  # it waits a moment before it tries again
    assert tell_witnesses(at=AT + timedelta(seconds=11)) == 1
    assert witness_lines() == [f"second place file://{kept}: told up to checkpoint 1"]


def test_an_address_is_told_one_after_the_other(sealed: Plant, place: Place) -> None:
    seal_acts(2)
    assert tell_witnesses(at=AT) == 3
    assert place.taken == notes()
    assert read_note(place.taken[0]).note == place.taken[0]


def test_an_address_that_refuses_gets_everything_once_it_takes(sealed: Plant, place: Place) -> None:
    place.status = 503
    assert tell_witnesses(at=AT) == 0
    row = SealWitness.objects.get()
    assert (row.attempts, row.last_error) == (1, "HTTP Error 503: Service Unavailable")
    place.status = 200
    seal_acts(1)
    assert tell_witnesses(at=AT + timedelta(minutes=1)) == 2
    assert place.taken == notes()
    assert SealWitness.objects.get().last_error == ""


def test_what_was_taken_before_a_failure_is_not_sent_again(sealed: Plant, place: Place) -> None:
    seal_acts(2)

    def fail_the_second() -> None:
        place.status = 200 if not place.taken else 500

    place.meanwhile = fail_the_second
    assert tell_witnesses(at=AT) == 1
    place.meanwhile = lambda: None
    place.status = 200
    assert tell_witnesses(at=AT) == 2
    assert place.taken == notes()


def test_a_slow_place_holds_no_seal_up(sealed: Plant, place: Place) -> None:
    """While it is being told, nothing is written that the sealer would have to wait for."""
    made: list[int] = []

    def seal_meanwhile() -> None:
        try:
            act()
            made.extend(seal.number for seal in seal_ledger(at=AT))
        finally:
            connection.close()

    place.meanwhile = seal_meanwhile
    assert tell_witnesses(at=AT) == 1
    assert made == [2]


def test_mail_is_sent_the_newest_now_and_then(sealed: Plant, settings: Any) -> None:
    settings.SEALING_WITNESSES, settings.NOTICES_BY_MAIL = ["mailto:auditor@example.com"], True
    settings.DEFAULT_FROM_EMAIL = "interlock@plant.example"
    seal_acts(2)
    assert tell_witnesses(at=AT) == 3
    assert tell_witnesses(at=AT + timedelta(minutes=59)) == 0
    seal_acts(1)
    assert tell_witnesses(at=AT + timedelta(minutes=61)) == 1
    assert [(message.to, message.body) for message in mail.outbox] == [
        (["auditor@example.com"], notes()[2]),
        (["auditor@example.com"], notes()[3]),
    ]


def test_mail_without_a_server_is_told_of(sealed: Plant, settings: Any) -> None:
    settings.SEALING_WITNESSES, settings.NOTICES_BY_MAIL = ["mailto:auditor@example.com"], False
    assert tell_witnesses(at=AT) == 0
    assert witness_lines() == [
        "second place mailto:auditor@example.com: told nothing yet; FAILING: no mail server is set (EMAIL_HOST)"
    ]


def test_two_who_tell_at_once_tell_once(sealed: Plant, place: Place) -> None:
    told: list[int] = []

    def tell_too() -> None:
        try:
            told.append(tell_witnesses(at=AT))
        finally:
            connection.close()

    place.meanwhile = tell_too
    assert tell_witnesses(at=AT) == 1
    assert told == [0]
    assert place.taken == notes()


def test_without_a_second_place_that_is_said(settings: Any, db: None) -> None:
    settings.SEALING_WITNESSES = []
    assert tell_witnesses(at=AT) == 0
    assert witness_lines() == [
        "no second place is named (SEALING_WITNESSES): who has the keys and the database could rewrite both"
    ]


def test_a_run_is_bounded_and_the_next_goes_on(sealed: Plant, kept: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(witnesses, "MOST_TOLD", 2)
    seal_acts(2)
    assert [tell_witnesses(at=AT) for _ in range(3)] == [2, 1, 0]
    assert kept.read_text() == "".join(notes())
