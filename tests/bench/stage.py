"""The engines, servers and databases of one bench: private, durable as in production, gone when it ends."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, SIGTERM
from urllib.parse import quote

import psycopg

from qa.embedded.cluster import ADDRESSES, Cluster
from qa.embedded.places import PROJECT, Places
from qa.embedded.postgres import APPLICATION, DATABASE, OWNER
from qa.embedded.processes import Started
from qa.embedded.refusal import CannotStart

GUNICORN = (
    *("-m", "gunicorn", "--workers", "2", "--threads", "4", "--worker-class", "qa.serving.EvenThreads"),
    *("--log-level", "warning", "--no-control-socket"),
)
"""As the demo serves: two processes of four threads."""
WORKER = (
    *("-W", "ignore::UserWarning:celery.platforms", "-m", "celery", "--quiet", "--app", "qa.celery", "worker"),
    *("-Q", "urgent,default,slow", "-c", "1", "--loglevel", "WARNING"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)


class Stage:
    """A cluster with fsync on. Whatever is started on it ends with it, even if this process is killed."""

    def __init__(self) -> None:
        for name in ADDRESSES:
            os.environ.pop(name, None)
        # A name that the next test run sweeps too, should this one be killed.
        self.cluster = Cluster(Places.of(f"test-bench-{os.getpid()}"), durable=True, temporary=True)
        os.environ.update(self.cluster.addresses(), HTTPS="0", STATIC_HASHED="0", LOG_LEVEL="WARNING")
        os.environ["DJANGO_SETTINGS_MODULE"] = "qa.settings"
        self.cluster.start()

    def close(self) -> None:
        self.cluster.stop()

    @property
    def sockets(self) -> str:
        return str(self.cluster.places.sockets)

    def connect(self, database: str, user: str = APPLICATION) -> psycopg.Connection[tuple[object, ...]]:
        """A connection of its own, each statement committed."""
        return psycopg.connect(host=self.sockets, user=user, dbname=database, autocommit=True)

    def copy_database(self, name: str, template: str) -> None:
        """Make a database as another one stands; nobody may be connected to that."""
        with self.connect("postgres", OWNER) as owner:
            owner.execute(f'create database "{name}" template "{template}" strategy file_copy')

    def tidy(self, name: str) -> None:
        """What autovacuum does within minutes of a plant's life; a bench has not so long."""
        with self.connect(name, OWNER) as owner:
            owner.execute("vacuum analyze")

    def version(self) -> str:
        with self.connect("postgres", OWNER) as owner:
            return str(owner.execute("show server_version").fetchone()[0])  # type: ignore[index]

    def manage(self, *arguments: str, settings: str = "qa.settings", database: str = DATABASE) -> None:
        """Run one management command to its end. Raises CannotStart with what it wrote."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=self._environment(database, settings),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CannotStart(f"manage.py {' '.join(arguments)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")

    @contextmanager
    def serving(self, database: str, settings: str = "qa.settings") -> Iterator[int]:
        """gunicorn over a database. Gives the port."""
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
            port = listening.getsockname()[1]
            command = (*GUNICORN, "--bind", f"fd://{listening.fileno()}", "qa.wsgi")
            started = self._start(f"web of {database}", command, database, settings, (listening.fileno(),))
        try:
            self._wait_for_answer(port, started)
            yield port
        finally:
            self._end(started)

    @contextmanager
    def working(self, database: str) -> Iterator[None]:
        """A Celery worker over a database, of all queues."""
        started = self._start("worker", WORKER, database, "qa.settings", ())
        try:
            yield
        finally:
            self._end(started)

    @contextmanager
    def sealing(self, database: str, period: float) -> Iterator[Path]:
        """A sealer over a database, every so many seconds. Gives where it says what it did."""
        log = self.cluster.places.home / "log" / f"sealer-of-{database}.log"
        started = self._start(
            f"sealer of {database}", ("-m", "tests.bench.sealer", str(period)), database, "qa.settings", ()
        )
        try:
            end = time.monotonic() + 60
            while "idle" not in log.read_text():
                if started.process.poll() is not None or time.monotonic() > end:
                    raise CannotStart(f"The sealer does not work:\n{log.read_text()[-2000:]}")
                time.sleep(0.05)
            yield log
        finally:
            self._end(started)

    def _start(
        self, name: str, command: tuple[str, ...], database: str, settings: str, fds: tuple[int, ...]
    ) -> Started:
        log = Path(self.cluster.places.home / "log" / f"{name.replace(' ', '-')}.log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=PROJECT,
                env=self._environment(database, settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=fds,
            )
        started = Started.of(name, process, soft=SIGTERM, harder=SIGKILL, patience=8.0)
        self.cluster.watch(started)
        return started

    def _end(self, started: Started) -> None:
        started.stop()
        self.cluster.watched.remove(started)

    def _environment(self, database: str, settings: str) -> dict[str, str]:
        sockets = quote(self.sockets, safe="")
        return {
            **os.environ,
            "DATABASE_URL": f"postgresql://{APPLICATION}@/{database}?host={sockets}",
            "DATABASE_OWNER_URL": f"postgresql://{OWNER}@/{database}?host={sockets}",
            "DJANGO_SETTINGS_MODULE": settings,
        }

    @staticmethod
    def _wait_for_answer(port: int, started: Started) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                return
            except OSError:
                time.sleep(0.1)
            finally:
                connection.close()
            if started.process.poll() is not None:
                break
        raise CannotStart(f"The web server did not answer; see the log of {started.running.name}.")


@contextmanager
def database(name: str) -> Iterator[None]:
    """This process's Django works on that database meanwhile."""
    from django.db import connection

    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
