"""Real workers, beat and web servers for the tests that are about them, against the test database.

They are watched by the engines' guard where there is one, so that even a killed test run leaves none behind.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from qa.embedded.cluster import Cluster
from qa.embedded.processes import Started
from tests.depth import LONG
from tests.forge import Forge

PROJECT = Path(__file__).resolve().parents[1]
QUEUES = "urgent,default,slow"
AT_FIRST = dict(os.environ)
OF_EACH_TEST = {
    *("DATABASE_URL", "DJANGO_ALLOW_ASYNC_UNSAFE", "DJANGO_SETTINGS_MODULE", "PYTEST_CURRENT_TEST", "PYTHONUNBUFFERED"),
    "TZ",
}
"""What pytest and Django change by themselves, and what the tests' own processes have otherwise than this one."""


class RealProcess:
    """A process of its own session with a log; `kill` is kill -9 of all of it."""

    def __init__(self, name: str, started: Started, log: Path, url: str = "") -> None:
        self.name = name
        self.started = started
        self.log = log
        self.url = url

    @property
    def pid(self) -> int:
        return self.started.process.pid

    def output(self) -> str:
        """What it wrote so far."""
        return self.log.read_text(errors="replace")

    def alive(self) -> bool:
        return self.started.process.poll() is None

    def wait_for(self, text: str, seconds: float = 60.0) -> None:
        """Wait until it has written `text`; its death or silence fails the test with its log."""
        end = time.monotonic() + seconds
        while text not in self.output():
            if not self.alive() or time.monotonic() > end:
                pytest.fail(f"{self.name} never wrote {text!r}:\n{self.output()[-4000:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        """kill -9, children included."""
        self.started.running.kill()
        self.started.process.wait()

    def stop(self) -> None:
        """Ask it to end, insist after a while."""
        self.started.stop()


def _test_environment() -> dict[str, str]:
    """This process's environment, with the test database in place of the one it was made from.

    Passwords are kept as the tests themselves keep them.
    """
    from django.db import connection

    found = connection.settings_dict
    password = f":{quote(found['PASSWORD'], safe='')}" if found["PASSWORD"] else ""
    address = f"{quote(found['USER'], safe='')}{password}@/{found['NAME']}?host={quote(found['HOST'], safe='')}"
    port = f"&port={found['PORT']}" if found["PORT"] else ""
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql://{address}{port}",
        "DJANGO_SETTINGS_MODULE": "tests.process_settings",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture(scope="session")
def _forge(django_db_setup: None, engines: Cluster | None) -> Iterator[Callable[[dict[str, str]], Forge]]:
    """Where a process with this environment is forked. That of a test with settings of its own makes way for the next
    such; the one for all others stays."""
    made: dict[tuple[tuple[str, str], ...], Forge] = {}

    def find(environment: dict[str, str]) -> Forge:
        own = tuple(sorted(each for each in environment.items() ^ AT_FIRST.items() if each[0] not in OF_EACH_TEST))
        if own not in made:
            for other in [each for each in made if each and own]:
                made.pop(other).close()
            made[own] = Forge(environment)
            if engines is not None and engines.guard is not None:
                how = {"soft": signal.SIGTERM, "harder": signal.SIGKILL}
                engines.guard.watch(Started.of("forge", made[own].process, patience=2.0, **how).running)
        return made[own]

    yield find
    for forge in made.values():
        forge.close()


@pytest.fixture
def read_anew() -> bool:
    """Whether each process of the test reads the code by itself rather than be forked from one that did."""
    return LONG


@pytest.fixture
def start_process(
    transactional_db: None,
    redis: Any,
    engines: Cluster | None,
    tmp_path: Path,
    _forge: Callable[[dict[str, str]], Forge],
    read_anew: bool,
) -> Iterator[Callable[..., RealProcess]]:
    """Start `python -m <arguments>` against the test database; everything started ends with the test.

    What such a process is to see must be committed, so the test runs without a transaction around it.
    """
    running: list[RealProcess] = []

    def start(name: str, *arguments: str, pass_fds: tuple[int, ...] = (), url: str = "") -> RealProcess:
        log = tmp_path / f"{name}-{len(running)}.log"
        environment = _test_environment()
        forge = None if read_anew else _forge(environment)
        process: Any
        with log.open("wb") as output:
            if forge:
                process = forge.start(arguments, output.fileno(), pass_fds)
            else:
                process = subprocess.Popen(
                    [sys.executable, "-m", *arguments],
                    cwd=PROJECT,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    pass_fds=pass_fds,
                )
        started = Started.of(name, process, soft=signal.SIGTERM, harder=signal.SIGKILL, patience=8.0)
        if engines is not None and engines.guard is not None:
            engines.guard.watch(started.running)
        running.append(RealProcess(name, started, log, url))
        return running[-1]

    yield start
    # How they end when asked to is for the tests that ask; here they would only be waited for.
    for real in reversed(running):
        real.kill()


@pytest.fixture
def start_celery_worker(start_process: Callable[..., RealProcess]) -> Callable[..., RealProcess]:
    """Start a worker on `queues` with `concurrency` processes and wait until it takes tasks."""

    def start(queues: str = QUEUES, concurrency: int = 1) -> RealProcess:
        options = ["--queues", queues, "--concurrency", str(concurrency), "--loglevel", "INFO"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        worker = start_process("worker", "celery", "--app", "qa.celery", "worker", *options, *quiet)
        worker.wait_for(" ready.")
        return worker

    return start


@pytest.fixture
def celery_worker_process(start_celery_worker: Callable[..., RealProcess]) -> RealProcess:
    """A real worker that takes tasks from all queues."""
    return start_celery_worker()


@pytest.fixture
def beat_process(start_process: Callable[..., RealProcess]) -> RealProcess:
    """A real beat with the schedule in the database."""
    beat = start_process("beat", "celery", "--app", "qa.celery", "beat", "--loglevel", "INFO", "--pidfile=")
    beat.wait_for("beat: Starting")
    return beat


@pytest.fixture
def web_process(start_process: Callable[..., RealProcess]) -> RealProcess:
    """A real gunicorn with two workers, forked from one that read the code; its address is `.url`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        web = start_process(
            "web",
            *("gunicorn", "qa.wsgi", "--workers", "2", "--threads", "4", "--preload", "--no-control-socket"),
            *("--worker-class", "qa.serving.EvenThreads", "--bind", f"fd://{listening.fileno()}"),
            pass_fds=(listening.fileno(),),
            url=f"http://127.0.0.1:{port}",
        )
        web.wait_for("Booting worker")
    return web
