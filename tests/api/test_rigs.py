"""Signs of life."""

from datetime import UTC, datetime, timedelta

import pytest

HEARTBEAT = "/api/v1/rigs/heartbeat/"


def test_heartbeat_answers_the_servers_time_and_keeps_how_far_the_rigs_clock_is_off(rig, monkeypatch):
    at = datetime(2026, 11, 22, 8, 0, 5, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    response = rig.post(HEARTBEAT, {"time": "2026-11-22T16:00:00+08:00"})
    assert (response.status_code, response.json()) == (200, {"server_time": "2026-11-22T08:00:05Z"})
    rig.holder.refresh_from_db()
    assert (rig.holder.last_heard_at, rig.holder.clock_offset) == (at, timedelta(seconds=-5))


@pytest.mark.parametrize(
    "body, error",
    [
        ({}, {"pointer": "/time", "code": "required"}),
        ({"time": None}, {"pointer": "/time", "code": "null"}),
        ({"time": "2026-11-22T08:00:00"}, {"pointer": "/time", "code": "form"}),
        ({"time": ["2026-11-22T08:00:00Z"]}, {"pointer": "/time", "code": "type"}),
        ({"time": "2026-11-22T08:00:00Z", "extra": 1}, {"pointer": "/extra", "code": "unknown"}),
        ([], {"pointer": "", "code": "invalid"}),
    ],
)
def test_heartbeat_that_cannot_be_read_is_400_with_a_pointer(rig, body, error):
    response = rig.post(HEARTBEAT, body)
    assert response.status_code == 400
    found = response.json()["errors"]
    assert [{"pointer": item["pointer"], "code": item["code"]} for item in found] == [error]


def test_heartbeat_takes_two_queries(rig, django_assert_num_queries):
    with django_assert_num_queries(2):
        rig.post(HEARTBEAT, {"time": "2026-11-22T08:00:00Z"})
