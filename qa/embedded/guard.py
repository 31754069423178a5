"""The guard: a small process that outlives its supervisor just long enough to stop what it had started.

It reads a pipe whose only writer is the supervisor, one line for each process started. When the pipe ends without a
word, the supervisor is gone, however it died, and the guard stops the processes in reverse order.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from qa.embedded.processes import Running, stop

FAREWELL = b"done\n"


class Guard:
    """The supervisor's end of the pipe."""

    def __init__(self, *, holding: tuple[int, ...]) -> None:
        """Start the guard; it shares the open files `holding`, the lock among them."""
        reading, self._writing = os.pipe()
        command = [sys.executable, "-m", "qa.embedded.guard", str(reading)]
        self._process = subprocess.Popen(
            command,
            pass_fds=(reading, *holding),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).resolve().parents[2],
        )
        os.close(reading)

    @property
    def pid(self) -> int:
        """The guard's own process."""
        return self._process.pid

    def watch(self, running: Running) -> None:
        """Have this process stopped should the supervisor die."""
        os.write(self._writing, running.to_line())

    def dismiss(self) -> None:
        """Everything was stopped in order; the guard may go."""
        if self._writing >= 0:
            with suppress(BrokenPipeError):  # somebody ended the guard; there is nothing left to guard
                os.write(self._writing, FAREWELL)
            os.close(self._writing)
            self._writing = -1
            self._process.wait()


def main(fd: int) -> None:
    """Watch the pipe until it ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: list[Running] = []
    with os.fdopen(fd, "rb") as pipe:
        for line in pipe:
            if line == FAREWELL:
                return
            watched.append(Running.from_line(line))
    for running in reversed(watched):
        stop(running)


if __name__ == "__main__":
    main(int(sys.argv[1]))
