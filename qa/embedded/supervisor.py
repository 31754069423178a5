"""Running the demo's programs side by side: one prefix each on the screen, and all of them end together.

No restarts: a program that ends by itself is a fault to be seen.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from types import FrameType
from typing import IO

from qa.embedded.cluster import Cluster
from qa.embedded.places import PROJECT
from qa.embedded.processes import Started
from qa.embedded.refusal import CannotStart

LONGEST_LINE = 8192
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """Starts programs beside a cluster's engines and waits for Ctrl-C or for the first of them to end."""

    def __init__(self, cluster: Cluster, environment: Mapping[str, str]) -> None:
        self.cluster = cluster
        self.environment = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
        self.may_end: set[int] = set()
        self.asked_to_stop = False
        self._screen = threading.Lock()

    def run_step(self, what: str, *arguments: str) -> str:
        """Run one program to its end and return what it wrote; its failure raises CannotStart with that."""
        self.say(what)
        started = self._start(what, arguments, ())
        output = started.process.communicate()[0].decode(errors="replace")
        self.cluster.watched.remove(started)
        if started.process.returncode:
            raise CannotStart(f"{what} failed (status {started.process.returncode}):\n{output.rstrip()}")
        return output

    def start(self, name: str, *arguments: str, may_end: bool = False, pass_fds: tuple[int, ...] = ()) -> Started:
        """Start `python <arguments>` and show its lines; `may_end` if it is allowed to finish with success."""
        started = self._start(name, arguments, pass_fds)
        if may_end:
            self.may_end.add(started.running.pid)
        threading.Thread(target=self._show, args=(name, started.process.stdout), daemon=True).start()
        return started

    def wait(self) -> int:
        """Wait for a signal (0) or for a program that ends by itself (1). A second signal ends everything at once."""
        for number in SIGNALS:
            signal.signal(number, self._on_signal)
        while not self.asked_to_stop:
            ended = self.first_ended()
            if ended:
                status = ended.process.returncode
                name = ended.running.name
                self.say(f"{name} ended by itself with status {status}; stopping the rest. Its last lines are above.")
                return 1
            time.sleep(0.1)
        self.say("Stopping; once more Ctrl-C ends everything at once.")
        return 0

    def first_ended(self) -> Started | None:
        """A program or engine that ended and was not allowed to."""
        for started in self.cluster.watched:
            status = started.process.poll()
            if status is not None and not (status == 0 and started.running.pid in self.may_end):
                return started
        return None

    def say(self, text: str) -> None:
        """Write a line of our own."""
        self._write(text.encode() + b"\n")

    def _start(self, name: str, arguments: tuple[str, ...], pass_fds: tuple[int, ...]) -> Started:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=pass_fds,
        )
        started = Started.of(name, process, soft=signal.SIGTERM, harder=signal.SIGKILL, patience=8.0)
        self.cluster.watch(started)
        return started

    def _show(self, name: str, lines: IO[bytes] | None) -> None:
        prefix = f"{name:<7}| ".encode()
        while lines and (line := lines.readline(LONGEST_LINE)):
            self._write(prefix + line.rstrip(b"\n") + b"\n")

    def _write(self, line: bytes) -> None:
        """One whole line at a time. A terminal that went away must not keep us from stopping in order."""
        with self._screen:
            try:
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
            except OSError:
                self.asked_to_stop = True

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked_to_stop:
            for started in self.cluster.watched:
                started.running.kill()
        self.asked_to_stop = True
