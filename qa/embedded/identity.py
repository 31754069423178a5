"""As whom the engines run. PostgreSQL refuses to run as root, so root hands them to an ordinary user."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.embedded.refusal import CannotStart


@dataclass(frozen=True)
class Identity:
    """Who runs the engines. `drops` tells whether that is somebody else than who started Interlock."""

    uid: int
    gid: int
    name: str
    drops: bool

    def popen_arguments(self) -> dict[str, Any]:
        """What subprocess needs to start a process as this user, without any group of the caller."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.drops else {}

    def may(self, test: str, path: Path) -> bool:
        """Whether this user may reach `path` and `test` it: x to run or enter, w to write, r to read."""
        command = ["/bin/sh", "-c", f'test -{test} "$1"', "sh", str(path)]
        return subprocess.run(command, cwd="/", check=False, **self.popen_arguments()).returncode == 0

    def own(self, path: Path) -> None:
        """Make a folder theirs, and nobody else's."""
        path.mkdir(parents=True, exist_ok=True)
        if self.drops:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)


def _candidates(project: Path, data: Path) -> Iterator[pwd.struct_passwd]:
    """Users who could run the engines, the most fitting first. Only users that the system knows by name will do."""
    owners = [path.stat().st_uid for path in (data, project) if path.exists()]
    sudo = os.environ.get("SUDO_UID", "")
    numbers = [*owners, *([int(sudo)] if sudo.isdigit() else [])]
    for number in numbers:
        if number:
            try:
                yield pwd.getpwuid(number)
            except KeyError:
                continue
    yield from sorted((user for user in pwd.getpwall() if user.pw_uid), key=lambda user: user.pw_name != "nobody")


def choose(project: Path, data: Path) -> Identity:
    """Who is to run the engines of this project, whose data may already exist. Raises CannotStart."""
    uid = os.getuid()
    if uid:
        if data.exists() and data.stat().st_uid != uid:
            raise CannotStart(
                f"{data} belongs to another user (number {data.stat().st_uid}); Interlock ran here as root before. "
                f"Run it as root again, or remove the folder: sudo rm -r '{data.parent}'"
            )
        return Identity(uid=uid, gid=os.getgid(), name=str(uid), drops=False)
    chosen = next(_candidates(project, data), None)
    if chosen is None:
        raise CannotStart("PostgreSQL refuses to run as root and this machine knows no other user. Set DATABASE_URL.")
    identity = Identity(uid=chosen.pw_uid, gid=chosen.pw_gid, name=chosen.pw_name, drops=True)
    try:
        identity.may("x", Path("/"))
    except PermissionError as error:
        raise CannotStart(
            "PostgreSQL refuses to run as root and this container may not change user (CAP_SETUID is missing). "
            "Run make as an ordinary user, or set DATABASE_URL and REDIS_URL."
        ) from error
    return identity
