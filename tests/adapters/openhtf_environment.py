"""An environment of its own for OpenHTF, from requirements-openhtf.txt by hash, below .interlock; made once."""

import fcntl
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from qa.embedded.places import PROJECT, data_folder

LOCK = PROJECT / "requirements-openhtf.txt"
WANTED = os.environ.get("INTERLOCK_OPENHTF") == "1"
STATION = Path(__file__).with_name("openhtf_station.py")

needs_openhtf = pytest.mark.skipif(
    not WANTED, reason="INTERLOCK_OPENHTF=1 runs a real OpenHTF test; it installs requirements-openhtf.txt"
)


def interpreter() -> Path:
    """The Python that has OpenHTF. Makes its environment where there is none, or one of another lock file."""
    folder = data_folder() / "openhtf" / sha256(LOCK.read_bytes()).hexdigest()[:16]
    python, ready = folder / "bin" / "python", folder / "ready"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:  # another process of the same tests may be at it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            _make(folder, python)
            ready.touch()
    return python


def _make(folder: Path, python: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    # Parts of OpenHTF come as sources only: they are built here, from what the hashes name.
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", LOCK]
    subprocess.run(install, check=True, timeout=900)


def run_station(kind: str, serial: str, folder: Path) -> bytes:
    """The record that a real test of `serial` writes. `kind`: passed, failed or broken."""
    file = folder / f"{kind}.json"
    run = subprocess.run(
        [interpreter(), STATION, file, serial, kind],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert file.exists(), run.stderr[-2000:]
    return file.read_bytes()
