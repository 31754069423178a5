"""Where the private engines keep things: data beside the project, sockets in a short folder that is ours alone.

.interlock/<role>/lock, environment.json, log/      read by us
.interlock/<role>/engine/pg18/                      the database, owned by who runs it
/run/user/… or /tmp/interlock-<user>-<hash>/        the sockets: their path may have 107 bytes, a project's has more
"""

import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from qa.embedded.identity import Identity, choose
from qa.embedded.refusal import CannotStart

PROJECT = Path(__file__).resolve().parents[2]
LONGEST_SOCKET_FOLDER = 90


def short_hash(*parts: str) -> str:
    """Ten hexadecimal digits that tell one project and role from another."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]


def data_folder() -> Path:
    """Where the data of all roles lies: the folder that INTERLOCK_DATA names, else .interlock in the project."""
    named = os.environ.get("INTERLOCK_DATA", "")
    return Path(named).resolve() if named else PROJECT / ".interlock"


@dataclass(frozen=True)
class Places:
    """The folders of one role (`demo`, `test` or `test-<pid>`) of one project."""

    role: str
    home: Path

    @classmethod
    def of(cls, role: str) -> "Places":
        """The places of a role; nothing is made yet."""
        return cls(role=role, home=data_folder() / role)

    @property
    def key(self) -> str:
        """What tells this data folder from every other in the names of shared folders."""
        return str(self.home.parent)

    @property
    def lock(self) -> Path:
        return self.home / "lock"

    @property
    def processes(self) -> Path:
        """What was started and may have to be ended by the next who takes the lock."""
        return self.home / "processes"

    @property
    def environment(self) -> Path:
        """The addresses and the key of what runs now; readable by its owner alone."""
        return self.home / "environment.json"

    @property
    def refuge(self) -> Path:
        """Where root keeps data and a copy of the engines when an ordinary user cannot reach the project."""
        return Path("/var/tmp") / f"interlock-{os.getuid()}-{short_hash(self.key)}"  # noqa: S108 checked when made

    @property
    def sockets(self) -> Path:
        """The folder of the sockets. It can be told before anything is started."""
        named = os.environ.get("INTERLOCK_RUN", "")
        shared = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
        digest = short_hash(self.key, self.role)
        if named:
            return Path(named) / digest
        if os.getuid() and shared.is_absolute() and shared.is_dir() and shared.stat().st_uid == os.getuid():
            return shared / f"interlock-{digest}"
        return Path("/tmp") / f"interlock-{os.getuid()}-{digest}"  # noqa: S108 checked when made

    def identity(self) -> Identity:
        """Who runs this role's engines. Raises CannotStart."""
        return choose(self.home.parent.parent, self.home / "engine")

    def make_home(self) -> None:
        """Make the folder that we read ourselves."""
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "log").mkdir(exist_ok=True)
        (self.home / "static").mkdir(exist_ok=True)

    def make_data(self, identity: Identity) -> Path:
        """Make the engines' folder and return it: beside the project, or in the refuge if they cannot reach that."""
        data = self.home / "engine"
        identity.own(data)
        if identity.may("w", data) and stat.S_IMODE(data.stat().st_mode) == 0o700:
            return data
        try:
            data.rmdir()
        except OSError as error:
            raise CannotStart(
                f"{data} holds data that {identity.name} can no longer reach; let that user enter its parent folders, "
                "or remove it with: make clean-demo"
            ) from error
        if identity.drops:
            self.make_refuge()
            data = self.refuge / self.role
        else:
            # Some shared and foreign file systems know no modes, and PostgreSQL insists on 0700.
            state = Path(os.environ.get("XDG_STATE_HOME", "") or Path.home() / ".local" / "state")
            data = state / f"interlock-{short_hash(self.key)}" / self.role
        identity.own(data)
        return data

    def make_refuge(self) -> None:
        """Make the refuge, or refuse one that somebody else has prepared."""
        _make_private(self.refuge, os.getuid(), 0o755)

    def make_sockets(self, identity: Identity) -> Path:
        """Make the folder of the sockets anew and return it. Raises CannotStart if it is not ours alone or too long.

        What a crash left in it would keep PostgreSQL from starting; only the holder of the role's lock may call this.
        """
        folder = self.sockets
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
            raise CannotStart(f"{folder} is too long for a socket; set INTERLOCK_RUN to a shorter folder.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        _make_private(folder, identity.uid, 0o700, gid=identity.gid if identity.drops else -1)
        for left in folder.iterdir():
            left.unlink()
        return folder

    def remove(self) -> None:
        """Remove everything of this role. Only for who holds its lock, with nothing running."""
        shutil.rmtree(self.sockets, ignore_errors=True)
        shutil.rmtree(self.refuge / self.role, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)
        if self.refuge.is_dir() and not any(self.refuge.glob("demo")) and not any(self.refuge.glob("test*")):
            shutil.rmtree(self.refuge, ignore_errors=True)  # the copies of the programs: nobody is left to use them


def _make_private(folder: Path, uid: int, mode: int, gid: int = -1) -> None:
    """Make a folder whose name can be guessed; it must be a real one, the user's, and writable by nobody else."""
    try:
        folder.mkdir(mode=mode)
        if os.getuid() == 0:
            os.chown(folder, uid, gid)
    except FileExistsError:
        pass
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or stat.S_IMODE(found.st_mode) & ~mode:
        raise CannotStart(f"{folder} belongs to another user or is open to others; remove it or set INTERLOCK_RUN.")


def require_space(folder: Path, megabytes: int, what: str) -> None:
    """Refuse to begin what a nearly full disk would leave half done. Raises CannotStart."""
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize // 1024**2
    if free < megabytes:
        raise CannotStart(f"Only {free} MB free in {folder}; {what} needs about {megabytes} MB.")
