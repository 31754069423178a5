"""How gunicorn's processes share connections: gunicorn --worker-class qa.serving.EvenThreads qa.wsgi."""

from __future__ import annotations

import socket
import time
from typing import Final

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

_STEP_SECONDS: Final = 0.003
_MOST_STEPS: Final = 4


class EvenThreads(ThreadWorker):  # type: ignore[misc]
    """Threads as gunicorn has them, but a process with connections of its own leaves a new one to a process with fewer.

    Whichever process wakes first accepts, and a rig keeps its connection for hours: four rigs that call at one moment
    often sit in one process, on one core, for the whole shift. So each waits three milliseconds for every connection
    it has, at most twelve, before it takes another.
    """

    def accept(self, listener: socket.socket) -> None:
        time.sleep(_STEP_SECONDS * min(self.nr_conns, _MOST_STEPS))
        super().accept(listener)
