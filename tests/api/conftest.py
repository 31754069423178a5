"""A rig and a system client with their keys, and a client that sends as they would."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client


@dataclass(frozen=True)
class Machine:
    """One key's holder: sends JSON with its key, reads JSON."""

    secret: str
    holder: Any
    client: Client

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=self._headers(headers))

    def post(self, path: str, body: Any = b"", media_type: str = "application/json", **headers: str) -> Any:
        """`body` is sent as it is where it is bytes, else as JSON."""
        sent = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.post(path, sent, content_type=media_type, headers=self._headers(headers))

    def call(self, method: str, path: str, **headers: str) -> Any:
        return self.client.generic(method, path, headers=self._headers(headers))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"authorization": f"Bearer {self.secret}", **named}


@pytest.fixture
def machine(db: None) -> Callable[..., Machine]:
    """Makes a rig or a system client with a key."""
    # Models cannot be imported while this file is: it is read before the settings are.
    from django.test import Client
    from django.utils import timezone

    from inspections.rigs.models import Rig, SystemClient
    from inspections.rigs.services import issue_key

    def make(*, rig: str = "", client: str = "") -> Machine:
        at = timezone.now()
        sender = Client(raise_request_exception=False)
        if rig:
            holder = Rig.objects.create(code=rig, name=f"Rig {rig}")
            return Machine(issue_key(rig=holder, at=at), holder, sender)
        system = SystemClient.objects.create(code=client, name=f"System {client}")
        return Machine(issue_key(client=system, at=at), system, sender)

    return make


@pytest.fixture
def rig(machine: Callable[..., Machine]) -> Machine:
    return machine(rig="EOL3")


@pytest.fixture
def mes(machine: Callable[..., Machine]) -> Machine:
    return machine(client="MES")
