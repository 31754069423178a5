"""Works in the pages as a person does: signs in, reads a form, sends it. HTTP from the standard library, no script."""

from __future__ import annotations

import html
import http.client
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import urlencode, urlsplit

from .client import PAUSE, TIMEOUT, OutOfReach

Fields = Mapping[str, str | Sequence[str]]

_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_FIELD: Final = re.compile(r"<input[^>]*>")
_ERROR: Final = re.compile(r'<p class="(?:error|who-may|band fail|band wait)"[^>]*>(.*?)</p>', re.S)
_TAG: Final = re.compile(r"<[^>]+>")


class NotSignedIn(Exception):
    """The pages let nobody in under this name and password."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page answered. A form that was accepted sends its reader on: 302."""

    status: int
    text: str
    location: str = ""

    @property
    def done(self) -> bool:
        return self.status == 302

    @property
    def refusal(self) -> str:
        """What the page says against it, in one line."""
        found = [" ".join(html.unescape(_TAG.sub(" ", each)).split()) for each in _ERROR.findall(self.text)]
        return f"{self.status}: {'; '.join(found) or 'the page does not say why'}"

    def value(self, name: str) -> str:
        """What stands in an input of the page; "" where it has none."""
        for tag in _FIELD.findall(self.text):
            if f'name="{name}"' in tag:
                found = re.search(r'value="([^"]*)"', tag)
                return html.unescape(found[1]) if found else ""
        return ""


class Browser:
    """One person's browser. `url`: where Interlock is served."""

    def __init__(self, url: str, username: str, password: str, *, patience: float = 30.0) -> None:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
        self._prefix = parts.path.rstrip("/")
        self._cookies: SimpleCookie = SimpleCookie()
        self._patience, self.url = patience, url
        self.username, self.password = username, password
        self._token = ""

    def sign_in(self) -> None:
        """Sign in, unless that was done. Raises NotSignedIn."""
        if "sessionid" in self._cookies:
            return
        self.read("/accounts/login/")
        answer = self.send("/accounts/login/", {"login": self.username, "password": self.password})
        if not answer.done:
            raise NotSignedIn(f"{self.username} cannot sign in ({answer.refusal}): was the password changed?")

    def read(self, path: str) -> Page:
        """A page, as it stands now."""
        page = self._ask("GET", path, "")
        found = _TOKEN.search(page.text)
        self._token = found[1] if found else self._token
        return page

    def send(self, path: str, fields: Fields) -> Page:
        """Send the form of the page that was read last."""
        return self._ask("POST", path, urlencode({"csrfmiddlewaretoken": self._token, **fields}, doseq=True))

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: str) -> Page:
        headers = {"Accept": "text/html", "Accept-Language": "en", "Cookie": self._cookie_line()}
        if method == "POST":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": self.url + path}
        end = time.monotonic() + self._patience
        while True:
            try:
                self._connection.request(method, self._prefix + path, body=body or None, headers=headers)
                response = self._connection.getresponse()
                text = response.read().decode("utf-8", "replace")
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                # A form that may have arrived is not sent again: what it did shows when the page is read anew.
                if method == "POST" or time.monotonic() >= end:
                    raise OutOfReach(f"{self.url} does not answer ({type(error).__name__}: {error}).") from error
                time.sleep(PAUSE)
                continue
            for line in response.headers.get_all("Set-Cookie") or ():
                self._cookies.load(line)
            return Page(response.status, text, response.headers.get("Location", ""))

    def _cookie_line(self) -> str:
        return "; ".join(f"{name}={morsel.value}" for name, morsel in self._cookies.items() if morsel.value)
