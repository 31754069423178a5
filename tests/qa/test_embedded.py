"""The private engines: whatever ends their supervisor, nothing stays behind and the next start succeeds."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from qa.embedded.processes import started_at
from tests.depth import deep
from tests.qa.conftest import Program

pytestmark = pytest.mark.processes
HOLDING = "tests.qa.holding_cluster"
Start = Callable[..., Program]


def hold(start: Start, **environment: str) -> tuple[Program, dict[str, Any]]:
    """Start a cluster; returns its program and what it says of itself."""
    program = start("-m", HOLDING, **environment)
    program.wait_for("started")
    return program, json.loads(program.output().splitlines()[0])


def starts_again(start: Start, **environment: str) -> str:
    """Start and stop once more; returns the role it got."""
    again = start("-m", HOLDING, "once", **environment)
    assert again.process.wait(timeout=180) == 0, again.output()
    assert again.nothing_is_left()
    return str(json.loads(again.output().splitlines()[0])["role"])


def only_folder(data: Path) -> Path:
    """The PostgreSQL data directory of the tests' role."""
    (folder,) = (data / "test" / "engine").glob("pg*")
    return folder


def test_the_two_roles_exist_and_the_application_owns_nothing(start: Start) -> None:
    _, told = hold(start)
    with psycopg.connect(told["DATABASE_URL"]) as connection:
        row = connection.execute(
            "SELECT current_user, usesuper, usecreatedb, has_database_privilege(current_database(), 'CREATE')"
            " FROM pg_user WHERE usename = current_user"
        ).fetchone()
    assert row == ("interlock_app", False, False, False)
    with psycopg.connect(told["DATABASE_OWNER_URL"]) as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == (
            "interlock_owner",
            "interlock",
        )


@pytest.mark.usefixtures("made")
def test_nobody_else_can_enter_the_folder_of_the_sockets(start: Start) -> None:
    _, told = hold(start)
    folder = Path(told["REDIS_URL"].removeprefix("unix://").partition("?")[0]).parent
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("made")
def test_ctrl_c_stops_everything_in_order(start: Start) -> None:
    program, _ = hold(start)
    assert program.signal(signal.SIGINT) == 0
    assert program.output().endswith("stopped\n")
    assert program.nothing_is_left(seconds=1)


@pytest.mark.usefixtures("made")
def test_kill_9_of_the_supervisor_leaves_no_process_and_no_crash_recovery(start: Start, data: Path) -> None:
    program, _ = hold(start)
    program.signal(signal.SIGKILL)
    assert program.nothing_is_left(seconds=10)
    assert not (only_folder(data) / "postmaster.pid").exists()
    assert starts_again(start) == "test"


@pytest.mark.usefixtures("made")
def test_kill_9_of_supervisor_and_guard_is_mended_by_the_next_start(start: Start) -> None:
    program, told = hold(start)
    os.kill(told["guard"], signal.SIGKILL)
    program.signal(signal.SIGKILL)
    assert started_at(told["PostgreSQL"])
    assert started_at(told["Redis"])
    assert starts_again(start) == "test"
    assert not started_at(told["PostgreSQL"])
    assert not started_at(told["Redis"])


@deep
@pytest.mark.usefixtures("made")
def test_kill_9_of_postgres_itself_is_recovered_by_the_next_start(start: Start) -> None:
    program, told = hold(start)
    os.kill(told["PostgreSQL"], signal.SIGKILL)
    program.signal(signal.SIGKILL)
    assert program.nothing_is_left()
    assert starts_again(start) == "test"


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    "left",
    ["number of another process", pytest.param("empty", marks=deep), pytest.param("number of nobody", marks=deep)],
)
def test_a_stale_pid_file_does_not_keep_it_from_starting(start: Start, data: Path, left: str) -> None:
    folder = only_folder(data)
    owner = folder.stat()
    how: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid} if os.getuid() == 0 else {}
    with subprocess.Popen(["/bin/sleep", "60"], cwd="/", **how) as unrelated:
        number = {"number of another process": unrelated.pid, "number of nobody": 2**22 - 3}.get(left)
        lines = [str(number), str(folder), "1", "5432", "/tmp", "", "0 0", "ready"] if number else []
        file = folder / "postmaster.pid"
        file.write_text("\n".join(lines))
        os.chown(file, owner.st_uid, owner.st_gid)
        assert starts_again(start) == "test"
        assert unrelated.poll() is None
        unrelated.kill()


