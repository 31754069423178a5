"""Asking about processes and ending them, without mistaking a recycled number for the process that had it before."""

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

PROC = Path("/proc")
HAS_PROC = (PROC / "self" / "stat").exists()


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the third on (state, parent, group, session, …); empty when it is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (OSError, UnicodeDecodeError):
        return []


def _ps(*arguments: str) -> str:
    """What ps says, on systems without /proc."""
    return subprocess.run(["/bin/ps", *arguments], capture_output=True, text=True, check=False).stdout.strip()


def started_at(pid: int) -> str:
    """When the process started, as the system tells it; empty when there is none or when it is only a zombie.

    Process numbers are used again, so a number alone never identifies a process; number and start do.
    """
    if not HAS_PROC:
        state, _, start = _ps("-o", "state=,lstart=", "-p", str(pid)).partition(" ")
        return "" if state.startswith("Z") else start.strip()
    fields = _stat(pid)
    return fields[19] if fields and fields[0] not in {"Z", "X"} else ""


def folder_of(pid: int) -> Path | None:
    """The working folder of a process, or None where the system does not tell."""
    try:
        return (PROC / str(pid) / "cwd").resolve(strict=True) if HAS_PROC else None
    except OSError:
        return None


def command_of(pid: int) -> str:
    """The command line of a process; empty when there is none."""
    if not HAS_PROC:
        return _ps("-o", "command=", "-p", str(pid))
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def members_of(session: int) -> list[int]:
    """The living processes of a session (Linux) or of its leader's group (elsewhere)."""
    if not HAS_PROC:
        pairs = (line.split() for line in _ps("-A", "-o", "pid=,pgid=").splitlines())
        return [int(pid) for pid, group in pairs if int(group) == session and started_at(int(pid))]
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields and fields[0] not in {"Z", "X"} and int(fields[3]) == session:
                found.append(int(entry.name))
    return found


@dataclass(frozen=True)
class Running:
    """A process that leads a session of its own, and how it is asked to stop."""

    name: str
    pid: int
    started: str
    soft: int = signal.SIGTERM
    harder: int = signal.SIGKILL
    patience: float = 8.0

    def to_line(self) -> bytes:
        """One line for the guard's pipe."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "Running":
        """Read back what `to_line` wrote."""
        return cls(**json.loads(line))

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return bool(self.started) and started_at(self.pid) == self.started

    def remains(self) -> list[int]:
        """The living processes of its session. Empty if the number now belongs to a process that came later."""
        now = started_at(self.pid)
        return [] if now and now != self.started else members_of(self.pid)

    def ask(self, number: int) -> None:
        """Signal the process itself, if it is still there."""
        if self.alive():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End what is left of its session at once, again and again: a leader replaces children that it loses."""
        end = time.monotonic() + 5
        while (left := self.remains()) and time.monotonic() < end:
            for pid in sorted(left, key=lambda pid: pid != self.pid):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)


@dataclass(frozen=True)
class Started:
    """A process that we are the parent of."""

    running: Running
    process: subprocess.Popen[bytes]

    @classmethod
    def of(cls, name: str, process: subprocess.Popen[bytes], *, soft: int, harder: int, patience: float) -> "Started":
        """Describe a process that was just started in a session of its own."""
        running = Running(
            name=name, pid=process.pid, started=started_at(process.pid), soft=soft, harder=harder, patience=patience
        )
        return cls(running=running, process=process)

    def stop(self) -> None:
        """Stop it and all of its session, and take its exit status, so that no zombie stays."""
        stop(self.running)
        self.process.wait()


def wait_until_gone(running: Running, seconds: float) -> bool:
    """Wait for a process that need not be a child of ours; True when it is gone."""
    end = time.monotonic() + seconds
    while running.alive():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def stop(running: Running) -> None:
    """Ask, wait, ask harder, then end the whole session: nothing of it is left afterwards."""
    for number, seconds in ((running.soft, running.patience), (running.harder, 2.0)):
        running.ask(number)
        if wait_until_gone(running, seconds):
            break
    running.kill()
