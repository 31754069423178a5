"""Is it alive, can it work?"""

import pytest
from django.db import OperationalError

from inspections.api.views import health


def test_healthz_asks_nobody(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_is_ready_with_the_database_migrated(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "database": "ok", "redis": "ok"})


@pytest.mark.django_db
@pytest.mark.law(7)
def test_readyz_stays_ready_without_redis_and_says_so(client, settings, monkeypatch):
    settings.REDIS = type("Redis", (), {"url": "redis://127.0.0.1:1/0"})
    health._client.cache_clear()
    try:
        response = client.get("/readyz")
    finally:
        health._client.cache_clear()
    assert (response.status_code, response.json()) == (
        200,
        {"status": "ready", "database": "ok", "redis": "unreachable"},
    )


@pytest.mark.django_db
def test_readyz_is_not_ready_before_the_database_is_migrated(client, monkeypatch):
    health._migrated_once.cache_clear()
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, targets: [("0099", False)])
    try:
        response = client.get("/readyz")
    finally:
        health._migrated_once.cache_clear()
    assert response.status_code == 503
    assert (response.json()["status"], response.json()["database"]) == ("not_ready", "not_migrated")


@pytest.mark.django_db
def test_readyz_is_not_ready_with_the_database_out_of_reach(client, monkeypatch):
    def unreachable():
        raise OperationalError("no route")

    monkeypatch.setattr(health, "_migrated_once", unreachable)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert (response.json()["status"], response.json()["database"]) == ("not_ready", "unreachable")


@pytest.mark.django_db
def test_readyz_looks_for_migrations_only_until_all_are_applied(client, django_assert_num_queries):
    client.get("/readyz")
    with django_assert_num_queries(1):
        client.get("/readyz")
