"""Clusters and demos in folders of their own, so that nothing here touches those of the machine's user."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qa.embedded.cluster import Cluster
from qa.embedded.processes import Started

PROJECT = Path(__file__).resolve().parents[2]
NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "STATIC_ROOT", "PORT", "XDG_RUNTIME_DIR")


def processes_of(data: Path) -> list[str]:
    """Every living process that was started for this data folder: all of them inherit INTERLOCK_DATA."""
    marker = f"INTERLOCK_DATA={data}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if marker in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(f"{entry.name} {(entry / 'cmdline').read_bytes().decode().replace(chr(0), ' ')}")
    return found


class Program:
    """A program under test, with its own data folder."""

    def __init__(self, data: Path, process: subprocess.Popen[bytes], output: Path) -> None:
        self.data = data
        self.process = process
        self._output = output

    @property
    def pid(self) -> int:
        return self.process.pid

    def output(self) -> str:
        return self._output.read_text(errors="replace")

    def wait_for(self, text: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while text not in self.output():
            if self.process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"{text!r} was never written:\n{self.output()}")
            time.sleep(0.02)

    def signal(self, number: int) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def nothing_is_left(self, seconds: float = 30) -> bool:
        """Whether every process of this data folder is gone within `seconds`."""
        end = time.monotonic() + seconds
        while processes_of(self.data):
            if time.monotonic() > end:
                pytest.fail("still running:\n" + "\n".join(processes_of(self.data)))
            time.sleep(0.05)
        return True


@contextlib.contextmanager
def a_data_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="interlock-of-a-test-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for process in processes_of(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process.split()[0]), signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


def clean_environment(data: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name not in NAMES}
    return {**clean, "INTERLOCK_DATA": str(data), "INTERLOCK_RUN": str(data / "run"), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that the engines' user can reach."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("this system does not tell which processes belong to a test")
    with a_data_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def _made_once() -> Iterator[Path]:
    with a_data_folder() as folder:
        command = [sys.executable, "-m", "tests.qa.holding_cluster", "once"]
        subprocess.run(command, cwd=PROJECT, env=clean_environment(folder), check=True, stdout=subprocess.DEVNULL)
        yield folder / "test"


@pytest.fixture
def made(data: Path, _made_once: Path) -> None:
    """The data folder holds engines that ran before: a copy, since to make a database takes longest of all."""
    subprocess.run(["/bin/cp", "-a", str(_made_once), str(data)], check=True)


@pytest.fixture
def made_for_a_demo(data: Path, _made_once: Path) -> None:
    """As the demo's own engines, on which nothing of Interlock was made yet."""
    (data / "demo").mkdir(mode=0o755)
    subprocess.run(["/bin/cp", "-a", str(_made_once / "engine"), str(data / "demo")], check=True)


@pytest.fixture
def start(data: Path, tmp_path: Path, engines: Cluster | None) -> Iterator[Callable[..., Program]]:
    """Start `python <arguments>` on the data folder. The guard of the test run ends it too, should that be killed."""
    started: list[Program] = []

    def begin(*arguments: str, **environment: str) -> Program:
        output = tmp_path / f"output-{len(started)}"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=PROJECT,
                env={**clean_environment(data), **environment},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        if engines is not None and engines.guard is not None:
            running = Started.of("program", process, soft=signal.SIGINT, harder=signal.SIGKILL, patience=20).running
            engines.guard.watch(running)
        started.append(Program(data, process, output))
        return started[-1]

    yield begin
    for program in started:
        program.process.kill()
        program.process.wait()
    for program in started:
        program.nothing_is_left()
