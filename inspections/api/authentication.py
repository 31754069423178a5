"""Who calls: the holder of a bearer key (RFC 6750). Nothing else is a credential here, a browser's session least."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from ..people.rules import Actor, ActorKind
from ..rigs.models import Rig, SystemClient
from ..rigs.services import KeyRefused, authenticate_key
from .middleware import request_id_of

REALM = 'Bearer realm="interlock"'


@dataclass(frozen=True, slots=True)
class Caller:
    """The machine behind a request: a rig or a system client, never both."""

    rig: Rig | None
    client: SystemClient | None
    request_id: str = ""

    is_authenticated = True

    @property
    def scope(self) -> str:
        return "rig" if self.rig is not None else "mes"

    @property
    def code(self) -> str:
        holder = self.rig or self.client
        return holder.code if holder else ""

    @property
    def actor(self) -> Actor:
        """The caller as the ledger names it."""
        if self.rig is not None:
            return Actor(ActorKind.RIG, self.rig.pk, self.rig.code, request_id=self.request_id)
        return Actor(ActorKind.CLIENT, self.client.pk if self.client else None, self.code, request_id=self.request_id)


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`; one query."""

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        kind, _, secret = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if not kind:
            return None
        if kind.lower() != "bearer" or not secret.strip():
            raise AuthenticationFailed("The Authorization header is not of the form: Bearer <key>.")
        at: datetime = request.parser_context["view"].at
        try:
            holder = authenticate_key(secret.strip(), at)
        except KeyRefused as refusal:
            raise AuthenticationFailed(str(refusal)) from refusal
        return Caller(holder.rig, holder.client, request_id_of(request._request)), None

    def authenticate_header(self, request: Request) -> str:
        return REALM


class KeyAuthenticationScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document names the key."""

    target_class = "inspections.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of one rig (scope rig) or of one system client (scope mes). "
            "`manage.py issue_key CODE` prints one, once.",
        }
