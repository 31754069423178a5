"""What every address under /api/ has in common, whatever is asked of it."""

import pytest
from django.test import Client
from rest_framework.throttling import BaseThrottle

HEARTBEAT = "/api/v1/rigs/heartbeat/"
BEAT = {"time": "2026-11-22T08:00:00Z"}


def problem(response):
    assert response.headers["Content-Type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == response.status_code
    return found["status"], found["code"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/nothing/", "/api/v2/inspections/", "/api/%00/"])
def test_address_that_does_not_exist_is_404(client, db, method, path):
    assert problem(client.generic(method, path)) == (404, "not_found")


def test_forgotten_slash_is_pointed_out_and_not_redirected(client, db):
    response = client.post("/api/v1/rigs/heartbeat", BEAT, content_type="application/json")
    assert problem(response) == (404, "not_found")
    assert response.json()["detail"] == (
        "There is nothing at '/api/v1/rigs/heartbeat'. The address ends in a slash: '/api/v1/rigs/heartbeat/'."
    )


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_method_that_is_not_taken_is_405_and_names_those_that_are(rig, method):
    response = rig.call(method, HEARTBEAT)
    assert problem(response) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "text/*", "application/json;q=0"])
def test_accept_that_rules_json_out_is_406(rig, accept):
    assert problem(rig.post(HEARTBEAT, BEAT, Accept=accept)) == (406, "not_acceptable")


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/*", "application/json", "text/html, application/json;q=0.5", "application/problem+json"],
)
def test_accept_that_takes_json_gets_it(rig, accept):
    assert rig.post(HEARTBEAT, BEAT, Accept=accept).status_code == 200


def test_content_type_that_is_not_taken_is_415(rig):
    response = rig.post(HEARTBEAT, b"time=now", "application/x-www-form-urlencoded")
    assert problem(response) == (415, "unsupported_media_type")
    assert response.headers["Accept-Post"] == "application/json"


@pytest.mark.parametrize(
    "body",
    [b" ", b"{", b"\xff\xfe{}", b'{"time": NaN}', b"[" * 100_000, b'{"a":' * 50_000, b'{"time": ' + b"9" * 5000 + b"}"],
)
def test_body_that_is_no_json_is_400_with_a_pointer(rig, body):
    response = rig.post(HEARTBEAT, body)
    assert response.status_code == 400
    assert [error["pointer"] for error in response.json()["errors"]] in ([""], ["/time"])


def test_body_that_is_too_large_is_413(rig):
    assert problem(rig.post(HEARTBEAT, b" " * (16 * 1024 * 1024 + 1))) == (413, "body_too_large")


def test_answers_are_never_kept_by_a_cache(rig):
    assert rig.post(HEARTBEAT, BEAT).headers["Cache-Control"] == "no-store"
    assert rig.call("GET", HEARTBEAT).headers["Cache-Control"] == "no-store"


def test_wrong_host_is_a_problem_too(db):
    assert problem(Client(raise_request_exception=False).get("/api/v1/batches/", headers={"host": "evil.example"})) == (
        400,
        "invalid",
    )


def test_wrong_host_is_a_problem_without_a_trace_in_debug_too(db, settings):
    settings.DEBUG = True
    response = Client(raise_request_exception=False).get("/api/v1/batches/", headers={"host": "evil.example"})
    assert problem(response) == (400, "invalid")
    assert "Traceback" not in response.content.decode()


def test_fault_outside_of_a_view_is_a_problem_too(db, monkeypatch):
    def explode(self, request):
        raise RuntimeError("secret of the server")

    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", explode)
    response = Client(raise_request_exception=False).get("/api/v1/batches/")
    assert problem(response) == (500, "internal_error")
    assert b"secret" not in response.content


def test_too_many_requests_are_429_and_say_when_to_come_back(rig, monkeypatch):
    monkeypatch.setattr("inspections.api.views.rigs.HeartbeatView.throttle_classes", (Never,))
    response = rig.post(HEARTBEAT, BEAT)
    assert problem(response) == (429, "too_many_requests")
    assert response.headers["Retry-After"] == "4"


class Never(BaseThrottle):
    def allow_request(self, request, view):
        return False

    def wait(self):
        return 3.2
