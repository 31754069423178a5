"""Both engines of one role, from the lock to the last process: reserve, start, stop."""

import json
import os
import secrets
import shutil
from contextlib import suppress
from urllib.parse import quote

from qa.embedded.engines import find_postgres, find_redis
from qa.embedded.guard import Guard
from qa.embedded.lock import Lock, Taken, is_held
from qa.embedded.places import Places, data_folder
from qa.embedded.postgres import APPLICATION, DATABASE, OWNER, Postgres
from qa.embedded.processes import Running, Started, stop
from qa.embedded.redis import Redis
from qa.embedded.refusal import CannotStart

ADDRESSES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY")


def named_outside() -> bool:
    """Whether the environment names both servers, so that none is to be started. Raises CannotStart for one alone."""
    named = [name for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)]
    if len(named) == 1:
        missing = "REDIS_URL" if named == ["DATABASE_URL"] else "DATABASE_URL"
        raise CannotStart(f"{named[0]} is set and {missing} is not: set both to use your own servers, or neither.")
    return bool(named)


class Cluster:
    """The servers of one role and whatever else is started beside them; whoever holds it holds the role's lock.

    Where the environment names both servers none is started, and only the lock and the guard are ours.
    """

    def __init__(self, places: Places, *, durable: bool, temporary: bool = False) -> None:
        """Take the lock. Raises Taken while another process has it; nothing is started yet."""
        self.places = places
        self.durable = durable
        self.temporary = temporary
        self.private = not named_outside()
        self.lock = Lock(places.lock, places.role)
        self.guard: Guard | None = None
        self.watched: list[Started] = []
        places.make_home()
        self.lock.take()
        self._end_what_was_left()

    def addresses(self) -> dict[str, str]:
        """What the settings read from the environment; known before anything runs."""
        if not self.private:
            named = {name: os.environ[name] for name in ADDRESSES if os.environ.get(name)}
            return {"SECRET_KEY": self._secret_key(), **named}
        sockets = quote(str(self.places.sockets), safe="")
        return {
            "DATABASE_URL": f"postgresql://{APPLICATION}@/{DATABASE}?host={sockets}",
            "DATABASE_OWNER_URL": f"postgresql://{OWNER}@/{DATABASE}?host={sockets}",
            "REDIS_URL": f"unix://{quote(str(self.places.sockets))}/redis?db=0",
            "SECRET_KEY": self._secret_key(),
        }

    def start(self) -> None:
        """Start the guard and the engines. Raises CannotStart, leaving nothing behind."""
        try:
            self.guard = Guard(holding=(self.lock.fd,))
            if self.private:
                self._start_engines()
        except BaseException:
            self.stop()
            raise

    def _start_engines(self) -> None:
        identity = self.places.identity()
        data = self.places.make_data(identity)
        sockets = self.places.make_sockets(identity)
        logs = self.places.home / "log"
        programs = find_postgres(self.places, identity)
        postgres = Postgres(programs, data, sockets, logs / "postgres.log", identity, durable=self.durable)
        redis = Redis(find_redis(self.places, identity), sockets, logs / "redis.log", identity)
        for engine in (postgres, redis):
            started = engine.launch()
            self.watch(started)
            engine.wait(started.process)
        postgres.prepare()

    def watch(self, started: Started) -> None:
        """Stop this process too: at the end, when we die, or, if the guard dies with us, at the next start."""
        self.watched.append(started)
        with self.places.processes.open("ab") as file:
            file.write(started.running.to_line())
        if self.guard is not None:
            self.guard.watch(started.running)

    def stop(self) -> None:
        """Stop everything in reverse order and let go of the lock."""
        while self.watched:
            self.watched.pop().stop()
        self.places.environment.unlink(missing_ok=True)
        self.places.processes.unlink(missing_ok=True)
        if self.guard is not None:
            self.guard.dismiss()
            self.guard = None
            if self.private:
                shutil.rmtree(self.places.sockets, ignore_errors=True)
        if self.temporary:
            self.places.remove()
        self.lock.release()

    def publish(self, **more: str) -> None:
        """Write down what `manage.py` needs to work beside us."""
        file = self.places.environment
        file.touch(mode=0o600)
        file.write_text(json.dumps({**self.addresses(), **more}))

    def _end_what_was_left(self) -> None:
        """End what runs on although its supervisor and its guard are both gone; only the lock's holder may."""
        self.places.environment.unlink(missing_ok=True)
        if self.places.processes.exists():
            for line in reversed(self.places.processes.read_bytes().splitlines()):
                stop(Running.from_line(line))
            self.places.processes.unlink()

    def _secret_key(self) -> str:
        """A key of this folder's own, so that a login outlives a restart."""
        file = self.places.home / "secret-key"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(48))
        return file.read_text()


def for_tests() -> Cluster:
    """The tests' cluster, or a temporary one while another test run has that. Sweeps what dead runs left.

    Raises CannotStart where the servers are named outside and another run of this folder works on them.
    """
    for home in sorted(data_folder().glob("test-*")):
        if not is_held(home / "lock"):
            with suppress(Taken):
                Cluster(Places.of(home.name), durable=False, temporary=True).stop()
    try:
        return Cluster(Places.of("test"), durable=False)
    except Taken:
        if named_outside():
            raise
        return Cluster(Places.of(f"test-{os.getpid()}"), durable=False, temporary=True)


def adopt() -> bool:
    """Take over the addresses of a demo that runs in this folder, unless the environment names some already."""
    places = Places.of("demo")
    if os.environ.get("DATABASE_URL") or not is_held(places.lock) or not places.environment.exists():
        return False
    for name, value in json.loads(places.environment.read_text()).items():
        os.environ.setdefault(name, value)
    return True
