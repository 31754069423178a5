"""Processes of our own without the two seconds that each takes to read the code: forked from one that has read it.

`Forge` is what the tests hold; `python -m tests.forge` is the process that forks, as a web server does that is told to
preload. What is forked leads a session of its own, with its own log, environment and arguments, as `python -m` would.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import socket
import subprocess
import sys
import time
from importlib import import_module
from typing import Any

READ = (
    "qa.celery", "qa.urls", "qa.wsgi", "inspections.tasks.deciding", "celery.__main__", "celery.bin.celery",
    "celery.apps.worker", "celery.apps.beat", "celery.concurrency.prefork", "celery.worker.consumer",
    "kombu.transport.redis", "django_celery_beat.schedulers", "gunicorn.app.wsgiapp", "gunicorn.workers.gthread",
    "tests.factories",
)  # fmt: skip
MESSAGE = 1 << 20


class Forge:
    """Starts processes by asking another that has read the code, with the environment of that one."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.forge", str(theirs.fileno())],
                env=environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(theirs.fileno(),),
            )
        assert self._ours.recv(MESSAGE) == b"ready"

    def start(self, arguments: tuple[str, ...], log: int, pass_fds: tuple[int, ...]) -> Forged:
        """Have `python -m` with these arguments, writing to the log."""
        asked = {"start": arguments, "pass_fds": pass_fds}
        socket.send_fds(self._ours, [json.dumps(asked).encode()], [log, *pass_fds])
        return Forged(self, json.loads(self._ours.recv(MESSAGE)))

    def ended(self, pid: int) -> int | None:
        """With what a process ended; None while it runs."""
        self._ours.send(json.dumps({"ended": pid}).encode())
        found: int | None = json.loads(self._ours.recv(MESSAGE))
        return found

    def close(self) -> None:
        self._ours.close()
        self.process.wait()


class Forged:
    """A process that was forked, as far as the tests use what `subprocess.Popen` offers."""

    def __init__(self, forge: Forge, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._forge = forge

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._forge.ended(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        while (found := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(0.005)
        return found


def _become(asked: dict[str, Any], fds: list[int]) -> None:
    """What a new process has before its module runs: a session, an input, an output, the files that were handed on."""
    os.setsid()
    log, *handed = fds
    nothing = os.open(os.devnull, os.O_RDONLY)
    for found, wanted in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(found, wanted)
    # None of those that came may lie where another is to go.
    above = [os.dup(each) for each in handed]
    kept = [os.dup(each) for each in above] if set(above) & set(asked["pass_fds"]) else above
    for found, wanted in zip(kept, asked["pass_fds"], strict=True):
        os.dup2(found, wanted)
        os.set_inheritable(wanted, True)
    for each in {nothing, log, *handed, *above, *kept}.difference(asked["pass_fds"], (0, 1, 2)):
        os.close(each)


def _serve(asking: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Answer until nobody asks; in a forked process return what it is to become."""
    while True:
        message, fds, _, _ = socket.recv_fds(asking, MESSAGE, 8)
        if not message:
            return None
        asked = json.loads(message)
        if "ended" in asked:
            pid, status = os.waitpid(asked["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if not answer:
                return asked, fds
            for each in fds:
                os.close(each)
        asking.send(json.dumps(answer).encode())


def main() -> None:
    import django

    django.setup()
    for name in READ:
        import_module(name)
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as asking:
        asking.send(b"ready")
        found = _serve(asking)
    if found:
        _become(*found)
        module, *arguments = found[0]["start"]
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
