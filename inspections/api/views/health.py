"""Is the process alive, and can it work? For whatever watches over it; no key, and nothing about what is inside."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from drf_spectacular.utils import OpenApiResponse, extend_schema
from redis import Redis, RedisError
from rest_framework.request import Request
from rest_framework.response import Response

from ..serializers.health import HealthSerializer, ReadinessSerializer
from .base import ApiView

log = logging.getLogger(__name__)

PATIENCE = 0.2
"""Seconds to wait for Redis."""


class OpenView(ApiView):
    """Needs no key and reads no record."""

    authentication_classes = ()
    permission_classes = ()


class HealthView(OpenView):
    @extend_schema(operation_id="healthz", tags=["health"], summary="Is the process alive?", responses=HealthSerializer)
    def get(self, request: Request) -> Response:
        """Answers as long as the process can answer at all; it asks nobody else."""
        return self.answer({"status": "ok"})


class ReadinessView(OpenView):
    @extend_schema(
        operation_id="readyz",
        tags=["health"],
        summary="Can it work?",
        responses={200: ReadinessSerializer, 503: OpenApiResponse(ReadinessSerializer, "It cannot work.")},
    )
    def get(self, request: Request) -> Response:
        """Ready with the database reachable and migrated. Without Redis everything is recorded and decided a little
        later, so that its absence is told and is no reason to take the server out of service.
        """
        database = _database()
        ready = database == "ok"
        content = {"status": "ready" if ready else "not_ready", "database": database, "redis": _redis()}
        return self.answer(content, 200 if ready else 503)


def _database() -> str:
    try:
        if not _migrated_once():
            _migrated_once.cache_clear()
            return "not_migrated"
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError as error:
        log.warning("not ready, the database answers: %s", error)
        return "unreachable"
    return "ok"


@cache
def _migrated_once() -> bool:
    """Whether every migration of this program is applied. Asked until it is so, then never again."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


@cache
def _client() -> Any:
    return Redis.from_url(settings.REDIS.url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)


def _redis() -> str:
    try:
        _client().ping()
    except RedisError:
        return "unreachable"
    return "ok"
