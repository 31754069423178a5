"""The private PostgreSQL: made once, started as a child of ours, reached through a socket alone."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from qa.embedded.engines import PostgresPrograms
from qa.embedded.identity import Identity
from qa.embedded.places import require_space
from qa.embedded.processes import Running, Started, command_of, folder_of, started_at, stop
from qa.embedded.refusal import CannotStart

OWNER = "interlock_owner"
APPLICATION = "interlock_app"
DATABASE = "interlock"
# Tests need no durability, only the same behaviour; the flags never reach a data directory's own configuration.
CARELESS = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"),
    # Tables of a test hold some rows: looking for the best way to join them costs more than any way.
    *("join_collapse_limit=1", "from_collapse_limit=1", "enable_hashjoin=off", "enable_mergejoin=off"),
    *("enable_memoize=off", "max_parallel_workers_per_gather=0"),
)


class Postgres:
    """One cluster of one role. `durable` is False for tests."""

    def __init__(
        self,
        programs: PostgresPrograms,
        data: Path,
        sockets: Path,
        log: Path,
        identity: Identity,
        *,
        durable: bool,
    ) -> None:
        self.programs = programs
        self.data = data / f"pg{programs.major}"
        self.sockets = sockets
        self.log = log
        self.identity = identity
        self.durable = durable

    def launch(self) -> Started:
        """Start the server, making its data directory first if there is none. Raises CannotStart.

        The caller holds the role's lock, hands what is returned to the guard at once, and then calls `wait`.
        """
        if not self.data.exists():
            self._initialise()
        self._clear_stale_pid_file()
        command = [
            str(self.programs.folder / "postgres"),
            *("-D", str(self.data), "-k", str(self.sockets)),
            *("-c", "listen_addresses=", "-c", "max_connections=200", "-c", "unix_socket_permissions=0700"),
            *("-c", "log_min_messages=warning", "-c", "timezone=UTC", "-c", "max_wal_size=2GB"),
        ]
        if not self.durable:
            for setting in CARELESS:
                command += ["-c", setting]
        with self.log.open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, **self._how())
        return Started.of("PostgreSQL", process, soft=signal.SIGINT, harder=signal.SIGQUIT, patience=5.0)

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it takes connections; recovery after a crash may take its time. Raises CannotStart.

        The eighth line of postmaster.pid says `ready`, which needs no client library to read.
        """
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if process.poll() is not None:
                raise CannotStart(f"PostgreSQL did not start:\n{last_lines(self.log)}\nAll of it: {self.log}")
            try:
                lines = (self.data / "postmaster.pid").read_text().splitlines()
            except FileNotFoundError:
                lines = []
            if len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                return
            time.sleep(0.01)
        raise CannotStart(f"PostgreSQL was not ready after 60 s:\n{last_lines(self.log)}\nAll of it: {self.log}")

    def prepare(self) -> None:
        """Make the two roles and the database, once: the owner migrates, the application works."""
        import psycopg

        with psycopg.connect(host=str(self.sockets), user=OWNER, dbname="postgres", autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION]).fetchone():
                connection.execute(f"CREATE ROLE {APPLICATION} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def _how(self) -> dict[str, Any]:
        """A session of its own, so that Ctrl-C reaches only us; and nothing of the caller's PostgreSQL settings."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
        return {
            "cwd": "/",
            "env": {**clean, "LC_ALL": "C"},
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
            **self.identity.popen_arguments(),
        }

    def _initialise(self) -> None:
        """Make the data directory beside its place and move it there whole, so that no half-made one is ever used."""
        require_space(self.data.parent, 500 if self.durable else 300, "a new database")
        half = self.data.with_suffix(".new")
        shutil.rmtree(half, ignore_errors=True)
        command = [
            str(self.programs.folder / "initdb"),
            *("-D", str(half), "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions"),
            *([] if self.durable else ["--no-sync"]),
        ]
        made = subprocess.run(command, capture_output=True, text=True, check=False, **self._how())
        if made.returncode:
            raise CannotStart(f"PostgreSQL could not make {half}:\n{made.stdout[-500:]}{made.stderr[-1500:]}")
        half.rename(self.data)

    def _clear_stale_pid_file(self) -> None:
        """Deal with a postmaster.pid left by a crash; PostgreSQL itself refuses if any process of ours has that number.

        Safe only under the role's lock. An orphaned server of this very directory is stopped first.
        """
        file = self.data / "postmaster.pid"
        try:
            first = file.read_text().split("\n", 1)[0].strip()
        except FileNotFoundError:
            return
        pid = int(first) if first.isdigit() else 0
        if pid and started_at(pid) and self._serves_here(pid):
            stop(Running("PostgreSQL", pid, started_at(pid), soft=signal.SIGINT, harder=signal.SIGQUIT, patience=10.0))
        file.unlink(missing_ok=True)

    def _serves_here(self, pid: int) -> bool:
        folder = folder_of(pid)
        return folder == self.data.resolve() if folder else str(self.data) in command_of(pid)


def last_lines(log: Path, count: int = 10) -> str:
    """The end of a log, for a message."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
