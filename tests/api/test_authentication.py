"""A bearer key is the only credential, and its scope says what it opens."""

import logging
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from inspections.rigs.models import ApiKey
from inspections.rigs.services import issue_key, revoke_key

HEARTBEAT = "/api/v1/rigs/heartbeat/"
CHALLENGE = 'Bearer realm="interlock"'


def beat(client, header):
    headers = {} if header is None else {"authorization": header}
    return client.post(HEARTBEAT, '{"time": "2026-11-22T08:00:00Z"}', content_type="application/json", headers=headers)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header, detail",
    [
        (None, "Authentication credentials were not provided."),
        ("Bearer", "The Authorization header is not of the form: Bearer <key>."),
        ("Basic YTpi", "The Authorization header is not of the form: Bearer <key>."),
        ("Bearer nonsense", "This is no key: a key begins with il_ and is 59 characters long."),
        ("Bearer il_0123456789ab_" + "x" * 43, "No such key. Ask for a new one."),
        ("Bearer il_0123456789ab_" + "é" * 43, "This is no key: a key begins with il_ and is 59 characters long."),
    ],
)
def test_without_a_good_key_the_answer_is_401_and_says_how_to_come_in(client, header, detail):
    response = beat(client, header)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == CHALLENGE
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "/api/docs/#not_authenticated",
        "title": "Unauthorized",
        "status": 401,
        "code": "not_authenticated",
        "detail": detail,
    }


def test_key_that_was_revoked_opens_nothing(rig, client):
    revoke_key(key=ApiKey.objects.get(), at=timezone.now())
    assert beat(client, f"Bearer {rig.secret}").status_code == 401


def test_key_that_ended_opens_nothing(rig, client):
    at = timezone.now()
    ended = issue_key(rig=rig.holder, at=at, expires_at=at - timedelta(seconds=1))
    assert beat(client, f"Bearer {ended}").status_code == 401


def test_two_keys_of_one_rig_overlap(rig, client):
    second = issue_key(rig=rig.holder, at=timezone.now())
    assert [beat(client, f"Bearer {key}").status_code for key in (rig.secret, second)] == [200, 200]


def test_key_of_the_wrong_scope_is_403_and_says_which_is_needed(mes):
    response = mes.post(HEARTBEAT, {"time": "2026-11-22T08:00:00Z"})
    assert response.status_code == 403
    assert response.json() == {
        "type": "/api/docs/#not_permitted",
        "title": "Forbidden",
        "status": 403,
        "code": "not_permitted",
        "detail": "This needs a key of scope rig; the key of MES has scope mes.",
    }


def test_browser_session_is_no_credential(db):
    browser = Client()
    browser.force_login(get_user_model().objects.create_superuser("root", password="x"))
    assert beat(browser, None).status_code == 401


def test_authentication_takes_one_query(rig, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert rig.call("GET", HEARTBEAT).status_code == 405


def test_request_id_of_the_caller_comes_back(rig):
    response = rig.post(HEARTBEAT, {"time": "2026-11-22T08:00:00Z"}, X_Request_ID="line-1/417")
    assert response.headers["X-Request-ID"] == "line-1/417"


@pytest.mark.parametrize("asked", ["", "x" * 65, "a b", "a\tb", "é", '"x"'])
def test_request_id_that_is_long_or_odd_is_replaced(rig, asked):
    answered = rig.post(HEARTBEAT, {"time": "2026-11-22T08:00:00Z"}, X_Request_ID=asked).headers["X-Request-ID"]
    assert answered != asked
    assert len(answered) == 32


def test_fault_of_ours_leaves_no_trace_in_the_answer_and_all_of_it_in_the_log(rig, monkeypatch, caplog):
    def explode(**kwargs):
        raise RuntimeError("secret of the server")

    monkeypatch.setattr("inspections.api.views.rigs.note_heartbeat", explode)
    with caplog.at_level(logging.ERROR):
        response = rig.post(HEARTBEAT, {"time": "2026-11-22T08:00:00Z"}, X_Request_ID="abc")
    assert response.status_code == 500
    assert response.json() == {
        "type": "/api/docs/#internal_error",
        "title": "Internal Server Error",
        "status": 500,
        "code": "internal_error",
        "detail": "A fault of the server. It is logged as request abc.",
    }
    assert "secret of the server" in caplog.text


def test_database_out_of_reach_is_503_and_says_when_to_come_back(rig, monkeypatch):
    from django.db import OperationalError

    def unreachable(**kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr("inspections.api.views.rigs.note_heartbeat", unreachable)
    response = rig.post(HEARTBEAT, {"time": "2026-11-22T08:00:00Z"})
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert response.headers["Retry-After"] == "5"
    assert "connection" not in response.json()["detail"]
