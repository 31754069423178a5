"""Connections that are kept are shared evenly by the processes of the web server."""

from __future__ import annotations

import http.client
import socket
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import RealProcess

SAYS_WHO_ANSWERS = """
import os

def application(environ, start_response):
    start_response("200 OK", [("Content-Length", str(len(str(os.getpid()))))])
    return [str(os.getpid()).encode()]
"""


@pytest.mark.processes
def test_eight_that_call_at_one_moment_and_stay_are_shared_by_both_processes(
    start_process: Callable[..., RealProcess], tmp_path: Path
) -> None:
    (tmp_path / "says_who.py").write_text(SAYS_WHO_ANSWERS)
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listening:
        port = listening.getsockname()[1]
        web = start_process(
            "web",
            *("gunicorn", "says_who", "--workers", "2", "--threads", "4", "--no-control-socket"),
            *("--worker-class", "qa.serving.EvenThreads", "--pythonpath", str(tmp_path)),
            *("--bind", f"fd://{listening.fileno()}"),
            pass_fds=(listening.fileno(),),
        )
        web.wait_for("Booting worker")
    _wait_for_both(port)
    connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(8)]
    for connection in connections:
        connection.connect()
    answered = Counter(map(_who_answers, connections))
    for connection in connections:
        connection.close()
    assert len(answered) == 2
    assert min(answered.values()) >= 2


def _who_answers(connection: http.client.HTTPConnection) -> bytes:
    connection.request("GET", "/")
    return connection.getresponse().read()


def _wait_for_both(port: int) -> None:
    """Until each process has answered: one that still starts takes no part."""
    seen: set[bytes] = set()
    end = time.monotonic() + 30
    while len(seen) < 2 and time.monotonic() < end:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        seen.add(_who_answers(connection))
        connection.close()
    assert len(seen) == 2
