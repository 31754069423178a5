"""`make demo` as a whole: it says where it is, one at a time, and however it ends nothing of it stays."""

import http.client
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.depth import deep
from tests.qa.conftest import Program, processes_of

pytestmark = pytest.mark.processes
Start = Callable[..., Program]
ADDRESS = "Interlock is at http://127.0.0.1:"


@pytest.fixture
def port() -> str:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        number = found.getsockname()[1]
    return str(number)


def run_demo(start: Start, port: str) -> Program:
    program = start("-m", "qa.demo", PORT=port)
    program.wait_for(ADDRESS + port, seconds=240)
    return program


def answers(port: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
    try:
        connection.request("GET", "/accounts/login/")
        return connection.getresponse().status > 0
    except OSError:
        return False
    finally:
        connection.close()


def in_the_shell(start: Start, code: str) -> str:
    """What `manage.py shell` says to the code, beside whatever runs."""
    shell = start("manage.py", "shell", "-c", f"from django.contrib.auth.models import Group; {code}")
    assert shell.process.wait(timeout=180) == 0, shell.output()
    return shell.output().rstrip().rpartition("\n")[2]


def the_running_demo_refuses_a_second_and_the_cleaning(start: Start, demo: Program, port: str) -> None:
    second = start("-m", "qa.demo")
    assert second.process.wait(timeout=120) == 1
    expected = f"make demo is already running here (pid {demo.pid}): http://127.0.0.1:{port}. Stop it with Ctrl-C in"
    assert expected in second.output()

    cleaning = start("-m", "qa.embedded.clean")
    assert cleaning.process.wait(timeout=120) == 1
    assert "Stop it with Ctrl-C in its window, then clean." in cleaning.output()


def ctrl_c_ends_it_in_order(demo: Program, port: str) -> None:
    assert demo.signal(signal.SIGINT) == 0, demo.output()
    assert demo.nothing_is_left(seconds=10)
    assert not answers(port)
    assert "Traceback" not in demo.output().partition("Stopping;")[2]


def kill_9_leaves_no_process(demo: Program, port: str) -> None:
    demo.signal(signal.SIGKILL)
    assert demo.nothing_is_left(seconds=30)
    assert not answers(port)


def a_program_that_ends_by_itself_ends_the_rest(demo: Program, data: Path) -> None:
    (beat,) = (line.split()[0] for line in processes_of(data) if " beat " in line)
    os.kill(int(beat), signal.SIGKILL)
    assert demo.process.wait(timeout=180) == 1
    assert "beat ended by itself with status -9; stopping the rest. Its last lines are above." in demo.output()
    assert demo.nothing_is_left(seconds=10)


@deep
def test_it_runs_alone_serves_manage_py_keeps_its_data_however_it_ends_and_can_be_cleaned(
    start: Start, port: str, data: Path
) -> None:
    """One story, since making the tables and loading the plans is what takes its time, and need be done once.

    What it is made of is tried on less each time: test_embedded, test_supervisor, test_load_demo, test_simulate_line.
    """
    demo = run_demo(start, port)
    assert answers(port)
    the_running_demo_refuses_a_second_and_the_cleaning(start, demo, port)
    assert in_the_shell(start, "Group.objects.create(name='kept'); print('made')") == "made"
    ctrl_c_ends_it_in_order(demo, port)

    demo = run_demo(start, port)
    assert in_the_shell(start, "print(Group.objects.filter(name='kept').count())") == "1"
    kill_9_leaves_no_process(demo, port)

    demo = run_demo(start, port)
    a_program_that_ends_by_itself_ends_the_rest(demo, data)

    assert (data / "demo" / "engine").exists()
    assert start("-m", "qa.embedded.clean").process.wait(timeout=120) == 0
    assert not (data / "demo").exists()


@pytest.mark.usefixtures("made_for_a_demo")
def test_ctrl_c_during_the_preparations_leaves_no_process(start: Start, port: str) -> None:
    demo = start("-m", "qa.demo", PORT=port)
    demo.wait_for("Setting up the tables.", seconds=120)
    assert demo.signal(signal.SIGINT) == 0
    assert demo.nothing_is_left(seconds=10)
    assert "Traceback" not in demo.output()


def test_a_busy_port_that_was_asked_for_is_named(start: Start, data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        demo = start("-m", "qa.demo", PORT=str(port))
        assert demo.process.wait(timeout=120) == 1
    expected = f"Port {port} is taken by another program. Choose another: make demo PORT={port + 1}\n"
    assert demo.output() == expected
    assert not (data / "demo").exists()


@pytest.mark.parametrize("port", ["0", "70000", "http"])
def test_a_port_that_is_none_is_refused(start: Start, port: str) -> None:
    demo = start("-m", "qa.demo", PORT=port)
    assert demo.process.wait(timeout=120) == 1
    assert demo.output() == f"PORT is {port!r}; expected a whole number from 1 to 65535.\n"


def test_manage_py_without_a_demo_says_how_to_start_one(start: Start) -> None:
    command = start("manage.py", "showmigrations", "--skip-checks")
    assert command.process.wait(timeout=180) == 1
    assert command.output().startswith("No database is named (DATABASE_URL) and no demo runs in this folder. Start one")
