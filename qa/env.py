"""Reading the environment. A value that cannot be read stops the program, and the message says what would be right."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import time
from email.utils import parseaddr
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


class BadSetting(SystemExit):
    """An environment variable holds something that Interlock cannot use."""

    def __init__(self, name: str, found: str, expected: str) -> None:
        super().__init__(f"{name} is {found!r}; expected {expected}.")


def text(name: str, default: str = "") -> str:
    """The variable without surrounding blanks; an empty one counts as not set."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    """A yes or no. Raises BadSetting for anything else, so that a typing error never switches a guard off."""
    found = text(name)
    if not found:
        return default
    if found.lower() in TRUE:
        return True
    if found.lower() in FALSE:
        return False
    raise BadSetting(name, found, "1 or 0")


def number(name: str, default: int, *, least: int = 0, most: int = 2**31 - 1) -> int:
    """A whole number between `least` and `most`, both allowed. Raises BadSetting."""
    found = text(name)
    if not found:
        return default
    if not (found.isascii() and found.isdigit() and least <= int(found) <= most):
        raise BadSetting(name, found, f"a whole number from {least} to {most}")
    return int(found)


def words(name: str, default: str = "") -> list[str]:
    """A list written with commas; blanks around its items do not count."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, default: str, allowed: Collection[str]) -> str:
    """One of the words allowed, in lower case. Raises BadSetting."""
    found = text(name, default).lower()
    if found not in allowed:
        raise BadSetting(name, found, " or ".join(allowed))
    return found


def web_address(name: str, default: str = "") -> str:
    """Where a site is reached, without a path and a slash at the end; "" where it is not said. Raises BadSetting."""
    found = text(name, default).rstrip("/")
    parts = urlsplit(found)
    plain = f"{parts.scheme}://{parts.netloc}"
    if found and (parts.scheme not in {"http", "https"} or not parts.hostname or plain != found or "@" in parts.netloc):
        raise BadSetting(name, found, "https://interlock.plant.example, without a path")
    return found


def places(name: str, schemes: Collection[str]) -> list[str]:
    """Addresses with commas between them, each with one of the schemes and somewhere behind it. Raises BadSetting."""
    found = words(name)
    for each in found:
        parts = urlsplit(each)
        if parts.scheme not in schemes or not (parts.hostname if parts.scheme.startswith("http") else parts.path):
            raise BadSetting(name, each, "addresses such as file:///path or https://…, with " + ", ".join(schemes))
    return found


def mail_address(name: str, default: str = "") -> str:
    """One mail address, with or without a name: Interlock <interlock@plant.example>. Raises BadSetting."""
    found = text(name, default)
    at = parseaddr(found)[1]
    local, _, domain = at.rpartition("@")
    if found and (not local or not domain or not found.isprintable() or not at.isascii() or " " in at):
        raise BadSetting(name, found, "a mail address such as Interlock <interlock@plant.example>")
    return found


def clock_times(name: str, default: str) -> list[time]:
    """Times of the day, separated by commas: `07:00,15:00,23:00`. At least one."""
    found = words(name, default)
    try:
        return sorted(time.fromisoformat(word) for word in found)
    except ValueError as error:
        raise BadSetting(name, ",".join(found), "times of the day such as 07:00,15:00,23:00") from error


def time_zone(name: str, default: str) -> str:
    """The name of a time zone in the IANA database. Raises BadSetting."""
    found = text(name, default)
    try:
        ZoneInfo(found)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadSetting(name, found, "a time zone's name such as Asia/Shanghai") from error
    return found


@dataclass(frozen=True)
class Database:
    """Where a PostgreSQL database is and who asks. `host` is a name or, for a socket, the folder it lies in."""

    name: str
    user: str
    password: str
    host: str
    port: str
    options: dict[str, str]

    @classmethod
    def from_url(cls, variable: str, url: str) -> "Database":
        """Read postgresql://user:password@host:port/name?option=value. A socket's folder is given as ?host=/folder.

        Raises BadSetting; its message leaves the password out.
        """
        expected = "postgresql://user:password@host:5432/name"
        parts = urlsplit(url)
        if parts.scheme not in {"postgres", "postgresql"}:
            raise BadSetting(variable, f"{parts.scheme}://…", expected)
        try:
            port = parts.port
        except ValueError as error:
            raise BadSetting(variable, f"{parts.scheme}://… with an odd port", expected) from error
        options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        name = unquote(parts.path.removeprefix("/"))
        host = options.pop("host", unquote(parts.hostname or ""))
        if not name or not parts.username:
            raise BadSetting(variable, f"{parts.scheme}://… without a user or a database name", expected)
        return cls(
            name=name,
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            host=host,
            port=options.pop("port", str(port or "")),
            options=options,
        )


@dataclass(frozen=True)
class Redis:
    """One Redis database, in the two spellings that its users want."""

    url: str

    @classmethod
    def from_url(cls, variable: str, url: str) -> "Redis":
        """Read redis://, rediss:// or unix:///path/to/socket?db=0. Raises BadSetting."""
        if urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
            raise BadSetting(
                variable, url.split("@")[-1], "redis://host:6379/0, rediss://… or unix:///path/socket?db=0"
            )
        return cls(url=url)

    @property
    def broker_url(self) -> str:
        """The same database as Celery spells it: redis+socket:///path?virtual_host=0 for a socket."""
        parts = urlsplit(self.url)
        if parts.scheme != "unix":
            return self.url
        database = parse_qs(parts.query).get("db", ["0"])[-1]
        return f"redis+socket://{parts.path}?virtual_host={database}"

    @property
    def place(self) -> str:
        """Where it is, without a password, for messages."""
        return self.url.split("@")[-1]