@pytest.mark.usefixtures("made")
def test_a_half_made_data_directory_is_made_anew(start: Start, data: Path) -> None:
    folder = only_folder(data)
    half = folder.with_suffix(".new")
    folder.rename(half)
    (half / "PG_VERSION").unlink()
    assert starts_again(start) == "test"
    assert not half.exists()


@pytest.mark.usefixtures("made")
def test_a_second_run_gets_engines_of_its_own_which_go_with_it(start: Start, data: Path) -> None:
    first, told = hold(start)
    second, other = hold(start)
    assert told["role"] == "test"
    assert other["role"] == f"test-{second.pid}"
    assert told["DATABASE_URL"] != other["DATABASE_URL"]
    assert second.signal(signal.SIGINT) == 0
    assert not (data / other["role"]).exists()
    assert first.process.poll() is None


@deep
@pytest.mark.usefixtures("made")
def test_what_a_killed_second_run_left_is_swept(start: Start, data: Path) -> None:
    hold(start)
    second, other = hold(start)
    os.kill(other["guard"], signal.SIGKILL)
    second.signal(signal.SIGKILL)
    third, _ = hold(start)
    assert not started_at(other["PostgreSQL"])
    assert not (data / other["role"]).exists()
    assert third.process.poll() is None


def test_one_server_named_alone_is_refused(start: Start) -> None:
    program = start("-m", HOLDING, REDIS_URL="redis://127.0.0.1:6379/0")
    assert program.process.wait(timeout=120) == 1
    assert "REDIS_URL is set and DATABASE_URL is not: set both to use your own servers, or neither." in program.output()


def test_servers_named_outside_start_nothing(start: Start, data: Path) -> None:
    program = start(
        *("-m", HOLDING),
        DATABASE_URL="postgresql://app@db.example/interlock",
        REDIS_URL="redis://queue.example/0",
    )
    program.wait_for("started")
    told = json.loads(program.output().splitlines()[0])
    assert "PostgreSQL" not in told
    assert told["DATABASE_URL"] == "postgresql://app@db.example/interlock"
    assert not (data / "test" / "engine").exists()


@pytest.mark.usefixtures("made")
def test_a_folder_of_sockets_open_to_others_is_refused(start: Start) -> None:
    program, told = hold(start)
    program.signal(signal.SIGINT)
    sockets = Path(told["REDIS_URL"].removeprefix("unix://").partition("?")[0]).parent
    sockets.mkdir()
    sockets.chmod(0o777)
    again = start("-m", HOLDING, "once")
    assert again.process.wait(timeout=120) == 1
    assert f"{sockets} belongs to another user or is open to others; remove it or set INTERLOCK_RUN." in again.output()


def test_a_folder_of_sockets_that_is_too_long_is_refused(start: Start, data: Path) -> None:
    program = start("-m", HOLDING, "once", INTERLOCK_RUN=str(data / ("x" * 80)))
    assert program.process.wait(timeout=120) == 1
    assert "is too long for a socket; set INTERLOCK_RUN to a shorter folder." in program.output()


def test_a_machine_without_engines_says_what_to_install(start: Start) -> None:
    program = start("-m", HOLDING, "once", INTERLOCK_ENGINES="machine", PATH="/nonexistent")
    program.process.wait(timeout=180)
    if "started" in program.output():
        pytest.skip("this machine has both engines at fixed places")
    assert "Install your system's" in program.output()
    assert "Traceback" not in program.output()


def test_an_unknown_kind_of_engines_is_refused(start: Start) -> None:
    program = start("-m", HOLDING, "once", INTERLOCK_ENGINES="docker")
    assert program.process.wait(timeout=120) == 1
    assert "INTERLOCK_ENGINES is 'docker'; expected one of any, packages, machine." in program.output()
