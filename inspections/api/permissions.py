"""What a key may do: its scope against the scopes that the view names for the method. What is not named is refused."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from .authentication import Caller


class Scope(StrEnum):
    """`rig`: a rig, which submits and reads its own. `mes`: a system client, which registers and reads all."""

    RIG = "rig"
    MES = "mes"


RIG = frozenset({Scope.RIG})
MES = frozenset({Scope.MES})
ANY_KEY = RIG | MES


class HoldsScope(BasePermission):
    """The key's scope is among those that the view names for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        method = "GET" if request.method == "HEAD" else str(request.method)
        if not isinstance(request.user, Caller):
            raise NotAuthenticated
        if request.method not in view.allowed_methods:
            return True  # answered 405, which says more than 403
        needed = view.scopes.get(method, frozenset())
        if request.user.scope in needed:
            return True
        raise PermissionDenied(
            f"This needs a key of scope {' or '.join(sorted(needed)) or 'none that exists'}; "
            f"the key of {request.user.code} has scope {request.user.scope}."
        )
