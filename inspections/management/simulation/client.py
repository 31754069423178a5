"""Speaks to the public API as rigs and the MES do: HTTP from the standard library, one key for each holder."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

BASE: Final = "/api/v1/"
TIMEOUT: Final = 30.0
PAUSE: Final = 0.25
UNAVAILABLE: Final = frozenset({502, 503, 504})


class OutOfReach(Exception):
    """The API did not answer for as long as was waited."""


class NoKey(Exception):
    """No key is known for a rig or system client."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content: Mapping[str, Any]

    @property
    def problem(self) -> str:
        """What a refusal says (RFC 9457), in one line."""
        first: Mapping[str, str] = next(iter(self.content.get("errors") or ()), {})
        where = f" at {first['pointer']}" if first.get("pointer") else ""
        said = first.get("detail") or self.content.get("detail") or self.content.get("title") or ""
        return f"{self.status} {self.content.get('code', '')}{where}: {said}"


class Client:
    """`url`: where Interlock is served. `keys`: by the code of the rig or system client.

    A request that got no answer is sent again for `patience` seconds: everything here may be sent twice.
    """

    def __init__(self, url: str, keys: Mapping[str, str], *, patience: float = 30.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address: expected one such as http://127.0.0.1:8000")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT)
        self._prefix = parts.path.rstrip("/") + BASE
        self._keys, self._patience, self.url = keys, patience, url

    def get(self, holder: str, path: str) -> Answer:
        return self._send("GET", holder, path, b"", "")

    def post(self, holder: str, path: str, body: bytes = b"", media_type: str = "application/json") -> Answer:
        return self._send("POST", holder, path, body, media_type)

    def close(self) -> None:
        self._connection.close()

    def _send(self, method: str, holder: str, path: str, body: bytes, media_type: str) -> Answer:
        headers = {"Authorization": f"Bearer {self._key(holder)}", "Accept": "application/json"}
        if body:
            headers["Content-Type"] = media_type
        end = time.monotonic() + self._patience
        while True:
            try:
                self._connection.request(method, self._prefix + path, body=body or None, headers=headers)
                response = self._connection.getresponse()
                answer = Answer(response.status, _decoded(response.read()))
                why = f"answers {answer.status}"
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                answer, why = None, f"{type(error).__name__}: {error}"
            if answer is not None and answer.status not in UNAVAILABLE:
                return answer
            if time.monotonic() >= end:
                raise OutOfReach(f"{self.url} is out of reach for {self._patience:.0f} s ({why}). Is it running?")
            time.sleep(PAUSE)

    def _key(self, holder: str) -> str:
        if holder not in self._keys:
            raise NoKey(f"There is no key of {holder}: run `manage.py load_demo`.")
        return self._keys[holder]


def _decoded(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {"detail": body[:200].decode("utf-8", "replace")}
    return content if isinstance(content, dict) else {"results": content}
