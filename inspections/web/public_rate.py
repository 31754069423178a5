"""How often strangers may ask about papers: so often as people do, and never so often that numbers can be guessed."""

from __future__ import annotations

import threading
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

A_MINUTE: Final = 30
"""Questions from one address."""
IN_ALL: Final = 600
"""Questions from everywhere: each reads the record."""
WITHOUT_CACHE: Final = 60
"""Questions to one process while nothing counts them for all."""
_SECONDS: Final = 60

_lock: Final = threading.Lock()
_own: Final[dict[int, int]] = {}


def too_often(request: HttpRequest, minute: int) -> bool:
    """Whether this question is one too many in its minute; it counts as asked."""
    try:
        return any(
            _count(f"papers:{who}:{minute}") > most for who, most in ((_address(request), A_MINUTE), ("all", IN_ALL))
        )
    except (RedisError, OSError):
        with _lock:
            count = _own.get(minute, 0) + 1
            _own.clear()
            _own[minute] = count
        return count > WITHOUT_CACHE


def _count(key: str) -> int:
    cache.add(key, 0, 2 * _SECONDS)
    try:
        return int(cache.incr(key))
    except ValueError:  # forgotten between the two
        return 1


def _address(request: HttpRequest) -> str:
    """Who asks. Behind our proxy, whom the proxy says: the last it added, not what was sent along."""
    own = str(request.META.get("REMOTE_ADDR", ""))
    if settings.SECURE_PROXY_SSL_HEADER is None:
        return own
    return str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()[:64] or own
