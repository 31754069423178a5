"""The private Redis (or Valkey): the queue and the cache, in memory, reached through a socket alone.

Nothing is saved. What must not be lost is in PostgreSQL, which knows what is undecided (law 7).
"""

import signal
import socket
import subprocess
import time
from pathlib import Path

from qa.embedded.identity import Identity
from qa.embedded.postgres import last_lines
from qa.embedded.processes import Started
from qa.embedded.refusal import CannotStart

DATABASES = 64


class Redis:
    """One server of one role."""

    def __init__(self, program: Path, sockets: Path, log: Path, identity: Identity) -> None:
        self.program = program
        self.socket = sockets / "redis"
        self.log = log
        self.identity = identity

    def launch(self) -> Started:
        """Start the server. The caller holds the lock, hands what is returned to the guard, then calls `wait`."""
        self.socket.unlink(missing_ok=True)
        command = [
            str(self.program),
            *("--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", str(self.socket.parent)),
            # A full memory refuses what is new rather than forgetting a task that was accepted.
            *("--maxmemory", "256mb", "--maxmemory-policy", "noeviction", "--databases", str(DATABASES)),
        ]
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self.identity.popen_arguments(),
            )
        return Started.of("Redis", process, soft=signal.SIGTERM, harder=signal.SIGKILL, patience=5.0)

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it answers. Raises CannotStart."""
        end = time.monotonic() + 10
        while not self._answers():
            if process.poll() is not None or time.monotonic() > end:
                raise CannotStart(f"Redis did not start:\n{last_lines(self.log)}\nAll of it: {self.log}")
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(0.5)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
