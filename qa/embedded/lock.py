"""One holder for each role's folder: a lock that the system itself releases when its holder dies, however it dies."""

import fcntl
import os
import time
from pathlib import Path

from qa.embedded.processes import started_at
from qa.embedded.refusal import CannotStart


class Taken(CannotStart):
    """Another process holds the lock; `pid` is its number."""

    def __init__(self, role: str, pid: int) -> None:
        super().__init__(f"{role} is already running here (pid {pid}).")
        self.pid = pid


class Lock:
    """The lock on one folder. The guard inherits it, so that it is free only once everything is cleaned up."""

    def __init__(self, path: Path, role: str) -> None:
        self.path = path
        self.role = role
        self.fd = -1

    def take(self, *, patience: float = 20.0) -> None:
        """Take it, or raise Taken. Waits up to `patience` seconds while only the guard of a dead holder has it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        end = time.monotonic() + patience
        # A look from `manage.py` holds the lock for an instant; a holder that has not written its number yet too.
        grace = time.monotonic() + 0.5
        while True:
            try:
                fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = self._holder()
                now = time.monotonic()
                if now > end or (now > grace and started_at(holder)):
                    self.release()
                    raise Taken(self.role, holder) from None
                time.sleep(0.05)
        os.ftruncate(self.fd, 0)
        os.pwrite(self.fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let go; it is free once the guard, which shares it, has let go too."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def _holder(self) -> int:
        found = os.pread(self.fd, 32, 0).strip()
        return int(found) if found.isdigit() else 0


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock now."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
