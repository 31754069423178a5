"""Readers that run as a process of their own: heavy ones, those whose packages do not go together with ours, and those
whose licence asks for it. The process gets the file, says what it read as lines, and cannot harm whoever asked.

It is started with bounds of memory, time and output, in an environment without anything that is ours to keep secret,
and is killed with all that it started. Whatever it does else than reading comes out as an AdapterError.
"""

from __future__ import annotations

import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from io import UnsupportedOperation
from pathlib import Path
from typing import Any, BinaryIO

from .canonical import AdapterError, CanonicalInspection, ParseContext
from .canonical_lines import NotALine, read_line, write_end, write_error, write_inspection
from .strict_json import shown

_ROOT = Path(__file__).parents[2]
_PIECE = 64 * 1024
_LAUNCH = (
    "import os,resource as r,sys;"
    "m,s=int(sys.argv[1]),int(sys.argv[2]);"
    "r.setrlimit(r.RLIMIT_AS,(m,m));r.setrlimit(r.RLIMIT_CPU,(s,s));r.setrlimit(r.RLIMIT_CORE,(0,0));"
    "os.execv(sys.argv[3],sys.argv[3:])"
)
"""Bounds the process before the reader's own code begins: done in the process itself, whatever threads we have."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader may use: memory as the addresses that it may map, seconds of both kinds, bytes that it may say."""

    memory: int = 1024 * 1024 * 1024
    seconds: int = 120
    silence: int = 60
    output: int = 64 * 1024 * 1024
    line: int = 16 * 1024 * 1024


def read_by_child(
    command: Sequence[str], stream: BinaryIO, context: ParseContext, limits: Limits | None = None
) -> Iterator[CanonicalInspection]:
    """What a reader says of the file, as it says it. `command` begins with the path of a program; the file is its
    standard input, and the number of a file with the context is added as its last argument.

    Raises AdapterError where it says so itself, crashes, says what is no line, says too much, or nothing in time.
    """
    limits = limits or Limits()
    with _as_file(stream) as own, tempfile.TemporaryFile() as told:
        told.write(write_context(context))
        told.flush()
        told.seek(0)
        launched = [sys.executable, "-I", "-c", _LAUNCH, str(limits.memory), str(limits.seconds)]
        try:
            process = subprocess.Popen(
                [*launched, *command, str(told.fileno())],
                stdin=own,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[told.fileno()],
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise AdapterError("reader", shown(str(error)), f"the program {command[0]}") from error
        try:
            yield from _listen(process, limits)
        finally:
            _kill(process)


def _environment() -> dict[str, str]:
    """Nothing of ours: addresses and passwords of databases stand in the environment."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "NUMEXPR_MAX_THREADS": "1",
    }


@contextmanager
def _as_file(stream: BinaryIO) -> Iterator[int]:
    """The number of a file of the system with all of the stream, at its beginning."""
    stream.seek(0)
    try:
        number = stream.fileno()
    except (UnsupportedOperation, AttributeError):
        number = -1
    if number >= 0:
        os.lseek(number, 0, os.SEEK_SET)
        yield number
        return
    with tempfile.TemporaryFile() as copy:
        while piece := stream.read(_PIECE):
            copy.write(piece)
        copy.flush()
        copy.seek(0)
        yield copy.fileno()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and whatever it started. Its group stays its own until we have waited for it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    process.wait()


def _listen(process: subprocess.Popen[bytes], limits: Limits) -> Iterator[CanonicalInspection]:
    count = 0
    complaint = bytearray()
    for line in _lines(process, limits, complaint):
        try:
            said = read_line(line.decode())
        except (NotALine, UnicodeDecodeError) as error:
            raise AdapterError("reader", f"what is no line of it ({shown(str(error))})", "inspections") from error
        if isinstance(said, AdapterError):
            raise said
        if isinstance(said, int):
            if said != count:
                raise AdapterError("reader", f"{count} inspections, and {said} at its end", "as many")
            return
        count += 1  # noqa: SIM113 only inspections count
        yield said
    found = _ending(process, limits)
    words = complaint.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
    raise AdapterError("reader", f"a reader that {found} ({shown(words)})", "that it reads to its end")


def _ending(process: subprocess.Popen[bytes], limits: Limits) -> str:
    """How it ended. It is not waited for in the way that would give its number, and with it its group's, to another."""
    end = time.monotonic() + limits.silence
    while time.monotonic() < end:
        ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        if ended is not None:
            by_itself = ended.si_code == os.CLD_EXITED
            return f"ended with {ended.si_status}" if by_itself else f"ended by signal {ended.si_status}"
        time.sleep(0.01)
    return "fell silent"


def _lines(process: subprocess.Popen[bytes], limits: Limits, complaint: bytearray) -> Iterator[bytes]:
    """The lines of its output as they come; the last of its complaints are kept in `complaint`."""
    end = time.monotonic() + limits.seconds
    heard = time.monotonic()
    pending, total = bytearray(), 0
    assert process.stdout is not None  # noqa: S101 for the type checker: both are pipes
    assert process.stderr is not None  # noqa: S101
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        while selector.get_map():
            left = min(end, heard + limits.silence) - time.monotonic()
            ready = selector.select(max(0, left))
            if not ready:
                raise AdapterError("reader", "no answer in time", f"all of it within {limits.seconds} s")
            for key, _events in ready:
                piece = os.read(key.fd, _PIECE)
                if not piece:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    complaint += piece
                    del complaint[:-2000]
                else:
                    heard = time.monotonic()
                    total += len(piece)
                    pending += piece
            if time.monotonic() > end:
                raise AdapterError("reader", "no end in time", f"all of it within {limits.seconds} s")
            if total > limits.output or len(pending) > limits.line:
                raise AdapterError("reader", f"more than {min(total, limits.output)} bytes said", "less in one file")
            while (at := pending.find(b"\n")) >= 0:
                yield bytes(pending[:at])
                del pending[: at + 1]


def write_context(context: ParseContext) -> bytes:
    """What a reader is told, as JSON; decimals in the options become texts."""
    return json.dumps({**asdict(context), "options": dict(context.options)}, default=str).encode()


def read_context(data: bytes) -> ParseContext:
    found: Mapping[str, Any] = json.loads(data)
    return ParseContext(**found)


def serve(parse: Callable[[BinaryIO, ParseContext], Iterator[CanonicalInspection]]) -> None:
    """The other side: reads standard input by `parse` and says what is in it. The process ends afterwards."""
    with os.fdopen(int(sys.argv[-1]), "rb") as told:
        context = read_context(told.read())
    # What libraries print is not to stand among the lines.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    count = 0
    try:
        with os.fdopen(0, "rb") as stream:
            for inspection in parse(stream, context):
                out.write(write_inspection(inspection) + "\n")
                out.flush()
                count += 1
        out.write(write_end(count) + "\n")
    except AdapterError as error:
        out.write(write_error(error) + "\n")
    except MemoryError:
        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        out.write(
            write_error(AdapterError("file", f"more than {most} bytes of memory needed", "a smaller file")) + "\n"
        )
    out.flush()
