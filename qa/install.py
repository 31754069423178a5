"""Make the virtual environment and install locked packages into it: python qa/install.py .venv requirements.txt ...

Standard library only, and syntax that Python 3.6 still reads, so that the refusal of an old Python is ours.
"""

import importlib.util
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)

NO_VENV = """This Python cannot make virtual environments (Debian and Ubuntu ship that part separately).
Run: sudo apt install python3-venv    then make again.
Without root: install uv and run make again."""

NO_PACKAGES = """The packages could not be installed; the reason stands above.
If they could not be downloaded: is this machine online, or does pip need a proxy or a mirror (PIP_INDEX_URL)?"""


def succeeds(*command):
    """Whether the command can be run and ends with status 0; its output is shown."""
    try:
        return subprocess.call(command) == 0
    except OSError:
        return False


def can_run(python):
    """Whether the environment's interpreter works and is new enough."""
    code = "import sys; sys.exit(sys.version_info < (%d, %d))" % OLDEST
    return os.path.exists(python) and succeeds(python, "-c", code)


def make_environment(folder, uv):
    """Make the folder; the first way that works: uv, venv with pip, venv without pip but with this Python's pip."""
    shutil.rmtree(folder, ignore_errors=True)
    if uv and succeeds(uv, "venv", "--quiet", "--no-config", "--no-python-downloads", "-p", sys.executable, folder):
        return True
    # Debian's python3 imports an empty `ensurepip`; what it installs from is what may be missing.
    ways = [["--without-pip"]] if importlib.util.find_spec("pip") else []
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("ensurepip._bundled"):
        ways.insert(0, [])
    for options in ways:
        if succeeds(sys.executable, "-m", "venv", *(options + [folder])):
            return True
        shutil.rmtree(folder, ignore_errors=True)
    return False


def install(python, uv, files):
    """Install exactly what the lock files say, by hash, running no package's own set-up code."""
    wanted = [word for name in files for word in ("-r", name)]
    if uv and succeeds(
        uv, "pip", "install", "--quiet", "--no-config", "--require-hashes", "--no-build", "-p", python, *wanted
    ):
        return True
    pip = [python, "-m", "pip"]
    if subprocess.call([*pip, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        pip = [sys.executable, "-m", "pip", "--python", python]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    return succeeds(*(pip + ["install"] + quiet + ["--require-hashes", "--only-binary", ":all:"] + wanted))


def main(folder, files):
    """Return the exit status; every failure has said what to do."""
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        sys.stderr.write(
            "Interlock needs Python 3.11 or newer; %s here is %s.\n"
            "If you have another: make demo PY=python3.12\n" % (os.path.basename(sys.executable), found)
        )
        return 1
    uv = shutil.which("uv")
    python = os.path.join(folder, "bin", "python")
    if not can_run(python):
        sys.stderr.write("Making %s\n" % folder)
        if not make_environment(folder, uv):
            sys.stderr.write(NO_VENV + "\n")
            return 1
    sys.stderr.write("Installing %s (about 20 s, without uv)\n" % ", ".join(files))
    if not install(python, uv, files):
        sys.stderr.write(NO_PACKAGES + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
