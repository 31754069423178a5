"""Clients as processes of their own, each with one connection that it keeps, and a bounded list of requests."""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST_ANSWER_SECONDS = 60.0


@dataclass(frozen=True)
class Run:
    """What the clients of one run did together, from the first request to the last answer."""

    requests: int
    seconds: float
    statuses: Counter[int]
    median_ms: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def request(port: int, path: str, body: bytes, key: str, scheme: str = "Bearer") -> bytes:
    """A whole POST as it goes over the wire, made ready so that the clients cost next to nothing."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {scheme} {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run_clients(
    port: int, shares: Sequence[Sequence[bytes]], *, seconds: float | None = None, one_pile: bool = False
) -> Run:
    """One process for each share of requests; each ends with its share, or when the seconds are over.

    `one_pile`: the shares say the same, each in its client's name, and whoever has an answer sends the next one that
    nobody sent: so all are busy until the last.
    """
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(len(shares))
    results = context.SimpleQueue()
    sent = context.Value("i", 0)
    ways = [_pile(share, sent) if one_pile else share for share in shares]
    processes = [
        context.Process(target=_client, args=(port, way, seconds, barrier, results), daemon=True) for way in ways
    ]
    for process in processes:
        process.start()
    told = [results.get() for _ in processes]
    for process in processes:
        process.join()
    begun, ended = min(row[0] for row in told), max(row[1] for row in told)
    statuses: Counter[int] = Counter()
    for row in told:
        statuses.update(row[2])
    taken = sorted(took for row in told for took in row[3])
    return Run(sum(statuses.values()), ended - begun, statuses, 1000 * taken[len(taken) // 2])


def _pile(requests: Sequence[bytes], sent: Any) -> Iterator[bytes]:
    while True:
        with sent:
            place, sent.value = sent.value, sent.value + 1
        if place >= len(requests):
            return
        yield requests[place]


def _client(port: int, share: Iterable[bytes], seconds: float | None, barrier: Any, results: Any) -> None:
    statuses: Counter[int] = Counter()
    taken = []
    connection = _Connection(port)
    barrier.wait()
    begun = ended = time.monotonic()
    for sent in share:
        before = ended
        statuses[connection.exchange(sent)] += 1
        ended = time.monotonic()
        taken.append(ended - before)
        if seconds is not None and ended - begun >= seconds:
            break
    results.put((begun, ended, dict(statuses), taken))


class _Connection:
    """Just enough of HTTP/1.1 to read a status and pass over a body of stated length."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def exchange(self, sent: bytes) -> int:
        for last_try in (False, True):
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), LONGEST_ANSWER_SECONDS)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self.socket.sendall(sent)
                return self._answer(self.socket)
            except (ConnectionError, BrokenPipeError):
                # A connection that idled too long was closed; what was sent again is answered as a repeat.
                self.socket.close()
                self.socket = None
                if last_try:
                    raise
        raise AssertionError("unreachable")

    def _answer(self, connection: socket.socket) -> int:
        received = b""
        while b"\r\n\r\n" not in received:
            more = connection.recv(65536)
            if not more:
                raise ConnectionResetError("the server closed the connection")
            received += more
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
        missing = length - len(body)
        while missing > 0:
            missing -= len(connection.recv(min(missing, 1 << 20)))
        if b"connection: close" in lines:
            connection.close()
            self.socket = None
        return int(lines[0].split()[1])
