"""What `Client.force_login` leaves, without what a login does besides: one row, in place of eight statements.

A login itself, its entry of access and its date are for the tests that log in by the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest


def _begin_session(self: Any, user: Any, backend: str) -> None:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.http import HttpRequest
    from django.utils.crypto import get_random_string

    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store._session_key = get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789")
    store._session_cache = {
        SESSION_KEY: user._meta.pk.value_to_string(user),
        BACKEND_SESSION_KEY: backend,
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    store.save(must_create=True)
    request = HttpRequest()
    request.session = store
    self._set_login_cookies(request)


@pytest.fixture(scope="session", autouse=True)
def _signed_in_at_once() -> Iterator[None]:
    from django.test.client import ClientMixin

    patch = pytest.MonkeyPatch()
    patch.setattr(ClientMixin, "_login", _begin_session)
    yield
    patch.undo()
