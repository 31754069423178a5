"""The programs of a demo side by side: the first that ends by itself is named, and the rest are to be stopped.

With the real programs: the story of tests/qa/test_demo.py.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from qa.embedded.processes import Started
from qa.embedded.supervisor import Supervisor

STAY = ("-c", "import time; time.sleep(60)")


class Programs:
    """What a supervisor asks of a cluster, without its engines."""

    def __init__(self) -> None:
        self.watched: list[Started] = []

    def watch(self, started: Started) -> None:
        self.watched.append(started)


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    programs: Any = Programs()
    yield Supervisor(programs, {})
    for started in programs.watched:
        started.stop()


def test_a_program_that_ends_by_itself_is_named_and_ends_the_waiting(
    supervisor: Supervisor, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    staying = supervisor.start("web", *STAY)
    beat = supervisor.start("beat", *STAY)
    beat.running.kill()
    assert supervisor.wait() == 1
    assert (
        b"beat ended by itself with status -9; stopping the rest. Its last lines are above."
        in capfdbinary.readouterr().out
    )
    assert staying.process.poll() is None


def test_one_that_may_end_ends_nothing_unless_it_fails(supervisor: Supervisor) -> None:
    supervisor.start("web", *STAY)
    done = supervisor.start("line", "-c", "", may_end=True)
    done.process.wait()
    assert supervisor.first_ended() is None
    failed = supervisor.start("line", "-c", "raise SystemExit(3)", may_end=True)
    failed.process.wait()
    assert supervisor.first_ended() is failed
